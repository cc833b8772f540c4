/* The reference core's time: when molecules issue, commit, branch; what lies
 * between. */
#include "core_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* Cycles of molecules that end with molecule `exit`, up to the latter's issue.
 */
static uint64_t time_of(const char *const *words, const char *molecules)
{
    char text[1024];
    World *w = world_create(words);
    snprintf(text, sizeof text, CODE_EL "%send\n", molecules);
    CoreCode *code = world_install(w, 2, text);
    world_set_gpr(w, 36, CACHED(0x100));
    world_set_gpr(w, 37, 9);
    for (unsigned i = 16; i < 18; i++) /* 3, as a double and as a single */
        world_set_fpr(w, i, 0x4008000040400000ull);
    uint64_t cycles = world_time(w, code) - w->desc.branch;
    assert_int_equal(world_stat(w, "cycles.gear2"), code->code->count);
    /* The same again when everything is warm. */
    assert_int_equal(world_time(w, code) - w->desc.branch, cycles);
    world_destroy(w);
    return cycles;
}

#define EXIT_AT(n) #n ": commit x0 bru:exit x0\n"

static void test_latencies(void **state)
{
    (void)state;
    /* The reader issues when the result is there. */
    assert_int_equal(time_of(NULL, "0: alu0:add r40, r37, 1\n"
                                   "1: alu0:add r41, r40, 1\n" EXIT_AT(2)),
                     2);
    assert_int_equal(time_of(NULL, "0: lsu0:ld32 r40, [r36]\n"
                                   "1: alu0:add r41, r40, 1\n" EXIT_AT(2)),
                     3);
    assert_int_equal(time_of(NULL, "0: lsu0:ld32 r40, [r36]\n"
                                   "1: alu0:add r42, r37, 1\n"
                                   "2: alu0:add r41, r40, 1\n" EXIT_AT(3)),
                     3);
    assert_int_equal(time_of(NULL, "0: alu1:mul r40, r37, r37\n"
                                   "1: alu0:add r41, r37, r40\n" EXIT_AT(2)),
                     4);
    assert_int_equal(time_of(NULL, "0: alu1:fmul.d f20, f16, f17\n"
                                   "1: alu1:fmov f21, f20\n" EXIT_AT(2)),
                     4);
    assert_int_equal(time_of(NULL, "0: alu1:fadd.d f20, f16, f17\n"
                                   "1: lsu0:stlo [r36], f20\n" EXIT_AT(2)),
                     4);
    assert_int_equal(time_of(NULL, "0: lsu0:ldlo f20, [r36], f20\n"
                                   "1: lsu0:ldhi f20, [r36], f20\n" EXIT_AT(2)),
                     4);
    assert_int_equal(time_of(WORDS("vliw.latency.shift=5"),
                             "0: alu1:shl r40, r37, 2\n"
                             "1: bru:br.eqz r40, @2\n" EXIT_AT(2)),
                     6);
    /* Writes wait for writes, whatever arrives first. */
    assert_int_equal(time_of(NULL, "0: alu1:mul r40, r37, r37\n"
                                   "1: alu0:add r40, r37, 1\n" EXIT_AT(2)),
                     4);
    assert_int_equal(time_of(NULL, "0: alu1:fadd.d f20, f16, f17\n"
                                   "1: alu1:fmov f20, f16\n" EXIT_AT(2)),
                     4);
    /* The sink is not waited for, nor what nobody reads. */
    assert_int_equal(time_of(NULL, "0: alu1:mul r62, r37, r37\n"
                                   "1: alu0:add r62, r37, 1\n" EXIT_AT(2)),
                     2);
    /* Writing after a reader needs no wait. */
    assert_int_equal(time_of(NULL, "0: alu1:mul r40, r37, r37\n"
                                   "1: alu0:add r37, r36, 1\n" EXIT_AT(2)),
                     3);
}

static void test_units(void **state)
{
    (void)state;
    /* A division keeps ALU1, whatever uses its result. */
    assert_int_equal(time_of(NULL, "0: alu1:div r40, r37, r37\n"
                                   "1: alu1:add r41, r37, 1\n" EXIT_AT(2)),
                     19);
    assert_int_equal(time_of(NULL, "0: alu1:div r62, r37, r37\n"
                                   "1: alu1:add r41, r37, 1\n" EXIT_AT(2)),
                     19);
    assert_int_equal(time_of(NULL, "0: alu1:fdiv.s f20, f16, f17\n"
                                   "1: alu1:fmov f21, f16\n" EXIT_AT(2)),
                     20);
    assert_int_equal(time_of(NULL, "0: alu1:fdiv.d f20, f16, f17\n"
                                   "1: alu1:shl r40, r37, 1\n" EXIT_AT(2)),
                     34);
    /* ALU0 is free; the exit waits for the quotient. */
    assert_int_equal(time_of(NULL, "0: alu1:div r40, r37, r37\n"
                                   "1: alu0:add r41, r37, 1\n" EXIT_AT(2)),
                     18);
    /* A product does not keep it. */
    assert_int_equal(time_of(NULL, "0: alu1:mul r40, r37, r37\n"
                                   "1: alu1:mul r41, r37, r37\n" EXIT_AT(2)),
                     4);
}

static void test_fcr(void **state)
{
    (void)state;
    /* Operations that change FCR31 follow each other at once... */
    assert_int_equal(time_of(NULL, "0: alu1:fadd.d f20, f16, f17\n"
                                   "1: alu1:fadd.d f21, f16, f17\n" EXIT_AT(2)),
                     4);
    /* ...but it is read when all of them are done. */
    assert_int_equal(time_of(NULL, "0: alu1:fcmp.d f16, f17, 2\n"
                                   "1: alu1:fcr r40\n" EXIT_AT(2)),
                     4);
    assert_int_equal(time_of(WORDS("vliw.latency.fmul=9"),
                             "0: alu1:fmul.d f20, f16, f17\n"
                             "1: alu1:fadd.d f21, f16, f17\n"
                             "2: alu1:fcr r40\n" EXIT_AT(3)),
                     10);
    /* Nobody waits for a reader of it. */
    assert_int_equal(time_of(WORDS("vliw.latency.fmove=7"),
                             "0: alu1:fcr r40\n1: alu1:fcr r41\n" EXIT_AT(2)),
                     8);
}

static void test_commit_time(void **state)
{
    (void)state;
    /* A commit waits for all results... */
    assert_int_equal(time_of(NULL, "0: alu1:mul r40, r37, r37\n" EXIT_AT(1)),
                     3);
    assert_int_equal(time_of(NULL, "0: alu1:fcmp.d f16, f17, 2\n" EXIT_AT(1)),
                     3);
    /* ...and for its own. */
    assert_int_equal(
        time_of(NULL, "0: commit x0 alu1:mul r40, r37, r37 bru:exit x0\n"), 2);
    assert_int_equal(time_of(WORDS("vliw.commit=5"), EXIT_AT(0)), 5);
    assert_int_equal(time_of(WORDS("vliw.commit=5"),
                             "0: commit x0 alu1:mul r40, r37, r37\n"
                             "1: alu0:add r41, r40, 1\n" EXIT_AT(2)),
                     1 + 2 + 5 + 1 + 5);
}

/* Without interlocks a legal schedule takes the same time. */
static void test_no_interlock(void **state)
{
    (void)state;
    assert_int_equal(time_of(WORDS("vliw.interlock=no"),
                             "0: lsu0:ld32 r40, [r36]\n1:\n"
                             "2: alu0:add r41, r40, 1\n" EXIT_AT(3)),
                     3);
}

static void test_branch_time(void **state)
{
    (void)state;
    static const char text[] = CODE_EL "0: alu1:mul r40, r37, r37 bru:br @2\n"
                                       "1: alu0:add r41, r37, 1\n"
                                       "2: alu0:add r41, r40, 1\n"
                                       "3: commit x0 bru:exit x0\nend\n";
    static const struct {
        const char *word;
        uint64_t cycles;
        unsigned exit;
    } cases[] = {
        /* Results arrive while the target is on its way. */
        {"vliw.branch=1", 3 + 1 + 1, 1},
        {"vliw.branch=2", 3 + 1 + 2, 2},
        {"vliw.branch=3", 3 + 1 + 3, 3},
        {"vliw.branch=5", 5 + 1 + 5, 5},
        {"vliw.predict_exits=yes", 3 + 1 + 1, 1},
    };
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        World *w = world_create(WORDS(cases[i].word));
        CoreCode *code = world_install(w, 2, text);
        assert_int_equal(world_time(w, code), cases[i].cycles);
        assert_int_equal(world_stat(w, "cycles.gear2"), 3);
        assert_int_equal(world_stat(w, "cycles.branch"),
                         w->desc.branch - 1 + cases[i].exit - 1);
        world_destroy(w);
    }
}

/* Results on their way stand still while memory is waited for. */
static void test_stalls(void **state)
{
    (void)state;
    World *w =
        world_create(WORDS("memory.latency=50", "l2.size=0", "l1i.line=256"));
    CoreCode *code = world_install(w, 2,
                                   CODE_EL "0: alu1:mul r40, r37, r37\n"
                                           "1: lsu0:ld32 r41, [r36]\n"
                                           "2: alu0:add r42, r40, 1\n"
                                           "3: alu0:add r42, r41, 1\n"
                                           "4: commit x0 bru:exit x0\nend\n");
    world_set_gpr(w, 36, CACHED(0x100));
    assert_int_equal(world_time(w, code), 6 + 2 + 100);
    assert_int_equal(world_stat(w, "cycles.icache"), 50);
    assert_int_equal(world_stat(w, "cycles.dcache"), 50);
    assert_int_equal(world_stat(w, "cycles.interlock"), 1);
    assert_int_equal(world_time(w, code), 6 + 2);
    assert_int_equal(world_stat(w, "cycles.interlock"), 2);
    world_destroy(w);
}

static void test_fetch(void **state)
{
    (void)state;
    World *w = world_create(WORDS("memory.latency=50", "l2.size=0",
                                  "l1i.line=16", "vliw.formats=free"));
    /* Bytes 0, 4, 8..20, 20..32, 32 */
    CoreCode *code = world_install(
        w, 2,
        CODE_EL "0: alu0:add r40, r37, 1\n"
                "1: alu0:add r40, r37, 1\n"
                "2: alu0:add r40, r37, 1000 alu1:add r41, r37, 1\n"
                "3: alu0:add r40, r37, 1000 bru:br.nez r36, @2\n"
                "4: commit x0 bru:exit x0\nend\n");
    assert_int_equal(world_time(w, code), 4 + 3 + 3 * 50);
    assert_int_equal(world_stat(w, "l1i.accesses"), 3);
    assert_int_equal(world_stat(w, "l1i.misses"), 3);
    assert_int_equal(world_time(w, code), 4 + 3);
    assert_int_equal(world_stat(w, "l1i.accesses"), 6);
    assert_int_equal(world_stat(w, "l1i.misses"), 3);
    /* A branch looks its target's lines up, all of them, even the line that
     * it comes from. */
    code = world_install(w, 2,
                         CODE_EL
                         "0: bru:br @2\n"
                         "1: alu0:add r40, r37, 1\n"
                         "2: alu0:add r40, r37, 1000 alu1:add r41, r37, 1\n"
                         "3: commit x0 bru:exit x0\nend\n");
    assert_int_equal(world_time(w, code), 3 + 1 + 3 + 2 * 50);
    assert_int_equal(world_stat(w, "l1i.accesses"), 9);
    /* A molecule that ends with its line is in no other. */
    code = world_install(w, 2,
                         CODE_EL
                         "0: alu0:add r40, r37, 1000 alu1:add r41, r37, 1\n"
                         "1: commit x0 bru:exit x0\nend\n");
    assert_int_equal(world_time(w, code), 1 + 3 + 50);
    assert_int_equal(world_stat(w, "l1i.accesses"), 10);
    /* Where the code lies in its line counts. */
    w->next_base += 12;
    code = world_install(w, 2,
                         CODE_EL "0: alu0:add r40, r37, 1000\n"
                                 "1: commit x0 bru:exit x0\nend\n");
    assert_int_equal(world_time(w, code), 1 + 3 + 2 * 50);
    world_destroy(w);
}

/* An exit's own molecules may lie elsewhere: two main paths in one line, and
 * both their exits in another one. */
static void test_fetch_apart(void **state)
{
    (void)state;
    World *w = world_create(WORDS("memory.latency=50", "l2.size=0",
                                  "l1i.line=32", "vliw.formats=crusoe"));
    for (unsigned i = 0; i < 2; i++) {
        w->next_stubs = WORLD_BASE + 0x8000 + 8 * i;
        w->next_base = WORLD_BASE + 16 * i;
        CoreCode *code = world_install(
            w, 2,
            "code 0x80001000 kernel el pending=none main=2 length=2 bound=2\n"
            "x0 direct 0x80002000 insns=3 pending=none\n"
            "0: bru:br.nez r36, @2\n"
            "1: commit x0 bru:exit x0\n"
            "2: commit x0 bru:exit x0\nend\n");
        world_set_gpr(w, 36, 0);
        assert_int_equal(world_time(w, code), 1 + 3 + (i == 0 ? 50 : 0));
        world_set_gpr(w, 36, 1);
        assert_int_equal(world_time(w, code), 3 + 3 + (i == 0 ? 50 : 0));
    }
    assert_int_equal(world_stat(w, "l1i.misses"), 2);
    world_destroy(w);
}

typedef struct TraceLog {
    unsigned molecule[8];
    uint64_t cycle[8];
    unsigned count;
} TraceLog;

static void note_trace(void *ctx, const CoreCode *code, unsigned molecule,
                       uint64_t cycle)
{
    TraceLog *log = ctx;
    assert_non_null(code);
    log->molecule[log->count] = molecule;
    log->cycle[log->count++] = cycle;
}

/* The trace says when each molecule issues, waits and misses included. */
static void test_trace(void **state)
{
    (void)state;
    World *w =
        world_create(WORDS("memory.latency=50", "l2.size=0", "l1i.line=256"));
    TraceLog log = {.count = 0};
    CoreCode *code = world_install(w, 2,
                                   CODE_EL "0: lsu0:ld32 r40, [r36] bru:br @2\n"
                                           "1: alu0:add r41, r37, 1\n"
                                           "2: alu1:mul r41, r40, 1\n"
                                           "3: commit x0 bru:exit x0\nend\n");
    world_set_gpr(w, 36, CACHED(0));
    core_set_trace(w->core, note_trace, &log);
    world_run(w, code);
    assert_int_equal(log.count, 3);
    static const unsigned molecules[] = {0, 2, 3};
    static const uint64_t cycles[] = {50, 50 + 50 + 3, 50 + 50 + 3 + 3};
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(log.molecule[i], molecules[i]);
        assert_int_equal(log.cycle[i], cycles[i]);
    }
    world_destroy(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_latencies),    cmocka_unit_test(test_units),
        cmocka_unit_test(test_fcr),          cmocka_unit_test(test_commit_time),
        cmocka_unit_test(test_no_interlock), cmocka_unit_test(test_branch_time),
        cmocka_unit_test(test_stalls),       cmocka_unit_test(test_fetch),
        cmocka_unit_test(test_fetch_apart),  cmocka_unit_test(test_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
