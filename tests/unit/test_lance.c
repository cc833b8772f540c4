/* The PMAD-AA: identification, station ROM, the Am7990's transmit side. */
#include "hwmodel/dev/lance.h"

#include "base/bits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { RDP = 0x100000, RAP = 0x100004, ROM = 0x1c0000 };
enum {
    ERR = 0x8000,
    BABL = 0x4000,
    TINT = 0x0200,
    IDON = 0x0100,
    INTR = 0x0080,
    INEA = 0x0040,
    RXON = 0x0020,
    TXON = 0x0010,
    TDMD = 0x0008,
    STOP = 0x0004,
    STRT = 0x0002,
    INIT = 0x0001,
    OWN = 0x8000,
    STP = 0x0200,
    ENP = 0x0100,
    TMD1_ERR = 0x4000,
};
enum { HZ = 10000000, RING = 0x100, BUFFER = 0x1000, RING_LOG = 2 };

static const uint8_t station[6] = {0x08, 0x00, 0x2b, 0x01, 0x02, 0x03};

typedef struct Rig {
    EventQueue *events;
    Device *lance;
    bool irq;
} Rig;

static void on_irq(void *ctx, unsigned id, bool level)
{
    (void)id;
    ((Rig *)ctx)->irq = level;
}

static void rig_open(Rig *rig)
{
    *rig = (Rig){.events = events_create(HZ)};
    rig->lance = lance_create(rig->events, station, (Line){on_irq, rig, 0});
    lance_class.reset(rig->lance);
}

static void rig_close(Rig *rig)
{
    lance_class.destroy(rig->lance);
    events_destroy(rig->events);
}

static uint32_t rd(Rig *rig, uint32_t offset)
{
    return lance_class.read(rig->lance, offset, 2) & 0xffff;
}

static void wr(Rig *rig, uint32_t offset, uint32_t value)
{
    lance_class.write(rig->lance, offset, 2, value);
}

static void pass(Rig *rig, uint64_t cycles)
{
    events_run(rig->events, events_now(rig->events) + cycles);
}

static void write_csr(Rig *rig, unsigned csr, uint32_t value)
{
    wr(rig, RAP, csr);
    wr(rig, RDP, value);
    wr(rig, RAP, 0);
}

static void set_descriptor(Rig *rig, unsigned i, uint32_t flags, uint32_t bytes)
{
    uint32_t at = RING + 8 * i, buffer = BUFFER + 0x800 * i;
    wr(rig, at, buffer & 0xffff);
    wr(rig, at + 4, 0xf000 | (-bytes & 0xfff));
    wr(rig, at + 6, 0x1234);
    wr(rig, at + 2, flags | buffer >> 16);
}

/* As Linux's declance does it. */
static void bring_up(Rig *rig)
{
    write_csr(rig, 0, STOP);
    wr(rig, 0, 0); /* mode */
    wr(rig, 20, RING);
    wr(rig, 22, RING_LOG << 13);
    for (unsigned i = 0; i < 1 << RING_LOG; i++)
        set_descriptor(rig, i, 0, 0);
    write_csr(rig, 1, 0);
    write_csr(rig, 2, 0);
    write_csr(rig, 3, 0);
    wr(rig, RDP, INIT);
    assert_int_equal(rd(rig, RDP), INIT);
    pass(rig, HZ / 100000);
    assert_int_equal(rd(rig, RDP), INIT | IDON | INTR);
    assert_false(rig->irq);
    wr(rig, RDP, IDON);
    wr(rig, RDP, STRT);
    wr(rig, RDP, INEA);
    assert_int_equal(rd(rig, RDP), INIT | STRT | INEA | RXON | TXON);
}

static void test_roms(void **state)
{
    (void)state;
    Rig rig;
    rig_open(&rig);
    uint8_t rom[0x120], esar[32];
    for (uint32_t i = 0; i < sizeof rom; i++)
        rom[i] = (uint8_t)lance_class.read(rig.lance, ROM + 4 * i, 1);
    for (uint32_t i = 0; i < sizeof esar; i++)
        esar[i] = (uint8_t)lance_class.read(rig.lance, ROM + 4 * i + 2, 1);
    assert_memory_equal(rom + 0x3f0 / 4, "\x55\x00\xaa\xff", 4);
    assert_memory_equal(rom + 0x420 / 4, "DEC     ", 8);
    assert_memory_equal(rom + 0x440 / 4, "PMAD-AA ", 8);
    assert_int_equal(rom[0x3ec / 4], 1);
    assert_memory_equal(esar, station, 6);
    assert_memory_equal(esar + 16, station, 6);
    assert_memory_equal(esar + 24, "\xff\x00\x55\xaa\xff\x00\x55\xaa", 8);
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(esar[i], esar[15 - i]);
    /* 2 * (2 * 0x0008 + 0x012b) + 0x0302 */
    assert_int_equal(bits_load16(esar + 6, false), 0x0578);
    wr(&rig, ROM, 0xffff);
    assert_int_equal(lance_class.read(rig.lance, ROM + 2, 1) & 0xff, 0x08);
    rig_close(&rig);
}

static void test_buffer(void **state)
{
    (void)state;
    Rig rig;
    rig_open(&rig);
    lance_class.write(rig.lance, 0x1fffc, 4, 0x11223344);
    assert_int_equal(lance_class.read(rig.lance, 0x3fffc, 4), 0x11223344);
    assert_int_equal(lance_class.read(rig.lance, 0x1ffff, 1), 0x11);
    lance_class.write(rig.lance, 0x1fffd, 1, 0x99);
    assert_int_equal(rd(&rig, 0x1fffc), 0x9944);
    rig_close(&rig);
}

static void test_registers(void **state)
{
    (void)state;
    Rig rig;
    rig_open(&rig);
    assert_int_equal(rd(&rig, RDP), STOP);
    write_csr(&rig, 1, 0x1235);
    write_csr(&rig, 2, 0xabcd);
    write_csr(&rig, 3, 0xffff);
    static const uint32_t expected[] = {STOP, 0x1234, 0xcd, 7};
    for (unsigned i = 0; i < 4; i++) {
        wr(&rig, RAP, 0xfffc | i);
        assert_int_equal(rd(&rig, RAP), i);
        assert_int_equal(rd(&rig, RDP), expected[i]);
    }
    lance_class.write(rig.lance, RAP, 1, 0); /* bytes do nothing */
    assert_int_equal(rd(&rig, RAP), 3);
    wr(&rig, RAP, 0);
    wr(&rig, RDP, INEA); /* not while stopped */
    assert_int_equal(rd(&rig, RDP), STOP);
    bring_up(&rig);
    wr(&rig, RAP, 1);
    assert_int_equal(rd(&rig, RDP), 0); /* not while running */
    wr(&rig, RAP, 0);
    wr(&rig, RDP, STOP | STRT);
    assert_int_equal(rd(&rig, RDP), STOP);
    assert_true(events_next(rig.events) == EVENT_NEVER);
    rig_close(&rig);
}

static void test_transmit(void **state)
{
    (void)state;
    Rig rig;
    rig_open(&rig);
    bring_up(&rig);
    set_descriptor(&rig, 0, OWN | STP | ENP, 60);
    wr(&rig, RDP, INEA | TDMD);
    assert_true(rd(&rig, RDP) & TDMD);
    pass(&rig, (60 + 12) * 8 - 1); /* one cycle is one bit */
    assert_false(rig.irq);
    assert_true(rd(&rig, RING + 2) & OWN);
    pass(&rig, 1);
    assert_true(rig.irq);
    assert_int_equal(rd(&rig, RDP),
                     INIT | STRT | INEA | RXON | TXON | TINT | INTR);
    assert_int_equal(rd(&rig, RING + 2), STP | ENP);
    assert_int_equal(rd(&rig, RING + 6), 0);
    wr(&rig, RDP, TINT | INTR | INEA);
    assert_false(rig.irq);

    /* Two frames without a demand, the second in two buffers: the chip polls
     * the ring, and sends them with a gap of 96 bits. */
    pass(&rig, 96);
    set_descriptor(&rig, 1, OWN | STP | ENP, 100);
    set_descriptor(&rig, 2, OWN | STP, 100);
    set_descriptor(&rig, 3, OWN | ENP, 1000);
    pass(&rig, HZ / 1000000 * 1600 + (100 + 12) * 8);
    assert_int_equal(rd(&rig, RING + 8 + 2) & OWN, 0);
    assert_int_equal(rd(&rig, RING + 24 + 2) & OWN, OWN);
    pass(&rig, 96 + (1100 + 12) * 8);
    assert_int_equal(rd(&rig, RING + 16 + 2), STP);
    assert_int_equal(rd(&rig, RING + 24 + 2), ENP);
    assert_true(rig.irq);

    Stats *stats = stats_create();
    stats_add(stats, "lance", lance_class.stats, lance_class.stat_count,
              rig.lance);
    assert_int_equal(stats_get(stats, "lance.frames"), 3);
    assert_int_equal(stats_get(stats, "lance.bytes"), 1260);
    stats_destroy(stats);
    rig_close(&rig);
}

static void test_errors(void **state)
{
    (void)state;
    Rig rig;
    rig_open(&rig);
    bring_up(&rig);
    set_descriptor(&rig, 0, OWN | ENP, 60); /* no start: passed over */
    set_descriptor(&rig, 1, OWN | STP | ENP, 1600);
    wr(&rig, RDP, INEA | TDMD);
    pass(&rig, 20000);
    assert_int_equal(rd(&rig, RING + 2), ENP);
    assert_int_equal(rd(&rig, RDP) & (ERR | BABL), ERR | BABL);
    wr(&rig, RDP, BABL | TINT | INEA);
    assert_int_equal(rd(&rig, RDP) & (ERR | BABL | INTR), 0);
    set_descriptor(&rig, 2, OWN | STP, 60); /* no end */
    wr(&rig, RDP, INEA | TDMD);
    pass(&rig, 20000);
    assert_int_equal(rd(&rig, RING + 16 + 2), TMD1_ERR | STP);
    assert_int_equal(rd(&rig, RING + 16 + 6), 0xc000);
    assert_int_equal(rd(&rig, RDP) & (TXON | TINT), TINT);
    assert_true(events_next(rig.events) == EVENT_NEVER);
    /* A ring full of pieces without an end ends somewhere. */
    bring_up(&rig);
    for (unsigned i = 0; i < 1 << RING_LOG; i++)
        set_descriptor(&rig, i, OWN | STP, 0);
    wr(&rig, RDP, INEA | TDMD);
    pass(&rig, HZ);
    assert_int_equal(rd(&rig, RDP) & (TXON | TINT), TINT);
    rig_close(&rig);
}

static void test_garbage(void **state)
{
    (void)state;
    Rig rig;
    srand(3);
    rig_open(&rig);
    for (unsigned i = 0; i < 200000; i++) {
        uint32_t offset = (uint32_t)rand() % 0x2000;
        switch (rand() % 4) {
        case 0: offset = RDP; break;
        case 1: offset = RAP; break;
        }
        uint32_t value = (uint32_t)rand();
        if (rand() % 8)
            value &= ~(uint32_t)STOP;
        lance_class.write(rig.lance, offset & ~3u, 4, value);
        lance_class.read(rig.lance, offset & ~1u, 2);
        pass(&rig, (uint64_t)rand() % 1000);
    }
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_roms),      cmocka_unit_test(test_buffer),
        cmocka_unit_test(test_registers), cmocka_unit_test(test_transmit),
        cmocka_unit_test(test_errors),    cmocka_unit_test(test_garbage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
