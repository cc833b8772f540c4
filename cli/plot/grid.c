/* Runs in rows and columns; see grid.h. */
#include "cli/plot/grid.h"

#include "base/bits.h"
#include "cli/plot/text.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

bool grid_find_axis(const Source *s, const char *name, size_t *axis)
{
    return text_find(s->axes, s->axis_count, name, axis);
}

KindResult grid_unfit(const Source *s, PlotKind kind, Diag *diag,
                      const char *format, ...)
{
    char why[DIAG_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    diag_error(diag, "%s: %s; --kind %s needs %s", s->place, why,
               kind_name(kind), kind_needs(kind));
    return KIND_UNFIT;
}

/* The place of a text in a list that grows by it if it is new. */
static size_t place_of(const char **list, size_t *count, const char *text)
{
    size_t place;
    if (text_find(list, *count, text, &place))
        return place;
    list[*count] = text;
    return (*count)++;
}

/* What tells a run's series from the others. */
static const char *column_label(const Source *s, const bool *is_by,
                                const SourceRun *run)
{
    const char *label = "";
    for (size_t a = 0; a < s->axis_count; a++)
        if (is_by[a])
            label = source_extend_label(s, label, run, a);
    return label;
}

KindResult grid_make(Grid *g, const Source *s, const PlotAsk *ask, size_t x,
                     GridValue *value, const char *name, Diag *diag)
{
    bool *is_by = arena_alloc(s->arena, s->axis_count + 1, sizeof *is_by);
    for (size_t a = 0; a < s->axis_count; a++)
        is_by[a] = ask->by_count == 0 && a != x && source_varies(s, a);
    for (size_t i = 0; i < ask->by_count; i++) {
        size_t axis;
        if (!grid_find_axis(s, ask->by[i], &axis)) {
            diag_error(diag, "%s: --by: there is no axis \"%s\"", s->place,
                       ask->by[i]);
            return KIND_UNFIT;
        }
        is_by[axis] = true;
    }

    size_t n = s->run_count;
    size_t *rows = arena_alloc(s->arena, n, sizeof *rows);
    size_t *columns = arena_alloc(s->arena, n, sizeof *columns);
    *g = (Grid){.rows = arena_alloc(s->arena, n, sizeof *g->rows),
                .columns = arena_alloc(s->arena, n, sizeof *g->columns)};
    for (size_t i = 0; i < n; i++) {
        const SourceRun *run = &s->runs[i];
        rows[i] = place_of(g->rows, &g->row_count,
                           x == GRID_NONE ? "all" : run->values[x]);
        columns[i] =
            place_of(g->columns, &g->column_count, column_label(s, is_by, run));
    }

    size_t cells = g->row_count * g->column_count;
    double *logs = arena_alloc(s->arena, cells, sizeof *logs);
    double *sums = arena_alloc(s->arena, cells, sizeof *sums);
    size_t *counts = arena_alloc(s->arena, cells, sizeof *counts);
    for (size_t i = 0; i < n; i++) {
        size_t cell = rows[i] * g->column_count + columns[i];
        double v;
        if (!value(&s->runs[i], name, &v)) {
            diag_error(diag, "%s: %s has no %s", s->place, s->runs[i].label,
                       name);
            return KIND_UNFIT;
        }
        sums[cell] += v;
        logs[cell] += v > 0 ? log(v) : -INFINITY;
        counts[cell]++;
    }
    g->cells = arena_alloc(s->arena, cells, sizeof *g->cells);
    for (size_t i = 0; i < cells; i++)
        g->cells[i] = counts[i] == 0      ? NAN
                      : counts[i] == 1    ? sums[i]
                      : isfinite(logs[i]) ? exp(logs[i] / (double)counts[i])
                                          : sums[i] / (double)counts[i];
    return KIND_MADE;
}

/* --- What is plotted ------------------------------------------------------ */

static bool cycles_of(const SourceRun *run, const char *name, double *value)
{
    (void)name;
    return source_cycles(run, value);
}

static bool insns_of(const SourceRun *run, const char *name, double *value)
{
    (void)name;
    return source_insns(run, value);
}

/* Cycles per instruction, or the other way round. */
static bool ratio_of(const SourceRun *run, const char *name, double *value)
{
    double insns, cycles;
    if (source_get(run, name, value))
        return true;
    if (!source_insns(run, &insns) || !source_cycles(run, &cycles) ||
        insns <= 0 || cycles <= 0)
        return false;
    *value = name[0] == 'c' ? cycles / insns : insns / cycles;
    return true;
}

GridValue *grid_result(const PlotAsk *ask, const char **name,
                       const char **label)
{
    static const struct {
        const char *name, *label;
        GridValue *value;
    } known[] = {
        {"cycles", "cycles", cycles_of},
        {"insns", "instructions", insns_of},
        {"cpi", "cycles per instruction", ratio_of},
        {"ipc", "instructions per cycle", ratio_of},
    };
    *name = ask->y ? ask->y : known[0].name;
    *label = *name;
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (strcmp(known[i].name, *name) == 0) {
            *label = known[i].label;
            return known[i].value;
        }
    }
    return source_get;
}

bool grid_find_workloads(const Source *s, const PlotAsk *ask, size_t *axis)
{
    static const char *const names[] = {"workload", "program", "benchmark",
                                        "image"};
    if (ask->x)
        return grid_find_axis(s, ask->x, axis);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (grid_find_axis(s, names[i], axis))
            return true;
    return false;
}

/* Whether `word` is one of the label's parts, with its axis or without. */
static bool has_part(const char *label, const char *word)
{
    size_t length = strlen(word);
    for (const char *part = label;; part += 2) {
        size_t here = strcspn(part, ",");
        if (here >= length &&
            strncmp(part + here - length, word, length) == 0 &&
            (here == length || part[here - length - 1] == ' '))
            return true;
        part += here;
        if (part[0] != ',' || part[1] != ' ')
            return false;
    }
}

bool grid_find_base(const PlotAsk *ask, const char *const *labels, size_t count,
                    size_t *base)
{
    const char *word = ask->base ? ask->base : "r3000";
    size_t found = 0;
    if (text_find(labels, count, word, base))
        return true;
    for (size_t i = count; i-- > 0;) {
        if (has_part(labels[i], word)) {
            *base = i;
            found++;
        }
    }
    if (ask->base)
        return found == 1;
    if (found == 0)
        *base = 0;
    return true;
}

double grid_mean(const Grid *g, size_t column, size_t other)
{
    double sum = 0;
    size_t count = 0;
    for (size_t row = 0; row < g->row_count; row++) {
        double v = *grid_cell(g, row, column);
        if (other != GRID_NONE)
            v = *grid_cell(g, row, other) / v;
        if (isfinite(v) && v > 0) {
            sum += log(v);
            count++;
        }
    }
    return count ? exp(sum / (double)count) : NAN;
}
