/* The translation cache: addresses for the molecules, in the layer's own memory
 * above the guest's, and an index by entry. */
#include "morph/layer_impl.h"

#include <stdlib.h>

enum {
    TCACHE_ALIGN = 16, /* bytes, the largest Crusoe molecule */
    VARIANTS_MAX = 4,  /* translations of one entry, by further pages */
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

static bool is_in_way(const Translation *t, uint64_t start, uint64_t end)
{
    return t->address < end && t->address + t->code->size > start;
}

bool tcache_make_room(Layer *l, uint32_t size, uint64_t *address)
{
    if (size > l->tcache_size)
        return false;
    Layer *h = l->holder;
    bool crowded = h->stats.live >= TRANSLATIONS_MAX;
    bool wraps = h->tcache_top + size > h->tcache_size;
    if (!l->tcache_fifo && (crowded || wraps)) {
        for (const Translation *t = h->newest; t; t = t->older)
            layer_event(l, "evict", t, "no room, all are");
        l->stats.flushes++;
        l->stats.evicted += h->stats.live;
        tcache_clear(l);
        core_charge(l->core, CORE_CAUSE_INVALIDATE, l->cost.flush);
    } else if (l->tcache_fifo) {
        /* In the order of their age they lie from here on, round. */
        uint64_t top = CORE_CODE_BASE + h->tcache_top;
        while (wraps && h->oldest && h->oldest->address >= top)
            evict(l, h->oldest);
        if (wraps)
            top = CORE_CODE_BASE;
        while (h->oldest && (h->stats.live >= TRANSLATIONS_MAX ||
                             is_in_way(h->oldest, top, top + size)))
            evict(l, h->oldest);
        h->tcache_top = top - CORE_CODE_BASE;
    }
    *address = CORE_CODE_BASE + h->tcache_top;
    h->tcache_top += (size + TCACHE_ALIGN - 1) & ~(TCACHE_ALIGN - 1u);
    return true;
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
    h->stats.live++;
    h->stats.live_bytes += t->code->size;
    if (h->stats.live_bytes > h->stats.live_bytes_peak)
        h->stats.live_bytes_peak = h->stats.live_bytes;
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
    while (l->holder->newest)
        tcache_remove(l, l->holder->newest);
    l->holder->tcache_top = 0;
}
