/* What the modelled caches are, and the path of an access to data: for
 * hierarchy.c, and for the engine's helper that takes it (engine_mem.c). */
#ifndef SELKIRK_HWMODEL_MEM_HIERARCHY_IMPL_H
#define SELKIRK_HWMODEL_MEM_HIERARCHY_IMPL_H

#include "hwmodel/mem/cache.h"
#include "hwmodel/mem/hierarchy.h"
#include "hwmodel/mem/memory.h"
#include "hwmodel/mem/stream.h"

typedef struct HierarchyCounters {
    uint64_t fetches, fetch_misses, streamed, prefetches;
    uint64_t loads, stores, load_misses, store_misses, write_backs1;
    uint64_t accesses2, misses2, write_backs2;
    uint64_t reads, writes, uncached_loads, uncached_stores;
} HierarchyCounters;

struct Hierarchy {
    Cache l1i, l1d, l2;
    bool has_l2;
    unsigned l2_latency;
    Memory memory;
    Stream stream; /* of lines of code */
    HierarchyCounters counters;
    /* Who watches.  `present` has a byte for each instruction line from
     * `first_present` on. */
    uint8_t *present;
    uint64_t first_present, present_count;
    HierarchyLeft *left;
    void *left_ctx;
};

/* hierarchy.c: a second-level line is read for the first level's of `size`
 * bytes that `pa` lies in.  Returns when that is there. */
uint64_t hierarchy_fill_second(Hierarchy *h, uint64_t now, uint64_t pa,
                               unsigned size);

/* Worth its place in each of its few callers. */
#define HIERARCHY_INLINE static inline __attribute__((always_inline))

static inline unsigned hierarchy_line_size(const Cache *cache)
{
    return 1u << cache->line_shift;
}

/* The first level, whose lines have `size` bytes, has missed `pa`: when the
 * line is there. */
HIERARCHY_INLINE uint64_t hierarchy_read_below(Hierarchy *h, uint64_t now,
                                               uint64_t pa, unsigned size)
{
    if (!h->has_l2) {
        h->counters.reads++;
        return memory_read(&h->memory, now, pa, size, size);
    }
    h->counters.accesses2++;
    int64_t index = cache_find(&h->l2, (uint32_t)(pa >> h->l2.line_shift));
    if (unlikely(index < 0))
        return hierarchy_fill_second(h, now, pa, size);
    cache_use(&h->l2, index, false);
    /* It may still be on its way. */
    uint64_t arrival = memory_arrival(&h->memory, pa, size);
    uint64_t there = now + h->l2_latency;
    return arrival > there ? arrival : there;
}

/* A dirty line of the first-level data cache was replaced. */
HIERARCHY_INLINE void hierarchy_write_back(Hierarchy *h, uint64_t now,
                                           uint32_t victim)
{
    h->counters.write_backs1++;
    if (h->has_l2) {
        uint32_t line =
            (victim & ~CACHE_DIRTY) >> (h->l2.line_shift - h->l1d.line_shift);
        int64_t index = cache_find(&h->l2, line);
        if (likely(index >= 0)) {
            uint32_t *in = &h->l2.lines[index];
            /* A store that is none would hold up who reads it next. */
            if (!(*in & CACHE_DIRTY))
                *in |= CACHE_DIRTY;
            return;
        }
    }
    h->counters.writes++;
    memory_write(&h->memory, now, hierarchy_line_size(&h->l1d));
}

/* The line comes into the first level, to place *place; true in *left: another
 * one has left that. */
HIERARCHY_INLINE unsigned hierarchy_fill_first(Hierarchy *h, uint64_t now,
                                               uint64_t pa, bool write,
                                               uint32_t *place, bool *left)
{
    ++*(write ? &h->counters.store_misses : &h->counters.load_misses);
    uint64_t there =
        hierarchy_read_below(h, now, pa, hierarchy_line_size(&h->l1d));
    uint32_t line = (uint32_t)(pa >> h->l1d.line_shift);
    uint32_t victim = cache_fill(&h->l1d, line, write, place);
    *left = victim != CACHE_EMPTY;
    if (*left && victim & CACHE_DIRTY)
        hierarchy_write_back(h, now, victim);
    return (unsigned)(there - now);
}

/* hierarchy_load() and _store() for the one who watches and counts the access
 * otherwise: where its line is then, whether that is dirty, and whether another
 * one has left that place, which HierarchyLeft is not told. */
typedef struct HierarchyLine {
    uint32_t place;
    bool dirty, replaced;
} HierarchyLine;

HIERARCHY_INLINE unsigned hierarchy_access(Hierarchy *h, uint64_t now,
                                           uint64_t pa, bool store,
                                           HierarchyLine *at)
{
    Cache *l1d = &h->l1d;
    uint32_t line = (uint32_t)(pa >> l1d->line_shift);
    int64_t index = -1;
    if (unlikely(!cache_lacks(l1d, line)))
        index = cache_find(l1d, line);
    if (likely(index < 0)) {
        at->dirty = store;
        return hierarchy_fill_first(h, now, pa, store, &at->place,
                                    &at->replaced);
    }
    cache_use(l1d, index, store);
    *at = (HierarchyLine){.place = (uint32_t)index,
                          .dirty = l1d->lines[index] & CACHE_DIRTY};
    return 0;
}

#endif
