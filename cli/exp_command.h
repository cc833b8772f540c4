/* The command line of `selkirk run` that runs a point. */
#ifndef SELKIRK_CLI_EXP_COMMAND_H
#define SELKIRK_CLI_EXP_COMMAND_H

#include "cli/exp_points.h"

#include <stdio.h>

/* A command line that grows; ends with a NULL. */
typedef struct ExpWords {
    char **list;
    size_t count;
} ExpWords;

void exp_command_add(ExpWords *words, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Disks and input script; and image and arguments, which come last. */
void exp_command_add_inputs(ExpWords *words, const ExpPoint *point);
void exp_command_add_guest(ExpWords *words, const ExpPoint *point);

/* As execv() takes it, from the program's name on; `point` is one of `points`,
 * `folder` the experiment's.  exp_command_free() releases it. */
char **exp_command_create(const ExpPoints *points, const ExpPoint *point,
                          const char *folder);
void exp_command_free(char **command);

/* Writes those of the chosen points for a shell, each behind a comment with its
 * place on the axes. */
void exp_command_write(const ExpPoints *points, const char *folder, FILE *out);

/* One word, quoted for a shell where it has to be. */
void exp_command_write_word(const char *word, FILE *out);

/* "FOLDER/points/NNNN/FILE"; free() it. */
char *exp_command_path(const ExpPoint *point, const char *folder,
                       const char *file);

#endif
