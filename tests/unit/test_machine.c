/* Unit tests of morph/machine and morph/console: starting, stopping, slices,
 * breakpoints, traces and input, on the bare board with programs of a few
 * words. */
#include "frontend/decode.h"
#include "morph/machine.h"
#include "tests/elf_writer.h"
#include "tests/support/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { IO = S0 };

#define START 0x80010000u

/* Prints 'a' to 'j', adding up in T2; exits with status 7. */
static const uint32_t alphabet[] = {
    LUI(IO, 0xb000),
    ADDIU(T0, ZERO, 'a'),
    ADDIU(T1, ZERO, 'k'),
    SB(T0, 0, IO),
    ADDIU(T0, T0, 1),
    BNE(T0, T1, -3),
    ADDIU(T2, T2, 3),
    ADDIU(V0, ZERO, 7),
    SW(V0, 0x10, IO),
    BEQ(ZERO, ZERO, -1),
    NOP,
};
enum { LOOP = 3, LOOP_INSNS = 4, PASSES = 10, ALPHABET_INSNS = 3 + 40 + 2 };

/* Prints every byte that is typed, for ever. */
static const uint32_t echo[] = {
    LUI(IO, 0xb000), LBU(T0, 0, IO),      NOP, BEQ(T0, ZERO, -3), NOP,
    SB(T0, 0, IO),   BEQ(ZERO, ZERO, -6), NOP,
};

typedef struct Fixture {
    Config *config;
    ElfImage *image;
    Machine *machine;
    char printed[256];
    size_t size;
    unsigned traced;
} Fixture;

static void on_put(void *ctx, uint8_t byte)
{
    Fixture *f = ctx;
    if (f->size + 1 < sizeof f->printed)
        f->printed[f->size++] = (char)byte;
}

static ElfImage *assemble(uint32_t start, const uint32_t *words, size_t count)
{
    ElfWriter w;
    elf_writer_build_words(&w, start, words, count);
    Diag diag = {""};
    ElfImage *image = elf_read_memory("test", w.bytes, w.size, &diag);
    assert_string_equal(diag.text, "");
    return image;
}

static Machine *create(Fixture *f, const uint32_t *words, size_t count)
{
    *f = (Fixture){.config = config_create()};
    Diag diag = {""};
    assert_true(config_set(f->config, "machine.board", "bare", "test", &diag));
    f->image = assemble(START, words, count);
    MachineConfig mc = {.config = f->config,
                        .image = f->image,
                        .cmdline = "",
                        .host = {.ctx = f, .console_put = on_put}};
    f->machine = machine_create(&mc, &diag);
    assert_string_equal(diag.text, "");
    return f->machine;
}

static void destroy(Fixture *f)
{
    machine_destroy(f->machine);
    elf_free(f->image);
    config_destroy(f->config);
}

#define CREATE(f, words) create(f, words, ARRAY_LEN(words))

static void test_exit(void **state)
{
    (void)state;
    Fixture f;
    Machine *m = CREATE(&f, alphabet);
    assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_EXIT);
    assert_int_equal(machine_exit_status(m), 7);
    assert_int_equal(machine_insns(m), ALPHABET_INSNS);
    assert_string_equal(f.printed, "abcdefghij");
    assert_int_equal(machine_state(m)->gpr[T2], 30);
    /* It is over, and stays so. */
    assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_EXIT);
    assert_int_equal(machine_insns(m), ALPHABET_INSNS);
    destroy(&f);
}

static void test_slices_do_not_show(void **state)
{
    (void)state;
    Fixture whole;
    Machine *m = CREATE(&whole, alphabet);
    machine_run(m, UINT64_MAX);
    uint64_t hash = machine_hash(m);
    destroy(&whole);
    for (uint64_t slice = 1; slice < 9; slice++) {
        Fixture f;
        m = CREATE(&f, alphabet);
        MachineStop stop;
        unsigned slices = 0;
        while ((stop = machine_run(m, slice)) == MACHINE_STOP_SLICE)
            assert_int_equal(machine_insns(m), ++slices * slice);
        assert_int_equal(stop, MACHINE_STOP_EXIT);
        assert_true(machine_hash(m) == hash);
        assert_string_equal(f.printed, "abcdefghij");
        destroy(&f);
    }
}

static void test_limits(void **state)
{
    (void)state;
    Fixture f;
    Machine *m = CREATE(&f, alphabet);
    machine_set_limits(m, &(MachineLimits){.insns = 20});
    assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_INSNS);
    assert_int_equal(machine_insns(m), 20);
    machine_set_limits(m, &(MachineLimits){.cycles = 31});
    assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_CYCLES);
    assert_int_equal(machine_cycles(m), 31);
    machine_set_limits(m, &(MachineLimits){0});
    assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_EXIT);
    assert_string_equal(f.printed, "abcdefghij");
    destroy(&f);
}

static void test_until(void **state)
{
    (void)state;
    Fixture f;
    Machine *m = CREATE(&f, alphabet);
    machine_set_limits(m, &(MachineLimits){.until = "def"});
    assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_TEXT);
    /* Right after the store that printed the last byte. */
    assert_int_equal(machine_insns(m), LOOP + 5 * LOOP_INSNS + 1);
    assert_string_equal(f.printed, "abcdef");
    assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_EXIT);
    destroy(&f);
}

/* The board's line about an unexpected exception and the end of the run are
 * the work of one instruction. */
static void test_until_in_the_last_instruction(void **state)
{
    (void)state;
    static const uint32_t misaligned[] = {LW(T0, 1, ZERO), NOP};
    Fixture f;
    Machine *m = CREATE(&f, misaligned);
    machine_set_limits(m, &(MachineLimits){.until = "without a handler"});
    assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_TEXT);
    assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_EXIT);
    assert_int_equal(machine_exit_status(m), BOARD_STATUS_EXCEPTION);
    destroy(&f);
}

static void test_breakpoints(void **state)
{
    (void)state;
    Fixture f;
    Machine *m = CREATE(&f, alphabet);
    uint32_t store = START + 4 * LOOP;
    assert_true(machine_add_breakpoint(m, store));
    assert_true(machine_add_breakpoint(m, store));
    const uint32_t *list;
    assert_int_equal(machine_breakpoints(m, &list), 1);
    for (unsigned pass = 0; pass < PASSES; pass++) {
        assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_BREAKPOINT);
        assert_int_equal(machine_state(m)->pc, store);
        assert_int_equal(machine_insns(m), LOOP + pass * LOOP_INSNS);
    }
    assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_EXIT);
    destroy(&f);

    /* One that a slice ends at is not run over by the next. */
    m = CREATE(&f, alphabet);
    assert_true(machine_add_breakpoint(m, store));
    assert_int_equal(machine_run(m, LOOP), MACHINE_STOP_BREAKPOINT);
    assert_int_equal(machine_run(m, LOOP_INSNS), MACHINE_STOP_BREAKPOINT);
    assert_int_equal(machine_run(m, LOOP_INSNS - 1), MACHINE_STOP_SLICE);
    assert_int_equal(machine_run(m, 1), MACHINE_STOP_BREAKPOINT);
    assert_true(machine_remove_breakpoint(m, store));
    assert_false(machine_remove_breakpoint(m, store));
    uint32_t va = 0x80000000;
    while (machine_add_breakpoint(m, va))
        va += 4;
    assert_true(machine_breakpoints(m, &list) > 16);
    destroy(&f);
}

static void on_insn(void *ctx, const GuestState *s, uint32_t word)
{
    Fixture *f = ctx;
    if (f->traced < ARRAY_LEN(alphabet) && f->traced <= LOOP)
        assert_int_equal(word, alphabet[f->traced]);
    assert_int_equal(s->insns, f->traced);
    f->traced++;
}

static void test_trace_does_not_show(void **state)
{
    (void)state;
    Fixture plain, f;
    Machine *m = CREATE(&plain, alphabet);
    machine_run(m, UINT64_MAX);
    uint64_t hash = machine_hash(m);
    destroy(&plain);
    m = CREATE(&f, alphabet);
    machine_add_trace(m, &(MachineTrace){.ctx = &f, .insn = on_insn});
    assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_EXIT);
    assert_int_equal(f.traced, ALPHABET_INSNS);
    assert_true(machine_hash(m) == hash);
    destroy(&f);
}

static void play(Fixture *f, InputScript *script, const char *text)
{
    Diag diag = {""};
    assert_true(input_parse(script, "test", text, strlen(text), &diag));
    assert_true(machine_set_input(f->machine, script, &diag));
}

static void test_input_script(void **state)
{
    (void)state;
    static const char text[] = "at 1000\n"
                               "type \"aab\"\n"
                               "after \"ab\"\n"
                               "wait 500\n"
                               "type \"cd\"\n";
    uint64_t hash = 0;
    for (uint64_t slice = 1; slice <= 4096; slice *= 4) {
        Fixture f;
        InputScript script;
        Machine *m = CREATE(&f, echo);
        play(&f, &script, text);
        machine_set_limits(m, &(MachineLimits){.until = "aab"});
        while (machine_run(m, slice) == MACHINE_STOP_SLICE)
            ;
        uint64_t typed = machine_insns(m);
        assert_true(typed > 1000 && typed < 1100);
        machine_set_limits(m, &(MachineLimits){.until = "cd"});
        while (machine_run(m, slice) == MACHINE_STOP_SLICE)
            ;
        assert_true(machine_insns(m) > typed + 500);
        assert_true(machine_insns(m) < typed + 600);
        assert_string_equal(f.printed, "aabcd");
        assert_true(hash == 0 || hash == machine_hash(m));
        hash = machine_hash(m);
        destroy(&f);
        input_free(&script);
    }
}

static void test_overlapping_texts(void **state)
{
    (void)state;
    /* What a matcher that starts over after each mismatch would miss. */
    Fixture f;
    InputScript script;
    Machine *m = CREATE(&f, echo);
    play(&f, &script, "type \"aabaabaaab\"\nafter \"aabaaa\"\ntype \"!\"\n");
    machine_set_limits(m, &(MachineLimits){.insns = 2000, .until = "!"});
    assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_TEXT);
    destroy(&f);
    input_free(&script);
}

static void test_typing(void **state)
{
    (void)state;
    Fixture f;
    Machine *m = CREATE(&f, echo);
    assert_int_equal(machine_run(m, 100), MACHINE_STOP_SLICE);
    machine_type(m, "hello", 5);
    machine_type(m, " you", 4);
    assert_int_equal(machine_run(m, 1000), MACHINE_STOP_SLICE);
    assert_string_equal(f.printed, "hello you");
    destroy(&f);
}

static void expect_refused(uint32_t start, const char *key, const char *value,
                           const char *words)
{
    Config *config = config_create();
    Diag diag = {""};
    config_set(config, "machine.board", "bare", "test", &diag);
    assert_true(config_set(config, key, value, "test", &diag));
    ElfImage *image = assemble(start, alphabet, ARRAY_LEN(alphabet));
    MachineConfig mc = {.config = config, .image = image, .cmdline = ""};
    assert_null(machine_create(&mc, &diag));
    if (!strstr(diag.text, words))
        fail_msg("\"%s\" is not in: %s", words, diag.text);
    elf_free(image);
    config_destroy(config);
}

static void test_refusals(void **state)
{
    (void)state;
    expect_refused(0xc0000000, "machine.memory", "1M", "kseg2");
    expect_refused(0x80200000, "machine.memory", "1M", "--memory");
    expect_refused(0x800ffffc, "machine.memory", "1M", "--memory");
    expect_refused(0x800fffc0, "machine.memory", "1M", "no room");
    expect_refused(START, "machine.memory", "0x100800", "machine.memory");
}

static void test_peek(void **state)
{
    (void)state;
    Fixture f;
    Machine *m = CREATE(&f, alphabet);
    uint8_t bytes[4];
    assert_true(machine_peek(m, START, bytes, sizeof bytes));
    assert_int_equal(bits_load32(bytes, false), alphabet[0]);
    /* Nothing mapped, and a device: no. */
    assert_false(machine_peek(m, 0x00001000, bytes, sizeof bytes));
    assert_false(machine_peek(m, 0xb0000000, bytes, sizeof bytes));
    assert_false(machine_peek(m, 0xfffffffe, bytes, sizeof bytes));
    destroy(&f);
}

static void test_statistics(void **state)
{
    (void)state;
    Fixture f;
    Machine *m = CREATE(&f, alphabet);
    machine_run(m, UINT64_MAX);
    const Stats *stats = machine_stats(m);
    assert_int_equal(stats_get(stats, "cpu.insns"), ALPHABET_INSNS);
    assert_int_equal(stats_get(stats, "bus.device.writes"), PASSES + 1);
    destroy(&f);
}

/* Marks a region of three instructions twice, redundantly, then one that does
 * not end. */
static const uint32_t marks[] = {
    LUI(IO, 0xb000),
    ADDIU(T0, ZERO, 1),
    SW(T0, 0x110, IO),
    NOP,
    SW(T0, 0x110, IO),
    SW(ZERO, 0x110, IO),
    SW(ZERO, 0x110, IO),
    SW(T0, 0x110, IO),
    SW(ZERO, 0x110, IO),
    SW(T0, 0x110, IO),
    SW(ZERO, 0x10, IO),
    BEQ(ZERO, ZERO, -1),
    NOP,
};

static void test_regions(void **state)
{
    (void)state;
    Fixture f;
    Machine *m = CREATE(&f, marks);
    assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_EXIT);
    const Stats *stats = machine_stats(m);
    assert_int_equal(stats_get(stats, "roi.count"), 3);
    assert_int_equal(stats_get(stats, "roi.insns"), 3 + 1);
    destroy(&f);
}

/* A swr stores byte by byte: the profile of a trace card goes on and off, and
 * what follows it is nothing that a machine may end with. */
static const uint32_t swr_marks[] = {
    LUI(IO, 0xbffe),  LUI(T0, 1),          SWR(T0, 0x16, IO),
    SW(T0, 0x14, IO), SWR(T0, 0x16, IO),   SW(ZERO, 0x14, IO),
    SW(T0, 0x14, IO), BEQ(ZERO, ZERO, -1), NOP,
};

/* A sys161, which starts with `words`; `note` takes what is told of it. */
static Machine *create_sys161(Fixture *f, const uint32_t *words, size_t count,
                              void (*note)(void *ctx, const char *text))
{
    uint32_t size = (uint32_t)(count * sizeof *words);
    ElfWriterSegment segment = {START, size, size,
                                ELF_SEGMENT_R | ELF_SEGMENT_X};
    ElfWriter w;
    elf_writer_build(&w, true, START, &segment, 1, NULL, 0);
    for (size_t i = 0; i < count; i++)
        elf_writer_put32(&w, w.size - size + 4 * i, words[i]);
    *f = (Fixture){.config = config_create()};
    Diag diag = {""};
    config_set(f->config, "machine.board", "sys161", "test", &diag);
    config_set(f->config, "sys161.slots", "30 trace, 31 mainboard ramsize=4M",
               "test", &diag);
    f->image = elf_read_memory("test", w.bytes, w.size, &diag);
    MachineConfig mc = {.config = f->config,
                        .image = f->image,
                        .cmdline = "",
                        .host = {.ctx = f, .note = note}};
    f->machine = machine_create(&mc, &diag);
    assert_string_equal(diag.text, "");
    return f->machine;
}

static void test_marks_of_one_instruction(void **state)
{
    (void)state;
    Fixture f;
    Machine *m = create_sys161(&f, swr_marks, ARRAY_LEN(swr_marks), NULL);
    machine_set_limits(m, &(MachineLimits){.insns = 100});
    assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_INSNS);
    assert_int_equal(stats_get(machine_stats(m), "roi.count"), 2);
    /* From behind the first sw to the second swr, which ends off. */
    assert_int_equal(stats_get(machine_stats(m), "roi.insns"), 1);
    destroy(&f);
}

/* The note, as if it had been printed. */
static void on_note(void *ctx, const char *text)
{
    Fixture *f = ctx;
    snprintf(f->printed, sizeof f->printed, "%s", text);
}

/* What ends a sys161: Status.IsC, Status.SwC, two TLB entries for one page. */
static void test_machine_checks(void **state)
{
    (void)state;
    enum { INDEX = 0, ENTRYLO = 2, ENTRYHI = 10, STATUS = 12, VALID = 0x200 };
    static const uint32_t isolates[] = {LUI(T0, 1), MTC0(T0, STATUS), NOP,
                                        BEQ(ZERO, ZERO, -1), NOP};
    static const uint32_t swaps[] = {LUI(T0, 2), MTC0(T0, STATUS), NOP,
                                     BEQ(ZERO, ZERO, -1), NOP};
    static const uint32_t doubles[] = {
        ADDIU(T0, ZERO, 0x1000),
        ADDIU(T1, ZERO, VALID),
        ADDIU(T2, ZERO, 0x100),
        MTC0(T0, ENTRYHI),
        MTC0(T1, ENTRYLO),
        MTC0(ZERO, INDEX),
        TLBWI,
        MTC0(T2, INDEX),
        TLBWI,
        LW(T3, 0, T0),
        BEQ(ZERO, ZERO, -1),
        NOP,
    };
    static const struct {
        const uint32_t *words;
        size_t count;
        const char *note;
    } cases[] = {
        {isolates, ARRAY_LEN(isolates), "isolates or swaps caches"},
        {swaps, ARRAY_LEN(swaps), "isolates or swaps caches"},
        {doubles, ARRAY_LEN(doubles), "two TLB entries match one address"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        Fixture f;
        Machine *m = create_sys161(&f, cases[i].words, cases[i].count, on_note);
        machine_set_limits(m, &(MachineLimits){.insns = 100});
        assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_HALT);
        assert_int_equal(machine_exit_status(m), BOARD_STATUS_CRASH);
        assert_non_null(strstr(f.printed, ": machine check: "));
        assert_non_null(strstr(f.printed, cases[i].note));
        destroy(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exit),
        cmocka_unit_test(test_slices_do_not_show),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_until),
        cmocka_unit_test(test_until_in_the_last_instruction),
        cmocka_unit_test(test_breakpoints),
        cmocka_unit_test(test_trace_does_not_show),
        cmocka_unit_test(test_input_script),
        cmocka_unit_test(test_overlapping_texts),
        cmocka_unit_test(test_typing),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_peek),
        cmocka_unit_test(test_statistics),
        cmocka_unit_test(test_regions),
        cmocka_unit_test(test_marks_of_one_instruction),
        cmocka_unit_test(test_machine_checks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
