/* Inside of the code-morphing layer.  Each of its files calls those named after
 * it: layer.c (life, the core's questions), dispatch.c, handler.c, gear0.c,
 * watch.c, replay.c, revive.c, borrow.c, translate.c, profile.c, tcache.c,
 * links.c, codepages.c. */
#ifndef SELKIRK_MORPH_LAYER_IMPL_H
#define SELKIRK_MORPH_LAYER_IMPL_H

#include "base/arena.h"
#include "base/bits.h"
#include "base/histogram.h"
#include "base/pool.h"
#include "frontend/lift.h"
#include "frontend/tlb.h"
#include "morph/layer.h"
#include "morph/memo.h"
#include "optimizer/optimizer.h"

enum {
    PAGE_SHIFT = 12,
    PAGE_SIZE = 1 << PAGE_SHIFT,
    PAGE_WORDS = PAGE_SIZE / 4,
    PAGE_BITS = PAGE_WORDS / 32, /* words of a bitmap of the page's words */

    CALLS_DEEP = 4,        /* calls that one exit pushes, at most */
    TRANSLATION_PAGES = 8, /* pages of guest code in one translation */
    /* The hard build has room for a few translations only. */
    TRANSLATIONS_MAX = SELKIRK_HARD ? 3 : 1 << 20,
    /* Counters of gear 0, direct-mapped: a block that shares a place with a
     * busier one is translated later. */
    PROFILE_BLOCKS = SELKIRK_HARD ? 64 : 1 << 17,
    PROFILE_BRANCHES = SELKIRK_HARD ? 64 : 1 << 16,
    INDEX_BUCKETS = SELKIRK_HARD ? 1 : 1 << 16,
    BRANCH_BUCKETS = SELKIRK_HARD ? 1 : 1 << 14,
    CODE_LOOKUPS = SELKIRK_HARD ? 1 : 256,
    NO_RUN = 1,
    DECODED_BITS = SELKIRK_HARD ? 0 : 12, /* words decoded: 2^n */
    MAPPED_FILTER = 1 << 12,
    PAGE_TABLES = 1024, /* of as many pages each: 4 GB */
};

typedef struct Translation Translation;
typedef struct Revival Revival; /* revive.c */
typedef struct CodeTlb CodeTlb; /* codepages.c */

/* What gear 0 and the faults of translations taught about the words of a page.
 * Made when there is something to remember. */
typedef struct PageLessons {
    uint16_t mmio[PAGE_WORDS];     /* times that the access met a device */
    uint16_t faults[PAGE_WORDS];   /* times that it failed otherwise */
    uint8_t refused[PAGE_WORDS];   /* times that the TLB refused it gear 1 */
    uint32_t interpret[PAGE_BITS]; /* words that no translation may contain */
    uint32_t unmoved[PAGE_BITS];   /* entries translated without hoisting */
} PageLessons;

/* A guest instruction of a translation, in the list of the word that it is.  A
 * translation may be in a list more than once: then in one row. */
typedef struct CodeUse {
    Translation *owner;
    struct CodeUse *next, **prev;
} CodeUse;

/* A physical page that translations were made from, or are not to be. */
typedef struct CodePage {
    uint32_t pa;
    uint32_t *tbits; /* CodeGroup's */
    /* Words that the processor has decoded, which fast-forwards. */
    uint32_t decoded[PAGE_BITS];
    CodeUse *first[PAGE_WORDS]; /* by word, the latest translation first */
    PageLessons *lessons;       /* or NULL */
} CodePage;

/* What layers whose processors have one memory have in common: T-bits, so that
 * a store of one finds the translations of all. */
typedef struct CodeGroup {
    Layer *first;                  /* by Layer.next_in_group */
    uint32_t **tbits[PAGE_TABLES]; /* by page, by word; those of a unit alike */
} CodeGroup;

/* A page that a translation was made from. */
typedef struct TranslationPage {
    uint32_t va; /* where the translation runs */
    CodePage *page;
} TranslationPage;

/* What an exit leads to: the target of a direct one, the inline cache of an
 * indirect one; or where a call returns to. */
typedef struct Link {
    CoreLink target;
    uint32_t pc; /* where an inline cache led last: its hits are of there */
    Translation *from;
    struct Link *next, **prev; /* of those that lead there */
} Link;

/* A guest instruction of a translation, and where the way through it went. */
typedef struct TranslationStep {
    uint32_t pc, word, target; /* as in LiftInsn */
    bool taken, fails;
} TranslationStep;

/* All that its molecules were made from, beside its entry and the keys. */
typedef struct TranslationPlan {
    TranslationStep *steps;
    unsigned count;
    unsigned insns; /* the limit; LiftLimits */
    bool hoist;     /* OptConfig */
    uint64_t hash;  /* of the molecules */
} TranslationPlan;

/* Areas of the translation cache, tcache.c. */
enum { TCACHE_MAIN, TCACHE_APART, TCACHE_AREAS };

typedef struct TcacheArea {
    uint64_t base, size; /* bytes, of the translation cache */
    uint64_t top;        /* of the next translation, from `base` */
    Translation *oldest; /* that has bytes there */
} TcacheArea;

typedef struct TcachePlace {
    uint64_t at[TCACHE_AREAS];
    uint32_t bytes[TCACHE_AREAS];
    unsigned gear;
} TcachePlace;

struct Translation {
    uint32_t pc, pa; /* virtual and physical, of the entry */
    uint8_t mode;    /* layer_mode() */
    uint8_t gear;
    CoreCode *core;
    Link *links;                        /* one an exit, then one a call */
    Translation *bucket, **bucket_prev; /* in the index */

    VliwCode *code;
    TcachePlace place;
    unsigned call_count;
    Link *incoming;
    uint32_t earlier;  /* times that it was entered in an earlier run */
    uint32_t next;     /* where its path led on */
    bool interpret;    /* what is there cannot be translated */
    uint32_t spurious; /* faults that the guest's own path did not have */
    /* replay.c.  Of a translation that fails: times by guest instruction, or
     * NULL, and its replays.  Of a replay: it has `replay_of`, until that is
     * gone, and stands for its instructions from `replay_from` up to before
     * `replay_to`. */
    uint8_t *failures;
    Translation *replays, *next_replay, *replay_of;
    uint16_t replay_from, replay_to;
    bool replay;
    bool brief;            /* a superblock that ended for gear2.reach */
    TranslationPlan *plan; /* layer_keep_plans(), else NULL */
    uint32_t number;       /* layer_ckpt.c */
    uint32_t branch;       /* pc of the branch at a block's end, or 1 */
    Translation *sibling, **sibling_prev; /* with the same hash of that */
    Translation *newer, *older;
    CodeUse *uses; /* one a guest instruction, behind the pages */
    /* Bytes of the pool's: of this, of `code`, of `links`. */
    size_t size, code_size, links_size;
    unsigned page_count;
    TranslationPage pages[];
};

typedef struct LayerCosts {
    uint64_t gear0, profile0, dispatch, chain, inline_cache, return_stack, hash;
    uint64_t isolated, handler, verify, exception, refusal, invalidate, flush,
        translate1;
    uint64_t form, pass, select, schedule, regalloc, encode;
    uint64_t warm;
} LayerCosts;

typedef struct LayerStats {
    uint64_t insns0;
    uint64_t blocks0;
    uint64_t handled;           /* instructions, by handlers */
    uint64_t replays, replayed; /* made, and run after a fault */
    uint64_t translations[3];   /* by gear */
    uint64_t guests[3];
    uint64_t bytes[3];
    uint64_t failed; /* nothing could be lifted, or it did not fit */
    uint64_t live, live_bytes, live_bytes_peak;
    uint64_t evicted, flushes, invalidated, replaced, relearned;
    uint64_t remade; /* superblocks, as they ran often */
    uint64_t dispatches, chained, refreshed;
    uint64_t inline_hits, inline_misses, jump_hits, jump_misses;
    uint64_t return_hits, return_misses; /* hits at the second look */
    uint64_t hash_hits, hash_misses;
    uint64_t exits[3]; /* direct, indirect, interpret */
    uint64_t hot;
    uint64_t faults[CORE_FAULTS];
    uint64_t spurious;
    uint64_t learned_mmio, learned_faults, learned_unmoved, learned_refused;
    uint64_t code_writes; /* stores that overwrote translated words */
    uint64_t generations, page_probes;
    uint64_t exceptions;
    /* What an earlier run had saved. */
    uint64_t warm_records, warm_asked, warm_failed;
    uint64_t warm_installed[3], warm_guests, warm_bytes, warm_lessons;
    /* Of other processors. */
    uint64_t borrow_asked, borrowed[3], borrowed_guests;
    /* Of gear 1 and gear 2: by translation and weighted by entries. */
    uint64_t length[3], bound[3];
    uint64_t run_length[3], run_bound[3];
    /* By gear: translations made; runs that an exit ended; those in the cache,
     * by the times they were entered. */
    Histogram insns_made[3], length_made[3], run_insns[3], entries[3];
    Histogram run_percent; /* of superblocks */
    /* The part of run_* of the translations that are no more. */
    uint64_t past_length[3], past_bound[3];
    Histogram past_insns[3], past_percent;
} LayerStats;

/* The longest translation, and a million entries. */
enum {
    INSNS_BUCKETS = 10,
    ENTRIES_BUCKETS = 22,
    PERCENT_BUCKETS = 11,
    PERCENT_STEP = 10,
};

typedef struct ProfileBlock {
    uint32_t pc, pa;
    uint32_t count;
    uint8_t mode;
} ProfileBlock;

typedef struct ProfileBranch {
    uint32_t pc, pa;
    uint64_t taken, not_taken;
} ProfileBranch;

/* A word as an instruction, and what gear 0 asks of it.  All of it follows from
 * the word, so nothing ever makes it stale. */
typedef struct DecodedInsn {
    uint32_t word;
    Insn insn;
    uint8_t access; /* bytes that have to be aligned; 0: it does not access */
    bool store;
    bool branch;    /* a conditional one */
    uint8_t lifted; /* whether regions may hold it, a bit for each mode >> 6 */
} DecodedInsn;

/* Where the code of a virtual page lies; `va` 1 is none. */
typedef struct CodeLookup {
    uint32_t va, pa;
    const uint8_t *host;
    bool taught; /* words of it may be interpreted, always */
} CodeLookup;

typedef struct LayerWatch {
    bool on, hit;
    uint32_t va;
    uint64_t from;
} LayerWatch;

/* What a later cycle depends on is in layer_ckpt.c, too. */
struct Layer {
    const Config *config;
    CpuConfig cpu_config;
    Cpu *cpu;
    GuestState *state; /* the processor's, and */
    const TlbIndex *tlb_index;
    Bus *bus;
    Hierarchy *hierarchy;
    Core *core;
    VliwDesc desc;
    LayerHooks hooks;
    HostProfile *host_profile;
    LayerCosts cost;
    LayerStats stats;
    Arena *scratch; /* what one translation needs on its way */
    Pool *pool;     /* translations and pages of code */

    /* Keys. */
    unsigned gears, mmio_learn, fault_learn, replay_learn, warm_tries;
    unsigned commit_refused;
    bool chain, inline_cache, predict_jumps, handlers, warm_counts, borrows;
    uint32_t grain; /* words of a unit of protection */
    uint32_t gear1_threshold, gear2_threshold, gear2_bias, gear2_reach;
    uint32_t gear2_again;
    unsigned gear2_unroll, gear2_copies;
    LiftLimits block_limits, superblock_limits;
    OptConfig fast, full;

    /* It serves fast-forwarding: beside cpu_run(), with compiled code alone. */
    bool forwards;
    bool keeps_plans; /* Translation.plan */
    bool wrote; /* a store of the present instruction hit translated code */

    /* The active layer_run(). */
    uint64_t deadline, insn_limit;
    uint64_t look; /* layer_set_look() */
    bool stop;
    LayerWatch watches[LAYER_WATCHES]; /* layer_set_watch() */
    bool watched;                      /* there is any */

    /* What is next.  The registers are in the processor (`home`) or in the
     * core; then `pc` and `pending` say where it stands. */
    bool home;
    uint32_t pc;
    IrPending pending;
    bool user, fpu;      /* while not home */
    bool paid;           /* the core's exit paid for the dispatcher */
    bool handled;        /* a handler said what comes after the exit */
    bool in_block;       /* gear 0 is within a block */
    bool interpret;      /* a block that no translation is wanted for */
    Translation *resume; /* goes on with this one */
    Translation *from;   /* left by `from_exit`, which may be linked */
    unsigned from_exit;
    /* Gear 0 repeats what a fault undid, up to the instruction that failed. */
    struct {
        Translation *of; /* NULL: nothing */
        CoreFault fault;
        unsigned next, last; /* of the translation's guest instructions */
    } replay;

    struct LayerTables *tables; /* of what follows, those of a fixed size */

    /* profile.c */
    ProfileBlock *blocks;
    ProfileBranch *branches;
    Translation **branch_index;

    Memo *memo;       /* of the translator; NULL: it has none */
    Revival *revival; /* NULL: no earlier run has saved anything */
    bool begun;       /* it ran since the reset */

    /* The layer whose translation cache this one runs from, and that has what
     * is marked so: itself, or the first of those that share one
     * (tcache.sharing).  It is destroyed last.  What tables, pool and memo are
     * is the same for all of them; `stats` of the holder have what is counted
     * of translations. */
    Layer *holder;

    /* tcache.c */
    Translation **index;
    Translation *oldest, *newest;   /* the holder's */
    TcacheArea areas[TCACHE_AREAS]; /* the holder's */
    bool tcache_align;
    uint32_t line_sizes[2]; /* bytes, of the caches that code is fetched by */
    bool tcache_fifo;

    /* links.c */
    CoreCode **hash; /* NULL: none */
    uint32_t hash_mask;
    CorePredict *predict;    /* the core's */
    CoreLink *missed_return; /* the return stack knew the call, not the code */

    /* codepages.c */
    CodeGroup *group;
    Layer *next_in_group;               /* or NULL */
    CodePage **code_pages[PAGE_TABLES]; /* the holder's */
    CodeLookup lookups[CODE_LOOKUPS];
    uint64_t generation;                  /* from 1 on, when the layer runs */
    CodeTlb *code_tlb;                    /* NULL: none */
    uint32_t mapped_pages[MAPPED_FILTER]; /* translations by virtual page; the
                                             holder's */

    /* gear0.c */
    uint64_t *op_cost;    /* by InsnOp, 0: not known yet */
    DecodedInsn *decoded; /* by word, direct-mapped */
    struct {
        uint32_t pc; /* where it goes on, or NO_RUN */
        uint32_t word;
    } isolated; /* run of stores to isolated caches */
};

/* Each layer that runs what `layer` runs, itself included. */
#define LAYER_SHARERS(each, layer)                                             \
    for (Layer *each = layer_sharer((layer)->group->first, layer); each;       \
         each = layer_sharer(each->next_in_group, layer))

static inline Layer *layer_sharer(Layer *from, const Layer *l)
{
    while (from && from->holder != l->holder)
        from = from->next_in_group;
    return from;
}

/* --- layer.c ---------------------------------------------------------------
 */

/* What a translation assumes of the processor, in one byte. */
static inline uint8_t layer_mode(bool user, bool fpu, IrPending pending)
{
    return (uint8_t)(pending | user << 6 | fpu << 7);
}

static inline IrContext layer_context(const Layer *l, uint8_t mode)
{
    return (IrContext){.user = mode >> 6 & 1,
                       .fpu = mode >> 7,
                       .big = l->cpu_config.big_endian,
                       .pending = mode & 63};
}

static inline bool layer_is_mapped(uint32_t va)
{
    return (va & 0xc0000000) != 0x80000000;
}

/* Whether coprocessor 1 is there and may be used. */
static inline bool layer_fpu(const Layer *l)
{
    return l->cpu_config.fpu && l->state->status & STATUS_CU0 << 1;
}

/* layer_join() of one that is to run from the translation cache of `first`: its
 * own, which is empty, goes. */
void layer_share(Layer *l, Layer *first);
/* Moves the registers to the processor, or to the core. */
void layer_bring_home(Layer *l);
void layer_send_to_core(Layer *l);
/* The processor's state becomes what the core's registers, `pc` and `pending`
 * say, for whoever looks; the registers stay in the core. */
void layer_show_state(Layer *l);
/* Guest instructions so far. */
uint64_t layer_insns(const Layer *l);
/* The page of a data access in the present mode (CoreBus.page). */
bool layer_page(void *ctx, uint32_t va, bool user, bool store, CorePage *page,
                CoreFault *fault);
/* Adds the runs of `t` that an exit ended. */
void layer_count_runs(const Translation *t, Histogram *insns,
                      Histogram *percent);
/* Tells who looks (LayerHooks.event), with a detail; "" if there is none. */
void layer_event(const Layer *l, const char *what, const Translation *t,
                 const char *detail, ...) __attribute__((format(printf, 4, 5)));
/* What is in flight between two instructions, by the processor's state; an FP
 * load that is due lands. */
IrPending layer_pending(Layer *l);

/* --- gear0.c ---------------------------------------------------------------
 */

/* Interprets: up to the end of a block, or until the run has to look up. */
void gear0_run(Layer *l);
/* Cycles of an instruction's own operation, but for its accesses; NULL: it was
 * not fetched.  _anew() works out what op_cost does not hold yet. */
uint64_t gear0_operation_anew(Layer *l, const Insn *in);
static inline uint64_t gear0_operation(Layer *l, const Insn *in)
{
    if (likely(in && l->op_cost[in->op]))
        return l->op_cost[in->op];
    return gear0_operation_anew(l, in);
}
/* Fills the table of decoded words, which is zeroed. */
void gear0_init(Layer *l);
void gear0_decode_anew(DecodedInsn *decoded, uint32_t word);

/* The word decoded; good until another one is. */
static inline const DecodedInsn *gear0_decode(const Layer *l, uint32_t word)
{
    uint32_t hash = word * 0x9e3779b1u;
    DecodedInsn *d = &l->decoded[(uint64_t)hash >> (32 - DECODED_BITS)];
    if (d->word != word)
        gear0_decode_anew(d, word);
    return d;
}

/* Whether a region that is entered in `mode` may hold it, for all that the
 * instruction itself has to do with that. */
static inline bool gear0_is_lifted(const DecodedInsn *d, uint8_t mode)
{
    return d->lifted >> (mode >> 6) & 1;
}

/* Executes the instruction at the pc, with the registers home, at `cost`
 * cycles more than its operation: true if it took an exception. */
bool gear0_step(Layer *l, uint64_t cost);
/* The TLB refuses the access `in` at the pc, with the registers home, or the
 * fetch (NULL): the exception is taken. */
void gear0_refuse(Layer *l, const Insn *in);

/* --- dispatch.c -------------------------------------------------------------
 */

/* The next run goes up to there at most. */
void dispatch_limit(Layer *l, uint64_t deadline, uint64_t insn_limit);
/* Whether gear 0 alone can get to the limit of instructions exactly. */
bool dispatch_is_near_limit(const Layer *l);
/* Where the guest stands, into `pc` and so on: false if no translation can be
 * entered there; else *mode and the physical address and bytes of its page. */
bool dispatch_locate(Layer *l, uint8_t *mode, uint32_t *pa,
                     const uint8_t **host);
/* Whether the processor's state is one that translations are made for. */
bool dispatch_is_translatable(const Layer *l);
/* Runs `t`, which is right for that, and what follows it, and notes where the
 * guest stands then. */
void dispatch_run(Layer *l, Translation *t);
/* CoreBus.failed */
CoreCode *dispatch_failed(void *ctx, const CoreStop *stop);

/* --- handler.c -------------------------------------------------------------
 */

/* CoreBus.interpret: NULL and `handled` not set: nothing was done. */
CoreCode *handler_run(void *ctx, CoreCode *from, unsigned exit);
/* The registers are in the core, and the guest stands before an access that
 * failed, or before the branch whose delay slot has it: true if the TLB refused
 * it, and the exception was taken. */
bool handler_fault(Layer *l);
/* Likewise of the fetch where the guest stands. */
bool handler_fetch(Layer *l);

/* --- watch.c ----------------------------------------------------------------
 */

/* Whether `pc` is an instruction that is watched. */
bool watch_has(const Layer *l, uint32_t pc);
/* The guest stands before the instruction at `pc`, or has passed it as number
 * `insns`: if it is watched, the layer ends its run where it looks next. */
bool watch_meet(Layer *l, uint32_t pc, uint64_t insns);
/* The guest stands before an instruction that is watched: the same. */
static inline bool watch_is_here(Layer *l)
{
    return unlikely(l->watched) &&
           watch_meet(l, l->home ? l->state->pc : l->pc, layer_insns(l));
}

/* The first `count` instructions of a run of `t` were executed, and brought the
 * count to `insns`. */
void watch_passed(Layer *l, const Translation *t, unsigned count,
                  uint64_t insns);
/* Has `t` told when it runs, if the instruction is among its own. */
void watch_add(Layer *l, Translation *t);
/* CoreBus.held */
void watch_held(void *ctx, CoreCode *code, int exit);

/* --- replay.c ---------------------------------------------------------------
 */

/* The instruction that failed, which l->replay has come to, met a TLB miss. */
void replay_count(Layer *l);
/* What the fault of `t` undid is to be repeated (l->replay), at `pc` and
 * `pending`: by a replay, if there is one or this was the time to make it. */
void replay_begin(Layer *l, Translation *t);
/* The replay was left by `exit`, which may teach about what it is of; `t` may
 * be gone then. */
void replay_left(Layer *l, Translation *t, unsigned exit);
/* The translation goes, and its replays with it; or it is one. */
void replay_remove(Layer *l, Translation *t);

/* --- translate.c -----------------------------------------------------------
 */

/* Makes and installs a translation of `gear`; NULL if that cannot be.  May
 * empty the translation cache. */
Translation *translate(Layer *l, uint32_t pc, uint8_t mode, unsigned gear);
/* A superblock that few of its entries getting there do not end. */
Translation *translate_whole(Layer *l, uint32_t pc, uint8_t mode);
/* Installs what an earlier run translated, if each of its `guests` is what the
 * guest's memory holds now and may be translated; or NULL. */
Translation *translate_again(Layer *l, const WarmTranslation *record,
                             const IrGuest *guests);
/* Likewise what another processor has. */
Translation *translate_borrowed(Layer *l, const Translation *other);
/* A replay of `t`: its guest instructions from `from` on, which the guest
 * stands before, up to before `to`, which is interpreted. */
Translation *translate_replay(Layer *l, const Translation *t, unsigned from,
                              unsigned to);

/* A translation of a checkpoint. */
typedef struct TranslationRecord {
    uint32_t pc, next;
    uint8_t mode, gear;
    bool replay, interpret;
    uint64_t at[TCACHE_AREAS]; /* TcachePlace */
    TranslationPlan plan;
    unsigned page_count;
    struct {
        uint32_t va, pa;
    } pages[TRANSLATION_PAGES];
} TranslationRecord;
/* Makes it again, at its address, and puts it behind all that there are;
 * nothing is charged or counted.  NULL: it cannot be what was saved. */
Translation *translate_saved(Layer *l, const TranslationRecord *record);
/* Releases Translation.plan. */
void translate_forget(Translation *t);

/* --- revive.c --------------------------------------------------------------
 */

/* A translation of `gear` or above that an earlier run had of this entry, whose
 * first word is `word`: it is installed again.  NULL: there is none that is
 * still right. */
Translation *revive(Layer *l, uint32_t pc, uint32_t word, uint8_t mode,
                    unsigned gear);
/* The layer runs for the first time since the reset: it begins with the profile
 * and lessons of the earlier run. */
void revive_begin(Layer *l);
void revive_reset(Layer *l);
void revive_checkpoint(Layer *l, Ckpt *ckpt);
void revive_destroy(Layer *l);

/* --- borrow.c --------------------------------------------------------------
 */

/* A translation of `gear` or above that another processor has of this entry:
 * installed here, too.  NULL: there is none, or tcache.sharing is private. */
Translation *borrow(Layer *l, uint32_t pc, uint32_t pa, uint8_t mode,
                    unsigned gear);

/* --- profile.c -------------------------------------------------------------
 */

/* Counts an entry of a block by gear 0: true when it has become worth a
 * translation (the count starts anew). */
bool profile_block(Layer *l, uint32_t pc, uint32_t pa, uint8_t mode);
/* Likewise, as `count` entries. */
bool profile_blocks(Layer *l, uint32_t pc, uint32_t pa, uint8_t mode,
                    uint32_t count);
/* The block is about to be counted, perhaps. */
void profile_prefetch(const Layer *l, uint32_t pc, uint32_t pa, uint8_t mode);
/* Counts a conditional branch that gear 0 executed. */
void profile_branch(Layer *l, uint32_t pc, uint32_t pa, bool taken);
/* The counts of a brief superblock that goes. */
void profile_keep(Layer *l, const Translation *t);
/* For LiftSource: by the counts of gear 0 and of the blocks that end there.
 * `share` is how many of PROFILE_ALL go that way. */
#define PROFILE_ALL 65536u
LiftPath profile_path(Layer *l, uint32_t pc, uint32_t pa, uint32_t *share);
bool profile_target(Layer *l, uint32_t pc, uint32_t pa, uint32_t *target,
                    uint32_t *share);
/* A translation of gear 1 comes, and goes: its counts stay. */
void profile_add(Layer *l, Translation *t);
void profile_remove(Layer *l, Translation *t);
/* All counts of branches, those of the blocks included; and back again. */
void profile_save(const Layer *l, Warm *warm);
void profile_put(Layer *l, const WarmBranch *branch);
void profile_reset(Layer *l);
void profile_checkpoint(Layer *l, Ckpt *ckpt);

/* --- tcache.c --------------------------------------------------------------
 */

/* The translation of an entry that is good in the present mapping, of the
 * highest gear; or NULL. */
Translation *tcache_find(Layer *l, uint32_t pc, uint32_t pa, uint8_t mode);
/* One of the entry of `gear` at least, whether good in the present mapping or
 * not. */
const Translation *tcache_find_any(const Layer *l, uint32_t pc, uint32_t pa,
                                   uint8_t mode, unsigned gear);
/* Room for `code`, after evicting what is in the way; false if the cache is
 * smaller. */
bool tcache_make_room(Layer *l, const VliwCode *code, unsigned gear,
                      TcachePlace *place);
/* The place of `code` where a checkpoint says; false if it is outside. */
bool tcache_place(const Layer *l, const VliwCode *code, unsigned gear,
                  const uint64_t *at, TcachePlace *place);
/* Has the core make `code` ready there. */
CoreCode *tcache_install(Layer *l, const VliwCode *code,
                         const TcachePlace *place);
void tcache_init(Layer *l, const Config *config);
void tcache_add(Layer *l, Translation *t);
/* The same of one that replaces nothing. */
void tcache_put(Layer *l, Translation *t);
/* Whether there is a superblock of this block's entry that is good now, or has
 * run more often: its pages are away for a while only. */
bool tcache_stands_in(Layer *l, const Translation *t);
/* There is a better one than this where all pages of that are mapped:
 * what led here finds that, and this has to become hot anew. */
void tcache_set_aside(Layer *l, Translation *t);
/* Takes a translation out of everything and frees it.  Nothing is charged. */
void tcache_remove(Layer *l, Translation *t);
void tcache_clear(Layer *l); /* all of them */

/* --- links.c ---------------------------------------------------------------
 */

/* The tables of predictors, for the core that is there; and frees them. */
void links_create(Layer *l, const Config *config);
void links_destroy(Layer *l);
/* The hash table is that of `first`; no link is there yet. */
void links_share(Layer *l, const Layer *first);
/* Makes the links of `t`, whose core code is installed. */
void links_add(Layer *l, Translation *t);
/* The exit by which the core left leads to `t`: links it. */
void links_set(Layer *l, Translation *from, unsigned exit, Translation *t);
/* Where the exit leads after its handler, if it is linked to what runs at `pc`
 * in `mode`; or NULL. */
Translation *links_handled(Layer *l, Translation *from, unsigned exit,
                           uint32_t pc, uint8_t mode);
/* What the jump cache or the hash table has for `pc` in `mode`, or NULL;
 * charged. */
Translation *links_looked_up(Layer *l, uint32_t pc, uint8_t mode);
/* Whether `t` can run wherever `from` does. */
bool links_is_covered(const Translation *from, const Translation *t);
/* Whatever led to `t` asks the dispatcher from now on. */
void links_cut(Layer *l, Translation *t);
/* They will have `t` the next time. */
void links_note(Layer *l, Translation *t);
/* Takes out all links to `t`, and of it. */
void links_remove(Layer *l, Translation *t);
void links_reset(Layer *l);
/* Link number `link` of `from` leads to `t`, or nowhere if that is NULL, as it
 * was saved; and whether `pc` has its place in `slot` of the hash table, or
 * of the jump cache. */
void links_put(Translation *from, unsigned link, Translation *t, uint32_t pc,
               uint64_t hits);
bool links_has_slot(const Layer *l, uint32_t pc, uint32_t slot);
bool links_has_jump_slot(const Layer *l, uint32_t pc, uint32_t slot);
/* CoreBus.renew, .indirect and .call. */
CoreCode *links_renew(void *ctx, CoreCode *from, unsigned exit);
CoreCode *links_indirect(void *ctx, CoreCode *from, unsigned exit, uint32_t pc);
void links_call(void *ctx, CoreCode *from, unsigned exit);

/* --- codepages.c -----------------------------------------------------------
 */

/* The page of code at `va` in the present mode, if it is mapped, cached and
 * plain memory: its physical address and bytes. */
bool codepages_lookup(Layer *l, uint32_t va, bool user, uint32_t *pa,
                      const uint8_t **host);
/* The bytes of the instruction there; NULL: it cannot be had so, or is always
 * interpreted. */
const uint8_t *codepages_peek(Layer *l, uint32_t va, bool user);
/* Whether the pages of `t` are where they were when it was made; free. */
bool codepages_is_there(Layer *l, const Translation *t);
/* The same for whoever enters `t`; charged where the guest's TLB is asked.
 * While CoreCode.verified is the present generation it need not be asked. */
bool codepages_verify(Layer *l, Translation *t);
/* The page that holds `pa`, if it is known; or makes it known. */
static inline CodePage *codepages_find(const Layer *l, uint32_t pa)
{
    uint32_t number = pa >> PAGE_SHIFT;
    CodePage **table = l->holder->code_pages[number / PAGE_TABLES];
    return table ? table[number % PAGE_TABLES] : NULL;
}
CodePage *codepages_get(Layer *l, uint32_t pa);
/* Physical address of an instruction of `t`. */
uint32_t codepages_pa(const Translation *t, uint32_t va);
/* T-bits of the page, if any layer has it, or NULL. */
static inline uint32_t *codepages_tbits(const Layer *l, uint32_t pa)
{
    uint32_t number = pa >> PAGE_SHIFT;
    uint32_t **table = l->group->tbits[number / PAGE_TABLES];
    return table ? table[number % PAGE_TABLES] : NULL;
}

/* The word of its page that holds `pa`, and its bit in a bitmap. */
static inline uint32_t codepages_word(uint32_t pa)
{
    return pa / 4 % PAGE_WORDS;
}

static inline bool codepages_has_bit(const uint32_t *bits, uint32_t word)
{
    return bits[word / 32] >> word % 32 & 1;
}

/* No translation may contain the instruction at `pa`. */
static inline bool codepages_is_interpreted(const Layer *l, uint32_t pa)
{
    const CodePage *page = codepages_find(l, pa);
    return page && page->lessons &&
           codepages_has_bit(page->lessons->interpret, codepages_word(pa));
}
bool codepages_is_unmoved(const Layer *l, uint32_t pa);
/* Protects the words that `t` was made from, and no longer. */
void codepages_add(Layer *l, Translation *t);
void codepages_remove(Layer *l, Translation *t);
/* The word at `pa` was overwritten: what was made from it goes.  Returns
 * whether there was anything. */
bool codepages_written(Layer *l, uint32_t pa);
/* The instruction at `pa` failed in a translation, on a device or otherwise;
 * often enough, and it will be interpreted. */
void codepages_learn(Layer *l, uint32_t pa, bool mmio);
/* The TLB refused the instruction at `va` of `t`; often enough, and superblocks
 * commit before it. */
void codepages_learn_refused(Layer *l, const Translation *t, uint32_t va);
/* Superblocks that have the instruction at `pa`, up to `enough`. */
unsigned codepages_count(const Layer *l, uint32_t pa, uint32_t entry,
                         unsigned enough);
bool codepages_is_refused(const Layer *l, uint32_t pa);
/* `t` failed where the guest does not go, once more. */
void codepages_learn_spurious(Layer *l, Translation *t);
/* All lessons; and one back again, if its word is still there. */
void codepages_save(const Layer *l, Warm *warm);
void codepages_teach(Layer *l, const WarmLesson *lesson);
/* CpuRemapped. */
void codepages_remapped(void *ctx, bool all, uint32_t va);
/* Shares the guest's code with cpu_run() (CpuSharing), or no longer. */
void codepages_share(Layer *l, bool shared);
void codepages_reset(Layer *l);
/* Saves or loads which pages there are, all lessons, and the code TLB. */
void codepages_checkpoint(Layer *l, Ckpt *ckpt);
void codepages_create(Layer *l, const Config *config);
void codepages_destroy(Layer *l);
/* A group of its own, before that. */
void codepages_create_group(Layer *l);

#endif
