/* Points of an experiment as tasks of Slurm; see exp_slurm.h.
 *
 * A task is this program again, for one point (--task): it leaves the same
 * record as a point that runs here, so that all that is to be known when jobs
 * have gone is in the points' folders.  An array has one thousand tasks at
 * most, which is what Slurm takes by default. */
#include "cli/exp_slurm.h"

#include "base/alloc.h"
#include "cli/exp_command.h"
#include "cli/exp_progress.h"
#include "cli/exp_reuse.h"
#include "cli/report.h"
#include "cli/savefile.h"
#include "cli/terminal.h"

#include <errno.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TASKS_MAX = 1000, LINE_MAX_BYTES = 512, LOOKS_AFTER = 4 };
static const long WAIT_NANOSECONDS = 500000000;

extern char **environ;

/* What was submitted; a point's place in `numbers` says which job's which task
 * it is. */
typedef struct Slurm {
    ExpRun *run;
    const Options *options;
    char *folder;   /* the experiment's slurm/ */
    uint64_t *jobs; /* one for each TASKS_MAX points */
    size_t job_count;
    uint64_t *numbers; /* of the points that were submitted */
    size_t count;
    ExpProgress progress;
    bool silent; /* Slurm does not answer, and that was told */
    bool gone;   /* it is not there to be asked: there is a Diag */
    Diag *diag;
} Slurm;

/* --- Slurm's commands ------------------------------------------------------
 */

typedef enum Answer {
    ANSWER_WELL,
    ANSWER_ILL,  /* a status that is not 0 */
    ANSWER_NONE, /* it could not be started */
} Answer;

/* Runs a command and takes its output and errors, of which `line` gets the last
 * line that is not empty, or, with `all`, everything in `*all`; free() it.  A
 * signal of the terminal's does not reach it: what it was asked to do is known
 * then. */
static Answer ask(const char *const *command, char line[LINE_MAX_BYTES],
                  char **all)
{
    int ends[2], status = 0;
    pid_t pid;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    line[0] = '\0';
    if (pipe(ends) < 0) {
        snprintf(line, LINE_MAX_BYTES, "%s", strerror(errno));
        return ANSWER_NONE;
    }
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", 0, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    posix_spawn_file_actions_addclose(&actions, ends[1]);
    int error = posix_spawnp(&pid, command[0], &actions, &attributes,
                             (char **)command, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(ends[1]);
    if (error) {
        close(ends[0]);
        snprintf(line, LINE_MAX_BYTES, "cannot start %s: %s", command[0],
                 strerror(error));
        return ANSWER_NONE;
    }
    FILE *out = fdopen(ends[0], "r");
    char *whole = NULL, *got = NULL;
    size_t room = 0, size = 0;
    FILE *copy = open_memstream(&whole, &size);
    for (ssize_t n; (n = getline(&got, &room, out)) > 0;) {
        fwrite(got, 1, (size_t)n, copy);
        if (n > 1)
            snprintf(line, LINE_MAX_BYTES, "%.*s", (int)strcspn(got, "\r\n"),
                     got);
    }
    free(got);
    fclose(out);
    fclose(copy);
    if (all)
        *all = whole;
    else
        free(whole);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? ANSWER_WELL
                                                         : ANSWER_ILL;
}

/* Whether Slurm still has any of the jobs.  False and a Diag, too, if its
 * command is not there. */
static bool has_jobs(Slurm *s)
{
    static const char *const command[] = {"squeue", "--me", "-h",
                                          "-o",     "%F",   NULL};
    char line[LINE_MAX_BYTES], *all = NULL, *rest;
    Answer answer = ask(command, line, &all);
    bool ok = answer == ANSWER_WELL;
    if (answer == ANSWER_NONE) {
        s->gone = true;
        return diag_error(s->diag, "--slurm: squeue: %s", line);
    }
    if (!ok && !s->silent) {
        exp_progress_hide(&s->progress);
        fprintf(stderr, "selkirk: --slurm: squeue: %s; trying again\n", line);
    }
    s->silent = !ok;
    bool any = !ok; /* it may come back */
    for (char *word = ok ? strtok_r(all, "\n", &rest) : NULL; word;
         word = strtok_r(NULL, "\n", &rest))
        for (size_t i = 0; i < s->job_count; i++)
            any |= strtoumax(word, NULL, 10) == s->jobs[i];
    free(all);
    return any;
}

/* "FAILED" and the like, of a job or one of its tasks; "" if Slurm has none. */
static void state_of(const char *job, char state[LINE_MAX_BYTES])
{
    const char *const command[] = {"scontrol", "-o", "show", "job", job, NULL};
    char line[LINE_MAX_BYTES], *all = NULL, *at;
    state[0] = '\0';
    if (ask(command, line, &all) == ANSWER_WELL &&
        (at = strstr(all, "JobState=")))
        snprintf(state, LINE_MAX_BYTES, "%.*s", (int)strcspn(at + 9, " \n"),
                 at + 9);
    free(all);
}

/* --- What was submitted ----------------------------------------------------
 */

static char *path_of(const Slurm *s, const char *name)
{
    return alloc_format("%s/%s", s->folder, name);
}

static char *log_of(const Slurm *s, size_t place)
{
    const ExpPoint point = {.number = (unsigned)s->numbers[place]};
    return exp_command_path(&point, s->run->folder, "task.txt");
}

/* A file of numbers, a line each. */
static bool write_numbers(const Slurm *s, const char *name,
                          const uint64_t *list, size_t count)
{
    SaveFile save;
    char *path = path_of(s, name);
    bool ok = savefile_open(&save, "--out", path, s->diag);
    for (size_t i = 0; ok && i < count; i++)
        fprintf(save.file, "%" PRIu64 "\n", list[i]);
    ok = ok && savefile_close(&save, s->diag);
    savefile_drop(&save);
    free(path);
    return ok;
}

static uint64_t *read_numbers(const Slurm *s, const char *name, size_t *count)
{
    char *path = path_of(s, name);
    FILE *file = fopen(path, "re");
    uint64_t *list = NULL, number;
    *count = 0;
    while (file && *count < EXP_POINTS_MAX &&
           fscanf(file, "%" SCNu64, &number) == 1) {
        list = alloc_resize(list, *count + 1, sizeof *list);
        list[(*count)++] = number;
    }
    if (file)
        fclose(file);
    free(path);
    return list;
}

/* What a task does: $1 is where its thousand begins. */
static bool write_script(const Slurm *s)
{
    SaveFile save;
    char *path = path_of(s, "task.sh"), program[4096];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    bool ok = length > 0 && savefile_open(&save, "--out", path, s->diag);
    if (ok) {
        program[length] = '\0';
        fputs(
            "#!/bin/sh\n"
            "# One point of an experiment: its line of \"points\" is $1, where "
            "the job begins,\n# and the number of the task.\n"
            "folder=",
            save.file);
        exp_command_write_word(s->run->folder, save.file);
        fputs("\nnumber=$(sed -n \"$((SLURM_ARRAY_TASK_ID + $1 + 1))p\" "
              "\"$folder/slurm/points\")\n"
              "log=$(printf '%s/points/%04d/task.txt' \"$folder\" "
              "\"$number\")\nmkdir -p \"${log%/*}\"\nexec ",
              save.file);
        exp_command_write_word(program, save.file);
        fputs(" exp --task \"$number\" --out \"$folder\"", save.file);
        for (size_t i = 0; i < s->options->use_count; i++) {
            if (s->options->uses[i].id != OPTION_SET)
                continue;
            fputs(" --set ", save.file);
            exp_command_write_word(s->options->uses[i].value, save.file);
        }
        fputc(' ', save.file);
        exp_command_write_word(s->options->operands[0], save.file);
        fputs(" >\"$log\" 2>&1\n", save.file);
        ok = savefile_close(&save, s->diag);
        savefile_drop(&save);
    } else if (length <= 0) {
        diag_error(s->diag, "cannot tell where this program is: %s",
                   strerror(errno));
    }
    free(path);
    return ok;
}

/* Where Slurm writes, in which % is its own. */
static char *write_output(const Slurm *s)
{
    char *option = NULL;
    size_t size;
    FILE *out = open_memstream(&option, &size);
    fputs("--output=", out);
    for (const char *c = s->folder; *c; c++)
        fputs(*c == '%' ? "%%" : (char[]){*c, '\0'}, out);
    fputs("/errors.txt", out);
    if (fclose(out) != 0)
        abort();
    return option;
}

/* One job of `count` points from `begin` on. */
static bool submit_job(Slurm *s, size_t begin, size_t count)
{
    char line[LINE_MAX_BYTES], *rest;
    unsigned most = s->run->jobs;
    char *array = most ? alloc_format("--array=0-%zu%%%u", count - 1, most)
                       : alloc_format("--array=0-%zu", count - 1);
    char *output = write_output(s);
    char *script = path_of(s, "task.sh"), *from = alloc_format("%zu", begin);
    const char *const command[] = {"sbatch",
                                   "--parsable",
                                   array,
                                   output,
                                   "--job-name=selkirk",
                                   "--open-mode=append",
                                   script,
                                   from,
                                   NULL};
    bool ok = ask(command, line, NULL) == ANSWER_WELL;
    uint64_t job = ok ? strtoumax(line, &rest, 10) : 0;
    if (!ok)
        diag_error(s->diag, "--slurm: sbatch: %s", line);
    else if (job == 0)
        diag_error(s->diag, "--slurm: sbatch says no number, but: %s", line);
    if (job) {
        s->jobs = alloc_resize(s->jobs, s->job_count + 1, sizeof *s->jobs);
        s->jobs[s->job_count++] = job;
    }
    free(array);
    free(output);
    free(script);
    free(from);
    return job != 0;
}

/* Everything that is left to run.  The jobs are noted one by one, so that none
 * is forgotten. */
static bool submit(Slurm *s)
{
    const ExpPoints *points = s->run->points;
    s->job_count = s->count = 0;
    s->numbers = alloc_resize(s->numbers, points->count, sizeof *s->numbers);
    for (size_t i = 0; i < points->count; i++)
        if (points->list[i].chosen && !s->run->outcomes[i].ended)
            s->numbers[s->count++] = points->list[i].number;
    bool ok =
        write_numbers(s, "points", s->numbers, s->count) && write_script(s);
    for (size_t place = 0; ok && place < s->count; place++) {
        char *log = log_of(s, place);
        ok = unlink(log) == 0 || errno == ENOENT || errno == ENOTDIR ||
             diag_error(s->diag, "--out: cannot remove %s: %s", log,
                        strerror(errno));
        free(log);
    }
    for (size_t begin = 0; ok && begin < s->count; begin += TASKS_MAX) {
        size_t left = s->count - begin;
        ok = submit_job(s, begin, left < TASKS_MAX ? left : TASKS_MAX) &&
             write_numbers(s, "jobs", s->jobs, s->job_count);
    }
    return ok;
}

/* --- Waiting, gathering ----------------------------------------------------
 */

/* What the points' folders have now, told or not. */
static void gather(Slurm *s, bool tell)
{
    const ExpPoints *points = s->run->points;
    for (size_t i = 0; i < points->count; i++) {
        const ExpPoint *point = &points->list[i];
        ExpOutcome outcome = {.ended = false};
        if (!point->chosen || s->run->outcomes[i].ended)
            continue;
        char *folder = exp_command_path(point, s->run->folder, "");
        if (exp_record_read(folder, &outcome) ==
            exp_record_key(point, s->run->build)) {
            outcome.reused = false;
            s->run->outcomes[i] = outcome;
            if (tell)
                exp_progress_end(&s->progress, point, &outcome);
        }
        free(folder);
    }
}

/* Until Slurm has none of the jobs any more.  Files that another node has just
 * written may come a little later. */
static ExpEnd wait_for_jobs(Slurm *s)
{
    const struct timespec moment = {0, WAIT_NANOSECONDS};
    for (unsigned after = 0; after < LOOKS_AFTER;) {
        after = has_jobs(s) ? 0 : after + 1;
        gather(s, true);
        exp_progress_show(&s->progress);
        if (s->progress.ended == s->progress.wanted && after)
            break;
        nanosleep(&moment, NULL);
        terminal_poll();
        if (terminal_signal())
            return EXP_END_SIGNAL;
        if (s->gone)
            return EXP_END_HOST;
    }
    return EXP_END_DONE;
}

/* Why a task left no result: what it said last of its point, or what became of
 * it. */
static char *why(const Slurm *s, size_t place)
{
    static const char failed[] = " failed: ", ended[] = "selkirk: point ";
    char *path = log_of(s, place), *line = NULL, *reason = NULL;
    size_t room = 0;
    FILE *log = fopen(path, "re");
    while (log && getline(&line, &room, log) > 0) {
        char *at = strstr(line, failed);
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "selkirk: ", 9) != 0)
            continue;
        free(reason);
        reason = at ? alloc_format("%s", at + strlen(failed))
                 : strncmp(line, ended, strlen(ended)) == 0
                     ? alloc_format(
                           "the file or the program has changed since it was "
                           "submitted")
                     : alloc_format("%s", line + 9);
    }
    if (log)
        fclose(log);
    if (!reason) {
        char *task = alloc_format("%" PRIu64 "_%zu", s->jobs[place / TASKS_MAX],
                                  place % TASKS_MAX);
        char state[LINE_MAX_BYTES];
        state_of(task, state);
        if (!*state) { /* it never was one by itself */
            *strchr(task, '_') = '\0';
            state_of(task, state);
        }
        reason =
            alloc_format("task %zu of job %" PRIu64 " left no result%s%s; see "
                         "%s/errors.txt",
                         place % TASKS_MAX, s->jobs[place / TASKS_MAX],
                         *state ? ": " : "", state, s->folder);
        free(task);
    }
    free(line);
    free(path);
    return reason;
}

/* The jobs have ended: what has no result now has failed. */
static void fail_rest(Slurm *s)
{
    for (size_t place = 0; place < s->count; place++) {
        size_t index = (size_t)s->numbers[place] - 1;
        ExpOutcome *outcome = &s->run->outcomes[index];
        if (outcome->ended)
            continue;
        *outcome = (ExpOutcome){.ended = true, .failure = why(s, place)};
        exp_progress_end(&s->progress, &s->run->points->list[index], outcome);
    }
}

static bool forget_jobs(Slurm *s)
{
    char *path = path_of(s, "jobs");
    bool ok = unlink(path) == 0 || errno == ENOENT ||
              diag_error(s->diag, "--out: cannot remove %s: %s", path,
                         strerror(errno));
    free(path);
    return ok;
}

/* Jobs that an interrupted call has left.  Their points need not be those of
 * now; what fits is found afterwards. */
static ExpEnd take_earlier(Slurm *s)
{
    s->jobs = read_numbers(s, "jobs", &s->job_count);
    if (s->job_count == 0)
        return EXP_END_DONE;
    if (!s->run->quiet)
        fprintf(stderr, "selkirk: waiting for Slurm's job %" PRIu64 "%s\n",
                s->jobs[0], s->job_count > 1 ? " and more" : "");
    gather(s, false);
    s->progress =
        exp_progress_begin(s->run->points, s->run->outcomes, s->run->quiet);
    ExpEnd end = wait_for_jobs(s);
    return end != EXP_END_DONE || forget_jobs(s) ? end : EXP_END_HOST;
}

static ExpEnd run_rest(Slurm *s)
{
    if (s->progress.ended == s->progress.wanted)
        return EXP_END_DONE;
    if (!submit(s))
        return EXP_END_HOST;
    if (!s->run->quiet)
        fprintf(stderr,
                "selkirk: %zu point%s submitted as Slurm's job %" PRIu64 "\n",
                s->count, s->count == 1 ? "" : "s", s->jobs[0]);
    ExpEnd end = wait_for_jobs(s);
    if (end != EXP_END_DONE)
        return end;
    fail_rest(s);
    return forget_jobs(s) ? EXP_END_DONE : EXP_END_HOST;
}

ExpEnd exp_slurm_points(ExpRun *run, const Options *options, Diag *diag)
{
    Slurm s = {.run = run, .options = options, .diag = diag};
    ExpEnd end = EXP_END_HOST;
    s.folder = alloc_format("%s/slurm", run->folder);
    run->outcomes = alloc_zeroed(run->points->count, sizeof *run->outcomes);
    if (report_make_folders(s.folder, diag)) {
        end = take_earlier(&s);
        if (end == EXP_END_DONE) {
            exp_reuse_find(run);
            s.progress =
                exp_progress_begin(run->points, run->outcomes, run->quiet);
            end = run_rest(&s);
        }
        exp_progress_hide(&s.progress);
    }
    free(s.jobs);
    free(s.numbers);
    free(s.folder);
    return end;
}
