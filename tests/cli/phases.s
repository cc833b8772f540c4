# Two phases that take turns, 40 times: sums in registers, and steps through 256
# KB of memory; each turn prints a byte, what was typed or else a dot.  Then the
# end with status 3.
    .set noreorder
    .globl __start
    .ent __start
__start:
    lui     $s0, 0xb000
    li      $s1, 40
turn:
    li      $t0, 4000
sum:
    addu    $t1, $t1, $t0
    xor     $t2, $t2, $t1
    addiu   $t0, $t0, -1
    bnez    $t0, sum
    addu    $t3, $t3, $t2
    li      $t0, 2000
    lui     $t4, 0x8010
    li      $t6, 0x3ffff
step:
    addiu   $t5, $t5, 4132
    and     $t5, $t5, $t6
    addu    $t7, $t4, $t5
    lw      $t8, 0($t7)
    addiu   $t0, $t0, -1
    addu    $t8, $t8, $t5
    bnez    $t0, step
    sw      $t8, 0($t7)
    lbu     $t9, 0($s0)
    nop
    bnez    $t9, print
    nop
    li      $t9, '.'
print:
    sb      $t9, 0($s0)
    addiu   $s1, $s1, -1
    bnez    $s1, turn
    nop
    li      $t8, 3
    sw      $t8, 0x10($s0)
stay:
    b       stay
    nop
    .end __start
