/* `selkirk plot`: pictures of what runs and experiments left. */
#ifndef SELKIRK_CLI_PLOT_PLOT_H
#define SELKIRK_CLI_PLOT_PLOT_H

#include "cli/options.h"
#include "cli/plot/kinds.h"

/* The whole command.  The exit status; a Diag for any but STATUS_OK. */
int plot_run(const Options *options, Diag *diag);

/* What the two commands share.  The command line's results, with --only. */
bool plot_read_source(const Options *options, Source *source, Arena *arena,
                      Diag *diag);
/* Its --x, --y, --by and --base; the texts live in the arena. */
PlotAsk plot_read_ask(const Options *options, Arena *arena);
/* Makes a folder, if it is not there. */
bool plot_make_folder(const char *folder, Diag *diag);

#endif
