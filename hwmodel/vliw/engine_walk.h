/* A walk through a translation, path by path, as core_issue() would issue it if
 * nothing missed: what a path takes and adds is fixed but for stalls.  The
 * molecules must be a tree of paths (engine_is_tree()). */
#ifndef SELKIRK_HWMODEL_VLIW_ENGINE_WALK_H
#define SELKIRK_HWMODEL_VLIW_ENGINE_WALK_H

#include "hwmodel/vliw/core_impl.h"

/* What a path adds to the counters. */
typedef struct WalkTally {
    uint64_t molecules, atoms, nops, format[MOLECULE_FORMATS];
    uint64_t branches, commits, insns, stores; /* stores: committed */
    uint64_t interlock, commit, branch;        /* cycles */
    uint64_t fetched, loaded, stored;          /* accesses, uncached too */
    CommitCounts each;                         /* of the commits */
} WalkTally;

/* Registers of the guest's state. */
typedef struct WalkRegs {
    uint64_t gpr;
    uint32_t fpr;
    bool fcr;
} WalkRegs;

/* A path, as far as it has been gone. */
typedef struct WalkPath {
    unsigned molecule; /* next */
    unsigned from;     /* the walker's: where the path began */
    uint32_t line;     /* of the I-cache, as in CoreRun */
    int32_t commit;    /* the last one's record, or -1 */
    uint32_t insns;    /* committed */
    uint32_t gated;    /* stores since the commit */
    WalkRegs written;  /* since the commit */
    uint32_t clock, arrival;
    PartSet flight;
    uint32_t ready[PARTS];
    WalkTally tally;
} WalkPath;

typedef struct Walk {
    const Core *c;
    const Installed *code;
    WalkPath path;
    WalkPath *later; /* where other branches of the tree begin */
    unsigned later_count, later_room;
    /* Of the molecule that issued last: */
    uint32_t first_line; /* fetched, up to its last one; NO_LINE: none was */
    uint32_t fetched;    /* clock then */
    uint32_t committed;  /* clock after its commit */
} Walk;

/* Keeps the memory of `w`, which is zero at first, for the next walk. */
void walk_begin(Walk *w, const Core *c, const Installed *code);
void walk_free(Walk *w);
/* On to the next path, after one has ended; false: there is none. */
bool walk_go_back(Walk *w);

/* One molecule: it issues; its steps before `end` act, the result is the branch
 * or NULL; it ends.  False: it was an exit, and the path has ended.  A branch
 * that depends puts where it leads aside, in the last of w->later. */
const Issue *walk_issue(Walk *w);
const Step *walk_act(Walk *w, const Issue *m, uint32_t end);
bool walk_finish(Walk *w, const Issue *m, const Step *branch);

/* What a step writes of the guest's state; whether it may fail. */
WalkRegs walk_writes(const Step *step);
bool walk_fails(const Step *step);

static inline unsigned walk_step_count(const Issue *m)
{
    return m->atoms ? m->atoms : 1;
}

#endif
