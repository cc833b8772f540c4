/* The points of an experiment: every combination of places on its axes, with
 * what each run is told. */
#ifndef SELKIRK_CLI_EXP_POINTS_H
#define SELKIRK_CLI_EXP_POINTS_H

#include "cli/exp_file.h"
#include "cli/options.h"

enum { EXP_POINTS_MAX = 9999 };

typedef struct ExpPoint {
    unsigned number; /* from 1, in the order of axes; the last is fastest */
    bool chosen;     /* by --only */
    /* Of its configuration, presets first, as they apply; values are final. */
    ExpSettings settings;
    /* The rest; NULL: not said.  Paths are those to open from here. */
    const char *run[EXP_RUN_KEYS];
    const char *where[EXP_RUN_KEYS]; /* it is said */
    const char **disks;
    size_t disk_count;
    Config *config;       /* what it comes to, for checks */
    uint64_t config_hash; /* of the model's keys */
    uint64_t image_hash;
    uint64_t input_hash;  /* of arguments, limits, input and disks */
    uint64_t expect_hash; /* of what its output has to be */
    /* Of image and keys that compiled code depends on; 0: there is none. */
    uint64_t code_hash;
} ExpPoint;

typedef struct ExpPoints {
    const Experiment *experiment;
    ExpPoint *list;
    size_t count;
    Arena *arena; /* that holds them */
} ExpPoints;

/* Makes and checks them, with --set and --only of `options`: whatever can be
 * known to be wrong before a run is found here.  exp_points_free() releases
 * them, after an error, too. */
bool exp_points_create(ExpPoints *points, const Experiment *experiment,
                       const Options *options, Diag *diag);
void exp_points_free(ExpPoints *points);

/* The label of a point on an axis. */
const char *exp_points_label(const ExpPoints *points, const ExpPoint *point,
                             size_t axis);
/* "axis=label axis=label", "" without axes; for messages.  free() it. */
char *exp_points_describe(const ExpPoints *points, const ExpPoint *point);

#endif
