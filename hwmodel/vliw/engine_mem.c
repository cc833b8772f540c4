/* The memory side of compiled code: its line tables, and what it calls where
 * they do not answer.
 *
 * The rules are those of the reference core, by the same functions; what is new
 * here is what may stand in a table, and when it must go.  A line is there
 * while
 *
 *     its page is what CoreBus.page() said  core_forget*()
 *     it is in the D-cache                  HierarchyLeft, by its place there
 *     for stores, no T-bit lies in it       core_protect()
 *     and nobody is told of them            core_watch_word()
 *     its page is in the micro TLB          core_refill_tlb(), core_forget*()
 *
 * The last is the kernel's table alone: programs have more pages in use than
 * the micro TLB, and would find few lines, so code of user mode asks the micro
 * TLB, too.  What the kernel uses is seldom mapped.
 *
 * A place of the D-cache knows the tag that each table may have it by; an entry
 * of the micro TLB, the lines of its page that may be in the kernel's. */
#include "hwmodel/vliw/engine_host.h"

#include "base/alloc.h"
#include "hwmodel/mem/hierarchy_impl.h"

#include <stdlib.h>

/* --- Slots ---------------------------------------------------------------- */

static inline uint32_t slot_of(const EngineData *e, uint32_t va)
{
    return va >> e->shift & (ENGINE_LINES - 1);
}

static void clear(EngineLine *line)
{
    line->read_tag = line->write_tag = ENGINE_NO_TAG;
}

/* The line at `place` as the table has it, or NULL. */
static inline EngineLine *line_at(Core *c, uint32_t place, unsigned user)
{
    const EngineData *e = c->engine.data;
    uint32_t tag = e->tags[place][user];
    if (tag == ENGINE_NO_TAG)
        return NULL;
    EngineLine *line = &c->engine.lines[user][slot_of(e, tag)];
    return line->read_tag == tag ? line : NULL;
}

/* The line that a table may have by the tag can be found no more. */
static inline void clear_tag(Core *c, uint32_t tag, unsigned user)
{
    if (tag == ENGINE_NO_TAG)
        return;
    EngineLine *line = &c->engine.lines[user][slot_of(c->engine.data, tag)];
    if (line->read_tag == tag)
        clear(line);
}

/* The line at `place` has left the D-cache. */
static inline void forget_place(Core *c, uint32_t place)
{
    uint32_t *tags = c->engine.data->tags[place];
    for (unsigned user = 0; user < 2; user++) {
        clear_tag(c, tags[user], user);
        tags[user] = ENGINE_NO_TAG;
    }
}

static void line_left(void *ctx, uint32_t place)
{
    forget_place(ctx, place);
}

void engine_drop_all(Core *c)
{
    for (unsigned user = 0; user < 2; user++)
        for (unsigned i = 0; i < ENGINE_LINES; i++)
            clear(&c->engine.lines[user][i]);
}

/* Those that the page may have. */
static void drop_touched(Core *c, bool user, EngineTouched *touched,
                         uint32_t page)
{
    for (unsigned i = 0; i < ARRAY_LEN(touched->lines); i++)
        for (uint64_t *set = &touched->lines[i]; *set; *set &= *set - 1) {
            uint32_t line = 64 * i + (unsigned)__builtin_ctzll(*set);
            clear_tag(c, page | line << c->engine.data->shift, user);
        }
}

void engine_leave_tlb(Core *c, uint32_t entry)
{
    drop_touched(c, false, &c->engine.data->touched[entry],
                 c->tlb[entry] << PAGE_SHIFT);
    c->tlb_held[entry] = false;
}

void engine_drop_page(Core *c, uint32_t number)
{
    EngineData *e = c->engine.data;
    uint32_t page = number << PAGE_SHIFT;
    uint32_t place = number % ENGINE_PAGES;
    if (e->numbers[place] == number)
        drop_touched(c, true, &e->pages[place], page);
    /* A page that is mapped, but not in the micro TLB, has no line of the
     * kernel's; one that is not mapped may have any. */
    if (c->tlb[number & c->tlb_mask] == number)
        engine_leave_tlb(c, number & c->tlb_mask);
    else if (e->unmapped[page >> ENGINE_REGION_SHIFT])
        for (uint32_t at = 0; at < PAGE_SIZE; at += 1u << e->shift)
            clear_tag(c, page | at, false);
}

/* The program's page, which has a line now. */
static EngineTouched *take_page(Core *c, uint32_t number)
{
    EngineData *e = c->engine.data;
    uint32_t place = number % ENGINE_PAGES, before = e->numbers[place];
    if (before != number)
        drop_touched(c, true, &e->pages[place], before << PAGE_SHIFT);
    e->numbers[place] = number;
    return &e->pages[place];
}

void engine_drop_mapped(Core *c)
{
    for (uint32_t i = 0; i <= c->tlb_mask; i++)
        if (c->tlb_held[i])
            engine_leave_tlb(c, i);
    for (unsigned i = 0; i < ENGINE_LINES; i++)
        clear(&c->engine.lines[true][i]);
}

void engine_protect(Core *c, uint32_t pa, uint32_t size)
{
    EngineData *e = c->engine.data;
    uint32_t line = 1u << e->shift, place;
    bool dirty;
    for (uint64_t at = pa & ~(line - 1); at < (uint64_t)pa + size; at += line) {
        if (!hierarchy_find_data(c->hierarchy, at, &place, &dirty))
            continue;
        for (unsigned user = 0; user < 2; user++) {
            EngineLine *found = line_at(c, place, user);
            if (found)
                found->write_tag = ENGINE_NO_TAG;
        }
    }
}

static bool has_tbits(const CorePage *page, uint32_t offset, uint32_t size)
{
    for (uint32_t at = offset; page->tbits && at < offset + size; at += 4)
        if (page->tbits[at / 4 / 32] >> at / 4 % 32 & 1)
            return true;
    return false;
}

/* Misses are many: what follows is inlined, for each mode, into the helpers of
 * loads and stores. */
#define PER_MODE static inline __attribute__((always_inline))

/* The line of `va`, which lies at at->place of the D-cache, is found from now
 * on. */
PER_MODE void fill(Core *c, bool user, uint32_t va, const CorePage *page,
                   const HierarchyLine *at)
{
    EngineData *e = c->engine.data;
    uint32_t tag = va & -(1u << e->shift), offset = tag % PAGE_SIZE;
    uint32_t *tags = e->tags[at->place];
    /* Under another address: only one of them can be found by the place. */
    clear_tag(c, tags[user], user);
    tags[user] = tag;
    bool writable =
        at->dirty && page->writable && !page->told &&
        (likely(!page->tbits) || !has_tbits(page, offset, 1u << e->shift));
    c->engine.lines[user][slot_of(e, va)] = (EngineLine){
        .read_tag = tag,
        .write_tag = writable ? tag : ENGINE_NO_TAG,
        .addend = (uintptr_t)page->host + offset - tag,
    };
    if (!page->mapped) {
        e->unmapped[va >> ENGINE_REGION_SHIFT] = true;
        return;
    }
    uint32_t number = va >> PAGE_SHIFT, line = offset >> e->shift;
    EngineTouched *touched =
        user ? take_page(c, number) : &e->touched[number & c->tlb_mask];
    if (!user)
        c->tlb_held[number & c->tlb_mask] = true;
    touched->lines[line / 64] |= 1ull << line % 64;
}

/* core_spend_access(), without counting what engine_settle() does; then the
 * line can be found. */
PER_MODE void spend(Core *c, const CorePage *page, uint64_t clock, uint32_t va,
                    bool user, bool store)
{
    Hierarchy *h = c->hierarchy;
    if (page->mapped &&
        c->tlb[va >> PAGE_SHIFT & c->tlb_mask] != va >> PAGE_SHIFT)
        core_refill_tlb(c, va);
    uint64_t now = clock + c->stalls;
    unsigned cycles;
    if (likely(page->cached)) {
        HierarchyLine at;
        cycles =
            hierarchy_access(h, now, page->pa | va % PAGE_SIZE, store, &at);
        if (at.replaced)
            forget_place(c, at.place);
        if (likely(c->engine.data->fills) && (page->mapped || !user))
            fill(c, user, va, page, &at);
    } else {
        cycles = hierarchy_uncached(h, now, store);
        hierarchy_add_hits(h, 0, -(uint64_t)!store, -(uint64_t)store);
    }
    if (cycles)
        core_stall(c, CORE_CAUSE_DCACHE, cycles);
}

/* --- What compiled code calls --------------------------------------------- */

/* Whether a store since the commit, of `stores`, has a byte of the `size` at
 * `host`: then the store buffer answers. */
static void forward(Core *c, const uint8_t *host, unsigned size,
                    unsigned stores)
{
    for (unsigned i = 0; i < stores; i++) {
        const EngineUndo *undo = &c->engine.undo[i];
        if ((uintptr_t)host - (uintptr_t)undo->host >= undo->size &&
            (uintptr_t)undo->host - (uintptr_t)host >= size)
            continue;
        c->counters.forwards++;
        core_stall(c, CORE_CAUSE_STORE_BUFFER, c->desc.forward);
        return;
    }
}

PER_MODE uint64_t load_as(Core *c, bool user, bool big, uint64_t clock,
                          uint32_t va, uint32_t site)
{
    unsigned size = ENGINE_SITE_SIZE(site);
    const CorePage *looked = core_look(c, va, size, user, false);
    if (!looked)
        return 0;
    const CorePage page = *looked; /* in registers */
    const uint8_t *host = page.host + va % PAGE_SIZE;
    /* What the modelled cache lacks the host's lacks, too. */
    __builtin_prefetch(host);
    spend(c, &page, clock, va, user, false);
    forward(c, host, size, ENGINE_SITE_STORES(site));
    uint32_t value = core_bytes_get(host, size, big);
    return (uint64_t)value << 32 | 1;
}

static uint64_t load(Core *c, Installed *self, uint64_t clock, uint32_t va,
                     uint32_t site)
{
    bool big = self->pub.context.big;
    return self->pub.context.user ? load_as(c, true, big, clock, va, site)
                                  : load_as(c, false, big, clock, va, site);
}

/* A number of 1, 2 or 4 bytes, in the host's order. */
static uint32_t host_get(const uint8_t *host, unsigned size)
{
    uint16_t half;
    uint32_t word;
    switch (size) {
    case 1: return *host;
    case 2: memcpy(&half, host, sizeof half); return half;
    default: memcpy(&word, host, sizeof word); return word;
    }
}

static void host_put(uint8_t *host, unsigned size, uint32_t value)
{
    uint16_t half = (uint16_t)value;
    switch (size) {
    case 1: *host = (uint8_t)value; break;
    case 2: memcpy(host, &half, sizeof half); break;
    default: memcpy(host, &value, sizeof value); break;
    }
}

/* As if the stores before it were gated. */
static bool is_refused(Core *c, const CorePage *page, uint32_t va,
                       unsigned size, unsigned stores)
{
    c->store_count = stores;
    bool refused =
        core_refuse_store(c, page, va, page->pa | va % PAGE_SIZE, size, 0);
    c->store_count = 0;
    return refused;
}

PER_MODE bool store_as(Core *c, bool user, bool big, uint64_t clock,
                       uint32_t va, uint32_t value, uint32_t site)
{
    unsigned size = ENGINE_SITE_SIZE(site);
    unsigned stores = ENGINE_SITE_STORES(site);
    const CorePage *looked = core_look(c, va, size, user, true);
    if (!looked)
        return false;
    const CorePage page = *looked; /* in registers */
    if (unlikely(page.tbits || stores >= c->desc.store_buffer) &&
        is_refused(c, looked, va, size, stores))
        return false;
    uint8_t *host = page.host + va % PAGE_SIZE;
    __builtin_prefetch(host, 1);
    spend(c, &page, clock, va, user, true);
    c->engine.undo[stores] =
        (EngineUndo){.host = host, .old = host_get(host, size), .size = size};
    bool swap = big != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
    if (swap)
        value = __builtin_bswap32(value) >> (32 - 8 * size);
    host_put(host, size, value);
    return true;
}

static bool store(Core *c, Installed *self, uint64_t clock, uint32_t va,
                  uint32_t value, uint32_t site)
{
    bool big = self->pub.context.big;
    return self->pub.context.user
               ? store_as(c, true, big, clock, va, value, site)
               : store_as(c, false, big, clock, va, value, site);
}

/* Misses are many: without a profile they lead nowhere else. */

uint64_t engine_load(Core *c, Installed *self, uint64_t clock, uint32_t va,
                     uint32_t site)
{
    if (likely(!c->host_profile))
        return load(c, self, clock, va, site);
    HostPart before = hostprofile_enter(c->host_profile, HOST_MISSES);
    uint64_t result = load(c, self, clock, va, site);
    hostprofile_enter(c->host_profile, before);
    return result;
}

bool engine_store(Core *c, Installed *self, uint64_t clock, uint32_t va,
                  uint32_t value, uint32_t site)
{
    if (likely(!c->host_profile))
        return store(c, self, clock, va, value, site);
    HostPart before = hostprofile_enter(c->host_profile, HOST_MISSES);
    bool result = store(c, self, clock, va, value, site);
    hostprofile_enter(c->host_profile, before);
    return result;
}

void engine_undo(Core *c, uint32_t site)
{
    for (unsigned i = ENGINE_SITE_STORES(site); i-- > 0;) {
        const EngineUndo *undo = &c->engine.undo[i];
        host_put(undo->host, undo->size, undo->old);
    }
}

static void fetch(Core *c, uint64_t clock, uint64_t line)
{
    HostPart before = hostprofile_enter(c->host_profile, HOST_MISSES);
    unsigned cycles =
        hierarchy_fetch(c->hierarchy, clock + c->stalls, line << c->line_shift);
    hierarchy_add_hits(c->hierarchy, UINT64_MAX, 0, 0);
    core_stall(c, CORE_CAUSE_ICACHE, cycles);
    hostprofile_enter(c->host_profile, before);
}

void engine_fetch(Core *c, Installed *self, uint64_t clock, uint32_t line)
{
    fetch(c, clock, core_line(&self->pub, line));
}

void engine_fetch_main(Core *c, Installed *self, uint64_t clock, uint32_t line)
{
    const EngineData *e = c->first->engine.data;
    uint64_t number = e->first_line + (uint64_t)(self->present - e->present);
    fetch(c, clock, number + line);
}

void engine_refill(Core *c, uint32_t va)
{
    HostPart before = hostprofile_enter(c->host_profile, HOST_MISSES);
    core_refill_tlb(c, va);
    hostprofile_enter(c->host_profile, before);
}

/* --- Life ----------------------------------------------------------------- */

void engine_mem_create(Core *c, const Config *config)
{
    EngineData *e = c->engine.data = alloc_zeroed(1, sizeof *e);
    Hierarchy *h = c->hierarchy;
    e->shift = (unsigned)__builtin_ctz(hierarchy_line_d(h));
    e->fills = hierarchy_hits_are_silent_d(h);
    e->touched = alloc_zeroed(c->tlb_mask + 1, sizeof *e->touched);
    uint32_t places = hierarchy_places_d(h);
    e->tags = alloc_zeroed(places, sizeof *e->tags);
    for (uint32_t i = 0; i < places; i++)
        e->tags[i][0] = e->tags[i][1] = ENGINE_NO_TAG;
    engine_drop_all(c);
    hierarchy_watch_data(h, line_left, c);
    e->first_line = CORE_CODE_BASE >> c->line_shift;
    e->line_count = config_int(config, CONFIG_TCACHE_SIZE) >> c->line_shift;
    e->present = hierarchy_watch_fetches(h, CORE_CODE_BASE, e->line_count);
}

void engine_mem_destroy(Core *c)
{
    EngineData *e = c->engine.data;
    hierarchy_watch_data(c->hierarchy, NULL, NULL);
    free(e->touched);
    free(e->tags);
    free(e);
}
