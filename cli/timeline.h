/* `--timeline`: what the machine did over simulated time, in Chrome's trace
 * event format (JSON, microseconds), which Perfetto shows.
 *
 * Tracks: translations, for as long as making them took; rollbacks; exceptions
 * and interrupts; and, if the run has intervals, instructions by gear, cycles
 * an instruction and translations at hand.  Within the region that is measured
 * only. */
#ifndef SELKIRK_CLI_TIMELINE_H
#define SELKIRK_CLI_TIMELINE_H

#include "base/config.h"
#include "base/diag.h"
#include "morph/machine.h"

typedef struct Timeline Timeline;

/* Begins to write to `path`.  NULL and a Diag if that cannot be. */
Timeline *timeline_open(const char *path, const Config *config,
                        Machine *machine, Diag *diag);
/* An interval has ended: MachineHost.interval. */
void timeline_interval(Timeline *timeline, uint64_t cycles, uint64_t insns,
                       const Stats *stats);
/* Completes the file.  False and a Diag if it could not be written. */
bool timeline_close(Timeline *timeline, Diag *diag);
/* Takes away what was not completed.  NULL is none. */
void timeline_destroy(Timeline *timeline);

#endif
