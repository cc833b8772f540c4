/* An experiment as its file describes it: what all runs have in common, and the
 * axes along which they differ.  docs/experiments.md is the reference. */
#ifndef SELKIRK_CLI_EXP_FILE_H
#define SELKIRK_CLI_EXP_FILE_H

#include "base/arena.h"
#include "base/config.h"

#include <stddef.h>

/* What a run is told; the first ones are of the run, and those behind
 * EXP_RUN_KEYS of its configuration. */
typedef enum ExpKey {
    EXP_WORKLOAD,
    EXP_IMAGE,
    EXP_ARGUMENTS,
    EXP_DISK,
    EXP_INPUT,
    EXP_UNTIL,
    EXP_MAX_INSNS,
    EXP_MAX_CYCLES,
    EXP_EXPECT,
    EXP_EXPECT_FILE,
    EXP_STATUS,
    EXP_CHECKPOINT_AT,
    EXP_RESTORE,
    EXP_RUN_KEYS,
    EXP_PRESET = EXP_RUN_KEYS,
    EXP_CONFIG, /* a key of the configuration */
} ExpKey;

typedef struct ExpSetting {
    ExpKey key;
    const char *name;   /* of EXP_CONFIG: "section.key" */
    const char *value;  /* as written, with each {AXIS} */
    const char *where;  /* "FILE:LINE", or an option */
    const char *folder; /* that its paths begin at: "" or "FOLDER/" */
} ExpSetting;

typedef struct ExpSettings {
    ExpSetting *list;
    size_t count;
} ExpSettings;

/* One place on an axis. */
typedef struct ExpChoice {
    const char *label;
    ExpSettings settings;
} ExpChoice;

typedef struct ExpAxis {
    const char *name, *where;
    ExpSetting key; /* that the choices are values of; `where` NULL: of none */
    ExpChoice *choices;
    size_t count;
} ExpAxis;

typedef struct ExpWorkload {
    const char *name, *where;
    ExpSettings settings;
} ExpWorkload;

typedef struct Experiment {
    const char *path, *name, *title; /* title: "" if it has none */
    char *text;                      /* of the file */
    size_t size;
    ExpSettings base;
    ExpAxis *axes; /* in the file's order; seeds are the last, "seed" */
    size_t axis_count;
    ExpWorkload *workloads;
    size_t workload_count;
    const char **outputs; /* names of columns; NULL: none are named */
    size_t output_count;
    const char *outputs_where;
    Arena *arena; /* that holds all this */
} Experiment;

/* Reads the file, and those that it includes, and checks what needs no run:
 * names, keys, values without {AXIS}.  exp_file_free() releases `e`, after an
 * error, too. */
bool exp_file_read(Experiment *e, const char *path, Diag *diag);
void exp_file_free(Experiment *e);

/* The workload of that name, or NULL. */
const ExpWorkload *exp_file_workload(const Experiment *e, const char *name);

/* Whether `value`, without {AXIS} any more, is one that the setting may have.
 * A setting of the configuration is made in `config`. */
bool exp_file_apply(const ExpSetting *setting, const char *value,
                    Config *config, Diag *diag);

#endif
