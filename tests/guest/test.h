/* What guest test programs are made of: names of the hardware, checks, and
 * expected exceptions.
 *
 * A program starts at test_main, in kernel mode, interrupts off, and ends
 * with PASS.  It is run again then, so it prepares its own data.  A check that
 * fails prints its line and ends everything.
 *
 * Registers.  $at, $t8 and $t9 belong to the macros, $k0 and $k1 to the
 * exception handlers.  $s7 is where the program goes on after the exception
 * that it expects next, or zero: then an exception is a failure. */
#ifndef SELKIRK_TESTS_GUEST_TEST_H
#define SELKIRK_TESTS_GUEST_TEST_H

#include "tests/support/bare_regs.h"

/* CP0 registers. */
#define C0_INDEX    $0
#define C0_RANDOM   $1
#define C0_ENTRYLO  $2
#define C0_CONTEXT  $4
#define C0_BADVADDR $8
#define C0_ENTRYHI  $10
#define C0_STATUS   $12
#define C0_CAUSE    $13
#define C0_EPC      $14
#define C0_PRID     $15

#define SR_IEC 0x00000001
#define SR_KUC 0x00000002
#define SR_IEP 0x00000004
#define SR_KUP 0x00000008
#define SR_IEO 0x00000010
#define SR_KUO 0x00000020
#define SR_ISC 0x00010000
#define SR_SWC 0x00020000
#define SR_PZ  0x00040000
#define SR_CM  0x00080000
#define SR_PE  0x00100000
#define SR_TS  0x00200000
#define SR_BEV 0x00400000
#define SR_RE  0x02000000
#define SR_CU0 0x10000000
#define SR_CU1 0x20000000
#define SR_CU2 0x40000000
#define SR_CU3 0x80000000

#define CAUSE_BD 0x80000000
#define EXC_INT  0
#define EXC_MOD  1
#define EXC_TLBL 2
#define EXC_TLBS 3
#define EXC_ADEL 4
#define EXC_ADES 5
#define EXC_IBE  6
#define EXC_DBE  7
#define EXC_SYS  8
#define EXC_BP   9
#define EXC_RI   10
#define EXC_CPU  11 /* CPU(z): with the coprocessor's number */
#define EXC_OVF  12
#define CE_SHIFT 28

#define LO_N 0x800
#define LO_D 0x400
#define LO_V 0x200
#define LO_G 0x100
#define ASID(n) ((n) << 6)

#define KSEG0 0x80000000
#define KSEG1 0xa0000000
#define KSEG2 0xc0000000
#define USER  0x00200000 /* where .user begins (guest.ld) */

/* What the handler `record` leaves in `seen`, by offset. */
#define SEEN_CAUSE    0
#define SEEN_EPC      4
#define SEEN_BADVADDR 8
#define SEEN_STATUS   12
#define SEEN_ENTRYHI  16
#define SEEN_CONTEXT  20
#define SEEN_VECTOR   24
#define SEEN_COUNT    28 /* of exceptions since the start */

#define VECTOR_UTLB        0x000 /* SEEN_VECTOR */
#define VECTOR_GENERAL     0x080
#define VECTOR_BEV_UTLB    0x100
#define VECTOR_BEV_GENERAL 0x180

/* BYTES(a, b, c, d): the word whose bytes in memory are a, b, c, d.
 * BY_ENDIAN(little, big) picks one. */
#ifdef __MIPSEB__
#define BY_ENDIAN(little, big) big
#else
#define BY_ENDIAN(little, big) little
#endif
#define BYTES(a, b, c, d)                                                      \
    BY_ENDIAN((a) | (b) << 8 | (c) << 16 | (d) << 24,                          \
              (a) << 24 | (b) << 16 | (c) << 8 | (d))

/* Only in the first line of a program. */
#define PROGRAM(name)                                                          \
    .data; .globl program_name; program_name: .asciz name;                     \
    .text; .globl test_main; test_main:

#define PASS j test_passed; nop
/* For a program that leaves a machine in which it cannot run again. */
#define PASS_ONCE j test_passed_once; nop

/* The register has the value; equals the other register; has the address. */
#define CHECK(reg, value)      check reg, (value), __LINE__
#define CHECK_REG(reg, other)  check_reg reg, other, __LINE__
#define CHECK_ADDR(reg, label) check_addr reg, label, __LINE__
#define NOT_REACHED            not_reached __LINE__

/* The instruction takes this exception, by the general vector, in the first
 * form; in the others it does so in the delay slot of a branch that is taken,
 * or is not.  `exc` may be CPU(z). */
#define TRAPS(exc, ...)                                                        \
    traps (exc), VECTOR_GENERAL, __LINE__, __VA_ARGS__
#define TRAPS_SLOT(exc, ...)                                                   \
    traps_slot (exc), VECTOR_GENERAL, $0, __LINE__, __VA_ARGS__
#define TRAPS_SLOT_NOT(exc, ...)                                               \
    traps_slot (exc), VECTOR_GENERAL, $sp, __LINE__, __VA_ARGS__
/* The same by the UTLB vector. */
#define TRAPS_UTLB(exc, ...)                                                   \
    traps (exc), VECTOR_UTLB, __LINE__, __VA_ARGS__
#define TRAPS_UTLB_SLOT(exc, ...)                                              \
    traps_slot (exc), VECTOR_UTLB, $0, __LINE__, __VA_ARGS__
#define TRAPS_EVERYWHERE(exc, ...)                                             \
    TRAPS(exc, __VA_ARGS__); TRAPS_SLOT(exc, __VA_ARGS__);                     \
    TRAPS_SLOT_NOT(exc, __VA_ARGS__)
#define CPU(z) (EXC_CPU | (z) << (CE_SHIFT - 2))
#define SLOT   (CAUSE_BD >> 2) /* to be ORed to `exc` */

/* The next exception leads to `label`.  There EXPECT says what it must have
 * been and where, and CHECK_SEEN and SEEN look at the rest. */
#define CATCH(label)             la $s7, label
#define EXPECT(exc, epc)         expect (exc), epc, __LINE__
#define SEEN(reg, field)         seen_field reg, field
#define CHECK_SEEN(field, value)                                               \
    seen_field $t8, field; check $t8, (value), __LINE__
#define CHECK_SEEN_ADDR(field, label)                                          \
    seen_field $t8, field; check_addr $t8, label, __LINE__
#define CHECK_SEEN_REG(field, reg)                                             \
    seen_field $t8, field; check_reg $t8, reg, __LINE__

/* Exceptions go to `label` from now on, with the vector's offset in $k1. */
#define SET_HANDLER(label)                                                     \
    la $t8, label; lui $at, %hi(handler); sw $t8, %lo(handler)($at)

#define SET_STATUS(value) li $t8, (value); mtc0 $t8, C0_STATUS

/* Writes TLB entry `index`; EntryHi keeps what is given.  hi and lo may be
 * addresses in .user, which are their own physical addresses. */
#define SET_TLB(index, hi, lo)                                                 \
    li $t8, (index) << 8; mtc0 $t8, C0_INDEX; la $t8, hi;                      \
    mtc0 $t8, C0_ENTRYHI; la $t8, lo; mtc0 $t8, C0_ENTRYLO; tlbwi
#define SET_ENTRYHI(value) la $t8, value; mtc0 $t8, C0_ENTRYHI

/* Goes to `address` in user mode, with the other Status bits given. */
#define ENTER_USER(address, status)                                            \
    la $k1, address; SET_STATUS((status) | SR_KUP); jr $k1; rfe

    .set noreorder
    .set noat

    .macro check reg, value, line
    li      $at, \value
    beq     \reg, $at, .Lcheck\@
    nop
    move    $a1, \reg
    move    $a2, $at
    j       check_failed
    li      $a0, \line
.Lcheck\@:
    .endm

    .macro check_reg reg, other, line
    nop
    beq     \reg, \other, .Lcheck\@
    nop
    move    $at, \other
    move    $a1, \reg
    move    $a2, $at
    j       check_failed
    li      $a0, \line
.Lcheck\@:
    .endm

    .macro check_addr reg, label, line
    la      $at, \label
    beq     \reg, $at, .Lcheck\@
    nop
    move    $a1, \reg
    move    $a2, $at
    j       check_failed
    li      $a0, \line
.Lcheck\@:
    .endm

    .macro not_reached line
    j       not_reached_failed
    li      $a0, \line
    .endm

    .macro seen_field reg, field
    lui     \reg, %hi(seen + \field)
    lw      \reg, %lo(seen + \field)(\reg)
    nop
    .endm

    .macro expect exc, epc, line
    seen_field $t8, SEEN_CAUSE
    li      $t9, 0xb000007c /* BD, CE, ExcCode */
    and     $t8, $t8, $t9
    check   $t8, ((\exc) << 2) & 0xffffffff, \line
    seen_field $t8, SEEN_EPC
    check_addr $t8, \epc, \line
    .endm

    .macro traps exc, vector, line, insn:vararg
    la      $s7, .Lresume\@
.Lfault\@:
    \insn
    not_reached \line
.Lresume\@:
    expect  \exc, .Lfault\@, \line
    seen_field $t8, SEEN_VECTOR
    check   $t8, \vector, \line
    .endm

    /* $sp is not zero, so that the branch is taken if \reg is $0. */
    .macro traps_slot exc, vector, reg, line, insn:vararg
    la      $s7, .Lresume\@
.Lfault\@:
    beq     $0, \reg, .Lafter\@
    \insn
.Lafter\@:
    not_reached \line
.Lresume\@:
    expect  \exc | SLOT, .Lfault\@, \line
    seen_field $t8, SEEN_VECTOR
    check   $t8, \vector, \line
    .endm

#endif
