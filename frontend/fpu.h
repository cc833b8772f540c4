/* The R3010 floating-point coprocessor: what each computational instruction
 * does to a destination and to the control/status register.  Pure functions;
 * registers, the interrupt line and time belong to the CPU.  The sources of
 * every rule are in fpu.c. */
#ifndef SELKIRK_FRONTEND_FPU_H
#define SELKIRK_FRONTEND_FPU_H

#include <stdbool.h>
#include <stdint.h>

/* FCR0, read-only: implementation 3, revision 4.0, an R3010A. */
#define FCR0_VALUE 0x00000340u

/* One exception each, in the order of the fields of FCR31. */
enum {
    FPU_INEXACT = 1 << 0,
    FPU_UNDERFLOW = 1 << 1,
    FPU_OVERFLOW = 1 << 2,
    FPU_DIVIDE_BY_ZERO = 1 << 3,
    FPU_INVALID = 1 << 4,
    FPU_UNIMPLEMENTED = 1 << 5 /* in the cause field only */
};

/* FCR31.  The bits that FCR31_WRITABLE leaves out read as zero; the CPU masks
 * what CTC1 writes, and every function below keeps them zero. */
#define FCR31_RM            0x00000003u /* FloatRounding */
#define FCR31_FLAGS         0x0000007cu
#define FCR31_FLAGS_SHIFT   2
#define FCR31_ENABLES       0x00000f80u
#define FCR31_ENABLES_SHIFT 7
#define FCR31_CAUSE         0x0003f000u
#define FCR31_CAUSE_SHIFT   12
#define FCR31_CAUSE_E       0x00020000u
#define FCR31_C             0x00800000u
#define FCR31_WRITABLE                                                         \
    (FCR31_RM | FCR31_FLAGS | FCR31_ENABLES | FCR31_CAUSE | FCR31_C)

typedef enum FpuOp {
    FPU_ADD, /* of fs and ft, like the next three */
    FPU_SUB,
    FPU_MUL,
    FPU_DIV,
    FPU_ABS, /* of fs alone, like all that follow */
    FPU_MOV,
    FPU_NEG,
    FPU_CVT_S,
    FPU_CVT_D,
    FPU_CVT_W
} FpuOp;

/* The format of the operands. */
typedef enum FpuFmt { FPU_S, FPU_D, FPU_W } FpuFmt;

/* The condition field of C.cond.fmt is any sum of these. */
enum {
    FPU_COND_UNORDERED = 1,
    FPU_COND_EQUAL = 2,
    FPU_COND_LESS = 4,
    FPU_COND_SIGNAL = 8 /* unordered is invalid, too */
};

/* Executes `op`.fmt on raw patterns.  A single or a word is the low half of
 * its uint64_t: the high half of an operand is ignored, of *fd zero.  True:
 * *fd is the result, and the cause and flag fields tell what happened.  False:
 * an exception is to be taken; the cause field names it, nothing else has
 * changed.  A format that `op` does not have is unimplemented.  MOV touches
 * *fcr31 only then. */
bool fpu_compute(FpuOp op, FpuFmt fmt, uint64_t fs, uint64_t ft,
                 uint32_t *fcr31, uint64_t *fd);

/* C.cond.fmt, `cond` 0..15; the result is the C bit of *fcr31. */
bool fpu_compare(unsigned cond, FpuFmt fmt, uint64_t fs, uint64_t ft,
                 uint32_t *fcr31);

/* A function or format code that the R3010 reserves.  Returns false. */
bool fpu_unimplemented(uint32_t *fcr31);

/* The level of the interrupt output, on whatever pin a board puts it: a cause
 * bit is set together with its enable, or E.  Also after CTC1 and at reset. */
bool fpu_irq(uint32_t fcr31);

#endif
