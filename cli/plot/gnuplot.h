/* Drawing charts with gnuplot, and the files that doing so leaves:
 *
 *     NAME.dat   what is drawn, as gnuplot reads it
 *     NAME.gp    how: `gnuplot NAME.gp` makes the SVG again, and
 *                `gnuplot -e "format='png'" NAME.gp` the PNG
 *     NAME.json  figures read off it, of some kinds
 *     NAME.svg, NAME.png */
#ifndef SELKIRK_CLI_PLOT_GNUPLOT_H
#define SELKIRK_CLI_PLOT_GNUPLOT_H

#include "base/diag.h"
#include "cli/plot/chart.h"

#include <stdio.h>

typedef enum GnuplotResult {
    GNUPLOT_DRAWN,
    GNUPLOT_MISSING, /* it is not installed: the Diag says so */
    GNUPLOT_FAILED,  /* a file could not be written, or gnuplot failed */
} GnuplotResult;

/* Writes what gnuplot reads into an existing folder. */
bool gnuplot_write(const Chart *chart, const char *folder, Diag *diag);

/* Writes that and runs gnuplot there, for the SVG and for the PNG, each of
 * which gets its name when it is whole.  The same chart gives the same bytes of
 * SVG, wherever it is drawn. */
GnuplotResult gnuplot_draw(const Chart *chart, const char *folder, Diag *diag);

#endif
