/* Program images: ELF32 executables for the R3000, in either byte order, with
 * their symbols.  An image that is handed out has been checked in full. */
#ifndef SELKIRK_FRONTEND_ELF_H
#define SELKIRK_FRONTEND_ELF_H

#include "base/diag.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bits of ElfSegment.flags: p_flags (System V ABI 4.1, figure 5-3). */
enum { ELF_SEGMENT_X = 1, ELF_SEGMENT_W = 2, ELF_SEGMENT_R = 4 };

/* A PT_LOAD entry.  Its mem_size bytes are `bytes`, file_size of them, and
 * then zeros.  vaddr + mem_size and paddr + mem_size are at most 2^32, and
 * mem_size is not 0. */
typedef struct ElfSegment {
    uint32_t vaddr, paddr;
    uint32_t mem_size, file_size;
    const uint8_t *bytes; /* never NULL; lives as long as the image */
    unsigned flags;
} ElfSegment;

/* A defined symbol.  A function whose size the file leaves open reaches to the
 * next function or to the end of its segment; other sizes are the file's. */
typedef struct ElfSymbol {
    uint32_t addr, size;
    const char *name; /* not empty, no ASCII control characters */
} ElfSymbol;

typedef struct ElfImage ElfImage;

/* Reads all of a file, so that later changes to it do no harm.  NULL after
 * `diag` got what is wrong, where, and how to mend it.  elf_free() releases
 * the image. */
ElfImage *elf_read(const char *path, Diag *diag);

/* The same from `size` bytes in memory, which are copied; `name` stands for
 * the path in messages. */
ElfImage *elf_read_memory(const char *name, const void *bytes, size_t size,
                          Diag *diag);
void elf_free(ElfImage *image);

/* Virtual address of the first instruction: a multiple of 4, in a segment. */
uint32_t elf_entry(const ElfImage *image);
bool elf_big_endian(const ElfImage *image);

/* The segments, at least one, by ascending vaddr; no two overlap there (what
 * they do in physical memory is not looked at). */
size_t elf_segment_count(const ElfImage *image);
const ElfSegment *elf_segment(const ElfImage *image, size_t i);

/* The function that starts last at or before `addr`, if it covers `addr`; else
 * NULL.  Functions are STT_FUNC symbols and global labels in code sections; of
 * several at one address a global name is preferred. */
const ElfSymbol *elf_symbol_at(const ElfImage *image, uint32_t addr);

/* Address of the function, object or global label called `name`; of several
 * that name, a function's, then the lowest.  False if there is none. */
bool elf_symbol_find(const ElfImage *image, const char *name, uint32_t *addr);

#endif
