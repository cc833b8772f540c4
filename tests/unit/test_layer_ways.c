/* Unit tests of the code-morphing layer's ways: from one translation to the
 * next, through mappings, predictors and handlers, and out of one that faults.
 * As in test_layer.c. */
#include "tests/unit/layer_guest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* --- Programs --------------------------------------------------------------
 */

/* Two pages of code at 0x00400000: a jump from the first to the second, which
 * alternates between two physical pages whose code adds 1 or 16.  Each is
 * called 100 times before the mapping changes, 20 times. */
static const uint32_t mapped[] = {
    LUI(IO, 0xb000),
    LUI(S2, 0x8003), /* the pages' memory */
    LUI(T0, 0x0810), /* j 0x00401000 */
    ORI(T0, T0, 0x400),
    SW(T0, 0, S2),
    SW(ZERO, 4, S2),
    LUI(T0, 0x2442), /* addiu v0,v0,1 */
    ORI(T0, T0, 1),
    SW(T0, 0x1000, S2),
    XORI(T0, T0, 17), /* addiu v0,v0,16 */
    SW(T0, 0x2000, S2),
    LUI(T0, 0x03e0), /* jr ra */
    ORI(T0, T0, 8),
    SW(T0, 0x1004, S2),
    SW(T0, 0x2004, S2),
    LUI(T1, 0x0040),
    MTC0(ZERO, 0), /* Index */
    MTC0(T1, 10),  /* EntryHi */
    LUI(T0, 0x0003),
    ORI(T0, T0, 0x600),
    MTC0(T0, 2), /* EntryLo */
    TLBWI,
    ADDIU(T2, ZERO, 0x100),
    MTC0(T2, 0),
    ADDIU(T2, T1, 0x1000),
    MTC0(T2, 10),
    LUI(T3, 0x0003),
    ORI(T3, T3, 0x1600),
    ADDIU(S3, ZERO, 20),
    MTC0(T3, 2), /* 29: the outer loop */
    TLBWI,
    ADDIU(S1, ZERO, 100),
    JALR(T1), /* 32: the inner loop */
    ADDIU(S1, S1, -1),
    BNE(S1, ZERO, -3),
    NOP,
    XORI(T3, T3, 0x3000),
    ADDIU(S3, S3, -1),
    BNE(S3, ZERO, -10),
    ADDU(A0, V0, ZERO),
    EXIT,
};

/* Every other of 500 passes has two software interrupts, one of them while
 * interrupts are masked; their handler, copied to the vector, adds up where
 * they were taken.  A load is in flight where the handler writes Cause. */
static const uint32_t interrupts[] = {
    LUI(IO, 0xb000),
    LUI(T1, 0x8001),
    LUI(T2, 0x8000),
    ADDIU(S1, ZERO, 6),
    LW(T0, 4 * 30, T1), /* 4: the copy */
    ADDIU(S1, S1, -1),
    SW(T0, 0x80, T2),
    ADDIU(T1, T1, 4),
    BNE(S1, ZERO, -5),
    ADDIU(T2, T2, 4),
    ADDIU(T2, ZERO, 0x101), /* IM0, IEc */
    ADDIU(T3, ZERO, 0x100), /* SW0 */
    ADDIU(S1, ZERO, 500),
    ADDU(S2, S2, S1),   /* 13: the loop */
    SW(S2, 0x1000, T1), /* its address is in a register of the host's own */
    MTC0(ZERO, STATUS),
    ADDU(S2, S2, S1),
    MTC0(T3, CAUSE),
    ADDIU(S2, S2, 3),
    MTC0(T2, STATUS), /* an interrupt comes after this */
    ADDIU(S2, S2, 1),
    MTC0(T3, CAUSE), /* and after this */
    ADDIU(S1, S1, -1),
    XORI(T3, T3, 0x100),
    BNE(S1, ZERO, -12),
    XORI(S2, S2, 0x55),
    EXIT,
    MFC0(T0, EPC), /* 30: the handler */
    MTC0(ZERO, CAUSE),
    ADDU(S3, S3, T0),
    JR(T0),
    RFE,
    NOP,
};

/* Flushes a few lines of the isolated instruction cache, 100 times.  */
static const uint32_t flushes[] = {
    LUI(IO, 0xb000),
    LUI(T1, 0x8002),
    LUI(T0, STATUS_ISOLATED >> 16),
    ADDIU(S1, ZERO, 100),
    MTC0(T0, STATUS),
    SB(ZERO, 0, T1), /* 5: the loop */
    SB(ZERO, 4, T1),
    SB(ZERO, 8, T1),
    SB(ZERO, 12, T1),
    ADDIU(S1, S1, -1),
    BNE(S1, ZERO, -6),
    ADDIU(T1, T1, 16),
    MTC0(ZERO, STATUS),
    EXIT,
};

/* 1000 passes over two CP0 instructions in a row. */
static const uint32_t pairs[] = {
    LUI(IO, 0xb000),    ADDIU(S1, ZERO, 1000),
    ADDIU(S1, S1, -1), /* 2: the loop */
    MTC0(S1, 2),        MTC0(S1, 10),
    ADDU(S2, S2, S1),   BNE(S1, ZERO, -5),
    XORI(S2, S2, 0x55), EXIT,
};

/* 500 passes over two pages of which the TLB has one, so that each misses the
 * other; the second miss comes after a store that is undone. */
static const uint32_t misses[] = {
    LUI(IO, 0xb000),
    LUI(T1, 0x8001),
    LUI(T2, 0x8000),
    ADDIU(S1, ZERO, 6),
    LW(T0, 4 * 32, T1), /* 4: the copy */
    ADDIU(S1, S1, -1),
    SW(T0, 0, T2),
    ADDIU(T1, T1, 4),
    BNE(S1, ZERO, -5),
    ADDIU(T2, T2, 4),
    MTC0(ZERO, 0), /* Index */
    LUI(T3, 0x0003),
    ORI(T3, T3, 0x600), /* EntryLo */
    LUI(A0, 0x0040),
    ADDIU(S1, ZERO, 500),
    ADDU(S2, S2, S1), /* 15: the loop */
    LW(T1, 0, A0),
    ADDIU(T2, T2, 3),
    ADDU(T1, T1, S2),
    SW(T1, 0, A0),
    XORI(S2, S2, 0x55),
    LW(T4, 0, A0), /* in flight when the next one fails */
    LW(T1, 0x1000, A0),
    ADDIU(S1, S1, -1),
    ADDU(S3, S3, T4),
    ADDU(S3, S3, T1),
    BNE(S1, ZERO, -12),
    SW(S3, 0x1004, A0),
    EXIT,
    NOP,         /* 32: the handler of TLB misses */
    MTC0(T3, 2), /* from here on one row */
    MFC0(T0, EPC),
    TLBWI,
    JR(T0),
    RFE,
};

/* A function at 0x00400000 that jumps to the next page, called 2000 times.  In
 * every eighth pass a load takes that page's entry in the TLB away. */
static const uint32_t crosses[] = {
    LUI(IO, 0xb000),
    LUI(T1, 0x8001),
    LUI(T2, 0x8000),
    ADDIU(S1, ZERO, 6),
    LW(T0, 4 * 43, T1), /* 4: the copy */
    ADDIU(S1, S1, -1),
    SW(T0, 0, T2),
    ADDIU(T1, T1, 4),
    BNE(S1, ZERO, -5),
    ADDIU(T2, T2, 4),
    LUI(S2, 0x8003), /* both pages' memory */
    LUI(T0, 0x0810), /* j 0x00401008 */
    ORI(T0, T0, 0x402),
    SW(T0, 0, S2),
    SW(ZERO, 4, S2),
    LUI(T0, 0x03e0), /* jr ra */
    ORI(T0, T0, 8),
    SW(T0, 8, S2),
    LUI(T0, 0x2442), /* addiu v0,v0,1 */
    ORI(T0, T0, 1),
    SW(T0, 12, S2),
    LUI(T3, 0x0003),
    ORI(T3, T3, 0x600), /* EntryLo */
    ADDIU(T0, ZERO, 0x100),
    MTC0(T0, 0), /* Index */
    LUI(A0, 0x0040),
    MTC0(A0, 10), /* EntryHi */
    MTC0(T3, 2),
    TLBWI,
    MTC0(ZERO, 0),
    ADDIU(S1, ZERO, 2000),
    ANDI(T0, S1, 7), /* 31: the loop */
    BNE(T0, ZERO, 2),
    NOP,
    LW(T1, 0x2000, A0),
    JALR(A0),
    ADDIU(S1, S1, -1),
    BNE(S1, ZERO, -7),
    NOP,
    EXIT,
    MFC0(T0, EPC), /* 43: the handler of TLB misses */
    MTC0(T3, 2),
    TLBWI,
    JR(T0),
    RFE,
    NOP,
};

/* Cycles that a taken branch takes, less one. */
enum { REDIRECT = 2 };

/* Two functions called in turn through a register, 1000 times each. */
static const uint32_t indirect[] = {
    LUI(IO, 0xb000),
    LUI(T1, 0x8001),
    ADDIU(T2, T1, 4 * 18), /* the one */
    ADDIU(T3, T1, 4 * 20), /* the other */
    ADDIU(S1, ZERO, 1000),
    JALR(T2), /* 5: the loop */
    NOP,
    JALR(T3),
    NOP,
    ADDIU(S1, S1, -1),
    BNE(S1, ZERO, -6),
    NOP,
    EXIT,
    NOP,
    NOP,
    JR(RA), /* 18 */
    ADDIU(S2, S2, 1),
    JR(RA), /* 20 */
    ADDIU(S3, S3, 3),
};

/* --- Tests -----------------------------------------------------------------
 */

/* Translations are right when their pages move, and need not be made again. */
static void test_mapping(void **state)
{
    (void)state;
    Guest g;
    RUN(&g, mapped, "gear2.threshold=20");
    CHECK_SAME(&g, mapped);
    assert_int_equal(machine_state(g.machine)->gpr[A0], 17 * 1000);
    assert_int_equal(guest_stat(&g, "morph.tcache.invalidated"), 0);
    assert_true(guest_stat(&g, "morph.chain.generations") >= 19);
    CHECK_WELL(guest_stat(&g, "morph.gear1.translations") < 20);
    guest_finish(&g);
}

/* What a change of the mapping leaves alone is not asked for again. */
static void test_code_tlb(void **state)
{
    (void)state;
    static const char *const sizes[] = {"vliw.code_tlb=64", "vliw.code_tlb=1",
                                        "vliw.code_tlb=0"};
    uint64_t probes[ARRAY_LEN(sizes)];
    for (unsigned i = 0; i < ARRAY_LEN(sizes); i++) {
        Guest g;
        RUN(&g, mapped, sizes[i], "gear2.threshold=1000000");
        CHECK_SAME(&g, mapped);
        guest_check_causes(&g);
        probes[i] = guest_stat(&g, "morph.chain.probes");
        guest_finish(&g);
    }
    /* Of two pages one moves, 20 times; or they take each other's place. */
    CHECK_WELL(probes[0] < 30);
    CHECK_WELL(probes[1] > 2000);
    CHECK_WELL(probes[2] > 40);
}

/* A superblock of which a page is not mapped now and then stays: its block
 * serves meanwhile, and neither is made again. */
static void test_crossing(void **state)
{
    (void)state;
    Guest g;
    RUN(&g, crosses, "gear2.threshold=30");
    CHECK_SAME(&g, crosses);
    assert_int_equal(guest_stat(&g, "cpu.utlb.load"), 500);
    CHECK_WELL(guest_stat(&g, "morph.gear1.translations") < 12);
    CHECK_WELL(guest_stat(&g, "morph.gear2.translations") < 12);
    CHECK_WELL(guest_stat(&g, "core.insns.gear2") > 2000 * 7);
    guest_finish(&g);
}

/* Each predictor can be switched off; results stay. */
static void test_predictors(void **state)
{
    (void)state;
    Guest g;
    RUN(&g, indirect, "gear2.threshold=1000000");
    CHECK_SAME(&g, indirect);
    CHECK_WELL(guest_stat(&g, "morph.return_stack.hits") > 1900);
    CHECK_WELL(guest_stat(&g, "morph.inline_cache.hits") > 1900);
    guest_finish(&g);
    RUN(&g, indirect, "gear2.threshold=1000000", "morph.return_stack=0");
    CHECK_SAME(&g, indirect);
    assert_int_equal(guest_stat(&g, "morph.return_stack.hits"), 0);
    CHECK_WELL(guest_stat(&g, "morph.inline_cache.hits") > 1900);
    guest_finish(&g);
    RUN(&g, indirect, "gear2.threshold=1000000", "morph.inline_cache=no");
    CHECK_SAME(&g, indirect);
    assert_int_equal(guest_stat(&g, "morph.inline_cache.hits"), 0);
    CHECK_WELL(guest_stat(&g, "morph.jump_cache.hits") > 1900);
    uint64_t looks = guest_stat(&g, "cycles.indirect");
    guest_finish(&g);
    RUN(&g, indirect, "gear2.threshold=1000000", "morph.inline_cache=no",
        "vliw.predict_jumps=yes");
    CHECK_SAME(&g, indirect);
    CHECK_WELL(guest_stat(&g, "morph.inline_cache.hits") > 1900);
    CHECK_WELL(guest_stat(&g, "morph.jump_cache.hits") < 100);
    CHECK_WELL(guest_stat(&g, "cycles.indirect") + 2 * 1900 < looks);
    guest_finish(&g);
    RUN(&g, indirect, "gear2.threshold=1000000", "morph.inline_cache=no",
        "vliw.jump_cache=0");
    CHECK_SAME(&g, indirect);
    assert_int_equal(guest_stat(&g, "morph.jump_cache.hits"), 0);
    CHECK_WELL(guest_stat(&g, "morph.hash.hits") > 1900);
    guest_finish(&g);
    RUN(&g, indirect, "gear2.threshold=1000000", "morph.inline_cache=no",
        "morph.return_stack=0", "morph.hash=0", "morph.chain=no",
        "vliw.jump_cache=0");
    CHECK_SAME(&g, indirect);
    assert_int_equal(guest_stat(&g, "morph.hash.hits"), 0);
    assert_int_equal(guest_stat(&g, "morph.chain.made"), 0);
    assert_int_equal(guest_stat(&g, "core.chained"), 0);
    guest_finish(&g);
}

/* What a prediction costs is a key; the processor's own cost less. */
static void test_predictor_costs(void **state)
{
    (void)state;
    static const char *const machines[] = {
        "vliw.return_cycles=1", "vliw.return_cycles=2", "vliw.return_stack=no"};
    uint64_t cycles[ARRAY_LEN(machines)];
    uint64_t returns = 0;
    for (unsigned i = 0; i < ARRAY_LEN(machines); i++) {
        Guest g;
        RUN(&g, indirect, "gear2.threshold=1000000", machines[i]);
        CHECK_SAME(&g, indirect);
        guest_check_causes(&g);
        cycles[i] = machine_cycles(g.machine);
        returns = guest_stat(&g, "morph.return_stack.hits");
        guest_finish(&g);
    }
    /* A push and a look each. */
    CHECK_WELL(cycles[1] - cycles[0] >= 2 * returns);
    assert_int_equal(cycles[2] - cycles[1], cycles[1] - cycles[0]);
}

/* What nothing predicts costs what was won at the exit: each way in which an
 * indirect jump finds its target, to the cycle. */
static void test_unpredicted(void **state)
{
    (void)state;
    static const struct {
        const char *setting;
        const char *counts[4]; /* of jumps that are not predicted */
    } ways[] = {
        {"vliw.return_stack=yes",
         {"inline_cache.hits", "inline_cache.misses", "return_stack.misses"}},
        {"vliw.return_stack=no",
         {"inline_cache.hits", "inline_cache.misses", "return_stack.misses",
          "return_stack.hits"}},
        {"morph.return_stack=0", {"inline_cache.hits", "inline_cache.misses"}},
        {"morph.inline_cache=no", {"jump_cache.hits", "jump_cache.misses"}},
    };
    for (unsigned i = 0; i < ARRAY_LEN(ways); i++) {
        uint64_t cycles[2], unpredicted = 0;
        for (unsigned on = 0; on < 2; on++) {
            Guest g;
            RUN(&g, indirect, "gear2.threshold=1000000", ways[i].setting,
                on ? "vliw.predict_exits=yes" : "vliw.predict_exits=no");
            guest_check_causes(&g);
            cycles[on] = guest_stat(&g, "cycles.indirect");
            for (unsigned k = 0; on && k < 4 && ways[i].counts[k]; k++) {
                char name[40];
                snprintf(name, sizeof name, "morph.%s", ways[i].counts[k]);
                unpredicted += guest_stat(&g, name);
            }
            guest_finish(&g);
        }
        CHECK_WELL(unpredicted > 1900);
        assert_int_equal(cycles[1] - cycles[0], unpredicted * REDIRECT);
    }
}

/* CP0 instructions in handlers: precise, and a way that can be switched off. */
static void test_handlers(void **state)
{
    (void)state;
    Guest g;
    RUN(&g, interrupts, "gear2.threshold=30");
    CHECK_SAME(&g, interrupts);
    assert_int_equal(guest_stat(&g, "cpu.exceptions.int"), 500);
    CHECK_WELL(guest_stat(&g, "morph.handler.insns") > 2000);
    guest_finish(&g);
    RUN(&g, interrupts, "gear2.threshold=30", "morph.handlers=no");
    CHECK_SAME(&g, interrupts);
    assert_int_equal(guest_stat(&g, "morph.handler.insns"), 0);
    guest_finish(&g);
}

/* What follows handlers in a row is linked, so the dispatcher is not asked. */
static void test_handlers_in_a_row(void **state)
{
    (void)state;
    Guest g;
    RUN(&g, pairs, "gear2.threshold=30");
    CHECK_SAME(&g, pairs);
    CHECK_WELL(guest_stat(&g, "morph.handler.insns") > 1900);
    CHECK_WELL(guest_stat(&g, "morph.dispatch.lookups") < 100);
    assert_int_equal(guest_stat(&g, "morph.hash.hits"), 0);
    guest_finish(&g);
}

/* The way to a TLB miss is translated where it is taken often. */
static void test_replays(void **state)
{
    (void)state;
    Guest g;
    RUN(&g, misses, "gear2.threshold=30", "morph.commit_refused=0");
    CHECK_SAME(&g, misses);
    assert_int_equal(guest_stat(&g, "cpu.utlb.load"), 1000);
    CHECK_WELL(guest_stat(&g, "morph.replay.translations") >= 1);
    CHECK_WELL(guest_stat(&g, "morph.replay.runs") > 400);
    uint64_t cycles = machine_cycles(g.machine);
    guest_finish(&g);
    /* The way is longer than a block may be. */
    RUN(&g, misses, "gear2.threshold=30", "morph.commit_refused=0",
        "gear1.insns=2");
    CHECK_SAME(&g, misses);
    CHECK_WELL(guest_stat(&g, "morph.replay.runs") > 400);
    guest_finish(&g);
    RUN(&g, misses, "gear2.threshold=30", "morph.commit_refused=0",
        "morph.replay=0");
    CHECK_SAME(&g, misses);
    assert_int_equal(guest_stat(&g, "morph.replay.runs"), 0);
    CHECK_WELL(machine_cycles(g.machine) > cycles);
    guest_finish(&g);
}

/* What the TLB refuses is delivered where it fails: the core commits before it,
 * and the handler takes a known time. */
static void test_refusals(void **state)
{
    (void)state;
    Guest g;
    RUN(&g, misses, "gear2.threshold=30", "morph.commit_refused=0");
    assert_int_equal(guest_stat(&g, "morph.learned.refused"), 0);
    guest_finish(&g);
    RUN(&g, misses, "gear2.threshold=30", "morph.commit_refused=4");
    CHECK_SAME(&g, misses);
    guest_check_causes(&g);
    CHECK_WELL(guest_stat(&g, "morph.learned.refused") == 2);
    /* The access, and MTC0 to RFE, of which none is translated. */
    CHECK_WELL(guest_stat(&g, "morph.handler.insns") > 950 * 6);
    uint64_t exceptions = guest_stat(&g, "cycles.exception");
    guest_finish(&g);
    RUN(&g, misses, "gear2.threshold=30", "morph.commit_refused=4",
        "cost.refusal=17");
    CHECK_SAME(&g, misses);
    uint64_t refused = guest_stat(&g, "cycles.exception") - exceptions;
    CHECK_WELL(refused > 900 && refused < 1000);
    guest_finish(&g);
    /* Without handlers gear 0 takes all of them. */
    RUN(&g, misses, "gear2.threshold=30", "morph.handlers=no");
    CHECK_SAME(&g, misses);
    assert_int_equal(guest_stat(&g, "cycles.exception"), 1000 * 30);
    guest_finish(&g);
}

/* Runs of stores to isolated caches take less than as many single ones. */
static void test_isolated(void **state)
{
    (void)state;
    Guest g;
    uint64_t cycles[2];
    RUN(&g, flushes, "cost.isolated=0");
    CHECK_SAME(&g, flushes);
    cycles[0] = guest_stat(&g, "cycles.gear0");
    guest_finish(&g);
    RUN(&g, flushes, "cost.isolated=5");
    CHECK_SAME(&g, flushes);
    cycles[1] = guest_stat(&g, "cycles.gear0");
    guest_finish(&g);
    RUN(&g, flushes, "cost.isolated=6");
    /* Three of four stores, 100 times. */
    assert_int_equal(guest_stat(&g, "cycles.gear0") - cycles[1], 300);
    assert_true(cycles[0] - cycles[1] > 2000);
    guest_check_causes(&g);
    guest_finish(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mapping),
        cmocka_unit_test(test_code_tlb),
        cmocka_unit_test(test_crossing),
        cmocka_unit_test(test_predictors),
        cmocka_unit_test(test_predictor_costs),
        cmocka_unit_test(test_unpredicted),
        cmocka_unit_test(test_handlers),
        cmocka_unit_test(test_handlers_in_a_row),
        cmocka_unit_test(test_replays),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_isolated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
