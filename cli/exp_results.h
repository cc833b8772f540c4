/* The table that an experiment comes to: experiment.ini, commands.txt,
 * results.csv and results.json in its folder. */
#ifndef SELKIRK_CLI_EXP_RESULTS_H
#define SELKIRK_CLI_EXP_RESULTS_H

#include "cli/exp_run.h"
#include "cli/savefile.h"

enum { EXP_RESULT_FILES = 4 };

typedef struct ExpResults {
    char *paths[EXP_RESULT_FILES];
    SaveFile files[EXP_RESULT_FILES];
} ExpResults;

/* Opens the files in `folder`, before there is anything to write: while they
 * are open no other experiment can be run in the folder.  Those of an earlier
 * one stand until they are complete. */
bool exp_results_open(ExpResults *results, const char *folder, Diag *diag);
bool exp_results_write(ExpResults *results, const ExpRun *run, Diag *diag);
/* Releases everything; takes away what is not complete. */
void exp_results_drop(ExpResults *results);

#endif
