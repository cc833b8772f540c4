/* The predictors of indirect jumps, as far as they are asked without the
 * runtime: calls that are pushed, the first look at the return stack, inline
 * caches, the jump cache.  What the layer's own routines do (CoreBus.call and
 * .indirect), when they find what they look for.
 *
 * Looks cost time, which moves the clock; Core.predict counts them for the
 * statistics.  A look that finds nothing has done nothing: the runtime looks
 * again. */
#include "hwmodel/vliw/llvm/emit.h"

#include <stddef.h>

#define PREDICT(field) offsetof(Core, predict.field)

static LLVMValueRef load_predict(Emitter *e, LLVMTypeRef type, size_t offset)
{
    return ir_load(&e->ir, type, ir_at(&e->ir, e->core, offset), REGION_STATE);
}

static void count(Emitter *e, size_t offset, uint64_t more)
{
    const Ir *ir = &e->ir;
    LLVMValueRef sum = LLVMBuildAdd(
        ir->builder, load_predict(e, ir->i64, offset), ir_long(ir, more), "");
    ir_store(ir, sum, ir_at(ir, e->core, offset), REGION_STATE);
}

static LLVMValueRef is_equal(const Ir *ir, LLVMValueRef a, LLVMValueRef b)
{
    return LLVMBuildICmp(ir->builder, LLVMIntEQ, a, b, "");
}

/* Place `top` of the return stack, which is a ring. */
static LLVMValueRef ring_place(Emitter *e, LLVMValueRef top)
{
    const Ir *ir = &e->ir;
    LLVMValueRef ring = load_predict(e, ir->ptr, PREDICT(returns));
    LLVMValueRef index = LLVMBuildZExt(ir->builder, top, ir->i64, "");
    index = LLVMBuildMul(ir->builder, index, ir_long(ir, sizeof(CoreCall)), "");
    return LLVMBuildInBoundsGEP2(ir->builder, ir->i8, ring, &index, 1, "");
}

LLVMValueRef emit_calls(Emitter *e, unsigned exit, LLVMValueRef clock)
{
    const Ir *ir = &e->ir;
    unsigned calls = e->source->exits[exit].calls;
    if (calls == 0)
        return clock;
    LLVMValueRef last = ir_int(ir, e->source->return_count - 1);
    LLVMValueRef top = load_predict(e, ir->i32, PREDICT(return_top));
    LLVMValueRef from = ir_load(
        ir, ir->ptr, emit_exit_field(e, exit, offsetof(CoreExit, calls)),
        REGION_CODE);
    for (unsigned i = 0; i < calls; i++) {
        LLVMValueRef on = LLVMBuildAdd(ir->builder, top, ir_int(ir, 1), "");
        top = LLVMBuildSelect(ir->builder, is_equal(ir, top, last),
                              ir_int(ir, 0), on, "");
        LLVMValueRef to = ring_place(e, top);
        for (size_t at = 0; at < sizeof(CoreCall); at += sizeof(uint64_t)) {
            LLVMValueRef part =
                ir_load(ir, ir->i64, ir_at(ir, from, i * sizeof(CoreCall) + at),
                        REGION_CODE);
            ir_store(ir, part, ir_at(ir, to, at), REGION_CODE);
        }
    }
    ir_store(ir, top, ir_at(ir, e->core, PREDICT(return_top)), REGION_STATE);
    count(e, PREDICT(host_calls), calls);
    return LLVMBuildAdd(ir->builder, clock,
                        ir_long(ir, (uint64_t)calls * e->source->return_cost),
                        "");
}

/* Leaves unless the code runs at `pc`, as the exit wants it, now. */
static void check_code(Emitter *e, const EmitLeaving *leaving,
                       LLVMValueRef code, LLVMValueRef pc)
{
    Ir *ir = &e->ir;
    uint8_t mode = e->source->exits[leaving->exit].mode;
    emit_leave_unless(e, LLVMBuildIsNotNull(ir->builder, code, ""), leaving);
    LLVMValueRef at = ir_load(
        ir, ir->i32, ir_at(ir, code, offsetof(CoreCode, pc)), REGION_CODE);
    LLVMValueRef made = ir_load(
        ir, ir->i8, ir_at(ir, code, offsetof(CoreCode, mode)), REGION_CODE);
    LLVMValueRef right =
        LLVMBuildAnd(ir->builder, is_equal(ir, at, pc),
                     is_equal(ir, made, LLVMConstInt(ir->i8, mode, false)), "");
    emit_leave_unless(e, right, leaving);
    LLVMValueRef mapped = ir_load(
        ir, ir->i8, ir_at(ir, code, offsetof(CoreCode, mapped)), REGION_CODE);
    LLVMBasicBlockRef on = ir_block(ir, false), look = ir_block(ir, true);
    ir_branch(ir, is_equal(ir, mapped, LLVMConstInt(ir->i8, 0, false)), on,
              look, CHANCE_MORE);
    ir_go_on(ir, look);
    LLVMValueRef verified =
        ir_load(ir, ir->i64, ir_at(ir, code, offsetof(CoreCode, verified)),
                REGION_CODE);
    LLVMValueRef now = load_predict(e, ir->i64, offsetof(Core, generation));
    emit_leave_unless(e, is_equal(ir, verified, now), leaving);
    LLVMBuildBr(ir->builder, on);
    ir_go_on(ir, on);
}

static LLVMValueRef load_target(const Ir *ir, LLVMValueRef link)
{
    return ir_load(ir, ir->ptr, ir_at(ir, link, offsetof(CoreLink, to)),
                   REGION_CODE);
}

/* The call on top of the stack. */
static void emit_return(Emitter *e, const EmitLeaving *leaving, LLVMValueRef pc)
{
    const Ir *ir = &e->ir;
    LLVMValueRef top = load_predict(e, ir->i32, PREDICT(return_top));
    LLVMValueRef call = ring_place(e, top);
    LLVMValueRef expected = ir_load(
        ir, ir->i32, ir_at(ir, call, offsetof(CoreCall, pc)), REGION_CODE);
    emit_leave_unless(e, is_equal(ir, expected, pc), leaving);
    LLVMValueRef link = ir_load(
        ir, ir->ptr, ir_at(ir, call, offsetof(CoreCall, link)), REGION_CODE);
    emit_leave_unless(e, LLVMBuildIsNotNull(ir->builder, link, ""), leaving);
    LLVMValueRef code = load_target(ir, link);
    check_code(e, leaving, code, pc);
    LLVMValueRef below = LLVMBuildSub(ir->builder, top, ir_int(ir, 1), "");
    top = LLVMBuildSelect(ir->builder, is_equal(ir, top, ir_int(ir, 0)),
                          ir_int(ir, e->source->return_count - 1), below, "");
    ir_store(ir, top, ir_at(ir, e->core, PREDICT(return_top)), REGION_STATE);
    count(e, PREDICT(host_returns), 1);
    LLVMValueRef clock = LLVMBuildAdd(
        ir->builder, leaving->clock,
        ir_long(ir, e->source->return_cost + e->source->return_found), "");
    emit_go_to(e, code, clock, leaving->insns);
}

/* The exit's inline cache. */
static void emit_cached(Emitter *e, const EmitLeaving *leaving, LLVMValueRef pc)
{
    const Ir *ir = &e->ir;
    LLVMValueRef link =
        ir_load(ir, ir->ptr,
                emit_exit_field(e, leaving->exit, offsetof(CoreExit, cache)),
                REGION_CODE);
    LLVMValueRef code = load_target(ir, link);
    check_code(e, leaving, code, pc);
    LLVMValueRef at = ir_at(ir, link, offsetof(CoreLink, hits));
    LLVMValueRef hits = ir_load(ir, ir->i64, at, REGION_CODE);
    ir_store(ir, LLVMBuildAdd(ir->builder, hits, ir_long(ir, 1), ""), at,
             REGION_CODE);
    count(e, PREDICT(host_caches), 1);
    LLVMValueRef clock =
        emit_calls(e, leaving->exit,
                   LLVMBuildAdd(ir->builder, leaving->clock,
                                ir_long(ir, e->source->cache_cost), ""));
    emit_go_to(e, code, clock, leaving->insns);
}

/* The jump cache. */
static void emit_looked_up(Emitter *e, const EmitLeaving *leaving,
                           LLVMValueRef pc)
{
    const Ir *ir = &e->ir;
    LLVMValueRef place = LLVMBuildXor(
        ir->builder,
        LLVMBuildLShr(ir->builder, pc, ir_int(ir, CORE_JUMP_LOW), ""),
        LLVMBuildLShr(ir->builder, pc, ir_int(ir, CORE_JUMP_HIGH), ""), "");
    place =
        LLVMBuildAnd(ir->builder, place, ir_int(ir, e->source->jump_mask), "");
    place = LLVMBuildZExt(ir->builder, place, ir->i64, "");
    LLVMValueRef jumps = load_predict(e, ir->ptr, PREDICT(jumps));
    LLVMValueRef code = ir_load(
        ir, ir->ptr,
        LLVMBuildInBoundsGEP2(ir->builder, ir->ptr, jumps, &place, 1, ""),
        REGION_CODE);
    check_code(e, leaving, code, pc);
    count(e, PREDICT(host_jumps), 1);
    LLVMValueRef clock =
        emit_calls(e, leaving->exit,
                   LLVMBuildAdd(ir->builder, leaving->clock,
                                ir_long(ir, e->source->jump_cost), ""));
    emit_go_to(e, code, clock, leaving->insns);
}

void emit_indirect(Emitter *e, const Path *path, const EmitLeaving *leaving)
{
    const EngineExit *exit = &e->source->exits[leaving->exit];
    LLVMValueRef pc = path->committed.gpr[vliw_slot_reg(IR_SLOT_PC)];
    /* A return that leaves calls open is rare. */
    if (exit->stacked && exit->calls == 0)
        emit_return(e, leaving, pc);
    else if (exit->cached)
        emit_cached(e, leaving, pc);
    else if (exit->looked_up)
        emit_looked_up(e, leaving, pc);
    else
        emit_leave(e, leaving);
}
