/* Random code to translate, and the machine state that it starts in: kernel or
 * user mode, every instruction of r3000.def, memory that is mapped, mapped
 * twice, read only, not mapped, and no memory. */
#ifndef SELKIRK_TESTS_RANDOM_TRANSLATE_PROGRAM_H
#define SELKIRK_TESTS_RANDOM_TRANSLATE_PROGRAM_H

#include "frontend/state.h"
#include "tests/random/rng.h"

/* Physical memory.  Exception vectors are in the first page. */
enum {
    TRANSLATE_RAM = 0x4000,
    TRANSLATE_CODE = 0x1000,
    TRANSLATE_CODE_WORDS = 96, /* the last two jump back */
    TRANSLATE_DATA = 0x2000,   /* to the end */
};

typedef struct TranslateProgram {
    bool user;
    bool calm;        /* nearly everything can be translated */
    uint32_t code_va; /* of the first word */
    uint32_t code[TRANSLATE_CODE_WORDS];
    uint32_t data[(TRANSLATE_RAM - TRANSLATE_DATA) / 4];
} TranslateProgram;

void translate_program_make(TranslateProgram *program, Rng *rng);

/* Sets all of a state that was reset; a load may be in flight. */
void translate_program_state(const TranslateProgram *program, Rng *rng,
                             GuestState *s);

/* The address of some word of the code. */
uint32_t translate_program_label(const TranslateProgram *program, Rng *rng);

#endif
