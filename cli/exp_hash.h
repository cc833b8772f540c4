/* Hashes of files: by them an experiment knows what has changed. */
#ifndef SELKIRK_CLI_EXP_HASH_H
#define SELKIRK_CLI_EXP_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Those that were read already, as each file is read once.  All zero: none. */
typedef struct ExpHashes {
    struct ExpHash *list;
    size_t count;
} ExpHashes;

/* XXH3 of the file's bytes.  False: errno says why it cannot be read. */
bool exp_hash_file(ExpHashes *hashes, const char *path, uint64_t *hash);
void exp_hash_free(ExpHashes *hashes);

#endif
