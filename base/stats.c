/* Statistics: a list of groups of rows, sorted when printed. */
#include "base/stats.h"

#include "base/alloc.h"
#include "base/bits.h"

#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct Entry {
    char *name;              /* "group.row" */
    const char *unit, *text; /* as in StatRow */
    const uint64_t **counts; /* of which it is the sum */
    unsigned count_count;
    bool gauge;
    bool once;
    bool sampled;
    bool estimated; /* then `value` and `half` are stats_put_estimate()'s */
    uint64_t value, half;
    /* Values: at stats_reset(), at the last line of CSV, and at
     * stats_freeze().  Of a gauge the first two stay 0. */
    uint64_t start, line, end;
} Entry;

struct Stats {
    Entry *entries; /* kept sorted by name */
    size_t count;
    size_t sorted;      /* of them, from the first on */
    char part[16];      /* "" if there is none */
    bool begun, frozen; /* stats_reset(), stats_freeze() */
    bool sampled;       /* rows that are added are */
};

Stats *stats_create(void)
{
    return alloc_zeroed(1, sizeof(Stats));
}

void stats_destroy(Stats *stats)
{
    if (!stats)
        return;
    for (size_t i = 0; i < stats->count; i++) {
        free(stats->entries[i].name);
        free(stats->entries[i].counts);
    }
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

/* Of a part, each row takes two entries at most. */
static void make_room(Stats *stats, size_t count)
{
    assert(!stats->begun);
    stats->entries =
        alloc_resize(stats->entries, stats->count + 2 * count, sizeof(Entry));
}

static void add_count(Entry *entry, const uint64_t *count)
{
    entry->counts = alloc_resize(entry->counts, entry->count_count + 1,
                                 sizeof *entry->counts);
    entry->counts[entry->count_count++] = count;
}

static uint64_t sum_of(const Entry *e)
{
    uint64_t sum = *e->counts[0];
    for (unsigned i = 1; i < e->count_count; i++)
        sum += *e->counts[i];
    return sum;
}

static char *make_name(const char *part, const char *group, const char *name)
{
    size_t size = strlen(part) + 1 + strlen(group) + 1 + strlen(name) + 1;
    size_t length = strlen(group);
    bool named_after_it = strncmp(part, group, length) == 0 &&
                          isdigit((unsigned char)part[length]);
    char *text = alloc_zeroed(size, 1);
    if (!*part)
        snprintf(text, size, "%s.%s", group, name);
    else if (named_after_it)
        snprintf(text, size, "%s.%s", part, name);
    else
        snprintf(text, size, "%s.%s.%s", part, group, name);
    return text;
}

/* Takes an entry without a name, which is "GROUP.NAME", and adds `count`. */
static void add_entry(Stats *stats, const char *group, const char *name,
                      Entry entry, const uint64_t *count)
{
    Entry *same = NULL;
    entry.sampled = stats->sampled && !entry.gauge;
    entry.name = make_name("", group, name);
    if (*stats->part && stats->sorted > 0)
        same = bsearch(&entry, stats->entries, stats->sorted, sizeof entry,
                       by_name);
    if (same) {
        free(entry.name);
        add_count(same, count);
    } else {
        add_count(&entry, count);
        stats->entries[stats->count++] = entry;
    }
    if (!*stats->part)
        return;
    entry.name = make_name(stats->part, group, name);
    entry.counts = NULL;
    entry.count_count = 0;
    add_count(&entry, count);
    stats->entries[stats->count++] = entry;
}

/* Of a part, when it is complete: there are many rows. */
static void sort(Stats *stats)
{
    if (*stats->part || stats->count == 0)
        return;
    qsort(stats->entries, stats->count, sizeof(Entry), by_name);
    stats->sorted = stats->count;
}

void stats_set_part(Stats *stats, const char *part)
{
    stats->part[0] = '\0';
    sort(stats);
    if (part)
        snprintf(stats->part, sizeof stats->part, "%s", part);
}

/* The entries are `like` this one. */
static void add(Stats *stats, const char *group, const StatRow *rows,
                size_t count, const void *counters, Entry like)
{
    const char *base = counters;
    make_room(stats, count);
    for (size_t i = 0; i < count; i++) {
        like.unit = rows[i].unit;
        like.text = rows[i].text;
        add_entry(stats, group, rows[i].name, like,
                  (const uint64_t *)(base + rows[i].offset));
    }
    sort(stats);
}

void stats_add(Stats *stats, const char *group, const StatRow *rows,
               size_t count, const void *counters)
{
    add(stats, group, rows, count, counters, (Entry){.gauge = false});
}

void stats_add_gauges(Stats *stats, const char *group, const StatRow *rows,
                      size_t count, const void *counters)
{
    add(stats, group, rows, count, counters, (Entry){.gauge = true});
}

void stats_add_once(Stats *stats, const char *group, const StatRow *rows,
                    size_t count, const void *counters)
{
    add(stats, group, rows, count, counters, (Entry){.once = true});
}

void stats_add_histogram(Stats *stats, const char *group,
                         const StatHistogram *what, const Histogram *h)
{
    char name[128];
    Entry entry = {.unit = what->unit,
                   .text = what->text,
                   .gauge = what->gauge,
                   .once = what->once};
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
        add_entry(stats, group, name, entry, &h->buckets[i]);
    }
    snprintf(name, sizeof name, "%s.count", what->name);
    add_entry(stats, group, name, entry, &h->count);
    snprintf(name, sizeof name, "%s.sum", what->name);
    entry.unit = what->of;
    add_entry(stats, group, name, entry, &h->sum);
    sort(stats);
}

/* --- The part that is measured -------------------------------------------- */

void stats_reset(Stats *stats)
{
    stats->begun = true;
    for (size_t i = 0; i < stats->count; i++) {
        Entry *e = &stats->entries[i];
        e->start = e->line = e->gauge ? 0 : sum_of(e);
    }
}

void stats_freeze(Stats *stats)
{
    stats->frozen = true;
    for (size_t i = 0; i < stats->count; i++)
        stats->entries[i].end = sum_of(&stats->entries[i]);
}

static uint64_t last_of(const Stats *stats, const Entry *e)
{
    return stats->frozen ? e->end : sum_of(e);
}

static uint64_t value_of(const Stats *stats, const Entry *e)
{
    if (e->estimated)
        return e->value;
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
    return e ? sum_of(e) : 0;
}

/* --- Checkpoints ---------------------------------------------------------- */

/* What is saved of an entry, beside its name. */
static const CkptField entry_fields[] = {
    CKPT_FIELD(Entry, start),
    CKPT_FIELD(Entry, line),
    CKPT_FIELD(Entry, end),
};

static void begin_anew(Entry *e)
{
    e->start = e->line = e->gauge ? 0 : sum_of(e);
    e->end = sum_of(e);
}

/* The saved entry is of this row, if there is such, in any order. */
static void take(Stats *stats, const char *name, const Entry *saved)
{
    for (size_t i = 0; i < stats->count; i++) {
        Entry *e = &stats->entries[i];
        if (strcmp(e->name, name) != 0)
            continue;
        if (saved->start > sum_of(e) || saved->line > sum_of(e))
            return;
        e->start = saved->start;
        e->line = saved->line;
        e->end = saved->end;
        return;
    }
}

void stats_checkpoint(Stats *stats, Ckpt *ckpt)
{
    enum { ROWS_MAX = 100000 };
    ckpt_bool(ckpt, "begun", &stats->begun);
    ckpt_bool(ckpt, "frozen", &stats->frozen);
    size_t count = ckpt_count(ckpt, "rows", stats->count, ROWS_MAX);
    for (size_t i = 0; ckpt_loads(ckpt) && i < stats->count; i++)
        begin_anew(&stats->entries[i]);
    for (size_t i = 0; i < count && !ckpt_error(ckpt); i++) {
        Entry loaded = {0};
        bool loads = ckpt_loads(ckpt);
        Entry *e = loads ? &loaded : &stats->entries[i];
        char *name = ckpt_text(ckpt, "row", e->name);
        ckpt_fields(ckpt, entry_fields, ARRAY_LEN(entry_fields), e);
        if (loads && !ckpt_error(ckpt))
            take(stats, name, e);
        free(name);
    }
}

/* --- Estimates ------------------------------------------------------------ */

void stats_set_sampled(Stats *stats, bool sampled)
{
    stats->sampled = sampled;
}

size_t stats_sampled_count(const Stats *stats)
{
    size_t count = 0;
    for (size_t i = 0; i < stats->count; i++)
        count += stats->entries[i].sampled;
    return count;
}

static size_t find_sampled(const Stats *stats, size_t index)
{
    size_t i = 0;
    while (!stats->entries[i].sampled || index-- > 0)
        i++;
    return i;
}

const char *stats_sampled_name(const Stats *stats, size_t index)
{
    return stats->entries[find_sampled(stats, index)].name;
}

bool stats_sampled_once(const Stats *stats, size_t index)
{
    return stats->entries[find_sampled(stats, index)].once;
}

void stats_read_sampled(const Stats *stats, uint64_t *counts)
{
    for (size_t i = 0; i < stats->count; i++)
        if (stats->entries[i].sampled)
            *counts++ = sum_of(&stats->entries[i]);
}

void stats_put_estimate(Stats *stats, size_t index, uint64_t value,
                        uint64_t half)
{
    Entry *e = &stats->entries[find_sampled(stats, index)];
    e->estimated = true;
    e->value = value;
    e->half = half;
}

uint64_t stats_get_half(const Stats *stats, const char *name)
{
    const Entry *e = find(stats, name);
    return e ? e->half : 0;
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
        fprintf(out, "%-*s %16" PRIu64 "  %s (%s)", width, e->name,
                value_of(stats, e), e->text, e->unit);
        if (e->estimated)
            fprintf(out, "; +- %" PRIu64, e->half);
        fputc('\n', out);
    }
}

void stats_write_json(const Stats *stats, FILE *out)
{
    fputs("{\n", out);
    for (size_t i = 0; i < stats->count; i++) {
        const Entry *e = &stats->entries[i];
        fprintf(out, "%s  \"%s\": %" PRIu64, i ? ",\n" : "", e->name,
                value_of(stats, e));
    }
    for (size_t i = 0; i < stats->count; i++)
        if (stats->entries[i].sampled)
            fprintf(out, ",\n  \"ci95.%s\": %" PRIu64, stats->entries[i].name,
                    stats->entries[i].half);
    fputs(stats->count ? "\n}\n" : "}\n", out);
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
