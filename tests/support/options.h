/* Command lines of programs that go through random cases. */
#ifndef SELKIRK_TESTS_SUPPORT_OPTIONS_H
#define SELKIRK_TESTS_SUPPORT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* An option: with a number behind it, or without anything.  One of the
 * pointers is NULL. */
typedef struct Option {
    const char *name; /* with its dashes */
    uint64_t *number;
    bool *flag;
} Option;

/* Reads the arguments over what the variables hold; a row without a name ends
 * `options`.  Numbers are decimal or 0x hexadecimal, as number_parse() has
 * them.  Exits with status 2 and a line of usage on anything else. */
void options_parse(const Option *options, int argc, char **argv);

/* Which of the random cases: those of `seed` with the numbers from `first` on,
 * `count` of them; `big`: of big-endian guests. */
typedef struct OptionsCases {
    uint64_t seed, first, count;
    bool big;
} OptionsCases;

/* --seed N, --first N, --count N, --big; by default the first `count` of seed
 * 1, little-endian. */
OptionsCases options_parse_cases(int argc, char **argv, uint64_t count);

#endif
