/* What a run has counted, read back from its folder. */
#ifndef SELKIRK_CLI_EXP_STATS_H
#define SELKIRK_CLI_EXP_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ExpStat {
    const char *name; /* in the text that was parsed */
    uint64_t value;
} ExpStat;

/* All zero: none. */
typedef struct ExpStats {
    ExpStat *list; /* in the order of the text */
    size_t count;
    char *text;
} ExpStats;

/* Takes `text`, which free() can release: JSON with a member a line, as
 * stats_write_json() and summary.json have it.  The whole numbers of the
 * outermost object are the statistics; lines of any other kind are left out. */
void exp_stats_parse(ExpStats *stats, char *text);
/* The file, likewise; false: it cannot be read, errno says why. */
bool exp_stats_read(ExpStats *stats, const char *path);
void exp_stats_free(ExpStats *stats);

/* NULL if there is none of that name. */
const uint64_t *exp_stats_find(const ExpStats *stats, const char *name);

#endif
