/* A small program as the guest of the bare board, for tests of the layer. */
#ifndef SELKIRK_TESTS_UNIT_LAYER_GUEST_H
#define SELKIRK_TESTS_UNIT_LAYER_GUEST_H

#include "morph/machine.h"
#include "tests/support/words.h"

enum { IO = S0, STATUS = 12, CAUSE = 13, EPC = 14 };

/* IsC and SwC. */
#define STATUS_ISOLATED 0x30000u

#define START    0x80010000u
#define AT(word) (START + 4 * (word))
/* Ends the program with status 7. */
#define EXIT ADDIU(V0, ZERO, 7), SW(V0, 0x10, IO), BEQ(ZERO, ZERO, -1), NOP

/* The hard build has no room for more than a few translations: what counts how
 * well the layer does is not for it. */
#define CHECK_WELL(condition) assert_true(SELKIRK_HARD || (condition))

typedef struct Guest {
    Config *config;
    ElfImage *image;
    Machine *machine;
    char printed[256];
    size_t size;
} Guest;

/* Starts `words` with settings, words "section.key=value" up to a NULL. */
void guest_start(Guest *g, const uint32_t *words, size_t count,
                 const char *const *settings);
void guest_finish(Guest *g);
/* To EXIT. */
void guest_run(Guest *g);
uint64_t guest_stat(const Guest *g, const char *name);

/* Starts under the layer, with further settings, and runs to the end. */
#define RUN(g, words, ...)                                                     \
    do {                                                                       \
        const char *const settings_[] = {"cpu.model=vliw", __VA_ARGS__, NULL}; \
        guest_start(g, words, ARRAY_LEN(words), settings_);                    \
        guest_run(g);                                                          \
    } while (0)

/* The same program on the reference CPU ends in the same state. */
void guest_check_same(const Guest *g, const uint32_t *words, size_t count);
#define CHECK_SAME(g, words) guest_check_same(g, words, ARRAY_LEN(words))
/* All causes add up to all cycles. */
void guest_check_causes(const Guest *g);

#endif
