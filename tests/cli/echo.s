# Prints "ready", then every byte that is typed, with a note of the cycle in
# memory; ends with status 7 after a "q".
    .set noreorder
    .globl __start
    .ent __start
__start:
    lui     $s0, 0xb000             # the bare board's console
    lui     $s1, %hi(notes)
    addiu   $s1, $s1, %lo(notes)
    lui     $t1, %hi(greeting)
    addiu   $t1, $t1, %lo(greeting)
greet:
    lbu     $t2, 0($t1)
    nop
    beqz    $t2, wait
    addiu   $t1, $t1, 1
    b       greet
    sb      $t2, 0($s0)
wait:
    lbu     $t2, 0($s0)
    nop
    beqz    $t2, wait
    nop
    lw      $t3, 0x100($s0)         # cycles
    sb      $t2, 0($s0)
    sw      $t3, 0($s1)
    addiu   $s1, $s1, 4
    li      $t4, 'q'
    bne     $t2, $t4, wait
    li      $t5, 7
    jal     finish
    nop
    .end __start

    .globl finish
    .ent finish
finish:
    sw      $t5, 0x10($s0)
stay:
    b       stay
    nop
    .end finish

    .data
greeting:
    .asciz  "ready\n"
    .bss
    .comm   notes, 4096, 4
