/* Statistics: a list of groups of rows, sorted when printed. */
#include "base/stats.h"

#include "base/alloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct Entry {
    char *name; /* "group.row" */
    const StatRow *row;
    const uint64_t *count;
} Entry;

struct Stats {
    Entry *entries; /* kept sorted by name */
    size_t count;
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

static int by_name(const void *a, const void *b)
{
    return strcmp(((const Entry *)a)->name, ((const Entry *)b)->name);
}

void stats_add(Stats *stats, const char *group, const StatRow *rows,
               size_t count, const void *counters)
{
    stats->entries =
        alloc_resize(stats->entries, stats->count + count, sizeof(Entry));
    for (size_t i = 0; i < count; i++) {
        size_t size = strlen(group) + 1 + strlen(rows[i].name) + 1;
        char *name = alloc_zeroed(size, 1);
        snprintf(name, size, "%s.%s", group, rows[i].name);
        const char *base = counters;
        stats->entries[stats->count++] =
            (Entry){name, &rows[i], (const uint64_t *)(base + rows[i].offset)};
    }
    qsort(stats->entries, stats->count, sizeof(Entry), by_name);
}

uint64_t stats_get(const Stats *stats, const char *name)
{
    for (size_t i = 0; i < stats->count; i++)
        if (strcmp(stats->entries[i].name, name) == 0)
            return *stats->entries[i].count;
    return 0;
}

void stats_write_text(const Stats *stats, FILE *out)
{
    int width = 28;
    for (size_t i = 0; i < stats->count; i++) {
        int length = (int)strlen(stats->entries[i].name);
        width = length > width ? length : width;
    }
    for (size_t i = 0; i < stats->count; i++) {
        const Entry *e = &stats->entries[i];
        fprintf(out, "%-*s %16" PRIu64 "  %s (%s)\n", width, e->name, *e->count,
                e->row->text, e->row->unit);
    }
}

void stats_write_json(const Stats *stats, FILE *out)
{
    fputs("{\n", out);
    for (size_t i = 0; i < stats->count; i++) {
        const Entry *e = &stats->entries[i];
        fprintf(out, "  \"%s\": %" PRIu64 "%s\n", e->name, *e->count,
                i + 1 < stats->count ? "," : "");
    }
    fputs("}\n", out);
}
