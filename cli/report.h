/* What is told about a run: the progress line, the summary, and the results
 * that --out writes. */
#ifndef SELKIRK_CLI_REPORT_H
#define SELKIRK_CLI_REPORT_H

#include "cli/marks.h"
#include "morph/machine.h"

#include <stdio.h>

/* How a run ended. */
typedef enum RunEnd {
    RUN_END_EXIT,
    RUN_END_HALT,
    RUN_END_TEXT,
    RUN_END_INSNS,
    RUN_END_CYCLES,
    RUN_END_REGION,     /* that of roi.stop */
    RUN_END_CHECKPOINT, /* checkpoint.stop */
    RUN_END_QUIT,       /* the user said so */
    RUN_END_SIGNAL,     /* a signal did */
    RUN_END_HOST,       /* output could not be written */
    RUN_END_CHECK,      /* check mode found a difference */
} RunEnd;

typedef struct Run {
    const Config *config;
    Machine *machine;
    const char *image;   /* path */
    const char *cmdline; /* of the guest */
    char *const *args;   /* of the command line, up to a NULL */
    const char *until;   /* NULL: no text was waited for */
    const Marks *marks;  /* --mark */
    bool measured;       /* the region that was asked for, whole */
    RunEnd end;
    int signal;                    /* of RUN_END_SIGNAL */
    const CheckReport *difference; /* of RUN_END_CHECK */
    uint64_t restored;  /* instructions that a checkpoint had executed */
    double seconds;     /* wall time that the machine ran */
    const Stats *stats; /* the machine's, when it has ended */
    bool recorded;      /* what came from outside is kept */
    bool networked;     /* a hub was connected: the run need not repeat */
    uint64_t frames;    /* that came from there */
} Run;

/* A text as JSON has it, in quotes; bytes that are no UTF-8 are replaced. */
void report_write_json_text(FILE *out, const char *text);

/* Seconds of the host's clock, from some moment on. */
double report_clock(void);

/* The exit status of the program for this run. */
int report_status(const Run *run);

/* --- The progress line ---------------------------------------------------- */

typedef struct Progress {
    bool on;
    bool in_place; /* the standard error is a terminal */
    bool shown;    /* the line stands there now */
    double next;   /* when to show it again; 0: not begun */
} Progress;

/* Shows the line if it is time to. */
void report_progress(Progress *progress, const Run *run);
/* Takes the line away, so that something else can be written. */
void report_hide_progress(Progress *progress);

/* Writes how the run ended and what it took to the standard error. */
void report_write_summary(const Run *run);
/* With --host-profile, where the host's time went. */
void report_write_host_profile(const Run *run);
/* What went wrong with compiled code, if anything did: it is no error. */
void report_write_engine(const Run *run);

/* Writes what check mode found, and where to look, to the standard error. */
void report_write_difference(const Run *run);

/* --- Results (--out) --------------------------------------------------------
 *
 * Each file gets its name when it is complete, and summary.json is the last:
 * a folder that has one holds the whole of one run. */

typedef struct Results {
    const char *folder; /* NULL: none are wanted */
    FILE *console;      /* takes the console's output while the run goes on, */
    FILE *intervals;    /* and this the statistics of intervals; or NULL */
    int interval_error; /* errno of the first line that was not written */
} Results;

/* Makes a folder for --out, with those above it, if they are not there. */
bool report_make_folders(const char *folder, Diag *diag);

/* Makes the folder, with those above it, and takes the summary.json of an
 * earlier run away. */
bool report_open_results(Results *results, const char *folder, const Run *run,
                         Diag *diag);
/* A line of intervals.csv, if there is one: MachineHost.interval. */
void report_write_interval(Results *results, uint64_t cycles, uint64_t insns,
                           Stats *stats);
bool report_write_results(Results *results, const Run *run, Diag *diag);
/* After an error: removes what is not complete. */
void report_drop_results(Results *results);

#endif
