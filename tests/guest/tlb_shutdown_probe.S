/* As tlb_shutdown.S, but TLBP meets the two entries, in a program that runs in
 * a mapped page: its next instruction is not found any more. */
#include "tests/guest/test.h"

PROGRAM("tlb_shutdown_probe.S")
    SET_TLB(0, mapped, mapped + LO_V)
    SET_TLB(1, 0x20003000, LO_V)
    SET_TLB(2, 0x20003000, LO_V)
    CATCH(1f)
    la      $t0, mapped
    jr      $t0
    nop
1:  EXPECT(EXC_TLBL, after)
    CHECK_SEEN_ADDR(SEEN_BADVADDR, after)
    CHECK_SEEN(SEEN_VECTOR, VECTOR_UTLB)
    CHECK_SEEN(SEEN_STATUS, SR_TS)
    mfc0    $t0, C0_INDEX
    nop
    CHECK($t0, 0x80000200)
    PASS_ONCE

    .section .user, "ax"
mapped:
    tlbp
after:
    nop
