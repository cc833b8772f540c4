/* Unit tests of measuring (morph/measure, morph/point): where a region and its
 * intervals are cut does not depend on slices, nor does anything else on them.
 */
#include "base/hash.h"
#include "morph/measure.h"
#include "tests/support/word_machine.h"
#include "tests/support/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { EXIT = 0x10, MARK = 0x110 };

#define START 0x80010000u

/* Six rounds of adding up in memory; each prints a '.', and the second half of
 * each is of interest. */
static const uint32_t program[] = {
    LUI(S0, 0xb000),      /* */
    LUI(S1, 0x8002),      /* */
    ADDIU(T3, ZERO, '.'), /* */
    ADDIU(T0, ZERO, 12),  /* halves of rounds */
    LW(T2, 0, S1),        /* the inner loop */
    ADDIU(T1, T1, 1),     /* */
    ADDU(T2, T2, T1),     /* */
    SW(T2, 0, S1),        /* */
    ANDI(K0, T1, 63),     /* */
    BNE(K0, ZERO, -6),    /* */
    XOR(T2, T2, T0),      /* its slot */
    ANDI(K0, T0, 1),      /* */
    XORI(T9, K0, 1),      /* */
    SW(T9, MARK, S0),     /* */
    BNE(T9, ZERO, 2),     /* */
    ADDIU(T0, T0, -1),    /* its slot */
    SB(T3, 0, S0),        /* */
    BNE(T0, ZERO, -14),   /* */
    NOP,                  /* */
    SW(ZERO, EXIT, S0),   /* */
    BEQ(ZERO, ZERO, -1),  /* */
    NOP,
};

/* Instructions before the inner loop, and those that it executes. */
enum { BEFORE = 4, LOOP = 7 * 64 };

static const char *const models[] = {"cpu.model=functional", "cpu.model=r3000",
                                     "cpu.model=vliw"};

static Machine *create(WordMachine *f, const char *model, const char *from,
                       const char *to, const char *interval)
{
    char from_word[64], to_word[64], interval_word[64];
    snprintf(from_word, sizeof from_word, "roi.from=%s", from);
    snprintf(to_word, sizeof to_word, "roi.to=%s", to);
    snprintf(interval_word, sizeof interval_word, "stats.interval=%s",
             interval);
    return word_machine_create(f, START, program, ARRAY_LEN(program),
                               WORDS("machine.memory=1M", "gear1.threshold=2",
                                     "gear2.threshold=10", model, from_word,
                                     to_word, interval_word),
                               false);
}

static uint64_t stat_of(const WordMachine *f, const char *name)
{
    return stats_get(machine_stats(f->machine), name);
}

static uint64_t stats_hash(const WordMachine *f)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    stats_write_json(machine_stats(f->machine), out);
    fclose(out);
    uint64_t hash = hash_bytes(HASH_START, text, size);
    free(text);
    return hash;
}

/* What a run comes to: the machine, what was measured, and in which pieces. */
typedef struct Outcome {
    uint64_t insns, cycles, state, stats, intervals, count;
} Outcome;

static Outcome run(const char *model, const char *from, const char *to,
                   const char *interval, uint64_t slice)
{
    WordMachine f;
    Machine *m = create(&f, model, from, to, interval);
    MachineStop stop;
    do
        stop = machine_run(m, slice);
    while (stop == MACHINE_STOP_SLICE);
    assert_int_equal(stop, MACHINE_STOP_EXIT);
    assert_true(machine_finish_measuring(m));
    Outcome outcome = {machine_insns(m), machine_cycles(m), machine_hash(m),
                       stats_hash(&f),   f.interval_hash,   f.interval_count};
    word_machine_destroy(&f);
    return outcome;
}

static void test_slices(void **state)
{
    (void)state;
    static const char *const points[][2] = {
        {"2", "+3"},
        {"", ""},
        {"100", "+2000"},
        {"text:.", "text:."},
        {"mark", "mark"},
        {"symbol:0x80010014", ""},
        {"700", "symbol:0x8001001c"},
    };
    for (size_t i = 0; i < ARRAY_LEN(models) * ARRAY_LEN(points); i++) {
        const char *model = models[i / ARRAY_LEN(points)];
        const char *const *point = points[i % ARRAY_LEN(points)];
        Outcome plain = run(model, "", "", "0", UINT64_MAX);
        Outcome whole = run(model, point[0], point[1], "97", UINT64_MAX);
        assert_true(whole.count > 0 && plain.count == 0);
        assert_true(whole.insns == plain.insns);
        assert_true(whole.cycles == plain.cycles);
        assert_true(whole.state == plain.state);
        for (uint64_t slice = 1; slice < 4000; slice = 5 * slice + 2) {
            Outcome cut = run(model, point[0], point[1], "97", slice);
            assert_memory_equal(&cut, &whole, sizeof cut);
        }
    }
}

/* Where each kind of point lies, with the processors that can stop anywhere. */
static void test_bounds(void **state)
{
    (void)state;
    enum { ROUND = 2 * (LOOP + 7) + 1, ALL = BEFORE + 6 * ROUND + 1 };
    static const struct {
        const char *from, *to;
        uint64_t insns;
    } cases[] = {
        {"", "", ALL},
        {"", "500", 500},
        {"7", "", ALL - 7},
        {"100", "+1k", 1000},
        {"text:.", "text:.", ROUND},
        {"mark", "mark", 4 + LOOP + 3},
        {"symbol:80010000", "symbol:0x80010010", BEFORE},
        {"symbol:0x80010010", "symbol:0x80010010", 7},
    };
    for (size_t i = 0; i < 2 * ARRAY_LEN(cases); i++) {
        WordMachine f;
        const char *from = cases[i / 2].from, *to = cases[i / 2].to;
        Machine *m = create(&f, models[i % 2], from, to, "0");
        assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_EXIT);
        assert_true(machine_finish_measuring(m));
        assert_int_equal(stat_of(&f, "run.insns"), cases[i / 2].insns);
        word_machine_destroy(&f);
    }
}

/* With the layer, no later than it can be. */
static void test_bounds_of_the_layer(void **state)
{
    (void)state;
    for (unsigned from = 1; from < 3000; from += 131) {
        WordMachine f;
        char text[16];
        snprintf(text, sizeof text, "%u", from);
        Machine *m = create(&f, "cpu.model=vliw", text, "+400", "0");
        assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_EXIT);
        assert_true(machine_finish_measuring(m));
        uint64_t insns = stat_of(&f, "run.insns");
        assert_true(insns >= 400 - 128 && insns < 400 + 128);
        assert_int_equal(stat_of(&f, "run.cycles"),
                         stat_of(&f, "cycles.total"));
        word_machine_destroy(&f);
    }
}

/* What does not come, and what is left then. */
static void test_missed(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(models); i++) {
        WordMachine f;
        Machine *m = create(&f, models[i], "text:!", "", "50");
        assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_EXIT);
        assert_false(machine_finish_measuring(m));
        assert_false(machine_has_measured(m));
        assert_int_equal(stat_of(&f, "run.insns"), 0);
        assert_int_equal(f.interval_count, 0);
        word_machine_destroy(&f);
        m = create(&f, models[i], "text:.", "text:!", "50");
        assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_EXIT);
        assert_false(machine_finish_measuring(m));
        assert_true(machine_has_measured(m));
        assert_true(stat_of(&f, "run.insns") > 4 * LOOP);
        assert_true(f.interval_count > 1);
        word_machine_destroy(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slices),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_bounds_of_the_layer),
        cmocka_unit_test(test_missed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
