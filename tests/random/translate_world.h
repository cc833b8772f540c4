/* The world of random code that is translated: the reference CPU, and what the
 * stages of the translation see of its memory, for each a copy. */
#ifndef SELKIRK_TESTS_RANDOM_TRANSLATE_WORLD_H
#define SELKIRK_TESTS_RANDOM_TRANSLATE_WORLD_H

#include "hwmodel/vliw/core.h"
#include "ir/interp.h"
#include "tests/random/translate_program.h"
#include "tests/support/bare_cpu.h"

/* Guest state and memory where a stage, or the CPU, stands. */
typedef struct Place {
    IrState state;
    uint32_t pc;
    IrPending pending;
    uint32_t insns; /* since the region's entry */
    uint8_t ram[TRANSLATE_RAM];
} Place;

/* What a stage did with the region. */
typedef struct Outcome {
    const char *stage;
    bool fault;
    unsigned guest;     /* instruction that failed */
    Place place;        /* where it committed last */
    const IrExit *exit; /* of that commit; NULL: none, it is the entry */
} Outcome;

typedef struct World {
    bool big;
    BareCpu *bare;
    Cpu *cpu;
    /* For look-ups, which may shut the TLB down. */
    GuestState mapping;
    uint8_t *ram; /* of the stage that runs */
} World;

void world_create(World *w, bool big);
void world_destroy(World *w);

/* The stage that runs sees this memory, and the CPU's mappings as they are. */
void world_begin(World *w, uint8_t *ram);
/* Physical address of a data access that a region may make. */
bool world_find(World *w, uint32_t va, bool store, uint32_t *pa);
/* The word of the CPU's memory at `va`, if it may be in a region. */
bool world_fetch(World *w, uint32_t va, uint32_t *word);
/* What stages run in; the World is the ctx. */
IrEnv world_env(World *w);
CoreBus world_bus(World *w);

/* The CPU's state as a region sees it, after `insns` of its instructions. */
void world_read(const World *w, Place *place, uint32_t insns);

/* Prints what differs; `name` is the stage's. */
bool place_compare(const char *name, const Place *have, const Place *want);
/* The outcome is the state at an exit record, whose index is `exit`, or at the
 * entry (-1). */
void outcome_leave(Outcome *out, const IrExit *exits, int exit);

#endif
