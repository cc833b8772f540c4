/* Handlers: CP0 and TLB instructions, which no region can hold, without leaving
 * the core.  A translation ends before one with an exit to interpret; the core
 * calls the handler there, which is gear 0's routine for the one instruction,
 * and goes on at the translation that the exit is linked to.  Anything out of
 * the ordinary is left to the dispatcher. */
#include "morph/layer_impl.h"

static bool is_handled(InsnOp op)
{
    switch (op) {
    case INSN_MTC0:
    case INSN_TLBR:
    case INSN_TLBWI:
    case INSN_TLBWR:
    case INSN_TLBP: return true;
    default: return false;
    }
}

/* The on-chip timer of MIPS-161 is a device. */
static bool is_timer(const Insn *in)
{
    return in->op == INSN_MTC0 &&
           (in->rd == CP0_COUNT || in->rd == CP0_COMPARE);
}

/* The instruction at `pc`, fetched as data in kernel mode, or false: nothing
 * has happened. */
static bool fetch(Layer *l, uint32_t pc, Insn *in)
{
    uint32_t pa;
    const uint8_t *host;
    CoreFault fault;
    if (!codepages_lookup(l, pc, false, &pa, &host))
        return false;
    *in = gear0_decode(
              l, bits_load32(host + pc % PAGE_SIZE, l->cpu_config.big_endian))
              ->insn;
    return is_handled((InsnOp)in->op) && !codepages_is_interpreted(l, pa) &&
           !is_timer(in) && core_touch(l->core, pc, false, false, &fault);
}

/* The load that was in flight lands after the instruction. */
static void land(Layer *l, IrPending pending)
{
    CoreRegs *regs = core_regs(l->core);
    if (pending == IR_PENDING_NONE)
        return;
    regs->gpr[pending] = regs->gpr[vliw_slot_reg(IR_SLOT_LD)];
    core_commit(l->core);
}

/* Whether translations may go on in the state that the instruction left. */
static bool goes_on(const Layer *l)
{
    uint32_t status = l->state->status;
    return !(status & STATUS_ISC) && !(status & STATUS_RE && l->user) &&
           !l->stop && !cpu_interrupt_ready(l->cpu);
}

CoreCode *handler_run(void *ctx, CoreCode *from, unsigned exit)
{
    Layer *l = ctx;
    Translation *source = from->user;
    const IrExit *record = &from->exits[exit].record;
    Insn in;
    if (l->user || !l->handlers || record->pc & 3 ||
        record->pending >= IR_PENDING_FPR || !fetch(l, record->pc, &in))
        return NULL;
    /* The core's register 0 is not the guest's. */
    uint32_t rt = in.rt ? core_regs(l->core)->gpr[in.rt] : 0;
    l->stats.handled++;
    core_charge(l->core, CORE_CAUSE_GEAR0, gear0_cost(l, &in));
    core_set_insns(l->core, core_insns(l->core) + 1);
    l->state->insns = core_insns(l->core);
    cpu_system(l->cpu, &in, rt);
    if (unlikely(l->watch.on) && record->pc == l->watch.va &&
        l->state->insns > l->watch.from)
        watch_hit(l);
    land(l, record->pending);
    l->user = state_user_mode(l->state);
    l->fpu = layer_fpu(l);
    l->pc = record->pc + 4;
    l->pending = IR_PENDING_NONE;
    if (l->hooks.commit) {
        layer_show_state(l);
        l->hooks.commit(l->hooks.ctx, NULL, 0);
    }
    if (goes_on(l)) {
        uint8_t mode = layer_mode(l->user, l->fpu, IR_PENDING_NONE);
        Translation *t = links_handled(l, source, exit, l->pc, mode);
        if (t)
            return t->core;
        l->from = source;
        l->from_exit = exit;
    } else {
        layer_bring_home(l);
    }
    l->handled = true;
    return NULL;
}
