/* A chart: what is drawn, as data.  Kinds make them, gnuplot draws them. */
#ifndef SELKIRK_CLI_PLOT_CHART_H
#define SELKIRK_CLI_PLOT_CHART_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

typedef enum ChartForm {
    CHART_STACKED,   /* a bar a row, its series one on the other */
    CHART_CLUSTERED, /* a group of bars a row, a bar a series */
    CHART_SORTED,    /* a horizontal bar a row, of one series */
    CHART_LINES,     /* each series has its own x */
    CHART_STEPS,     /* over time, in up to three panels, of which the first is
                        stacked; x is where a step begins */
} ChartForm;

enum { CHART_PANELS = 3, CHART_SERIES_MAX = 16, CHART_ROWS_MAX = 60 };

typedef struct ChartSeries {
    const char *name;   /* in the legend */
    const char *colour; /* "#rrggbb", or NULL: as its place says */
    unsigned panel;     /* of CHART_STEPS */
    double *y;          /* one a row, or a point; NAN: missing */
    double *x;          /* CHART_LINES */
    size_t count;       /* CHART_LINES: points */
    bool has_fit;       /* y = fit_s + fit_t * x is drawn, too */
    double fit_s, fit_t;
} ChartSeries;

/* A place that is pointed at, numbered from 1 in the order of the list. */
typedef struct ChartMark {
    double x, y;
    const char *text;
} ChartMark;

/* A text at a place of an axis. */
typedef struct ChartTic {
    double at;
    const char *text;
} ChartTic;

typedef struct Chart {
    ChartForm form;
    const char *name;  /* of its files, without what follows the dot */
    const char *title; /* over it */
    const char *note;  /* a smaller line under the title, or NULL */
    const char *x_label;
    const char *y_labels[CHART_PANELS];
    bool log_x, log_y;
    bool points;    /* CHART_LINES: the points are marked, too */
    bool from_zero; /* CHART_LINES: axes begin there, unless logarithmic */
    double most;    /* of what is stacked, if that is known; else 0 */
    bool has_level; /* a line across, at `level` */
    double level;
    bool gap;            /* CHART_CLUSTERED: the last row stands apart */
    const char **labels; /* of rows, but of CHART_STEPS */
    const char **ends;   /* at the end of each bar, or NULL */
    double *x;           /* of CHART_STEPS' rows */
    size_t row_count;    /* none of CHART_LINES */
    ChartSeries *series; /* room for what chart_add_series() was told */
    size_t series_count;
    ChartMark *marks;
    size_t mark_count;
    ChartTic *tics; /* of x, or NULL: gnuplot chooses */
    size_t tic_count;
    const char *reading; /* how to read it */
    const char *json;    /* the contents of NAME.json, or NULL */
    struct Chart *next;
} Chart;

/* Charts in the order in which they were made. */
typedef struct ChartList {
    Arena *arena;
    Chart *first, **end; /* where the next one goes */
} ChartList;

static inline ChartList chart_list(Arena *arena)
{
    return (ChartList){arena, NULL, NULL};
}

/* A new one at the end of the list: with room for `rows` and `series`, which
 * are given to it by chart_add_series(). */
Chart *chart_add(ChartList *list, ChartForm form, const char *name, size_t rows,
                 size_t series);
/* The next series, its y all missing; of CHART_LINES with room for `points`,
 * and none yet. */
ChartSeries *chart_add_series(ChartList *list, Chart *chart, const char *name,
                              size_t points);
void chart_add_point(ChartSeries *series, double x, double y);

/* Colours that those who are colour-blind tell apart, by a series' place: those
 * of Okabe and Ito (Color Universal Design, 2008), but for black, and then some
 * of Tol's (Colour Schemes, 2021). */
enum { CHART_COLOURS = 11 };
const char *chart_colour(size_t place);
extern const char *const chart_grey;

#endif
