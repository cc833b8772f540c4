# Ten rounds of work, hot enough for every gear: each marks its middle part,
# takes an exception, and prints a letter, a to j.  Status 3.
    .set noreorder
    .globl __start
    .ent __start
__start:
    lui     $t0, %hi(stub)          # the general vector gets a jump
    addiu   $t0, $t0, %lo(stub)
    lui     $t1, 0x8000
    lw      $t2, 0($t0)
    lw      $t3, 4($t0)
    sw      $t2, 0x80($t1)
    sw      $t3, 0x84($t1)
    lui     $s0, 0xb000
    li      $s1, 'a'
round:
    jal     work
    li      $a0, 700
    li      $t0, 1
    sw      $t0, 0x110($s0)         # MARK
    jal     work
    li      $a0, 400
    sw      $zero, 0x110($s0)
    syscall
    sb      $s1, 0($s0)
    addiu   $s1, $s1, 1
    li      $t0, 'k'
    bne     $s1, $t0, round
    nop
    li      $t0, 3
    sw      $t0, 0x10($s0)
stay:
    b       stay
    nop
    .end __start

# Adds up in memory, a0 times.
    .globl work
    .ent work
work:
    lui     $t1, 0x8002
1:  andi    $t2, $a0, 0xfc
    addu    $t2, $t2, $t1
    lw      $t3, 0($t2)
    andi    $t4, $a0, 3
    bnez    $t4, 2f
    addu    $t3, $t3, $a0
    .globl fourth
fourth:
    xor     $t3, $t3, $a0
2:  sw      $t3, 0($t2)
    addiu   $a0, $a0, -1
    bnez    $a0, 1b
    nop
    jr      $ra
    nop
    .end work

stub:
    j       handler
    nop

    .globl handler
    .ent handler
handler:
    mfc0    $k0, $14
    nop
    addiu   $k0, $k0, 4
    jr      $k0
    rfe
    .end handler
