/* Floating point: what the R3010's rules make of each operation (docs/fpu.md).
 *
 * The host computes where it gives the same result and the same FCR31, that is
 * where nothing can happen but that a result is inexact; all else is left to
 * the FPU's own routine.  It is so if
 *
 *  - rounding is to nearest and no exception is enabled: bits of FCR31 that no
 *    atom changes, hence looked at once, at the entry (Emitter.modes).
 *    Comparisons and changes of sign do not even need that;
 *  - operands and result are numbers well inside of the format, so that nothing
 *    is tiny, overflows, or is lost in computing what rounding left.
 *
 * What rounding left tells whether the result is inexact: of a sum by TwoSum
 * (D. Knuth, TAOCP vol. 2, 4.2.2), of products and quotients by a fused
 * multiplication.  The flag of FCR31 is for good: if it is set at the entry
 * (Emitter.sure), it need not be found out.  And the cause is that of the last
 * operation before somebody looks, so it is found out there (Path.pending). */
#include "hwmodel/vliw/llvm/emit.h"

#include <stddef.h>
#include <string.h>

/* Fields of FCR31 (frontend/fpu.h, which this folder does not see). */
enum {
    FCR_ROUNDING = 0x3,
    FCR_CHOP = 1, /* rounding to zero */
    FCR_INEXACT_FLAG = 1 << 2,
    FCR_ENABLES = 0xf80,
    FCR_INEXACT_CAUSE = 1 << 12,
    FCR_CAUSE = 0x3f000,
    FCR_CONDITION = 1 << 23
};

/* An operation by the host. */
typedef struct Fast {
    AtomOp op;
    LLVMValueRef a, b;   /* patterns of the operands' format */
    LLVMValueRef result; /* pattern of the result's format; not of compares */
    LLVMBasicBlockRef slow;
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

/* The sign is set if the exponent is in the middle half of its range, from
 * which sums, products and what rounding leaves of them cannot leave it. */
static LLVMValueRef middle(Emitter *e, LLVMValueRef value)
{
    LLVMBuilderRef builder = e->ir.builder;
    uint64_t quarter = is_wide(e, value) ? 512ull << 53 : 64ull << 24;
    return LLVMBuildAdd(builder,
                        LLVMBuildShl(builder, value, same_type(value, 1), ""),
                        same_type(value, quarter), "");
}

static LLVMValueRef is_negative(Emitter *e, LLVMValueRef value)
{
    return LLVMBuildICmp(e->ir.builder, LLVMIntSLT, value, same_type(value, 0),
                         "");
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
    AtomOp op = fast->op;
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

/* Goes on in a new block if `good`, else slowly. */
static void need(Emitter *e, const Fast *fast, LLVMValueRef good)
{
    LLVMBasicBlockRef on = ir_block(&e->ir, false);
    ir_branch(&e->ir, good, on, fast->slow, CHANCE_LIKELY);
    ir_go_on(&e->ir, on);
}

static void need_middle(Emitter *e, const Fast *fast)
{
    LLVMValueRef all = middle(e, fast->a);
    if (fast->b)
        all = both(e, all, middle(e, fast->b));
    if (fast->result && LLVMTypeOf(fast->result) == LLVMTypeOf(fast->a))
        all = both(e, all, middle(e, fast->result));
    need(e, fast, is_negative(e, all));
    if (fast->op == ATOM_FCVTSD)
        need(e, fast, is_negative(e, middle(e, fast->result)));
}

/* To a word: no NaN, in range, and no denormalized number. */
static void need_word(Emitter *e, const Fast *fast)
{
    LLVMBuilderRef builder = e->ir.builder;
    LLVMValueRef a = to_double(e, number(e, fast->a));
    LLVMValueRef limit = LLVMConstReal(e->ir.f64, 2147483647.0);
    LLVMValueRef least = LLVMConstReal(e->ir.f64, -2147483647.0);
    need(e, fast,
         both(e, LLVMBuildFCmp(builder, LLVMRealOLT, a, limit, ""),
              LLVMBuildFCmp(builder, LLVMRealOGT, a, least, "")));
    need(e, fast, is_negative(e, middle(e, fast->a)));
}

static void look_at_numbers(Emitter *e, const Fast *fast)
{
    switch (fast->op) {
    case ATOM_FCMPS:
    case ATOM_FCMPD:
        need(e, fast,
             LLVMBuildFCmp(e->ir.builder, LLVMRealORD, number(e, fast->a),
                           number(e, fast->b), ""));
        break;
    case ATOM_FCVTSW:
    case ATOM_FCVTDW: break;
    case ATOM_FCVTWS:
    case ATOM_FCVTWD: need_word(e, fast); break;
    default: need_middle(e, fast); break;
    }
}

/* --- FCR31 ---------------------------------------------------------------- */

static LLVMValueRef modes_are(Emitter *e, LLVMValueRef fcr, uint32_t modes)
{
    const Ir *ir = &e->ir;
    uint32_t mask = FCR_ROUNDING | FCR_ENABLES | FCR_INEXACT_FLAG;
    if (!(modes & FCR_INEXACT_FLAG))
        mask &= ~(uint32_t)FCR_INEXACT_FLAG;
    return LLVMBuildICmp(ir->builder, LLVMIntEQ,
                         LLVMBuildAnd(ir->builder, fcr, ir_int(ir, mask), ""),
                         ir_int(ir, modes), "");
}

void emit_fp_entry(Emitter *e, LLVMValueRef fcr)
{
    e->sure = modes_are(e, fcr, FCR_INEXACT_FLAG);
    e->modes = modes_are(e, fcr, 0);
    e->chops = modes_are(e, fcr, FCR_CHOP);
}

/* `mask` if the condition holds, else 0. */
static LLVMValueRef bits_if(Emitter *e, LLVMValueRef condition, uint32_t mask)
{
    const Ir *ir = &e->ir;
    return LLVMBuildSelect(ir->builder, condition, ir_int(ir, mask),
                           ir_int(ir, 0), "");
}

static LLVMValueRef set_condition(Emitter *e, const Fast *fast, uint32_t cond,
                                  LLVMValueRef fcr)
{
    const Ir *ir = &e->ir;
    fcr = LLVMBuildAnd(ir->builder, fcr, ir_int(ir, ~(uint32_t)FCR_CONDITION),
                       "");
    return either(
        e, fcr, bits_if(e, compare(e, cond, fast->a, fast->b), FCR_CONDITION));
}

LLVMValueRef emit_fcr(Emitter *e, Path *path)
{
    const Ir *ir = &e->ir;
    const Pending *pending = &path->pending;
    LLVMValueRef fcr = emit_read_fcr(e, path);
    if (!pending->by_host)
        return fcr;
    LLVMValueRef cause = bits_if(e, pending->by_host, FCR_CAUSE);
    fcr = LLVMBuildAnd(ir->builder, fcr, LLVMBuildNot(ir->builder, cause, ""),
                       "");
    if (rounds(pending->op)) {
        Fast fast = {.op = pending->op,
                     .a = pending->a,
                     .b = pending->b,
                     .result = pending->result};
        fcr = either(e, fcr,
                     bits_if(e, both(e, pending->by_host, inexact(e, &fast)),
                             FCR_INEXACT_CAUSE));
    }
    emit_write_fcr(path, fcr);
    path->pending = (Pending){.by_host = NULL};
    return fcr;
}

/* --- The whole ------------------------------------------------------------ */

/* By the runtime, which asks the FPU: result as the register gets it. */
static LLVMValueRef call_fpu(Emitter *e, const Atomic *atom, LLVMValueRef a,
                             LLVMValueRef b)
{
    const Ir *ir = &e->ir;
    AtomOp op = step_op(atom->step);
    ir_store(ir, atom->path->now.fcr, e->scratch[0], REGION_STATE);
    LLVMValueRef args[] = {e->core,
                           ir_int(ir, atom_ir_op(op)),
                           ir_int(ir, atom->step->imm),
                           a,
                           b,
                           e->scratch[0],
                           e->scratch[1]};
    LLVMValueRef good =
        emit_help(e, offsetof(EngineHelpers, fp), ir->i8, args, 7);
    LLVMValueRef failed = LLVMBuildICmp(ir->builder, LLVMIntEQ, good,
                                        LLVMConstInt(ir->i8, 0, false), "");
    emit_fail_if(e, atom, failed, CORE_FAULT_FP);
    return ir_load(ir, ir->i64, e->scratch[1], REGION_STATE);
}

/* What flows together after an operation: by the host, by the host where the
 * flag had to be found out, by the FPU. */
typedef struct Outcomes {
    LLVMBasicBlockRef merge, from[3];
    LLVMValueRef results[3], fcrs[3], by_host[3];
    unsigned count;
} Outcomes;

static void end_with(Emitter *e, Outcomes *o, LLVMValueRef result,
                     LLVMValueRef fcr, bool by_host)
{
    const Ir *ir = &e->ir;
    o->from[o->count] = LLVMGetInsertBlock(ir->builder);
    o->results[o->count] = result;
    o->fcrs[o->count] = fcr;
    o->by_host[o->count++] = LLVMConstInt(ir->i1, by_host, false);
    LLVMBuildBr(ir->builder, o->merge);
}

static LLVMValueRef merge(Emitter *e, const Outcomes *o, LLVMValueRef *values)
{
    LLVMValueRef phi = LLVMBuildPhi(e->ir.builder, LLVMTypeOf(values[0]), "");
    LLVMAddIncoming(phi, values, (LLVMBasicBlockRef *)o->from, o->count);
    return phi;
}

/* The flag must be found out, if the mode is one for the host at all. */
static void end_unsure(Emitter *e, const Fast *fast, Outcomes *o,
                       LLVMValueRef result, LLVMValueRef fcr)
{
    Ir *ir = &e->ir;
    LLVMBasicBlockRef find = ir_block(ir, true);
    LLVMValueRef good = e->modes;
    if (fast->op == ATOM_FCVTWS || fast->op == ATOM_FCVTWD)
        good = either(e, good, e->chops);
    ir_branch(ir, good, find, fast->slow, CHANCE_MORE);
    ir_go_on(ir, find);
    fcr = either(e, fcr, bits_if(e, inexact(e, fast), FCR_INEXACT_FLAG));
    end_with(e, o, result, fcr, true);
}

/* The fast path, from here to the end of the operation. */
static void emit_fast(Emitter *e, Fast *fast, const Step *step, Outcomes *o,
                      LLVMValueRef fcr)
{
    Ir *ir = &e->ir;
    LLVMValueRef result = ir_long(ir, 0);
    if (fast->op == ATOM_FCMPS || fast->op == ATOM_FCMPD) {
        look_at_numbers(e, fast);
        end_with(e, o, result, set_condition(e, fast, step->imm, fcr), true);
        return;
    }
    fast->result = compute(e, fast->op, fast->a, fast->b);
    look_at_numbers(e, fast);
    result = is_wide(e, fast->result)
                 ? fast->result
                 : LLVMBuildZExt(ir->builder, fast->result, ir->i64, "");
    if (rounds(fast->op)) {
        LLVMBasicBlockRef sure = ir_block(ir, false);
        LLVMBasicBlockRef unsure = ir_block(ir, true);
        ir_branch(ir, e->sure, sure, unsure, CHANCE_MORE);
        ir_go_on(ir, unsure);
        end_unsure(e, fast, o, result, fcr);
        ir_go_on(ir, sure);
    }
    end_with(e, o, result, fcr, true);
}

static bool has_fast(const Emitter *e, AtomOp op)
{
    return e->fma || (op != ATOM_FMULD && op != ATOM_FDIVD);
}

void emit_float(Emitter *e, const Atomic *atom)
{
    Ir *ir = &e->ir;
    AtomOp op = step_op(atom->step);
    const AtomInfo *info = atom_info(op);
    LLVMValueRef a = emit_fa(e, atom), fcr = emit_read_fcr(e, atom->path);
    LLVMValueRef b = info->b == ATOM_F ? emit_fb(e, atom) : ir_long(ir, 0);
    Fast fast = {.op = op,
                 .a = operand(e, op, a),
                 .b = info->b == ATOM_F ? operand(e, op, b) : NULL,
                 .slow = ir_block(ir, true)};
    Outcomes o = {.merge = ir_block(ir, false)};
    if (has_fast(e, op))
        emit_fast(e, &fast, atom->step, &o, fcr);
    else
        LLVMBuildBr(ir->builder, fast.slow);
    ir_go_on(ir, fast.slow);
    LLVMValueRef result = call_fpu(e, atom, a, b);
    end_with(e, &o, result, ir_load(ir, ir->i32, e->scratch[0], REGION_STATE),
             false);
    if (o.count > 1)
        LLVMMoveBasicBlockAfter(o.merge, o.from[o.count - 2]);
    ir_go_on(ir, o.merge);
    result = merge(e, &o, o.results);
    emit_write_fcr(atom->path, merge(e, &o, o.fcrs));
    atom->path->pending = (Pending){.op = op,
                                    .a = fast.a,
                                    .b = fast.b,
                                    .result = result,
                                    .by_host = merge(e, &o, o.by_host)};
    if (fast.result && !is_wide(e, fast.result))
        atom->path->pending.result = emit_word(e, false, result);
    if (info->d == ATOM_F)
        emit_write_fpr(atom->path, atom->step->d, result);
}
