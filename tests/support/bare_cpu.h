/* The reference CPU on the least machine that programs can run on: RAM from
 * physical address 0, a console, an exit register, an interrupt register and
 * a small ROM (bare_regs.h).  For tests; independent of hwmodel and morph. */
#ifndef SELKIRK_TESTS_BARE_CPU_H
#define SELKIRK_TESTS_BARE_CPU_H

#include "frontend/cpu.h"

typedef struct BareCpu BareCpu;

/* An R3000 with R3010, 64 KB caches and all CpCond inputs low. */
CpuConfig bare_cpu_config(bool big);

/* `ram` bytes, zeroed: a multiple of 4096, at most BARE_CONSOLE.  Starts at
 * 0x80000000, as bare_cpu_reset() says. */
BareCpu *bare_cpu_create(uint32_t ram, bool big);
BareCpu *bare_cpu_create_config(uint32_t ram, const CpuConfig *config);
void bare_cpu_destroy(BareCpu *bare);

/* Registers zero, Status zero, pc as given; memory stays as it is, what was
 * printed is forgotten. */
void bare_cpu_reset(BareCpu *bare, uint32_t pc);

/* Copies bytes into RAM or ROM.  False if they do not fit. */
bool bare_cpu_load(BareCpu *bare, uint32_t pa, const void *bytes,
                   uint32_t size);

/* At most `insns` more instructions.  True if the program has ended. */
bool bare_cpu_run(BareCpu *bare, uint64_t insns);

/* True, and what was written to the exit register, if anything was. */
bool bare_cpu_exited(const BareCpu *bare, uint32_t *status);

/* What was printed since the reset; valid until the program prints more. */
const char *bare_cpu_console(const BareCpu *bare, size_t *size);

/* RAM as the guest's bytes in address order. */
uint8_t *bare_cpu_ram(BareCpu *bare);

/* To hook it, or to look at and change its state. */
Cpu *bare_cpu_cpu(BareCpu *bare);

#endif
