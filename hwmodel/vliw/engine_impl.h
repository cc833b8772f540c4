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
 * committed values where the code is left, chained or failed.  Only registers
 * with a shadow are kept, and the shadows are not: Core.shadow_stale.
 *
 * Data.  A line table says of a virtual line that it is mapped in the micro
 * TLB, cached, in the L1 data cache, and (write_tag) writable, dirty there and
 * without T-bits: an access that finds its line changes nothing that is
 * modelled but memory.  All else calls a helper.
 *
 * Stores go to memory at once.  What they overwrote is in `undo`, as far as an
 * atom that may fail comes between them and their commit.
 *
 * Statistics.  Code counts its exits, in CoreExit.host_count; everything that a
 * path to an exit adds to the counters is worked out from that when they are
 * read (engine_settle()). */
#ifndef SELKIRK_HWMODEL_VLIW_ENGINE_IMPL_H
#define SELKIRK_HWMODEL_VLIW_ENGINE_IMPL_H

#include "hwmodel/vliw/core_impl.h"

/* Of anything that compiled code depends on; part of the key of saved code. */
#define ENGINE_LAYOUT 1

/* --- What compiled code sees ---------------------------------------------- */

/* A line of data.  The tag is the virtual address of the line, or NO_TAG; an
 * access matches if (va & (~(line - 1) | (size - 1))) is the tag.  The host's
 * address of a byte is its virtual address plus `addend`. */
typedef struct EngineLine {
    uint32_t read_tag, write_tag;
    uintptr_t addend;
} EngineLine;

enum { ENGINE_LINES = SELKIRK_HARD ? 2 : 4096 };

/* An aligned word before a store, as host bytes; its physical address is known
 * to whoever needs it by the word's place in the guest's memory. */
typedef struct EngineUndo {
    uint8_t *host;
    uint32_t word;
    uint32_t mask; /* bytes 0xff where the store stores (host order) */
} EngineUndo;

/* An atom that calls a helper: where it stands.  In one word, so that it is a
 * constant argument. */
#define ENGINE_SITE(step, stores) ((uint32_t)(step) | (uint32_t)(stores) << 24)
#define ENGINE_SITE_STEP(site)    ((site)&0xffffff)
#define ENGINE_SITE_STORES(site)  ((site) >> 24) /* gated since the commit */

/* Helpers.  Those that may find a fault return false then (the low bit of a
 * 64-bit result; the value is in the high half) and the code goes to its fault
 * block.  `step` is the index in Installed.steps. */
typedef struct EngineHelpers {
    /* A load that the line table does not answer, zero-extended, by the
     * reference's rules (core_look(), core_spend_access()), forwarding and its
     * stall and count included: value << 32 | 1, or 0. */
    uint64_t (*load)(Core *c, Installed *self, uint32_t va, uint32_t site);
    /* A load that found its line but may meet a gated store: counts and stalls
     * if one of the `stores` in Core.host.undo has a byte of it. */
    void (*forward)(Core *c, Installed *self, uint32_t va, uint32_t site);
    /* A store that the line table does not answer; logs to
     * undo[ENGINE_SITE_STORES(site)] and stores.  False: a fault. */
    bool (*store)(Core *c, Installed *self, uint32_t va, uint32_t value,
                  uint32_t site);
    /* FP by CoreBus.fp.  Reads and writes *fcr31.  False: refused. */
    bool (*fp)(Core *c, uint32_t op, uint32_t cond, uint64_t a, uint64_t b,
               uint32_t *fcr31, uint64_t *result);
    uint32_t (*cp0)(Core *c, uint32_t reg);
    /* I-lines first..last of the path at which at least one is not present:
     * fetches each of them in order (hierarchy_fetch()), stalls. */
    void (*fetch)(Core *c, Installed *self, uint32_t first, uint32_t last);
    /* The committed registers, clock (before the rollback) and insns are in
     * Core; the atom of `site` failed (Core.fault, fault_va), after the commit
     * of record `commit` (-1: none).  Undoes the stores, rolls back, notes the
     * stop.  `clock` is core_issue()'s at `failed`. */
    void (*fault)(Core *c, Installed *self, uint32_t site, int32_t commit);
    /* In a check run: after each commit, registers, clock and insns are in
     * Core. */
    void (*committed)(Core *c, Installed *self, uint32_t exit);
    /* Any exit but a direct one that neither tells nor leads nowhere: indirect
     * ones, those to what must be interpreted. Registers, clock and insns are
     * in Core.  Where to go on, or NULL: core_run() stops there (noted). */
    Installed *(*leave)(Core *c, Installed *self, uint32_t exit);
} EngineHelpers;

/* How compiled code was left, for the runtime. */
typedef enum EngineStopKind {
    ENGINE_GO_ON,    /* at `self`, which has no compiled code: nothing of its
                        entry was done */
    ENGINE_DEADLINE, /* at the entry of `self`: clock >= limit */
    ENGINE_HOT,      /* at the entry of `self`: entries == hot, counted */
    ENGINE_EXIT,     /* left by `exit`, which leads nowhere */
    ENGINE_FAULT,
} EngineStopKind;

/* Part of Core: everything that compiled code reads often stands together. */
typedef struct EngineState {
    uint64_t limit;       /* clock: entries stop when it is reached */
    EngineLine *lines[2]; /* kernel, user */
    uint8_t *present;     /* I-lines of the translation cache: not 0 when in
                             the L1 I-cache, by (line - that of its base) */
    const EngineHelpers *helpers;
    EngineUndo undo[STORE_BUFFER_MAX];
    /* How the code was left. */
    EngineStopKind stop;
    Installed *at;
    uint32_t exit;
} EngineState;

/* Compiled code is entered with `clock` and `insns` in registers, the rest of
 * the guest's state in Core, and does the whole of core_run() from enter() on:
 * deadline, entries (only gear 1 needs the comparison with `hot`), profile
 * stall, molecules, exit, chain.  It leaves by a tail call of another's code
 * or by a return, with clock and insns in Core.
 * The calling convention is LLVM's preserve_none; only EngineEnter is C's. */
typedef void EngineCode(Core *c, Installed *self, uint64_t clock,
                        uint64_t insns);
typedef void EngineEnter(EngineCode *code, Core *c, Installed *self);

/* --- What is compiled ------------------------------------------------------
 */

/* An exit, as far as it is fixed. */
typedef struct EngineExit {
    uint32_t insns;
    uint8_t kind; /* IrExitKind */
    bool tell;
} EngineExit;

/* A translation, copied, so that it may be removed while it is compiled. */
typedef struct EngineSource {
    VliwDesc desc;
    IrContext context;
    unsigned gear, profile; /* profile: stall of a gear 1 entry */
    unsigned count, step_count, exit_count;
    bool observed;       /* calls EngineHelpers.committed */
    unsigned data_shift; /* of the L1 D-cache's lines */
    Issue *issues;
    Step *steps;
    Result *results;
    EngineExit *exits;
} EngineSource;

/* --- The compiler (llvm/compiler.c), loaded when first wanted --------------
 */

typedef struct EngineCompiler EngineCompiler;
typedef struct EngineLinker EngineLinker;

/* Host code of one translation, an object file in memory (malloc). */
typedef struct EngineObject {
    uint8_t *bytes;
    size_t size;
} EngineObject;

/* The module's only symbol, `selkirk_engine_llvm`. */
typedef struct EngineBackend {
    uint32_t layout; /* ENGINE_LAYOUT */
    uint32_t hard;   /* SELKIRK_HARD */
    /* Host, features and version of LLVM: part of the key of saved code. */
    const char *(*describe)(void);
    /* One a thread.  NULL: `why`. */
    EngineCompiler *(*compiler_create)(char *why, size_t why_size);
    void (*compiler_destroy)(EngineCompiler *compiler);
    /* quality 0: quickly; 1: well.  False: it cannot be compiled, `why`. */
    bool (*compile)(EngineCompiler *compiler, const EngineSource *source,
                    unsigned quality, EngineObject *object, char *why,
                    size_t why_size);
    /* One a Core, used by its thread alone. */
    EngineLinker *(*linker_create)(char *why, size_t why_size);
    void (*linker_destroy)(EngineLinker *linker);
    EngineEnter *(*linker_enter)(EngineLinker *linker);
    /* What stands for code that is not there: notes ENGINE_GO_ON, returns. */
    EngineCode *(*linker_absent)(EngineLinker *linker);
    /* Copies the object into executable memory.  NULL: `why`. */
    EngineCode *(*link)(EngineLinker *linker, const EngineObject *object,
                        void **handle, size_t *bytes, char *why,
                        size_t why_size);
    void (*unlink)(EngineLinker *linker, void *handle);
} EngineBackend;

#endif
