/* What compiled code counted, worked out.
 *
 * All that a run of a translation adds to the counters, but for what misses and
 * stalls add, is the same for each run that leaves by the same exit: compiled
 * code counts its exits and nothing else.  Here the molecules of a translation
 * are gone through once, path by path, as core_issue() would issue them, and
 * what each path adds is multiplied by the runs that took it.  A run that fails
 * adds the part of its path up to there. */
#include "hwmodel/vliw/engine_host.h"

#include "base/alloc.h"

#include <stdlib.h>

/* What a path adds. */
typedef struct Tally {
    uint64_t molecules, atoms, nops, format[MOLECULE_FORMATS];
    uint64_t branches, commits, insns, stores; /* stores: committed */
    uint64_t interlock, commit, branch;        /* cycles */
    uint64_t fetched, loaded, stored;          /* accesses, uncached too */
} Tally;

/* A path, as far as it has been gone. */
typedef struct Path {
    unsigned molecule; /* next */
    uint32_t line;     /* of the I-cache, as in CoreRun */
    uint32_t insns;    /* committed */
    uint32_t gated;    /* stores since the commit */
    uint64_t clock, arrival;
    PartSet flight;
    uint64_t ready[PARTS];
    Tally tally;
} Path;

typedef struct Walk {
    const Core *c;
    const Installed *code;
    Path path;
    Path *later; /* where other branches of the tree begin */
    unsigned later_count;
    unsigned exit; /* where the path ended */
} Walk;

/* --- One molecule, as core_issue() has it --------------------------------- */

static void fetch(Path *p, const Issue *m)
{
    uint32_t line = p->line == NO_LINE ? m->first_line : p->line + 1;
    if (m->last_line >= line)
        p->tally.fetched += m->last_line - line + 1;
    p->line = m->last_line;
}

static void wait(Path *p, const Issue *m)
{
    uint64_t issue = p->clock;
    if (m->commit && p->arrival > issue)
        issue = p->arrival;
    for (unsigned half = 0; half < 2; half++) {
        uint64_t set = m->needs.bits[half] & p->flight.bits[half];
        for (; set; set &= set - 1) {
            uint64_t ready = p->ready[64 * half + __builtin_ctzll(set)];
            issue = ready > issue ? ready : issue;
        }
    }
    p->tally.interlock += issue - p->clock;
    p->clock = issue;
}

static void add_results(Path *p, const Result *result, const Issue *m)
{
    for (unsigned i = 0; i < m->result_count; i++, result++) {
        uint64_t ready = p->clock + result->latency;
        uint64_t *at = &p->ready[result->part];
        uint64_t bit = 1ull << result->part % 64;
        /* Of FCR31 the latest counts; of others there is one in flight. */
        if (!(p->flight.bits[result->part / 64] & bit) || ready > *at ||
            result->part != PART_FCR)
            *at = ready;
        p->flight.bits[result->part / 64] |= bit;
        p->arrival = ready > p->arrival ? ready : p->arrival;
    }
}

static void commit(const Walk *w, Path *p, const Issue *m)
{
    const VliwDesc *desc = &w->c->desc;
    if (p->arrival > p->clock) {
        p->tally.interlock += p->arrival - p->clock;
        p->clock = p->arrival;
    }
    p->clock += desc->commit;
    p->tally.commit += desc->commit;
    p->tally.commits++;
    p->tally.stores += p->gated;
    p->gated = 0;
    uint32_t insns = w->code->pub.exits[m->commit - 1].record.insns;
    p->tally.insns += insns - p->insns;
    p->insns = insns;
}

/* --- Paths ---------------------------------------------------------------- */

static unsigned step_count(const Issue *m)
{
    return m->atoms ? m->atoms : 1;
}

/* Its steps before `end`: counts accesses; the branch, or NULL. */
static const Step *count_steps(const Walk *w, Path *p, const Issue *m,
                               uint32_t end)
{
    const Step *branch = NULL;
    for (uint32_t i = m->step; i < m->step + step_count(m) && i < end; i++) {
        const Step *step = &w->code->steps[i];
        AtomOp op = (AtomOp)(step->op % STEP_LAST);
        if (step->op == STEP_NONE)
            break;
        if (op >= ATOM_LD8S && op <= ATOM_LDHI) {
            p->tally.loaded++;
        } else if (op >= ATOM_ST8 && op <= ATOM_STHI) {
            p->tally.stored++;
            p->gated++;
        } else if (op >= ATOM_BR && op <= ATOM_BRGT) {
            branch = step;
        }
    }
    return branch;
}

static void take_branch(const Walk *w, Path *p)
{
    p->clock += w->c->desc.branch - 1;
    p->tally.branch += w->c->desc.branch - 1;
}

/* Goes the path to its end, an exit (true), or to the step `end`, which it does
 * not execute (false).  Branches to be gone later are noted. */
static bool go(Walk *w, uint32_t end)
{
    Path *p = &w->path;
    for (;;) {
        const Issue *m = &w->code->issues[p->molecule];
        fetch(p, m);
        if (p->clock < p->arrival)
            wait(p, m);
        p->tally.molecules++;
        p->tally.atoms += m->atoms;
        p->tally.nops += m->nops;
        p->tally.format[m->format]++;
        const Step *branch = count_steps(w, p, m, end);
        if (end - m->step < step_count(m))
            return false;
        add_results(p, &w->code->results[m->result], m);
        p->clock++;
        if (m->commit)
            commit(w, p, m);
        if (m->leaves) {
            take_branch(w, p);
            w->exit = m->commit - 1u;
            return true;
        }
        p->molecule++;
        if (!branch)
            continue;
        Path *other = &w->later[w->later_count];
        if (branch->op % STEP_LAST != ATOM_BR) {
            *other = *p;
            w->later_count++;
        } else {
            other = p;
        }
        take_branch(w, other);
        other->tally.branches++;
        other->line = NO_LINE;
        other->molecule = branch->imm;
    }
}

/* Branches, at most. */
static unsigned count_branches(const Installed *code)
{
    unsigned count = 0;
    for (unsigned i = 0; i < code->pub.code->count; i++)
        count += !code->issues[i].plain;
    return count;
}

static void begin(Walk *w, const Core *c, const Installed *code)
{
    *w = (Walk){.c = c, .code = code, .path = {.line = NO_LINE}};
    w->later = alloc_resize(NULL, count_branches(code) + 1, sizeof *w->later);
}

/* On to the next path, after one has ended; false: there is none. */
static bool go_back(Walk *w)
{
    if (w->later_count == 0)
        return false;
    w->path = w->later[--w->later_count];
    return true;
}

/* --- The tree ------------------------------------------------------------- */

/* Where the molecule leads: its branch's target, or `count`; whether the one
 * behind it. */
static unsigned branch_target(const Installed *code, const Issue *m,
                              bool *falls)
{
    *falls = !m->leaves;
    for (unsigned i = 0; i < m->atoms; i++) {
        const Step *step = &code->steps[m->step + i];
        AtomOp op = (AtomOp)(step->op % STEP_LAST);
        if (op < ATOM_BR || op > ATOM_BRGT)
            continue;
        *falls = op != ATOM_BR;
        return step->imm;
    }
    return code->pub.code->count;
}

bool engine_is_tree(const Installed *code)
{
    const VliwCode *all = code->pub.code;
    unsigned count = all->count, exits = all->exit_count;
    uint8_t *seen = alloc_zeroed(count + 1 + exits, 1);
    uint8_t *left = seen + count + 1;
    bool tree = true;
    seen[0] = 1; /* by the entry */
    for (unsigned i = 0; i < count && tree; i++) {
        const Issue *m = &code->issues[i];
        bool falls;
        unsigned target = branch_target(code, m, &falls);
        /* Forward only: then no path comes round. */
        tree = target > i && !(target < count && seen[target]++) &&
               !(falls && (i + 1 == count || seen[i + 1]++)) &&
               !(m->leaves && left[m->commit - 1]++);
    }
    free(seen);
    return tree;
}

/* --- Counting ------------------------------------------------------------- */

static void add(Core *c, const Installed *code, const Tally *t, uint64_t times)
{
    CoreCounters *to = &c->counters;
    to->molecules += times * t->molecules;
    to->atoms += times * t->atoms;
    to->nops += times * t->nops;
    for (unsigned i = 0; i < MOLECULE_FORMATS; i++)
        to->format[i] += times * t->format[i];
    to->branches += times * t->branches;
    to->commits += times * t->commits;
    to->insns[code->pub.gear] += times * t->insns;
    to->stores += times * t->stores;
    to->cause[CORE_CAUSE_GEAR0 + code->pub.gear] += times * t->molecules;
    to->cause[CORE_CAUSE_INTERLOCK] += times * t->interlock;
    to->cause[CORE_CAUSE_COMMIT] += times * t->commit;
    to->cause[CORE_CAUSE_BRANCH] += times * t->branch;
    hierarchy_add_hits(c->hierarchy, times * t->fetched, times * t->loaded,
                       times * t->stored);
}

void engine_count_entries(Core *c, Installed *code, uint64_t times)
{
    c->counters.entries += times;
    if (code->pub.gear == 1)
        c->counters.cause[CORE_CAUSE_PROFILE] += times * c->profile;
    else
        code->pub.entries += times;
}

static void count_exit(Core *c, Installed *code, const Walk *w)
{
    CoreExit *exit = &code->pub.exits[w->exit];
    uint64_t times = exit->host_count;
    if (times == 0)
        return;
    exit->host_count = 0;
    exit->count += times;
    code->unit.runs += times;
    engine_count_entries(c, code, times);
    c->counters.exits += times;
    c->counters.chained += times;
    if (w->path.molecule < code->main_count) {
        c->counters.runs += times;
        c->counters.length += times * code->length;
        c->counters.bound += times * code->bound;
    }
    add(c, code, &w->path.tally, times);
}

void engine_settle(Core *c, Installed *code)
{
    if (!code->unit.handle)
        return;
    Walk w;
    begin(&w, c, code);
    do {
        go(&w, UINT32_MAX);
        count_exit(c, code, &w);
    } while (go_back(&w));
    free(w.later);
}

void engine_count_fault(Core *c, Installed *code, uint32_t step)
{
    Walk w;
    begin(&w, c, code);
    while (go(&w, step))
        go_back(&w);
    engine_count_entries(c, code, 1);
    add(c, code, &w.path.tally, 1);
    free(w.later);
}
