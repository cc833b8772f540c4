/* User mode: what it may not do, and how it is entered and left. */
#include "tests/guest/test.h"

PROGRAM("user.S")
    SET_TLB(0, user_page, user_page + LO_V + LO_D)
    SET_ENTRYHI(ASID(0))
    la      $s0, word - 4 /* not 0($s0), to see the sum checked */
    li      $s1, KSEG0 + 0x280000
    li      $s2, KSEG1 + 0x280000
    li      $s3, KSEG2
    li      $s4, 0xfffffffc
    li      $s5, 0x7fffffff
    li      $t0, 0x600df00d

/* `label`, in user mode, takes the exception; Status is as ENTER_USER says,
 * with the modes pushed. */
#define IN_USER(label, status, exc)                                            \
    CATCH(1f); ENTER_USER(label, status); 1: EXPECT(exc, label);               \
    CHECK_SEEN(SEEN_STATUS, (status) | SR_KUP);                                \
    CHECK_SEEN(SEEN_VECTOR, VECTOR_GENERAL)
#define IN_USER_SLOT(label, status, exc)                                       \
    CATCH(1f); ENTER_USER(label, status); 1: EXPECT((exc) | SLOT, label);      \
    CHECK_SEEN(SEEN_STATUS, (status) | SR_KUP)

    IN_USER(u_syscall, 0, EXC_SYS)
    IN_USER(u_syscall, SR_KUO, EXC_SYS)
    IN_USER_SLOT(u_syscall_slot, 0, EXC_SYS)
    IN_USER(u_break, 0, EXC_BP)
    IN_USER(u_reserved, 0, EXC_RI)

/* --- Addresses ------------------------------------------------------------ */

/* It has kuseg only; the alignment is no other error. */
#define USER_ADDRESS(label, exc, address)                                      \
    IN_USER(label, 0, exc); CHECK_SEEN(SEEN_BADVADDR, address);                \
    CHECK($t0, 0x600df00d)

    USER_ADDRESS(u_lw_kseg0, EXC_ADEL, KSEG0 + 0x280000)
    USER_ADDRESS(u_lb_kseg1, EXC_ADEL, KSEG1 + 0x280003)
    USER_ADDRESS(u_lhu_kseg2, EXC_ADEL, KSEG2 + 2)
    USER_ADDRESS(u_lwl_kseg0, EXC_ADEL, KSEG0 + 0x280001)
    USER_ADDRESS(u_lw_end, EXC_ADEL, 0xfffffffc)
    USER_ADDRESS(u_lb_sum, EXC_ADEL, 0x80000000)
    USER_ADDRESS(u_sw_kseg0, EXC_ADES, KSEG0 + 0x280000)
    USER_ADDRESS(u_sb_kseg1, EXC_ADES, KSEG1 + 0x280003)
    USER_ADDRESS(u_sh_kseg2, EXC_ADES, KSEG2 + 2)
    USER_ADDRESS(u_swr_kseg0, EXC_ADES, KSEG0 + 0x280001)
    USER_ADDRESS(u_lw_odd, EXC_ADEL, KSEG0 + 0x280001)
    IN_USER_SLOT(u_lw_slot, 0, EXC_ADEL)
    CHECK_SEEN(SEEN_BADVADDR, KSEG1 + 0x280000)

/* Fetches, too: EPC and BadVAddr are where it jumped to. */
#define USER_JUMP(address)                                                     \
    li $t1, address; CATCH(1f); ENTER_USER(u_jump, 0); 1:                      \
    CHECK_SEEN(SEEN_EPC, address); CHECK_SEEN(SEEN_BADVADDR, address);         \
    SEEN($t8, SEEN_CAUSE); CHECK($t8, EXC_ADEL << 2);                          \
    CHECK_SEEN(SEEN_STATUS, SR_KUP)

    USER_JUMP(KSEG0 + 0x1000)
    USER_JUMP(KSEG1 + 0x1000)
    USER_JUMP(KSEG2)
/* Or entered user mode: the handler's return to an address of the kernel. */
    CATCH(1f)
    ENTER_USER(1f, 0)
1:  EXPECT(EXC_ADEL, 1b)
    CHECK_SEEN_ADDR(SEEN_BADVADDR, 1b)
/* Or user mode that begins in the middle of the kernel, by MTC0. */
    CATCH(1f)
    li      $t8, SR_KUC
    mtc0    $t8, C0_STATUS
2:  NOT_REACHED
1:  EXPECT(EXC_ADEL, 2b)
    CHECK_SEEN_ADDR(SEEN_BADVADDR, 2b)
    CHECK_SEEN(SEEN_STATUS, SR_KUP)
/* A branch at the end of kuseg, whose delay slot is in kseg0. */
    SET_TLB(1, 0x7ffff000, LO_V + 0x280000)
    li      $t1, KSEG0 + 0x280000
    li      $t2, 0x1000ffff
    sw      $t2, 0xffc($t1)
    CATCH(1f)
    ENTER_USER(0x7ffffffc, 0)
1:  CHECK_SEEN(SEEN_EPC, 0x7ffffffc)
    CHECK_SEEN(SEEN_BADVADDR, KSEG0)
    SEEN($t8, SEEN_CAUSE)
    CHECK($t8, CAUSE_BD | EXC_ADEL << 2)

/* A miss in kuseg is a miss here as well. */
    CATCH(1f)
    ENTER_USER(u_lw_miss, 0)
1:  EXPECT(EXC_TLBL, u_lw_miss)
    CHECK_SEEN(SEEN_VECTOR, VECTOR_UTLB)
    CHECK_SEEN(SEEN_BADVADDR, 0x7fffeffc)

/* What the kernel may read and the user may not does not become readable by
 * having been read; and the other way round. */
    lw      $t1, 0($s1)
    lw      $t1, 0($s2)
    USER_ADDRESS(u_lw_kseg0, EXC_ADEL, KSEG0 + 0x280000)
    lw      $t1, 0($s1)
    li      $t2, 0x13572468
    sw      $t2, 4($s0)
    CATCH(1f)
    ENTER_USER(u_work, 0)
1:  EXPECT(EXC_SYS, u_work_end)
    CHECK($t3, 0x13572468)
    lw      $t4, 4($s0)
    nop
    CHECK($t4, 0x13572469)

/* --- Coprocessors --------------------------------------------------------- */

/* CP0 is the kernel's unless CU0 says so; the others go by their bits, as in
 * kernel mode. */
    IN_USER(u_mfc0, 0, CPU(0))
    IN_USER(u_mtc0, 0, CPU(0))
    IN_USER(u_tlbr, 0, CPU(0))
    IN_USER(u_tlbwi, 0, CPU(0))
    IN_USER(u_tlbwr, 0, CPU(0))
    IN_USER(u_tlbp, 0, CPU(0))
    IN_USER(u_rfe, 0, CPU(0))
    IN_USER(u_bc0f, 0, CPU(0))
    IN_USER(u_bc0t, 0, CPU(0))
    IN_USER(u_cop0, 0, CPU(0))
    IN_USER(u_cfc0, 0, CPU(0))
    IN_USER(u_lwc0, 0, CPU(0))
    IN_USER(u_swc0, 0, CPU(0))
    IN_USER(u_mfc0, SR_CU1 | SR_CU2 | SR_CU3, CPU(0))
    IN_USER_SLOT(u_mfc0_slot, 0, CPU(0))
    IN_USER(u_cop0, SR_CU0, EXC_RI)
    IN_USER(u_cfc0, SR_CU0, EXC_RI)
    IN_USER(u_lwc0, SR_CU0, EXC_RI)
    IN_USER(u_swc0, SR_CU0, EXC_RI)
    IN_USER(u_mfc1, 0, CPU(1))
    IN_USER(u_mfc2, SR_CU0 | SR_CU1, CPU(2))
    CATCH(1f)
    ENTER_USER(u_mfc0_allowed, SR_CU0 | SR_CU1)
1:  EXPECT(EXC_SYS, u_allowed_end)
    CHECK($t1, 0x220)
    CHECK($t2, 0x340)

/* --- Interrupts ----------------------------------------------------------- */

/* In user mode with IEc, as an operating system runs it. */
    li      $t1, 0x100
    mtc0    $t1, C0_CAUSE
    SET_HANDLER(quiet)
    CATCH(1f)
    ENTER_USER(u_syscall, SR_IEP | 0x100)
1:  EXPECT(EXC_INT, u_syscall)
    CHECK_SEEN(SEEN_STATUS, SR_KUP | SR_IEP | 0x100)
/* Not without. */
    li      $t1, 0x100
    mtc0    $t1, C0_CAUSE
    CATCH(1f)
    ENTER_USER(u_syscall, 0x100)
1:  EXPECT(EXC_SYS, u_syscall)
    PASS

quiet:
    j       record
    mtc0    $0, C0_CAUSE

    .section .user, "ax"
user_page:
u_syscall:
    syscall
u_syscall_slot:
    beq     $0, $0, u_syscall
    syscall
u_break:
    break
u_reserved:
    .word   0xfc000000
u_lw_kseg0:
    lw      $t0, 0($s1)
u_lb_kseg1:
    lb      $t0, 3($s2)
u_lhu_kseg2:
    lhu     $t0, 2($s3)
u_lwl_kseg0:
    lwl     $t0, 1($s1)
u_lw_end:
    lw      $t0, 0($s4)
u_lb_sum:
    lb      $t0, 1($s5)
u_sw_kseg0:
    sw      $t0, 0($s1)
u_sb_kseg1:
    sb      $t0, 3($s2)
u_sh_kseg2:
    sh      $t0, 2($s3)
u_swr_kseg0:
    swr     $t0, 1($s1)
u_lw_odd:
    lw      $t0, 1($s1)
u_lw_slot:
    beq     $0, $0, u_syscall
    lw      $t0, 0($s2)
u_jump:
    jr      $t1
    nop
u_lw_miss:
    lw      $t0, -0x1003($s5)
u_work:
    lw      $t3, 4($s0)
    nop
    addiu   $t4, $t3, 1
    sw      $t4, 4($s0)
u_work_end:
    syscall
u_mfc0:
    mfc0    $t0, C0_PRID
u_mtc0:
    mtc0    $t0, C0_STATUS
u_tlbr:
    tlbr
u_tlbwi:
    tlbwi
u_tlbwr:
    tlbwr
u_tlbp:
    tlbp
u_rfe:
    rfe
u_bc0f:
    bc0f    u_syscall
u_bc0t:
    bc0t    u_syscall
u_cop0:
    .word   0x4200003f
u_cfc0:
    .word   0x40400000
u_lwc0:
    .word   0x30 << 26 | 17 << 21
u_swc0:
    .word   0x38 << 26 | 17 << 21
u_mfc0_slot:
    beq     $0, $0, u_syscall
    mfc0    $t0, C0_PRID
u_mfc1:
    mfc1    $t0, $f0
u_mfc2:
    mfc2    $t0, $0
u_mfc0_allowed:
    mfc0    $t1, C0_PRID
    cfc1    $t2, $0
    nop
u_allowed_end:
    syscall
word:
    .word   0
