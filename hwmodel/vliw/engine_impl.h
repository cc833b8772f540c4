/* Between the reference core and compiled code: what the LLVM engine's two
 * halves, and the code that it makes, agree on.  docs/engine.md explains it.
 *
 * The runtime (engine*.c) decides what is compiled, runs it, and does what is
 * rare; the compiler (llvm/, a module of its own that is loaded when the first
 * translation wants it) makes host code of one translation.  Compiled code is a
 * function of its EngineSource alone: it holds no address and no number of a
 * particular run, and reaches everything through its two pointers.  So it can
 * be made in another thread, thrown away, or saved for a later process.
 *
 * What compiled code does is what core_run() and core_issue() do, in other
 * terms.  Nothing below may change a bit of what they compute:
 *
 * Time.  The pipeline's clock moves by constants: all of a path's time is known
 * but for stalls, and those are added to Core.stalls by whoever finds them.
 * Entries compare the clock with `limit`, which is the deadline less the
 * stalls.
 *
 * Registers.  Between commits they live in host registers; Core.regs gets the
 * committed values where the code is left, chained or failed.  Only those of
 * the guest's state (slots, FCR31) are kept, and their shadows are not:
 * Core.shadow_stale.  Others keep whatever they had; code that could notice it
 * is not compiled.
 *
 * Data.  A line table says of a virtual line that it is mapped, cached, in the
 * L1 data cache, and (write_tag) writable, dirty there and without T-bits.  The
 * kernel's also says that the page is in the micro TLB or needs none; in user
 * mode, where pages come and go there, code looks into Core.tlb itself, and
 * has it refilled where its line alone is found.  An access that finds its line
 * (and page) changes nothing that is modelled but memory.  All else calls a
 * helper.
 *
 * Stores go to memory at once.  What they overwrote is in `undo`, as far as an
 * atom that may fail comes between them and their commit.
 *
 * Statistics.  Code counts its exits, in CoreExit.host_count; everything that a
 * path to an exit adds to the counters is worked out from that when they are
 * read (engine_settle()). */
#ifndef SELKIRK_HWMODEL_VLIW_ENGINE_IMPL_H
#define SELKIRK_HWMODEL_VLIW_ENGINE_IMPL_H

#include "hwmodel/vliw/core_impl.h" /* engine_state.h: what code sees */

#include <stddef.h>

/* Of anything that compiled code depends on; part of the key of saved code.  A
 * module or saved code of other headers is noticed by the sizes and places, and
 * what they do not show is counted by hand. */
#define ENGINE_VERSION 10
#define ENGINE_LAYOUT                                                          \
    ((uint32_t)(ENGINE_VERSION + 0x35 * sizeof(Core) +                         \
                0x3fb * offsetof(Core, engine) +                               \
                0x1fd3 * (offsetof(Core, predict) + offsetof(Core, tlb)) +     \
                0xfff1 * sizeof(Installed) + 0x7ffed * sizeof(CoreExit) +      \
                0x3ffffb * sizeof(EngineSource) +                              \
                0x1ffffd9 * sizeof(EngineBackend)))

/* --- What is compiled ------------------------------------------------------
 */

/* An exit, as far as it is fixed. */
typedef struct EngineExit {
    uint32_t insns;
    uint8_t kind;  /* IrExitKind */
    uint8_t calls; /* that it pushes: CoreExit.call_count */
    /* Indirect: what is asked first, and for code of which mode. */
    bool stacked, cached, looked_up; /* looked_up: in the jump cache */
    uint8_t mode;
    /* Direct, to this translation's own entry, without a call: likely linked to
     * it.  Such a link is never CoreExit.checked: the translation is where it
     * is. */
    bool loops;
} EngineExit;

/* A translation, copied, so that it may be removed while it is compiled. */
typedef struct EngineSource {
    VliwDesc desc;
    IrContext context;
    bool counts;      /* CoreCode.counts */
    unsigned profile; /* stall of an entry that counts */
    unsigned count, step_count, exit_count;
    unsigned lines;      /* Installed.lines */
    bool observed;       /* calls EngineHelpers.committed */
    unsigned sharers;    /* cores that run it: Core.sharers */
    unsigned data_shift; /* of the L1 D-cache's lines */
    uint32_t tlb_mask;   /* as Core.tlb_mask */
    unsigned return_count, return_cost, return_found; /* as CorePredict */
    unsigned cache_cost;
    unsigned jump_mask, jump_cost;
    Issue *issues;
    Step *steps;
    Result *results;
    EngineExit *exits;
} EngineSource;

/* --- The compiler (llvm/compiler.c), loaded when first wanted --------------
 */

typedef struct EngineCompiler EngineCompiler;

/* Host code of one translation, an object file in memory (malloc). */
typedef struct EngineObject {
    uint8_t *bytes;
    size_t size;
} EngineObject;

/* The module's only symbol, `selkirk_engine_llvm`. */
typedef struct EngineBackend {
    uint32_t layout; /* ENGINE_LAYOUT */
    uint32_t hard;   /* SELKIRK_HARD */
    /* The module's own build, the host and its features, LLVM's version: part
     * of the key of saved code.  False: it does not know. */
    bool (*describe)(char *text, size_t size);
    /* One a thread.  NULL: `why`. */
    EngineCompiler *(*compiler_create)(char *why, size_t why_size);
    void (*compiler_destroy)(EngineCompiler *compiler);
    /* quality 0: quickly; 1: well.  False: it cannot be compiled, `why`. */
    bool (*compile)(EngineCompiler *compiler, const EngineSource *source,
                    unsigned quality, EngineObject *object, char *why,
                    size_t why_size);
    /* The code between C and compiled code, once an Engine: `enter`, an
     * EngineEnter; `absent`, which stands for code that is not there: notes
     * ENGINE_GO_ON and returns; and one for each of EngineHelpers that compiled
     * code calls and that return to it.  It depends on what compiled code
     * depends on.  False: `why`. */
    bool (*thunks)(EngineObject *object, char *why, size_t why_size);
} EngineBackend;

#endif
