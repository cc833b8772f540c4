/* Looks a translation over, once forward along its paths and once backward.
 *
 * Forward, each molecule has one predecessor: the molecule before it or the
 * branch that leads to it.  So what was written before it is known, and the
 * code's time, too (emit.c).  The scheduler makes nothing else; what is not so
 * is left to the reference core. */
#include "hwmodel/vliw/llvm/plan.h"

#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>

/* --- Steps ---------------------------------------------------------------- */

unsigned step_access(AtomOp op)
{
    switch (op) {
    case ATOM_LD8S:
    case ATOM_LD8U:
    case ATOM_ST8: return 1;
    case ATOM_LD16S:
    case ATOM_LD16U:
    case ATOM_ST16: return 2;
    case ATOM_LD32:
    case ATOM_LDLO:
    case ATOM_LDHI:
    case ATOM_ST32:
    case ATOM_STLO:
    case ATOM_STHI: return 4;
    default: return 0;
    }
}

bool step_stores(AtomOp op)
{
    return op >= ATOM_ST8 && op <= ATOM_STHI;
}

static bool step_fails(AtomOp op)
{
    return step_access(op) || op == ATOM_TRAP ||
           (atom_uses_fcr(op) && op != ATOM_FCR);
}

const Step *issue_branch(const EngineSource *source, const Issue *issue)
{
    const Step *step = &source->steps[issue->step];
    for (unsigned i = 0; i < issue->atoms; i++)
        if (atom_info(step_op(&step[i]))->unit == ATOM_UNIT_BRU)
            return &step[i];
    return NULL;
}

/* --- Registers ------------------------------------------------------------ */

static bool refuse(char *why, size_t size, unsigned molecule, const char *text)
{
    snprintf(why, size, "molecule %u %s", molecule, text);
    return false;
}

static void add_register(RegSet *set, AtomOperand kind, unsigned reg)
{
    if (kind == ATOM_F)
        set->fpr |= 1u << reg;
    else if (kind != ATOM_N && reg != VLIW_ZERO)
        set->gpr |= 1ull << reg;
}

static RegSet step_reads(const Step *step)
{
    AtomOp op = step_op(step);
    const AtomInfo *info = atom_info(op);
    RegSet set = {.fcr = atom_uses_fcr(op)};
    add_register(&set, info->a, step->a);
    add_register(&set, info->b, step->b);
    return set;
}

static RegSet step_writes(const Step *step)
{
    AtomOp op = step_op(step);
    RegSet set = {.fcr = atom_uses_fcr(op) && op != ATOM_FCR};
    add_register(&set, atom_info(op)->d, step->d);
    set.gpr &= ~(1ull << VLIW_SINK);
    return set;
}

static void merge(RegSet *set, const RegSet *more)
{
    set->gpr |= more->gpr;
    set->fpr |= more->fpr;
    set->fcr |= more->fcr;
}

static RegSet without(const RegSet *set, const RegSet *less)
{
    return (RegSet){.gpr = set->gpr & ~less->gpr,
                    .fpr = set->fpr & ~less->fpr,
                    .fcr = set->fcr && !less->fcr};
}

static RegSet both(const RegSet *set, const RegSet *other)
{
    return (RegSet){.gpr = set->gpr & other->gpr,
                    .fpr = set->fpr & other->fpr,
                    .fcr = set->fcr && other->fcr};
}

/* --- Forward -------------------------------------------------------------- */

/* What is known before a molecule issues. */
typedef struct Before {
    bool reached;
    RegSet written;
} Before;

static bool reach(Before *before, const RegSet *written)
{
    bool first = !before->reached;
    *before = (Before){true, *written};
    return first;
}

static void follow_molecule(Plan *plan, const Issue *issue, RegSet *written)
{
    const Step *step = &plan->source->steps[issue->step];
    RegSet in = *written;
    for (unsigned i = 0; i < issue->atoms; i++) {
        RegSet reads = step_reads(&step[i]), writes = step_writes(&step[i]);
        /* The order of FCR31 is that of the steps. */
        in.fcr = written->fcr;
        reads = without(&reads, &in);
        merge(&plan->needed, &reads);
        merge(written, &writes);
    }
}

/* Paths and registers. */
static bool look_forward(Plan *plan, Before *before, char *why, size_t size)
{
    const EngineSource *s = plan->source;
    before[0].reached = true;
    for (unsigned i = 0; i < s->count; i++) {
        const Issue *issue = &s->issues[i];
        if (!before[i].reached)
            return refuse(why, size, i, "is on no path");
        RegSet written = before[i].written;
        follow_molecule(plan, issue, &written);
        const Step *branch = issue_branch(s, issue);
        if (issue->leaves) {
            if (s->exits[branch->imm].loops) {
                RegSet carried = both(&written, &plan->guest);
                merge(&plan->carried, &carried);
                plan->loops = true;
            }
            continue;
        }
        if (branch && branch->imm <= i)
            return refuse(why, size, i, "branches backward");
        if (branch && !reach(&before[branch->imm], &written))
            return refuse(why, size, branch->imm, "is on two paths");
        if ((!branch || step_op(branch) != ATOM_BR) &&
            !reach(&before[i + 1], &written))
            return refuse(why, size, i + 1, "is on two paths");
    }
    return true;
}

/* --- Backward ------------------------------------------------------------- */

/* fails[i]: an atom that may fail comes at molecule i or later, but before a
 * commit. */
static void look_backward(Plan *plan, bool *fails)
{
    const EngineSource *s = plan->source;
    for (unsigned i = s->count; i-- > 0;) {
        const Issue *issue = &s->issues[i];
        const Step *branch = issue_branch(s, issue);
        bool later = false;
        if (!issue->commit && branch)
            later |= fails[branch->imm];
        if (!issue->commit && (!branch || step_op(branch) != ATOM_BR))
            later |= fails[i + 1];
        for (unsigned k = issue->atoms; k-- > 0;) {
            AtomOp op = step_op(&s->steps[issue->step + k]);
            plan->logged[issue->step + k] = later || s->observed;
            later |= step_fails(op);
        }
        fails[i] = later;
    }
}

/* --- The whole ------------------------------------------------------------ */

static bool check_steps(const EngineSource *s, char *why, size_t size)
{
    for (unsigned i = 0; i < s->count; i++) {
        const Issue *issue = &s->issues[i];
        for (unsigned k = 0; k < issue->atoms; k++) {
            const Step *step = &s->steps[issue->step + k];
            if (step->alias)
                return refuse(why, size, i, "uses alias registers");
            if (step_reads(step).gpr >> VLIW_SINK & 1)
                return refuse(why, size, i, "reads the sink");
        }
    }
    return true;
}

bool plan_make(Plan *plan, const EngineSource *source, char *why,
               size_t why_size)
{
    enum { GPRS = IR_SLOT_F0, FPRS = IR_SLOT_COUNT - IR_SLOT_F0 };
    *plan = (Plan){
        .source = source,
        .logged = alloc_zeroed(source->step_count, sizeof(bool)),
        .guest = {(1ull << GPRS) - 1, (uint32_t)((1ull << FPRS) - 1), true}};
    if (!check_steps(source, why, why_size))
        return false;
    Before *before = alloc_zeroed(source->count + 1, sizeof *before);
    bool good = look_forward(plan, before, why, why_size);
    free(before);
    if (!good)
        return false;
    RegSet lost = without(&plan->needed, &plan->guest);
    if (lost.gpr || lost.fpr)
        return refuse(why, why_size, 0,
                      "needs a register that is not the guest's");
    bool *fails = alloc_zeroed(source->count + 1, sizeof *fails);
    look_backward(plan, fails);
    free(fails);
    return true;
}

void plan_free(Plan *plan)
{
    free(plan->logged);
}
