/* Unit tests of fast-forwarding (morph/machine, morph/fastforward): where it
 * ends, whose time counts until then, and what the guest sees of it. */
#include "morph/fastforward.h"
#include "morph/machine.h"
#include "tests/support/word_machine.h"
#include "tests/support/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Registers of the bare board's device. */
enum {
    EXIT = 0x10,
    CYCLES = 0x100,
    MARK = 0x110,
    IRQ = 0x120,
    IRQ_LATER = 0x124,
    IRQ_DELAY = 0x128,
};

#define START 0x80010000u

/* Four rounds of adding up in memory.  At the end of each it prints a '.',
 * notes the time, and waits for the timer; the second round is of interest. */
static const uint32_t program[] = {
    LUI(S0, 0xb000),       /* */
    LUI(S1, 0x8002),       /* */
    ADDIU(T3, ZERO, '.'),  /* */
    ADDIU(T0, T0, 1),      /* the rounds */
    XORI(K0, T0, 2),       /* */
    SLTIU(K0, K0, 1),      /* */
    SW(K0, MARK, S0),      /* */
    LW(T2, 0, S1),         /* the inner loop */
    ADDIU(T1, T1, 1),      /* */
    ADDU(T2, T2, T1),      /* */
    SW(T2, 0, S1),         /* */
    ANDI(K0, T1, 63),      /* */
    BNE(K0, ZERO, -6),     /* */
    XOR(T2, T2, T0),       /* its slot */
    SB(T3, 0, S0),         /* */
    LW(T2, CYCLES, S0),    /* */
    ADDIU(K0, ZERO, 1),    /* */
    SW(K0, IRQ_LATER, S0), /* */
    SW(T2, 4, S1),         /* */
    ADDIU(K0, ZERO, 300),  /* */
    SW(K0, IRQ_DELAY, S0), /* */
    MFC0(K0, 13),          /* waits */
    ADDIU(T2, T2, 1),      /* */
    ANDI(K0, K0, 0x400),   /* */
    BEQ(K0, ZERO, -4),     /* */
    SW(T2, 8, S1),         /* its slot */
    SW(ZERO, IRQ, S0),     /* */
    ADDIU(K0, T0, -4),     /* */
    BNE(K0, ZERO, -26),    /* */
    NOP,                   /* */
    SW(ZERO, EXIT, S0),    /* */
    BEQ(ZERO, ZERO, -1),   /* */
    NOP,
};
enum {
    INSNS_BEGIN = 3, /* before the first round */
    INSNS_MARK = 4,  /* of a round: up to the mark */
    INSNS_DOT = INSNS_MARK + 64 * 7 + 1,
};

/* `to` NULL: the reference CPU alone. */
static Machine *create(WordMachine *f, const char *to, const char *warm,
                       bool check)
{
    char to_word[64], warm_word[64];
    snprintf(to_word, sizeof to_word, "fast_forward.to=%s", to ? to : "0");
    snprintf(warm_word, sizeof warm_word, "fast_forward.warm=%s", warm);
    return word_machine_create(
        f, START, program, ARRAY_LEN(program),
        WORDS("machine.memory=1M", "gear1.threshold=2", "gear2.threshold=10",
              to ? "cpu.model=vliw" : "cpu.model=functional", to_word,
              warm_word),
        check);
}

static uint64_t stat_of(const WordMachine *f, const char *name)
{
    return stats_get(machine_stats(f->machine), name);
}

/* What a run to the end came to. */
typedef struct Outcome {
    uint64_t insns, cycles, hash;
} Outcome;

static Outcome outcome_of(const WordMachine *f)
{
    return (Outcome){machine_insns(f->machine), machine_cycles(f->machine),
                     machine_hash(f->machine)};
}

static void assert_same(Outcome a, Outcome b)
{
    assert_true(a.insns == b.insns);
    assert_true(a.cycles == b.cycles);
    assert_true(a.hash == b.hash);
}

static Outcome run_reference(void)
{
    WordMachine f;
    assert_int_equal(machine_run(create(&f, NULL, "0", false), UINT64_MAX),
                     MACHINE_STOP_EXIT);
    Outcome outcome = outcome_of(&f);
    word_machine_destroy(&f);
    return outcome;
}

/* The guest's clock is made of the three phases. */
static void assert_clock(const WordMachine *f)
{
    assert_int_equal(machine_cycles(f->machine),
                     stat_of(f, "fast_forward.insns") +
                         stat_of(f, "fast_forward.warm.insns") +
                         stat_of(f, "cycles.total") -
                         stat_of(f, "fast_forward.warm.cycles"));
}

/* At any instruction the layer takes over what the reference CPU left, and they
 * agree from there on. */
static void test_any_instruction(void **state)
{
    (void)state;
    uint64_t insns = run_reference().insns;
    for (uint64_t to = 1; to < insns; to += to < 64 ? 1 : 23) {
        char text[24];
        WordMachine f;
        snprintf(text, sizeof text, "%u", (unsigned)to);
        Machine *m = create(&f, text, to % 2 ? "0" : "100", true);
        assert_true(machine_fast_forwards(m));
        assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_EXIT);
        assert_null(machine_finish_check(m));
        assert_string_equal(f.printed, "....");
        assert_int_equal(stat_of(&f, "fast_forward.insns"), to);
        assert_clock(&f);
        word_machine_destroy(&f);
    }
}

/* Up to the switch the guest's time is the reference CPU's, whoever executes:
 * what it reads from clocks and when its timer is over, too. */
static void test_time_before_the_switch(void **state)
{
    (void)state;
    Outcome reference = run_reference();
    static const char *const keys[][2] = {
        {"1G", "0"}, {"1", "1G"}, {"500", "1G"}, {"until:..", "1G"}};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        WordMachine f;
        Machine *m = create(&f, keys[i][0], keys[i][1], false);
        assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_EXIT);
        assert_true(machine_fast_forwards(m));
        assert_same(outcome_of(&f), reference);
        assert_int_equal(stat_of(&f, "fast_forward.insns") +
                             stat_of(&f, "fast_forward.warm.insns"),
                         reference.insns);
        assert_int_equal(stat_of(&f, "fast_forward.warm.cycles"),
                         stat_of(&f, "cycles.total"));
        assert_clock(&f);
        word_machine_destroy(&f);
    }
}

static void test_slices(void **state)
{
    (void)state;
    static const char *const tos[] = {"700", "until:..", "roi"};
    for (size_t i = 0; i < 2 * ARRAY_LEN(tos); i++) {
        const char *to = tos[i / 2], *warm = i % 2 ? "600" : "0";
        WordMachine f;
        Machine *m = create(&f, to, warm, false);
        machine_run(m, UINT64_MAX);
        Outcome whole = outcome_of(&f);
        uint64_t warm_cycles = stat_of(&f, "fast_forward.warm.cycles");
        word_machine_destroy(&f);
        for (uint64_t slice = 1; slice < 3000; slice = 3 * slice + 1) {
            m = create(&f, to, warm, false);
            while (machine_run(m, slice) == MACHINE_STOP_SLICE)
                ;
            assert_same(outcome_of(&f), whole);
            assert_int_equal(stat_of(&f, "fast_forward.warm.cycles"),
                             warm_cycles);
            word_machine_destroy(&f);
        }
    }
}

/* Right after the store that printed the text. */
static void test_text(void **state)
{
    (void)state;
    WordMachine f;
    Machine *m = create(&f, "until:.", "0", true);
    machine_set_limits(m, &(MachineLimits){.until = ".."});
    assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_TEXT);
    assert_false(machine_fast_forwards(m));
    assert_int_equal(stat_of(&f, "fast_forward.insns"),
                     INSNS_BEGIN + INSNS_DOT);
    machine_set_limits(m, &(MachineLimits){0});
    assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_EXIT);
    assert_null(machine_finish_check(m));
    /* Once only. */
    assert_int_equal(stat_of(&f, "fast_forward.insns"),
                     INSNS_BEGIN + INSNS_DOT);
    assert_clock(&f);
    word_machine_destroy(&f);
}

/* Right after the mark: the region's time is the layer's. */
static void test_region(void **state)
{
    (void)state;
    WordMachine f;
    create(&f, "0", "0", false);
    machine_run(f.machine, UINT64_MAX);
    uint64_t insns = stat_of(&f, "roi.insns");
    word_machine_destroy(&f);
    Machine *m = create(&f, "roi", "0", true);
    machine_set_limits(m, &(MachineLimits){.until = ".."});
    assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_TEXT);
    uint64_t forwarded = stat_of(&f, "fast_forward.insns");
    assert_int_equal(machine_insns(m), forwarded + INSNS_DOT - INSNS_MARK);
    assert_true(machine_cycles(m) - forwarded > INSNS_DOT);
    machine_set_limits(m, &(MachineLimits){0});
    assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_EXIT);
    assert_int_equal(stat_of(&f, "roi.count"), 1);
    assert_true(stat_of(&f, "roi.insns") <= insns);
    assert_true(stat_of(&f, "roi.cycles") > stat_of(&f, "roi.insns"));
    word_machine_destroy(&f);
}

/* Limits and breakpoints hold in every phase. */
static void test_limits(void **state)
{
    (void)state;
    Outcome reference = run_reference();
    for (unsigned at = 100; at < 1000; at += 300) {
        WordMachine f;
        Machine *m = create(&f, "300", "300", false);
        machine_set_limits(m, &(MachineLimits){.insns = at});
        assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_INSNS);
        assert_int_equal(machine_insns(m), at);
        assert_int_equal(machine_fast_forwards(m), at < 600);
        machine_set_limits(m, &(MachineLimits){.cycles = at + 50});
        assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_CYCLES);
        assert_true(machine_cycles(m) >= at + 50);
        assert_true(at > 600 || machine_cycles(m) == at + 50);
        machine_set_limits(m, &(MachineLimits){0});
        assert_true(machine_add_breakpoint(m, START + 4 * 30));
        assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_BREAKPOINT);
        assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_EXIT);
        assert_true(machine_cycles(m) >= reference.cycles);
        word_machine_destroy(&f);
    }
}

static void set(Config *config, const char *key, const char *value)
{
    Diag diag = {""};
    assert_true(config_set(config, key, value, "test", &diag));
}

static void test_keys(void **state)
{
    (void)state;
    static const struct {
        const char *model, *to, *warm, *message;
    } cases[] = {
        {"vliw", "0", "0", NULL},
        {"functional", "0", "0", NULL},
        {"vliw", "12k", "5M", NULL},
        {"vliw", "until:login:", "0", NULL},
        {"vliw", "roi", "0", NULL},
        {"functional", "roi", "0",
         "fast_forward.to = roi: cpu.model = functional has no timed model"},
        {"vliw", "", "0", "fast_forward.to = \"\" is no point"},
        {"vliw", "12q", "0", "fast_forward.to = \"12q\" is no point"},
        {"vliw", "until:", "0", "fast_forward.to = \"until:\": the text is"},
        {"vliw", "until:# ", "0", "fast_forward.to = \"until:# \": the text"},
        {"vliw", "until:a ;", "0", "fast_forward.to = \"until:a ;\": the te"},
        {"vliw", "until:\n", "0", "fast_forward.to = \"until:?\": the text"},
        {"vliw", "0", "1", "fast_forward.warm = 1: nothing is fast-forwarded"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        Config *config = config_create();
        set(config, "cpu.model", cases[i].model);
        set(config, "fast_forward.to", cases[i].to);
        set(config, "fast_forward.warm", cases[i].warm);
        FastForward forward;
        Diag diag = {""};
        bool ok = fastforward_read(&forward, config, NULL, &diag);
        assert_int_equal(ok, cases[i].message == NULL);
        if (!ok)
            assert_memory_equal(diag.text, cases[i].message,
                                strlen(cases[i].message));
        config_destroy(config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_instruction),
        cmocka_unit_test(test_time_before_the_switch),
        cmocka_unit_test(test_slices),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_region),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
