/* A memory image that runs many programs one after the other, in user mode,
 * on Selkirk's CPU and under Linux alike.
 *
 *     IMAGE_VA     load all registers; save all registers and write the block
 *     IMAGE_CODE   slots: enter with a block, a program, save, next slot
 *     IMAGE_DATA   the blocks of the slots
 *
 * A program's results are in its block when the system call at write_va is
 * reached: write(1, block, IMAGE_BLOCK_BYTES) to Linux.  The image starts at
 * IMAGE_CODE; at its end it calls exit(0). */
#ifndef SELKIRK_TESTS_RANDOM_IMAGE_H
#define SELKIRK_TESTS_RANDOM_IMAGE_H

#include "tests/random/program.h"

#include <stdbool.h>

enum {
    IMAGE_SLOTS = 128,
    IMAGE_PAGE = 4096,
    /* Neither divides a page: programs and blocks lie across page ends. */
    IMAGE_SLOT_BYTES = 1000,
    IMAGE_BLOCK_BYTES = 4 * BLOCK_WORDS,
    IMAGE_VA = 0x3a6d5000, /* bits in every part of a jump target */
    IMAGE_CODE = IMAGE_VA + IMAGE_PAGE,
    IMAGE_DATA = IMAGE_CODE + 32 * IMAGE_PAGE,
    IMAGE_PAGES = 1 + 32 + 25, /* fewer than the TLB has entries */
    IMAGE_BYTES = IMAGE_PAGES * IMAGE_PAGE,
};

typedef struct Image {
    bool big;
    uint32_t load_all, save_all; /* routines, see image.c */
    uint32_t write_va;           /* the SYSCALL that writes a block */
    uint8_t bytes[IMAGE_BYTES];  /* in the guest's byte order */
} Image;

/* Slots without a program are passed over. */
void image_init(Image *image, bool big);

/* Address of a slot, of the program in it, and of its block. */
uint32_t image_slot_va(size_t slot);
uint32_t image_program_va(size_t slot);
uint32_t image_block_va(size_t slot);
void image_put_program(Image *image, size_t slot, const Program *program);

uint32_t image_get_word(const Image *image, uint32_t va);
void image_put_word(Image *image, uint32_t va, uint32_t word);

/* Writes the image as a static o32 executable for Linux to the open file
 * `fd`; false: errno tells. */
bool image_write_elf(const Image *image, int fd);

#endif
