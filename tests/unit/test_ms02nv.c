/* MS02-NV modules: what the guest stores is in the file, or is not. */
#include "hwmodel/dev/ms02nv.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { BASE = 0x07000000, DATA = 0x1000, SIZE_4M = (4 << 20) - DATA };

static char folder[] = "/tmp/selkirk-ms02nv-XXXXXX";
static char path[sizeof folder + 8];

static int set_up(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/disk", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

/* A file of `size` bytes, every 4 KB of which begins with its number. */
static void make_file(long size)
{
    unlink(path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (long at = 0; at + 4 <= size; at += 4096) {
        uint32_t number = (uint32_t)(at / 4096);
        assert_int_equal(fseek(file, at, SEEK_SET), 0);
        assert_int_equal(fwrite(&number, 4, 1, file), 1);
    }
    assert_int_equal(fclose(file), 0);
    assert_int_equal(truncate(path, size), 0);
}

static uint32_t read_file(long at)
{
    uint32_t value = 0;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    assert_int_equal(fread(&value, 4, 1, file), 1);
    fclose(file);
    return value;
}

static Device *open_module(bool overlay, Bus *bus)
{
    Diag diag = {""};
    Device *module = ms02nv_create(path, overlay, &diag);
    if (!module)
        fail_msg("%s", diag.text);
    ms02nv_class.reset(module);
    ms02nv_place(module, bus, BASE);
    return module;
}

static uint32_t rd(Bus *bus, uint32_t offset)
{
    uint32_t value = 0;
    assert_true(bus_read(bus, BASE + offset, 4, &value));
    return value;
}

static void test_header(void **state)
{
    (void)state;
    for (uint32_t mb = 1; mb <= 4; mb++) {
        make_file((long)(mb << 20) - DATA);
        Bus *bus = bus_create(false);
        Device *module = open_module(false, bus);
        assert_int_equal(rd(bus, 0x3fc), 0x03021966);
        assert_int_equal((rd(bus, 0x3f8) & 0xf0) << 16, mb << 20);
        assert_int_equal(rd(bus, 0x400), 0xbd100248);
        assert_int_equal(rd(bus, DATA), 0);
        assert_int_equal(rd(bus, (mb << 20) - 4096), (mb << 20) / 4096 - 2);
        assert_int_equal(rd(bus, 0x400000), 1); /* the battery */
        assert_int_equal(rd(bus, 0x7ffffc), 1);
        uint32_t value;
        if (mb < 4)
            assert_false(bus_read(bus, BASE + (mb << 20), 4, &value));
        assert_false(bus_read(bus, BASE + 0x800000, 4, &value));
        /* The firmware's area is made anew by a reset. */
        assert_true(bus_write(bus, BASE + 0x3fc, 4, 0));
        ms02nv_class.reset(module);
        assert_int_equal(rd(bus, 0x3fc), 0x03021966);
        ms02nv_class.destroy(module);
        bus_destroy(bus);
    }
}

static void test_persistence(void **state)
{
    (void)state;
    make_file(SIZE_4M);
    Bus *bus = bus_create(false);
    Device *module = open_module(false, bus);
    assert_true(bus_write(bus, BASE + DATA + 8, 4, 0xfeedface));
    assert_int_equal(read_file(8), 0xfeedface); /* at once */
    uint8_t *page = bus_page(bus, BASE + (4 << 20) - 4096, true);
    memcpy(page, "last", 4);
    Diag diag = {""};
    assert_true(ms02nv_sync(module, &diag));
    ms02nv_class.destroy(module);
    bus_destroy(bus);
    assert_int_equal(read_file(SIZE_4M - 4096), 0x7473616c);
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_size, SIZE_4M);
}

/* Nothing is lost when the process is killed. */
static void test_killed(void **state)
{
    (void)state;
    make_file(SIZE_4M);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        Bus *bus = bus_create(false);
        open_module(false, bus);
        bus_write(bus, BASE + DATA + 0x2000, 4, 0x12345678);
        raise(9);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(read_file(0x2000), 0x12345678);
}

static void test_overlay(void **state)
{
    (void)state;
    make_file(SIZE_4M);
    chmod(path, 0444);
    Bus *bus = bus_create(false), *other_bus = bus_create(false);
    Device *module = open_module(true, bus);
    Device *other = open_module(true, other_bus); /* they do not meet */
    assert_int_equal(rd(bus, DATA + 4096), 1);
    assert_true(bus_write(bus, BASE + DATA + 4096, 4, 99));
    assert_int_equal(rd(bus, DATA + 4096), 99);
    assert_int_equal(rd(other_bus, DATA + 4096), 1);
    Diag diag = {""};
    assert_true(ms02nv_sync(module, &diag));
    ms02nv_class.destroy(module);
    ms02nv_class.destroy(other);
    bus_destroy(bus);
    bus_destroy(other_bus);
    assert_int_equal(read_file(4096), 1);
}

static void expect_refusal(const char *file, bool overlay, const char *why)
{
    Diag diag = {""};
    assert_null(ms02nv_create(file, overlay, &diag));
    if (!strstr(diag.text, why) || strncmp(diag.text, file, strlen(file)))
        fail_msg("got: %s", diag.text);
}

static void test_refusals(void **state)
{
    (void)state;
    unlink(path);
    expect_refusal(path, false, "truncate -s 4092K");
    expect_refusal(path, true, "truncate -s 4092K");
    expect_refusal(folder, true, "regular file");
    expect_refusal("/dev/null", true, "regular file");
    static const struct {
        long size;
        const char *why;
    } sizes[] = {
        {0, "truncate -s 1020K"},
        {1, "truncate -s 1020K"},
        {SIZE_4M - 1, "truncate -s 4092K"},
        {SIZE_4M + 1, "shrink"},
        {4 << 20, "4194304 bytes is more"},
        {1 << 20, "truncate -s 2044K"},
        {1L << 33, "shrink"},
    };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        unlink(path);
        close(open(path, O_CREAT | O_RDWR, 0666));
        assert_int_equal(truncate(path, sizes[i].size), 0);
        expect_refusal(path, false, sizes[i].why);
        expect_refusal(path, true, sizes[i].why);
    }
    make_file(SIZE_4M);
    if (geteuid() != 0) { /* root may write everything */
        chmod(path, 0444);
        expect_refusal(path, false, "\",overlay\"");
        chmod(path, 0666);
    }
    Bus *bus = bus_create(false);
    Device *module = open_module(false, bus);
    expect_refusal(path, false, "another machine has this disk");
    ms02nv_class.destroy(module);
    bus_destroy(bus);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header),   cmocka_unit_test(test_persistence),
        cmocka_unit_test(test_killed),   cmocka_unit_test(test_overlay),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
