/* The R3010 model: tables checked by hand, and millions of operands against
 * the floating point of the host.  The host gives the IEEE results and flags;
 * what the R3010 makes of them is written here a second time, from fpclassify
 * and the host's flags. */
#include <fenv.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/bits.h"
#include "frontend/fpu.h"

#ifdef __clang__
#pragma STDC FENV_ACCESS ON
#endif

/* FCR31 by field. */
#define CAUSE(x)  ((uint32_t)(x) << 12)
#define ENABLE(x) ((uint32_t)(x) << 7)
#define FLAG(x)   ((uint32_t)(x) << 2)

enum { I = 1, U = 2, O = 4, Z = 8, V = 16, E = 32 };
enum { RN, RZ, RP, RM };

/* ---- By hand ---- */

typedef struct Row {
    const char *what;
    FpuOp op;
    FpuFmt fmt;
    uint64_t fs, ft;
    uint32_t before;
    bool done;
    uint64_t fd; /* if done */
    uint32_t after;
} Row;

#define S_ONE    0x3f800000
#define S_MAX    0x7f7fffff
#define S_MIN    0x00800000 /* the smallest normal number */
#define S_DENORM 0x00000001
#define S_INF    0x7f800000
#define S_QNAN   0x7fbfffff
#define S_SNAN   0x7fc00000
#define S_NEG    0x80000000
#define D_ONE    0x3ff0000000000000
#define D_MAX    0x7fefffffffffffff
#define D_MIN    0x0010000000000000
#define D_DENORM 0x000fffffffffffff
#define D_INF    0x7ff0000000000000
#define D_QNAN   0x7ff7ffffffffffff
#define D_SNAN   0x7ff8000000000000
#define D_NEG    0x8000000000000000

/* clang-format off */
static const Row rows[] = {
    {"1 + 1", FPU_ADD, FPU_S, S_ONE, S_ONE, 0, true, 0x40000000, 0},
    {"1 - 1 is +0", FPU_SUB, FPU_S, S_ONE, S_ONE, RN, true, 0, RN},
    {"1 - 1 is -0 downward", FPU_SUB, FPU_S, S_ONE, S_ONE, RM, true, S_NEG,
        RM},
    {"-0 + -0", FPU_ADD, FPU_D, D_NEG, D_NEG, RP, true, D_NEG, RP},
    {"+0 + -0", FPU_ADD, FPU_D, 0, D_NEG, RN, true, 0, RN},
    {"+0 + -0 downward", FPU_ADD, FPU_D, 0, D_NEG, RM, true, D_NEG, RM},
    {"-0 - +0", FPU_SUB, FPU_D, D_NEG, 0, RN, true, D_NEG, RN},
    {"-0 * 1", FPU_MUL, FPU_D, D_NEG, D_ONE, 0, true, D_NEG, 0},
    {"0 / -1", FPU_DIV, FPU_D, 0, D_ONE | D_NEG, 0, true, D_NEG, 0},
    {"inf + 1", FPU_ADD, FPU_S, S_INF, S_ONE, 0, true, S_INF, 0},
    {"1 / inf", FPU_DIV, FPU_S, S_ONE, S_INF, 0, true, 0, 0},
    {"inf / 0 is no division by zero", FPU_DIV, FPU_S, S_INF, S_NEG, 0, true,
        S_INF | S_NEG, 0},

    /* An operation clears the cause of the one before and keeps flags, C. */
    {"old cause goes, flags and C stay", FPU_ADD, FPU_S, S_ONE, S_ONE,
        FCR31_C | CAUSE(E | V | Z | O | U | I) | FLAG(V | I), true,
        0x40000000, FCR31_C | FLAG(V | I)},

    {"1/3 inexact", FPU_DIV, FPU_S, S_ONE, 0x40400000, RN, true, 0x3eaaaaab,
        RN | CAUSE(I) | FLAG(I)},
    {"1/3 toward zero", FPU_DIV, FPU_S, S_ONE, 0x40400000, RZ, true,
        0x3eaaaaaa, RZ | CAUSE(I) | FLAG(I)},
    {"1/3 upward", FPU_DIV, FPU_S, S_ONE, 0x40400000, RP, true, 0x3eaaaaab,
        RP | CAUSE(I) | FLAG(I)},
    {"1/3 downward", FPU_DIV, FPU_S, S_ONE, 0x40400000, RM, true, 0x3eaaaaaa,
        RM | CAUSE(I) | FLAG(I)},
    {"1/3, other flags stay", FPU_DIV, FPU_D, D_ONE, 0x4008000000000000,
        FLAG(O), true, 0x3fd5555555555555, CAUSE(I) | FLAG(O | I)},
    {"1/3 trapped", FPU_DIV, FPU_S, S_ONE, 0x40400000, ENABLE(I), false, 0,
        ENABLE(I) | CAUSE(I)},
    {"1/3, other traps", FPU_DIV, FPU_S, S_ONE, 0x40400000,
        ENABLE(V | Z | O | U), true, 0x3eaaaaab,
        ENABLE(V | Z | O | U) | CAUSE(I) | FLAG(I)},

    {"overflow to infinity", FPU_ADD, FPU_S, S_MAX, S_MAX, RN, true, S_INF,
        RN | CAUSE(O | I) | FLAG(O | I)},
    {"overflow toward zero", FPU_ADD, FPU_S, S_MAX, S_MAX, RZ, true, S_MAX,
        RZ | CAUSE(O | I) | FLAG(O | I)},
    {"overflow upward", FPU_MUL, FPU_D, D_MAX, D_MAX, RP, true, D_INF,
        RP | CAUSE(O | I) | FLAG(O | I)},
    {"overflow downward", FPU_MUL, FPU_D, D_MAX, D_MAX, RM, true, D_MAX,
        RM | CAUSE(O | I) | FLAG(O | I)},
    {"negative overflow upward", FPU_MUL, FPU_D, D_MAX | D_NEG, D_MAX, RP,
        true, D_MAX | D_NEG, RP | CAUSE(O | I) | FLAG(O | I)},
    {"negative overflow downward", FPU_MUL, FPU_D, D_MAX | D_NEG, D_MAX, RM,
        true, D_INF | D_NEG, RM | CAUSE(O | I) | FLAG(O | I)},
    {"overflow trapped", FPU_ADD, FPU_S, S_MAX, S_MAX, ENABLE(O) | FLAG(Z),
        false, 0, ENABLE(O) | FLAG(Z) | CAUSE(O | I)},
    {"overflow trapped as inexact", FPU_ADD, FPU_S, S_MAX, S_MAX, ENABLE(I),
        false, 0, ENABLE(I) | CAUSE(O | I)},
    {"overflow, exact operands do not matter", FPU_ADD, FPU_S, 0x7f000000,
        0x7f000000, ENABLE(U), true, S_INF,
        ENABLE(U) | CAUSE(O | I) | FLAG(O | I)},

    {"1/0", FPU_DIV, FPU_S, S_ONE, 0, 0, true, S_INF, CAUSE(Z) | FLAG(Z)},
    {"1/-0", FPU_DIV, FPU_D, D_ONE, D_NEG, 0, true, D_INF | D_NEG,
        CAUSE(Z) | FLAG(Z)},
    {"1/0 trapped", FPU_DIV, FPU_D, D_ONE, 0, ENABLE(Z) | FLAG(I), false, 0,
        ENABLE(Z) | FLAG(I) | CAUSE(Z)},

    {"inf - inf", FPU_SUB, FPU_S, S_INF, S_INF, FLAG(I), false, 0,
        FLAG(I) | CAUSE(E)},
    {"inf - inf trapped", FPU_SUB, FPU_S, S_INF, S_INF, ENABLE(V), false, 0,
        ENABLE(V) | CAUSE(V)},
    {"inf + -inf", FPU_ADD, FPU_D, D_INF, D_INF | D_NEG, 0, false, 0,
        CAUSE(E)},
    {"inf + inf", FPU_ADD, FPU_D, D_INF, D_INF, 0, true, D_INF, 0},
    {"0 * inf", FPU_MUL, FPU_D, 0, D_INF, 0, false, 0, CAUSE(E)},
    {"inf * 0 trapped", FPU_MUL, FPU_D, D_INF, 0, ENABLE(V), false, 0,
        ENABLE(V) | CAUSE(V)},
    {"0/0", FPU_DIV, FPU_S, 0, 0, 0, false, 0, CAUSE(E)},
    {"0/0 is no division by zero", FPU_DIV, FPU_S, 0, S_NEG, ENABLE(Z), false,
        0, ENABLE(Z) | CAUSE(E)},
    {"0/0 trapped", FPU_DIV, FPU_S, 0, 0, ENABLE(V), false, 0,
        ENABLE(V) | CAUSE(V)},
    {"inf/inf", FPU_DIV, FPU_S, S_INF, S_INF, 0, false, 0, CAUSE(E)},

    {"sNaN", FPU_ADD, FPU_S, S_SNAN, S_ONE, 0, false, 0, CAUSE(E)},
    {"sNaN trapped", FPU_MUL, FPU_S, S_ONE, S_SNAN, ENABLE(V), false, 0,
        ENABLE(V) | CAUSE(V)},
    {"sNaN beside qNaN", FPU_SUB, FPU_D, D_QNAN, D_SNAN, ENABLE(V), false, 0,
        ENABLE(V) | CAUSE(V)},
    {"qNaN in fs", FPU_ADD, FPU_S, 0xff800123, S_ONE, ENABLE(V), true,
        0xff800123, ENABLE(V)},
    {"qNaN in ft", FPU_SUB, FPU_S, S_ONE, 0x7f800123, 0, true, 0x7f800123, 0},
    {"qNaN in both", FPU_MUL, FPU_D, 0x7ff0000000000001, D_QNAN, 0, true,
        0x7ff0000000000001, 0},
    {"qNaN / 0", FPU_DIV, FPU_D, D_QNAN, 0, 0, true, D_QNAN, 0},

    {"denormalized fs", FPU_ADD, FPU_S, S_DENORM, S_ONE, FLAG(U), false, 0,
        FLAG(U) | CAUSE(E)},
    {"denormalized ft", FPU_DIV, FPU_D, D_ONE, D_DENORM, 0, false, 0,
        CAUSE(E)},
    {"denormalized beside zero", FPU_MUL, FPU_D, D_DENORM, 0, 0, false, 0,
        CAUSE(E)},
    {"denormalized beside sNaN", FPU_ADD, FPU_S, S_DENORM, S_SNAN, ENABLE(V),
        false, 0, ENABLE(V) | CAUSE(E)},
    {"denormalized beside qNaN", FPU_ADD, FPU_S, S_QNAN, S_DENORM, 0, false,
        0, CAUSE(E)},
    {"ft of a monadic operation is not an operand", FPU_ABS, FPU_S, S_ONE,
        S_DENORM, 0, true, S_ONE, 0},

    {"exact denormalized result", FPU_MUL, FPU_S, S_MIN, 0x3f000000, 0, false,
        0, CAUSE(E)},
    {"denormalized difference", FPU_SUB, FPU_S, S_MIN + 1, S_MIN, 0, false, 0,
        CAUSE(E)},
    {"underflow to zero", FPU_MUL, FPU_D, D_MIN, D_MIN, 0, false, 0,
        CAUSE(E)},
    {"underflow, traps enabled", FPU_MUL, FPU_D, D_MIN, D_MIN, ENABLE(U | I),
        false, 0, ENABLE(U | I) | CAUSE(E)},

    /* Tininess is judged after rounding as if exponents had no end: one unit
     * of 24 bits below the smallest normal number is tiny, half of one is
     * rounded up and not tiny, unless the mode rounds it down. */
    {"tiny", FPU_CVT_S, FPU_D, 0x380fffffe0000000, 0, 0, false, 0, CAUSE(E)},
    {"tiny before rounding only", FPU_CVT_S, FPU_D, 0x380ffffff0000000, 0, RN,
        true, S_MIN, RN | CAUSE(I) | FLAG(I)},
    {"tiny toward zero", FPU_CVT_S, FPU_D, 0x380ffffff0000000, 0, RZ, false,
        0, RZ | CAUSE(E)},
    {"tiny, rounded up to a denormalized limit", FPU_CVT_S, FPU_D,
        0x380fffffc0000001, 0, RP, false, 0, RP | CAUSE(E)},
    {"smallest normal result", FPU_MUL, FPU_S, S_MIN, S_ONE, 0, true, S_MIN,
        0},

    {"abs", FPU_ABS, FPU_D, D_MAX | D_NEG, 0, 0, true, D_MAX, 0},
    {"abs of -0", FPU_ABS, FPU_S, S_NEG, 0, 0, true, 0, 0},
    {"abs of qNaN", FPU_ABS, FPU_S, S_QNAN | S_NEG, 0, 0, true, S_QNAN, 0},
    {"abs of sNaN", FPU_ABS, FPU_S, S_SNAN, 0, 0, false, 0, CAUSE(E)},
    {"abs of sNaN trapped", FPU_ABS, FPU_D, D_SNAN, 0, ENABLE(V), false, 0,
        ENABLE(V) | CAUSE(V)},
    {"abs of denormalized", FPU_ABS, FPU_D, D_DENORM, 0, 0, false, 0,
        CAUSE(E)},
    {"neg", FPU_NEG, FPU_S, S_ONE, 0, 0, true, S_ONE | S_NEG, 0},
    {"neg of 0", FPU_NEG, FPU_D, 0, 0, 0, true, D_NEG, 0},
    {"neg of qNaN", FPU_NEG, FPU_D, D_QNAN, 0, 0, true, D_QNAN | D_NEG, 0},
    {"neg of sNaN", FPU_NEG, FPU_D, D_SNAN | D_NEG, 0, 0, false, 0, CAUSE(E)},
    {"neg of denormalized", FPU_NEG, FPU_S, S_DENORM, 0, 0, false, 0,
        CAUSE(E)},

    {"mov leaves FCR31 alone", FPU_MOV, FPU_S, S_SNAN, 0,
        CAUSE(I) | ENABLE(V) | FLAG(I), true, S_SNAN,
        CAUSE(I) | ENABLE(V) | FLAG(I)},
    {"mov of denormalized", FPU_MOV, FPU_D, D_DENORM, 0, FCR31_C, true,
        D_DENORM, FCR31_C},

    {"cvt.s.d overflows", FPU_CVT_S, FPU_D, D_MAX, 0, 0, true, S_INF,
        CAUSE(O | I) | FLAG(O | I)},
    {"cvt.s.d below half an ulp over the largest", FPU_CVT_S, FPU_D,
        0x47efffffefffffff, 0, RN, true, S_MAX, RN | CAUSE(I) | FLAG(I)},
    {"cvt.s.d half an ulp over the largest", FPU_CVT_S, FPU_D,
        0x47effffff0000000, 0, RN, true, S_INF,
        RN | CAUSE(O | I) | FLAG(O | I)},
    {"cvt.s.d of inf", FPU_CVT_S, FPU_D, D_INF | D_NEG, 0, 0, true,
        S_INF | S_NEG, 0},
    {"cvt.s.d of -0", FPU_CVT_S, FPU_D, D_NEG, 0, 0, true, S_NEG, 0},
    {"cvt.s.d of qNaN", FPU_CVT_S, FPU_D, 0xfff4000000000000, 0, 0, true,
        0xffa00000, 0},
    {"cvt.s.d of qNaN without a top", FPU_CVT_S, FPU_D, 0xfff0000000000001, 0,
        0, true, S_QNAN | S_NEG, 0},
    {"cvt.s.d of sNaN", FPU_CVT_S, FPU_D, D_SNAN, 0, ENABLE(V), false, 0,
        ENABLE(V) | CAUSE(V)},
    {"cvt.s.d of denormalized", FPU_CVT_S, FPU_D, D_DENORM, 0, 0, false, 0,
        CAUSE(E)},
    {"cvt.d.s", FPU_CVT_D, FPU_S, S_MAX, 0, 0, true, 0x47efffffe0000000, 0},
    {"cvt.d.s of qNaN", FPU_CVT_D, FPU_S, 0x7f800001, 0, 0, true,
        0x7ff0000020000000, 0},
    {"cvt.d.s of sNaN", FPU_CVT_D, FPU_S, 0xffffffff, 0, 0, false, 0,
        CAUSE(E)},
    {"cvt.d.s of denormalized", FPU_CVT_D, FPU_S, S_DENORM, 0, 0, false, 0,
        CAUSE(E)},

    {"cvt.s.w", FPU_CVT_S, FPU_W, 0xffffffff, 0, 0, true, S_ONE | S_NEG, 0},
    {"cvt.s.w of -2^31", FPU_CVT_S, FPU_W, 0x80000000, 0, 0, true, 0xcf000000,
        0},
    {"cvt.s.w inexact", FPU_CVT_S, FPU_W, 0x7fffffff, 0, RZ, true, 0x4effffff,
        RZ | CAUSE(I) | FLAG(I)},
    {"cvt.d.w", FPU_CVT_D, FPU_W, 0x7fffffff, 0, RZ, true, 0x41dfffffffc00000,
        RZ},
    {"cvt.d.w of 0", FPU_CVT_D, FPU_W, 0, 0, RM, true, 0, RM},

    {"cvt.w.s", FPU_CVT_W, FPU_S, S_ONE | S_NEG, 0, 0, true, 0xffffffff, 0},
    {"cvt.w.d of 2.5 to even", FPU_CVT_W, FPU_D, 0x4004000000000000, 0, RN,
        true, 2, RN | CAUSE(I) | FLAG(I)},
    {"cvt.w.d of 3.5 to even", FPU_CVT_W, FPU_D, 0x400c000000000000, 0, RN,
        true, 4, RN | CAUSE(I) | FLAG(I)},
    {"cvt.w.d of -2.5 downward", FPU_CVT_W, FPU_D, 0xc004000000000000, 0, RM,
        true, 0xfffffffd, RM | CAUSE(I) | FLAG(I)},
    {"cvt.w.d of -2.5 upward", FPU_CVT_W, FPU_D, 0xc004000000000000, 0, RP,
        true, 0xfffffffe, RP | CAUSE(I) | FLAG(I)},
    {"cvt.w.d inexact trapped", FPU_CVT_W, FPU_D, 0x4004000000000000, 0,
        ENABLE(I), false, 0, ENABLE(I) | CAUSE(I)},
    {"cvt.w.d of the least number upward", FPU_CVT_W, FPU_D, D_MIN, 0, RP,
        true, 1, RP | CAUSE(I) | FLAG(I)},
    {"cvt.w.d of 2^31 - 1", FPU_CVT_W, FPU_D, 0x41dfffffffc00000, 0, 0, true,
        0x7fffffff, 0},
    {"cvt.w.d of 2^31 - 1/2 to even", FPU_CVT_W, FPU_D, 0x41dfffffffe00000, 0,
        RN, false, 0, RN | CAUSE(E)},
    {"cvt.w.d of 2^31 - 1/2 toward zero", FPU_CVT_W, FPU_D,
        0x41dfffffffe00000, 0, RZ, true, 0x7fffffff,
        RZ | CAUSE(I) | FLAG(I)},
    {"cvt.w.d of 2^31", FPU_CVT_W, FPU_D, 0x41e0000000000000, 0, 0, false, 0,
        CAUSE(E)},
    {"cvt.w.d of 2^31 trapped", FPU_CVT_W, FPU_D, 0x41e0000000000000, 0,
        ENABLE(V | I), false, 0, ENABLE(V | I) | CAUSE(V)},
    {"cvt.w.d of -2^31", FPU_CVT_W, FPU_D, 0xc1e0000000000000, 0, 0, true,
        0x80000000, 0},
    {"cvt.w.d of -2^31 - 1/2 to even", FPU_CVT_W, FPU_D, 0xc1e0000000100000,
        0, RN, true, 0x80000000, RN | CAUSE(I) | FLAG(I)},
    {"cvt.w.d of -2^31 - 1/2 downward", FPU_CVT_W, FPU_D, 0xc1e0000000100000,
        0, RM, false, 0, RM | CAUSE(E)},
    {"cvt.w.d of -2^31 - 1", FPU_CVT_W, FPU_D, 0xc1e0000000200000, 0, 0,
        false, 0, CAUSE(E)},
    {"cvt.w.s of inf", FPU_CVT_W, FPU_S, S_INF, 0, 0, false, 0, CAUSE(E)},
    {"cvt.w.s of inf trapped", FPU_CVT_W, FPU_S, S_INF, 0, ENABLE(V), false,
        0, ENABLE(V) | CAUSE(V)},
    {"cvt.w.s of qNaN", FPU_CVT_W, FPU_S, S_QNAN, 0, 0, false, 0, CAUSE(E)},
    {"cvt.w.s of qNaN trapped", FPU_CVT_W, FPU_S, S_QNAN, 0, ENABLE(V), false,
        0, ENABLE(V) | CAUSE(V)},
    {"cvt.w.s of denormalized", FPU_CVT_W, FPU_S, S_DENORM, 0, 0, false, 0,
        CAUSE(E)},
    {"cvt.w.d of -0", FPU_CVT_W, FPU_D, D_NEG, 0, RM, true, 0, RM},

    /* The format that an operation converts to, and words. */
    {"cvt.s.s", FPU_CVT_S, FPU_S, S_ONE, 0, 0, false, 0, CAUSE(E)},
    {"cvt.d.d", FPU_CVT_D, FPU_D, D_ONE, 0, 0, false, 0, CAUSE(E)},
    {"cvt.w.w", FPU_CVT_W, FPU_W, 1, 0, FLAG(I), false, 0,
        FLAG(I) | CAUSE(E)},
    {"add.w", FPU_ADD, FPU_W, 1, 1, 0, false, 0, CAUSE(E)},
    {"sub.w", FPU_SUB, FPU_W, 1, 1, 0, false, 0, CAUSE(E)},
    {"mul.w", FPU_MUL, FPU_W, 1, 1, 0, false, 0, CAUSE(E)},
    {"div.w", FPU_DIV, FPU_W, 1, 1, 0, false, 0, CAUSE(E)},
    {"abs.w", FPU_ABS, FPU_W, 1, 0, 0, false, 0, CAUSE(E)},
    {"mov.w", FPU_MOV, FPU_W, 1, 0, CAUSE(I), false, 0, CAUSE(E)},
    {"neg.w", FPU_NEG, FPU_W, 1, 0, 0, false, 0, CAUSE(E)},
};
/* clang-format on */

#define UNTOUCHED 0x0123456789abcdef

static void check_row(const Row *row)
{
    uint32_t fcr31 = row->before;
    uint64_t fd = UNTOUCHED;
    bool done = fpu_compute(row->op, row->fmt, row->fs, row->ft, &fcr31, &fd);
    uint64_t want = row->done ? row->fd : UNTOUCHED;
    if (done != row->done || fd != want || fcr31 != row->after)
        fail_msg("%s (op %d fmt %d) of %" PRIx64 ", %" PRIx64
                 " with FCR31 %05x: %d %" PRIx64 " FCR31 %05x, not %d %" PRIx64
                 " FCR31 %05x",
                 row->what, row->op, row->fmt, row->fs, row->ft, row->before,
                 done, fd, fcr31, row->done, want, row->after);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        check_row(&rows[i]);
}

/* The predicates of appendix B of the MIPS book, by name. */
static const struct {
    const char *name;
    bool greater, less, equal, unordered, invalid_if_unordered;
} conditions[16] = {
    {"f", false, false, false, false, false},
    {"un", false, false, false, true, false},
    {"eq", false, false, true, false, false},
    {"ueq", false, false, true, true, false},
    {"olt", false, true, false, false, false},
    {"ult", false, true, false, true, false},
    {"ole", false, true, true, false, false},
    {"ule", false, true, true, true, false},
    {"sf", false, false, false, false, true},
    {"ngle", false, false, false, true, true},
    {"seq", false, false, true, false, true},
    {"ngl", false, false, true, true, true},
    {"lt", false, true, false, false, true},
    {"nge", false, true, false, true, true},
    {"le", false, true, true, false, true},
    {"ngt", false, true, true, true, true},
};

static void check_compare(unsigned cond, FpuFmt fmt, uint64_t fs, uint64_t ft,
                          bool holds, bool invalid, uint32_t before)
{
    uint32_t after = before & ~FCR31_CAUSE;
    bool done = true;
    if (invalid) {
        after |= CAUSE(V);
        done = (before & ENABLE(V)) == 0;
        if (done)
            after |= FLAG(V);
    }
    if (done)
        after = holds ? after | FCR31_C : after & ~FCR31_C;
    uint32_t fcr31 = before;
    if (fpu_compare(cond, fmt, fs, ft, &fcr31) != done || fcr31 != after)
        fail_msg("c.%s, fmt %d, of %" PRIx64 ", %" PRIx64
                 " with FCR31 %06x: FCR31 %06x, not %06x",
                 conditions[cond].name, fmt, fs, ft, before, fcr31, after);
}

static void test_compare(void **state)
{
    (void)state;
    enum { GREATER, LESS, EQUAL, UNORDERED, SIGNALLING };
    static const struct {
        FpuFmt fmt;
        uint64_t fs, ft;
        int relation;
    } pairs[] = {
        {FPU_S, S_ONE, S_MIN, GREATER},
        {FPU_S, S_ONE | S_NEG, S_ONE, LESS},
        {FPU_S, S_MAX | S_NEG, S_ONE | S_NEG, LESS},
        {FPU_S, 0, S_NEG, EQUAL},
        {FPU_S, S_DENORM, 0, GREATER}, /* compares take denormalized numbers */
        {FPU_S, S_DENORM | S_NEG, S_NEG, LESS},
        {FPU_S, S_DENORM, S_DENORM, EQUAL},
        {FPU_S, S_INF, S_MAX, GREATER},
        {FPU_S, S_INF, S_INF, EQUAL},
        {FPU_S, S_INF | S_NEG, S_INF, LESS},
        {FPU_S, S_QNAN, S_ONE, UNORDERED},
        {FPU_S, S_ONE, S_QNAN | S_NEG, UNORDERED},
        {FPU_S, S_QNAN, S_QNAN, UNORDERED},
        {FPU_S, S_QNAN, S_DENORM, UNORDERED},
        {FPU_S, S_SNAN, S_ONE, SIGNALLING},
        {FPU_S, S_QNAN, S_SNAN, SIGNALLING},
        {FPU_S, 0xffffffff00000000 | S_ONE, S_ONE, EQUAL},
        {FPU_D, D_MAX, D_ONE, GREATER},
        {FPU_D, D_ONE, D_ONE + 1, LESS},
        {FPU_D, D_NEG, 0, EQUAL},
        {FPU_D, D_DENORM, D_MIN, LESS},
        {FPU_D, D_INF | D_NEG, D_MAX | D_NEG, LESS},
        {FPU_D, D_QNAN, D_INF, UNORDERED},
        {FPU_D, D_INF, D_SNAN | D_NEG, SIGNALLING},
    };
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        for (unsigned cond = 0; cond < 16; cond++) {
            int relation = pairs[i].relation;
            bool holds = relation == GREATER ? conditions[cond].greater
                         : relation == LESS  ? conditions[cond].less
                         : relation == EQUAL ? conditions[cond].equal
                                             : conditions[cond].unordered;
            bool invalid = relation == SIGNALLING ||
                           (relation == UNORDERED &&
                            conditions[cond].invalid_if_unordered);
            static const uint32_t before[] = {0,
                                              FCR31_C | CAUSE(E | I),
                                              FLAG(U),
                                              ENABLE(V),
                                              ENABLE(V) | FCR31_C | FLAG(Z),
                                              ENABLE(Z | O | U | I)};
            for (size_t b = 0; b < ARRAY_LEN(before); b++)
                check_compare(cond, pairs[i].fmt, pairs[i].fs, pairs[i].ft,
                              holds, invalid, before[b]);
        }
    }
    uint32_t fcr31 = FCR31_C | ENABLE(V) | FLAG(I) | CAUSE(V);
    assert_false(fpu_compare(2, FPU_W, 1, 1, &fcr31));
    assert_int_equal(fcr31, FCR31_C | ENABLE(V) | FLAG(I) | CAUSE(E));
}

static void test_registers(void **state)
{
    (void)state;
    assert_int_equal(FCR0_VALUE, 0x340);
    assert_int_equal(FCR31_WRITABLE, 0x0083ffff);
    for (uint32_t cause = 0; cause < 64; cause++)
        for (uint32_t enable = 0; enable < 32; enable++) {
            bool level = cause >= E || (cause & enable) != 0;
            uint32_t others = FCR31_C | FLAG(31) | RM;
            uint32_t fcr31 = others | CAUSE(cause) | ENABLE(enable);
            assert_int_equal(fpu_irq(fcr31), level);
            assert_false(fpu_unimplemented(&fcr31));
            assert_int_equal(fcr31, others | CAUSE(E) | ENABLE(enable));
            assert_true(fpu_irq(fcr31));
        }
}

/* ---- Against the host ---- */

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

typedef struct Random {
    uint64_t seed;
} Random;

/* Steele, Lea, Flood, "Fast splittable pseudorandom number generators". */
static uint64_t next(Random *random)
{
    uint64_t z = random->seed += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
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
static uint64_t random_fraction(Random *random, FpuFmt fmt)
{
    unsigned bits = frac_bits(fmt);
    uint64_t r = next(random);
    uint64_t sparse = (uint64_t)1 << (r & 63) % bits;
    sparse |= (uint64_t)1 << (r >> 6 & 63) % bits;
    switch (r >> 12 & 3) {
    case 0: return sparse & (((uint64_t)1 << bits) - 1);
    case 1: return ~sparse & (((uint64_t)1 << bits) - 1);
    default: return next(random) & (((uint64_t)1 << bits) - 1);
    }
}

static uint64_t compose(Random *random, FpuFmt fmt, int64_t exp)
{
    exp = exp < 0 ? 0 : exp;
    exp = exp > (int64_t)exp_max(fmt) ? exp_max(fmt) : exp;
    uint64_t sign = next(random) >> 63;
    return (sign << (fmt == FPU_S ? 8 : 11) | (uint64_t)exp) << frac_bits(fmt) |
           random_fraction(random, fmt);
}

static uint64_t random_operand(Random *random, FpuFmt fmt)
{
    uint64_t r = next(random);
    uint64_t mask = fmt == FPU_D ? UINT64_MAX : UINT32_MAX;
    uint64_t special = specials[(r >> 8) % ARRAY_LEN(specials)][fmt];
    if (fmt == FPU_W)
        return r & 1 ? special : next(random) << 32 >> (32 + (r >> 1 & 31));
    int64_t bias = exp_max(fmt) / 2;
    int64_t near = (int64_t)(r >> 8 & 63) - 32;
    switch (r & 7) {
    case 0: return next(random) & mask;
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
static uint64_t random_partner(Random *random, FpuFmt fmt, uint64_t first)
{
    uint64_t r = next(random);
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

static uint32_t random_fcr31(Random *random, uint32_t rounding)
{
    uint32_t r = (uint32_t)next(random);
    uint32_t fcr31 = (r & FCR31_WRITABLE & ~FCR31_RM) | rounding;
    return r >> 31 ? fcr31 & ~FCR31_ENABLES : fcr31;
}

static void check_with_host(Random *random, FpuOp op, FpuFmt fmt, uint64_t fs,
                            uint64_t ft, uint32_t before)
{
    Expected want = expect(op, fmt, fs, ft, before);
    uint64_t high = fmt == FPU_D ? 0 : next(random) << 32;
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
    Random random = {1};
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
    Random random = {3010};
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
    Random random = {3000};
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
        cmocka_unit_test(test_rows),      cmocka_unit_test(test_compare),
        cmocka_unit_test(test_registers), cmocka_unit_test(test_specials),
        cmocka_unit_test(test_random),    cmocka_unit_test(test_random_compare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
