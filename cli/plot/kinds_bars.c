/* Bars beside each other: speedup, ablation, speed of the host. */
#include "cli/plot/grid.h"
#include "cli/plot/kinds_make.h"
#include "cli/plot/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Rows of workloads, and their mean apart behind them if they are several. */
static Chart *add_clusters(const Grid *g, ChartList *charts, PlotKind kind)
{
    bool has_mean = g->row_count > 1;
    Chart *c = chart_add(charts, CHART_CLUSTERED, kind_name(kind),
                         g->row_count + has_mean, g->column_count);
    for (size_t row = 0; row < g->row_count; row++)
        c->labels[row] = g->rows[row];
    c->gap = has_mean;
    if (has_mean)
        c->labels[g->row_count] = "geo. mean";
    return c;
}

static KindResult check_size(const Source *s, const Grid *g, PlotKind kind,
                             Diag *diag)
{
    if (g->column_count > CHART_SERIES_MAX || g->row_count > CHART_ROWS_MAX)
        return grid_unfit(s, kind, diag,
                          "%zu groups of %zu bars are too many; choose some "
                          "with --only AXIS=VALUE or --by AXIS",
                          g->row_count, g->column_count);
    return KIND_MADE;
}

/* A base that cannot be found. */
static KindResult no_base(const Source *s, const Grid *g, const char *base,
                          Diag *diag)
{
    diag_error(diag,
               "%s: --base: \"%s\" is none, or several, of \"%s\"%s%s%s; write "
               "all of a label",
               s->place, base, g->columns[0], g->column_count > 1 ? ", \"" : "",
               g->column_count > 1 ? g->columns[1] : "",
               g->column_count > 2   ? "\", ..."
               : g->column_count > 1 ? "\""
                                     : "");
    return KIND_UNFIT;
}

/* Whether there is a bar: numbers may be 0 throughout. */
static bool any_quotient(const Grid *g, size_t base)
{
    for (size_t column = 0; column < g->column_count; column++)
        for (size_t row = 0; row < g->row_count; row++)
            if (column != base &&
                isfinite(*grid_cell(g, row, base) / *grid_cell(g, row, column)))
                return true;
    return false;
}

static KindResult not_comparable(const Source *s, PlotKind kind,
                                 const char *label, const char *base,
                                 Diag *diag)
{
    return grid_unfit(s, kind, diag,
                      "%s cannot be compared: it is 0 of %s, or of all that "
                      "is beside it",
                      label, base);
}

KindResult speedup_make(const Source *s, const PlotAsk *ask, ChartList *charts,
                        Diag *diag)
{
    const char *name, *label;
    GridValue *value = grid_result(ask, &name, &label);
    size_t x, base;
    Grid g;
    if (!grid_find_workloads(s, ask, &x))
        return grid_unfit(s, KIND_SPEEDUP, diag, "there is no axis %s",
                          ask->x ? ask->x : "workload, program or image");
    KindResult result = grid_make(&g, s, ask, x, value, name, diag);
    if (result != KIND_MADE)
        return result;
    if (g.column_count < 2)
        return grid_unfit(s, KIND_SPEEDUP, diag,
                          "there is nothing to compare %s with",
                          *g.columns[0] ? g.columns[0] : "the workloads");
    result = check_size(s, &g, KIND_SPEEDUP, diag);
    if (result != KIND_MADE)
        return result;
    if (!grid_find_base(ask, g.columns, g.column_count, &base))
        return no_base(s, &g, ask->base, diag);

    if (!any_quotient(&g, base))
        return not_comparable(s, KIND_SPEEDUP, label, g.columns[base], diag);
    Chart *c = add_clusters(&g, charts, KIND_SPEEDUP);
    c->title =
        text_format(s->arena, "%s: speed beside %s", s->title, g.columns[base]);
    c->note = "at equal clock";
    c->y_labels[0] =
        text_format(s->arena, "%s of %s / %s", label, g.columns[base], label);
    c->has_level = true;
    c->level = 1;
    for (size_t column = 0; column < g.column_count; column++) {
        if (column == base)
            continue;
        ChartSeries *series = chart_add_series(charts, c, g.columns[column], 0);
        for (size_t row = 0; row < g.row_count; row++)
            series->y[row] =
                *grid_cell(&g, row, base) / *grid_cell(&g, row, column);
        if (c->gap)
            series->y[g.row_count] = grid_mean(&g, column, base);
    }
    return KIND_MADE;
}

typedef struct Change {
    const char *label;
    double percent;
} Change;

static int by_change(const void *a, const void *b)
{
    const Change *x = a, *y = b;
    if (x->percent != y->percent)
        return x->percent < y->percent ? 1 : -1;
    return strcmp(x->label, y->label);
}

/* Whether an axis that tells runs apart holds numbers: its place is under a
 * curve. */
static bool has_numbers(const Source *s, size_t but, size_t *axis)
{
    for (size_t a = 0; a < s->axis_count; a++) {
        bool words = !source_varies(s, a);
        double number;
        for (size_t i = 0; !words && i < s->run_count; i++)
            words = !text_quantity(s->runs[i].values[a], 1024, &number);
        *axis = a;
        if (a != but && !words)
            return true;
    }
    return false;
}

KindResult ablation_make(const Source *s, const PlotAsk *ask, ChartList *charts,
                         Diag *diag)
{
    const char *name, *label;
    GridValue *value = grid_result(ask, &name, &label);
    size_t x = GRID_NONE, base;
    Grid g;
    if (!grid_find_workloads(s, ask, &x)) {
        if (ask->x)
            return grid_unfit(s, KIND_ABLATION, diag, "there is no axis %s",
                              ask->x);
        x = GRID_NONE;
    }
    size_t axis;
    if (ask->by_count == 0 && has_numbers(s, x, &axis))
        return grid_unfit(s, KIND_ABLATION, diag,
                          "%s is an axis of numbers, and no --by names another",
                          s->axes[axis]);
    KindResult result = grid_make(&g, s, ask, x, value, name, diag);
    if (result != KIND_MADE)
        return result;
    if (g.column_count < 2)
        return grid_unfit(s, KIND_ABLATION, diag,
                          "there is nothing beside the base");
    if (g.column_count > CHART_ROWS_MAX)
        return grid_unfit(s, KIND_ABLATION, diag,
                          "%zu bars are too many; choose some with --only "
                          "AXIS=VALUE or --by AXIS",
                          g.column_count);
    if (!grid_find_base(ask, g.columns, g.column_count, &base))
        return no_base(s, &g, ask->base, diag);

    Change *changes = arena_alloc(s->arena, g.column_count, sizeof *changes);
    size_t count = 0;
    for (size_t column = 0; column < g.column_count; column++) {
        double percent = 100 * (1 / grid_mean(&g, column, base) - 1);
        if (column != base && isfinite(percent))
            changes[count++] = (Change){g.columns[column], percent};
    }
    if (count == 0)
        return not_comparable(s, KIND_ABLATION, label, g.columns[base], diag);
    qsort(changes, count, sizeof *changes, by_change);
    Chart *c =
        chart_add(charts, CHART_SORTED, kind_name(KIND_ABLATION), count, 1);
    c->title =
        text_format(s->arena, "%s: beside %s", s->title, g.columns[base]);
    c->x_label = text_format(s->arena, "change of %s, %%", label);
    if (g.row_count > 1)
        c->note = text_format(s->arena, "geometric mean of %zu workloads",
                              g.row_count);
    c->ends = arena_alloc(s->arena, count, sizeof *c->ends);
    ChartSeries *series = chart_add_series(charts, c, "change", 0);
    for (size_t i = 0; i < count; i++) {
        c->labels[i] = changes[i].label;
        series->y[i] = changes[i].percent;
        c->ends[i] = text_format(s->arena, "%+.3g %%", changes[i].percent);
    }
    return KIND_MADE;
}

/* Guest MIPS of host time: NAN where a peer computed something else. */
static bool host_mips(const SourceRun *run, const char *name, double *mips)
{
    double insns, seconds, startup = 0;
    (void)name;
    if (source_get(run, "host.mips", mips))
        return true;
    if (!source_insns(run, &insns))
        return false;
    if (source_get(run, "startup_seconds", &startup)) {
        *mips = NAN;
        if (!source_get(run, "seconds", &seconds))
            return true;
    } else if (!source_get(run, "host.seconds", &seconds)) {
        return false;
    }
    *mips = seconds > startup ? insns / (seconds - startup) / 1e6 : NAN;
    return true;
}

KindResult engine_make(const Source *s, const PlotAsk *ask, ChartList *charts,
                       Diag *diag)
{
    size_t x;
    Grid g;
    if (!grid_find_workloads(s, ask, &x)) {
        if (ask->x || s->axis_count == 0)
            return grid_unfit(s, KIND_ENGINE, diag, "there is no axis%s%s",
                              ask->x ? " " : "", ask->x ? ask->x : "");
        for (x = 0; x + 1 < s->axis_count && !source_varies(s, x);)
            x++;
    }
    if (s->run_count < 2)
        return grid_unfit(s, KIND_ENGINE, diag, "there is one run only");
    double mips;
    for (size_t i = 0; i < s->run_count; i++)
        if (!host_mips(&s->runs[i], NULL, &mips))
            return grid_unfit(s, KIND_ENGINE, diag,
                              "%s has neither host.mips nor host.seconds and "
                              "insns",
                              s->runs[i].label);
    KindResult result = grid_make(&g, s, ask, x, host_mips, "host.mips", diag);
    if (result == KIND_MADE)
        result = check_size(s, &g, KIND_ENGINE, diag);
    if (result != KIND_MADE)
        return result;

    Chart *c = add_clusters(&g, charts, KIND_ENGINE);
    double least = INFINITY, most = 0;
    c->title = text_format(s->arena, "%s: speed of the host", s->title);
    c->y_labels[0] = "guest MIPS";
    for (size_t column = 0; column < g.column_count; column++) {
        const char *of = g.columns[column];
        ChartSeries *series =
            chart_add_series(charts, c, *of ? of : "selkirk", 0);
        for (size_t row = 0; row < g.row_count; row++) {
            double v = series->y[row] = *grid_cell(&g, row, column);
            least = v > 0 ? fmin(least, v) : least;
            most = fmax(most, v);
        }
        if (c->gap)
            series->y[g.row_count] = grid_mean(&g, column, GRID_NONE);
    }
    c->log_y = most > 20 * least;
    return KIND_MADE;
}
