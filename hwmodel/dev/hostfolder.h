/* A folder of the host that a guest may use, and nothing outside of it: names
 * are walked component by component from the folder itself, symbolic links are
 * not followed, ".." is taken back from the name and never looked up. */
#ifndef SELKIRK_HWMODEL_DEV_HOSTFOLDER_H
#define SELKIRK_HWMODEL_DEV_HOSTFOLDER_H

#include "base/diag.h"

#include <stdbool.h>
#include <stddef.h>

enum { HOSTFOLDER_PATH_MAX = 1024 }; /* characters, with the final null */

/* NULL and a Diag if `path` is no folder. */
typedef struct HostFolder HostFolder;
HostFolder *hostfolder_open(const char *path, Diag *diag);
void hostfolder_close(HostFolder *folder);

/* Joins `name`, `size` characters as the guest gave them, to `base`, a result
 * of this function or "" for the folder itself; they may be the same as `path`.
 * False: it is absolute, leads out of the folder, is too long or has a null. */
bool hostfolder_join(const char *base, const char *name, size_t size,
                     char path[HOSTFOLDER_PATH_MAX]);

typedef enum HostFolderMode {
    HOSTFOLDER_OPEN,      /* what is there */
    HOSTFOLDER_CREATE,    /* a file, which may be there */
    HOSTFOLDER_EXCLUSIVE, /* a file, which may not */
} HostFolderMode;

/* Opens the file or folder `path`, a result of hostfolder_join(): to be read
 * and written, or only read if it cannot be written.  -1: errno says why;
 * ELOOP for a symbolic link, ENOTSUP for what is neither file nor folder. */
int hostfolder_open_path(HostFolder *folder, const char *path,
                         HostFolderMode mode, bool *directory);

/* The names in the folder `file`, but "." and "..", in the order of their
 * bytes; free() releases each and the array.  False: errno says why. */
bool hostfolder_list(int file, char ***names, size_t *count);

#endif
