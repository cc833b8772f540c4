/* The reference core: issues molecules, one by one, in the order and at the
 * times that docs/core.md gives.
 *
 * Time.  `clock` counts the pipeline's cycles: molecules, and the cycles in
 * which none issues because of a result, a unit, a commit or a branch.  While
 * the processor waits for memory the pipeline stands still, results in flight
 * included; that time is in `stalls`.  So the pipeline's time between an entry
 * and an exit is the same whatever misses. */
#include "hwmodel/vliw/core_impl.h"

#include "base/alloc.h"

#include <assert.h>
#include <stdlib.h>

#define NO_LINE UINT32_MAX

/* --- Life ----------------------------------------------------------------- */

Core *core_create(const VliwDesc *desc, const Config *config,
                  Hierarchy *hierarchy, const CoreBus *bus, Diag *diag)
{
    (void)diag; /* vliw_desc_read() has checked what the core asks for */
    assert(desc->store_buffer <= STORE_BUFFER_MAX);
    assert(desc->alias_regs <= ALIAS_REGS_MAX);
    uint64_t entries = config_int(config, CONFIG_VLIW_TLB);
    assert((entries & (entries - 1)) == 0);
    Core *c = alloc_zeroed(1, sizeof *c);
    c->desc = *desc;
    c->bus = *bus;
    c->hierarchy = hierarchy;
    c->line_shift = (unsigned)__builtin_ctz(hierarchy_line_i(hierarchy));
    c->tlb_miss = (unsigned)config_int(config, CONFIG_VLIW_TLB_MISS);
    c->profile = (unsigned)config_int(config, CONFIG_COST_PROFILE1);
    c->tlb = alloc_zeroed(entries, sizeof *c->tlb);
    c->tlb_mask = (uint32_t)(entries - 1);
    c->deadline = c->insn_limit = UINT64_MAX;
    core_forget(c);
    return c;
}

void core_destroy(Core *c)
{
    if (!c)
        return;
    free(c->tlb);
    free(c);
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
}

void core_charge(Core *c, CoreCause cause, uint64_t cycles)
{
    core_stall(c, cause, cycles);
    c->counters.total = core_cycles(c);
}

void core_set_deadline(Core *c, uint64_t cycles)
{
    c->deadline = cycles;
}

void core_set_insn_limit(Core *c, uint64_t insns)
{
    c->insn_limit = insns;
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

/* --- Shadow registers ----------------------------------------------------- */

static void copy_shadowed(CoreRegs *to, const CoreRegs *from,
                          const VliwDesc *desc)
{
    memcpy(to->gpr, from->gpr, sizeof to->gpr[0] * desc->shadowed_gprs);
    memcpy(to->fpr, from->fpr, sizeof to->fpr[0] * desc->shadowed_fprs);
    to->fcr31 = from->fcr31;
}

void core_commit(Core *c)
{
    assert(c->store_count == 0);
    copy_shadowed(&c->shadow, &c->regs, &c->desc);
}

/* --- A run of one translation --------------------------------------------- */

typedef struct Run {
    Core *c;
    const Installed *code;
    uint64_t tally;    /* molecules since settle(), see TALLY */
    uint32_t line;     /* I-line of the molecule before, or NO_LINE */
    int commit;        /* last commit's record, or -1 */
    uint32_t insns;    /* what that record says */
    unsigned molecule; /* that left, by `exit` */
    unsigned exit;
    unsigned guest; /* instruction of the atom that failed */
} Run;

/* The molecules since the last call are counted. */
static void settle(Run *r)
{
    CoreCounters *counters = &r->c->counters;
    uint64_t mask = (1u << TALLY_BITS) - 1;
    uint64_t molecules = r->tally >> 2 * TALLY_BITS;
    counters->cause[CORE_CAUSE_GEAR0 + r->code->pub.gear] += molecules;
    counters->molecules += molecules;
    counters->atoms += r->tally >> TALLY_BITS & mask;
    counters->nops += r->tally & mask;
    r->tally = 0;
}

/* The lines that the molecule lies in and the one before did not. */
static __attribute__((noinline)) void fetch(Run *r, const Issue *m)
{
    uint32_t line = r->line == NO_LINE ? m->first_line : r->line + 1;
    for (; line <= m->last_line; line++) {
        unsigned cycles = hierarchy_fetch(
            r->c->hierarchy, (r->code->line + line) << r->c->line_shift);
        core_stall(r->c, CORE_CAUSE_ICACHE, cycles);
    }
    r->line = m->last_line;
}

/* When the molecule may issue, `clock` or later: what it needs has arrived; a
 * commit needs everything. */
static uint64_t wait_for_needs(Core *c, const Issue *m, uint64_t clock)
{
    uint64_t issue = m->commit ? c->arrival : clock;
    for (uint64_t set = m->needs.gprs & c->flight.gprs; set; set &= set - 1) {
        uint64_t ready = c->ready_gpr[__builtin_ctzll(set)];
        issue = ready > issue ? ready : issue;
    }
    for (uint64_t set = m->needs.others & c->flight.others; set;
         set &= set - 1) {
        uint64_t ready = c->ready_other[__builtin_ctzll(set)];
        issue = ready > issue ? ready : issue;
    }
    /* Without interlock the schedule must see to that. */
    assert(c->desc.interlock || issue == clock);
    c->counters.cause[CORE_CAUSE_INTERLOCK] += issue - clock;
    return issue;
}

static void add_other(Core *c, unsigned other, uint64_t ready)
{
    /* FCR31 collects the flags of several operations. */
    if (c->flight.others >> other & 1 && c->ready_other[other] > ready)
        ready = c->ready_other[other];
    c->flight.others |= 1ull << other;
    c->ready_other[other] = ready;
    c->arrival = ready > c->arrival ? ready : c->arrival;
}

/* The results of a molecule that issued at `issue` are in flight. */
static void add_results(Core *c, const Issue *m, uint64_t issue)
{
    if (c->arrival <= issue)
        c->flight = (RegSet){0};
    for (unsigned i = 0; i < m->count; i++) {
        const Step *step = &m->steps[i];
        if (!step->latency)
            continue;
        uint64_t ready = issue + step->latency;
        AtomOp op = (AtomOp)step->op;
        AtomOperand d = atom_info(op)->d;
        if (d == ATOM_F) {
            add_other(c, step->d, ready);
        } else if (d == ATOM_G && step->d < VLIW_SINK) {
            c->flight.gprs |= 1ull << step->d;
            c->ready_gpr[step->d] = ready;
            c->arrival = ready > c->arrival ? ready : c->arrival;
        }
        if (atom_uses_fcr(op) && op != ATOM_FCR)
            add_other(c, OTHER_FCR, ready);
        if (atom_keeps_unit(op))
            add_other(c, OTHER_UNIT + step->unit, ready);
    }
}

/* Everything so far is final.  Returns the clock afterwards. */
static uint64_t commit(Run *r, const Issue *m, uint64_t clock)
{
    Core *c = r->c;
    unsigned exit = m->commit - 1u;
    if (clock < c->arrival) { /* its own results */
        c->counters.cause[CORE_CAUSE_INTERLOCK] += c->arrival - clock;
        clock = c->arrival;
    }
    clock += c->desc.commit;
    c->counters.cause[CORE_CAUSE_COMMIT] += c->desc.commit;
    c->clock = clock;
    if (c->store_count)
        core_drain(c);
    c->alias_set = 0;
    copy_shadowed(&c->shadow, &c->regs, &c->desc);
    uint32_t insns = r->code->pub.exits[exit].record.insns;
    assert(insns >= r->insns);
    c->insns += insns - r->insns;
    c->counters.insns[r->code->pub.gear] += insns - r->insns;
    c->counters.commits++;
    r->insns = insns;
    r->commit = (int)exit;
    if (unlikely(c->committed))
        c->committed(c->committed_ctx, &r->code->pub, exit);
    return clock;
}

/* Everything since the last commit is undone. */
static void roll_back(Run *r, uint64_t clock)
{
    Core *c = r->c;
    settle(r);
    copy_shadowed(&c->regs, &c->shadow, &c->desc);
    core_drop_stores(c);
    c->clock = clock + c->desc.rollback;
    c->arrival = c->clock;
    c->counters.cause[CORE_CAUSE_ROLLBACK] += c->desc.rollback;
    c->counters.rollbacks++;
    c->counters.faults[c->fault]++;
}

static bool refuse(Core *c, CoreFault fault)
{
    c->fault = fault;
    c->fault_va = 0;
    return false;
}

static bool float_op(Core *c, const Step *step, const CoreRegs *in)
{
    uint64_t result = 0;
    uint32_t fcr31 = c->regs.fcr31;
    AtomOp op = (AtomOp)step->op;
    /* Operand b of those that have none is not looked at. */
    if (!c->bus.fp(c->bus.ctx, atom_ir_op(op), step->imm, in->fpr[step->a],
                   in->fpr[step->b % VLIW_FPRS], &fcr31, &result))
        return refuse(c, CORE_FAULT_FP);
    c->regs.fcr31 = fcr31;
    if (atom_info(op)->d == ATOM_F)
        c->regs.fpr[step->d] = result;
    return true;
}

static uint32_t divide(uint32_t a, uint32_t b)
{
    if (b == 0)
        return a >> 31 ? 1 : UINT32_MAX;
    if (a == 0x80000000u && b == UINT32_MAX)
        return a;
    return (uint32_t)((int32_t)a / (int32_t)b);
}

static uint64_t set_low(uint64_t a, uint32_t word)
{
    return (a & ~(uint64_t)UINT32_MAX) | word;
}

static uint64_t set_high(uint64_t a, uint32_t word)
{
    return (uint64_t)word << 32 | (uint32_t)a;
}

static inline bool is_taken(AtomOp op, uint32_t a)
{
    int32_t value = (int32_t)a;
    switch (op) {
    case ATOM_BREQ: return value == 0;
    case ATOM_BRNE: return value != 0;
    case ATOM_BRLT: return value < 0;
    case ATOM_BRGE: return value >= 0;
    case ATOM_BRLE: return value <= 0;
    case ATOM_BRGT: return value > 0;
    default: return true;
    }
}

/* Runs until an exit is taken and committed (true), or an atom fails and
 * everything since the last commit has been undone (false). */
static bool run_code(Run *r)
{
    Core *c = r->c;
    const IrContext context = r->code->pub.code->context;
    const Issue *issues = r->code->issues, *m = issues;
    CoreRegs *regs = &c->regs;
    uint64_t clock = c->clock;
    for (;;) {
        if (unlikely(m->last_line != r->line))
            fetch(r, m);
        if (clock < c->arrival &&
            ((m->needs.gprs & c->flight.gprs) |
             (m->needs.others & c->flight.others) | m->commit))
            clock = wait_for_needs(c, m, clock);
        if (unlikely(c->trace != NULL))
            c->trace(c->trace_ctx, &r->code->pub, (unsigned)(m - issues),
                     clock + c->stalls);
        const CoreRegs *in = regs;
        if (unlikely(m->snapshot)) {
            c->before = *regs;
            in = &c->before;
        }
        r->tally += m->tally;
        c->counters.format[m->format]++;
        clock++;

        const Issue *next = NULL;
        bool leave = false;
        const Step *step = m->steps, *end = step + m->count;
        for (; step != end; step++) {
            uint32_t a = in->gpr[step->a];
            uint32_t b = in->gpr[step->b] + step->imm;
            uint32_t *d = &regs->gpr[step->d];
            switch ((AtomOp)step->op) {
            case ATOM_ADD: *d = a + b; break;
            case ATOM_SUB: *d = a - b; break;
            case ATOM_AND: *d = a & b; break;
            case ATOM_OR: *d = a | b; break;
            case ATOM_XOR: *d = a ^ b; break;
            case ATOM_NOR: *d = ~(a | b); break;
            case ATOM_SLT: *d = (int32_t)a < (int32_t)b; break;
            case ATOM_SLTU: *d = a < b; break;
            case ATOM_SHL: *d = a << b % 32; break;
            case ATOM_SHR: *d = a >> b % 32; break;
            case ATOM_SAR: *d = (uint32_t)((int32_t)a >> b % 32); break;
            case ATOM_MUL: *d = a * b; break;
            case ATOM_MULH:
                *d = (uint32_t)((int64_t)(int32_t)a * (int32_t)b >> 32);
                break;
            case ATOM_MULHU: *d = (uint32_t)((uint64_t)a * b >> 32); break;
            case ATOM_DIV: *d = divide(a, b); break;
            case ATOM_DIVU: *d = b ? a / b : UINT32_MAX; break;
            case ATOM_CP0: *d = c->bus.cp0(c->bus.ctx, step->imm); break;
            case ATOM_TRAP:
                if (a != 0) {
                    refuse(c, CORE_FAULT_TRAP);
                    goto failed;
                }
                break;
#define LOAD(size, expression)                                                 \
    {                                                                          \
        uint32_t v;                                                            \
        if (!core_load(c, step, a, size, &context, &v))                        \
            goto failed;                                                       \
        expression;                                                            \
        break;                                                                 \
    }
            case ATOM_LD8S: LOAD(1, *d = bits_sext8(v))
            case ATOM_LD8U: LOAD(1, *d = v)
            case ATOM_LD16S: LOAD(2, *d = bits_sext16(v))
            case ATOM_LD16U: LOAD(2, *d = v)
            case ATOM_LD32: LOAD(4, *d = v)
            case ATOM_LDLO:
                LOAD(4, regs->fpr[step->d] = set_low(in->fpr[step->b], v))
            case ATOM_LDHI:
                LOAD(4, regs->fpr[step->d] = set_high(in->fpr[step->b], v))
#undef LOAD
#define STORE(size, value)                                                     \
    if (!core_store(c, step, a, size, &context, value))                        \
        goto failed;                                                           \
    break;
            case ATOM_ST8: STORE(1, b)
            case ATOM_ST16: STORE(2, b)
            case ATOM_ST32: STORE(4, b)
            case ATOM_STLO: STORE(4, (uint32_t)in->fpr[step->b])
            case ATOM_STHI: STORE(4, (uint32_t)(in->fpr[step->b] >> 32))
#undef STORE
            case ATOM_LDL: *d = (uint32_t)c->local[step->imm]; break;
            case ATOM_LDLF: regs->fpr[step->d] = c->local[step->imm]; break;
            case ATOM_STL: c->local[step->imm] = a; break;
            case ATOM_STLF: c->local[step->imm] = in->fpr[step->a]; break;
            case ATOM_FMOV: regs->fpr[step->d] = in->fpr[step->a]; break;
            case ATOM_LO: *d = (uint32_t)in->fpr[step->a]; break;
            case ATOM_HI: *d = (uint32_t)(in->fpr[step->a] >> 32); break;
            case ATOM_SETLO:
                regs->fpr[step->d] = set_low(in->fpr[step->a], b);
                break;
            case ATOM_SETHI:
                regs->fpr[step->d] = set_high(in->fpr[step->a], b);
                break;
            case ATOM_FCR: *d = regs->fcr31; break;
            case ATOM_FADDS:
            case ATOM_FADDD:
            case ATOM_FSUBS:
            case ATOM_FSUBD:
            case ATOM_FMULS:
            case ATOM_FMULD:
            case ATOM_FDIVS:
            case ATOM_FDIVD:
            case ATOM_FABSS:
            case ATOM_FABSD:
            case ATOM_FNEGS:
            case ATOM_FNEGD:
            case ATOM_FCVTSD:
            case ATOM_FCVTSW:
            case ATOM_FCVTDS:
            case ATOM_FCVTDW:
            case ATOM_FCVTWS:
            case ATOM_FCVTWD:
            case ATOM_FCMPS:
            case ATOM_FCMPD:
                if (!float_op(c, step, in))
                    goto failed;
                break;
            case ATOM_BR:
            case ATOM_BREQ:
            case ATOM_BRNE:
            case ATOM_BRLT:
            case ATOM_BRGE:
            case ATOM_BRLE:
            case ATOM_BRGT:
                if (is_taken((AtomOp)step->op, a))
                    next = &issues[step->imm];
                break;
            case ATOM_EXIT: leave = true; break;
            case ATOM_COUNT: __builtin_unreachable();
            }
        }
        if (m->slow)
            add_results(c, m, clock - 1);
        if (m->commit)
            clock = commit(r, m, clock);
        if (!next && !leave) {
            m++;
            continue;
        }
        clock += c->desc.branch - 1;
        c->counters.cause[CORE_CAUSE_BRANCH] += c->desc.branch - 1;
        settle(r);
        if (leave) {
            c->clock = clock;
            r->exit = m->commit - 1u;
            r->molecule = (unsigned)(m - issues);
            return true;
        }
        c->counters.branches++;
        r->line = NO_LINE;
        m = next;
        continue;

    failed:
        r->guest = step->guest;
        roll_back(r, clock);
        return false;
    }
}

/* --- From translation to translation -------------------------------------- */

/* At the entry of `code`: counts it, unless it was counted when core_run()
 * stopped here before.  False: there is a reason to stop. */
static bool enter(Core *c, CoreCode *code, CoreStop *stop)
{
    bool counted = c->counted == code;
    c->counted = counted ? code : NULL;
    *stop = (CoreStop){.kind = CORE_DEADLINE, .code = code, .commit = -1};
    if (core_cycles(c) >= c->deadline || c->insns >= c->insn_limit)
        return false;
    if (!counted) {
        code->entries++;
        c->counters.entries++;
        if (code->gear == 1)
            core_stall(c, CORE_CAUSE_PROFILE, c->profile);
        if (code->entries == code->hot) {
            c->counted = code;
            stop->kind = CORE_HOT;
            return false;
        }
    }
    c->counted = NULL;
    return true;
}

/* Where the exit that `r` took leads; NULL if the layer must say. */
static CoreCode *follow(const Run *r, CoreCode *code)
{
    Core *c = r->c;
    CoreExit *exit = &code->exits[r->exit];
    exit->count++;
    c->counters.exits++;
    if (r->molecule < code->code->main_count) {
        c->counters.runs++;
        c->counters.length += code->code->length;
        c->counters.bound += code->code->bound;
    }
    CoreCode *next = NULL;
    if (exit->record.kind == IR_EXIT_INDIRECT) {
        uint32_t pc = c->regs.gpr[vliw_slot_reg(IR_SLOT_PC)];
        if (c->bus.indirect)
            next = c->bus.indirect(c->bus.ctx, code, r->exit, pc);
    } else {
        if (exit->tell)
            c->bus.call(c->bus.ctx, code, r->exit);
        if (exit->record.kind == IR_EXIT_DIRECT &&
            (!exit->checked || exit->generation == c->generation))
            next = exit->next;
    }
    c->counters.chained += next != NULL;
    return next;
}

CoreStop core_run(Core *c, CoreCode *code)
{
    CoreStop stop;
    while (enter(c, code, &stop)) {
        Run r = {.c = c,
                 .code = core_installed(code),
                 .line = NO_LINE,
                 .commit = -1};
        if (!run_code(&r)) {
            stop.kind = CORE_FAULTED;
            stop.fault = c->fault;
            stop.guest = r.guest;
            stop.va = c->fault_va;
            stop.commit = r.commit;
            break;
        }
        CoreCode *next = follow(&r, code);
        if (!next) {
            stop.kind = CORE_EXIT;
            stop.exit = r.exit;
            stop.commit = r.commit;
            break;
        }
        code = next;
    }
    c->counters.total = core_cycles(c);
    return stop;
}
