/* How far an experiment is, on the standard error. */
#ifndef SELKIRK_CLI_EXP_PROGRESS_H
#define SELKIRK_CLI_EXP_PROGRESS_H

#include "cli/exp_record.h"

typedef struct ExpProgress {
    const ExpPoints *points;
    bool quiet;
    bool in_place; /* the standard error is a terminal */
    bool shown;    /* a line that is to be overwritten stands there */
    double start;  /* report_clock() */
    double told;   /* when a line was written in place */
    unsigned running;
    /* Of the chosen points: */
    size_t wanted, ended, failed, reused;
} ExpProgress;

/* With what has been done before: `outcomes`, one a point. */
ExpProgress exp_progress_begin(const ExpPoints *points,
                               const ExpOutcome *outcomes, bool quiet);
/* The line that is overwritten, on a terminal, now and then. */
void exp_progress_show(ExpProgress *progress);
void exp_progress_hide(ExpProgress *progress);
/* A point has ended: counts it.  A failure is told always, what is well in
 * plain lines only. */
void exp_progress_end(ExpProgress *progress, const ExpPoint *point,
                      const ExpOutcome *outcome);

#endif
