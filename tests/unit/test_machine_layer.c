/* Unit tests of morph/machine with the code-morphing layer: what the guest
 * computes, and where a run stops, is as on the reference CPU; where every
 * cycle went is known. */
#include "morph/machine.h"
#include "tests/elf_writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* Just enough of an assembler. */
enum { ZERO = 0, T0 = 8, T1, T2, T3, S0 = 16, S1, K0 = 26 };
#define I(op, rs, rt, imm)                                                     \
    ((uint32_t)(op) << 26 | (uint32_t)(rs) << 21 | (uint32_t)(rt) << 16 |      \
     ((uint32_t)(imm)&0xffff))
#define ADDIU(rt, rs, imm) I(0x09, rs, rt, imm)
#define LUI(rt, imm)       I(0x0f, 0, rt, imm)
#define LW(rt, imm, rs)    I(0x23, rs, rt, imm)
#define SB(rt, imm, rs)    I(0x28, rs, rt, imm)
#define SW(rt, imm, rs)    I(0x2b, rs, rt, imm)
#define BEQ(rs, rt, words) I(0x04, rs, rt, words)
#define BNE(rs, rt, words) I(0x05, rs, rt, words)
#define ADDU(rd, rs, rt)   (I(0, rs, rt, (rd) << 11) | 0x21)
#define XOR(rd, rs, rt)    (I(0, rs, rt, (rd) << 11) | 0x26)
#define NOP                0u

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

typedef struct Fixture {
    Config *config;
    ElfImage *image;
    Machine *machine;
    char printed[16];
    size_t size;
} Fixture;

static void on_put(void *ctx, uint8_t byte)
{
    Fixture *f = ctx;
    if (f->size + 1 < sizeof f->printed)
        f->printed[f->size++] = (char)byte;
}

static ElfImage *assemble(void)
{
    ElfWriter w;
    elf_writer_build_words(&w, START, program, ARRAY_LEN(program));
    Diag diag = {""};
    ElfImage *image = elf_read_memory("test", w.bytes, w.size, &diag);
    assert_string_equal(diag.text, "");
    return image;
}

static Machine *create(Fixture *f, const char *model, bool check)
{
    const char *const keys[][2] = {{"machine.board", "bare"},
                                   {"machine.memory", "1M"},
                                   {"gear1.threshold", "2"},
                                   {"gear2.threshold", "10"},
                                   {"cpu.model", model}};
    *f = (Fixture){.config = config_create(), .image = assemble()};
    Diag diag = {""};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        assert_true(
            config_set(f->config, keys[i][0], keys[i][1], "test", &diag));
    MachineConfig mc = {.config = f->config,
                        .image = f->image,
                        .cmdline = "",
                        .check = check,
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

static void test_check(void **state)
{
    (void)state;
    Fixture f;
    Machine *m = create(&f, "vliw", true);
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
    destroy(&f);
}

/* Nothing is compared, and nothing is there to ask, without check mode. */
static void test_no_check(void **state)
{
    (void)state;
    Fixture f;
    Machine *m = create(&f, "vliw", false);
    machine_run(m, UINT64_MAX);
    assert_null(machine_finish_check(m));
    assert_int_equal(machine_check_counts(m).commits, 0);
    destroy(&f);
}

/* A limit of instructions is exact in every gear, and the state is the
 * reference CPU's. */
static void test_limits_of_instructions(void **state)
{
    (void)state;
    for (unsigned insns = 1; insns < INSNS; insns += 37) {
        Fixture f;
        uint64_t hashes[2];
        for (unsigned layer = 0; layer < 2; layer++) {
            Machine *m = create(&f, layer ? "vliw" : "functional", false);
            machine_set_limits(m, &(MachineLimits){.insns = insns});
            assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_INSNS);
            assert_int_equal(machine_insns(m), insns);
            hashes[layer] = machine_hash(m);
            destroy(&f);
        }
        assert_true(hashes[0] == hashes[1]);
    }
}

/* What a run comes to does not depend on slices. */
static void test_slices(void **state)
{
    (void)state;
    Fixture f;
    Machine *m = create(&f, "vliw", false);
    machine_run(m, UINT64_MAX);
    uint64_t cycles = machine_cycles(m), hash = machine_hash(m);
    destroy(&f);
    for (uint64_t slice = 1; slice < 3000; slice = 3 * slice + 1) {
        m = create(&f, "vliw", false);
        while (machine_run(m, slice) == MACHINE_STOP_SLICE)
            ;
        assert_int_equal(machine_cycles(m), cycles);
        assert_true(machine_hash(m) == hash);
        assert_string_equal(f.printed, "....");
        destroy(&f);
    }
}

static void test_limit_of_cycles(void **state)
{
    (void)state;
    Fixture f;
    Machine *m = create(&f, "vliw", false);
    machine_set_limits(m, &(MachineLimits){.cycles = 5000});
    assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_CYCLES);
    assert_true(machine_cycles(m) >= 5000);
    assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_CYCLES);
    machine_set_limits(m, &(MachineLimits){0});
    assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_EXIT);
    destroy(&f);
}

/* Right after the store that printed the text. */
static void test_until(void **state)
{
    (void)state;
    Fixture f;
    Machine *m = create(&f, "vliw", true);
    machine_set_limits(m, &(MachineLimits){.until = "..."});
    assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_TEXT);
    assert_int_equal(machine_insns(m), 3 + 3 * (1 + 64 * 7) + 2 * 4 + 1);
    machine_set_limits(m, &(MachineLimits){0});
    assert_int_equal(machine_run(m, UINT64_MAX), MACHINE_STOP_EXIT);
    assert_null(machine_finish_check(m));
    destroy(&f);
}

/* Also where translations have been made. */
static void test_breakpoints(void **state)
{
    (void)state;
    Fixture f;
    Machine *m = create(&f, "vliw", true);
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
    destroy(&f);
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
    Fixture f;
    Machine *m = create(&f, "vliw", false);
    machine_run(m, UINT64_MAX);
    uint64_t sum = 0;
    for (size_t i = 0; i < ARRAY_LEN(causes); i++)
        sum += stats_get(machine_stats(m), causes[i]);
    assert_int_equal(sum, machine_cycles(m));
    assert_int_equal(sum, stats_get(machine_stats(m), "cycles.total"));
    destroy(&f);
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
