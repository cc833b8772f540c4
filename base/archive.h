/* What runs keep for later ones, in one file of a folder: blobs of bytes, found
 * by a key of 128 bits, which is the hash of all that the blob is a function
 * of.  So a blob is never stale, only never asked for again.
 *
 * The file is mapped when it is opened, and never changed: archive_close() puts
 * another one in its place, by rename(), with what this run and others have
 * added since.  A lock of the folder lets one do so at a time. */
#ifndef SELKIRK_BASE_ARCHIVE_H
#define SELKIRK_BASE_ARCHIVE_H

#include <stddef.h>
#include <stdint.h>

typedef struct ArchiveKey {
    uint64_t high, low;
} ArchiveKey;

typedef struct Archive Archive;

/* The file `name` (borrowed) of the folder `dir`, a descriptor that is the
 * archive's from now on.  A file that is not there, or damaged, is one of no
 * blobs; one of more than `max` bytes loses those that were not used for
 * longest when it is next written. */
Archive *archive_open(int dir, const char *name, uint64_t max);
/* Writes the file anew if anything was added; what cannot be written is lost.
 * NULL is none. */
void archive_close(Archive *archive);

/* The blob of `key`, good until the archive is closed; NULL: there is none, or
 * it is damaged. */
const void *archive_find(Archive *archive, ArchiveKey key, size_t *size);
/* Adds a copy of `size` bytes, less than 4 GB, unless there is a blob of the
 * key, or the run has already added as much as the archive may hold. */
void archive_add(Archive *archive, ArchiveKey key, const void *bytes,
                 size_t size);

/* Blobs that were asked for and are not what was written; and 1 if the file as
 * a whole is not. */
uint64_t archive_damaged(const Archive *archive);

#endif
