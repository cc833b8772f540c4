/* Fetch, load and store of the reference CPU.
 *
 * The rules are those of the slow paths below: alignment, translation, then
 * the isolated cache or the bus.  Two structures only remember their results.
 * FastPage entries say where a virtual page's bytes are on the host; they are
 * dropped when the TLB entry or the ASID behind them changes.  CodePages hold
 * decoded instructions by physical page; a page that has one is never entered
 * for fast stores, so that every store to it comes by here and takes the
 * decoded word back.  Neither can be seen by a guest. */
#include "frontend/cpu_impl.h"

#include "base/alloc.h"
#include "frontend/tlb.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Where the decoded page of `pa` is noted, or NULL if none near is. */
static CodePage **code_slot(const Cpu *c, uint32_t pa)
{
    uint32_t number = pa >> PAGE_SHIFT;
    CodePage **table = c->group->code_tables[number / CODE_TABLE_PAGES];
    return table ? &table[number % CODE_TABLE_PAGES] : NULL;
}

static CodePage *code_find(const Cpu *c, uint32_t pa)
{
    CodePage **slot = code_slot(c, pa);
    return slot ? *slot : NULL;
}

static void free_code_pages(Cpu *c)
{
    for (uint32_t i = 0; i < c->group->code_count; i++) {
        *code_slot(c, c->group->code_list[i]->pa) = NULL;
        free(c->group->code_list[i]);
    }
    c->group->code_count = 0;
    for (Cpu *peer = c->group->first; peer; peer = peer->next_in_group)
        peer->code_va = NO_PAGE;
}

void cpu_mem_reset(Cpu *c)
{
    free_code_pages(c);
    cpu_mem_forget(c);
}

void cpu_mem_free(Cpu *c)
{
    free_code_pages(c);
}

static void forget_entry(FastPage *page)
{
    *page = (FastPage){NO_TAG, NO_TAG, NULL};
}

void cpu_mem_forget(Cpu *c)
{
    for (unsigned t = 0; t < FAST_TABLES; t++)
        for (unsigned i = 0; i < FAST_PAGES; i++)
            forget_entry(&c->fast_tables[t][i]);
    c->code_va = NO_PAGE;
    if (c->remapped)
        c->remapped(c->remapped_ctx, true, 0);
    if (c->timed)
        c->timing.remapped(c->timing.ctx);
}

void cpu_mem_forget_page(Cpu *c, uint32_t va)
{
    for (unsigned t = 0; t < FAST_TABLES; t++)
        forget_entry(&c->fast_tables[t][(va >> PAGE_SHIFT) % FAST_PAGES]);
    c->code_va = NO_PAGE;
    if (c->remapped)
        c->remapped(c->remapped_ctx, false, va);
    if (c->timed)
        c->timing.remapped(c->timing.ctx);
}

/* No page is mapped now. */
void cpu_tlb_shut_down(Cpu *c)
{
    cpu_mem_forget(c);
    if (cpu_has(c, CPU_MACHINE_CHECKS))
        cpu_machine_check(c, "two TLB entries match one address");
}

/* --- Exceptions of an access --------------------------------------------- */

static bool address_error(Cpu *c, uint32_t va, bool store)
{
    c->s.badvaddr = va;
    cpu_exception(c, store ? EXC_ADES : EXC_ADEL);
    return false;
}

/* Translates for a load, fetch or store.  False: exception taken. */
static bool translate(Cpu *c, uint32_t va, bool store, TlbPage *page)
{
    GuestState *s = &c->s;
    uint32_t status = s->status;
    TlbResult result = tlb_translate(s, &c->tlb_index, va, store, page);
    if (s->status != status)
        cpu_tlb_shut_down(c);
    if (result == TLB_OK)
        return true;
    if (result == TLB_ADDRESS_ERROR)
        return address_error(c, va, store);
    s->badvaddr = va;
    s->context = (s->context & CONTEXT_PTE) | ((va >> 10) & CONTEXT_BADVPN);
    s->entryhi = (va & ENTRYHI_VPN) | (s->entryhi & ENTRYHI_ASID);
    if (result == TLB_MODIFIED)
        cpu_exception(c, EXC_MOD);
    else if (result == TLB_REFILL)
        cpu_exception_refill(c, store ? EXC_TLBS : EXC_TLBL);
    else
        cpu_exception(c, store ? EXC_TLBS : EXC_TLBL);
    return false;
}

void cpu_refuse(Cpu *c, uint32_t pc, uint32_t va, bool store)
{
    GuestState *s = &c->s;
    TlbPage page;
    s->insns++;
    s->pc = pc;
    s->in_delay = false;
    s->load_reg = 0;
    s->fpr_load_reg = FPR_COUNT;
    bool found = translate(c, va, store, &page);
    assert(!found);
    (void)found;
}

/* --- The model of time ---------------------------------------------------- */

static uint32_t key_of(const TlbPage *page)
{
    return (page->pa & ~3u) | (page->cached ? 0 : CPU_UNCACHED);
}

void cpu_wait_fetch(Cpu *c, uint32_t key)
{
    cpu_wait(c, c->timing.fetch(c->timing.ctx, cpu_timing_now(c), key));
}

void cpu_wait_load(Cpu *c, uint32_t key)
{
    cpu_wait(c, c->timing.load(c->timing.ctx, cpu_timing_now(c), key));
}

void cpu_wait_store(Cpu *c, uint32_t key, bool part)
{
    cpu_wait(c, c->timing.store(c->timing.ctx, cpu_timing_now(c), key, part));
}

/* Fetches go on in another page, as far as anybody remembers. */
static void enter_page(Cpu *c, uint32_t va, const TlbPage *page)
{
    c->code_key = key_of(page) & ~(PAGE_SIZE - 4u);
    bool mapped = va < 0x80000000 || va >= 0xc0000000;
    if (c->timed && mapped)
        cpu_wait(c, c->timing.page(c->timing.ctx, va));
}

/* --- Decoded instructions ------------------------------------------------ */

void cpu_forget_fast_stores(Cpu *c, const uint8_t *host)
{
    for (unsigned t = 0; t < FAST_TABLES; t++)
        for (unsigned i = 0; i < FAST_PAGES; i++)
            if (c->fast_tables[t][i].host == host)
                c->fast_tables[t][i].write_tag = NO_TAG;
}

static CodePage *code_page(Cpu *c, uint32_t pa, const uint8_t *host)
{
    CodePage *page = code_find(c, pa);
    if (page)
        return page;
    if (c->group->code_count == CODE_PAGES_MAX)
        free_code_pages(c);
    CodePage ***table =
        &c->group->code_tables[(pa >> PAGE_SHIFT) / CODE_TABLE_PAGES];
    if (!*table)
        *table = alloc_zeroed(CODE_TABLE_PAGES, sizeof **table);
    page = alloc_zeroed(1, sizeof *page);
    page->pa = pa & ~(PAGE_SIZE - 1u);
    *code_slot(c, pa) = page;
    c->group->code_list[c->group->code_count++] = page;
    for (Cpu *peer = c->group->first; peer; peer = peer->next_in_group)
        cpu_forget_fast_stores(peer, host);
    return page;
}

/* A store to `pa` changed what may have been decoded. */
static void code_written(Cpu *c, uint32_t pa)
{
    CodePage *page = code_find(c, pa);
    if (page)
        page->insn[(pa / 4) % PAGE_INSNS].op = INSN_UNDECODED;
    if (c->shared)
        c->sharing.written(c->sharing.ctx, pa);
}

void cpu_memory_changed(Cpu *c, uint32_t pa, uint32_t size)
{
    for (uint64_t a = pa & ~3u; a < (uint64_t)pa + size;) {
        if (code_find(c, (uint32_t)a) ||
            (c->shared && c->sharing.watches(c->sharing.ctx, (uint32_t)a))) {
            code_written(c, (uint32_t)a);
            a += 4;
        } else {
            a = (a | (PAGE_SIZE - 1)) + 1;
        }
    }
}

const Insn *cpu_fetch_slow(Cpu *c)
{
    GuestState *s = &c->s;
    uint32_t va = s->pc;
    TlbPage page;
    if (va & 3) {
        address_error(c, va, false);
        return NULL;
    }
    if (!translate(c, va, false, &page))
        return NULL;
    enter_page(c, va, &page);
    const uint8_t *host = c->bus.page(c->bus.ctx, page.pa, false);
    if (host) {
        c->code = code_page(c, page.pa, host)->insn;
        c->code_va = va & ~(PAGE_SIZE - 1u);
        return &c->code[(va / 4) % PAGE_INSNS];
    }
    c->code_va = NO_PAGE; /* code_key is another's */
    uint32_t word;
    if (!c->bus.read(c->bus.ctx, page.pa, 4, &word)) {
        cpu_exception(c, EXC_IBE);
        return NULL;
    }
    c->uncached_insn = insn_decode(word);
    return &c->uncached_insn;
}

/* The page that pc is in. */
static CodePage *current_page(const Cpu *c)
{
    return (CodePage *)((char *)c->code - offsetof(CodePage, insn));
}

static Insn decode_at(const Cpu *c, uint32_t pa)
{
    const uint8_t *host =
        c->bus.page(c->bus.ctx, pa & ~(PAGE_SIZE - 1u), false);
    return insn_decode(
        bits_load32(host + pa % PAGE_SIZE, c->config.big_endian));
}

void cpu_decode_here(Cpu *c)
{
    uint32_t offset = c->s.pc % PAGE_SIZE, pa = current_page(c)->pa | offset;
    c->code[offset / 4] = decode_at(c, pa);
    for (unsigned i = 0; i < CPU_WATCHES; i++)
        if (c->watches[i].on && c->watches[i].va % PAGE_SIZE == offset)
            c->code[offset / 4].op = INSN_MARKED;
    if (c->shared)
        c->sharing.decoded(c->sharing.ctx, pa);
}

bool cpu_meets_watch(Cpu *c)
{
    bool met = false;
    for (unsigned i = 0; i < CPU_WATCHES; i++) {
        CpuWatch *w = &c->watches[i];
        if (!w->on || w->va != c->s.pc || c->s.insns <= w->from)
            continue;
        w->hit = met = true;
    }
    return met;
}

const Insn *cpu_decode_marked(Cpu *c)
{
    uint32_t offset = c->s.pc % PAGE_SIZE;
    c->uncached_insn = decode_at(c, current_page(c)->pa | offset);
    return &c->uncached_insn;
}

/* --- Watches ---------------------------------------------------------------
 */

void cpu_set_watch(Cpu *c, unsigned watch, uint32_t va, uint64_t from)
{
    c->watches[watch] = (CpuWatch){.on = true, .va = va, .from = from};
    free_code_pages(c); /* it is looked at when something is decoded */
}

void cpu_clear_watch(Cpu *c, unsigned watch)
{
    if (!c->watches[watch].on)
        return;
    c->watches[watch] = (CpuWatch){.on = false};
    free_code_pages(c);
}

bool cpu_watch_hit(const Cpu *c, unsigned watch)
{
    return c->watches[watch].hit;
}

bool cpu_watches(const Cpu *c)
{
    for (unsigned i = 0; i < CPU_WATCHES; i++)
        if (c->watches[i].on)
            return true;
    return false;
}

/* --- Somebody else who executes code --------------------------------------
 */

void cpu_share_code(Cpu *c, const CpuSharing *sharing)
{
    free_code_pages(c);
    cpu_mem_forget(c); /* pages that are watched may be among them */
    c->shared = sharing != NULL;
    c->sharing = sharing ? *sharing : (CpuSharing){0};
}

void cpu_watch_page(Cpu *c, uint32_t pa)
{
    cpu_forget_fast_stores(
        c, c->bus.page(c->bus.ctx, pa & ~(PAGE_SIZE - 1u), false));
}

void cpu_mark(Cpu *c, uint32_t pa)
{
    CodePage *page = code_find(c, pa);
    Insn *insn = page ? &page->insn[pa / 4 % PAGE_INSNS] : NULL;
    if (insn && insn->op != INSN_UNDECODED)
        insn->op = INSN_MARKED;
}

/* --- Data ---------------------------------------------------------------- */

/* With IsC the caches swap roles when SwC is set too. */
static IsoCache *isolated_cache(Cpu *c)
{
    return c->s.status & STATUS_SWC ? c->icache : c->dcache;
}

static uint32_t isolated_load(Cpu *c, uint32_t pa)
{
    GuestState *s = &c->s;
    IsoLoad load = isocache_load(isolated_cache(c), pa);
    s->status &= ~STATUS_CM;
    if (!load.hit)
        s->status |= STATUS_CM;
    if (load.parity_error)
        s->status |= STATUS_PE;
    return load.word;
}

/* The part of a word that an access of `size` at `va` reads. */
static uint32_t part_of(const Cpu *c, uint32_t word, uint32_t va, unsigned size)
{
    unsigned byte = va & 3;
    if (c->config.big_endian)
        byte = 4 - size - byte;
    word >>= 8 * byte;
    return size == 1 ? word & 0xff : size == 2 ? word & 0xffff : word;
}

/* In a mode of reversed byte order, the low address bits are inverted and the
 * word on the bus is the same (Kane, Status.RE). */
static uint32_t reversed_address(const Cpu *c, uint32_t va, unsigned size)
{
    return cpu_data_big(c) != c->config.big_endian ? va ^ (4 - size) : va;
}

/* Remembers a page that was looked up by the rules of the current mode. */
static void remember(Cpu *c, uint32_t va, const TlbPage *page)
{
    if (c->fast == c->fast_tables[FAST_NONE])
        return;
    uint8_t *host = c->bus.page(c->bus.ctx, page->pa, false);
    if (!host)
        return;
    bool watched = c->shared && c->sharing.watches(c->sharing.ctx, page->pa);
    bool stores = page->writable && !code_find(c, page->pa) && !watched &&
                  !cpu_page_has_links(c, page->pa) &&
                  c->bus.page(c->bus.ctx, page->pa, true);
    uint32_t tag = va & ~(PAGE_SIZE - 1u);
    FastPage *fast = &c->fast[(va >> PAGE_SHIFT) % FAST_PAGES];
    *fast = (FastPage){tag, stores ? tag : NO_TAG, host};
    c->fast_keys[fast - c->fast_tables[0]] = key_of(page) & ~(PAGE_SIZE - 4u);
}

bool cpu_load_slow(Cpu *c, uint32_t va, unsigned size, uint32_t *value)
{
    TlbPage page;
    if (va & (size - 1))
        return address_error(c, va, false);
    if (!translate(c, va, false, &page))
        return false;
    uint32_t pa = reversed_address(c, page.pa, size);
    if (page.cached && (c->s.status & STATUS_ISC)) {
        *value = part_of(c, isolated_load(c, pa), pa, size);
        return true;
    }
    remember(c, va, &page);
    if (c->timed)
        cpu_time_load(c, key_of(&page));
    if (c->bus.read(c->bus.ctx, pa, size, value))
        return true;
    cpu_exception(c, EXC_DBE);
    return false;
}

/* A store, after alignment and translation, that is about to happen. */
static void time_store(Cpu *c, const TlbPage *page, bool part)
{
    if (!c->timed)
        return;
    if (page->cached && (c->s.status & STATUS_ISC))
        c->timing.isolated(c->timing.ctx, page->pa & ~3u,
                           c->s.status & STATUS_SWC, part);
    else
        cpu_wait_store(c, key_of(page), part);
}

/* After that, too.  False: exception taken. */
static bool store_at(Cpu *c, const TlbPage *page, unsigned size, uint32_t value)
{
    uint32_t pa = reversed_address(c, page->pa, size);
    if (page->cached && (c->s.status & STATUS_ISC)) {
        bool zero_parity = c->s.status & STATUS_PZ;
        isocache_store(isolated_cache(c), pa, size, value, zero_parity);
        return true;
    }
    /* An R3000's stores are buffered: an error comes later, as the board's
     * interrupt. */
    bool ok = c->bus.write(c->bus.ctx, pa, size, value);
    code_written(c, pa);
    cpu_end_links(c, pa);
    if (ok || !cpu_has(c, CPU_STORE_ERRORS))
        return true;
    cpu_exception(c, EXC_DBE);
    return false;
}

bool cpu_store_slow(Cpu *c, uint32_t va, unsigned size, uint32_t value)
{
    TlbPage page;
    if (va & (size - 1))
        return address_error(c, va, true);
    if (!translate(c, va, true, &page))
        return false;
    if (!(page.cached && (c->s.status & STATUS_ISC)))
        remember(c, va, &page);
    time_store(c, &page, size < 4);
    return store_at(c, &page, size, value);
}

bool cpu_load_word_at(Cpu *c, uint32_t va, uint32_t *word)
{
    TlbPage page;
    /* Only the translation can tell va from the word's own address. */
    if (cpu_fast_page(c, va)->read_tag != (va & ~(PAGE_SIZE - 1u)) &&
        !translate(c, va, false, &page))
        return false;
    return cpu_load(c, va & ~3u, 4, word, c->timed);
}

bool cpu_store_part(Cpu *c, uint32_t va, bool left, uint32_t value)
{
    TlbPage page;
    if (!translate(c, va, true, &page))
        return false;
    /* Position of va's byte in the word, from its most significant one. */
    unsigned lane = cpu_data_big(c) ? va & 3 : ~va & 3;
    unsigned count = left ? 4 - lane : lane + 1;
    page.pa &= ~3u;
    time_store(c, &page, count < 4);
    if (count == 4)
        return store_at(c, &page, 4, value);
    uint32_t word = page.pa;
    for (unsigned i = 0; i < count; i++) {
        unsigned to = left ? lane + i : i;
        unsigned from = left ? i : 4 - count + i;
        page.pa = word + (cpu_data_big(c) ? to : 3 - to);
        if (!store_at(c, &page, 1, (value >> (8 * (3 - from))) & 0xff))
            return false;
    }
    return true;
}

bool cpu_peek(Cpu *c, uint32_t va, void *bytes, uint32_t size)
{
    uint8_t *out = bytes;
    while (size > 0) {
        uint32_t left = PAGE_SIZE - va % PAGE_SIZE;
        uint32_t part = size < left ? size : left;
        uint32_t pa;
        if (!tlb_peek(&c->s, va, &pa))
            return false;
        const uint8_t *host = c->bus.page(c->bus.ctx, pa, false);
        if (!host)
            return false;
        memcpy(out, host + pa % PAGE_SIZE, part);
        out += part;
        va += part;
        size -= part;
    }
    return true;
}
