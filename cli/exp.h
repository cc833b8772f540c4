/* `selkirk exp`: runs an experiment; docs/experiments.md. */
#ifndef SELKIRK_CLI_EXP_H
#define SELKIRK_CLI_EXP_H

#include "base/diag.h"
#include "cli/options.h"

/* Returns the program's exit status; with a Diag if that is not one of a point
 * that failed. */
int exp_program(const Options *options, Diag *diag);

#endif
