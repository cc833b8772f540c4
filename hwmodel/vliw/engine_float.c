/* Operations with zeros, and sums that are zero: common, exact, and no work.
 * Compiled code leaves them to the helper `fp`, as it does all that is not in
 * the middle of a format (emit_fp.c); here they are taken out before the FPU's
 * routine is called, which costs a call through two others.  Patterns are all
 * that it takes. */
#include "hwmodel/vliw/engine_host.h"

enum { FCR_ROUNDING = 0x3, FCR_DOWN = 3, FCR_CAUSE = 0x3f000 };

typedef struct Format {
    unsigned fraction;
    uint64_t sign; /* bit */
} Format;

static const Format single = {23, 1ull << 31}, wide = {52, 1ull << 63};

static bool is_zero(const Format *f, uint64_t x)
{
    return (x & (f->sign - 1)) == 0;
}

static bool is_number(const Format *f, uint64_t x)
{
    uint64_t one = 1ull << f->fraction, magnitude = x & (f->sign - 1);
    return magnitude == 0 || (magnitude >= one && magnitude < f->sign - one);
}

static bool add(const Format *f, uint64_t a, uint64_t b, uint32_t fcr,
                uint64_t *sum)
{
    if (!is_number(f, a) || !is_number(f, b))
        return false;
    if (!is_zero(f, b) && is_zero(f, a))
        *sum = b;
    else if ((is_zero(f, b) && !is_zero(f, a)) || (is_zero(f, a) && a == b))
        *sum = a;
    else if ((a ^ b) == f->sign)
        *sum = (fcr & FCR_ROUNDING) == FCR_DOWN ? f->sign : 0;
    else
        return false;
    return true;
}

static bool multiply(const Format *f, uint64_t a, uint64_t b, uint64_t *product)
{
    *product = (a ^ b) & f->sign;
    return is_number(f, a) && is_number(f, b) &&
           (is_zero(f, a) || is_zero(f, b));
}

static bool divide(const Format *f, uint64_t a, uint64_t b, uint64_t *quotient)
{
    return multiply(f, a, b, quotient) && !is_zero(f, b);
}

static bool operate(uint32_t op, uint64_t a, uint64_t b, uint32_t fcr,
                    uint64_t *result)
{
    uint32_t x = (uint32_t)a, y = (uint32_t)b;
    switch (op) {
    case IR_FADDD: return add(&wide, a, b, fcr, result);
    case IR_FADDS: return add(&single, x, y, fcr, result);
    case IR_FSUBD: return add(&wide, a, b ^ wide.sign, fcr, result);
    case IR_FSUBS: return add(&single, x, y ^ single.sign, fcr, result);
    case IR_FMULD: return multiply(&wide, a, b, result);
    case IR_FMULS: return multiply(&single, x, y, result);
    case IR_FDIVD: return divide(&wide, a, b, result);
    case IR_FDIVS: return divide(&single, x, y, result);
    case IR_FABSD: *result = 0; return is_zero(&wide, a);
    case IR_FABSS: *result = 0; return is_zero(&single, x);
    case IR_FNEGD: *result = a ^ wide.sign; return is_zero(&wide, a);
    case IR_FNEGS: *result = x ^ single.sign; return is_zero(&single, x);
    case IR_FCVTSD: *result = a >> 32; return is_zero(&wide, a);
    case IR_FCVTDS: *result = (uint64_t)x << 32; return is_zero(&single, x);
    case IR_FCVTWD: *result = 0; return is_zero(&wide, a);
    case IR_FCVTWS: *result = 0; return is_zero(&single, x);
    default: return false;
    }
}

bool engine_float(Core *c, uint32_t op, uint32_t cond, uint64_t a, uint64_t b,
                  uint32_t *fcr31, uint64_t *result)
{
    if (operate(op, a, b, *fcr31, result)) {
        *fcr31 &= ~(uint32_t)FCR_CAUSE;
        return true;
    }
    HostPart before = hostprofile_enter(c->host_profile, HOST_FLOAT);
    bool ok = c->bus.fp(c->bus.ctx, (IrOp)op, cond, a, b, fcr31, result);
    hostprofile_enter(c->host_profile, before);
    return ok;
}
