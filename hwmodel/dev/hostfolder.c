/* A folder of the host that a guest may use; see hostfolder.h. */
#include "hwmodel/dev/hostfolder.h"

#include "base/alloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    /* A pipe or device that takes the place of a file in the last moment is
     * opened, but not waited for and never used. */
    SAFE = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
};

struct HostFolder {
    int root;
};

HostFolder *hostfolder_open(const char *path, Diag *diag)
{
    int root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0) {
        diag_error(diag,
                   "%s: cannot open the folder: %s; name one that is "
                   "there",
                   path, strerror(errno));
        return NULL;
    }
    HostFolder *folder = alloc_zeroed(1, sizeof *folder);
    folder->root = root;
    return folder;
}

void hostfolder_close(HostFolder *folder)
{
    if (!folder)
        return;
    close(folder->root);
    free(folder);
}

/* --- Names -----------------------------------------------------------------
 */

/* Takes the last component of `path` away; false if there is none. */
static bool take_last(char *path, size_t *length)
{
    if (*length == 0)
        return false;
    while (*length > 0 && path[*length - 1] != '/')
        --*length;
    if (*length > 0)
        --*length; /* the slash */
    path[*length] = '\0';
    return true;
}

bool hostfolder_join(const char *base, const char *name, size_t size,
                     char path[HOSTFOLDER_PATH_MAX])
{
    if (memchr(name, '\0', size) || (size > 0 && name[0] == '/'))
        return false;
    size_t length = strlen(base);
    memmove(path, base, length + 1);
    for (size_t i = 0; i < size;) {
        const char *part = name + i;
        const char *slash = memchr(part, '/', size - i);
        size_t part_size = slash ? (size_t)(slash - part) : size - i;
        i += part_size + 1;
        if (part_size == 0 || (part_size == 1 && part[0] == '.'))
            continue;
        if (part_size == 2 && part[0] == '.' && part[1] == '.') {
            if (!take_last(path, &length))
                return false;
            continue;
        }
        if (length + part_size + 2 > HOSTFOLDER_PATH_MAX)
            return false;
        if (length)
            path[length++] = '/';
        memcpy(path + length, part, part_size);
        length += part_size;
        path[length] = '\0';
    }
    return true;
}

/* --- Opening ---------------------------------------------------------------
 */

/* The folder that holds the last component of `path`, which *last becomes; -1:
 * errno says why. */
static int walk(const HostFolder *folder, const char *path, const char **last)
{
    int at = fcntl(folder->root, F_DUPFD_CLOEXEC, 0);
    const char *slash;
    while (at >= 0 && (slash = strchr(path, '/'))) {
        char part[HOSTFOLDER_PATH_MAX];
        memcpy(part, path, (size_t)(slash - path));
        part[slash - path] = '\0';
        int next = openat(at, part, O_RDONLY | O_DIRECTORY | SAFE);
        int error = errno;
        close(at);
        errno = error;
        at = next;
        path = slash + 1;
    }
    *last = path;
    return at;
}

static int open_there(int parent, const char *name, int flags)
{
    int file = openat(parent, name, O_RDWR | SAFE | flags, 0666);
    if (file < 0 && (errno == EACCES || errno == EROFS || errno == ETXTBSY) &&
        !flags)
        file = openat(parent, name, O_RDONLY | SAFE);
    return file;
}

/* What is there before it is opened: opening a device may do something. */
static bool may_open(int parent, const char *name)
{
    struct stat info;
    if (fstatat(parent, name, &info, AT_SYMLINK_NOFOLLOW) < 0)
        return true; /* opening it says why, or makes it */
    if (S_ISREG(info.st_mode) || S_ISDIR(info.st_mode))
        return true;
    errno = S_ISLNK(info.st_mode) ? ELOOP : ENOTSUP;
    return false;
}

static int open_last(int parent, const char *name, HostFolderMode mode,
                     bool *directory)
{
    if (!may_open(parent, name))
        return -1;
    int flags = mode == HOSTFOLDER_OPEN     ? 0
                : mode == HOSTFOLDER_CREATE ? O_CREAT
                                            : O_CREAT | O_EXCL;
    int file = open_there(parent, name, flags);
    if (file < 0 && errno == EISDIR && mode == HOSTFOLDER_OPEN)
        file = openat(parent, name, O_RDONLY | O_DIRECTORY | SAFE);
    struct stat info;
    if (file < 0)
        return -1;
    if (fstat(file, &info) == 0 &&
        (S_ISREG(info.st_mode) || S_ISDIR(info.st_mode))) {
        *directory = S_ISDIR(info.st_mode);
        return file;
    }
    close(file);
    errno = ENOTSUP;
    return -1;
}

int hostfolder_open_path(HostFolder *folder, const char *path,
                         HostFolderMode mode, bool *directory)
{
    if (!*path) {
        *directory = true;
        if (mode == HOSTFOLDER_OPEN)
            return fcntl(folder->root, F_DUPFD_CLOEXEC, 0);
        errno = mode == HOSTFOLDER_CREATE ? EISDIR : EEXIST;
        return -1;
    }
    const char *last;
    int parent = walk(folder, path, &last);
    if (parent < 0)
        return -1;
    int file = open_last(parent, last, mode, directory);
    int error = errno;
    close(parent);
    errno = error;
    return file;
}

/* --- Listing ---------------------------------------------------------------
 */

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

bool hostfolder_list(int file, char ***names, size_t *count)
{
    /* A description of its own, so that places in it are not shared. */
    int again = openat(file, ".", O_RDONLY | O_DIRECTORY | SAFE);
    DIR *dir = again < 0 ? NULL : fdopendir(again);
    if (!dir) {
        if (again >= 0)
            close(again);
        return false;
    }
    size_t room = 0;
    *names = NULL;
    *count = 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        if (*count == room) {
            room = 2 * room + 16;
            *names = alloc_resize(*names, room, sizeof **names);
        }
        (*names)[(*count)++] = alloc_string(entry->d_name);
    }
    closedir(dir);
    if (*count)
        qsort(*names, *count, sizeof **names, compare_names);
    return true;
}
