/* Division by a constant as a multiplication: Granlund and Montgomery, Division
 * by Invariant Integers using Multiplication, PLDI 1994.
 *
 * With m = floor(2^(32+s) / d) + 1 and e = m * d - 2^(32+s), which is 1 to d,
 * x * m / 2^(32+s) is x / d + x * e / (d * 2^(32+s)).  The integral part is
 * right if what is too much is less than 1 / d, hence if x * e < 2^(32+s): for
 * all x < 2^32 if e <= 2^s, for all x < 2^31 if e <= 2^(s+1).  For a negative x
 * what is too much makes it round down past the quotient: one less than the
 * R3000, which rounds toward 0.
 *
 * Of the s that will do the first has the smallest m; the last of them are
 * ceil(log2(d)) and one less, respectively, where m is less than 2^33 and less
 * than 2^32.  What m has beyond the factor's bits is added by hand. */
#include "optimizer/reciprocal.h"

#include <assert.h>

/* The factor for any x below 2^bits. */
static uint64_t find_factor(uint32_t d, unsigned bits, unsigned *shift)
{
    assert(d > 2 && d < UINT32_C(1) << 31 && (d & (d - 1)) != 0);
    for (unsigned s = 0;; s++) {
        uint64_t power = UINT64_C(1) << (32 + s), m = power / d + 1;
        if (m * d - power > UINT64_C(1) << (s + 32 - bits))
            continue;
        *shift = s;
        return m;
    }
}

Reciprocal reciprocal_unsigned(uint32_t d)
{
    Reciprocal r;
    uint64_t m = find_factor(d, 32, &r.shift);
    r.factor = (uint32_t)m;
    r.add = m >> 32;
    return r;
}

Reciprocal reciprocal_signed(uint32_t d)
{
    Reciprocal r;
    uint64_t m = find_factor(d, 31, &r.shift);
    r.factor = (uint32_t)m;
    r.add = m >> 31; /* as a signed factor it is 2^32 less */
    return r;
}
