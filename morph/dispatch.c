/* The dispatcher: decides what runs next, runs it, and deals with the way it
 * ended.
 *
 * Between two steps of its loop the guest is at a commit point.  Either its
 * registers are home, in the processor, or they are in the core, and `pc` and
 * `pending` say the rest.  What the loop does is a function of the guest and of
 * the modelled time alone: a layer_run() that ends for a slice leaves what it
 * was about to do in `in_block`, `replay` and `resume`, and the next one goes
 * on with it at no cost. */
#include "morph/layer_impl.h"

#include "frontend/fpu.h"

/* Guest instructions that one run of a translation can complete, with what a
 * handler adds. */
static uint64_t longest_run(const Layer *l)
{
    return CORE_INTERPRETED_MAX +
           (l->block_limits.insns > l->superblock_limits.insns
                ? l->block_limits.insns
                : l->superblock_limits.insns);
}

/* The core stops in time for gear 0 to reach the limit exactly. */
void dispatch_limit(Layer *l, uint64_t deadline, uint64_t insn_limit)
{
    l->deadline = deadline;
    l->insn_limit = insn_limit;
    l->stop = false;
    uint64_t margin = longest_run(l);
    uint64_t limit = l->insn_limit > margin ? l->insn_limit - margin : 0;
    if (limit > l->look)
        limit = l->look;
    core_set_deadline(l->core, l->deadline);
    core_set_insn_limit(l->core, limit);
}

bool dispatch_is_near_limit(const Layer *l)
{
    return l->insn_limit - layer_insns(l) <= longest_run(l);
}

void layer_take_interrupt(Layer *l)
{
    if (!cpu_interrupt_ready(l->cpu))
        return;
    layer_bring_home(l);
    core_charge(l->core, CORE_CAUSE_EXCEPTION, l->cost.exception);
    cpu_take_interrupt(l->cpu);
    l->stats.exceptions++;
    l->in_block = l->interpret = l->paid = false;
    l->isolated.pc = NO_RUN;
    l->resume = l->from = l->replay.of = NULL;
    if (l->hooks.commit)
        l->hooks.commit(l->hooks.ctx, NULL, 0);
}

/* --- What the core came back with ------------------------------------------
 */

static void left_by_exit(Layer *l, Translation *t, unsigned exit)
{
    const IrExit *record = &t->code->exits[exit];
    if (l->handled) {
        l->handled = false;
        return;
    }
    l->pending = record->pending;
    l->pc = record->pc;
    l->interpret = record->kind == IR_EXIT_INTERPRET;
    if (record->kind == IR_EXIT_INDIRECT) {
        l->pc = core_regs(l->core)->gpr[vliw_slot_reg(IR_SLOT_PC)];
        l->stats.exits[1]++;
    } else {
        l->stats.exits[l->interpret ? 2 : 0]++;
    }
    if (!l->interpret) {
        l->from = t;
        l->from_exit = exit;
    }
    l->paid = true;
    core_charge(l->core, CORE_CAUSE_DISPATCH, l->cost.dispatch);
    if (unlikely(t->replay))
        replay_left(l, t, exit);
}

static void at_entry(Layer *l, const Translation *t)
{
    l->pc = t->pc;
    l->pending = t->code->context.pending;
}

/* A superblock takes the place of a block of gear 1 that has become hot, and a
 * longer one that of a brief superblock. */
static void became_hot(Layer *l, Translation *t)
{
    uint32_t pc = t->pc, pa = t->pa;
    uint32_t word = t->code->guests[0].word;
    uint8_t mode = t->mode;
    at_entry(l, t);
    l->stats.hot += t->gear == 1;
    t->core->hot = UINT64_MAX;
    core_charge(l->core, CORE_CAUSE_DISPATCH, l->cost.dispatch);
    if (tcache_stands_in(l, t))
        tcache_set_aside(l, t);
    else if (t->brief)
        translate_whole(l, pc, mode);
    else if (!revive(l, pc, word, mode, 2) && !borrow(l, pc, pa, mode, 2))
        translate(l, pc, mode, 2);
    l->resume = tcache_find(l, pc, pa, mode);
}

/* The state is that of the last commit; gear 0 repeats what was undone. */
static void failed(Layer *l, Translation *t, const CoreStop *stop)
{
    l->stats.faults[stop->fault]++;
    if (l->hooks.fault)
        l->hooks.fault(l->hooks.ctx, stop);
    at_entry(l, t);
    unsigned done = 0;
    if (stop->commit >= 0) {
        const IrExit *record = &t->code->exits[stop->commit];
        l->pc = record->pc;
        l->pending = record->pending;
        done = record->insns;
        watch_passed(l, t, done, core_insns(l->core));
    }
    l->replay.of = t;
    l->replay.fault = stop->fault;
    l->replay.next = done;
    l->replay.last = stop->guest > done ? stop->guest : done;
    replay_begin(l, t);
}

void dispatch_run(Layer *l, Translation *t)
{
    layer_send_to_core(l);
    l->resume = l->from = NULL;
    l->paid = false;
    CoreStop stop = l->forwards ? core_run_compiled(l->core, t->core)
                                : core_run(l->core, t->core);
    switch (stop.kind) {
    case CORE_EXIT: left_by_exit(l, stop.code->user, stop.exit); break;
    case CORE_DEADLINE:
        at_entry(l, stop.code->user);
        l->resume = stop.code->user;
        break;
    case CORE_ABSENT: at_entry(l, stop.code->user); break;
    case CORE_HOT: became_hot(l, stop.code->user); break;
    case CORE_FAULTED:
        if (l->forwards)
            failed(l, stop.code->user, &stop);
        break;
    }
}

CoreCode *dispatch_failed(void *ctx, const CoreStop *stop)
{
    Layer *l = ctx;
    failed(l, stop->code->user, stop);
    /* What layer_run() would look at; the core looks at the limits. */
    if (!l->resume || l->home || l->stop || cpu_interrupt_ready(l->cpu) ||
        watch_is_here(l) || dispatch_is_near_limit(l))
        return NULL;
    CoreCode *next = l->resume->core;
    l->resume = NULL;
    return next;
}

/* --- What to run next ------------------------------------------------------
 */

bool dispatch_is_translatable(const Layer *l)
{
    const GuestState *s = l->state;
    bool reversed = s->status & STATUS_RE && state_user_mode(s);
    return l->gears > 0 && !s->in_delay && !(s->pc & 3) && !reversed &&
           !(s->status & STATUS_ISC) &&
           !(l->cpu_config.fpu && fpu_irq(s->fcr31));
}

/* A translation made now: again, if an earlier run had one, or because gear 0
 * has been at the block often enough. */
static Translation *make_block(Layer *l, uint32_t pa, const uint8_t *host,
                               uint8_t mode)
{
    if (l->interpret || codepages_is_interpreted(l, pa))
        return NULL;
    uint32_t word =
        bits_load32(host + pa % PAGE_SIZE, l->cpu_config.big_endian);
    if (!gear0_is_lifted(gear0_decode(l, word), mode))
        return NULL;
    Translation *again = revive(l, l->pc, word, mode, 1);
    if (!again)
        again = borrow(l, l->pc, pa, mode, 1);
    if (again)
        return again;
    core_charge(l->core, CORE_CAUSE_GEAR0, l->cost.profile0);
    return profile_block(l, l->pc, pa, mode) ? translate(l, l->pc, mode, 1)
                                             : NULL;
}

bool dispatch_locate(Layer *l, uint8_t *mode, uint32_t *pa,
                     const uint8_t **host)
{
    if (l->home) {
        if (!dispatch_is_translatable(l))
            return false;
        l->pc = l->state->pc;
        l->pending = layer_pending(l);
        l->user = state_user_mode(l->state);
        l->fpu = layer_fpu(l);
    }
    *mode = layer_mode(l->user, l->fpu, l->pending);
    return !dispatch_is_near_limit(l) &&
           codepages_lookup(l, l->pc, l->user, pa, host) && !(l->pc & 3) &&
           (l->pending < IR_PENDING_FPR || l->fpu);
}

static void dispatch(Layer *l)
{
    uint8_t mode;
    uint32_t pa;
    const uint8_t *host;
    if (!dispatch_locate(l, &mode, &pa, &host)) {
        if (!handler_fetch(l))
            gear0_run(l);
        return;
    }
    l->stats.dispatches++;
    profile_prefetch(l, l->pc, pa, mode);
    Translation *t = l->interpret ? NULL : tcache_find(l, l->pc, pa, mode);
    if (!t && !(t = make_block(l, pa, host, mode))) {
        gear0_run(l);
        return;
    }
    if (!l->paid)
        core_charge(l->core, CORE_CAUSE_DISPATCH, l->cost.dispatch);
    codepages_verify(l, t);
    if (l->from)
        links_set(l, l->from, l->from_exit, t);
    dispatch_run(l, t);
}

void layer_run(Layer *l, uint64_t deadline, uint64_t insn_limit)
{
    dispatch_limit(l, deadline, insn_limit);
    HostPart before = hostprofile_enter(l->host_profile, HOST_DISPATCH);
    if (!l->begun)
        revive_begin(l);
    while (!l->stop && core_cycles(l->core) < l->deadline &&
           layer_insns(l) < l->insn_limit && layer_insns(l) < l->look) {
        if (cpu_interrupt_ready(l->cpu))
            layer_take_interrupt(l);
        else if (watch_is_here(l))
            continue;
        else if (l->in_block || l->replay.of)
            gear0_run(l);
        else if (l->resume && !dispatch_is_near_limit(l))
            dispatch_run(l, l->resume);
        else
            dispatch(l);
    }
    layer_bring_home(l);
    hostprofile_enter(l->host_profile, before);
}

void layer_set_look(Layer *l, uint64_t insns)
{
    l->look = insns;
}

void layer_set_deadline(Layer *l, uint64_t deadline)
{
    if (deadline < l->deadline) {
        l->deadline = deadline;
        core_set_deadline(l->core, deadline);
    }
}

void layer_idle(Layer *l, uint64_t deadline)
{
    uint64_t now = core_cycles(l->core);
    if (deadline > now)
        core_charge(l->core, CORE_CAUSE_IDLE, deadline - now);
}

void layer_stop(Layer *l)
{
    l->stop = true;
}
