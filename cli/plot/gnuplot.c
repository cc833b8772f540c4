/* Running gnuplot; see gnuplot.h. */
#define _GNU_SOURCE /* posix_spawn_file_actions_addchdir_np(), memmem() */
#include "cli/plot/gnuplot.h"

#include "base/alloc.h"
#include "cli/plot/gnuplot_script.h"
#include "cli/savefile.h"

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* --- Files ---------------------------------------------------------------- */

static void write_json(const Chart *chart, FILE *out)
{
    fputs(chart->json, out);
}

static bool write_file(const Chart *chart, const char *folder,
                       const char *suffix,
                       void (*write)(const Chart *chart, FILE *out), Diag *diag)
{
    size_t size = strlen(folder) + strlen(chart->name) + strlen(suffix) + 2;
    char *path = alloc_zeroed(size, 1);
    snprintf(path, size, "%s/%s%s", folder, chart->name, suffix);
    SaveFile save = {0};
    bool ok = savefile_open(&save, "--out", path, diag);
    if (ok) {
        write(chart, save.file);
        ok = savefile_close(&save, diag);
    }
    savefile_drop(&save);
    free(path);
    return ok;
}

bool gnuplot_write(const Chart *chart, const char *folder, Diag *diag)
{
    return write_file(chart, folder, ".dat", gnuplot_script_write_data, diag) &&
           (!chart->json ||
            write_file(chart, folder, ".json", write_json, diag)) &&
           write_file(chart, folder, ".gp", gnuplot_script_write, diag);
}

/* --- The program ---------------------------------------------------------- */

/* Starts gnuplot in `folder`, its messages into `errors`; an errno, or 0. */
static int start(pid_t *pid, const char *folder, const char *script,
                 const char *setting, int errors)
{
    /* -d: what the user has in ~/.gnuplot is for other plots. */
    char path[300]; /* with a folder: a name may begin with '-' */
    snprintf(path, sizeof path, "./%s", script);
    const char *args[] = {"gnuplot", "-d", "-e", setting, path, NULL};
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error)
        return error;
    error = posix_spawn_file_actions_addchdir_np(&actions, folder);
    if (!error)
        error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO,
                                                 "/dev/null", 0, 0);
    for (int fd = STDOUT_FILENO; !error && fd <= STDERR_FILENO; fd++)
        error = posix_spawn_file_actions_adddup2(&actions, errors, fd);
    if (!error)
        error =
            posix_spawnp(pid, args[0], &actions, NULL, (char **)args, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* The first line that says something: gnuplot repeats the command before. */
static void read_message(FILE *errors, char *message, size_t size)
{
    char line[256];
    snprintf(message, size, "it does not say why");
    rewind(errors);
    while (fgets(line, sizeof line, errors)) {
        line[strcspn(line, "\n")] = '\0';
        const char *text = line + strspn(line, " \t^");
        if (*text)
            snprintf(message, size, "%s", text);
    }
}

/* Runs gnuplot, which is to write `output` in the folder. */
static GnuplotResult run(const Chart *chart, const char *folder,
                         const char *format, const char *output, FILE *errors,
                         Diag *diag)
{
    char script[256], setting[320], message[256];
    pid_t pid;
    int status;
    snprintf(script, sizeof script, "%s.gp", chart->name);
    snprintf(setting, sizeof setting, "format='%s'; output='%s'", format,
             output);
    int error = start(&pid, folder, script, setting, fileno(errors));
    if (error == ENOENT) {
        diag_error(diag, "gnuplot is missing; install the package gnuplot-nox "
                         "(scripts/packages plot)");
        return GNUPLOT_MISSING;
    }
    if (error) {
        diag_error(diag, "gnuplot cannot be started: %s", strerror(error));
        return GNUPLOT_FAILED;
    }
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return GNUPLOT_FAILED;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return GNUPLOT_DRAWN;
    read_message(errors, message, sizeof message);
    diag_error(diag, "%s/%s: gnuplot failed: %s", folder, script, message);
    return GNUPLOT_FAILED;
}

/* Whether a picture ends as its format does: gnuplot does not look whether what
 * it writes arrives on the disk. */
static bool is_whole(const char *path, const char *format)
{
    const char *mark = strcmp(format, "png") == 0 ? "IEND" : "</svg>";
    char end[32];
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    size_t size = 0;
    if (fseek(file, 0, SEEK_END) == 0) {
        long length = ftell(file);
        long from = length > (long)sizeof end ? length - (long)sizeof end : 0;
        if (fseek(file, from, SEEK_SET) == 0)
            size = fread(end, 1, sizeof end, file);
    }
    fclose(file);
    return memmem(end, size, mark, strlen(mark)) != NULL;
}

/* Draws NAME.FORMAT, which gets its name when it is whole. */
static GnuplotResult draw(const Chart *chart, const char *folder,
                          const char *format, FILE *errors, Diag *diag)
{
    char *path = alloc_format("%s/%s.%s", folder, chart->name, format);
    SaveFile save = {0};
    GnuplotResult result = GNUPLOT_FAILED;
    if (savefile_open(&save, "--out", path, diag)) {
        result = run(chart, folder, format, strrchr(save.partial, '/') + 1,
                     errors, diag);
        if (result == GNUPLOT_DRAWN && !is_whole(save.partial, format)) {
            diag_error(diag,
                       "--out: cannot write %s: gnuplot left it incomplete; "
                       "make room, and draw it again",
                       path);
            result = GNUPLOT_FAILED;
        }
        if (result == GNUPLOT_DRAWN && !savefile_close(&save, diag))
            result = GNUPLOT_FAILED;
    }
    savefile_drop(&save);
    free(path);
    return result;
}

GnuplotResult gnuplot_draw(const Chart *chart, const char *folder, Diag *diag)
{
    if (!gnuplot_write(chart, folder, diag))
        return GNUPLOT_FAILED;
    FILE *errors = tmpfile();
    if (!errors) {
        diag_error(diag, "a temporary file cannot be made: %s",
                   strerror(errno));
        return GNUPLOT_FAILED;
    }
    GnuplotResult result = draw(chart, folder, "svg", errors, diag);
    if (result == GNUPLOT_DRAWN)
        result = draw(chart, folder, "png", errors, diag);
    fclose(errors);
    return result;
}
