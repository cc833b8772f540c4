/* The delay slot of loads: the next instruction sees the old value, the one
 * after it the new one. */
#include "tests/guest/test.h"

#define OLD  0x01d01d01
#define NEW  0xfedc8765
#define NEW2 0x0badf00d

PROGRAM("load_delay.S")
    SET_STATUS(SR_CU1 | SR_CU2 | SR_CU3)
    la      $s0, data

/* --- Everything that loads ------------------------------------------------ */

#define DELAY(old, new, ...)                                                   \
    li $t0, old; __VA_ARGS__; move $t1, $t0; move $t2, $t0;                    \
    CHECK($t1, old); CHECK($t2, new); CHECK($t0, new)

    DELAY(OLD, NEW, lw $t0, 0($s0))
    DELAY(OLD, BY_ENDIAN(0xffff8765, 0xfffffedc), lh $t0, 0($s0))
    DELAY(OLD, BY_ENDIAN(0x00008765, 0x0000fedc), lhu $t0, 0($s0))
    DELAY(OLD, BY_ENDIAN(0x00000065, 0xfffffffe), lb $t0, 0($s0))
    DELAY(OLD, BY_ENDIAN(0x00000065, 0x000000fe), lbu $t0, 0($s0))
    DELAY(OLD, BY_ENDIAN(0x87651d01, 0xdc876501), lwl $t0, 1($s0))
    DELAY(OLD, BY_ENDIAN(0x01fedc87, 0x01d0fedc), lwr $t0, 1($s0))
    DELAY(OLD, 0x220, mfc0 $t0, C0_PRID)
    DELAY(OLD, 0x340, cfc1 $t0, $0)
    li      $t3, NEW
    mtc1    $t3, $f2
    nop
    DELAY(OLD, NEW, mfc1 $t0, $f2)
    DELAY(OLD, 0, mfc2 $t0, $2)
    DELAY(OLD, 0, cfc2 $t0, $2)
    DELAY(OLD, 0, mfc3 $t0, $2)
    DELAY(OLD, 0, cfc3 $t0, $2)

/* Into $0: nothing, at any time. */
    lw      $0, 0($s0)
    move    $t1, $0
    move    $t2, $0
    mfc0    $0, C0_PRID
    addu    $t1, $t1, $0
    addu    $t2, $t2, $0
    lwl     $0, 0($s0)
    lwr     $0, 3($s0)
    addu    $t1, $t1, $0
    addu    $t2, $t2, $0
    CHECK($t1, 0)
    CHECK($t2, 0)

/* --- Everything that reads ------------------------------------------------ */

/* $t0 is OLD in the delay slot, in whatever place of the instruction. */
#define SEES_OLD(result, value, ...)                                           \
    li $t0, OLD; li $t1, 3; lw $t0, 0($s0); __VA_ARGS__; nop;                  \
    CHECK(result, value); CHECK($t0, NEW)

    SEES_OLD($t2, OLD + 3, addu $t2, $t0, $t1)
    SEES_OLD($t2, OLD + 3, addu $t2, $t1, $t0)
    SEES_OLD($t2, OLD + 5, addiu $t2, $t0, 5)
    SEES_OLD($t2, 2 * OLD, sll $t2, $t0, 1)
    SEES_OLD($t2, 6, sllv $t2, $t1, $t0) /* by 1 */
    SEES_OLD($t2, 1, sltu $t2, $t1, $t0)
    SEES_OLD($t2, 0, slti $t2, $t0, 0)
    SEES_OLD($t2, OLD, sw $t0, 8($s0); lw $t2, 8($s0))
    SEES_OLD($t2, 0x1d01, sh $t0, 8($s0); lhu $t2, 8($s0))
    SEES_OLD($t2, 0x01, sb $t0, 8($s0); lbu $t2, 8($s0))
    SEES_OLD($t2, OLD, swl $t0, 8 + BY_ENDIAN(3, 0)($s0); lw $t2, 8($s0))
    SEES_OLD($t2, OLD, mthi $t0; mfhi $t2)
    SEES_OLD($t2, OLD, mtlo $t0; mflo $t2)
    SEES_OLD($t2, 3 * OLD, mult $t0, $t1; mflo $t2)
    SEES_OLD($t2, OLD / 3, divu $0, $t0, $t1; mflo $t2)
    SEES_OLD($t2, OLD & 0xffffffc0, mtc0 $t0, C0_ENTRYHI;                      \
             mfc0 $t2, C0_ENTRYHI)
    SEES_OLD($t2, OLD, mtc1 $t0, $f4; nop; mfc1 $t2, $f4)

/* As a base. */
    la      $t0, data + 4
    la      $t1, data
    sw      $t1, 8($s0)
    lw      $t0, 8($s0)
    lw      $t2, 0($t0)
    lw      $t3, 0($t0)
    la      $t0, data + 12
    lw      $t0, 8($s0)
    sw      $t1, 0($t0)
    lw      $t4, 12($s0)
    la      $t0, data + 4
    lw      $t0, 8($s0)
    lwl     $t5, BY_ENDIAN(3, 0)($t0)
    nop
    CHECK($t2, NEW2)
    CHECK($t3, NEW)
    CHECK_ADDR($t4, data)
    CHECK($t5, NEW2)

/* --- Who wins ------------------------------------------------------------- */

/* What the delay slot itself computes. */
    lw      $t0, 0($s0)
    li      $t0, 5
    move    $t1, $t0
    CHECK($t1, 5)
    CHECK($t0, 5)
    li      $t0, OLD
    lw      $t0, 0($s0)
    addiu   $t0, $t0, 1
    nop
    CHECK($t0, OLD + 1)
    mthi    $s0
    lw      $t0, 0($s0)
    mfhi    $t0
    nop
    CHECK_ADDR($t0, data)
    lw      $ra, 0($s0)
    jal     1f
    nop
1:  CHECK_ADDR($ra, 1b)
    lw      $ra, 0($s0)
    bltzal  $0, 1f
    nop
1:  CHECK_ADDR($ra, 1b)
    la      $t1, 1f
    lw      $t0, 0($s0)
    jalr    $t0, $t1
    nop
1:  CHECK_ADDR($t0, 1b)

/* Two loads in a row: each lands in its turn. */
    li      $t0, OLD
    lw      $t0, 0($s0)
    lw      $t0, 4($s0)
    move    $t1, $t0
    move    $t2, $t0
    CHECK($t1, NEW)
    CHECK($t2, NEW2)
    li      $t0, OLD
    lw      $t0, 0($s0)
    mfc0    $t0, C0_PRID
    move    $t1, $t0
    move    $t2, $t0
    CHECK($t1, NEW)
    CHECK($t2, 0x220)
    li      $t0, OLD
    li      $t3, OLD
    lw      $t0, 0($s0)
    lw      $t3, 4($s0)
    move    $t1, $t0
    move    $t2, $t3
    CHECK($t1, NEW)
    CHECK($t2, NEW2)
    CHECK($t3, NEW2)

/* LWL and LWR merge with a load in flight, and with one another. */
    li      $t0, OLD
    lw      $t0, 0($s0)
    lwl     $t0, 4 + BY_ENDIAN(1, 2)($s0)
    move    $t1, $t0
    move    $t2, $t0
    CHECK($t1, NEW)
    CHECK($t2, 0xf00d8765)
    li      $t0, OLD
    lwl     $t0, 4 + BY_ENDIAN(1, 2)($s0)
    lwr     $t0, BY_ENDIAN(2, 1)($s0)
    move    $t1, $t0
    move    $t2, $t0
    CHECK($t1, 0xf00d1d01)
    CHECK($t2, 0xf00dfedc)
    li      $t0, OLD
    lwr     $t0, BY_ENDIAN(2, 1)($s0)
    lwl     $t0, 4 + BY_ENDIAN(1, 2)($s0)
    move    $t1, $t0
    move    $t2, $t0
    CHECK($t1, 0x01d0fedc)
    CHECK($t2, 0xf00dfedc)
    li      $t0, OLD
    li      $t3, OLD
    lw      $t0, 0($s0)
    lwl     $t3, 4 + BY_ENDIAN(1, 2)($s0)
    move    $t1, $t0
    move    $t2, $t3
    CHECK($t1, NEW)
    CHECK($t2, 0xf00d1d01)

/* --- Around branches ------------------------------------------------------ */

/* A branch in the delay slot of a load decides by the old value. */
    li      $t0, 0
    lw      $t0, 0($s0)
    beq     $t0, $0, 1f
    move    $t1, $t0 /* the new one */
    NOT_REACHED
1:  CHECK($t1, NEW)
    la      $t0, 1f
    lw      $t0, 0($s0)
    jr      $t0
    move    $t1, $t0
    NOT_REACHED
1:  CHECK($t1, NEW)
    la      $t0, 1f
    lw      $t0, 0($s0)
    jalr    $t0
    nop
    NOT_REACHED
1:

/* A load in the delay slot of a branch: the next instruction to run sees the
 * old value, wherever it is. */
    li      $t0, OLD
    beq     $0, $0, 1f
    lw      $t0, 0($s0)
    NOT_REACHED
1:  move    $t1, $t0
    move    $t2, $t0
    CHECK($t1, OLD)
    CHECK($t2, NEW)
    li      $t0, OLD
    bne     $0, $0, 1f
    lw      $t0, 0($s0)
    move    $t1, $t0
    move    $t2, $t0
1:  CHECK($t1, OLD)
    CHECK($t2, NEW)
    li      $t0, OLD
    jal     1f
    lw      $t0, 0($s0)
    NOT_REACHED
1:  move    $t1, $t0
    move    $t2, $t0
    CHECK($t1, OLD)
    CHECK($t2, NEW)
    li      $t0, 0
    beq     $0, $0, 1f
    lw      $t0, 0($s0)
1:  beq     $t0, $0, 2f
    move    $t1, $t0
    NOT_REACHED
2:  CHECK($t1, NEW)

/* --- Around exceptions ---------------------------------------------------- */

/* When the delay slot traps, the load has been done; after the return the
 * value is there. */
    li      $t0, OLD
    CATCH(1f)
    lw      $t0, 0($s0)
    syscall
    NOT_REACHED
1:  move    $t1, $t0
    CHECK($t1, NEW)

/* A load that traps leaves its register alone, but not the one before it. */
    li      $t0, OLD
    TRAPS(EXC_ADEL, lw $t0, 1($s0))
    CHECK($t0, OLD)
    CATCH(1f)
    lw      $t0, 0($s0)
    lw      $t0, 1($s0)
    NOT_REACHED
1:  move    $t1, $t0
    CHECK($t1, NEW)
    CHECK($t0, NEW)
    PASS

    .data
    .balign 8
data:
    .word   NEW, NEW2, 0, 0
