/* Random IR regions that keep every rule of ir.h, and a small world to run them
 * in: for all that must not change what a region does. */
#ifndef SELKIRK_TESTS_RANDOM_REGION_H
#define SELKIRK_TESTS_RANDOM_REGION_H

#include "ir/interp.h"
#include "tests/random/rng.h"

/* Three pages; all else faults.  The alias names the bytes of the first again,
 * stores to the second fault. */
enum {
    REGION_PAGE = 4096, /* bytes */
    REGION_MEMORY = 0x00010000,
    REGION_READ_ONLY = 0x00011000,
    REGION_ALIAS = 0x00012000
};

typedef struct RegionLimits {
    unsigned insns;  /* of IR, roughly */
    unsigned stores; /* between two commits */
    bool fp;         /* FP arithmetic: else moves alone */
    bool alias;      /* addresses in the alias as well */
} RegionLimits;

/* A region in `arena` that ir_verify() accepts.  It looks like what is lifted:
 * slots are read and written often, addresses are near each other. */
IrRegion *region_random(Arena *arena, Rng *rng, const RegionLimits *limits);

/* Slots with addresses of memory in r4 to r7, and edge values elsewhere. */
void region_random_state(IrState *state, Rng *rng);

typedef struct RegionWorld {
    bool big; /* byte order */
    /* Physical address 0 on: the memory, then the page that is read only. */
    uint8_t bytes[2 * REGION_PAGE];
    uint64_t stores; /* hash of all stores so far, in order */
} RegionWorld;

void region_random_world(RegionWorld *world, Rng *rng, bool big);
/* FP arithmetic is the R3010's. */
IrEnv region_env(RegionWorld *world);

#endif
