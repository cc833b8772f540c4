/* Running the points of an experiment; see exp_run.h.
 *
 * One thread starts processes and waits for them.  It dies by no way without
 * them: what is killed takes its runs along (PR_SET_PDEATHSIG). */
#include "cli/exp_run.h"

#include "base/alloc.h"
#include "cli/exp_boot.h"
#include "cli/exp_command.h"
#include "cli/exp_process.h"
#include "cli/exp_progress.h"
#include "cli/exp_reuse.h"
#include "cli/options.h"
#include "cli/report.h"
#include "cli/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef struct Job {
    pid_t pid; /* 0: none */
    size_t point;
    double start;
} Job;

typedef struct Runner {
    ExpRun *run;
    Job *jobs;
    size_t next; /* point to look at */
    ExpProgress progress;
    Diag *diag;
    bool host_failed; /* output could not be written */
} Runner;

/* --- Processes ------------------------------------------------------------ */

static const ExpPoint *point_of(const Runner *r, size_t index)
{
    return &r->run->points->list[index];
}

static bool host_failed(Runner *r, const char *what, const char *path)
{
    r->host_failed = true;
    return diag_error(r->diag, "--out: cannot %s %s: %s", what, path,
                      strerror(errno));
}

/* False: the host failed. */
static bool spawn(Runner *r, Job *job, char *const *command, const char *folder)
{
    char *path = alloc_format("%s/log.txt", folder);
    int log =
        open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
    if (log < 0)
        host_failed(r, "write", path);
    free(path);
    if (log < 0)
        return false;
    job->start = report_clock();
    pid_t pid = exp_process_start(command, log);
    close(log);
    if (pid < 0)
        return host_failed(r, "start a run for", folder);
    job->pid = pid;
    r->progress.running++;
    return true;
}

static bool start(Runner *r, Job *job, size_t index)
{
    const ExpPoint *point = point_of(r, index);
    char *folder = exp_command_path(point, r->run->folder, "");
    char **command = exp_command_create(r->run->points, point, r->run->folder);
    job->point = index;
    bool ok = report_make_folders(folder, r->diag) &&
              exp_record_remove(folder, r->diag);
    r->host_failed = r->host_failed || !ok;
    ok = ok && spawn(r, job, command, folder);
    exp_command_free(command);
    free(folder);
    return ok;
}

/* A run has ended. */
static void end(Runner *r, Job *job, int status, const struct rusage *usage)
{
    const ExpPoint *point = point_of(r, job->point);
    ExpOutcome *outcome = &r->run->outcomes[job->point];
    char *folder = exp_command_path(point, r->run->folder, "");
    double cpu =
        (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) +
        (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e6;
    *outcome = (ExpOutcome){.ended = true,
                            .failure = exp_record_judge(point, folder, status),
                            .seconds = report_clock() - job->start,
                            .cpu = cpu};
    job->pid = 0;
    r->progress.running--;
    /* With a full disk no other point would fare better. */
    if (WIFEXITED(status) && WEXITSTATUS(status) == STATUS_HOST &&
        !exp_record_is_guest(folder, status)) {
        diag_error(
            r->diag, "%s: %s; make room, and the same command goes on", folder,
            outcome->failure ? outcome->failure : "output cannot be written");
        r->host_failed = true;
    } else {
        exp_progress_end(&r->progress, point, outcome);
        if (!outcome->failure &&
            !exp_record_write(folder, exp_record_key(point, r->run->build),
                              outcome, r->diag))
            r->host_failed = true;
    }
    free(folder);
}

/* --- All ------------------------------------------------------------------ */

/* Takes the checkpoints that points begin with.  False: a Diag, or a signal. */
static bool boot(const Runner *r)
{
    const ExpPoints *points = r->run->points;
    const ExpPoint **begin = alloc_zeroed(points->count, sizeof *begin);
    size_t count = 0;
    for (size_t i = 0; i < points->count; i++)
        if (points->list[i].chosen && !r->run->outcomes[i].ended)
            begin[count++] = &points->list[i];
    bool ok = exp_boot(begin, count, r->run, r->diag);
    free(begin);
    return ok;
}

/* Starts runs while there is room for them. */
static void fill(Runner *r)
{
    const ExpPoints *points = r->run->points;
    for (; r->next < points->count; r->next++) {
        if (!points->list[r->next].chosen || r->run->outcomes[r->next].ended)
            continue;
        if (r->progress.running == r->run->jobs)
            return;
        Job *job = r->jobs;
        while (job->pid)
            job++;
        if (!start(r, job, r->next))
            return;
    }
}

/* Takes what has ended; waits a little if nothing has. */
static void take_ended(Runner *r, const sigset_t *child)
{
    struct rusage usage;
    int status;
    pid_t pid = wait4(-1, &status, WNOHANG, &usage);
    if (pid <= 0) {
        struct timespec moment = {0, 250000000};
        sigtimedwait(child, NULL, &moment);
        return;
    }
    for (unsigned i = 0; i < r->run->jobs; i++)
        if (r->jobs[i].pid == pid && !terminal_signal())
            end(r, &r->jobs[i], status, &usage);
        else if (r->jobs[i].pid == pid)
            r->jobs[i].pid = 0; /* it may have been the signal's */
}

static void kill_all(Runner *r)
{
    for (unsigned i = 0; i < r->run->jobs; i++)
        if (r->jobs[i].pid)
            kill(r->jobs[i].pid, SIGKILL);
    for (unsigned i = 0; i < r->run->jobs; i++)
        if (r->jobs[i].pid)
            waitpid(r->jobs[i].pid, NULL, 0);
}

ExpEnd exp_run_points(ExpRun *run, Diag *diag)
{
    Runner r = {.run = run, .diag = diag};
    sigset_t child, before;
    run->outcomes = alloc_zeroed(run->points->count, sizeof *run->outcomes);
    r.jobs = alloc_zeroed(run->jobs, sizeof *r.jobs);
    signal(SIGCHLD, SIG_DFL); /* whoever started us may ignore it */
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, &before);
    if (!run->task)
        exp_reuse_find(run);
    r.host_failed = !boot(&r) && !terminal_signal();
    r.progress = exp_progress_begin(run->points, run->outcomes, run->quiet);
    for (;;) {
        terminal_poll();
        if (terminal_signal() || r.host_failed)
            break;
        fill(&r);
        if (r.progress.running == 0 || r.host_failed)
            break;
        exp_progress_show(&r.progress);
        take_ended(&r, &child);
    }
    exp_progress_hide(&r.progress);
    kill_all(&r);
    sigprocmask(SIG_SETMASK, &before, NULL);
    free(r.jobs);
    return r.host_failed       ? EXP_END_HOST
           : terminal_signal() ? EXP_END_SIGNAL
                               : EXP_END_DONE;
}

void exp_run_free(ExpRun *run)
{
    for (size_t i = 0; run->outcomes && i < run->points->count; i++)
        free(run->outcomes[i].failure);
    free(run->outcomes);
    run->outcomes = NULL;
}
