/* What compiled code sees of the core, beside the guest's registers and the
 * translation that it was made from.  engine_impl.h says how it works. */
#ifndef SELKIRK_HWMODEL_VLIW_ENGINE_STATE_H
#define SELKIRK_HWMODEL_VLIW_ENGINE_STATE_H

#include "hwmodel/vliw/core.h"

typedef struct Installed Installed;
typedef struct EngineOp EngineOp;

/* A line of data.  The tag is the virtual address of the line, or
 * ENGINE_NO_TAG; an access matches if (va & (~(line - 1) | (size - 1))) is the
 * tag.  The host's address of a byte is its virtual address plus `addend`. */
typedef struct EngineLine {
    uint32_t read_tag, write_tag;
    uintptr_t addend;
} EngineLine;

/* Lines have 16 bytes at least, accesses 4 at most: no access has this bit. */
#define ENGINE_NO_TAG 8u

enum {
    ENGINE_LINES = SELKIRK_HARD ? 2 : 4096,
    STORE_BUFFER_MAX = 64, /* of the gated store buffer */
};

/* What a store overwrote: `size` bytes (1, 2 or 4), as a host's number. */
typedef struct EngineUndo {
    uint8_t *host;
    uint32_t old;
    uint32_t size;
} EngineUndo;

/* An atom that calls a helper: where it stands, and of an access how many bytes
 * it has, because the steps are far away.  In one word, so that it is a
 * constant argument. */
#define ENGINE_SITE(step, size, stores)                                        \
    ((uint32_t)(step) | (uint32_t)(size) << 22 | (uint32_t)(stores) << 25)
#define ENGINE_SITE_STEP(site)   ((site)&0x3fffff)
#define ENGINE_SITE_SIZE(site)   ((site) >> 22 & 7)
#define ENGINE_SITE_STORES(site) ((site) >> 25) /* gated since the commit */

/* Helpers.  Those that may find a fault return false then (the low bit of a
 * 64-bit result; the value is in the high half) and the code goes to its fault
 * block.  `step` is the index in Installed.steps; `clock` is core_issue()'s
 * when the molecule issues, or, of `fetch`, when it is fetched. */
typedef struct EngineHelpers {
    /* A load that the line table does not answer, zero-extended, by the
     * reference's rules (core_look(), core_spend_access()), forwarding and its
     * stall and count included: value << 32 | 1, or 0. */
    uint64_t (*load)(Core *c, Installed *self, uint64_t clock, uint32_t va,
                     uint32_t site);
    /* A store that the line table does not answer; logs to
     * undo[ENGINE_SITE_STORES(site)] and stores.  False: a fault. */
    bool (*store)(Core *c, Installed *self, uint64_t clock, uint32_t va,
                  uint32_t value, uint32_t site);
    /* FP by CoreBus.fp.  Reads and writes *fcr31.  False: refused. */
    bool (*fp)(Core *c, uint32_t op, uint32_t cond, uint64_t a, uint64_t b,
               uint32_t *fcr31, uint64_t *result);
    uint32_t (*cp0)(Core *c, uint32_t reg);
    /* The path comes to an I-line that is not present: fetches it
     * (hierarchy_fetch()), stalls. */
    void (*fetch)(Core *c, Installed *self, uint64_t clock, uint32_t line);
    /* An access of user mode found its line, but not its page in the micro TLB:
     * that gets it.  Its thunk does so itself, unless Core.tlb_held. */
    void (*refill)(Core *c, uint32_t va);
    /* The committed registers, clock (before the rollback) and insns are in
     * Core; the atom of `site` failed (Core.fault, fault_va), after the commit
     * of record `commit` (-1: none).  Undoes the stores, rolls back, notes the
     * stop.  `clock` is core_issue()'s at `failed`. */
    void (*fault)(Core *c, Installed *self, uint32_t site, int32_t commit);
    /* In a check run: after each commit, registers, clock and insns are in
     * Core, and all stores that it makes final in undo[0..stores). */
    void (*committed)(Core *c, Installed *self, uint32_t exit, uint32_t stores);
    /* Any exit but a direct one that neither tells nor leads nowhere: indirect
     * ones, those to what must be interpreted.  It is counted in host_count;
     * registers, clock and insns are in Core.  Where to go on, or NULL:
     * core_run() stops there (noted).  Afterwards `self` may be no more, and
     * clock and insns are those that Core has: both may have changed. */
    Installed *(*leave)(Core *c, Installed *self, uint32_t exit);
} EngineHelpers;

/* How compiled code was left, for the runtime. */
typedef enum EngineStopKind {
    ENGINE_GO_ON,    /* at `self`, which has no compiled code: nothing of its
                        entry was done */
    ENGINE_DEADLINE, /* at the entry of `self`: clock >= limit */
    ENGINE_HOT,      /* at the entry of `self`: entries == hot, counted, the
                        profile's stall spent */
    ENGINE_EXIT,     /* left by `exit`, which leads nowhere */
    ENGINE_FAULT,
} EngineStopKind;

/* Part of Core.  What compiled code reads often stands first, the tables at
 * constant distances from the core. */
typedef struct EngineState {
    /* Of the clock: entries stop when it is reached.  It comes before the
     * deadline, and so early that Core.insn_limit cannot be passed: code need
     * not look at that. */
    uint64_t limit;
    const EngineHelpers *helpers;
    /* Where cores share their code: what Installed.present is away from the
     * bytes of this one's I-cache, and its place among Installed.host_counts,
     * in bytes.  Else 0. */
    uintptr_t present_at;
    uint64_t count_at;
    /* What compiled code calls instead of those of `helpers` that return to it
     * (load to fetch): code that calls them and keeps the caller's registers,
     * by LLVM's convention preserve_most.  Made by EngineBackend.thunks().
     */
    EngineHelpers thunks;
    /* How the code was left. */
    EngineStopKind stop;
    Installed *at;
    uint32_t exit; /* ENGINE_EXIT */
    uint32_t step; /* ENGINE_FAULT: the runtime's */
    int32_t commit;
    EngineUndo undo[STORE_BUFFER_MAX];
    EngineLine lines[2][ENGINE_LINES]; /* kernel, user */
    /* The rest is the runtime's. */
    struct Engine *host;     /* NULL: there is no engine; of all that share */
    struct EngineData *data; /* engine_mem.c */
    bool usable;             /* other code than the reference core may run */
    /* No run of what is installed completes more than 1 << this instructions.
     */
    unsigned longest;
} EngineState;

/* The runtime's part of an Installed. */
typedef struct EngineUnit {
    Installed *next, **prev;            /* of all that are installed */
    Installed *watched, **watched_prev; /* of those that may earn quality 1 */
    uint64_t wanted; /* engine_want() is called when it is entered so often */
    bool looked;     /* for saved code */
    bool faulted;    /* there may be an Engine.faulted that is to be added */
    bool failed;     /* there may be one at all */
    struct EngineJob *job; /* that it is compiled by */
    void *handle;          /* of the linker; NULL: it is not compiled */
    size_t bytes;
    uint64_t runs;        /* settled ones, of compiled code */
    uint64_t runs_before; /* of them, those before the last flush */
    unsigned tried; /* runs without any code; ENGINE_UNTHREADED: no other way */
} EngineUnit;

/* Compiled code is entered with `clock` and `insns` in registers, the rest of
 * the guest's state in Core, and does the whole of core_run() from enter() on:
 * deadline; if it counts (CoreCode.counts), entries, profile stall, comparison
 * with `hot`; molecules, exit, chain.  The profile's stall moves the clock:
 * nothing is in flight then, so that it makes no difference which of both it
 * is.
 * It leaves by a tail call of another's code or by a return, with clock and
 * insns in Core, `stop`, `at` and `exit` noted.
 * The calling convention is LLVM's preserve_none; only EngineEnter is C's. */
typedef void EngineCode(Core *c, Installed *self, uint64_t clock,
                        uint64_t insns);
typedef void EngineEnter(EngineCode *code, Core *c, Installed *self);

#endif
