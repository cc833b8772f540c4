/* Unit tests of cpu.model=r3000 as a whole (morph/baseline, frontend/cpu):
 * small programs, whose cycles by cause are worked out by hand, and what its
 * time means to the guest. */
#include "frontend/state.h"
#include "morph/machine.h"
#include "tests/support/word_machine.h"
#include "tests/support/words.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define START 0x80010000u

enum { EXIT = 0x10, CYCLES = 0x100, MARK = 0x110 };

/* Words of more instructions; FP registers are even. */
#define DIVU(rs, rt) R(0x1b, rs, rt, 0)
#define MFLO(rd)     R(0x12, 0, 0, rd)
#define MTHI(rs)     R(0x11, rs, 0, 0)
#define FP(fn, d, fd, fs, ft)                                                  \
    (0x46000000u | (uint32_t)(d) << 21 | (uint32_t)(ft) << 16 |                \
     (uint32_t)(fs) << 11 | (uint32_t)(fd) << 6 | (fn))
#define ADD_D(fd, fs, ft) FP(0, 1, fd, fs, ft)
#define MUL_S(fd, fs, ft) FP(2, 0, fd, fs, ft)
#define DIV_D(fd, fs, ft) FP(3, 1, fd, fs, ft)
#define MOV_D(fd, fs)     FP(6, 1, fd, fs, 0)
#define C_EQ_D(fs, ft)    FP(0x32, 1, 0, fs, ft)
#define CVT_W_D(fd, fs)   FP(0x24, 1, fd, fs, 0)
#define MFC1(rt, fs)      (0x44000000u | (rt) << 16 | (fs) << 11)
#define MTC1(rt, fs)      (0x44800000u | (rt) << 16 | (fs) << 11)
#define CFC1(rt, fs)      (0x44400000u | (rt) << 16 | (fs) << 11)
#define BC1F(words)       (0x45000000u | (words))
#define BC0F(words)       (0x41000000u | ((words)&0xffff))
#define SWC1(ft, imm, rs) I(0x39, rs, ft, imm)
#define SYSCALL           0x0cu

/* Before a program: Status lets the R3010 be used; S0 the board's registers, S1
 * memory to work on, cached, S2 the same past the caches. */
static const uint32_t prologue[] = {
    LUI(K0, 0x2000), MTC0(K0, CP0_STATUS), LUI(S0, 0xb000),
    LUI(S1, 0x8002), LUI(S2, 0xa002),
};
enum { PROLOGUE = ARRAY_LEN(prologue), EPILOGUE = 1, PROGRAM_MAX = 64 };

/* Runs the program with a setting beside the defaults. */
static void run(WordMachine *w, const uint32_t *words, size_t count,
                const char *setting)
{
    uint32_t program[PROGRAM_MAX + PROLOGUE + EPILOGUE];
    assert_true(count <= PROGRAM_MAX);
    memcpy(program, prologue, sizeof prologue);
    memcpy(program + PROLOGUE, words, count * sizeof *words);
    program[PROLOGUE + count] = SW(ZERO, EXIT, S0);
    Machine *m = word_machine_create(
        w, START, program, PROLOGUE + count + EPILOGUE,
        WORDS("machine.memory=1M", "cpu.model=r3000", setting), false);
    assert_int_equal(machine_run(m, 1000), MACHINE_STOP_EXIT);
    const Stats *stats = machine_stats(m);
    assert_int_equal(stats_get(stats, "cycles.total"), machine_cycles(m));
    assert_int_equal(stats_get(stats, "cycles.issue"), machine_insns(m));
}

/* Cycles that a program waits because of `cause`. */
static uint64_t waits_of(const char *cause, const char *setting,
                         const uint32_t *words, size_t count)
{
    WordMachine w;
    char name[64];
    snprintf(name, sizeof name, "cycles.%s", cause);
    run(&w, words, count, setting);
    uint64_t waits = stats_get(machine_stats(w.machine), name);
    word_machine_destroy(&w);
    return waits;
}

#define PROGRAM(...)                                                           \
    (const uint32_t[]){__VA_ARGS__},                                           \
        sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t)
#define ASSERT_WAITS(cause, cycles, ...)                                       \
    assert_int_equal(waits_of(cause, NO_IMISS, PROGRAM(__VA_ARGS__)), cycles)
/* Instruction misses would hide what else is waited for. */
#define NO_IMISS "r3000.irefill=32"

static void test_hilo(void **state)
{
    (void)state;
    ASSERT_WAITS("hilo", 0, MULT(T0, T1));
    ASSERT_WAITS("hilo", 11, MULT(T0, T1), MFLO(T2));
    ASSERT_WAITS("hilo", 10, MULT(T0, T1), NOP, MFLO(T2));
    ASSERT_WAITS("hilo", 34, DIVU(T0, T1), MFLO(T2));
    ASSERT_WAITS("hilo", 11, MULT(T0, T1), MTHI(T2));
    ASSERT_WAITS("hilo", 11 + 34, MULT(T0, T1), DIVU(T0, T1), MFLO(T2));
}

static void test_fp(void **state)
{
    (void)state;
    ASSERT_WAITS("fp", 1, ADD_D(0, 2, 4), ADD_D(6, 0, 2));
    ASSERT_WAITS("fp", 0, ADD_D(0, 2, 4), NOP, ADD_D(6, 0, 2));
    ASSERT_WAITS("fp", 3, MUL_S(0, 2, 4), SWC1(0, 0, S1));
    ASSERT_WAITS("fp", 18, DIV_D(0, 2, 4), MFC1(T0, 1));
    ASSERT_WAITS("fp", 0, DIV_D(0, 2, 4), ADD_D(6, 2, 4));
    ASSERT_WAITS("fp", 18, DIV_D(0, 2, 4), DIV_D(6, 2, 4));
    ASSERT_WAITS("fp", 18, DIV_D(0, 2, 4), MTC1(T0, 0));
    ASSERT_WAITS("fp", 18, DIV_D(0, 2, 4), LWC1(1, 0, S1));
    ASSERT_WAITS("fp", 18, DIV_D(0, 2, 4), CFC1(T0, 31));
    ASSERT_WAITS("fp", 0, MOV_D(0, 2), ADD_D(6, 0, 2));
    ASSERT_WAITS("fp", 2, CVT_W_D(0, 2), MFC1(T0, 0));
    ASSERT_WAITS("fp", 1, C_EQ_D(0, 2), BC1F(1), NOP);
    /* An operand of the division that is written does not matter. */
    ASSERT_WAITS("fp", 0, DIV_D(0, 2, 4), MTC1(T0, 2));
    /* Without an R3010 its instructions do nothing, at once. */
    assert_int_equal(
        waits_of("fp", "cpu.fpu=no", PROGRAM(DIV_D(0, 2, 4), MFC1(T0, 0))), 0);
}

/* A load's delay slot is the architecture's: nothing waits for it. */
static void test_loads(void **state)
{
    (void)state;
    ASSERT_WAITS("dcache", 0, SW(T0, 4, S1), LW(T1, 4, S1), ADDU(T1, T1, T1));
    assert_int_equal(waits_of("dcache", "r3000.read=12",
                              PROGRAM(LW(T0, 4, S1), LW(T1, 12, S1))),
                     15);
    assert_int_equal(waits_of("dcache", "r3000.drefill=1",
                              PROGRAM(LW(T0, 4, S1), LBU(T1, 8, S1))),
                     24);
    assert_int_equal(waits_of("uncached", "r3000.uncached=13",
                              PROGRAM(LW(T0, 4, S2), LBU(T1, 4, S2))),
                     26);
    /* From a device, too; and what it says is the time when it is read: after
     * six instructions and two blocks of them. */
    WordMachine w;
    run(&w, PROGRAM(LW(T0, CYCLES, S0), NOP, SW(T0, 0, S1)),
        "r3000.uncached=100");
    uint8_t bytes[4];
    assert_true(machine_peek(w.machine, 0x80020000, bytes, sizeof bytes));
    assert_int_equal(bits_load32(bytes, machine_big_endian(w.machine)),
                     6 + 2 * 15 + 100);
    word_machine_destroy(&w);
}

static void test_stores(void **state)
{
    (void)state;
    ASSERT_WAITS("partial_store", 0, SW(T0, 0, S1), SB(T0, 0, S2));
    ASSERT_WAITS("partial_store", 3, SB(T0, 0, S1), I(0x29, S1, T0, 2),
                 SWL(T0, 1, S1));
    /* SWL of four bytes, in either byte order, is a word. */
    WordMachine w;
    run(&w, PROGRAM(SWL(T0, 0, S1), SWL(T0, 3, S1)), NO_IMISS);
    assert_int_equal(stats_get(machine_stats(w.machine), "r3000.stores"), 3);
    assert_int_equal(
        stats_get(machine_stats(w.machine), "r3000.stores.partial"), 1);
    word_machine_destroy(&w);
    /* A loop on CpCond0 would wait for the writes; it is low on this board. */
    ASSERT_WAITS("write_buffer", 4, SW(T0, 0, S2), BC0F(0), NOP);
}

static void test_fetches(void **state)
{
    (void)state;
    /* Eight words are two blocks, nine are three. */
    assert_int_equal(waits_of("icache", "r3000.read=12", PROGRAM(NOP, NOP)),
                     30);
    assert_int_equal(
        waits_of("icache", "r3000.read=12", PROGRAM(NOP, NOP, NOP)), 45);
    /* A loop misses once. */
    assert_int_equal(waits_of("icache", "r3000.read=12",
                              PROGRAM(ADDIU(T0, ZERO, 9), BNE(T0, ZERO, -1),
                                      ADDIU(T0, T0, -1))),
                     45);
    /* On past the caches: the jump's target, its slot and the rest. */
    assert_int_equal(
        waits_of("uncached", "r3000.uncached=20",
                 PROGRAM(LUI(T0, START >> 16 | 0x2000),
                         ORI(T0, T0, 4 * (PROLOGUE + 4)), JR(T0), NOP, NOP)),
        40);
}

/* What software does to the caches is what is timed. */
static void test_isolated(void **state)
{
    (void)state;
    const uint32_t isolate = LUI(T0, STATUS_ISC >> 16 | 0x2000);
    const uint32_t swap = LUI(T0, (STATUS_ISC | STATUS_SWC) >> 16 | 0x2000);
    /* The loaded word is invalidated, and missed again; another is not. */
    assert_int_equal(
        waits_of("dcache", "r3000.read=12",
                 PROGRAM(LW(T1, 4, S1), isolate, MTC0(T0, CP0_STATUS),
                         SB(ZERO, 4, S1), MTC0(K0, CP0_STATUS), LW(T1, 4, S1))),
        30);
    assert_int_equal(
        waits_of("dcache", "r3000.read=12",
                 PROGRAM(LW(T1, 4, S1), isolate, MTC0(T0, CP0_STATUS),
                         SB(ZERO, 8, S1), MTC0(K0, CP0_STATUS), LW(T1, 4, S1))),
        15);
    /* With SwC it is the instruction cache. */
    assert_int_equal(
        waits_of("dcache", "r3000.read=12",
                 PROGRAM(LW(T1, 4, S1), swap, MTC0(T0, CP0_STATUS),
                         SB(ZERO, 4, S1), MTC0(K0, CP0_STATUS), LW(T1, 4, S1))),
        15);
    ASSERT_WAITS("write_buffer", 0, isolate, MTC0(T0, CP0_STATUS),
                 SW(ZERO, 4, S1), MTC0(K0, CP0_STATUS), BC0F(0), NOP);
}

/* An exception throws three instructions away, and no more. */
static void test_exceptions(void **state)
{
    (void)state;
    static const uint32_t program[] = {
        /* the handler, a copy of the three words that follow */
        LUI(T0, 0x8000),      LUI(S0, 0xb000),
        LUI(S1, 0x8001),      LW(T1, 4 * 13, S1),
        LW(T2, 4 * 14, S1),   LW(T3, 4 * 15, S1),
        SW(T1, 0x80, T0),     SW(T2, 0x84, T0),
        SW(T3, 0x88, T0),     LUI(K0, 0),
        MTC0(K0, CP0_STATUS), SYSCALL,
        SW(ZERO, EXIT, S0),   SW(ZERO, EXIT, S0),
        BEQ(ZERO, ZERO, -1),  NOP,
    };
    WordMachine w;
    Machine *m = word_machine_create(
        &w, START, program, ARRAY_LEN(program),
        WORDS("machine.memory=1M", "cpu.model=r3000", "r3000.exception=7"),
        false);
    assert_int_equal(machine_run(m, 1000), MACHINE_STOP_EXIT);
    assert_int_equal(machine_insns(m), 13);
    assert_int_equal(stats_get(machine_stats(m), "cycles.exception"), 7);
    word_machine_destroy(&w);
}

/* Fast-forwarded, it goes on from there in its time; warm, with its caches. */
static void test_fast_forward(void **state)
{
    (void)state;
    static const uint32_t program[] = {
        LUI(S0, 0xb000),
        ADDIU(T0, ZERO, 40),
        ADDIU(T0, T0, -1),
        MULT(T0, T0),
        MFLO(T1),
        BNE(T0, ZERO, -4),
        NOP,
        SW(ZERO, EXIT, S0),
    };
    /* The first MFLO is missed, and the product is there by then. */
    static const struct {
        const char *to, *warm;
        uint64_t hilo, icache;
    } cases[] = {
        {"fast_forward.to=0", "fast_forward.warm=0", 39 * 11, 30},
        {"fast_forward.to=12", "fast_forward.warm=0", 37 * 11, 30},
        {"fast_forward.to=12", "fast_forward.warm=10", 37 * 11, 30},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        WordMachine w;
        Machine *m =
            word_machine_create(&w, START, program, ARRAY_LEN(program),
                                WORDS("machine.memory=1M", "cpu.model=r3000",
                                      cases[i].to, cases[i].warm),
                                false);
        MachineStop stop;
        while ((stop = machine_run(m, 7)) == MACHINE_STOP_SLICE)
            ;
        assert_int_equal(stop, MACHINE_STOP_EXIT);
        const Stats *stats = machine_stats(m);
        assert_int_equal(stats_get(stats, "cycles.hilo"), cases[i].hilo);
        assert_int_equal(stats_get(stats, "cycles.icache"), cases[i].icache);
        assert_int_equal(machine_insns(m), 2 + 40 * 5 + 1);
        assert_int_equal(stats_get(stats, "fast_forward.insns") +
                             stats_get(stats, "fast_forward.warm.insns") +
                             stats_get(stats, "cycles.total") -
                             stats_get(stats, "fast_forward.warm.cycles"),
                         machine_cycles(m));
        assert_int_equal(stats_get(stats, "fast_forward.warm.insns"),
                         i == 2 ? 10 : 0);
        word_machine_destroy(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hilo),       cmocka_unit_test(test_fp),
        cmocka_unit_test(test_loads),      cmocka_unit_test(test_stores),
        cmocka_unit_test(test_fetches),    cmocka_unit_test(test_isolated),
        cmocka_unit_test(test_exceptions), cmocka_unit_test(test_fast_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
