/* Compiles translations: IR, a few passes, an object file.  Each thread has a
 * compiler of its own and shares nothing with the others. */
#include "hwmodel/vliw/llvm/compiler.h"

#include "base/alloc.h"
#include "base/build_id.h"
#include "hwmodel/vliw/llvm/emit.h"

#include <llvm-c/Analysis.h>
#include <llvm-c/Core.h>
#include <llvm-c/Support.h>
#include <llvm-c/Target.h>
#include <llvm-c/Transforms/PassBuilder.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    QUALITIES = 2,
    /* Constants and types stay in a context until it ends. */
    CONTEXT_MODULES = 200
};

static const struct {
    LLVMCodeGenOptLevel level;
    const char *passes;
} qualities[QUALITIES] = {
    {LLVMCodeGenLevelNone, NULL},
    {LLVMCodeGenLevelDefault,
     "function(early-cse<memssa>,instcombine<no-verify-fixpoint>)"}};

struct EngineCompiler {
    LLVMContextRef context;
    unsigned modules; /* made in it */
    LLVMTargetMachineRef targets[QUALITIES];
    bool fma; /* the host multiplies and adds in one */
};

static bool fail(char *why, size_t why_size, const char *text)
{
    snprintf(why, why_size, "%s", text);
    return false;
}

/* --- LLVM ----------------------------------------------------------------- */

/* Once a process: these are LLVM's globals. */
static void start_llvm(void)
{
    /* Both find much that does not change in a loop, and keep all of it on the
     * stack: sums of registers, constants. */
    static const char *const options[] = {"selkirk", "-disable-lsr",
                                          "-disable-machine-licm"};
    LLVMParseCommandLineOptions(3, options, NULL);
    LLVMInitializeNativeTarget();
    LLVMInitializeNativeAsmPrinter();
}

LLVMTargetMachineRef compiler_target(LLVMCodeGenOptLevel level, char *why,
                                     size_t why_size)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    LLVMTargetRef target;
    char *error = NULL, *triple = LLVMGetDefaultTargetTriple();
    LLVMTargetMachineRef machine = NULL;
    pthread_once(&once, start_llvm);
    if (LLVMGetTargetFromTriple(triple, &target, &error)) {
        fail(why, why_size, error);
        LLVMDisposeMessage(error);
    } else {
        char *cpu = LLVMGetHostCPUName(), *features = LLVMGetHostCPUFeatures();
        machine = LLVMCreateTargetMachine(target, triple, cpu, features, level,
                                          LLVMRelocPIC, LLVMCodeModelSmall);
        LLVMDisposeMessage(cpu);
        LLVMDisposeMessage(features);
        if (machine && level == LLVMCodeGenLevelNone)
            LLVMSetTargetMachineFastISel(machine, true);
        if (!machine)
            fail(why, why_size, "LLVM knows no machine like this host");
    }
    LLVMDisposeMessage(triple);
    return machine;
}

bool compiler_emit(LLVMTargetMachineRef target, LLVMModuleRef module,
                   EngineObject *object, char *why, size_t why_size)
{
    char *error = NULL;
    LLVMMemoryBufferRef buffer;
    bool failed = LLVMTargetMachineEmitToMemoryBuffer(
        target, module, LLVMObjectFile, &error, &buffer);
    LLVMDisposeModule(module);
    if (failed) {
        fail(why, why_size, error);
        LLVMDisposeMessage(error);
        return false;
    }
    object->size = LLVMGetBufferSize(buffer);
    object->bytes = alloc_zeroed(1, object->size);
    memcpy(object->bytes, LLVMGetBufferStart(buffer), object->size);
    LLVMDisposeMemoryBuffer(buffer);
    return true;
}

static bool run_passes(LLVMTargetMachineRef target, LLVMModuleRef module,
                       const char *passes, char *why, size_t why_size)
{
    LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
    LLVMErrorRef error = LLVMRunPasses(module, passes, target, options);
    LLVMDisposePassBuilderOptions(options);
    if (!error)
        return true;
    char *text = LLVMGetErrorMessage(error);
    fail(why, why_size, text);
    LLVMDisposeErrorMessage(text);
    return false;
}

/* --- The compiler --------------------------------------------------------- */

static void compiler_destroy(EngineCompiler *compiler)
{
    if (!compiler)
        return;
    for (unsigned i = 0; i < QUALITIES; i++)
        if (compiler->targets[i])
            LLVMDisposeTargetMachine(compiler->targets[i]);
    if (compiler->context)
        LLVMContextDispose(compiler->context);
    free(compiler);
}

/* Whether `name` is among the words that commas separate. */
static bool has_feature(const char *features, const char *name)
{
    size_t size = strlen(name);
    for (const char *f = features; f; f = strchr(f, ',')) {
        f += *f == ',';
        if (strncmp(f, name, size) == 0 && (f[size] == ',' || !f[size]))
            return true;
    }
    return false;
}

static EngineCompiler *compiler_create(char *why, size_t why_size)
{
    EngineCompiler *compiler = alloc_zeroed(1, sizeof *compiler);
    for (unsigned i = 0; i < QUALITIES; i++) {
        compiler->targets[i] =
            compiler_target(qualities[i].level, why, why_size);
        if (!compiler->targets[i]) {
            compiler_destroy(compiler);
            return NULL;
        }
    }
    char *features = LLVMGetHostCPUFeatures();
    compiler->fma = has_feature(features, "+fma");
    LLVMDisposeMessage(features);
    return compiler;
}

static void renew_context(EngineCompiler *compiler)
{
    if (compiler->context && compiler->modules++ < CONTEXT_MODULES)
        return;
    if (compiler->context)
        LLVMContextDispose(compiler->context);
    compiler->context = LLVMContextCreate();
    compiler->modules = 0;
}

static bool compile(EngineCompiler *compiler, const EngineSource *source,
                    unsigned quality, EngineObject *object, char *why,
                    size_t why_size)
{
    Plan plan;
    LLVMTargetMachineRef target = compiler->targets[quality];
    const char *passes = qualities[quality].passes;
    if (!plan_make(&plan, source, why, why_size)) {
        plan_free(&plan);
        return false;
    }
    renew_context(compiler);
    LLVMModuleRef module =
        emit_translation(compiler->context, &plan, compiler->fma, quality);
    plan_free(&plan);
    LLVMTargetDataRef layout = LLVMCreateTargetDataLayout(target);
    LLVMSetModuleDataLayout(module, layout);
    LLVMDisposeTargetData(layout);
    if (passes && !run_passes(target, module, passes, why, why_size)) {
        LLVMDisposeModule(module);
        return false;
    }
    return compiler_emit(target, module, object, why, why_size);
}

/* --- The module ----------------------------------------------------------- */

static bool make_thunks(EngineObject *object, char *why, size_t why_size)
{
    LLVMTargetMachineRef target =
        compiler_target(LLVMCodeGenLevelDefault, why, why_size);
    if (!target)
        return false;
    LLVMContextRef context = LLVMContextCreate();
    bool good =
        compiler_emit(target, thunks_make(context), object, why, why_size);
    LLVMContextDispose(context);
    LLVMDisposeTargetMachine(target);
    return good;
}

/* All that an object depends on besides its source: this module, LLVM, the
 * host. */
static bool describe(char *text, size_t size)
{
    char id[BUILD_ID_SIZE];
    if (!build_id_find(id))
        return false;
    char *cpu = LLVMGetHostCPUName(), *features = LLVMGetHostCPUFeatures();
    unsigned major, minor, patch; /* of the library that is loaded */
    LLVMGetVersion(&major, &minor, &patch);
    int length = snprintf(text, size, "%s LLVM %u.%u.%u %s %s", id, major,
                          minor, patch, cpu, features);
    LLVMDisposeMessage(cpu);
    LLVMDisposeMessage(features);
    return length > 0 && (size_t)length < size;
}

extern const EngineBackend selkirk_engine_llvm;
__attribute__((visibility("default")))
const EngineBackend selkirk_engine_llvm = {
    .layout = ENGINE_LAYOUT,
    .hard = SELKIRK_HARD,
    .describe = describe,
    .compiler_create = compiler_create,
    .compiler_destroy = compiler_destroy,
    .compile = compile,
    .thunks = make_thunks,
};
