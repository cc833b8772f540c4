/* Folders that the configuration names, to write to. */
#define _GNU_SOURCE
#include "base/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int folder_open(const char *key, const char *path, Diag *diag)
{
    if (mkdir(path, 0777) < 0 && errno != EEXIST) {
        diag_error(diag, "%s: cannot make the folder %s: %s; name another", key,
                   path, strerror(errno));
        return -1;
    }
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir >= 0 && faccessat(dir, ".", W_OK, 0) == 0)
        return dir;
    diag_error(diag, "%s: cannot write to the folder %s: %s; name another", key,
               path, strerror(errno));
    if (dir >= 0)
        close(dir);
    return -1;
}
