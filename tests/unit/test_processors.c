/* Unit tests of morph/processors: turns of several processors on the sys161
 * board, with a program of a few words. */
#include "frontend/decode.h"
#include "morph/machine.h"
#include "tests/elf_writer.h"
#include "tests/support/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define START   0x80010000u
#define COUNTER 0x80020000u

#define LL(rt, imm, rs) I(0x30, rs, rt, imm)
#define SC(rt, imm, rs) I(0x38, rs, rt, imm)
#define WAIT            0x42000020u

/* The mainboard's registers, and those of a processor. */
enum {
    PWR = 0x7e08,
    CPUE = 0x7e14,
    CRAM = 0x300,
    AREA = 0x400,

    PROCESSORS = 3,
    TIMES = 100,
    BEGIN = 11, /* word of the program where the others begin */
};

/* Each of three processors adds 1 to a word TIMES times, by LL and SC; then
 * the others wait, and number 0 looks at it until all is there. */
static const uint32_t program[] = {
    LUI(S0, 0xbfff),
    ORI(S1, S0, 0x8000),
    LUI(T0, START >> 16),
    ORI(T0, T0, 4 * BEGIN),
    SW(T0, AREA + CRAM, S1),
    SW(T0, 2 * AREA + CRAM, S1),
    ADDIU(T1, ZERO, 7),
    SW(T1, AREA + CRAM + 4, S1),
    SW(T1, 2 * AREA + CRAM + 4, S1),
    SW(T1, CPUE, S0),
    MOVE(A0, ZERO),
    /* All of them: */
    LUI(S2, COUNTER >> 16),
    ADDIU(S3, ZERO, TIMES),
    LL(T0, 0, S2),
    ADDIU(T0, T0, 1),
    SC(T0, 0, S2),
    BEQ(T0, ZERO, -4),
    NOP,
    ADDIU(S3, S3, -1),
    BNE(S3, ZERO, -7),
    NOP,
    BNE(A0, ZERO, 7),
    NOP,
    /* Number 0: */
    LW(T0, 0, S2),
    ADDIU(T1, ZERO, PROCESSORS *TIMES),
    BNE(T0, T1, -3),
    NOP,
    SW(ZERO, PWR, S0),
    NOP,
    WAIT,
    BEQ(ZERO, ZERO, -2),
    NOP,
};

/* Processor 1 ends itself by the first byte that SWL writes, and begins itself
 * by the last one; then it turns the machine off. */
static const uint32_t again[] = {
    LUI(S0, 0xbfff),
    ORI(S1, S0, 0x8000),
    LUI(T0, START >> 16),
    ORI(T0, T0, 4 * 9),
    SW(T0, AREA + CRAM, S1),
    ADDIU(T1, ZERO, 3),
    SW(T1, CPUE, S0),
    BEQ(ZERO, ZERO, -1),
    NOP,
    LUI(S0, 0xbfff),
    ADDIU(T0, ZERO, 0x200),
    SWL(T0, CPUE + 1, S0),
    LW(T1, CPUE, S0),
    SW(ZERO, PWR, S0),
    WAIT,
    NOP,
};

typedef struct Fixture {
    Config *config;
    ElfImage *image;
    Machine *machine;
} Fixture;

static void set(Config *config, const char *word)
{
    Diag diag = {""};
    if (!config_set_word(config, word, "test", &diag))
        fail_msg("%s", diag.text);
}

static Machine *create_with(Fixture *f, const uint32_t *words, uint32_t size,
                            const char *model, const char *quantum)
{
    ElfWriterSegment segment = {START, size, size,
                                ELF_SEGMENT_R | ELF_SEGMENT_X};
    ElfWriter w;
    Diag diag = {""};
    elf_writer_build(&w, true, START, &segment, 1, NULL, 0);
    w.big = true;
    for (size_t i = 0; i < size / 4; i++)
        elf_writer_put32(&w, w.size - size + 4 * i, words[i]);
    f->image = elf_read_memory("test", w.bytes, w.size, &diag);
    assert_string_equal(diag.text, "");
    f->config = config_create();
    set(f->config, "machine.board=sys161");
    set(f->config, "machine.cpus=3");
    set(f->config, model);
    set(f->config, quantum);
    MachineConfig mc = {.config = f->config, .image = f->image, .cmdline = ""};
    f->machine = machine_create(&mc, &diag);
    assert_string_equal(diag.text, "");
    return f->machine;
}

static Machine *create(Fixture *f, const char *model, const char *quantum)
{
    return create_with(f, program, sizeof program, model, quantum);
}

static void destroy(Fixture *f)
{
    machine_destroy(f->machine);
    elf_free(f->image);
    config_destroy(f->config);
}

static uint32_t counter(Machine *m)
{
    uint8_t bytes[4];
    assert_true(machine_peek(m, COUNTER, bytes, sizeof bytes));
    return bits_load32(bytes, true);
}

static uint64_t stat(const Machine *m, const char *name)
{
    return stats_get(machine_stats(m), name);
}

/* What a run comes to. */
typedef struct Result {
    uint64_t hash, cycles, insns;
} Result;

static Result run(const char *model, const char *quantum, uint64_t slice)
{
    Fixture f;
    Machine *m = create(&f, model, quantum);
    MachineStop stop;
    while ((stop = machine_run(m, slice)) == MACHINE_STOP_SLICE)
        ;
    assert_int_equal(stop, MACHINE_STOP_HALT);
    assert_int_equal(counter(m), PROCESSORS * TIMES);
    assert_int_equal(stat(m, "cpu.insns"), machine_insns(m));
    assert_int_equal(stat(m, "cpu1.waits") + stat(m, "cpu2.waits"), 2);
    Result result = {machine_hash(m), machine_cycles(m), machine_insns(m)};
    destroy(&f);
    return result;
}

static void check_slices(const char *model, const char *quantum)
{
    Result whole = run(model, quantum, UINT64_MAX);
    for (uint64_t slice = 1; slice < 2000; slice = 7 * slice + 2) {
        Result sliced = run(model, quantum, slice);
        assert_true(sliced.hash == whole.hash);
        assert_int_equal(sliced.cycles, whole.cycles);
        assert_int_equal(sliced.insns, whole.insns);
    }
}

/* Nothing depends on slices, whatever the quantum is. */
static void test_slices(void **state)
{
    (void)state;
    check_slices("cpu.model=functional", "machine.quantum=1");
    check_slices("cpu.model=functional", "machine.quantum=13");
    check_slices("cpu.model=functional", "machine.quantum=1000");
    check_slices("cpu.model=vliw", "machine.quantum=1");
    check_slices("cpu.model=vliw", "machine.quantum=100");
}

/* Limits of instructions, too, are between any two of them, and a breakpoint is
 * met by each. */
static void test_stops(void **state)
{
    (void)state;
    Result whole =
        run("cpu.model=functional", "machine.quantum=50", UINT64_MAX);
    Fixture f;
    Machine *m = create(&f, "cpu.model=functional", "machine.quantum=50");
    for (uint64_t insns = 1; insns < 400; insns += 3) {
        machine_set_limits(m, &(MachineLimits){.insns = insns});
        assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_INSNS);
        assert_int_equal(machine_insns(m), insns);
    }
    machine_set_limits(m, &(MachineLimits){.insns = 0});
    assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_HALT);
    assert_true(machine_hash(m) == whole.hash);
    assert_int_equal(machine_cycles(m), whole.cycles);
    destroy(&f);
    m = create(&f, "cpu.model=functional", "machine.quantum=50");
    assert_true(machine_add_breakpoint(m, START + 4 * BEGIN));
    for (unsigned i = 0; i < PROCESSORS; i++) {
        assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_BREAKPOINT);
        assert_int_equal(machine_state(m)->pc, START + 4 * BEGIN);
    }
    assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_HALT);
    assert_true(machine_hash(m) == whole.hash);
    destroy(&f);
}

/* The clock is that of all: those who began later have not more cycles than
 * there were. */
static void test_time(void **state)
{
    (void)state;
    Fixture f;
    Machine *m = create(&f, "cpu.model=functional", "machine.quantum=100");
    assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_HALT);
    uint64_t cycles = machine_cycles(m);
    assert_int_equal(stat(m, "cpu0.insns") + stat(m, "cpu0.idle"), cycles);
    for (unsigned i = 1; i < PROCESSORS; i++) {
        char insns[32], idle[32];
        snprintf(insns, sizeof insns, "cpu%u.insns", i);
        snprintf(idle, sizeof idle, "cpu%u.idle", i);
        /* They begin in cycle 10. */
        assert_int_equal(stat(m, insns) + stat(m, idle), cycles - 10);
    }
    assert_true(machine_is_waiting(m));
    destroy(&f);
}

static void test_again(void **state)
{
    (void)state;
    static const char *const models[] = {"cpu.model=functional",
                                         "cpu.model=vliw"};
    for (size_t i = 0; i < ARRAY_LEN(models); i++) {
        Fixture f;
        Machine *m = create_with(&f, again, sizeof again, models[i],
                                 "machine.quantum=10");
        assert_int_equal(machine_run(m, 10000000), MACHINE_STOP_HALT);
        assert_int_equal(machine_state_of(m, 1)->gpr[T1], 3);
        destroy(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slices),
        cmocka_unit_test(test_stops),
        cmocka_unit_test(test_time),
        cmocka_unit_test(test_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
