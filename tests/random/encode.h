/* Instruction words from the rows of r3000.def: the decoder's way, backwards,
 * for tests that make up instructions. */
#ifndef SELKIRK_TESTS_RANDOM_ENCODE_H
#define SELKIRK_TESTS_RANDOM_ENCODE_H

#include "frontend/decode.h"

/* Fields of a word.  Of floating-point computation FT, FS and FD are in the
 * places of RT, RD and SA. */
#define ENCODE_RS(reg)    ((uint32_t)(reg) << 21)
#define ENCODE_RT(reg)    ((uint32_t)(reg) << 16)
#define ENCODE_RD(reg)    ((uint32_t)(reg) << 11)
#define ENCODE_SA(count)  ((uint32_t)(count) << 6)
#define ENCODE_IMM(imm)   ((uint32_t)(imm)&0xffff)
#define ENCODE_TARGET(va) (((uint32_t)(va) >> 2) & 0x3ffffff)
#define ENCODE_BRANCH(n)  ENCODE_IMM(n) /* `n` words past the delay slot */

/* The word of a row with all operands zero; `op` is a row of r3000.def. */
uint32_t encode_row(InsnOp op);

/* The bits that tell a row from the others, and those that are its operands.
 * The processor ignores the rest. */
uint32_t encode_fixed(InsnOp op);
uint32_t encode_operands(InsnOp op);

#endif
