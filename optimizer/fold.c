/* FOLD: constant folding and propagation, identities.
 *
 * A walk from the start.  An instruction is held as a Form, which the rules
 * below change until none applies: each makes it simpler, or has it depend on
 * something earlier.  What comes out is emitted: as it is, as a CONST, or as a
 * COPY of an earlier value.  Rules look through copies.  Beside each value
 * stand the bits of it that are known to be zero, and what it is the sum of. */
#include "optimizer/passes.h"
#include "optimizer/reciprocal.h"

/* An instruction under work. */
typedef struct Form {
    IrOp op;
    uint16_t guest;
    IrRef a, b; /* roots; b IR_NO_REF: none, or a constant without a CONST */
    uint32_t imm;
    bool is_const; /* operand b is the constant k */
    uint32_t k;
} Form;

enum { CONSTS = 32 };

/* What is known of a new value. */
typedef struct Fact {
    IrRef root;     /* itself, or the value that it is a copy of */
    uint32_t zeros; /* bits that are never set */
    OptSum sum;
} Fact;

typedef struct Fold {
    OptRewrite rw;
    Fact *facts;
    uint32_t room;
    IrRef consts[CONSTS]; /* the latest CONST of each hash */
    IrRef getf;           /* an FP slot's value at the entry, or IR_NO_REF */
} Fold;

static const uint32_t SIGN = UINT32_C(1) << 31;

/* --- Looking and emitting ------------------------------------------------- */

static const IrInsn *insn_of(const Fold *f, IrRef at)
{
    return &f->rw.region->insns[at];
}

static bool is_const(const Fold *f, IrRef at, uint32_t *value)
{
    const IrInsn *insn = insn_of(f, f->facts[at].root);
    *value = insn->imm;
    return insn->op == IR_CONST;
}

/* Whether `at` is an `op` with a constant as second operand; its parts. */
static bool is_with_const(const Fold *f, IrRef at, IrOp op, IrRef *a,
                          uint32_t *k)
{
    const IrInsn *insn = insn_of(f, at);
    if (insn->op != op || !is_const(f, insn->b, k))
        return false;
    *a = f->facts[insn->a].root;
    return true;
}

/* Whether it is 0 or 1. */
static bool is_truth(const Fold *f, IrRef at)
{
    return (f->facts[at].zeros | 1) == UINT32_MAX;
}

/* Of what shifts `a` by `b`. */
static uint32_t shifted_zeros(const Fold *f, const IrInsn *insn)
{
    uint32_t possible = ~f->facts[insn->a].zeros, k;
    if (!is_const(f, insn->b, &k))
        return 0;
    return ~(insn->op == IR_SHL ? possible << k % 32 : possible >> k % 32);
}

/* Of instruction `at`, given those of its operands. */
static Fact fact_of(const Fold *f, const IrInsn *insn, IrRef at)
{
    const Fact *facts = f->facts;
    Fact fact = {at, 0, {at, 0}};
    switch ((IrOp)insn->op) {
    case IR_CONST:
        fact.zeros = ~insn->imm;
        fact.sum = (OptSum){IR_NO_REF, insn->imm};
        break;
    case IR_COPY: return facts[insn->a];
    case IR_LD8U: fact.zeros = ~UINT32_C(0xff); break;
    case IR_LD16U: fact.zeros = ~UINT32_C(0xffff); break;
    case IR_SLT:
    case IR_SLTU: fact.zeros = ~UINT32_C(1); break;
    case IR_AND:
        fact.zeros = facts[insn->a].zeros | facts[insn->b].zeros;
        break;
    case IR_OR:
    case IR_XOR:
        fact.zeros = facts[insn->a].zeros & facts[insn->b].zeros;
        break;
    case IR_SHL:
    case IR_SHR: fact.zeros = shifted_zeros(f, insn); break;
    case IR_ADD:
        fact.sum = opt_sum_of(facts[insn->a].sum, facts[insn->b].sum, at);
        break;
    case IR_SUB:
        fact.sum = opt_difference(facts[insn->a].sum, facts[insn->b].sum, at);
        break;
    default: break;
    }
    return fact;
}

static void grow_facts(Fold *f, uint32_t room)
{
    Arena *arena = f->rw.region->arena;
    f->facts = arena_grow(arena, f->facts, f->room, room, sizeof *f->facts);
    f->room = room;
}

static IrRef emit(Fold *f, IrInsn insn)
{
    IrRef at = opt_emit(&f->rw, insn);
    if (at == f->room)
        grow_facts(f, 2 * f->room);
    f->facts[at] = fact_of(f, &insn, at);
    if (insn.op == IR_CONST)
        f->consts[insn.imm % CONSTS] = at;
    else if (insn.op == IR_GETF)
        f->getf = at;
    return at;
}

static IrRef emit_op(Fold *f, IrOp op, IrRef a, IrRef b, uint16_t guest)
{
    return emit(f, (IrInsn){.op = (uint8_t)op, .guest = guest, .a = a, .b = b});
}

static IrRef emit_const(Fold *f, uint32_t value, uint16_t guest)
{
    IrRef latest = f->consts[value % CONSTS];
    if (latest != IR_NO_REF && insn_of(f, latest)->imm == value)
        return latest;
    return emit(f, (IrInsn){.op = IR_CONST,
                            .guest = guest,
                            .a = IR_NO_REF,
                            .b = IR_NO_REF,
                            .imm = value});
}

/* --- Changing a form ------------------------------------------------------ */

/* These say true, as rules do that changed something. */
static bool set_const(Form *x, uint32_t k)
{
    x->b = IR_NO_REF;
    x->is_const = true;
    x->k = k;
    return true;
}

static bool set(Form *x, IrOp op, IrRef a)
{
    x->op = op;
    x->a = a;
    return true;
}

static bool become_const(Form *x, uint32_t value)
{
    x->b = IR_NO_REF;
    x->is_const = false;
    x->imm = value;
    return set(x, IR_CONST, IR_NO_REF);
}

static bool become_copy(Form *x, IrRef a)
{
    x->b = IR_NO_REF;
    x->is_const = false;
    return set(x, IR_COPY, a);
}

/* --- Rules ---------------------------------------------------------------- */

/* Whether the operands of `x` are equal, or else how far a lies beyond b. */
static bool is_constant_apart(const Fold *f, const Form *x, uint32_t *distance)
{
    if (x->is_const)
        return false;
    OptSum a = f->facts[x->a].sum, b = f->facts[x->b].sum;
    *distance = a.offset - b.offset;
    return a.base == b.base;
}

static bool are_equal(const Fold *f, const Form *x)
{
    uint32_t distance;
    return is_constant_apart(f, x, &distance) && distance == 0;
}

static bool fold_add(Fold *f, Form *x)
{
    if (!x->is_const)
        return false;
    if (x->k == 0)
        return become_copy(x, x->a);
    /* (y + c) + k is y + (c + k), so that unrolled steps do not wait for each
     * other; unless that makes a long immediate of a short one. */
    IrRef y;
    uint32_t c;
    if (!is_with_const(f, x->a, IR_ADD, &y, &c))
        return false;
    if (opt_is_short(x->k) && !opt_is_short(c + x->k))
        return false;
    return set(x, IR_ADD, y) && set_const(x, c + x->k);
}

static bool fold_sub(Fold *f, Form *x)
{
    uint32_t distance;
    if (x->is_const)
        return set(x, IR_ADD, x->a) && set_const(x, 0 - x->k);
    if (is_constant_apart(f, x, &distance))
        return become_const(x, distance);
    return false;
}

static bool fold_and(Fold *f, Form *x)
{
    if (are_equal(f, x))
        return become_copy(x, x->a);
    if (!x->is_const)
        return false;
    uint32_t possible = ~f->facts[x->a].zeros, c;
    if (!(possible & ~x->k))
        return become_copy(x, x->a);
    if (!(possible & x->k))
        return become_const(x, 0);
    IrRef y;
    if (is_with_const(f, x->a, IR_AND, &y, &c))
        return set(x, IR_AND, y) && set_const(x, c & x->k);
    return false;
}

static bool fold_or(Fold *f, Form *x)
{
    if (are_equal(f, x))
        return become_copy(x, x->a);
    if (!x->is_const)
        return false;
    if (x->k == 0)
        return become_copy(x, x->a);
    if (x->k == UINT32_MAX)
        return become_const(x, UINT32_MAX);
    IrRef y;
    uint32_t c;
    if (is_with_const(f, x->a, IR_OR, &y, &c))
        return set(x, IR_OR, y) && set_const(x, c | x->k);
    return false;
}

static bool fold_xor(Fold *f, Form *x)
{
    if (are_equal(f, x))
        return become_const(x, 0);
    if (!x->is_const)
        return false;
    if (x->k == 0)
        return become_copy(x, x->a);
    IrRef y;
    uint32_t c;
    if (is_with_const(f, x->a, IR_XOR, &y, &c))
        return set(x, IR_XOR, y) && set_const(x, c ^ x->k);
    return false;
}

static bool fold_nor(Fold *f, Form *x)
{
    if (are_equal(f, x))
        return set_const(x, 0);
    if (!x->is_const)
        return false;
    if (x->k == UINT32_MAX)
        return become_const(x, 0);
    IrRef y;
    uint32_t c;
    if (x->k == 0 && is_with_const(f, x->a, IR_NOR, &y, &c) && c == 0)
        return become_copy(x, y);
    return false;
}

/* Whether SAR(SHL(y, k), k) is y: its upper k + 1 bits are equal. */
static bool is_sign_extended(const Fold *f, IrRef y, uint32_t k)
{
    uint32_t upper = ~(~UINT32_C(0) >> k >> 1);
    IrOp op = (IrOp)insn_of(f, y)->op;
    return (op == IR_LD8S && k <= 24) || (op == IR_LD16S && k <= 16) ||
           !(~f->facts[y].zeros & upper);
}

/* A shift of a shift. */
static bool fold_shifts(Fold *f, Form *x)
{
    IrRef y;
    uint32_t c;
    if (is_with_const(f, x->a, x->op, &y, &c)) {
        uint32_t sum = x->k + c % 32;
        if (sum >= 32 && x->op != IR_SAR)
            return become_const(x, 0);
        return set(x, x->op, y) && set_const(x, sum < 32 ? sum : 31);
    }
    if (x->op == IR_SHL || !is_with_const(f, x->a, IR_SHL, &y, &c) ||
        c % 32 != x->k)
        return false;
    if (x->op == IR_SHR)
        return set(x, IR_AND, y) && set_const(x, ~UINT32_C(0) >> x->k);
    return is_sign_extended(f, y, x->k) && become_copy(x, y);
}

static bool fold_shift(Fold *f, Form *x)
{
    if (!x->is_const) {
        /* The count is taken modulo 32 anyway. */
        IrRef count;
        uint32_t mask;
        if (!is_with_const(f, x->b, IR_AND, &count, &mask) || mask % 32 != 31)
            return false;
        x->b = count;
        return true;
    }
    if (x->k >= 32)
        return set_const(x, x->k % 32);
    if (x->k == 0)
        return become_copy(x, x->a);
    return fold_shifts(f, x);
}

static bool fold_compare(Fold *f, Form *x)
{
    if (are_equal(f, x))
        return become_const(x, 0);
    uint32_t k;
    bool is_signed = x->op == IR_SLT;
    if (!x->is_const) {
        /* 0 < a truth value, unsigned or not, is that value. */
        return is_const(f, x->a, &k) && k == 0 && is_truth(f, x->b) &&
               become_copy(x, x->b);
    }
    uint32_t most = ~f->facts[x->a].zeros; /* unsigned */
    if (!is_signed && x->k == 0)
        return become_const(x, 0);
    if (!is_signed || (!(most & SIGN) && !(x->k & SIGN)))
        return most < x->k && become_const(x, 1);
    /* Signed, with a sign on one side at least. */
    if (!(most & SIGN) || x->k == SIGN)
        return become_const(x, 0);
    return false;
}

static bool is_power_of_two(uint32_t k)
{
    return k && !(k & (k - 1));
}

static bool fold_multiply(Form *x)
{
    if (!x->is_const)
        return false;
    switch (x->op) {
    case IR_MUL:
        if (x->k == 0)
            return become_const(x, 0);
        return is_power_of_two(x->k) && set(x, IR_SHL, x->a) &&
               set_const(x, (uint32_t)__builtin_ctz(x->k));
    case IR_MULH: return x->k == 0 && become_const(x, 0);
    default: return x->k <= 1 && become_const(x, 0);
    }
}

static IrRef emit_with(Fold *f, const Form *x, IrOp op, IrRef a, uint32_t k)
{
    return emit_op(f, op, a, emit_const(f, k, x->guest), x->guest);
}

/* By multiplication with the reciprocal: a division takes several times as
 * long, and keeps its unit so long. */
static bool fold_divide_unsigned(Fold *f, Form *x)
{
    if (!x->is_const || x->k == 0)
        return false;
    if (is_power_of_two(x->k))
        return set(x, IR_SHR, x->a) &&
               set_const(x, (uint32_t)__builtin_ctz(x->k));
    if (x->k & SIGN) /* 0 or 1 */
        return set(x, IR_XOR, emit_with(f, x, IR_SLTU, x->a, x->k)) &&
               set_const(x, 1);
    Reciprocal r = reciprocal_unsigned(x->k);
    IrRef t = emit_with(f, x, IR_MULHU, x->a, r.factor);
    if (r.add) {
        IrRef half = emit_op(f, IR_SUB, x->a, t, x->guest);
        half = emit_with(f, x, IR_SHR, half, 1);
        t = emit_op(f, IR_ADD, half, t, x->guest);
        r.shift--;
    }
    return set(x, IR_SHR, t) && set_const(x, r.shift);
}

/* The quotient of x->a and a d of 2 to 2^31, less 1 if it is negative; or, if
 * d is a power of two, the quotient. */
static IrRef emit_quotient(Fold *f, const Form *x, uint32_t d, IrRef sign)
{
    if (is_power_of_two(d)) {
        uint32_t log = (uint32_t)__builtin_ctz(d);
        IrRef round = emit_with(f, x, IR_SHR, sign, 32 - log);
        IrRef sum = emit_op(f, IR_ADD, x->a, round, x->guest);
        return emit_with(f, x, IR_SAR, sum, log);
    }
    Reciprocal r = reciprocal_signed(d);
    IrRef t = emit_with(f, x, IR_MULH, x->a, r.factor);
    if (r.add)
        t = emit_op(f, IR_ADD, t, x->a, x->guest);
    return r.shift ? emit_with(f, x, IR_SAR, t, r.shift) : t;
}

static bool fold_divide_signed(Fold *f, Form *x)
{
    if (!x->is_const || x->k == 0)
        return false;
    if (x->k == 1)
        return become_copy(x, x->a);
    bool negative = x->k & SIGN;
    uint32_t d = negative ? 0 - x->k : x->k;
    IrRef zero = emit_const(f, 0, x->guest), quotient = x->a;
    if (d != 1) {
        IrRef sign = emit_with(f, x, IR_SAR, x->a, 31);
        quotient = emit_quotient(f, x, d, sign);
        if (!is_power_of_two(d))
            quotient = emit_op(f, IR_SUB, quotient, sign, x->guest);
    }
    if (!negative)
        return become_copy(x, quotient);
    x->b = quotient;
    x->is_const = false;
    return set(x, IR_SUB, zero);
}

/* LO and HI of a value that was put together. */
static bool fold_half(Fold *f, Form *x)
{
    const IrInsn *a = insn_of(f, x->a);
    if (a->op == (x->op == IR_LO ? IR_SETLO : IR_SETHI))
        return become_copy(x, f->facts[a->b].root);
    if (a->op == IR_SETLO || a->op == IR_SETHI)
        return set(x, x->op, a->a);
    return false;
}

/* SETLO or SETHI of a value of which the same half, or both, are replaced. */
static bool fold_set_half(Fold *f, Form *x)
{
    const IrInsn *a = insn_of(f, x->a);
    if (a->op == x->op)
        return set(x, x->op, a->a);
    if (a->op != (x->op == IR_SETLO ? IR_SETHI : IR_SETLO))
        return false;
    /* Both: nothing is left of a->a, and there is no need to wait for it. */
    if (f->getf == IR_NO_REF || insn_of(f, a->a)->op == IR_GETF)
        return false;
    return set(x, x->op, emit_op(f, (IrOp)a->op, f->getf, a->b, x->guest));
}

/* --- Conditions ----------------------------------------------------------- */

static IrOp inverse(IrOp op)
{
    switch (op) {
    case IR_EXITEQ: return IR_EXITNE;
    case IR_EXITNE: return IR_EXITEQ;
    case IR_EXITLT: return IR_EXITGE;
    case IR_EXITGE: return IR_EXITLT;
    case IR_EXITLE: return IR_EXITGT;
    default: return IR_EXITLE;
    }
}

/* An exit by a comparison with a number near 0 is one by the sign. */
static bool fold_sign_test(Fold *f, Form *x)
{
    const IrInsn *a = insn_of(f, x->a);
    IrOp op = IR_EXIT; /* the test for a comparison that holds */
    IrRef y = IR_NO_REF;
    uint32_t k;
    if (a->op == IR_SLT && is_const(f, a->b, &k)) {
        y = f->facts[a->a].root;
        op = k == 0 ? IR_EXITLT : k == 1 ? IR_EXITLE : IR_EXIT;
    } else if (a->op == IR_SLT && is_const(f, a->a, &k)) {
        y = f->facts[a->b].root;
        op = k == 0 ? IR_EXITGT : k == UINT32_MAX ? IR_EXITGE : IR_EXIT;
    } else if ((is_with_const(f, x->a, IR_SHR, &y, &k) && k == 31) ||
               (is_with_const(f, x->a, IR_AND, &y, &k) && k == SIGN)) {
        op = IR_EXITLT;
    }
    if (op == IR_EXIT)
        return false;
    return set(x, x->op == IR_EXITNE ? op : inverse(op), y);
}

/* Tests of whether something is zero: EXITEQ, EXITNE, FAULTNZ. */
static bool fold_zero_test(Fold *f, Form *x)
{
    const IrInsn *a = insn_of(f, x->a);
    bool inverts = x->op != IR_FAULTNZ;
    uint32_t k;
    IrRef y;
    if (a->op == IR_SLTU && is_const(f, a->a, &k) && k == 0)
        return set(x, x->op, f->facts[a->b].root);
    if (inverts && is_with_const(f, x->a, IR_SLTU, &y, &k) && k == 1)
        return set(x, inverse(x->op), y);
    if (inverts && is_with_const(f, x->a, IR_XOR, &y, &k)) {
        if (k == 1 && is_truth(f, y))
            return set(x, inverse(x->op), y);
        /* y == z + c is k where z is k - c. */
        OptSum sum = f->facts[y].sum;
        uint32_t rest = k - sum.offset;
        if (sum.base != y && (opt_is_short(rest) || !opt_is_short(k))) {
            IrRef b = emit_const(f, rest, x->guest);
            return set(x, x->op, emit_op(f, IR_XOR, sum.base, b, x->guest));
        }
    }
    if (a->op == IR_XOR || a->op == IR_SUB) {
        Form operands = {.a = a->a, .b = a->b};
        uint32_t distance;
        if (is_constant_apart(f, &operands, &distance))
            return set(x, x->op, emit_const(f, distance, x->guest));
    }
    return inverts && fold_sign_test(f, x);
}

static bool fold_sign_exit(Fold *f, Form *x)
{
    IrRef y;
    uint32_t k;
    if (f->facts[x->a].zeros & SIGN && !is_const(f, x->a, &k))
        switch (x->op) {
        case IR_EXITLE: return set(x, IR_EXITEQ, x->a);
        case IR_EXITGT: return set(x, IR_EXITNE, x->a);
        default: return set(x, x->op, emit_const(f, 0, x->guest));
        }
    /* Shifting the sign in leaves the sign. */
    return (x->op == IR_EXITLT || x->op == IR_EXITGE) &&
           is_with_const(f, x->a, IR_SAR, &y, &k) && set(x, x->op, y);
}

/* --- The walk ------------------------------------------------------------- */

/* The result, if all operands are constants. */
static bool fold_constants(Fold *f, Form *x)
{
    const IrOpInfo *info = ir_op_info(x->op);
    uint32_t a;
    if (!(info->flags & IR_IS_PURE) || info->type != IR_I32 ||
        info->a != IR_I32 || (info->b != IR_NONE && !x->is_const) ||
        !is_const(f, x->a, &a))
        return false;
    return become_const(x, (uint32_t)ir_eval(x->op, a, x->k, x->imm));
}

/* One rule; false if there is none that applies. */
static bool fold_once(Fold *f, Form *x)
{
    uint32_t k;
    if (fold_constants(f, x))
        return true;
    if (ir_op_has(x->op, IR_IS_COMMUTES) && !x->is_const &&
        is_const(f, x->a, &k)) {
        IrRef b = x->a;
        x->a = x->b;
        set_const(x, k);
        x->b = b;
        return true;
    }
    switch (x->op) {
    case IR_ADD: return fold_add(f, x);
    case IR_SUB: return fold_sub(f, x);
    case IR_AND: return fold_and(f, x);
    case IR_OR: return fold_or(f, x);
    case IR_XOR: return fold_xor(f, x);
    case IR_NOR: return fold_nor(f, x);
    case IR_SHL:
    case IR_SHR:
    case IR_SAR: return fold_shift(f, x);
    case IR_SLT:
    case IR_SLTU: return fold_compare(f, x);
    case IR_MUL:
    case IR_MULH:
    case IR_MULHU: return fold_multiply(x);
    case IR_DIV: return fold_divide_signed(f, x);
    case IR_DIVU: return fold_divide_unsigned(f, x);
    case IR_LO:
    case IR_HI: return fold_half(f, x);
    case IR_SETLO:
    case IR_SETHI: return fold_set_half(f, x);
    case IR_FAULTNZ:
    case IR_EXITEQ:
    case IR_EXITNE: return fold_zero_test(f, x);
    case IR_EXITLT:
    case IR_EXITGE:
    case IR_EXITLE:
    case IR_EXITGT: return fold_sign_exit(f, x);
    default: return false;
    }
}

static IrRef fold_insn(Fold *f, const IrInsn *insn, uint64_t *visits)
{
    const IrOpInfo *info = ir_op_info((IrOp)insn->op);
    /* Half of all: no rule is about them. */
    if (insn->a == IR_NO_REF ||
        (info->flags & (IR_IS_STATE | IR_IS_LOAD | IR_IS_STORE))) {
        ++*visits;
        return emit(f, *insn);
    }
    Form x = {.op = (IrOp)insn->op,
              .guest = insn->guest,
              .a = insn->a,
              .b = insn->b,
              .imm = insn->imm};
    if (x.a != IR_NO_REF)
        x.a = f->facts[x.a].root;
    if (x.b != IR_NO_REF)
        x.b = f->facts[x.b].root;
    x.is_const = info->b == IR_I32 && is_const(f, x.b, &x.k);

    bool changed = false;
    ++*visits;
    while (fold_once(f, &x)) {
        changed = true;
        ++*visits;
    }
    if (!changed)
        return emit(f, *insn);
    if (x.is_const && x.b == IR_NO_REF)
        x.b = emit_const(f, x.k, x.guest);
    if (x.op == IR_CONST)
        return emit_const(f, x.imm, x.guest);
    return emit(f, (IrInsn){.op = (uint8_t)x.op,
                            .guest = x.guest,
                            .a = x.a,
                            .b = x.b,
                            .imm = x.imm});
}

/* Requires: nothing; finds more when guest registers are values (RENAME).
 * Ensures: no pure integer instruction has only constants as operands, and a
 * constant operand of one that commutes is the second.
 * Invalidates: absence of COPYs and of values that nobody uses. */
void opt_fold(IrRegion *region, uint64_t *visits)
{
    Fold f = {.rw = opt_rewrite(region, region->insn_count / 4),
              .getf = IR_NO_REF};
    for (unsigned i = 0; i < CONSTS; i++)
        f.consts[i] = IR_NO_REF;
    f.room = region->insn_room + 1;
    f.facts = arena_alloc_raw(region->arena, f.room, sizeof *f.facts);
    for (IrRef at = 0; at < f.rw.count; at++) {
        IrInsn insn = opt_mapped(&f.rw, at);
        f.rw.map[at] = fold_insn(&f, &insn, visits);
    }
}
