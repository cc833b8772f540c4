/* LLVM as a compiler of modules to objects. */
#ifndef SELKIRK_HWMODEL_VLIW_LLVM_COMPILER_H
#define SELKIRK_HWMODEL_VLIW_LLVM_COMPILER_H

#include "hwmodel/vliw/engine_impl.h"

#include <llvm-c/TargetMachine.h>

/* For this host.  NULL: `why`. */
LLVMTargetMachineRef compiler_target(LLVMCodeGenOptLevel level, char *why,
                                     size_t why_size);
/* Takes the module.  False: `why`. */
bool compiler_emit(LLVMTargetMachineRef target, LLVMModuleRef module,
                   EngineObject *object, char *why, size_t why_size);

/* --- thunks.c ------------------------------------------------------------- */

/* The code between C and compiled code: functions `enter`, `absent`, and one
 * for each of EngineHelpers that compiled code calls and that return to it. */
LLVMModuleRef thunks_make(LLVMContextRef context);

#endif
