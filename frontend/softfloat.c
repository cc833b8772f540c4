/* Binary floating point in plain integers.
 *
 * Every operation on numbers goes the same way: unpack the operands, compute
 * an exact or "jammed" significand of up to 64 bits, and let round_pack()
 * normalize, round and classify it.  A significand has its leading one at bit
 * SIG_TOP once it is normalized, so that
 *
 *     value = sig * 2^(exp - SIG_TOP),
 *
 * one bit stays free above for a carry, and at least ten stay below a double's
 * fraction.  Jamming replaces the bits that fall off the right end by their
 * OR, in the last bit kept.  That is exact as long as two bits at least remain
 * between the rounding position and the jammed one: the rounded result depends
 * on the lost bits only through "zero, below half, half, above half". */
#include "frontend/softfloat.h"

#include "base/bits.h"

enum { SIG_TOP = 62 };

typedef unsigned __int128 Uint128;

const FloatFormat float_single = {.frac_bits = 23, .exp_bits = 8};
const FloatFormat float_double = {.frac_bits = 52, .exp_bits = 11};

typedef struct Number {
    FloatClass class;
    bool sign;
    int exp;      /* unbiased; set for normal numbers only, as is */
    uint64_t sig; /* normalized */
} Number;

static int format_bias(const FloatFormat *format)
{
    return (1 << (format->exp_bits - 1)) - 1;
}

static uint64_t format_sign_bit(const FloatFormat *format)
{
    return (uint64_t)1 << (format->frac_bits + format->exp_bits);
}

static uint64_t format_frac_mask(const FloatFormat *format)
{
    return ((uint64_t)1 << format->frac_bits) - 1;
}

static uint64_t format_infinity(const FloatFormat *format)
{
    return format_sign_bit(format) - ((uint64_t)1 << format->frac_bits);
}

static uint64_t format_quiet_mask(const FloatFormat *format)
{
    return format_frac_mask(format) >> 1;
}

FloatClass softfloat_classify(const FloatFormat *format, uint64_t bits)
{
    uint64_t infinity = format_infinity(format);
    uint64_t exp = bits & infinity;
    uint64_t frac = bits & format_frac_mask(format);
    if (exp == 0)
        return frac == 0 ? FLOAT_ZERO : FLOAT_DENORMAL;
    if (exp != infinity)
        return FLOAT_NORMAL;
    if (frac == 0)
        return FLOAT_INFINITY;
    return frac > format_quiet_mask(format) ? FLOAT_SIGNALLING_NAN
                                            : FLOAT_QUIET_NAN;
}

static Number unpack(const FloatFormat *format, uint64_t bits)
{
    Number n = {.class = softfloat_classify(format, bits),
                .sign = (bits & format_sign_bit(format)) != 0};
    if (n.class == FLOAT_NORMAL) {
        uint64_t frac = bits & format_frac_mask(format);
        uint64_t exp = (bits & format_infinity(format)) >> format->frac_bits;
        n.exp = (int)exp - format_bias(format);
        n.sig = (uint64_t)1 << SIG_TOP | frac << (SIG_TOP - format->frac_bits);
    }
    return n;
}

static bool is_nan(FloatClass class)
{
    return class == FLOAT_QUIET_NAN || class == FLOAT_SIGNALLING_NAN;
}

static FloatResult exact(uint64_t bits)
{
    return (FloatResult){.bits = bits};
}

static FloatResult invalid(void)
{
    return (FloatResult){.exceptions = FLOAT_INVALID};
}

static uint64_t with_sign(const FloatFormat *format, bool sign, uint64_t bits)
{
    return bits | (sign ? format_sign_bit(format) : 0);
}

static FloatResult propagate_nan(const FloatFormat *format, uint64_t a,
                                 uint64_t b)
{
    FloatClass a_class = softfloat_classify(format, a);
    FloatClass b_class = softfloat_classify(format, b);
    if (a_class == FLOAT_SIGNALLING_NAN || b_class == FLOAT_SIGNALLING_NAN)
        return invalid();
    return exact(a_class == FLOAT_QUIET_NAN ? a : b);
}

/* `sig` moved right by any `count`, jammed. */
static uint64_t shift_right_jam(uint64_t sig, int count)
{
    if (count == 0)
        return sig;
    if (count > 63)
        return sig != 0;
    return sig >> count | (sig << (64 - count) != 0);
}

/* Is the magnitude to be incremented, `low` being what is cut off its end, on
 * a scale where `half` is one half in the last place? */
static bool rounds_up(FloatRounding rounding, bool sign, bool odd, uint64_t low,
                      uint64_t half)
{
    switch (rounding) {
    case FLOAT_TO_NEAREST: return low > half || (low == half && odd);
    case FLOAT_TO_ZERO: break;
    case FLOAT_TO_PLUS: return low != 0 && !sign;
    case FLOAT_TO_MINUS: return low != 0 && sign;
    }
    return false;
}

/* IEEE 754-1985 section 7.3: a mode that rounds away from the number's side
 * of zero gives infinity, the others the largest finite number. */
static FloatResult overflow(const FloatFormat *format, bool sign,
                            FloatRounding rounding)
{
    uint64_t infinity = format_infinity(format);
    bool outward = rounds_up(rounding, sign, true, 1, 1);
    return (FloatResult){
        .bits = with_sign(format, sign, outward ? infinity : infinity - 1),
        .exceptions = FLOAT_OVERFLOW | FLOAT_INEXACT};
}

/* The number sig * 2^(exp - SIG_TOP), sig any but zero, in the format. */
static FloatResult round_pack(const FloatFormat *format, bool sign, int exp,
                              uint64_t sig, FloatRounding rounding)
{
    int lead = 63 - __builtin_clzll(sig);
    exp += lead - SIG_TOP;
    sig = lead > SIG_TOP ? shift_right_jam(sig, 1) : sig << (SIG_TOP - lead);

    unsigned cut = SIG_TOP - format->frac_bits;
    uint64_t half = (uint64_t)1 << (cut - 1);
    uint64_t low = sig & (half * 2 - 1);
    sig >>= cut;
    if (rounds_up(rounding, sign, sig & 1, low, half))
        sig++;
    if (sig >> (format->frac_bits + 1) != 0) {
        sig >>= 1;
        exp++;
    }

    int bias = format_bias(format);
    if (exp > bias)
        return overflow(format, sign, rounding);
    if (exp < 1 - bias)
        return (FloatResult){.exceptions = FLOAT_UNDERFLOW};
    uint64_t bits = (uint64_t)(exp + bias) << format->frac_bits;
    return (FloatResult){
        .bits =
            with_sign(format, sign, bits | (sig & format_frac_mask(format))),
        .exceptions = low != 0 ? FLOAT_INEXACT : 0};
}

static FloatResult add_numbers(const FloatFormat *format, Number a, Number b,
                               FloatRounding rounding)
{
    if (a.exp < b.exp || (a.exp == b.exp && a.sig < b.sig)) {
        Number larger = b;
        b = a;
        a = larger;
    }
    uint64_t b_sig = shift_right_jam(b.sig, a.exp - b.exp);
    uint64_t sig = a.sign == b.sign ? a.sig + b_sig : a.sig - b_sig;
    if (sig == 0)
        return exact(with_sign(format, rounding == FLOAT_TO_MINUS, 0));
    return round_pack(format, a.sign, a.exp, sig, rounding);
}

FloatResult softfloat_add(const FloatFormat *format, uint64_t a, uint64_t b,
                          FloatRounding rounding)
{
    Number x = unpack(format, a);
    Number y = unpack(format, b);
    if (is_nan(x.class) || is_nan(y.class))
        return propagate_nan(format, a, b);
    if (x.class == FLOAT_INFINITY && y.class == FLOAT_INFINITY)
        return x.sign == y.sign ? exact(a) : invalid();
    if (x.class == FLOAT_INFINITY)
        return exact(a);
    if (y.class == FLOAT_INFINITY)
        return exact(b);
    if (x.class == FLOAT_ZERO && y.class == FLOAT_ZERO) {
        bool sign = x.sign == y.sign ? x.sign : rounding == FLOAT_TO_MINUS;
        return exact(with_sign(format, sign, 0));
    }
    if (x.class == FLOAT_ZERO)
        return exact(b);
    if (y.class == FLOAT_ZERO)
        return exact(a);
    return add_numbers(format, x, y, rounding);
}

FloatResult softfloat_sub(const FloatFormat *format, uint64_t a, uint64_t b,
                          FloatRounding rounding)
{
    if (is_nan(softfloat_classify(format, b)))
        return propagate_nan(format, a, b);
    return softfloat_add(format, a, b ^ format_sign_bit(format), rounding);
}

FloatResult softfloat_mul(const FloatFormat *format, uint64_t a, uint64_t b,
                          FloatRounding rounding)
{
    Number x = unpack(format, a);
    Number y = unpack(format, b);
    bool sign = x.sign != y.sign;
    if (is_nan(x.class) || is_nan(y.class))
        return propagate_nan(format, a, b);
    if (x.class == FLOAT_INFINITY || y.class == FLOAT_INFINITY) {
        if (x.class == FLOAT_ZERO || y.class == FLOAT_ZERO)
            return invalid();
        return exact(with_sign(format, sign, format_infinity(format)));
    }
    if (x.class == FLOAT_ZERO || y.class == FLOAT_ZERO)
        return exact(with_sign(format, sign, 0));
    Uint128 product = (Uint128)x.sig * y.sig;
    Uint128 lost = product & (((Uint128)1 << SIG_TOP) - 1);
    uint64_t sig = (uint64_t)(product >> SIG_TOP) | (lost != 0);
    return round_pack(format, sign, x.exp + y.exp, sig, rounding);
}

FloatResult softfloat_div(const FloatFormat *format, uint64_t a, uint64_t b,
                          FloatRounding rounding)
{
    Number x = unpack(format, a);
    Number y = unpack(format, b);
    bool sign = x.sign != y.sign;
    uint64_t infinity = with_sign(format, sign, format_infinity(format));
    if (is_nan(x.class) || is_nan(y.class))
        return propagate_nan(format, a, b);
    if (x.class == y.class && x.class != FLOAT_NORMAL)
        return invalid(); /* zero by zero, infinity by infinity */
    if (x.class == FLOAT_INFINITY)
        return exact(infinity);
    if (x.class == FLOAT_ZERO || y.class == FLOAT_INFINITY)
        return exact(with_sign(format, sign, 0));
    if (y.class == FLOAT_ZERO)
        return (FloatResult){.bits = infinity,
                             .exceptions = FLOAT_DIVIDE_BY_ZERO};
    Uint128 dividend = (Uint128)x.sig << SIG_TOP;
    uint64_t sig = (uint64_t)(dividend / y.sig) | (dividend % y.sig != 0);
    return round_pack(format, sign, x.exp - y.exp, sig, rounding);
}

FloatResult softfloat_abs(const FloatFormat *format, uint64_t a)
{
    if (softfloat_classify(format, a) == FLOAT_SIGNALLING_NAN)
        return invalid();
    return exact(a & ~format_sign_bit(format));
}

FloatResult softfloat_neg(const FloatFormat *format, uint64_t a)
{
    if (softfloat_classify(format, a) == FLOAT_SIGNALLING_NAN)
        return invalid();
    return exact(a ^ format_sign_bit(format));
}

static FloatResult convert_quiet_nan(const FloatFormat *to,
                                     const FloatFormat *from, bool sign,
                                     uint64_t a)
{
    uint64_t frac = a & format_frac_mask(from);
    if (to->frac_bits >= from->frac_bits)
        frac <<= to->frac_bits - from->frac_bits;
    else
        frac >>= from->frac_bits - to->frac_bits;
    if (frac == 0)
        frac = format_quiet_mask(to);
    return exact(with_sign(to, sign, format_infinity(to) | frac));
}

FloatResult softfloat_convert(const FloatFormat *to, const FloatFormat *from,
                              uint64_t a, FloatRounding rounding)
{
    Number x = unpack(from, a);
    switch (x.class) {
    case FLOAT_ZERO: return exact(with_sign(to, x.sign, 0));
    case FLOAT_INFINITY:
        return exact(with_sign(to, x.sign, format_infinity(to)));
    case FLOAT_QUIET_NAN: return convert_quiet_nan(to, from, x.sign, a);
    case FLOAT_SIGNALLING_NAN: return invalid();
    default: return round_pack(to, x.sign, x.exp, x.sig, rounding);
    }
}

FloatResult softfloat_from_int32(const FloatFormat *to, int32_t a,
                                 FloatRounding rounding)
{
    bool sign = a < 0;
    uint64_t magnitude = (uint64_t)(sign ? -(int64_t)a : a);
    if (magnitude == 0)
        return exact(0);
    return round_pack(to, sign, SIG_TOP, magnitude, rounding);
}

FloatResult softfloat_to_int32(const FloatFormat *from, uint64_t a,
                               FloatRounding rounding)
{
    Number x = unpack(from, a);
    if (x.class == FLOAT_ZERO)
        return exact(0);
    if (x.class != FLOAT_NORMAL || x.exp > 31)
        return invalid();

    /* Fixed point, 32 bits before the point and 32 behind; with an exponent
     * of 31 the free bit above the significand is used. */
    int right = SIG_TOP - 32 - x.exp;
    uint64_t fixed =
        right < 0 ? x.sig << -right : shift_right_jam(x.sig, right);
    uint64_t low = fixed & UINT32_MAX;
    uint64_t magnitude = fixed >> 32;
    if (rounds_up(rounding, x.sign, magnitude & 1, low, (uint64_t)1 << 31))
        magnitude++;
    if (magnitude > (uint64_t)INT32_MAX + x.sign)
        return invalid();
    return (FloatResult){.bits = (uint32_t)(x.sign ? 0 - magnitude : magnitude),
                         .exceptions = low != 0 ? FLOAT_INEXACT : 0};
}

FloatRelation softfloat_compare(const FloatFormat *format, uint64_t a,
                                uint64_t b)
{
    if (is_nan(softfloat_classify(format, a)) ||
        is_nan(softfloat_classify(format, b)))
        return FLOAT_UNORDERED;
    /* Magnitudes order like integers, and both zeros are zero. */
    uint64_t sign_bit = format_sign_bit(format);
    int64_t x = (int64_t)(a & (sign_bit - 1));
    int64_t y = (int64_t)(b & (sign_bit - 1));
    x = a & sign_bit ? -x : x;
    y = b & sign_bit ? -y : y;
    if (x == y)
        return FLOAT_EQUAL;
    return x < y ? FLOAT_LESS : FLOAT_GREATER;
}
