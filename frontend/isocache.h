/* What software can see of the R3000's caches: their content while Status.IsC
 * isolates them.
 *
 * The caches are transparent in ordinary operation: loads, stores and fetches
 * act on memory at once, and stale lines do not exist.  (On the hardware they
 * do, until software that changes code flushes the instruction cache; correct
 * software cannot tell.)  With IsC set, loads and stores touch the data cache
 * only - the instruction cache if SwC is set too - and never memory: that is
 * how the boot code sizes and flushes them.  Lines hold one word.  A word
 * store writes data and tag and makes the line valid; a smaller store
 * invalidates it; a load gives the data whatever the tag says, and Status.CM
 * tells whether it missed.  Source: Kane, chapter 5. */
#ifndef SELKIRK_FRONTEND_ISOCACHE_H
#define SELKIRK_FRONTEND_ISOCACHE_H

#include "base/ckpt.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct IsoCache IsoCache;

/* `bytes` is a power of two of at least 4.  All lines start invalid. */
IsoCache *isocache_create(uint32_t bytes);
void isocache_destroy(IsoCache *cache);
void isocache_reset(IsoCache *cache);

/* Saves or loads it, as an item whose name begins with `name`. */
void isocache_checkpoint(IsoCache *cache, const char *name, Ckpt *ckpt);

typedef struct IsoLoad {
    uint32_t word;
    bool hit;
    bool parity_error; /* written with PZ, and its parity is not zero */
} IsoLoad;

/* `pa` is the physical address; the word that holds it is read. */
IsoLoad isocache_load(const IsoCache *cache, uint32_t pa);
/* A store of `size` 1..4 bytes.  `word` counts for size 4 only; `zero_parity`
 * is Status.PZ. */
void isocache_store(IsoCache *cache, uint32_t pa, unsigned size, uint32_t word,
                    bool zero_parity);

#endif
