/* Gear 0: interprets one guest instruction at a time, with the reference CPU as
 * its hands.  Here is what that costs on the modelled host, what is learned
 * from it, and where it ends. */
#include "morph/layer_impl.h"

#include <assert.h>

/* Cycles of an instruction that no region can hold: CP0 registers are moved, or
 * an exception is raised, by the layer's own code. */
enum { COST_PRIVILEGED = 4 };

/* One instruction, after it was executed. */
typedef struct Step {
    uint32_t pa;  /* where it lies; valid if `known` */
    bool known;   /* it was fetched from plain memory */
    bool lifted;  /* a translation might contain it */
    bool trapped; /* it took an exception */
    bool mmio;    /* its access met a device */
    bool wrote;   /* it overwrote translated code */
} Step;

/* --- Words ----------------------------------------------------------------
 */

/* Bytes of an access that must be aligned to them; 0: there is none. */
static uint8_t access_of(InsnOp op, bool *store)
{
    *store = false;
    switch (op) {
    case INSN_SB: *store = true; /* fall through */
    case INSN_LB:
    case INSN_LBU: return 1;
    case INSN_SH: *store = true; /* fall through */
    case INSN_LH:
    case INSN_LHU: return 2;
    case INSN_SWL:
    case INSN_SWR: *store = true; /* fall through */
    case INSN_LWL:
    case INSN_LWR: return 1; /* at any address */
    case INSN_SW:
    case INSN_SWC1:
    case INSN_SWC2:
    case INSN_SWC3: *store = true; /* fall through */
    case INSN_LW:
    case INSN_LWC1:
    case INSN_LWC2:
    case INSN_LWC3: return 4;
    default: return 0;
    }
}

void gear0_decode_anew(DecodedInsn *d, uint32_t word)
{
    *d = (DecodedInsn){.word = word, .insn = insn_decode(word)};
    InsnOp op = (InsnOp)d->insn.op;
    d->access = access_of(op, &d->store);
    d->branch = insn_info(op)->cls == INSN_CLASS_BRANCH;
    d->lifted = (uint8_t)lift_contexts(&d->insn);
}

void gear0_init(Layer *l)
{
    /* Elsewhere zero is a word that cannot be there. */
    gear0_decode_anew(&l->decoded[0], 0);
    l->isolated.pc = NO_RUN;
}

/* --- Cost ------------------------------------------------------------------
 */

/* Length of the instruction's own schedule, with operands that fit. */
static uint64_t schedule_alone(Layer *l, InsnOp op)
{
    static const Insn nop = {.op = INSN_SLL};
    Insn in = {.op = (uint8_t)op, .rs = 2, .rt = 4, .rd = 12, .imm = 8};
    if (op == INSN_CFC1)
        in.rd = 31;
    IrContext context = {.fpu = true, .big = l->cpu_config.big_endian};
    if (!lift_can(&in, &context))
        return COST_PRIVILEGED;
    InsnClass cls = insn_info(op)->cls;
    bool branch = cls == INSN_CLASS_BRANCH || cls == INSN_CLASS_JUMP;
    uint32_t pc = 0x80000000;
    LiftInsn insns[] = {{.pc = pc, .insn = in}, {.pc = pc + 4, .insn = nop}};
    LiftPlan plan = {.pc = pc,
                     .context = context,
                     .insns = insns,
                     .count = branch ? 2 : 1,
                     .next = branch ? pc + 8 : pc + 4};
    OptWork work = {0};
    arena_reset(l->scratch);
    IrRegion *region = lift_region(l->scratch, &plan, &l->block_limits);
    opt_run_passes(region, &l->fast, &work, NULL, NULL);
    return opt_schedule(region, &l->desc, &l->fast, l->scratch, &work)->length;
}

uint64_t gear0_operation_anew(Layer *l, const Insn *in)
{
    if (!in)
        return COST_PRIVILEGED;
    l->op_cost[in->op] = schedule_alone(l, (InsnOp)in->op);
    return l->op_cost[in->op];
}

/* --- One instruction -------------------------------------------------------
 */

static void charge_uncached(Layer *l, bool store)
{
    core_charge(l->core, CORE_CAUSE_DCACHE,
                hierarchy_uncached(l->hierarchy, core_cycles(l->core), store));
}

/* Time of a data access at `va`.  True: it goes to plain memory at *pa. */
static bool touch_data(Layer *l, uint32_t va, bool store, Step *step,
                       uint32_t *pa)
{
    CorePage isolated;
    CoreFault fault;
    bool user = state_user_mode(l->state);
    /* Accesses of isolated caches stay in the processor. */
    if (unlikely(l->state->status & STATUS_ISC) &&
        (!layer_page(l, va, user, store, &isolated, &fault) || isolated.cached))
        return false;
    const CorePage *page = core_touch(l->core, va, user, store, &fault);
    if (page) {
        *pa = page->pa | va % PAGE_SIZE;
        return true;
    }
    step->mmio = fault == CORE_FAULT_MMIO;
    if (step->mmio)
        charge_uncached(l, store);
    return false;
}

/* Fetches the instruction at the pc as data; NULL if it must be left to the
 * processor, which raises the exception or asks a device. */
static const DecodedInsn *fetch(Layer *l, Step *step)
{
    uint32_t pc = l->state->pc;
    CoreFault fault;
    if (pc & 3)
        return NULL;
    bool user = state_user_mode(l->state);
    const CorePage *page = core_touch(l->core, pc, user, false, &fault);
    if (!page) {
        if (fault == CORE_FAULT_MMIO)
            charge_uncached(l, false);
        return NULL;
    }
    step->known = true;
    step->pa = page->pa | pc % PAGE_SIZE;
    return gear0_decode(
        l, bits_load32(page->host + pc % PAGE_SIZE, l->cpu_config.big_endian));
}

/* Whether the store goes on with a run of those to isolated caches: a loop of
 * the layer's own makes them, which looks for the next one by itself. */
static bool goes_on_run(const Layer *l, const DecodedInsn *d)
{
    return l->cost.isolated && l->state->pc == l->isolated.pc &&
           (d->word ^ l->isolated.word) >> 16 == 0;
}

static void note_run(Layer *l, const DecodedInsn *d, uint32_t pc)
{
    l->isolated.pc = pc + 4;
    l->isolated.word = d->word;
}

/* `cost` is that of getting to the instruction's own operation.  (*step is not
 * returned: the host would wait to read two words that it wrote in pieces.) */
static void execute(Layer *l, uint64_t cost, Step *step)
{
    GuestState *s = l->state;
    uint32_t pc = s->pc, data_pa = 0;
    bool memory = false;
    *step = (Step){0};
    const DecodedInsn *d = fetch(l, step);
    const Insn *in = d ? &d->insn : NULL;
    bool isolated = d && d->store && s->status & STATUS_ISC;
    core_charge(l->core, CORE_CAUSE_GEAR0,
                isolated && goes_on_run(l, d) ? l->cost.isolated
                                              : cost + gear0_operation(l, in));
    if (d) {
        uint8_t mode =
            layer_mode(state_user_mode(s), layer_fpu(l), IR_PENDING_NONE);
        step->lifted =
            gear0_is_lifted(d, mode) && !codepages_is_interpreted(l, step->pa);
        uint32_t va = s->gpr[in->rs] + in->imm;
        if (d->access && !(va & (d->access - 1u)))
            memory = touch_data(l, va, d->store, step, &data_pa);
    }
    l->wrote = false;
    if (unlikely(isolated))
        note_run(l, d, pc);
    step->trapped = !cpu_step(l->cpu, in);
    l->stop |= cpu_is_waiting(l->cpu);
    if (step->trapped) {
        core_charge(l->core, CORE_CAUSE_EXCEPTION, l->cost.exception);
        l->stats.exceptions++;
    } else if (d && d->branch) {
        core_charge(l->core, CORE_CAUSE_GEAR0, l->cost.profile0);
        profile_branch(l, pc, step->pa, s->npc != pc + 8);
    } else if (memory && d->store) {
        step->wrote = codepages_written(l, data_pa) || l->wrote;
    }
    if (l->hooks.commit)
        l->hooks.commit(l->hooks.ctx, NULL, 0);
}

bool gear0_step(Layer *l, uint64_t cost)
{
    Step step;
    execute(l, cost, &step);
    return step.trapped;
}

void gear0_refuse(Layer *l, const Insn *in)
{
    core_charge(l->core, CORE_CAUSE_EXCEPTION, l->cost.refusal);
    bool trapped = !cpu_step(l->cpu, in);
    assert(trapped);
    (void)trapped;
    l->stats.exceptions++;
    if (l->hooks.commit)
        l->hooks.commit(l->hooks.ctx, NULL, 0);
}

/* --- After a fault ---------------------------------------------------------
 */

/* The instruction that failed in a translation has been repeated. */
static void learn(Layer *l, const Step *step)
{
    if (!step->known)
        return;
    if (step->mmio) {
        codepages_learn(l, step->pa, true);
        return;
    }
    Exception exc = (Exception)((l->state->cause & CAUSE_EXC) >> 2);
    switch (l->replay.fault) {
    case CORE_FAULT_CODE:
        /* A store that only shares a unit with code. */
        if (!step->wrote)
            codepages_learn(l, step->pa, false);
        break;
    case CORE_FAULT_GUEST:
    case CORE_FAULT_MMIO:
        if (!step->trapped)
            codepages_learn_spurious(l, l->replay.of);
        /* TLB misses and page faults are as it should be. */
        else if (exc == EXC_TLBL || exc == EXC_TLBS || exc == EXC_MOD)
            replay_count(l);
        else
            codepages_learn(l, step->pa, false);
        break;
    default: codepages_learn(l, step->pa, false); break;
    }
}

/* One step of the path that a fault undid was taken. */
static void follow_replay(Layer *l, const Step *step)
{
    Translation *t = l->replay.of;
    bool last = l->replay.next++ == l->replay.last;
    bool stays = !last && !step->trapped &&
                 l->state->pc == t->code->guests[l->replay.next].pc;
    if (stays)
        return;
    if (last) {
        learn(l, step);
    } else if (!step->trapped) {
        l->stats.spurious++;
        codepages_learn_spurious(l, t);
    }
    l->replay.of = NULL;
}

/* --- Blocks ----------------------------------------------------------------
 */

void gear0_run(Layer *l)
{
    GuestState *s = l->state;
    HostPart before = hostprofile_enter(l->host_profile, HOST_GEAR0);
    layer_bring_home(l);
    l->from = l->resume = NULL;
    l->paid = false;
    if (!l->in_block)
        l->stats.blocks0++;
    do {
        bool in_delay = s->in_delay;
        Step step;
        execute(l, l->cost.gear0, &step);
        l->stats.insns0++;
        if (l->replay.of)
            follow_replay(l, &step);
        bool end = step.trapped || (!s->in_delay && (in_delay || !step.lifted));
        l->in_block = !end || l->replay.of;
    } while (l->in_block && !l->stop && core_cycles(l->core) < l->deadline &&
             s->insns < l->insn_limit && s->insns < l->look &&
             !watch_is_here(l) && !cpu_interrupt_ready(l->cpu));
    l->interpret = false;
    hostprofile_enter(l->host_profile, before);
}
