/* FNV-1a, 64 bits, for comparing large states: not for hostile keys. */
#ifndef SELKIRK_BASE_HASH_H
#define SELKIRK_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_START 0xcbf29ce484222325ull

static inline uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
    const uint8_t *p = bytes;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ p[i]) * 0x100000001b3ull;
    return hash;
}

static inline uint64_t hash_u64(uint64_t hash, uint64_t value)
{
    for (unsigned i = 0; i < 64; i += 8)
        hash = (hash ^ ((value >> i) & 0xff)) * 0x100000001b3ull;
    return hash;
}

#endif
