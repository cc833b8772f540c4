/* Division by a constant as a multiplication. */
#ifndef SELKIRK_OPTIMIZER_RECIPROCAL_H
#define SELKIRK_OPTIMIZER_RECIPROCAL_H

#include <stdbool.h>
#include <stdint.h>

typedef struct Reciprocal {
    uint32_t factor;
    unsigned shift;
    bool add; /* the factor would have a bit more: see below */
} Reciprocal;

/* 2 < d < 2^31, not a power of two.  With t the high word of x * factor,
 * x / d is t >> shift, or with `add` (((x - t) >> 1) + t) >> (shift - 1). */
Reciprocal reciprocal_unsigned(uint32_t d);

/* The same for signed x.  With t the high word of x * factor, signed, and with
 * `add` plus x, x / d is t >> shift, signed, plus 1 if x is negative. */
Reciprocal reciprocal_signed(uint32_t d);

#endif
