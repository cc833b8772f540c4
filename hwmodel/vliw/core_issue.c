/* Runs one translation: issues its molecules, one by one, in the order and at
 * the times that docs/core.md gives.
 *
 * Time.  `clock` counts the pipeline's cycles: those in which a molecule
 * issues, and those in which none does because of a result, a unit, a commit or
 * a branch.  While the processor waits for memory the pipeline stands still,
 * results in flight included; that time is in Core.stalls.  So the pipeline's
 * time between an entry and an exit is the same whatever misses. */
#include "hwmodel/vliw/core_impl.h"

#include <assert.h>

/* The molecules since the last call are counted. */
static void settle(CoreRun *r)
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

/* --- When a molecule issues ----------------------------------------------- */

/* The lines that the molecule lies in and the one before did not. */
static void fetch(CoreRun *r, const Issue *m, uint64_t clock)
{
    Core *c = r->c;
    uint32_t line = r->line == NO_LINE ? m->first_line : r->line + 1;
    for (; line <= m->last_line; line++) {
        unsigned cycles =
            hierarchy_fetch(c->hierarchy, clock + c->stalls,
                            core_line(&r->code->pub, line) << c->line_shift);
        core_stall(c, CORE_CAUSE_ICACHE, cycles);
    }
    r->line = m->last_line;
}

static inline bool is_waited_for(const Core *c, const Issue *m)
{
    return (m->needs.bits[0] & c->flight.bits[0]) |
           (m->needs.bits[1] & c->flight.bits[1]);
}

/* When the molecule may issue, `clock` or later: what it needs has arrived; a
 * commit needs everything. */
static uint64_t wait_for_needs(Core *c, const Issue *m, uint64_t clock)
{
    uint64_t issue = m->commit ? c->arrival : clock;
    for (unsigned half = 0; half < 2; half++) {
        uint64_t set = m->needs.bits[half] & c->flight.bits[half];
        for (; set; set &= set - 1) {
            uint64_t ready = c->ready[64 * half + __builtin_ctzll(set)];
            issue = ready > issue ? ready : issue;
        }
    }
    /* Without interlock the schedule must see to that. */
    assert(c->desc.interlock || issue == clock);
    c->counters.cause[CORE_CAUSE_INTERLOCK] += issue - clock;
    return issue;
}

/* The results of a molecule that issued at `issue` are in flight. */
static inline void add_results(CoreRun *r, const Issue *m, uint64_t issue)
{
    Core *c = r->c;
    uint64_t arrival = issue + m->longest;
    if (c->arrival <= issue)
        c->flight = (PartSet){{0}};
    c->arrival = arrival > c->arrival ? arrival : c->arrival;
    const Result *result = &r->code->results[m->result];
    for (unsigned i = 0; i < m->result_count; i++, result++) {
        uint64_t ready = issue + result->latency;
        uint64_t *at = &c->ready[result->part];
        /* FCR31 collects the flags of several operations: all of them have to
         * arrive.  Of anything else there is one in flight. */
        if (unlikely(result->part == PART_FCR) && *at > ready &&
            c->flight.bits[PART_FCR / 64] >> PART_FCR % 64 & 1)
            ready = *at;
        *at = ready;
        c->flight.bits[result->part / 64] |= 1ull << result->part % 64;
    }
}

/* --- Commit and rollback -------------------------------------------------- */

/* The working registers that the code may have changed become shadows. */
static inline void copy_written(Core *c, const Installed *code)
{
    for (uint64_t set = code->written_gprs; set; set &= set - 1) {
        unsigned reg = (unsigned)__builtin_ctzll(set);
        c->shadow.gpr[reg] = c->regs.gpr[reg];
    }
    for (uint64_t set = code->written_fprs; set; set &= set - 1) {
        unsigned reg = (unsigned)__builtin_ctzll(set);
        c->shadow.fpr[reg] = c->regs.fpr[reg];
    }
    c->shadow.fcr31 = c->regs.fcr31;
}

/* Everything so far is final.  Returns the clock afterwards. */
static uint64_t commit(CoreRun *r, const Issue *m, uint64_t clock)
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
    uint32_t insns = r->code->pub.exits[exit].record.insns;
    assert(insns >= r->insns);
    commit_count(&c->counters.commit, insns - r->insns, c->store_count);
    if (c->store_count)
        core_drain(c);
    c->alias_set = 0;
    copy_written(c, r->code);
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
static void roll_back(CoreRun *r, uint64_t clock)
{
    Core *c = r->c;
    settle(r);
    core_copy_shadowed(c, &c->regs, &c->shadow);
    core_drop_stores(c);
    c->clock = clock + c->desc.rollback;
    c->arrival = c->clock; /* nothing is in flight any more */
    c->counters.cause[CORE_CAUSE_ROLLBACK] += c->desc.rollback;
    c->counters.rollbacks++;
    c->counters.faults[c->fault]++;
}

/* --- What atoms do -------------------------------------------------------- */

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
    AtomOp op = (AtomOp)(step->op % STEP_LAST);
    /* Operand b of those that have none is not looked at. */
    if (!c->bus.fp(c->bus.ctx, atom_ir_op(op), step->imm, in->fpr[step->a],
                   in->fpr[step->b % VLIW_FPRS], &fcr31, &result))
        return refuse(c, CORE_FAULT_FP);
    c->regs.fcr31 = fcr31;
    if (atom_info(op)->d == ATOM_F)
        c->regs.fpr[step->d] = result;
    return true;
}

/* --- Issue ---------------------------------------------------------------- */

bool core_issue(CoreRun *r)
{
    /* By Step.op */
    static const void *const labels[] = {
#define ATOM(id, name, unit, latency, d, a, b, text) &&do_##id,
#include "hwmodel/vliw/atom.def"
#undef ATOM
#define ATOM(id, name, unit, latency, d, a, b, text) &&last_##id,
#include "hwmodel/vliw/atom.def"
#undef ATOM
        &&done};
    Core *c = r->c;
    const IrContext context = r->code->pub.context;
    const Issue *issues = r->code->issues, *m = issues;
    const Step *steps = r->code->steps;
    const uint64_t *checks = r->code->checks;
    CoreRegs *regs = &c->regs;
    uint64_t clock = c->clock;
    const CoreRegs *in;
    const Issue *next;
    const Step *step;
    uint32_t value;

molecule:
    if (unlikely(m->last_line != r->line))
        fetch(r, m, clock);
    if (clock < c->arrival && (is_waited_for(c, m) || m->commit))
        clock = wait_for_needs(c, m, clock);
    if (unlikely(c->trace != NULL))
        c->trace(c->trace_ctx, &r->code->pub, (unsigned)(m - issues),
                 clock + c->stalls);
    in = regs;
    if (unlikely(m->snapshot)) {
        c->before = *regs;
        in = &c->before;
    }
    r->tally += TALLY(1, m->atoms, m->nops);
    c->counters.format[m->format]++;
    clock++;
    next = NULL;
    step = &steps[m->step];
    goto *labels[step->op];

/* What an atom does.  Each op is there twice: the last one of a molecule goes
 * on with its end, without a look at what comes next. */
#define DO(id, statement)                                                      \
    do_##id : statement;                                                       \
    goto *labels[(++step)->op];                                                \
    last_##id : statement;                                                     \
    goto done;
#define A  in->gpr[step->a]
#define B  (in->gpr[step->b] + step->imm)
#define FA in->fpr[step->a]
#define FB in->fpr[step->b]
#define D  regs->gpr[step->d]
#define FD regs->fpr[step->d]
#define TRAP()                                                                 \
    if (A != 0) {                                                              \
        refuse(c, CORE_FAULT_TRAP);                                            \
        goto failed;                                                           \
    }
#define LOAD(size)                                                             \
    if (!core_load(c, step, clock - 1, A, size, &context, &value))             \
    goto failed
#define STORE(size, word)                                                      \
    if (!core_store(c, step->alias ? checks[step->alias - 1] : 0, clock - 1,   \
                    A, size, &context, word))                                  \
    goto failed
#define FLOAT()                                                                \
    if (!float_op(c, step, in))                                                \
    goto failed
#define BRANCH(condition)                                                      \
    if (condition)                                                             \
    next = &issues[step->imm]

    DO(ADD, D = A + B)
    DO(SUB, D = A - B)
    DO(AND, D = A & B)
    DO(OR, D = A | B)
    DO(XOR, D = A ^ B)
    DO(NOR, D = ~(A | B))
    DO(SLT, D = (int32_t)A < (int32_t)B)
    DO(SLTU, D = A < B)
    DO(SHL, D = A << B % 32)
    DO(SHR, D = A >> B % 32)
    DO(SAR, D = (uint32_t)((int32_t)A >> B % 32))
    DO(MUL, D = A * B)
    DO(MULH, D = (uint32_t)((int64_t)(int32_t)A * (int32_t)B >> 32))
    DO(MULHU, D = (uint32_t)((uint64_t)A * B >> 32))
    DO(DIV, D = core_divide(A, B))
    DO(DIVU, value = B; D = value ? A / value : UINT32_MAX)
    DO(CP0, D = c->bus.cp0(c->bus.ctx, step->imm))
    DO(TRAP, TRAP())

    DO(LD8S, LOAD(1); D = bits_sext8(value))
    DO(LD8U, LOAD(1); D = value)
    DO(LD16S, LOAD(2); D = bits_sext16(value))
    DO(LD16U, LOAD(2); D = value)
    DO(LD32, LOAD(4); D = value)
    DO(LDLO, LOAD(4); FD = core_set_low(FB, value))
    DO(LDHI, LOAD(4); FD = core_set_high(FB, value))
    DO(ST8, STORE(1, B))
    DO(ST16, STORE(2, B))
    DO(ST32, STORE(4, B))
    DO(STLO, STORE(4, (uint32_t)FB))
    DO(STHI, STORE(4, (uint32_t)(FB >> 32)))
    DO(LDL, D = (uint32_t)c->local[step->imm])
    DO(LDLF, FD = c->local[step->imm])
    DO(STL, c->local[step->imm] = A)
    DO(STLF, c->local[step->imm] = FA)

    DO(FMOV, FD = FA)
    DO(LO, D = (uint32_t)FA)
    DO(HI, D = (uint32_t)(FA >> 32))
    DO(SETLO, FD = core_set_low(FA, B))
    DO(SETHI, FD = core_set_high(FA, B))
    DO(FCR, D = regs->fcr31)
    DO(FADDS, FLOAT())
    DO(FADDD, FLOAT())
    DO(FSUBS, FLOAT())
    DO(FSUBD, FLOAT())
    DO(FMULS, FLOAT())
    DO(FMULD, FLOAT())
    DO(FDIVS, FLOAT())
    DO(FDIVD, FLOAT())
    DO(FABSS, FLOAT())
    DO(FABSD, FLOAT())
    DO(FNEGS, FLOAT())
    DO(FNEGD, FLOAT())
    DO(FCVTSD, FLOAT())
    DO(FCVTSW, FLOAT())
    DO(FCVTDS, FLOAT())
    DO(FCVTDW, FLOAT())
    DO(FCVTWS, FLOAT())
    DO(FCVTWD, FLOAT())
    DO(FCMPS, FLOAT())
    DO(FCMPD, FLOAT())

    DO(BR, BRANCH(true))
    DO(BREQ, BRANCH(A == 0))
    DO(BRNE, BRANCH(A != 0))
    DO(BRLT, BRANCH((int32_t)A < 0))
    DO(BRGE, BRANCH((int32_t)A >= 0))
    DO(BRLE, BRANCH((int32_t)A <= 0))
    DO(BRGT, BRANCH((int32_t)A > 0))
    DO(EXIT, (void)0)

done:
    if (likely(m->plain)) {
        m++;
        goto molecule;
    }
    if (m->longest)
        add_results(r, m, clock - 1);
    if (m->commit)
        clock = commit(r, m, clock);
    if (!next && !m->leaves) {
        m++;
        goto molecule;
    }
    unsigned pass = (m->leaves ? c->desc.exit : c->desc.branch) - 1;
    clock += pass;
    c->counters.cause[CORE_CAUSE_BRANCH] += pass;
    settle(r);
    if (m->leaves) {
        c->clock = clock;
        r->exit = m->commit - 1u;
        r->molecule = (unsigned)(m - issues);
        return true;
    }
    c->counters.branches++;
    r->line = NO_LINE;
    m = next;
    goto molecule;

failed:
    r->guest = step->guest;
    roll_back(r, clock);
    return false;
}
