/* One instruction of the R3010 model, checked: for the tests by hand and those
 * against the host. */
#ifndef SELKIRK_TESTS_UNIT_FPU_CHECK_H
#define SELKIRK_TESTS_UNIT_FPU_CHECK_H

#include "frontend/fpu.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

/* FCR31 by field. */
#define CAUSE(x)  ((uint32_t)(x) << 12)
#define ENABLE(x) ((uint32_t)(x) << 7)
#define FLAG(x)   ((uint32_t)(x) << 2)

enum { I = 1, U = 2, O = 4, Z = 8, V = 16, E = 32 };
enum { RN, RZ, RP, RM };

/* Patterns: singles, doubles. */
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

#define UNTOUCHED 0x0123456789abcdef

static inline void check_row(const Row *row)
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

static inline void check_compare(unsigned cond, FpuFmt fmt, uint64_t fs,
                                 uint64_t ft, bool holds, bool invalid,
                                 uint32_t before)
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
        fail_msg("condition %u, fmt %d, of %" PRIx64 ", %" PRIx64
                 " with FCR31 %06x: FCR31 %06x, not %06x",
                 cond, fmt, fs, ft, before, fcr31, after);
}

#endif
