/* The disks of a sys161, and their images, without a processor. */
#include "base/bits.h"
#include "hwmodel/dev/disk161.h"
#include "tests/unit/rig161.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/selkirk-sys161-XXXXXX";
static char disk_path[sizeof folder + 16];

static int set_up(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(disk_path, sizeof disk_path, "%s/disk.img", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char command[sizeof folder + 16];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

enum { SECTORS = 640, TURN = CLOCK / 60 };

static void open_disk(Rig *rig, bool overlay)
{
    Diag diag = {""};
    BoardDisk disk = {disk_path, overlay};
    if (!disk161_create(disk_path, SECTORS, true, &diag) ||
        !rig_try(rig, "31 mainboard", true, &disk, 1, &diag))
        fail_msg("%s", diag.text);
}

/* Starts an operation and waits for its end; gives the cycles it took. */
static uint64_t operate(Rig *rig, uint32_t sector, uint32_t operation)
{
    uint64_t begin = events_now(rig->events);
    wr(rig, DISK, 8, sector);
    wr(rig, DISK, 4, operation);
    assert_int_equal(rd(rig, DISK, 4), operation);
    assert_false(interrupts(rig, DISK));
    events_run(rig->events, events_next(rig->events));
    assert_true(interrupts(rig, DISK));
    return events_now(rig->events) - begin;
}

static void test_disk(void **state)
{
    (void)state;
    Rig rig;
    open_disk(&rig, false);
    assert_int_equal(rd(&rig, DISK, 0), SECTORS);
    assert_int_equal(rd(&rig, DISK, 0xc), 3600);
    wr(&rig, DISK, BUFFER, 0x11223344);
    wr(&rig, DISK, BUFFER + 508, 0x5566ffff);
    assert_true(bus_write(rig.bus, place(DISK, BUFFER + 510), 2, 0x7788));
    assert_int_equal(rd(&rig, DISK, 8), 0);
    operate(&rig, 639, 3);
    assert_int_equal(rd(&rig, DISK, 8), 639);
    assert_int_equal(rd(&rig, DISK, 4), 6);
    assert_true(board_sync_disks(rig.board, &(Diag){""}));
    wr(&rig, DISK, 4, 0);
    assert_false(interrupts(&rig, DISK));
    assert_int_equal(rd(&rig, DISK, 4), 0);
    operate(&rig, 0, 1);
    assert_int_equal(rd(&rig, DISK, 4), 4);
    assert_int_equal(rd(&rig, DISK, BUFFER), 0);
    operate(&rig, 639, 1); /* without acknowledging */
    assert_int_equal(rd(&rig, DISK, BUFFER), 0x11223344);
    assert_int_equal(rd(&rig, DISK, BUFFER + 508), 0x55667788);
    operate(&rig, 640, 1);
    assert_int_equal(rd(&rig, DISK, 4), 12);
    operate(&rig, 0xffffffff, 3);
    assert_int_equal(rd(&rig, DISK, 4), 14);
    assert_int_equal(rig.notes, 2);
    rig_close(&rig);
    /* Behind the header, in the file. */
    uint8_t bytes[4] = {0};
    FILE *file = fopen(disk_path, "r");
    assert_non_null(file);
    fseek(file, 640 * 512, SEEK_SET);
    assert_int_equal(fread(bytes, 1, 4, file), 4);
    fclose(file);
    assert_int_equal(bits_load32(bytes, true), 0x11223344);
}

static void test_disk_misuse(void **state)
{
    (void)state;
    Rig rig;
    open_disk(&rig, false);
    wr(&rig, DISK, 4, 2);
    assert_int_equal(rig.notes, 1);
    assert_int_equal(rd(&rig, DISK, 4), 0);
    wr(&rig, DISK, 8, 7);
    wr(&rig, DISK, 4, 1);
    wr(&rig, DISK, 4, 3);
    wr(&rig, DISK, 8, 8);
    wr(&rig, DISK, BUFFER, 1);
    wr(&rig, DISK, 0, 1);
    assert_int_equal(rig.notes, 5);
    assert_int_equal(rd(&rig, DISK, 8), 7);
    wr(&rig, DISK, 4, 0); /* calls it off */
    pass(&rig, CLOCK);
    assert_int_equal(rd(&rig, DISK, 4), 0);
    assert_false(answers(&rig, DISK, 0x10));
    assert_false(answers(&rig, DISK, BUFFER + 512));
    /* The file is cut behind the guest's back: a media error. */
    assert_int_equal(truncate(disk_path, 512 * 100), 0);
    operate(&rig, 300, 1);
    assert_int_equal(rd(&rig, DISK, 4), 20);
    rig_close(&rig);
}

static void test_disk_time(void **state)
{
    (void)state;
    Rig rig;
    open_disk(&rig, true);
    /* Two sectors a track: half a turn each. */
    assert_in_range(operate(&rig, 0, 1), TURN / 2, TURN / 2 + 1);
    assert_int_equal(operate(&rig, 1, 1), 13); /* 500 ns */
    /* The next track's first one: it settles, and waits for the begin. */
    uint64_t now = events_now(rig.events), took = operate(&rig, 2, 1);
    assert_in_range((now + took) % TURN, TURN / 2 - 1, TURN / 2 + 1);
    assert_true(took > 1025 * 25);
    /* A write is never from memory; a whole turn passes. */
    assert_in_range(operate(&rig, 2, 3), TURN - 1, TURN + 1);
    rig_close(&rig);
}

static void test_disk_images(void **state)
{
    (void)state;
    Rig rig, other;
    Diag diag = {""};
    BoardDisk disk = {disk_path, false}, overlay = {disk_path, true};
    /* One machine at a time; an overlay is a copy, and leaves it alone. */
    open_disk(&rig, false);
    assert_false(rig_try(&other, "31 mainboard", true, &disk, 1, &diag));
    assert_non_null(strstr(diag.text, "another machine"));
    rig_close(&other);
    diag = (Diag){""};
    assert_true(rig_try(&other, "31 mainboard", true, &overlay, 1, &diag));
    wr(&other, DISK, BUFFER, 99);
    operate(&other, 5, 3);
    operate(&other, 5, 1);
    assert_int_equal(rd(&other, DISK, BUFFER), 99);
    operate(&rig, 5, 1);
    assert_int_equal(rd(&rig, DISK, BUFFER), 0);
    rig_close(&other);
    rig_close(&rig);
    /* What is no image. */
    diag = (Diag){""};
    assert_false(disk161_create(disk_path, SECTORS, false, &diag));
    assert_int_equal(truncate(disk_path, 0), 0);
    assert_int_equal(truncate(disk_path, 512 * 100), 0);
    diag = (Diag){""};
    assert_false(rig_try(&other, "31 mainboard", true, &disk, 1, &diag));
    assert_non_null(strstr(diag.text, "no System/161 disk image"));
    rig_close(&other);
    diag = (Diag){""};
    assert_true(disk161_create(disk_path, SECTORS, true, &diag));
    assert_int_equal(truncate(disk_path, 512 * 100 + 1), 0);
    assert_false(rig_try(&other, "31 mainboard", true, &disk, 1, &diag));
    assert_non_null(strstr(diag.text, "no size of a disk image"));
    rig_close(&other);
}

/* Disks of the command line take the slots that are free, from 2 on. */
static void test_disk_slots(void **state)
{
    (void)state;
    Rig rig;
    Diag diag = {""};
    char slots[600] = "31 mainboard";
    BoardDisk disks[] = {{disk_path, true}, {disk_path, true}};
    assert_true(disk161_create(disk_path, SECTORS, true, &diag));
    assert_true(
        rig_try(&rig, "2 timer, 4 timer, 31 mainboard", true, disks, 2, &diag));
    assert_int_equal(rd(&rig, 3, 0), SECTORS);
    assert_int_equal(rd(&rig, 5, 0), SECTORS);
    assert_false(answers(&rig, 6, 0));
    rig_close(&rig);
    for (unsigned i = 2; i < 30; i++)
        sprintf(slots + strlen(slots), ", %u timer", i);
    assert_false(rig_try(&rig, slots, true, disks, 2, &diag));
    assert_non_null(strstr(diag.text, "no slot is free for this disk"));
    rig_close(&rig);
}

static void test_disk_is_full(void **state)
{
    (void)state;
    Rig rig;
    open_disk(&rig, false);
    rig_limit(RLIMIT_FSIZE, 512 * 100);
    operate(&rig, 300, 3);
    rig_limit(RLIMIT_FSIZE, RLIM_INFINITY);
    assert_int_equal(rd(&rig, DISK, 4), 22);
    assert_non_null(strstr(rig.note, "cannot write"));
    operate(&rig, 300, 3);
    assert_int_equal(rd(&rig, DISK, 4), 6);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_disk),         cmocka_unit_test(test_disk_misuse),
        cmocka_unit_test(test_disk_is_full), cmocka_unit_test(test_disk_slots),
        cmocka_unit_test(test_disk_time),    cmocka_unit_test(test_disk_images),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
