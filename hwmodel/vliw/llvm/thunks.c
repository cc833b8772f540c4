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

/* A function that calls another by C's convention and keeps all registers: the
 * one at `address` of this process, or, if that is 0, the helper at `offset`.
 */
static void make_thunk(Ir *ir, const char *name, uintptr_t address,
                       size_t offset, LLVMTypeRef result, LLVMTypeRef *params,
                       unsigned count)
{
    enum { ARGS_MAX = 7 };
    LLVMValueRef args[ARGS_MAX], call;
    LLVMTypeRef type = LLVMFunctionType(result, params, count, false);
    LLVMValueRef f = ir_function(ir, name, type, CONV_PRESERVE_MOST);
    LLVMGetParams(f, args);
    if (address) {
        LLVMValueRef function =
            LLVMConstIntToPtr(ir_long(ir, address), ir->ptr);
        call = LLVMBuildCall2(ir->builder, type, function, args, count, "");
    } else {
        LLVMValueRef helpers = ir_load(
            ir, ir->ptr, ir_at(ir, args[0], offsetof(Core, engine.helpers)),
            REGION_STATE);
        call =
            ir_call(ir, ir_at(ir, helpers, offset), type, args, count, CONV_C);
    }
    if (result == ir->void_type)
        LLVMBuildRetVoid(ir->builder);
    else
        LLVMBuildRet(ir->builder, call);
}

LLVMModuleRef thunks_make(LLVMContextRef context)
{
    Ir ir;
    ir_start(&ir, context, "thunks");
    LLVMTypeRef access[] = {ir.ptr, ir.ptr, ir.i32, ir.i32};
    LLVMTypeRef store[] = {ir.ptr, ir.ptr, ir.i32, ir.i32, ir.i32};
    LLVMTypeRef fp[] = {ir.ptr, ir.i32, ir.i32, ir.i64, ir.i64, ir.ptr, ir.ptr};
    LLVMTypeRef cp0[] = {ir.ptr, ir.i32};
    make_enter(&ir);
    make_absent(&ir);
#define THUNK(name, result, params)                                            \
    make_thunk(&ir, #name, 0, offsetof(EngineHelpers, name), result, params,   \
               sizeof params / sizeof *params)
    THUNK(load, ir.i64, access);
    THUNK(store, ir.i8, store);
    make_thunk(&ir, "fp", (uintptr_t)fp_zero, 0, ir.i8, fp,
               sizeof fp / sizeof *fp);
    THUNK(cp0, ir.i32, cp0);
    THUNK(fetch, ir.void_type, access);
#undef THUNK
    LLVMDisposeBuilder(ir.builder);
    return ir.module;
}
