/* Running the points of an experiment: each a process of this program, several
 * at a time. */
#ifndef SELKIRK_CLI_EXP_RUN_H
#define SELKIRK_CLI_EXP_RUN_H

#include "cli/exp_record.h"

typedef enum ExpEnd {
    EXP_END_DONE,   /* all points ended */
    EXP_END_SIGNAL, /* terminal_signal() came */
    EXP_END_HOST,   /* output could not be written: there is a Diag */
} ExpEnd;

typedef struct ExpRun {
    const ExpPoints *points;
    ExpOutcome *outcomes; /* one a point; set by exp_run_points() */
    const char *folder;   /* of the experiment */
    uint64_t build;       /* hash of this program */
    unsigned jobs;
    bool quiet;
    bool task; /* one point of many that others run at the same time */
} ExpRun;

/* Runs the chosen points that have no result of this program with what they say
 * now; of a task, even if it has.  Tells how far it is on the standard error.
 * exp_run_free() releases the outcomes. */
ExpEnd exp_run_points(ExpRun *run, Diag *diag);

void exp_run_free(ExpRun *run);

#endif
