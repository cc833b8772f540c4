# A TLB write, an exception that returns, printing, and the end with status 3.
    .set noreorder
    .globl __start
    .ent __start
__start:
    # The general vector gets a jump to the handler.
    lui     $t0, %hi(stub)
    addiu   $t0, $t0, %lo(stub)
    lui     $t1, 0x8000
    lw      $t2, 0($t0)
    lw      $t3, 4($t0)
    sw      $t2, 0x80($t1)
    sw      $t3, 0x84($t1)
    li      $t4, 0x12340040         # VPN 12340, ASID 1
    mtc0    $t4, $10
    li      $t5, 0x00456700         # PFN 456, D, V, G
    mtc0    $t5, $2
    li      $t6, 0x0500             # entry 5
    mtc0    $t6, $0
    tlbwi
    syscall
    lui     $s0, 0xb000
    li      $t7, 'k'
    sb      $t7, 0($s0)
    li      $t8, 3
    sw      $t8, 0x10($s0)
stay:
    b       stay
    nop
    .end __start

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
