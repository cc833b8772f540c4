/* Several TLB entries that match one address: the TLB shuts down, which
 * Status.TS tells, and translates nothing until the next reset. */
#include "tests/guest/test.h"

#define FRAME 0x280000

PROGRAM("tlb_shutdown.S")
    li      $t0, KSEG0 + FRAME
    li      $t1, 0x12345678
    sw      $t1, 0($t0)
    SET_TLB(0, 0x20000000, FRAME + LO_V + LO_D)
    SET_TLB(1, 0x20001000, FRAME + LO_V + LO_D)
    SET_TLB(2, 0x20001000 + ASID(1), FRAME + LO_V + LO_D)
    SET_TLB(3, 0x20002000 + ASID(2), FRAME + LO_V + LO_G)
    SET_TLB(4, 0x20002000 + ASID(3), FRAME + LO_V + LO_D)

/* Two entries for one page are no matter while at most one of them matches,
 * nor while nobody asks. */
    SET_ENTRYHI(0)
    li      $s0, 0x20000000
    lw      $t0, 0x1000($s0)
    lw      $t1, 0x2000($s0)
    lw      $t2, 0($s0)
    CHECK($t0, 0x12345678)
    CHECK($t1, 0x12345678)
    CHECK($t2, 0x12345678)
    SET_ENTRYHI(ASID(3))
    mfc0    $t0, C0_STATUS
    nop
    CHECK($t0, 0)
    SET_ENTRYHI(0)
    lw      $t0, 0($s0)
    sw      $t0, 0x1004($s0)

/* The one that starts it is a miss; from now on everything is, also what was
 * found just before.  Status.TS cannot be cleared. */
    SET_TLB(5, 0x20003000, FRAME + LO_V)
    SET_TLB(6, 0x20003000, FRAME + LO_V)
    lw      $t0, 0($s0)
    sw      $t0, 0x1000($s0)
    TRAPS_UTLB(EXC_TLBL, lw $t0, 0x3000($s0))
    CHECK_SEEN(SEEN_STATUS, SR_TS)
    CHECK_SEEN(SEEN_BADVADDR, 0x20003000)
    TRAPS_UTLB(EXC_TLBL, lw $t0, 0($s0))
    TRAPS_UTLB(EXC_TLBS, sw $t0, 0x1000($s0))
    mtc0    $0, C0_INDEX
    tlbp
    mfc0    $t0, C0_INDEX
    mtc0    $0, C0_STATUS
    mfc0    $t1, C0_STATUS
    CHECK($t0, 0x80000000)
    CHECK($t1, SR_TS)
/* Even with good entries. */
    SET_TLB(6, KSEG0, 0)
    SET_ENTRYHI(0)
    TRAPS_UTLB(EXC_TLBL, lw $t0, 0($s0))
/* What needs no translation goes on. */
    li      $t0, KSEG0 + FRAME
    lw      $t1, 0($t0)
    nop
    CHECK($t1, 0x12345678)
    PASS_ONCE
