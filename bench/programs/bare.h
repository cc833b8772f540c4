/* The `bare` board, which is GXemul's `testmips` where they overlap, for the
 * programs of this folder: no library, no operating system.  Each program is
 * one C file whose main() prints a checksum and returns 0 if it is right. */
#ifndef SELKIRK_BENCH_PROGRAMS_BARE_H
#define SELKIRK_BENCH_PROGRAMS_BARE_H

typedef unsigned int u32;
typedef unsigned char u8;

#define CONSOLE (*(volatile u8 *)0xb0000000)

static inline void print(const char *text)
{
    while (*text)
        CONSOLE = (u8)*text++;
}

static inline void print_hex(u32 value)
{
    for (int shift = 28; shift >= 0; shift -= 4)
        CONSOLE = (u8) "0123456789abcdef"[(value >> shift) & 15];
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
