/* The machine's state as text on the standard output, for the monitor. */
#ifndef SELKIRK_CLI_INSPECT_H
#define SELKIRK_CLI_INSPECT_H

#include "morph/machine.h"

/* The value of the register called `name`: a general register, pc, hi, lo, or
 * a CP0 register without its "c0_".  False if there is none. */
bool inspect_register(const GuestState *s, const char *name, uint32_t *value);

void inspect_print_gprs(const Machine *machine);
void inspect_print_cp0(const GuestState *s);
void inspect_print_fpu(const GuestState *s);
void inspect_print_tlb(const GuestState *s);

/* The instruction at `va`: address, symbol, word and text. */
void inspect_print_insn(Machine *machine, uint32_t va);
/* `count` words from `va`, which is a multiple of 4. */
void inspect_print_memory(Machine *machine, uint32_t va, uint32_t count);

#endif
