/* The code between C and compiled code.  C has no names for LLVM's calling
 * conventions, hence it is made here, as IR. */
#include "hwmodel/vliw/llvm/compiler.h"
#include "hwmodel/vliw/llvm/emit.h"

#include <stddef.h>

/* void enter(code, core, self) */
static void make_enter(Ir *ir)
{
    LLVMTypeRef params[] = {ir->ptr, ir->ptr, ir->ptr};
    LLVMTypeRef type = LLVMFunctionType(ir->void_type, params, 3, false);
    LLVMValueRef f = ir_function(ir, "enter", type, CONV_C);
    LLVMValueRef core = LLVMGetParam(f, 1);
    LLVMValueRef args[] = {
        core, LLVMGetParam(f, 2),
        ir_load(ir, ir->i64, ir_at(ir, core, offsetof(Core, clock)),
                REGION_STATE),
        ir_load(ir, ir->i64, ir_at(ir, core, offsetof(Core, insns)),
                REGION_STATE)};
    LLVMValueRef call = LLVMBuildCall2(ir->builder, ir_code_type(ir),
                                       LLVMGetParam(f, 0), args, 4, "");
    LLVMSetInstructionCallConv(call, CONV_PRESERVE_NONE);
    LLVMBuildRetVoid(ir->builder);
}

/* An EngineCode that leaves at once. */
static void make_absent(Ir *ir)
{
    LLVMValueRef f =
        ir_function(ir, "absent", ir_code_type(ir), CONV_PRESERVE_NONE);
    LLVMValueRef core = LLVMGetParam(f, 0);
    ir_store(ir, LLVMGetParam(f, 2), ir_at(ir, core, offsetof(Core, clock)),
             REGION_STATE);
    ir_store(ir, LLVMGetParam(f, 3), ir_at(ir, core, offsetof(Core, insns)),
             REGION_STATE);
    ir_store(ir, ir_int(ir, ENGINE_GO_ON),
             ir_at(ir, core, offsetof(Core, engine.stop)), REGION_STATE);
    ir_store(ir, LLVMGetParam(f, 1), ir_at(ir, core, offsetof(Core, engine.at)),
             REGION_STATE);
    LLVMBuildRetVoid(ir->builder);
}

/* A function that calls the helper at `offset`, by C's convention, and keeps
 * all registers. */
static LLVMValueRef make_thunk(Ir *ir, const char *name, size_t offset,
                               LLVMTypeRef result, LLVMTypeRef *params,
                               unsigned count)
{
    enum { ARGS_MAX = 7 };
    LLVMValueRef args[ARGS_MAX];
    LLVMTypeRef type = LLVMFunctionType(result, params, count, false);
    LLVMValueRef f = ir_function(ir, name, type, CONV_PRESERVE_MOST);
    LLVMGetParams(f, args);
    LLVMValueRef helpers =
        ir_load(ir, ir->ptr, ir_at(ir, args[0], offsetof(Core, engine.helpers)),
                REGION_STATE);
    LLVMValueRef call =
        ir_call(ir, ir_at(ir, helpers, offset), type, args, count, CONV_C);
    if (result == ir->void_type)
        LLVMBuildRetVoid(ir->builder);
    else
        LLVMBuildRet(ir->builder, call);
    return f;
}

static void add(const Ir *ir, LLVMValueRef core, size_t offset,
                LLVMValueRef more)
{
    LLVMValueRef at = ir_at(ir, core, offset);
    LLVMValueRef value = ir_load(ir, ir->i64, at, REGION_STATE);
    value = LLVMBuildAdd(ir->builder, value, more, "");
    ir_store(ir, value, at, REGION_STATE);
}

/* core_stall() */
static void stall(const Ir *ir, LLVMValueRef core, CoreCause cause,
                  LLVMValueRef cycles)
{
    LLVMValueRef at = ir_at(ir, core, offsetof(Core, engine.limit));
    LLVMValueRef limit = ir_load(ir, ir->i64, at, REGION_STATE);
    LLVMValueRef more =
        LLVMBuildICmp(ir->builder, LLVMIntUGT, limit, cycles, "");
    limit = LLVMBuildSub(ir->builder, limit, cycles, "");
    limit = LLVMBuildSelect(ir->builder, more, limit, ir_long(ir, 0), "");
    ir_store(ir, limit, at, REGION_STATE);
    add(ir, core, offsetof(Core, stalls), cycles);
    add(ir, core, offsetof(Core, counters.cause[cause]), cycles);
}

/* core_refill_tlb(core, va), which keeps all registers and calls nothing but,
 * where lines of the kernel's may have to go, `slow`.  Programs whose pages are
 * more than the micro TLB holds come here every few hundred instructions. */
static void make_refill(Ir *ir, LLVMValueRef slow)
{
    LLVMTypeRef params[] = {ir->ptr, ir->i32};
    LLVMTypeRef type = LLVMFunctionType(ir->void_type, params, 2, false);
    LLVMValueRef f = ir_function(ir, "refill", type, CONV_PRESERVE_MOST);
    LLVMValueRef core = LLVMGetParam(f, 0), va = LLVMGetParam(f, 1);
    LLVMValueRef args[] = {core, va};
    LLVMBasicBlockRef held = ir_block(ir, true), free = ir_block(ir, false);
    LLVMValueRef number =
        LLVMBuildLShr(ir->builder, va, ir_int(ir, PAGE_SHIFT), "");
    LLVMValueRef mask = ir_load(
        ir, ir->i32, ir_at(ir, core, offsetof(Core, tlb_mask)), REGION_STATE);
    LLVMValueRef at = LLVMBuildAnd(ir->builder, number, mask, "");
    at = LLVMBuildZExt(ir->builder, at, ir->i64, "");
    LLVMValueRef is_held =
        ir_load(ir, ir->i8,
                LLVMBuildInBoundsGEP2(ir->builder, ir->i8,
                                      ir_at(ir, core, offsetof(Core, tlb_held)),
                                      &at, 1, ""),
                REGION_STATE);
    is_held = LLVMBuildICmp(ir->builder, LLVMIntNE, is_held,
                            LLVMConstInt(ir->i8, 0, false), "");
    ir_branch(ir, is_held, held, free, CHANCE_RARE);
    ir_go_on(ir, free);
    ir_store(ir, number,
             LLVMBuildInBoundsGEP2(ir->builder, ir->i32,
                                   ir_at(ir, core, offsetof(Core, tlb)), &at, 1,
                                   ""),
             REGION_LINES);
    add(ir, core, offsetof(Core, counters.tlb_misses), ir_long(ir, 1));
    LLVMValueRef cycles = ir_load(
        ir, ir->i32, ir_at(ir, core, offsetof(Core, tlb_miss)), REGION_STATE);
    stall(ir, core, CORE_CAUSE_TLB,
          LLVMBuildZExt(ir->builder, cycles, ir->i64, ""));
    LLVMBuildRetVoid(ir->builder);
    ir_go_on(ir, held);
    LLVMSetInstructionCallConv(
        LLVMBuildCall2(ir->builder, type, slow, args, 2, ""),
        CONV_PRESERVE_MOST);
    LLVMBuildRetVoid(ir->builder);
}

LLVMModuleRef thunks_make(LLVMContextRef context)
{
    Ir ir;
    ir_start(&ir, context, "thunks");
    LLVMTypeRef load[] = {ir.ptr, ir.ptr, ir.i64, ir.i32, ir.i32};
    LLVMTypeRef store[] = {ir.ptr, ir.ptr, ir.i64, ir.i32, ir.i32, ir.i32};
    LLVMTypeRef fetch[] = {ir.ptr, ir.ptr, ir.i64, ir.i32};
    LLVMTypeRef fp[] = {ir.ptr, ir.i32, ir.i32, ir.i64, ir.i64, ir.ptr, ir.ptr};
    LLVMTypeRef cp0[] = {ir.ptr, ir.i32};
    LLVMTypeRef refill[] = {ir.ptr, ir.i32};
    make_enter(&ir);
    make_absent(&ir);
#define THUNK(name, result, params)                                            \
    make_thunk(&ir, #name, offsetof(EngineHelpers, name), result, params,      \
               sizeof params / sizeof *params)
    THUNK(load, ir.i64, load);
    THUNK(store, ir.i8, store);
    THUNK(fp, ir.i8, fp);
    THUNK(cp0, ir.i32, cp0);
    THUNK(fetch, ir.void_type, fetch);
#undef THUNK
    make_refill(&ir, make_thunk(&ir, "refill_slowly",
                                offsetof(EngineHelpers, refill), ir.void_type,
                                refill, 2));
    LLVMDisposeBuilder(ir.builder);
    return ir.module;
}
