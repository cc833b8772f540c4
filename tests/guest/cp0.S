/* CP0 registers: what can be written, the KU/IE stack and RFE, Random. */
#include "tests/guest/test.h"

PROGRAM("cp0.S")

/* --- Status --------------------------------------------------------------- */

/* Bit by bit.  KUc would end kernel mode on the spot; user.S has it. */
#define STATUS_WRITABLE 0xf24fff3f
    .irp    bit, 0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, \
                 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    li      $t0, 1 << \bit
    mtc0    $t0, C0_STATUS
    mfc0    $t1, C0_STATUS
    mtc0    $0, C0_STATUS
    mfc0    $t2, C0_STATUS
    CHECK($t1, (1 << \bit) & STATUS_WRITABLE)
    CHECK($t2, 0)
    .endr
    li      $t0, 0xfffffffd
    mtc0    $t0, C0_STATUS
    mfc0    $t1, C0_STATUS
    mtc0    $0, C0_STATUS
    CHECK($t1, STATUS_WRITABLE & ~SR_KUC)

/* RFE moves previous to current and old to previous; old stays. */
#define RFE(before, after)                                                     \
    SET_STATUS(before); rfe; mfc0 $t1, C0_STATUS; nop; mtc0 $0, C0_STATUS;     \
    CHECK($t1, after)

    RFE(0x00, 0x00)
    RFE(0x01, 0x00)
    RFE(0x04, 0x01)
    RFE(0x10, 0x14)
    RFE(0x20, 0x28)
    RFE(0x24, 0x29)
    RFE(0x30, 0x3c)
    RFE(0x35, 0x3d)
    RFE(0xf24fff04, 0xf24fff01)

/* An exception pushes zeros, three deep; the fourth loses the first. */
#define PUSH(before, seen, after)                                              \
    SET_STATUS(before); TRAPS(EXC_SYS, syscall); CHECK_SEEN(SEEN_STATUS, seen);\
    mfc0 $t1, C0_STATUS; nop; mtc0 $0, C0_STATUS; CHECK($t1, after)

    PUSH(0x01, 0x04, 0x01)
    PUSH(0x04, 0x10, 0x14)
    PUSH(0x10, 0x00, 0x00)
    PUSH(0x20, 0x00, 0x00)
    PUSH(0x08, 0x20, 0x28)
    PUSH(0x19, 0x24, 0x29)
    PUSH(0xf200ff15, 0xf200ff14, 0xf200ff15)

    SET_HANDLER(nested)
    CATCH(1f)
    SET_STATUS(SR_IEC)
    move    $s1, $0
    syscall
    NOT_REACHED
nested: /* what Status was in each of four handlers goes to $s2..$s5 */
    mfc0    $k0, C0_STATUS
    addiu   $s1, $s1, 1
    move    $s2, $s3
    move    $s3, $s4
    move    $s4, $s5
    move    $s5, $k0
    sltiu   $t0, $s1, 4
    beq     $t0, $0, 2f
    nop
    syscall
    NOT_REACHED
2:  rfe
    rfe
    jr      $s7
    move    $s7, $0
1:  CHECK($s2, 0x04)
    CHECK($s3, 0x10)
    CHECK($s4, 0x00)
    CHECK($s5, 0x00)
    SET_HANDLER(record)

/* --- The other registers -------------------------------------------------- */

#define WRITE(reg, value, result)                                              \
    li $t0, value; mtc0 $t0, reg; mfc0 $t1, reg; nop; CHECK($t1, result)

    WRITE(C0_INDEX, 0xffffffff, 0x3f00)
    WRITE(C0_INDEX, 0x00001500, 0x1500)
    WRITE(C0_INDEX, 0xffffc0ff, 0)
    WRITE(C0_ENTRYLO, 0xffffffff, 0xffffff00)
    WRITE(C0_ENTRYLO, 0x12345aff, 0x12345a00)
    WRITE(C0_ENTRYLO, 0, 0)
    WRITE(C0_ENTRYHI, 0xffffffff, 0xffffffc0)
    WRITE(C0_ENTRYHI, 0x1234503f, 0x12345000)
    WRITE(C0_ENTRYHI, 0, 0)
/* Of Context, software writes the upper bits only. */
    li      $s1, 0x7ffff123
    TRAPS_UTLB(EXC_TLBL, lb $t0, 0($s1))
    WRITE(C0_CONTEXT, 0xffffffff, 0xfffffffc)
    WRITE(C0_CONTEXT, 0x00000000, 0x001ffffc)
    WRITE(C0_CONTEXT, 0xa5a00000, 0xa5bffffc)
    li      $s1, 0x00000010
    TRAPS_UTLB(EXC_TLBL, lb $t0, 0($s1))
    WRITE(C0_CONTEXT, 0xffffffff, 0xffe00000)
/* Of Cause, the two software interrupts. */
    TRAPS(EXC_SYS, syscall)
    WRITE(C0_CAUSE, 0xffffffff, 0x00000300 | EXC_SYS << 2)
    WRITE(C0_CAUSE, 0xfffffcff, EXC_SYS << 2)
    WRITE(C0_CAUSE, 0x00000100, 0x00000100 | EXC_SYS << 2)
    WRITE(C0_CAUSE, 0x00000200, 0x00000200 | EXC_SYS << 2)
    WRITE(C0_CAUSE, 0, EXC_SYS << 2)
/* These are read only. */
    WRITE(C0_PRID, 0xffffffff, 0x220)
    TRAPS(EXC_SYS, syscall)
    mfc0    $t2, C0_EPC
    li      $t0, 0x12345678
    mtc0    $t0, C0_EPC
    mfc0    $t3, C0_EPC
    CHECK_REG($t2, $t3)
    li      $s1, 3
    TRAPS(EXC_ADEL, lw $t0, 0($s1))
    WRITE(C0_BADVADDR, 0x12345678, 3)
/* These do not exist. */
    .irp    reg, 3, 5, 6, 7, 9, 11, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, \
                 26, 27, 28, 29, 30, 31
    li      $t0, -1
    mtc0    $t0, $\reg
    mfc0    $t1, $\reg
    nop
    CHECK($t1, 0)
    .endr

/* --- Random --------------------------------------------------------------- */

/* One less after each instruction, from 63 down to 8; the same again after
 * 56.  Writing it does nothing. */
    mfc0    $t0, C0_RANDOM
    .rept   55
    nop
    .endr
    mfc0    $t1, C0_RANDOM
    CHECK_REG($t0, $t1)
    li      $s1, 200
1:  mfc0    $t0, C0_RANDOM
    mfc0    $t1, C0_RANDOM
    mtc0    $0, C0_RANDOM
    mfc0    $t2, C0_RANDOM
    andi    $t3, $t0, 0xc0ff
    CHECK($t3, 0)
    srl     $t0, $t0, 8
    srl     $t1, $t1, 8
    srl     $t2, $t2, 8
    sltiu   $t3, $t0, 8
    CHECK($t3, 0)
    sltiu   $t3, $t0, 64
    CHECK($t3, 1)
    jal     earlier
    move    $a0, $t0
    CHECK_REG($t1, $v0)
    jal     earlier
    nop
    jal     earlier
    nop
    CHECK_REG($t2, $v0)
    addiu   $s1, $s1, -1
    bne     $s1, $0, 1b
    nop

/* An instruction that traps counts: one here, and seven of the handlers. */
    SET_HANDLER(back)
    CATCH(1f)
    mfc0    $t0, C0_RANDOM
    syscall
    NOT_REACHED
1:  mfc0    $t1, C0_RANDOM
    SET_HANDLER(record)
    srl     $a0, $t0, 8
    .rept   9
    jal     earlier
    nop
    .endr
    srl     $t1, $t1, 8
    CHECK_REG($t1, $v0)
    PASS

back:
    jr      $s7
    rfe

/* $a0 and $v0: what Random is after it was $a0. */
earlier:
    addiu   $v0, $a0, -1
    li      $t8, 7
    bne     $v0, $t8, 1f
    nop
    li      $v0, 63
1:  jr      $ra
    move    $a0, $v0
