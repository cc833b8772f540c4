/* The columns that an experiment asks for, and their values at a point. */
#ifndef SELKIRK_CLI_EXP_OUTPUT_H
#define SELKIRK_CLI_EXP_OUTPUT_H

#include "cli/exp_points.h"
#include "cli/exp_stats.h"

#include <stdio.h>

/* What a run's folder says. */
typedef struct ExpData {
    ExpStats stats;
    uint64_t insns, cycles; /* of what was measured */
    uint64_t clock;         /* of the processor, in Hz */
} ExpData;

/* Reads the folder of a run of `point`.  False and a Diag if that is not what a
 * run leaves. */
bool exp_output_read(ExpData *data, const char *folder, const ExpPoint *point,
                     Diag *diag);
void exp_output_free(ExpData *data);

/* Writes the number that `name` has there: "insns", "cycles", "seconds"
 * (simulated), "ipc", "cpi", a statistic, or A/B of two of them.  Writes
 * nothing and returns false where the run has no such number. */
bool exp_output_write(const char *name, const ExpData *data, FILE *out);

/* PREFIX*: all statistics whose names begin so; and whether one does. */
bool exp_output_is_pattern(const char *name);
bool exp_output_matches(const char *pattern, const char *name);

/* Whether a machine with these statistics has the output, or any that fits it;
 * "all" is one. */
bool exp_output_known(const char *name, const ExpStats *stats);

#endif
