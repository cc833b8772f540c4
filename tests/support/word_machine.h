/* Machines with the bare board that run a program of instruction words
 * (words.h) and keep what it prints. */
#ifndef SELKIRK_TESTS_SUPPORT_WORD_MACHINE_H
#define SELKIRK_TESTS_SUPPORT_WORD_MACHINE_H

#include "morph/machine.h"
#include "tests/support/settings.h"

typedef struct WordMachine {
    Config *config;
    ElfImage *image;
    Machine *machine;
    char printed[256]; /* what comes after 255 bytes is lost */
    size_t size;
    uint64_t interval_count, interval_hash; /* stats.interval: of its lines */
} WordMachine;

/* The program lies and begins at `start`; `settings`: words "key=value" until
 * NULL.  `w` must stay where it is until word_machine_destroy().  Anything that
 * is wrong ends the program with its message. */
Machine *word_machine_create(WordMachine *w, uint32_t start,
                             const uint32_t *program, size_t count,
                             const char *const *settings, bool check);
void word_machine_destroy(WordMachine *w);

#endif
