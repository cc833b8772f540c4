/* Inside of the reference core.  core.c goes from translation to translation;
 * core_issue.c issues the molecules of one; core_code.c makes them ready;
 * core_mem.c is the memory side: pages, gated store buffer, alias registers;
 * core_stats.c names what is counted.  docs/core.md is the manual. */
#ifndef SELKIRK_HWMODEL_VLIW_CORE_IMPL_H
#define SELKIRK_HWMODEL_VLIW_CORE_IMPL_H

#include "base/bits.h"
#include "base/histogram.h"
#include "base/pool.h"
#include "hwmodel/vliw/core.h"
#include "hwmodel/vliw/engine_state.h"

#include <stddef.h>

enum {
    PAGE_SHIFT = 12,
    PAGE_SIZE = 1 << PAGE_SHIFT,
    /* Virtual pages remembered for each mode.  Only host time depends on it. */
    CORE_LOOKS = SELKIRK_HARD ? 1 : 256,
    CORE_TLB_MAX = 1024, /* entries */
    ALIAS_REGS_MAX = 64,
    GEARS = 3
};

/* --- Code made ready (core_code.c) ---------------------------------------- */

/* Parts of the core that an atom may have to wait for: general registers by
 * their numbers, then the others. */
enum {
    PART_FPR = VLIW_GPRS,
    PART_FCR = PART_FPR + VLIW_FPRS,
    PART_UNIT = PART_FCR + 1,
    PARTS = PART_UNIT + VLIW_UNITS
};
typedef struct PartSet {
    uint64_t bits[2];
} PartSet;

/* An atom, at its place in the order in which they may execute.  Operand b is
 * register b plus `imm`: an immediate comes with r63, which is zero. */
typedef struct Step {
    uint8_t op; /* AtomOp, plus STEP_LAST if it is the molecule's last one */
    uint8_t d, a, b;
    uint32_t imm;
    uint16_t guest;
    uint16_t alias; /* 0, or 1 + alias register or 1 + index of checks */
} Step;

/* STEP_NONE stands alone in a molecule of no atoms. */
enum { STEP_LAST = ATOM_COUNT, STEP_NONE = 2 * ATOM_COUNT };

/* A part that is busy for a while. */
typedef struct Result {
    uint8_t part;
    uint8_t latency; /* more than 1 */
} Result;

/* Of one atom: its register, FCR31, its unit. */
enum { RESULTS_MAX = 3 };

typedef struct Issue {
    PartSet needs;                  /* what it reads, writes and issues in */
    uint32_t step, result;          /* indices of the first ones */
    uint16_t first_line, last_line; /* of the I-cache: Installed.lines */
    uint16_t commit;                /* as in Molecule */
    uint8_t format, atoms, nops;
    uint8_t result_count;
    uint8_t longest; /* latency of them */
    bool plain;      /* no results, no commit, no branch */
    bool leaves;     /* has an EXIT */
    bool snapshot;   /* no order of the steps reads before it writes */
} Issue;

/* Molecules, atoms and empty slots in one number, for short distances. */
enum { TALLY_BITS = 21 };
#define TALLY(molecules, atoms, nops)                                          \
    ((uint64_t)(molecules) << 2 * TALLY_BITS |                                 \
     (uint64_t)(atoms) << TALLY_BITS | (uint64_t)(nops))

/* Of the host's caches.  Only its time depends on it. */
enum { HOST_LINE = 64 };

/* What core_install() makes: the layer's part and the core's, in one piece of
 * memory; exits follow at once.  What a run needs of the VliwCode is here
 * again. */
struct Installed {
    _Alignas(HOST_LINE) CoreCode pub;
    /* What an entry reads lies in one line of the host's, from pub.entries on.
     */
    EngineOp *ops;          /* threaded form; NULL: there is none */
    const uint8_t *present; /* I-line by I-line: not 0 if in the I-cache */
    /* What came next, and its ops: to be prefetched. */
    Installed *then;
    EngineOp *then_ops;
    EngineCode *host; /* compiled, or Engine.absent; NULL: no compiler */
    const uint8_t *stubs_present; /* as `present`, from pub.stubs_line on */
    Issue *issues;
    Step *steps;
    Result *results;
    uint64_t *checks; /* masks of alias registers */
    unsigned main_count, length, bound;
    /* Registers with a shadow that some molecule writes, a bit each: a commit
     * has only those to copy. */
    uint64_t written_gprs, written_fprs;
    EngineUnit unit;
    size_t size;       /* of all of it */
    unsigned op_count; /* of the threaded form */
    /* Where several cores run it, what stands for CoreExit.host_count: for
     * each exit a number for each of them.  Else NULL. */
    uint64_t *host_counts;
};

_Static_assert(sizeof(void *) != 8 ||
                   (offsetof(Installed, pub.entries) % HOST_LINE == 0 &&
                    offsetof(Installed, stubs_present) ==
                        offsetof(Installed, pub.entries) + HOST_LINE),
               "an entry reads one line");

/* As pub.exits, which lies in another line. */
static inline CoreExit *core_exits(Installed *code)
{
    return (CoreExit *)(code + 1);
}

/* The I-cache's own number of a line of the code. */
static inline uint64_t core_line(const CoreCode *code, unsigned line)
{
    return line < code->lines ? code->line + line
                              : code->stubs_line + (line - code->lines);
}

/* --- The core ------------------------------------------------------------- */

/* A virtual page that was looked up.  A tag is the page's address; NO_TAG
 * matches no access. */
typedef struct CoreLook {
    uint32_t read_tag, write_tag;
    CorePage page;
} CoreLook;

#define NO_TAG  0x800u /* no page's address has this bit */
#define NO_PAGE UINT32_MAX

/* A gated store: bytes of one aligned word, as they will lie in memory. */
typedef struct GatedStore {
    uint8_t *host; /* of the word */
    uint32_t pa;   /* likewise */
    uint32_t mask; /* bytes 0xff where it stores, else 0 */
    uint32_t bytes;
    uint8_t offset, size;
} GatedStore;

typedef struct AliasReg {
    uint32_t pa, size;
} AliasReg;

/* What each commit made final. */
typedef struct CommitCounts {
    Histogram insns, stores;
} CommitCounts;

/* Up to the most of a superblock, and of the store buffer. */
enum { COMMIT_INSNS_BUCKETS = 10, COMMIT_STORES_BUCKETS = 8 };

static inline void commit_count(CommitCounts *counts, uint64_t insns,
                                uint64_t stores)
{
    histogram_add(&counts->insns, COMMIT_INSNS_BUCKETS, insns, 1);
    histogram_add(&counts->stores, COMMIT_STORES_BUCKETS, stores, 1);
}

typedef struct CoreCounters {
    uint64_t cause[CORE_CAUSES];
    uint64_t total; /* current outside core_run() */
    uint64_t molecules, atoms, nops;
    uint64_t format[MOLECULE_FORMATS];
    uint64_t entries, exits, chained, branches;
    uint64_t commits, rollbacks, faults[CORE_FAULTS];
    uint64_t stores, forwards, tlb_misses;
    uint64_t insns[GEARS];
    uint64_t runs, length, bound;
    CommitCounts commit;
} CoreCounters;

struct Core {
    CoreRegs regs;   /* working */
    CoreRegs shadow; /* as of the last commit, unless `shadow_stale` */
    CoreRegs before; /* as a molecule found them, if it needs a snapshot */

    /* The pipeline's clock stands still while the processor waits for memory
     * and while the layer spends time: cycles are the sum of both. */
    uint64_t clock;
    uint64_t stalls;
    uint64_t deadline, insn_limit;
    uint64_t insns;
    EngineState engine;

    /* Results in flight, and when all of them will have arrived.  `flight` may
     * still name some that have. */
    uint64_t arrival;
    PartSet flight;
    uint64_t ready[PARTS]; /* clock */

    /* Gated store buffer; `store_filter` has a bit for each word in it, shared
     * by words 256 bytes apart. */
    uint64_t store_filter;
    unsigned store_count;
    GatedStore stores[STORE_BUFFER_MAX];

    uint64_t alias_set; /* those that hold a range */
    AliasReg alias[ALIAS_REGS_MAX];

    CoreLook looks[2][CORE_LOOKS]; /* kernel, user */
    uint32_t tlb_mask;
    uint32_t tlb[CORE_TLB_MAX]; /* micro TLB: page number, or NO_PAGE */
    /* By its entries: engine_leave_tlb() has something to do. */
    uint8_t tlb_held[CORE_TLB_MAX];

    /* Of the atom that failed. */
    CoreFault fault;
    uint32_t fault_va;

    /* `regs` are committed, and the shadows have yet to follow: compiled code
     * keeps none, and what the layer writes between two runs is not copied. */
    bool shadow_stale;

    /* core_share(): a ring, of `sharers`; the first has the pool and the
     * engine.  */
    Core *peer, *first;
    unsigned sharers;

    /* Its entry was counted when core_run() stopped there. */
    const CoreCode *counted;
    uint64_t generation;
    CorePredict predict;

    VliwDesc desc;
    unsigned tlb_miss, profile; /* cycles */
    unsigned line_shift;        /* of the I-cache */
    Hierarchy *hierarchy;
    CoreBus bus;
    CoreTrace *trace;
    void *trace_ctx;
    CoreCommitted *committed;
    void *committed_ctx;
    HostProfile *host_profile;
    Pool *pool; /* of code */
    CoreCounters counters;
    uint64_t local[VLIW_LOCALS];
};

/* Each core that runs what `core` runs, itself included. */
#define CORE_SHARERS(each, core)                                               \
    for (Core *each = (core)->first; each;                                     \
         each = each->peer != (core)->first ? each->peer : NULL)

/* The processor stands still. */
static inline void core_stall(Core *c, CoreCause cause, uint64_t cycles)
{
    uint64_t limit = c->engine.limit;
    c->stalls += cycles;
    c->engine.limit = limit > cycles ? limit - cycles : 0;
    c->counters.cause[cause] += cycles;
}

/* Works EngineState.limit out, after a change of anything but the stalls. */
static inline void core_update_limit(Core *c)
{
    uint64_t cycles = c->deadline > c->stalls ? c->deadline - c->stalls : 0;
    uint64_t insns = c->insn_limit > c->insns ? c->insn_limit - c->insns : 0;
    /* A run of a translation takes a cycle at least. */
    uint64_t soft = c->clock + (insns >> c->engine.longest);
    c->engine.limit = soft < c->clock || soft > cycles ? cycles : soft;
}

/* All of the registers that have a shadow. */
static inline void core_copy_shadowed(const Core *c, CoreRegs *to,
                                      const CoreRegs *from)
{
    memcpy(to->gpr, from->gpr, sizeof to->gpr[0] * c->desc.shadowed_gprs);
    memcpy(to->fpr, from->fpr, sizeof to->fpr[0] * c->desc.shadowed_fprs);
    to->fcr31 = from->fcr31;
}

/* --- What atoms compute ------------------------------------------------- */

static inline uint32_t core_divide(uint32_t a, uint32_t b)
{
    if (b == 0)
        return a >> 31 ? 1 : UINT32_MAX;
    if (a == 0x80000000u && b == UINT32_MAX)
        return a;
    return (uint32_t)((int32_t)a / (int32_t)b);
}

static inline uint64_t core_set_low(uint64_t a, uint32_t word)
{
    return (a & ~(uint64_t)UINT32_MAX) | word;
}

static inline uint64_t core_set_high(uint64_t a, uint32_t word)
{
    return (uint64_t)word << 32 | (uint32_t)a;
}

/* --- core_issue.c --------------------------------------------------------- */

#define NO_LINE UINT16_MAX

/* A run of one translation. */
typedef struct CoreRun {
    Core *c;
    const Installed *code;
    uint64_t tally; /* of the molecules that have not been counted */
    uint32_t line;  /* I-line of the molecule before, or NO_LINE */
    int commit;     /* last commit's record, or -1 */
    uint32_t insns; /* that it says */
    /* In the end: */
    unsigned exit, molecule; /* that left, and where */
    unsigned guest;          /* instruction of the atom that failed */
} CoreRun;

/* Runs until an exit is taken and committed (true), or an atom fails and
 * everything since the last commit has been undone (false). */
bool core_issue(CoreRun *run);

/* --- core.c --------------------------------------------------------------- */

/* Where `exit` leads, which was taken and counted; NULL if the layer must say.
 */
Installed *core_follow(Core *c, Installed *code, unsigned exit);

/* --- core_mem.c ----------------------------------------------------------- */

/* Looks the page of `va` up, for an access of `size` bytes.  False: c->fault
 * and c->fault_va say why. */
bool core_look_slow(Core *c, CoreLook *look, uint32_t va, unsigned size,
                    bool user, bool store);
/* engine_mem.c: the page in the micro TLB's entry is about to leave it. */
void engine_leave_tlb(Core *c, uint32_t entry);
/* Merges what gated stores have of the word at `pa` into *word; which bytes
 * those are. */
uint32_t core_forward(const Core *c, uint32_t pa, uint32_t *word);
/* Whether a store must fail that could be made: c->fault. */
bool core_refuse_store(Core *c, const CorePage *page, uint32_t va, uint32_t pa,
                       unsigned size, uint64_t check);
/* Makes the gated stores. */
void core_drain(Core *c);
void core_drop_stores(Core *c);

/* Bytes that the atom loads or stores in the guest's memory. */
static inline unsigned core_access_size(AtomOp op)
{
    switch (op) {
    case ATOM_LD8S:
    case ATOM_LD8U:
    case ATOM_ST8: return 1;
    case ATOM_LD16S:
    case ATOM_LD16U:
    case ATOM_ST16: return 2;
    default: return 4;
    }
}

/* NULL: the access fails. */
static inline const CorePage *core_look(Core *c, uint32_t va, unsigned size,
                                        bool user, bool store)
{
    CoreLook *look = &c->looks[user][(va >> PAGE_SHIFT) % CORE_LOOKS];
    uint32_t tag = store ? look->write_tag : look->read_tag;
    /* The low bits make a misaligned access miss. */
    if (unlikely((va & (~(PAGE_SIZE - 1u) | (size - 1))) != tag) &&
        !core_look_slow(c, look, va, size, user, store))
        return NULL;
    return &look->page;
}

/* The micro TLB gets the page of `va`, which it lacks. */
static inline void core_refill_tlb(Core *c, uint32_t va)
{
    uint32_t number = va >> PAGE_SHIFT, entry = number & c->tlb_mask;
    if (unlikely(c->tlb_held[entry]))
        engine_leave_tlb(c, entry);
    c->tlb[entry] = number;
    c->counters.tlb_misses++;
    core_stall(c, CORE_CAUSE_TLB, c->tlb_miss);
}

/* The time of an access that will not fail.  `clock`: the pipeline's, when its
 * molecule issues; here and below. */
static inline void core_spend_access(Core *c, const CorePage *page,
                                     uint64_t clock, uint32_t va, uint32_t pa,
                                     bool store)
{
    if (page->mapped &&
        unlikely(c->tlb[va >> PAGE_SHIFT & c->tlb_mask] != va >> PAGE_SHIFT))
        core_refill_tlb(c, va);
    uint64_t now = clock + c->stalls;
    unsigned cycles = unlikely(!page->cached)
                          ? hierarchy_uncached(c->hierarchy, now, store)
                      : store ? hierarchy_store(c->hierarchy, now, pa)
                              : hierarchy_load(c->hierarchy, now, pa);
    if (unlikely(cycles))
        core_stall(c, CORE_CAUSE_DCACHE, cycles);
}

/* The place, in bits, of `size` bytes at `offset` of a word in memory, when the
 * word is read as one number.  (Stores narrower than the loads that follow them
 * would be slow on the host.) */
static inline unsigned core_byte_place(unsigned offset, unsigned size)
{
    bool host_big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
    return 8 * (host_big ? 4 - size - offset : offset);
}

static inline uint32_t core_byte_mask(unsigned offset, unsigned size)
{
    return UINT32_MAX >> (32 - 8 * size) << core_byte_place(offset, size);
}

static inline uint32_t core_bytes_get(const uint8_t *p, unsigned size, bool big)
{
    return size == 1   ? *p
           : size == 2 ? bits_load16(p, big)
                       : bits_load32(p, big);
}

/* Loads zero-extend.  False: a fault. */
static inline bool core_load(Core *c, const Step *step, uint64_t clock,
                             uint32_t va, unsigned size,
                             const IrContext *context, uint32_t *value)
{
    const CorePage *page = core_look(c, va, size, context->user, false);
    if (unlikely(!page))
        return false;
    uint32_t pa = page->pa | va % PAGE_SIZE;
    const uint8_t *host = page->host + va % PAGE_SIZE;
    core_spend_access(c, page, clock, va, pa, false);
    if (unlikely(step->alias)) {
        c->alias[step->alias - 1] = (AliasReg){pa, size};
        c->alias_set |= 1ull << (step->alias - 1);
    }
    if (likely(!(c->store_filter >> (pa >> 2) % 64 & 1))) {
        *value = core_bytes_get(host, size, context->big);
        return true;
    }
    uint32_t word;
    memcpy(&word, host - pa % 4, sizeof word);
    uint32_t found = core_forward(c, pa & ~3u, &word);
    if (found & core_byte_mask(pa % 4, size)) {
        c->counters.forwards++;
        core_stall(c, CORE_CAUSE_STORE_BUFFER, c->desc.forward);
    }
    *value = core_bytes_get((uint8_t *)&word + pa % 4, size, context->big);
    return true;
}

/* Gates a store.  False: a fault. */
static inline bool core_store(Core *c, uint64_t check, uint64_t clock,
                              uint32_t va, unsigned size,
                              const IrContext *context, uint32_t value)
{
    const CorePage *page = core_look(c, va, size, context->user, true);
    if (unlikely(!page))
        return false;
    uint32_t pa = page->pa | va % PAGE_SIZE;
    if (unlikely(page->tbits || check ||
                 c->store_count >= c->desc.store_buffer) &&
        core_refuse_store(c, page, va, pa, size, check))
        return false;
    core_spend_access(c, page, clock, va, pa, true);
    bool swap = context->big != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
    uint32_t bytes = size == 1   ? (uint8_t)value
                     : size == 2 ? (uint16_t)value
                                 : value;
    if (swap)
        bytes = __builtin_bswap32(bytes) >> (32 - 8 * size);
    GatedStore *store = &c->stores[c->store_count++];
    store->host = page->host + (va % PAGE_SIZE & ~3u);
    store->pa = pa & ~3u;
    store->mask = core_byte_mask(pa % 4, size);
    store->bytes = bytes << core_byte_place(pa % 4, size);
    store->offset = pa % 4;
    store->size = (uint8_t)size;
    c->store_filter |= 1ull << (pa >> 2) % 64;
    return true;
}

#endif
