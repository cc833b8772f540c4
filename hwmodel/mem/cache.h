/* One modelled cache: tags, dirty bits, replacement.  It holds no data.
 *
 * A set fills its ways in order; when it is full, `fifo` replaces the line that
 * came first, `lru` the one used least recently, `random` the way that a shift
 * register of 16 bits names, which starts from the same seed each time and
 * steps once a replacement. */
#ifndef SELKIRK_HWMODEL_MEM_CACHE_H
#define SELKIRK_HWMODEL_MEM_CACHE_H

#include "base/bits.h"
#include "base/ckpt.h"

#include <stdbool.h>
#include <stdint.h>

/* In the order of the words of l1i.policy and its like. */
typedef enum CachePolicy { CACHE_FIFO, CACHE_LRU, CACHE_RANDOM } CachePolicy;

/* Where each line was found last: to find it again without looking at all ways
 * of its set.  Only host time depends on it. */
enum { CACHE_HINTS = SELKIRK_HARD ? 1 : 4096 };

/* Counts of lines by the low bits of their numbers, these times as many as the
 * cache has lines: where the count is 0 a line is not there. */
enum { CACHE_COUNTS = SELKIRK_HARD ? 1 : 8 };

/* A way: empty, or the line's number and whether it was written.  Addresses
 * have less than 35 bits, lines 16 bytes at least. */
#define CACHE_EMPTY UINT32_MAX
#define CACHE_DIRTY (1u << 31)

typedef struct Cache {
    unsigned line_shift;
    unsigned ways;
    uint64_t set_mask;
    CachePolicy policy;
    uint32_t *lines; /* of set s from s * ways on */
    uint64_t *used;  /* lru: when, else NULL */
    uint8_t *filled; /* ways of each set that hold a line */
    uint8_t *oldest; /* fifo: the way of each set that is replaced next */
    uint64_t clock;  /* lru: counts uses */
    uint32_t random;
    uint8_t *counts; /* of a set's lines at most: they fit */
    uint32_t count_mask;
    uint32_t hints[CACHE_HINTS];
} Cache;

/* `size`, `line` and `ways` are powers of two, line * ways at most size. */
void cache_init(Cache *cache, uint64_t size, unsigned line, unsigned ways,
                CachePolicy policy);
void cache_free(Cache *cache);
/* All ways empty, the replacement as after cache_init(). */
void cache_reset(Cache *cache);

/* Saves or loads what it holds, items whose names begin with `name`. */
void cache_checkpoint(Cache *cache, const char *name, Ckpt *ckpt);

/* Four ways at once. */
typedef uint32_t CacheWays __attribute__((vector_size(16)));
enum { CACHE_WAYS = sizeof(CacheWays) / sizeof(uint32_t) };

/* Whether it is known without a search that no way holds line number `line`. */
static inline bool cache_lacks(const Cache *cache, uint32_t line)
{
    return cache->counts[line & cache->count_mask] == 0;
}

/* Index of the way that holds line number `line`, or -1; changes nothing that
 * is modelled.  _rare() takes no guess: for who has found out already that the
 * line is likely not there, or not where it was. */
int64_t cache_find_slow(const Cache *cache, uint32_t line);
static inline int64_t cache_find_rare(const Cache *cache, uint32_t line)
{
    uint64_t first = (line & cache->set_mask) * cache->ways;
    CacheWays found = {0}, wanted = {line, line, line, line}, ways;
    CacheWays number = {1, 2, 3, 4}, step = {4, 4, 4, 4};
    uint64_t halves[2];
    if (cache->ways < CACHE_WAYS)
        return cache_find_slow(cache, line);
    /* One of them at most has the line: its number, from 1 on, is left. */
    for (unsigned way = 0; way < cache->ways; way += CACHE_WAYS) {
        memcpy(&ways, &cache->lines[first + way], sizeof ways);
        found |= (CacheWays)((ways & ~CACHE_DIRTY) == wanted) & number;
        number += step;
    }
    memcpy(halves, &found, sizeof halves);
    halves[0] |= halves[1];
    uint32_t which = (uint32_t)(halves[0] | halves[0] >> 32);
    return which ? (int64_t)(first + which - 1) : -1;
}

/* Without a guess; the next one will be right. */
int64_t cache_search(Cache *cache, uint32_t line);
static inline int64_t cache_find(Cache *cache, uint32_t line)
{
    uint32_t hint = cache->hints[line % CACHE_HINTS];
    if (likely((cache->lines[hint] & ~CACHE_DIRTY) == line))
        return hint;
    return cache_search(cache, line);
}

/* A use of the line in way `index`, which may be a write: a hit. */
static inline void cache_use(Cache *cache, int64_t index, bool write)
{
    if (write)
        cache->lines[index] |= CACHE_DIRTY;
    if (unlikely(cache->used != NULL))
        cache->used[index] = ++cache->clock;
}

/* The way of a full set that is replaced, if not by `fifo`. */
unsigned cache_choose(Cache *cache, uint64_t set);

/* Puts line number `line`, which is not there, in; used, and written if
 * `write`.  Returns what was in the way before; *way_index is the way. */
static inline uint32_t cache_fill(Cache *cache, uint32_t line, bool write,
                                  uint32_t *way_index)
{
    uint64_t set = line & cache->set_mask;
    unsigned way = cache->filled[set];
    if (unlikely(way < cache->ways)) {
        cache->filled[set]++;
    } else if (likely(cache->policy == CACHE_FIFO)) {
        way = cache->oldest[set];
        cache->oldest[set] = (uint8_t)((way + 1) & (cache->ways - 1));
    } else {
        way = cache_choose(cache, set);
    }
    uint64_t index = set * cache->ways + way;
    uint32_t victim = cache->lines[index];
    cache->lines[index] = write ? line | CACHE_DIRTY : line;
    if (unlikely(cache->used != NULL))
        cache->used[index] = ++cache->clock;
    cache->counts[line & cache->count_mask]++;
    if (likely(victim != CACHE_EMPTY))
        cache->counts[victim & cache->count_mask]--;
    *way_index = (uint32_t)index;
    return victim;
}

#endif
