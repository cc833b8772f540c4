/* The R3010 model against the floating point of the host, over millions of
 * operands.  The host gives the IEEE results and flags; what the R3010 makes of
 * them is written here a second time, from fpclassify and the host's flags. */
#include "base/bits.h"
#include "tests/random/rng.h"
#include "tests/unit/fpu_check.h"

#include <fenv.h>
#include <float.h>
#include <math.h>
#include <string.h>

#ifdef __clang__
#pragma STDC FENV_ACCESS ON
#endif

/* To compare, the host must find tininess after rounding and have neither more
 * precision nor a mode that flushes: SSE2 is so. */
#if defined(__SSE2__) && FLT_EVAL_METHOD == 0
#define HOST_COMPARES 1
#else
#define HOST_COMPARES 0
#endif

typedef struct Host {
    uint64_t bits;
    bool subnormal; /* the result is */
} Host;

static float to_float(uint64_t bits)
{
    uint32_t low = (uint32_t)bits;
    float f;
    memcpy(&f, &low, sizeof f);
    return f;
}

static double to_double(uint64_t bits)
{
    double d;
    memcpy(&d, &bits, sizeof d);
    return d;
}

static Host from_float(float f)
{
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    return (Host){bits, fpclassify(f) == FP_SUBNORMAL};
}

static Host from_double(double d)
{
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    return (Host){bits, fpclassify(d) == FP_SUBNORMAL};
}

static Host host_single(FpuOp op, uint64_t fs, uint64_t ft)
{
    volatile float a = to_float(fs), b = to_float(ft), r = 0;
    switch (op) {
    case FPU_ADD: r = a + b; break;
    case FPU_SUB: r = a - b; break;
    case FPU_MUL: r = a * b; break;
    case FPU_DIV: r = a / b; break;
    case FPU_ABS: r = fabsf(a); break;
    case FPU_NEG: r = -a; break;
    default: fail();
    }
    return from_float(r);
}

static Host host_double(FpuOp op, uint64_t fs, uint64_t ft)
{
    volatile double a = to_double(fs), b = to_double(ft), r = 0;
    switch (op) {
    case FPU_ADD: r = a + b; break;
    case FPU_SUB: r = a - b; break;
    case FPU_MUL: r = a * b; break;
    case FPU_DIV: r = a / b; break;
    case FPU_ABS: r = fabs(a); break;
    case FPU_NEG: r = -a; break;
    default: fail();
    }
    return from_double(r);
}

/* The host has no narrow conversion with flags in C: the wide one is exact
 * about "inexact", and what does not fit a word is invalid alone. */
static Host host_word(double d)
{
    volatile double a = d;
    volatile long long r = llrint(a);
    if (r < INT32_MIN || r > INT32_MAX) {
        feclearexcept(FE_ALL_EXCEPT);
        feraiseexcept(FE_INVALID);
    }
    return (Host){(uint32_t)r, false};
}

static Host host_convert(FpuOp op, FpuFmt fmt, uint64_t fs)
{
    volatile int32_t w = (int32_t)(uint32_t)fs;
    volatile float f = to_float(fs), rf;
    volatile double d = to_double(fs), rd;
    switch (op) {
    case FPU_CVT_S:
        rf = fmt == FPU_W ? (float)w : (float)d;
        return from_float(rf);
    case FPU_CVT_D:
        rd = fmt == FPU_W ? (double)w : (double)f;
        return from_double(rd);
    default: return host_word(fmt == FPU_S ? (double)f : d);
    }
}

static bool is_subnormal(FpuFmt fmt, uint64_t bits)
{
    return fmt == FPU_S ? fpclassify(to_float(bits)) == FP_SUBNORMAL
                        : fpclassify(to_double(bits)) == FP_SUBNORMAL;
}

static bool is_nan(FpuFmt fmt, uint64_t bits)
{
    return fmt == FPU_S ? fpclassify(to_float(bits)) == FP_NAN
                        : fpclassify(to_double(bits)) == FP_NAN;
}

static bool is_signalling(FpuFmt fmt, uint64_t bits)
{
    return is_nan(fmt, bits) && bits >> (fmt == FPU_S ? 22 : 51) & 1;
}

/* A quiet NaN never meets the host, whose NaNs are the other way round. */
static uint64_t quiet_result(FpuOp op, FpuFmt fmt, uint64_t nan)
{
    uint64_t sign = fmt == FPU_S ? S_NEG : D_NEG;
    switch (op) {
    case FPU_ABS: return nan & ~sign;
    case FPU_NEG: return nan ^ sign;
    case FPU_CVT_D: return (nan & S_NEG) << 32 | D_INF | (nan & 0x3fffff) << 29;
    case FPU_CVT_S: {
        uint64_t top = nan >> 29 & 0x3fffff;
        return (nan & D_NEG) >> 32 | S_INF | (top != 0 ? top : 0x3fffff);
    }
    default: return nan;
    }
}

typedef struct Expected {
    bool done;
    uint64_t fd;
    uint32_t fcr31;
} Expected;

static Expected expect(FpuOp op, FpuFmt fmt, uint64_t fs, uint64_t ft,
                       uint32_t fcr31)
{
    bool dyadic =
        op == FPU_ADD || op == FPU_SUB || op == FPU_MUL || op == FPU_DIV;
    bool real = fmt != FPU_W;
    unsigned raised = 0;
    bool unimplemented = false;
    uint64_t fd = 0;
    if (real && (is_subnormal(fmt, fs) || (dyadic && is_subnormal(fmt, ft)))) {
        unimplemented = true;
    } else if (real &&
               (is_signalling(fmt, fs) || (dyadic && is_signalling(fmt, ft)) ||
                (op == FPU_CVT_W && is_nan(fmt, fs)))) {
        raised = V;
    } else if (real && (is_nan(fmt, fs) || (dyadic && is_nan(fmt, ft)))) {
        fd = quiet_result(op, fmt, is_nan(fmt, fs) ? fs : ft);
    } else {
        feclearexcept(FE_ALL_EXCEPT);
        Host host = !dyadic && op != FPU_ABS && op != FPU_NEG
                        ? host_convert(op, fmt, fs)
                    : fmt == FPU_S ? host_single(op, fs, ft)
                                   : host_double(op, fs, ft);
        int flags = fetestexcept(FE_ALL_EXCEPT);
        raised = (flags & FE_INEXACT ? I : 0) | (flags & FE_OVERFLOW ? O : 0) |
                 (flags & FE_DIVBYZERO ? Z : 0) | (flags & FE_INVALID ? V : 0);
        unimplemented = flags & FE_UNDERFLOW || host.subnormal;
        fd = host.bits;
    }
    if (raised & V && !(fcr31 & ENABLE(V)))
        unimplemented = true;
    uint32_t kept = fcr31 & ~FCR31_CAUSE;
    if (unimplemented)
        return (Expected){false, UNTOUCHED, kept | CAUSE(E)};
    if (ENABLE(raised) & fcr31)
        return (Expected){false, UNTOUCHED, kept | CAUSE(raised)};
    return (Expected){true, fd, kept | CAUSE(raised) | FLAG(raised)};
}

static const uint64_t specials[][3] = {
    /* S, D, W */
    {0, 0, 0},
    {S_NEG, D_NEG, 1},
    {S_DENORM, 1, 0xffffffff},
    {0x007fffff, D_DENORM, 0x80000000},
    {S_MIN, D_MIN, 0x7fffffff},
    {0x00ffffff, 0x001fffffffffffff, 0x80000001},
    {S_ONE, D_ONE, 0x01000000},
    {S_ONE - 1, D_ONE - 1, 0x01000001},
    {0x3f000000, 0x3fe0000000000000, 0x02000002},
    {0x40200000, 0x4004000000000000, 0x02000006},
    {0x4b7fffff, 0x433fffffffffffff, 0x7fffffbf},
    {0x4effffff, 0x41dfffffffe00000, 0x7fffffc0},
    {0xcf000000, 0xc1e0000000100000, 0x7fffff80},
    {S_MAX, D_MAX, 0xff000000},
    {0x7e800000, 0x47effffff0000000, 0xfeffffff},
    {0x01000000, 0x380ffffff0000000, 0x00ffffff},
    {S_INF, D_INF, 2},
    {0x7f800001, D_INF + 1, 3},
    {S_QNAN, D_QNAN, 0x55555555},
    {S_SNAN, D_SNAN, 0xaaaaaaaa},
    {0x7fffffff, 0x7fffffffffffffff, 0x12345678},
};

static unsigned frac_bits(FpuFmt fmt)
{
    return fmt == FPU_S ? 23 : 52;
}

static unsigned exp_max(FpuFmt fmt)
{
    return fmt == FPU_S ? 255 : 2047;
}

/* Fractions with few ones, or few zeros, meet ties and carries. */
static uint64_t random_fraction(Rng *random, FpuFmt fmt)
{
    unsigned bits = frac_bits(fmt);
    uint64_t r = rng_next64(random);
    uint64_t sparse = (uint64_t)1 << (r & 63) % bits;
    sparse |= (uint64_t)1 << (r >> 6 & 63) % bits;
    switch (r >> 12 & 3) {
    case 0: return sparse & (((uint64_t)1 << bits) - 1);
    case 1: return ~sparse & (((uint64_t)1 << bits) - 1);
    default: return rng_next64(random) & (((uint64_t)1 << bits) - 1);
    }
}

static uint64_t compose(Rng *random, FpuFmt fmt, int64_t exp)
{
    exp = exp < 0 ? 0 : exp;
    exp = exp > (int64_t)exp_max(fmt) ? exp_max(fmt) : exp;
    uint64_t sign = rng_next64(random) >> 63;
    return (sign << (fmt == FPU_S ? 8 : 11) | (uint64_t)exp) << frac_bits(fmt) |
           random_fraction(random, fmt);
}

static uint64_t random_operand(Rng *random, FpuFmt fmt)
{
    uint64_t r = rng_next64(random);
    uint64_t mask = fmt == FPU_D ? UINT64_MAX : UINT32_MAX;
    uint64_t special = specials[(r >> 8) % ARRAY_LEN(specials)][fmt];
    if (fmt == FPU_W)
        return r & 1 ? special
                     : rng_next64(random) << 32 >> (32 + (r >> 1 & 31));
    int64_t bias = exp_max(fmt) / 2;
    int64_t near = (int64_t)(r >> 8 & 63) - 32;
    switch (r & 7) {
    case 0: return rng_next64(random) & mask;
    case 1: return special;
    case 2: return (special + (r >> 32 & 15) - 8) & mask;
    case 3: return compose(random, fmt, (r >> 8 & 1) ? exp_max(fmt) : 0);
    case 4:
        return compose(random, fmt, bias + (r >> 15 & 1 ? 127 : -127) + near);
    case 5:
        return compose(random, fmt, r >> 15 & 1 ? near + 32 : 2 * bias - near);
    default: return compose(random, fmt, bias + near);
    }
}

/* An operand that does something with the first: cancels, reaches into its
 * last bits, or takes a product or a quotient to an end of the range. */
static uint64_t random_partner(Rng *random, FpuFmt fmt, uint64_t first)
{
    uint64_t r = rng_next64(random);
    int64_t bias = exp_max(fmt) / 2;
    int64_t exp = (int64_t)(first >> frac_bits(fmt) & exp_max(fmt));
    int64_t near = (int64_t)(r >> 8 & 7) - 3;
    int64_t far = (int64_t)(r >> 16 & 63) % (frac_bits(fmt) + 5);
    int64_t end = r >> 24 & 1 ? 1 : 2 * bias;
    switch (r & 7) {
    case 0: return compose(random, fmt, exp + near);
    case 1: return compose(random, fmt, exp - far);
    case 2: return compose(random, fmt, exp + far);
    case 3: return compose(random, fmt, end - exp + bias + near);
    case 4: return compose(random, fmt, exp + bias - end + near);
    case 5:
        return first ^ (r >> 32 & 3) ^
               (r >> 40 & 1) << (fmt == FPU_S ? 31 : 63);
    default: return random_operand(random, fmt);
    }
}

static uint32_t random_fcr31(Rng *random, uint32_t rounding)
{
    uint32_t r = (uint32_t)rng_next64(random);
    uint32_t fcr31 = (r & FCR31_WRITABLE & ~FCR31_RM) | rounding;
    return r >> 31 ? fcr31 & ~FCR31_ENABLES : fcr31;
}

static void check_with_host(Rng *random, FpuOp op, FpuFmt fmt, uint64_t fs,
                            uint64_t ft, uint32_t before)
{
    Expected want = expect(op, fmt, fs, ft, before);
    uint64_t high = fmt == FPU_D ? 0 : rng_next64(random) << 32;
    Row row = {"host's", op,        fmt,     fs | high, ft | high,
               before,   want.done, want.fd, want.fcr31};
    check_row(&row);
}

static const struct {
    FpuOp op;
    FpuFmt fmt;
} operations[] = {
    {FPU_ADD, FPU_S},   {FPU_SUB, FPU_S},   {FPU_MUL, FPU_S},
    {FPU_DIV, FPU_S},   {FPU_ABS, FPU_S},   {FPU_NEG, FPU_S},
    {FPU_CVT_D, FPU_S}, {FPU_CVT_W, FPU_S}, {FPU_ADD, FPU_D},
    {FPU_SUB, FPU_D},   {FPU_MUL, FPU_D},   {FPU_DIV, FPU_D},
    {FPU_ABS, FPU_D},   {FPU_NEG, FPU_D},   {FPU_CVT_S, FPU_D},
    {FPU_CVT_W, FPU_D}, {FPU_CVT_S, FPU_W}, {FPU_CVT_D, FPU_W},
};

static const int host_rounding[] = {[RN] = FE_TONEAREST,
                                    [RZ] = FE_TOWARDZERO,
                                    [RP] = FE_UPWARD,
                                    [RM] = FE_DOWNWARD};

/* Every pair of special operands, both signs, with no trap and every trap. */
static void test_specials(void **state)
{
    (void)state;
    if (!HOST_COMPARES)
        skip();
    Rng random = {1};
    for (uint32_t rounding = RN; rounding <= RM; rounding++) {
        fesetround(host_rounding[rounding]);
        for (size_t n = 0; n < ARRAY_LEN(operations); n++) {
            FpuFmt fmt = operations[n].fmt;
            uint64_t sign = fmt == FPU_D ? D_NEG : fmt == FPU_S ? S_NEG : 0;
            for (size_t k = 0; k < 8 * ARRAY_LEN(specials); k++)
                for (size_t j = 0; j < ARRAY_LEN(specials); j++) {
                    uint64_t fs = specials[k / 8][fmt] ^ (k & 1 ? sign : 0);
                    uint64_t ft = specials[j][fmt] ^ (k & 2 ? sign : 0);
                    check_with_host(&random, operations[n].op, fmt, fs, ft,
                                    rounding | (k & 4 ? ENABLE(31) : 0));
                }
        }
    }
    fesetround(FE_TONEAREST);
}

enum { RANDOM_PAIRS = 100000 }; /* times 18 operations, times 4 modes */

static void test_random(void **state)
{
    (void)state;
    if (!HOST_COMPARES)
        skip();
    Rng random = {3010};
    for (uint32_t rounding = RN; rounding <= RM; rounding++) {
        fesetround(host_rounding[rounding]);
        for (size_t n = 0; n < ARRAY_LEN(operations); n++) {
            FpuFmt fmt = operations[n].fmt;
            for (unsigned i = 0; i < RANDOM_PAIRS; i++) {
                uint64_t fs = random_operand(&random, fmt);
                uint64_t ft =
                    fmt == FPU_W ? 0 : random_partner(&random, fmt, fs);
                check_with_host(&random, operations[n].op, fmt, fs, ft,
                                random_fcr31(&random, rounding));
            }
        }
    }
    fesetround(FE_TONEAREST);
}

static void test_random_compare(void **state)
{
    (void)state;
    Rng random = {3000};
    for (unsigned i = 0; i < 1000000; i++) {
        FpuFmt fmt = i & 1 ? FPU_D : FPU_S;
        uint64_t fs = random_operand(&random, fmt);
        uint64_t ft = random_partner(&random, fmt, fs);
        unsigned cond = i >> 1 & 15;
        double a = fmt == FPU_S ? (double)to_float(fs) : to_double(fs);
        double b = fmt == FPU_S ? (double)to_float(ft) : to_double(ft);
        bool unordered = isunordered(a, b);
        bool holds = (cond & 1 && unordered) || (cond & 2 && a == b) ||
                     (cond & 4 && isless(a, b));
        bool invalid = is_signalling(fmt, fs) || is_signalling(fmt, ft) ||
                       (cond & 8 && unordered);
        check_compare(cond, fmt, fs, ft, holds, invalid,
                      random_fcr31(&random, RN));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_specials),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_random_compare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
