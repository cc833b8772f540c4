/* The sys161 board and its cards, register by register, without a processor. */
#include "base/bits.h"
#include "tests/unit/rig161.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* --- Mainboard -------------------------------------------------------------
 */

static void test_start(void **state)
{
    (void)state;
    Rig rig;
    char text[7];
    rig_open(&rig, "0 serial, 31 mainboard ramsize=1M cpus=1");
    uint32_t a0 = rig.start.gpr[4];
    assert_int_equal(rig.start.pc, 0x80000200);
    assert_int_equal(rig.start.gpr[29], a0 - 4);
    assert_int_equal(a0, 0x800ffff8);
    assert_true(bus_peek(rig.bus, a0 & 0x1fffffff, text, sizeof text));
    assert_string_equal(text, "-x now");
    assert_int_equal(rd(&rig, CONTROLLER, RAMSZ), 1 << 20);
    BoardCpu cpu = board_cpu(rig.board);
    assert_int_equal(cpu.kind, BOARD_CPU_MIPS161_2);
    assert_int_equal(cpu.prid, 0xa1);
    rig_close(&rig);
}

static void test_config_regions(void **state)
{
    (void)state;
    static const struct {
        unsigned slot;
        uint32_t did, drl;
    } cards[] = {{0, 4, 1},  {1, 7, 1},  {28, 9, 1},
                 {29, 2, 1}, {30, 8, 3}, {31, 10, 1}};
    Rig rig;
    rig_open(&rig, "0 serial, 1 emufs dir=., 28 random, 29 timer, "
                   "30 trace, 31 mainboard");
    for (size_t i = 0; i < ARRAY_LEN(cards); i++) {
        uint32_t at = 0x400 * cards[i].slot;
        assert_int_equal(rd(&rig, CONTROLLER, at), 1);
        assert_int_equal(rd(&rig, CONTROLLER, at + 4), cards[i].did);
        assert_int_equal(rd(&rig, CONTROLLER, at + 8), cards[i].drl);
    }
    assert_int_equal(rd(&rig, CONTROLLER, 0x400 * 5), 0);
    assert_int_equal(rig.notes, 0);
    assert_false(answers(&rig, CONTROLLER, 0x400 * 5 + 0xc));
    assert_false(answers(&rig, CONTROLLER, SELF + 4));
    assert_false(answers(&rig, CONTROLLER, 0x8008));
    assert_false(answers(&rig, CONTROLLER, 0x8400));
    assert_int_equal(rig.notes, 4);
    assert_false(answers(&rig, 5, 0)); /* an empty slot */
    rig_close(&rig);
}

static void test_mainboard(void **state)
{
    (void)state;
    Rig rig;
    rig_open(&rig, "0 serial, 29 timer, 31 mainboard");
    assert_int_equal(rd(&rig, CONTROLLER, CPUS), 1);
    assert_int_equal(rd(&rig, CONTROLLER, CPUE), 1);
    assert_int_equal(rd(&rig, CONTROLLER, SELF), 1);
    assert_int_equal(rd(&rig, CONTROLLER, IRQE), 0xffffffff);
    assert_int_equal(rd(&rig, CONTROLLER, CIRQE), 0xffffffff);
    assert_int_equal(rd(&rig, CONTROLLER, PWR), 0xa0000001);
    /* A processor's interrupt, and the scratch memory. */
    wr(&rig, CONTROLLER, CIPI, 7);
    assert_int_equal(rig.irqs, 1 << 1);
    assert_int_equal(rd(&rig, CONTROLLER, CIPI), 7);
    wr(&rig, CONTROLLER, CIPI, 0);
    assert_int_equal(rig.irqs, 0);
    wr(&rig, CONTROLLER, CRAM + 0xfc, 0x12345678);
    uint32_t byte = 0;
    assert_true(bus_read(rig.bus, place(CONTROLLER, CRAM + 0xfd), 1, &byte));
    assert_int_equal(byte, 0x34);
    /* Read-only registers stay, and the user is told. */
    wr(&rig, CONTROLLER, RAMSZ, 0);
    assert_int_equal(rig.notes, 1);
    assert_non_null(strstr(rig.note, "read-only"));
    assert_int_not_equal(rd(&rig, CONTROLLER, RAMSZ), 0);
    wr(&rig, CONTROLLER, CPUE, 3);
    assert_int_equal(rig.notes, 2);
    assert_int_equal(rd(&rig, CONTROLLER, CPUE), 1);
    /* Interrupts of slots: IRQS always, the processor by both masks. */
    wr(&rig, SERIAL, 4, 5);
    assert_int_equal(rd(&rig, CONTROLLER, IRQS), 1);
    assert_int_equal(rig.irqs, 1);
    wr(&rig, CONTROLLER, IRQE, ~1u);
    assert_int_equal(rd(&rig, CONTROLLER, IRQS), 1);
    assert_int_equal(rig.irqs, 0);
    wr(&rig, CONTROLLER, IRQE, 1);
    wr(&rig, CONTROLLER, CIRQE, ~1u);
    assert_int_equal(rig.irqs, 0);
    wr(&rig, CONTROLLER, CIRQE, 1);
    assert_int_equal(rig.irqs, 1);
    rig_close(&rig);
}

/* Registers of a processor. */
static uint32_t area(unsigned cpu, uint32_t offset)
{
    return offset + 0x400 * cpu;
}

static void test_processors(void **state)
{
    (void)state;
    Rig rig;
    rig_open(&rig, "0 serial, 31 mainboard cpus=32");
    assert_int_equal(board_cpu(rig.board).count, 32);
    assert_int_equal(rd(&rig, CONTROLLER, CPUS), 0xffffffff);
    rig_close(&rig);
    rig_open(&rig, "0 serial, 31 mainboard cpus=3");
    assert_int_equal(rd(&rig, CONTROLLER, CPUS), 7);
    assert_int_equal(rd(&rig, CONTROLLER, CPUE), 1);
    rig.self = 2;
    assert_int_equal(rd(&rig, CONTROLLER, SELF), 4);
    /* Each has its areas; a fourth one is not there. */
    wr(&rig, CONTROLLER, area(1, CIPI), 1);
    assert_int_equal(rig.all_irqs[0], 0);
    assert_int_equal(rig.all_irqs[1], 1 << 1);
    assert_int_equal(rig.all_irqs[2], 0);
    assert_int_equal(rd(&rig, CONTROLLER, area(1, CIPI)), 1);
    assert_int_equal(rd(&rig, CONTROLLER, CIPI), 0);
    wr(&rig, CONTROLLER, area(1, CIPI), 0);
    assert_int_equal(rig.all_irqs[1], 0);
    assert_false(answers(&rig, CONTROLLER, area(3, CIPI)));
    assert_false(answers(&rig, CONTROLLER, area(1, CIPI) + 4));
    /* An interrupt of a slot goes to who wants it. */
    wr(&rig, CONTROLLER, area(1, CIRQE), 0);
    wr(&rig, SERIAL, 4, 5);
    assert_int_equal(rig.all_irqs[0], 1);
    assert_int_equal(rig.all_irqs[1], 0);
    assert_int_equal(rig.all_irqs[2], 1);
    wr(&rig, CONTROLLER, IRQE, 0);
    assert_int_equal(rig.all_irqs[2], 0);
    /* What a processor begins with. */
    wr(&rig, CONTROLLER, area(2, CRAM), 0x80001234);
    wr(&rig, CONTROLLER, area(2, CRAM) + 4, 17);
    wr(&rig, CONTROLLER, CPUE, 5);
    assert_int_equal(rig.on, 4);
    assert_int_equal(rig.begun.pc, 0x80001234);
    assert_int_equal(rig.begun.gpr[4], 17);
    assert_int_equal(rig.begun.gpr[29], 0x9fff8c00);
    assert_int_equal(rd(&rig, CONTROLLER, CPUE), 5);
    wr(&rig, CONTROLLER, CPUE, 3);
    assert_int_equal(rig.on, 2);
    assert_int_equal(rig.begun.pc, 0);
    assert_int_equal(rig.notes, 2);
    wr(&rig, CONTROLLER, CPUE, 0xa);
    assert_int_equal(rig.notes, 3);
    assert_non_null(strstr(rig.note, "0x7"));
    assert_int_equal(rd(&rig, CONTROLLER, CPUE), 3);
    /* The on-chip timers are apart. */
    uint32_t timer = board_cpu(rig.board).timer, value;
    assert_true(bus_write(rig.bus, timer + 2 * BUS_PAGE, 4, 100));
    assert_true(bus_write(rig.bus, timer + 2 * BUS_PAGE + 4, 4, 150));
    assert_true(bus_read(rig.bus, timer, 4, &value));
    assert_int_equal(value, 0);
    pass(&rig, 50);
    assert_int_equal(rig.all_irqs[2], 1 << 5);
    assert_int_equal(rig.all_irqs[0], 0);
    assert_false(bus_read(rig.bus, timer + 3 * BUS_PAGE, 4, &value));
    rig_close(&rig);
}

static void test_power(void **state)
{
    (void)state;
    Rig rig;
    rig_open(&rig, "0 serial, 29 timer, 31 mainboard");
    /* A card without power forgets, is silent, and does not answer. */
    wr(&rig, SERIAL, 4, 5);
    wr(&rig, CONTROLLER, PWR, 0xa0000000);
    assert_int_equal(rig.irqs, 0);
    assert_false(answers(&rig, SERIAL, 4));
    rig.in = "x"; /* typed in vain */
    board_console_wake(rig.board);
    pass(&rig, CLOCK);
    assert_string_equal(rig.in, "x");
    wr(&rig, CONTROLLER, PWR, 0xa0000001);
    assert_int_equal(rd(&rig, SERIAL, 4), 0);
    pass(&rig, CLOCK); /* but not lost */
    assert_int_equal(rd(&rig, SERIAL, 8), 2);
    assert_int_equal(rd(&rig, SERIAL, 0), 'x');
    /* The machine goes off 5 ms after its own bit; what was printed is out. */
    wr(&rig, CONTROLLER, PWR, 0);
    pass(&rig, 5 * CLOCK / 1000 - 1);
    assert_false(rig.stopped);
    wr(&rig, SERIAL, 0, '!');
    pass(&rig, 1);
    assert_true(rig.stopped);
    assert_int_equal(rig.why, BOARD_STOP_HALT);
    assert_int_equal(rig.status, 0);
    assert_string_equal(rig.out, "!");
    rig_close(&rig);
    rig_open(&rig, "0 serial, 31 mainboard");
    wr(&rig, CONTROLLER, PWR, 0);
    pass(&rig, CLOCK);
    assert_true(rig.stopped);
    assert_int_equal(rig.out_count, 0);
    rig_close(&rig);
}

/* The boot ROM's handlers end the run: the guest had not cleared BEV. */
static void test_boot_rom(void **state)
{
    (void)state;
    static const uint32_t vectors[] = {0x1fc00000, 0x1fc00100, 0x1fc00180};
    Rig rig;
    uint32_t word = 0;
    rig_open(&rig, "0 serial, 31 mainboard");
    assert_int_equal(rig.start.status, 1 << 22);
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        assert_true(bus_read(rig.bus, vectors[i], 4, &word));
        assert_int_equal(word, 0x3c1abfe0);
    }
    assert_true(bus_write(rig.bus, 0x1fdfe008, 4, 0));
    assert_true(rig.stopped);
    assert_int_equal(rig.why, BOARD_STOP_HALT);
    assert_int_equal(rig.status, BOARD_STATUS_CRASH);
    assert_non_null(strstr(rig.note, "an exception came to the boot ROM"));
    rig_close(&rig);
}

/* What the kernel starts with must fit. */
static void test_start_errors(void **state)
{
    (void)state;
    Rig rig;
    char long_arguments[1025];
    memset(long_arguments, 'x', sizeof long_arguments - 1);
    long_arguments[sizeof long_arguments - 1] = '\0';
    rig_open(&rig, "31 mainboard ramsize=512K");
    static const BoardImage large = {0x80000000, "", 512 << 10};
    BoardImage arguments = {0x80000000, long_arguments, 0};
    Diag diag = {""};
    assert_false(board_reset(rig.board, &large, &rig.start, &diag));
    assert_non_null(strstr(diag.text, "no room for arguments"));
    diag = (Diag){""};
    assert_false(board_reset(rig.board, &arguments, &rig.start, &diag));
    assert_non_null(strstr(diag.text, "it takes 1023"));
    rig_close(&rig);
}

static void test_old_mainboard(void **state)
{
    (void)state;
    Rig rig;
    rig_open(&rig, "0 serial, 31 busctl ramsize=512K");
    assert_int_equal(rd(&rig, CONTROLLER, 0x7c04), 1);
    assert_int_equal(rd(&rig, CONTROLLER, 0x7c08), 2);
    assert_int_equal(rd(&rig, CONTROLLER, RAMSZ), 512 << 10);
    assert_int_equal(rd(&rig, CONTROLLER, IRQE), 0xffffffff);
    assert_int_equal(rd(&rig, CONTROLLER, PWR), 0x80000001);
    wr(&rig, SERIAL, 4, 5);
    assert_int_equal(rd(&rig, CONTROLLER, IRQS), 1);
    assert_int_equal(rig.irqs, 1);
    wr(&rig, CONTROLLER, IRQE, ~1u);
    assert_int_equal(rig.irqs, 0);
    assert_int_equal(rig.notes, 0);
    assert_false(answers(&rig, CONTROLLER, CPUS));
    assert_false(answers(&rig, CONTROLLER, CIRQE));
    BoardCpu cpu = board_cpu(rig.board);
    assert_int_equal(cpu.kind, BOARD_CPU_MIPS161_1);
    assert_int_equal(cpu.prid, 0x3ff);
    wr(&rig, CONTROLLER, PWR, 1);
    pass(&rig, CLOCK);
    assert_false(rig.stopped);
    wr(&rig, CONTROLLER, PWR, 0);
    pass(&rig, CLOCK);
    assert_true(rig.stopped);
    rig_close(&rig);
}

/* Its features follow from its kind (machine.c). */
static void test_processor_key(void **state)
{
    (void)state;
    static const struct {
        const char *slots, *key;
        uint32_t prid;
    } cases[] = {
        {"31 mainboard", "mainboard", 0xa1}, {"31 mainboard", "1", 0x3ff},
        {"31 mainboard", "2", 0xa1},         {"31 busctl", "mainboard", 0x3ff},
        {"31 busctl", "1", 0x3ff},           {"31 busctl", "2", 0xa1},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        Rig rig;
        rig_open_set(&rig, cases[i].slots, "sys161.processor", cases[i].key);
        BoardCpu cpu = board_cpu(rig.board);
        bool newer = cases[i].prid == 0xa1;
        assert_int_equal(cpu.prid, cases[i].prid);
        assert_int_equal(cpu.kind,
                         newer ? BOARD_CPU_MIPS161_2 : BOARD_CPU_MIPS161_1);
        assert_int_equal(cpu.timer != 0, newer);
        rig_close(&rig);
    }
}

static void test_warnings_end(void **state)
{
    (void)state;
    Rig rig;
    rig_open(&rig, "29 timer, 31 mainboard");
    for (unsigned i = 0; i < 1000; i++)
        assert_false(answers(&rig, TIMER, 0x18));
    assert_int_equal(rig.notes, 17);
    assert_non_null(strstr(rig.note, "not shown"));
    rig_close(&rig);
}

/* --- Timers ----------------------------------------------------------------
 */

static void test_timer(void **state)
{
    (void)state;
    Rig rig;
    rig_open(&rig, "29 timer, 31 mainboard");
    assert_int_equal(rd(&rig, TIMER, 0), 946684800); /* rtc.date */
    pass(&rig, CLOCK + 3);
    assert_int_equal(rd(&rig, TIMER, 0), 946684801);
    assert_int_equal(rd(&rig, TIMER, 4), 3 * 40);
    wr(&rig, TIMER, 0x10, 1000);
    pass(&rig, 25 * 400);
    assert_int_equal(rd(&rig, TIMER, 0x10), 600);
    pass(&rig, 25 * 600 - 1);
    assert_false(interrupts(&rig, TIMER));
    pass(&rig, 1);
    assert_true(interrupts(&rig, TIMER));
    assert_int_equal(rig.irqs, 1);
    assert_int_equal(rd(&rig, TIMER, 0xc), 1);
    assert_int_equal(rig.irqs, 0);
    assert_int_equal(rd(&rig, TIMER, 0xc), 0);
    pass(&rig, CLOCK);
    assert_false(interrupts(&rig, TIMER));
    /* Again and again. */
    wr(&rig, TIMER, 8, 1);
    wr(&rig, TIMER, 0x10, 10);
    for (unsigned i = 0; i < 3; i++) {
        pass(&rig, 25 * 10);
        assert_int_equal(rd(&rig, TIMER, 0xc), 1);
        assert_int_equal(rd(&rig, TIMER, 0xc), 0);
    }
    wr(&rig, TIMER, 8, 0);
    pass(&rig, 25 * 10);
    assert_int_equal(rd(&rig, TIMER, 0xc), 1);
    pass(&rig, 25 * 100);
    assert_int_equal(rd(&rig, TIMER, 0xc), 0);
    assert_int_equal(rd(&rig, TIMER, 0x10), 0); /* it has ended */
    wr(&rig, TIMER, 8, 0x12345678);
    assert_int_equal(rd(&rig, TIMER, 8), 0x12345678);
    wr(&rig, TIMER, 8, 0);
    /* A countdown of nothing takes a cycle; noise is a write. */
    wr(&rig, TIMER, 0x10, 0);
    pass(&rig, 1);
    assert_int_equal(rd(&rig, TIMER, 0xc), 1);
    wr(&rig, TIMER, 0x14, 1);
    assert_int_equal(rig.notes, 0);
    rd(&rig, TIMER, 0x14);
    assert_int_equal(rig.notes, 1);
    rig_close(&rig);
}

static void test_cpu_timer(void **state)
{
    (void)state;
    enum { COUNT = 0, COMPARE = 4 };
    Rig rig;
    rig_open(&rig, "31 mainboard");
    uint32_t pa = board_cpu(rig.board).timer, value = 0;
    pass(&rig, 100);
    assert_true(bus_read(rig.bus, pa + COUNT, 4, &value));
    assert_int_equal(value, 100);
    pass(&rig, UINT64_C(1) << 33); /* silent until COMPARE is written */
    assert_int_equal(rig.irqs, 0);
    assert_true(bus_write(rig.bus, pa + COUNT, 4, 50));
    assert_true(bus_write(rig.bus, pa + COMPARE, 4, 80));
    pass(&rig, 29);
    assert_int_equal(rig.irqs, 0);
    pass(&rig, 1);
    assert_int_equal(rig.irqs, 1 << 5);
    assert_true(bus_read(rig.bus, pa + COUNT, 4, &value));
    assert_int_equal(value, 0);
    pass(&rig, 79);
    assert_true(bus_write(rig.bus, pa + COMPARE, 4, 80));
    assert_int_equal(rig.irqs, 0);
    pass(&rig, 1);
    assert_int_equal(rig.irqs, 1 << 5);
    assert_true(bus_read(rig.bus, pa + COMPARE, 4, &value));
    assert_int_equal(value, 80);
    /* What is there now comes round again; */
    pass(&rig, 60);
    assert_true(bus_write(rig.bus, pa + COMPARE, 4, 60));
    pass(&rig, (UINT64_C(1) << 32) - 1);
    assert_int_equal(rig.irqs, 0);
    pass(&rig, 1);
    assert_int_equal(rig.irqs, 1 << 5);
    /* what is past is counted from 0. */
    pass(&rig, 59);
    assert_true(bus_write(rig.bus, pa + COMPARE, 4, 20));
    assert_true(bus_read(rig.bus, pa + COUNT, 4, &value));
    assert_int_equal(value, 0);
    pass(&rig, 19);
    assert_int_equal(rig.irqs, 0);
    pass(&rig, 1);
    assert_int_equal(rig.irqs, 1 << 5);
    rig_close(&rig);
}

/* --- Serial ----------------------------------------------------------------
 */

enum { CHARACTER_CYCLES = 521 }; /* 20.8 us */

static void test_serial_write(void **state)
{
    (void)state;
    Rig rig;
    rig_open(&rig, "0 serial, 31 mainboard");
    wr(&rig, SERIAL, 4, 1);
    wr(&rig, SERIAL, 0, 'A');
    pass(&rig, CHARACTER_CYCLES - 1);
    assert_int_equal(rig.out_count, 0);
    assert_int_equal(rd(&rig, SERIAL, 4), 1);
    pass(&rig, 1);
    assert_string_equal(rig.out, "A");
    assert_int_equal(rd(&rig, SERIAL, 4), 3);
    assert_true(interrupts(&rig, SERIAL));
    wr(&rig, SERIAL, 4, 1);
    assert_false(interrupts(&rig, SERIAL));
    /* Bit 1 alone does not interrupt, nor bit 2; with bit 0 either does. */
    static const bool asserting[8] = {false, false, false, true,
                                      false, true,  false, true};
    for (uint32_t bits = 0; bits < 8; bits++) {
        wr(&rig, SERIAL, 4, bits);
        assert_int_equal(rd(&rig, SERIAL, 4), bits);
        assert_int_equal(interrupts(&rig, SERIAL), asserting[bits]);
    }
    wr(&rig, SERIAL, 4, 0xfffffff8);
    assert_int_equal(rd(&rig, SERIAL, 4), 0);
    /* Too soon: the second takes the place of the first. */
    wr(&rig, SERIAL, 0, 'B');
    pass(&rig, 10);
    wr(&rig, SERIAL, 0, 'C');
    assert_int_equal(rig.notes, 1);
    pass(&rig, CLOCK);
    assert_string_equal(rig.out, "AC");
    /* A byte store to the last byte of the register does as well. */
    assert_true(bus_write(rig.bus, place(SERIAL, 3), 1, 'D'));
    pass(&rig, CLOCK);
    assert_string_equal(rig.out, "ACD");
    rig_close(&rig);
}

static void test_serial_read(void **state)
{
    (void)state;
    Rig rig;
    rig_open(&rig, "0 serial, 31 mainboard");
    pass(&rig, CLOCK);
    assert_int_equal(rd(&rig, SERIAL, 8), 0);
    wr(&rig, SERIAL, 8, 1);
    rig.in = "xy";
    board_console_wake(rig.board);
    pass(&rig, CHARACTER_CYCLES);
    assert_int_equal(rd(&rig, SERIAL, 8), 3);
    assert_true(interrupts(&rig, SERIAL));
    assert_int_equal(rd(&rig, SERIAL, 0), 'x');
    pass(&rig, CLOCK); /* the next one waits */
    assert_int_equal(rd(&rig, SERIAL, 0), 'x');
    wr(&rig, SERIAL, 8, 1);
    assert_false(interrupts(&rig, SERIAL));
    pass(&rig, CHARACTER_CYCLES);
    assert_int_equal(rd(&rig, SERIAL, 0), 'y');
    wr(&rig, SERIAL, 8, 4);
    assert_false(interrupts(&rig, SERIAL));
    wr(&rig, SERIAL, 8, 5);
    assert_true(interrupts(&rig, SERIAL));
    rig_close(&rig);
}

/* --- The others ------------------------------------------------------------
 */

static void test_random(void **state)
{
    (void)state;
    Rig a, b, c;
    rig_open(&a, "28 random seed=7, 31 mainboard");
    rig_open(&b, "28 random seed=7, 31 mainboard");
    rig_open(&c, "28 random seed=8, 31 mainboard");
    unsigned same = 0;
    for (unsigned i = 0; i < 100; i++) {
        uint32_t value = rd(&a, RANDOM, 0);
        assert_int_equal(rd(&b, RANDOM, 0), value);
        same += rd(&c, RANDOM, 0) == value;
    }
    assert_int_equal(same, 0);
    wr(&a, RANDOM, 0, 0);
    assert_int_equal(a.notes, 1);
    rig_close(&a);
    rig_close(&c);
    /* Two cards have one source. */
    rig_open(&a, "27 random, 28 random seed=7, 31 mainboard");
    rig_open(&c, "28 random seed=7, 31 mainboard");
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(rd(&a, RANDOM - (i & 1), 0), rd(&c, RANDOM, 0));
    rig_close(&a);
    rig_close(&b);
    rig_close(&c);
}

static void test_trace(void **state)
{
    (void)state;
    Rig rig;
    rig_open(&rig, "30 trace, 31 mainboard");
    wr(&rig, TRACE, 0, 'k');
    assert_int_equal(rig.letter, 'k');
    assert_true(rig.traced);
    wr(&rig, TRACE, 4, 't');
    assert_int_equal(rig.letter, 't');
    assert_false(rig.traced);
    wr(&rig, TRACE, 8, 42);
    assert_non_null(strstr(rig.note, "42"));
    wr(&rig, TRACE, 0xc, 43);
    assert_non_null(strstr(rig.note, "43"));
    wr(&rig, TRACE, 0x10, 44);
    assert_non_null(strstr(rig.note, "44"));
    wr(&rig, TRACE, 0x14, 5);
    assert_int_equal(rig.mark, 1);
    assert_int_equal(rd(&rig, TRACE, 0x14), 1);
    wr(&rig, TRACE, 0x14, 0);
    assert_int_equal(rig.mark, 0);
    wr(&rig, TRACE, 0x18, 45);
    assert_non_null(strstr(rig.note, "45"));
    assert_int_equal(rig.notes, 4);
    rd(&rig, TRACE, 8);
    assert_int_equal(rig.notes, 5);
    rig_close(&rig);
}

static void test_conf_errors(void **state)
{
    (void)state;
    static const struct {
        const char *slots, *words;
    } cases[] = {
        {"29 timer", "no mainboard"},
        {"32 timer", "no slot"},
        {"x timer", "no slot"},
        {"29", "device is missing"},
        {"29 tymer", "no device \"tymer\""},
        {"29 timer, 29 trace", "taken"},
        {"5 mainboard", "mainboard is in slot 31"},
        {"31 timer", "mainboard is in slot 31"},
        {"29 timer fast", "no argument \"fast\""},
        {"2 disk", "file is missing"},
        {"2 disk file=", "name is missing"},
        {"2 disk rpm=61 file=x", "multiple of 60"},
        {"2 disk rpm=0 file=x", "multiple of 60"},
        {"2 disk rpm=60b file=x", "no number up to"},
        {"2 disk rpm=120s file=x", "no number up to"},
        {"2 disk sectors=8b file=x", "no number up to"},
        {"2 disk size=0 file=x", "no size"},
        {"2 disk file=/nowhere/x, 31 mainboard", "cannot open the disk"},
        {"1 emufs dir=/nowhere/x, 31 mainboard", "cannot open the folder"},
        {"0 serial, 1 serial, 31 mainboard", "serial card already"},
        {"5 screen, 6 screen, 31 mainboard", "screen card already"},
        {"5 screen columns=80", "no argument \"columns\""},
        {"27 nic", "address is missing"},
        {"27 nic hub=hub", "address is missing"},
        {"27 nic hwaddr=0", "no card has that address"},
        {"27 nic hwaddr=0xffff", "no card has that address"},
        {"27 nic hwaddr=0x10000", "no number up to 65535"},
        {"27 nic hwaddr=1 hub=", "name is missing"},
        {"27 nic hwaddr=1 loss=2", "no argument \"loss\""},
        {"31 mainboard cpus=33", "no number"},
        {"31 mainboard cpus=0", "no such mainboard"},
        {"31 mainboard ramsize=4095", "multiple of 4"},
        {"31 mainboard ramsize=0", "no size"},
        {"2 disk file=a nodoom paranoid doom", "no argument \"doom\""},
        {"29 timer 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15", "too many arguments"},
        {"31 busctl ramsize=0", "no size"},
        {"31 mainboard ramsize=", "no size"},
        {"31 mainboard ramsize", "no size"},
        {"31 mainboard ramsize=1024M", "multiple of 4"},
        {"31 oldmainboard cpus=1", "no argument \"cpus\""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        Rig rig;
        Diag diag = {""};
        assert_false(rig_try(&rig, cases[i].slots, true, NULL, 0, &diag));
        if (!strstr(diag.text, cases[i].words))
            fail_msg("%s: %s", cases[i].slots, diag.text);
        rig_close(&rig);
    }
    Rig rig;
    Diag diag = {""};
    assert_false(rig_try(&rig, "31 mainboard", false, NULL, 0, &diag));
    assert_non_null(strstr(diag.text, "big-endian"));
    rig_close(&rig);
    /* As OS/161 has it, comments and all. */
    rig_open(&rig, "# slots\n0\tserial\n#2 disk\n28\trandom\tautoseed\n"
                   "29 timer # clock\n30 trace\n\n"
                   "31 mainboard  ramsize=524288  cpus=4\n");
    assert_int_equal(board_cpu(rig.board).count, 4);
    assert_int_equal(rd(&rig, CONTROLLER, RAMSZ), 524288);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_start),
        cmocka_unit_test(test_config_regions),
        cmocka_unit_test(test_mainboard),
        cmocka_unit_test(test_processors),
        cmocka_unit_test(test_power),
        cmocka_unit_test(test_boot_rom),
        cmocka_unit_test(test_start_errors),
        cmocka_unit_test(test_old_mainboard),
        cmocka_unit_test(test_processor_key),
        cmocka_unit_test(test_warnings_end),
        cmocka_unit_test(test_timer),
        cmocka_unit_test(test_cpu_timer),
        cmocka_unit_test(test_serial_write),
        cmocka_unit_test(test_serial_read),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_trace),
        cmocka_unit_test(test_conf_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
