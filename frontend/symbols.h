/* Addresses and instructions as people read and write them. */
#ifndef SELKIRK_FRONTEND_SYMBOLS_H
#define SELKIRK_FRONTEND_SYMBOLS_H

#include "frontend/elf.h"

/* Buffer sizes that hold every result; longer symbol names are cut. */
enum { SYMBOLS_NAME_MAX = 72, SYMBOLS_INSN_MAX = 128 };

/* Writes "name" or "name+0x1c", or "" if `addr` is in no function.  Of a name
 * only printing ASCII characters are kept. */
void symbols_name(const ElfImage *image, uint32_t addr,
                  char text[SYMBOLS_NAME_MAX]);

/* Writes the instruction's assembler text, and behind it, as
 * "beq a0,zero,0x80001010 <loop+0x8>", where a branch or jump goes. */
void symbols_disassemble(const ElfImage *image, uint32_t word, uint32_t pc,
                         char text[SYMBOLS_INSN_MAX]);

/* The address that `text` stands for: 0x and hexadecimal digits, a symbol, a
 * symbol and an offset as in main+0x10, or bare hexadecimal digits if no
 * symbol is called so. */
bool symbols_parse(const ElfImage *image, const char *text, uint32_t *addr,
                   Diag *diag);

#endif
