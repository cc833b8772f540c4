/* The memory side of the core: virtual pages, micro TLB, gated store buffer,
 * alias registers; and gear 0's accesses. */
#include "hwmodel/vliw/core_impl.h"
#include "hwmodel/vliw/engine_host.h"

static bool fail(Core *c, CoreFault fault, uint32_t va)
{
    c->fault = fault;
    c->fault_va = va;
    return false;
}

/* --- Pages ---------------------------------------------------------------- */

bool core_look_slow(Core *c, CoreLook *look, uint32_t va, unsigned size,
                    bool user, bool store)
{
    if (va & (size - 1))
        return fail(c, CORE_FAULT_GUEST, va);
    CorePage page;
    CoreFault fault;
    if (!c->bus.page(c->bus.ctx, va, user, store, &page, &fault))
        return fail(c, fault, va);
    uint32_t tag = va & ~(PAGE_SIZE - 1u);
    *look = (CoreLook){.read_tag = tag,
                       .write_tag = page.writable && !page.told ? tag : NO_TAG,
                       .page = page};
    if (unlikely(store && page.told))
        c->bus.store(c->bus.ctx, page.pa | va % PAGE_SIZE);
    return true;
}

static void forget_looks(Core *c)
{
    for (unsigned user = 0; user < 2; user++)
        for (unsigned i = 0; i < CORE_LOOKS; i++)
            c->looks[user][i].read_tag = c->looks[user][i].write_tag = NO_TAG;
    for (uint32_t i = 0; i <= c->tlb_mask; i++)
        c->tlb[i] = NO_PAGE;
}

void core_forget(Core *c)
{
    if (c->engine.host)
        engine_drop_all(c);
    forget_looks(c);
}

void core_forget_mapped(Core *c)
{
    if (c->engine.host)
        engine_drop_mapped(c);
    forget_looks(c);
}

void core_forget_page(Core *c, uint32_t va)
{
    uint32_t number = va >> PAGE_SHIFT;
    if (c->engine.host)
        engine_drop_page(c, number);
    for (unsigned user = 0; user < 2; user++) {
        CoreLook *look = &c->looks[user][number % CORE_LOOKS];
        look->read_tag = look->write_tag = NO_TAG;
    }
    if (c->tlb[number & c->tlb_mask] == number)
        c->tlb[number & c->tlb_mask] = NO_PAGE;
}

void core_renew_page(Core *c, uint32_t pa)
{
    for (unsigned user = 0; user < 2; user++)
        for (unsigned i = 0; i < CORE_LOOKS; i++) {
            CoreLook *look = &c->looks[user][i];
            if (look->page.pa == (pa & ~(PAGE_SIZE - 1u)))
                look->read_tag = look->write_tag = NO_TAG;
        }
}

void core_watch_word(Core *c, uint32_t pa)
{
    core_renew_page(c, pa);
    core_protect(c, pa & ~3u, 4);
}

void core_protect(Core *c, uint32_t pa, uint32_t size)
{
    if (c->engine.host)
        engine_protect(c, pa, size);
}

const CorePage *core_touch(Core *c, uint32_t va, bool user, bool store,
                           CoreFault *fault)
{
    const CorePage *page = core_look(c, va, 1, user, store);
    if (page) {
        core_spend_access(c, page, c->clock, va, page->pa | va % PAGE_SIZE,
                          store);
        c->counters.total = c->clock + c->stalls;
    } else {
        *fault = c->fault;
    }
    return page;
}

/* --- Stores --------------------------------------------------------------- */

uint32_t core_forward(const Core *c, uint32_t pa, uint32_t *word)
{
    uint32_t found = 0;
    for (unsigned i = 0; i < c->store_count; i++) {
        const GatedStore *store = &c->stores[i];
        if (store->pa != pa)
            continue;
        *word = (*word & ~store->mask) | store->bytes;
        found |= store->mask;
    }
    return found;
}

/* Whether a protected range among `check` has a byte of the store's. */
static bool is_protected(const Core *c, uint32_t pa, unsigned size,
                         uint64_t check)
{
    for (uint64_t set = check & c->alias_set; set; set &= set - 1) {
        const AliasReg *alias = &c->alias[__builtin_ctzll(set)];
        /* Both lie within a word: no sum passes the end of memory. */
        if (pa - alias->pa < alias->size || alias->pa - pa < size)
            return true;
    }
    return false;
}

bool core_refuse_store(Core *c, const CorePage *page, uint32_t va, uint32_t pa,
                       unsigned size, uint64_t check)
{
    uint32_t word = va % PAGE_SIZE / 4;
    if (page->tbits && page->tbits[word / 32] >> word % 32 & 1)
        return !fail(c, CORE_FAULT_CODE, va);
    if (is_protected(c, pa, size, check))
        return !fail(c, CORE_FAULT_ALIAS, va);
    if (c->store_count >= c->desc.store_buffer)
        return !fail(c, CORE_FAULT_STORE_BUFFER, va);
    return false;
}

void core_drop_stores(Core *c)
{
    c->store_count = 0;
    c->store_filter = 0;
    c->alias_set = 0;
}

void core_drain(Core *c)
{
    for (unsigned i = 0; i < c->store_count; i++) {
        const GatedStore *store = &c->stores[i];
        uint32_t word;
        memcpy(&word, store->host, sizeof word);
        word = (word & ~store->mask) | store->bytes;
        memcpy(store->host, &word, sizeof word);
        if (c->bus.stored)
            c->bus.stored(c->bus.ctx, store->pa + store->offset, store->size);
    }
    c->counters.stores += c->store_count;
    core_drop_stores(c);
}
