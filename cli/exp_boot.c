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
#include <sys/prctl.h>
#include <sys/wait.h>
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

/* The status of wait(), or -1. */
static int run(char *const *command, const char *log_path)
{
    int log = open(log_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    int status = -1;
    pid_t parent = getpid();
    pid_t pid = log < 0 ? -1 : fork();
    if (pid == 0)
        become(command, log, parent);
    if (log >= 0)
        close(log);
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

static bool take(const ExpPoint *point, const char *path, const char *folder,
                 Diag *diag)
{
    char *log, *checkpoints, words[256];
    char **command = exp_boot_command(point, path);
    if (asprintf(&log, "%s.log", path) < 0 ||
        asprintf(&checkpoints, "%s/checkpoints", folder) < 0)
        abort();
    bool ok = report_make_folders(checkpoints, diag);
    int status = ok ? run(command, log) : 0;
    terminal_poll();
    if (ok && terminal_signal()) {
        ok = false;
    } else if (ok && (status != 0 || access(path, R_OK) < 0)) {
        read_last_line(log, words, sizeof words);
        ok = diag_error(diag,
                        "%s: checkpoint_at = %s: there is none: %s; %s "
                        "has all of it",
                        point->where[EXP_CHECKPOINT_AT],
                        point->run[EXP_CHECKPOINT_AT], words, log);
    }
    exp_command_free(command);
    free(log);
    free(checkpoints);
    return ok;
}

bool exp_boot(const ExpPoint *point, const char *folder, bool quiet, Diag *diag)
{
    char *path = exp_boot_path(point, folder);
    bool ok = true;
    if (path && access(path, R_OK) < 0) {
        if (!quiet)
            fprintf(stderr, "selkirk: to %s, for the points that begin there\n",
                    point->run[EXP_CHECKPOINT_AT]);
        ok = take(point, path, folder, diag);
    }
    free(path);
    return ok;
}
