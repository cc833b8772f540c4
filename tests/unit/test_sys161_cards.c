/* The sys161 board's network and screen cards, and what the user is told of bad
 * use of any card. */
#include "base/bits.h"
#include "hwmodel/dev/disk161.h"
#include "hwmodel/dev/lamebus.h"
#include "hwmodel/dev/net161.h"
#include "tests/unit/rig161.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char folder[] = "/tmp/selkirk-cards-XXXXXX";

static int set_up(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char command[sizeof folder + 16];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static void put_byte(Rig *rig, unsigned slot, uint32_t offset, uint8_t byte)
{
    assert_true(bus_write(rig->bus, place(slot, offset), 1, byte));
}

/* --- Network ---------------------------------------------------------------
 */

enum {
    RECEIVE_IRQ = 0,
    TRANSMIT_IRQ = 4,
    CONTROL = 8,
    STATUS = 0xc,
    SEND_BUFFER = 0x9000,
    FRAME_CYCLES = CLOCK / 500, /* 2 ms */
    ADDRESS = 0x0161,
};

static const char nic_slots[] = "27 nic hwaddr=0x161 hub=x, 31 mainboard";

/* Headers of what is to be sent: length and to. */
static void fill_header(Rig *rig, uint32_t size, uint32_t to)
{
    wr(rig, NIC, SEND_BUFFER + NET161_LENGTH_AT, size << 16 | to);
}

static size_t make_frame(uint8_t *bytes, uint32_t from, uint32_t to,
                         const char *text)
{
    size_t size = NET161_HEADER + strlen(text);
    bits_store16(bytes + NET161_MAGIC_AT, NET161_MAGIC, true);
    bits_store16(bytes + NET161_FROM_AT, from, true);
    bits_store16(bytes + NET161_LENGTH_AT, (uint32_t)size, true);
    bits_store16(bytes + NET161_TO_AT, to, true);
    memcpy(bytes + NET161_HEADER, text, strlen(text));
    return size;
}

static void receive(Rig *rig, uint32_t from, uint32_t to, const char *text)
{
    uint8_t bytes[NET161_FRAME_MAX];
    size_t size = make_frame(bytes, from, to, text);
    board_net_receive(rig->board, NIC, bytes, size);
}

static uint64_t counted(Rig *rig, const char *name)
{
    Stats *stats = stats_create();
    board_add_stats(rig->board, stats);
    uint64_t value = stats_get(stats, name);
    stats_destroy(stats);
    return value;
}

static void test_nic_send(void **state)
{
    (void)state;
    Rig rig;
    rig_open(&rig, nic_slots);
    assert_int_equal(rd(&rig, CONTROLLER, 0x400 * NIC + 4), 6);
    assert_int_equal(rd(&rig, CONTROLLER, 0x400 * NIC + 8), 1);
    assert_int_equal(rd(&rig, NIC, STATUS), 0x80000000 | ADDRESS);
    board_net_carrier(rig.board, NIC, true);
    assert_int_equal(rd(&rig, NIC, STATUS), ADDRESS);
    /* Header by the card, the rest as it is when the frame is started. */
    fill_header(&rig, 12, 0x77);
    wr(&rig, NIC, SEND_BUFFER + 8, 0x11223344);
    wr(&rig, NIC, CONTROL, 2);
    assert_int_equal(rd(&rig, NIC, CONTROL), 2);
    wr(&rig, NIC, SEND_BUFFER + 8, 0);
    pass(&rig, FRAME_CYCLES - 1);
    assert_false(interrupts(&rig, NIC));
    assert_int_equal(rig.sent_count, 0);
    pass(&rig, 1);
    assert_int_equal(rig.sent_count, 1);
    assert_int_equal(rig.sent_slot, NIC);
    assert_int_equal(rig.sent_size, 12);
    assert_int_equal(bits_load32(rig.sent, true), 0xa4b30161);
    assert_int_equal(bits_load32(rig.sent + 4, true), 0x000c0077);
    assert_int_equal(bits_load32(rig.sent + 8, true), 0x11223344);
    assert_int_equal(rd(&rig, NIC, SEND_BUFFER), 0xa4b30161);
    assert_true(interrupts(&rig, NIC));
    assert_int_equal(rd(&rig, NIC, TRANSMIT_IRQ), 1);
    assert_int_equal(rd(&rig, NIC, RECEIVE_IRQ), 0);
    assert_int_equal(rd(&rig, NIC, CONTROL), 0);
    wr(&rig, NIC, TRANSMIT_IRQ, 0);
    assert_false(interrupts(&rig, NIC));
    /* The longest. */
    fill_header(&rig, NET161_FRAME_MAX, NET161_ALL);
    put_byte(&rig, NIC, SEND_BUFFER + NET161_FRAME_MAX - 1, 0x99);
    wr(&rig, NIC, CONTROL, 3);
    assert_int_equal(rd(&rig, NIC, CONTROL), 3);
    pass(&rig, FRAME_CYCLES);
    assert_int_equal(rig.sent_size, NET161_FRAME_MAX);
    assert_int_equal(rig.sent[NET161_FRAME_MAX - 1], 0x99);
    assert_int_equal(rd(&rig, NIC, CONTROL), 1);
    assert_int_equal(rig.notes, 0);
    assert_int_equal(counted(&rig, "nic.sent"), 2);
    rig_close(&rig);
}

/* Lost, but complete: without a carrier, and with headers that cannot be. */
static void test_nic_send_nothing(void **state)
{
    (void)state;
    static const struct {
        uint32_t size, to;
        const char *words;
    } bad[] = {{7, 1, "a frame of 7 bytes"},
               {0, 1, "a frame of 0 bytes"},
               {4097, 1, "a frame of 4097 bytes"},
               {8, 0, "a frame to address 0"}};
    Rig rig;
    rig_open(&rig, nic_slots);
    fill_header(&rig, 12, 0x77);
    wr(&rig, NIC, CONTROL, 2);
    pass(&rig, FRAME_CYCLES);
    assert_int_equal(rd(&rig, NIC, TRANSMIT_IRQ), 1);
    assert_int_equal(rig.notes, 0);
    board_net_carrier(rig.board, NIC, true);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        wr(&rig, NIC, TRANSMIT_IRQ, 0);
        fill_header(&rig, bad[i].size, bad[i].to);
        wr(&rig, NIC, CONTROL, 2);
        assert_int_equal(rig.notes, i + 1);
        assert_non_null(strstr(rig.note, bad[i].words));
        pass(&rig, FRAME_CYCLES);
        assert_int_equal(rd(&rig, NIC, TRANSMIT_IRQ), 1);
    }
    assert_int_equal(rig.sent_count, 0);
    assert_int_equal(counted(&rig, "nic.unsent"), 5);
    rig_close(&rig);
}

static void test_nic_receive(void **state)
{
    (void)state;
    Rig rig;
    rig_open(&rig, nic_slots);
    board_net_carrier(rig.board, NIC, true);
    receive(&rig, 2, ADDRESS, "hello");
    pass(&rig, FRAME_CYCLES - 1);
    assert_int_equal(rd(&rig, NIC, RECEIVE_IRQ), 0);
    pass(&rig, 1);
    assert_int_equal(rd(&rig, NIC, RECEIVE_IRQ), 1);
    assert_true(interrupts(&rig, NIC));
    assert_int_equal(rd(&rig, NIC, BUFFER), 0xa4b30002);
    assert_int_equal(rd(&rig, NIC, BUFFER + 4), 0x000d0161);
    assert_int_equal(rd(&rig, NIC, BUFFER + 8), 0x68656c6c);
    /* What comes before it is acknowledged is lost, and leaves it alone. */
    receive(&rig, 2, ADDRESS, "HELLO");
    pass(&rig, FRAME_CYCLES);
    assert_int_equal(rd(&rig, NIC, BUFFER + 8), 0x68656c6c);
    assert_int_equal(counted(&rig, "nic.missed"), 1);
    wr(&rig, NIC, RECEIVE_IRQ, 0);
    assert_false(interrupts(&rig, NIC));
    pass(&rig, CLOCK);
    assert_int_equal(rd(&rig, NIC, RECEIVE_IRQ), 0);
    /* To all; to others, which only a promiscuous card takes. */
    receive(&rig, 2, NET161_ALL, "all");
    pass(&rig, FRAME_CYCLES);
    assert_int_equal(rd(&rig, NIC, RECEIVE_IRQ), 1);
    wr(&rig, NIC, RECEIVE_IRQ, 0);
    receive(&rig, 2, 3, "three");
    pass(&rig, FRAME_CYCLES);
    assert_int_equal(rd(&rig, NIC, RECEIVE_IRQ), 0);
    assert_int_equal(counted(&rig, "nic.others"), 1);
    wr(&rig, NIC, CONTROL, 1);
    receive(&rig, 2, 3, "three");
    pass(&rig, FRAME_CYCLES);
    assert_int_equal(rd(&rig, NIC, RECEIVE_IRQ), 1);
    assert_int_equal(rd(&rig, NIC, BUFFER + 4), 0x000d0003);
    /* Both interrupts keep the line. */
    fill_header(&rig, 8, 1);
    wr(&rig, NIC, CONTROL, 2);
    pass(&rig, FRAME_CYCLES);
    wr(&rig, NIC, RECEIVE_IRQ, 0);
    assert_true(interrupts(&rig, NIC));
    wr(&rig, NIC, TRANSMIT_IRQ, 0);
    assert_false(interrupts(&rig, NIC));
    assert_int_equal(counted(&rig, "nic.received"), 3);
    assert_int_equal(rig.notes, 0);
    rig_close(&rig);
}

/* Frames that come at once follow one another; what is too many is lost. */
static void test_nic_flood(void **state)
{
    (void)state;
    enum { FLOOD = 1000 };
    Rig rig;
    rig_open(&rig, nic_slots);
    for (unsigned i = 0; i < FLOOD; i++)
        receive(&rig, 2, ADDRESS, "flood");
    uint64_t got = 0;
    for (; events_next(rig.events) != EVENT_NEVER; got++) {
        pass(&rig, FRAME_CYCLES - 1);
        assert_int_equal(rd(&rig, NIC, RECEIVE_IRQ), 0);
        pass(&rig, 1);
        assert_int_equal(rd(&rig, NIC, RECEIVE_IRQ), 1);
        wr(&rig, NIC, RECEIVE_IRQ, 0);
    }
    assert_int_equal(got, 16);
    assert_int_equal(counted(&rig, "nic.received"), got);
    assert_int_equal(counted(&rig, "nic.overrun"), FLOOD - got);
    /* A card without power has none, and is as new afterwards. */
    receive(&rig, 2, ADDRESS, "late");
    wr(&rig, CONTROLLER, PWR, 1u << 31);
    receive(&rig, 2, ADDRESS, "dark");
    pass(&rig, CLOCK);
    wr(&rig, CONTROLLER, PWR, 1u << 31 | 1u << NIC);
    pass(&rig, CLOCK);
    assert_int_equal(rd(&rig, NIC, RECEIVE_IRQ), 0);
    assert_int_equal(rd(&rig, NIC, BUFFER), 0);
    assert_int_equal(counted(&rig, "nic.overrun"), FLOOD - got + 1);
    rig_close(&rig);
}

/* What a hub that lies sends. */
static void test_nic_bad_frames(void **state)
{
    (void)state;
    Rig rig;
    uint8_t good[NET161_FRAME_MAX + 1], bytes[NET161_FRAME_MAX + 1] = {0};
    uint64_t bad = 0;
    rig_open(&rig, nic_slots);
    size_t size = make_frame(good, 2, ADDRESS, "0123456789");
    assert_true(net161_is_frame(good, size));
    for (size_t n = 0; n <= size + 1; n++)
        if (n != size) {
            board_net_receive(rig.board, NIC, good, n);
            bad++;
        }
    for (unsigned i = 0; i < 2; i++) { /* either byte of the magic word */
        memcpy(bytes, good, size);
        bytes[i] ^= 1;
        board_net_receive(rig.board, NIC, bytes, size);
        bad++;
    }
    static const uint32_t addresses[][2] = {
        {NET161_HUB, ADDRESS}, {NET161_ALL, ADDRESS}, {2, NET161_HUB}};
    for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
        size = make_frame(bytes, addresses[i][0], addresses[i][1], "x");
        board_net_receive(rig.board, NIC, bytes, size);
        bad++;
    }
    /* One byte too long, and its header says so. */
    make_frame(bytes, 2, ADDRESS, "");
    bits_store16(bytes + NET161_LENGTH_AT, NET161_FRAME_MAX + 1, true);
    board_net_receive(rig.board, NIC, bytes, NET161_FRAME_MAX + 1);
    bad++;
    pass(&rig, CLOCK);
    assert_int_equal(rd(&rig, NIC, RECEIVE_IRQ), 0);
    assert_int_equal(rd(&rig, NIC, BUFFER), 0);
    assert_int_equal(counted(&rig, "nic.bad"), bad);
    /* The longest good one fills the buffer, and nothing behind it. */
    bits_store16(bytes + NET161_LENGTH_AT, NET161_FRAME_MAX, true);
    memset(bytes + NET161_HEADER, 0xee, NET161_FRAME_MAX - NET161_HEADER);
    board_net_receive(rig.board, NIC, bytes, NET161_FRAME_MAX);
    pass(&rig, FRAME_CYCLES);
    assert_int_equal(rd(&rig, NIC, BUFFER + NET161_FRAME_MAX - 4), 0xeeeeeeee);
    assert_int_equal(rd(&rig, NIC, SEND_BUFFER), 0);
    assert_false(answers(&rig, NIC, 0xa000));
    assert_false(answers(&rig, NIC, 0x10));
    rig_close(&rig);
}

/* Several cards; what the host is told of them. */
static void test_nics(void **state)
{
    (void)state;
    Rig rig;
    const BoardNic *nics;
    rig_open(&rig, "3 nic hwaddr=1, 4 nic hwaddr=2 hub=/tmp/h, 31 mainboard");
    assert_int_equal(board_nics(rig.board, &nics), 2);
    assert_int_equal(nics[0].slot, 3);
    assert_string_equal(nics[0].hub, ".sockets/hub");
    assert_int_equal(nics[1].slot, 4);
    assert_string_equal(nics[1].hub, "/tmp/h");
    board_net_carrier(rig.board, 4, true);
    assert_int_equal(rd(&rig, 3, STATUS), 0x80000001);
    assert_int_equal(rd(&rig, 4, STATUS), 2);
    rig_close(&rig);
    rig_open(&rig, "31 mainboard");
    assert_int_equal(board_nics(rig.board, &nics), 0);
    rig_close(&rig);
}

/* --- Screen ----------------------------------------------------------------
 */

enum { CURSOR = 0, SIZE = 4, CHARACTER = 8, READ_IRQ = 0xc };

static void test_screen(void **state)
{
    (void)state;
    Rig rig;
    BoardScreen view;
    rig_open(&rig, "5 screen, 31 mainboard");
    assert_int_equal(rd(&rig, CONTROLLER, 0x400 * SCREEN + 4), 5);
    assert_int_equal(rd(&rig, CONTROLLER, 0x400 * SCREEN + 8), 1);
    assert_int_equal(rd(&rig, SCREEN, SIZE), 80 << 16 | 25);
    assert_int_equal(rd(&rig, SCREEN, CURSOR), 0);
    assert_true(board_screen(rig.board, &view));
    uint64_t changes = view.changes;
    wr(&rig, SCREEN, CURSOR, 79 << 16 | 24);
    assert_true(board_screen(rig.board, &view));
    assert_int_equal(view.x, 79);
    assert_int_equal(view.y, 24);
    assert_int_equal(view.columns, 80);
    assert_int_equal(view.rows, 25);
    assert_true(view.changes > changes);
    changes = view.changes;
    put_byte(&rig, SCREEN, BUFFER + 80 + 2, '!'); /* row 1, column 2 */
    assert_true(board_screen(rig.board, &view));
    assert_int_equal(view.text[80 + 2], '!');
    assert_true(view.changes > changes);
    assert_int_equal(rd(&rig, SCREEN, BUFFER + 80), '!' << 8);
    /* All of the memory is there, most of it not shown; the cursor goes
     * anywhere. */
    wr(&rig, SCREEN, BUFFER + 0x7ffc, 0x12345678);
    assert_int_equal(rd(&rig, SCREEN, BUFFER + 0x7ffc), 0x12345678);
    wr(&rig, SCREEN, CURSOR, 0xffffffff);
    assert_int_equal(rd(&rig, SCREEN, CURSOR), 0xffffffff);
    assert_false(answers(&rig, SCREEN, 0x10));
    wr(&rig, SCREEN, SIZE, 40 << 16 | 10);
    assert_int_equal(rd(&rig, SCREEN, SIZE), 80 << 16 | 25);
    assert_int_equal(rig.notes, 2);
    wr(&rig, CONTROLLER, PWR, 1u << 31);
    assert_true(board_screen(rig.board, &view));
    assert_int_equal(view.text[80 + 2], 0);
    rig_close(&rig);
    rig_open(&rig, "0 serial, 31 mainboard");
    assert_false(board_screen(rig.board, &view));
    rig_close(&rig);
}

enum { CHARACTER_CYCLES = 521 };

static void test_screen_keyboard(void **state)
{
    (void)state;
    Rig rig;
    rig_open(&rig, "5 screen, 31 mainboard");
    wr(&rig, SCREEN, READ_IRQ, 1);
    rig.in = "xy";
    board_console_wake(rig.board);
    pass(&rig, CHARACTER_CYCLES);
    assert_int_equal(rd(&rig, SCREEN, READ_IRQ), 3);
    assert_true(interrupts(&rig, SCREEN));
    assert_int_equal(rd(&rig, SCREEN, CHARACTER), 'x');
    pass(&rig, CLOCK); /* the next one waits */
    assert_int_equal(rd(&rig, SCREEN, CHARACTER), 'x');
    wr(&rig, SCREEN, READ_IRQ, 1);
    assert_false(interrupts(&rig, SCREEN));
    pass(&rig, CHARACTER_CYCLES);
    assert_int_equal(rd(&rig, SCREEN, CHARACTER), 'y');
    static const bool asserting[8] = {false, false, false, true,
                                      false, true,  false, true};
    for (uint32_t bits = 0; bits < 8; bits++) {
        wr(&rig, SCREEN, READ_IRQ, bits);
        assert_int_equal(rd(&rig, SCREEN, READ_IRQ), bits);
        assert_int_equal(interrupts(&rig, SCREEN), asserting[bits]);
    }
    rig_close(&rig);
}

/* What is typed is for one card. */
static void test_keyboards(void **state)
{
    (void)state;
    static const char slots[] = "0 serial, 5 screen, 31 mainboard";
    for (unsigned screen = 0; screen < 2; screen++) {
        Rig rig;
        rig_open_set(&rig, slots, "sys161.keyboard",
                     screen ? "screen" : "serial");
        rig.in = "x";
        board_console_wake(rig.board);
        pass(&rig, CLOCK);
        assert_int_equal(rd(&rig, SERIAL, 8), screen ? 0 : 2);
        assert_int_equal(rd(&rig, SCREEN, READ_IRQ), screen ? 2 : 0);
        rig_close(&rig);
    }
    /* Where there is no screen, nothing else can be. */
    Rig rig;
    rig_open_set(&rig, "0 serial, 31 mainboard", "sys161.keyboard", "screen");
    rig.in = "x";
    board_console_wake(rig.board);
    pass(&rig, CLOCK);
    assert_int_equal(rd(&rig, SERIAL, 8), 2);
    rig_close(&rig);
}

/* --- Bad use ---------------------------------------------------------------
 */

/* Steps that lead to a warning: what to do, to which slot and offset. */
typedef enum StepKind {
    STEP_END,
    STEP_WRITE,
    STEP_READ,
    STEP_FAULT, /* a read that is a bus error */
    STEP_PASS,  /* `value` cycles */
} StepKind;

typedef struct Step {
    StepKind kind;
    unsigned slot;
    uint32_t offset, value;
} Step;

enum { STEPS_MAX = 4 };

/* Every warning that a card gives, in the order of the files: what System/161
 * ends or leaves undefined.  The last step is the one that is told of. */
static const struct {
    const char *words;
    Step steps[STEPS_MAX];
} misuses[] = {
    {"timer in slot 29: offset 0x0 is read, but the slot has no power",
     {{STEP_WRITE, CONTROLLER, PWR, 1u << 31}, {STEP_FAULT, TIMER, 0, 0}}},
    {"timer in slot 29: offset 0x18 is read, where no register is",
     {{STEP_FAULT, TIMER, 0x18, 0}}},
    {"disk in slot 2: sector 200 is asked for, of 200",
     {{STEP_WRITE, DISK, 8, 200},
      {STEP_WRITE, DISK, 4, 1},
      {STEP_PASS, 0, 0, CLOCK}}},
    {"disk in slot 2: an operation is started before the one before it is done",
     {{STEP_WRITE, DISK, 4, 1}, {STEP_WRITE, DISK, 4, 1}}},
    {"disk in slot 2: 0x5 is written to STATUS, which takes 0, 1 and 3",
     {{STEP_WRITE, DISK, 4, 5}}},
    {"disk in slot 2: the buffer is written during an operation",
     {{STEP_WRITE, DISK, 4, 1}, {STEP_WRITE, DISK, BUFFER, 0}}},
    {"disk in slot 2: SECTOR is written during an operation, which ignores it",
     {{STEP_WRITE, DISK, 4, 1}, {STEP_WRITE, DISK, 8, 0}}},
    {"disk in slot 2: offset 0xc is written, which is read-only",
     {{STEP_WRITE, DISK, 0xc, 0}}},
    {"emufs in slot 1: a name is refused: it is absolute, leads out of the "
     "folder, or is too long",
     {{STEP_WRITE, EMUFS, BUFFER, 0x2f000000},
      {STEP_WRITE, EMUFS, 8, 1},
      {STEP_WRITE, EMUFS, 0xc, 1},
      {STEP_PASS, 0, 0, CLOCK}}},
    {"emufs in slot 1: an operation is started before the one before it is "
     "done",
     {{STEP_WRITE, EMUFS, 0xc, 8}, {STEP_WRITE, EMUFS, 0xc, 8}}},
    {"emufs in slot 1: offset 0x4 is written during an operation",
     {{STEP_WRITE, EMUFS, 0xc, 8}, {STEP_WRITE, EMUFS, 4, 0}}},
    {"mainboard in slot 31: CPUE is set to 0x2: of the processors, 0x1, number "
     "0 stays on",
     {{STEP_WRITE, CONTROLLER, CPUE, 2}}},
    {"mainboard in slot 31: offset 0x7e00 is written, which is read-only",
     {{STEP_WRITE, CONTROLLER, RAMSZ, 0}}},
    {"mainboard in slot 31: offset 0xc is read, where no register is",
     {{STEP_FAULT, CONTROLLER, 0xc, 0}}},
    {"nic in slot 27: a frame is to be sent before the one before it has left; "
     "wait for TRANSMIT_IRQ",
     {{STEP_WRITE, NIC, SEND_BUFFER + 4, 8 << 16 | 1},
      {STEP_WRITE, NIC, CONTROL, 2},
      {STEP_WRITE, NIC, CONTROL, 2}}},
    {"nic in slot 27: a frame of 0 bytes is dropped; it has 8 to 4096, header "
     "included",
     {{STEP_WRITE, NIC, CONTROL, 2}}},
    {"nic in slot 27: a frame to address 0 is dropped, which is the hub's own",
     {{STEP_WRITE, NIC, SEND_BUFFER + 4, 8 << 16},
      {STEP_WRITE, NIC, CONTROL, 2}}},
    {"nic in slot 27: 0x5 is written to CONTROL, of which bits 0 and 1 count",
     {{STEP_WRITE, NIC, CONTROL, 5}}},
    {"nic in slot 27: 0x1 is written to RECEIVE_IRQ, which takes 0: it stays",
     {{STEP_WRITE, NIC, RECEIVE_IRQ, 1}}},
    {"nic in slot 27: offset 0xc is written, which is read-only",
     {{STEP_WRITE, NIC, STATUS, 0}}},
    {"random in slot 28: offset 0x0 is written, which is read-only",
     {{STEP_WRITE, RANDOM, 0, 0}}},
    {"screen in slot 5: offset 0x8 is written, which is read-only",
     {{STEP_WRITE, SCREEN, CHARACTER, 0}}},
    {"serial in slot 0: a character is written before the one before it is "
     "out, which is lost; wait for WRITE_IRQ bit 1",
     {{STEP_WRITE, SERIAL, 0, 'a'}, {STEP_WRITE, SERIAL, 0, 'b'}}},
    {"timer in slot 29: the speaker is read, but only makes noise",
     {{STEP_READ, TIMER, 0x14, 0}}},
    {"timer in slot 29: offset 0xc is written, which is read-only",
     {{STEP_WRITE, TIMER, 0xc, 0}}},
    {"trace in slot 30: offset 0x0 is read, which is write-only",
     {{STEP_READ, TRACE, 0, 0}}},
};

static void take_step(Rig *rig, const Step *step)
{
    switch (step->kind) {
    case STEP_END: break;
    case STEP_WRITE: wr(rig, step->slot, step->offset, step->value); break;
    case STEP_READ: rd(rig, step->slot, step->offset); break;
    case STEP_FAULT:
        assert_false(answers(rig, step->slot, step->offset));
        break;
    case STEP_PASS: pass(rig, step->value); break;
    }
}

static void test_misuse(void **state)
{
    (void)state;
    char slots[300];
    char disk[sizeof folder + 16];
    Diag diag = {""};
    snprintf(disk, sizeof disk, "%s/disk.img", folder);
    assert_true(disk161_create(disk, 200, true, &diag));
    snprintf(slots, sizeof slots,
             "0 serial, 1 emufs dir=%s, 2 disk file=%s, 5 screen, 27 nic "
             "hwaddr=1, 28 random, 29 timer, 30 trace, 31 mainboard",
             folder, disk);
    for (size_t i = 0; i < ARRAY_LEN(misuses); i++) {
        Rig rig;
        rig_open(&rig, slots);
        for (size_t at = 0; at < STEPS_MAX && misuses[i].steps[at].kind; at++) {
            if (rig.notes)
                fail_msg("%s: it comes too early", misuses[i].words);
            take_step(&rig, &misuses[i].steps[at]);
        }
        if (rig.notes != 1 || strcmp(rig.note, misuses[i].words) != 0)
            fail_msg("%s: there is %u: %s", misuses[i].words, rig.notes,
                     rig.note);
        rig_close(&rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nic_send),
        cmocka_unit_test(test_nic_send_nothing),
        cmocka_unit_test(test_nic_receive),
        cmocka_unit_test(test_nic_flood),
        cmocka_unit_test(test_nic_bad_frames),
        cmocka_unit_test(test_nics),
        cmocka_unit_test(test_screen),
        cmocka_unit_test(test_screen_keyboard),
        cmocka_unit_test(test_keyboards),
        cmocka_unit_test(test_misuse),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
