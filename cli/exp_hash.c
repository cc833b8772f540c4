/* Hashes of files; see exp_hash.h. */
#include "cli/exp_hash.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xxhash.h>

struct ExpHash {
    char *path;
    uint64_t hash;
};

static bool read_file(FILE *file, uint64_t *hash)
{
    enum { BLOCK = 1 << 16 };
    XXH3_state_t *state = XXH3_createState();
    char *block = alloc_zeroed(1, BLOCK);
    if (!state)
        abort();
    XXH3_64bits_reset(state);
    for (size_t n; (n = fread(block, 1, BLOCK, file)) > 0;)
        XXH3_64bits_update(state, block, n);
    *hash = XXH3_64bits_digest(state);
    free(block);
    XXH3_freeState(state);
    return !ferror(file);
}

/* Devices and pipes may have no end. */
static FILE *open_plain(const char *path)
{
    struct stat st = {0};
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        return fdopen(fd, "r");
    close(fd);
    errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
    return NULL;
}

bool exp_hash_file(ExpHashes *hashes, const char *path, uint64_t *hash)
{
    for (size_t i = 0; i < hashes->count; i++) {
        if (strcmp(hashes->list[i].path, path) == 0) {
            *hash = hashes->list[i].hash;
            return true;
        }
    }
    FILE *file = open_plain(path);
    if (!file)
        return false;
    bool ok = read_file(file, hash);
    int error = errno;
    fclose(file);
    errno = error;
    if (!ok)
        return false;
    hashes->list =
        alloc_resize(hashes->list, hashes->count + 1, sizeof *hashes->list);
    hashes->list[hashes->count++] = (struct ExpHash){alloc_string(path), *hash};
    return true;
}

void exp_hash_free(ExpHashes *hashes)
{
    for (size_t i = 0; i < hashes->count; i++)
        free(hashes->list[i].path);
    free(hashes->list);
    *hashes = (ExpHashes){NULL, 0};
}
