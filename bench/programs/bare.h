/* What the programs of this folder stand on: no library, no operating system.
 * Each program is one C file whose main() prints a checksum and returns 0 if it
 * is right.  They are built for the `bare` board, which is GXemul's `testmips`
 * where they overlap, and so that other machines do the same work: a sys161
 * (BENCH_SYS161), QEMU's `malta` (BENCH_MALTA), Linux on MIPS (BENCH_LINUX),
 * this PC (BENCH_NATIVE). */
#ifndef SELKIRK_BENCH_PROGRAMS_BARE_H
#define SELKIRK_BENCH_PROGRAMS_BARE_H

typedef unsigned int u32;
typedef unsigned char u8;

#if defined(BENCH_NATIVE)
#include <stdio.h>
static inline void put(u8 byte)
{
    putchar(byte);
}
#elif defined(BENCH_LINUX)
static inline void put(u8 byte)
{
    register long call __asm__("$2") = 4004; /* write */
    register long file __asm__("$4") = 1;
    register const u8 *bytes __asm__("$5") = &byte;
    register long count __asm__("$6") = 1;
    register long error __asm__("$7");
    __asm__ volatile("syscall"
                     : "+r"(call), "=r"(error)
                     : "r"(file), "r"(bytes), "r"(count)
                     : "$1", "$3", "$8", "$9", "$10", "$11", "$12", "$13",
                       "$14", "$15", "$24", "$25", "hi", "lo", "memory");
}
#elif defined(BENCH_SYS161)
/* The serial card is in slot 0. */
static inline void put(u8 byte)
{
    volatile u32 *serial = (volatile u32 *)0xbfe00000;
    serial[0] = byte;
    while (!(serial[1] & 2))
        ;
    serial[1] = 0;
}
#else
#ifdef BENCH_MALTA
#define CONSOLE (*(volatile u8 *)0xb80003f8) /* the first 16550 */
#else
#define CONSOLE (*(volatile u8 *)0xb0000000)
#endif
static inline void put(u8 byte)
{
    CONSOLE = byte;
}
#endif

static inline void print(const char *text)
{
    while (*text)
        put((u8)*text++);
}

static inline void print_hex(u32 value)
{
    for (int shift = 28; shift >= 0; shift -= 4)
        put((u8) "0123456789abcdef"[(value >> shift) & 15]);
}

/* Ends a program: its name, its checksum, and whether that is right. */
static inline int finish(const char *name, u32 sum, u32 expected)
{
    print(name);
    print(" ");
    print_hex(sum);
    print(sum == expected ? " ok\n" : " WRONG\n");
    return sum != expected;
}

static inline u32 next_random(u32 *state)
{
    return *state = *state * 1103515245u + 12345u;
}

#endif
