/* `selkirk report`: one self-contained HTML page about a run or an experiment.
 */
#ifndef SELKIRK_CLI_PLOT_PAGE_H
#define SELKIRK_CLI_PLOT_PAGE_H

#include "cli/options.h"

/* The whole command.  The exit status; a Diag for any but STATUS_OK. */
int page_run(const Options *options, Diag *diag);

#endif
