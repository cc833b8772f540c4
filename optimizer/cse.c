/* CSE: common subexpressions. */
#include "optimizer/passes.h"

/* The new instructions by what they compute: open addressing, an index plus
 * one. */
typedef struct Cse {
    OptRewrite rw;
    uint32_t *slots;
    uint32_t mask;
    uint64_t *visits;
} Cse;

static const IrInsn *insn_of(const Cse *c, IrRef at)
{
    return &c->rw.region->insns[at];
}

static bool is_same(const IrInsn *x, const IrInsn *y)
{
    if (x->op != y->op || x->imm != y->imm)
        return false;
    if (x->a == y->a && x->b == y->b)
        return true;
    return ir_op_has((IrOp)x->op, IR_IS_COMMUTES) && x->a == y->b &&
           x->b == y->a;
}

/* The slot of an instruction that computes the same, or the free one where
 * `insn` belongs. */
static uint32_t *look_up(const Cse *c, const IrInsn *insn)
{
    enum { FACTOR = 0x9e3779b1 }; /* 2^32 / golden ratio: Knuth, 6.4 */
    IrRef low = insn->a, high = insn->b;
    if (low > high && ir_op_has((IrOp)insn->op, IR_IS_COMMUTES)) {
        low = insn->b;
        high = insn->a;
    }
    uint32_t key = insn->op;
    key = (key + insn->imm) * FACTOR;
    key = (key ^ key >> 15) + low;
    key *= FACTOR;
    key = ((key ^ key >> 15) + high) * FACTOR;
    for (uint32_t i = key >> 8;; i++) {
        uint32_t *slot = &c->slots[i & c->mask];
        ++*c->visits;
        if (*slot == 0 || is_same(insn_of(c, *slot - 1), insn))
            return slot;
    }
}

/* The value of `insn`, which is emitted if there is none yet. */
static IrRef value_of(const Cse *c, IrInsn insn)
{
    uint32_t *slot = look_up(c, &insn);
    if (*slot == 0)
        *slot = opt_emit(&c->rw, insn) + 1;
    return *slot - 1;
}

/* The value of x `op` y, or IR_NO_REF. */
static IrRef find(const Cse *c, IrOp op, IrRef x, IrRef y)
{
    IrInsn insn = {.op = (uint8_t)op, .a = x, .b = y};
    return *look_up(c, &insn) - 1u;
}

/* Whether `at` is a sum x + c with a c that costs nothing. */
static bool is_step(const Cse *c, IrRef at, IrRef *x, uint32_t *step)
{
    const IrInsn *insn = insn_of(c, at);
    if (insn->op != IR_ADD)
        return false;
    const IrInsn *b = insn_of(c, insn->b);
    *x = insn->a;
    *step = b->imm;
    return b->op == IR_CONST && opt_is_short(b->imm);
}

/* Steps of an index become steps of what is computed from it, where that is
 * there already: (x + c) << k is (x << k) + (c << k), and (x + c) + y is
 * (x + y) + c.  So a[i] and a[i + 1] need one address, and are known to be
 * different. */
static void follow_step(const Cse *c, IrInsn *insn)
{
    IrRef x, base = IR_NO_REF;
    uint32_t step = 0;
    if (insn->op == IR_ADD) {
        if (is_step(c, insn->a, &x, &step))
            base = find(c, IR_ADD, x, insn->b);
        if (base == IR_NO_REF && is_step(c, insn->b, &x, &step))
            base = find(c, IR_ADD, x, insn->a);
    } else if (insn->op == IR_SHL) {
        const IrInsn *count = insn_of(c, insn->b);
        if (count->op == IR_CONST && is_step(c, insn->a, &x, &step)) {
            base = find(c, IR_SHL, x, insn->b);
            step <<= count->imm % 32;
        }
    }
    if (base == IR_NO_REF || !opt_is_short(step))
        return;
    IrInsn offset = {.op = IR_CONST,
                     .guest = insn->guest,
                     .a = IR_NO_REF,
                     .b = IR_NO_REF,
                     .imm = step};
    insn->op = IR_ADD;
    insn->a = base;
    insn->b = value_of(c, offset);
}

/* Requires: nothing; finds more without COPYs and with constants as second
 * operands.
 * Ensures: no two instructions compute the same from the same operands, nor is
 * a value tested by two FAULTNZ.
 * Invalidates: nothing. */
void opt_cse(IrRegion *region, uint64_t *visits)
{
    uint32_t size = 16; /* at most half full */
    while (size < 4 * region->insn_count)
        size *= 2;
    Cse c = {.slots = arena_alloc(region->arena, size, sizeof *c.slots),
             .mask = size - 1,
             .visits = visits,
             .rw = opt_rewrite(region, region->insn_count / 8)};
    for (IrRef at = 0; at < c.rw.count; at++) {
        IrInsn insn = opt_mapped(&c.rw, at);
        /* What did not fault once does not fault twice. */
        if (ir_op_has((IrOp)insn.op, IR_IS_PURE) || insn.op == IR_FAULTNZ) {
            follow_step(&c, &insn);
            c.rw.map[at] = value_of(&c, insn);
        } else {
            ++*visits;
            c.rw.map[at] = opt_emit(&c.rw, insn);
        }
    }
}
