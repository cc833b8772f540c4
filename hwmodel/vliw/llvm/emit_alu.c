/* What integer atoms, moves and conditions compute. */
#include "hwmodel/vliw/llvm/emit.h"

#include <stddef.h>

typedef LLVMValueRef Binary(LLVMBuilderRef, LLVMValueRef, LLVMValueRef,
                            const char *);

/* The low 5 bits of a shift's distance. */
static LLVMValueRef shift(Emitter *e, Binary *build, LLVMValueRef a,
                          LLVMValueRef b)
{
    LLVMBuilderRef builder = e->ir.builder;
    return build(builder, a, LLVMBuildAnd(builder, b, ir_int(&e->ir, 31), ""),
                 "");
}

static LLVMValueRef less(Emitter *e, LLVMIntPredicate predicate, LLVMValueRef a,
                         LLVMValueRef b)
{
    LLVMBuilderRef builder = e->ir.builder;
    return LLVMBuildZExt(builder, LLVMBuildICmp(builder, predicate, a, b, ""),
                         e->ir.i32, "");
}

static LLVMValueRef low_word(Emitter *e, LLVMValueRef a)
{
    return LLVMBuildTrunc(e->ir.builder, a, e->ir.i32, "");
}

static LLVMValueRef high_word(Emitter *e, LLVMValueRef a)
{
    return low_word(e,
                    LLVMBuildLShr(e->ir.builder, a, ir_long(&e->ir, 32), ""));
}

static LLVMValueRef multiply_high(Emitter *e, bool is_signed, LLVMValueRef a,
                                  LLVMValueRef b)
{
    LLVMBuilderRef builder = e->ir.builder;
    LLVMTypeRef i64 = e->ir.i64;
    a = is_signed ? LLVMBuildSExt(builder, a, i64, "")
                  : LLVMBuildZExt(builder, a, i64, "");
    b = is_signed ? LLVMBuildSExt(builder, b, i64, "")
                  : LLVMBuildZExt(builder, b, i64, "");
    return high_word(e, LLVMBuildMul(builder, a, b, ""));
}

/* By zero: 1 or -1, as core_issue.c's divide().  -2^31 / -1 needs no thought
 * in 64 bits. */
static LLVMValueRef divide(Emitter *e, bool is_signed, LLVMValueRef a,
                           LLVMValueRef b)
{
    const Ir *ir = &e->ir;
    LLVMBuilderRef builder = ir->builder;
    LLVMValueRef zero = LLVMBuildICmp(builder, LLVMIntEQ, b, ir_int(ir, 0), "");
    LLVMValueRef by = LLVMBuildSelect(builder, zero, ir_int(ir, 1), b, "");
    LLVMValueRef quotient, of_zero = ir_int(ir, UINT32_MAX);
    if (is_signed) {
        LLVMValueRef negative =
            LLVMBuildICmp(builder, LLVMIntSLT, a, ir_int(ir, 0), "");
        of_zero =
            LLVMBuildSelect(builder, negative, ir_int(ir, 1), of_zero, "");
        quotient =
            LLVMBuildSDiv(builder, LLVMBuildSExt(builder, a, ir->i64, ""),
                          LLVMBuildSExt(builder, by, ir->i64, ""), "");
        quotient = low_word(e, quotient);
    } else {
        quotient = LLVMBuildUDiv(builder, a, by, "");
    }
    return LLVMBuildSelect(builder, zero, of_zero, quotient, "");
}

LLVMValueRef emit_word(Emitter *e, bool high, LLVMValueRef a)
{
    return high ? high_word(e, a) : low_word(e, a);
}

LLVMValueRef emit_set_word(Emitter *e, bool high, LLVMValueRef a,
                           LLVMValueRef word)
{
    const Ir *ir = &e->ir;
    uint64_t kept = high ? UINT32_MAX : ~(uint64_t)UINT32_MAX;
    a = LLVMBuildAnd(ir->builder, a, ir_long(ir, kept), "");
    word = LLVMBuildZExt(ir->builder, word, ir->i64, "");
    if (high)
        word = LLVMBuildShl(ir->builder, word, ir_long(ir, 32), "");
    return LLVMBuildOr(ir->builder, a, word, "");
}

static LLVMValueRef read_cp0(Emitter *e, const Atomic *atom)
{
    const Ir *ir = &e->ir;
    LLVMValueRef args[] = {e->core, ir_int(ir, atom->step->imm)};
    return emit_help(e, offsetof(EngineHelpers, cp0), ir->i32, args, 2);
}

static void trap(Emitter *e, const Atomic *atom)
{
    const Ir *ir = &e->ir;
    LLVMValueRef failed = LLVMBuildICmp(ir->builder, LLVMIntNE, emit_a(e, atom),
                                        ir_int(ir, 0), "");
    emit_fail_if(e, atom, failed, CORE_FAULT_TRAP);
}

static LLVMValueRef compute_word(Emitter *e, const Atomic *atom)
{
    LLVMBuilderRef builder = e->ir.builder;
    AtomOp op = step_op(atom->step);
    switch (op) {
    case ATOM_CP0: return read_cp0(e, atom);
    case ATOM_FCR: return emit_fcr(e, atom->path);
    case ATOM_LO: return low_word(e, emit_fa(e, atom));
    case ATOM_HI: return high_word(e, emit_fa(e, atom));
    default: break;
    }
    LLVMValueRef a = emit_a(e, atom), b = emit_b(e, atom);
    switch (op) {
    case ATOM_ADD: return LLVMBuildAdd(builder, a, b, "");
    case ATOM_SUB: return LLVMBuildSub(builder, a, b, "");
    case ATOM_AND: return LLVMBuildAnd(builder, a, b, "");
    case ATOM_OR: return LLVMBuildOr(builder, a, b, "");
    case ATOM_XOR: return LLVMBuildXor(builder, a, b, "");
    case ATOM_NOR:
        return LLVMBuildNot(builder, LLVMBuildOr(builder, a, b, ""), "");
    case ATOM_SLT: return less(e, LLVMIntSLT, a, b);
    case ATOM_SLTU: return less(e, LLVMIntULT, a, b);
    case ATOM_SHL: return shift(e, LLVMBuildShl, a, b);
    case ATOM_SHR: return shift(e, LLVMBuildLShr, a, b);
    case ATOM_SAR: return shift(e, LLVMBuildAShr, a, b);
    case ATOM_MUL: return LLVMBuildMul(builder, a, b, "");
    case ATOM_MULH: return multiply_high(e, true, a, b);
    case ATOM_MULHU: return multiply_high(e, false, a, b);
    case ATOM_DIV: return divide(e, true, a, b);
    case ATOM_DIVU: return divide(e, false, a, b);
    default: return NULL; /* no such atom: emit_atom() */
    }
}

void emit_alu(Emitter *e, const Atomic *atom)
{
    const Step *step = atom->step;
    switch (step_op(step)) {
    case ATOM_TRAP: trap(e, atom); break;
    case ATOM_FMOV:
        emit_write_fpr(atom->path, step->d, emit_fa(e, atom));
        break;
    case ATOM_SETLO:
    case ATOM_SETHI:
        emit_write_fpr(atom->path, step->d,
                       emit_set_word(e, step_op(step) == ATOM_SETHI,
                                     emit_fa(e, atom), emit_b(e, atom)));
        break;
    default: emit_write_gpr(atom->path, step->d, compute_word(e, atom)); break;
    }
}

LLVMValueRef emit_condition(Emitter *e, const Atomic *atom)
{
    static const LLVMIntPredicate predicates[] = {
        [ATOM_BREQ - ATOM_BR] = LLVMIntEQ,  [ATOM_BRNE - ATOM_BR] = LLVMIntNE,
        [ATOM_BRLT - ATOM_BR] = LLVMIntSLT, [ATOM_BRGE - ATOM_BR] = LLVMIntSGE,
        [ATOM_BRLE - ATOM_BR] = LLVMIntSLE, [ATOM_BRGT - ATOM_BR] = LLVMIntSGT};
    AtomOp op = step_op(atom->step);
    if (op == ATOM_BR)
        return NULL;
    return LLVMBuildICmp(e->ir.builder, predicates[op - ATOM_BR],
                         emit_a(e, atom), ir_int(&e->ir, 0), "");
}
