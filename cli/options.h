/* The command line: parsing against options.def, help, completion. */
#ifndef SELKIRK_CLI_OPTIONS_H
#define SELKIRK_CLI_OPTIONS_H

#include "base/diag.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Exit statuses of the program besides the guest's own; docs/selkirk.1. */
enum {
    STATUS_OK = 0,
    STATUS_MISSED = 1, /* --until, --fast-forward: it did not come; exp: a point
                        * failed */
    STATUS_INPUT = 2,  /* bad arguments, configuration, image, script, disk */
    STATUS_HOST = 3,   /* the host failed: output could not be written */
    STATUS_CHECK = 4,  /* --check found a difference */
};

enum { OPERANDS_MAX = 64 };

typedef enum CommandId {
#define COMMAND(id, name, least, most, rest, operands, text) COMMAND_##id,
#include "cli/options.def"
    COMMAND_TOTAL
} CommandId;

typedef enum OptionId {
#define OPTION(id, name, letter, value, commands, text) OPTION_##id,
#include "cli/options.def"
    OPTION_TOTAL
} OptionId;

typedef enum TraceKind {
#define TRACE(id, name, text) TRACE_##id,
#include "cli/options.def"
    TRACE_TOTAL
} TraceKind;

typedef struct OptionUse {
    OptionId id;
    const char *value; /* NULL if the option takes none */
} OptionUse;

/* A parsed command line.  Its texts are those of argv. */
typedef struct Options {
    CommandId command;
    OptionUse *uses; /* in the order of the command line */
    size_t use_count;
    const char *operands[OPERANDS_MAX];
    size_t operand_count;
    char *const *args; /* all, as they were given; behind the last is NULL */
    char *const *rest; /* what follows "--" */
    size_t rest_count;
} Options;

/* The command called `name`; false with a suggestion if there is none. */
bool options_find_command(const char *name, CommandId *command, Diag *diag);

/* Parses the arguments that follow the command's name.  If --help or --version
 * is among them, the rest is not looked at.  options_free() releases
 * `options`, also after an error. */
bool options_parse(Options *options, CommandId command, char *const *args,
                   size_t count, Diag *diag);
void options_free(Options *options);

bool options_has(const Options *options, OptionId id);
/* The last value given, or NULL. */
const char *options_value(const Options *options, OptionId id);
/* The same as a number from 1 up, with decimal k, M or G; 0 if not given. */
bool options_number(const Options *options, OptionId id, uint64_t *number,
                    Diag *diag);

/* The trace kind called by the first `length` bytes of `name`. */
bool options_find_trace(const char *name, size_t length, TraceKind *kind,
                        Diag *diag);

/* Help for one command, and for the program. */
void options_write_help(CommandId command, FILE *out);
void options_write_overview(FILE *out);

/* For shell completion and tests: a line "COMMAND --OPTION [VALUE]" for each
 * option of each command, and "trace KIND" and "kind NAME" lines. */
void options_write_table(FILE *out);

#endif
