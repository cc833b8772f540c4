/* Arithmetic and conversions of the R3010: every operation, the rounding modes
 * and what FCR31 tells.  (The arithmetic itself has a unit test.) */
#include "tests/guest/test.h"

/* Exceptions; NONE or a sum. */
#define NONE 0
#define I 1
#define O 4
#define Z 8
/* Rounding modes. */
#define RN 0
#define RZ 1
#define RP 2
#define RM 3
/* FCR31 after an operation whose exceptions do not trap. */
#define FCR31(rm, exc) ((rm) | (exc) << 2 | (exc) << 12)

/* Operands in $f2 and $f4, the result in $f6; each with its odd neighbour. */
#define SET_FS(hi, lo)                                                         \
    li $t8, lo; mtc1 $t8, $f2; li $t8, hi; mtc1 $t8, $f3
#define SET_FT(hi, lo)                                                         \
    li $t8, lo; mtc1 $t8, $f4; li $t8, hi; mtc1 $t8, $f5
#define SET_RM(rm)                                                             \
    li $t8, rm; ctc1 $t8, $31; li $t8, 0x5a5a5a5a;                             \
    mtc1 $t8, $f6; mtc1 $t8, $f7; nop
#define CHECK_FD(hi, lo, rm, exc)                                              \
    mfc1 $t0, $f6; mfc1 $t1, $f7; cfc1 $t2, $31; CHECK($t0, lo);               \
    CHECK($t1, hi); CHECK($t2, FCR31(rm, exc))
#define KEPT 0x5a5a5a5a /* the odd register, when the result is no double */

#define S(op, fs, ft, rm, fd, exc)                                             \
    SET_FS(KEPT, fs); SET_FT(KEPT, ft); SET_RM(rm); op $f6, $f2, $f4;          \
    CHECK_FD(KEPT, fd, rm, exc)
#define D(op, fs_hi, fs_lo, ft_hi, ft_lo, rm, fd_hi, fd_lo, exc)               \
    SET_FS(fs_hi, fs_lo); SET_FT(ft_hi, ft_lo); SET_RM(rm);                    \
    op $f6, $f2, $f4; CHECK_FD(fd_hi, fd_lo, rm, exc)

PROGRAM("fpu_compute.S")
    SET_STATUS(SR_CU1)

/* --- Four operations ------------------------------------------------------ */

    S(add.s, 0x3f800000, 0x40000000, RN, 0x40400000, NONE) /* 1 + 2 */
    S(sub.s, 0x3f800000, 0x40000000, RN, 0xbf800000, NONE) /* 1 - 2 */
    S(mul.s, 0x40400000, 0xbf000000, RN, 0xbfc00000, NONE) /* 3 * -0.5 */
    S(div.s, 0x40400000, 0x40000000, RN, 0x3fc00000, NONE) /* 3 / 2 */
    D(add.d, 0x3ff00000, 1, 0x3ff00000, 0, RN, 0x40000000, 0, I)
    D(add.d, 0x3ff00000, 2, 0x3ff00000, 0, RN, 0x40000000, 1, NONE)
    D(sub.d, 0x3ff00000, 1, 0x3ff00000, 0, RN, 0x3cb00000, 0, NONE)
    D(mul.d, 0x40080000, 0, 0xbfe00000, 0, RN, 0xbff80000, 0, NONE)
    D(div.d, 0x40080000, 0, 0x40000000, 0, RN, 0x3ff80000, 0, NONE)

/* Rounding: 1 + 2^-24 lies halfway, 1/3 does not. */
    S(add.s, 0x3f800000, 0x33800000, RN, 0x3f800000, I)
    S(add.s, 0x3f800001, 0x33800000, RN, 0x3f800002, I)
    S(add.s, 0x3f800000, 0x33800000, RZ, 0x3f800000, I)
    S(add.s, 0x3f800000, 0x33800000, RP, 0x3f800001, I)
    S(add.s, 0x3f800000, 0x33800000, RM, 0x3f800000, I)
    S(sub.s, 0xbf800000, 0x33800000, RZ, 0xbf800000, I)
    S(sub.s, 0xbf800000, 0x33800000, RP, 0xbf800000, I)
    S(sub.s, 0xbf800000, 0x33800000, RM, 0xbf800001, I)
    S(div.s, 0x3f800000, 0x40400000, RN, 0x3eaaaaab, I)
    S(div.s, 0x3f800000, 0x40400000, RZ, 0x3eaaaaaa, I)
    S(div.s, 0x3f800000, 0x40400000, RP, 0x3eaaaaab, I)
    S(div.s, 0x3f800000, 0x40400000, RM, 0x3eaaaaaa, I)
    D(div.d, 0x3ff00000, 0, 0x40080000, 0, RN, 0x3fd55555, 0x55555555, I)
    D(div.d, 0x3ff00000, 0, 0x40080000, 0, RZ, 0x3fd55555, 0x55555555, I)
    D(div.d, 0x3ff00000, 0, 0x40080000, 0, RP, 0x3fd55555, 0x55555556, I)
    D(div.d, 0x3ff00000, 0, 0x40080000, 0, RM, 0x3fd55555, 0x55555555, I)
    S(sub.s, 0x3f800000, 0x3f800000, RN, 0, NONE)
    S(sub.s, 0x3f800000, 0x3f800000, RM, 0x80000000, NONE)

/* Exceptions that do not trap deliver something. */
    S(div.s, 0x3f800000, 0x00000000, RN, 0x7f800000, Z)
    S(div.s, 0x3f800000, 0x80000000, RN, 0xff800000, Z)
    D(div.d, 0xbff00000, 0, 0, 0, RN, 0xfff00000, 0, Z)
    S(mul.s, 0x7f000000, 0x40800000, RN, 0x7f800000, O | I)
    S(mul.s, 0x7f000000, 0x40800000, RZ, 0x7f7fffff, O | I)
    D(add.d, 0x7fefffff, 0xffffffff, 0x7fefffff, 0xffffffff, RN, 0x7ff00000, \
      0, O | I)
    S(add.s, 0x7fbfffff, 0x3f800000, RN, 0x7fbfffff, NONE) /* a quiet NaN */
    S(mul.s, 0x7f800000, 0xc0000000, RN, 0xff800000, NONE) /* infinities */
    S(div.s, 0x40000000, 0x7f800000, RN, 0, NONE)

/* Flags stay; the cause field is the last operation's. */
    ctc1    $0, $31
    SET_FS(0, 0x3f800000)
    SET_FT(0, 0)
    nop
    div.s   $f6, $f2, $f4
    cfc1    $t0, $31
    add.s   $f6, $f2, $f4
    cfc1    $t1, $31
    CHECK($t0, FCR31(RN, Z))
    CHECK($t1, Z << 2)
    li      $t8, 0x40400000
    mtc1    $t8, $f4
    nop
    div.s   $f6, $f2, $f4
    cfc1    $t1, $31
    mov.s   $f6, $f2
    cfc1    $t2, $31 /* a move leaves all of it */
    CHECK($t1, Z << 2 | FCR31(RN, I))
    CHECK($t2, Z << 2 | FCR31(RN, I))

/* The destination may be an operand. */
    SET_FS(0x40080000, 0)
    SET_FT(0x40000000, 0)
    nop
    mul.d   $f2, $f2, $f4
    mul.d   $f4, $f2, $f4
    mul.d   $f2, $f2, $f2
    mfc1    $t0, $f3
    mfc1    $t1, $f5
    mfc1    $t2, $f2
    CHECK($t0, 0x40420000) /* 36 */
    CHECK($t1, 0x40280000) /* 12 */
    CHECK($t2, 0)

/* --- Conversions ---------------------------------------------------------- */

#define CVT(op, fs_hi, fs_lo, rm, fd_hi, fd_lo, exc)                           \
    SET_FS(fs_hi, fs_lo); SET_RM(rm); op $f6, $f2;                             \
    CHECK_FD(fd_hi, fd_lo, rm, exc)

    CVT(cvt.d.s, KEPT, 0xbfc00000, RN, 0xbff80000, 0, NONE)
    CVT(cvt.s.d, 0xbff80000, 0, RN, KEPT, 0xbfc00000, NONE)
    CVT(cvt.s.d, 0x3ff00000, 0x10000000, RN, KEPT, 0x3f800000, I)
    CVT(cvt.s.d, 0x3ff00000, 0x10000000, RP, KEPT, 0x3f800001, I)
    CVT(cvt.s.d, 0x47f00000, 0, RN, KEPT, 0x7f800000, O | I)
    CVT(cvt.s.w, KEPT, 0, RN, KEPT, 0, NONE)
    CVT(cvt.s.w, KEPT, 0xffffffff, RN, KEPT, 0xbf800000, NONE)
    CVT(cvt.s.w, KEPT, 0x80000000, RN, KEPT, 0xcf000000, NONE)
    CVT(cvt.s.w, KEPT, 0x7fffffff, RN, KEPT, 0x4f000000, I)
    CVT(cvt.s.w, KEPT, 0x7fffffff, RZ, KEPT, 0x4effffff, I)
    CVT(cvt.d.w, KEPT, 0x7fffffff, RN, 0x41dfffff, 0xffc00000, NONE)
    CVT(cvt.d.w, KEPT, 0x80000000, RN, 0xc1e00000, 0, NONE)
    CVT(cvt.w.s, KEPT, 0x40200000, RN, KEPT, 2, I) /* 2.5 */
    CVT(cvt.w.s, KEPT, 0x40600000, RN, KEPT, 4, I) /* 3.5 */
    CVT(cvt.w.s, KEPT, 0x40200000, RP, KEPT, 3, I)
    CVT(cvt.w.s, KEPT, 0xc0200000, RZ, KEPT, 0xfffffffe, I)
    CVT(cvt.w.s, KEPT, 0xc0200000, RM, KEPT, 0xfffffffd, I)
    CVT(cvt.w.s, KEPT, 0xcf000000, RN, KEPT, 0x80000000, NONE)
    CVT(cvt.w.d, 0x41dfffff, 0xffc00000, RN, KEPT, 0x7fffffff, NONE)
    CVT(cvt.w.d, 0xc1e00000, 0x00100000, RZ, KEPT, 0x80000000, I)
    CVT(cvt.w.d, 0x3fe00000, 0, RN, KEPT, 0, I)
    CVT(cvt.w.d, 0x3fe00000, 1, RN, KEPT, 1, I)
    PASS
