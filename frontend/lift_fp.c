/* Lifting: coprocessor 1, and what its IR ops do on an R3010.
 *
 * The guest's 32 registers are the halves of 16 slots, the even one low.  A
 * double is a slot.  A single or a word is the low half of an operand, whatever
 * the high one is: that of an even register needs no work.  A result of 32 bits
 * replaces its half of a slot.
 *
 * MOV only moves.  The rest computes under FCR31, or is refused: then it is a
 * fault.  Doubles in odd registers always are, and not lifted. */
#include "frontend/lift_impl.h"

#include "frontend/fpu.h"

/* --- Registers ------------------------------------------------------------ */

static IrSlot slot_of(unsigned reg)
{
    return (IrSlot)(IR_SLOT_F0 + reg / 2);
}

static IrRef get_slot(Lifter *l, unsigned reg)
{
    return ir_add(l->region, IR_GETF, IR_NO_REF, IR_NO_REF, slot_of(reg));
}

/* What is in flight must have landed. */
static void put_slot(Lifter *l, unsigned reg, IrRef value)
{
    ir_add(l->region, IR_PUTF, value, IR_NO_REF, slot_of(reg));
}

static IrRef get_word(Lifter *l, unsigned reg)
{
    return lift_unary(l, reg & 1 ? IR_HI : IR_LO, get_slot(l, reg));
}

/* An operand that is a single or a word. */
static IrRef get_single(Lifter *l, unsigned reg)
{
    IrRef slot = get_slot(l, reg);
    if (reg & 1)
        return lift_op(l, IR_SETLO, slot, lift_unary(l, IR_HI, slot));
    return slot;
}

void lift_put_fpr(Lifter *l, unsigned reg, IrRef word)
{
    IrRef slot = get_slot(l, reg);
    put_slot(l, reg, lift_op(l, reg & 1 ? IR_SETHI : IR_SETLO, slot, word));
}

/* --- Instructions --------------------------------------------------------- */

/* What computes: the op, and which of operands and result are doubles. */
typedef struct Work {
    IrOp op;
    bool from_double, to_double, binary;
} Work;

static Work work_of(InsnOp op)
{
    switch (op) {
    case INSN_ADD_S: return (Work){IR_FADDS, false, false, true};
    case INSN_ADD_D: return (Work){IR_FADDD, true, true, true};
    case INSN_SUB_S: return (Work){IR_FSUBS, false, false, true};
    case INSN_SUB_D: return (Work){IR_FSUBD, true, true, true};
    case INSN_MUL_S: return (Work){IR_FMULS, false, false, true};
    case INSN_MUL_D: return (Work){IR_FMULD, true, true, true};
    case INSN_DIV_S: return (Work){IR_FDIVS, false, false, true};
    case INSN_DIV_D: return (Work){IR_FDIVD, true, true, true};
    case INSN_ABS_S: return (Work){IR_FABSS, false, false, false};
    case INSN_ABS_D: return (Work){IR_FABSD, true, true, false};
    case INSN_MOV_S: return (Work){IR_COPY, false, false, false};
    case INSN_MOV_D: return (Work){IR_COPY, true, true, false};
    case INSN_NEG_S: return (Work){IR_FNEGS, false, false, false};
    case INSN_NEG_D: return (Work){IR_FNEGD, true, true, false};
    case INSN_CVT_S_D: return (Work){IR_FCVTSD, true, false, false};
    case INSN_CVT_S_W: return (Work){IR_FCVTSW, false, false, false};
    case INSN_CVT_D_S: return (Work){IR_FCVTDS, false, true, false};
    case INSN_CVT_D_W: return (Work){IR_FCVTDW, false, true, false};
    case INSN_CVT_W_S: return (Work){IR_FCVTWS, false, false, false};
    default: return (Work){IR_FCVTWD, true, false, false};
    }
}

static bool compares_doubles(InsnOp op)
{
    return op >= INSN_C_F_D;
}

static bool is_place(bool is_double, unsigned reg)
{
    return !is_double || !(reg & 1);
}

bool lift_can_fp(const Insn *in)
{
    if (in->op == INSN_FPRESERVED || in->op == INSN_CTC1)
        return false;
    if (in->op == INSN_CFC1)
        return in->rd == 0 || in->rd == 31;
    if (insn_info(in->op)->cls == INSN_CLASS_FCOMP) {
        bool d = compares_doubles(in->op);
        return is_place(d, in->rs) && is_place(d, in->rt);
    }
    if (insn_info(in->op)->cls != INSN_CLASS_FP)
        return true;
    Work w = work_of(in->op);
    return is_place(w.from_double, in->rs) && is_place(w.to_double, in->rd) &&
           (!w.binary || is_place(w.from_double, in->rt));
}

static void lift_move(Lifter *l, const Insn *in)
{
    if (in->op == INSN_MOV_D) {
        IrRef value = get_slot(l, in->rs);
        lift_land(l);
        put_slot(l, in->rd, value);
    } else {
        IrRef value = get_word(l, in->rs);
        lift_land(l);
        lift_put_fpr(l, in->rd, value);
    }
}

static void lift_compute(Lifter *l, const Insn *in)
{
    Work w = work_of(in->op);
    IrRef a = w.from_double ? get_slot(l, in->rs) : get_single(l, in->rs);
    IrRef b = IR_NO_REF;
    if (w.binary)
        b = w.from_double ? get_slot(l, in->rt) : get_single(l, in->rt);
    IrRef result = lift_op(l, w.op, a, b);
    lift_land(l);
    if (w.to_double)
        put_slot(l, in->rd, result);
    else
        lift_put_fpr(l, in->rd, lift_unary(l, IR_LO, result));
}

static void lift_compare(Lifter *l, const Insn *in)
{
    bool d = compares_doubles(in->op);
    IrRef a = d ? get_slot(l, in->rs) : get_single(l, in->rs);
    IrRef b = d ? get_slot(l, in->rt) : get_single(l, in->rt);
    ir_add(l->region, d ? IR_FCMPD : IR_FCMPS, a, b,
           in->op - (unsigned)(d ? INSN_C_F_D : INSN_C_F_S));
}

static IrRef get_fcr31(Lifter *l)
{
    return ir_add(l->region, IR_FCR, IR_NO_REF, IR_NO_REF, 0);
}

IrRef lift_fp_condition(Lifter *l)
{
    IrRef count = lift_const(l, 31 - 23);
    return lift_op(l, IR_SHL, get_fcr31(l), count);
}

void lift_float(Lifter *l, const Insn *in)
{
    switch ((InsnOp)in->op) {
    case INSN_LWC1: {
        IrRef base = lift_gpr(l, in->rs);
        lift_load_fpr(l, in->rt,
                      ir_add(l->region, IR_LD32, base, IR_NO_REF, in->imm));
        break;
    }
    case INSN_SWC1: {
        IrRef base = lift_gpr(l, in->rs);
        ir_add(l->region, IR_ST32, base, get_word(l, in->rt), in->imm);
        break;
    }
    case INSN_MTC1: lift_load_fpr(l, in->rd, lift_gpr(l, in->rt)); break;
    case INSN_MFC1: lift_load_gpr(l, in->rt, get_word(l, in->rd)); break;
    case INSN_CFC1:
        lift_load_gpr(l, in->rt,
                      in->rd == 31 ? get_fcr31(l) : lift_const(l, FCR0_VALUE));
        break;
    case INSN_MOV_S:
    case INSN_MOV_D: lift_move(l, in); break;
    default:
        if (insn_info(in->op)->cls == INSN_CLASS_FCOMP)
            lift_compare(l, in);
        else
            lift_compute(l, in);
        break;
    }
}

/* --- IrEnv.fp ------------------------------------------------------------- */

typedef struct FpuCall {
    FpuOp op;
    FpuFmt fmt; /* of the operands */
} FpuCall;

static FpuCall call_of(IrOp op)
{
    switch (op) {
    case IR_FADDS: return (FpuCall){FPU_ADD, FPU_S};
    case IR_FADDD: return (FpuCall){FPU_ADD, FPU_D};
    case IR_FSUBS: return (FpuCall){FPU_SUB, FPU_S};
    case IR_FSUBD: return (FpuCall){FPU_SUB, FPU_D};
    case IR_FMULS: return (FpuCall){FPU_MUL, FPU_S};
    case IR_FMULD: return (FpuCall){FPU_MUL, FPU_D};
    case IR_FDIVS: return (FpuCall){FPU_DIV, FPU_S};
    case IR_FDIVD: return (FpuCall){FPU_DIV, FPU_D};
    case IR_FABSS: return (FpuCall){FPU_ABS, FPU_S};
    case IR_FABSD: return (FpuCall){FPU_ABS, FPU_D};
    case IR_FNEGS: return (FpuCall){FPU_NEG, FPU_S};
    case IR_FNEGD: return (FpuCall){FPU_NEG, FPU_D};
    case IR_FCVTSD: return (FpuCall){FPU_CVT_S, FPU_D};
    case IR_FCVTSW: return (FpuCall){FPU_CVT_S, FPU_W};
    case IR_FCVTDS: return (FpuCall){FPU_CVT_D, FPU_S};
    case IR_FCVTDW: return (FpuCall){FPU_CVT_D, FPU_W};
    case IR_FCVTWS: return (FpuCall){FPU_CVT_W, FPU_S};
    default: return (FpuCall){FPU_CVT_W, FPU_D};
    }
}

bool lift_fp(void *ctx, IrOp op, unsigned cond, uint64_t a, uint64_t b,
             uint32_t *fcr31, uint64_t *result)
{
    (void)ctx;
    if (op == IR_FCMPS || op == IR_FCMPD) {
        *result = 0;
        return fpu_compare(cond, op == IR_FCMPD ? FPU_D : FPU_S, a, b, fcr31);
    }
    FpuCall call = call_of(op);
    return fpu_compute(call.op, call.fmt, a, b, fcr31, result);
}
