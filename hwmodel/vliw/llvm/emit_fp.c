/* Floating point: what the FPU's rules make of each operation. */
#include "hwmodel/vliw/llvm/emit.h"

#include <stddef.h>

/* By the runtime, which asks the FPU. */
static LLVMValueRef call_fpu(Emitter *e, const Atomic *atom, LLVMValueRef a,
                             LLVMValueRef b)
{
    const Ir *ir = &e->ir;
    AtomOp op = step_op(atom->step);
    ir_store(ir, emit_read_fcr(e, atom->path), e->scratch[0], REGION_STATE);
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
    emit_write_fcr(atom->path,
                   ir_load(ir, ir->i32, e->scratch[0], REGION_STATE));
    return ir_load(ir, ir->i64, e->scratch[1], REGION_STATE);
}

void emit_float(Emitter *e, const Atomic *atom)
{
    const AtomInfo *info = atom_info(step_op(atom->step));
    LLVMValueRef a = emit_fa(e, atom);
    LLVMValueRef b = info->b == ATOM_F ? emit_fb(e, atom) : ir_long(&e->ir, 0);
    LLVMValueRef result = call_fpu(e, atom, a, b);
    if (info->d == ATOM_F)
        emit_write_fpr(atom->path, atom->step->d, result);
}
