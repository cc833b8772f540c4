/* What is plotted: the runs that folders and CSV files tell of, each with what
 * tells it from the others (axes), and its statistics. */
#ifndef SELKIRK_CLI_PLOT_SOURCE_H
#define SELKIRK_CLI_PLOT_SOURCE_H

#include "cli/plot/table.h"

typedef struct SourceStat {
    const char *name;
    double value;
} SourceStat;

typedef struct SourceRun {
    const char *label;     /* values of the axes that vary, ", " between */
    const char **values;   /* one an axis */
    const char *folder;    /* of `selkirk run --out`, or NULL */
    const char *intervals; /* path of its intervals.csv, or NULL */
    SourceStat *stats;     /* sorted by name */
    size_t stat_count;
} SourceRun;

typedef struct Source {
    Arena *arena;       /* holds all of it */
    const char *place;  /* folder or file, as it was named */
    const char *title;  /* what it is about */
    const char *folder; /* where results about it go */
    bool is_experiment; /* of `selkirk exp --out` */
    const char **axes;
    size_t axis_count;
    SourceRun *runs;
    size_t run_count;
    size_t failed; /* points of an experiment that did, and are no runs */
    size_t seeds;  /* the most runs that one of these is the mean of */
} Source;

/* Reads one experiment's folder, or one CSV file, or any number of runs'
 * folders.  In a CSV file that is no results.csv, the columns called one of
 * `axes` are axes, as are those that do not hold numbers.  False and a Diag if
 * there is nothing to plot, or something is damaged. */
bool source_read(Source *source, Arena *arena, const char *const *paths,
                 size_t path_count, const char *const *axes, size_t axis_count,
                 Diag *diag);

/* Keeps the runs with one of `count` "AXIS=VALUE" words for each axis that they
 * name, and takes the others out; false and a Diag if there is no such axis, or
 * no such run. */
bool source_keep(Source *source, const char *const *words, size_t count,
                 Diag *diag);

/* A statistic of a run; false if it has none of that name. */
bool source_get(const SourceRun *run, const char *name, double *value);
/* Guest instructions and cycles of what a run measured. */
bool source_insns(const SourceRun *run, double *insns);
bool source_cycles(const SourceRun *run, double *cycles);

/* "LABEL, PART": the label of a run to which the value of one more axis is
 * added; with the axis' name if it begins with a digit, and says little. */
const char *source_extend_label(const Source *source, const char *label,
                                const SourceRun *run, size_t axis);

/* Whether an axis has more than one value. */
bool source_varies(const Source *source, size_t axis);

/* "FOLDER/NAME" */
const char *source_join(Arena *arena, const char *folder, const char *name);
/* Whether there is such a file or folder. */
bool source_exists(const char *path);

#endif
