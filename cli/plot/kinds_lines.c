/* Curves over an axis of numbers: sweeps, and E(n) = S + n T. */
#include "base/bits.h"
#include "cli/plot/grid.h"
#include "cli/plot/kinds_make.h"
#include "cli/plot/text.h"
#include "cli/report.h"

#include <math.h>
#include <stdlib.h>

/* --- Axes of numbers ------------------------------------------------------ */

typedef struct Place {
    double at;
    size_t row;
} Place;

static int by_place(const void *a, const void *b)
{
    const Place *x = a, *y = b;
    return (x->at > y->at) - (x->at < y->at);
}

static bool is_numeric(const Source *s, size_t axis, double kilo)
{
    double number;
    for (size_t i = 0; i < s->run_count; i++)
        if (!text_quantity(s->runs[i].values[axis], kilo, &number))
            return false;
    return true;
}

/* The rows of a grid in the order of their numbers. */
static Place *sort_rows(const Source *s, const Grid *g, double kilo)
{
    Place *places = arena_alloc(s->arena, g->row_count, sizeof *places);
    for (size_t row = 0; row < g->row_count; row++) {
        places[row].row = row;
        text_quantity(g->rows[row], kilo, &places[row].at);
    }
    qsort(places, g->row_count, sizeof *places, by_place);
    return places;
}

/* A curve each column; `places` has the x of each row. */
static Chart *add_curves(const Source *s, const Grid *g, const Place *places,
                         PlotKind kind, const char *y_label, ChartList *charts)
{
    Chart *c =
        chart_add(charts, CHART_LINES, kind_name(kind), 0, g->column_count);
    c->points = true;
    c->y_labels[0] = y_label;
    for (size_t column = 0; column < g->column_count; column++) {
        const char *of = g->columns[column];
        ChartSeries *series =
            chart_add_series(charts, c, *of ? of : s->title, g->row_count);
        for (size_t i = 0; i < g->row_count; i++) {
            double y = *grid_cell(g, places[i].row, column);
            if (!isnan(y))
                chart_add_point(series, places[i].at, y);
        }
    }
    return c;
}

static KindResult too_many_curves(const Source *s, const Grid *g, PlotKind kind,
                                  Diag *diag)
{
    return grid_unfit(s, kind, diag,
                      "%zu lines are too many for one picture; choose some "
                      "with --only AXIS=VALUE or --by AXIS",
                      g->column_count);
}

/* --- Sweeps --------------------------------------------------------------- */

static bool find_sweep_axis(const Source *s, const PlotAsk *ask, size_t *x)
{
    if (ask->x)
        return grid_find_axis(s, ask->x, x) && is_numeric(s, *x, 1024);
    for (*x = 0; *x < s->axis_count; ++*x)
        if (source_varies(s, *x) && is_numeric(s, *x, 1024))
            return true;
    return false;
}

/* Cycles per instruction, if they are known: workloads differ less in them. */
static PlotAsk with_default(const Source *s, const PlotAsk *ask)
{
    PlotAsk result = *ask;
    double insns, cycles;
    if (!ask->y && source_insns(&s->runs[0], &insns) &&
        source_cycles(&s->runs[0], &cycles))
        result.y = "cpi";
    return result;
}

KindResult sweep_make(const Source *s, const PlotAsk *ask, ChartList *charts,
                      Diag *diag)
{
    const PlotAsk full = with_default(s, ask);
    const char *name, *label;
    GridValue *value = grid_result(&full, &name, &label);
    size_t x;
    Grid g;
    if (!find_sweep_axis(s, ask, &x))
        return grid_unfit(s, KIND_SWEEP, diag,
                          "there is no axis of numbers%s%s",
                          ask->x ? " called " : "", ask->x ? ask->x : "");
    KindResult result = grid_make(&g, s, &full, x, value, name, diag);
    if (result != KIND_MADE)
        return result;
    if (g.row_count < 2)
        return grid_unfit(s, KIND_SWEEP, diag, "%s has one value only",
                          s->axes[x]);
    if (g.column_count > CHART_SERIES_MAX)
        return too_many_curves(s, &g, KIND_SWEEP, diag);

    Place *places = sort_rows(s, &g, 1024);
    Chart *c = add_curves(s, &g, places, KIND_SWEEP, label, charts);
    c->title =
        text_format(s->arena, "%s: %s over %s", s->title, label, s->axes[x]);
    c->x_label = s->axes[x];
    double least = places[0].at, most = places[g.row_count - 1].at;
    c->log_x = least > 0 && most >= 8 * least;
    if (g.row_count <= 16) {
        c->tics = arena_alloc(s->arena, g.row_count, sizeof *c->tics);
        c->tic_count = g.row_count;
        for (size_t i = 0; i < g.row_count; i++)
            c->tics[i] = (ChartTic){places[i].at, g.rows[places[i].row]};
    }
    return KIND_MADE;
}

/* --- E(n) ----------------------------------------------------------------- */

static bool find_n_axis(const Source *s, const PlotAsk *ask, size_t *x)
{
    static const char *const names[] = {"n", "repeat", "repetitions"};
    if (ask->x)
        return grid_find_axis(s, ask->x, x) && is_numeric(s, *x, 1000);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (grid_find_axis(s, names[i], x) && is_numeric(s, *x, 1000))
            return true;
    return false;
}

/* Least squares.  False with fewer than two places. */
static bool fit_line(ChartSeries *series, double *worst)
{
    double n = (double)series->count, mx = 0, my = 0, xx = 0, xy = 0;
    for (size_t i = 0; i < series->count; i++) {
        mx += series->x[i] / n;
        my += series->y[i] / n;
    }
    for (size_t i = 0; i < series->count; i++) {
        xx += (series->x[i] - mx) * (series->x[i] - mx);
        xy += (series->x[i] - mx) * (series->y[i] - my);
    }
    if (series->count < 2 || xx <= 0)
        return false;
    series->fit_t = xy / xx;
    series->fit_s = my - series->fit_t * mx;
    series->has_fit = true;
    *worst = 0;
    for (size_t i = 0; i < series->count; i++) {
        double fit = series->fit_s + series->fit_t * series->x[i];
        *worst = fmax(*worst, fabs(fit / series->y[i] - 1));
    }
    return true;
}

/* "-1.2 k" */
static const char *signed_si(Arena *arena, double value)
{
    return text_format(arena, "%s%s", value < 0 ? "-" : "",
                       text_si(arena, fabs(value)));
}

/* Fits each series, and says so in its name and in a JSON file. */
static const char *fit_all(Arena *arena, Chart *c)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        abort();
    fputs("[", out);
    const char *comma = "";
    for (size_t i = 0; i < c->series_count; i++) {
        ChartSeries *series = &c->series[i];
        double worst;
        if (!fit_line(series, &worst))
            continue;
        fprintf(out, "%s\n  {\"series\": ", comma);
        report_write_json_text(out, series->name);
        fprintf(out,
                ", \"S\": %.10g, \"T\": %.10g, \"points\": %zu, "
                "\"worst_error\": %.6f}",
                series->fit_s, series->fit_t, series->count, worst);
        comma = ",";
        series->name = text_format(arena, "%s: S = %s, T = %s", series->name,
                                   signed_si(arena, series->fit_s),
                                   signed_si(arena, series->fit_t));
    }
    fputs("\n]\n", out);
    fclose(out);
    const char *json = text_copy(arena, text, size);
    free(text);
    return json;
}

KindResult en_make(const Source *s, const PlotAsk *ask, ChartList *charts,
                   Diag *diag)
{
    const char *name, *label;
    GridValue *value = grid_result(ask, &name, &label);
    size_t x;
    Grid g;
    if (!find_n_axis(s, ask, &x))
        return grid_unfit(s, KIND_EN, diag,
                          "there is no axis of numbers "
                          "called %s",
                          ask->x ? ask->x : "n or repeat");
    KindResult result = grid_make(&g, s, ask, x, value, name, diag);
    if (result != KIND_MADE)
        return result;
    if (g.row_count < 3)
        return grid_unfit(s, KIND_EN, diag, "%s has %zu values only",
                          s->axes[x], g.row_count);
    if (g.column_count > CHART_COLOURS)
        return too_many_curves(s, &g, KIND_EN, diag);

    Place *places = sort_rows(s, &g, 1000);
    Chart *c = add_curves(s, &g, places, KIND_EN, label, charts);
    c->title = text_format(s->arena, "%s: E(n) = S + n T", s->title);
    c->x_label = text_format(s->arena, "%s (repetitions n)", s->axes[x]);
    double least = places[0].at, most = places[g.row_count - 1].at;
    c->from_zero = true;
    c->log_x = c->log_y = least > 0 && most >= 30 * least;
    c->json = fit_all(s->arena, c);
    return KIND_MADE;
}
