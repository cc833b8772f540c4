/* The archive: what was added is found, by this run and by later ones, whoever
 * wrote in between, and whatever happened to the file. */
#include "base/archive.h"

#include "base/bits.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define NAME "blobs"

enum { MAX = 1 << 20, MANY = 1000, SIZE_MAX_OF_BLOB = 200 };

typedef struct World {
    char folder[32];
} World;

static int set_up(void **state)
{
    World *w = calloc(1, sizeof *w);
    strcpy(w->folder, "/tmp/selkirk-test-XXXXXX");
    *state = w;
    return mkdtemp(w->folder) ? 0 : -1;
}

static void path_of(const World *w, char path[64])
{
    snprintf(path, 64, "%s/%s", w->folder, NAME);
}

static int tear_down(void **state)
{
    World *w = *state;
    char path[64];
    path_of(w, path);
    unlink(path);
    int left = rmdir(w->folder); /* nothing else was left there */
    free(w);
    return left;
}

static Archive *open_archive(const World *w, uint64_t max)
{
    int dir = open(w->folder, O_RDONLY | O_DIRECTORY);
    assert_true(dir >= 0);
    return archive_open(dir, NAME, max);
}

/* Keys that share places in the table, too. */
static ArchiveKey key_of(unsigned i)
{
    return (ArchiveKey){i, i % 100};
}

static size_t blob_of(unsigned i, uint8_t bytes[SIZE_MAX_OF_BLOB])
{
    size_t size = i * 7 % SIZE_MAX_OF_BLOB;
    memset(bytes, (int)i, size);
    return size;
}

static void add(Archive *a, unsigned i)
{
    uint8_t bytes[SIZE_MAX_OF_BLOB];
    size_t size = blob_of(i, bytes);
    archive_add(a, key_of(i), bytes, size);
}

static bool has(Archive *a, unsigned i)
{
    uint8_t bytes[SIZE_MAX_OF_BLOB];
    size_t size = blob_of(i, bytes), found_size;
    const void *found = archive_find(a, key_of(i), &found_size);
    if (!found)
        return false;
    assert_int_equal(found_size, size);
    assert_memory_equal(found, bytes, size);
    return true;
}

static unsigned count(Archive *a, unsigned first, unsigned end)
{
    unsigned found = 0;
    for (unsigned i = first; i < end; i++)
        found += has(a, i);
    return found;
}

/* A file of the blobs from `first` on. */
static void make_file(const World *w, unsigned first, unsigned end)
{
    Archive *a = open_archive(w, MAX);
    for (unsigned i = first; i < end; i++)
        add(a, i);
    assert_int_equal(archive_damaged(a), 0);
    archive_close(a);
}

static void test_keeps(void **state)
{
    World *w = *state;
    Archive *a = open_archive(w, MAX);
    for (unsigned i = 0; i < MANY; i++) {
        assert_false(has(a, i));
        add(a, i);
        assert_true(has(a, i));
    }
    archive_close(a);
    a = open_archive(w, MAX);
    assert_int_equal(count(a, 0, MANY), MANY);
    assert_int_equal(count(a, MANY, 2 * MANY), 0);
    assert_int_equal(archive_damaged(a), 0);
    /* What there is stays as it is. */
    archive_add(a, key_of(5), "other", 5);
    assert_true(has(a, 5));
    archive_close(a);
}

static void test_merges(void **state)
{
    World *w = *state;
    make_file(w, 0, 10);
    Archive *a = open_archive(w, MAX), *b = open_archive(w, MAX);
    add(a, 10);
    add(a, 11);
    add(b, 11);
    add(b, 12);
    archive_close(a);
    archive_close(b);
    a = open_archive(w, MAX);
    assert_int_equal(count(a, 0, 20), 13);
    archive_close(a);
}

/* Nothing new: the file stays as it is. */
static void test_writes_what_is_new(void **state)
{
    World *w = *state;
    char path[64];
    struct stat before, after;
    make_file(w, 0, 10);
    path_of(w, path);
    assert_int_equal(stat(path, &before), 0);
    Archive *a = open_archive(w, MAX);
    assert_true(has(a, 3));
    archive_close(a);
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
}

/* What was used last stays. */
static void test_makes_room(void **state)
{
    World *w = *state;
    char path[64];
    struct stat stat_;
    make_file(w, 0, MANY);
    path_of(w, path);
    assert_int_equal(stat(path, &stat_), 0);
    uint64_t max = (uint64_t)stat_.st_size;
    Archive *a = open_archive(w, max);
    assert_int_equal(count(a, MANY / 2, MANY), MANY / 2);
    add(a, MANY + 1);
    archive_close(a);
    assert_int_equal(stat(path, &stat_), 0);
    assert_true((uint64_t)stat_.st_size <= max / 4 * 3);
    a = open_archive(w, max);
    assert_int_equal(count(a, MANY / 2, MANY), MANY / 2);
    assert_true(has(a, MANY + 1));
    assert_in_range(count(a, 0, MANY / 2), 1, MANY / 2 - 1);
    archive_close(a);
    /* A run adds no more than may be kept. */
    a = open_archive(w, 50);
    unsigned added = MANY + 2;
    for (; added < 2 * MANY; added++) {
        add(a, added);
        if (!has(a, added))
            break;
    }
    assert_in_range(added, MANY + 2, MANY + 50);
    archive_close(a);
}

static void spoil(const World *w, long offset, uint8_t flip)
{
    char path[64];
    path_of(w, path);
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, offset, offset < 0 ? SEEK_END : SEEK_SET), 0);
    int byte = fgetc(file);
    assert_int_not_equal(byte, EOF);
    assert_int_equal(fseek(file, -1, SEEK_CUR), 0);
    fputc(byte ^ flip, file);
    fclose(file);
}

/* Bytes all over it: no blob is found that is not what it was, and after a run
 * that added what it missed all is well. */
static void test_damage(void **state)
{
    World *w = *state;
    char path[64];
    struct stat stat_;
    path_of(w, path);
    make_file(w, 1, 20);
    assert_int_equal(stat(path, &stat_), 0);
    unsigned noticed = 0;
    for (long at = 0; at < stat_.st_size; at += 3) {
        spoil(w, at, 0x40);
        Archive *a = open_archive(w, MAX);
        unsigned found = count(a, 1, 20);
        if (found < 19) {
            assert_int_equal(archive_damaged(a), 1);
            noticed++;
        }
        for (unsigned i = 1; i < 20; i++)
            add(a, i);
        assert_int_equal(count(a, 1, 20), 19);
        archive_close(a);
        if (found == 19)
            spoil(w, at, 0x40); /* what lies between blobs */
        a = open_archive(w, MAX);
        assert_int_equal(count(a, 1, 20), 19);
        assert_int_equal(archive_damaged(a), 0);
        archive_close(a);
    }
    assert_true(noticed > stat_.st_size / 6);
}

static void test_cut(void **state)
{
    World *w = *state;
    char path[64];
    struct stat stat_;
    path_of(w, path);
    make_file(w, 1, 20);
    assert_int_equal(stat(path, &stat_), 0);
    for (off_t size = stat_.st_size - 1; size >= 0; size -= 7) {
        assert_int_equal(truncate(path, size), 0);
        Archive *a = open_archive(w, MAX);
        assert_int_equal(count(a, 1, 20), 0);
        assert_int_equal(archive_damaged(a), 1);
        archive_close(a);
    }
    assert_int_equal(truncate(path, (off_t)1 << 40), 0);
    Archive *a = open_archive(w, MAX);
    assert_int_equal(count(a, 1, 20), 0);
    archive_close(a);
}

/* What is none of ours is told, and not waited for; a folder cannot be
 * replaced. */
static void test_no_file(void **state)
{
    World *w = *state;
    char path[64], partial[80];
    path_of(w, path);
    snprintf(partial, sizeof partial, "%s.partial", path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(mkfifo(partial, 0600), 0);
    Archive *a = open_archive(w, MAX);
    assert_int_equal(archive_damaged(a), 1);
    add(a, 1);
    archive_close(a);
    a = open_archive(w, MAX);
    assert_true(has(a, 1));
    archive_close(a);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    a = open_archive(w, MAX);
    assert_int_equal(archive_damaged(a), 1);
    add(a, 1);
    archive_close(a);
    assert_int_equal(rmdir(path), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_keeps),      TEST(test_merges),
        TEST(test_damage),     TEST(test_writes_what_is_new),
        TEST(test_makes_room), TEST(test_cut),
        TEST(test_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
