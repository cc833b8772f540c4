/* Code that changes: an instruction is what the last store left there, by
 * whatever name the store and the fetch know the place.  (docs/cpu.md: caches
 * hide nothing.)  And code in unusual places. */
#include "tests/guest/test.h"

/* addiu $v0, $0, n */
#define LI_V0(n) (0x24020000 | (n))
#define JR_RA    0x03e00008
#define FRAME    0x280000
#define FRAMES   40

/* CALL(address, result): what the code there leaves in $v0. */
#define CALL(address, result)                                                  \
    la $t0, address; jalr $t0; nop; CHECK($v0, result)
#define STORE(value, address) li $t0, value; la $t1, address; sw $t0, 0($t1)

PROGRAM("selfmod.S")

/* --- Every kind of store -------------------------------------------------- */

    STORE(LI_V0(1), target)
    CALL(target, 1)
    STORE(LI_V0(2), target)
    CALL(target, 2)
    la      $t1, target
    li      $t0, 0x1234
    sh      $t0, BY_ENDIAN(0, 2)($t1)
    CALL(target, 0x1234)
    li      $t0, 0x56
    la      $t1, target
    sb      $t0, BY_ENDIAN(0, 3)($t1)
    CALL(target, 0x1256)
    li      $t0, LI_V0(0x77)
    la      $t1, target
    swl     $t0, BY_ENDIAN(3, 0)($t1)
    CALL(target, 0x77)
    li      $t0, LI_V0(0x42)
    la      $t1, target
    swr     $t0, BY_ENDIAN(0, 3)($t1)
    CALL(target, 0x42)
    SET_STATUS(SR_CU1)
    li      $t0, LI_V0(0x44)
    mtc1    $t0, $f0
    la      $t1, target
    swc1    $f0, 0($t1)
    CALL(target, 0x44)

/* --- At close quarters ---------------------------------------------------- */

/* The very next instruction, and the one in the delay slot of a branch. */
    li      $s1, 1
1:  la      $t1, 2f
    addiu   $t2, $s1, 100
    lui     $t3, LI_V0(0) >> 16
    or      $t2, $t2, $t3
    sw      $t2, 0($t1)
2:  li      $v0, 1
    addiu   $t2, $s1, 100
    CHECK_REG($v0, $t2)
    la      $t1, 2f
    or      $t2, $t2, $t3
    sw      $t2, 4($t1)
2:  beq     $0, $0, 3f
    li      $v0, 1
3:  addiu   $t2, $s1, 100
    CHECK_REG($v0, $t2)
    sltiu   $t0, $s1, 4
    bne     $t0, $0, 1b
    addiu   $s1, $s1, 1

/* A loop that counts in the immediate field of its own instruction. */
    li      $s1, 100
    STORE(LI_V0(0), 2f)
    la      $t1, 2f
1:  lw      $t0, 0($t1)
    nop
    addiu   $t0, $t0, 1
    sw      $t0, 0($t1)
2:  li      $v0, 0
    addiu   $s1, $s1, -1
    bne     $s1, $0, 1b
    nop
    CHECK($v0, 100)

/* A word that was data, then a reserved instruction, then a good one. */
    STORE(0xfc000000, target)
    CATCH(1f)
    la      $t0, target
    jalr    $t0
    nop
    NOT_REACHED
1:  EXPECT(EXC_RI, target)
    STORE(LI_V0(7), target)
    CALL(target, 7)

/* --- Other names of the place --------------------------------------------- */

#define KSEG1_OF(label) label + 0x20000000
    STORE(LI_V0(8), KSEG1_OF(target))
    CALL(target, 8)
    CALL(KSEG1_OF(target), 8)
    STORE(LI_V0(9), target)
    CALL(KSEG1_OF(target), 9)
    CALL(target, 9)
    STORE(LI_V0(10), KSEG1_OF(target))
    CALL(KSEG1_OF(target), 10)

    SET_TLB(0, 0x10000000, FRAME + LO_V + LO_D)
    SET_TLB(1, 0x7fff0000, FRAME + LO_V + LO_D + LO_N)
    SET_TLB(2, 0xc0000000, FRAME + LO_V)
    STORE(JR_RA, KSEG0 + FRAME)
    STORE(LI_V0(11), KSEG0 + FRAME + 4)
    CALL(0x10000000, 11)
    CALL(0x7fff0000, 11)
    CALL(0xc0000000, 11)
    CALL(KSEG0 + FRAME, 11)
    STORE(LI_V0(12), 0x10000004)
    CALL(0x7fff0000, 12)
    CALL(0xc0000000, 12)
    CALL(KSEG1 + FRAME, 12)
    STORE(LI_V0(13), 0x7fff0004)
    CALL(0x10000000, 13)
    CALL(0xc0000000, 13)
    STORE(LI_V0(14), KSEG0 + FRAME + 4)
    CALL(0x10000000, 14)
    CALL(0xc0000000, 14)
/* The page is another one. */
    STORE(JR_RA, KSEG0 + FRAME + 0x1000)
    STORE(LI_V0(15), KSEG0 + FRAME + 0x1004)
    SET_TLB(2, 0xc0000000, FRAME + 0x1000 + LO_V)
    CALL(0xc0000000, 15)
    CALL(0x10000000, 14)
    SET_TLB(2, 0xc0000000 + ASID(1), FRAME + 0x1000 + LO_V)
    SET_TLB(3, 0xc0000000 + ASID(2), FRAME + LO_V)
    CALL(0xc0000000, 14)
    SET_ENTRYHI(ASID(1))
    CALL(0xc0000000, 15)
    SET_ENTRYHI(ASID(2))
    CALL(0xc0000000, 14)
    SET_ENTRYHI(0)
    SET_TLB(2, KSEG0, 0)
    CATCH(1f)
    lui     $t0, KSEG2 >> 16
    jr      $t0
    nop
1:  CHECK_SEEN(SEEN_EPC, KSEG2)
    CHECK_SEEN(SEEN_BADVADDR, KSEG2)

/* Code that unmaps itself: the next instruction is not there. */
    SET_TLB(4, unmapping, unmapping + LO_V)
    SET_ENTRYHI(KSEG0)
    mtc0    $0, C0_ENTRYLO
    CATCH(1f)
    la      $t0, unmapping
    jr      $t0
    nop
1:  EXPECT(EXC_TLBL, unmapped)
    CHECK_SEEN(SEEN_VECTOR, VECTOR_UTLB)

/* --- Many pages ----------------------------------------------------------- */

/* A function in each, called in turn, changed, and called again: more pages
 * than an executor that remembers few may remember. */
    li      $s1, 3
    li      $s4, LI_V0(0)
1:  li      $s2, FRAMES
    li      $s3, KSEG0 + FRAME
2:  sw      $s4, 4($s3)
    li      $t0, JR_RA
    sw      $t0, 0($s3)
    addiu   $s4, $s4, 1
    addiu   $s2, $s2, -1
    bne     $s2, $0, 2b
    addiu   $s3, $s3, 0x1004
    li      $s2, FRAMES
    li      $s3, KSEG0 + FRAME
    addiu   $s5, $s4, -FRAMES
    andi    $s5, $s5, 0xffff
2:  jalr    $s3
    addiu   $s2, $s2, -1
    CHECK_REG($v0, $s5)
    addiu   $s5, $s5, 1
    bne     $s2, $0, 2b
    addiu   $s3, $s3, 0x1004
    addiu   $s1, $s1, -1
    bne     $s1, $0, 1b
    nop
    PASS

    .balign 8
    nop
target:
    li      $v0, 0
    jr      $ra
    nop

    .section .user, "ax"
unmapping:
    tlbwi
unmapped:
    nop
