/* Bit fields, sign extension, byte order: the arithmetic that C leaves out. */
#ifndef SELKIRK_BASE_BITS_H
#define SELKIRK_BASE_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* The `width` (1..31) bits of `word` from bit `low` up. */
static inline uint32_t bits_get(uint32_t word, unsigned low, unsigned width)
{
    return (word >> low) & ((1u << width) - 1);
}

static inline uint32_t bits_sext8(uint32_t v)
{
    return (uint32_t)(int32_t)(int8_t)v;
}

static inline uint32_t bits_sext16(uint32_t v)
{
    return (uint32_t)(int32_t)(int16_t)v;
}

/* Guest memory is kept as the guest's bytes in address order; these read and
 * write a number there.  `big` is the byte order of the number; `p` need not
 * be aligned. */
static inline uint32_t bits_load16(const void *p, bool big)
{
    uint16_t v;
    memcpy(&v, p, sizeof v);
    bool host_big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
    return big == host_big ? v : __builtin_bswap16(v);
}

static inline uint32_t bits_load32(const void *p, bool big)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    bool host_big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
    return big == host_big ? v : __builtin_bswap32(v);
}

/* The sum, or the largest number if that is larger. */
static inline uint64_t bits_saturating_add(uint64_t a, uint64_t b)
{
    return a + b < a ? UINT64_MAX : a + b;
}

static inline void bits_store16(void *p, uint32_t value, bool big)
{
    bool host_big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
    uint16_t v = (uint16_t)value;
    v = big == host_big ? v : __builtin_bswap16(v);
    memcpy(p, &v, sizeof v);
}

static inline void bits_store32(void *p, uint32_t value, bool big)
{
    bool host_big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
    uint32_t v = big == host_big ? value : __builtin_bswap32(value);
    memcpy(p, &v, sizeof v);
}

#endif
