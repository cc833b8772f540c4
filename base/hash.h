/* A hash of 64 bits, for comparing large states: not for hostile keys.  A word
 * of 8 bytes at a time, by a multiplication and a shift that each lose nothing:
 * two states that differ in one word never have the same hash. */
#ifndef SELKIRK_BASE_HASH_H
#define SELKIRK_BASE_HASH_H

#include "base/bits.h"

#define HASH_START 0xcbf29ce484222325ull

static inline uint64_t hash_u64(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9e3779b97f4a7c15ull;
    return hash ^ hash >> 32;
}

/* The same on every host.  What is left behind the last whole word counts with
 * its length, so that zeros at the end tell. */
static inline uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
    const uint8_t *p = bytes;
    for (; size >= 8; size -= 8, p += 8)
        hash = hash_u64(hash, bits_load32(p, false) |
                                  (uint64_t)bits_load32(p + 4, false) << 32);
    if (size == 0)
        return hash;
    uint64_t rest = (uint64_t)size << 56;
    for (size_t i = 0; i < size; i++)
        rest |= (uint64_t)p[i] << 8 * i;
    return hash_u64(hash, rest);
}

#endif
