/* Segments and the TLB; see tlb.h. */
#include "frontend/tlb.h"

/* All entries are looked at, as they are at once in the processor: if two match
 * it shuts its TLB down.  Without branches, as the host then takes several in
 * one step. */
int tlb_find(GuestState *s, uint32_t hi)
{
    int found = -1, count = 0;
    if (s->status & STATUS_TS)
        return -1;
    for (int i = 0; i < TLB_ENTRIES; i++) {
        const TlbEntry *e = &s->tlb[i];
        uint32_t compare =
            e->lo & ENTRYLO_G ? ENTRYHI_VPN : ENTRYHI_VPN | ENTRYHI_ASID;
        bool match = ((e->hi ^ hi) & compare) == 0;
        found = match ? i : found;
        count += match;
    }
    if (count < 2)
        return found;
    s->status |= STATUS_TS;
    return -1;
}

/* kseg0 and kseg1: the low 512 MB, without the TLB. */
static bool is_unmapped(uint32_t va)
{
    return (va & 0xc0000000) == 0x80000000;
}

TlbResult tlb_translate(GuestState *s, uint32_t va, bool store, TlbPage *page)
{
    bool kernel_segment = va & 0x80000000;
    if (kernel_segment && state_user_mode(s))
        return TLB_ADDRESS_ERROR;
    if (is_unmapped(va)) {
        *page = (TlbPage){va & 0x1fffffff, !(va & 0x20000000), true};
        return TLB_OK;
    }
    int i = tlb_find(s, (va & ENTRYHI_VPN) | (s->entryhi & ENTRYHI_ASID));
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
    if (tlb_translate(&copy, va, false, &page) != TLB_OK)
        return false;
    *pa = page.pa;
    return true;
}

void tlb_reset(GuestState *s)
{
    for (uint32_t i = 0; i < TLB_ENTRIES; i++)
        s->tlb[i] = (TlbEntry){0x80000000 + (i << 12), 0};
}
