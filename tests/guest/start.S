/* What every guest test is linked with: the exception vectors, the handler
 * that records and resumes, and the report of the result.
 *
 * The program runs ROUNDS times: what meets an instruction for the first time
 * may not treat it like what meets it again. */
#include "tests/guest/test.h"

#ifndef ROUNDS
#define ROUNDS 2
#endif

    .section .vectors, "ax"
    .globl  start
    .macro  to_handler vector
    lui     $k0, %hi(handler)
    lw      $k0, %lo(handler)($k0)
    li      $k1, \vector
    jr      $k0
    nop
    .endm

    to_handler VECTOR_UTLB
    .org    0x80
    to_handler VECTOR_GENERAL
    .org    0x100

    .text
start:
    mtc0    $0, C0_STATUS
    mtc0    $0, C0_CAUSE
    la      $t0, record
    lui     $t1, %hi(handler)
    sw      $t0, %lo(handler)($t1)
    li      $t0, 63 << 8 /* TLB entries that match nothing */
    lui     $t1, KSEG0 >> 16
    mtc0    $0, C0_ENTRYLO
1:  mtc0    $t0, C0_INDEX
    mtc0    $t1, C0_ENTRYHI
    addiu   $t1, $t1, 0x1000
    tlbwi
    bne     $t0, $0, 1b
    addiu   $t0, $t0, -0x100
    mtc0    $0, C0_ENTRYHI
    li      $sp, KSEG0
    j       test_main
    move    $s7, $0

/* Notes what happened in `seen`, then goes on at $s7, in the mode that the
 * exception came from; but after one in user mode, in kernel mode. */
    .globl  record
record:
    lui     $k0, %hi(seen)
    addiu   $k0, $k0, %lo(seen)
    sw      $k1, SEEN_VECTOR($k0)
    .macro  note reg, field
    mfc0    $k1, \reg
    nop
    sw      $k1, \field($k0)
    .endm
    note    C0_CAUSE, SEEN_CAUSE
    note    C0_EPC, SEEN_EPC
    note    C0_BADVADDR, SEEN_BADVADDR
    note    C0_ENTRYHI, SEEN_ENTRYHI
    note    C0_CONTEXT, SEEN_CONTEXT
    lw      $k1, SEEN_COUNT($k0)
    nop
    addiu   $k1, $k1, 1
    sw      $k1, SEEN_COUNT($k0)
    note    C0_STATUS, SEEN_STATUS
    beq     $s7, $0, unexpected
    andi    $k1, $k1, SR_KUP
    bne     $k1, $0, 1f
    move    $k0, $s7
    move    $s7, $0
    jr      $k0
    rfe
1:
    move    $s7, $0
    jr      $k0
    nop

/* --- Reports -------------------------------------------------------------- */

    .globl  test_passed
test_passed:
    lui     $t0, %hi(rounds)
    lw      $t1, %lo(rounds)($t0)
    nop
    addiu   $t1, $t1, -1
    bne     $t1, $0, start
    sw      $t1, %lo(rounds)($t0)
    .globl  test_passed_once
test_passed_once:
    b       exit
    move    $a0, $0

    .macro  say text
    la      $a0, \text
    jal     print
    nop
    .endm

/* Line $a0: got $a1, expected $a2. */
    .globl  check_failed
check_failed:
    jal     print_place
    nop
    say     text_got
    jal     print_hex
    move    $a0, $a1
    say     text_expected
    jal     print_hex
    move    $a0, $a2
    b       failed
    nop

/* Line $a0 should have taken an exception. */
    .globl  not_reached_failed
not_reached_failed:
    jal     print_place
    nop
    say     text_not_reached
    b       failed
    nop

unexpected:
    say     program_name
    say     text_cause
    lw      $a0, SEEN_CAUSE($k0)
    jal     print_hex
    nop
    say     text_epc
    lw      $a0, SEEN_EPC($k0)
    jal     print_hex
    nop
    say     text_badvaddr
    lw      $a0, SEEN_BADVADDR($k0)
    jal     print_hex
    nop
failed:
    jal     print_char
    li      $a0, '\n'
    li      $a0, 1
exit:
    lui     $t0, (KSEG1 + BARE_EXIT) >> 16
    ori     $t0, $t0, BARE_EXIT & 0xffff
1:
    sw      $a0, 0($t0)
    b       1b
    nop

/* "NAME:LINE: "; keeps $a1 and up. */
print_place:
    move    $s1, $ra
    move    $s2, $a0
    say     program_name
    jal     print_char
    li      $a0, ':'
    move    $a0, $s2
    move    $s3, $0
1:
    li      $t0, 10
    divu    $0, $a0, $t0
    mfhi    $t1
    mflo    $a0
    addiu   $t1, $t1, '0'
    sll     $s3, $s3, 8
    bne     $a0, $0, 1b
    or      $s3, $s3, $t1
2:
    jal     print_char
    andi    $a0, $s3, 0xff
    srl     $s3, $s3, 8
    bne     $s3, $0, 2b
    nop
    jr      $s1
    nop

/* The text at $a0. */
print:
    move    $t2, $a0
    move    $t3, $ra
1:
    lbu     $a0, 0($t2)
    addiu   $t2, $t2, 1
    beq     $a0, $0, 2f
    nop
    jal     print_char
    nop
    b       1b
    nop
2:
    jr      $t3
    nop

/* $a0 in eight digits. */
print_hex:
    move    $t2, $a0
    move    $t3, $ra
    li      $t4, 8
1:
    srl     $a0, $t2, 28
    sltiu   $t0, $a0, 10
    bne     $t0, $0, 2f
    addiu   $a0, $a0, '0'
    addiu   $a0, $a0, 'a' - '0' - 10
2:
    jal     print_char
    sll     $t2, $t2, 4
    addiu   $t4, $t4, -1
    bne     $t4, $0, 1b
    nop
    jr      $t3
    nop

print_char:
    lui     $t0, (KSEG1 + BARE_CONSOLE) >> 16
    jr      $ra
    sb      $a0, BARE_CONSOLE & 0xffff($t0)

    .data
    .balign 4
    .globl  handler
handler:
    .word   0
rounds:
    .word   ROUNDS
    .globl  seen
seen:
    .space  32
text_got:
    .asciz  ": got 0x"
text_expected:
    .asciz  ", expected 0x"
text_not_reached:
    .asciz  ": went on where it should have taken an exception"
text_cause:
    .asciz  ": unexpected exception: Cause 0x"
text_epc:
    .asciz  ", EPC 0x"
text_badvaddr:
    .asciz  ", BadVAddr 0x"
