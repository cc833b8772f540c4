/* The R3010's policy over plain IEEE arithmetic: what it computes, what it
 * reports, and what it leaves to software with Unimplemented Operation (E).
 *
 * Sources, by the letters used below and in docs/fpu.md:
 *
 *   K  G. Kane, J. Heinrich, "MIPS RISC Architecture", Prentice Hall 1992,
 *      chapters 8 and 9 and appendix B; the table "FPA Exception-Causing
 *      Conditions" in chapter 9 is about the R2010 and R3010 themselves.
 *   R  "MIPS R4000 Microprocessor User's Manual", 2nd edition, chapters 6 and
 *      7: the same architecture, a different implementation.
 *   H  Hynix, "GMS30C2116 User's Manual", section 3.33.2, which repeats the
 *      text of an early MIPS FPA manual on the five exceptions.
 *   B  fp.S of 4.4BSD and NetBSD (R. Campbell, 1992): the program that real
 *      R3010s handed their unimplemented operations to.
 *   I  IEEE 754-1985.
 *   F  IDT, "MIPS Microprocessor Family Software Reference Manual", chapter 8.
 *
 * The passages of R, H and B that are cited were read for this file, F in a
 * quotation.  K was not at hand: what is said of it is from memory, and this
 * is repeated where nothing else supports a claim.
 *
 * FCR0: implementation 3 is the R3010 and its successors (F); revision 4.0 is
 * one that MAME lists as known to RISC/os and IRIX, and F tells software not
 * to look at it.
 *
 * Control and status (R 6.3; the R3010 lacks its FS bit).  Every computational
 * instruction and compare writes the whole cause field.  An exception that is
 * taken stores no result, no condition and no flag: "the only state affected
 * is the Cause bit".  One that is not taken sets its flag, for good.  Loads,
 * stores and moves leave the cause alone; MOV.fmt is read as such a move (R's
 * wording is about all moves).  E has neither enable nor flag.
 *
 * The table of K, by what the hardware meets (from memory; H bears out the rows
 * of V, R those of I, O, Z and the last two):
 *
 *                         trap enabled   trap disabled
 *   inexact result             I              I
 *   exponent overflow          O, I           O, I
 *   divide by zero             Z              Z
 *   overflow on convert        V              E
 *   signalling NaN source      V              E
 *   invalid operation          V              E
 *   exponent underflow         E              E
 *   denormalized source        E              E
 *
 * - Invalid, not enabled, is E, because the chip "does not create the NaN that
 *   the IEEE standard specifies" (H; B makes the NaN, 0x7fbfffff in single).
 *   R differs: the R4000 delivers the NaN.  So no instruction here ever makes
 *   a NaN out of numbers, and none ever delivers 2^31 - 1 for a conversion
 *   that does not fit; the system's emulator does.
 * - Underflow is never U, only E: software alone sets U in any field.  Tiny
 *   is after rounding (R 7.4, B); exactly representable or not is the same.
 * - A quiet NaN operand gives a quiet NaN, without E.  This is K's remark on
 *   the row of signalling NaNs, from memory.  R lists quiet NaN operands as
 *   unimplemented, for the R4000 and as optional.  The value: the operand
 *   itself, fs before ft.  B picks the same one, but gives a NaN product or
 *   quotient the sign that a number would have.
 * - Denormalized and NaN operands matter to "a convert or computational
 *   operation" (R 7.4): not to MOV, nor to compares, which R excepts by name.
 *   ABS and NEG are arithmetic (H, R): signalling NaNs are invalid and
 *   denormalized numbers unimplemented there, too.
 * - Reserved functions and formats, and an operation that makes no sense in
 *   its format (CVT.S.S), are E (R 7.4).
 *
 * Where the sources are silent, chosen here:
 *
 * - E is alone in the cause field: the emulator does the operation again from
 *   its operands and finds the other exceptions itself, as B does.
 * - A denormalized operand is E whatever the other operand is, also beside a
 *   signalling NaN, infinity, zero or an enabled invalid trap.  The chip
 *   looks at the operands before it starts (R 7.4, Inexact).
 * - The untrapped compare of NaNs that is invalid sets V and delivers its
 *   condition.  K's E is for want of a NaN, and a compare needs none.
 * - A signalling NaN is invalid in every compare, as I 7.1 and R 7.4 ask; B
 *   leaves it to the predicates that signal.
 * - CVT.S.D of a quiet NaN whose fraction has nothing left in 23 bits gives
 *   the quiet NaN of all ones below the quiet bit. */
#include "frontend/fpu.h"

#include "frontend/softfloat.h"

_Static_assert((int)FPU_INEXACT == FLOAT_INEXACT &&
                   (int)FPU_UNDERFLOW == FLOAT_UNDERFLOW &&
                   (int)FPU_OVERFLOW == FLOAT_OVERFLOW &&
                   (int)FPU_DIVIDE_BY_ZERO == FLOAT_DIVIDE_BY_ZERO &&
                   (int)FPU_INVALID == FLOAT_INVALID,
               "softfloat names exceptions in the order of FCR31");

static bool exists(FpuOp op, FpuFmt fmt)
{
    switch (op) {
    case FPU_CVT_S: return fmt != FPU_S;
    case FPU_CVT_D: return fmt != FPU_D;
    default: return fmt != FPU_W;
    }
}

static const FloatFormat *float_format(FpuFmt fmt)
{
    return fmt == FPU_D ? &float_double : &float_single;
}

static uint64_t operand(FpuFmt fmt, uint64_t reg)
{
    return fmt == FPU_D ? reg : (uint32_t)reg;
}

static unsigned enables(uint32_t fcr31)
{
    return (fcr31 & FCR31_ENABLES) >> FCR31_ENABLES_SHIFT;
}

static void set_cause(uint32_t *fcr31, unsigned exceptions)
{
    *fcr31 = (*fcr31 & ~FCR31_CAUSE) | exceptions << FCR31_CAUSE_SHIFT;
}

/* False if one of them traps; else their flags are up. */
static bool report(uint32_t *fcr31, unsigned exceptions)
{
    set_cause(fcr31, exceptions);
    if (exceptions & enables(*fcr31))
        return false;
    *fcr31 |= exceptions << FCR31_FLAGS_SHIFT;
    return true;
}

static bool has_denormal(FpuOp op, FpuFmt fmt, uint64_t fs, uint64_t ft)
{
    if (fmt == FPU_W)
        return false;
    const FloatFormat *format = float_format(fmt);
    return softfloat_classify(format, fs) == FLOAT_DENORMAL ||
           (op <= FPU_DIV && softfloat_classify(format, ft) == FLOAT_DENORMAL);
}

static FloatResult convert(FpuFmt to, FpuFmt from, uint64_t fs,
                           FloatRounding rounding)
{
    if (to == FPU_W)
        return softfloat_to_int32(float_format(from), fs, rounding);
    if (from == FPU_W)
        return softfloat_from_int32(float_format(to), (int32_t)fs, rounding);
    return softfloat_convert(float_format(to), float_format(from), fs,
                             rounding);
}

static FloatResult operate(FpuOp op, FpuFmt fmt, uint64_t fs, uint64_t ft,
                           FloatRounding rounding)
{
    const FloatFormat *format = float_format(fmt);
    switch (op) {
    case FPU_ADD: return softfloat_add(format, fs, ft, rounding);
    case FPU_SUB: return softfloat_sub(format, fs, ft, rounding);
    case FPU_MUL: return softfloat_mul(format, fs, ft, rounding);
    case FPU_DIV: return softfloat_div(format, fs, ft, rounding);
    case FPU_ABS: return softfloat_abs(format, fs);
    case FPU_MOV: break; /* not arithmetic: the caller's */
    case FPU_NEG: return softfloat_neg(format, fs);
    case FPU_CVT_S: return convert(FPU_S, fmt, fs, rounding);
    case FPU_CVT_D: return convert(FPU_D, fmt, fs, rounding);
    case FPU_CVT_W: return convert(FPU_W, fmt, fs, rounding);
    }
    return (FloatResult){.bits = 0};
}

bool fpu_compute(FpuOp op, FpuFmt fmt, uint64_t fs, uint64_t ft,
                 uint32_t *fcr31, uint64_t *fd)
{
    fs = operand(fmt, fs);
    ft = operand(fmt, ft);
    if (!exists(op, fmt))
        return fpu_unimplemented(fcr31);
    if (op == FPU_MOV) {
        *fd = fs;
        return true;
    }
    if (has_denormal(op, fmt, fs, ft))
        return fpu_unimplemented(fcr31);

    FloatRounding rounding = (FloatRounding)(*fcr31 & FCR31_RM);
    FloatResult result = operate(op, fmt, fs, ft, rounding);
    /* Underflow, and an invalid operation whose NaN would have to be made. */
    if (result.exceptions & (FPU_UNDERFLOW | FPU_INVALID) &
        ~(enables(*fcr31) & FPU_INVALID))
        return fpu_unimplemented(fcr31);
    if (!report(fcr31, result.exceptions))
        return false;
    *fd = result.bits;
    return true;
}

bool fpu_compare(unsigned cond, FpuFmt fmt, uint64_t fs, uint64_t ft,
                 uint32_t *fcr31)
{
    static const unsigned holds[] = {[FLOAT_LESS] = FPU_COND_LESS,
                                     [FLOAT_EQUAL] = FPU_COND_EQUAL,
                                     [FLOAT_GREATER] = 0,
                                     [FLOAT_UNORDERED] = FPU_COND_UNORDERED};

    if (fmt == FPU_W)
        return fpu_unimplemented(fcr31);
    fs = operand(fmt, fs);
    ft = operand(fmt, ft);
    const FloatFormat *format = float_format(fmt);
    FloatRelation relation = softfloat_compare(format, fs, ft);
    bool signalled = softfloat_classify(format, fs) == FLOAT_SIGNALLING_NAN ||
                     softfloat_classify(format, ft) == FLOAT_SIGNALLING_NAN ||
                     (relation == FLOAT_UNORDERED && cond & FPU_COND_SIGNAL);
    if (!report(fcr31, signalled ? FPU_INVALID : 0))
        return false;
    *fcr31 = (*fcr31 & ~FCR31_C) | (cond & holds[relation] ? FCR31_C : 0);
    return true;
}

bool fpu_unimplemented(uint32_t *fcr31)
{
    set_cause(fcr31, FPU_UNIMPLEMENTED);
    return false;
}

bool fpu_irq(uint32_t fcr31)
{
    unsigned cause = (fcr31 & FCR31_CAUSE) >> FCR31_CAUSE_SHIFT;
    return (cause & (enables(fcr31) | FPU_UNIMPLEMENTED)) != 0;
}
