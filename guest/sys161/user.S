/* The program that every process runs; a0 is its number.  It writes to all of
 * its pages, adds them up, again and again, and in between does what it may not
 * do.  It is one page that lies at USER_CODE, so it knows no addresses. */
#include "sys161.h"

    .set    noreorder
    .section .user, "ax"
    .globl  user_program
user_program:
    move    $s0, $a0
    li      $s1, 20 /* rounds */
    move    $s7, $0 /* the sum */
round:
    li      $t0, USER_DATA
    li      $t1, USER_PAGES
1:  lw      $t2, 0($t0)
    addu    $t2, $t2, $s0
    addiu   $t2, $t2, 1
    sw      $t2, 0($t0)
    sw      $s1, 4092($t0)
    addu    $s7, $s7, $t2
    addiu   $t1, $t1, -1
    bne     $t1, $0, 1b
    addiu   $t0, $t0, 4096
    addiu   $s1, $s1, -1
    bne     $s1, $0, round
    nop

/* FAULT exception, instruction: the kernel says so in v0. */
    .macro  fault exception, insn:vararg
    li      $v0, 0
    \insn
    addiu   $v0, $v0, -(\exception)
    bne     $v0, $0, bad
    nop
    .endm
    li      $s1, 20 /* rounds */
faults:
    lui     $t0, 0x8000
    li      $t1, USER_DATA
    fault   4, lw $t2, 0($t0)
    fault   5, sw $t2, 0($t0)
    fault   4, lw $t2, 2($t1)
    fault   5, sh $t2, 1($t1)
    fault   2, lw $t2, -4($t1)
    fault   3, sb $0, -4($t1)
    fault   9, div $0, $t1, $0
    fault   9, break 7
    fault   10, .word 0xfc000000
    fault   11, mfc0 $t2, $12
    fault   11, .word 0x42000020 /* wait */
    li      $t2, 0x7fffffff
    fault   12, addi $t2, $t2, 1
    addiu   $s1, $s1, -1
    bne     $s1, $0, faults
    nop
    li      $v0, SYS_YIELD
    syscall
    move    $a0, $s7
    li      $v0, SYS_EXIT
    syscall
bad:
    subu    $a0, $0, $v0
    li      $v0, SYS_EXIT
    syscall
