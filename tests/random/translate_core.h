/* The end of the chain: regions scheduled for several machines, checked, and
 * run on the reference core. */
#ifndef SELKIRK_TESTS_RANDOM_TRANSLATE_CORE_H
#define SELKIRK_TESTS_RANDOM_TRANSLATE_CORE_H

#include "optimizer/optimizer.h"
#include "tests/random/translate_world.h"

enum { CORE_MACHINES = 6 };

typedef struct CoreMachine {
    const char *name;
    Config *config;
    VliwDesc desc;
    Hierarchy *hierarchy;
    Core *core;
} CoreMachine;

/* Stores of one commit that each machine's store buffer has room for. */
enum { CORE_STORES = 12 };

void core_machines_create(CoreMachine machines[CORE_MACHINES], World *world);
void core_machines_destroy(CoreMachine machines[CORE_MACHINES]);

/* Schedules the region, proves the schedule legal, and that its text reads back
 * as it was; then runs it from `start`.  False, and a message: one of these
 * went wrong.  The code is in `arena`, also for the caller to look at: *code,
 * NULL until it is there. */
bool core_machine_run(CoreMachine *machine, World *world,
                      const IrRegion *region, const OptConfig *opt,
                      Arena *arena, const Place *start, Outcome *out,
                      VliwCode **code);

#endif
