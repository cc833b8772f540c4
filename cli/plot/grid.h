/* Runs in rows and columns by their axes, for the kinds; and what they say when
 * something is not there. */
#ifndef SELKIRK_CLI_PLOT_GRID_H
#define SELKIRK_CLI_PLOT_GRID_H

#include "cli/plot/kinds.h"

/* A value of a run; false if it has none. */
typedef bool GridValue(const SourceRun *run, const char *name, double *value);

typedef struct Grid {
    const char **rows; /* values of the axis of rows */
    size_t row_count;
    const char **columns; /* labels of what tells series apart */
    size_t column_count;
    double *cells; /* row by row; NAN: no run */
} Grid;

static inline double *grid_cell(const Grid *grid, size_t row, size_t column)
{
    return &grid->cells[row * grid->column_count + column];
}

/* The axis called `name`; false if there is none. */
bool grid_find_axis(const Source *source, const char *name, size_t *axis);

/* Instead of an axis: all runs are in one row. */
static const size_t GRID_NONE = (size_t)-1;

/* Rows by the axis `x`; columns by the axes of ask->by, or by all others that
 * vary.  Several runs in a cell (axes that neither names) become one: the
 * geometric mean, or the arithmetic one if any is not above 0.  `value` is
 * given `name`.  UNFIT if a run has no such value, or --by names no axis. */
KindResult grid_make(Grid *grid, const Source *source, const PlotAsk *ask,
                     size_t x, GridValue *value, const char *name, Diag *diag);

/* "PLACE: --kind NAME needs ...", and what of it is not there. */
KindResult grid_unfit(const Source *source, PlotKind kind, Diag *diag,
                      const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The statistic that --y names, or cycles: the function to read it with, its
 * name, and how an axis says it. */
GridValue *grid_result(const PlotAsk *ask, const char **name,
                       const char **label);

/* The axis of workloads: ask->x, or one called so; false if there is none. */
bool grid_find_workloads(const Source *source, const PlotAsk *ask,
                         size_t *axis);

/* The base among `count` labels: ask->base, or the one that is r3000, or the
 * first.  A label counts for its parts between commas, too.  False if there is
 * none, or if ask->base is in several. */
bool grid_find_base(const PlotAsk *ask, const char *const *labels, size_t count,
                    size_t *base);

/* The geometric mean of a column over all rows that it and `other` have, each
 * beside that of `other`'s (or by itself, if `other` is GRID_NONE): other's
 * over the column's.  NAN if none. */
double grid_mean(const Grid *grid, size_t column, size_t other);

#endif
