/* What compiled code counted, worked out.
 *
 * All that a run of a translation adds to the counters, but for what misses and
 * stalls add, is the same for each run that leaves by the same exit: compiled
 * code counts its exits and nothing else.  Here the molecules of a translation
 * are gone through once, path by path, as core_issue() would issue them, and
 * what each path adds is multiplied by the runs that took it.  A run that fails
 * adds the part of its path up to there. */
#include "hwmodel/vliw/engine_host.h"
#include "hwmodel/vliw/engine_walk.h"

#include "base/alloc.h"

#include <stdlib.h>

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

static void add(Core *c, const Installed *code, const WalkTally *t,
                uint64_t times)
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
    histogram_add_all(&to->commit.insns, COMMIT_INSNS_BUCKETS, &t->each.insns,
                      times);
    histogram_add_all(&to->commit.stores, COMMIT_STORES_BUCKETS,
                      &t->each.stores, times);
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
    if (code->pub.counts)
        c->counters.cause[CORE_CAUSE_PROFILE] += times * c->profile;
    else
        code->pub.entries += times;
}

static void count_exit(Core *c, Installed *code, const Walk *w)
{
    CoreExit *exit = &code->pub.exits[w->path.commit];
    uint64_t *count = engine_count(c, code, (unsigned)w->path.commit);
    uint64_t times = *count;
    if (times == 0)
        return;
    *count = 0;
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

/* The runs that failed there. */
static void count_faulted(EngineFaulted *faulted)
{
    uint64_t times = faulted->times;
    if (times == 0)
        return;
    faulted->times = 0;
    engine_count_entries(faulted->core, faulted->code, times);
    add(faulted->core, faulted->code, &faulted->path.tally, times);
}

/* Those of each core that runs the code. */
static void settle_faults(Engine *e, Installed *code)
{
    if (!code->unit.faulted)
        return;
    code->unit.faulted = false;
    for (unsigned i = 0; i < ENGINE_FAULTED; i++)
        if (e->faulted[i].code == code)
            count_faulted(&e->faulted[i]);
}

static void settle(Core *c, Installed *code)
{
    bool any = false;
    for (unsigned i = 0; i < code->pub.code->exit_count && !any; i++)
        any = *engine_count(c, code, i) != 0;
    if (!any)
        return;
    Walk *w = &c->engine.host->walk;
    walk_begin(w, c, code);
    do {
        const Issue *m;
        do
            m = walk_issue(w);
        while (walk_finish(w, m, walk_act(w, m, UINT32_MAX)));
        count_exit(c, code, w);
    } while (walk_go_back(w));
}

void engine_settle(Core *c, Installed *code)
{
    settle_faults(c->engine.host, code);
    CORE_SHARERS (each, c)
        settle(each, code);
}

/* Goes on to the step; false: the path ends before. */
static bool go_to(Walk *w, uint32_t step)
{
    for (;;) {
        const Issue *m = walk_issue(w);
        const Step *branch = walk_act(w, m, step);
        if (step - m->step < walk_step_count(m))
            return true;
        if (!walk_finish(w, m, branch))
            return false;
    }
}

static EngineFaulted *find_faulted(Core *c, Installed *code, uint32_t step)
{
    Engine *e = c->engine.host;
    uintptr_t place = ((uintptr_t)code ^ (uintptr_t)c) >> 4;
    uint32_t hash = ((uint32_t)place ^ step) * 0x9e3779b1u;
    EngineFaulted *found = &e->faulted[(hash >> 16) % ENGINE_FAULTED];
    if (likely(found->code == code && found->step == step && found->core == c))
        return found;
    if (found->code)
        count_faulted(found);
    Walk *w = &e->walk;
    walk_begin(w, c, code);
    while (!go_to(w, step))
        walk_go_back(w);
    code->unit.failed = true;
    *found =
        (EngineFaulted){.core = c, .code = code, .step = step, .path = w->path};
    return found;
}

/* Where a program misses the guest's TLB it does so again and again: paths to
 * steps that failed are kept. */
const WalkPath *engine_find_step(Core *c, Installed *code, uint32_t step)
{
    return &find_faulted(c, code, step)->path;
}

void engine_forget_steps(Core *c, const Installed *code)
{
    Engine *e = c->engine.host;
    if (!code->unit.failed)
        return;
    for (unsigned i = 0; i < ENGINE_FAULTED; i++)
        if (e->faulted[i].code == code)
            e->faulted[i].code = NULL;
}

void engine_forget_faults(Core *c)
{
    Engine *e = c->engine.host;
    for (unsigned i = 0; i < ENGINE_FAULTED; i++)
        if (e->faulted[i].core == c)
            e->faulted[i].code = NULL;
}

void engine_count_fault(Core *c, Installed *code, uint32_t step)
{
    find_faulted(c, code, step)->times++;
    code->unit.faulted = true;
}
