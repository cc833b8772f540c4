/* Random numbers that repeat: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014),
 * and the ways in which tests draw from it. */
#ifndef SELKIRK_TESTS_RANDOM_RNG_H
#define SELKIRK_TESTS_RANDOM_RNG_H

#include <stdbool.h>
#include <stdint.h>

typedef struct Rng {
    uint64_t state;
} Rng;

static inline uint64_t rng_next64(Rng *rng)
{
    uint64_t z = (rng->state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Stream `number` of `seed`: depends on the two alone. */
static inline Rng rng_stream(uint64_t seed, uint64_t number)
{
    Rng rng = {seed};
    rng.state = rng_next64(&rng) ^ (number * UINT64_C(0xd1342543de82ef95));
    rng.state = rng_next64(&rng);
    return rng;
}

static inline uint32_t rng_next(Rng *rng)
{
    return (uint32_t)(rng_next64(rng) >> 32);
}

/* 0 to `limit` - 1; `limit` is not 0. */
static inline uint32_t rng_below(Rng *rng, uint32_t limit)
{
    return (uint32_t)(((uint64_t)rng_next(rng) * limit) >> 32);
}

/* True once in `n` times. */
static inline bool rng_one_in(Rng *rng, uint32_t n)
{
    return rng_below(rng, n) == 0;
}

/* A word whose interesting values are common: zero, ones, the limits of each
 * size and sign, powers of two and their neighbours. */
static inline uint32_t rng_word(Rng *rng)
{
    static const uint32_t corner[] = {
        0,          1,          2,          3,          4,
        0x7f,       0x80,       0xff,       0x100,      0x7fff,
        0x8000,     0xffff,     0x10000,    0x7fffffff, 0x80000000,
        0x80000001, 0xfffffffe, 0xffffffff, 0xffff8000, 0xffffff80,
        0xffff7fff, 0x55555555, 0xaaaaaaaa, 0x00ff00ff, 0x01234567};
    switch (rng_below(rng, 8)) {
    case 0:
    case 1:
    case 2: return corner[rng_below(rng, sizeof corner / sizeof corner[0])];
    case 3: return rng_below(rng, 64) - 32;
    case 4: return (1u << rng_below(rng, 32)) + rng_below(rng, 3) - 1;
    default: return rng_next(rng);
    }
}

#endif
