/* Interrupts: the two of software, the six of the board, masks, and what an
 * interrupt does at every point of a program.  Needs the interrupt registers
 * of bare_regs.h. */
#include "tests/guest/test.h"

#define REG(address) ((KSEG1 + (address)) >> 16)

PROGRAM("interrupts.S")
    lui     $s0, REG(BARE_IRQ)
    SET_HANDLER(quiet)

/* --- Software interrupts -------------------------------------------------- */

/* Pending but masked, or disabled: nothing happens. */
    SET_STATUS(SR_IEC | 0xfd00)
    li      $t0, 0x200
    mtc0    $t0, C0_CAUSE
    nop
    SET_STATUS(0xff00)
    nop
    SET_STATUS(SR_IEP | SR_IEO | 0xff00)
    nop
    mtc0    $0, C0_CAUSE
    mtc0    $0, C0_STATUS

/* Raised while enabled: before the next instruction. */
#define SOFTWARE(bit)                                                          \
    SET_STATUS(SR_IEC | (bit)); li $t0, bit; move $t1, $0; CATCH(1f);          \
    mtc0 $t0, C0_CAUSE; 2: li $t1, 1; NOT_REACHED; 1: EXPECT(EXC_INT, 2b);     \
    CHECK($t1, 0); CHECK_IP(bit); CHECK_SEEN(SEEN_STATUS, SR_IEP | (bit));     \
    CHECK_SEEN(SEEN_VECTOR, VECTOR_GENERAL); mtc0 $0, C0_STATUS
#define CHECK_IP(value)                                                        \
    lui $t8, %hi(ip); lw $t8, %lo(ip)($t8); nop; CHECK($t8, value)

    SOFTWARE(0x100)
    SOFTWARE(0x200)

/* Enabled while raised: by IEc, by the mask, by RFE. */
    li      $t0, 0x100
    mtc0    $t0, C0_CAUSE
    CATCH(1f)
    SET_STATUS(SR_IEC | 0x100)
2:  NOT_REACHED
1:  EXPECT(EXC_INT, 2b)
    SET_STATUS(SR_IEC)
    li      $t0, 0x100
    mtc0    $t0, C0_CAUSE
    CATCH(1f)
    SET_STATUS(SR_IEC | 0x100)
2:  NOT_REACHED
1:  EXPECT(EXC_INT, 2b)
    SET_STATUS(SR_IEP | 0x100)
    li      $t0, 0x100
    mtc0    $t0, C0_CAUSE
    CATCH(1f)
    rfe
2:  NOT_REACHED
1:  EXPECT(EXC_INT, 2b)
    SET_STATUS(SR_IEP | 0x100)
    li      $t0, 0x100
    mtc0    $t0, C0_CAUSE
    CATCH(1f)
    la      $t0, 2f
    jr      $t0
    rfe
    NOT_REACHED
2:  NOT_REACHED
1:  EXPECT(EXC_INT, 2b)

/* It comes before a fault of the instruction that it comes before. */
    SET_STATUS(SR_IEC | 0x100)
    li      $t0, 0x100
    CATCH(1f)
    mtc0    $t0, C0_CAUSE
2:  syscall
    NOT_REACHED
1:  EXPECT(EXC_INT, 2b)
    mtc0    $0, C0_STATUS

/* --- The board's interrupts ----------------------------------------------- */

/* Cause.IP shows their levels at any time; writing Cause has no say. */
    .irp    n, 0, 1, 2, 3, 4, 5
    li      $t0, 1 << \n
    sw      $t0, BARE_IRQ & 0xffff($s0)
    mtc0    $0, C0_CAUSE
    mfc0    $t1, C0_CAUSE
    sw      $0, BARE_IRQ & 0xffff($s0)
    mfc0    $t2, C0_CAUSE
    andi    $t1, $t1, 0xff00
    andi    $t2, $t2, 0xff00
    CHECK($t1, 0x400 << \n)
    CHECK($t2, 0)
    li      $t1, 0xff00 & ~(0x400 << \n) /* the others: nothing */
    ori     $t1, $t1, SR_IEC
    mtc0    $t1, C0_STATUS
    sw      $t0, BARE_IRQ & 0xffff($s0)
    nop
    sw      $0, BARE_IRQ & 0xffff($s0)
    SET_STATUS(SR_IEC | 0x400 << \n)
    CATCH(1f)
    sw      $t0, BARE_IRQ & 0xffff($s0)
2:  NOT_REACHED
1:  EXPECT(EXC_INT, 2b)
    CHECK_IP(0x400 << \n)
    mtc0    $0, C0_STATUS
    .endr
/* Two at once are one exception. */
    li      $t0, 0x300
    mtc0    $t0, C0_CAUSE
    li      $t0, 0x3f
    sw      $t0, BARE_IRQ & 0xffff($s0)
    CATCH(1f)
    SET_STATUS(SR_IEC | 0xff00)
2:  NOT_REACHED
1:  EXPECT(EXC_INT, 2b)
    CHECK_IP(0xff00)
    mtc0    $0, C0_STATUS

/* IP7 is the FPU's, too: input 5 or its own request. */
    SET_STATUS(SR_CU1)
    li      $t0, 0x20
    li      $t1, 0x20000 /* FCR31: unimplemented operation */
    sw      $t0, BARE_IRQ & 0xffff($s0)
    ctc1    $t1, $31
    sw      $0, BARE_IRQ & 0xffff($s0)
    mfc0    $t2, C0_CAUSE
    sw      $t0, BARE_IRQ & 0xffff($s0)
    ctc1    $0, $31
    mfc0    $t3, C0_CAUSE
    sw      $0, BARE_IRQ & 0xffff($s0)
    mfc0    $t4, C0_CAUSE
    andi    $t2, $t2, 0xff00
    andi    $t3, $t3, 0xff00
    andi    $t4, $t4, 0xff00
    CHECK($t2, 0x8000)
    CHECK($t3, 0x8000)
    CHECK($t4, 0)
    mtc0    $0, C0_STATUS

/* --- Instructions from a register ----------------------------------------- */

/* A fetch may be of a device; this one holds 12, which is SYSCALL, then 13,
 * BREAK, behind a NOP. */
    lui     $t1, REG(BARE_CONSOLE)
    li      $t0, 12
    sw      $t0, BARE_IRQ_LATER & 0xffff($s0)
    CATCH(1f)
    ori     $t1, $t1, BARE_IRQ & 0xffff
    jr      $t1
    nop
1:  CHECK_SEEN(SEEN_EPC, KSEG1 + BARE_IRQ_LATER)
    SEEN($t8, SEEN_CAUSE)
    CHECK($t8, EXC_SYS << 2)
    li      $t0, 13
    sw      $t0, BARE_IRQ_LATER & 0xffff($s0)
    CATCH(1f)
    jr      $t1
    nop
1:  CHECK_SEEN(SEEN_EPC, KSEG1 + BARE_IRQ_LATER)
    SEEN($t8, SEEN_CAUSE)
    CHECK($t8, EXC_BP << 2)

/* --- At every instruction ------------------------------------------------- */

/* The interrupt comes after $s1 instructions of the piece below, and returns
 * to EPC.  The piece must not mind, but for two loads that lose their delay
 * slot when the interrupt takes its place. */
    SET_HANDLER(interrupted)
    li      $s1, 1
    la      $s2, where
again:
    la      $t3, words
    li      $t0, 2
    sw      $t0, BARE_IRQ_LATER & 0xffff($s0)
    li      $t0, 7
    move    $s5, $0
    move    $v0, $0
    SET_STATUS(SR_IEC | 0x800)
    sw      $s1, BARE_IRQ_DELAY & 0xffff($s0)
    addiu   $v0, $v0, 1
p1: beq     $v0, $0, p1
    addiu   $v0, $v0, 2
p3: lw      $t0, 0($t3)
p4: move    $t1, $t0
p5: move    $t2, $t0
p6: jal     p9
    lw      $t0, 4($t3)
p8: b       p12
    nop
p9: move    $t4, $t0
p10:jr      $ra
    mult    $t2, $t2
p12:mflo    $t5
p13:mtc0    $0, C0_STATUS

    CHECK($s5, 1)
    CHECK($v0, 3)
    CHECK($t2, 0x100)
    CHECK($t0, 0x200)
    CHECK($t5, 0x10000)
    addiu   $t6, $s1, -4 /* before p4 */
    li      $t7, 7
    bne     $t6, $0, 1f
    nop
    li      $t7, 0x100
1:  CHECK_REG($t1, $t7)
    addiu   $t6, $s1, -8 /* before p9 */
    li      $t7, 0x100
    bne     $t6, $0, 1f
    nop
    li      $t7, 0x200
1:  CHECK_REG($t4, $t7)
    lw      $t6, 0($s2)
    addiu   $s2, $s2, 4
    CHECK_REG($s3, $t6)
    sltiu   $t6, $s1, 14
    bne     $t6, $0, again
    addiu   $s1, $s1, 1

/* Called off, it does not come. */
    SET_STATUS(SR_IEC | 0x800)
    li      $t0, 3
    sw      $t0, BARE_IRQ_DELAY & 0xffff($s0)
    sw      $0, BARE_IRQ_DELAY & 0xffff($s0)
    nop
    nop
    mtc0    $0, C0_STATUS
    PASS

/* Takes the interrupt back, remembers Cause.IP, and goes on to `record`. */
quiet:
    mfc0    $t8, C0_CAUSE
    lui     $t9, REG(BARE_IRQ)
    andi    $t8, $t8, 0xff00
    lui     $k0, %hi(ip)
    sw      $t8, %lo(ip)($k0)
    sw      $0, BARE_IRQ & 0xffff($t9)
    j       record
    mtc0    $0, C0_CAUSE

/* Counts in $s5, leaves EPC with Cause.BD as bit 0 in $s3, and returns. */
interrupted:
    mfc0    $k0, C0_CAUSE
    sw      $0, BARE_IRQ & 0xffff($s0)
    srl     $s3, $k0, 31
    andi    $k0, $k0, 0x7c
    CHECK($k0, EXC_INT << 2)
    mfc0    $k0, C0_EPC
    addiu   $s5, $s5, 1
    or      $s3, $s3, $k0
    jr      $k0
    rfe

    .data
    .balign 4
ip: .word   0
words:
    .word   0x100, 0x200
where: /* what EPC is, and BD, when the interrupt comes after 1, 2... */
    .word   p1, p1 + 1, p3, p4, p5, p6, p6 + 1, p9, p10, p10 + 1, p8, p8 + 1
    .word   p12, p13
