/* Random programs for machines with the code-morphing layer, each with a
 * configuration drawn with it: low thresholds, any limits, caches that
 * overflow, another VLIW. */
#ifndef SELKIRK_TESTS_RANDOM_LAYER_CASE_H
#define SELKIRK_TESTS_RANDOM_LAYER_CASE_H

#include "morph/machine.h"
#include "tests/random/layer_image.h"

typedef struct LayerCase {
    uint64_t number;
    LayerImage image;
    Config *config;
    uint64_t insns;   /* limit */
    const Warm *warm; /* to begin with, or NULL, as it is drawn */
} LayerCase;

/* Program `number` of a seed; layer_case_drop() releases it. */
void layer_case_draw(LayerCase *c, uint64_t seed, uint64_t number, bool big);
void layer_case_drop(LayerCase *c);
/* Sets a key; a wrong one ends the program with its message. */
void layer_case_set(Config *config, const char *key, const char *value);
/* A machine to run it on; machine_destroy() releases it. */
Machine *layer_case_machine(const LayerCase *c, bool check);
/* The settings that are not defaults, as options of selkirk, in a line. */
void layer_case_print(const Config *config);

#endif
