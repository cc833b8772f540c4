/* Input scripts: what comes from outside, and when, so that a run with input
 * repeats exactly: what is typed at the console, and what comes by a network.
 * A text file; one step a line, in order:
 *
 *     # comment
 *     after "GUEST-READY"        wait until the console has printed this
 *     at 250000000               wait until this cycle
 *     wait 1000000               wait this many cycles
 *     type "ls -l\n"             type the text
 *     carrier 27 on              the network card in slot 27 has a carrier
 *     carrier 27 off             or none
 *     frame 27 "\xa4\xb3..."     bytes come to it by the network
 *
 * Texts know \n \r \t \e \\ \" and \xHH. */
#ifndef SELKIRK_MORPH_INPUT_H
#define SELKIRK_MORPH_INPUT_H

#include "base/diag.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef enum InputKind {
    INPUT_AFTER,
    INPUT_AT,
    INPUT_WAIT,
    INPUT_TYPE,
    INPUT_CARRIER,
    INPUT_FRAME,
} InputKind;

typedef struct InputStep {
    InputKind kind;
    uint64_t cycle; /* AT, WAIT */
    unsigned slot;  /* CARRIER, FRAME */
    bool on;        /* CARRIER */
    char *text; /* AFTER, TYPE, FRAME; zero-terminated, `size` bytes without */
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

/* Whether a script says what comes by the network: then nothing else does. */
bool input_has_network(const InputScript *script);

/* Writes one `at` and one `type` line that repeat bytes typed at `cycle`. */
void input_record(FILE *out, uint64_t cycle, const void *bytes, size_t size);
/* The same for what comes by the network at `cycle`. */
void input_record_frame(FILE *out, uint64_t cycle, unsigned slot,
                        const void *bytes, size_t size);
void input_record_carrier(FILE *out, uint64_t cycle, unsigned slot, bool on);

#endif
