/* Reads what SimPoint has chosen; see simpoints.h. */
#include "morph/simpoints.h"

#include "base/alloc.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* SimPoint's own limit of clusters is far below. */
enum { POINTS_MAX = 100000, LINE_SIZE = 128 };

/* A file of lines with two numbers each. */
typedef struct Lines {
    const char *path, *what;
    double first[2]; /* smallest and largest number of the first column */
    bool whole;      /* that is a whole one */
    FILE *file;
    unsigned line;
} Lines;

static bool bad_line(const Lines *l, const char *why, Diag *diag)
{
    return diag_error(diag, "%s:%u: %s; a line is \"%s\"", l->path, l->line,
                      why, l->what);
}

/* False at the end, or after an error: then there is a Diag. */
static bool next_line(Lines *l, double *first, uint64_t *cluster, Diag *diag)
{
    char text[LINE_SIZE], *end, *rest;
    do {
        if (!fgets(text, sizeof text, l->file))
            return ferror(l->file) && diag_error(diag, "%s: cannot read it: %s",
                                                 l->path, strerror(errno));
        l->line++;
    } while (text[strspn(text, " \t\r\n")] == '\0');
    *first = strtod(text, &end);
    if (end == text || !(*first >= l->first[0] && *first <= l->first[1]) ||
        (l->whole && *first != floor(*first)))
        return bad_line(l, "that is no number for the first column", diag);
    errno = 0;
    *cluster = strtoumax(end, &rest, 10);
    if (rest == end || errno || rest[strspn(rest, " \t\r\n")] ||
        memchr(end, '-', (size_t)(rest - end)))
        return bad_line(l, "after it comes a cluster's number, and the end",
                        diag);
    return true;
}

static bool open_lines(Lines *l, Diag *diag)
{
    l->file = fopen(l->path, "re");
    return l->file ||
           diag_error(diag, "%s: cannot read it: %s", l->path, strerror(errno));
}

static SamplePoint *find(SamplePoint *points, size_t count, uint64_t cluster)
{
    for (size_t i = 0; i < count; i++)
        if (points[i].cluster == cluster)
            return &points[i];
    return NULL;
}

static bool add_point(SamplePoint **points, size_t *count, const Lines *l,
                      SamplePoint point, Diag *diag)
{
    for (size_t i = 0; i < *count; i++)
        if ((*points)[i].interval == point.interval)
            return bad_line(l, "this interval is a point already", diag);
    if (find(*points, *count, point.cluster))
        return bad_line(l, "this cluster has a point already", diag);
    if (*count == POINTS_MAX)
        return bad_line(l, "there are too many points", diag);
    *points = alloc_resize(*points, *count + 1, sizeof **points);
    (*points)[(*count)++] = point;
    return true;
}

static bool read_points(SamplePoint **points, size_t *count, Lines *l,
                        Diag *diag)
{
    SamplePoint point = {.weight = -1};
    double interval;
    bool ok = open_lines(l, diag);
    while (ok && next_line(l, &interval, &point.cluster, diag)) {
        point.interval = (uint64_t)interval;
        ok = add_point(points, count, l, point, diag);
    }
    if (l->file)
        fclose(l->file);
    if (ok && !*diag->text && *count == 0)
        diag_error(diag, "%s: there is no point in it", l->path);
    return !*diag->text;
}

static bool read_weights(SamplePoint *points, size_t count, Lines *l,
                         Diag *diag)
{
    double weight;
    uint64_t cluster;
    bool ok = open_lines(l, diag);
    while (ok && next_line(l, &weight, &cluster, diag)) {
        SamplePoint *point = find(points, count, cluster);
        if (!point)
            ok = bad_line(l, "this cluster has no point", diag);
        else if (point->weight >= 0)
            ok = bad_line(l, "this cluster has a weight already", diag);
        else
            point->weight = weight;
    }
    if (l->file)
        fclose(l->file);
    for (size_t i = 0; ok && !*diag->text && i < count; i++)
        if (points[i].weight < 0)
            diag_error(diag, "%s: cluster %" PRIu64 " has no weight", l->path,
                       points[i].cluster);
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += points[i].weight;
    if (!*diag->text && sum <= 0)
        diag_error(diag, "%s: no weight is above 0", l->path);
    return !*diag->text;
}

static int by_interval(const void *a, const void *b)
{
    const SamplePoint *p = a, *q = b;
    return (p->interval > q->interval) - (p->interval < q->interval);
}

bool simpoints_read(SamplePoint **points, size_t *count,
                    const char *points_path, const char *weights_path,
                    Diag *diag)
{
    Lines intervals = {.path = points_path,
                       .what = "INTERVAL CLUSTER",
                       .first = {0, 1e9},
                       .whole = true};
    Lines weights = {
        .path = weights_path, .what = "WEIGHT CLUSTER", .first = {0, 1}};
    *points = NULL;
    *count = 0;
    bool ok = read_points(points, count, &intervals, diag) &&
              read_weights(*points, *count, &weights, diag);
    if (ok)
        qsort(*points, *count, sizeof **points, by_interval);
    return ok;
}
