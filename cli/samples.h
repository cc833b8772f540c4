/* What is told of a sampled run: its units, and how good the estimates are. */
#ifndef SELKIRK_CLI_SAMPLES_H
#define SELKIRK_CLI_SAMPLES_H

#include "cli/report.h"

/* Whether there is no estimate, as too few units lie in the region, or not all
 * of SimPoint's intervals. */
bool samples_are_missing(const Run *run);
/* One line to the standard error then. */
void samples_tell_missing(const Run *run);

/* Lines of the summary; nothing if the run is not sampled. */
void samples_write_text(const Run *run, FILE *out);
/* A member of summary.json, likewise. */
void samples_write_json(const Run *run, FILE *out);
/* samples.csv: a line for each unit. */
void samples_write_csv(const Run *run, FILE *out);

#endif
