/* A kernel that treats the machine as OS/161's kernels do: how it begins, and
 * how its exceptions come in and go.  os161.c has the rest. */
#define STATUS_KUP  0x8
#define STATUS_IRQS 0xff00
#define FRAME       (4 * 36)

    .set    noreorder
    .set    noat

    .text
    .globl  start
start:
    addiu   $sp, $sp, -24 /* the stack that it is given works */
    sw      $ra, 20($sp)
    move    $s0, $a0
    la      $sp, stacks + 4096 - 24
    /* Memory is copied to, and executed. */
    lui     $a0, 0x8000
    la      $a1, vectors
    la      $a2, vectors_end
1:  lw      $t0, 0($a1)
    addiu   $a1, $a1, 4
    sw      $t0, 0($a0)
    bne     $a1, $a2, 1b
    addiu   $a0, $a0, 4
    jal     tlb_reset
    nop
    li      $t0, STATUS_IRQS /* not BEV any more */
    mtc0    $t0, $12
    mtc0    $0, $4
    j       main
    move    $a0, $s0

/* The others begin on the mainboard's memory, with their number. */
    .globl  start_secondary
start_secondary:
    addiu   $sp, $sp, -24
    sw      $ra, 20($sp)
    sll     $t0, $a0, 12
    la      $sp, stacks + 4096 - 24
    addu    $sp, $sp, $t0
    jal     tlb_reset
    nop
    li      $t0, STATUS_IRQS
    mtc0    $t0, $12
    sll     $t0, $a0, 21 /* the number is kept in Context */
    mtc0    $t0, $4
    li      $t0, 100000
    mtc0    $t0, $11
    j       secondary
    nop

/* Each entry gets a page number of its own that no entry has yet. */
tlb_reset:
    li      $t0, 0
    lui     $t1, 0x8100
1:  mtc0    $0, $2
    mtc0    $t1, $10
    tlbp
    mfc0    $t2, $0
    bgez    $t2, 1b
    addiu   $t1, $t1, 0x1000
    mtc0    $t0, $0
    addiu   $t0, $t0, 0x100
    li      $t2, 0x4000
    bne     $t0, $t2, 1b
    tlbwi
    jr      $ra
    nop

vectors:
    lui     $k0, %hi(exception)
    addiu   $k0, $k0, %lo(exception)
    jr      $k0
    nop
    .org    vectors + 0x80
    lui     $k0, %hi(exception)
    addiu   $k0, $k0, %lo(exception)
    jr      $k0
    nop
vectors_end:

/* From user mode the stack is found by the processor's number. */
exception:
    mfc0    $k0, $12
    andi    $k0, $k0, STATUS_KUP
    beq     $k0, $0, 1f
    move    $k1, $sp
    mfc0    $k0, $4
    srl     $k0, $k0, 21
    sll     $k0, $k0, 2
    lui     $sp, %hi(kernel_stacks)
    addu    $k0, $k0, $sp
    lw      $sp, %lo(kernel_stacks)($k0)
1:  addiu   $sp, $sp, -FRAME - 16
    sw      $k1, 16 + 4 * 29($sp)
    mfc0    $k1, $14
    sw      $1, 16 + 4 * 1($sp)
    .irp    n, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, \
               20, 21, 22, 23, 24, 25, 28, 30, 31
    sw      $\n, 16 + 4 * \n($sp)
    .endr
    mfhi    $t0
    mflo    $t1
    mfc0    $t2, $12
    mfc0    $t3, $13
    sw      $t0, 16 + 4 * 32($sp)
    sw      $t1, 16 + 4 * 33($sp)
    sw      $t2, 16 + 4 * 34($sp)
    sw      $k1, 16 + 4 * 35($sp)
    move    $a1, $k1
    addiu   $a2, $sp, 16
    jal     trap
    move    $a0, $t3
    lw      $t0, 16 + 4 * 32($sp)
    lw      $t1, 16 + 4 * 33($sp)
    lw      $t2, 16 + 4 * 34($sp)
    lw      $k1, 16 + 4 * 35($sp)
    mtc0    $t2, $12 /* as the exception left it: disabled */
    mthi    $t0
    mtlo    $t1
    .irp    n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, \
               19, 20, 21, 22, 23, 24, 25, 28, 30, 31
    lw      $\n, 16 + 4 * \n($sp)
    .endr
    lw      $sp, 16 + 4 * 29($sp)
    jr      $k1
    rfe

/* enter_user(pc, argument, count, status, stack): what the program exits with.
 * The kernel's stack holds what leave_user(value, stack) takes back. */
    .globl  enter_user, leave_user
enter_user:
    addiu   $sp, $sp, -48
    .irp    n, 16, 17, 18, 19, 20, 21, 22, 23
    sw      $\n, 4 * \n - 64($sp)
    .endr
    sw      $30, 32($sp)
    sw      $ra, 36($sp)
    lw      $t0, 48 + 16($sp)
    sw      $sp, 0($t0)
    mtc0    $a3, $12
    move    $k1, $a0
    move    $a0, $a1
    move    $a1, $a2
    jr      $k1
    rfe
leave_user:
    lw      $sp, 0($a1)
    move    $v0, $a0
    .irp    n, 16, 17, 18, 19, 20, 21, 22, 23
    lw      $\n, 4 * \n - 64($sp)
    .endr
    lw      $30, 32($sp)
    lw      $ra, 36($sp)
    jr      $ra
    addiu   $sp, $sp, 48

/* A program for any address: adds to a word of one of 16 pages, `count` times,
 * and exits with the sum of what it read. */
    .globl  program, program_end
program:
    lui     $s2, 0x1000
    move    $s0, $a0
    move    $s1, $a1
    move    $s3, $0
1:  andi    $t0, $s1, 15
    sll     $t0, $t0, 12
    addu    $t0, $t0, $s2
    bal     2f
    addu    $t1, $s0, $s1
    addiu   $s1, $s1, -1
    bne     $s1, $0, 1b
    addu    $s3, $s3, $v0
    move    $a0, $s3
    syscall
2:  lw      $v0, 0($t0)
    addu    $t1, $v0, $t1
    jr      $ra
    sw      $t1, 0($t0)
program_end:

/* Sleeps; then interrupts are enabled for a moment. */
    .globl  idle
idle:
    .set    push
    .set    mips32
    wait
    .set    pop
    mfc0    $t0, $12
    ori     $t1, $t0, 1
    li      $t2, -2
    and     $t2, $t0, $t2
    mtc0    $t1, $12
    nop
    nop
    nop
    nop
    mtc0    $t2, $12
    jr      $ra
    nop

/* 1 if the lock was taken, or somebody came between. */
    .globl  test_and_set
test_and_set:
    .set    push
    .set    mips32
    li      $t0, 1
    ll      $v0, 0($a0)
    sc      $t0, 0($a0)
    .set    pop
    beq     $t0, $0, 1f
    nop
    jr      $ra
    nop
1:  jr      $ra
    li      $v0, 1

    .bss
    .align  3
stacks:
    .space  32 * 4096
    .globl  kernel_stacks
kernel_stacks: /* of those that run programs */
    .space  32 * 4
