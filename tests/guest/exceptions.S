/* Exceptions of kernel mode without the TLB: address and bus errors, system
 * calls, breakpoints, reserved instructions, unusable coprocessors; in delay
 * slots, too. */
#include "tests/guest/test.h"

#define NO_MEMORY 0xb8000000 /* kseg1, where nothing answers */
#define KEPT      0x600df00d
#define PAGE      0x280000   /* some RAM */

PROGRAM("exceptions.S")
    la      $s0, data
    SET_STATUS(SR_CU1)
    li      $t0, KEPT

/* --- Address errors ------------------------------------------------------- */

/* `insn` uses $s1, which is the bad address. */
#define ADDRESS_ERROR(exc, offset, ...)                                        \
    addiu $s1, $s0, offset; TRAPS_EVERYWHERE(exc, __VA_ARGS__);                \
    CHECK_SEEN_REG(SEEN_BADVADDR, $s1); CHECK($t0, KEPT)

    ADDRESS_ERROR(EXC_ADEL, 1, lh $t0, 0($s1))
    ADDRESS_ERROR(EXC_ADEL, 3, lh $t0, 0($s1))
    ADDRESS_ERROR(EXC_ADEL, 1, lhu $t0, 0($s1))
    ADDRESS_ERROR(EXC_ADEL, 3, lhu $t0, 0($s1))
    ADDRESS_ERROR(EXC_ADEL, 1, lw $t0, 0($s1))
    ADDRESS_ERROR(EXC_ADEL, 2, lw $t0, 0($s1))
    ADDRESS_ERROR(EXC_ADEL, 3, lw $t0, 0($s1))
    ADDRESS_ERROR(EXC_ADEL, 2, lw $0, 0($s1))
    ADDRESS_ERROR(EXC_ADEL, 2, lwc1 $f0, 0($s1))
    ADDRESS_ERROR(EXC_ADES, 1, sh $t0, 0($s1))
    ADDRESS_ERROR(EXC_ADES, 3, sh $t0, 0($s1))
    ADDRESS_ERROR(EXC_ADES, 1, sw $t0, 0($s1))
    ADDRESS_ERROR(EXC_ADES, 2, sw $t0, 0($s1))
    ADDRESS_ERROR(EXC_ADES, 3, sw $t0, 0($s1))
    ADDRESS_ERROR(EXC_ADES, 2, swc1 $f0, 0($s1))
    lw      $t1, 0($s0)
    lw      $t2, 4($s0)
    CHECK($t1, 0x11223344)
    CHECK($t2, 0x55667788)

/* The same by the offset alone, and on an address that does not exist: the
 * alignment is looked at first. */
    TRAPS(EXC_ADEL, lw $t0, 5($s0))
    CHECK_SEEN_ADDR(SEEN_BADVADDR, data + 5)
    li      $s1, 2
    TRAPS(EXC_ADEL, lw $t0, 0($s1))
    CHECK_SEEN(SEEN_BADVADDR, 2)
    li      $s1, NO_MEMORY + 1
    TRAPS(EXC_ADES, sw $t0, 0($s1))
    CHECK_SEEN(SEEN_BADVADDR, NO_MEMORY + 1)

/* Instructions lie at multiples of four.  EPC is the bad address itself: the
 * jump and its delay slot are done. */
#define BAD_JUMP(address)                                                      \
    CATCH(1f); li $t1, address; move $t2, $0; jr $t1; li $t2, 1; NOT_REACHED;  \
    1: CHECK_SEEN(SEEN_EPC, address); CHECK_SEEN(SEEN_BADVADDR, address);      \
    SEEN($t8, SEEN_CAUSE); CHECK($t8, EXC_ADEL << 2); CHECK($t2, 1)

    BAD_JUMP(KSEG0 + 0x1001)
    BAD_JUMP(KSEG0 + 0x1002)
    BAD_JUMP(KSEG0 + 0x1003)
    BAD_JUMP(NO_MEMORY + 2)

/* --- Bus errors ----------------------------------------------------------- */

/* They leave BadVAddr alone.  Stores do not have them. */
    TRAPS(EXC_ADEL, lw $t0, 3($s0))
    li      $s1, NO_MEMORY
#define BUS_ERROR(...)                                                         \
    TRAPS_EVERYWHERE(EXC_DBE, __VA_ARGS__);                                    \
    CHECK_SEEN_ADDR(SEEN_BADVADDR, data + 3); CHECK($t0, KEPT)

    BUS_ERROR(lw $t0, 0($s1))
    BUS_ERROR(lh $t0, 2($s1))
    BUS_ERROR(lhu $t0, 2($s1))
    BUS_ERROR(lb $t0, 3($s1))
    BUS_ERROR(lbu $t0, 3($s1))
    BUS_ERROR(lwl $t0, 1($s1))
    BUS_ERROR(lwr $t0, 2($s1))
    BUS_ERROR(lw $0, 0($s1))
    BUS_ERROR(lwc1 $f0, 0($s1))
    sw      $t0, 0($s1)
    sh      $t0, 2($s1)
    sb      $t0, 3($s1)
    swl     $t0, 1($s1)
    swr     $t0, 2($s1)
    swc1    $f0, 0($s1)

    CATCH(1f)
    jr      $s1
    nop
    NOT_REACHED
1:  CHECK_SEEN(SEEN_EPC, NO_MEMORY)
    CHECK_SEEN_ADDR(SEEN_BADVADDR, data + 3)
    SEEN($t8, SEEN_CAUSE)
    CHECK($t8, EXC_IBE << 2)

/* In a delay slot: a branch at the end of the last page that there is. */
    SET_TLB(0, 0x1000, PAGE + LO_V)
    SET_TLB(1, 0x2000, (NO_MEMORY & 0x1fffffff) + LO_V)
    li      $t1, KSEG0 + PAGE
    li      $t2, 0x1000ffff /* beq $0, $0, to itself */
    sw      $t2, 0xffc($t1)
    CATCH(1f)
    li      $t1, 0x1ffc
    jr      $t1
    nop
    NOT_REACHED
1:  CHECK_SEEN(SEEN_EPC, 0x1ffc)
    CHECK_SEEN_ADDR(SEEN_BADVADDR, data + 3)
    SEEN($t8, SEEN_CAUSE)
    CHECK($t8, EXC_IBE << 2 | CAUSE_BD)

/* --- System calls and breakpoints ----------------------------------------- */

    TRAPS_EVERYWHERE(EXC_SYS, syscall)
    TRAPS_EVERYWHERE(EXC_SYS, .word 0x03ffffcc)
    TRAPS_EVERYWHERE(EXC_BP, break)
    TRAPS_EVERYWHERE(EXC_BP, .word 0x03ffffcd)
/* Software finds the code in the instruction. */
    TRAPS(EXC_BP, .word 0xabcde << 6 | 0xd)
    SEEN($t1, SEEN_EPC)
    lw      $t1, 0($t1)
    nop
    srl     $t1, $t1, 6
    CHECK($t1, 0xabcde)

/* --- Reserved instructions ------------------------------------------------ */

    /* Operation codes */
    .irp    op, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, \
                0x1e, 0x1f, 0x27, 0x2c, 0x2d, 0x2f, 0x30, 0x34, 0x35, 0x36, \
                0x37, 0x38, 0x3c, 0x3d, 0x3e, 0x3f
    TRAPS(EXC_RI, .word \op << 26 | 0x02080000)
    .endr
    /* SPECIAL functions */
    .irp    fn, 0x01, 0x05, 0x0a, 0x0b, 0x0e, 0x0f, 0x14, 0x15, 0x16, 0x17, \
                0x1c, 0x1d, 0x1e, 0x1f, 0x28, 0x29, 0x2c, 0x2d, 0x2e, 0x2f, \
                0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, \
                0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f
    TRAPS(EXC_RI, .word 0x01084000 | \fn)
    .endr
    /* REGIMM: all but 0, 1, 0x10, 0x11 */
    .irp    rt, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, \
                0x0c, 0x0d, 0x0e, 0x0f, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, \
                0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f
    TRAPS(EXC_RI, .word 1 << 26 | \rt << 16)
    .endr
    TRAPS_EVERYWHERE(EXC_RI, .word 0xfc000000)

/* Coprocessor moves other than MF, CF, MT, CT and BC; CP0 has no CF and CT.
 * Branches on conditions other than false and true. */
    SET_STATUS(SR_CU1 | SR_CU2 | SR_CU3)
    .irp    op, 0x10, 0x11, 0x12, 0x13
    .irp    rs, 0x01, 0x03, 0x05, 0x07, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, \
                0x0f
    TRAPS(EXC_RI, .word \op << 26 | \rs << 21)
    .endr
    .irp    rt, 0x02, 0x03, 0x04, 0x10, 0x1f
    TRAPS(EXC_RI, .word \op << 26 | 8 << 21 | \rt << 16)
    .endr
    .endr
    TRAPS(EXC_RI, .word 0x10 << 26 | 0x02 << 21)
    TRAPS(EXC_RI, .word 0x10 << 26 | 0x06 << 21)
    /* CP0 functions: all but 1, 2, 6, 8, 0x10 */
    .irp    fn, 0x00, 0x03, 0x04, 0x05, 0x07, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, \
                0x0e, 0x0f, 0x11, 0x12, 0x18, 0x1f, 0x20, 0x21, 0x2f, 0x3f
    TRAPS(EXC_RI, .word 0x42000000 | \fn)
    .endr

/* --- Unusable coprocessors ------------------------------------------------ */

/* All that names one, before any other fault of the instruction. */
    SET_STATUS(0)
    la      $s1, data + 1
#define UNUSABLE(z, ...)                                                       \
    TRAPS(CPU(z), __VA_ARGS__); TRAPS_SLOT(CPU(z), __VA_ARGS__)

    UNUSABLE(1, mfc1 $t0, $f0)
    UNUSABLE(1, cfc1 $t0, $31)
    UNUSABLE(1, mtc1 $t0, $f0)
    UNUSABLE(1, ctc1 $t0, $31)
    UNUSABLE(1, bc1f data)
    UNUSABLE(1, bc1t data)
    UNUSABLE(1, lwc1 $f0, 0($s1))
    UNUSABLE(1, swc1 $f0, 0($s1))
    UNUSABLE(1, add.s $f0, $f2, $f4)
    UNUSABLE(1, c.eq.d $f0, $f2)
    UNUSABLE(1, .word 0x46000004) /* sqrt.s */
    UNUSABLE(1, .word 0x11 << 26 | 1 << 21) /* dmfc1 */
    UNUSABLE(1, .word 0x45020000) /* bc1fl */
    UNUSABLE(2, mfc2 $t0, $0)
    UNUSABLE(2, cfc2 $t0, $0)
    UNUSABLE(2, mtc2 $t0, $0)
    UNUSABLE(2, ctc2 $t0, $0)
    UNUSABLE(2, bc2f data)
    UNUSABLE(2, bc2t data)
    UNUSABLE(2, lwc2 $0, 0($s1))
    UNUSABLE(2, swc2 $0, 0($s1))
    UNUSABLE(2, c2 0)
    UNUSABLE(2, .word 0x12 << 26 | 1 << 21)
    UNUSABLE(3, mfc3 $t0, $0)
    UNUSABLE(3, cfc3 $t0, $0)
    UNUSABLE(3, mtc3 $t0, $0)
    UNUSABLE(3, ctc3 $t0, $0)
    UNUSABLE(3, bc3f data)
    UNUSABLE(3, bc3t data)
    UNUSABLE(3, .word 0x33 << 26 | 17 << 21 | 0) /* lwc3 $0, 0($s1) */
    UNUSABLE(3, .word 0x3b << 26 | 17 << 21 | 0)
    UNUSABLE(3, c3 0)
    UNUSABLE(3, .word 0x13 << 26 | 1 << 21)
    CHECK($t0, KEPT)
/* Each by its own bit. */
    SET_STATUS(SR_CU0 | SR_CU2 | SR_CU3)
    UNUSABLE(1, mfc1 $t0, $f0)
    SET_STATUS(SR_CU0 | SR_CU1 | SR_CU3)
    UNUSABLE(2, mfc2 $t0, $0)
    SET_STATUS(SR_CU0 | SR_CU1 | SR_CU2)
    UNUSABLE(3, mfc3 $t0, $0)
/* Cause.CE is zero after anything else. */
    TRAPS(EXC_SYS, syscall)

/* --- The state that a return finds ---------------------------------------- */

/* An exception changes no general register, not HI and LO, not EntryHi. */
    li      $t0, 1
    li      $t1, 2
    li      $v0, 3
    li      $ra, 4
    mthi    $t1
    mtlo    $t0
    SET_ENTRYHI(0x12345fc0)
    TRAPS(EXC_BP, break 7)
    mfhi    $t2
    mflo    $t3
    mfc0    $t4, C0_ENTRYHI
    CHECK($t0, 1)
    CHECK($t1, 2)
    CHECK($v0, 3)
    CHECK($ra, 4)
    CHECK($t2, 2)
    CHECK($t3, 1)
    CHECK($t4, 0x12345fc0)
    PASS

    .data
    .balign 8
data:
    .word   0x11223344, 0x55667788
