/* Makes up random programs. */
#ifndef SELKIRK_TESTS_RANDOM_GENERATE_H
#define SELKIRK_TESTS_RANDOM_GENERATE_H

#include "frontend/decode.h"
#include "tests/random/program.h"

#include <stdbool.h>

/* Program `number` of `seed`, which is to lie at `va`; it depends on the three
 * alone.  It ends, whatever its data are, within PROGRAM_STEPS_MAX
 * instructions, also if any instruction but branches, jumps and what counts
 * loops or makes addresses is replaced by a no-op.  It may contain traps, and
 * hazards along branches: guest_judge() finds them. */
void generate_program(Program *program, uint64_t seed, uint64_t number,
                      uint32_t va);

enum { PROGRAM_STEPS_MAX = 100000 };

/* Are programs to contain this row?  The user-mode ones that do not always
 * trap. */
bool generate_covers(InsnOp op);

#endif
