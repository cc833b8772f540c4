/* The boards: what is where, bus errors, disks, returning to the ROM, and what
 * is refused. */
#include "hwmodel/board/board.h"

#include "base/bits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    ERRADDR = 0x1fd80000,
    CHKSYN = 0x1fd00000,
    CSR = 0x1ff00000,
    DZ = 0x1fe00000,
    ROM_LINK = 0x1fc80000,
    ROM = 0x1fc00000,
};
enum { IP2 = 1 << 0, IP3 = 1 << 1, IP5 = 1 << 3 };

typedef struct Rig {
    Config *config;
    EventQueue *events;
    Board *board;
    Bus *bus;
    BoardStart start;
    unsigned irqs; /* levels of the processor's inputs */
    char out[256];
    unsigned out_count;
    const char *in;
    uint64_t insns;
    uint32_t mark;
    bool stopped;
    BoardStop why;
    uint32_t status;
} Rig;

static void on_irq(void *ctx, unsigned cpu, unsigned input, bool level)
{
    Rig *rig = ctx;
    assert_int_equal(cpu, 0);
    rig->irqs &= ~(1u << input);
    rig->irqs |= (unsigned)level << input;
}

static void on_put(void *ctx, uint8_t byte)
{
    Rig *rig = ctx;
    assert_true(rig->out_count < sizeof rig->out - 1);
    rig->out[rig->out_count++] = (char)byte;
}

static int on_get(void *ctx)
{
    Rig *rig = ctx;
    return *rig->in ? (unsigned char)*rig->in++ : -1;
}

static uint64_t on_insns(void *ctx)
{
    return ((Rig *)ctx)->insns;
}

static void on_mark(void *ctx, uint32_t value)
{
    ((Rig *)ctx)->mark = value;
}

static void on_stop(void *ctx, BoardStop why, uint32_t status)
{
    Rig *rig = ctx;
    rig->stopped = true;
    rig->why = why;
    rig->status = status;
}

/* Builds a board from the words "section.key=value" in `words`. */
static bool rig_open(Rig *rig, const char *words, bool big,
                     const BoardDisk *disks, size_t disk_count,
                     const BoardImage *image, Diag *diag)
{
    *rig = (Rig){.in = "", .config = config_create()};
    char *copy = strdup(words), *rest;
    for (char *word = strtok_r(copy, " ", &rest); word;
         word = strtok_r(NULL, " ", &rest))
        assert_true(config_set_word(rig->config, word, "test", diag));
    free(copy);
    rig->events = events_create(config_int(rig->config, CONFIG_CPU_CLOCK));
    BoardHost host = {.ctx = rig,
                      .irq = on_irq,
                      .console_put = on_put,
                      .console_get = on_get,
                      .insns = on_insns,
                      .mark = on_mark,
                      .stop = on_stop};
    rig->board = board_create(rig->config, big, disks, disk_count, &host,
                              rig->events, diag);
    if (!rig->board)
        return false;
    rig->bus = board_bus(rig->board);
    return board_reset(rig->board, image, &rig->start, diag);
}

static void rig_close(Rig *rig)
{
    board_destroy(rig->board);
    events_destroy(rig->events);
    config_destroy(rig->config);
}

static const BoardImage kernel = {0x80040400, "quiet", 0};

static void open_dec(Rig *rig, const char *words)
{
    Diag diag = {""};
    if (!rig_open(rig, words, false, NULL, 0, &kernel, &diag))
        fail_msg("%s", diag.text);
}

static uint32_t rd(Rig *rig, uint32_t pa)
{
    uint32_t value = 0;
    assert_true(bus_read(rig->bus, pa, 4, &value));
    return value;
}

static void wr(Rig *rig, uint32_t pa, uint32_t value)
{
    assert_true(bus_write(rig->bus, pa, 4, value));
}

static void test_dec_start(void **state)
{
    (void)state;
    Rig rig;
    open_dec(&rig, "");
    assert_int_equal(rig.start.pc, 0xbfc00000);
    assert_int_equal(rig.start.status, 0x00400000);
    assert_int_equal(board_cpcond(rig.board) & 1, 1);
    assert_int_equal(rd(&rig, ROM), rd(&rig, 0x1ff80000)); /* the alias */
    assert_int_equal(rig.irqs, 0);
    rig_close(&rig);
}

/* The text that the ROM gives to the kernel, wherever it is. */
static bool rom_holds(Rig *rig, const char *text)
{
    static char rom[0x2000];
    size_t length = strlen(text) + 1;
    assert_true(bus_peek(rig->bus, ROM, rom, sizeof rom));
    for (size_t i = 1; i + length <= sizeof rom; i++)
        if (rom[i - 1] == '\0' && memcmp(rom + i, text, length) == 0)
            return true;
    return false;
}

static void test_cmdline(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", "console=ttyS3"},
        {"quiet", "quiet console=ttyS3"},
        {"xconsole=1", "xconsole=1 console=ttyS3"},
        {"a console=tty0", "a console=tty0"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        Rig rig;
        Diag diag = {""};
        BoardImage image = {0x80040000, cases[i][0], 0};
        assert_true(rig_open(&rig, "", false, NULL, 0, &image, &diag));
        assert_true(rom_holds(&rig, cases[i][1]));
        rig_close(&rig);
    }
    char text[5000];
    for (size_t length = 4075; length <= 4100; length++) {
        Rig rig;
        Diag diag = {""};
        memset(text, 'x', length);
        text[length] = '\0';
        bool good = rig_open(&rig, "", false, NULL, 0,
                             &(BoardImage){0x80040000, text, 0}, &diag);
        assert_int_equal(good, length <= 4095 - 14);
        assert_int_equal(strstr(diag.text, "too long") != NULL, !good);
        rig_close(&rig);
    }
}

static void test_bus_errors(void **state)
{
    (void)state;
    Rig rig;
    open_dec(&rig, "");
    uint32_t v;
    assert_int_equal(rd(&rig, ERRADDR), 0);
    assert_false(bus_read(rig.bus, 0x1e3c03f0, 1, &v)); /* empty slot 0 */
    assert_int_equal(rd(&rig, ERRADDR), 0xc0000000 | 0x1e3c03f0 >> 2);
    assert_int_equal(rig.irqs, IP5);
    assert_false(bus_write(rig.bus, 0x02000000, 4, 0)); /* a second one */
    assert_int_equal(rd(&rig, ERRADDR), 0xc0000000 | 0x1e3c03f0 >> 2);
    wr(&rig, ERRADDR, 0x12345678);
    assert_int_equal(rd(&rig, ERRADDR), 0);
    assert_int_equal(rig.irqs, 0);
    assert_false(bus_write(rig.bus, 0x02000004, 1, 0));
    assert_int_equal(rd(&rig, ERRADDR), 0xe0000000 | 0x02000004 >> 2);
    assert_int_equal(rig.irqs, IP5);
    assert_int_equal(rd(&rig, CHKSYN), 0);
    assert_false(bus_write(rig.bus, ROM, 4, 0));
    Diag diag = {""};
    assert_true(board_reset(rig.board, &kernel, &rig.start, &diag));
    assert_int_equal(rig.irqs, 0);
    assert_int_equal(rd(&rig, ERRADDR), 0);
    rig_close(&rig);
}

static void test_csr(void **state)
{
    (void)state;
    Rig rig;
    open_dec(&rig, "");
    assert_int_equal(rd(&rig, CSR), 0x05000000);
    wr(&rig, CSR, 0xffffffff);
    assert_int_equal(rd(&rig, CSR), 0x05fff900);
    wr(&rig, CSR, 0);
    /* The DZ's transmitter asks for a character. */
    wr(&rig, DZ + 0x00, 0x4020);
    wr(&rig, DZ + 0x08, 0x18 | 3);
    wr(&rig, DZ + 0x10, 8);
    assert_int_equal(rd(&rig, CSR), 0x05000080);
    assert_int_equal(rig.irqs, 0);
    assert_true(bus_write(rig.bus, CSR + 2, 1, 0x80)); /* one byte: enables */
    assert_int_equal(rig.irqs, IP2);
    assert_int_equal(rd(&rig, CSR + 0x7fffc), 0x05800080); /* mirrored */
    wr(&rig, DZ + 0x18, 'x');
    wr(&rig, CSR, 0x00800800); /* TXDIS */
    wr(&rig, DZ + 0x18, 'y');
    wr(&rig, CSR, 0);
    assert_int_equal(rig.irqs, 0);
    wr(&rig, DZ + 0x7ffe0 + 0x18, 'z');
    assert_string_equal(rig.out, "xz");
    rig_close(&rig);
}

static void test_rtc_interrupt(void **state)
{
    (void)state;
    Rig rig;
    open_dec(&rig, "rtc.date=2024-05-06T07:08:09");
    assert_int_equal(rd(&rig, 0x1fe80000 + 4 * 4), 7);
    assert_int_equal(rd(&rig, 0x1fefff00 + 4 * 0), 9); /* mirrored */
    wr(&rig, 0x1fe80000 + 4 * 0xa, 0x29);
    wr(&rig, 0x1fe80000 + 4 * 0xb, 0x46);
    events_run(rig.events, events_next(rig.events));
    assert_int_equal(rig.irqs, IP3);
    rd(&rig, 0x1fe80000 + 4 * 0xc);
    assert_int_equal(rig.irqs, 0);
    rig_close(&rig);
}

/* As Linux looks for options: drivers/tc/tc.c. */
static void test_turbochannel(void **state)
{
    (void)state;
    Rig rig;
    open_dec(&rig, "");
    static const char *const modules[] = {0, 0,          0,         0,
                                          0, "PMAZ-AA ", "PMAD-AA "};
    for (uint32_t slot = 0; slot < ARRAY_LEN(modules); slot++) {
        uint32_t base = 0x1e000000 + slot * 0x400000 + 0x3c0000, v;
        if (!modules[slot]) {
            assert_false(bus_read(rig.bus, base + 0x3f0, 1, &v));
            assert_false(bus_read(rig.bus, base - 0x3c0000 + 0x3f0, 1, &v));
            continue;
        }
        static const uint8_t pattern[] = {0x55, 0x00, 0xaa, 0xff};
        for (uint32_t i = 0; i < 4; i++)
            assert_int_equal(rd(&rig, base + 0x3f0 + 4 * i) & 0xff, pattern[i]);
        for (uint32_t i = 0; i < 8; i++) {
            assert_int_equal(rd(&rig, base + 0x420 + 4 * i) & 0xff,
                             "DEC     "[i]);
            assert_int_equal(rd(&rig, base + 0x440 + 4 * i) & 0xff,
                             modules[slot][i]);
        }
        assert_int_equal(rd(&rig, base + 0x3ec) & 0xff, 1);
    }
    rig_close(&rig);
}

static void expect_return(const char *words, const char *printed, BoardStop why)
{
    Rig rig;
    open_dec(&rig, words);
    assert_int_equal(rd(&rig, ROM_LINK), 0);
    wr(&rig, ROM_LINK, 1);
    assert_int_equal(rd(&rig, ROM_LINK), 1);
    wr(&rig, DZ + 0x00, 0x20);
    wr(&rig, DZ + 0x08, 0x18 | 3);
    wr(&rig, DZ + 0x10, 8);
    for (const char *p = printed; *p; p++) {
        while (!(rd(&rig, DZ) & 0x8000))
            events_run(rig.events, events_next(rig.events));
        wr(&rig, DZ + 0x18, (uint8_t)*p);
    }
    wr(&rig, ROM_LINK + 4, 0);
    assert_true(rig.stopped);
    assert_int_equal(rig.why, why);
    assert_int_equal(rig.status, 0);
    assert_string_equal(rig.out, printed);
    Diag diag = {""};
    assert_true(board_reset(rig.board, &kernel, &rig.start, &diag));
    assert_int_equal(rd(&rig, ROM_LINK), 0);
    rig_close(&rig);
}

static void test_return_to_rom(void **state)
{
    (void)state;
    static const char halt[] = "[    9.1] reboot: System halted\r\n";
    static const char boot[] = "[    9.1] reboot: Restarting system\r\n";
    expect_return("", halt, BOARD_STOP_HALT);
    expect_return("", "", BOARD_STOP_HALT);
    expect_return("", boot, BOARD_STOP_RESET);
    expect_return("", boot + 10, BOARD_STOP_RESET); /* no time stamp */
    /* A slow line has not finished when the kernel jumps. */
    expect_return("dz.baud=300", boot, BOARD_STOP_RESET);
    expect_return("", "reboot: Restarting system\r\nreboot: Power down\r\n",
                  BOARD_STOP_HALT);
    expect_return("prom.halt=stop", boot, BOARD_STOP_HALT);
    expect_return("prom.halt=boot", halt, BOARD_STOP_RESET);

    Rig rig;
    open_dec(&rig, "");
    wr(&rig, ROM_LINK + 8, 0);
    assert_int_equal(rig.why, BOARD_STOP_HALT);
    assert_int_equal(rig.status, BOARD_STATUS_EXCEPTION);
    rig_close(&rig);
}

static void expect_refusal(const char *words, bool big, const BoardDisk *disks,
                           size_t disk_count, const char *why)
{
    Rig rig;
    Diag diag = {""};
    assert_false(rig_open(&rig, words, big, disks, disk_count, &kernel, &diag));
    if (!strstr(diag.text, why))
        fail_msg("got: %s", diag.text);
    rig_close(&rig);
}

static void test_disks(void **state)
{
    (void)state;
    char folder[] = "/tmp/selkirk-board-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char paths[16][64];
    BoardDisk disks[16];
    for (unsigned i = 0; i < 16; i++) {
        snprintf(paths[i], sizeof paths[i], "%s/%u", folder, i);
        FILE *file = fopen(paths[i], "w");
        assert_non_null(file);
        putc('0' + (int)i, file);
        fclose(file);
        assert_int_equal(truncate(paths[i], 1020 << 10), 0);
        disks[i] = (BoardDisk){paths[i], i % 2};
    }
    static const struct {
        const char *words;
        size_t count;
        uint32_t first; /* address of the first disk, 0: refused */
        uint32_t stride;
    } cases[] = {
        {"machine.memory=24M", 12, 0x07000000, 8 << 20},
        {"machine.memory=24M", 13, 0x1c000000, 32 << 20},
        {"machine.memory=24M", 14, 0x1c000000, 32 << 20},
        {"machine.memory=24M", 15, 0, 0},
        {"machine.memory=112M", 1, 0x07000000, 8 << 20},
        {"machine.memory=113M", 1, 0x1c000000, 32 << 20},
        {"machine.memory=120M", 0, 0, 8 << 20},
        {"machine.memory=121M", 0, 0, 32 << 20},
        {"machine.memory=448M", 1, 0x1c000000, 32 << 20},
        {"machine.memory=449M", 1, 0, 0},
        {"machine.memory=480M", 0, 0, 32 << 20},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (!cases[i].stride) {
            expect_refusal(cases[i].words, false, disks, cases[i].count,
                           "disks: ");
            continue;
        }
        Rig rig;
        Diag diag = {""};
        if (!rig_open(&rig, cases[i].words, false, disks, cases[i].count,
                      &kernel, &diag))
            fail_msg("%s", diag.text);
        assert_int_equal(rd(&rig, CSR) >> 10 & 1, cases[i].stride == 32 << 20);
        for (uint32_t d = 0; d < cases[i].count; d++) {
            uint32_t pa = cases[i].first - d * cases[i].stride;
            assert_int_equal(rd(&rig, pa + 0x3fc), 0x03021966);
            assert_int_equal(rd(&rig, pa + 0x1000), '0' + d);
        }
        assert_true(board_sync_disks(rig.board, &diag));
        rig_close(&rig);
    }
    expect_refusal("machine.memory=449M", false, disks, 1, "lower it to 448M");
    BoardDisk twice[2] = {disks[0], disks[0]};
    expect_refusal("", false, twice, 2, "another machine has this disk");
    expect_refusal("machine.board=bare", false, disks, 1, "no disks");
    for (unsigned i = 0; i < 16; i++)
        unlink(paths[i]);
    rmdir(folder);
}

static void test_refusals(void **state)
{
    (void)state;
    expect_refusal("", true, NULL, 0, "little-endian");
    expect_refusal("machine.memory=0x1800001", false, NULL, 0, "25M");
    expect_refusal("rtc.date=2156-01-01T00:00:00", false, NULL, 0, "2155");
    expect_refusal("machine.board=bare machine.memory=257M", true, NULL, 0,
                   "256M");
}

static void test_bare(void **state)
{
    (void)state;
    for (int big = 0; big < 2; big++) {
        Rig rig;
        Diag diag = {""};
        BoardImage image = {0x80100000, " one  two three ", 0};
        if (!rig_open(&rig, "machine.board=bare machine.memory=1M", big, NULL,
                      0, &image, &diag))
            fail_msg("%s", diag.text);
        assert_int_equal(rig.start.pc, 0x80100000);
        assert_int_equal(rig.start.status, 0x20000000);
        assert_int_equal(rig.start.gpr[4], 4);
        static const char *const args[] = {"program", "one", "two", "three"};
        uint32_t argv = rig.start.gpr[5] & 0x1fffffff;
        for (uint32_t i = 0; i < 4; i++) {
            char text[8];
            uint32_t at = rd(&rig, argv + 4 * i) & 0x1fffffff;
            assert_true(bus_peek(rig.bus, at, text, strlen(args[i]) + 1));
            assert_string_equal(text, args[i]);
        }
        assert_int_equal(rd(&rig, argv + 16), 0);
        assert_in_range(rig.start.gpr[29], 0x80000000, 0x80100000 - 32);
        assert_int_equal(rig.start.gpr[29] % 8, 0);

        rig.in = "ab";
        uint32_t v;
        assert_true(bus_read(rig.bus, 0x10000000, 1, &v));
        assert_int_equal(v, 'a');
        assert_int_equal(rd(&rig, 0x10000000), 'b');
        assert_int_equal(rd(&rig, 0x10000000), 0);
        board_console_wake(rig.board);
        assert_true(bus_write(rig.bus, 0x10000000, 1, 'o'));
        wr(&rig, 0x10000000, 'k');
        assert_string_equal(rig.out, "ok");

        events_set_now(rig.events, 0x123456789a);
        rig.insns = 0x0fedcba987;
        assert_int_equal(rd(&rig, 0x10000100), 0x3456789a);
        assert_int_equal(rd(&rig, 0x10000108), 0xedcba987);
        events_set_now(rig.events, 0x200000000000);
        assert_int_equal(rd(&rig, 0x10000104), 0x12);
        assert_int_equal(rd(&rig, 0x1000010c), 0x0f);
        wr(&rig, 0x10000110, 5);
        assert_int_equal(rig.mark, 5);
        assert_int_equal(rd(&rig, 0x10000ffc), 0);
        assert_false(bus_write(rig.bus, 0x11000000, 4, 0));
        assert_int_equal(rig.irqs, 0);
        assert_false(rig.stopped);
        assert_true(bus_write(rig.bus, 0x10000010, 1, 42));
        assert_int_equal(rig.why, BOARD_STOP_EXIT);
        assert_int_equal(rig.status, 42);
        rig_close(&rig);
    }
}

/* The bare board's handlers give way to the program's. */
static void test_bare_handlers(void **state)
{
    (void)state;
    Rig rig;
    Diag diag = {""};
    BoardImage image = {0x80001000, "", 0};
    assert_true(
        rig_open(&rig, "machine.board=bare", false, NULL, 0, &image, &diag));
    assert_int_equal(rd(&rig, 0x80), 0x3c1ab000);
    wr(&rig, 0x10000024, 0x80001234);
    wr(&rig, 0x10000020, 0x10);
    assert_string_equal(rig.out, "exception without a handler: Cause "
                                 "00000010, EPC 80001234\n");
    assert_int_equal(rig.why, BOARD_STOP_EXIT);
    assert_int_equal(rig.status, BOARD_STATUS_EXCEPTION);
    wr(&rig, 0x84, 0x12345678);
    assert_true(board_reset(rig.board, &image, &rig.start, &diag));
    assert_int_equal(rd(&rig, 0x84), 0x12345678);
    rig_close(&rig);

    static char text[70000];
    memset(text, 'x', sizeof text - 1);
    assert_false(rig_open(&rig, "machine.board=bare", false, NULL, 0,
                          &(BoardImage){0x80001000, text, 0}, &diag));
    assert_non_null(strstr(diag.text, "too long"));
    rig_close(&rig);
}

/* Every byte of the boards' address spaces can be read and written. */
static void test_everywhere(void **state)
{
    (void)state;
    static const char *const words[] = {"", "machine.board=bare"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        Rig rig;
        open_dec(&rig, words[i]);
        srand(5);
        for (unsigned n = 0; n < 500000; n++) {
            unsigned size = 1u << rand() % 3;
            uint32_t pa = (uint32_t)rand() * 2 + (uint32_t)rand() % 2;
            if (n % 4)
                pa = 0x1e000000 | (pa & 0x01ffffff);
            pa &= ~(size - 1);
            uint32_t value;
            rig.out_count = 0;
            if (rand() % 2)
                bus_read(rig.bus, pa, size, &value);
            else
                bus_write(rig.bus, pa, size, (uint32_t)rand());
            events_run(rig.events, events_now(rig.events) + n % 100);
        }
        rig_close(&rig);
    }
}

static void test_docs_and_stats(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    board_write_docs(out);
    fclose(out);
    static const char *const words[] = {"## decstation-200", "## bare",
                                        "| 0x1fe00000 to 0x1fe7ffff | dz11 |",
                                        "TLINE", "MARK"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        assert_non_null(strstr(text, words[i]));
    free(text);

    Rig rig;
    open_dec(&rig, "");
    Stats *stats = stats_create();
    board_add_stats(rig.board, stats);
    wr(&rig, DZ + 0x00, 0x20);
    wr(&rig, DZ + 0x10, 8);
    wr(&rig, DZ + 0x18, 'x');
    assert_int_equal(stats_get(stats, "dz11.sent"), 1);
    stats_destroy(stats);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dec_start),
        cmocka_unit_test(test_cmdline),
        cmocka_unit_test(test_bus_errors),
        cmocka_unit_test(test_csr),
        cmocka_unit_test(test_rtc_interrupt),
        cmocka_unit_test(test_turbochannel),
        cmocka_unit_test(test_return_to_rom),
        cmocka_unit_test(test_disks),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_bare),
        cmocka_unit_test(test_bare_handlers),
        cmocka_unit_test(test_everywhere),
        cmocka_unit_test(test_docs_and_stats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
