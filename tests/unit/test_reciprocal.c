/* Division by multiplication, against division: small divisors, those around
 * powers of two, random ones; numbers around multiples and at the ends. */
#include "optimizer/reciprocal.h"

#include "base/bits.h"
#include "tests/random/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void check_unsigned(const Reciprocal *r, uint32_t d, uint32_t x)
{
    uint32_t t = (uint32_t)(((uint64_t)x * r->factor) >> 32);
    uint32_t q =
        r->add ? (((x - t) >> 1) + t) >> (r->shift - 1) : t >> r->shift;
    if (q != x / d)
        fail_msg("%u / %u: %u", x, d, q);
}

static void check_signed(const Reciprocal *r, uint32_t d, uint32_t x)
{
    int64_t sx = (int32_t)x;
    int64_t t = (sx * (int32_t)r->factor) >> 32;
    if (r->add)
        t = (int32_t)(t + sx);
    int64_t q = (t >> r->shift) + (sx < 0);
    if (q != sx / (int64_t)d)
        fail_msg("%d / %u: %d", (int)sx, d, (int)q);
}

static void check_divisor(uint32_t d, Rng *rng)
{
    if (d <= 2 || d >= UINT32_C(1) << 31 || (d & (d - 1)) == 0)
        return;
    static const uint32_t edges[] = {0,          1,          0x7ffffffe,
                                     0x7fffffff, 0x80000000, 0x80000001,
                                     0xfffffffe, 0xffffffff};
    Reciprocal u = reciprocal_unsigned(d), s = reciprocal_signed(d);
    assert_true(u.shift < 32 && s.shift < 32);
    assert_true(!u.add || u.shift > 0);
    for (unsigned i = 0; i < 48; i++) {
        /* Quotients from either end, and somewhere. */
        uint32_t most = UINT32_MAX / d, n = rng_next(rng);
        if (i < ARRAY_LEN(edges))
            n = edges[i];
        else if (i < 16)
            n = (i - (uint32_t)ARRAY_LEN(edges)) * d;
        else if (i < 32)
            n = most * d - (i - 16) * d;
        for (int off = -1; off <= 1; off++) {
            uint32_t x = n + (uint32_t)off;
            check_unsigned(&u, d, x);
            check_signed(&s, d, x);
            check_signed(&s, d, 0 - x);
        }
    }
}

static void test_divisors(void **state)
{
    (void)state;
    Rng rng = rng_stream(1, 0);
    for (uint32_t d = 3; d < 10000; d++)
        check_divisor(d, &rng);
    for (unsigned bit = 2; bit < 32; bit++)
        for (int off = -100; off <= 100; off++)
            check_divisor((UINT32_C(1) << bit) + (uint32_t)off, &rng);
    for (unsigned i = 0; i < 20000; i++)
        check_divisor(rng_next(&rng) >> (1 + i % 24), &rng);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_divisors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
