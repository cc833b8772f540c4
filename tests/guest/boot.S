/* Status.BEV: the exception vectors of the boot ROM.  And code in ROM, which
 * stores do not change.  Needs the ROM of bare_regs.h. */
#include "tests/guest/test.h"

    .section .rom, "ax"
rom:
    jr      $ra
    li      $v0, 17
    .macro  to_handler vector
    .org    \vector
    lui     $k0, %hi(handler)
    lw      $k0, %lo(handler)($k0)
    li      $k1, \vector
    jr      $k0
    nop
    .endm
    to_handler VECTOR_BEV_UTLB
    to_handler VECTOR_BEV_GENERAL

PROGRAM("boot.S")
#define CALL(address, result)                                                  \
    la $t0, address; jalr $t0; nop; CHECK($v0, result)
    CALL(rom, 17)
    CALL(rom - 0x20000000, 17) /* kseg0 */
    la      $s0, rom
    lw      $t0, 4($s0)
    sw      $0, 4($s0)
    sb      $0, 4($s0)
    lw      $t1, 4($s0)
    CHECK($t0, 0x24020011)
    CHECK($t1, 0x24020011)
    CALL(rom, 17)

#define BOOT_TRAPS(exc, vector, ...)                                           \
    SET_STATUS(SR_BEV | SR_IEC | SR_KUO);                                      \
    traps exc, vector, __LINE__, __VA_ARGS__;                                  \
    CHECK_SEEN(SEEN_STATUS, SR_BEV | SR_IEP); mfc0 $t0, C0_STATUS; nop;        \
    CHECK($t0, SR_BEV | SR_IEC); mtc0 $0, C0_STATUS
    li      $s1, 0x30000000
    li      $s2, KSEG2
    BOOT_TRAPS(EXC_SYS, VECTOR_BEV_GENERAL, syscall)
    BOOT_TRAPS(EXC_ADEL, VECTOR_BEV_GENERAL, lw $t0, 1($s1))
    BOOT_TRAPS(EXC_TLBL, VECTOR_BEV_UTLB, lw $t0, 0($s1))
    BOOT_TRAPS(EXC_TLBS, VECTOR_BEV_UTLB, sw $t0, 0($s1))
    BOOT_TRAPS(EXC_TLBL, VECTOR_BEV_GENERAL, lw $t0, 0($s2))
    BOOT_TRAPS(EXC_TLBS, VECTOR_BEV_GENERAL, sw $t0, 0($s2))

/* From user mode, and an interrupt. */
    SET_TLB(0, USER, USER + LO_V)
    CATCH(1f)
    ENTER_USER(user_syscall, SR_BEV)
1:  EXPECT(EXC_SYS, user_syscall)
    CHECK_SEEN(SEEN_VECTOR, VECTOR_BEV_GENERAL)
    CHECK_SEEN(SEEN_STATUS, SR_BEV | SR_KUP)
    SET_HANDLER(quiet)
    li      $t0, 0x100
    SET_STATUS(SR_BEV | SR_IEC | 0x100)
    CATCH(1f)
    mtc0    $t0, C0_CAUSE
2:  NOT_REACHED
1:  EXPECT(EXC_INT, 2b)
    CHECK_SEEN(SEEN_VECTOR, VECTOR_BEV_GENERAL)
    PASS

quiet:
    j       record
    mtc0    $0, C0_CAUSE

    .section .user, "ax"
user_syscall:
    syscall
