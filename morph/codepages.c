/* Guest pages that hold translated code: where they are, their T-bits, and what
 * was learned about single instructions.
 *
 * T-bits protect by units of morph.tbit_grain bytes; what is lost when one is
 * written is listed by word, so that a page that is mapped at many places costs
 * no more than the translations that go.  A translation is good for an entry
 * when each of its pages lies where it did when it was made.  That is known of
 * the pages that the code TLB has.  `generation` numbers the states in which
 * what was found good so has stayed good: it is bumped when the code TLB loses
 * a page; without one, when a TLB write or an ASID may have moved a page with
 * translations.
 *
 * Several processors have a layer each, and T-bits in common: a store of any to
 * a word that some layer has translated fails, and all of them hear of it. */
#include "morph/layer_impl.h"

#include "base/alloc.h"
#include "frontend/tlb.h"

#include <stdlib.h>
#include <string.h>

static void set_bit(uint32_t *bits, uint32_t word)
{
    bits[word / 32] |= 1u << word % 32;
}

static void clear_bit(uint32_t *bits, uint32_t word)
{
    bits[word / 32] &= ~(1u << word % 32);
}

/* --- Where code is ---------------------------------------------------------
 */

static CodeLookup *code_lookup(Layer *l, uint32_t va)
{
    return &l->lookups[(va >> PAGE_SHIFT) % CODE_LOOKUPS];
}

static void forget_lookups(Layer *l)
{
    for (unsigned i = 0; i < CODE_LOOKUPS; i++)
        l->lookups[i].va = 1;
}

bool codepages_lookup(Layer *l, uint32_t va, bool user, uint32_t *pa,
                      const uint8_t **host)
{
    if (user && va & 0x80000000)
        return false;
    uint32_t page_va = va & ~(PAGE_SIZE - 1u);
    CodeLookup *look = code_lookup(l, va);
    if (look->va != page_va) {
        TlbPage page;
        uint32_t status = l->state->status;
        TlbResult result =
            tlb_translate(l->state, l->tlb_index, page_va, false, &page);
        /* Only the fetch itself may shut the TLB down. */
        l->state->status = status;
        if (result != TLB_OK || !page.cached)
            return false;
        const uint8_t *bytes = bus_page(l->bus, page.pa, false);
        if (!bytes)
            return false;
        const CodePage *known = codepages_find(l, page.pa);
        *look = (CodeLookup){page_va, page.pa, bytes, known && known->lessons};
    }
    *pa = look->pa | va % PAGE_SIZE;
    *host = look->host;
    return true;
}

const uint8_t *codepages_peek(Layer *l, uint32_t va, bool user)
{
    uint32_t pa;
    const uint8_t *host;
    if (!codepages_lookup(l, va, user, &pa, &host))
        return NULL;
    const CodeLookup *look = code_lookup(l, va);
    if (unlikely(look->taught) && codepages_is_interpreted(l, pa))
        return NULL;
    return host + va % PAGE_SIZE;
}

bool codepages_is_there(Layer *l, const Translation *t)
{
    if (!t->core->mapped || t->core->verified == l->generation)
        return true;
    bool user = layer_context(l, t->mode).user;
    for (unsigned i = 0; i < t->page_count; i++) {
        uint32_t pa;
        const uint8_t *host;
        if (!codepages_lookup(l, t->pages[i].va, user, &pa, &host) ||
            pa != t->pages[i].page->pa)
            return false;
    }
    return true;
}

static uint32_t *mapped_count(Layer *l, uint32_t va)
{
    return &l->holder->mapped_pages[(va >> PAGE_SHIFT) % MAPPED_FILTER];
}

/* No two layers have the same one if they run the same code. */
static void begin_generation(Layer *l)
{
    l->stats.generations += l->holder->oldest != NULL; /* there is code */
    LAYER_SHARERS (each, l)
        if (each->generation > l->generation)
            l->generation = each->generation;
    core_set_generation(l->core, ++l->generation);
}

/* --- The code TLB ----------------------------------------------------------
 */

/* Where pages of code are mapped: a look there is part of the exit's branch.
 * What the guest's TLB loses is lost here. */
typedef struct CodeTlbPage {
    uint32_t va, pa; /* of the page; va 1: none */
} CodeTlbPage;

struct CodeTlb {
    uint32_t mask;
    CodeTlbPage pages[];
};

static void code_tlb_empty(CodeTlb *tlb)
{
    for (uint32_t i = 0; i <= tlb->mask; i++)
        tlb->pages[i].va = 1;
}

void codepages_create(Layer *l, const Config *config)
{
    uint32_t count = (uint32_t)config_int(config, CONFIG_VLIW_CODE_TLB);
    if (count == 0)
        return;
    if (SELKIRK_HARD)
        count = 2;
    l->code_tlb = alloc_zeroed(1, sizeof *l->code_tlb +
                                      count * sizeof *l->code_tlb->pages);
    l->code_tlb->mask = count - 1;
    code_tlb_empty(l->code_tlb);
}

static CodeTlbPage *code_tlb_place(CodeTlb *tlb, uint32_t va)
{
    return &tlb->pages[va >> PAGE_SHIFT & tlb->mask];
}

/* Whether a page of code is mapped, and where: asked of the code TLB, or of the
 * guest's, which is charged. */
static bool find_page(Layer *l, uint32_t va, bool user, uint32_t *pa)
{
    CodeTlbPage *place = l->code_tlb ? code_tlb_place(l->code_tlb, va) : NULL;
    if (place && place->va == va) {
        *pa = place->pa;
        return true;
    }
    const uint8_t *host;
    l->stats.page_probes++;
    core_charge(l->core, CORE_CAUSE_INDIRECT, l->cost.verify);
    if (!codepages_lookup(l, va, user, pa, &host))
        return false;
    if (place && place->va != 1)
        begin_generation(l);
    if (place)
        *place = (CodeTlbPage){va, *pa};
    return true;
}

/* Whether the code TLB has all pages of `t`: some may share a place. */
static bool code_tlb_has_all(CodeTlb *tlb, const Translation *t)
{
    for (unsigned i = 0; i < t->page_count; i++)
        if (layer_is_mapped(t->pages[i].va) &&
            code_tlb_place(tlb, t->pages[i].va)->va != t->pages[i].va)
            return false;
    return true;
}

static void code_tlb_remove(Layer *l, uint32_t va)
{
    CodeTlbPage *place = code_tlb_place(l->code_tlb, va);
    if (place->va != (va & ~(PAGE_SIZE - 1u)))
        return;
    place->va = 1;
    begin_generation(l);
}

bool codepages_verify(Layer *l, Translation *t)
{
    if (!t->core->mapped || t->core->verified == l->generation)
        return true;
    bool user = layer_context(l, t->mode).user;
    for (unsigned i = 0; i < t->page_count; i++) {
        const TranslationPage *page = &t->pages[i];
        uint32_t pa;
        if (layer_is_mapped(page->va) &&
            !(find_page(l, page->va, user, &pa) && pa == page->page->pa))
            return false;
    }
    if (!l->code_tlb || code_tlb_has_all(l->code_tlb, t))
        t->core->verified = l->generation;
    return true;
}

void codepages_remapped(void *ctx, bool all, uint32_t va)
{
    Layer *l = ctx;
    if (all) {
        forget_lookups(l);
        core_forget_mapped(l->core);
        if (l->code_tlb)
            code_tlb_empty(l->code_tlb);
        begin_generation(l);
    } else {
        code_lookup(l, va)->va = 1;
        core_forget_page(l->core, va & ~(PAGE_SIZE - 1u));
        if (l->code_tlb)
            code_tlb_remove(l, va);
        else if (*mapped_count(l, va))
            begin_generation(l);
    }
}

/* --- Pages -----------------------------------------------------------------
 */

/* Makes them known to the layers of the group; the caller to its own. */
static uint32_t *get_tbits(const Layer *l, uint32_t pa)
{
    uint32_t number = pa >> PAGE_SHIFT;
    uint32_t ***table = &l->group->tbits[number / PAGE_TABLES];
    if (!*table)
        *table = alloc_zeroed(PAGE_TABLES, sizeof **table);
    uint32_t **tbits = &(*table)[number % PAGE_TABLES];
    if (*tbits)
        return *tbits;
    *tbits = alloc_zeroed(PAGE_BITS, sizeof **tbits);
    for (const Layer *peer = l->group->first; peer; peer = peer->next_in_group)
        core_renew_page(peer->core, pa);
    return *tbits;
}

CodePage *codepages_get(Layer *l, uint32_t pa)
{
    uint32_t number = pa >> PAGE_SHIFT;
    CodePage ***table = &l->holder->code_pages[number / PAGE_TABLES];
    if (!*table)
        *table = alloc_zeroed(PAGE_TABLES, sizeof **table);
    CodePage **page = &(*table)[number % PAGE_TABLES];
    if (!*page) {
        *page = pool_take_zeroed(l->pool, sizeof **page);
        (*page)->pa = pa & ~(PAGE_SIZE - 1u);
        (*page)->tbits = get_tbits(l, pa);
        /* The core may have seen the page without T-bits. */
        core_forget(l->core);
        if (l->forwards)
            cpu_watch_page(l->cpu, pa);
    }
    return *page;
}

/* --- Protection ------------------------------------------------------------
 */

/* Whether the layer has a reason to protect a word of the unit from `first` of
 * the page on. */
static bool uses(const Layer *l, uint32_t pa, uint32_t first)
{
    const CodePage *page = codepages_find(l, pa);
    for (uint32_t word = first; page && word < first + l->grain; word++)
        if (page->first[word] || codepages_has_bit(page->decoded, word) ||
            (page->lessons &&
             codepages_has_bit(page->lessons->interpret, word)))
            return true;
    return false;
}

static bool is_used(const Layer *l, uint32_t pa, uint32_t first)
{
    const Layer *peer = l->group->first;
    while (peer && !(peer->holder == peer && uses(peer, pa, first)))
        peer = peer->next_in_group;
    return peer;
}

/* There is a reason to protect the unit of `word`. */
static void protect(const Layer *l, CodePage *page, uint32_t word)
{
    uint32_t first = word & ~(l->grain - 1);
    if (codepages_has_bit(page->tbits, word))
        return;
    for (uint32_t w = first; w < first + l->grain; w++)
        set_bit(page->tbits, w);
    for (const Layer *peer = l->group->first; peer; peer = peer->next_in_group)
        core_protect(peer->core, page->pa + 4 * first, 4 * l->grain);
}

/* There is one less. */
static void unprotect(const Layer *l, CodePage *page, uint32_t word)
{
    uint32_t first = word & ~(l->grain - 1);
    if (is_used(l, page->pa, first))
        return;
    for (uint32_t w = first; w < first + l->grain; w++)
        clear_bit(page->tbits, w);
}

/* The page of `va`, which is the translation's. */
static CodePage *page_of(const Translation *t, uint32_t va)
{
    unsigned i = 0;
    while (t->pages[i].va != (va & ~(PAGE_SIZE - 1u)))
        i++;
    return t->pages[i].page;
}

uint32_t codepages_pa(const Translation *t, uint32_t va)
{
    return page_of(t, va)->pa | va % PAGE_SIZE;
}

void codepages_add(Layer *l, Translation *t)
{
    for (unsigned i = 0; i < t->page_count; i++)
        if (layer_is_mapped(t->pages[i].va))
            ++*mapped_count(l, t->pages[i].va);
    for (unsigned i = 0; i < t->code->guest_count; i++) {
        uint32_t va = t->code->guests[i].pc;
        CodePage *page = page_of(t, va);
        CodeUse *use = &t->uses[i], **list = &page->first[codepages_word(va)];
        *use = (CodeUse){.owner = t, .next = *list, .prev = list};
        if (use->next)
            use->next->prev = &use->next;
        *list = use;
        protect(l, page, codepages_word(va));
    }
}

void codepages_remove(Layer *l, Translation *t)
{
    for (unsigned i = 0; i < t->page_count; i++)
        if (layer_is_mapped(t->pages[i].va))
            --*mapped_count(l, t->pages[i].va);
    for (unsigned i = 0; i < t->code->guest_count; i++) {
        uint32_t va = t->code->guests[i].pc;
        CodeUse *use = &t->uses[i];
        *use->prev = use->next;
        if (use->next)
            use->next->prev = use->prev;
        unprotect(l, page_of(t, va), codepages_word(va));
    }
}

/* Removes what was made from `word`, for the reason `why`; says whether there
 * was anything. */
static bool invalidate(Layer *l, const CodePage *page, uint32_t word,
                       uint64_t *counter, const char *why)
{
    bool any = page->first[word];
    while (page->first[word]) {
        Translation *t = page->first[word]->owner;
        layer_event(l, "invalidate", t, "%s", why);
        tcache_remove(l, t);
        core_charge(l->core, CORE_CAUSE_INVALIDATE, l->cost.invalidate);
        ++*counter;
    }
    return any;
}

/* The layer's own part of that. */
static bool forget_word(Layer *l, uint32_t pa)
{
    CodePage *page = codepages_find(l, pa);
    uint32_t word = codepages_word(pa);
    if (!page)
        return false;
    bool any = invalidate(l, page, word, &l->stats.invalidated, "overwritten");
    if (codepages_has_bit(page->decoded, word)) {
        clear_bit(page->decoded, word);
        unprotect(l, page, word);
        any = true;
    }
    PageLessons *lessons = page->lessons;
    if (lessons) {
        lessons->mmio[word] = lessons->faults[word] = 0;
        lessons->refused[word] = 0;
        clear_bit(lessons->unmoved, word);
        if (codepages_has_bit(lessons->interpret, word)) {
            clear_bit(lessons->interpret, word);
            unprotect(l, page, word);
            any = true;
        }
    }
    if (any)
        l->stats.code_writes++;
    return any;
}

bool codepages_written(Layer *l, uint32_t pa)
{
    const uint32_t *tbits = codepages_tbits(l, pa);
    bool any = false;
    if (!tbits || !codepages_has_bit(tbits, codepages_word(pa)))
        return false;
    /* What is common goes at this one's expense. */
    for (Layer *peer = l->group->first; peer; peer = peer->next_in_group)
        if (peer->holder == peer)
            any |= forget_word(peer == l->holder ? l : peer, pa);
    return any;
}

void layer_memory_changed(Layer *l, uint32_t pa, uint32_t size)
{
    for (uint64_t a = pa & ~3u; a < (uint64_t)pa + size;) {
        if (codepages_tbits(l, (uint32_t)a)) {
            codepages_written(l, (uint32_t)a);
            a += 4;
        } else {
            a = (a | (PAGE_SIZE - 1)) + 1;
        }
    }
}

/* --- Life -----------------------------------------------------------------
 */

/* Its bits go, but for those that others use. */
static void free_page(const Layer *l, CodePage *page)
{
    pool_give(l->pool, page->lessons, sizeof *page->lessons);
    page->lessons = NULL;
    memset(page->decoded, 0, sizeof page->decoded);
    for (uint32_t word = 0; word < PAGE_WORDS; word++) {
        if (!page->tbits[word / 32])
            word |= 31; /* none of 32 */
        else if (codepages_has_bit(page->tbits, word))
            unprotect(l, page, word);
    }
    pool_give(l->pool, page, sizeof *page);
}

void codepages_reset(Layer *l)
{
    for (unsigned i = 0; i < PAGE_TABLES; i++) {
        CodePage **table = l->code_pages[i];
        for (unsigned j = 0; table && j < PAGE_TABLES; j++)
            if (table[j])
                free_page(l, table[j]);
        free(table);
        l->code_pages[i] = NULL;
    }
}

void codepages_create_group(Layer *l)
{
    l->group = alloc_zeroed(1, sizeof *l->group);
    l->group->first = l;
}

static void leave_group(Layer *l)
{
    CodeGroup *group = l->group;
    Layer **place = &group->first;
    while (*place != l)
        place = &(*place)->next_in_group;
    *place = l->next_in_group;
    if (group->first)
        return;
    for (unsigned i = 0; i < PAGE_TABLES; i++) {
        for (unsigned j = 0; group->tbits[i] && j < PAGE_TABLES; j++)
            free(group->tbits[i][j]);
        free(group->tbits[i]);
    }
    free(group);
}

void codepages_destroy(Layer *l)
{
    if (l->holder == l)
        codepages_reset(l);
    leave_group(l);
    free(l->code_tlb);
}

void layer_join(Layer *l, Layer *first)
{
    leave_group(l);
    l->group = first->group;
    Layer **place = &l->group->first;
    while (*place)
        place = &(*place)->next_in_group;
    *place = l;
    enum { PRIVATE, COPY, SHARED };
    unsigned sharing = config_choice(l->config, CONFIG_TCACHE_SHARING);
    l->borrows = first->borrows = sharing == COPY;
    if (sharing == SHARED)
        layer_share(l, first);
}

void layer_yield(Layer *l)
{
    const GuestState *s = l->state;
    for (const Layer *peer = l->group->first; s->link && peer;
         peer = peer->next_in_group)
        core_watch_word(peer->core, s->link_pa);
}

/* --- Beside cpu_run() ------------------------------------------------------
 */

static bool on_watches(void *ctx, uint32_t pa)
{
    return codepages_find(ctx, pa);
}

static void on_written(void *ctx, uint32_t pa)
{
    Layer *l = ctx;
    l->wrote |= codepages_written(l, pa);
}

/* A store of a translation to a word that cpu_run() has decoded fails, too, so
 * that the processor makes it and learns of it. */
static void on_decoded(void *ctx, uint32_t pa)
{
    Layer *l = ctx;
    CodePage *page = codepages_get(l, pa);
    set_bit(page->decoded, codepages_word(pa));
    protect(l, page, codepages_word(pa));
}

void codepages_share(Layer *l, bool shared)
{
    cpu_share_code(l->cpu, shared ? &(CpuSharing){.ctx = l,
                                                  .watches = on_watches,
                                                  .written = on_written,
                                                  .decoded = on_decoded}
                                  : NULL);
    l->forwards = shared;
}

/* --- Lessons ---------------------------------------------------------------
 */

bool codepages_is_unmoved(const Layer *l, uint32_t pa)
{
    const CodePage *page = codepages_find(l, pa);
    return page && page->lessons &&
           codepages_has_bit(page->lessons->unmoved, codepages_word(pa));
}

unsigned codepages_count(const Layer *l, uint32_t pa, uint32_t entry,
                         unsigned enough)
{
    const CodePage *page = codepages_find(l, pa);
    const CodeUse *use = page ? page->first[codepages_word(pa)] : NULL;
    const Translation *last = NULL;
    unsigned count = 0;
    for (; use && count < enough; use = use->next) {
        count += use->owner->gear == 2 && use->owner != last &&
                 use->owner->pc != entry;
        last = use->owner;
    }
    return count;
}

bool codepages_is_refused(const Layer *l, uint32_t pa)
{
    const CodePage *page = codepages_find(l, pa);
    return l->commit_refused && page && page->lessons &&
           page->lessons->refused[codepages_word(pa)] >= l->commit_refused;
}

static PageLessons *lessons_of(Layer *l, CodePage *page)
{
    if (!page->lessons) {
        page->lessons = pool_take_zeroed(l->pool, sizeof *page->lessons);
        LAYER_SHARERS (each, l)
            forget_lookups(each);
    }
    return page->lessons;
}

void codepages_learn(Layer *l, uint32_t pa, bool mmio)
{
    CodePage *page = codepages_get(l, pa);
    PageLessons *lessons = lessons_of(l, page);
    uint32_t word = codepages_word(pa);
    if (codepages_has_bit(lessons->interpret, word))
        return;
    uint16_t *count = mmio ? &lessons->mmio[word] : &lessons->faults[word];
    if (*count < UINT16_MAX)
        ++*count;
    if (*count < (mmio ? l->mmio_learn : l->fault_learn))
        return;
    ++*(mmio ? &l->stats.learned_mmio : &l->stats.learned_faults);
    set_bit(lessons->interpret, word);
    /* So that the lesson is forgotten when the word is overwritten. */
    protect(l, page, word);
    invalidate(l, page, word, &l->stats.relearned,
               mmio ? "holds a device access" : "holds what fails");
}

void codepages_learn_refused(Layer *l, const Translation *t, uint32_t va)
{
    CodePage *page = page_of(t, va);
    uint8_t *count = &lessons_of(l, page)->refused[codepages_word(va)];
    if (*count < UINT8_MAX)
        ++*count;
    if (*count == l->commit_refused)
        l->stats.learned_refused++;
}

void codepages_learn_spurious(Layer *l, Translation *t)
{
    if (++t->spurious < l->fault_learn || codepages_is_unmoved(l, t->pa))
        return;
    l->stats.learned_unmoved++;
    set_bit(lessons_of(l, codepages_get(l, t->pa))->unmoved,
            codepages_word(t->pa));
    l->stats.relearned++;
    layer_event(l, "invalidate", t, "loads moved too far");
    tcache_remove(l, t);
    core_charge(l->core, CORE_CAUSE_INVALIDATE, l->cost.invalidate);
}

static void save_lessons(const Layer *l, const CodePage *page, Warm *warm)
{
    const PageLessons *lessons = page->lessons;
    const uint8_t *host = bus_page(l->bus, page->pa, false);
    for (uint32_t word = 0; host && word < PAGE_WORDS; word++) {
        WarmLesson lesson = {
            .pa = page->pa + 4 * word,
            .word = bits_load32(host + 4 * word, l->cpu_config.big_endian),
            .mmio = lessons->mmio[word],
            .faults = lessons->faults[word],
            .interpret = codepages_has_bit(lessons->interpret, word),
            .unmoved = codepages_has_bit(lessons->unmoved, word)};
        if (lesson.mmio || lesson.faults || lesson.interpret || lesson.unmoved)
            warm_add_lesson(warm, &lesson);
    }
}

void codepages_save(const Layer *l, Warm *warm)
{
    for (unsigned i = 0; i < PAGE_TABLES; i++)
        for (unsigned j = 0; l->code_pages[i] && j < PAGE_TABLES; j++)
            if (l->code_pages[i][j] && l->code_pages[i][j]->lessons)
                save_lessons(l, l->code_pages[i][j], warm);
}

void codepages_teach(Layer *l, const WarmLesson *lesson)
{
    const uint8_t *host =
        bus_page(l->bus, lesson->pa & ~(PAGE_SIZE - 1u), false);
    if (!host || bits_load32(host + lesson->pa % PAGE_SIZE,
                             l->cpu_config.big_endian) != lesson->word)
        return;
    CodePage *page = codepages_get(l, lesson->pa);
    PageLessons *lessons = lessons_of(l, page);
    uint32_t word = codepages_word(lesson->pa);
    lessons->mmio[word] = (uint16_t)lesson->mmio;
    lessons->faults[word] = (uint16_t)lesson->faults;
    if (lesson->unmoved)
        set_bit(lessons->unmoved, word);
    if (lesson->interpret && !codepages_has_bit(lessons->interpret, word)) {
        set_bit(lessons->interpret, word);
        protect(l, page, word);
    }
    l->stats.warm_lessons++;
}

/* --- Checkpoints -----------------------------------------------------------
 */

static const CkptField lesson_fields[] = {
    CKPT_ARRAY(PageLessons, mmio),    CKPT_ARRAY(PageLessons, faults),
    CKPT_ARRAY(PageLessons, refused), CKPT_ARRAY(PageLessons, interpret),
    CKPT_ARRAY(PageLessons, unmoved),
};

/* Words that are interpreted are protected. */
static void protect_lessons(Layer *l, CodePage *page)
{
    for (uint32_t word = 0; word < PAGE_WORDS; word++)
        if (codepages_has_bit(page->lessons->interpret, word))
            protect(l, page, word);
}

static void page_checkpoint(Layer *l, CodePage *page, Ckpt *ckpt)
{
    bool lessons = page->lessons;
    ckpt_bool(ckpt, "lessons", &lessons);
    if (!lessons || ckpt_error(ckpt))
        return;
    ckpt_fields(ckpt, lesson_fields, ARRAY_LEN(lesson_fields),
                lessons_of(l, page));
    if (ckpt_loads(ckpt))
        protect_lessons(l, page);
}

static void save_pages(Layer *l, Ckpt *ckpt)
{
    for (unsigned i = 0; i < PAGE_TABLES; i++)
        for (unsigned j = 0; l->code_pages[i] && j < PAGE_TABLES; j++) {
            CodePage *page = l->code_pages[i][j];
            if (!page)
                continue;
            ckpt_u32(ckpt, "page", &page->pa, UINT32_MAX);
            page_checkpoint(l, page, ckpt);
        }
}

static uint64_t count_pages(const Layer *l)
{
    uint64_t count = 0;
    for (unsigned i = 0; i < PAGE_TABLES; i++)
        for (unsigned j = 0; l->code_pages[i] && j < PAGE_TABLES; j++)
            count += l->code_pages[i][j] != NULL;
    return count;
}

static const CkptField code_tlb_fields[] = {
    {"code_tlb.va", offsetof(CodeTlbPage, va), sizeof(uint32_t), 1, UINT64_MAX},
    {"code_tlb.pa", offsetof(CodeTlbPage, pa), sizeof(uint32_t), 1, UINT64_MAX},
};

void codepages_checkpoint(Layer *l, Ckpt *ckpt)
{
    CodeTlb *tlb = l->code_tlb;
    if (tlb)
        ckpt_records(ckpt, code_tlb_fields, ARRAY_LEN(code_tlb_fields),
                     tlb->pages, tlb->mask + 1, sizeof tlb->pages[0]);
    size_t count = ckpt_count(ckpt, "code_pages", count_pages(l),
                              (size_t)PAGE_TABLES * PAGE_TABLES);
    if (!ckpt_loads(ckpt)) {
        save_pages(l, ckpt);
        return;
    }
    for (size_t i = 0; i < count && !ckpt_error(ckpt); i++) {
        uint32_t pa = 0;
        ckpt_u32(ckpt, "page", &pa, UINT32_MAX);
        if (!ckpt_error(ckpt))
            page_checkpoint(l, codepages_get(l, pa), ckpt);
    }
}
