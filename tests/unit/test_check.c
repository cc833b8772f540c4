/* Unit tests of morph/check: a second reference CPU stands for the layer, and
 * each kind of difference that is put into it must be seen. */
#include "morph/check.h"

#include "base/alloc.h"
#include "base/bits.h"
#include "tests/support/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    RAM = 16 * BUS_PAGE,
    ROM = 0x1fc00000,
    IO = 0x10000000,
    NOWHERE = 0x18000000,
    IRQ = 3, /* the device's input */
};

/* What the loop does with the device, memory and registers is all there is. */
static const uint32_t program[] = {
    LUI(S0, 0xb000),     /* device, uncached */
    LUI(S1, 0x8000),     /* RAM */
    ADDIU(T0, T0, 1),    /* the loop */
    SW(T0, 0x4000, S1),  /* plain memory */
    SB(T0, 0x4007, S1),  /* */
    LW(T1, 0x4000, S1),  /* a load in flight at a commit */
    LWC1(2, 0x4004, S1), /* */
    MULT(T0, T0),        /* */
    LW(T2, 0, S0),       /* device */
    SW(T2, 4, S0),       /* raises the interrupt now and then */
    SWL(T0, 2, S0),      /* three accesses */
    BNE(ZERO, S0, -10),  /* */
    NOP,
};
enum { START = 0x80001000, COMMITS = 3000, LOOP_ACCESSES = 5 };

/* Turns the interrupt off and returns. */
static const uint32_t handler[] = {
    SW(ZERO, 8, S0), MFC0(K0, 14), ADDIU(T3, T3, 1), JR(K0), RFE, [5] = NOP,
};

typedef struct Fixture Fixture;

/* Spoils the layer before commit `n` is checked. */
typedef void Spoiler(Fixture *f, unsigned n);

struct Fixture {
    Device device; /* first: the device is the fixture */
    Bus *bus;
    Cpu *cpu;
    GuestState *s;
    Check *check;
    bool big, quiet;                  /* quiet: an access is not told */
    uint32_t read_flip, address_flip; /* an access is told with these */
    unsigned size_flip, write_flip;
    uint32_t reads;
    unsigned interrupts;
};

/* --- The computer --------------------------------------------------------- */

static void set_irq(Fixture *f, bool level)
{
    cpu_set_irq(f->cpu, IRQ, level);
    check_irq(f->check, IRQ, level);
}

static uint32_t device_read(Device *device, uint32_t offset, unsigned size)
{
    Fixture *f = (Fixture *)device;
    (void)offset, (void)size;
    return f->reads++ * 0x01010101;
}

static void device_write(Device *device, uint32_t offset, unsigned size,
                         uint32_t value)
{
    Fixture *f = (Fixture *)device;
    (void)size;
    if (offset == 4 && value % 4 == 1)
        set_irq(f, true);
    else if (offset == 8)
        set_irq(f, false);
}

static const DeviceClass device_class = {
    .name = "test", .span = 16, .read = device_read, .write = device_write};

static uint8_t *on_page(void *ctx, uint32_t pa, bool write)
{
    return bus_page(((Fixture *)ctx)->bus, pa, write);
}

static void tell(Fixture *f, uint32_t pa, unsigned size, bool write,
                 uint32_t value, bool ok)
{
    if (!f->quiet)
        check_access(f->check, pa ^ f->address_flip, size ^ f->size_flip,
                     write ^ f->write_flip, value ^ f->read_flip, ok);
}

static bool on_read(void *ctx, uint32_t pa, unsigned size, uint32_t *value)
{
    Fixture *f = ctx;
    bool ok = bus_read(f->bus, pa, size, value);
    tell(f, pa, size, false, *value, ok);
    return ok;
}

static bool on_write(void *ctx, uint32_t pa, unsigned size, uint32_t value)
{
    Fixture *f = ctx;
    bool ok = bus_write(f->bus, pa, size, value);
    tell(f, pa, size, true, value, ok);
    return ok;
}

static void load_words(Fixture *f, uint32_t pa, const uint32_t *words,
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t bytes[4];
        bits_store32(bytes, words[i], f->big);
        assert_true(bus_poke(f->bus, pa + 4 * (uint32_t)i, bytes, 4));
    }
}

static void start(Fixture *f)
{
    static const uint32_t zeros[32];
    cpu_reset(f->cpu, START, 0x2000ff01, zeros);
    check_reset(f->check);
}

static void create(Fixture *f, bool big)
{
    *f = (Fixture){.device = {&device_class}, .big = big};
    f->bus = bus_create(big);
    bus_add_ram(f->bus, 0, RAM);
    bus_add_rom(f->bus, ROM, BUS_PAGE, "", 1);
    bus_add_device(f->bus, IO, BUS_PAGE, &f->device);
    load_words(f, START & 0x1fffffff, program, ARRAY_LEN(program));
    load_words(f, 0x80, handler, ARRAY_LEN(handler));
    CpuConfig config = {.big_endian = big,
                        .fpu = true,
                        .prid = 0x220,
                        .icache = 1 << 14,
                        .dcache = 1 << 14};
    f->cpu = cpu_create(&config, &(CpuBus){.ctx = f,
                                           .page = on_page,
                                           .read = on_read,
                                           .write = on_write});
    f->s = cpu_state(f->cpu);
    f->check = check_create(&config, f->bus, f->s, NULL);
    start(f);
}

static void destroy(Fixture *f)
{
    check_destroy(f->check);
    cpu_destroy(f->cpu);
    bus_destroy(f->bus);
}

/* --- Running -------------------------------------------------------------- */

/* One commit: an interrupt, an instruction with the device, or up to three
 * others.  Whether it goes near the device is seen by the base register. */
static void step(Fixture *f, unsigned n)
{
    if (cpu_interrupt_ready(f->cpu)) {
        f->interrupts++;
        cpu_take_interrupt(f->cpu);
        return;
    }
    for (unsigned i = 0; i < 1 + n % 3; i++) {
        uint8_t bytes[4];
        cpu_peek(f->cpu, f->s->pc, bytes, 4);
        bool io = (bits_load32(bytes, f->big) >> 21 & 31) == S0;
        if (io && i > 0)
            return;
        cpu_step(f->cpu, NULL);
        if (io || cpu_interrupt_ready(f->cpu))
            return;
    }
}

/* Commits until they differ, or to the end; returns the first difference. */
static const CheckReport *run(Fixture *f, Spoiler *spoil)
{
    for (unsigned n = 0; n < COMMITS; n++) {
        step(f, n);
        if (spoil)
            spoil(f, n);
        if (!check_commit(f->check, NULL, 0))
            return check_report(f->check);
    }
    check_finish(f->check);
    return check_report(f->check);
}

static void test_agreement(void **state)
{
    (void)state;
    for (unsigned big = 0; big < 2; big++) {
        Fixture f;
        create(&f, big);
        assert_null(run(&f, NULL));
        CheckCounts counts = check_counts(f.check);
        assert_int_equal(counts.commits, COMMITS);
        assert_true(f.interrupts > 20);
        assert_int_equal(counts.interrupts, f.interrupts);
        assert_true(counts.accesses > COMMITS / 4);
        assert_true(counts.stores > COMMITS / 8);
        assert_true(counts.pages >= RAM / BUS_PAGE);
        destroy(&f);
    }
}

/* A restart begins anew, also when interrupt inputs are high. */
static void test_reset(void **state)
{
    (void)state;
    Fixture f;
    create(&f, false);
    for (unsigned i = 0; i < 5; i++) {
        assert_null(run(&f, NULL));
        static const uint32_t zeros[32];
        cpu_reset(f.cpu, START, 0x2000ff01, zeros);
        bus_poke(f.bus, 0x4100, "changed", 7);
        if (i % 2)
            set_irq(&f, true);
        check_reset(f.check);
        /* While an instruction has changed an input, and it was not compared
         * yet. */
        if (i == 2) {
            f.s->insns++;
            check_irq(f.check, 0, true);
            check_reset(f.check);
        }
    }
    assert_null(run(&f, NULL));
    destroy(&f);
}

static void test_memory_of_devices(void **state)
{
    (void)state;
    Fixture f;
    create(&f, false);
    assert_null(run(&f, NULL));
    bus_poke(f.bus, 0x5ffe, "dma!", 4);
    check_memory_changed(f.check, 0x5ffe, 4);
    /* Code, too: the loop counts by two from now on. */
    const uint32_t two = ADDIU(T0, T0, 2);
    load_words(&f, 0x1008, &two, 1);
    cpu_memory_changed(f.cpu, 0x1008, 4);
    check_memory_changed(f.check, 0x1008, 4);
    assert_null(run(&f, NULL));
    destroy(&f);
}

/* --- Differences ---------------------------------------------------------- */

static void check_finds(Spoiler *spoil, const char *name)
{
    Fixture f;
    create(&f, false);
    const CheckReport *r = run(&f, spoil);
    assert_non_null(r);
    assert_true(r->count > 0);
    assert_string_equal(r->differences[0].name, name);
    assert_true(r->differences[0].layer != r->differences[0].reference);
    assert_true(r->agreed <= r->insns);
    /* It is over. */
    assert_false(check_commit(f.check, NULL, 0));
    assert_false(check_finish(f.check));
    destroy(&f);
}

/* Flips a bit of a register at a commit. */
#define SPOIL(name, lvalue)                                                    \
    static void spoil_##name(Fixture *f, unsigned n)                           \
    {                                                                          \
        if (n == COMMITS / 2)                                                  \
            f->s->lvalue ^= 1;                                                 \
    }
SPOIL(gpr1, gpr[1])
SPOIL(gpr31, gpr[31])
SPOIL(hi, hi)
SPOIL(lo, lo)
SPOIL(pc, pc)
SPOIL(npc, npc)
SPOIL(in_delay, in_delay)
SPOIL(fpr, fpr[31])
SPOIL(fcr31, fcr31)
SPOIL(index, index)
SPOIL(entrylo, entrylo)
SPOIL(context, context)
SPOIL(badvaddr, badvaddr)
SPOIL(entryhi, entryhi)
SPOIL(status, status)
SPOIL(cause, cause)
SPOIL(epc, epc)
SPOIL(tlb_hi, tlb[63].hi)
SPOIL(tlb_lo, tlb[0].lo)

static void test_every_register(void **state)
{
    (void)state;
    check_finds(spoil_gpr1, "at");
    check_finds(spoil_gpr31, "ra");
    check_finds(spoil_hi, "hi");
    check_finds(spoil_lo, "lo");
    check_finds(spoil_pc, "pc");
    check_finds(spoil_npc, "next pc");
    check_finds(spoil_in_delay, "in a delay slot");
    check_finds(spoil_fpr, "f31");
    check_finds(spoil_fcr31, "fcr31");
    check_finds(spoil_index, "index");
    check_finds(spoil_entrylo, "entrylo");
    check_finds(spoil_context, "context");
    check_finds(spoil_badvaddr, "badvaddr");
    check_finds(spoil_entryhi, "entryhi");
    check_finds(spoil_status, "status");
    check_finds(spoil_cause, "cause");
    check_finds(spoil_epc, "epc");
    check_finds(spoil_tlb_hi, "tlb[63].hi");
    check_finds(spoil_tlb_lo, "tlb[0].lo");
}

static void spoil_load(Fixture *f, unsigned n)
{
    (void)n;
    if (f->s->load_reg == T1)
        f->s->load_value ^= 1;
}

static void spoil_load_register(Fixture *f, unsigned n)
{
    (void)n;
    if (f->s->load_reg == T1)
        f->s->load_reg = T2;
}

static void spoil_landing(Fixture *f, unsigned n)
{
    (void)n;
    if (f->s->load_reg == T1) {
        f->s->gpr[T1] = f->s->load_value;
        f->s->load_reg = 0;
    }
}

static void spoil_fpr_load(Fixture *f, unsigned n)
{
    (void)n;
    if (f->s->fpr_load_reg != FPR_COUNT && !state_fpr_due(f->s))
        f->s->fpr_load_value ^= 1;
}

static void spoil_fpr_load_register(Fixture *f, unsigned n)
{
    (void)n;
    if (f->s->fpr_load_reg != FPR_COUNT && !state_fpr_due(f->s))
        f->s->fpr_load_reg ^= 1;
}

static void spoil_fpr_landing(Fixture *f, unsigned n)
{
    (void)n;
    state_fpr_settle(f->s);
}

static void test_loads_in_flight(void **state)
{
    (void)state;
    check_finds(spoil_load, "load in flight: value");
    check_finds(spoil_load_register, "load in flight: register");
    check_finds(spoil_landing, "t1");
    check_finds(spoil_fpr_load, "FP load in flight: value");
    check_finds(spoil_fpr_load_register, "FP load in flight: register");
    check_finds(spoil_fpr_landing, "f2");
}

/* A load that is due may be put in its register, or not yet. */
static void settle_due(Fixture *f, unsigned n)
{
    if (n % 2 && state_fpr_due(f->s))
        state_fpr_settle(f->s);
}

static void test_due_loads_are_no_difference(void **state)
{
    (void)state;
    Fixture f;
    create(&f, false);
    assert_null(run(&f, settle_due));
    destroy(&f);
}

static void spoil_store(Fixture *f, unsigned n)
{
    if (n >= COMMITS / 2)
        bus_poke(f->bus, 0x4007, "?", 1);
}

static void spoil_memory(Fixture *f, unsigned n)
{
    if (n == 100)
        bus_poke(f->bus, RAM - 4, "x", 1);
}

static void spoil_last_memory(Fixture *f, unsigned n)
{
    if (n == COMMITS - 1)
        bus_poke(f->bus, RAM - 1, "x", 1);
}

/* A store too many is found while the run goes on, all of them at its end. */
static void test_memory(void **state)
{
    (void)state;
    Fixture f;
    create(&f, false);
    for (unsigned n = 0; check_commit(f.check, NULL, 0); n++) {
        assert_true(n < COMMITS);
        step(&f, n);
        spoil_memory(&f, n);
    }
    destroy(&f);
    check_finds(spoil_store, "memory 0x00004007");
    check_finds(spoil_memory, "memory 0x0000fffc");
    check_finds(spoil_last_memory, "memory 0x0000fffc");
}

static void spoil_count(Fixture *f, unsigned n)
{
    if (n == COMMITS / 2)
        f->s->insns--;
}

static void spoil_count_much(Fixture *f, unsigned n)
{
    if (n == COMMITS / 2)
        f->s->insns += 1ull << 40;
}

static void test_counts(void **state)
{
    (void)state;
    Fixture f;
    create(&f, false);
    assert_non_null(run(&f, spoil_count));
    destroy(&f);
    check_finds(spoil_count_much, "instructions");
}

static void spoil_read(Fixture *f, unsigned n)
{
    f->read_flip = n == COMMITS / 2 ? 1 : f->read_flip;
}

static void spoil_silence(Fixture *f, unsigned n)
{
    f->quiet = n >= COMMITS / 2;
}

static void spoil_addition(Fixture *f, unsigned n)
{
    if (n == COMMITS / 2)
        check_access(f->check, IO, 4, false, 0, true);
}

static void spoil_address(Fixture *f, unsigned n)
{
    f->address_flip = n >= COMMITS / 2 ? 12 : 0;
}

static void spoil_size(Fixture *f, unsigned n)
{
    f->size_flip = n >= COMMITS / 2 ? 6 : 0; /* 4 and 2 */
}

static void spoil_direction(Fixture *f, unsigned n)
{
    f->write_flip = n >= COMMITS / 2;
}

static void test_devices(void **state)
{
    (void)state;
    check_finds(spoil_read, "load in flight: value");
    check_finds(spoil_silence, "device accesses");
    check_finds(spoil_addition, "device accesses");
    check_finds(spoil_address, "device: address");
    check_finds(spoil_size, "device: size of access");
    check_finds(spoil_direction, "device: write");
}

/* The value of a device write is compared. */
static void test_device_write(void **state)
{
    (void)state;
    Fixture f;
    create(&f, false);
    while (f.s->pc != START + 4 * 9)
        assert_true((cpu_step(f.cpu, NULL), check_commit(f.check, NULL, 0)));
    f.quiet = true;
    cpu_step(f.cpu, NULL);
    check_access(f.check, IO + 4, 4, true, f.s->gpr[T2] + 1, true);
    assert_false(check_commit(f.check, NULL, 0));
    assert_string_equal(check_report(f.check)->differences[0].name,
                        "device 0x10000004: value");
    destroy(&f);
}

static void test_interrupts(void **state)
{
    (void)state;
    /* Taken too late. */
    Fixture f;
    create(&f, false);
    for (unsigned n = 0; !cpu_interrupt_ready(f.cpu); n++) {
        step(&f, n);
        assert_true(check_commit(f.check, NULL, 0));
    }
    cpu_step(f.cpu, NULL);
    assert_false(check_commit(f.check, NULL, 0));
    destroy(&f);
    /* One that nobody asked for. */
    create(&f, false);
    assert_null(run(&f, NULL));
    cpu_set_irq(f.cpu, IRQ, true);
    cpu_take_interrupt(f.cpu);
    assert_false(check_commit(f.check, NULL, 0));
    assert_int_equal(check_report(f.check)->pc, 0x80000080);
    destroy(&f);
}

/* An input that changes between instructions, as at an event. */
static void test_events(void **state)
{
    (void)state;
    Fixture f;
    create(&f, false);
    for (unsigned i = 0; i < 50; i++) {
        for (unsigned n = 0; n < 13; n++) {
            step(&f, n);
            assert_true(check_commit(f.check, NULL, 0));
        }
        set_irq(&f, true);
    }
    assert_true(f.interrupts >= 50);
    destroy(&f);
}

/* The report names the translation. */
static void test_report(void **state)
{
    (void)state;
    Fixture f;
    create(&f, false);
    VliwCode code = {.pc = 0x80001234};
    CoreCode core = {.code = &code, .gear = 2};
    for (unsigned n = 0; n < 10; n++) {
        step(&f, n);
        assert_true(check_commit(f.check, &core, 5));
    }
    uint64_t before = f.s->insns;
    uint32_t pc = f.s->pc;
    step(&f, 0);
    for (unsigned i = 4; i < 16; i++)
        f.s->gpr[i]++;
    assert_false(check_commit(f.check, &core, 5));
    const CheckReport *r = check_report(f.check);
    assert_int_equal(r->count, CHECK_DIFFERENCES);
    assert_int_equal(r->gear, 2);
    assert_int_equal(r->entry, 0x80001234);
    assert_int_equal(r->exit, 5);
    assert_int_equal(r->agreed, before);
    assert_int_equal(r->agreed_pc, pc);
    assert_int_equal(r->insns, before + 1);
    assert_int_equal(r->pc, f.s->pc);
    destroy(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agreement),
        cmocka_unit_test(test_reset),
        cmocka_unit_test(test_memory_of_devices),
        cmocka_unit_test(test_every_register),
        cmocka_unit_test(test_loads_in_flight),
        cmocka_unit_test(test_due_loads_are_no_difference),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_devices),
        cmocka_unit_test(test_device_write),
        cmocka_unit_test(test_interrupts),
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_report),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
