/* Whether an experiment can run: without running it. */
#ifndef SELKIRK_CLI_EXP_CHECK_H
#define SELKIRK_CLI_EXP_CHECK_H

#include "cli/exp_points.h"

/* Builds the machine of each chosen point, which reads its image, disks and
 * input, and looks for the outputs among its statistics. */
bool exp_check_points(const ExpPoints *points, Diag *diag);

#endif
