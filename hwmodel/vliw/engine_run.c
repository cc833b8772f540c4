/* From the reference core into threaded forms and compiled code and back, and
 * what they call that is not of memory. */
#include "hwmodel/vliw/engine_host.h"

/* Of the reference core, before there is a threaded form. */
enum { THREADED_RUNS = SELKIRK_HARD ? 0 : 1 };

/* --- What compiled code calls --------------------------------------------- */

static uint32_t call_cp0(Core *c, uint32_t reg)
{
    return c->bus.cp0(c->bus.ctx, reg);
}

/* An access has said what is wrong with it; other atoms fail in one way. */
static void name_fault(Core *c, AtomOp op)
{
    if (atom_is_access(op))
        return;
    c->fault = op == ATOM_TRAP ? CORE_FAULT_TRAP : CORE_FAULT_FP;
    c->fault_va = 0;
}

static void call_fault(Core *c, Installed *self, uint32_t site, int32_t commit)
{
    uint32_t step = ENGINE_SITE_STEP(site);
    name_fault(c, (AtomOp)(self->steps[step].op % STEP_LAST));
    engine_undo(c, site);
    c->clock += c->desc.rollback;
    c->counters.cause[CORE_CAUSE_ROLLBACK] += c->desc.rollback;
    c->counters.rollbacks++;
    c->counters.faults[c->fault]++;
    engine_count_fault(c, self, step);
    EngineState *s = &c->engine;
    s->stop = ENGINE_FAULT;
    s->at = self;
    s->step = step;
    s->commit = commit;
}

static void call_committed(Core *c, Installed *self, uint32_t exit,
                           uint32_t stores)
{
    (void)stores; /* they are in memory */
    c->committed(c->committed_ctx, &self->pub, exit);
}

static Installed *call_leave(Core *c, Installed *self, uint32_t exit)
{
    Installed *next = core_follow(c, self, exit);
    core_update_limit(c);
    if (next)
        return next;
    c->counters.chained--; /* host_count says that it was */
    c->engine.stop = ENGINE_EXIT;
    c->engine.at = self;
    c->engine.exit = exit;
    return NULL;
}

const EngineHelpers engine_helpers = {
    .load = engine_load,
    .store = engine_store,
    .fp = engine_float,
    .cp0 = call_cp0,
    .fetch = engine_fetch,
    .refill = engine_refill,
    .fault = call_fault,
    .committed = call_committed,
    .leave = call_leave,
};

/* --- Running -------------------------------------------------------------- */

/* Why core_run() ends at the entry or exit of `at`; false: it does not. */
static bool note_stop(Core *c, Installed *at, CoreStop *stop)
{
    const EngineState *s = &c->engine;
    switch (s->stop) {
    case ENGINE_GO_ON: return false;
    case ENGINE_DEADLINE:
        stop->kind = CORE_DEADLINE;
        return core_cycles(c) >= c->deadline || c->insns >= c->insn_limit;
    case ENGINE_HOT:
        engine_count_entries(c, at, 1);
        c->counted = &at->pub;
        stop->kind = CORE_HOT;
        return true;
    case ENGINE_EXIT:
        stop->kind = CORE_EXIT;
        stop->exit = s->exit;
        stop->commit = (int)s->exit;
        return true;
    case ENGINE_FAULT:
        stop->kind = CORE_FAULTED;
        stop->fault = c->fault;
        stop->va = c->fault_va;
        stop->guest = at->steps[s->step].guest;
        stop->commit = s->commit;
        return true;
    }
    return false;
}

/* How often the threaded form runs until the entry at which the reference core
 * has the translation compiled. */
static void set_left(Core *c, Installed *code)
{
    engine_settle(c, code);
    uint64_t wanted = code->unit.wanted, next = code->pub.entries + 1;
    uint64_t left = wanted > next ? wanted - next : 0;
    code->pub.left = (uint16_t)(left < UINT16_MAX ? left : UINT16_MAX);
}

/* The threaded form is there, or made: not for what is run once. */
static bool has_threaded(Core *c, Installed *code)
{
    if (code->ops)
        return true;
    EngineUnit *unit = &code->unit;
    if (unit->handle || unit->tried == ENGINE_UNTHREADED ||
        ++unit->tried <= THREADED_RUNS)
        return false;
    HostPart before = hostprofile_enter(c->host_profile, HOST_INSTALL);
    if (engine_threaded_make(c, code))
        c->engine.host->report.threaded++;
    else
        unit->tried = ENGINE_UNTHREADED;
    set_left(c, code);
    hostprofile_enter(c->host_profile, before);
    return code->ops != NULL;
}

/* Compiled code, or the threaded form; false: there is neither. */
static bool run_code(Core *c, Installed *code)
{
    Engine *e = c->engine.host;
    HostPart before;
    if (code->ops && code->pub.left == 0) {
        set_left(c, code);
        if (code->pub.left == 0)
            return false;
    }
    if (code->unit.handle && e->fits) {
        before = hostprofile_enter(c->host_profile, HOST_COMPILED);
        e->running = true;
        e->enter(code->host, c, code);
        e->running = false;
    } else if (has_threaded(c, code)) {
        before = hostprofile_enter(c->host_profile, HOST_THREADED);
        engine_threaded_run(c, code);
    } else {
        return false;
    }
    hostprofile_enter(c->host_profile, before);
    return true;
}

bool engine_run(Core *c, Installed **code, CoreStop *stop)
{
    Installed *at = *code;
    c->counted = NULL;
    do {
        core_update_limit(c);
        /* What is left before the limit of instructions is the reference
         * core's, and so is what has no code. */
        if (c->clock >= c->engine.limit || !run_code(c, at)) {
            *code = at;
            return true;
        }
        at = c->engine.at;
        c->shadow_stale = true;
    } while (!note_stop(c, at, stop));
    *code = at;
    return false;
}
