/* Physical memory map of the bare CPU (bare_cpu.h), for C and for assembly.
 * The registers are also those of the `bare` board. */
#ifndef SELKIRK_TESTS_BARE_REGS_H
#define SELKIRK_TESTS_BARE_REGS_H

/* A write of any size prints its low byte; reads give 0. */
#define BARE_CONSOLE 0x10000000
/* A write of any size ends the run; its value is the exit status. */
#define BARE_EXIT 0x10000010
/* Levels of interrupt inputs 5..0 (Cause.IP7..IP2), read and written. */
#define BARE_IRQ 0x10000120
/* Writing n: after the n-th instruction (cycle) that follows, BARE_IRQ becomes
 * what BARE_IRQ_LATER holds.  0 calls that off.  Reads give 0. */
#define BARE_IRQ_LATER 0x10000124
#define BARE_IRQ_DELAY 0x10000128

/* ROM where the bootstrap exception vectors are; loaded like RAM.  All else
 * above RAM is a bus error. */
#define BARE_ROM      0x1fc00000
#define BARE_ROM_SIZE 0x1000

#endif
