/* The caches as isolated accesses see them; see isocache.h. */
#include "frontend/isocache.h"

#include "base/alloc.h"
#include "base/bits.h"

#include <stdlib.h>
#include <string.h>

typedef struct Line {
    uint32_t tag; /* the physical word address, whole */
    uint32_t word;
    bool valid;
    bool zero_parity;
} Line;

struct IsoCache {
    uint32_t lines; /* a power of two */
    Line line[];
};

IsoCache *isocache_create(uint32_t bytes)
{
    uint32_t lines = bytes / 4;
    IsoCache *cache = alloc_zeroed(1, sizeof *cache + lines * sizeof(Line));
    cache->lines = lines;
    return cache;
}

void isocache_destroy(IsoCache *cache)
{
    free(cache);
}

void isocache_reset(IsoCache *cache)
{
    memset(cache->line, 0, cache->lines * sizeof(Line));
}

void isocache_checkpoint(IsoCache *cache, const char *name, Ckpt *ckpt)
{
    static const char *const members[] = {"tag", "word", "valid", "parity"};
    static const size_t offsets[] = {offsetof(Line, tag), offsetof(Line, word),
                                     offsetof(Line, valid),
                                     offsetof(Line, zero_parity)};
    char names[ARRAY_LEN(members)][32];
    CkptField fields[ARRAY_LEN(members)];
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        snprintf(names[i], sizeof names[i], "%s.%s", name, members[i]);
        bool flag = i >= 2;
        fields[i] = (CkptField){names[i], offsets[i],
                                flag ? sizeof(bool) : sizeof(uint32_t), 1,
                                flag ? 1 : UINT64_MAX};
    }
    ckpt_records(ckpt, fields, ARRAY_LEN(fields), cache->line, cache->lines,
                 sizeof cache->line[0]);
}

IsoLoad isocache_load(const IsoCache *cache, uint32_t pa)
{
    const Line *line = &cache->line[(pa >> 2) & (cache->lines - 1)];
    /* Even parity a byte: all parity bits are zero in words whose bytes have
     * an even number of ones each. */
    uint32_t odd = line->word ^ (line->word >> 4);
    odd ^= odd >> 2;
    odd ^= odd >> 1;
    bool bad = line->zero_parity && (odd & 0x01010101);
    return (IsoLoad){line->word, line->valid && line->tag == pa >> 2 && !bad,
                     bad};
}

void isocache_store(IsoCache *cache, uint32_t pa, unsigned size, uint32_t word,
                    bool zero_parity)
{
    Line *line = &cache->line[(pa >> 2) & (cache->lines - 1)];
    if (size == 4)
        *line = (Line){pa >> 2, word, true, zero_parity};
    else
        line->valid = false;
}
