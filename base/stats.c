/* Statistics: a list of groups of rows, sorted when printed. */
#include "base/stats.h"

#include "base/alloc.h"

#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct Entry {
    char *name;              /* "group.row" */
    const char *unit, *text; /* as in StatRow */
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

static void make_room(Stats *stats, size_t count)
{
    assert(!stats->begun);
    stats->entries =
        alloc_resize(stats->entries, stats->count + count, sizeof(Entry));
}

/* Takes an entry without a name, which is "GROUP.NAME". */
static void add_entry(Stats *stats, const char *group, const char *name,
                      Entry entry)
{
    size_t size = strlen(group) + 1 + strlen(name) + 1;
    entry.name = alloc_zeroed(size, 1);
    snprintf(entry.name, size, "%s.%s", group, name);
    stats->entries[stats->count++] = entry;
}

static void sort(Stats *stats)
{
    qsort(stats->entries, stats->count, sizeof(Entry), by_name);
}

static void add(Stats *stats, const char *group, const StatRow *rows,
                size_t count, const void *counters, bool gauge)
{
    const char *base = counters;
    make_room(stats, count);
    for (size_t i = 0; i < count; i++)
        add_entry(stats, group, rows[i].name,
                  (Entry){.unit = rows[i].unit,
                          .text = rows[i].text,
                          .count = (const uint64_t *)(base + rows[i].offset),
                          .gauge = gauge});
    sort(stats);
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

void stats_add_histogram(Stats *stats, const char *group,
                         const StatHistogram *what, const Histogram *h)
{
    char name[128];
    Entry entry = {
        .unit = what->unit, .text = what->text, .gauge = what->gauge};
    assert(what->buckets > 1 && what->buckets <= HISTOGRAM_BUCKETS);
    make_room(stats, what->buckets + 2);
    for (unsigned i = 0; i < what->buckets; i++) {
        uint64_t low = i ? 1ull << (i - 1) : 0, high = i ? 2 * low - 1 : 0;
        if (what->step) {
            low = (uint64_t)i * what->step;
            high = low + what->step - 1;
        }
        int n = snprintf(name, sizeof name, "%s.%" PRIu64, what->name, low);
        if (i + 1 < what->buckets)
            snprintf(name + n, sizeof name - (size_t)n, "-%" PRIu64, high);
        else
            snprintf(name + n, sizeof name - (size_t)n, "+");
        entry.count = &h->buckets[i];
        add_entry(stats, group, name, entry);
    }
    snprintf(name, sizeof name, "%s.count", what->name);
    entry.count = &h->count;
    add_entry(stats, group, name, entry);
    snprintf(name, sizeof name, "%s.sum", what->name);
    entry.count = &h->sum;
    entry.unit = what->of;
    add_entry(stats, group, name, entry);
    sort(stats);
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
                value_of(stats, e), e->text, e->unit);
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
