/* `--pipeline`: how molecules went through the modelled host, for the viewer
 * Konata, in its log format (shioyadan/Konata, docs/kanata-log-format.md,
 * version 4).
 *
 * A row for each molecule.  Its stages: Ic waits for the instruction cache, Wt
 * for operands or units, X issues, Dc waits for data cache, uncached memory or
 * micro TLB, Sb for the store buffer, Cm commits, Br branches; Pr: what it did
 * is provisional, until a commit retires it, or a rollback flushes it.  Between
 * runs of molecules there are rows for the layer, whose stages are the causes
 * of its cycles.  Within the region that is measured only. */
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
