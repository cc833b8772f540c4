/* Floating point: what the R3010's rules make of each operation (docs/fpu.md).
 *
 * The host computes where it gives the same result and the same FCR31, that is
 * where nothing can happen but that a result is inexact; all else is left to
 * the FPU's own routine.  It is so if
 *
 *  - rounding is to nearest and no exception is enabled: bits of FCR31 that no
 *    atom changes, hence looked at once, at the entry (Emitter.modes).
 *    Comparisons and changes of sign do not even need that;
 *  - operands and result are numbers well inside of the format (`normal`), so
 *    that nothing is tiny, overflows, or is lost in computing what rounding
 *    left: or they are zeros, which a second look allows.
 *
 * What rounding left tells whether the result is inexact: of a sum by TwoSum
 * (D. Knuth, TAOCP vol. 2, 4.2.2), of products and quotients by a fused
 * multiplication.  The flag of FCR31 is for good: once it is set, there is
 * nothing to find out for it, and the cause is that of the last operation
 * before somebody looks.  So all but the last one's is dead code, which LLVM
 * removes. */
#include "hwmodel/vliw/llvm/emit.h"

#include <stddef.h>
#include <string.h>

/* Fields of FCR31 (frontend/fpu.h, which this folder does not see). */
enum {
    FCR_ROUNDING = 0x3,
    FCR_INEXACT_FLAG = 1 << 2,
    FCR_ENABLES = 0xf80,
    FCR_INEXACT_CAUSE = 1 << 12,
    FCR_CAUSE = 0x3f000,
    FCR_CONDITION = 1 << 23
};

/* An operation by the host. */
typedef struct Fast {
    const Atomic *atom;
    LLVMValueRef a, b;      /* patterns of the operands' format */
    LLVMValueRef result;    /* pattern of the result's format, or NULL */
    LLVMValueRef condition; /* of a comparison */
    LLVMBasicBlockRef on, second, slow;
} Fast;

/* --- Patterns ------------------------------------------------------------- */

static bool is_single(AtomOp op)
{
    switch (op) {
    case ATOM_FADDS:
    case ATOM_FSUBS:
    case ATOM_FMULS:
    case ATOM_FDIVS:
    case ATOM_FABSS:
    case ATOM_FNEGS:
    case ATOM_FCVTDS:
    case ATOM_FCVTWS:
    case ATOM_FCMPS: return true;
    default: return false;
    }
}

static bool is_word(AtomOp op)
{
    return op == ATOM_FCVTSW || op == ATOM_FCVTDW;
}

/* A single or a word is the low half of its register. */
static LLVMValueRef operand(Emitter *e, AtomOp op, LLVMValueRef reg)
{
    return is_single(op) || is_word(op) ? emit_word(e, false, reg) : reg;
}

static bool is_wide(const Emitter *e, LLVMValueRef pattern)
{
    return LLVMTypeOf(pattern) == e->ir.i64;
}

static LLVMValueRef number(Emitter *e, LLVMValueRef pattern)
{
    return LLVMBuildBitCast(e->ir.builder, pattern,
                            is_wide(e, pattern) ? e->ir.f64 : e->ir.f32, "");
}

static LLVMValueRef pattern(Emitter *e, LLVMValueRef value)
{
    bool wide = LLVMTypeOf(value) == e->ir.f64;
    return LLVMBuildBitCast(e->ir.builder, value, wide ? e->ir.i64 : e->ir.i32,
                            "");
}

static LLVMValueRef to_double(Emitter *e, LLVMValueRef value)
{
    return LLVMTypeOf(value) == e->ir.f64
               ? value
               : LLVMBuildFPExt(e->ir.builder, value, e->ir.f64, "");
}

/* A constant of the pattern's type. */
static LLVMValueRef same_type(LLVMValueRef value, uint64_t bits)
{
    return LLVMConstInt(LLVMTypeOf(value), bits, false);
}

/* --- Classes -------------------------------------------------------------- */

/* Exponents, as they are in a pattern, of which sums, products and what
 * rounding leaves of them cannot leave the format. */
enum { WIDE_LOW = 112, WIDE_HIGH = 0x7f0, SINGLE_LOW = 2, SINGLE_HIGH = 0xf0 };

static LLVMValueRef without_sign(Emitter *e, LLVMValueRef value)
{
    return LLVMBuildShl(e->ir.builder, value, same_type(value, 1), "");
}

/* Whether the exponent is in low..high - 1. */
static LLVMValueRef in_range(Emitter *e, LLVMValueRef value, uint64_t low,
                             uint64_t high)
{
    LLVMBuilderRef builder = e->ir.builder;
    unsigned shift = is_wide(e, value) ? 53 : 24;
    LLVMValueRef place = LLVMBuildSub(builder, without_sign(e, value),
                                      same_type(value, low << shift), "");
    return LLVMBuildICmp(builder, LLVMIntULT, place,
                         same_type(value, (high - low) << shift), "");
}

static LLVMValueRef normal(Emitter *e, LLVMValueRef value)
{
    return is_wide(e, value) ? in_range(e, value, WIDE_LOW, WIDE_HIGH)
                             : in_range(e, value, SINGLE_LOW, SINGLE_HIGH);
}

static LLVMValueRef is_zero(Emitter *e, LLVMValueRef value)
{
    return LLVMBuildICmp(e->ir.builder, LLVMIntEQ, without_sign(e, value),
                         same_type(value, 0), "");
}

static LLVMValueRef either(Emitter *e, LLVMValueRef x, LLVMValueRef y)
{
    return LLVMBuildOr(e->ir.builder, x, y, "");
}

static LLVMValueRef both(Emitter *e, LLVMValueRef x, LLVMValueRef y)
{
    return LLVMBuildAnd(e->ir.builder, x, y, "");
}

/* --- Results -------------------------------------------------------------- */

static LLVMValueRef call_intrinsic(Emitter *e, const char *name,
                                   LLVMTypeRef *types, unsigned type_count,
                                   LLVMTypeRef result, LLVMValueRef *args,
                                   unsigned count)
{
    LLVMTypeRef params[3];
    for (unsigned i = 0; i < count; i++)
        params[i] = LLVMTypeOf(args[i]);
    LLVMValueRef function = LLVMGetIntrinsicDeclaration(
        e->ir.module, LLVMLookupIntrinsicID(name, strlen(name)), types,
        type_count);
    return LLVMBuildCall2(e->ir.builder,
                          LLVMFunctionType(result, params, count, false),
                          function, args, count, "");
}

/* To nearest, or to zero if that is the mode.  Out of range: anything. */
static LLVMValueRef to_word(Emitter *e, LLVMValueRef value)
{
    const Ir *ir = &e->ir;
    LLVMTypeRef types[] = {ir->i64, ir->f64};
    value = to_double(e, value);
    LLVMValueRef nearest =
        call_intrinsic(e, "llvm.lrint", types, 2, ir->i64, &value, 1);
    LLVMValueRef chopped = LLVMBuildFreeze(
        ir->builder, LLVMBuildFPToSI(ir->builder, value, ir->i64, ""), "");
    LLVMValueRef word =
        LLVMBuildSelect(ir->builder, e->chops, chopped, nearest, "");
    return emit_word(e, false, word);
}

static LLVMValueRef compute(Emitter *e, AtomOp op, LLVMValueRef a,
                            LLVMValueRef b)
{
    const Ir *ir = &e->ir;
    LLVMBuilderRef builder = ir->builder;
    LLVMValueRef x = number(e, a), y = b ? number(e, b) : NULL;
    switch (op) {
    case ATOM_FADDS:
    case ATOM_FADDD: return pattern(e, LLVMBuildFAdd(builder, x, y, ""));
    case ATOM_FSUBS:
    case ATOM_FSUBD: return pattern(e, LLVMBuildFSub(builder, x, y, ""));
    case ATOM_FMULS:
    case ATOM_FMULD: return pattern(e, LLVMBuildFMul(builder, x, y, ""));
    case ATOM_FDIVS:
    case ATOM_FDIVD: return pattern(e, LLVMBuildFDiv(builder, x, y, ""));
    case ATOM_FNEGS:
    case ATOM_FNEGD: return pattern(e, LLVMBuildFNeg(builder, x, ""));
    case ATOM_FABSS:
    case ATOM_FABSD: {
        LLVMTypeRef type = LLVMTypeOf(x);
        return pattern(e,
                       call_intrinsic(e, "llvm.fabs", &type, 1, type, &x, 1));
    }
    case ATOM_FCVTSD:
        return pattern(e, LLVMBuildFPTrunc(builder, x, ir->f32, ""));
    case ATOM_FCVTDS:
        return pattern(e, LLVMBuildFPExt(builder, x, ir->f64, ""));
    case ATOM_FCVTSW:
        return pattern(e, LLVMBuildSIToFP(builder, a, ir->f32, ""));
    case ATOM_FCVTDW:
        return pattern(e, LLVMBuildSIToFP(builder, a, ir->f64, ""));
    default: return to_word(e, x);
    }
}

/* IR_FCMPS and IR_FCMPD of ordered numbers: less is 4, equal 2. */
static LLVMValueRef compare(Emitter *e, unsigned cond, LLVMValueRef a,
                            LLVMValueRef b)
{
    static const LLVMRealPredicate predicates[] = {
        LLVMRealPredicateFalse, LLVMRealOEQ, LLVMRealOLT, LLVMRealOLE};
    return LLVMBuildFCmp(e->ir.builder, predicates[cond >> 1 & 3], number(e, a),
                         number(e, b), "");
}

/* --- What rounding left --------------------------------------------------- */

/* The error of x + y = sum. */
static LLVMValueRef error_of_sum(Emitter *e, LLVMValueRef x, LLVMValueRef y,
                                 LLVMValueRef sum)
{
    LLVMBuilderRef builder = e->ir.builder;
    LLVMValueRef y_part = LLVMBuildFSub(builder, sum, x, "");
    LLVMValueRef x_part = LLVMBuildFSub(builder, sum, y_part, "");
    return LLVMBuildFAdd(builder, LLVMBuildFSub(builder, x, x_part, ""),
                         LLVMBuildFSub(builder, y, y_part, ""), "");
}

/* x * y - z, rounded once. */
static LLVMValueRef fused(Emitter *e, LLVMValueRef x, LLVMValueRef y,
                          LLVMValueRef z)
{
    if (!e->fma) /* never to be used: look_first() */
        return LLVMGetUndef(LLVMTypeOf(x));
    LLVMTypeRef type = LLVMTypeOf(x);
    LLVMValueRef args[] = {x, y, LLVMBuildFNeg(e->ir.builder, z, "")};
    return call_intrinsic(e, "llvm.fma", &type, 1, type, args, 3);
}

static LLVMValueRef differ(Emitter *e, LLVMValueRef x, LLVMValueRef y)
{
    return LLVMBuildFCmp(e->ir.builder, LLVMRealUNE, x, y, "");
}

static bool rounds(AtomOp op)
{
    switch (op) {
    case ATOM_FABSS:
    case ATOM_FABSD:
    case ATOM_FNEGS:
    case ATOM_FNEGD:
    case ATOM_FCVTDS:
    case ATOM_FCVTDW:
    case ATOM_FCMPS:
    case ATOM_FCMPD: return false;
    default: return true;
    }
}

/* Whether the result of an operation that rounds is inexact.  Two singles have
 * a product that a double holds. */
static LLVMValueRef inexact(Emitter *e, const Fast *fast)
{
    LLVMBuilderRef builder = e->ir.builder;
    AtomOp op = step_op(fast->atom->step);
    LLVMValueRef zero = LLVMConstReal(e->ir.f64, 0);
    LLVMValueRef x = number(e, fast->a), r = number(e, fast->result);
    LLVMValueRef y = fast->b ? number(e, fast->b) : NULL;
    switch (op) {
    case ATOM_FSUBS:
    case ATOM_FSUBD:
        y = LLVMBuildFNeg(builder, y, "");
        __attribute__((fallthrough));
    case ATOM_FADDS:
    case ATOM_FADDD:
        return differ(e, to_double(e, error_of_sum(e, x, y, r)), zero);
    case ATOM_FMULS:
        x = LLVMBuildFMul(builder, to_double(e, x), to_double(e, y), "");
        return differ(e, x, to_double(e, r));
    case ATOM_FMULD: return differ(e, fused(e, x, y, r), zero);
    case ATOM_FDIVS:
        r = LLVMBuildFMul(builder, to_double(e, r), to_double(e, y), "");
        return differ(e, r, to_double(e, x));
    case ATOM_FDIVD: return differ(e, fused(e, r, y, x), zero);
    case ATOM_FCVTSD: return differ(e, to_double(e, r), x);
    case ATOM_FCVTSW:
        x = LLVMBuildSIToFP(builder, fast->a, e->ir.f64, "");
        return differ(e, to_double(e, r), x);
    default: /* ATOM_FCVTWS, ATOM_FCVTWD */
        r = LLVMBuildSIToFP(builder, fast->result, e->ir.f64, "");
        return differ(e, r, to_double(e, x));
    }
}

/* --- Whether the host may compute ----------------------------------------- */

/* Goes on in a new block if `good`, else to the second look. */
static void need(Emitter *e, const Fast *fast, LLVMValueRef good)
{
    LLVMBasicBlockRef on = ir_block(&e->ir, false);
    ir_branch(&e->ir, good, on, fast->second, CHANCE_LIKELY);
    ir_go_on(&e->ir, on);
}

/* What must hold, nearly always does, and is cheap to see. */
static void look_first(Emitter *e, const Fast *fast)
{
    LLVMBuilderRef builder = e->ir.builder;
    AtomOp op = step_op(fast->atom->step);
    switch (op) {
    case ATOM_FCMPS:
    case ATOM_FCMPD:
        need(e, fast,
             LLVMBuildFCmp(builder, LLVMRealORD, number(e, fast->a),
                           number(e, fast->b), ""));
        return;
    case ATOM_FABSS:
    case ATOM_FABSD:
    case ATOM_FNEGS:
    case ATOM_FNEGD:
    case ATOM_FCVTDS: need(e, fast, normal(e, fast->a)); return;
    case ATOM_FCVTDW: return;
    case ATOM_FCVTSW: need(e, fast, e->modes); return;
    case ATOM_FCVTWS:
    case ATOM_FCVTWD: {
        LLVMValueRef a = to_double(e, number(e, fast->a));
        LLVMValueRef limit = LLVMConstReal(e->ir.f64, 2147483647.0);
        LLVMValueRef least = LLVMBuildFNeg(builder, limit, "");
        need(e, fast, either(e, e->modes, e->chops));
        need(e, fast,
             both(e, LLVMBuildFCmp(builder, LLVMRealOLT, a, limit, ""),
                  LLVMBuildFCmp(builder, LLVMRealOGT, a, least, "")));
        need(e, fast, normal(e, fast->a));
        return;
    }
    case ATOM_FMULD:
    case ATOM_FDIVD:
        if (!e->fma)
            need(e, fast, LLVMConstInt(e->ir.i1, 0, false));
        __attribute__((fallthrough));
    default:
        need(e, fast, e->modes);
        need(e, fast, normal(e, fast->a));
        if (fast->b)
            need(e, fast, normal(e, fast->b));
        need(e, fast, normal(e, fast->result));
        return;
    }
}

/* Zeros are fine, too, where they do no harm; NULL if nothing more is. */
static LLVMValueRef look_again(Emitter *e, const Fast *fast)
{
    AtomOp op = step_op(fast->atom->step);
    LLVMValueRef a_zero = is_zero(e, fast->a), good;
    switch (op) {
    case ATOM_FADDS:
    case ATOM_FADDD:
    case ATOM_FSUBS:
    case ATOM_FSUBD:
        good = both(e, either(e, a_zero, normal(e, fast->a)),
                    either(e, is_zero(e, fast->b), normal(e, fast->b)));
        good =
            both(e, good,
                 either(e, is_zero(e, fast->result), normal(e, fast->result)));
        return both(e, good, e->modes);
    case ATOM_FMULS:
    case ATOM_FMULD: {
        if (op == ATOM_FMULD && !e->fma)
            return NULL;
        LLVMValueRef b_zero = is_zero(e, fast->b);
        good = both(e, either(e, a_zero, normal(e, fast->a)),
                    either(e, b_zero, normal(e, fast->b)));
        good = both(e, good, either(e, a_zero, b_zero));
        return both(e, good, e->modes);
    }
    case ATOM_FDIVS:
    case ATOM_FDIVD:
        if (op == ATOM_FDIVD && !e->fma)
            return NULL;
        return both(e, both(e, a_zero, normal(e, fast->b)), e->modes);
    case ATOM_FABSS:
    case ATOM_FABSD:
    case ATOM_FNEGS:
    case ATOM_FNEGD:
    case ATOM_FCVTDS: return a_zero;
    case ATOM_FCVTSD: return both(e, a_zero, e->modes);
    case ATOM_FCVTWS:
    case ATOM_FCVTWD: return both(e, a_zero, either(e, e->modes, e->chops));
    default: return NULL;
    }
}

/* --- FCR31 ---------------------------------------------------------------- */

void emit_fp_modes(Emitter *e, LLVMValueRef fcr)
{
    const Ir *ir = &e->ir;
    LLVMValueRef modes = LLVMBuildAnd(
        ir->builder, fcr, ir_int(ir, FCR_ROUNDING | FCR_ENABLES), "");
    e->modes = LLVMBuildICmp(ir->builder, LLVMIntEQ, modes, ir_int(ir, 0), "");
    e->chops = LLVMBuildICmp(ir->builder, LLVMIntEQ, modes, ir_int(ir, 1), "");
}

/* Sets the flag if it is not set and the result is inexact. */
static LLVMValueRef flag_inexact(Emitter *e, const Fast *fast, LLVMValueRef fcr)
{
    Ir *ir = &e->ir;
    LLVMBasicBlockRef set = LLVMGetInsertBlock(ir->builder);
    LLVMBasicBlockRef find = ir_block(ir, true), on = ir_block(ir, false);
    LLVMValueRef flag =
        LLVMBuildAnd(ir->builder, fcr, ir_int(ir, FCR_INEXACT_FLAG), "");
    ir_branch(ir,
              LLVMBuildICmp(ir->builder, LLVMIntNE, flag, ir_int(ir, 0), ""),
              on, find, CHANCE_MORE);
    ir_go_on(ir, find);
    LLVMValueRef found = LLVMBuildOr(
        ir->builder, fcr,
        LLVMBuildSelect(ir->builder, inexact(e, fast),
                        ir_int(ir, FCR_INEXACT_FLAG), ir_int(ir, 0), ""),
        "");
    LLVMBuildBr(ir->builder, on);
    ir_go_on(ir, on);
    LLVMValueRef values[] = {fcr, found};
    LLVMBasicBlockRef from[] = {set, find};
    LLVMValueRef phi = LLVMBuildPhi(ir->builder, ir->i32, "");
    LLVMAddIncoming(phi, values, from, 2);
    return phi;
}

/* After the host has computed. */
static LLVMValueRef next_fcr(Emitter *e, const Fast *fast, LLVMValueRef fcr)
{
    const Ir *ir = &e->ir;
    uint32_t cleared = FCR_CAUSE | (fast->condition ? FCR_CONDITION : 0);
    fcr = LLVMBuildAnd(ir->builder, fcr, ir_int(ir, ~cleared), "");
    if (fast->condition)
        return LLVMBuildOr(ir->builder, fcr,
                           LLVMBuildSelect(ir->builder, fast->condition,
                                           ir_int(ir, FCR_CONDITION),
                                           ir_int(ir, 0), ""),
                           "");
    return rounds(step_op(fast->atom->step)) ? flag_inexact(e, fast, fcr) : fcr;
}

/* --- The whole ------------------------------------------------------------ */

/* By the runtime, which asks the FPU: result as the register gets it. */
static LLVMValueRef call_fpu(Emitter *e, const Atomic *atom, LLVMValueRef a,
                             LLVMValueRef b)
{
    const Ir *ir = &e->ir;
    AtomOp op = step_op(atom->step);
    ir_store(ir, atom->path->now.fcr, e->scratch[0], REGION_STATE);
    LLVMTypeRef params[] = {ir->ptr, ir->i32, ir->i32, ir->i64,
                            ir->i64, ir->ptr, ir->ptr};
    LLVMValueRef args[] = {e->core,
                           ir_int(ir, atom_ir_op(op)),
                           ir_int(ir, atom->step->imm),
                           a,
                           b,
                           e->scratch[0],
                           e->scratch[1]};
    LLVMValueRef good =
        ir_call(ir, ir_at(ir, e->core, offsetof(Core, engine.thunks.fp)),
                LLVMFunctionType(ir->i8, params, 7, false), args, 7,
                CONV_PRESERVE_MOST);
    LLVMValueRef failed = LLVMBuildICmp(ir->builder, LLVMIntEQ, good,
                                        LLVMConstInt(ir->i8, 0, false), "");
    emit_fail_if(e, atom, failed, CORE_FAULT_FP);
    return ir_load(ir, ir->i64, e->scratch[1], REGION_STATE);
}

/* The fast path from here to fast->on, with fast->result. */
static void emit_fast(Emitter *e, Fast *fast)
{
    const Ir *ir = &e->ir;
    const Step *step = fast->atom->step;
    AtomOp op = step_op(step);
    if (op == ATOM_FCMPS || op == ATOM_FCMPD)
        fast->condition = compare(e, step->imm, fast->a, fast->b);
    else
        fast->result = compute(e, op, fast->a, fast->b);
    look_first(e, fast);
    LLVMBuildBr(ir->builder, fast->on);
    ir_go_on(ir, fast->second);
    LLVMValueRef good = look_again(e, fast);
    if (good)
        ir_branch(ir, good, fast->on, fast->slow, CHANCE_MORE);
    else
        LLVMBuildBr(ir->builder, fast->slow);
}

/* The cause of the host's last operation, if it was the host's. */
static LLVMValueRef add_cause(Emitter *e, const Fast *fast, LLVMValueRef fcr,
                              LLVMValueRef by_host)
{
    const Ir *ir = &e->ir;
    LLVMValueRef cause =
        LLVMBuildSelect(ir->builder, both(e, by_host, inexact(e, fast)),
                        ir_int(ir, FCR_INEXACT_CAUSE), ir_int(ir, 0), "");
    return LLVMBuildOr(ir->builder, fcr, cause, "");
}

void emit_float(Emitter *e, const Atomic *atom)
{
    Ir *ir = &e->ir;
    AtomOp op = step_op(atom->step);
    const AtomInfo *info = atom_info(op);
    LLVMValueRef a = emit_fa(e, atom), fcr = emit_read_fcr(e, atom->path);
    LLVMValueRef b = info->b == ATOM_F ? emit_fb(e, atom) : ir_long(ir, 0);
    Fast fast = {.atom = atom,
                 .a = operand(e, op, a),
                 .b = info->b == ATOM_F ? operand(e, op, b) : NULL,
                 .on = ir_block(ir, false),
                 .second = ir_block(ir, true),
                 .slow = ir_block(ir, true)};
    emit_fast(e, &fast);
    LLVMBasicBlockRef from[2], merge = ir_block(ir, false);
    LLVMValueRef results[2] = {NULL}, fcrs[2];
    ir_go_on(ir, fast.slow);
    results[1] = call_fpu(e, atom, a, b);
    fcrs[1] = ir_load(ir, ir->i32, e->scratch[0], REGION_STATE);
    from[1] = LLVMGetInsertBlock(ir->builder);
    LLVMBuildBr(ir->builder, merge);
    ir_go_on(ir, fast.on);
    fcrs[0] = next_fcr(e, &fast, fcr);
    if (fast.result)
        results[0] = is_wide(e, fast.result)
                         ? fast.result
                         : LLVMBuildZExt(ir->builder, fast.result, ir->i64, "");
    from[0] = LLVMGetInsertBlock(ir->builder);
    LLVMBuildBr(ir->builder, merge);
    LLVMMoveBasicBlockAfter(merge, from[0]);
    ir_go_on(ir, merge);
    LLVMValueRef result = NULL;
    if (fast.result) {
        result = LLVMBuildPhi(ir->builder, ir->i64, "");
        LLVMAddIncoming(result, results, from, 2);
    }
    LLVMValueRef next = LLVMBuildPhi(ir->builder, ir->i32, "");
    LLVMAddIncoming(next, fcrs, from, 2);
    if (rounds(op)) {
        LLVMValueRef hosts[] = {LLVMConstInt(ir->i1, 1, false),
                                LLVMConstInt(ir->i1, 0, false)};
        LLVMValueRef by_host = LLVMBuildPhi(ir->builder, ir->i1, "");
        LLVMAddIncoming(by_host, hosts, from, 2);
        bool wide = is_wide(e, fast.result);
        fast.result = wide ? result : emit_word(e, false, result);
        next = add_cause(e, &fast, next, by_host);
    }
    emit_write_fcr(atom->path, next);
    if (info->d == ATOM_F)
        emit_write_fpr(atom->path, atom->step->d, result);
}
