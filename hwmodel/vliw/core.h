/* The reference core: runs molecules in cycle order.  It defines time, and it
 * is the oracle of every faster engine.  docs/core.md is its manual. */
#ifndef SELKIRK_HWMODEL_VLIW_CORE_H
#define SELKIRK_HWMODEL_VLIW_CORE_H

#include "base/ckpt.h"
#include "base/hostprofile.h"
#include "base/stats.h"
#include "hwmodel/mem/hierarchy.h"
#include "hwmodel/vliw/molecule.h"

/* Where the layer's own memory starts, above the guest's 4 GB; the translation
 * cache is there. */
#define CORE_CODE_BASE (1ull << 32)

/* Guest instructions that one call of CoreBus.interpret() executes, at most. */
enum { CORE_INTERPRETED_MAX = 8 };

typedef struct Core Core;
typedef struct CoreCode CoreCode;
typedef struct CoreStop CoreStop;

typedef enum CoreCause {
#define CAUSE(id, name, text) CORE_CAUSE_##id,
#include "hwmodel/vliw/cause.def"
#undef CAUSE
    CORE_CAUSES
} CoreCause;

/* Where a virtual page lies, for data. */
typedef struct CorePage {
    uint32_t pa;   /* of the page */
    uint8_t *host; /* its bytes */
    bool writable; /* by the TLB, and it is memory that can be written */
    bool cached;
    bool mapped; /* through the TLB, hence the micro TLB */
    bool told;   /* stores are told as they issue (CoreBus.store) */
    /* NULL: no translation was made from this page.  Else one bit a word: a
     * store to a word whose bit is set faults. */
    const uint32_t *tbits;
} CorePage;

typedef enum CoreFault {
    CORE_FAULT_GUEST,        /* the access would raise a guest exception */
    CORE_FAULT_MMIO,         /* the page is not plain memory */
    CORE_FAULT_CODE,         /* store to translated code (T-bit) */
    CORE_FAULT_ALIAS,        /* store hits a protected address */
    CORE_FAULT_STORE_BUFFER, /* full */
    CORE_FAULT_TRAP,         /* TRAP atom */
    CORE_FAULT_FP,           /* refused by the FPU */
    CORE_FAULTS
} CoreFault;

/* What the core asks of the layer.  Addresses are virtual. */
typedef struct CoreBus {
    void *ctx;
    /* The page of an access in the present mode, `user` or not: true, or false
     * and a fault.  May be remembered until core_forget(). */
    bool (*page)(void *ctx, uint32_t va, bool user, bool store, CorePage *page,
                 CoreFault *fault);
    uint32_t (*cp0)(void *ctx, unsigned reg);
    /* As IrEnv.fp (ir/interp.h). */
    bool (*fp)(void *ctx, IrOp op, unsigned cond, uint64_t a, uint64_t b,
               uint32_t *fcr31, uint64_t *result);
    /* Where an indirect exit to `pc` goes on, after its commit; may charge
     * cycles.  NULL: core_run() returns. */
    CoreCode *(*indirect)(void *ctx, CoreCode *from, unsigned exit,
                          uint32_t pc);
    /* A direct exit that wants it (CoreExit.tell) was taken, after its commit:
     * the return stack learns of calls.  May charge cycles. */
    void (*call)(void *ctx, CoreCode *from, unsigned exit);
    /* An INTERPRET exit was taken, after its commit: where to go on after the
     * instruction there was executed, or CORE_INTERPRETED_MAX at most; may
     * charge cycles and change registers.  NULL: core_run() returns. */
    CoreCode *(*interpret)(void *ctx, CoreCode *from, unsigned exit);
    /* A direct exit is linked to what was good in an earlier generation: that
     * again, if it is good in the present one, too; may charge cycles.  NULL:
     * core_run() returns. */
    CoreCode *(*renew)(void *ctx, CoreCode *from, unsigned exit);
    /* core_run() has come to a fault, and has rolled back: as it would stop.
     * Where to go on when what was undone, and what failed, has been seen to;
     * may charge cycles, change registers and remove code.  NULL: core_run()
     * returns. */
    CoreCode *(*failed)(void *ctx, const CoreStop *stop);
    /* CoreCode.held: it is about to be entered (exit -1), or left by `exit`,
     * after that's commit.  May set the deadline; may be NULL if none is. */
    void (*held)(void *ctx, CoreCode *code, int exit);
    /* A store issues to a page that is `told`: its physical address.  It may
     * still fail, or be undone.  NULL if no page is. */
    void (*store)(void *ctx, uint32_t pa);
    /* A gated store reached memory (check mode, statistics); may be NULL. */
    void (*stored)(void *ctx, uint32_t pa, unsigned size);
} CoreBus;

typedef struct CoreRegs {
    uint32_t gpr[VLIW_GPRS];
    uint64_t fpr[VLIW_FPRS];
    uint32_t fcr31;
} CoreRegs;

/* What a jump was last seen to lead to, or a call's return: NULL if nothing. */
typedef struct CoreLink {
    CoreCode *to;
    uint64_t hits; /* of the inline cache, since `to` came */
} CoreLink;

/* A call whose return is expected: where to, and what runs there. */
typedef struct CoreCall {
    uint32_t pc;
    CoreLink *link; /* NULL: the code that called is no more */
} CoreCall;

/* The predictors of indirect jumps, as far as compiled code looks at them; the
 * layer's, who asks them in CoreBus.indirect and CoreBus.call.  A prediction is
 * right if the code runs at the jump's target in the mode that the exit leaves
 * (CoreExit.mode), and, if any of its pages is mapped, was verified in the
 * present generation. */
typedef struct CorePredict {
    CoreCall *returns; /* a ring of `return_count`, which may be 0 */
    uint32_t return_count, return_top;
    /* The jump cache: what was last seen to run at a target, NULL if nothing,
     * at core_jump_place(); NULL: there is none. */
    CoreCode **jumps;
    uint32_t jump_mask;
    /* Cycles of a look; those of jumps have `redirect`, which is what a jump
     * that is not predicted takes longer than one that is. */
    uint32_t return_cost, cache_cost, jump_cost, redirect;
    uint32_t return_found; /* more, if the first look finds the target */
    uint64_t return_hits, cache_hits, jump_hits;
    /* Calls, first looks at returns and looks at caches that compiled code made
     * since core_settle(): these were hits, and their cycles have no cause yet.
     */
    uint64_t host_calls, host_returns, host_caches, host_jumps;
} CorePredict;

/* Bits of a target's address that lie above each other in the index. */
enum { CORE_JUMP_LOW = 2, CORE_JUMP_HIGH = 11 };

static inline uint32_t core_jump_place(uint32_t mask, uint32_t pc)
{
    return (pc >> CORE_JUMP_LOW ^ pc >> CORE_JUMP_HIGH) & mask;
}

/* An exit of installed code; what it takes to leave by it stands first, in one
 * or two lines of the host's. */
typedef struct CoreExit {
    CoreCode *next; /* chained: go on there */
    uint64_t generation;
    uint64_t host_count; /* times taken by compiled code, since core_settle() */
    bool checked;        /* `next` is good only while `generation` is current */
    bool tell;           /* CoreBus.call() when it is taken; not for INDIRECT */
    bool stacked; /* INDIRECT: a return, the return stack is asked first */
    uint8_t mode; /* INDIRECT: what the code there must be made for */
    uint16_t call_count; /* calls that are made and have not returned */
    IrExit record;
    CoreLink *cache; /* INDIRECT: its inline cache, or NULL: asked before the
                        jump cache */
    CoreCall *calls; /* outermost first */
    CoreCall call;   /* room for them, if there is no more than one */
    uint64_t count;  /* times taken, but for `host_count` */
} CoreExit;

/* Installed code: the layer may read and write these.  What is asked before the
 * code runs lies in one line of the host's, what an entry asks in the next. */
struct CoreCode {
    const VliwCode *code; /* the layer's, outlives this */
    void *user;           /* the layer's */
    /* By the layer, for predictions: */
    uint64_t verified;
    uint32_t pc;
    uint8_t mode;
    bool mapped;
    bool held; /* by core_hold() */
    unsigned gear;
    /* The core's.  I-lines are numbered: `lines` of the main path, from `line`
     * on in the cache's own count, then those of the exits' molecules, from
     * `stubs_line` on, which may lie elsewhere. */
    unsigned lines;
    uint64_t line, stubs_line;
    CoreExit *exits;
    uint64_t entries; /* times run */
    uint64_t hot;     /* core_run() returns CORE_HOT when entries gets there */
    bool counts; /* its entries, which takes cost.profile1 each, and may become
                  * hot: gear 1 does; others if it is set before they run */
    IrContext context; /* that of the VliwCode */
    /* The engine's, of the threaded form: the exit that was taken last, to be
     * prefetched; runs, before engine_run() looks. */
    uint8_t taken;
    uint16_t left;
};

typedef enum CoreStopKind {
    CORE_EXIT,     /* left by `exit`, which leads to no code that is good */
    CORE_DEADLINE, /* at the entry of `code`: a deadline or limit was reached */
    CORE_HOT,      /* at the entry of `code`, which has become hot */
    CORE_FAULTED,  /* rolled back to `commit`; after CoreBus.failed, `code` may
                      be no more */
    CORE_ABSENT, /* at the entry of `code`, of which core_run_compiled() cannot
                    execute more */
} CoreStopKind;

struct CoreStop {
    CoreStopKind kind;
    CoreCode *code;
    unsigned exit;
    CoreFault fault;
    unsigned guest; /* guest instruction that failed, index in code->guests */
    uint32_t va;    /* of the access that failed */
    int commit;     /* exit record of the last commit in `code`, or -1 */
};

/* `desc` and the keys are those that vliw_desc_read() has checked. */
Core *core_create(const VliwDesc *desc, const Config *config,
                  Hierarchy *hierarchy, const CoreBus *bus);
void core_destroy(Core *core);

/* Both were created alike, and have no code: from now on what one of them
 * installs is installed in all that share with `first`, which is destroyed
 * last, and an engine runs it in all of them.  One runs at a time; what it
 * counts is its own, and so are its caches. */
void core_share(Core *core, Core *first);

/* Code to run.  `base` is the physical address of its main path, `stubs` that
 * of the exits' own molecules, which are in the translation cache. */
CoreCode *core_install(Core *core, const VliwCode *code, uint64_t base,
                       uint64_t stubs, unsigned gear);
void core_remove(Core *core, CoreCode *code);

/* From now on each run of `code` is told (CoreBus.held), and is this core's, so
 * that it takes the host longer; or no longer. */
void core_hold(Core *core, CoreCode *code, bool held);

/* Runs `code` and what it is chained to, until there is a reason to stop.  The
 * registers are then committed ones. */
CoreStop core_run(Core *core, CoreCode *code);

/* The same as far as there is compiled code for it (hwmodel/vliw/engine.h): how
 * far it gets depends on the host, what it computes does not. */
CoreStop core_run_compiled(Core *core, CoreCode *code);

/* To be filled by the layer. */
CorePredict *core_predict(Core *core);

/* Working registers; after a change outside core_run(), call core_commit(). */
CoreRegs *core_regs(Core *core);
void core_commit(Core *core);

uint64_t core_cycles(const Core *core);
uint64_t core_insns(const Core *core); /* guest instructions committed */
void core_set_insns(Core *core, uint64_t insns);
/* Time passes outside molecules. */
void core_charge(Core *core, CoreCause cause, uint64_t cycles);
/* Cycles by cause; of issue and interlocks as of the end of a core_run(). */
const uint64_t *core_causes(const Core *core);
/* core_run() stops at the next entry when cycles or insns have got there. */
void core_set_deadline(Core *core, uint64_t cycles);
void core_set_insn_limit(Core *core, uint64_t insns);
/* Current generation of mappings: see CoreExit.checked. */
void core_set_generation(Core *core, uint64_t generation);

/* A data access of gear 0: its time, and the same page look-up.  Charges the
 * stalls; the page is good until the next access.  NULL and a fault as
 * CoreBus.page (nothing is charged then). */
const CorePage *core_touch(Core *core, uint32_t va, bool user, bool store,
                           CoreFault *fault);
/* Drops what was remembered of every page, of all that are mapped by the TLB,
 * or of the one of `va`.  (The first two are the same to the model.) */
void core_forget(Core *core);
void core_forget_mapped(Core *core);
void core_forget_page(Core *core, uint32_t va);
/* What CoreBus.page() says of the page at `pa` has changed, but not where it
 * is; the model notices nothing. */
void core_renew_page(Core *core, uint32_t pa);
/* T-bits of these bytes, which lie in a page, have been set. */
void core_protect(Core *core, uint32_t pa, uint32_t size);
/* Stores to the word at `pa`, whose page is `told` from now on, must be. */
void core_watch_word(Core *core, uint32_t pa);

/* Reads the host's clock where parts of the core begin and end; NULL: does not.
 */
void core_set_host_profile(Core *core, HostProfile *profile);

/* For traces: called before each molecule issues. */
typedef void CoreTrace(void *ctx, const CoreCode *code, unsigned molecule,
                       uint64_t cycle);
void core_set_trace(Core *core, CoreTrace *trace, void *ctx);

/* For check mode: called after each commit, before anything else happens;
 * `exit` is its record.  The registers are core_regs(), core_insns() counts it.
 */
typedef void CoreCommitted(void *ctx, const CoreCode *code, unsigned exit);
void core_set_committed(Core *core, CoreCommitted *committed, void *ctx);

/* Brings what is counted up to date: before statistics are read; or the counts
 * of `code` and its exits, before these are. */
void core_settle(Core *core);
void core_settle_code(Core *core, CoreCode *code);

/* Saves or loads the core, in the present section, between two runs; what is
 * installed is the layer's, and so are the registers.  Loading drops what was
 * remembered of pages. */
void core_checkpoint(Core *core, Ckpt *ckpt);
/* The code whose entry was counted when core_run() stopped there, or NULL. */
const CoreCode *core_counted(const Core *core);
void core_set_counted(Core *core, const CoreCode *code);

/* Row groups "cycles" (causes, total), "core" (molecules, atoms by format,
 * commits, rollbacks, faults by kind, stores, forwards, instructions by gear).
 */
void core_add_stats(const Core *core, Stats *stats);

#endif
