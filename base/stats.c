/* Statistics: a list of groups of rows, sorted when printed. */
#include "base/stats.h"

#include "base/alloc.h"

#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct Entry {
    char *name; /* "group.row" */
    const StatRow *row;
    const uint64_t *count;
    bool gauge;
    /* Values of *count: at stats_reset(), at the last line of CSV, and at
     * stats_freeze().  Of a gauge the first two stay 0. */
    uint64_t start, line, end;
} Entry;

struct Stats {
    Entry *entries; /* kept sorted by name */
    size_t count;
    bool begun, frozen; /* stats_reset(), stats_freeze() */
};

Stats *stats_create(void)
{
    return alloc_zeroed(1, sizeof(Stats));
}

void stats_destroy(Stats *stats)
{
    if (!stats)
        return;
    for (size_t i = 0; i < stats->count; i++)
        free(stats->entries[i].name);
    free(stats->entries);
    free(stats);
}

/* By characters, but numbers by their values: 8-15 comes before 16-31. */
static int by_name(const void *a, const void *b)
{
    const char *p = ((const Entry *)a)->name, *q = ((const Entry *)b)->name;
    for (;;) {
        if (isdigit((unsigned char)*p) && isdigit((unsigned char)*q)) {
            char *p_end, *q_end;
            uint64_t m = strtoull(p, &p_end, 10), n = strtoull(q, &q_end, 10);
            if (m != n)
                return m < n ? -1 : 1;
            p = p_end;
            q = q_end;
        }
        if (*p != *q || *p == '\0')
            return (unsigned char)*p - (unsigned char)*q;
        p++;
        q++;
    }
}

static void add(Stats *stats, const char *group, const StatRow *rows,
                size_t count, const void *counters, bool gauge)
{
    assert(!stats->begun);
    stats->entries =
        alloc_resize(stats->entries, stats->count + count, sizeof(Entry));
    for (size_t i = 0; i < count; i++) {
        size_t size = strlen(group) + 1 + strlen(rows[i].name) + 1;
        char *name = alloc_zeroed(size, 1);
        snprintf(name, size, "%s.%s", group, rows[i].name);
        const char *base = counters;
        stats->entries[stats->count++] =
            (Entry){.name = name,
                    .row = &rows[i],
                    .count = (const uint64_t *)(base + rows[i].offset),
                    .gauge = gauge};
    }
    qsort(stats->entries, stats->count, sizeof(Entry), by_name);
}

void stats_add(Stats *stats, const char *group, const StatRow *rows,
               size_t count, const void *counters)
{
    add(stats, group, rows, count, counters, false);
}

void stats_add_gauges(Stats *stats, const char *group, const StatRow *rows,
                      size_t count, const void *counters)
{
    add(stats, group, rows, count, counters, true);
}

/* --- The part that is measured -------------------------------------------- */

void stats_reset(Stats *stats)
{
    stats->begun = true;
    for (size_t i = 0; i < stats->count; i++) {
        Entry *e = &stats->entries[i];
        e->start = e->line = e->gauge ? 0 : *e->count;
    }
}

void stats_freeze(Stats *stats)
{
    stats->frozen = true;
    for (size_t i = 0; i < stats->count; i++)
        stats->entries[i].end = *stats->entries[i].count;
}

static uint64_t last_of(const Stats *stats, const Entry *e)
{
    return stats->frozen ? e->end : *e->count;
}

static uint64_t value_of(const Stats *stats, const Entry *e)
{
    return last_of(stats, e) - e->start;
}

static const Entry *find(const Stats *stats, const char *name)
{
    for (size_t i = 0; i < stats->count; i++)
        if (strcmp(stats->entries[i].name, name) == 0)
            return &stats->entries[i];
    return NULL;
}

uint64_t stats_get(const Stats *stats, const char *name)
{
    const Entry *e = find(stats, name);
    return e ? value_of(stats, e) : 0;
}

uint64_t stats_get_whole(const Stats *stats, const char *name)
{
    const Entry *e = find(stats, name);
    return e ? *e->count : 0;
}

/* --- Printing ------------------------------------------------------------- */

void stats_write_text(const Stats *stats, FILE *out)
{
    int width = 28;
    for (size_t i = 0; i < stats->count; i++) {
        int length = (int)strlen(stats->entries[i].name);
        width = length > width ? length : width;
    }
    for (size_t i = 0; i < stats->count; i++) {
        const Entry *e = &stats->entries[i];
        fprintf(out, "%-*s %16" PRIu64 "  %s (%s)\n", width, e->name,
                value_of(stats, e), e->row->text, e->row->unit);
    }
}

void stats_write_json(const Stats *stats, FILE *out)
{
    fputs("{\n", out);
    for (size_t i = 0; i < stats->count; i++) {
        const Entry *e = &stats->entries[i];
        fprintf(out, "  \"%s\": %" PRIu64 "%s\n", e->name, value_of(stats, e),
                i + 1 < stats->count ? "," : "");
    }
    fputs("}\n", out);
}

void stats_write_csv_names(const Stats *stats, FILE *out)
{
    for (size_t i = 0; i < stats->count; i++)
        fprintf(out, ",%s", stats->entries[i].name);
}

void stats_write_csv_line(Stats *stats, FILE *out)
{
    for (size_t i = 0; i < stats->count; i++) {
        Entry *e = &stats->entries[i];
        uint64_t last = last_of(stats, e);
        fprintf(out, ",%" PRIu64, last - e->line);
        e->line = e->gauge ? 0 : last;
    }
}
