/* The machines that the points of an experiment begin with: checkpoint_at. Each
 * is run to its checkpoint once, on the reference CPU, however many points
 * restore it. */
#ifndef SELKIRK_CLI_EXP_BOOT_H
#define SELKIRK_CLI_EXP_BOOT_H

#include "cli/exp_run.h"

/* Where the checkpoint of the point is, in `folder`, which is the experiment's;
 * NULL: it begins at the reset.  Points that begin with the same machine have
 * the same.  free() it. */
char *exp_boot_path(const ExpPoint *point, const char *folder);
/* The command line that takes it, for exp_command_free(). */
char **exp_boot_command(const ExpPoint *point, const char *path);
/* Takes those that the `count` points begin with and that are not there, some
 * at a time; or waits for another program that takes one, such as another task
 * of Slurm.  False: a Diag, or a signal came. */
bool exp_boot(const ExpPoint *const *points, size_t count, const ExpRun *run,
              Diag *diag);

#endif
