/* Where the kernel begins, and what only assembly can do.
 *
 * MIPS-161 has no delays but that of branches: a load's result, and what MTC0
 * writes, are there for the next instruction. */
#include "sys161.h"

    .set    noreorder
    .set    noat

/* A miss in the user's half of the address space: the entry comes from the
 * process's table of 4096 pages, by Context, which has the page's number times
 * 4.  A page that is not there has an entry, too, which is not valid. */
    .section .vectors, "ax"
    mfc0    $k0, $4
    lui     $k1, %hi(page_table)
    lw      $k1, %lo(page_table)($k1)
    andi    $k0, $k0, 0x3ffc
    addu    $k1, $k1, $k0
    lw      $k1, 0($k1)
    mfc0    $k0, $14
    mtc0    $k1, $2
    tlbwr
    jr      $k0
    rfe

/* All other exceptions.  In the kernel's own code only try_read() and
 * try_write() may take one; there it is a result. */
    .org    0x80
    mfc0    $k0, $12
    andi    $k0, $k0, STATUS_KUP
    bne     $k0, $0, from_user
    lui     $k1, %hi(tried)
    lw      $k0, %lo(tried)($k1)
    beq     $k0, $0, lost
    mfc0    $v0, $13
    sw      $0, %lo(tried)($k1)
    srl     $v0, $v0, 2
    andi    $v0, $v0, 31
    jr      $k0
    rfe
    .org    0x200 - 4
    nop

    .text
    .globl  start
start:
    la      $sp, main_stack + 4096 - 16
    mtc0    $0, $12 /* interrupts off, the vectors above */
    mtc0    $0, $13
    j       main
    nop

/* Where all processors but the first begin, with their number in a0 and 256
 * bytes of stack on the mainboard. */
    .globl  start_secondary
start_secondary:
    mtc0    $0, $12
    mtc0    $0, $13
    la      $sp, secondary_stacks - 16
    li      $t0, SECONDARY_STACK
    mult    $a0, $t0
    mflo    $t0
    j       secondary
    addu    $sp, $sp, $t0

lost:
    mfc0    $a1, $14
    la      $a0, lost_text
    j       fail
    nop

/* --- Traps of user programs ------------------------------------------------ */

from_user:
    lui     $k1, %hi(user_frame)
    lw      $k1, %lo(user_frame)($k1)
    sw      $1, 4($k1)
    .irp    n, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, \
               20, 21, 22, 23, 24, 25, 28, 29, 30, 31
    sw      $\n, 4 * \n($k1)
    .endr
    mflo    $t0
    mfhi    $t1
    sw      $t0, FRAME_LO($k1)
    sw      $t1, FRAME_HI($k1)
    mfc0    $t0, $14
    mfc0    $t1, $12
    mfc0    $t2, $13
    mfc0    $t3, $8
    sw      $t0, FRAME_EPC($k1)
    sw      $t1, FRAME_STATUS($k1)
    sw      $t2, FRAME_CAUSE($k1)
    sw      $t3, FRAME_BADVADDR($k1)
    la      $sp, trap_stack + 4096 - 16
    la      $ra, lost
    j       trap /* which goes on by enter_user() or leave_user() */
    move    $a0, $k1

    .globl  enter_user
enter_user:
    lui     $k1, %hi(user_frame)
    sw      $a0, %lo(user_frame)($k1)
    move    $k1, $a0
    lw      $t0, FRAME_LO($k1)
    lw      $t1, FRAME_HI($k1)
    mtlo    $t0
    mthi    $t1
    lw      $t0, FRAME_STATUS($k1)
    mtc0    $t0, $12
    lw      $k0, FRAME_EPC($k1)
    .irp    n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, \
               19, 20, 21, 22, 23, 24, 25, 28, 29, 30, 31
    lw      $\n, 4 * \n($k1)
    .endr
    jr      $k0
    rfe

/* --- Calls between the kernel's two lives ---------------------------------- */

    .globl  enter_kernel
enter_kernel:
    la      $t0, kernel_life
    .irp    n, 16, 17, 18, 19, 20, 21, 22, 23, 29, 30, 31
    sw      $\n, 4 * \n($t0)
    .endr
    la      $sp, trap_stack + 4096 - 16
    jr      $a0
    nop

    .globl  leave_user
leave_user:
    la      $t0, kernel_life
    .irp    n, 16, 17, 18, 19, 20, 21, 22, 23, 29, 30, 31
    lw      $\n, 4 * \n($t0)
    .endr
    jr      $ra
    nop

/* --- Accesses that may fail ------------------------------------------------ */

    .globl  try_read, try_write
try_read:
    lui     $t0, %hi(tried)
    la      $t1, 1f
    sw      $t1, %lo(tried)($t0)
    lw      $t2, 0($a0)
    sw      $t2, 0($a1)
    sw      $0, %lo(tried)($t0)
    move    $v0, $0
1:  jr      $ra
    nop
try_write:
    lui     $t0, %hi(tried)
    la      $t1, 1f
    sw      $t1, %lo(tried)($t0)
    sw      $a1, 0($a0)
    sw      $0, %lo(tried)($t0)
    move    $v0, $0
1:  jr      $ra
    nop

    .set    push
    .set    mips32
    .globl  add_linked
add_linked:
    ll      $t0, 0($a0)
    addiu   $t0, $t0, 1
    sc      $t0, 0($a0)
    beq     $t0, $0, add_linked
    sync
    jr      $ra
    nop

    .globl  acquire, release, store_after
acquire:
    lw      $t0, 0($a0)
    bne     $t0, $0, acquire
    li      $t1, 1
    ll      $t0, 0($a0)
    bne     $t0, $0, acquire
    nop
    sc      $t1, 0($a0)
    beq     $t1, $0, acquire
    nop
    sync
    jr      $ra
    nop
release:
    sync
    jr      $ra
    sw      $0, 0($a0)

store_after:
    ll      $v0, 0($a0)
    li      $t0, 1
    sw      $t0, 0($a1)
    addiu   $v0, $v0, 1
1:  lw      $t1, 0($a2)
    beq     $t1, $0, 1b
    nop
    sc      $v0, 0($a0)
    jr      $ra
    nop
    .set    pop

    .section .rodata
lost_text:
    .asciz  "exception in the kernel at "

    .bss
    .align  3
trap_stack: /* empty again at each trap */
    .space  4096
main_stack:
    .space  4096
secondary_stacks: /* of the second one, and so on */
    .space  31 * SECONDARY_STACK
kernel_life:
    .space  128
    .globl  page_table
page_table:
    .space  4
user_frame:
    .space  4
tried: /* where a failed access goes on, or 0 */
    .space  4
