/* Unit tests of fast-forwarding by compiled code (morph/forwarder): code that
 * changes while cpu_run() and translations both execute it.  The oracle is
 * cpu_run() alone. */
#include "morph/machine.h"
#include "tests/support/word_machine.h"
#include "tests/support/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define START 0x80010000u
enum { EXIT = 0x10, S4 = 20, T5 = 13 };

/* Each round is a hot loop of which an instruction changes with the rounds, and
 * a hot loop that changes an instruction which the round then executes once. */
enum { CHANGED_BY_ROUND = 6, CHANGED_BY_LOOP = 23 };
static const uint32_t program[] = {
    LUI(S0, 0xb000),                  /* */
    LUI(S1, START >> 16),             /* */
    LUI(S3, ADDIU(T1, T1, 0) >> 16),  /* */
    LUI(S4, ADDIU(T2, T2, 0) >> 16),  /* */
    ADDIU(S2, ZERO, 400),             /* rounds */
    ADDIU(T3, ZERO, 40),              /* a round */
    ADDIU(T1, T1, 1),                 /* changed; the first loop */
    ADDIU(T3, T3, -1),                /* */
    BNE(T3, ZERO, -3),                /* */
    XOR(T4, T4, T1),                  /* its slot */
    ANDI(T5, S2, 7),                  /* */
    ADDU(T5, T5, S3),                 /* */
    SW(T5, 4 * CHANGED_BY_ROUND, S1), /* */
    ADDIU(T3, ZERO, 40),              /* */
    ADDU(T5, T3, S2),                 /* the second loop */
    ANDI(T5, T5, 15),                 /* */
    ADDU(T5, T5, S4),                 /* */
    SW(T5, 4 * CHANGED_BY_LOOP, S1),  /* */
    ADDIU(T3, T3, -1),                /* */
    BNE(T3, ZERO, -6),                /* */
    XOR(T4, T4, T5),                  /* its slot */
    BEQ(ZERO, ZERO, 1),               /* */
    NOP,                              /* its slot */
    ADDIU(T2, T2, 0),                 /* changed */
    XOR(T4, T4, T2),                  /* */
    ADDIU(S2, S2, -1),                /* */
    BNE(S2, ZERO, -22),               /* */
    SW(T4, 0x200, S1),                /* its slot: data among code */
    SW(ZERO, EXIT, S0),               /* */
    BEQ(ZERO, ZERO, -1),              /* */
    NOP,
};

typedef struct Outcome {
    uint64_t insns, cycles, hash, compiled;
} Outcome;

static Outcome run(const char *kind, const char *sample, const char *hot,
                   uint64_t slice)
{
    WordMachine w;
    char kind_word[32], sample_word[32], hot_word[32];
    snprintf(kind_word, sizeof kind_word, "engine.kind=%s", kind);
    snprintf(sample_word, sizeof sample_word, "engine.sample=%s", sample);
    snprintf(hot_word, sizeof hot_word, "engine.hot=%s", hot);
    Machine *m = word_machine_create(
        &w, START, program, ARRAY_LEN(program),
        WORDS("machine.memory=1M", "cpu.model=vliw", "fast_forward.to=1G",
              "engine.module=" SELKIRK_TEST_MODULE, "engine.threads=0",
              kind_word, sample_word, hot_word),
        false);
    MachineStop stop;
    do
        stop = machine_run(m, slice);
    while (stop == MACHINE_STOP_SLICE);
    assert_int_equal(stop, MACHINE_STOP_EXIT);
    assert_true(machine_fast_forwards(m));
    EngineReport report = machine_forward_report(m);
    Outcome outcome = {machine_insns(m), machine_cycles(m), machine_hash(m),
                       report.compiled[0] + report.compiled[1]};
    word_machine_destroy(&w);
    return outcome;
}

static void test_code_that_changes(void **state)
{
    (void)state;
    static const char *const samples[] = {"1", "9", "100", "1000"};
    static const char *const hots[] = {"1", "4", "30"};
    Outcome reference = run("reference", "1", "1", UINT64_MAX);
    uint64_t compiled = 0;
    assert_int_equal(reference.compiled, 0);
    for (size_t i = 0; i < ARRAY_LEN(samples) * ARRAY_LEN(hots); i++) {
        Outcome o = run("jit", samples[i / ARRAY_LEN(hots)],
                        hots[i % ARRAY_LEN(hots)], i % 2 ? 5000 : UINT64_MAX);
        assert_true(o.insns == reference.insns);
        assert_true(o.cycles == reference.cycles);
        assert_true(o.hash == reference.hash);
        compiled += o.compiled;
    }
    assert_true(compiled > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_code_that_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
