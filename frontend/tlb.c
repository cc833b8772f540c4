/* Segments and the TLB; see tlb.h. */
#include "frontend/tlb.h"

#include <assert.h>
#include <stddef.h>

/* --- Entries -------------------------------------------------------------- */

static bool matches(const TlbEntry *e, uint32_t hi)
{
    uint32_t compare =
        e->lo & ENTRYLO_G ? ENTRYHI_VPN : ENTRYHI_VPN | ENTRYHI_ASID;
    return ((e->hi ^ hi) & compare) == 0;
}

/* Without branches, as the host then takes several in one step. */
static int look_at_all(const GuestState *s, uint32_t hi, int *count)
{
    int found = -1;
    *count = 0;
    for (int i = 0; i < TLB_ENTRIES; i++) {
        bool match = matches(&s->tlb[i], hi);
        found = match ? i : found;
        *count += match;
    }
    return found;
}

static unsigned bucket_of(uint32_t hi)
{
    return (hi >> 12 ^ hi >> 19) % TLB_BUCKETS;
}

static int look_up(const GuestState *s, const TlbIndex *index, uint32_t hi,
                   int *count)
{
    int found = -1;
    *count = 0;
    for (unsigned n = index->first[bucket_of(hi)]; n; n = index->next[n - 1])
        if (matches(&s->tlb[n - 1], hi)) {
            found = (int)n - 1;
            ++*count;
        }
    return found;
}

static void insert(TlbIndex *index, unsigned i, uint32_t hi)
{
    uint8_t *first = &index->first[bucket_of(hi)];
    index->bucket[i] = (uint8_t)bucket_of(hi);
    index->next[i] = *first;
    *first = (uint8_t)(i + 1);
}

void tlb_index_make(TlbIndex *index, const GuestState *s)
{
    *index = (TlbIndex){.first = {0}};
    for (unsigned i = 0; i < TLB_ENTRIES; i++)
        insert(index, i, s->tlb[i].hi);
}

void tlb_index_move(TlbIndex *index, unsigned i, uint32_t hi)
{
    uint8_t *at = &index->first[index->bucket[i]];
    while (*at != i + 1)
        at = &index->next[*at - 1];
    *at = index->next[i];
    insert(index, i, hi);
}

/* All entries are looked at, as they are at once in the processor: if two match
 * it shuts its TLB down. */
int tlb_find(GuestState *s, const TlbIndex *index, uint32_t hi)
{
    int count;
    if (s->status & STATUS_TS)
        return -1;
    int found =
        index ? look_up(s, index, hi, &count) : look_at_all(s, hi, &count);
    if (SELKIRK_HARD && index) {
        int expected;
        int all = look_at_all(s, hi, &expected);
        assert(count == expected && (count != 1 || found == all));
        (void)all;
    }
    if (count < 2)
        return found;
    s->status |= STATUS_TS;
    return -1;
}

/* --- Addresses ------------------------------------------------------------ */

/* kseg0 and kseg1: the low 512 MB, without the TLB. */
static bool is_unmapped(uint32_t va)
{
    return (va & 0xc0000000) == 0x80000000;
}

TlbResult tlb_translate(GuestState *s, const TlbIndex *index, uint32_t va,
                        bool store, TlbPage *page)
{
    bool kernel_segment = va & 0x80000000;
    if (kernel_segment && state_user_mode(s))
        return TLB_ADDRESS_ERROR;
    if (is_unmapped(va)) {
        *page = (TlbPage){va & 0x1fffffff, !(va & 0x20000000), true};
        return TLB_OK;
    }
    uint32_t asid = s->entryhi & ENTRYHI_ASID;
    int i = tlb_find(s, index, (va & ENTRYHI_VPN) | asid);
    if (i < 0)
        return kernel_segment ? TLB_MISS : TLB_REFILL;
    uint32_t lo = s->tlb[i].lo;
    if (!(lo & ENTRYLO_V))
        return TLB_INVALID;
    if (store && !(lo & ENTRYLO_D))
        return TLB_MODIFIED;
    *page = (TlbPage){(lo & ENTRYLO_PFN) | (va & ~ENTRYLO_PFN),
                      !(lo & ENTRYLO_N), lo & ENTRYLO_D};
    return TLB_OK;
}

bool tlb_peek(const GuestState *s, uint32_t va, uint32_t *pa)
{
    GuestState copy = *s;
    copy.status &= ~STATUS_KUC;
    TlbPage page;
    if (tlb_translate(&copy, NULL, va, false, &page) != TLB_OK)
        return false;
    *pa = page.pa;
    return true;
}

void tlb_reset(GuestState *s)
{
    for (uint32_t i = 0; i < TLB_ENTRIES; i++)
        s->tlb[i] = (TlbEntry){0x80000000 + (i << 12), 0};
}
