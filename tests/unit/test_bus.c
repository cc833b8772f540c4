/* The bus: regions, byte order, errors, mirrors, copying. */
#include "hwmodel/mem/bus.h"

#include "base/bits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* A device that remembers the last access and answers with its offset. */
typedef struct Echo {
    Device device;
    uint32_t offset;
    unsigned size;
    uint32_t value;
} Echo;

static uint32_t echo_read(Device *device, uint32_t offset, unsigned size)
{
    ((Echo *)device)->size = size;
    return 0xabcd0000 | offset;
}

static void echo_write(Device *device, uint32_t offset, unsigned size,
                       uint32_t value)
{
    Echo *echo = (Echo *)device;
    echo->offset = offset;
    echo->size = size;
    echo->value = value;
}

static const DeviceReg echo_regs[] = {{0, 4, "A", ""}, {8, 8, "B", ""}};

static const DeviceClass echo_class = {
    .name = "echo",
    .regs = echo_regs,
    .reg_count = ARRAY_LEN(echo_regs),
    .span = 0x100,
    .read = echo_read,
    .write = echo_write,
};

typedef struct Seen {
    unsigned errors, accesses;
    uint32_t pa, offset, value;
    bool write;
} Seen;

static void on_error(void *ctx, uint32_t pa, bool write)
{
    Seen *seen = ctx;
    seen->errors++;
    seen->pa = pa;
    seen->write = write;
}

static void on_access(void *ctx, const Device *device, uint32_t offset,
                      unsigned size, bool write, uint32_t value)
{
    (void)device, (void)size;
    Seen *seen = ctx;
    seen->accesses++;
    seen->offset = offset;
    seen->write = write;
    seen->value = value;
}

static void test_memory(void **state)
{
    (void)state;
    for (int big = 0; big < 2; big++) {
        Bus *bus = bus_create(big);
        bus_add_ram(bus, 0, 0x3000);
        uint32_t v;
        assert_true(bus_write(bus, 0x1000, 4, 0x11223344));
        assert_true(bus_read(bus, 0x1000, 1, &v));
        assert_int_equal(v, big ? 0x11 : 0x44);
        assert_true(bus_read(bus, 0x1002, 2, &v));
        assert_int_equal(v, big ? 0x3344 : 0x1122);
        assert_true(bus_write(bus, 0x1002, 2, 0xa5b6));
        assert_true(bus_write(bus, 0x1001, 1, 0xc7));
        assert_true(bus_read(bus, 0x1000, 4, &v));
        assert_int_equal(v, big ? 0x11c7a5b6 : 0xa5b6c744);
        uint8_t *page = bus_page(bus, 0x1abc, true);
        assert_int_equal(bits_load32(page, big), v);
        assert_null(bus_page(bus, 0x3000, false));
        bus_destroy(bus);
    }
    bus_destroy(NULL);
}

static void test_rom(void **state)
{
    (void)state;
    Bus *bus = bus_create(false);
    Seen seen = {0};
    bus_set_error(bus, on_error, &seen);
    const uint8_t content[] = {1, 2, 3, 4, 5};
    bus_add_rom(bus, 0x1fc00000, 0x1000, content, sizeof content);
    bus_add_memory(bus, 0x1ff80000, 0x1000, bus_page(bus, 0x1fc00000, false),
                   false);
    uint32_t v;
    assert_true(bus_read(bus, 0x1ff80004, 4, &v));
    assert_int_equal(v, 5);
    assert_false(bus_write(bus, 0x1fc00000, 4, 0));
    assert_int_equal(seen.errors, 1);
    assert_true(seen.write);
    assert_null(bus_page(bus, 0x1fc00000, true));
    assert_true(bus_poke(bus, 0x1fc00004, "\x09", 1));
    assert_true(bus_read(bus, 0x1ff80004, 4, &v));
    assert_int_equal(v, 9);
    bus_destroy(bus);
}

static void test_stretches(void **state)
{
    (void)state;
    static uint8_t disk[0x2000];
    Bus *bus = bus_create(false);
    BusMemory memory;
    assert_false(bus_memory(bus, 0, &memory));
    bus_add_rom(bus, 0x1fc00000, 0x1000, "", 1);
    bus_add_ram(bus, 0x4000, 0x3000);
    bus_add_memory(bus, 0x8000, sizeof disk, disk, false);
    bus_add_memory(bus, 0xa000, sizeof disk, disk, true);
    assert_true(bus_memory(bus, 0, &memory));
    assert_int_equal(memory.pa, 0x4000);
    assert_int_equal(memory.size, 0x3000);
    assert_ptr_equal(memory.bytes, bus_page(bus, 0x4000, true));
    assert_true(bus_memory(bus, 1, &memory));
    assert_int_equal(memory.pa, 0xa000);
    assert_ptr_equal(memory.bytes, disk);
    assert_false(bus_memory(bus, 2, &memory));
    bus_destroy(bus);
}

static void test_device(void **state)
{
    (void)state;
    Bus *bus = bus_create(true);
    Echo echo = {.device = {&echo_class}};
    Seen seen = {0};
    bus_add_device(bus, 0x1e000000, 0x2000, &echo.device);
    bus_set_trace(bus, on_access, &seen);
    uint32_t v;
    assert_true(bus_read(bus, 0x1e000010, 4, &v));
    assert_int_equal(v, 0xabcd0010);
    assert_true(bus_read(bus, 0x1e000010, 1, &v));
    assert_int_equal(v, 0x10);
    assert_true(bus_write(bus, 0x1e0011f2, 2, 0x12345678));
    assert_int_equal(echo.offset, 0xf2);
    assert_int_equal(echo.size, 2);
    assert_int_equal(echo.value, 0x5678);
    assert_int_equal(seen.accesses, 3);
    assert_int_equal(seen.offset, 0xf2);
    assert_int_equal(seen.value, 0x5678);
    assert_true(seen.write);
    assert_null(bus_page(bus, 0x1e000000, false));
    assert_false(bus_peek(bus, 0x1e000000, &v, 4));

    Stats *stats = stats_create();
    bus_add_stats(bus, stats);
    assert_int_equal(stats_get(stats, "bus.device.reads"), 2);
    assert_int_equal(stats_get(stats, "bus.device.writes"), 1);
    stats_destroy(stats);
    bus_destroy(bus);

    assert_string_equal(device_reg(&echo_class, 3)->name, "A");
    assert_null(device_reg(&echo_class, 4));
    assert_string_equal(device_reg(&echo_class, 15)->name, "B");
    assert_null(device_reg(&echo_class, 16));
}

static void test_errors(void **state)
{
    (void)state;
    Bus *bus = bus_create(false);
    Seen seen = {0};
    bus_set_error(bus, on_error, &seen);
    bus_add_ram(bus, 0, 0x1000);
    bus_add_ram(bus, 0xfffff000, 0x1000);
    uint32_t v;
    assert_true(bus_read(bus, 0xfffffffc, 4, &v));
    assert_false(bus_read(bus, 0x1000, 4, &v));
    assert_int_equal(seen.pa, 0x1000);
    assert_false(seen.write);
    assert_false(bus_read(bus, 0xffffeffc, 4, &v));
    assert_false(bus_write(bus, 0x80000000, 1, 0));
    assert_int_equal(seen.pa, 0x80000000);
    assert_true(seen.write);
    assert_int_equal(seen.errors, 3);
    bus_destroy(bus);
}

static void test_copy(void **state)
{
    (void)state;
    Bus *bus = bus_create(false);
    bus_add_ram(bus, 0, 0x1000);
    bus_add_ram(bus, 0x1000, 0x1000); /* neighbours: copies cross */
    bus_add_ram(bus, 0xfffff000, 0x1000);
    uint8_t out[0x1800], in[0x1800] = {0};
    for (unsigned i = 0; i < sizeof out; i++)
        out[i] = (uint8_t)(i * 7);
    assert_true(bus_poke(bus, 0x400, out, sizeof out));
    assert_true(bus_peek(bus, 0x400, in, sizeof in));
    assert_memory_equal(in, out, sizeof in);
    assert_false(bus_poke(bus, 0x801, out, sizeof out)); /* one too far */
    assert_true(bus_peek(bus, 0x400, in, sizeof in));
    assert_memory_equal(in, out, sizeof in);
    assert_true(bus_peek(bus, 0xfffffffc, in, 4));
    assert_false(bus_peek(bus, 0xfffffffc, in, 5)); /* does not wrap */
    assert_false(bus_peek(bus, 0, in, UINT32_MAX));
    assert_true(bus_peek(bus, 0x5000, in, 0));
    bus_destroy(bus);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory),    cmocka_unit_test(test_rom),
        cmocka_unit_test(test_stretches), cmocka_unit_test(test_device),
        cmocka_unit_test(test_errors),    cmocka_unit_test(test_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
