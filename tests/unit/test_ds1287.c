/* The DS1287: calendar, formats, divider chain, flags and interrupts. */
#include "hwmodel/dev/ds1287.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { SEC, SEC_ALARM, MIN, MIN_ALARM, HOUR, HOUR_ALARM, WDAY, DAY, MON, YEAR };
enum { A = 10, B = 11, C = 12, D = 13, DEC_YEAR = 0x3f };
enum {
    SET = 0x80,
    PIE = 0x40,
    AIE = 0x20,
    UIE = 0x10,
    BINARY = 0x04,
    H24 = 0x02,
    DSE = 0x01,
    UIP = 0x80,
    IRQF = 0x80,
    PF = 0x40,
    AF = 0x20,
    UF = 0x10,
};
enum { HZ = 25000000 };

typedef struct Rig {
    EventQueue *events;
    Device *rtc;
    bool irq;
    uint64_t rises;
} Rig;

static void on_irq(void *ctx, unsigned id, bool level)
{
    (void)id;
    Rig *rig = ctx;
    rig->rises += level && !rig->irq;
    rig->irq = level;
}

static void rig_open(Rig *rig, int64_t date)
{
    *rig = (Rig){.events = events_create(HZ)};
    rig->rtc = ds1287_create(rig->events, date, (Line){on_irq, rig, 0});
    ds1287_class.reset(rig->rtc);
}

static void rig_close(Rig *rig)
{
    ds1287_class.destroy(rig->rtc);
    events_destroy(rig->events);
}

static unsigned rd(Rig *rig, unsigned reg)
{
    return ds1287_class.read(rig->rtc, 4 * reg, 1);
}

static void wr(Rig *rig, unsigned reg, unsigned value)
{
    ds1287_class.write(rig->rtc, 4 * reg, 1, value);
}

static void pass(Rig *rig, uint64_t cycles)
{
    events_run(rig->events, events_now(rig->events) + cycles);
}

static void set_time(Rig *rig, unsigned mon, unsigned day, unsigned wday,
                     unsigned hour, unsigned min, unsigned sec)
{
    wr(rig, MON, mon);
    wr(rig, DAY, day);
    wr(rig, WDAY, wday);
    wr(rig, HOUR, hour);
    wr(rig, MIN, min);
    wr(rig, SEC, sec);
}

static void expect_time(Rig *rig, unsigned mon, unsigned day, unsigned wday,
                        unsigned hour, unsigned min, unsigned sec)
{
    assert_int_equal(rd(rig, MON), mon);
    assert_int_equal(rd(rig, DAY), day);
    assert_int_equal(rd(rig, WDAY), wday);
    assert_int_equal(rd(rig, HOUR), hour);
    assert_int_equal(rd(rig, MIN), min);
    assert_int_equal(rd(rig, SEC), sec);
}

/* Both of Linux's readings of the year: arch/mips/dec/time.c, and
 * drivers/rtc/rtc-mc146818-lib.c. */
static void expect_year(Rig *rig, int year, bool both)
{
    int chip = (int)rd(rig, YEAR), offset = (int)rd(rig, DEC_YEAR);
    int since_1900 = chip + offset - 72;
    if (since_1900 <= 69)
        since_1900 += 100;
    assert_int_equal(1900 + since_1900, year);
    if (both)
        assert_int_equal(2000 + chip + offset - 72, year);
}

static void test_dates(void **state)
{
    (void)state;
    Rig rig;
    rig_open(&rig, 946684800); /* Saturday 2000-01-01 00:00:00 */
    expect_time(&rig, 1, 1, 7, 0, 0, 0);
    expect_year(&rig, 2000, true);
    assert_int_equal(rd(&rig, YEAR), 72);
    rig_close(&rig);
    rig_open(&rig, 1109635199); /* Monday 2005-02-28 23:59:59 */
    expect_time(&rig, 2, 28, 2, 23, 59, 59);
    expect_year(&rig, 2005, true);
    assert_int_equal(rd(&rig, YEAR), 73); /* no leap year, before March */
    pass(&rig, HZ);
    expect_time(&rig, 3, 1, 3, 0, 0, 0);
    rig_close(&rig);
    rig_open(&rig, 951782399); /* Monday 2000-02-28 23:59:59 */
    pass(&rig, HZ);
    expect_time(&rig, 2, 29, 3, 0, 0, 0);
    rig_close(&rig);
    rig_open(&rig, 1735689599); /* Tuesday 2024-12-31 23:59:59 */
    expect_year(&rig, 2024, true);
    pass(&rig, HZ);
    expect_time(&rig, 1, 1, 4, 0, 0, 0);
    expect_year(&rig, 2025, true);
    rig_close(&rig);
    rig_open(&rig, 0); /* Thursday 1970-01-01 */
    expect_time(&rig, 1, 1, 5, 0, 0, 0);
    expect_year(&rig, 1970, false);
    rig_close(&rig);
}

/* Registers are bytes, at every fourth address and nowhere else. */
static void test_lanes(void **state)
{
    (void)state;
    Rig rig;
    rig_open(&rig, 0);
    for (unsigned reg = 14; reg < 64; reg++)
        ds1287_class.write(rig.rtc, 4 * reg, 4, 0xabcdef00 | reg);
    ds1287_class.write(rig.rtc, 4 * 20 + 1, 1, 0xee);
    for (unsigned reg = 14; reg < 64; reg++)
        assert_int_equal(ds1287_class.read(rig.rtc, 4 * reg, 4), reg);
    assert_int_equal(ds1287_class.read(rig.rtc, 4 * 20 + 2, 2), 0);
    assert_int_equal(rd(&rig, D), 0x80);
    wr(&rig, D, 0);
    wr(&rig, C, 0xff);
    assert_int_equal(rd(&rig, D), 0x80);
    assert_int_equal(rd(&rig, C), 0);
    rig_close(&rig);
}

static void test_formats(void **state)
{
    (void)state;
    Rig rig;
    rig_open(&rig, 0);
    wr(&rig, B, 0); /* BCD, 12 hours */
    set_time(&rig, 0x09, 0x30, 7, 0x11 | 0x80, 0x59, 0x59);
    pass(&rig, HZ);
    expect_time(&rig, 0x10, 0x01, 1, 0x12, 0, 0); /* midnight is 12 AM */
    set_time(&rig, 0x10, 0x01, 1, 0x12, 0x59, 0x59);
    pass(&rig, HZ);
    expect_time(&rig, 0x10, 0x01, 1, 0x01, 0, 0);
    set_time(&rig, 0x10, 0x01, 1, 0x11, 0x59, 0x59);
    pass(&rig, HZ);
    expect_time(&rig, 0x10, 0x01, 1, 0x12 | 0x80, 0, 0);
    wr(&rig, B, H24);
    set_time(&rig, 0x12, 0x31, 7, 0x23, 0x59, 0x59);
    wr(&rig, YEAR, 0x99);
    pass(&rig, HZ);
    expect_time(&rig, 0x01, 0x01, 1, 0, 0, 0);
    assert_int_equal(rd(&rig, YEAR), 0);
    wr(&rig, B, BINARY);
    set_time(&rig, 2, 28, 1, 11 | 0x80, 59, 9);
    wr(&rig, YEAR, 4);
    pass(&rig, HZ);
    expect_time(&rig, 2, 28, 1, 11 | 0x80, 59, 10);
    wr(&rig, SEC, 59);
    pass(&rig, HZ);
    expect_time(&rig, 2, 29, 2, 12, 0, 0);
    rig_close(&rig);
}

/* Whatever a guest puts into the registers, the calendar gets on. */
static void test_garbage(void **state)
{
    (void)state;
    Rig rig;
    srand(7);
    rig_open(&rig, 0);
    for (unsigned i = 0; i < 20000; i++) {
        wr(&rig, (unsigned)rand() % 14, (unsigned)rand());
        pass(&rig, (uint64_t)rand() % HZ);
        rd(&rig, (unsigned)rand() % 14);
    }
    wr(&rig, B, BINARY | H24);
    wr(&rig, A, 0x70);
    wr(&rig, A, 0x20);
    set_time(&rig, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
    pass(&rig, HZ);
    expect_time(&rig, 1, 1, 1, 0, 0, 0);
    rig_close(&rig);
}

static void test_daylight_saving(void **state)
{
    (void)state;
    Rig rig;
    rig_open(&rig, 0);
    wr(&rig, B, BINARY | H24 | DSE);
    set_time(&rig, 4, 7, 1, 1, 59, 59);
    pass(&rig, HZ);
    expect_time(&rig, 4, 7, 1, 3, 0, 0);
    set_time(&rig, 4, 8, 1, 1, 59, 59); /* second Sunday */
    pass(&rig, HZ);
    expect_time(&rig, 4, 8, 1, 2, 0, 0);
    set_time(&rig, 10, 25, 1, 1, 59, 59);
    pass(&rig, HZ);
    expect_time(&rig, 10, 25, 1, 1, 0, 0);
    pass(&rig, (uint64_t)3600 * HZ);
    expect_time(&rig, 10, 25, 1, 2, 0, 0); /* once only */
    rig_close(&rig);
}

static void test_update(void **state)
{
    (void)state;
    Rig rig;
    rig_open(&rig, 0);
    wr(&rig, B, BINARY | H24 | UIE);
    pass(&rig, HZ - HZ / 1000000 * 244 - 1);
    assert_int_equal(rd(&rig, A) & UIP, 0);
    pass(&rig, 1);
    assert_int_equal(rd(&rig, A) & UIP, UIP);
    assert_int_equal(rd(&rig, SEC), 0);
    pass(&rig, HZ / 1000000 * 244 - 1);
    assert_int_equal(rd(&rig, A) & UIP, UIP);
    assert_false(rig.irq);
    pass(&rig, 1);
    assert_int_equal(rd(&rig, A) & UIP, 0);
    assert_int_equal(rd(&rig, SEC), 1);
    assert_true(rig.irq);
    assert_int_equal(rd(&rig, C), IRQF | UF | PF);
    assert_false(rig.irq);
    assert_int_equal(rd(&rig, C), 0);
    /* UF is set without UIE, too. */
    wr(&rig, B, BINARY | H24);
    pass(&rig, HZ);
    assert_false(rig.irq);
    assert_int_equal(rd(&rig, C), UF | PF);
    rig_close(&rig);
}

static void test_set(void **state)
{
    (void)state;
    Rig rig;
    rig_open(&rig, 0);
    wr(&rig, B, BINARY | H24 | SET | UIE | AIE);
    assert_int_equal(rd(&rig, B), BINARY | H24 | SET | AIE); /* no UIE */
    pass(&rig, 10 * (uint64_t)HZ - 1);
    assert_int_equal(rd(&rig, A) & UIP, 0);
    assert_int_equal(rd(&rig, SEC), 0);
    assert_int_equal(rd(&rig, C) & UF, 0);
    wr(&rig, B, BINARY | H24); /* nothing was set: time has run on */
    assert_int_equal(rd(&rig, SEC), 9);
    wr(&rig, B, BINARY | H24 | SET);
    wr(&rig, MIN, 30);
    pass(&rig, 10 * (uint64_t)HZ);
    wr(&rig, B, BINARY | H24);
    assert_int_equal(rd(&rig, MIN), 30);
    assert_int_equal(rd(&rig, SEC), 9);
    rig_close(&rig);
}

/* Linux sets the clock so that it runs on after half a second. */
static void test_divider(void **state)
{
    (void)state;
    Rig rig;
    rig_open(&rig, 0);
    pass(&rig, HZ / 3);
    wr(&rig, A, 0x76);
    pass(&rig, 5 * (uint64_t)HZ);
    assert_int_equal(rd(&rig, SEC), 0);
    assert_int_equal(rd(&rig, A), 0x76);
    wr(&rig, A, 0x26);
    pass(&rig, HZ / 2 - 1);
    assert_int_equal(rd(&rig, SEC), 0);
    pass(&rig, 1);
    assert_int_equal(rd(&rig, SEC), 1);
    pass(&rig, HZ - 1);
    assert_int_equal(rd(&rig, SEC), 1);
    wr(&rig, A, 0x29); /* another rate does not disturb the time */
    pass(&rig, 1);
    assert_int_equal(rd(&rig, SEC), 2);
    wr(&rig, A, 0x06); /* off */
    pass(&rig, 5 * (uint64_t)HZ);
    assert_int_equal(rd(&rig, SEC), 2);
    rig_close(&rig);
}

static void test_alarm(void **state)
{
    (void)state;
    Rig rig;
    rig_open(&rig, 0);
    wr(&rig, HOUR_ALARM, 0xc0);
    wr(&rig, MIN_ALARM, 0xff);
    wr(&rig, SEC_ALARM, 5);
    wr(&rig, B, BINARY | H24 | AIE);
    pass(&rig, 5 * (uint64_t)HZ - 1);
    assert_false(rig.irq);
    pass(&rig, 1);
    assert_true(rig.irq);
    assert_int_equal(rd(&rig, C) & (IRQF | AF), IRQF | AF);
    pass(&rig, 60 * (uint64_t)HZ - 1);
    assert_false(rig.irq);
    pass(&rig, 1);
    assert_true(rig.irq);
    rd(&rig, C);
    wr(&rig, HOUR_ALARM, 3); /* at a time of day */
    wr(&rig, MIN_ALARM, 1);
    pass(&rig, (uint64_t)3600 * HZ * 3 - HZ);
    assert_false(rig.irq);
    pass(&rig, HZ);
    assert_true(rig.irq);
    assert_int_equal(rd(&rig, HOUR), 3);
    rig_close(&rig);
}

static void test_periodic(void **state)
{
    (void)state;
    Rig rig;
    rig_open(&rig, 0);
    wr(&rig, A, 0x29); /* 128 Hz, as Linux: 195312.5 cycles */
    rd(&rig, C);
    wr(&rig, B, BINARY | H24 | PIE);
    uint64_t end = 100 * (uint64_t)HZ;
    while (events_next(rig.events) <= end) {
        events_run(rig.events, events_next(rig.events));
        if (rig.irq)
            assert_int_equal(rd(&rig, C) & (IRQF | PF), IRQF | PF);
    }
    assert_int_equal(rig.rises, 12800); /* no drift */

    /* Boundaries lie half a period off the update. */
    events_run(rig.events, end);
    rd(&rig, C);
    pass(&rig, 97656);
    assert_false(rig.irq);
    pass(&rig, 1);
    assert_true(rig.irq);
    pass(&rig, 10 * 195313); /* an interrupt that is not served stays one */
    assert_int_equal(rd(&rig, C) & PF, PF);
    assert_int_equal(rd(&rig, C) & PF, 0);

    /* Polled, without an interrupt. */
    wr(&rig, B, BINARY | H24);
    wr(&rig, A, 0x23); /* 8192 Hz */
    assert_int_equal(rd(&rig, C), 0);
    unsigned seen = 0;
    for (unsigned i = 0; i < 10000; i++) {
        pass(&rig, 2500);
        seen += (rd(&rig, C) & PF) != 0;
    }
    assert_in_range(seen, 8191, 8193);
    wr(&rig, A, 0x20); /* none */
    pass(&rig, HZ);
    assert_int_equal(rd(&rig, C), UF);
    rig_close(&rig);
}

static void test_reset(void **state)
{
    (void)state;
    Rig rig;
    rig_open(&rig, 0);
    wr(&rig, 0x20, 0x5a);
    wr(&rig, B, 0x7e);
    pass(&rig, 3 * (uint64_t)HZ + 5);
    assert_true(rig.irq);
    ds1287_class.reset(rig.rtc);
    assert_false(rig.irq);
    assert_int_equal(rd(&rig, C), 0);
    assert_int_equal(rd(&rig, B), BINARY | H24);
    assert_int_equal(rd(&rig, 0x20), 0x5a);
    assert_int_equal(rd(&rig, SEC), 3);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_lanes),
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_daylight_saving),
        cmocka_unit_test(test_update),
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_divider),
        cmocka_unit_test(test_alarm),
        cmocka_unit_test(test_periodic),
        cmocka_unit_test(test_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
