/* What software sees of the caches with Status.IsC: see frontend/isocache.h.
 * ICACHE and DCACHE are the sizes in bytes.  While IsC is set nothing may be
 * loaded, stored or trapped but what is meant. */
#include "tests/guest/test.h"

#ifndef ICACHE
#define ICACHE 0x10000
#endif
#ifndef DCACHE
#define DCACHE 0x10000
#endif

#define FRAME 0x280000

PROGRAM("caches.S")
    la      $s0, data
    li      $s1, 0x11223344
    sw      $s1, 0($s0)
    sw      $s1, 4($s0)

/* CM_OF(reg): 1 if the last load missed, else 0. */
#define CM_OF(reg) mfc0 reg, C0_STATUS; nop; srl reg, reg, 19; andi reg, reg, 1
#define ISOLATE    SET_STATUS(SR_ISC)
#define NORMAL     mtc0 $0, C0_STATUS

/* --- Words and parts of words --------------------------------------------- */

/* A word that is stored is there, and not in memory. */
    ISOLATE
    li      $t0, 0xcafe0001
    sw      $t0, 0($s0)
    lw      $t1, 0($s0)
    CM_OF($t2)
    NORMAL
    lw      $t3, 0($s0)
    CHECK($t1, 0xcafe0001)
    CHECK($t2, 0)
    CHECK($t3, 0x11223344)
    ISOLATE
    lw      $t1, 0($s0) /* still */
    CM_OF($t2)
    lbu     $t3, 0($s0)
    lhu     $t4, 2($s0)
    lwl     $t5, BY_ENDIAN(3, 0)($s0)
    NORMAL
    CHECK($t1, 0xcafe0001)
    CHECK($t2, 0)
    CHECK($t3, BY_ENDIAN(0x01, 0xca))
    CHECK($t4, BY_ENDIAN(0xcafe, 0x0001))
    CHECK($t5, 0xcafe0001)

/* Less than a word makes the line invalid, and does not reach memory, either.
 * A load that misses gives what is in the line. */
    .macro  invalidates line, insn:vararg
    ISOLATE
    sw      $t0, 0($s0)
    lw      $t3, 0($s0)
    CM_OF($t1)
    \insn
    lw      $t3, 0($s0)
    CM_OF($t2)
    sw      $t0, 0($s0)
    lw      $t3, 0($s0)
    CM_OF($t3)
    NORMAL
    lw      $t4, 0($s0)
    check   $t1, 0, \line
    check   $t2, 1, \line
    check   $t3, 0, \line
    check   $t4, 0x11223344, \line
    .endm
#define INVALIDATES(...) invalidates __LINE__, __VA_ARGS__
    INVALIDATES(sb $0, 0($s0))
    INVALIDATES(sb $0, 3($s0))
    INVALIDATES(sh $0, 2($s0))
    INVALIDATES(swl $0, 1($s0))
    INVALIDATES(swr $0, 2($s0))

/* The line of another address: its data, but a miss. */
    ISOLATE
    li      $t0, 0xcafe0002
    sw      $t0, 0($s0)
    li      $t1, DCACHE
    addu    $t1, $t1, $s0
    lw      $t2, 0($t1)
    CM_OF($t3)
    lw      $t4, 4($s0)
    sw      $t0, 4($s0)
    lw      $t4, 4($s0)
    CM_OF($t5)
    NORMAL
    CHECK($t2, 0xcafe0002)
    CHECK($t3, 1)
    CHECK($t4, 0xcafe0002)
    CHECK($t5, 0)

/* --- Sizes ---------------------------------------------------------------- */

/* A mark in word 0 shows up where the cache begins again. */
#define SIZE(status, size)                                                     \
    SET_STATUS(status); lui $t0, KSEG0 >> 16; li $t1, 0x200;                   \
    1: addu $t2, $t0, $t1; sw $0, 0($t2); sltu $t3, $t1, $t4; sll $t1, $t1, 1; \
    bne $t3, $0, 1b; lui $t4, 8; li $t3, -1; sw $t3, 0($t0); li $t1, 0x200;    \
    2: addu $t2, $t0, $t1; lw $t2, 0($t2); sll $t1, $t1, 1; beq $t2, $0, 2b;   \
    nop; NORMAL; srl $t1, $t1, 1; CHECK($t1, size)

    lui     $t4, 8
    SIZE(SR_ISC, DCACHE)
    SIZE(SR_ISC | SR_SWC, ICACHE)

/* Lines are a word: invalidating one leaves its neighbours. */
    ISOLATE
    .irp    i, 0, 4, 8, 12, 16, 20, 24, 28
    sw      $0, \i($s0)
    .endr
    sb      $0, 8($s0)
    lw      $0, 4($s0)
    CM_OF($t1)
    lw      $0, 8($s0)
    CM_OF($t2)
    lw      $0, 12($s0)
    CM_OF($t3)
    NORMAL
    CHECK($t1, 0)
    CHECK($t2, 1)
    CHECK($t3, 0)

/* --- Two caches ----------------------------------------------------------- */

    ISOLATE
    li      $t0, 0xda1a0000
    sw      $t0, 0($s0)
    SET_STATUS(SR_ISC | SR_SWC)
    li      $t0, 0x10000000
    sw      $t0, 0($s0)
    sb      $t0, 4($s0)
    lw      $t1, 0($s0)
    lw      $t2, 4($s0)
    CM_OF($t2)
    ISOLATE
    sw      $t0, 4($s0)
    lw      $t3, 0($s0)
    lw      $t4, 4($s0)
    CM_OF($t4)
    SET_STATUS(SR_ISC | SR_SWC)
    lw      $t5, 4($s0)
    CM_OF($t5)
    NORMAL
    CHECK($t1, 0x10000000)
    CHECK($t2, 1)
    CHECK($t3, 0xda1a0000)
    CHECK($t4, 0)
    CHECK($t5, 1)
/* SwC without IsC changes nothing in a machine whose caches cannot be seen. */
    SET_STATUS(SR_SWC)
    sw      $s1, 0($s0)
    lw      $t1, 0($s0)
    NORMAL
    lw      $t2, 0($s0)
    CHECK($t1, 0x11223344)
    CHECK($t2, 0x11223344)

/* --- What is not cached --------------------------------------------------- */

/* kseg1, and pages with N: loads and stores are of memory. */
    SET_TLB(0, 0x10000000, FRAME + LO_V + LO_D)
    SET_TLB(1, 0x20000000, FRAME + LO_V + LO_D + LO_N)
    li      $s2, KSEG1 + FRAME
    lui     $s3, 0x1000
    lui     $s4, 0x2000
    li      $t0, 0xaaaa0001
    sw      $t0, 0($s2)
    sw      $t0, 4($s2)
    sw      $t0, 8($s2)
    ISOLATE
    li      $t0, 0xbbbb0001
    sw      $t0, 0($s2) /* to memory */
    li      $t0, 0xbbbb0002
    sw      $t0, 4($s3) /* to the cache */
    li      $t0, 0xbbbb0003
    sw      $t0, 8($s4) /* to memory */
    sb      $t0, 11($s4)
    lw      $t1, 0($s2)
    lw      $t2, 4($s2)
    lw      $t3, 8($s2)
    lw      $t4, 4($s3)
    lw      $t5, 0($s4)
    NORMAL
    CHECK($t1, 0xbbbb0001)
    CHECK($t2, 0xaaaa0001)
    CHECK($t3, BY_ENDIAN(0x03bb0003, 0xbbbb0003))
    CHECK($t4, 0xbbbb0002)
    CHECK($t5, 0xbbbb0001)
    lw      $t1, 0($s3)
    lw      $t2, 4($s3)
    CHECK($t1, 0xbbbb0001)
    CHECK($t2, 0xaaaa0001)

/* --- Parity --------------------------------------------------------------- */

/* With PZ a word is written with parity zero, which is right for bytes with an
 * even number of ones only.  An error is a miss, and sets PE until 1 is written
 * to it. */
#define PARITY(word, pe, cm)                                                   \
    SET_STATUS(SR_ISC | SR_PZ); li $t0, word; sw $t0, 0($s0); ISOLATE;         \
    lw $t1, 0($s0); mfc0 $t2, C0_STATUS; sw $t0, 0($s0); ISOLATE;              \
    lw $0, 0($s0); mfc0 $t3, C0_STATUS; li $t4, SR_PE; mtc0 $t4, C0_STATUS;    \
    mfc0 $t4, C0_STATUS; nop; CHECK($t1, word);                                \
    CHECK($t2, SR_ISC | (pe) | (cm)); CHECK($t3, SR_ISC | (pe)); CHECK($t4, 0)

    PARITY(0x00000000, 0, 0)
    PARITY(0x03ff5a81, 0, 0)
    PARITY(0x01000000, SR_PE, SR_CM)
    PARITY(0x00800000, SR_PE, SR_CM)
    PARITY(0x00000700, SR_PE, SR_CM)
    PARITY(0x00000010, SR_PE, SR_CM)
    PARITY(0x01010101, SR_PE, SR_CM)
    PASS

    .data
    .balign 64
data:
    .space  64
