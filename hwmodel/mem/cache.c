/* One modelled cache; see cache.h. */
#include "hwmodel/mem/cache.h"

#include "base/alloc.h"

#include <assert.h>
#include <stdlib.h>

enum { RANDOM_SEED = 0xace1 };

void cache_init(Cache *cache, uint64_t size, unsigned line, unsigned ways,
                CachePolicy policy)
{
    assert((uint64_t)line * ways <= size && ways <= UINT8_MAX);
    uint64_t sets = size / line / ways;
    *cache = (Cache){
        .line_shift = (unsigned)__builtin_ctz(line),
        .ways = ways,
        .set_mask = sets - 1,
        .policy = policy,
        .lines = alloc_zeroed(sets * ways, sizeof *cache->lines),
        .filled = alloc_zeroed(sets, 1),
        .oldest = alloc_zeroed(sets, 1),
        .counts = alloc_zeroed(sets * ways * CACHE_COUNTS, 1),
        .count_mask = (uint32_t)(sets * ways * CACHE_COUNTS - 1),
    };
    if (policy == CACHE_LRU)
        cache->used = alloc_zeroed(sets * ways, sizeof *cache->used);
    cache_reset(cache);
}

void cache_free(Cache *cache)
{
    free(cache->lines);
    free(cache->used);
    free(cache->filled);
    free(cache->oldest);
    free(cache->counts);
}

void cache_reset(Cache *cache)
{
    uint64_t sets = cache->set_mask + 1;
    for (uint64_t i = 0; i < sets * cache->ways; i++)
        cache->lines[i] = CACHE_EMPTY;
    for (uint64_t set = 0; set < sets; set++)
        cache->filled[set] = cache->oldest[set] = 0;
    memset(cache->counts, 0, (size_t)cache->count_mask + 1);
    cache->random = RANDOM_SEED;
}

/* What follows from the lines that a checkpoint had. */
static void count_lines(Cache *cache)
{
    uint64_t places = (cache->set_mask + 1) * cache->ways;
    memset(cache->counts, 0, (size_t)cache->count_mask + 1);
    for (uint64_t i = 0; i < places; i++)
        if (cache->lines[i] != CACHE_EMPTY)
            cache->counts[cache->lines[i] & cache->count_mask]++;
}

int64_t cache_find_slow(const Cache *cache, uint32_t line)
{
    uint64_t first = (line & cache->set_mask) * cache->ways;
    for (unsigned way = 0; way < cache->ways; way++)
        if ((cache->lines[first + way] & ~CACHE_DIRTY) == line)
            return (int64_t)(first + way);
    return -1;
}

int64_t cache_search(Cache *cache, uint32_t line)
{
    int64_t index = cache_find_rare(cache, line);
    if (index >= 0)
        cache->hints[line % CACHE_HINTS] = (uint32_t)index;
    return index;
}

unsigned cache_choose(Cache *cache, uint64_t set)
{
    unsigned way = 0;
    const uint64_t *used = cache->used + set * cache->ways;
    if (cache->policy == CACHE_LRU) {
        for (unsigned i = 1; i < cache->ways; i++)
            if (used[i] < used[way])
                way = i;
        return way;
    }
    assert(cache->policy == CACHE_RANDOM);
    /* x^16 + x^14 + x^13 + x^11 + 1, Galois form */
    cache->random = cache->random >> 1 ^ (cache->random & 1 ? 0xb400u : 0);
    return cache->random & (cache->ways - 1);
}

/* One item of `count` numbers. */
static void numbers(Ckpt *ckpt, const char *name, const char *what,
                    void *values, uint32_t size, uint64_t count, uint64_t most)
{
    char item[CKPT_NAME_MAX + 1];
    snprintf(item, sizeof item, "%s.%s", name, what);
    const CkptField field = {item, 0, size, (uint32_t)count, most};
    ckpt_fields(ckpt, &field, 1, values);
}

void cache_checkpoint(Cache *cache, const char *name, Ckpt *ckpt)
{
    uint64_t sets = cache->set_mask + 1, ways = sets * cache->ways;
    numbers(ckpt, name, "lines", cache->lines, sizeof *cache->lines, ways,
            UINT64_MAX);
    if (cache->used)
        numbers(ckpt, name, "used", cache->used, sizeof *cache->used, ways,
                UINT64_MAX);
    numbers(ckpt, name, "filled", cache->filled, 1, sets, cache->ways);
    numbers(ckpt, name, "oldest", cache->oldest, 1, sets, cache->ways - 1);
    numbers(ckpt, name, "clock", &cache->clock, sizeof cache->clock, 1,
            UINT64_MAX);
    numbers(ckpt, name, "random", &cache->random, sizeof cache->random, 1,
            UINT16_MAX);
    if (ckpt_loads(ckpt))
        count_lines(cache);
}
