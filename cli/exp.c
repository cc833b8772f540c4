/* `selkirk exp`: from the file to the table; see exp.h. */
#define _GNU_SOURCE /* sched_getaffinity() */
#include "cli/exp.h"

#include "cli/exp_check.h"
#include "cli/exp_command.h"
#include "cli/exp_hash.h"
#include "cli/exp_results.h"
#include "cli/exp_slurm.h"
#include "cli/report.h"
#include "cli/terminal.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

enum { JOBS_MAX = 256 };

/* As many as there are processors for us. */
static bool read_jobs(const Options *o, unsigned *jobs, Diag *diag)
{
    uint64_t number;
    cpu_set_t set;
    if (!options_number(o, OPTION_JOBS, &number, diag))
        return false;
    if (number > JOBS_MAX)
        return diag_error(diag,
                          "--jobs: %" PRIu64 " is too many; %d are the "
                          "most",
                          number, JOBS_MAX);
    if (number == 0 && !options_has(o, OPTION_SLURM))
        number = sched_getaffinity(0, sizeof set, &set) == 0
                     ? (uint64_t)CPU_COUNT(&set)
                     : 1;
    *jobs = (unsigned)number;
    return true;
}

/* --task N: that point alone. */
static bool choose_task(ExpPoints *points, const Options *o, bool *task,
                        Diag *diag)
{
    uint64_t number = 0;
    *task = options_has(o, OPTION_TASK);
    if (!*task)
        return true;
    if (options_has(o, OPTION_ONLY) || options_has(o, OPTION_SLURM))
        return diag_error(diag,
                          "--task: with %s it says twice what to run; "
                          "leave one of them out",
                          options_has(o, OPTION_ONLY) ? "--only" : "--slurm");
    if (!options_number(o, OPTION_TASK, &number, diag))
        return false;
    if (number == 0 || number > points->count)
        return diag_error(diag,
                          "--task: there is no point %" PRIu64 "; they are 1 "
                          "to %zu",
                          number, points->count);
    for (size_t i = 0; i < points->count; i++)
        points->list[i].chosen = points->list[i].number == number;
    return true;
}

static bool hash_program(uint64_t *hash, Diag *diag)
{
    ExpHashes hashes = {NULL, 0};
    bool ok = exp_hash_file(&hashes, "/proc/self/exe", hash);
    exp_hash_free(&hashes);
    return ok ||
           diag_error(diag, "cannot read this program: %s", strerror(errno));
}

static size_t write_summary(const ExpRun *run)
{
    size_t count = 0, failed = 0, reused = 0;
    for (size_t i = 0; i < run->points->count; i++) {
        const ExpOutcome *outcome = &run->outcomes[i];
        count += outcome->ended;
        failed += outcome->failure != NULL;
        reused += outcome->reused;
    }
    if (run->quiet || run->task)
        return failed;
    fprintf(stderr, "selkirk: %zu point%s", count, count == 1 ? "" : "s");
    if (reused)
        fprintf(stderr, ", %zu of them from before", reused);
    if (failed)
        fprintf(stderr, ", %zu failed", failed);
    fprintf(stderr, "; the results are in %s/results.csv\n", run->folder);
    return failed;
}

/* Runs what there is to run, and writes the table.  The exit status. */
static int run_all(ExpRun *run, const Options *options, ExpResults *results,
                   Diag *diag)
{
    bool slurm = options_has(options, OPTION_SLURM);
    ExpEnd end = slurm ? exp_slurm_points(run, options, diag)
                       : exp_run_points(run, diag);
    if (end == EXP_END_HOST)
        return STATUS_HOST;
    if (end == EXP_END_SIGNAL) {
        if (!run->quiet && !run->task)
            fprintf(stderr,
                    "selkirk: interrupted; %sthe same command goes on\n",
                    slurm ? "Slurm's jobs go on, and " : "");
        return STATUS_OK; /* the signal is the status */
    }
    if (!run->task && !exp_results_write(results, run, diag))
        return STATUS_HOST;
    return write_summary(run) ? STATUS_MISSED : STATUS_OK;
}

static int execute(ExpRun *run, const Options *options, Diag *diag)
{
    ExpResults results = {.paths = {NULL}};
    int status = STATUS_INPUT;
    if (!*run->folder)
        diag_error(diag, "--out: the folder's name is empty; write for example "
                         "--out results");
    else if (hash_program(&run->build, diag) &&
             report_make_folders(run->folder, diag) &&
             (run->task || exp_results_open(&results, run->folder, diag))) {
        terminal_init();
        status = run_all(run, options, &results, diag);
        terminal_end();
    }
    exp_results_drop(&results);
    exp_run_free(run);
    return status;
}

int exp_program(const Options *o, Diag *diag)
{
    Experiment e = {.arena = NULL};
    ExpPoints points = {.arena = NULL};
    ExpRun run = {.points = &points, .quiet = options_has(o, OPTION_QUIET)};
    int status = STATUS_INPUT;
    if (exp_file_read(&e, o->operands[0], diag) &&
        read_jobs(o, &run.jobs, diag) &&
        exp_points_create(&points, &e, o, diag) &&
        choose_task(&points, o, &run.task, diag) &&
        exp_check_points(&points, diag)) {
        const char *out = options_value(o, OPTION_OUT);
        run.folder = out ? out : e.name;
        if (options_has(o, OPTION_DRY_RUN)) {
            exp_command_write(&points, run.folder, stdout);
            status = STATUS_OK;
        } else {
            status = execute(&run, o, diag);
        }
    }
    exp_points_free(&points);
    exp_file_free(&e);
    if (terminal_signal())
        terminal_die(terminal_signal());
    return status;
}
