/* The R3010 model by hand: tables of operands, results and what FCR31 says. */
#include "base/bits.h"
#include "tests/unit/fpu_check.h"

#include <string.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_compare),
        cmocka_unit_test(test_registers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
