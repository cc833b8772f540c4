/* Inside of the model of the R3000: r3000.c (life, micro-TLB, statistics),
 * memory.c (caches, write buffer, memory), units.c (results that are awaited).
 */
#ifndef SELKIRK_HWMODEL_R3000_R3000_IMPL_H
#define SELKIRK_HWMODEL_R3000_R3000_IMPL_H

#include "base/bits.h"
#include "hwmodel/r3000/r3000.h"

enum {
    WRITES_MAX = 64, /* of r3000.write_buffer */
    UTLB_MAX = 16,   /* of r3000.utlb */
    FP_SETS = 17,    /* register pairs and the condition */
};

/* No key has this bit. */
#define TAG_EMPTY 2u

typedef enum R3000Cause {
#define CAUSE(id, name, text) R3000_CAUSE_##id,
#include "hwmodel/r3000/cause.def"
#undef CAUSE
    R3000_CAUSES
} R3000Cause;

typedef enum R3000Unit {
    R3000_UNIT_MULDIV,
    R3000_UNIT_FADD,
    R3000_UNIT_FMUL,
    R3000_UNIT_FDIV,
    R3000_UNITS
} R3000Unit;

typedef struct R3000Counters {
    uint64_t cause[R3000_CAUSES];
    uint64_t total;
    uint64_t loads, icache_misses, dcache_misses;
    uint64_t uncached_fetches, uncached_loads;
    uint64_t stores, partial_stores, uncached_stores;
    uint64_t writes_full, writes_row, reads_delayed, write_waits;
    uint64_t utlb_misses;
    uint64_t muldivs, fp_ops;
} R3000Counters;

/* Writes that memory has not taken yet.  The oldest may be under way. */
typedef struct WriteBuffer {
    uint32_t row[WRITES_MAX]; /* a ring */
    uint64_t since[WRITES_MAX];
    unsigned first, count;
    bool started;  /* the first: memory has it ... */
    uint64_t done; /* ... then, and its place is free */
} WriteBuffer;

struct R3000 {
    R3000Desc desc;
    uint32_t *itags, *dtags;

    WriteBuffer writes;
    uint64_t memory_free; /* when memory can begin with something */
    uint32_t memory_row;  /* of the write that memory took last, or NO_ROW */

    uint32_t utlb[UTLB_MAX]; /* virtual pages, the one used last first */
    unsigned utlb_count;

    uint64_t unit_free[R3000_UNITS];
    uint64_t fp_ready[FP_SETS];

    R3000Counters counters;
};

#define NO_ROW UINT32_MAX

static inline uint64_t r3000_later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* The pipeline stands still because of `cause`. */
static inline uint64_t r3000_wait(R3000 *r, R3000Cause cause, uint64_t cycles)
{
    r->counters.cause[cause] += cycles;
    return cycles;
}

#endif
