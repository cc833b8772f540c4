/* A chart as gnuplot's data and script. */
#ifndef SELKIRK_CLI_PLOT_GNUPLOT_SCRIPT_H
#define SELKIRK_CLI_PLOT_GNUPLOT_SCRIPT_H

#include "cli/plot/chart.h"

#include <stdio.h>

/* The contents of NAME.dat. */
void gnuplot_script_write_data(const Chart *chart, FILE *out);
/* The contents of NAME.gp, which names the other files. */
void gnuplot_script_write(const Chart *chart, FILE *out);

#endif
