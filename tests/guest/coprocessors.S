/* Coprocessors that are not fitted: CP2 and CP3, whose conditions are inputs,
 * and CP0's condition; with NO_FPU, CP1, too.  CPCOND: levels of the inputs. */
#include "tests/guest/test.h"

#ifndef CPCOND
#define CPCOND 1 /* as the boards have them */
#endif

/* The assembler has no names for these. */
#define LWC(z, offset, base) .word (0x30 + (z)) << 26 | (base) << 21 | (offset)
#define SWC(z, offset, base) .word (0x38 + (z)) << 26 | (base) << 21 | (offset)
#define S0 16

PROGRAM("coprocessors.S")
    SET_STATUS(SR_CU1 | SR_CU2 | SR_CU3)

/* --- Conditions ----------------------------------------------------------- */

/* In $t2: 1 if only the delay slot ran, 3 if the branch was not taken. */
    .macro  condition insn, level, line
    move    $t2, $0
    \insn   .Ltaken\@
    addiu   $t2, $t2, 1
    addiu   $t2, $t2, 2
.Ltaken\@:
    check   $t2, 3 - 2 * (\level), \line
    .endm
#define CONDITION(insn, level) condition insn, level, __LINE__
#define LEVEL(z) ((CPCOND >> (z)) & 1)

    CONDITION(bc0t, LEVEL(0))
    CONDITION(bc0f, 1 - LEVEL(0))
    CONDITION(bc2t, LEVEL(2))
    CONDITION(bc2f, 1 - LEVEL(2))
    CONDITION(bc3t, LEVEL(3))
    CONDITION(bc3f, 1 - LEVEL(3))
#ifdef NO_FPU
    CONDITION(bc1t, LEVEL(1))
    CONDITION(bc1f, 1 - LEVEL(1))
#endif

/* --- Registers and memory ------------------------------------------------- */

    la      $s0, data
    li      $s1, 0x11223344
    .macro  absent z, line
    li      $t0, -1
    mtc\z   $t0, $4
    ctc\z   $t0, $4
    mfc\z   $t1, $4
    cfc\z   $t2, $4
    nop
    check   $t1, 0, \line
    check   $t2, 0, \line
    sw      $s1, 0($s0)
    sw      $s1, 4($s0)
    LWC(\z, 0, S0)
    SWC(\z, 4, S0)
    lw      $t1, 0($s0)
    lw      $t2, 4($s0)
    check   $t1, 0x11223344, \line
    check   $t2, 0, \line
    traps   EXC_ADEL, VECTOR_GENERAL, \line, LWC(\z, 2, S0)
    traps   EXC_ADES, VECTOR_GENERAL, \line, SWC(\z, 2, S0)
    traps_slot EXC_ADEL, VECTOR_GENERAL, $0, \line, LWC(\z, 2, S0)
    .endm
#define ABSENT(z) absent z, __LINE__
    ABSENT(2)
    ABSENT(3)
    c2      0
    c2      0x1ffffff
    c3      0
    c3      0x1ffffff
#ifdef NO_FPU
    ABSENT(1)
    mfc1    $t0, $f0
    cfc1    $t1, $31
    add.s   $f0, $f2, $f4
    div.d   $f0, $f2, $f4
    c.eq.s  $f0, $f2
    .word   0x46000004 /* sqrt.s */
    mfc0    $t2, C0_CAUSE
    CHECK($t0, 0)
    CHECK($t1, 0)
    andi    $t2, $t2, 0x8000
    CHECK($t2, 0)
#endif

/* A load delay like any other; they may be in delay slots themselves. */
    li      $t0, 7
    beq     $0, $0, 1f
    mfc2    $t0, $4
    NOT_REACHED
1:  move    $t1, $t0
    CHECK($t1, 7)
    CHECK($t0, 0)
    PASS

    .data
    .balign 8
data:
    .word   0, 0
