/* Address translation of the R3000: segments and the 64-entry TLB, as pure
 * functions of the state.  Source: Kane, chapter 4. */
#ifndef SELKIRK_FRONTEND_TLB_H
#define SELKIRK_FRONTEND_TLB_H

#include "frontend/state.h"

typedef enum TlbResult {
    TLB_OK,
    TLB_ADDRESS_ERROR, /* a kernel segment from user mode */
    TLB_REFILL,        /* no entry, in kuseg: the UTLB vector */
    TLB_MISS,          /* no entry, in kseg2: the general vector */
    TLB_INVALID,       /* entry without V */
    TLB_MODIFIED,      /* store to an entry without D */
} TlbResult;

/* Where a virtual page lies. */
typedef struct TlbPage {
    uint32_t pa;   /* physical address of the access */
    bool cached;   /* kseg0, or a TLB page without N */
    bool writable; /* a store to the page would be allowed too */
} TlbPage;

/* The entries by virtual page, so that not all of them need be looked at.  It
 * follows from them: whoever writes one calls tlb_index_move(), whoever writes
 * many tlb_index_make(), before the next look-up. */
enum { TLB_BUCKETS = 128 };
typedef struct TlbIndex {
    uint8_t first[TLB_BUCKETS]; /* 1 + number of an entry, or 0 */
    uint8_t next[TLB_ENTRIES];  /* likewise */
    uint8_t bucket[TLB_ENTRIES];
} TlbIndex;

void tlb_index_make(TlbIndex *index, const GuestState *s);
/* Entry `i` has EntryHi `hi` now. */
void tlb_index_move(TlbIndex *index, unsigned i, uint32_t hi);

/* Translates `va` for the current mode and ASID.  Fills `page` if TLB_OK.
 * When several entries match, Status.TS is set, and from then on none does
 * until reset: the hardware shuts its TLB down.  Without an index, NULL, it
 * looks at all entries. */
TlbResult tlb_translate(GuestState *s, const TlbIndex *index, uint32_t va,
                        bool store, TlbPage *page);

/* Index of the entry that matches EntryHi-like `hi`, or -1. */
int tlb_find(GuestState *s, const TlbIndex *index, uint32_t hi);

/* As tlb_translate(), but ignores the mode and changes nothing: for debuggers.
 * False if `va` is not mapped. */
bool tlb_peek(const GuestState *s, uint32_t va, uint32_t *pa);

/* Entries that match nothing: as a careful boot ROM leaves them. */
void tlb_reset(GuestState *s);

#endif
