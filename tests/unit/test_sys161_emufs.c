/* The sys161 board's emufs card: files and folders of the host, every result,
 * and the walls around its folder while they are shaken. */
#define _GNU_SOURCE /* renameat2() */
#include "base/bits.h"
#include "tests/unit/rig161.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/selkirk-emufs-XXXXXX";
static char emu_path[sizeof folder + 16];

static int set_up(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(emu_path, sizeof emu_path, "%s/emu", folder);
    assert_int_equal(mkdir(emu_path, 0777), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char command[sizeof folder + 16];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

enum {
    OPEN = 1,
    CREATE,
    EXCLUSIVE,
    CLOSE,
    READ,
    READDIR,
    WRITE,
    GETSIZE,
    TRUNCATE,
};

static void open_emufs(Rig *rig)
{
    char slots[128];
    snprintf(slots, sizeof slots, "1 emufs dir=%s, 31 mainboard", emu_path);
    rig_open(rig, slots);
}

static void put_buffer(Rig *rig, const void *bytes, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++)
        assert_true(bus_write(rig->bus, place(EMUFS, BUFFER + i), 1,
                              ((const uint8_t *)bytes)[i]));
}

static const char *get_buffer(Rig *rig)
{
    static char text[64];
    uint32_t length = rd(rig, EMUFS, 8);
    assert_true(length < sizeof text);
    for (uint32_t i = 0; i < length; i++) {
        uint32_t byte = 0;
        assert_true(bus_read(rig->bus, place(EMUFS, BUFFER + i), 1, &byte));
        text[i] = (char)byte;
    }
    text[length] = '\0';
    return text;
}

/* The result of an operation, which is acknowledged. */
static uint32_t ask(Rig *rig, uint32_t operation)
{
    wr(rig, EMUFS, 0xc, operation);
    assert_int_equal(rd(rig, EMUFS, 0x10), 0);
    pass(rig, 5 * CLOCK / 1000 - 1);
    assert_int_equal(rd(rig, EMUFS, 0x10), 0);
    pass(rig, 1);
    uint32_t result = rd(rig, EMUFS, 0x10);
    assert_true(interrupts(rig, EMUFS));
    wr(rig, EMUFS, 0x10, 0);
    assert_false(interrupts(rig, EMUFS));
    assert_int_equal(rd(rig, EMUFS, 0x10), 0);
    return result;
}

static uint32_t ask_name(Rig *rig, uint32_t handle, const char *name,
                         uint32_t operation)
{
    put_buffer(rig, name, (uint32_t)strlen(name));
    wr(rig, EMUFS, 0, handle);
    wr(rig, EMUFS, 8, (uint32_t)strlen(name));
    return ask(rig, operation);
}

static uint32_t ask_io(Rig *rig, uint32_t handle, uint32_t offset,
                       uint32_t length, uint32_t operation)
{
    wr(rig, EMUFS, 0, handle);
    wr(rig, EMUFS, 4, offset);
    wr(rig, EMUFS, 8, length);
    return ask(rig, operation);
}

static void test_files(void **state)
{
    (void)state;
    Rig rig;
    open_emufs(&rig);
    assert_int_equal(ask_name(&rig, 0, "file", OPEN), 4);
    assert_int_equal(ask_name(&rig, 0, "file", CREATE), 1);
    uint32_t file = rd(&rig, EMUFS, 0);
    assert_int_equal(file, 1);
    assert_int_equal(rd(&rig, EMUFS, 8), 0); /* no folder */
    put_buffer(&rig, "hello", 5);
    assert_int_equal(ask_io(&rig, file, 3, 5, WRITE), 1);
    assert_int_equal(rd(&rig, EMUFS, 4), 8);
    assert_int_equal(ask_io(&rig, file, 0, 0, GETSIZE), 1);
    assert_int_equal(rd(&rig, EMUFS, 8), 8);
    assert_int_equal(ask_io(&rig, file, 4, 100, READ), 1);
    assert_string_equal(get_buffer(&rig), "ello");
    assert_int_equal(rd(&rig, EMUFS, 4), 8);
    assert_int_equal(ask_io(&rig, file, 8, 100, READ), 1);
    assert_int_equal(rd(&rig, EMUFS, 8), 0);
    assert_int_equal(ask_io(&rig, file, 0, 5, TRUNCATE), 1);
    assert_int_equal(ask_io(&rig, file, 0, 0, GETSIZE), 1);
    assert_int_equal(rd(&rig, EMUFS, 8), 5);
    assert_int_equal(ask_io(&rig, file, 0, 16385, READ), 5);
    assert_int_equal(ask_io(&rig, file, 0, 16385, WRITE), 5);
    assert_int_equal(ask_io(&rig, file, 0, 1, READDIR), 11);
    assert_int_equal(ask_name(&rig, file, "x", OPEN), 11);
    assert_int_equal(ask_name(&rig, 0, "file", EXCLUSIVE), 6);
    assert_int_equal(ask_name(&rig, 0, "file", CREATE), 1);
    assert_int_equal(ask_name(&rig, 0, "new", EXCLUSIVE), 1);
    rig_limit(RLIMIT_FSIZE, 1000);
    uint32_t full = ask_io(&rig, file, 5000, 5, WRITE);
    uint32_t longer = ask_io(&rig, file, 0, 5000, TRUNCATE);
    rig_limit(RLIMIT_FSIZE, RLIM_INFINITY);
    assert_int_equal(full, 10);
    assert_int_equal(longer, 10);
    assert_int_equal(ask_io(&rig, file, 0, 0, CLOSE), 1);
    assert_int_equal(ask_io(&rig, file, 0, 0, CLOSE), 2);
    assert_int_equal(ask_io(&rig, file, 0, 1, READ), 2);
    assert_int_equal(ask_io(&rig, 0, 0, 0, CLOSE), 2);
    for (uint32_t operation = OPEN; operation <= TRUNCATE; operation++)
        assert_int_equal(ask_io(&rig, 64, 0, 0, operation), 2);
    assert_int_equal(rd(&rig, EMUFS, 0), 64);
    assert_int_equal(rd(&rig, EMUFS, 0xc), TRUNCATE);
    assert_int_equal(ask_io(&rig, 0xffffffff, 0, 0, TRUNCATE), 2);
    assert_int_equal(ask(&rig, 0), 3);
    assert_int_equal(ask(&rig, 10), 3);
    rig_close(&rig);
}

static void test_folders(void **state)
{
    (void)state;
    Rig rig;
    char path[sizeof emu_path + 32];
    snprintf(path, sizeof path, "%s/sub", emu_path);
    mkdir(path, 0777);
    open_emufs(&rig);
    assert_int_equal(ask_name(&rig, 0, "sub", OPEN), 1);
    uint32_t sub = rd(&rig, EMUFS, 0);
    assert_int_equal(rd(&rig, EMUFS, 8), 1); /* a folder */
    static const char *const names[] = {"c", "a", "b"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        assert_int_equal(ask_name(&rig, sub, names[i], EXCLUSIVE), 1);
    /* Sorted, and no more after the last. */
    static const char *const sorted[] = {"a", "b", "c", ""};
    wr(&rig, EMUFS, 4, 0);
    wr(&rig, EMUFS, 0, sub);
    for (size_t i = 0; i < ARRAY_LEN(sorted); i++) {
        assert_int_equal(ask(&rig, READDIR), 1);
        assert_string_equal(get_buffer(&rig), sorted[i]);
    }
    assert_int_equal(rd(&rig, EMUFS, 4), 3);
    assert_int_equal(ask_name(&rig, 0, "sub/../sub/./a", OPEN), 1);
    assert_int_equal(ask_name(&rig, sub, "../sub/a", OPEN), 1);
    assert_int_equal(ask_name(&rig, sub, "..", OPEN), 1);
    assert_int_equal(ask_name(&rig, 0, "sub", CREATE), 7);
    assert_int_equal(ask_name(&rig, 0, "", CREATE), 7);
    assert_int_equal(ask_name(&rig, 0, "", EXCLUSIVE), 6);
    assert_int_equal(ask_name(&rig, 0, "none/../sub/x/../a", OPEN), 1);
    assert_int_equal(ask_name(&rig, 0, "sub/a/b", OPEN), 11);
    assert_int_equal(ask_io(&rig, sub, 0, 1, READ), 7);
    assert_int_equal(ask_io(&rig, sub, 0, 1, WRITE), 7);
    assert_int_equal(ask_io(&rig, sub, 0, 1, TRUNCATE), 7);
    assert_int_equal(ask_io(&rig, sub, 0, 1, GETSIZE), 1);
    rig_close(&rig);
}

/* Nothing outside of the folder, by whatever name. */
static void test_walls(void **state)
{
    (void)state;
    Rig rig;
    char path[sizeof emu_path + 32];
    snprintf(path, sizeof path, "%s/out", emu_path);
    assert_int_equal(symlink("..", path), 0);
    snprintf(path, sizeof path, "%s/etc", emu_path);
    assert_int_equal(symlink("/etc", path), 0);
    snprintf(path, sizeof path, "%s/passwd", emu_path);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    snprintf(path, sizeof path, "%s/dangling", emu_path);
    assert_int_equal(symlink("../made", path), 0);
    snprintf(path, sizeof path, "%s/pipe", emu_path);
    assert_int_equal(mkfifo(path, 0666), 0);
    open_emufs(&rig);
    static const char *const names[] = {
        "..",         "../disk.img", "sub/../../disk.img", "/etc/passwd",
        "/",          "out",         "out/disk.img",       "etc",
        "etc/passwd", "passwd",      "dangling",           "./../emu",
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        for (uint32_t operation = OPEN; operation <= EXCLUSIVE; operation++) {
            uint32_t result = ask_name(&rig, 0, names[i], operation);
            if (result != 4 && result != 11 && result != 6)
                fail_msg("%s: %" PRIu32, names[i], result);
        }
    assert_int_equal(ask_name(&rig, 0, "pipe", OPEN), 13);
    snprintf(path, sizeof path, "%s/made", folder);
    assert_int_not_equal(access(path, F_OK), 0);
    /* Nulls, and what is too long. */
    put_buffer(&rig, "a\0b", 3);
    assert_int_equal(ask_io(&rig, 0, 0, 3, OPEN), 4);
    char name[2000];
    memset(name, 'n', sizeof name);
    put_buffer(&rig, name, sizeof name);
    assert_int_equal(ask_io(&rig, 0, 0, sizeof name, OPEN), 4);
    assert_int_equal(ask_io(&rig, 0, 0, 300, CREATE), 4);
    assert_int_equal(ask_io(&rig, 0, 0, 16385, OPEN), 5);
    /* The empty name is the folder. */
    assert_int_equal(ask_io(&rig, 0, 0, 0, OPEN), 1);
    assert_int_equal(rd(&rig, EMUFS, 8), 1);
    rig_close(&rig);
}

static void test_limits(void **state)
{
    enum { NOBODY = 65534 };
    (void)state;
    Rig rig;
    char path[sizeof emu_path + 32];
    snprintf(path, sizeof path, "%s/readonly", emu_path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(chmod(path, 0444), 0);
    snprintf(path, sizeof path, "%s/secret", emu_path);
    file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(chmod(path, 0), 0);
    open_emufs(&rig);
    bool root = geteuid() == 0; /* whom nothing is refused */
    if (root)
        assert_int_equal(seteuid(NOBODY), 0);
    assert_int_equal(ask_name(&rig, 0, "readonly", OPEN), 1);
    uint32_t handle = rd(&rig, EMUFS, 0);
    assert_int_equal(ask_io(&rig, handle, 0, 1, WRITE), 13);
    assert_int_equal(ask_io(&rig, handle, 0, 1, TRUNCATE), 13);
    assert_int_equal(ask_io(&rig, handle, 0, 1, READ), 1);
    assert_int_equal(ask_name(&rig, 0, "secret", OPEN), 12);
    if (root)
        assert_int_equal(seteuid(0), 0);
    rig_limit(RLIMIT_NOFILE, 3);
    uint32_t opened = ask_io(&rig, 0, 0, 0, OPEN);
    uint32_t listed = ask_io(&rig, 0, 0, 0, READDIR);
    rig_limit(RLIMIT_NOFILE, RLIM_INFINITY);
    assert_int_equal(opened, 9);
    assert_int_equal(listed, 9);
    for (unsigned i = 2; i < 64; i++)
        assert_int_equal(ask_io(&rig, 0, 0, 0, OPEN), 1);
    assert_int_equal(ask_io(&rig, 0, 0, 0, OPEN), 9);
    /* While it works, the card is left alone; a reset closes all. */
    wr(&rig, EMUFS, 0xc, GETSIZE);
    wr(&rig, EMUFS, 0xc, GETSIZE);
    assert_true(rig.notes > 0);
    wr(&rig, CONTROLLER, PWR, 0x80000000);
    wr(&rig, CONTROLLER, PWR, 0x80000002);
    assert_int_equal(ask_io(&rig, handle, 0, 0, GETSIZE), 2);
    assert_int_equal(ask_io(&rig, 0, 0, 0, GETSIZE), 1);
    assert_false(answers(&rig, EMUFS, 0x14));
    assert_false(answers(&rig, EMUFS, BUFFER + 16384));
    rig_close(&rig);
}

/* Results that an ordinary folder seldom has, from one that is not: address 0
 * of this process cannot be read (EIO), and its users are mapped already
 * (EPERM). */
static void test_host_errors(void **state)
{
    (void)state;
    Rig rig;
    if (access("/proc/self/mem", R_OK | W_OK) < 0 ||
        access("/proc/self/uid_map", R_OK | W_OK) < 0)
        skip();
    rig_open(&rig, "1 emufs dir=/proc/self, 31 mainboard");
    assert_int_equal(ask_name(&rig, 0, "mem", OPEN), 1);
    assert_int_equal(ask_io(&rig, rd(&rig, EMUFS, 0), 0, 4, READ), 8);
    assert_int_equal(ask_io(&rig, rd(&rig, EMUFS, 0), 0, 4, WRITE), 8);
    assert_int_equal(ask_name(&rig, 0, "uid_map", OPEN), 1);
    assert_int_equal(ask_io(&rig, rd(&rig, EMUFS, 0), 0, 4, WRITE), 12);
    rig_close(&rig);
}

typedef struct Swapper {
    char inside[sizeof folder + 32], swap[sizeof folder + 32];
    atomic_bool end;
    atomic_uint swaps;
} Swapper;

/* A folder of the guest, and a link to one outside, take each other's place as
 * fast as can be. */
static void *swap_links(void *ctx)
{
    Swapper *s = ctx;
    while (!atomic_load(&s->end)) {
        if (renameat2(AT_FDCWD, s->inside, AT_FDCWD, s->swap, RENAME_EXCHANGE) <
            0)
            break;
        atomic_fetch_add(&s->swaps, 1);
    }
    return NULL;
}

static void write_file(const char *name, const char *text)
{
    char path[sizeof folder + 32];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void make_folder(const char *name)
{
    char path[sizeof folder + 32];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(mkdir(path, 0777), 0);
}

/* Whatever the moment, a name leads to what is inside or to nothing. */
static void test_race(void **state)
{
    (void)state;
    enum { TRIES = 3000, SWAPS_MIN = 200, TRIES_MAX = 3000000 };
    Rig rig;
    Swapper s = {.end = false};
    pthread_t thread;
    char slots[sizeof folder + 64];
    make_folder("race");
    make_folder("race/here");
    make_folder("out");
    write_file("race/here/file", "inside");
    write_file("out/file", "outside");
    snprintf(s.inside, sizeof s.inside, "%s/race/here", folder);
    snprintf(s.swap, sizeof s.swap, "%s/race/link", folder);
    assert_int_equal(symlink("../out", s.swap), 0);
    snprintf(slots, sizeof slots, "1 emufs dir=%s/race, 31 mainboard", folder);
    rig_open(&rig, slots);
    assert_int_equal(pthread_create(&thread, NULL, swap_links, &s), 0);
    unsigned opened = 0, refused = 0;
    for (unsigned i = 0;
         i < TRIES || (i < TRIES_MAX && (atomic_load(&s.swaps) < SWAPS_MIN ||
                                         !opened || !refused));
         i++) {
        uint32_t result = ask_name(&rig, 0, "here/file", OPEN);
        if (result != 1) {
            refused++;
            continue;
        }
        opened++;
        uint32_t handle = rd(&rig, EMUFS, 0);
        assert_int_equal(ask_io(&rig, handle, 0, 8, READ), 1);
        assert_string_equal(get_buffer(&rig), "inside");
        assert_int_equal(ask_io(&rig, handle, 0, 0, CLOSE), 1);
        /* Nor is anything made outside. */
        result = ask_name(&rig, 0, "here/made", CREATE);
        if (result == 1)
            assert_int_equal(ask_io(&rig, rd(&rig, EMUFS, 0), 0, 0, CLOSE), 1);
    }
    atomic_store(&s.end, true);
    pthread_join(thread, NULL);
    snprintf(slots, sizeof slots, "%s/out/made", folder);
    assert_int_not_equal(access(slots, F_OK), 0);
    assert_true(opened > 0);
    assert_true(refused > 0);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files),       cmocka_unit_test(test_folders),
        cmocka_unit_test(test_walls),       cmocka_unit_test(test_limits),
        cmocka_unit_test(test_host_errors), cmocka_unit_test(test_race),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
