/* A file that gets its name when it is complete; see savefile.h. */
#include "cli/savefile.h"

#include "base/alloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fail(const SaveFile *save, int error, Diag *diag)
{
    return diag_error(diag, "%s: cannot write %s: %s; name another file",
                      save->option, save->path, strerror(error));
}

/* "FOLDER/.NAME.partial" */
static char *partial_path(const char *path)
{
    const char *slash = strrchr(path, '/');
    int folder = slash ? (int)(slash + 1 - path) : 0;
    size_t size = strlen(path) + sizeof "..partial";
    char *partial = alloc_zeroed(size, 1);
    snprintf(partial, size, "%.*s.%s.partial", folder, path, path + folder);
    return partial;
}

bool savefile_open(SaveFile *save, const char *option, const char *path,
                   Diag *diag)
{
    struct stat old;
    *save = (SaveFile){.option = option, .path = path};
    if (!path)
        return true;
    if (!*path)
        return diag_error(diag,
                          "%s: the file's name is empty; write for "
                          "example %s boot.warm",
                          option, option);
    if (stat(path, &old) == 0 && !S_ISREG(old.st_mode))
        return diag_error(diag,
                          "%s: %s is no plain file, and would be replaced by "
                          "one; name another",
                          option, path);
    save->partial = partial_path(path);
    save->file = fopen(save->partial, "we");
    if (!save->file)
        return fail(save, errno, diag);
    if (flock(fileno(save->file), LOCK_EX | LOCK_NB) == 0 ||
        errno != EWOULDBLOCK)
        return true;
    fclose(save->file); /* it is the other's */
    save->file = NULL;
    return diag_error(diag,
                      "%s: another run is about to write %s; name another file",
                      option, path);
}

bool savefile_close(SaveFile *save, Diag *diag)
{
    if (!save->file)
        return true;
    errno = 0;
    bool ok = !ferror(save->file);
    ok = fclose(save->file) == 0 && ok;
    save->file = NULL;
    ok = ok && rename(save->partial, save->path) == 0;
    if (!ok) {
        fail(save, errno ? errno : EIO, diag);
        unlink(save->partial);
    }
    return ok;
}

void savefile_drop(SaveFile *save)
{
    if (save->file) {
        fclose(save->file);
        unlink(save->partial);
    }
    free(save->partial);
    *save = (SaveFile){0};
}
