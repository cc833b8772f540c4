/* Booting once for many points; see exp_boot.h. */
#define _GNU_SOURCE /* asprintf() */
#include "cli/exp_boot.h"

#include "base/build_id.h"
#include "base/hash.h"
#include "cli/exp_command.h"
#include "cli/report.h"
#include "cli/terminal.h"
#include "morph/checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Of all that the machine is a function of at its checkpoint.  Its model of
 * time is not among that; the program is, for the file's format. */
static uint64_t hash_of(const ExpPoint *point)
{
    char id[BUILD_ID_SIZE] = "";
    uint64_t hash = hash_u64(point->image_hash, point->input_hash);
    build_id_find(id);
    hash = hash_bytes(hash, id, strlen(id));
    for (ConfigKey key = 0; key < CONFIG_KEY_COUNT; key++) {
        const char *value = config_text(point->config, key);
        if (checkpoint_depends_on(key))
            hash = hash_bytes(hash, value, strlen(value) + 1);
    }
    return hash;
}

char *exp_boot_path(const ExpPoint *point, const char *folder)
{
    char *path;
    if (!point->run[EXP_CHECKPOINT_AT])
        return NULL;
    if (asprintf(&path, "%s/checkpoints/%016" PRIx64 ".ckpt", folder,
                 hash_of(point)) < 0)
        abort();
    return path;
}

char **exp_boot_command(const ExpPoint *point, const char *path)
{
    ExpWords w = {NULL, 0};
    exp_command_add(&w, "selkirk");
    exp_command_add(&w, "run");
    for (ConfigKey key = 0; key < CONFIG_KEY_COUNT; key++) {
        const char *value = config_text(point->config, key);
        if (checkpoint_depends_on(key) && *value)
            exp_command_add(&w, "--set=%s=%s", config_name(key), value);
    }
    exp_command_add(&w, "--set=checkpoint.compress=no");
    exp_command_add(&w, "--set=checkpoint.stop=yes");
    exp_command_add_inputs(&w, point);
    exp_command_add(&w, "--console=/dev/null");
    exp_command_add(&w, "--quiet");
    exp_command_add(&w, "--checkpoint-at=%s", point->run[EXP_CHECKPOINT_AT]);
    exp_command_add(&w, "--checkpoint=%s", path);
    exp_command_add_guest(&w, point);
    return w.list;
}

/* --- Running ---------------------------------------------------------------
 */

__attribute__((noreturn)) static void become(char *const *command, int log,
                                             pid_t parent)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    int input = open("/dev/null", O_RDONLY);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent ||
        input < 0 || dup2(input, STDIN_FILENO) < 0 ||
        dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0)
        _exit(STATUS_HOST);
    execv("/proc/self/exe", command);
    _exit(STATUS_HOST);
}

/* The log of the checkpoint at `path`, locked: of several programs, on however
 * many hosts, one takes it, and the others wait.  Where files cannot be locked
 * each may take it for itself, and the last one's stays.  -1: a signal came, or
 * errno. */
static int open_log(const char *path)
{
    const struct timespec moment = {0, 100000000};
    int log = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    while (log >= 0 && flock(log, LOCK_EX | LOCK_NB) < 0 &&
           errno == EWOULDBLOCK) {
        nanosleep(&moment, NULL);
        terminal_poll();
        if (terminal_signal()) {
            close(log);
            log = -1;
        }
    }
    return log;
}

/* The status of wait(), or -1.  What the command says is all of the log. */
static int run(char *const *command, int log)
{
    int status = -1;
    pid_t parent = getpid();
    pid_t pid = ftruncate(log, 0) < 0 ? -1 : fork();
    if (pid == 0)
        become(command, log, parent);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        terminal_poll();
    return status;
}

/* The last line of a file, in `line`. */
static void read_last_line(const char *path, char *line, size_t size)
{
    char next[256];
    FILE *file = fopen(path, "re");
    *line = '\0';
    while (file && fgets(next, sizeof next, file)) {
        next[strcspn(next, "\n")] = '\0';
        snprintf(line, size, "%s", next);
    }
    if (file)
        fclose(file);
}

static bool take(const ExpPoint *point, const char *path, const char *log_path,
                 int log, Diag *diag)
{
    char words[256];
    char **command = exp_boot_command(point, path);
    int status = run(command, log);
    exp_command_free(command);
    terminal_poll();
    if (terminal_signal())
        return false;
    if (status == 0 && access(path, R_OK) == 0)
        return true;
    read_last_line(log_path, words, sizeof words);
    return diag_error(diag,
                      "%s: checkpoint_at = %s: there is none: %s; %s has all "
                      "of it",
                      point->where[EXP_CHECKPOINT_AT],
                      point->run[EXP_CHECKPOINT_AT], words, log_path);
}

/* Takes it, if nobody else does meanwhile. */
static bool take_once(const ExpPoint *point, const char *path, bool quiet,
                      Diag *diag)
{
    char *log_path;
    if (asprintf(&log_path, "%s.log", path) < 0)
        abort();
    int log = open_log(log_path);
    bool ok = log >= 0;
    if (ok && access(path, R_OK) < 0) {
        if (!quiet)
            fprintf(stderr, "selkirk: to %s, for the points that begin there\n",
                    point->run[EXP_CHECKPOINT_AT]);
        ok = take(point, path, log_path, log, diag);
    } else if (!ok && !terminal_signal()) {
        diag_error(diag, "--out: cannot write %s: %s", log_path,
                   strerror(errno));
    }
    if (log >= 0)
        close(log);
    free(log_path);
    return ok;
}

bool exp_boot(const ExpPoint *point, const char *folder, bool quiet, Diag *diag)
{
    char *path = exp_boot_path(point, folder), *checkpoints;
    if (!path)
        return true;
    if (asprintf(&checkpoints, "%s/checkpoints", folder) < 0)
        abort();
    bool ok =
        access(path, R_OK) == 0 || (report_make_folders(checkpoints, diag) &&
                                    take_once(point, path, quiet, diag));
    free(checkpoints);
    free(path);
    return ok;
}
