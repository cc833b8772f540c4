/* `--pipeline`: how molecules went through the modelled host, for the viewer
 * Konata (kanata.h).
 *
 * A row for each molecule.  Its stages: X issues; Pr: what it did is
 * provisional, until a commit retires it, or a rollback flushes it.  In a
 * second lane, as stalls: Ic waits for the instruction cache, Wt for operands
 * or units; Dc waits for data cache or uncached memory, Tb for the micro TLB,
 * Sb for the store buffer, Cm commits, Rb is rolled back, Br branches.  Between
 * runs of molecules there are rows for the layer, whose stages are the causes
 * of its cycles.  Arrows show what a molecule waited for (waits.h).  Each
 * processor has its rows, its number is their thread. Within the region that is
 * measured only. */
#ifndef SELKIRK_CLI_PIPELINE_H
#define SELKIRK_CLI_PIPELINE_H

#include "base/diag.h"
#include "morph/machine.h"

typedef struct Pipeline Pipeline;

/* Begins to write to `path`.  NULL and a Diag if that cannot be. */
Pipeline *pipeline_open(const char *path, Machine *machine, Diag *diag);
/* Completes the file.  False and a Diag if it could not be written. */
bool pipeline_close(Pipeline *pipeline, Diag *diag);
/* Takes away what was not completed.  NULL is none. */
void pipeline_destroy(Pipeline *pipeline);

#endif
