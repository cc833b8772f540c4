/* Unit tests of the code-morphing layer: small programs on the bare board, run
 * by the layer and by the reference CPU, must do the same, and the layer must
 * do it in the way that its keys say.  Here: gears, limits, what becomes of
 * translations. */
#include "tests/unit/layer_guest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* --- Programs --------------------------------------------------------------
 */

/* A loop of 4000 passes that calls a function and keeps a sum in memory. */
static const uint32_t calls[] = {
    LUI(IO, 0xb000),
    LUI(S2, 0x8002),
    ADDIU(S1, ZERO, 4000),
    JAL(AT(16)), /* 3: the loop */
    ADDIU(A0, S1, 0),
    LW(T0, 0, S2),
    ADDU(S3, S3, V0),
    ADDU(T0, T0, S3),
    ADDIU(S1, S1, -1),
    BNE(S1, ZERO, -7),
    SW(T0, 0, S2),
    EXIT,
    NOP,
    ADDU(V0, A0, A0), /* 16: the function */
    JR(RA),
    XORI(V0, V0, 5),
};

/* A function that adds 1, or 2, called 4000 times; every 64th call it is
 * overwritten with the other. */
static const uint32_t rewrites[] = {
    LUI(IO, 0xb000),
    LUI(S2, 0x8001),
    ADDIU(S1, ZERO, 4000),
    LUI(T1, 0x2442), /* addiu v0,v0,... */
    ORI(T1, T1, 1),
    JAL(AT(17)), /* 5: the loop */
    ADDIU(S1, S1, -1),
    ANDI(T0, S1, 63),
    BNE(T0, ZERO, 4),
    NOP,
    XORI(T1, T1, 3),
    SW(T1, 4 * 17, S2),
    NOP,
    BNE(S1, ZERO, -9),
    NOP,
    BEQ(ZERO, ZERO, 4), /* to the end */
    NOP,
    ADDIU(V0, V0, 1), /* 17: the function */
    JR(RA),
    NOP,
    ADDU(S3, V0, ZERO),
    EXIT,
};

/* 20000 stores to the word that S2 and `offset` say. */
#define STORES(upper, offset)                                                  \
    {                                                                          \
        LUI(IO, 0xb000), LUI(S2, upper), ADDIU(S1, ZERO, 20000),               \
            SW(S1, offset, S2), ADDIU(S1, S1, -1), BNE(S1, ZERO, -3),          \
            ADDU(S3, S3, S1), EXIT                                             \
    }
static const uint32_t stores_beside[] = STORES(0x8001, 4 * 11);
static const uint32_t stores_elsewhere[] = STORES(0x8004, 4 * 11);

/* Prints 64 stars in a loop that does other things, too. */
static const uint32_t prints[] = {
    LUI(IO, 0xb000),   ADDIU(T0, ZERO, '*'), ADDIU(S1, ZERO, 64),
    ADDU(S2, S2, S1),  SB(T0, 0, IO),        ADDIU(S1, S1, -1),
    BNE(S1, ZERO, -4), XORI(S2, S2, 0x55),   EXIT,
};

/* A loop of 2000 rounds with two branches that go either way in turn. */
static const uint32_t turns[] = {
    LUI(IO, 0xb000),
    ADDIU(S1, ZERO, 2000),
    ANDI(T0, S1, 1), /* 2 */
    BNE(T0, ZERO, 2),
    ANDI(T1, S1, 2),
    ADDIU(A0, A0, 3),
    BNE(T1, ZERO, 2),
    ADDIU(S1, S1, -1),
    ADDIU(A0, A0, 5),
    BNE(S1, ZERO, -8),
    NOP,
    EXIT,
};

/* --- Tests -----------------------------------------------------------------
 */

static void test_gears(void **state)
{
    (void)state;
    static const char *const gears[] = {"morph.gears=0", "morph.gears=1",
                                        "morph.gears=2"};
    uint64_t cycles[ARRAY_LEN(gears)];
    for (unsigned i = 0; i < ARRAY_LEN(gears); i++) {
        Guest g;
        RUN(&g, calls, gears[i]);
        CHECK_SAME(&g, calls);
        guest_check_causes(&g);
        cycles[i] = machine_cycles(g.machine);
        assert_int_equal(guest_stat(&g, "morph.gear1.translations") > 0,
                         i >= 1);
        assert_int_equal(guest_stat(&g, "morph.gear2.translations") > 0,
                         i >= 2);
        uint64_t insns = guest_stat(&g, "morph.gear0.insns") +
                         guest_stat(&g, "core.insns.gear1") +
                         guest_stat(&g, "core.insns.gear2");
        assert_int_equal(insns, machine_insns(g.machine));
        guest_finish(&g);
    }
    CHECK_WELL(cycles[0] > 5 * cycles[1]);
    CHECK_WELL(cycles[1] > cycles[2]);
}

/* Wherever a run is cut, cycles and statistics are the same. */
static void test_slices(void **state)
{
    (void)state;
    static const uint64_t slices[] = {UINT64_MAX, 1, 7, 100, 1000};
    char *whole = NULL;
    for (unsigned i = 0; i < ARRAY_LEN(slices); i++) {
        Guest g;
        guest_start(&g, rewrites, ARRAY_LEN(rewrites),
                    (const char *const[]){"cpu.model=vliw",
                                          "gear2.threshold=30", NULL});
        MachineStop stop;
        while ((stop = machine_run(g.machine, slices[i])) == MACHINE_STOP_SLICE)
            ;
        assert_int_equal(stop, MACHINE_STOP_EXIT);
        char *text;
        size_t size;
        FILE *out = open_memstream(&text, &size);
        stats_write_text(machine_stats(g.machine), out);
        fclose(out);
        if (whole) {
            assert_string_equal(text, whole);
            free(text);
        } else {
            whole = text;
        }
        guest_finish(&g);
    }
    free(whole);
}

/* A limit of instructions is met exactly, wherever it is, with the state of
 * the reference CPU there. */
static void test_insn_limit(void **state)
{
    (void)state;
    Guest plain, g;
    guest_start(&plain, rewrites, ARRAY_LEN(rewrites),
                (const char *const[]){NULL});
    guest_start(&g, rewrites, ARRAY_LEN(rewrites),
                (const char *const[]){"cpu.model=vliw", "gear2.threshold=30",
                                      "gear2.insns=16", "gear1.insns=8", NULL});
    for (uint64_t limit = 1; limit < 5000; limit += 1 + limit / 16) {
        machine_set_limits(plain.machine, &(MachineLimits){.insns = limit});
        machine_set_limits(g.machine, &(MachineLimits){.insns = limit});
        assert_int_equal(machine_run(plain.machine, UINT64_MAX),
                         MACHINE_STOP_INSNS);
        assert_int_equal(machine_run(g.machine, UINT64_MAX),
                         MACHINE_STOP_INSNS);
        assert_int_equal(machine_insns(g.machine), limit);
        assert_int_equal(machine_hash(g.machine), machine_hash(plain.machine));
    }
    guest_finish(&plain);
    guest_finish(&g);
}

static void test_rewritten_code(void **state)
{
    (void)state;
    static const char *const grains[] = {
        "morph.tbit_grain=4", "morph.tbit_grain=64", "morph.tbit_grain=4096"};
    for (unsigned i = 0; i < ARRAY_LEN(grains); i++) {
        Guest g;
        RUN(&g, rewrites, grains[i], "gear2.threshold=30");
        CHECK_SAME(&g, rewrites);
        CHECK_WELL(guest_stat(&g, "morph.tcache.invalidated") >= 4000 / 64);
        CHECK_WELL(guest_stat(&g, "morph.code.writes") >= 4000 / 64);
        guest_finish(&g);
    }
}

/* Data beside code costs nothing with fine grains, and with coarse ones no more
 * than a few faults and an interpreted store. */
static void test_data_beside_code(void **state)
{
    (void)state;
    Guest apart, fine, coarse;
    RUN(&apart, stores_elsewhere, "morph.gears=2");
    RUN(&fine, stores_beside, "morph.gears=2");
    RUN(&coarse, stores_beside, "morph.tbit_grain=4096");
    CHECK_SAME(&fine, stores_beside);
    CHECK_SAME(&coarse, stores_beside);
    assert_int_equal(guest_stat(&fine, "morph.faults.code"), 0);
    assert_true(machine_cycles(fine.machine) <
                machine_cycles(apart.machine) * 11 / 10);
    assert_int_equal(guest_stat(&coarse, "morph.faults.code"), 8);
    assert_int_equal(guest_stat(&coarse, "morph.learned.faults"), 1);
    guest_finish(&apart);
    guest_finish(&fine);
    guest_finish(&coarse);
}

/* A superblock ends where half of its entries get to, until it has run often.
 */
static void test_reach(void **state)
{
    (void)state;
    Guest brief, never, whole;
    RUN(&brief, turns, "gear2.threshold=30", "gear2.again=100");
    RUN(&never, turns, "gear2.threshold=30", "gear2.again=0");
    RUN(&whole, turns, "gear2.threshold=30", "gear2.reach=0");
    CHECK_SAME(&brief, turns);
    CHECK_SAME(&never, turns);
    CHECK_SAME(&whole, turns);
    CHECK_WELL(guest_stat(&brief, "morph.gear2.remade") >= 1);
    assert_int_equal(guest_stat(&never, "morph.gear2.remade"), 0);
    assert_int_equal(guest_stat(&whole, "morph.gear2.remade"), 0);
    CHECK_WELL(guest_stat(&brief, "cycles.profile") >
               guest_stat(&never, "cycles.profile"));
    CHECK_WELL(guest_stat(&never, "morph.gear2.run_insns.sum") *
                   guest_stat(&whole, "morph.gear2.run_insns.count") <
               guest_stat(&whole, "morph.gear2.run_insns.sum") *
                   guest_stat(&never, "morph.gear2.run_insns.count"));
    guest_finish(&brief);
    guest_finish(&never);
    guest_finish(&whole);
}

static void test_device_is_learned(void **state)
{
    (void)state;
    Guest g;
    RUN(&g, prints, "morph.mmio_learn=3");
    CHECK_SAME(&g, prints);
    assert_int_equal(g.size, 64);
    assert_int_equal(guest_stat(&g, "morph.faults.mmio"), 3);
    assert_int_equal(guest_stat(&g, "morph.learned.mmio"), 1);
    guest_finish(&g);
}

/* A call and its return within superblocks keep the return stack right. */
static void test_return_stack(void **state)
{
    (void)state;
    Guest g;
    RUN(&g, calls, "gear2.threshold=30", "gear2.insns=6");
    CHECK_SAME(&g, calls);
    CHECK_WELL(guest_stat(&g, "morph.return_stack.misses") < 100);
    guest_finish(&g);
}

static void test_small_cache(void **state)
{
    (void)state;
    static const char *const policies[] = {"tcache.policy=flush",
                                           "tcache.policy=fifo"};
    for (unsigned i = 0; i < ARRAY_LEN(policies); i++) {
        Guest g;
        RUN(&g, rewrites, policies[i], "tcache.size=4k", "gear1.threshold=1",
            "gear2.threshold=3");
        CHECK_SAME(&g, rewrites);
        guest_check_causes(&g);
        assert_true(guest_stat(&g, "morph.tcache.evicted") > 0);
        assert_true(guest_stat(&g, "morph.tcache.bytes_peak") <= 4096);
        assert_int_equal(guest_stat(&g, "morph.tcache.flushes") > 0, i == 0);
        guest_finish(&g);
    }
}

/* With a breakpoint everything is interpreted; the guest does the same. */
static void test_breakpoint(void **state)
{
    (void)state;
    Guest g;
    guest_start(&g, calls, ARRAY_LEN(calls),
                (const char *const[]){"cpu.model=vliw", NULL});
    assert_true(machine_add_breakpoint(g.machine, AT(16)));
    for (unsigned i = 0; i < 20; i++) {
        assert_int_equal(machine_run(g.machine, UINT64_MAX),
                         MACHINE_STOP_BREAKPOINT);
        assert_int_equal(machine_state(g.machine)->pc, AT(16));
        assert_int_equal(machine_state(g.machine)->gpr[A0], 4000 - i);
    }
    assert_true(machine_remove_breakpoint(g.machine, AT(16)));
    guest_run(&g);
    CHECK_SAME(&g, calls);
    guest_finish(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gears),
        cmocka_unit_test(test_slices),
        cmocka_unit_test(test_insn_limit),
        cmocka_unit_test(test_rewritten_code),
        cmocka_unit_test(test_data_beside_code),
        cmocka_unit_test(test_reach),
        cmocka_unit_test(test_device_is_learned),
        cmocka_unit_test(test_return_stack),
        cmocka_unit_test(test_small_cache),
        cmocka_unit_test(test_breakpoint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
