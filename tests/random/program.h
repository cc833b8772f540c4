/* A random user-mode program: instructions, and the block of memory that it
 * starts from and leaves its results in. */
#ifndef SELKIRK_TESTS_RANDOM_PROGRAM_H
#define SELKIRK_TESTS_RANDOM_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

/* The block, in words: every register, and the data that loads and stores
 * reach.  All of it is compared afterwards. */
enum {
    BLOCK_GPR = 0,
    BLOCK_HI = 32,
    BLOCK_LO = 33,
    BLOCK_FCR31 = 34,
    BLOCK_FPR = 36, /* word 35 stays as it is */
    BLOCK_DATA = 68,
    BLOCK_WORDS = 196,
    DATA_BYTES = 4 * (BLOCK_WORDS - BLOCK_DATA),
};

/* Registers of the harness; no program writes them. */
enum {
    REG_BLOCK = 26, /* k0: address of the block while a program runs */
    REG_LINK = 27,  /* k1 */
    REG_RA = 31,
};

enum { PROGRAM_WORDS_MAX = 240 };

typedef struct Program {
    uint32_t words[PROGRAM_WORDS_MAX]; /* left by falling off the end */
    size_t count;
    uint32_t block[BLOCK_WORDS];
} Program;

#endif
