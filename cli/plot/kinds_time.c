/* What happens over time, from intervals.csv: residency and startup. */
#include "base/bits.h"
#include "cli/plot/grid.h"
#include "cli/plot/kinds_make.h"
#include "cli/plot/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- Intervals ------------------------------------------------------------ */

/* A run's intervals.csv.  Cycles and instructions are those at the end of each
 * interval; all else is what was counted within it. */
typedef struct Trace {
    Table table;
    double *cycles, *insns;
    size_t count;
} Trace;

static bool damaged(const Trace *t, size_t row, const char *what, Diag *diag)
{
    return diag_error(diag,
                      "%s:%zu: %s than in the interval before; they "
                      "count from the begin",
                      t->table.path, t->table.lines[row], what);
}

static bool read_trace(const Source *s, const SourceRun *run, Trace *t,
                       Diag *diag)
{
    size_t cycles, insns;
    *t = (Trace){0};
    if (!table_read(&t->table, s->arena, run->intervals, diag))
        return false;
    if (!table_find(&t->table, "cycles", &cycles) ||
        !table_find(&t->table, "insns", &insns))
        return diag_error(diag,
                          "%s:1: no column is called %s; intervals.csv begins "
                          "with cycles,insns",
                          run->intervals,
                          table_find(&t->table, "cycles", &cycles) ? "insns"
                                                                   : "cycles");
    t->count = t->table.row_count;
    t->cycles = arena_alloc(s->arena, t->count + 1, sizeof(double));
    t->insns = arena_alloc(s->arena, t->count + 1, sizeof(double));
    for (size_t i = 0; i < t->count; i++) {
        if (!table_number(&t->table, i, cycles, &t->cycles[i], diag) ||
            !table_number(&t->table, i, insns, &t->insns[i], diag))
            return false;
        if (t->cycles[i] < (i ? t->cycles[i - 1] : 0))
            return damaged(t, i, "fewer cycles", diag);
        if (t->insns[i] < (i ? t->insns[i - 1] : 0))
            return damaged(t, i, "fewer instructions", diag);
    }
    return true;
}

/* Runs that have intervals, at most `limit`. */
static size_t find_traced(const Source *s, const SourceRun **runs, size_t limit)
{
    size_t count = 0;
    for (size_t i = 0; i < s->run_count && count < limit; i++)
        if (s->runs[i].intervals)
            runs[count++] = &s->runs[i];
    return count;
}

/* --- Residency ------------------------------------------------------------ */

/* A picture shows no more steps than these; more are put together. */
enum { STEPS_MAX = 600 };

/* What is drawn of each interval. */
static const struct {
    const char *column; /* of intervals.csv */
    const char *name, *colour;
    unsigned panel;
} shown[] = {
    {"core.insns.gear2", "gear 2", "#0072b2", 0},
    {"core.insns.gear1", "gear 1", "#56b4e9", 0},
    {"morph.handler.insns", "handlers", "#009e73", 0},
    {"morph.gear0.insns", "gear 0", "#e69f00", 0},
    {"morph.gear1.translations", "gear 1 translations", "#56b4e9", 1},
    {"morph.gear2.translations", "gear 2 translations", "#0072b2", 1},
    {"core.rollbacks", "rollbacks", "#d55e00", 2},
    {"morph.exceptions", "guest exceptions", "#cc79a7", 2},
};

/* Whether a trace is one of the layer: every column of the first panel is
 * there. */
static const char *missing_column(const Trace *t)
{
    size_t column;
    for (size_t i = 0; i < ARRAY_LEN(shown); i++)
        if (!table_find(&t->table, shown[i].column, &column))
            return shown[i].column;
    return NULL;
}

/* Adds a column's intervals up into steps of `each`. */
static bool add_steps(const Trace *t, size_t column, size_t each, double *steps,
                      Diag *diag)
{
    for (size_t i = 0; i < t->count; i++) {
        double v;
        if (!table_number(&t->table, i, column, &v, diag))
            return false;
        steps[i / each] = (i % each ? steps[i / each] : 0) + v;
    }
    return true;
}

/* Shares of the instructions, or instructions a cycle. */
static void divide_steps(Chart *c, bool is_rate)
{
    size_t steps = c->row_count - 1;
    for (size_t i = 0; i < steps; i++) {
        double all = 0;
        for (size_t k = 0; k < c->series_count; k++)
            all += c->series[k].panel == 0 ? c->series[k].y[i] : 0;
        double by = is_rate ? c->x[i + 1] - c->x[i] : all / 100;
        for (size_t k = 0; k < c->series_count; k++)
            if (c->series[k].panel == 0)
                c->series[k].y[i] = by > 0 ? c->series[k].y[i] / by : 0;
    }
}

static bool add_residency(const Source *s, const Trace *t, const char *name,
                          const char *label, bool is_rate, ChartList *charts,
                          Diag *diag)
{
    size_t each = (t->count + STEPS_MAX - 1) / STEPS_MAX;
    size_t steps = (t->count + each - 1) / each;
    /* One row more, which ends the last step. */
    Chart *c =
        chart_add(charts, CHART_STEPS, name, steps + 1, ARRAY_LEN(shown));
    for (size_t i = 0; i < steps; i++) {
        size_t end = (i + 1) * each;
        c->x[i + 1] = t->cycles[(end < t->count ? end : t->count) - 1];
    }
    c->title = text_format(s->arena, "%s: instructions by gear", label);
    c->x_label = "cycles";
    c->y_labels[0] =
        is_rate ? "instructions per cycle" : "share of instructions, %";
    c->most = is_rate ? 0 : 100;
    c->y_labels[1] = "translations";
    c->y_labels[2] = "faults";
    for (size_t i = 0; i < ARRAY_LEN(shown); i++) {
        size_t column;
        ChartSeries *series = chart_add_series(charts, c, shown[i].name, 0);
        series->colour = shown[i].colour;
        series->panel = shown[i].panel;
        if (!table_find(&t->table, shown[i].column, &column) ||
            !add_steps(t, column, each, series->y, diag))
            return false;
    }
    divide_steps(c, is_rate);
    for (size_t k = 0; k < c->series_count; k++)
        c->series[k].y[steps] = c->series[k].y[steps - 1];
    return true;
}

KindResult residency_make(const Source *s, const PlotAsk *ask,
                          ChartList *charts, Diag *diag)
{
    enum { RUNS_MAX = 12 };
    const SourceRun *runs[RUNS_MAX + 1];
    size_t count = find_traced(s, runs, RUNS_MAX + 1), made = 0;
    bool is_rate = ask->y && strcmp(ask->y, "rate") == 0;
    if (count == 0)
        return grid_unfit(s, KIND_RESIDENCY, diag, "there is no intervals.csv");
    if (count > RUNS_MAX)
        return grid_unfit(s, KIND_RESIDENCY, diag,
                          "more than %d runs, which take a picture each; "
                          "choose some with --only AXIS=VALUE",
                          RUNS_MAX);
    if (ask->y && !is_rate && strcmp(ask->y, "share") != 0)
        return grid_unfit(s, KIND_RESIDENCY, diag,
                          "--y: \"%s\" is none of share and rate", ask->y);
    const char *missing = NULL;
    for (size_t i = 0; i < count; i++) {
        Trace t;
        if (!read_trace(s, runs[i], &t, diag))
            return KIND_FAILED;
        const char *lacks = missing_column(&t);
        if (lacks || t.count == 0) {
            missing = lacks ? lacks : "row";
            continue;
        }
        const char *name = kind_name(KIND_RESIDENCY);
        if (made++ > 0)
            name = text_format(s->arena, "%s-%zu", name, made);
        if (!add_residency(s, &t, name, runs[i]->label, is_rate, charts, diag))
            return KIND_FAILED;
    }
    return made ? KIND_MADE
                : grid_unfit(s, KIND_RESIDENCY, diag, "intervals.csv has no %s",
                             missing);
}

/* --- Startup -------------------------------------------------------------- */

/* The curve's height at `x`, between its points and (0, 0) straight. */
static double height_at(const Trace *t, double x)
{
    size_t low = 0, high = t->count;
    while (low < high) { /* the first point at x or behind */
        size_t mid = (low + high) / 2;
        if (t->cycles[mid] < x)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == t->count)
        return t->insns[t->count - 1];
    double x0 = low ? t->cycles[low - 1] : 0, y0 = low ? t->insns[low - 1] : 0;
    double dx = t->cycles[low] - x0;
    return dx > 0 ? y0 + (t->insns[low] - y0) * (x - x0) / dx : t->insns[low];
}

/* The last place where the two cross: `*x`, and whether `a` is the one that is
 * ahead from there on.  False if one is ahead all the time. */
static bool find_crossing(const Trace *a, const Trace *b, double *x,
                          bool *a_leads)
{
    double end = fmin(a->cycles[a->count - 1], b->cycles[b->count - 1]);
    double last_x = 0, last = 0; /* the last place with a difference */
    bool found = false;
    size_t i = 0, k = 0;
    for (;;) {
        /* The next corner of either. */
        double at = INFINITY;
        if (i < a->count)
            at = a->cycles[i];
        if (k < b->count)
            at = fmin(at, b->cycles[k]);
        if (!(at <= end))
            break;
        while (i < a->count && a->cycles[i] <= at)
            i++;
        while (k < b->count && b->cycles[k] <= at)
            k++;
        double d = height_at(a, at) - height_at(b, at);
        if (d == 0)
            continue;
        if (last != 0 && (d > 0) != (last > 0)) {
            *x = last_x + (at - last_x) * last / (last - d);
            *a_leads = d > 0;
            found = true;
        }
        last = d;
        last_x = at;
    }
    return found;
}

static void add_crossing(const Source *s, Chart *c, const Trace *traces,
                         size_t a, size_t b)
{
    double x;
    bool a_leads;
    if (!find_crossing(&traces[a], &traces[b], &x, &a_leads))
        return;
    size_t ahead = a_leads ? a : b, behind = a_leads ? b : a;
    c->marks[c->mark_count++] =
        (ChartMark){x, height_at(&traces[ahead], x),
                    text_format(s->arena, "%s passes %s at %s cycles",
                                c->series[ahead].name, c->series[behind].name,
                                text_si(s->arena, x))};
}

/* Each curve with each other; of many, each with the base. */
static void add_crossings(const Source *s, const PlotAsk *ask, Chart *c,
                          const Trace *traces)
{
    enum { ALL_PAIRS_MAX = 4 };
    size_t n = c->series_count, base;
    const char **labels = arena_alloc(s->arena, n, sizeof *labels);
    for (size_t i = 0; i < n; i++)
        labels[i] = c->series[i].name;
    c->marks = arena_alloc(s->arena, n * n, sizeof *c->marks);
    bool based = grid_find_base(ask, labels, n, &base);
    for (size_t a = 0; a < n; a++)
        for (size_t b = a + 1; b < n; b++)
            if ((n <= ALL_PAIRS_MAX && !ask->base) ||
                (based && (a == base || b == base)))
                add_crossing(s, c, traces, a, b);
}

/* Leaves out points that no picture of a thousand pixels could show. */
static void add_curve(const Trace *t, ChartSeries *series)
{
    double last = 0, range = t->cycles[t->count - 1];
    chart_add_point(series, 0, 0);
    for (size_t i = 0; i < t->count; i++) {
        if (i + 1 < t->count && t->cycles[i] < last + range / 1000 &&
            t->cycles[i] < last * 1.01)
            continue;
        last = t->cycles[i];
        chart_add_point(series, last, t->insns[i]);
    }
}

KindResult startup_make(const Source *s, const PlotAsk *ask, ChartList *charts,
                        Diag *diag)
{
    const SourceRun *runs[CHART_SERIES_MAX + 1];
    size_t count = find_traced(s, runs, CHART_SERIES_MAX + 1);
    if (count == 0)
        return grid_unfit(s, KIND_STARTUP, diag, "there is no intervals.csv");
    if (count > CHART_SERIES_MAX)
        return grid_unfit(s, KIND_STARTUP, diag,
                          "more than %d runs are too many for one picture; "
                          "choose some with --only AXIS=VALUE",
                          CHART_SERIES_MAX);
    Trace *traces = arena_alloc(s->arena, count, sizeof *traces);
    for (size_t i = 0; i < count; i++) {
        if (!read_trace(s, runs[i], &traces[i], diag))
            return KIND_FAILED;
        if (traces[i].count == 0)
            return grid_unfit(s, KIND_STARTUP, diag, "%s has no interval",
                              runs[i]->intervals);
    }
    Chart *c =
        chart_add(charts, CHART_LINES, kind_name(KIND_STARTUP), 0, count);
    c->title = text_format(s->arena, "%s: instructions completed", s->title);
    c->x_label = "cycles";
    c->y_labels[0] = "instructions";
    double least = INFINITY, most = 0;
    for (size_t i = 0; i < count; i++) {
        ChartSeries *series =
            chart_add_series(charts, c, runs[i]->label, traces[i].count + 1);
        add_curve(&traces[i], series);
        least = fmin(least, traces[i].cycles[0]);
        most = fmax(most, series->x[series->count - 1]);
    }
    c->from_zero = true;
    c->log_x = c->log_y = least > 0 && most >= 100 * least;
    add_crossings(s, ask, c, traces);
    return KIND_MADE;
}
