/* Exceptions of the R3010: an interrupt, IP7, with EPC at the instruction that
 * asked for it, its destination untouched.  Masked, it waits, and the program
 * goes on without the result. */
#include "tests/guest/test.h"

#define E 32
#define V 16
#define Z 8
#define O 4
#define U 2
#define I 1
#define CAUSE(exc)  ((exc) << 12)
#define ENABLE(exc) ((exc) << 7)
#define FLAG(exc)   ((exc) << 2)
#define C_BIT 0x00800000
#define IM7   0x8000
#define KEPT  0x5a5a5a5a

PROGRAM("fpu_trap.S")
    SET_HANDLER(fpu_handler)
    SET_STATUS(SR_CU1)
    ctc1    $0, $31

#define ON SET_STATUS(SR_CU1 | SR_IEC | IM7)

/* FS(hi, lo), FT(hi, lo): operands in $f2, $f3 and $f4, $f5. */
#define FS(hi, lo)                                                             \
    li $t0, lo; mtc1 $t0, $f2; li $t0, hi; mtc1 $t0, $f3; nop
#define FT(hi, lo)                                                             \
    li $t0, lo; mtc1 $t0, $f4; li $t0, hi; mtc1 $t0, $f5; nop
/* `insn`, whose destination is $f6, traps with `cause` while FCR31 is `fcr31`:
 * nothing but the cause field changes. */
    .macro  trapped cause, fcr31, line, insn:vararg
    SET_STATUS(SR_CU1)
    li      $t0, \fcr31
    ctc1    $t0, $31
    li      $t0, KEPT
    mtc1    $t0, $f6
    mtc1    $t0, $f7
    ON
    traps   EXC_INT, VECTOR_GENERAL, \line, \insn
    trapped_check \cause, \fcr31, \line
    li      $t0, \fcr31
    ctc1    $t0, $31
    traps_slot EXC_INT, VECTOR_GENERAL, $0, \line, \insn
    trapped_check \cause, \fcr31, \line
    .endm
    .macro  trapped_check cause, fcr31, line
    mfc1    $t0, $f6
    mfc1    $t1, $f7
    check   $t0, KEPT, \line
    check   $t1, KEPT, \line
    check   $s1, (\fcr31) | (\cause), \line /* by the handler */
    check   $s2, IM7, \line
    .endm
#define TRAPPED(cause, fcr31, ...) trapped cause, fcr31, __LINE__, __VA_ARGS__

/* --- Unimplemented -------------------------------------------------------- */

    FS(0x40000000, 0x40000000)
    FT(0x40000000, 0x40000000)
/* Functions, formats, and operations that a format does not have. */
    .irp    fn, 0x04, 0x08, 0x0f, 0x10, 0x1f, 0x20, 0x22, 0x23, 0x25, 0x2f
    TRAPPED(CAUSE(E), 0, .word 0x46041180 | \fn)
    .endr
    .irp    fn, 0x04, 0x08, 0x0f, 0x10, 0x1f, 0x21, 0x22, 0x23, 0x25, 0x2f
    TRAPPED(CAUSE(E), 0, .word 0x46241180 | \fn)
    .endr
    .irp    fn, 0x00, 0x01, 0x02, 0x03, 0x05, 0x06, 0x07, 0x24, 0x30, 0x3f
    TRAPPED(CAUSE(E), 0, .word 0x46841180 | \fn)
    .endr
    .irp    fmt, 0x12, 0x13, 0x15, 0x16, 0x17, 0x18, 0x1f
    TRAPPED(CAUSE(E), 0, .word 0x44041180 | \fmt << 21)
    .endr
/* Doubles in odd registers: destination, first, second operand. */
#define COP1(fmt, ft, fs, fd, fn)                                              \
    .word 0x44000000 | (fmt) << 21 | (ft) << 16 | (fs) << 11 | (fd) << 6 | (fn)
    TRAPPED(CAUSE(E), 0, COP1(17, 4, 2, 7, 0)) /* add.d */
    TRAPPED(CAUSE(E), 0, COP1(17, 4, 3, 6, 0))
    TRAPPED(CAUSE(E), 0, COP1(17, 5, 2, 6, 0))
    TRAPPED(CAUSE(E), 0, COP1(17, 0, 2, 7, 6)) /* mov.d */
    TRAPPED(CAUSE(E), 0, COP1(17, 0, 3, 6, 6))
    TRAPPED(CAUSE(E), 0, COP1(16, 0, 2, 7, 33)) /* cvt.d.s */
    TRAPPED(CAUSE(E), 0, COP1(17, 0, 3, 6, 32)) /* cvt.s.d */
    TRAPPED(CAUSE(E), C_BIT, COP1(17, 4, 3, 0, 60)) /* c.lt.d */
    TRAPPED(CAUSE(E), C_BIT, COP1(17, 5, 2, 0, 60))
/* Operands and results that it leaves to software; flags and C stay. */
    FS(0, 0x00000001)
    TRAPPED(CAUSE(E), FLAG(Z | I) | C_BIT, add.s $f6, $f2, $f4)
    TRAPPED(CAUSE(E), 0, add.s $f6, $f4, $f2)
    TRAPPED(CAUSE(E), 0, cvt.d.s $f6, $f2)
    FS(0x00800000, 0x00800000)
    FT(0x3f000000, 0x3f000000)
    TRAPPED(CAUSE(E), 0, mul.s $f6, $f2, $f4)
    FS(0x7fffffff, 0x7fffffff)
    TRAPPED(CAUSE(E), 0, add.s $f6, $f2, $f4)
    TRAPPED(CAUSE(E), 0, cvt.w.s $f6, $f2)
    FS(0, 0)
    TRAPPED(CAUSE(E), 0, div.s $f6, $f2, $f2)

/* --- Enabled -------------------------------------------------------------- */

    FS(0x3ff00000, 0x3f800000)
    FT(0, 0)
    TRAPPED(CAUSE(Z), ENABLE(Z) | FLAG(V), div.s $f6, $f2, $f4)
    TRAPPED(CAUSE(V), ENABLE(V), div.s $f6, $f4, $f4)
    FT(0x40080000, 0x40400000)
    TRAPPED(CAUSE(I), ENABLE(I) | 2, div.s $f6, $f2, $f4)
    FS(0x3ff00000, 0)
    FT(0x40080000, 0)
    TRAPPED(CAUSE(I), ENABLE(I) | 2, div.d $f6, $f2, $f4)
    FS(0x7f7fffff, 0x7f7fffff)
    TRAPPED(CAUSE(O | I), ENABLE(O), add.s $f6, $f2, $f2)
    TRAPPED(CAUSE(O | I), ENABLE(I), add.s $f6, $f2, $f2)
    FS(0x7fbfffff, 0x7fbfffff)
    FT(0x3f800000, 0x3f800000)
    TRAPPED(CAUSE(V), ENABLE(V) | C_BIT, c.lt.s $f2, $f4)
    TRAPPED(CAUSE(V), ENABLE(V) | C_BIT, c.sf.s $f2, $f4)

/* --- Masked --------------------------------------------------------------- */

/* By IM7 or by IEc, in a delay slot or not: no result, IP7 pending; it comes
 * when it may, and EPC is the instruction that lets it. */
#define MASKED(status)                                                         \
    SET_STATUS(SR_CU1); ctc1 $0, $31; li $t0, KEPT; mtc1 $t0, $f6; nop;        \
    SET_STATUS(SR_CU1 | (status)); .word 0x46041184; /* sqrt.s $f6, $f2 */     \
    mfc1 $t0, $f6; mfc0 $t1, C0_CAUSE; cfc1 $t2, $31; CHECK($t0, KEPT);        \
    andi $t1, $t1, 0xff00; CHECK($t1, IM7); CHECK($t2, CAUSE(E));              \
    beq $0, $0, 1f; .word 0x46041184; NOT_REACHED; 1: mov.s $f6, $f4;          \
    CATCH(1f); ON; 2: NOT_REACHED; 1: EXPECT(EXC_INT, 2b);                     \
    CHECK($s1, CAUSE(E)); mfc1 $t0, $f6; nop; CHECK($t0, 0x3f800000)

    MASKED(0)
    MASKED(SR_IEC | 0x7f00)
    MASKED(IM7)

/* A load into the register is not lost with the result. */
    SET_STATUS(SR_CU1)
    la      $s0, data
    lwc1    $f6, 0($s0)
    .word   0x46041184
    mfc1    $t0, $f6
    ctc1    $0, $31
    CHECK($t0, 0x12345678)

/* Only the FPU's next operation, or CTC1, takes the request back. */
    .word   0x46041184
    mfc0    $t0, C0_CAUSE
    mov.s   $f6, $f4
    mfc0    $t1, C0_CAUSE
    add.s   $f6, $f4, $f4
    mfc0    $t2, C0_CAUSE
    .word   0x46041184
    ctc1    $0, $31
    mfc0    $t3, C0_CAUSE
    andi    $t0, $t0, IM7
    andi    $t1, $t1, IM7
    andi    $t2, $t2, IM7
    andi    $t3, $t3, IM7
    CHECK($t0, IM7)
    CHECK($t1, IM7)
    CHECK($t2, 0)
    CHECK($t3, 0)

/* CTC1 can make one: it is done, and EPC is the next instruction. */
#define CTC1_TRAPS(value)                                                      \
    ON; li $t0, value; CATCH(1f); ctc1 $t0, $31; 2: NOT_REACHED;               \
    1: EXPECT(EXC_INT, 2b); CHECK($s1, value)
    CTC1_TRAPS(CAUSE(E))
    CTC1_TRAPS(CAUSE(V) | ENABLE(V))
    CTC1_TRAPS(CAUSE(I) | ENABLE(I | U))
    li      $t0, CAUSE(V | Z) | ENABLE(O | U | I)
    ctc1    $t0, $31
    nop
    ctc1    $0, $31

/* Without CU1 the coprocessor does not hear of the instruction. */
    SET_STATUS(SR_IEC | IM7)
    TRAPS(CPU(1), .word 0x46041184)
    SET_STATUS(SR_CU1)
    cfc1    $t0, $31
    nop
    CHECK($t0, 0)

/* In user mode. */
    SET_TLB(0, USER, USER + LO_V)
    CATCH(1f)
    ENTER_USER(u_sqrt, SR_CU1 | SR_IEP | IM7)
1:  EXPECT(EXC_INT, u_sqrt)
    CHECK($s1, CAUSE(E))
    PASS

/* $s1: FCR31, whose cause field is cleared; $s2: Cause.IP; then `record`. */
fpu_handler:
    mfc0    $s2, C0_CAUSE
    mfc0    $k0, C0_STATUS
    lui     $t9, SR_CU1 >> 16
    andi    $s2, $s2, 0xff00
    and     $k0, $k0, $t9
    beq     $k0, $0, 1f /* not the FPU's */
    nop
    cfc1    $s1, $31
    li      $t9, ~CAUSE(63)
    and     $t9, $s1, $t9
    ctc1    $t9, $31
1:  j       record
    nop

    .data
    .balign 4
data:
    .word   0x12345678

    .section .user, "ax"
u_sqrt:
    .word   0x46041184
