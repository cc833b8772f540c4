/* Multiplication, division, HI and LO. */
#include "tests/guest/test.h"

PROGRAM("muldiv.S")

/* (With two operands `div` would be a macro of the assembler.) */
    .macro  mult_ a, b
    mult    \a, \b
    .endm
    .macro  multu_ a, b
    multu   \a, \b
    .endm
    .macro  div_ a, b
    div     $0, \a, \b
    .endm
    .macro  divu_ a, b
    divu    $0, \a, \b
    .endm

#define HILO(op, a, b, hi, lo)                                                 \
    li $t0, a; li $t1, b; op##_ $t0, $t1; mfhi $t2; mflo $t3;                  \
    CHECK($t2, hi); CHECK($t3, lo); CHECK($t0, a); CHECK($t1, b)

    HILO(mult, 0, 0, 0, 0)
    HILO(mult, 1, 0xffffffff, 0xffffffff, 0xffffffff)
    HILO(mult, 0xffffffff, 0xffffffff, 0, 1)
    HILO(mult, 0x7fffffff, 0x7fffffff, 0x3fffffff, 1)
    HILO(mult, 0x80000000, 0x80000000, 0x40000000, 0)
    HILO(mult, 0x80000000, 0x7fffffff, 0xc0000000, 0x80000000)
    HILO(mult, 0x80000000, 0xffffffff, 0, 0x80000000)
    HILO(mult, 0x12345678, 0x87654321, 0xf76c768d, 0x70b88d78)
    HILO(mult, 0x10000, 0x10000, 1, 0)
    HILO(multu, 0, 0xffffffff, 0, 0)
    HILO(multu, 1, 0xffffffff, 0, 0xffffffff)
    HILO(multu, 0xffffffff, 0xffffffff, 0xfffffffe, 1)
    HILO(multu, 0x80000000, 0x80000000, 0x40000000, 0)
    HILO(multu, 0x80000000, 2, 1, 0)
    HILO(multu, 0x12345678, 0x87654321, 0x09a0cd05, 0x70b88d78)

    HILO(div, 7, 2, 1, 3)
    HILO(div, 7, 0xfffffffe, 1, 0xfffffffd)
    HILO(div, 0xfffffff9, 2, 0xffffffff, 0xfffffffd)
    HILO(div, 0xfffffff9, 0xfffffffe, 0xffffffff, 3)
    HILO(div, 0x80000000, 1, 0, 0x80000000)
    HILO(div, 0x80000000, 2, 0, 0xc0000000)
    HILO(div, 0x7fffffff, 0x80000000, 0x7fffffff, 0)
    HILO(div, 0x80000000, 0x80000000, 0, 1)
    HILO(div, 0, 5, 0, 0)
    HILO(divu, 7, 2, 1, 3)
    HILO(divu, 0xffffffff, 2, 1, 0x7fffffff)
    HILO(divu, 0xffffffff, 0xffffffff, 0, 1)
    HILO(divu, 0xfffffffe, 0xffffffff, 0xfffffffe, 0)
    HILO(divu, 0x80000000, 0xffffffff, 0x80000000, 0)
    HILO(divu, 0x80000000, 3, 2, 0x2aaaaaaa)

/* The overflowing quotient, and division by zero: docs/cpu.md. */
    HILO(div, 0x80000000, 0xffffffff, 0, 0x80000000)
    HILO(div, 0, 0, 0, 0xffffffff)
    HILO(div, 1, 0, 1, 0xffffffff)
    HILO(div, 0x7fffffff, 0, 0x7fffffff, 0xffffffff)
    HILO(div, 0xffffffff, 0, 0xffffffff, 1)
    HILO(div, 0x80000000, 0, 0x80000000, 1)
    HILO(divu, 0, 0, 0, 0xffffffff)
    HILO(divu, 0x12345678, 0, 0x12345678, 0xffffffff)
    HILO(divu, 0x80000000, 0, 0x80000000, 0xffffffff)

/* --- Moves ---------------------------------------------------------------- */

    li      $t0, 0x11112222
    li      $t1, 0x33334444
    mthi    $t0
    mtlo    $t1
    mfhi    $t2
    mflo    $t3
    CHECK($t2, 0x11112222)
    CHECK($t3, 0x33334444)
    mfhi    $0
    mflo    $0
    CHECK($0, 0)
    mthi    $0 /* each leaves the other alone */
    mflo    $t3
    mfhi    $t2
    CHECK($t2, 0)
    CHECK($t3, 0x33334444)
    mtlo    $0
    mthi    $t0
    mflo    $t3
    mfhi    $t2
    CHECK($t2, 0x11112222)
    CHECK($t3, 0)

/* No hazard: a product may be overwritten at once, also one that was just
 * read, and HI and LO are complete when they are read. */
    li      $t2, 3
    mult    $t0, $t1
    mtlo    $t2
    mflo    $t4
    mfhi    $t5
    mult    $t2, $t2
    mflo    $t6
    mult    $t2, $t6
    mflo    $t7
    CHECK($t4, 3)
    CHECK($t5, 0x0369d4c3)
    CHECK($t6, 9)
    CHECK($t7, 27)

/* An exception between start and use changes nothing. */
    mult    $t2, $t6
    TRAPS(EXC_SYS, syscall)
    mflo    $t7
    CHECK($t7, 27)
    PASS
