/* MIPS-161, the processor of System/161: what is not as in an R3000.  OLD: the
 * one of System/161 1.x, which has less. */
#include "tests/guest/test.h"

#define C0_COUNT   $9
#define C0_COMPARE $11

/* Physical addresses: where run_guest puts the timer's two registers, and where
 * nothing is. */
#define TIMER   (KSEG1 + 0x003ff000)
#define NOTHING (KSEG1 + 0x11000000)

/* The assembler knows these of later processors. */
#define LATER(...) .set push; .set mips32; __VA_ARGS__; .set pop

#ifdef OLD
PROGRAM("mips161.S, 1.x")
#else
PROGRAM("mips161.S")
#endif
    SET_TLB(0, user_page, user_page + LO_V + LO_D)
    SET_ENTRYHI(ASID(0))
    la      $s0, word
    lui     $s1, %hi(NOTHING)
    li      $s2, 1234

/* --- No delays ------------------------------------------------------------ */

    li      $t0, 0x11223344
    sw      $t0, 0($s0)
    li      $t1, 0
    lw      $t1, 0($s0)
    addiu   $t2, $t1, 1
    CHECK($t2, 0x11223345)
    lw      $t1, 0($s0)
    sw      $t1, 4($s0)
    lw      $t2, 4($s0)
    CHECK($t2, 0x11223344)
    li      $t1, 0
    lb      $t1, 0($s0)
    move    $t2, $t1
    CHECK($t2, BY_ENDIAN(0x44, 0x11))
    /* The slot's result stays, as always. */
    lw      $t1, 0($s0)
    li      $t1, 5
    CHECK($t1, 5)
    li      $t0, 0x02000000 + 63
    mtc0    $t0, C0_CONTEXT
    li      $t1, 1
    mfc0    $t1, C0_CONTEXT
    move    $t2, $t1
    CHECK($t2, 0x02000000)

/* --- Division ------------------------------------------------------------- */

    li      $t0, 17
    li      $t1, 5
    div     $0, $t0, $t1
    TRAPS_EVERYWHERE(EXC_BP, div $0, $t0, $0)
    TRAPS_EVERYWHERE(EXC_BP, divu $0, $t0, $0)
    mflo    $t2 /* still that of the division before */
    CHECK($t2, 3)
    mfhi    $t2
    CHECK($t2, 2)
    li      $t0, 0x80000000
    li      $t1, -1
    div     $0, $t0, $t1
    mflo    $t2
    CHECK($t2, 0x80000000)
    mfhi    $t2
    CHECK($t2, 0)

/* --- Bus errors of stores ------------------------------------------------- */

    TRAPS_EVERYWHERE(EXC_DBE, sw $s2, 0($s1))
    TRAPS(EXC_DBE, sh $s2, 2($s1))
    TRAPS(EXC_DBE, sb $s2, 3($s1))
    TRAPS(EXC_DBE, swl $s2, 1($s1))
    TRAPS(EXC_DBE, swr $s2, 1($s1))
    TRAPS(EXC_DBE, swl $s2, BY_ENDIAN(3, 0)($s1))
    TRAPS(EXC_DBE, lw $t0, 0($s1))
    TRAPS(EXC_DBE, lwl $t0, 1($s1))

/* --- LL and SC ------------------------------------------------------------ */

#ifdef OLD
    LATER(TRAPS(EXC_RI, ll $t0, 0($s0)))
    LATER(TRAPS(EXC_RI, sc $t0, 0($s0)))
    LATER(TRAPS(EXC_RI, sync))
    LATER(TRAPS(EXC_RI, cache 0, 0($s0)))
#else
    li      $t0, 70
    sw      $t0, 0($s0)
    LATER(ll $t1, 0($s0))
    addiu   $t1, $t1, 1
    move    $t2, $t1
    LATER(sc $t1, 0($s0))
    CHECK($t1, 1)
    lw      $t3, 0($s0)
    CHECK($t3, 71)
    /* It does so once. */
    LATER(sc $t2, 0($s0))
    CHECK($t2, 0)
    /* An exception comes between. */
    LATER(ll $t1, 0($s0))
    TRAPS(EXC_SYS, syscall)
    li      $t1, 99
    LATER(sc $t1, 0($s0))
    CHECK($t1, 0)
    lw      $t3, 0($s0)
    CHECK($t3, 71)
    /* In the slot of a branch. */
    LATER(ll $t1, 0($s0))
    b       1f
    LATER(sc $t3, 0($s0))
1:  CHECK($t3, 1)
    LATER(TRAPS_EVERYWHERE(EXC_ADEL, ll $t0, 2($s0)))
    CHECK_SEEN_ADDR(SEEN_BADVADDR, word + 2)
    LATER(TRAPS_EVERYWHERE(EXC_ADES, sc $t0, 1($s0)))
    CHECK_SEEN_ADDR(SEEN_BADVADDR, word + 1)
    LATER(TRAPS(EXC_DBE, ll $t0, 0($s1)))
    /* Another word has no link, and is not asked for. */
    sw      $0, 4($s0)
    LATER(ll $t1, 0($s0))
    li      $t2, 98
    LATER(sc $t2, 4($s0))
    CHECK($t2, 0)
    lw      $t3, 4($s0)
    CHECK($t3, 0)
    LATER(ll $t1, 0($s0))
    li      $t2, 98
    LATER(sc $t2, 0($s1))
    CHECK($t2, 0)
    LATER(sync)
    LATER(cache 0, 0($s0))
#endif

/* --- WAIT ----------------------------------------------------------------- */

/* Until input 4 is high, 1000 cycles from now, and not enabled. */
    lui     $s4, %hi(KSEG1 + BARE_IRQ)
    li      $t0, 1 << 4
    sw      $t0, %lo(BARE_IRQ_LATER)($s4)
    li      $t0, 1000
    sw      $t0, %lo(BARE_IRQ_DELAY)($s4)
    mfc0    $t1, C0_CAUSE
    andi    $t1, $t1, 0xff00
    CHECK($t1, 0)
    LATER(wait)
    mfc0    $t1, C0_CAUSE
    andi    $t1, $t1, 0xff00
    CHECK($t1, 0x4000)
    LATER(wait) /* not again: it is high */
    sw      $0, %lo(BARE_IRQ)($s4)
/* It is enabled: the interrupt comes behind WAIT. */
    li      $t0, 1 << 4
    sw      $t0, %lo(BARE_IRQ_LATER)($s4)
    li      $t0, 100
    SET_HANDLER(lower)
    CATCH(2f)
    SET_STATUS(0x4000 | SR_IEC)
    sw      $t0, %lo(BARE_IRQ_DELAY)($s4)
    LATER(wait)
1:  NOT_REACHED
2:  EXPECT(EXC_INT, 1b)
    SET_STATUS(0)
    SET_HANDLER(record)

/* --- CP0 ------------------------------------------------------------------ */

    LATER(mfc0 $t0, C0_PRID, 0)
    CHECK($t0, 0x220) /* run_guest's */
#ifdef OLD
    LATER(mfc0 $t0, C0_PRID, 1)
    CHECK($t0, 0x220)
    mfc0    $t0, C0_COUNT
    CHECK($t0, 0)
#else
    LATER(mfc0 $t0, C0_PRID, 1)
    CHECK($t0, 0)
    LATER(mfc0 $t0, C0_PRID, 2)
    CHECK($t0, 0)
    LATER(mfc0 $t0, $16, 0)
    CHECK($t0, 0x80008000)
    LATER(mfc0 $t0, $16, 1)
    CHECK($t0, 0x7e000000)
    /* A write to another bank is none. */
    li      $t0, 0x00600000
    mtc0    $t0, C0_EPC
    mtc0    $0, C0_ENTRYLO
    LATER(mtc0 $t0, C0_ENTRYLO, 3)
    mfc0    $t1, C0_ENTRYLO
    CHECK($t1, 0)
    /* The timer is on the bus. */
    lui     $s5, %hi(TIMER)
    addiu   $s5, $s5, %lo(TIMER)
    li      $t0, 4711
    mtc0    $t0, C0_COUNT
    lw      $t1, 0($s5)
    CHECK($t1, 4711)
    li      $t0, 4712
    mtc0    $t0, C0_COMPARE
    lw      $t1, 4($s5)
    CHECK($t1, 4712)
    mfc0    $t0, C0_COMPARE
    CHECK($t0, 4712)
    sw      $0, 0($s5)
    mfc0    $t0, C0_COUNT
    CHECK($t0, 0)
#endif
    /* Status has none of the bits of an R3000's caches, nor RE. */
    li      $t0, 0xffbcffc0 & ~(SR_ISC | SR_SWC | 0xff00)
    mtc0    $t0, C0_STATUS
    mfc0    $t1, C0_STATUS
    CHECK($t1, 0xf0000000)
    SET_STATUS(0)
    /* Random goes up by one each instruction, from 63 to 8. */
    li      $t4, 200
1:  mfc0    $t0, C0_RANDOM
    mfc0    $t1, C0_RANDOM
    srl     $t0, $t0, 8
    srl     $t1, $t1, 8
    li      $t2, 63
    bne     $t0, $t2, 2f
    addiu   $t0, $t0, 1
    li      $t0, 8
2:  CHECK_REG($t1, $t0)
    addiu   $t4, $t4, -1
    bne     $t4, $0, 1b
    nop

/* --- User mode ------------------------------------------------------------ */

#define IN_USER(label, exc)                                                    \
    CATCH(1f); ENTER_USER(label, 0); 1: EXPECT(exc, label);                    \
    CHECK_SEEN(SEEN_STATUS, SR_KUP)

    IN_USER(u_wait, CPU(0))
    la      $t0, word - 4
    li      $t1, KSEG0 + 0x1000
    IN_USER(u_divide, EXC_BP)
    IN_USER(u_unaligned, EXC_ADEL)
    IN_USER(u_kernel, EXC_ADES)
#ifndef OLD
    IN_USER(u_cache, CPU(0))
    IN_USER(u_ll_kernel, EXC_ADEL)
    CATCH(1f)
    ENTER_USER(u_counter, 0)
1:  EXPECT(EXC_SYS, u_counter_end)
    CHECK($v0, 1)
    lui     $t1, %hi(counter)
    lw      $t0, %lo(counter)($t1)
    CHECK($t0, 6)
    li      $t0, 5
    sw      $t0, %lo(counter)($t1)
#endif
    PASS

/* Ends the interrupt, then goes on as ever. */
lower:
    j       record
    sw      $0, %lo(BARE_IRQ)($s4)

    .data
    .align  3
word:
    .space  16

    .section .user, "ax"
    .align  12
user_page:
u_wait:
    LATER(wait)
u_divide:
    div     $0, $t1, $0
u_unaligned:
    lw      $0, 3($0)
u_kernel:
    sb      $0, 0($t1)
#ifndef OLD
u_cache:
    LATER(cache 0, 0($t1))
u_ll_kernel:
    LATER(ll $t0, 0($t1))
u_counter:
    la      $t0, counter
    LATER(ll $v0, 0($t0))
    addiu   $v0, $v0, 1
    LATER(sc $v0, 0($t0))
u_counter_end:
    syscall
    .align  2
counter:
    .word   5
#endif
