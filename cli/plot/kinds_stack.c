/* Parts of a whole: cycles by cause, molecules by format, histograms. */
#include "base/bits.h"
#include "cli/plot/grid.h"
#include "cli/plot/kinds_make.h"
#include "cli/plot/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- Statistics with a common beginning ----------------------------------- */

/* The parts of a whole: names behind `prefix`, and a value each run and part.
 */
typedef struct Parts {
    const char **names;
    size_t count;
    const SourceRun **runs; /* those that have any */
    size_t run_count;
    double *values; /* run by run */
    double *sums;   /* of each run */
} Parts;

static double *part_value(const Parts *p, size_t run, size_t part)
{
    return &p->values[run * p->count + part];
}

static bool is_part(const char *name, const char *prefix)
{
    size_t length = strlen(prefix);
    return strncmp(name, prefix, length) == 0 &&
           strcmp(name + length, "total") != 0;
}

/* A part's name: what is behind the prefix, up to a dot, so that the steps of
 * something ("translate2.form", "translate2.opt") are one part. */
static const char *part_name(const Source *s, const char *name,
                             const char *prefix)
{
    name += strlen(prefix);
    size_t length = strcspn(name, ".");
    return name[length] ? text_copy(s->arena, name, length) : name;
}

/* Adds the names of a run's parts that are new; false if it has no parts. */
static bool add_names(const Source *s, Parts *p, size_t *room,
                      const SourceRun *run, const char *prefix)
{
    bool any = false;
    for (size_t k = 0; k < run->stat_count; k++) {
        size_t place;
        if (!is_part(run->stats[k].name, prefix))
            continue;
        any = true;
        const char *name = part_name(s, run->stats[k].name, prefix);
        if (text_find(p->names, p->count, name, &place))
            continue;
        if (p->count == *room) {
            *room = *room ? 2 * *room : 32;
            p->names = arena_grow(s->arena, p->names, p->count, *room,
                                  sizeof *p->names);
        }
        p->names[p->count++] = name;
    }
    return any;
}

static Parts find_parts(const Source *s, const char *prefix)
{
    Parts p = {0};
    size_t room = 0;
    p.runs = arena_alloc(s->arena, s->run_count, sizeof *p.runs);
    for (size_t i = 0; i < s->run_count; i++)
        if (add_names(s, &p, &room, &s->runs[i], prefix))
            p.runs[p.run_count++] = &s->runs[i];
    p.values = arena_alloc(s->arena, p.run_count * p.count, sizeof(double));
    p.sums = arena_alloc(s->arena, p.run_count, sizeof(double));
    for (size_t i = 0; i < p.run_count; i++) {
        const SourceRun *run = p.runs[i];
        for (size_t k = 0; k < run->stat_count; k++) {
            const SourceStat *stat = &run->stats[k];
            size_t part;
            if (is_part(stat->name, prefix) &&
                text_find(p.names, p.count, part_name(s, stat->name, prefix),
                          &part)) {
                *part_value(&p, i, part) += stat->value;
                p.sums[i] += stat->value;
            }
        }
    }
    return p;
}

/* How much of all runs a part is; runs count alike. */
static double part_weight(const Parts *p, size_t part)
{
    double weight = 0;
    for (size_t i = 0; i < p->run_count; i++)
        if (p->sums[i] > 0)
            weight += *part_value(p, i, part) / p->sums[i];
    return weight;
}

/* The largest share that a part has in any run. */
static double part_share(const Parts *p, size_t part)
{
    double share = 0;
    for (size_t i = 0; i < p->run_count; i++)
        if (p->sums[i] > 0)
            share = fmax(share, *part_value(p, i, part) / p->sums[i]);
    return share;
}

typedef struct Rank {
    size_t part;
    double weight;
} Rank;

/* The heaviest first; equal ones in their order, which is by name. */
static int by_weight(const void *a, const void *b)
{
    const Rank *x = a, *y = b;
    if (x->weight != y->weight)
        return x->weight < y->weight ? 1 : -1;
    return x->part < y->part ? -1 : 1;
}

/* A series each for the parts that can be seen, the heaviest first, and one for
 * all others.  `scales` has what a run's values are multiplied by. */
static void add_parts(ChartList *list, Chart *chart, const Parts *p,
                      const double *scales)
{
    enum { SHOWN_MAX = CHART_COLOURS - 1 };
    Rank *ranks = arena_alloc(list->arena, p->count, sizeof *ranks);
    for (size_t k = 0; k < p->count; k++)
        ranks[k] = (Rank){k, part_weight(p, k)};
    qsort(ranks, p->count, sizeof *ranks, by_weight);
    ChartSeries *rest = NULL;
    for (size_t r = 0; r < p->count; r++) {
        size_t part = ranks[r].part;
        if (ranks[r].weight <= 0)
            break;
        ChartSeries *series = NULL;
        if (chart->series_count < SHOWN_MAX && part_share(p, part) >= 0.005 &&
            !rest) {
            series = chart_add_series(list, chart, p->names[part], 0);
        } else if (!rest) {
            rest = series = chart_add_series(list, chart, "other", 0);
            rest->colour = chart_grey;
        } else {
            series = rest;
        }
        for (size_t i = 0; i < p->run_count; i++) {
            double v = *part_value(p, i, part) * scales[i];
            series->y[i] = isnan(series->y[i]) ? v : series->y[i] + v;
        }
    }
}

static KindResult too_many(const Source *s, PlotKind kind, size_t count,
                           Diag *diag)
{
    return grid_unfit(s, kind, diag,
                      "%zu bars are too many; choose some with --only "
                      "AXIS=VALUE",
                      count);
}

static Chart *add_bars(const Source *s, const Parts *p, ChartList *charts,
                       PlotKind kind)
{
    Chart *c = chart_add(charts, CHART_STACKED, kind_name(kind), p->run_count,
                         CHART_COLOURS);
    c->ends = arena_alloc(s->arena, p->run_count, sizeof *c->ends);
    for (size_t i = 0; i < p->run_count; i++)
        c->labels[i] = p->runs[i]->label;
    return c;
}

/* --- Kinds ---------------------------------------------------------------- */

/* What the sums of a stack are: chosen by --y. */
typedef enum StackUnit { UNIT_CPI, UNIT_SHARE, UNIT_CYCLES } StackUnit;

/* Instructions are known of all runs, or the stack is in shares. */
static StackUnit default_unit(const Parts *p)
{
    double insns;
    for (size_t i = 0; i < p->run_count; i++)
        if (!source_insns(p->runs[i], &insns) || insns <= 0)
            return UNIT_SHARE;
    return UNIT_CPI;
}

KindResult stack_make(const Source *s, const PlotAsk *ask, ChartList *charts,
                      Diag *diag)
{
    static const char *const words[] = {"cpi", "share", "cycles"};
    static const char *const labels[] = {"cycles per instruction",
                                         "share of the cycles, %", "cycles"};
    Parts p = find_parts(s, "cycles.");
    size_t unit = default_unit(&p);
    if (p.run_count == 0)
        return grid_unfit(s, KIND_STACK, diag,
                          "there is no column cycles.NAME");
    if (p.run_count > CHART_ROWS_MAX)
        return too_many(s, KIND_STACK, p.run_count, diag);
    if (ask->y) {
        bool has_insns = unit == UNIT_CPI;
        if (!text_find(words, ARRAY_LEN(words), ask->y, &unit))
            return grid_unfit(s, KIND_STACK, diag,
                              "--y: \"%s\" is none of cpi, share and cycles",
                              ask->y);
        if (unit == UNIT_CPI && !has_insns)
            return grid_unfit(s, KIND_STACK, diag,
                              "--y cpi: there is no column run.insns");
    }
    Chart *c = add_bars(s, &p, charts, KIND_STACK);
    double *scales = arena_alloc(s->arena, p.run_count, sizeof *scales);
    c->title = text_format(s->arena, "%s: cycles by cause", s->title);
    c->y_labels[0] = labels[unit];
    c->most = unit == UNIT_SHARE ? 100 : 0;
    for (size_t i = 0; i < p.run_count; i++) {
        double insns = 1;
        source_insns(p.runs[i], &insns);
        scales[i] = unit == UNIT_CPI      ? 1 / insns
                    : unit == UNIT_CYCLES ? 1
                    : p.sums[i] > 0       ? 100 / p.sums[i]
                                          : 0;
        c->ends[i] = unit == UNIT_CPI
                         ? text_format(s->arena, "%.3g", p.sums[i] * scales[i])
                         : text_si(s->arena, p.sums[i]);
    }
    add_parts(charts, c, &p, scales);
    return KIND_MADE;
}

KindResult packing_make(const Source *s, const PlotAsk *ask, ChartList *charts,
                        Diag *diag)
{
    (void)ask;
    Parts p = find_parts(s, "core.format.");
    size_t kept = 0;
    for (size_t i = 0; i < p.run_count; i++) {
        if (p.sums[i] <= 0)
            continue;
        memmove(part_value(&p, kept, 0), part_value(&p, i, 0),
                p.count * sizeof(double));
        p.runs[kept] = p.runs[i];
        p.sums[kept++] = p.sums[i];
    }
    p.run_count = kept;
    if (kept == 0)
        return grid_unfit(s, KIND_PACKING, diag, "no run issued molecules");
    if (kept > CHART_ROWS_MAX)
        return too_many(s, KIND_PACKING, kept, diag);
    Chart *c = add_bars(s, &p, charts, KIND_PACKING);
    double *scales = arena_alloc(s->arena, kept, sizeof *scales);
    c->title = text_format(s->arena, "%s: molecules by format", s->title);
    c->y_labels[0] = "share of the molecules, %";
    c->most = 100;
    c->note = "over the bars: atoms per molecule";
    for (size_t i = 0; i < kept; i++) {
        double atoms;
        scales[i] = 100 / p.sums[i];
        c->ends[i] = source_get(p.runs[i], "core.atoms", &atoms)
                         ? text_format(s->arena, "%.2f", atoms / p.sums[i])
                         : "";
    }
    add_parts(charts, c, &p, scales);
    return KIND_MADE;
}

/* --- Histograms ----------------------------------------------------------- */

typedef struct Bucket {
    const char *name; /* of the statistic */
    const char *range;
    size_t group; /* length of the histogram's name */
    double low;
} Bucket;

/* Whether a statistic is a bucket: "GROUP.NAME.LOW-HIGH", or ".LOW+". */
static bool parse_bucket(const char *name, Bucket *bucket)
{
    const char *dot = strrchr(name, '.');
    if (!dot || dot == name)
        return false;
    size_t low = strspn(dot + 1, "0123456789");
    const char *rest = dot + 1 + low;
    bool is_range = *rest == '-' && rest[1] &&
                    rest[1 + strspn(rest + 1, "0123456789")] == '\0';
    if (low == 0 || !(is_range || strcmp(rest, "+") == 0))
        return false;
    *bucket = (Bucket){name, dot + 1, (size_t)(dot - name), atof(dot + 1)};
    return true;
}

static int by_group(const void *a, const void *b)
{
    const Bucket *x = a, *y = b;
    size_t shorter = x->group < y->group ? x->group : y->group;
    int order = strncmp(x->name, y->name, shorter);
    if (order == 0 && x->group != y->group)
        order = x->group < y->group ? -1 : 1;
    return order ? order : (x->low > y->low) - (x->low < y->low);
}

/* All buckets of all runs, by histogram and then by range, each once. */
static Bucket *find_buckets(const Source *s, size_t *count)
{
    size_t room = 0, kept = 0;
    Bucket *list = NULL, bucket;
    *count = 0;
    for (size_t i = 0; i < s->run_count; i++) {
        for (size_t k = 0; k < s->runs[i].stat_count; k++) {
            if (!parse_bucket(s->runs[i].stats[k].name, &bucket))
                continue;
            if (*count == room) {
                room = room ? 2 * room : 64;
                list = arena_grow(s->arena, list, *count, room, sizeof *list);
            }
            list[(*count)++] = bucket;
        }
    }
    if (*count)
        qsort(list, *count, sizeof *list, by_group);
    for (size_t i = 0; i < *count; i++)
        if (kept == 0 || strcmp(list[kept - 1].name, list[i].name) != 0)
            list[kept++] = list[i];
    *count = kept;
    return list;
}

static double sum_buckets(const SourceRun *run, const Bucket *buckets,
                          size_t count)
{
    double sum = 0, value;
    for (size_t i = 0; i < count; i++)
        if (source_get(run, buckets[i].name, &value))
            sum += value;
    return sum;
}

/* A run's name in the legend, with its mean if that is known. */
static const char *series_name(const Source *s, const SourceRun *run,
                               const char *group)
{
    double count, sum;
    if (!source_get(run, text_format(s->arena, "%s.count", group), &count) ||
        !source_get(run, text_format(s->arena, "%s.sum", group), &sum) ||
        count <= 0)
        return run->label;
    return text_format(s->arena, "%s (mean %.4g)", run->label, sum / count);
}

/* "4-7"; of one number only, that. */
static const char *bucket_label(const Source *s, const Bucket *bucket)
{
    const char *dash = strchr(bucket->range, '-');
    if (!dash || atof(dash + 1) != bucket->low)
        return bucket->range;
    return text_copy(s->arena, bucket->range, (size_t)(dash - bucket->range));
}

/* The chart of one histogram; false if nothing was counted. */
static bool add_histogram(const Source *s, const Bucket *buckets, size_t count,
                          ChartList *charts)
{
    size_t last = 0;
    for (size_t i = 0; i < s->run_count; i++)
        for (size_t k = last; k < count; k++)
            if (sum_buckets(&s->runs[i], &buckets[k], 1) > 0)
                last = k + 1;
    if (last == 0)
        return false;
    const char *group = text_copy(s->arena, buckets->name, buckets->group);
    Chart *c = chart_add(charts, CHART_CLUSTERED,
                         text_format(s->arena, "histogram-%s", group), last,
                         s->run_count);
    c->title = text_format(s->arena, "%s: %s", s->title, group);
    c->x_label = group;
    c->y_labels[0] = "share of what was counted, %";
    for (size_t k = 0; k < last; k++)
        c->labels[k] = bucket_label(s, &buckets[k]);
    for (size_t i = 0; i < s->run_count; i++) {
        const SourceRun *run = &s->runs[i];
        double sum = sum_buckets(run, buckets, count);
        if (sum <= 0)
            continue;
        ChartSeries *series =
            chart_add_series(charts, c, series_name(s, run, group), 0);
        for (size_t k = 0; k < last; k++)
            series->y[k] = 100 * sum_buckets(run, &buckets[k], 1) / sum;
    }
    if (c->series_count == 1) /* and has no legend */
        c->note = c->series[0].name;
    return true;
}

KindResult histogram_make(const Source *s, const PlotAsk *ask,
                          ChartList *charts, Diag *diag)
{
    size_t count;
    Bucket *buckets = find_buckets(s, &count);
    bool any = false;
    if (count == 0)
        return grid_unfit(s, KIND_HISTOGRAM, diag,
                          "there is no statistic NAME.LOW-HIGH");
    if (s->run_count > CHART_COLOURS)
        return grid_unfit(s, KIND_HISTOGRAM, diag,
                          "%zu runs are too many for one picture; choose some "
                          "with --only AXIS=VALUE",
                          s->run_count);
    for (size_t i = 0, end; i < count; i = end) {
        end = i + 1;
        while (end < count && buckets[end].group == buckets[i].group &&
               strncmp(buckets[end].name, buckets[i].name, buckets[i].group) ==
                   0)
            end++;
        if (ask->y && (strlen(ask->y) != buckets[i].group ||
                       strncmp(ask->y, buckets[i].name, buckets[i].group) != 0))
            continue;
        any = add_histogram(s, &buckets[i], end - i, charts) || any;
    }
    return any ? KIND_MADE
               : grid_unfit(s, KIND_HISTOGRAM, diag, "nothing was counted%s%s",
                            ask->y ? " in " : "", ask->y ? ask->y : "");
}
