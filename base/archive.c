/* Blobs by key in one file: a header, an index of entries, the blobs.  The
 * index has a checksum that is looked at when the file is opened, and each blob
 * one that is looked at when it is first asked for. */
#define _GNU_SOURCE
#include "base/archive.h"

#include "base/alloc.h"
#include "base/arena.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#define PARTIAL ".partial" /* what becomes the file */

enum { TABLE_MIN = 256, BLOB_ALIGN = 8 };

typedef struct Header {
    char magic[8];
    uint64_t count; /* of entries, which follow */
    uint64_t size;  /* of the file */
    uint64_t check; /* of the entries */
} Header;

typedef struct Entry {
    ArchiveKey key;
    uint64_t offset, check; /* of the blob */
    uint32_t size;
    uint32_t age; /* files that were written since it was used */
} Entry;

/* The last one is the version. */
static const char magic[8] = "selkirk\1";

typedef enum BlobState { UNCHECKED, GOOD, DAMAGED } BlobState;

typedef struct Blob {
    ArchiveKey key;
    uint64_t check;
    const uint8_t *bytes;
    uint32_t size, age;
    uint8_t state; /* BlobState */
    bool used;
} Blob;

/* A file in memory; all zero if there is none. */
typedef struct Map {
    const uint8_t *bytes;
    size_t size;
    struct stat stat;
} Map;

struct Archive {
    int dir;
    const char *name;
    uint64_t max;
    Map map;
    Blob *blobs;
    size_t count, room;
    uint32_t *table; /* by key: 1 + index of a blob, or 0 */
    size_t mask;
    Arena *arena;   /* blobs of this run */
    uint64_t added; /* bytes of them */
    uint64_t damaged;
};

/* --- The index in memory -------------------------------------------------- */

/* Where the key is in the table, or would be: keys are hashes. */
static uint32_t *find_place(const Archive *a, ArchiveKey key)
{
    size_t at = key.low & a->mask;
    for (; a->table[at]; at = (at + 1) & a->mask) {
        const Blob *blob = &a->blobs[a->table[at] - 1];
        if (blob->key.high == key.high && blob->key.low == key.low)
            break;
    }
    return &a->table[at];
}

/* Room for `count` blobs in all, in a table of which half stays empty. */
static void make_room(Archive *a, size_t count)
{
    size_t size = a->mask + 1;
    if (count > a->room) {
        a->room = 2 * count;
        a->blobs = alloc_resize(a->blobs, a->room, sizeof *a->blobs);
    }
    if (a->table && 2 * count <= size)
        return;
    while (size < TABLE_MIN || size < 4 * count)
        size *= 2;
    free(a->table);
    a->table = alloc_zeroed(size, sizeof *a->table);
    a->mask = size - 1;
    for (size_t i = 0; i < a->count; i++)
        *find_place(a, a->blobs[i].key) = (uint32_t)i + 1;
}

/* The blob of the key, which is made if there is none. */
static Blob *get_blob(Archive *a, ArchiveKey key, bool *is_new)
{
    make_room(a, a->count + 1);
    uint32_t *place = find_place(a, key);
    *is_new = *place == 0;
    if (*is_new) {
        a->blobs[a->count++] = (Blob){.key = key};
        *place = (uint32_t)a->count;
    }
    return &a->blobs[*place - 1];
}

/* --- Reading -------------------------------------------------------------- */

static void unmap(Map *map)
{
    if (map->bytes)
        munmap((void *)map->bytes, map->size);
    map->bytes = NULL;
}

/* Whether the entry lies behind the index. */
static bool is_inside(const Map *map, const Entry *entry, uint64_t index_end)
{
    return entry->offset >= index_end && entry->offset <= map->size &&
           entry->size <= map->size - entry->offset;
}

/* Whether header and index are what was written. */
static bool is_whole(const Map *map)
{
    Header header;
    memcpy(&header, map->bytes, sizeof header);
    uint64_t room = (map->size - sizeof header) / sizeof(Entry);
    if (memcmp(header.magic, magic, sizeof magic) != 0 ||
        header.size != map->size || header.count > room ||
        header.count > UINT32_MAX / 4)
        return false;
    const Entry *entries = (const Entry *)(map->bytes + sizeof header);
    uint64_t end = sizeof header + header.count * sizeof *entries;
    if (XXH3_64bits_withSeed(entries, end - sizeof header, header.size) !=
        header.check)
        return false;
    for (uint64_t i = 0; i < header.count; i++)
        if (!is_inside(map, &entries[i], end))
            return false;
    return true;
}

/* False: there is something else than such a file, or one that is damaged. */
static bool map_file(const Archive *a, Map *map)
{
    *map = (Map){NULL, 0, {0}};
    /* What is no plain file must not make the run wait. */
    int file = openat(a->dir, a->name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (file < 0)
        return true;
    bool good = fstat(file, &map->stat) == 0 && S_ISREG(map->stat.st_mode) &&
                map->stat.st_size >= (off_t)sizeof(Header);
    if (good) {
        map->size = (size_t)map->stat.st_size;
        void *bytes = mmap(NULL, map->size, PROT_READ,
                           MAP_PRIVATE | MAP_NORESERVE, file, 0);
        map->bytes = bytes == MAP_FAILED ? NULL : bytes;
        good = map->bytes && is_whole(map);
        if (!good)
            unmap(map);
    }
    close(file);
    return good;
}

/* The blobs of the file that are not there yet. */
static void add_blobs(Archive *a, const Map *map)
{
    Header header;
    if (!map->bytes)
        return;
    memcpy(&header, map->bytes, sizeof header);
    const Entry *entries = (const Entry *)(map->bytes + sizeof header);
    make_room(a, a->count + header.count);
    for (uint64_t i = 0; i < header.count; i++) {
        const Entry *e = &entries[i];
        bool is_new;
        Blob *blob = get_blob(a, e->key, &is_new);
        if (!is_new && blob->state != DAMAGED)
            continue;
        blob->check = e->check;
        blob->bytes = map->bytes + e->offset;
        blob->size = e->size;
        blob->age = e->age;
        blob->state = UNCHECKED;
    }
}

Archive *archive_open(int dir, const char *name, uint64_t max)
{
    Archive *a = alloc_zeroed(1, sizeof *a);
    a->dir = dir;
    a->name = name;
    a->max = max;
    a->arena = arena_create();
    make_room(a, 0);
    if (!map_file(a, &a->map))
        a->damaged++;
    add_blobs(a, &a->map);
    return a;
}

static bool is_good(Archive *a, Blob *blob)
{
    if (blob->state == UNCHECKED) {
        bool good = XXH3_64bits(blob->bytes, blob->size) == blob->check;
        blob->state = good ? GOOD : DAMAGED;
        a->damaged += !good;
    }
    return blob->state == GOOD;
}

const void *archive_find(Archive *a, ArchiveKey key, size_t *size)
{
    uint32_t index = *find_place(a, key);
    Blob *blob = index ? &a->blobs[index - 1] : NULL;
    if (!blob || !is_good(a, blob))
        return NULL;
    blob->used = true;
    *size = blob->size;
    return blob->bytes;
}

uint64_t archive_damaged(const Archive *a)
{
    return a->damaged;
}

/* --- Writing -------------------------------------------------------------- */

static size_t padded(size_t size)
{
    return (size + BLOB_ALIGN - 1) / BLOB_ALIGN * BLOB_ALIGN;
}

void archive_add(Archive *a, ArchiveKey key, const void *bytes, size_t size)
{
    bool is_new;
    if (size > UINT32_MAX || a->added + size > a->max ||
        a->count == UINT32_MAX / 4)
        return;
    Blob *blob = get_blob(a, key, &is_new);
    if (!is_new && blob->state != DAMAGED)
        return;
    uint8_t *copy = arena_alloc_raw(a->arena, size + 1, 1);
    memcpy(copy, bytes, size);
    *blob = (Blob){.key = key,
                   .check = XXH3_64bits(bytes, size),
                   .bytes = copy,
                   .size = (uint32_t)size,
                   .state = GOOD,
                   .used = true};
    a->added += size;
}

/* Another run has written the file since it was mapped. */
static bool is_another(const Map *map, const Map *now)
{
    return now->bytes &&
           (!map->bytes || now->size != map->size ||
            now->stat.st_ino != map->stat.st_ino ||
            now->stat.st_mtim.tv_sec != map->stat.st_mtim.tv_sec ||
            now->stat.st_mtim.tv_nsec != map->stat.st_mtim.tv_nsec);
}

static int compare_age(const void *x, const void *y)
{
    const Blob *a = x, *b = y;
    if (a->age != b->age)
        return a->age < b->age ? -1 : 1;
    return (a->bytes > b->bytes) - (a->bytes < b->bytes);
}

static uint64_t size_in_file(const Blob *blob)
{
    return sizeof(Entry) + padded(blob->size);
}

/* Ends what the blobs are found by: drops damaged ones and, if they are too
 * many bytes, those that were not used for longest, until a quarter is free.
 * Returns how many bytes the file has. */
static uint64_t choose(Archive *a)
{
    uint64_t size = sizeof(Header);
    size_t kept = 0;
    for (size_t i = 0; i < a->count; i++) {
        Blob blob = a->blobs[i];
        if (blob.state == DAMAGED)
            continue;
        blob.age = blob.used ? 0 : blob.age + (blob.age < UINT32_MAX);
        size += size_in_file(&blob);
        a->blobs[kept++] = blob;
    }
    a->count = kept;
    if (size <= a->max)
        return size;
    qsort(a->blobs, a->count, sizeof *a->blobs, compare_age);
    while (a->count && size > a->max / 4 * 3)
        size -= size_in_file(&a->blobs[--a->count]);
    return size;
}

static bool write_blobs(const Archive *a, uint64_t size, FILE *out)
{
    Entry *entries = alloc_zeroed(a->count + 1, sizeof *entries);
    size_t index = a->count * sizeof *entries;
    Header header = {.count = a->count, .size = size};
    uint64_t offset = sizeof header + index;
    for (size_t i = 0; i < a->count; i++) {
        const Blob *b = &a->blobs[i];
        entries[i] = (Entry){b->key, offset, b->check, b->size, b->age};
        offset += padded(b->size);
    }
    memcpy(header.magic, magic, sizeof magic);
    header.check = XXH3_64bits_withSeed(entries, index, size);
    bool ok = fwrite(&header, sizeof header, 1, out) == 1 &&
              fwrite(entries, 1, index, out) == index;
    for (size_t i = 0; i < a->count && ok; i++) {
        const Blob *b = &a->blobs[i];
        static const uint8_t zeros[BLOB_ALIGN];
        size_t padding = padded(b->size) - b->size;
        ok = fwrite(b->bytes, 1, b->size, out) == b->size &&
             fwrite(zeros, 1, padding, out) == padding;
    }
    free(entries);
    return ok;
}

static void write_file(Archive *a)
{
    char partial[NAME_MAX + 1];
    snprintf(partial, sizeof partial, "%s" PARTIAL, a->name);
    uint64_t size = choose(a);
    /* What a run left that was killed; whatever else is there must not make
     * this one wait, either. */
    unlinkat(a->dir, partial, 0);
    int file =
        openat(a->dir, partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    FILE *out = file < 0 ? NULL : fdopen(file, "wb");
    if (!out) {
        if (file >= 0)
            close(file);
        return;
    }
    bool ok = write_blobs(a, size, out);
    ok = fclose(out) == 0 && ok;
    if (!ok || renameat(a->dir, partial, a->dir, a->name) != 0)
        unlinkat(a->dir, partial, 0);
}

void archive_close(Archive *a)
{
    Map now = {NULL, 0, {0}};
    if (!a)
        return;
    if (a->added && flock(a->dir, LOCK_EX) == 0) {
        map_file(a, &now);
        if (is_another(&a->map, &now))
            add_blobs(a, &now);
        write_file(a);
        unmap(&now);
    }
    close(a->dir);
    unmap(&a->map);
    arena_destroy(a->arena);
    free(a->table);
    free(a->blobs);
    free(a);
}
