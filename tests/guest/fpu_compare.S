/* Comparisons of the R3010, sixteen conditions of two formats, and the branches
 * that follow them. */
#include "tests/guest/test.h"

#define V     0x00010040 /* cause and flag */
#define C_BIT 0x00800000
#define LESS      4
#define EQUAL     2
#define GREATER   0
#define UNORDERED 1

PROGRAM("fpu_compare.S")
    SET_STATUS(SR_CU1)

/* $f2 and $f4, whose relation is `relation`, by all conditions.  A condition
 * is a set of relations, and 8: V if they are unordered.  `always` is what
 * raises V in any case. */
    .macro  compare_all fmt, relation, always, line
    compare c.f.\fmt, 0, \relation, \always, \line
    compare c.un.\fmt, 1, \relation, \always, \line
    compare c.eq.\fmt, 2, \relation, \always, \line
    compare c.ueq.\fmt, 3, \relation, \always, \line
    compare c.olt.\fmt, 4, \relation, \always, \line
    compare c.ult.\fmt, 5, \relation, \always, \line
    compare c.ole.\fmt, 6, \relation, \always, \line
    compare c.ule.\fmt, 7, \relation, \always, \line
    compare c.sf.\fmt, 8, \relation, \always, \line
    compare c.ngle.\fmt, 9, \relation, \always, \line
    compare c.seq.\fmt, 10, \relation, \always, \line
    compare c.ngl.\fmt, 11, \relation, \always, \line
    compare c.lt.\fmt, 12, \relation, \always, \line
    compare c.nge.\fmt, 13, \relation, \always, \line
    compare c.le.\fmt, 14, \relation, \always, \line
    compare c.ngt.\fmt, 15, \relation, \always, \line
    .endm
/* Once with C clear before, once with C set; then the branches, which need one
 * instruction between on the hardware. */
    .macro  compare insn, condition, relation, always, line
    ctc1    $0, $31
    \insn   $f2, $f4
    cfc1    $t0, $31
    li      $t8, C_BIT
    ctc1    $t8, $31
    \insn   $f2, $f4
    cfc1    $t1, $31
    move    $t2, $0
    bc1t    .Ltrue\@
    nop
    li      $t2, 1
.Ltrue\@:
    bc1f    .Lfalse\@
    nop
    addiu   $t2, $t2, 2
.Lfalse\@:
    .set    expected, 0
    .set    branches, 1
    .if     (\condition & \relation) != 0
    .set    expected, C_BIT
    .set    branches, 2
    .endif
    .if     \always || ((\condition & 8) && \relation == UNORDERED)
    .set    expected, expected | V
    .endif
    check   $t0, expected, \line
    check   $t1, expected, \line
    check   $t2, branches, \line
    .endm

#define SINGLES(fs, ft, relation, always)                                      \
    li $t0, fs; mtc1 $t0, $f2; li $t0, ft; mtc1 $t0, $f4; nop;                 \
    compare_all s, relation, always, __LINE__
#define DOUBLES(fs_hi, fs_lo, ft_hi, ft_lo, relation, always)                  \
    li $t0, fs_lo; mtc1 $t0, $f2; li $t0, fs_hi; mtc1 $t0, $f3;                \
    li $t0, ft_lo; mtc1 $t0, $f4; li $t0, ft_hi; mtc1 $t0, $f5; nop;           \
    compare_all d, relation, always, __LINE__

    SINGLES(0x3f800000, 0x40000000, LESS, 0)
    SINGLES(0xc0000000, 0xbf800000, LESS, 0)
    SINGLES(0x40000000, 0x3f800000, GREATER, 0)
    SINGLES(0x3f800000, 0x3f800000, EQUAL, 0)
    SINGLES(0x00000000, 0x80000000, EQUAL, 0)
    SINGLES(0x00000001, 0x00000002, LESS, 0) /* denormalized */
    SINGLES(0x3f800000, 0x7fbfffff, UNORDERED, 0)
    SINGLES(0xff812345, 0x3f800000, UNORDERED, 0)
    SINGLES(0x7fffffff, 0x3f800000, UNORDERED, 1) /* signalling */
    DOUBLES(0x3ff00000, 0, 0x3ff00000, 1, LESS, 0)
    DOUBLES(0x80000000, 1, 0x00000000, 0, LESS, 0)
    DOUBLES(0x3ff00000, 2, 0x3ff00000, 1, GREATER, 0)
    DOUBLES(0x3ff00000, 1, 0x3ff00000, 1, EQUAL, 0)
    DOUBLES(0x80000000, 0, 0x00000000, 0, EQUAL, 0)
    DOUBLES(0x7ff7ffff, 0xffffffff, 0x3ff00000, 0, UNORDERED, 0)
    DOUBLES(0x3ff00000, 0, 0x7ff80000, 0, UNORDERED, 1)

/* The condition can be written, and branched on at once; a delay slot that
 * compares comes too late. */
    li      $t0, C_BIT
    ctc1    $t0, $31
    bc1t    1f
    ctc1    $0, $31
    NOT_REACHED
1:  bc1f    1f
    ctc1    $t0, $31
    NOT_REACHED
1:  bc1f    1f
    nop
    b       2f
    nop
1:  NOT_REACHED
2:  ctc1    $0, $31

/* A register that is being loaded has its old value for the comparison. */
    li      $t0, 0x40000000
    li      $t1, 0x3f800000
    mtc1    $t0, $f2
    mtc1    $t0, $f4
    nop
    mtc1    $t1, $f2
    c.eq.s  $f2, $f4
    cfc1    $t2, $31
    c.eq.s  $f2, $f4
    cfc1    $t3, $31
    CHECK($t2, C_BIT)
    CHECK($t3, 0)
    PASS
