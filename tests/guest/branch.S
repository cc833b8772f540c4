/* Branches and jumps: conditions, delay slots, links, reach, and what the
 * architecture leaves open (docs/cpu.md). */
#include "tests/guest/test.h"

PROGRAM("branch.S")

/* --- Conditions ----------------------------------------------------------- */

/* The delay slot runs in any case; what it does to the operands is too late. */
#define SLOT_RUNS li $t2, 1
#define TAKEN1(op, a)                                                          \
    li $t0, a; move $t2, $0; op $t0, 1f; SLOT_RUNS; NOT_REACHED;               \
    1: CHECK($t2, 1)
#define TAKEN2(op, a, b)                                                       \
    li $t0, a; li $t1, b; move $t2, $0; op $t0, $t1, 1f; SLOT_RUNS;            \
    NOT_REACHED; 1: CHECK($t2, 1)
#define NOT_TAKEN1(op, a)                                                      \
    li $t0, a; move $t2, $0; op $t0, 1f; SLOT_RUNS; j 2f; nop;                 \
    1: NOT_REACHED; 2: CHECK($t2, 1)
#define NOT_TAKEN2(op, a, b)                                                   \
    li $t0, a; li $t1, b; move $t2, $0; op $t0, $t1, 1f; SLOT_RUNS; j 2f; nop; \
    1: NOT_REACHED; 2: CHECK($t2, 1)

    TAKEN2(beq, 0, 0)
    TAKEN2(beq, 0x80000000, 0x80000000)
    NOT_TAKEN2(beq, 0x80000000, 0)
    NOT_TAKEN2(beq, 0xffffffff, 0xfffffffe)
    NOT_TAKEN2(bne, 0, 0)
    NOT_TAKEN2(bne, 0xffffffff, 0xffffffff)
    TAKEN2(bne, 0x80000000, 0)
    TAKEN2(bne, 1, 0)
    TAKEN1(blez, 0)
    TAKEN1(blez, 0x80000000)
    TAKEN1(blez, 0xffffffff)
    NOT_TAKEN1(blez, 1)
    NOT_TAKEN1(blez, 0x7fffffff)
    NOT_TAKEN1(bgtz, 0)
    NOT_TAKEN1(bgtz, 0x80000000)
    NOT_TAKEN1(bgtz, 0xffffffff)
    TAKEN1(bgtz, 1)
    TAKEN1(bgtz, 0x7fffffff)
    NOT_TAKEN1(bltz, 0)
    TAKEN1(bltz, 0x80000000)
    TAKEN1(bltz, 0xffffffff)
    NOT_TAKEN1(bltz, 1)
    NOT_TAKEN1(bltz, 0x7fffffff)
    TAKEN1(bgez, 0)
    NOT_TAKEN1(bgez, 0x80000000)
    NOT_TAKEN1(bgez, 0xffffffff)
    TAKEN1(bgez, 1)
    TAKEN1(bgez, 0x7fffffff)
    TAKEN1(bltzal, 0x80000000)
    NOT_TAKEN1(bltzal, 0)
    NOT_TAKEN1(bltzal, 0x7fffffff)
    TAKEN1(bgezal, 0)
    TAKEN1(bgezal, 0x7fffffff)
    NOT_TAKEN1(bgezal, 0x80000000)

    move    $t0, $0
    beq     $t0, $0, 1f
    li      $t0, 1
    NOT_REACHED
1:  CHECK($t0, 1)

/* Backwards: a loop that counts to ten, and one whose count is in the slot. */
    li      $t0, 10
    move    $t1, $0
1:  addiu   $t0, $t0, -1
    bne     $t0, $0, 1b
    addiu   $t1, $t1, 1
    CHECK($t1, 10)
    move    $t1, $0
    li      $t0, -10
1:  bltz    $t0, 1b
    addiu   $t0, $t0, 1
    CHECK($t0, 1)

/* --- Links ---------------------------------------------------------------- */

/* Written whether the branch is taken or not, before the delay slot runs. */
#define LINKS(op, a)                                                           \
    li $t0, a; move $ra, $0; op $t0, 1f; move $t1, $ra;                        \
    2: nop; 1: CHECK_ADDR($ra, 2b); CHECK_ADDR($t1, 2b)

    LINKS(bltzal, 0xffffffff)
    LINKS(bltzal, 0)
    LINKS(bgezal, 0)
    LINKS(bgezal, 0x80000000)

    move    $ra, $0
    jal     1f
    move    $t1, $ra
2:  NOT_REACHED
1:  CHECK_ADDR($ra, 2b)
    CHECK_ADDR($t1, 2b)
    li      $ra, 5
    j       1f
    move    $t2, $ra
    NOT_REACHED
1:  CHECK($t2, 5)
    CHECK($ra, 5)
    la      $t0, 1f
    jr      $t0
    move    $t0, $0
    NOT_REACHED
1:  CHECK($t0, 0)
    CHECK($ra, 5)
    la      $t0, 1f
    jalr    $t0
    move    $t0, $0
2:  NOT_REACHED
1:  CHECK_ADDR($ra, 2b)
    li      $ra, 5
    la      $t0, 1f
    jalr    $t1, $t0
    move    $t2, $t1
2:  NOT_REACHED
1:  CHECK_ADDR($t1, 2b)
    CHECK_ADDR($t2, 2b)
    CHECK($ra, 5)
/* A call and its return, whose delay slots do something. */
    jal     function
    li      $a0, 20
    CHECK($v0, 42)
    la      $t0, function
    jalr    $t3, $t0
    li      $a0, 30
    NOT_REACHED /* it returns by $ra, which is the first call's */
function:
    beq     $a0, $0, 1f
    addu    $v0, $a0, $a0
    li      $t4, 30
    beq     $a0, $t4, 2f
    nop
1:  jr      $ra
    addiu   $v0, $v0, 2
2:  CHECK($v0, 60)

/* The assembler does not write these two: a link to the register that holds
 * the target, and a link to $0. */
#define JALR(rd, rs) .word (rs) << 21 | (rd) << 11 | 9
    la      $t0, 1f
    JALR(8, 8)
    nop
2:  NOT_REACHED
1:  CHECK_ADDR($t0, 2b)
    la      $t0, 1f
    JALR(0, 8)
    move    $t1, $0
    NOT_REACHED
1:  CHECK($t1, 0)

/* --- A branch in the delay slot of a branch ------------------------------- */

/* Both act, each after the instruction that runs next: one instruction at the
 * target of the first, then the second. */
    move    $t2, $0
    beq     $0, $0, 1f
    beq     $0, $0, 2f
    NOT_REACHED
1:  addiu   $t2, $t2, 1
    NOT_REACHED
2:  CHECK($t2, 1)
    move    $t2, $0
    bne     $0, $0, 1f
    beq     $0, $0, 2f
    addiu   $t2, $t2, 1
1:  NOT_REACHED
2:  CHECK($t2, 1)
    move    $t2, $0
    beq     $0, $0, 1f
    bne     $0, $0, 2f
    NOT_REACHED
2:  NOT_REACHED
1:  addiu   $t2, $t2, 1
    addiu   $t2, $t2, 1
    CHECK($t2, 2)
/* The link and the offset go by the second branch's own address. */
    move    $t2, $0
    beq     $0, $0, 1f
3:  jal     2f
    NOT_REACHED
1:  addiu   $t2, $t2, 1
    NOT_REACHED
2:  CHECK($t2, 1)
    CHECK_ADDR($ra, 3b + 8)
/* The one instruction at the first target is in a delay slot, too; EPC is the
 * address before its own. */
    CATCH(2f)
    beq     $0, $0, 1f
    beq     $0, $0, 3f
3:  NOT_REACHED
4:  nop
1:  syscall
    NOT_REACHED
2:  EXPECT(EXC_SYS | SLOT, 4b)

/* --- Reach ---------------------------------------------------------------- */

#define PUT(address, word) li $t9, address; li $t8, word; sw $t8, 0($t9)
#define BEQ(offset)   (0x10000000 | ((offset) >> 2 & 0xffff))
#define J(target)     (0x08000000 | ((target) >> 2 & 0x03ffffff))
#define JAL(target)   (0x0c000000 | ((target) >> 2 & 0x03ffffff))
#define INC_T2        0x254a0001 /* addiu $t2, $t2, 1 */
#define JR_S1         0x02200008
#define NOP           0
#define GO(address)                                                            \
    move $t2, $0; li $t0, address; jalr $s1, $t0; nop

/* The farthest branches. */
#define PLACE (KSEG0 + 0x280000)
    PUT(PLACE, BEQ(0x1fffc))
    PUT(PLACE + 4, INC_T2)
    PUT(PLACE + 8, JR_S1)
    PUT(PLACE + 12, NOP)
    PUT(PLACE + 4 + 0x1fffc, INC_T2)
    PUT(PLACE + 8 + 0x1fffc, JR_S1)
    PUT(PLACE + 12 + 0x1fffc, NOP)
    GO(PLACE)
    CHECK($t2, 2)
    PUT(PLACE, BEQ(-0x20000))
    PUT(PLACE + 4 - 0x20000, INC_T2)
    PUT(PLACE + 8 - 0x20000, JR_S1)
    PUT(PLACE + 12 - 0x20000, INC_T2)
    GO(PLACE)
    CHECK($t2, 3)

/* A jump stays in the 256 MB of its delay slot, which need not be its own. */
#define PAGE_A 0x280000
#define PAGE_B 0x290000
    SET_TLB(0, 0x0ffff000, PAGE_A + LO_V)
    SET_TLB(1, 0x10000000, PAGE_B + LO_V)
    PUT(KSEG0 + PAGE_A + 0xffc, J(0x100))
    PUT(KSEG0 + PAGE_B, INC_T2)
    PUT(KSEG0 + PAGE_B + 0x100, JR_S1)
    PUT(KSEG0 + PAGE_B + 0x104, INC_T2)
    GO(0x0ffffffc)
    CHECK($t2, 2)
    PUT(KSEG0 + PAGE_A + 0xffc, JAL(0x100))
    GO(0x0ffffffc)
    CHECK($t2, 2)
    CHECK($ra, 0x10000004)
    PUT(KSEG0 + PAGE_A + 0xff8, J(0x0ffff100))
    PUT(KSEG0 + PAGE_A + 0xffc, INC_T2)
    PUT(KSEG0 + PAGE_A + 0x100, JR_S1)
    PUT(KSEG0 + PAGE_A + 0x104, INC_T2)
    GO(0x0ffffff8)
    CHECK($t2, 2)

/* Addresses wrap: from the end of kseg2 to the start of kuseg. */
    SET_TLB(0, 0xfffff000, PAGE_A + LO_V)
    SET_TLB(1, 0x00000000, PAGE_B + LO_V)
    PUT(KSEG0 + PAGE_A + 0xff8, INC_T2)
    PUT(KSEG0 + PAGE_A + 0xffc, INC_T2)
    PUT(KSEG0 + PAGE_B, JR_S1)
    PUT(KSEG0 + PAGE_B + 4, INC_T2)
    GO(0xfffffff8)
    CHECK($t2, 3)
    PUT(KSEG0 + PAGE_A + 0xffc, BEQ(0x200))
    PUT(KSEG0 + PAGE_B, INC_T2)
    PUT(KSEG0 + PAGE_B + 0x200, JR_S1)
    PUT(KSEG0 + PAGE_B + 0x204, INC_T2)
    GO(0xfffffffc)
    CHECK($t2, 2)
    PUT(KSEG0 + PAGE_B, BEQ(-0x104)) /* to 0xffffff00 */
    PUT(KSEG0 + PAGE_B + 4, INC_T2)
    PUT(KSEG0 + PAGE_A + 0xf00, JR_S1)
    PUT(KSEG0 + PAGE_A + 0xf04, INC_T2)
    GO(0)
    CHECK($t2, 2)
    PUT(KSEG0 + PAGE_A + 0xff8, JAL(0xfffff100))
    PUT(KSEG0 + PAGE_A + 0xffc, INC_T2)
    GO(0xfffffff8)
    CHECK($t2, 2)
    CHECK($ra, 0)
    PASS
