# Counts in a word of memory that lies right behind the loop, or, if FAR is
# defined, on a page of its own.
    .set noreorder
    .globl __start
    .ent __start
__start:
    lui     $s0, 0xb000             # the bare board
    lui     $t0, %hi(word)
    addiu   $t0, $t0, %lo(word)
    lui     $t1, 4                  # 262144 times
loop:
    lw      $t2, 0($t0)
    addiu   $t1, $t1, -1
    addiu   $t2, $t2, 1
    bnez    $t1, loop
    sw      $t2, 0($t0)
    sw      $zero, 0x10($s0)
stay:
    b       stay
    nop
    .end __start
    .ifdef FAR
    .bss
    .comm   word, 4096, 4096
    .else
word:
    .word   0
    .endif
