/* The R3010's registers: moves, loads and stores, their delays, and the control
 * registers. */
#include "tests/guest/test.h"

#define OLD  0x01d01d01
#define NEW  0xfedc8765
#define NEW2 0x0badf00d

PROGRAM("fpu_move.S")
    SET_STATUS(SR_CU1)
    ctc1    $0, $31
    la      $s0, data
    li      $t0, NEW
    sw      $t0, 0($s0)
    li      $t0, NEW2
    sw      $t0, 4($s0)

/* --- Thirty-two registers ------------------------------------------------- */

#define ALL .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,  \
            17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31

    ALL
    li      $t0, 0x01010101 * \n
    mtc1    $t0, $f\n
    .endr
    ALL
    mfc1    $t0, $f\n
    swc1    $f\n, 8($s0)
    lw      $t1, 8($s0)
    CHECK($t0, 0x01010101 * \n)
    CHECK($t1, 0x01010101 * \n)
    .endr
    ALL
    li      $t0, 0x76543210 + \n
    sw      $t0, 8($s0)
    lwc1    $f\n, 8($s0)
    .endr
    ALL
    mfc1    $t0, $f\n
    nop
    CHECK($t0, 0x76543210 + \n)
    .endr
    mfc1    $0, $f1
    CHECK($0, 0)

/* --- Delays --------------------------------------------------------------- */

/* `insn` changes $f6 from OLD to NEW; the next instruction that reads it sees
 * OLD, if it comes next; all later ones see NEW. */
    .macro  delayed line, insn:vararg
    li      $t0, OLD
    mtc1    $t0, $f6
    li      $t3, NEW
    \insn
    swc1    $f6, 8($s0)
    swc1    $f6, 12($s0)
    lw      $t1, 8($s0)
    lw      $t2, 12($s0)
    check   $t1, OLD, \line
    check   $t2, NEW, \line
    mtc1    $t0, $f6
    nop
    \insn
    mfc1    $t1, $f6
    mfc1    $t2, $f6
    nop
    check   $t1, OLD, \line
    check   $t2, NEW, \line
    mtc1    $t0, $f6
    nop
    \insn
    mov.s   $f8, $f6
    mov.s   $f10, $f6
    mfc1    $t1, $f8
    mfc1    $t2, $f10
    nop
    check   $t1, OLD, \line
    check   $t2, NEW, \line
    mtc1    $t0, $f6
    nop
    \insn
    nop
    swc1    $f6, 8($s0)
    lw      $t1, 8($s0)
    nop
    check   $t1, NEW, \line
    .endm
#define DELAYED(...) delayed __LINE__, __VA_ARGS__
    DELAYED(lwc1 $f6, 0($s0))
    DELAYED(mtc1 $t3, $f6)

/* The result of an operation wins over a load that was in flight. */
    li      $t0, OLD
    mtc1    $t0, $f2
    nop
    lwc1    $f6, 0($s0)
    mov.s   $f6, $f2
    nop
    mfc1    $t1, $f6
    nop
    CHECK($t1, OLD)
/* Half a double in flight. */
    mtc1    $t0, $f2
    mtc1    $t0, $f3
    nop
    lwc1    $f3, 0($s0)
    mov.d   $f4, $f2
    mov.d   $f6, $f2
    mfc1    $t1, $f5
    mfc1    $t2, $f7
    mfc1    $t3, $f4
    CHECK($t1, OLD)
    CHECK($t2, NEW)
    CHECK($t3, OLD)
/* Two in a row: each in its turn. */
    mtc1    $t0, $f6
    nop
    lwc1    $f6, 0($s0)
    lwc1    $f6, 4($s0)
    mfc1    $t1, $f6
    mfc1    $t2, $f6
    nop
    CHECK($t1, NEW)
    CHECK($t2, NEW2)
    mtc1    $t0, $f6
    mtc1    $t0, $f8
    nop
    lwc1    $f6, 0($s0)
    lwc1    $f8, 4($s0)
    mfc1    $t1, $f6
    mfc1    $t2, $f8
    nop
    CHECK($t1, NEW)
    CHECK($t2, NEW2)
/* A load in the delay slot of a branch. */
    mtc1    $t0, $f6
    beq     $0, $0, 1f
    lwc1    $f6, 0($s0)
    NOT_REACHED
1:  mfc1    $t1, $f6
    mfc1    $t2, $f6
    nop
    CHECK($t1, OLD)
    CHECK($t2, NEW)
/* An exception lets it land, and one of the load itself leaves all alone. */
    mtc1    $t0, $f6
    CATCH(1f)
    lwc1    $f6, 0($s0)
    syscall
1:  mfc1    $t1, $f6
    nop
    CHECK($t1, NEW)
    mtc1    $t0, $f6
    TRAPS(EXC_ADEL, lwc1 $f6, 2($s0))
    mfc1    $t1, $f6
    nop
    CHECK($t1, OLD)
    mtc1    $t0, $f6
    CATCH(1f)
    lwc1    $f6, 0($s0)
    lwc1    $f6, 2($s0)
1:  mfc1    $t1, $f6
    nop
    CHECK($t1, NEW)

/* --- Control registers ---------------------------------------------------- */

    cfc1    $t0, $0
    cfc1    $t1, $1
    cfc1    $t2, $30
    CHECK($t0, 0x340)
    CHECK($t1, 0)
    CHECK($t2, 0)
    li      $t3, -1
    ctc1    $t3, $0
    ctc1    $t3, $1
    ctc1    $t3, $30
    cfc1    $t0, $0
    cfc1    $t1, $31
    CHECK($t0, 0x340)
    CHECK($t1, 0)
    .irp    bit, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, \
                 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    li      $t0, 1 << \bit
    ctc1    $t0, $31
    cfc1    $t1, $31 /* no delay */
    nop
    CHECK($t1, (1 << \bit) & 0x0083ffff)
    .endr
    ctc1    $0, $31

/* --- MOV, ABS, NEG -------------------------------------------------------- */

/* Of the pair $f2, $f3 (hi:lo), into $f6, $f7. */
#define PAIR(hi, lo, ...)                                                      \
    li $t8, lo; mtc1 $t8, $f2; li $t8, hi; mtc1 $t8, $f3;                      \
    mtc1 $0, $f6; mtc1 $0, $f7; nop; __VA_ARGS__;                              \
    mfc1 $t0, $f6; mfc1 $t1, $f7; cfc1 $t2, $31
    PAIR(0x12345678, 0x87654321, mov.s $f6, $f2)
    CHECK($t0, 0x87654321)
    CHECK($t1, 0)
    CHECK($t2, 0)
    PAIR(0x12345678, 0x87654321, mov.d $f6, $f2)
    CHECK($t0, 0x87654321)
    CHECK($t1, 0x12345678)
    PAIR(0x12345678, 0xff912345, mov.s $f6, $f2) /* any bits */
    CHECK($t0, 0xff912345)
    CHECK($t2, 0)
    PAIR(0x7fffffff, 1, mov.d $f6, $f2)
    CHECK($t0, 1)
    CHECK($t1, 0x7fffffff)
    PAIR(0xc0000000, 0xbf800000, abs.s $f6, $f2)
    CHECK($t0, 0x3f800000)
    CHECK($t1, 0)
    PAIR(0xbff00000, 0x80000001, abs.d $f6, $f2)
    CHECK($t0, 0x80000001)
    CHECK($t1, 0x3ff00000)
    PAIR(0x3ff00000, 0x00000000, neg.s $f6, $f2)
    CHECK($t0, 0x80000000)
    CHECK($t1, 0)
    PAIR(0xbff00000, 0x80000001, neg.d $f6, $f2)
    CHECK($t0, 0x80000001)
    CHECK($t1, 0x3ff00000)
    PAIR(0x3ff00000, 0x80000001, neg.d $f6, $f2)
    CHECK($t1, 0xbff00000)
/* Singles may be in odd registers; $f7 here. */
    PAIR(0x40000000, 0, .word 0x460019c6) /* mov.s $f7, $f3 */
    CHECK($t0, 0)
    CHECK($t1, 0x40000000)
    PASS

    .data
    .balign 8
data:
    .word   0, 0, 0, 0
