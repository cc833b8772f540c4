/* Results of points that have run before, wherever they lie. */
#ifndef SELKIRK_CLI_EXP_REUSE_H
#define SELKIRK_CLI_EXP_REUSE_H

#include "cli/exp_run.h"

/* Sets the outcomes of the chosen points whose results are in the folder.
 * Those that had another number are moved to where they belong now. */
void exp_reuse_find(ExpRun *run);

#endif
