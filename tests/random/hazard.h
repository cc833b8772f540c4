/* The hazards that MIPS I leaves to software: sequences whose result the
 * architecture does not define, or that take the R3000's delays to define.
 * Source: Kane, MIPS RISC Architecture, chapter 3 and appendices A and B. */
#ifndef SELKIRK_TESTS_RANDOM_HAZARD_H
#define SELKIRK_TESTS_RANDOM_HAZARD_H

#include "frontend/decode.h"

#include <stdbool.h>

/* Does `next` break a rule when it executes after `before` and then `last`?
 *
 *   after a load into a register, the next instruction does not read it
 *     (LWL and LWR may: they merge with the load in flight);
 *   likewise after a load or move into a floating-point register;
 *   after a compare, the next instruction does not branch on the condition;
 *   after CTC1, the next instruction does not look at the control register;
 *   after MFHI or MFLO, the next two do not write HI or LO. */
bool hazard_between(uint32_t before, uint32_t last, uint32_t next);

#endif
