/* Hostile guest code: random words that are mostly instructions, most of them
 * privileged, aimed at addresses where something is. */
#ifndef SELKIRK_TESTS_HOSTILE_H
#define SELKIRK_TESTS_HOSTILE_H

#include "tests/random/rng.h"

/* Upper halves of addresses worth aiming at: `count` of them. */
typedef struct HostileAims {
    const uint16_t *high;
    uint32_t count;
} HostileAims;

/* One word of code. */
uint32_t hostile_word(Rng *rng, const HostileAims *aims);

#endif
