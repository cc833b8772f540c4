/* Comparing states; see state.h. */
#include "frontend/state.h"

#include "base/hash.h"

uint64_t state_hash(const GuestState *s)
{
    uint64_t h = HASH_START;
    uint8_t fpr_load_reg = s->fpr_load_reg;
    bool fpr_due = state_fpr_due(s);
    for (unsigned i = 0; i < 32; i++)
        h = hash_u64(h, s->gpr[i]);
    for (unsigned i = 0; i < FPR_COUNT; i++)
        h = hash_u64(h, fpr_due && i == fpr_load_reg ? s->fpr_load_value
                                                     : s->fpr[i]);
    if (fpr_due || fpr_load_reg == FPR_COUNT)
        h = hash_u64(h, FPR_COUNT);
    else
        h = hash_u64(hash_u64(h, fpr_load_reg), s->fpr_load_value);
    h = hash_u64(h, s->load_reg);
    h = hash_u64(h, s->load_reg ? s->load_value : 0);
    const uint32_t words[] = {s->hi,       s->lo,       s->pc,      s->npc,
                              s->in_delay, s->fcr31,    s->index,   s->entrylo,
                              s->context,  s->badvaddr, s->entryhi, s->status,
                              s->cause,    s->epc};
    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++)
        h = hash_u64(h, words[i]);
    for (unsigned i = 0; i < TLB_ENTRIES; i++)
        h = hash_u64(hash_u64(h, s->tlb[i].hi), s->tlb[i].lo);
    if (s->link)
        h = hash_u64(hash_u64(h, true), s->link_pa);
    return hash_u64(h, s->insns);
}
