/* The makers of charts, a kind each; kinds.c has the table of them. */
#ifndef SELKIRK_CLI_PLOT_KINDS_MAKE_H
#define SELKIRK_CLI_PLOT_KINDS_MAKE_H

#include "cli/plot/kinds.h"

typedef KindResult KindMaker(const Source *source, const PlotAsk *ask,
                             ChartList *charts, Diag *diag);

/* kinds_time.c */
KindMaker residency_make, startup_make;
/* kinds_lines.c */
KindMaker en_make, sweep_make;
/* kinds_stack.c */
KindMaker stack_make, packing_make, histogram_make;
/* kinds_bars.c */
KindMaker speedup_make, ablation_make, engine_make;

#endif
