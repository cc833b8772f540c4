/* The translation cache: addresses for the molecules, in the layer's own memory
 * above the guest's, and an index by entry. */
#include "morph/layer_impl.h"

#include <stdlib.h>

enum {
    TCACHE_ALIGN = 8,     /* bytes, the smallest Crusoe molecule */
    LINE_MAX_BYTES = 256, /* of a cache's line */
    VARIANTS_MAX = 4,     /* translations of one entry, by further pages */
    /* Translations in one bucket of the index: so many share a hash only where
     * a guest looks for that. */
    BUCKET_MAX = 256,
};

static Translation **bucket_of(const Layer *l, uint32_t pc, uint32_t pa,
                               uint8_t mode)
{
    uint32_t hash = (pc >> 2) ^ (pa >> PAGE_SHIFT) * 0x9e3779b1u ^
                    (uint32_t)mode * 0x85ebca6bu;
    return &l->index[(hash ^ hash >> 16) % INDEX_BUCKETS];
}

static bool is_entry(const Translation *t, uint32_t pc, uint32_t pa,
                     uint8_t mode)
{
    return t->pc == pc && t->pa == pa && t->mode == mode;
}

/* Of what is good, a superblock before a block, and the longer one: where not
 * all pages of that are mapped now, the other one serves until they are. */
Translation *tcache_find(Layer *l, uint32_t pc, uint32_t pa, uint8_t mode)
{
    Translation *best = NULL;
    for (Translation *t = *bucket_of(l, pc, pa, mode); t; t = t->bucket) {
        if (!is_entry(t, pc, pa, mode) ||
            (best && (t->gear < best->gear ||
                      (t->gear == best->gear &&
                       t->code->guest_count <= best->code->guest_count))))
            continue;
        if (codepages_is_there(l, t))
            best = t;
    }
    return best;
}

const Translation *tcache_find_any(const Layer *l, uint32_t pc, uint32_t pa,
                                   uint8_t mode, unsigned gear)
{
    const Translation *t = *bucket_of(l, pc, pa, mode);
    while (t && !(is_entry(t, pc, pa, mode) && t->gear >= gear))
        t = t->bucket;
    return t;
}

static void evict(Layer *l, Translation *t)
{
    layer_event(l, "evict", t, "no room");
    tcache_remove(l, t);
    l->stats.evicted++;
    core_charge(l->core, CORE_CAUSE_INVALIDATE, l->cost.invalidate);
}

/* --- Room ------------------------------------------------------------------
 *
 * There are two areas.  In the first one lie main paths of superblocks, one
 * after the other; in the second one what runs rarely: the molecules of their
 * exits, and all of gear 1's.  With tcache.apart=0 everything is in the first
 * one, the exits' molecules behind their main path. */

void tcache_init(Layer *l, const Config *config)
{
    uint64_t size = config_int(config, CONFIG_TCACHE_SIZE);
    uint64_t main =
        size * (100 - config_int(config, CONFIG_TCACHE_APART)) / 100;
    if (main < size)
        main &= ~(uint64_t)(LINE_MAX_BYTES - 1);
    l->areas[TCACHE_MAIN] = (TcacheArea){.size = main};
    l->areas[TCACHE_APART] = (TcacheArea){.base = main, .size = size - main};
    l->tcache_align = config_bool(config, CONFIG_TCACHE_ALIGN);
    l->line_sizes[0] = (uint32_t)config_int(config, CONFIG_L1I_LINE);
    l->line_sizes[1] = config_int(config, CONFIG_L2_SIZE)
                           ? (uint32_t)config_int(config, CONFIG_L2_LINE)
                           : l->line_sizes[0];
    l->tcache_fifo = config_choice(config, CONFIG_TCACHE_POLICY) == 1;
}

/* What `code` takes of each area. */
static void divide(const Layer *l, const VliwCode *code, unsigned gear,
                   TcachePlace *place)
{
    bool one = l->holder->areas[TCACHE_APART].size == 0;
    uint32_t main = one         ? code->size
                    : gear == 1 ? 0
                                : vliw_code_main_size(code);
    *place = (TcachePlace){.bytes = {main, code->size - main}, .gear = gear};
}

/* The first offset from the area's top on at which so many bytes lie in as few
 * lines of the caches as they can. */
static uint64_t find_begin(const Layer *l, const TcacheArea *area,
                           uint32_t bytes)
{
    uint64_t begin = area->top;
    if (!l->tcache_align)
        return begin;
    for (unsigned i = 0; i < ARRAY_LEN(l->line_sizes); i++) {
        uint32_t line = l->line_sizes[i];
        uint32_t lines = (bytes + line - 1) / line;
        uint32_t in_line = (uint32_t)((area->base + begin) % line);
        if (in_line + bytes > lines * line)
            begin += line - in_line;
    }
    return begin;
}

static bool is_full(const Layer *l, const TcacheArea *area, uint32_t bytes)
{
    return find_begin(l, area, bytes) + bytes > area->size;
}

static bool is_in_way(const Translation *t, unsigned area, uint64_t start,
                      uint64_t end)
{
    return t->place.at[area] < end &&
           t->place.at[area] + t->place.bytes[area] > start;
}

/* Makes way in an area where translations lie in the order of their age, from
 * the top on, round. */
static void evict_oldest(Layer *l, unsigned which, uint32_t bytes)
{
    TcacheArea *area = &l->holder->areas[which];
    if (is_full(l, area, bytes)) {
        while (area->oldest && area->oldest->place.at[which] >= area->top)
            evict(l, area->oldest);
        area->top = 0;
    }
    uint64_t end = find_begin(l, area, bytes) + bytes;
    while (area->oldest && is_in_way(area->oldest, which, area->top, end))
        evict(l, area->oldest);
}

static void flush(Layer *l)
{
    for (const Translation *t = l->holder->newest; t; t = t->older)
        layer_event(l, "evict", t, "no room, all are");
    l->stats.flushes++;
    l->stats.evicted += l->holder->stats.live;
    tcache_clear(l);
    core_charge(l->core, CORE_CAUSE_INVALIDATE, l->cost.flush);
}

/* Takes room that is there. */
static void take(Layer *l, unsigned which, TcachePlace *place)
{
    TcacheArea *area = &l->holder->areas[which];
    uint32_t bytes = place->bytes[which];
    place->at[which] = find_begin(l, area, bytes);
    area->top = place->at[which] + bytes + TCACHE_ALIGN - 1;
    area->top &= ~(uint64_t)(TCACHE_ALIGN - 1);
    if (area->top > area->size)
        area->top = area->size;
}

bool tcache_make_room(Layer *l, const VliwCode *code, unsigned gear,
                      TcachePlace *place)
{
    Layer *h = l->holder;
    bool full = h->stats.live >= TRANSLATIONS_MAX;
    divide(l, code, gear, place);
    for (unsigned i = 0; i < TCACHE_AREAS; i++) {
        if (place->bytes[i] > h->areas[i].size)
            return false;
        full |= is_full(l, &h->areas[i], place->bytes[i]);
    }
    if (!l->tcache_fifo && full)
        flush(l);
    while (l->tcache_fifo && h->stats.live >= TRANSLATIONS_MAX)
        evict(l, h->oldest);
    for (unsigned i = 0; i < TCACHE_AREAS; i++) {
        if (l->tcache_fifo && place->bytes[i] > 0)
            evict_oldest(l, i, place->bytes[i]);
        if (place->bytes[i] > 0)
            take(l, i, place);
    }
    return true;
}

bool tcache_place(const Layer *l, const VliwCode *code, unsigned gear,
                  const uint64_t *at, TcachePlace *place)
{
    divide(l, code, gear, place);
    for (unsigned i = 0; i < TCACHE_AREAS; i++) {
        uint64_t size = l->holder->areas[i].size;
        if (at[i] > size || place->bytes[i] > size - at[i])
            return false;
        place->at[i] = at[i];
    }
    return true;
}

CoreCode *tcache_install(Layer *l, const VliwCode *code,
                         const TcachePlace *place)
{
    const TcacheArea *areas = l->holder->areas;
    uint64_t base[TCACHE_AREAS];
    for (unsigned i = 0; i < TCACHE_AREAS; i++)
        base[i] = CORE_CODE_BASE + areas[i].base + place->at[i];
    unsigned gear = place->gear;
    uint32_t size = vliw_code_main_size(code);
    bool whole = place->bytes[TCACHE_MAIN] != size;
    unsigned first = place->bytes[TCACHE_MAIN] ? TCACHE_MAIN : TCACHE_APART;
    uint64_t stubs = whole ? base[first] + size : base[TCACHE_APART];
    return core_install(l->core, code, base[first], stubs, gear);
}

bool tcache_stands_in(Layer *l, const Translation *t)
{
    core_settle_code(l->core, t->core);
    for (Translation *other = *bucket_of(l, t->pc, t->pa, t->mode); other;
         other = other->bucket) {
        if (!is_entry(other, t->pc, t->pa, t->mode) || other->gear <= t->gear)
            continue;
        core_settle_code(l->core, other->core);
        if (codepages_is_there(l, other) ||
            other->core->entries > t->core->entries)
            return true;
    }
    return false;
}

void tcache_set_aside(Layer *l, Translation *t)
{
    if (!t->core->counts)
        return;
    links_cut(l, t);
    core_settle_code(l->core, t->core);
    t->core->hot = t->core->entries + l->gear2_threshold;
}

/* Whether `old` is of use beside `t`: its pages are not mapped now, or it is a
 * block that runs where not all pages of `t` are. */
static bool serves(Layer *l, const Translation *old, const Translation *t)
{
    return !codepages_is_there(l, old) ||
           (old->gear < t->gear && !links_is_covered(old, t));
}

/* Makes way for `t`: what it replaces in the present mapping goes, but for a
 * block that runs where `t` does not.  Others of the entry stay for when their
 * further pages are mapped again, but not many; and the oldest one goes that
 * finding others would take too long for. */
static void replace(Layer *l, const Translation *t)
{
    unsigned others = 0, crowd = 0;
    Translation *old = *bucket_of(l, t->pc, t->pa, t->mode);
    for (Translation *next; old; old = next) {
        next = old->bucket;
        if (++crowd == BUCKET_MAX && !next) {
            evict(l, old);
            break;
        }
        if (!is_entry(old, t->pc, t->pa, t->mode))
            continue;
        if (serves(l, old, t) && ++others < VARIANTS_MAX) {
            tcache_set_aside(l, old);
            continue;
        }
        layer_event(l, "replace", old, "by gear %u", t->gear);
        tcache_remove(l, old);
        l->stats.replaced++;
    }
}

static void add_to_index(Layer *l, Translation *t)
{
    Translation **bucket = bucket_of(l, t->pc, t->pa, t->mode);
    t->bucket = *bucket;
    t->bucket_prev = bucket;
    if (t->bucket)
        t->bucket->bucket_prev = &t->bucket;
    *bucket = t;
}

void tcache_add(Layer *l, Translation *t)
{
    if (!t->replay)
        replace(l, t);
    tcache_put(l, t);
}

void tcache_put(Layer *l, Translation *t)
{
    if (!t->replay)
        add_to_index(l, t);
    Layer *h = l->holder;
    t->older = h->newest;
    *(t->older ? &t->older->newer : &h->oldest) = t;
    h->newest = t;
    for (unsigned i = 0; i < TCACHE_AREAS; i++)
        if (!h->areas[i].oldest && t->place.bytes[i])
            h->areas[i].oldest = t;
    h->stats.live++;
    h->stats.live_bytes += t->code->size;
    if (h->stats.live_bytes > h->stats.live_bytes_peak)
        h->stats.live_bytes_peak = h->stats.live_bytes;
}

/* The next newer translation that has bytes in the area, or NULL. */
static Translation *next_in(const Translation *t, unsigned area)
{
    Translation *next = t->newer;
    while (next && next->place.bytes[area] == 0)
        next = next->newer;
    return next;
}

void tcache_remove(Layer *l, Translation *t)
{
    Layer *h = l->holder;
    core_settle_code(l->core, t->core);
    replay_remove(l, t);
    if (t->bucket_prev)
        *t->bucket_prev = t->bucket;
    if (t->bucket)
        t->bucket->bucket_prev = t->bucket_prev;
    for (unsigned i = 0; i < TCACHE_AREAS; i++)
        if (h->areas[i].oldest == t)
            h->areas[i].oldest = next_in(t, i);
    *(t->older ? &t->older->newer : &h->oldest) = t->newer;
    *(t->newer ? &t->newer->older : &h->newest) = t->older;
    links_remove(l, t);
    codepages_remove(l, t);
    if (t->gear == 1)
        profile_remove(l, t);
    else if (t->brief)
        profile_keep(l, t);
    LAYER_SHARERS (each, l) {
        if (each->resume == t)
            each->resume = NULL;
        if (each->from == t)
            each->from = NULL;
        if (each->replay.of == t)
            each->replay.of = NULL;
    }
    h->stats.live--;
    h->stats.live_bytes -= t->code->size;
    h->stats.past_length[t->gear] += t->core->entries * t->code->length;
    h->stats.past_bound[t->gear] += t->core->entries * t->code->bound;
    layer_count_runs(t, &h->stats.past_insns[t->gear], &h->stats.past_percent);
    core_remove(l->core, t->core);
    pool_give(l->pool, t->code, t->code_size);
    translate_forget(t);
    pool_give(l->pool, t, t->size);
}

void tcache_clear(Layer *l)
{
    Layer *h = l->holder;
    while (h->newest)
        tcache_remove(l, h->newest);
    for (unsigned i = 0; i < TCACHE_AREAS; i++)
        h->areas[i].top = 0;
}
