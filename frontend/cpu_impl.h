/* Inside of the reference CPU.  Each of its files calls those named after it:
 * cpu.c (instructions), cpu_161.c (those that MIPS-161 has more), cpu_cop.c
 * (coprocessors), cpu_mem.c (fetch, load, store), cpu_group.c (processors with
 * one memory), cpu_exc.c (interrupts, exceptions, modes). */
#ifndef SELKIRK_FRONTEND_CPU_IMPL_H
#define SELKIRK_FRONTEND_CPU_IMPL_H

#include "base/bits.h"
#include "frontend/cpu.h"
#include "frontend/decode.h"
#include "frontend/isocache.h"
#include "frontend/tlb.h"

enum {
    PAGE_SHIFT = 12,
    PAGE_SIZE = 1 << PAGE_SHIFT,
    PAGE_INSNS = PAGE_SIZE / 4,
    /* Both only make things faster; the hard build shrinks them, so that they
     * overflow all the time. */
    FAST_PAGES = SELKIRK_HARD ? 1 : 256,
    CODE_PAGES_MAX = SELKIRK_HARD ? 2 : 4096,
    CODE_TABLES = 1024,
    CODE_TABLE_PAGES = 1024, /* 4 GB / PAGE_SIZE / CODE_TABLES */
};

/* A virtual page that may be read or written without looking further.  A tag
 * is the page's address; NO_TAG matches no access. */
typedef struct FastPage {
    uint32_t read_tag;
    uint32_t write_tag;
    uint8_t *host;
} FastPage;

#define NO_TAG 0x800u /* no masked address has this bit */

/* One table for each set of rules that an address can be looked up by. */
typedef enum FastTable {
    FAST_KERNEL,
    FAST_USER,
    FAST_NONE, /* isolated caches, reversed bytes: never filled */
    FAST_TABLES
} FastTable;

/* The decoded instructions of a physical page, filled as they are met. */
typedef struct CodePage {
    uint32_t pa;
    Insn insn[PAGE_INSNS];
} CodePage;

typedef struct CpuStats {
    uint64_t exceptions[EXC_COUNT];
    uint64_t utlb_load, utlb_store;
    uint64_t tlb_writes;
    uint64_t fpu_traps;
    Histogram exception_gap;
    uint64_t waits; /* WAIT instructions that waited */
    uint64_t idle;  /* cycles that they let pass */
} CpuStats;

enum { GAP_BUCKETS = 22 }; /* up to a million instructions */

typedef struct CpuWatch {
    bool on, hit;
    uint32_t va;
    uint64_t from;
} CpuWatch;

/* Processors that have their memory in common, of which one runs at a time; one
 * is a group, too.  What was decoded, for one as for another, is theirs. */
typedef struct CpuGroup {
    Cpu *first;
    /* By the upper and the lower half of a physical page number; NULL if not
     * decoded, or nothing near is. */
    CodePage **code_tables[CODE_TABLES];
    CodePage *code_list[CODE_PAGES_MAX]; /* all that there are */
    uint32_t code_count;
} CpuGroup;

struct Cpu {
    GuestState s;
    TlbIndex tlb_index;
    uint64_t limit;      /* execute() looks up when insns is there */
    uint64_t deadline;   /* cpu_run() returns at this cycle */
    uint64_t insn_limit; /* or at this instruction */
    /* Cycles beyond one an instruction, modulo 2^64: where another model kept
     * time before, there may be fewer (cpu_set_cycle()). */
    uint64_t waits;
    uint64_t marks; /* marks count from this instruction on */
    CpuWatch watches[CPU_WATCHES];
    bool stop;
    bool waiting;       /* in WAIT */
    bool irq_ready;     /* an enabled interrupt is pending */
    unsigned irq_lines; /* inputs 0..5 */

    /* The page that pc is in: code_va is its virtual address, or NO_PAGE. */
    uint64_t code_va;
    Insn *code;
    uint32_t code_key; /* CpuTiming's of the page that was fetched from last */

    FastPage *fast; /* row of fast_tables for the current mode */
    FastPage fast_tables[FAST_TABLES][FAST_PAGES];
    uint32_t fast_keys[FAST_TABLES * FAST_PAGES]; /* CpuTiming's of the pages */

    CpuGroup *group;
    Cpu *next_in_group; /* or NULL */
    /* Fetched where no CodePage can be, or under a mark or watch. */
    Insn uncached_insn;

    CpuConfig config;
    CpuBus bus;
    CpuHooks hooks;
    CpuRemapped *remapped; /* NULL: nobody wants to know */
    void *remapped_ctx;
    bool shared; /* then there is */
    CpuSharing sharing;
    bool timed; /* there is a model of time */
    bool timing_counted;
    uint64_t timing_ahead; /* its waits that were not counted */
    CpuTiming timing;
    IsoCache *icache, *dcache;
    CpuStats stats;
    uint64_t last_exception; /* instructions then */
};

#define NO_PAGE (1ull << 32)

/* --- cpu_exc.c --------------------------------------------------------- */

/* The deadline, the waits, `stop` or `irq_ready` changed. */
static inline void cpu_limit_changed(Cpu *c)
{
    uint64_t insns = cpu_insns_at(c->deadline, c->waits);
    if (insns > c->insn_limit)
        insns = c->insn_limit;
    c->limit = c->stop || c->irq_ready || c->waiting ? 0 : insns;
}

/* The model's time, and what it says about it. */
static inline uint64_t cpu_timing_now(const Cpu *c)
{
    return c->s.insns + c->waits + c->timing_ahead;
}

static inline void cpu_wait(Cpu *c, uint64_t cycles)
{
    if (!c->timing_counted) {
        c->timing_ahead += cycles;
    } else if (cycles) {
        c->waits += cycles;
        cpu_limit_changed(c);
    }
}

static inline bool cpu_has(const Cpu *c, unsigned feature)
{
    return c->config.features & feature;
}

/* Takes an exception at s.pc. */
void cpu_exception(Cpu *c, Exception exc);
void cpu_exception_refill(Cpu *c, Exception exc); /* by the UTLB vector */
void cpu_exception_cop(Cpu *c, unsigned z);       /* coprocessor z unusable */
/* Tells that the processor does not survive this. */
void cpu_machine_check(Cpu *c, const char *why);
/* Cause, Status or an interrupt line changed. */
void cpu_irq_changed(Cpu *c);
/* The mode, or what addresses mean in it, changed. */
void cpu_mode_changed(Cpu *c);

/* --- cpu_mem.c --------------------------------------------------------- */

void cpu_mem_free(Cpu *c);
/* Forgets everything: memory may have any content now. */
void cpu_mem_reset(Cpu *c);
/* Status.TS was set. */
void cpu_tlb_shut_down(Cpu *c);
/* Forgets every virtual page, or the one that holds `va`. */
void cpu_mem_forget(Cpu *c);
void cpu_mem_forget_page(Cpu *c, uint32_t va);

/* The instruction at s.pc, which is not in the current page; NULL if the
 * fetch took an exception. */
const Insn *cpu_fetch_slow(Cpu *c);
/* Decodes the word of the current page at s.pc; a mark stands there then, if a
 * watch has the same place in its page. */
void cpu_decode_here(Cpu *c);
/* Whether cpu_run() must return before the instruction at s.pc, which has been
 * counted. */
bool cpu_meets_watch(Cpu *c);
/* The same as cpu_decode_here() where a mark stands, which stays. */
const Insn *cpu_decode_marked(Cpu *c);

/* What the model of time says to an access of `key`; for loads and fetches,
 * that its tags do not have. */
void cpu_wait_fetch(Cpu *c, uint32_t key);
void cpu_wait_load(Cpu *c, uint32_t key);
void cpu_wait_store(Cpu *c, uint32_t key, bool part);

static inline bool cpu_tags_have(const CpuTags *cache, uint32_t key)
{
    return cache->tags[(key >> 2) & cache->mask] == key;
}

/* The key of an access within a page that is remembered. */
static inline uint32_t cpu_fast_key(const Cpu *c, const FastPage *page,
                                    uint32_t va)
{
    return c->fast_keys[page - c->fast_tables[0]] | (va & (PAGE_SIZE - 4u));
}

static inline void cpu_time_load(Cpu *c, uint32_t key)
{
    ++*c->timing.loads;
    if (unlikely(!cpu_tags_have(&c->timing.dcache, key)))
        cpu_wait_load(c, key);
}

/* False: the access took an exception. */
bool cpu_load_slow(Cpu *c, uint32_t va, unsigned size, uint32_t *value);
bool cpu_store_slow(Cpu *c, uint32_t va, unsigned size, uint32_t value);

static inline const FastPage *cpu_fast_page(const Cpu *c, uint32_t va)
{
    return &c->fast[(va >> PAGE_SHIFT) % FAST_PAGES];
}

/* Loads zero-extend.  `timed` is c->timed. */
static inline bool cpu_load(Cpu *c, uint32_t va, unsigned size, uint32_t *value,
                            bool timed)
{
    const FastPage *page = cpu_fast_page(c, va);
    /* The low bits make a misaligned access miss. */
    if (unlikely((va & (~(PAGE_SIZE - 1u) | (size - 1))) != page->read_tag))
        return cpu_load_slow(c, va, size, value);
    if (timed)
        cpu_time_load(c, cpu_fast_key(c, page, va));
    const uint8_t *p = page->host + (va & (PAGE_SIZE - 1));
    *value = size == 1   ? *p
             : size == 2 ? bits_load16(p, c->config.big_endian)
                         : bits_load32(p, c->config.big_endian);
    return true;
}

static inline bool cpu_store(Cpu *c, uint32_t va, unsigned size, uint32_t value,
                             bool timed)
{
    const FastPage *page = cpu_fast_page(c, va);
    if (unlikely((va & (~(PAGE_SIZE - 1u) | (size - 1))) != page->write_tag))
        return cpu_store_slow(c, va, size, value);
    if (timed)
        cpu_wait_store(c, cpu_fast_key(c, page, va), size < 4);
    uint8_t *p = page->host + (va & (PAGE_SIZE - 1));
    if (size == 1)
        *p = (uint8_t)value;
    else if (size == 2)
        bits_store16(p, value, c->config.big_endian);
    else
        bits_store32(p, value, c->config.big_endian);
    return true;
}

/* The word that holds `va`, and the part of one, for LWL, LWR, SWL and SWR:
 * like the above, but an exception names `va` itself as its bad address. */
bool cpu_load_word_at(Cpu *c, uint32_t va, uint32_t *word);
/* Stores `count` bytes of `value`, most or least significant ones (`left`),
 * from or up to the byte at `va` as SWL and SWR do. */
bool cpu_store_part(Cpu *c, uint32_t va, bool left, uint32_t value);

/* Byte order of data in the current mode (Status.RE reverses user mode's). */
static inline bool cpu_data_big(const Cpu *c)
{
    bool reversed = (c->s.status & STATUS_RE) && state_user_mode(&c->s);
    return c->config.big_endian != reversed;
}

/* Stores to the page at `host` must come by the slow path from now on. */
void cpu_forget_fast_stores(Cpu *c, const uint8_t *host);

/* --- cpu_group.c ------------------------------------------------------- */

CpuGroup *cpu_group_create(Cpu *c);
/* The last one that leaves destroys it; cpu_mem_free() comes first. */
void cpu_group_leave(Cpu *c);

/* --- cpu.c ------------------------------------------------------------- */

/* Takes the exception of the word at s.pc, which is no instruction. */
void cpu_reserved(Cpu *c, uint32_t word);

/* --- cpu_161.c --------------------------------------------------------- */

/* The word at s.pc, which is no instruction of the R3000; `rs` and `rt` are the
 * registers that it names.  False: it took an exception. */
bool cpu_extra(Cpu *c, uint32_t word, uint32_t rs, uint32_t rt);
/* MFC0 and MTC0 where CP0 registers have banks. */
uint32_t cpu_extra_mfc0(Cpu *c, const Insn *in);
void cpu_extra_mtc0(Cpu *c, const Insn *in, uint32_t value);

/* --- cpu_cop.c --------------------------------------------------------- */

uint32_t cpu_cp0_read(const Cpu *c, unsigned reg);
void cpu_cp0_write(Cpu *c, unsigned reg, uint32_t value);
/* MFC0. */
static inline uint32_t cpu_cp0_move(Cpu *c, const Insn *in)
{
    return cpu_has(c, CPU_SELECTS) ? cpu_extra_mfc0(c, in)
                                   : cpu_cp0_read(c, in->rd);
}

/* Level of condition input z as a branch sees it. */
bool cpu_condition(const Cpu *c, unsigned z);

uint32_t cpu_fpr_read(Cpu *c, unsigned reg);
void cpu_fpr_load(Cpu *c, unsigned reg, uint32_t value); /* delayed, as LWC1 */
uint32_t cpu_fcr_read(const Cpu *c, unsigned reg);
void cpu_fcr_write(Cpu *c, unsigned reg, uint32_t value);
/* An FP, FCOMP or FPRESERVED instruction.  False: it took an exception. */
bool cpu_fpu_execute(Cpu *c, const Insn *in);

#endif
