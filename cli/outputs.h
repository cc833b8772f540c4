/* Whether what a run writes would go over what it reads, or over itself. */
#ifndef SELKIRK_CLI_OUTPUTS_H
#define SELKIRK_CLI_OUTPUTS_H

#include "cli/checkpoints.h"
#include "cli/options.h"

/* Looks at all files that `options` name, before one is opened for writing:
 * false and one line if an output is an input or another output.  Files that
 * are replaced as wholes may be what they replace: translations of --warm-start
 * and checkpoints of --restore, which are read before. */
bool outputs_check(const Options *options, const CheckpointFiles *checkpoints,
                   Diag *diag);

#endif
