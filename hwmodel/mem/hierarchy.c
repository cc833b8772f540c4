/* The modelled caches: which level answers, what it costs, what moves.
 *
 * A first-level miss costs l2.latency if the second level has the line, else
 * what memory takes (memory.c), which is asked beside; it fills the levels that
 * missed.  Levels include nothing of each other: a line may leave the second
 * level and stay in the first.  Dirty lines that are replaced move after the
 * fill: one of the first level to the second if that has the line (which counts
 * as no use of it), else to memory; one of the second level to memory.  The
 * processor does not wait for them, but memory is taken.
 *
 * A line of code that the stream buffer has is still a miss, which takes a
 * cycle at least, and enters the first level then: so lines are either there,
 * or not.
 */
#include "hwmodel/mem/hierarchy_impl.h"

#include "base/alloc.h"

#include <assert.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* --- Configuration -------------------------------------------------------- */

typedef struct CacheKeys {
    const char *name; /* of the section */
    ConfigKey size, line, ways, policy;
} CacheKeys;

static const CacheKeys l1i_keys = {"l1i", CONFIG_L1I_SIZE, CONFIG_L1I_LINE,
                                   CONFIG_L1I_WAYS, CONFIG_L1I_POLICY};
static const CacheKeys l1d_keys = {"l1d", CONFIG_L1D_SIZE, CONFIG_L1D_LINE,
                                   CONFIG_L1D_WAYS, CONFIG_L1D_POLICY};
static const CacheKeys l2_keys = {"l2", CONFIG_L2_SIZE, CONFIG_L2_LINE,
                                  CONFIG_L2_WAYS, CONFIG_L2_POLICY};

static bool make_cache(Cache *cache, const CacheKeys *keys,
                       const Config *config, Diag *diag)
{
    uint64_t size = config_int(config, keys->size);
    uint64_t line = config_int(config, keys->line);
    uint64_t ways = config_int(config, keys->ways);
    if (line * ways > size)
        return diag_error(diag,
                          "%s.size = %" PRIu64 " is less than a set, %s.line "
                          "* %s.ways = %" PRIu64 "; make it larger",
                          keys->name, size, keys->name, keys->name,
                          line * ways);
    cache_init(cache, size, (unsigned)line, (unsigned)ways,
               (CachePolicy)config_choice(config, keys->policy));
    return true;
}

static bool check_lines(const Hierarchy *h, const CacheKeys *keys,
                        const Cache *first, Diag *diag)
{
    if (first->line_shift > h->l2.line_shift)
        return diag_error(diag,
                          "l2.line = %u is less than %s.line = %u; make it as "
                          "large",
                          1u << h->l2.line_shift, keys->name,
                          1u << first->line_shift);
    return true;
}

static bool configure(Hierarchy *h, const Config *config, Diag *diag)
{
    h->l2_latency = (unsigned)config_int(config, CONFIG_L2_LATENCY);
    memory_init(&h->memory, config);
    stream_init(&h->stream, (unsigned)config_int(config, CONFIG_L1I_PREFETCH));
    h->has_l2 = config_int(config, CONFIG_L2_SIZE) != 0;
    if (!make_cache(&h->l1i, &l1i_keys, config, diag) ||
        !make_cache(&h->l1d, &l1d_keys, config, diag))
        return false;
    return !h->has_l2 || (make_cache(&h->l2, &l2_keys, config, diag) &&
                          check_lines(h, &l1i_keys, &h->l1i, diag) &&
                          check_lines(h, &l1d_keys, &h->l1d, diag));
}

Hierarchy *hierarchy_create(const Config *config, Diag *diag)
{
    Hierarchy *h = alloc_zeroed(1, sizeof *h);
    if (configure(h, config, diag))
        return h;
    hierarchy_destroy(h);
    return NULL;
}

void hierarchy_destroy(Hierarchy *h)
{
    if (!h)
        return;
    cache_free(&h->l1i);
    cache_free(&h->l1d);
    cache_free(&h->l2);
    free(h->present);
    free(h);
}

void hierarchy_reset(Hierarchy *h)
{
    if (h->present_count)
        memset(h->present, 0, h->present_count);
    for (uint32_t i = 0; h->left && i < hierarchy_places_d(h); i++)
        h->left(h->left_ctx, i);
    cache_reset(&h->l1i);
    cache_reset(&h->l1d);
    if (h->has_l2)
        cache_reset(&h->l2);
    memory_reset(&h->memory);
    stream_reset(&h->stream);
}

unsigned hierarchy_line_i(const Hierarchy *h)
{
    return 1u << h->l1i.line_shift;
}

unsigned hierarchy_line_d(const Hierarchy *h)
{
    return 1u << h->l1d.line_shift;
}

/* --- Watching ------------------------------------------------------------- */

static bool is_silent(const Cache *cache)
{
    return cache->policy != CACHE_LRU || cache->ways == 1;
}

bool hierarchy_hits_are_silent_i(const Hierarchy *h)
{
    return is_silent(&h->l1i);
}

bool hierarchy_hits_are_silent_d(const Hierarchy *h)
{
    return is_silent(&h->l1d);
}

static void note_present(Hierarchy *h, uint64_t line, bool present)
{
    if (line - h->first_present < h->present_count)
        h->present[line - h->first_present] = present;
}

const uint8_t *hierarchy_watch_fetches(Hierarchy *h, uint64_t pa,
                                       uint64_t count)
{
    assert(!h->present);
    h->present = alloc_zeroed(count, 1);
    if (!is_silent(&h->l1i))
        return h->present;
    h->first_present = pa >> h->l1i.line_shift;
    h->present_count = count;
    uint64_t places = (h->l1i.set_mask + 1) * h->l1i.ways;
    for (uint64_t i = 0; i < places; i++) {
        uint32_t line = h->l1i.lines[i];
        if (line != CACHE_EMPTY)
            note_present(h, line & ~CACHE_DIRTY, true);
    }
    return h->present;
}

void hierarchy_watch_data(Hierarchy *h, HierarchyLeft *left, void *ctx)
{
    h->left = left;
    h->left_ctx = ctx;
}

uint32_t hierarchy_places_d(const Hierarchy *h)
{
    return (uint32_t)((h->l1d.set_mask + 1) * h->l1d.ways);
}

bool hierarchy_find_data(Hierarchy *h, uint64_t pa, uint32_t *place,
                         bool *dirty)
{
    int64_t index = cache_find(&h->l1d, (uint32_t)(pa >> h->l1d.line_shift));
    if (index < 0)
        return false;
    *place = (uint32_t)index;
    *dirty = h->l1d.lines[index] & CACHE_DIRTY;
    return true;
}

void hierarchy_add_hits(Hierarchy *h, uint64_t fetches, uint64_t loads,
                        uint64_t stores)
{
    h->counters.fetches += fetches;
    h->counters.loads += loads;
    h->counters.stores += stores;
}

/* --- Accesses ------------------------------------------------------------- */

uint64_t hierarchy_fill_second(Hierarchy *h, uint64_t now, uint64_t pa,
                               unsigned size)
{
    unsigned whole = hierarchy_line_size(&h->l2);
    uint32_t place;
    h->counters.misses2++;
    h->counters.reads++;
    uint64_t there = memory_read(&h->memory, now, pa, size, whole);
    uint32_t victim =
        cache_fill(&h->l2, (uint32_t)(pa >> h->l2.line_shift), false, &place);
    if (victim != CACHE_EMPTY && victim & CACHE_DIRTY) {
        h->counters.write_backs2++;
        h->counters.writes++;
        memory_write(&h->memory, now, whole);
    }
    return there;
}

/* Whether the stream buffer may have the line: it is not in the first level,
 * and in the second.  So prefetching takes no memory from those who wait. */
static bool is_near(const Hierarchy *h, uint32_t line)
{
    unsigned shift = h->l2.line_shift - h->l1i.line_shift;
    return h->has_l2 && cache_find_rare(&h->l1i, line) < 0 &&
           cache_find_rare(&h->l2, line >> shift) >= 0;
}

/* The stream buffer asks for what it has room for, one line after the other,
 * from `now` on. */
static void prefetch(Hierarchy *h, uint64_t now)
{
    uint32_t line;
    while (stream_wants(&h->stream, &line) && is_near(h, line)) {
        uint64_t begin = h->stream.busy > now ? h->stream.busy : now;
        uint64_t pa = (uint64_t)line << h->l1i.line_shift;
        h->counters.prefetches++;
        stream_put(&h->stream, hierarchy_read_below(
                                   h, begin, pa, hierarchy_line_size(&h->l1i)));
    }
}

/* A line of code that the first level lacks: when it is there. */
static uint64_t read_code(Hierarchy *h, uint64_t now, uint64_t pa)
{
    uint64_t there;
    uint32_t line = (uint32_t)(pa >> h->l1i.line_shift);
    if (stream_take(&h->stream, line, &there)) {
        h->counters.streamed++;
        if (there <= now)
            there = now + 1;
    } else {
        there = hierarchy_read_below(h, now, pa, hierarchy_line_size(&h->l1i));
    }
    return there;
}

unsigned hierarchy_fetch(Hierarchy *h, uint64_t now, uint64_t pa)
{
    h->counters.fetches++;
    uint32_t line = (uint32_t)(pa >> h->l1i.line_shift);
    uint64_t watched = line - h->first_present;
    if (watched < h->present_count) {
        if (likely(h->present[watched])) /* a use changes nothing */
            return 0;
    } else {
        int64_t index = cache_find(&h->l1i, line);
        if (likely(index >= 0)) {
            cache_use(&h->l1i, index, false);
            return 0;
        }
    }
    h->counters.fetch_misses++;
    uint32_t place;
    uint64_t there = read_code(h, now, pa);
    uint32_t victim = cache_fill(&h->l1i, line, false, &place);
    note_present(h, victim, false);
    note_present(h, line, true);
    prefetch(h, there);
    return (unsigned)(there - now);
}

static inline unsigned access_data(Hierarchy *h, uint64_t now, uint64_t pa,
                                   bool store)
{
    uint32_t place;
    bool left;
    int64_t index = cache_find(&h->l1d, (uint32_t)(pa >> h->l1d.line_shift));
    if (likely(index >= 0)) {
        cache_use(&h->l1d, index, store);
        return 0;
    }
    unsigned cycles = hierarchy_fill_first(h, now, pa, store, &place, &left);
    if (left && h->left)
        h->left(h->left_ctx, place);
    return cycles;
}

unsigned hierarchy_load(Hierarchy *h, uint64_t now, uint64_t pa)
{
    h->counters.loads++;
    return access_data(h, now, pa, false);
}

unsigned hierarchy_store(Hierarchy *h, uint64_t now, uint64_t pa)
{
    h->counters.stores++;
    return access_data(h, now, pa, true);
}

unsigned hierarchy_uncached(Hierarchy *h, uint64_t now, bool store)
{
    if (store)
        h->counters.uncached_stores++;
    else
        h->counters.uncached_loads++;
    return (unsigned)(memory_access(&h->memory, now) - now);
}

/* --- Checkpoints ---------------------------------------------------------- */

static_assert(sizeof(HierarchyCounters) % sizeof(uint64_t) == 0,
              "only counters");

/* What follows from what the caches hold is worked out again. */
static void tell_watchers(Hierarchy *h)
{
    for (uint64_t i = 0; i < h->present_count; i++)
        h->present[i] =
            cache_find_rare(&h->l1i, (uint32_t)(h->first_present + i)) >= 0;
    for (uint32_t i = 0; h->left && i < hierarchy_places_d(h); i++)
        h->left(h->left_ctx, i);
}

void hierarchy_checkpoint(Hierarchy *h, Ckpt *ckpt)
{
    cache_checkpoint(&h->l1i, "l1i", ckpt);
    cache_checkpoint(&h->l1d, "l1d", ckpt);
    if (h->has_l2)
        cache_checkpoint(&h->l2, "l2", ckpt);
    memory_checkpoint(&h->memory, ckpt);
    stream_checkpoint(&h->stream, ckpt);
    ckpt_u64s(ckpt, "accesses", (uint64_t *)&h->counters,
              sizeof h->counters / sizeof(uint64_t));
    if (ckpt_loads(ckpt))
        tell_watchers(h);
}

/* --- Statistics ----------------------------------------------------------- */

void hierarchy_add_stats(const Hierarchy *h, Stats *stats)
{
#define ROW(name, unit, field, text)                                           \
    {                                                                          \
        name, unit, text, offsetof(HierarchyCounters, field)                   \
    }
    static const StatRow l1i[] = {
        ROW("accesses", "lines", fetches, "lines of molecules looked up"),
        ROW("misses", "lines", fetch_misses, "lines that were not there"),
        ROW("streamed", "lines", streamed,
            "of them, those that the stream buffer had"),
        ROW("prefetches", "lines", prefetches, "read for the stream buffer"),
    };
    static const StatRow l1d[] = {
        ROW("loads", "accesses", loads, "cached loads"),
        ROW("stores", "accesses", stores, "cached stores"),
        ROW("load_misses", "accesses", load_misses, "loads that missed"),
        ROW("store_misses", "accesses", store_misses, "stores that missed"),
        ROW("write_backs", "lines", write_backs1, "dirty lines replaced"),
    };
    static const StatRow l2[] = {
        ROW("accesses", "lines", accesses2,
            "first-level misses, and what the stream buffer reads"),
        ROW("misses", "lines", misses2, "lines that were not there either"),
        ROW("write_backs", "lines", write_backs2, "dirty lines replaced"),
    };
    static const StatRow memory[] = {
        ROW("reads", "lines", reads, "lines read by the caches"),
        ROW("writes", "lines", writes, "lines written back by the caches"),
        ROW("uncached_loads", "accesses", uncached_loads,
            "loads that no cache may answer"),
        ROW("uncached_stores", "accesses", uncached_stores,
            "stores that no cache may take"),
    };
#undef ROW
    static const StatRow bus[] = {
        {"waits", "cycles", "that reads waited for what was under way",
         offsetof(Memory, waits)},
    };
    stats_add(stats, "l1i", l1i, ARRAY_LEN(l1i), &h->counters);
    stats_add(stats, "l1d", l1d, ARRAY_LEN(l1d), &h->counters);
    if (h->has_l2)
        stats_add(stats, "l2", l2, ARRAY_LEN(l2), &h->counters);
    stats_add(stats, "memory", memory, ARRAY_LEN(memory), &h->counters);
    stats_add(stats, "memory", bus, ARRAY_LEN(bus), &h->memory);
}
