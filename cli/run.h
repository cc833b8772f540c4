/* `selkirk run`: builds a machine and runs it to its end. */
#ifndef SELKIRK_CLI_RUN_H
#define SELKIRK_CLI_RUN_H

#include "cli/options.h"

/* Returns the exit status; what `diag` says then is for the user. */
int run_program(const Options *options, Diag *diag);

#endif
