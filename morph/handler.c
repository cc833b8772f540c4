/* Handlers: what no region can hold, executed without leaving the core.  A
 * translation ends before it with an exit to interpret; the core calls the
 * handler there, which executes it, and what follows if that is of the kind,
 * too, and goes on at the translation that comes next.  Anything out of the
 * ordinary is left to the dispatcher.
 *
 * The instructions of CP0 and the TLB have handlers that leave the guest's
 * other registers where they are, and so has what leads out of an exception: a
 * jump with RFE in its delay slot.  The rest is executed by gear 0's hands:
 * what leads into one, as accesses that the TLB refuses do, which need CP0's
 * registers alone unless a branch comes first.  These, and fetches that it
 * refuses, have their handler also where no exit leads to it: where a
 * translation failed, and where none can be entered. */
#include "morph/layer_impl.h"

#include "frontend/fpu.h"

#include <assert.h>

static bool is_system(InsnOp op)
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

/* The instruction at `pc`, or NULL if it cannot be had without the processor;
 * nothing is charged. */
static const DecodedInsn *peek(Layer *l, uint32_t pc)
{
    const uint8_t *word = codepages_peek(l, pc, l->user);
    return word ? gear0_decode(l, bits_load32(word, l->cpu_config.big_endian))
                : NULL;
}

/* An instruction of the kernel that translations hold, too, but not between two
 * that they do not: MFC0, on an R3000. */
static bool is_between(Layer *l, const DecodedInsn *d)
{
    if (d->insn.op != INSN_MFC0 || l->cpu_config.features ||
        !gear0_is_lifted(d, layer_mode(l->user, l->fpu, IR_PENDING_NONE)))
        return false;
    const DecodedInsn *next = peek(l, l->pc + 4);
    return next && is_system((InsnOp)next->insn.op);
}

/* --- CP0 and TLB -----------------------------------------------------------
 */

/* The load that was in flight lands after the instruction. */
static void land(Layer *l, IrPending pending)
{
    CoreRegs *regs = core_regs(l->core);
    if (pending == IR_PENDING_NONE)
        return;
    regs->gpr[pending] = regs->gpr[vliw_slot_reg(IR_SLOT_LD)];
    core_commit(l->core);
}

/* The core's register 0 is not the guest's. */
static uint32_t read_gpr(const Layer *l, unsigned reg)
{
    return reg ? core_regs(l->core)->gpr[reg] : 0;
}

/* The kernel's instruction at `pc` begins, at `cost` cycles more than its
 * operation; it is fetched as data.  False: nothing was done. */
static bool begin(Layer *l, uint32_t pc, const Insn *in, uint64_t cost)
{
    CoreFault fault;
    if (!core_touch(l->core, pc, false, false, &fault))
        return false;
    core_charge(l->core, CORE_CAUSE_GEAR0, cost + gear0_operation(l, in));
    core_set_insns(l->core, core_insns(l->core) + 1);
    l->state->insns = core_insns(l->core);
    return true;
}

/* What MFC0 reads, after what was in flight before it. */
static void load_cp0(Layer *l, const Insn *in)
{
    core_regs(l->core)->gpr[vliw_slot_reg(IR_SLOT_LD)] =
        cpu_cp0(l->cpu, in->rd);
    core_commit(l->core);
    if (in->rt)
        l->pending = (IrPending)in->rt;
}

/* False: nothing was done. */
static bool run_system(Layer *l, const Insn *in, uint64_t cost)
{
    if (l->pending >= IR_PENDING_FPR || !begin(l, l->pc, in, cost))
        return false;
    if (in->op != INSN_MFC0)
        cpu_system(l->cpu, in, read_gpr(l, in->rt));
    if (unlikely(l->watched))
        watch_meet(l, l->pc, l->state->insns - 1);
    land(l, l->pending);
    l->user = state_user_mode(l->state);
    l->fpu = layer_fpu(l);
    l->pc += 4;
    l->pending = IR_PENDING_NONE;
    if (in->op == INSN_MFC0)
        load_cp0(l, in);
    if (l->hooks.commit) {
        layer_show_state(l);
        l->hooks.commit(l->hooks.ctx, NULL, 0);
    }
    return true;
}

/* A jump of the kernel with RFE in its delay slot, as gear 0 executes both.
 * False: nothing was done. */
static bool run_return(Layer *l, const Insn *jump, uint64_t cost)
{
    static const Insn rfe = {.op = INSN_RFE};
    uint32_t target = read_gpr(l, jump->rs);
    /* What translations cannot go on with; and whoever sees each instruction,
     * sees the state between them. */
    bool plain = !l->hooks.commit && !(target & 3) &&
                 l->pending < IR_PENDING_FPR &&
                 !(l->cpu_config.fpu && fpu_irq(core_regs(l->core)->fcr31));
    if (!plain || !begin(l, l->pc, jump, cost))
        return false;
    land(l, l->pending);
    l->pc += 4;
    l->pending = IR_PENDING_NONE;
    bool begun = begin(l, l->pc, &rfe, 0); /* peek() has found it */
    assert(begun);
    (void)begun;
    cpu_system(l->cpu, &rfe, 0);
    l->user = state_user_mode(l->state);
    l->fpu = layer_fpu(l);
    l->pc = target;
    return true;
}

/* --- Into exceptions, and back ----------------------------------------------
 */

/* Whether the TLB refuses an access or a fetch for certain. */
static bool is_refused(Layer *l, uint32_t va, bool store)
{
    uint32_t status = l->state->status;
    TlbPage page;
    TlbResult result = tlb_translate(l->state, l->tlb_index,
                                     va & ~(PAGE_SIZE - 1u), store, &page);
    bool shuts_down = l->state->status != status;
    l->state->status = status;
    return result != TLB_OK && !shuts_down;
}

/* Likewise of an access at the pc: what it wrote otherwise might be the
 * translation that called. */
static bool is_refused_access(Layer *l, const DecodedInsn *d)
{
    const CoreRegs *regs = core_regs(l->core);
    uint32_t va = (d->insn.rs ? regs->gpr[d->insn.rs] : 0) + d->insn.imm;
    return !(va & (d->access - 1u)) && !(l->state->status & STATUS_ISC) &&
           is_refused(l, va, d->store);
}

/* What gear 0's hands execute from the pc on. */
typedef struct Steps {
    unsigned count;
    bool asked;   /* the TLB, about `access`, which is the last one */
    bool refused; /* and it refuses that; else there is nothing to execute */
    bool plain;   /* `access` stands alone, and a translation may hold it */
    bool store;   /* it is one */
    bool returns; /* from an exception: a jump and RFE */
    Insn access;
} Steps;

static Steps steps_to_access(Layer *l, const DecodedInsn *d, unsigned count)
{
    bool refused = is_refused_access(l, d);
    return (Steps){.count = refused ? count : 0,
                   .asked = true,
                   .refused = refused,
                   .store = d->store,
                   .access = d->insn};
}

/* Of a branch or jump `op`, with its delay slot. */
static Steps steps_of_pair(Layer *l, InsnOp op)
{
    const DecodedInsn *slot = peek(l, l->pc + 4);
    if (!slot || op == INSN_JALR)
        return (Steps){0};
    if (slot->insn.op == INSN_RFE) {
        bool returns = op == INSN_JR && !l->user;
        return (Steps){.count = returns ? 2 : 0, .returns = returns};
    }
    /* What the branch writes, and what lands then, is not there yet. */
    unsigned base = slot->insn.rs;
    if (!slot->access || base == l->pending || base == 31)
        return (Steps){0};
    return steps_to_access(l, slot, 2);
}

static Steps steps_at(Layer *l, const DecodedInsn *d)
{
    InsnOp op = (InsnOp)d->insn.op;
    InsnClass cls = insn_info(op)->cls;
    if (l->forwards)
        return (Steps){0};
    if (d->access) {
        Steps steps = steps_to_access(l, d, 1);
        steps.plain =
            gear0_is_lifted(d, layer_mode(l->user, l->fpu, IR_PENDING_NONE));
        return steps;
    }
    if (cls == INSN_CLASS_BRANCH || cls == INSN_CLASS_JUMP)
        return steps_of_pair(l, op);
    switch (op) {
    case INSN_SYSCALL:
    case INSN_BREAK:
    case INSN_RFE:
    case INSN_CTC1: return (Steps){.count = 1};
    /* LL, SC and so on of MIPS-161 are among them. */
    case INSN_RESERVED: return (Steps){.count = !l->cpu_config.features};
    default: return (Steps){0};
    }
}

/* The access alone, which is refused, with the registers where they are: its
 * exception touches none but CP0's.  False: nothing was done. */
static bool refuse_here(Layer *l, const Steps *steps)
{
    GuestState *s = l->state;
    const Insn *in = &steps->access;
    /* Whoever looks, looks into the processor. */
    if (!steps->refused || !steps->plain || l->hooks.commit ||
        l->pending >= IR_PENDING_FPR ||
        (l->cpu_config.fpu && fpu_irq(core_regs(l->core)->fcr31)))
        return false;
    uint32_t va = read_gpr(l, in->rs) + in->imm;
    core_charge(l->core, CORE_CAUSE_EXCEPTION, l->cost.refusal);
    land(l, l->pending);
    s->insns = core_insns(l->core);
    cpu_refuse(l->cpu, l->pc, va, steps->store);
    core_set_insns(l->core, s->insns);
    l->stats.exceptions++;
    l->pc = s->pc;
    l->pending = IR_PENDING_NONE;
    l->user = state_user_mode(s);
    return true;
}

/* The first one at `cost` cycles more than its operation.  True: the guest
 * stands where a jump led. */
static bool run_steps(Layer *l, const Steps *steps, uint64_t cost)
{
    if (refuse_here(l, steps))
        return false;
    layer_bring_home(l);
    for (unsigned i = 0; i < steps->count; i++)
        if (steps->refused && i + 1 == steps->count)
            gear0_refuse(l, &steps->access);
        else if (gear0_step(l, i == 0 ? cost : 0))
            return false;
    return !steps->refused && steps->count > 1;
}

/* --- What comes next -------------------------------------------------------
 */

/* Whether translations may go on here, with the registers in the core. */
static bool goes_on(Layer *l)
{
    if (l->stop || cpu_interrupt_ready(l->cpu))
        return false;
    if (!l->home) {
        uint32_t status = l->state->status;
        return !(status & STATUS_ISC) && !(status & STATUS_RE && l->user);
    }
    if (!dispatch_is_translatable(l))
        return false;
    l->pc = l->state->pc;
    l->pending = layer_pending(l);
    l->user = state_user_mode(l->state);
    l->fpu = layer_fpu(l);
    layer_send_to_core(l);
    return true;
}

/* What is at the pc, at `cost` cycles more than its operation, and `ask` if the
 * TLB has to be asked about it: whether it was executed, and *jumped. */
static bool handle(Layer *l, uint64_t cost, uint64_t ask, bool *jumped)
{
    if (l->pc & 3)
        return false;
    const DecodedInsn *d = peek(l, l->pc);
    if (!d)
        return false;
    Insn in = d->insn; /* the next look may take its place */
    if (is_timer(&in))
        return false;
    if (!l->user && is_system((InsnOp)in.op))
        return run_system(l, &in, cost);
    if (in.op == INSN_MFC0)
        return !l->user && is_between(l, d) && run_system(l, &in, cost);
    bool watched = unlikely(l->watched) &&
                   (watch_has(l, l->pc) || watch_has(l, l->pc + 4));
    if (watched)
        return false;
    Steps steps = steps_at(l, d);
    if (steps.asked)
        core_charge(l->core, CORE_CAUSE_GEAR0, ask);
    if (steps.count == 0)
        return false;
    *jumped = (steps.returns && run_return(l, &in, cost)) ||
              run_steps(l, &steps, cost);
    return true;
}

CoreCode *handler_run(void *ctx, CoreCode *code, unsigned exit)
{
    Layer *l = ctx;
    Translation *from = code->user, *t = NULL;
    const IrExit *record = &code->exits[exit].record;
    uint64_t before = core_insns(l->core), done = 0;
    bool on = l->handlers, jumped = false;
    l->pc = record->pc;
    l->pending = record->pending;
    /* One call executes what stands in a row. */
    while (on && !t && !jumped && done <= CORE_INTERPRETED_MAX - 2 &&
           handle(l, done ? 0 : l->cost.handler, l->cost.verify, &jumped)) {
        done = layer_insns(l) - before;
        on = goes_on(l);
        uint8_t mode = layer_mode(l->user, l->fpu, l->pending);
        if (on && jumped) { /* nothing predicts where to */
            core_charge(l->core, CORE_CAUSE_INDIRECT, l->predict->redirect);
            t = links_looked_up(l, l->pc, mode);
        } else if (on) {
            t = links_handled(l, from, exit, l->pc, mode);
        }
    }
    l->stats.handled += done;
    if (t)
        return t->core;
    l->handled = done > 0;
    if (!on)
        layer_bring_home(l);
    else if (done) {
        l->from = from;
        l->from_exit = exit;
    }
    return NULL;
}

/* --- Without an exit --------------------------------------------------------
 */

/* The translation at the vector where the guest stands, which is the next one
 * to run. */
static void enter_vector(Layer *l)
{
    uint32_t pa;
    const uint8_t *host;
    if (!goes_on(l)) {
        layer_bring_home(l);
        return;
    }
    uint8_t mode = layer_mode(l->user, l->fpu, l->pending);
    l->resume = links_looked_up(l, l->pc, mode);
    if (l->resume || !codepages_lookup(l, l->pc, l->user, &pa, &host))
        return;
    l->resume = tcache_find(l, l->pc, pa, mode);
    if (!l->resume)
        return;
    core_charge(l->core, CORE_CAUSE_DISPATCH, l->cost.dispatch);
    links_note(l, l->resume);
}

bool handler_fault(Layer *l)
{
    uint64_t before = core_insns(l->core);
    bool jumped;
    /* The core has just asked the TLB. */
    if (!l->handlers || !handle(l, l->cost.handler, 0, &jumped))
        return false;
    l->stats.handled += layer_insns(l) - before;
    l->resume = NULL;
    enter_vector(l);
    return true;
}

bool handler_fetch(Layer *l)
{
    bool may = l->handlers && !l->forwards && !dispatch_is_near_limit(l) &&
               (!l->home || dispatch_is_translatable(l));
    uint32_t pc = l->home ? l->state->pc : l->pc;
    /* The dispatcher has asked. */
    if (!may || pc & 3 || !is_refused(l, pc, false))
        return false;
    layer_bring_home(l);
    gear0_refuse(l, NULL);
    l->stats.handled++;
    l->interpret = l->paid = false;
    l->from = l->resume = NULL;
    enter_vector(l);
    return true;
}
