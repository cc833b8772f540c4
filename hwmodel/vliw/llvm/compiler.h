/* LLVM as a compiler of modules to objects, and what the module is made of. */
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

/* --- fp_zero.c ------------------------------------------------------------ */

/* EngineHelpers.fp, for less time where a zero is among operands or results. */
bool fp_zero(Core *core, uint32_t op, uint32_t cond, uint64_t a, uint64_t b,
             uint32_t *fcr31, uint64_t *result);

/* --- object.c ------------------------------------------------------------- */

/* An ELF object that needs nothing but itself, as LLVM makes it here. */
typedef struct Object Object;

/* Reads and checks it; `bytes` must outlive it.  NULL: `why`. */
Object *object_open(const EngineObject *bytes, char *why, size_t why_size);
void object_close(Object *object);
size_t object_size(const Object *object); /* in memory */
/* Copies it to `to`; it runs wherever that is, at a multiple of 64. */
bool object_place(const Object *object, uint8_t *to, char *why,
                  size_t why_size);
/* Where a symbol lies in it; SIZE_MAX if it does not. */
size_t object_find(const Object *object, const char *name);

/* --- linker.c ------------------------------------------------------------- */

EngineLinker *linker_create(char *why, size_t why_size);
void linker_destroy(EngineLinker *linker);
EngineEnter *linker_enter(EngineLinker *linker);
void linker_thunks(EngineLinker *linker, EngineHelpers *thunks);
EngineCode *linker_absent(EngineLinker *linker);
EngineCode *linker_link(EngineLinker *linker, const EngineObject *object,
                        void **handle, size_t *bytes, char *why,
                        size_t why_size);
void linker_unlink(EngineLinker *linker, void *handle);

#endif
