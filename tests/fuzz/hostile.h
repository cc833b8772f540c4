/* Hostile guest code: random words that are mostly instructions, most of them
 * privileged, aimed at addresses where something is. */
#ifndef SELKIRK_TESTS_HOSTILE_H
#define SELKIRK_TESTS_HOSTILE_H

#include "tests/random/rng.h"

enum { HOSTILE_HANDLER_WORDS = 9 };

/* Upper halves of addresses worth aiming at: `count` of them. */
typedef struct HostileAims {
    const uint16_t *high;
    uint32_t count;
} HostileAims;

/* One word of code. */
uint32_t hostile_word(Rng *rng, const HostileAims *aims);

/* Code for an exception vector.  It goes on somewhere in the `size` bytes from
 * `high` << 16 on, as CP0 Random has it, so that an exception is not the end
 * and no loop lasts; `size` is a power of two of at most 16 KB.  With `status`
 * not 0, it writes that to Status and executes RFE. */
void hostile_handler(uint32_t words[HOSTILE_HANDLER_WORDS], uint16_t high,
                     uint32_t size, uint32_t status);

/* What the fuzzers of code are told: a run is a function of it. */
typedef struct HostileOptions {
    uint64_t seed;
    uint64_t count;  /* images */
    uint64_t insns;  /* instructions that each may execute */
    uint64_t expect; /* hash of all results; 0: any */
    bool check;      /* with the layer, in check mode: of fuzz_board */
} HostileOptions;

/* Reads --seed, --count, --insns, --expect and --check (options.h) over the
 * defaults in `options`. */
void hostile_parse_options(HostileOptions *options, int argc, char **argv);

/* Prints the hash of all results.  False if another one was expected. */
bool hostile_check(const HostileOptions *options, uint64_t hash);

#endif
