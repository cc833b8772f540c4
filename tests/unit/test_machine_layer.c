/* Unit tests of morph/machine with the code-morphing layer: what the guest
 * computes, and where a run stops, is as on the reference CPU; where every
 * cycle went is known. */
#include "morph/machine.h"
#include "tests/support/word_machine.h"
#include "tests/support/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define START 0x80010000u

/* Adds up in memory; after every 64th round it prints a '.', after the 256th
 * it ends. */
static const uint32_t program[] = {
    LUI(S0, 0xb000),      /* */
    LUI(S1, 0x8002),      /* */
    ADDIU(T3, ZERO, '.'), /* */
    ADDIU(T0, T0, 1),     /* the outer loop, T1 rounds */
    LW(T2, 0, S1),        /* the inner loop */
    ADDIU(T1, T1, 1),     /* */
    ADDU(T2, T2, T1),     /* */
    SW(T2, 0, S1),        /* */
    I(0x0c, T1, K0, 63),  /* andi k0,t1,63 */
    BNE(K0, ZERO, -6),    /* */
    XOR(T2, T2, T0),      /* its slot */
    SB(T3, 0, S0),        /* */
    ADDIU(K0, T0, -4),    /* */
    BNE(K0, ZERO, -11),   /* */
    NOP,                  /* */
    SW(ZERO, 0x10, S0),   /* */
    BEQ(ZERO, ZERO, -1),  /* */
    NOP,
};
enum { INNER = 4, INSNS = 3 + 4 * 5 + 256 * 7 + 1 };

#define VLIW       "cpu.model=vliw"
#define FUNCTIONAL "cpu.model=functional"

static Machine *create(WordMachine *w, const char *model, bool check)
{
    return word_machine_create(w, START, program, ARRAY_LEN(program),
                               WORDS("machine.memory=1M", "gear1.threshold=2",
                                     "gear2.threshold=10", model),
                               check);
}

static void test_check(void **state)
{
    (void)state;
    WordMachine f;
    Machine *m = create(&f, VLIW, true);
    assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_EXIT);
    assert_string_equal(f.printed, "....");
    assert_int_equal(machine_insns(m), INSNS);
    assert_true(machine_cycles(m) > INSNS);
    assert_null(machine_finish_check(m));
    CheckCounts counts = machine_check_counts(m);
    assert_true(counts.commits > 16 && counts.commits < INSNS);
    assert_int_equal(counts.stores, 256);
    assert_int_equal(counts.accesses, 4 + 1);
    const Stats *stats = machine_stats(m);
    assert_true(stats_get(stats, "core.insns.gear1") > 0);
    assert_true(stats_get(stats, "core.insns.gear2") > INSNS / 2);
    word_machine_destroy(&f);
}

/* Nothing is compared, and nothing is there to ask, without check mode. */
static void test_no_check(void **state)
{
    (void)state;
    WordMachine f;
    Machine *m = create(&f, VLIW, false);
    machine_run(m, UINT64_MAX);
    assert_null(machine_finish_check(m));
    assert_int_equal(machine_check_counts(m).commits, 0);
    word_machine_destroy(&f);
}

/* A limit of instructions is exact in every gear, and the state is the
 * reference CPU's. */
static void test_limits_of_instructions(void **state)
{
    (void)state;
    for (unsigned insns = 1; insns < INSNS; insns += 37) {
        WordMachine f;
        uint64_t hashes[2];
        for (unsigned layer = 0; layer < 2; layer++) {
            Machine *m = create(&f, layer ? VLIW : FUNCTIONAL, false);
            machine_set_limits(m, &(MachineLimits){.insns = insns});
            assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_INSNS);
            assert_int_equal(machine_insns(m), insns);
            hashes[layer] = machine_hash(m);
            word_machine_destroy(&f);
        }
        assert_true(hashes[0] == hashes[1]);
    }
}

/* What a run comes to does not depend on slices. */
static void test_slices(void **state)
{
    (void)state;
    WordMachine f;
    Machine *m = create(&f, VLIW, false);
    machine_run(m, UINT64_MAX);
    uint64_t cycles = machine_cycles(m), hash = machine_hash(m);
    word_machine_destroy(&f);
    for (uint64_t slice = 1; slice < 3000; slice = 3 * slice + 1) {
        m = create(&f, VLIW, false);
        while (machine_run(m, slice) == MACHINE_STOP_SLICE)
            ;
        assert_int_equal(machine_cycles(m), cycles);
        assert_true(machine_hash(m) == hash);
        assert_string_equal(f.printed, "....");
        word_machine_destroy(&f);
    }
}

static void test_limit_of_cycles(void **state)
{
    (void)state;
    WordMachine f;
    Machine *m = create(&f, VLIW, false);
    machine_set_limits(m, &(MachineLimits){.cycles = 5000});
    assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_CYCLES);
    assert_true(machine_cycles(m) >= 5000);
    assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_CYCLES);
    machine_set_limits(m, &(MachineLimits){0});
    assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_EXIT);
    word_machine_destroy(&f);
}

/* Right after the store that printed the text. */
static void test_until(void **state)
{
    (void)state;
    WordMachine f;
    Machine *m = create(&f, VLIW, true);
    machine_set_limits(m, &(MachineLimits){.until = "..."});
    assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_TEXT);
    assert_int_equal(machine_insns(m), 3 + 3 * (1 + 64 * 7) + 2 * 4 + 1);
    machine_set_limits(m, &(MachineLimits){0});
    assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_EXIT);
    assert_null(machine_finish_check(m));
    word_machine_destroy(&f);
}

/* Also where translations have been made. */
static void test_breakpoints(void **state)
{
    (void)state;
    WordMachine f;
    Machine *m = create(&f, VLIW, true);
    machine_set_limits(m, &(MachineLimits){.insns = 700});
    assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_INSNS);
    machine_set_limits(m, &(MachineLimits){0});
    uint32_t store = START + 4 * (INNER + 3);
    assert_true(machine_add_breakpoint(m, store));
    uint64_t before = 0;
    for (unsigned i = 0; i < 20; i++) {
        assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_BREAKPOINT);
        assert_int_equal(machine_state(m)->pc, store);
        assert_true(i == 0 || machine_insns(m) == before + 7);
        before = machine_insns(m);
    }
    assert_true(machine_remove_breakpoint(m, store));
    assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_EXIT);
    assert_int_equal(machine_insns(m), INSNS);
    assert_null(machine_finish_check(m));
    word_machine_destroy(&f);
}

/* Every cycle has one cause. */
static void test_causes(void **state)
{
    (void)state;
    static const char *const causes[] = {
#define CAUSE(id, name, text) "cycles." name,
#include "hwmodel/vliw/cause.def"
#undef CAUSE
    };
    WordMachine f;
    Machine *m = create(&f, VLIW, false);
    machine_run(m, UINT64_MAX);
    uint64_t sum = 0;
    for (size_t i = 0; i < ARRAY_LEN(causes); i++)
        sum += stats_get(machine_stats(m), causes[i]);
    assert_int_equal(sum, machine_cycles(m));
    assert_int_equal(sum, stats_get(machine_stats(m), "cycles.total"));
    word_machine_destroy(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_no_check),
        cmocka_unit_test(test_limits_of_instructions),
        cmocka_unit_test(test_slices),
        cmocka_unit_test(test_limit_of_cycles),
        cmocka_unit_test(test_until),
        cmocka_unit_test(test_breakpoints),
        cmocka_unit_test(test_causes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
