/* The DC7085: scanner, silo, interrupts, timing, loopback. */
#include "hwmodel/dev/dz11.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    CSR = 0x00,
    RBUF = 0x08,
    LPR = 0x08,
    TCR = 0x10,
    MSR = 0x18,
    TDR = 0x18
};
enum {
    TRDY = 0x8000,
    TIE = 0x4000,
    RDONE = 0x80,
    RIE = 0x40,
    MSE = 0x20,
    CLR = 0x10,
    MAINT = 0x08,
    CS8 = 0x18,
    CS7 = 0x10,
    RXENAB = 0x1000,
};
enum { HZ = 1000000, BAUD = 1000, CHARACTER = HZ / BAUD * 10 };

typedef struct Rig {
    EventQueue *events;
    Device *dz;
    char out[256];
    unsigned out_count;
    const char *in; /* "" : none now */
    unsigned gets;
    bool irq;
} Rig;

static void on_put(void *ctx, uint8_t byte)
{
    Rig *rig = ctx;
    assert_true(rig->out_count < sizeof rig->out - 1);
    rig->out[rig->out_count++] = (char)byte;
}

static int on_get(void *ctx)
{
    Rig *rig = ctx;
    rig->gets++;
    return *rig->in ? (unsigned char)*rig->in++ : -1;
}

static void on_irq(void *ctx, unsigned id, bool level)
{
    assert_int_equal(id, 7);
    ((Rig *)ctx)->irq = level;
}

static void rig_open(Rig *rig, unsigned baud)
{
    *rig = (Rig){.in = "", .events = events_create(HZ)};
    rig->dz =
        dz11_create(rig->events, baud, &(Dz11Terminal){rig, on_put, on_get},
                    (Line){on_irq, rig, 7});
    dz11_class.reset(rig->dz);
}

static void rig_close(Rig *rig)
{
    dz11_class.destroy(rig->dz);
    events_destroy(rig->events);
}

static unsigned rd(Rig *rig, uint32_t reg)
{
    return dz11_class.read(rig->dz, reg, 2) & 0xffff;
}

static void wr(Rig *rig, uint32_t reg, uint32_t value)
{
    dz11_class.write(rig->dz, reg, 2, value);
}

static void pass(Rig *rig, uint64_t cycles)
{
    events_run(rig->events, events_now(rig->events) + cycles);
}

static void test_transmit(void **state)
{
    (void)state;
    Rig rig;
    rig_open(&rig, 0);
    wr(&rig, LPR, CS8 | 3);
    wr(&rig, TCR, 8);
    assert_int_equal(rd(&rig, CSR), 0); /* nobody scans */
    wr(&rig, CSR, MSE);
    assert_int_equal(rd(&rig, CSR), TRDY | 3 << 8 | MSE);
    wr(&rig, TDR, 'H');
    assert_int_equal(rd(&rig, CSR), TRDY | 3 << 8 | MSE);
    dz11_class.write(rig.dz, TDR, 1, 'i');
    assert_string_equal(rig.out, "Hi");
    assert_false(rig.irq);
    wr(&rig, CSR, MSE | TIE);
    assert_true(rig.irq);
    wr(&rig, TCR, 0);
    assert_false(rig.irq);
    assert_int_equal(rd(&rig, CSR), MSE | TIE);
    wr(&rig, TDR, 'x'); /* no line is offered */
    assert_string_equal(rig.out, "Hi");
    wr(&rig, CSR, 0);
    wr(&rig, TCR, 8);
    assert_false(rig.irq);
    rig_close(&rig);
}

static void test_arbitration(void **state)
{
    (void)state;
    Rig rig;
    rig_open(&rig, 0);
    wr(&rig, CSR, MSE);
    wr(&rig, LPR, CS8 | 3);
    wr(&rig, TCR, 1);
    assert_int_equal(rd(&rig, CSR) & (TRDY | 3 << 8), TRDY | 0 << 8);
    wr(&rig, TCR, 0x0f); /* the offer stands while its line is enabled */
    assert_int_equal(rd(&rig, CSR) & (TRDY | 3 << 8), TRDY | 0 << 8);
    wr(&rig, TCR, 0x0e); /* highest line first */
    assert_int_equal(rd(&rig, CSR) & (TRDY | 3 << 8), TRDY | 3 << 8);
    wr(&rig, TCR, 0xf06);
    assert_int_equal(rd(&rig, CSR) & (TRDY | 3 << 8), TRDY | 2 << 8);
    wr(&rig, TDR, 'x'); /* nothing hangs on line 2 */
    assert_int_equal(rig.out_count, 0);
    assert_int_equal(rd(&rig, TCR), 0xf06);
    dz11_class.write(rig.dz, TCR + 1, 1, 0xff); /* the upper byte alone */
    assert_int_equal(rd(&rig, TCR), 0xf06);
    dz11_class.write(rig.dz, TCR, 1, 0x01);
    assert_int_equal(rd(&rig, TCR), 0xf01);
    rig_close(&rig);
}

static void test_timed_transmit(void **state)
{
    (void)state;
    Rig rig;
    rig_open(&rig, BAUD);
    wr(&rig, LPR, CS8 | 3);
    wr(&rig, TCR, 8);
    wr(&rig, CSR, MSE | TIE);
    wr(&rig, TDR, 'a'); /* to the shift register: room for one more */
    assert_true(rig.irq);
    wr(&rig, TDR, 'b');
    assert_false(rig.irq);
    assert_int_equal(rd(&rig, CSR) & TRDY, 0);
    pass(&rig, CHARACTER - 1);
    assert_int_equal(rig.out_count, 0);
    pass(&rig, 1);
    assert_string_equal(rig.out, "a");
    assert_true(rig.irq);
    pass(&rig, CHARACTER);
    assert_string_equal(rig.out, "ab");
    wr(&rig, TDR, 'c');
    wr(&rig, TDR, 'd');
    dz11_drain(rig.dz);
    assert_string_equal(rig.out, "abcd");
    wr(&rig, TDR, 'e');
    wr(&rig, CSR, CLR); /* what is on its way is lost */
    pass(&rig, 10 * CHARACTER);
    assert_string_equal(rig.out, "abcd");
    assert_true(events_next(rig.events) == EVENT_NEVER);
    rig_close(&rig);
}

static void test_receive(void **state)
{
    (void)state;
    Rig rig;
    rig_open(&rig, 0);
    rig.in = "hello";
    dz11_wake(rig.dz);
    assert_int_equal(rig.gets, 0); /* the receiver is off */
    wr(&rig, CSR, MSE | RIE);
    assert_int_equal(rig.gets, 0);
    wr(&rig, LPR, CS8 | RXENAB | 3);
    assert_int_equal(rig.gets, 6);
    assert_true(rig.irq);
    assert_int_equal(rd(&rig, CSR), MSE | RIE | RDONE);
    for (const char *p = "hello"; *p; p++)
        assert_int_equal(rd(&rig, RBUF), 0x8300 | *p);
    assert_false(rig.irq);
    assert_int_equal(rd(&rig, RBUF), 0);
    assert_int_equal(rig.gets, 6); /* nobody woke it */
    rig.in = "x";
    dz11_wake(rig.dz);
    assert_true(rig.irq);
    /* The status byte alone takes nothing. */
    assert_int_equal(dz11_class.read(rig.dz, RBUF + 1, 1) & 0xff, 0x83);
    assert_int_equal(rd(&rig, RBUF), 0x8300 | 'x');
    rig_close(&rig);
}

static void test_silo(void **state)
{
    (void)state;
    Rig rig;
    char text[101] = {0};
    for (unsigned i = 0; i < 100; i++)
        text[i] = (char)('0' + i % 10);
    rig_open(&rig, 0);
    rig.in = text;
    wr(&rig, CSR, MSE);
    wr(&rig, LPR, CS8 | RXENAB | 3);
    assert_int_equal(rig.gets, 64);
    for (unsigned i = 0; i < 100; i++) /* nothing is lost */
        assert_int_equal(rd(&rig, RBUF), 0x8300 | text[i]);
    assert_int_equal(rd(&rig, RBUF), 0);
    /* Stopping the scanner empties the silo. */
    rig.in = "abc";
    dz11_wake(rig.dz);
    wr(&rig, CSR, 0);
    wr(&rig, CSR, MSE);
    assert_int_equal(rd(&rig, RBUF), 0);
    rig_close(&rig);
}

static void test_timed_receive(void **state)
{
    (void)state;
    Rig rig;
    rig_open(&rig, BAUD);
    rig.in = "ab";
    wr(&rig, CSR, MSE | RIE);
    wr(&rig, LPR, CS8 | RXENAB | 3);
    pass(&rig, CHARACTER - 1);
    assert_false(rig.irq);
    pass(&rig, 1);
    assert_true(rig.irq);
    assert_int_equal(rd(&rig, RBUF), 0x8300 | 'a');
    assert_false(rig.irq);
    pass(&rig, CHARACTER);
    assert_int_equal(rd(&rig, RBUF), 0x8300 | 'b');
    pass(&rig, CHARACTER);
    assert_true(events_next(rig.events) == EVENT_NEVER); /* idle */
    rig.in = "c";
    dz11_wake(rig.dz);
    pass(&rig, CHARACTER);
    assert_int_equal(rd(&rig, RBUF), 0x8300 | 'c');
    rig_close(&rig);
}

static void test_loopback(void **state)
{
    (void)state;
    Rig rig;
    rig_open(&rig, 0);
    rig.in = "unheard";
    wr(&rig, CSR, MSE | MAINT);
    wr(&rig, LPR, CS8 | RXENAB | 1);
    wr(&rig, LPR, CS7 | RXENAB | 3);
    assert_int_equal(rig.gets, 0);
    wr(&rig, TCR, 2);
    for (unsigned i = 0; i < 66; i++)
        wr(&rig, TDR, i);
    assert_int_equal(rd(&rig, RBUF), 0x8100 | 0);
    wr(&rig, TDR, 0xaa);
    for (unsigned i = 1; i < 64; i++)
        assert_int_equal(rd(&rig, RBUF), 0x8100 | i);
    assert_int_equal(rd(&rig, RBUF), 0x8100 | 0x4000 | 0xaa); /* overrun */
    wr(&rig, TCR, 8);
    wr(&rig, TDR, 0xff);
    assert_int_equal(rd(&rig, RBUF), 0x8300 | 0x7f); /* seven bits */
    wr(&rig, TCR, 2);
    dz11_class.write(rig.dz, TDR + 1, 1, 0x0f); /* break */
    assert_int_equal(rd(&rig, RBUF), 0x8100 | 0x2000);
    assert_int_equal(rd(&rig, RBUF), 0x8300 | 0x2000);
    assert_int_equal(rd(&rig, RBUF), 0); /* lines 0 and 2 do not receive */
    assert_int_equal(rig.out_count, 0);
    rig_close(&rig);
}

static void test_clear_and_edges(void **state)
{
    (void)state;
    Rig rig;
    rig_open(&rig, 0);
    wr(&rig, CSR, MSE | TIE | RIE);
    wr(&rig, TCR, 0xf0f);
    wr(&rig, LPR, CS8 | RXENAB | 3);
    wr(&rig, CSR, CLR | MSE | TIE);
    assert_int_equal(rd(&rig, CSR), 0);
    assert_int_equal(rd(&rig, TCR), 0xf00);
    assert_int_equal(rd(&rig, MSR), 7);
    dz11_class.write(rig.dz, CSR, 4, 0xffff0000 | MSE);
    assert_int_equal(dz11_class.read(rig.dz, CSR, 4), MSE);
    dz11_class.write(rig.dz, LPR, 1, 0xff); /* bytes do not reach LPR */
    wr(&rig, LPR, CS8 | 3);
    wr(&rig, TCR, 8);
    dz11_disable_output(rig.dz, true);
    wr(&rig, TDR, 'x');
    dz11_disable_output(rig.dz, false);
    wr(&rig, TDR, 'y');
    assert_string_equal(rig.out, "y");
    /* Every access to every byte is harmless. */
    for (uint32_t offset = 0; offset < 0x20; offset++)
        for (unsigned size = 1; size <= 4; size *= 2)
            if (offset % size == 0) {
                dz11_class.write(rig.dz, offset, size, 0xffffffff);
                dz11_class.read(rig.dz, offset, size);
            }
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transmit),
        cmocka_unit_test(test_arbitration),
        cmocka_unit_test(test_timed_transmit),
        cmocka_unit_test(test_receive),
        cmocka_unit_test(test_silo),
        cmocka_unit_test(test_timed_receive),
        cmocka_unit_test(test_loopback),
        cmocka_unit_test(test_clear_and_edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
