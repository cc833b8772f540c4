/* Statistics: rows of name, unit, description and a 64-bit count that lives
 * in the module that counts.  Printed sorted by name, as text or JSON. */
#ifndef SELKIRK_BASE_STATS_H
#define SELKIRK_BASE_STATS_H

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
 * that the offsets are into) must outlive `stats`; `group` is copied. */
void stats_add(Stats *stats, const char *group, const StatRow *rows,
               size_t count, const void *counters);

/* Value of the row called "group.name", or 0 when there is none. */
uint64_t stats_get(const Stats *stats, const char *name);

void stats_write_text(const Stats *stats, FILE *out);
void stats_write_json(const Stats *stats, FILE *out);

#endif
