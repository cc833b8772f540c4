/* A file that gets its name when it is complete; see savefile.h. */
#include "cli/savefile.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fail(const SaveFile *save, int error, Diag *diag)
{
    bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
    return diag_error(diag, "%s: cannot write %s: %s; %s", save->option,
                      save->path, strerror(error),
                      full ? "make room, or name a file elsewhere"
                           : "name another file");
}

/* The name is on the disk when the folder is.  Where a folder cannot be synced
 * the file is whole all the same. */
static void sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? alloc_format("%.*s", (int)(slash + 1 - path), path)
                         : alloc_string(".");
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    free(folder);
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

/* The partial file, which no other run writes and which is as it lay there; -1
 * and a Diag.  Where there are no locks, the file is taken without. */
static int open_locked(const SaveFile *save, Diag *diag)
{
    for (;;) {
        int fd = open(save->partial, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
        struct stat locked, named;
        if (fd < 0) {
            fail(save, errno, diag);
            return -1;
        }
        if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
            diag_error(diag,
                       "%s: another run is about to write %s; name another "
                       "file",
                       save->option, save->path);
            close(fd);
            return -1;
        }
        /* The other may have completed it meanwhile: then it has its name. */
        if (fstat(fd, &locked) == 0 && stat(save->partial, &named) == 0 &&
            locked.st_dev == named.st_dev && locked.st_ino == named.st_ino)
            return fd;
        close(fd);
    }
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
                          "example %s saved",
                          option, option);
    if (stat(path, &old) == 0 && !S_ISREG(old.st_mode))
        return diag_error(diag,
                          "%s: %s is no plain file, and would be replaced by "
                          "one; name another",
                          option, path);
    save->partial = partial_path(path);
    int fd = open_locked(save, diag);
    if (fd < 0)
        return false;
    /* Only now is it known to be nobody's. */
    save->file = ftruncate(fd, 0) == 0 ? fdopen(fd, "w") : NULL;
    if (save->file)
        return true;
    fail(save, errno, diag);
    close(fd);
    return false;
}

bool savefile_close(SaveFile *save, Diag *diag)
{
    if (!save->file)
        return true;
    errno = 0;
    bool ok = !ferror(save->file) && fflush(save->file) == 0 &&
              (!save->durable || fsync(fileno(save->file)) == 0) &&
              rename(save->partial, save->path) == 0;
    if (ok && save->durable)
        sync_folder(save->path);
    if (!ok) {
        /* What an earlier write failed of, the next one says. */
        if (!errno && write(fileno(save->file), "", 1) > 0)
            errno = EIO;
        fail(save, errno, diag);
        unlink(save->partial);
    }
    /* The lock goes last: what has no lock may be emptied by another run. */
    fclose(save->file);
    save->file = NULL;
    return ok;
}

void savefile_drop(SaveFile *save)
{
    if (save->file) {
        unlink(save->partial);
        fclose(save->file);
    }
    free(save->partial);
    *save = (SaveFile){0};
}
