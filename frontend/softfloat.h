/* Binary floating point in plain integers: IEEE 754-1985 arithmetic on raw
 * patterns of either MIPS format, for machines without denormalized results. */
#ifndef SELKIRK_FRONTEND_SOFTFLOAT_H
#define SELKIRK_FRONTEND_SOFTFLOAT_H

#include <stdbool.h>
#include <stdint.h>

/* A pattern is sign, exponent, fraction, right-aligned in a uint64_t.  Every
 * function expects the bits above the format's width to be zero. */
typedef struct FloatFormat {
    unsigned frac_bits; /* stored fraction, without the implied one */
    unsigned exp_bits;
} FloatFormat;

extern const FloatFormat float_single;
extern const FloatFormat float_double;

/* NaNs are of the MIPS kind from before IEEE 754-2008: the top fraction bit
 * is one in a signalling NaN and zero in a quiet one. */
typedef enum FloatClass {
    FLOAT_ZERO,
    FLOAT_DENORMAL,
    FLOAT_NORMAL,
    FLOAT_INFINITY,
    FLOAT_QUIET_NAN,
    FLOAT_SIGNALLING_NAN
} FloatClass;

/* IEEE 754-1985 section 4; the numbers are those of the MIPS RM field. */
typedef enum FloatRounding {
    FLOAT_TO_NEAREST = 0, /* ties to even */
    FLOAT_TO_ZERO = 1,
    FLOAT_TO_PLUS = 2,
    FLOAT_TO_MINUS = 3
} FloatRounding;

/* IEEE 754-1985 section 7; a set of these, in the order of MIPS registers. */
enum {
    FLOAT_INEXACT = 1 << 0,
    FLOAT_UNDERFLOW = 1 << 1,
    FLOAT_OVERFLOW = 1 << 2,
    FLOAT_DIVIDE_BY_ZERO = 1 << 3,
    FLOAT_INVALID = 1 << 4
};

/* Invalid and underflow stand alone and leave `bits` zero: neither a new NaN
 * nor a denormalized number is ever made.  With the others `bits` is the
 * result that IEEE 754 delivers when the trap is disabled.  Underflow means
 * tiny after rounding, exact or not. */
typedef struct FloatResult {
    uint64_t bits;
    unsigned exceptions;
} FloatResult;

typedef enum FloatRelation {
    FLOAT_LESS,
    FLOAT_EQUAL,
    FLOAT_GREATER,
    FLOAT_UNORDERED
} FloatRelation;

FloatClass softfloat_classify(const FloatFormat *format, uint64_t bits);

/* No operand of the following may be denormalized.  A signalling NaN operand
 * is invalid; else a quiet NaN operand is the result, `a` before `b`. */
FloatResult softfloat_add(const FloatFormat *format, uint64_t a, uint64_t b,
                          FloatRounding rounding);
FloatResult softfloat_sub(const FloatFormat *format, uint64_t a, uint64_t b,
                          FloatRounding rounding);
FloatResult softfloat_mul(const FloatFormat *format, uint64_t a, uint64_t b,
                          FloatRounding rounding);
FloatResult softfloat_div(const FloatFormat *format, uint64_t a, uint64_t b,
                          FloatRounding rounding);

/* The sign of a quiet NaN is changed like that of a number. */
FloatResult softfloat_abs(const FloatFormat *format, uint64_t a);
FloatResult softfloat_neg(const FloatFormat *format, uint64_t a);

/* A quiet NaN keeps the top of its fraction, and its sign; if nothing of the
 * fraction is left, all bits below the quiet bit are set. */
FloatResult softfloat_convert(const FloatFormat *to, const FloatFormat *from,
                              uint64_t a, FloatRounding rounding);

FloatResult softfloat_from_int32(const FloatFormat *to, int32_t a,
                                 FloatRounding rounding);

/* The result is a two's complement word in the low 32 bits.  Invalid if `a`
 * is a NaN or infinite or the rounded number does not fit. */
FloatResult softfloat_to_int32(const FloatFormat *from, uint64_t a,
                               FloatRounding rounding);

/* Any operands, denormalized ones and NaNs too; raises nothing. */
FloatRelation softfloat_compare(const FloatFormat *format, uint64_t a,
                                uint64_t b);

#endif
