/* Loads and stores of every size at every alignment. */
#include "tests/guest/test.h"

PROGRAM("memory.S")
    la      $s0, data

/* --- Loads ---------------------------------------------------------------- */

    li      $t0, BYTES(0x11, 0x82, 0x73, 0xf4)
    sw      $t0, 0($s0)
    li      $t0, BYTES(0x95, 0x26, 0x87, 0x08)
    sw      $t0, 4($s0)

/* With the offset in the instruction, in the base, and below the base. */
#define LOAD(op, offset, result)                                               \
    li $t0, 0x5a5a5a5a; op $t0, offset($s0); op $0, offset($s0);               \
    CHECK($t0, result); CHECK($0, 0);                                          \
    addiu $t1, $s0, offset; op $t1, 0($t1); nop; CHECK($t1, result);           \
    addiu $t1, $s0, 0x7fff; op $t0, offset - 0x7fff($t1); nop;                 \
    CHECK($t0, result)

    LOAD(lb, 0, 0x11)
    LOAD(lb, 1, 0xffffff82)
    LOAD(lb, 2, 0x73)
    LOAD(lb, 3, 0xfffffff4)
    LOAD(lb, 4, 0xffffff95)
    LOAD(lbu, 0, 0x11)
    LOAD(lbu, 1, 0x82)
    LOAD(lbu, 2, 0x73)
    LOAD(lbu, 3, 0xf4)
    LOAD(lbu, 7, 0x08)
    LOAD(lh, 0, BY_ENDIAN(0xffff8211, 0x1182))
    LOAD(lh, 2, BY_ENDIAN(0xfffff473, 0x73f4))
    LOAD(lh, 4, BY_ENDIAN(0x2695, 0xffff9526))
    LOAD(lh, 6, BY_ENDIAN(0x0887, 0xffff8708))
    LOAD(lhu, 0, BY_ENDIAN(0x8211, 0x1182))
    LOAD(lhu, 2, BY_ENDIAN(0xf473, 0x73f4))
    LOAD(lhu, 4, BY_ENDIAN(0x2695, 0x9526))
    LOAD(lhu, 6, BY_ENDIAN(0x0887, 0x8708))
    LOAD(lw, 0, BY_ENDIAN(0xf4738211, 0x118273f4))
    LOAD(lw, 4, BY_ENDIAN(0x08872695, 0x95268708))

/* The offset is signed, and the sum wraps: from kuseg up into kseg0. */
    addiu   $t1, $s0, 0x4000
    addiu   $t1, $t1, 0x4000
    lw      $t0, -0x8000($t1)
    lui     $t1, 0x7fff
    ori     $t1, $t1, 0xfffc
    lw      $t2, 0x1004($t1)
    lui     $t3, 0x8000
    lw      $t3, 0x1000($t3)
    CHECK($t0, BY_ENDIAN(0xf4738211, 0x118273f4))
    CHECK_REG($t2, $t3)

/* --- Stores --------------------------------------------------------------- */

#define STORE(op, offset, result)                                              \
    li $t0, BYTES(0x11, 0x22, 0x33, 0x44); li $t1, 0xaabbccdd;                 \
    sw $t0, 8($s0); op $t1, 8 + (offset)($s0); lw $t2, 8($s0); nop;            \
    CHECK($t2, result); CHECK($t1, 0xaabbccdd)

    STORE(sb, 0, BYTES(0xdd, 0x22, 0x33, 0x44))
    STORE(sb, 1, BYTES(0x11, 0xdd, 0x33, 0x44))
    STORE(sb, 2, BYTES(0x11, 0x22, 0xdd, 0x44))
    STORE(sb, 3, BYTES(0x11, 0x22, 0x33, 0xdd))
    STORE(sh, 0, BY_ENDIAN(0x4433ccdd, 0xccdd3344))
    STORE(sh, 2, BY_ENDIAN(0xccdd2211, 0x1122ccdd))
    STORE(sw, 0, 0xaabbccdd)

/* --- Parts of words ------------------------------------------------------- */

#define PART(op, offset, result)                                               \
    li $t0, BYTES(0x11, 0x22, 0x33, 0x44); sw $t0, 8($s0);                     \
    li $t0, 0xaabbccdd; op $t0, 8 + (offset)($s0); op $0, 8 + (offset)($s0);   \
    CHECK($t0, result); CHECK($0, 0);                                          \
    addiu $t1, $s0, 8 + (offset); li $t0, 0xaabbccdd; op $t0, 0($t1);          \
    nop; CHECK($t0, result)

    PART(lwl, 0, BY_ENDIAN(0x11bbccdd, 0x11223344))
    PART(lwl, 1, BY_ENDIAN(0x2211ccdd, 0x223344dd))
    PART(lwl, 2, BY_ENDIAN(0x332211dd, 0x3344ccdd))
    PART(lwl, 3, BY_ENDIAN(0x44332211, 0x44bbccdd))
    PART(lwr, 0, BY_ENDIAN(0x44332211, 0xaabbcc11))
    PART(lwr, 1, BY_ENDIAN(0xaa443322, 0xaabb1122))
    PART(lwr, 2, BY_ENDIAN(0xaabb4433, 0xaa112233))
    PART(lwr, 3, BY_ENDIAN(0xaabbcc44, 0x11223344))

    STORE(swl, 0, BY_ENDIAN(BYTES(0xaa, 0x22, 0x33, 0x44), 0xaabbccdd))
    STORE(swl, 1, BY_ENDIAN(BYTES(0xbb, 0xaa, 0x33, 0x44), 0x11aabbcc))
    STORE(swl, 2, BY_ENDIAN(BYTES(0xcc, 0xbb, 0xaa, 0x44), 0x1122aabb))
    STORE(swl, 3, BY_ENDIAN(0xaabbccdd, 0x112233aa))
    STORE(swr, 0, BY_ENDIAN(0xaabbccdd, 0xdd223344))
    STORE(swr, 1, BY_ENDIAN(BYTES(0x11, 0xdd, 0xcc, 0xbb), 0xccdd3344))
    STORE(swr, 2, BY_ENDIAN(BYTES(0x11, 0x22, 0xdd, 0xcc), 0xbbccdd44))
    STORE(swr, 3, BY_ENDIAN(BYTES(0x11, 0x22, 0x33, 0xdd), 0xaabbccdd))

/* Pairs: a word from any address, in either order of the two. */
#define LEFT  BY_ENDIAN(3, 0)
#define RIGHT BY_ENDIAN(0, 3)
#define PAIR(base, offset, result)                                             \
    li $t0, 0xdeadbeef; lwl $t0, (offset) + LEFT(base);                        \
    lwr $t0, (offset) + RIGHT(base); nop; CHECK($t0, result);                  \
    li $t0, 0xdeadbeef; lwr $t0, (offset) + RIGHT(base);                       \
    lwl $t0, (offset) + LEFT(base); nop; CHECK($t0, result)

    PAIR($s0, 0, BYTES(0x11, 0x82, 0x73, 0xf4))
    PAIR($s0, 1, BYTES(0x82, 0x73, 0xf4, 0x95))
    PAIR($s0, 2, BYTES(0x73, 0xf4, 0x95, 0x26))
    PAIR($s0, 3, BYTES(0xf4, 0x95, 0x26, 0x87))
    PAIR($s0, 4, BYTES(0x95, 0x26, 0x87, 0x08))

/* The same for stores, over the end of a page. */
#define STORE_PAIR(offset, first, second)                                      \
    li $t0, BYTES(1, 2, 3, 4); sw $t0, -4($s1);                                \
    li $t0, BYTES(5, 6, 7, 8); sw $t0, 0($s1);                                 \
    li $t1, BYTES(0xa1, 0xa2, 0xa3, 0xa4);                                     \
    swl $t1, (offset) + LEFT($s1); swr $t1, (offset) + RIGHT($s1);             \
    lw $t2, -4($s1); lw $t3, 0($s1); CHECK($t2, first); CHECK($t3, second);    \
    PAIR($s1, offset, BYTES(0xa1, 0xa2, 0xa3, 0xa4));                          \
    li $t0, BYTES(1, 2, 3, 4); sw $t0, -4($s1);                                \
    li $t0, BYTES(5, 6, 7, 8); sw $t0, 0($s1);                                 \
    swr $t1, (offset) + RIGHT($s1); swl $t1, (offset) + LEFT($s1);             \
    lw $t2, -4($s1); lw $t3, 0($s1); CHECK($t2, first); CHECK($t3, second)

    la      $s1, page
    STORE_PAIR(-4, BYTES(0xa1, 0xa2, 0xa3, 0xa4), BYTES(5, 6, 7, 8))
    STORE_PAIR(-3, BYTES(1, 0xa1, 0xa2, 0xa3), BYTES(0xa4, 6, 7, 8))
    STORE_PAIR(-2, BYTES(1, 2, 0xa1, 0xa2), BYTES(0xa3, 0xa4, 7, 8))
    STORE_PAIR(-1, BYTES(1, 2, 3, 0xa1), BYTES(0xa2, 0xa3, 0xa4, 8))
    STORE_PAIR(0, BYTES(1, 2, 3, 4), BYTES(0xa1, 0xa2, 0xa3, 0xa4))

/* kseg1 is the same memory. */
    li      $t0, 0x20000000
    or      $t1, $s0, $t0
    li      $t2, 0x13572468
    sw      $t2, 0($t1)
    lw      $t3, 0($s0)
    li      $t2, 0x24681357
    sw      $t2, 4($s0)
    lw      $t4, 4($t1)
    CHECK($t3, 0x13572468)
    CHECK($t4, 0x24681357)
    PASS

    .data
    .balign 8
data:
    .space  16
    .balign 4096
    .space  4096
page:
    .space  16
