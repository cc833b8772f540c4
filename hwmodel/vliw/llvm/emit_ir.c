/* The words of the emitter: constants, memory, blocks, calls, each with the
 * marks that let LLVM's passes do well. */
#include "hwmodel/vliw/llvm/emit.h"

#include <string.h>

/* --- Marks ---------------------------------------------------------------- */

/* Type-based alias analysis: a tree of types, all of them siblings.  Nodes are
 * (name, parent, offset), a mark is (type, type, offset). */
static void make_regions(Ir *ir)
{
    static const char *const names[REGIONS] = {
        [REGION_REGS] = "regs",   [REGION_STATE] = "state",
        [REGION_LINES] = "lines", [REGION_PRESENT] = "present",
        [REGION_UNDO] = "undo",   [REGION_LOCAL] = "local",
        [REGION_CODE] = "code",   [REGION_GUEST] = "guest"};
    LLVMMetadataRef name = LLVMMDStringInContext2(ir->context, "selkirk", 7);
    LLVMMetadataRef root = LLVMMDNodeInContext2(ir->context, &name, 1);
    LLVMMetadataRef zero = LLVMValueAsMetadata(LLVMConstInt(ir->i64, 0, 0));
    for (unsigned i = 0; i < REGIONS; i++) {
        name = LLVMMDStringInContext2(ir->context, names[i], strlen(names[i]));
        LLVMMetadataRef parts[3] = {name, root, zero};
        LLVMMetadataRef type = LLVMMDNodeInContext2(ir->context, parts, 3);
        LLVMMetadataRef mark[3] = {type, type, zero};
        ir->regions[i] = LLVMMetadataAsValue(
            ir->context, LLVMMDNodeInContext2(ir->context, mark, 3));
    }
    ir->region_kind = LLVMGetMDKindIDInContext(ir->context, "tbaa", 4);
}

static void make_chances(Ir *ir)
{
    static const unsigned weights[CHANCES][2] = {[CHANCE_LIKELY] = {4000, 1},
                                                 [CHANCE_MORE] = {20, 1},
                                                 [CHANCE_LESS] = {1, 20},
                                                 [CHANCE_RARE] = {1, 4000}};
    LLVMMetadataRef name =
        LLVMMDStringInContext2(ir->context, "branch_weights", 14);
    for (unsigned i = 0; i < CHANCES; i++) {
        LLVMMetadataRef parts[3] = {name};
        for (unsigned k = 0; k < 2; k++)
            parts[1 + k] =
                LLVMValueAsMetadata(LLVMConstInt(ir->i32, weights[i][k], 0));
        ir->chances[i] = LLVMMetadataAsValue(
            ir->context, LLVMMDNodeInContext2(ir->context, parts, 3));
    }
    ir->chance_kind = LLVMGetMDKindIDInContext(ir->context, "prof", 4);
}

void ir_start(Ir *ir, LLVMContextRef context, const char *name)
{
    *ir = (Ir){.context = context,
               .module = LLVMModuleCreateWithNameInContext(name, context),
               .builder = LLVMCreateBuilderInContext(context),
               .void_type = LLVMVoidTypeInContext(context),
               .i1 = LLVMInt1TypeInContext(context),
               .i8 = LLVMInt8TypeInContext(context),
               .i16 = LLVMInt16TypeInContext(context),
               .i32 = LLVMInt32TypeInContext(context),
               .i64 = LLVMInt64TypeInContext(context),
               .f32 = LLVMFloatTypeInContext(context),
               .f64 = LLVMDoubleTypeInContext(context),
               .ptr = LLVMPointerTypeInContext(context, 0)};
    ir->nounwind = LLVMGetEnumAttributeKindForName("nounwind", 8);
    ir->cold = LLVMGetEnumAttributeKindForName("cold", 4);
    make_regions(ir);
    make_chances(ir);
}

/* --- Functions ------------------------------------------------------------ */

LLVMTypeRef ir_code_type(const Ir *ir)
{
    LLVMTypeRef params[] = {ir->ptr, ir->ptr, ir->i64, ir->i64};
    return LLVMFunctionType(ir->void_type, params, 4, false);
}

LLVMValueRef ir_function(Ir *ir, const char *name, LLVMTypeRef type,
                         unsigned convention)
{
    LLVMValueRef f = LLVMAddFunction(ir->module, name, type);
    LLVMSetFunctionCallConv(f, convention);
    LLVMAddAttributeAtIndex(
        f, LLVMAttributeFunctionIndex,
        LLVMCreateEnumAttribute(ir->context, ir->nounwind, 0));
    ir->function = f;
    ir->first_cold = NULL;
    ir_go_on(ir, ir_block(ir, false));
    return f;
}

LLVMValueRef ir_call(const Ir *ir, LLVMValueRef at, LLVMTypeRef type,
                     LLVMValueRef *args, unsigned count, unsigned convention)
{
    LLVMValueRef function = ir_load(ir, ir->ptr, at, REGION_STATE);
    LLVMValueRef call =
        LLVMBuildCall2(ir->builder, type, function, args, count, "");
    LLVMSetInstructionCallConv(call, convention);
    LLVMAddCallSiteAttribute(
        call, LLVMAttributeFunctionIndex,
        LLVMCreateEnumAttribute(ir->context, ir->nounwind, 0));
    return call;
}

void ir_tail_call(const Ir *ir, LLVMValueRef code, LLVMValueRef *args)
{
    LLVMValueRef call =
        LLVMBuildCall2(ir->builder, ir_code_type(ir), code, args, 4, "");
    LLVMSetInstructionCallConv(call, CONV_PRESERVE_NONE);
    LLVMSetTailCallKind(call, LLVMTailCallKindMustTail);
    LLVMBuildRetVoid(ir->builder);
}

/* --- Values and memory ---------------------------------------------------- */

LLVMValueRef ir_int(const Ir *ir, uint32_t value)
{
    return LLVMConstInt(ir->i32, value, false);
}

LLVMValueRef ir_long(const Ir *ir, uint64_t value)
{
    return LLVMConstInt(ir->i64, value, false);
}

LLVMValueRef ir_at(const Ir *ir, LLVMValueRef base, size_t offset)
{
    if (offset == 0)
        return base;
    LLVMValueRef index = ir_long(ir, offset);
    return LLVMBuildInBoundsGEP2(ir->builder, ir->i8, base, &index, 1, "");
}

LLVMValueRef ir_behind(const Ir *ir, LLVMValueRef base, LLVMValueRef bytes)
{
    return LLVMBuildGEP2(ir->builder, ir->i8, base, &bytes, 1, "");
}

LLVMValueRef ir_load(const Ir *ir, LLVMTypeRef type, LLVMValueRef at,
                     Region region)
{
    LLVMValueRef load = LLVMBuildLoad2(ir->builder, type, at, "");
    LLVMSetMetadata(load, ir->region_kind, ir->regions[region]);
    return load;
}

void ir_store(const Ir *ir, LLVMValueRef value, LLVMValueRef at, Region region)
{
    LLVMValueRef store = LLVMBuildStore(ir->builder, value, at);
    LLVMSetMetadata(store, ir->region_kind, ir->regions[region]);
}

/* --- Blocks --------------------------------------------------------------- */

LLVMBasicBlockRef ir_block(Ir *ir, bool cold)
{
    if (!cold && ir->first_cold)
        return LLVMInsertBasicBlockInContext(ir->context, ir->first_cold, "");
    LLVMBasicBlockRef block =
        LLVMAppendBasicBlockInContext(ir->context, ir->function, "");
    if (cold && !ir->first_cold)
        ir->first_cold = block;
    return block;
}

void ir_go_on(const Ir *ir, LLVMBasicBlockRef block)
{
    LLVMPositionBuilderAtEnd(ir->builder, block);
}

void ir_branch(const Ir *ir, LLVMValueRef condition, LLVMBasicBlockRef yes,
               LLVMBasicBlockRef no, Chance chance)
{
    LLVMValueRef branch = LLVMBuildCondBr(ir->builder, condition, yes, no);
    LLVMSetMetadata(branch, ir->chance_kind, ir->chances[chance]);
}
