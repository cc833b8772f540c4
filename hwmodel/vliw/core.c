/* The reference core: its life, what the layer sets and asks, and the way from
 * one translation to the next.  core_issue.c runs one. */
#include "hwmodel/vliw/core_impl.h"
#include "hwmodel/vliw/engine_host.h"

#include "base/alloc.h"

#include <assert.h>
#include <stdlib.h>

/* --- Life ----------------------------------------------------------------- */

Core *core_create(const VliwDesc *desc, const Config *config,
                  Hierarchy *hierarchy, const CoreBus *bus)
{
    assert(desc->store_buffer <= STORE_BUFFER_MAX);
    assert(desc->alias_regs <= ALIAS_REGS_MAX);
    uint64_t entries = config_int(config, CONFIG_VLIW_TLB);
    assert((entries & (entries - 1)) == 0 && entries <= CORE_TLB_MAX);
    Core *c = alloc_zeroed(1, sizeof *c);
    c->peer = c->first = c;
    c->sharers = 1;
    c->pool = pool_create();
    c->desc = *desc;
    c->bus = *bus;
    c->hierarchy = hierarchy;
    c->line_shift = (unsigned)__builtin_ctz(hierarchy_line_i(hierarchy));
    c->tlb_miss = (unsigned)config_int(config, CONFIG_VLIW_TLB_MISS);
    c->profile = (unsigned)config_int(config, CONFIG_COST_PROFILE1);
    c->tlb_mask = (uint32_t)(entries - 1);
    c->deadline = c->insn_limit = UINT64_MAX;
    core_forget(c);
    return c;
}

void core_destroy(Core *c)
{
    if (!c)
        return;
    engine_destroy(c);
    if (c->first == c) {
        assert(c->peer == c);
        pool_destroy(c->pool);
    } else {
        Core *before = c->peer;
        while (before->peer != c)
            before = before->peer;
        before->peer = c->peer;
    }
    free(c);
}

void core_share(Core *c, Core *first)
{
    assert(c->peer == c && first->first == first);
    engine_share(c, first);
    pool_destroy(c->pool);
    c->pool = first->pool;
    c->first = first;
    Core *last = first;
    while (last->peer != first)
        last = last->peer;
    last->peer = c;
    c->peer = first;
    unsigned sharers = first->sharers + 1;
    CORE_SHARERS (each, first)
        each->sharers = sharers;
    c->engine.count_at = (sharers - 1) * sizeof(uint64_t);
}

CorePredict *core_predict(Core *c)
{
    return &c->predict;
}

CoreRegs *core_regs(Core *c)
{
    return &c->regs;
}

uint64_t core_cycles(const Core *c)
{
    return c->clock + c->stalls;
}

uint64_t core_insns(const Core *c)
{
    return c->insns;
}

void core_set_insns(Core *c, uint64_t insns)
{
    c->insns = insns;
    core_update_limit(c);
}

void core_charge(Core *c, CoreCause cause, uint64_t cycles)
{
    core_stall(c, cause, cycles);
    c->counters.total = core_cycles(c);
}

const uint64_t *core_causes(const Core *c)
{
    return c->counters.cause;
}

void core_set_deadline(Core *c, uint64_t cycles)
{
    c->deadline = cycles;
    core_update_limit(c);
}

void core_set_insn_limit(Core *c, uint64_t insns)
{
    c->insn_limit = insns;
    core_update_limit(c);
}

void core_set_generation(Core *c, uint64_t generation)
{
    c->generation = generation;
}

void core_set_trace(Core *c, CoreTrace *trace, void *ctx)
{
    c->trace = trace;
    c->trace_ctx = ctx;
}

void core_set_committed(Core *c, CoreCommitted *committed, void *ctx)
{
    c->committed = committed;
    c->committed_ctx = ctx;
}

void core_set_host_profile(Core *c, HostProfile *profile)
{
    c->host_profile = profile;
}

/* --- Shadow registers ----------------------------------------------------- */

void core_commit(Core *c)
{
    assert(c->store_count == 0);
    c->shadow_stale = true;
}

/* --- From translation to translation -------------------------------------- */

/* At the entry of `at`: counts it, unless it was counted when core_run()
 * stopped here before.  False: there is a reason to stop, *kind. */
static inline bool enter(Core *c, Installed *at, CoreStopKind *kind)
{
    CoreCode *code = &at->pub;
    bool counted = c->counted == code;
    c->counted = counted ? code : NULL;
    *kind = CORE_DEADLINE;
    if (core_cycles(c) >= c->deadline || c->insns >= c->insn_limit)
        return false;
    if (!counted) {
        code->entries++;
        c->counters.entries++;
        if (code->counts)
            core_stall(c, CORE_CAUSE_PROFILE, c->profile);
        if (code->entries == code->hot) {
            c->counted = code;
            *kind = CORE_HOT;
            return false;
        }
    }
    c->counted = NULL;
    if (unlikely(code->entries >= at->unit.wanted))
        engine_want(c, at);
    if (unlikely(c->shadow_stale)) {
        core_copy_shadowed(c, &c->shadow, &c->regs);
        c->shadow_stale = false;
    }
    return true;
}

/* The layer is asked, or told. */
static CoreCode *ask(Core *c, CoreCode *from, unsigned exit)
{
    const CoreExit *taken = &from->exits[exit];
    CoreCode *next = NULL;
    if (taken->tell)
        c->bus.call(c->bus.ctx, from, exit);
    switch (taken->record.kind) {
    case IR_EXIT_INDIRECT:
        if (c->bus.indirect)
            next = c->bus.indirect(c->bus.ctx, from, exit,
                                   c->regs.gpr[vliw_slot_reg(IR_SLOT_PC)]);
        break;
    case IR_EXIT_INTERPRET:
        if (c->bus.interpret)
            next = c->bus.interpret(c->bus.ctx, from, exit);
        break;
    case IR_EXIT_DIRECT:
    case IR_EXIT_COMMIT: break;
    }
    return next;
}

Installed *core_follow(Core *c, Installed *code, unsigned exit)
{
    const CoreExit *taken = &code->pub.exits[exit];
    CoreCode *next = NULL;
    bool direct = taken->record.kind == IR_EXIT_DIRECT;
    if (!direct || taken->tell) {
        HostPart before = hostprofile_enter(c->host_profile, HOST_DISPATCH);
        next = ask(c, &code->pub, exit);
        hostprofile_enter(c->host_profile, before);
    }
    if (direct && (!taken->checked || taken->generation == c->generation))
        next = taken->next;
    else if (direct && taken->next && c->bus.renew)
        next = c->bus.renew(c->bus.ctx, &code->pub, exit);
    return (Installed *)next;
}

/* The run `r` left by an exit: counts that, and says where it leads. */
static Installed *leave(const CoreRun *r, Installed *code)
{
    Core *c = r->c;
    code->pub.exits[r->exit].count++;
    c->counters.exits++;
    if (unlikely(code->pub.held))
        c->bus.held(c->bus.ctx, &code->pub, (int)r->exit);
    if (r->molecule < code->main_count) {
        c->counters.runs++;
        c->counters.length += code->length;
        c->counters.bound += code->bound;
    }
    Installed *next = core_follow(c, code, r->exit);
    c->counters.chained += next != NULL;
    return next;
}

void core_hold(Core *c, CoreCode *code, bool held)
{
    if (code->held == held)
        return;
    code->held = held;
    engine_hold(c, (Installed *)code);
}

/* `code` was rolled back: the layer is told, and may know where to go on. */
static Installed *recover(Core *c, Installed *code, CoreStop *stop)
{
    if (stop->kind != CORE_FAULTED || !c->bus.failed)
        return NULL;
    HostPart before = hostprofile_enter(c->host_profile, HOST_DISPATCH);
    stop->code = &code->pub;
    CoreCode *next = c->bus.failed(c->bus.ctx, stop);
    hostprofile_enter(c->host_profile, before);
    return (Installed *)next;
}

/* Molecule by molecule, from the entry on: where `code` leads, or NULL. */
static Installed *issue(Core *c, Installed *code, CoreStop *stop)
{
    CoreRun r = {.c = c, .code = code, .line = NO_LINE, .commit = -1};
    Installed *next = NULL;
    if (core_issue(&r)) {
        stop->kind = CORE_EXIT;
        next = leave(&r, code);
        stop->exit = r.exit;
    } else {
        stop->kind = CORE_FAULTED;
        stop->fault = c->fault;
        stop->va = c->fault_va;
        stop->guest = r.guest;
    }
    stop->commit = r.commit;
    return next;
}

CoreStop core_run_compiled(Core *c, CoreCode *first)
{
    CoreStop stop = {.commit = -1};
    Installed *code = (Installed *)first;
    engine_begin(c);
    if (!engine_may_run(c, code) || engine_run(c, &code, &stop))
        stop.kind = CORE_ABSENT;
    stop.code = &code->pub;
    return stop;
}

CoreStop core_run(Core *c, CoreCode *first)
{
    CoreStop stop = {.commit = -1};
    Installed *code = (Installed *)first;
    HostPart before = hostprofile_enter(c->host_profile, HOST_REFERENCE);
    if (c->engine.host)
        engine_begin(c);
    for (Installed *next;; code = next) {
        if (!engine_may_run(c, code) || engine_run(c, &code, &stop)) {
            if (unlikely(code->pub.held))
                c->bus.held(c->bus.ctx, &code->pub, -1);
            if (!enter(c, code, &stop.kind))
                break;
            next = issue(c, code, &stop);
        } else {
            next = NULL;
        }
        if (!next && !(next = recover(c, code, &stop)))
            break;
    }
    stop.code = &code->pub;
    c->counters.total = core_cycles(c);
    hostprofile_enter(c->host_profile, before);
    return stop;
}
