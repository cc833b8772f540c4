/* Booting once for many points; see exp_boot.h. */
#include "cli/exp_boot.h"

#include "base/alloc.h"
#include "base/build_id.h"
#include "base/hash.h"
#include "cli/exp_command.h"
#include "cli/exp_process.h"
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
    if (!point->run[EXP_CHECKPOINT_AT])
        return NULL;
    return alloc_format("%s/checkpoints/%016" PRIx64 ".ckpt", folder,
                        hash_of(point));
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

/* A checkpoint that is to be taken. */
typedef struct Boot {
    const ExpPoint *point; /* one that begins with it */
    char *path, *log_path;
    int log;   /* -1: not open */
    pid_t pid; /* 0: it is not being taken */
    bool ended;
} Boot;

typedef struct Boots {
    const ExpRun *run;
    Boot *list;
    size_t count;
    unsigned running;
    Diag *diag;
} Boots;

static void add(Boots *b, const ExpPoint *point)
{
    char *path = exp_boot_path(point, b->run->folder);
    bool known = !path || access(path, R_OK) == 0;
    for (size_t i = 0; !known && i < b->count; i++)
        known = strcmp(path, b->list[i].path) == 0;
    if (known) {
        free(path);
        return;
    }
    Boot *boot = &b->list[b->count++];
    *boot = (Boot){.point = point, .path = path, .log = -1};
    boot->log_path = alloc_format("%s.log", path);
}

static void drop(Boots *b)
{
    for (size_t i = 0; i < b->count; i++) {
        Boot *boot = &b->list[i];
        if (boot->pid) {
            kill(boot->pid, SIGKILL);
            waitpid(boot->pid, NULL, 0);
        }
        if (boot->log >= 0)
            close(boot->log);
        free(boot->path);
        free(boot->log_path);
    }
    free(b->list);
}

static bool fail_log(const Boots *b, const Boot *boot)
{
    return diag_error(b->diag, "--out: cannot write %s: %s", boot->log_path,
                      strerror(errno));
}

/* Its log, locked: of several programs, on however many hosts, one takes it.
 * Where files cannot be locked each may take it for itself, and the last one's
 * stays.  False: another program has it, or a Diag. */
static bool open_log(const Boots *b, Boot *boot)
{
    boot->log =
        open(boot->log_path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (boot->log < 0)
        return fail_log(b, boot);
    if (flock(boot->log, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
        return true;
    close(boot->log);
    boot->log = -1;
    return false;
}

static void unlock_log(Boot *boot)
{
    close(boot->log);
    boot->log = -1;
}

static bool is_there(const Boot *boot)
{
    return access(boot->path, R_OK) == 0;
}

/* Begins to take it, unless another program has, or does.  Who waits for one
 * has no lock of another, for which somebody may wait who has the first. */
static void start(Boots *b, Boot *boot)
{
    boot->ended = is_there(boot);
    if (boot->ended || !open_log(b, boot))
        return;
    boot->ended = is_there(boot);
    if (boot->ended) {
        unlock_log(boot);
        return;
    }
    if (!b->run->quiet)
        fprintf(stderr, "selkirk: to %s, for the points that begin there\n",
                boot->point->run[EXP_CHECKPOINT_AT]);
    char **command = exp_boot_command(boot->point, boot->path);
    pid_t pid = ftruncate(boot->log, 0) < 0
                    ? -1
                    : exp_process_start(command, boot->log);
    exp_command_free(command);
    if (pid < 0) {
        fail_log(b, boot);
        return;
    }
    boot->pid = pid;
    b->running++;
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

/* Looks whether it has been taken. */
static void look(Boots *b, Boot *boot)
{
    char words[256];
    int status;
    if (waitpid(boot->pid, &status, WNOHANG) != boot->pid)
        return;
    boot->pid = 0;
    boot->ended = true;
    b->running--;
    unlock_log(boot);
    if (status == 0 && is_there(boot))
        return;
    read_last_line(boot->log_path, words, sizeof words);
    if (WIFSIGNALED(status))
        snprintf(words, sizeof words, "its run was killed by signal %d",
                 WTERMSIG(status));
    diag_error(b->diag,
               "%s: checkpoint_at = %s: there is none: %s; %s has all of it",
               boot->point->where[EXP_CHECKPOINT_AT],
               boot->point->run[EXP_CHECKPOINT_AT], words, boot->log_path);
}

/* Starts what there is room for; false: all are there. */
static bool go_on(Boots *b)
{
    bool left = false;
    for (size_t i = 0; i < b->count && !b->diag->text[0]; i++) {
        Boot *boot = &b->list[i];
        if (boot->pid)
            look(b, boot);
        else if (!boot->ended && b->running < b->run->jobs)
            start(b, boot);
        left |= !boot->ended;
    }
    return left;
}

bool exp_boot(const ExpPoint *const *points, size_t count, const ExpRun *run,
              Diag *diag)
{
    const struct timespec moment = {0, 20000000};
    Boots b = {
        .run = run, .list = alloc_zeroed(count, sizeof *b.list), .diag = diag};
    char *folder = alloc_format("%s/checkpoints", run->folder);
    for (size_t i = 0; i < count; i++)
        add(&b, points[i]);
    bool ok = b.count == 0 || report_make_folders(folder, diag);
    while (ok && go_on(&b)) {
        nanosleep(&moment, NULL);
        terminal_poll();
        ok = !terminal_signal() && !diag->text[0];
    }
    ok = ok && !diag->text[0];
    drop(&b);
    free(folder);
    return ok;
}
