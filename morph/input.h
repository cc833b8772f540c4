/* Input scripts: what is typed at the console, and when, so that a run with
 * input repeats exactly.  A text file; one step a line, in order:
 *
 *     # comment
 *     after "GUEST-READY"        wait until the console has printed this
 *     at 250000000               wait until this cycle
 *     wait 1000000               wait this many cycles
 *     type "ls -l\n"             type the text
 *
 * Texts know \n \r \t \e \\ \" and \xHH. */
#ifndef SELKIRK_MORPH_INPUT_H
#define SELKIRK_MORPH_INPUT_H

#include "base/diag.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef enum InputKind {
    INPUT_AFTER,
    INPUT_AT,
    INPUT_WAIT,
    INPUT_TYPE
} InputKind;

typedef struct InputStep {
    InputKind kind;
    uint64_t cycle; /* AT, WAIT */
    char *text;     /* AFTER, TYPE; zero-terminated, `size` bytes without */
    size_t size;
} InputStep;

typedef struct InputScript {
    InputStep *steps;
    size_t count;
} InputScript;

/* Reads a script; the first error is told with file and line. */
bool input_read(InputScript *script, const char *path, Diag *diag);
/* The same from memory; `name` stands for the file in messages. */
bool input_parse(InputScript *script, const char *name, const char *text,
                 size_t size, Diag *diag);
void input_free(InputScript *script);

/* Writes one `at` and one `type` line that repeat bytes typed at `cycle`. */
void input_record(FILE *out, uint64_t cycle, const void *bytes, size_t size);

#endif
