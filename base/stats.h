/* Statistics: rows of name, unit, description and a 64-bit count that lives
 * in the module that counts.  Printed sorted by name, as text, JSON or CSV.
 *
 * What is read and printed is what has come since stats_reset(), up to
 * stats_freeze(), if these were called.  Gauges are different: they say how
 * things are, and have no beginning. */
#ifndef SELKIRK_BASE_STATS_H
#define SELKIRK_BASE_STATS_H

#include "base/ckpt.h"
#include "base/histogram.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct StatRow {
    const char *name; /* dotted path below the group, e.g. "tlb.refills" */
    const char *unit; /* plural noun: "cycles", "instructions" */
    const char *text; /* what exactly is counted */
    size_t offset;    /* of the uint64_t inside the group's structure */
} StatRow;

typedef struct Stats Stats;

Stats *stats_create(void);
void stats_destroy(Stats *stats);

/* Adds `count` rows named "group.name".  `rows` and `counters` (the structure
 * that the offsets are into) must outlive `stats`; `group` is copied.  Before
 * stats_reset() only. */
void stats_add(Stats *stats, const char *group, const StatRow *rows,
               size_t count, const void *counters);
/* The same of rows that are gauges. */
void stats_add_gauges(Stats *stats, const char *group, const StatRow *rows,
                      size_t count, const void *counters);

/* The same of rows that count what is done once, whenever that is: of a sampled
 * run, what all of it did stands for the whole (stats_set_sampled()). */
void stats_add_once(Stats *stats, const char *group, const StatRow *rows,
                    size_t count, const void *counters);

/* What is added from now on is of `part`, one of several that are alike and add
 * the same rows: each is there as "part.group.name", and as "group.name", which
 * is the sum of all parts.  The group "cpu" of a part "cpu1" is just "cpu1".
 * NULL: no part, as at first.  Copied. */
void stats_set_part(Stats *stats, const char *part);

/* Rows that are added from now on count what a timed model does, of which a
 * sampled run sees a part only; no at first.  stats_put_estimate() says
 * what the whole would have counted. */
void stats_set_sampled(Stats *stats, bool sampled);
/* How many of these there are, gauges left out; all have been added. */
size_t stats_sampled_count(const Stats *stats);
/* Of each of them, in the order of their names: the name, whether it is one of
 * stats_add_once(), what has been counted since the beginning, and from now on
 * what is printed and asked for. */
const char *stats_sampled_name(const Stats *stats, size_t index);
bool stats_sampled_once(const Stats *stats, size_t index);
void stats_read_sampled(const Stats *stats, uint64_t *counts);
/* `half` is that of the confidence interval; JSON has it as another row,
 * "ci95.GROUP.NAME", which is 0 where there is no estimate. */
void stats_put_estimate(Stats *stats, size_t index, uint64_t value,
                        uint64_t half);
/* The half of the row called "group.name"; 0 where nothing is estimated. */
uint64_t stats_get_half(const Stats *stats, const char *name);

/* What a histogram is of: rows "group.name.LOW-HIGH", one a bucket, the last
 * "group.name.LOW+", and "group.name.count" and "group.name.sum". */
typedef struct StatHistogram {
    const char *name;
    const char *unit; /* of what comes, plural: "commits" */
    const char *of;   /* of its values, plural: "stores" */
    const char *text; /* what comes, and what its value is */
    unsigned buckets; /* that are used */
    unsigned step;    /* of linear ones; 0: they double */
    bool gauge;
    bool once; /* as rows of stats_add_once() */
} StatHistogram;

/* `histogram` and the texts must outlive `stats`; `group` is copied. */
void stats_add_histogram(Stats *stats, const char *group,
                         const StatHistogram *what, const Histogram *histogram);

/* Everything counted begins anew: the counters themselves stay as they are. */
void stats_reset(Stats *stats);
/* From now on what is read is what there is now, gauges too. */
void stats_freeze(Stats *stats);

/* Saves or loads what the rows were at the beginning, at the last line of CSV
 * and at the end of what is measured, in the present section; the counters are
 * their modules'.  A row that was not saved, or counts from 0 again, begins
 * where it is now. */
void stats_checkpoint(Stats *stats, Ckpt *ckpt);

/* Value of the row called "group.name", or 0 when there is none. */
uint64_t stats_get(const Stats *stats, const char *name);
/* The same as it would be without stats_reset() and stats_freeze(). */
uint64_t stats_get_whole(const Stats *stats, const char *name);

void stats_write_text(const Stats *stats, FILE *out);
void stats_write_json(const Stats *stats, FILE *out);

/* The names, each after a comma; and a line's numbers, likewise: what has come
 * since the line before, or since stats_reset(), and gauges as they are. */
void stats_write_csv_names(const Stats *stats, FILE *out);
void stats_write_csv_line(Stats *stats, FILE *out);

#endif
