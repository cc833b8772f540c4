/* opt_check(): what schedules compute, load and store is what their regions
 * say, or is refused. */
#include "schedule_judge.h"

#include "base/bits.h"
#include "optimizer/values.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* --- Values --------------------------------------------------------------- */

static void test_values(void **state)
{
    (void)state;
    judge_refuse("add r2, r41, r5", "sub r2, r41, r5",
                 "br.ltz is not the condition");
    judge_refuse("or r3, r43, 0", "or r3, r43, 1",
                 "a trap that the region does not");
    judge_refuse("add r42, r4, 12", "add r42, r4, 13",
                 "a load that the region does");
    judge_refuse("ld8u r43", "ld8s r43",
                 "a load that the region does not have");
    judge_refuse("xor r7, r2, 0x12345678", "xor r7, r2, 0x12345679",
                 "at x3, r7 is not what the region says");
    judge_refuse("or r35, r7, 0", "or r35, r2, 0", "at x3, pc is not what");
    judge_refuse("or r33, r48, 0", "or r32, r48, 0", "at x2, hi is not what");
    judge_refuse("alu0:or r33, r48, 0 .6", "", "at x2, lo is not what");
    judge_refuse("div r48, r4, r5", "div r48, r5, r4", "at x2, lo is not what");
    judge_refuse("fadd.d f0, f1, f2", "fadd.d f3, f1, f2",
                 "fcmp.d is not the region's next operation with FCR31");
    judge_refuse("ldl r50, l7", "ldl r50, l8", "local word 8 is read before");
    /* A guest register is written before the exit that still has the old one,
     * and in the molecule of the branch to it. */
    judge_refuse("3: alu0:add r2, r41, r5 .1",
                 "3: alu0:add r2, r41, r5 .1 alu1:or r3, r43, 0 .2",
                 "at x0, r3 is not what the region says");
    judge_refuse("4: alu0:add r44, r4, 8 .2",
                 "4: alu0:add r44, r4, 8 .2 alu1:or r3, r43, 0 .2",
                 "molecule 19: at x0, r3 is not what the region says");
    /* After a commit its record is past. */
    judge_refuse("16: bru:br.eqz r50, @20 .6\n17: alu0",
                 "16: alu1:or r7, r2, 0 bru:br.eqz r50, @20 .6\n17: alu0",
                 "at x2, r7 is not what");
    /* Registers are read before the molecule writes any. */
    judge_refuse("7: alu0:trap r3 .3 lsu0:st8 [r5], r3",
                 "7: alu0:trap r3 .3 alu1:or r5, r3, 0 lsu0:st8 [r5], r3",
                 "at x1, r5 is not what the region says");
    judge_refuse("6: alu0:or r3, r43, 0 .2",
                 "6: alu0:or r3, r43, 0 .2 alu1:trap r3",
                 "molecule 6: a trap that the region does not have");
}

/* --- Memory and what may fail --------------------------------------------- */

static void test_memory(void **state)
{
    (void)state;
    judge_refuse("5: lsu0:st32 [r44], r2", "5: lsu0:st32 [r44], r41",
                 "store 0 of the region has another value");
    judge_refuse("5: lsu0:st32 [r44], r2", "5: lsu0:st32 [r40], r2",
                 "store 0 of the region goes elsewhere");
    judge_refuse("5: lsu0:st32", "5: lsu0:st16",
                 "store 0 of the region goes else");
    judge_refuse("5: lsu0:st32 [r44], r2 .2",
                 "5:", "store 0 of the region goes elsewhere");
    judge_refuse("lsu0:st8 [r5], r3 .3", "",
                 "at x1, a store of the region has not");
    judge_refuse("10:", "10: lsu0:st8 [r5], r3",
                 "a store more than the region has");
    /* Above the exit, which would commit it; and in the branch's molecule. */
    judge_refuse("3: alu0:add r2, r41, r5 .1\n"
                 "4: alu0:add r44, r4, 8 .2 bru:br.ltz r2, @19 .1\n"
                 "5: lsu0:st32 [r44], r2 .2",
                 "3: alu0:add r2, r41, r5 .1 alu1:add r44, r4, 8 .2\n"
                 "4: lsu0:st32 [r44], r2 .2 bru:br.ltz r2, @19 .1\n"
                 "5:",
                 "at x0, a store was made that comes after it");
    /* The stores change places. */
    judge_refuse("5: lsu0:st32 [r44], r2 .2\n"
                 "6: alu0:or r3, r43, 0 .2 lsu0:stl l7, r43 .2\n"
                 "7: alu0:trap r3 .3 lsu0:st8 [r5], r3 .3",
                 "5: lsu0:st8 [r5], r43 .2\n"
                 "6: alu0:or r3, r43, 0 .2 lsu0:stl l7, r43 .2\n"
                 "7: alu0:trap r3 .3 lsu0:st32 [r44], r2 .3",
                 "store 0 of the region goes elsewhere");
    /* Loads and traps that are not made, or below the commit. */
    judge_refuse("alu0:trap r3 .3 ", "",
                 "at x1, a load or trap that comes before");
    judge_refuse("9: alu1:fadd.d f0, f1, f2 .4",
                 "9: alu1:fadd.d f0, f1, f2 .4 alu0:trap r43", "");
    judge_refuse("12: alu1:fcmp.d f0, f2, 4 .5",
                 "12:", "at x2, FCR31 is not what");
    judge_refuse("fcmp.d f0, f2, 4", "fcmp.d f0, f2, 5",
                 "fcmp.d is not the region's next operation");
    judge_refuse("10:", "10: alu1:fcr r51", "");
    judge_refuse("15: alu1:fcr r6 .5", "15: alu1:or r6, r63, 0 .5",
                 "at x2, r6 is not what the region says");
}

/* Loads and stores whose addresses are or are not told apart. */
static void test_disjoint(void **state)
{
    (void)state;
    static const char form[] = "region 0 kernel el pending=none\n"
                               ".0 0 0\n"
                               "  %%0 = get r4\n"
                               "  %%1 = get r5\n"
                               "  st%s [%%0 + %u], %%1\n"
                               "  %%3 = ld%s [%%%d + %u]\n"
                               "  put r2, %%3\n"
                               "  exit x0\n"
                               "x0 direct 4 insns=1 pending=none\nend\n";
    static const char code[] =
        "code 0 kernel el pending=none main=6 length=6 bound=1\n.0 0 0\n"
        "x0 direct 4 insns=1 pending=none\n"
        "0: alu0:add r40, r4, %u alu1:add r41, r%d, %u\n"
        "1: lsu0:ld%s r2, [r41]\n"
        "2: lsu0:st%s [r40], r5\n3:\n4:\n"
        "5: commit x0 bru:exit x0\nend\n";
    static const struct {
        const char *store, *load;
        unsigned at, from; /* offsets */
        int base;          /* of the load: 4 as the store, or 5 */
        bool legal;
    } rows[] = {
        {"32", "32", 0, 4, 4, true},        {"32", "32", 4, 0, 4, true},
        {"32", "32", 0, 0, 4, false},       {"32", "32", 0, 4, 5, false},
        {"32", "16u", 0, 2, 4, false},      {"32", "16u", 0, 4, 4, true},
        {"16", "32", 2, 0, 4, false},       {"16", "32", 4, 0, 4, true},
        {"8", "32", 3, 0, 4, false},        {"32", "32", 0, 4096, 4, false},
        {"32", "32", 4096, 0, 4, false},    {"32", "32", 0, 4092, 4, true},
        {"32", "32", 4092, 0, 4, true},     {"32", "16u", 0, 4098, 4, false},
        {"8", "16u", 4095, 4094, 4, false},
    };
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        char region[1024], text[1024];
        snprintf(region, sizeof region, form, rows[i].store, rows[i].at,
                 rows[i].load, rows[i].base - 4, rows[i].from);
        snprintf(text, sizeof text, code, rows[i].at, rows[i].base,
                 rows[i].from, rows[i].load, rows[i].store);
        judge_expect(judge_code(judge_free_formats, judge_free_formats, region,
                                text, false, NULL),
                     rows[i].legal ? "" : "a load that the region does not");
    }
}

/* A load between two stores: which it sees depends on the second as well. */
static void test_stores(void **state)
{
    (void)state;
    static const char region[] = "region 0 kernel el pending=none\n.0 0 0\n"
                                 "  %0 = get r4\n"
                                 "  st32 [%0], %0\n"
                                 "  st32 [%0], %0\n"
                                 "  %3 = ld32 [%0]\n"
                                 "  put r2, %3\n"
                                 "  exit x0\n"
                                 "x0 direct 4 insns=1 pending=none\nend\n";
    static const char code[] =
        "code 0 kernel el pending=none main=5 length=5 bound=1\n.0 0 0\n"
        "x0 direct 4 insns=1 pending=none\n"
        "0: lsu0:st32 [r4], r4\n1: lsu0:st32 [r4], r4\n2: lsu0:ld32 r2, [r4]\n"
        "3:\n4: commit x0 bru:exit x0\nend\n";
    judge_accept(region, code);
    char *text =
        text_changed(code, "1: lsu0:st32 [r4], r4\n2: lsu0:ld32 r2, [r4]",
                     "1: lsu0:ld32 r2, [r4]\n2: lsu0:st32 [r4], r4");
    judge_expect(
        judge_code(judge_tm5400, judge_tm5400, region, text, true, NULL),
        "a load that the region does not have");
    free(text);
    /* Two memory units act in their order. */
    text = text_changed(code, "1: lsu0:st32 [r4], r4\n2: lsu0:ld32 r2, [r4]",
                        "1: lsu1:ld32 r2, [r4] lsu0:st32 [r4], r4\n2:");
    judge_expect(judge_code(judge_wide, judge_wide, region, text, false, NULL),
                 "");
    free(text);
    text = text_changed(code, "1: lsu0:st32 [r4], r4\n2: lsu0:ld32 r2, [r4]",
                        "1: lsu0:ld32 r2, [r4] lsu1:st32 [r4], r4\n2:");
    judge_expect(judge_code(judge_wide, judge_wide, region, text, false, NULL),
                 "a load that the region does not have");
    free(text);
}

/* What an exit's own molecules do counts for that exit alone. */
static void test_exits(void **state)
{
    (void)state;
    static const char region[] = "region 0 kernel el pending=none\n.0 0 0\n"
                                 "  %0 = get r4\n"
                                 "  %1 = ld32 [%0]\n"
                                 "  exit.eqz %0, x0\n"
                                 "  %3 = ld32 [%0 + 4]\n"
                                 "  exit x1\n"
                                 "x0 direct 8 insns=1 pending=none\n"
                                 "x1 direct 4 insns=1 pending=none\nend\n";
    static const char code[] =
        "code 0 kernel el pending=none main=4 length=4 bound=1\n.0 0 0\n"
        "x0 direct 8 insns=1 pending=none\nx1 direct 4 insns=1 pending=none\n"
        "0: lsu0:ld32 r62, [r4] alu0:add r40, r4, 4\n"
        "1: bru:br.eqz r4, @4\n"
        "2: lsu0:ld32 r62, [r40]\n"
        "3: commit x1 bru:exit x1\n"
        "4: commit x0 bru:exit x0\nend\n";
    judge_accept(region, code);
    static const struct {
        const char *from, *to, *message;
    } rows[] = {
        /* The first load is made on both paths, or by x0's alone. */
        {"4: commit x0", "4: commit x0 lsu0:ld32 r62, [r4]", ""},
        {"1: bru:br.eqz r4, @4\n2: lsu0:ld32 r62, [r40]\n",
         "1: bru:br.eqz r4, @4 lsu0:ld32 r62, [r40]\n2:\n", ""},
        {"0: lsu0:ld32 r62, [r4] alu0:add r40, r4, 4\n1: bru:br.eqz r4, @4",
         "0: alu0:add r40, r4, 4\n1: bru:br.eqz r4, @4",
         "molecule 4: at x0, a load or trap that comes"},
        /* The second one is made by x0's path. */
        {"2: lsu0:ld32 r62, [r40]\n3: commit x1 bru:exit x1\n4: commit x0",
         "2:\n3: commit x1 bru:exit x1\n4: commit x0 lsu0:ld32 r62, [r40]",
         "molecule 3: at x1, a load or trap"},
        /* The main path leaves by x0 without a condition. */
        {"1: bru:br.eqz r4, @4\n2: lsu0:ld32 r62, [r40]\n"
         "3: commit x1 bru:exit x1",
         "1:\n2:\n3: commit x0 bru:exit x0",
         "molecule 3: at x0, another exit or commit was to come"},
    };
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        char *text = text_changed(code, rows[i].from, rows[i].to);
        judge_expect(
            judge_code(judge_tm5400, judge_tm5400, region, text, false, NULL),
            rows[i].message);
        free(text);
    }
    /* Both are made on both paths, one of them twice. */
    static const char both[] = "region 0 kernel el pending=none\n.0 0 0\n"
                               "  %0 = get r4\n"
                               "  %1 = ld32 [%0]\n"
                               "  %2 = ld32 [%0 + 4]\n"
                               "  exit.eqz %0, x0\n"
                               "  exit x1\n"
                               "x0 direct 8 insns=1 pending=none\n"
                               "x1 direct 4 insns=1 pending=none\nend\n";
    static const char twice[] =
        "code 0 kernel el pending=none main=5 length=5 bound=1\n.0 0 0\n"
        "x0 direct 8 insns=1 pending=none\nx1 direct 4 insns=1 pending=none\n"
        "0: alu0:add r40, r4, 4\n"
        "1: lsu0:ld32 r62, [r40]\n"
        "2: bru:br.eqz r4, @5\n"
        "3: lsu0:ld32 r62, [r4]\n"
        "4: commit x1 bru:exit x1\n"
        "5: lsu0:ld32 r62, [r40]\n"
        "6: lsu0:ld32 r62, [r4]\n"
        "7: commit x0 bru:exit x0\nend\n";
    judge_accept(both, twice);
}

/* --- Identities that instruction selection may use ------------------------ */

static void test_identities(void **state)
{
    (void)state;
    static const struct {
        const char *ir; /* what becomes r2; %0 and %1 are r4 and r5 */
        const char *atoms[3];
        bool same;
    } rows[] = {
        {"copy %0", {"or r2, r4, 0"}, true},
        {"copy %0", {"add r2, r4, r63"}, true},
        {"copy %0", {"or r2, r4, 1"}, false},
        {"const 7", {"or r2, r63, 7"}, true},
        {"const 7", {"or r40, r63, 3", "add r2, r40, 4"}, true},
        {"const 0xfffffffe", {"nor r2, r63, 1"}, true},
        {"add %0, %1", {"add r2, r5, r4"}, true},
        {"sub %0, %1", {"sub r2, r5, r4"}, false},
        {"sub %0, %1", {"sub r2, r4, r5"}, true},
        {"add %0, %0", {"shl r2, r4, 1"}, false},
        {"add %0, %0",
         {"add r40, r4, 9", "add r41, r40, -9", "add r2, r41, r4"},
         true},
        {"add %0, %0",
         {"add r40, r4, 9", "sub r41, r40, 9", "add r2, r4, r41"},
         true},
        {"shl %0, %1", {"shl r40, r4, 32", "shl r2, r40, r5"}, true},
        {"shl %0, %1", {"shl r40, r4, 16", "shl r2, r40, r5"}, false},
        {"shl %0, %1", {"shl r40, r4, 1", "shl r2, r40, r5"}, false},
        {"and %0, %1", {"and r40, r5, -1", "and r2, r40, r4"}, true},
        {"and %0, %1", {"and r40, r5, 255", "and r2, r40, r4"}, false},
        {"nor %0, %1", {"nor r2, r4, r5"}, true},
        {"slt %0, %1", {"sltu r2, r4, r5"}, false},
        {"cp0 12", {"cp0 r2, c12"}, true},
        {"cp0 12", {"cp0 r2, c13"}, false},
    };
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        char region[512], text[512];
        snprintf(region, sizeof region,
                 "region 0 kernel el pending=none\n.0 0 0\n"
                 "  %%0 = get r4\n  %%1 = get r5\n  %%2 = %s\n  put r2, %%2\n"
                 "  exit x0\nx0 direct 4 insns=1 pending=none\nend\n",
                 rows[i].ir);
        int used = snprintf(text, sizeof text,
                            "code 0 kernel el pending=none main=4 length=4 "
                            "bound=1\n.0 0 0\n"
                            "x0 direct 4 insns=1 pending=none\n");
        for (unsigned j = 0; j < 3; j++)
            used += snprintf(text + used, sizeof text - (size_t)used,
                             "%u: %s%s\n", j, rows[i].atoms[j] ? "alu0:" : "",
                             rows[i].atoms[j] ? rows[i].atoms[j] : "");
        snprintf(text + used, sizeof text - (size_t)used,
                 "3: commit x0 bru:exit x0\nend\n");
        judge_expect(judge_code(judge_free_formats, judge_free_formats, region,
                                text, true, NULL),
                     rows[i].same ? "" : "r2 is not what the region says");
    }
}

/* Words of FP registers, which are loaded, stored and moved one at a time. */
static void test_words(void **state)
{
    (void)state;
    static const char region[] = "region 0 kernel fpu el pending=none\n.0 0 0\n"
                                 "  %0 = get r4\n"
                                 "  %1 = getf f2\n"
                                 "  %2 = ld32 [%0]\n"
                                 "  %3 = setlo %1, %2\n"
                                 "  %4 = hi %3\n"
                                 "  put r2, %4\n"
                                 "  putf f2, %3\n"
                                 "  %7 = sethi %3, %2\n"
                                 "  %8 = lo %1\n"
                                 "  %9 = setlo %7, %8\n"
                                 "  putf f4, %9\n"
                                 "  st32 [%0 + 4], %2\n"
                                 "  st32 [%0 + 8], %8\n"
                                 "  exit x0\n"
                                 "x0 direct 4 insns=1 pending=none\nend\n";
    static const char code[] =
        "code 0 kernel fpu el pending=none main=8 length=8 bound=1\n.0 0 0\n"
        "x0 direct 4 insns=1 pending=none\n"
        "0: lsu0:ldlo f20, [r4], f1 alu0:add r40, r4, 4 alu1:hi r2, f1\n"
        "1: lsu0:ldhi f2, [r4], f1 alu0:add r41, r4, 8\n"
        "2: lsu0:stlf l0, f1\n"
        "3: alu1:fmov f1, f20 lsu0:stlo [r40], f20\n"
        "4: lsu0:ldlf f21, l0\n"
        "5:\n"
        "6: lsu0:stlo [r41], f21\n"
        "7: commit x0 bru:exit x0\nend\n";
    judge_expect(judge_code(judge_free_formats, judge_free_formats, region,
                            code, true, NULL),
                 "");
    char *text = text_changed(code, "stlo [r40]", "sthi [r40]");
    judge_expect(judge_code(judge_free_formats, judge_free_formats, region,
                            text, true, NULL),
                 "store 0 of the region has another value");
    free(text);
    text = text_changed(code, "fmov f1, f20", "fmov f1, f2");
    judge_expect(judge_code(judge_free_formats, judge_free_formats, region,
                            text, true, NULL),
                 "f2 is not what the region says");
    free(text);
    /* The words of two registers are neither of them. */
    static const char mixed[] =
        "region 0 kernel fpu el pending=none\n.0 0 0\n"
        "  %0 = getf f2\n  %1 = getf f4\n  %2 = lo %0\n  %3 = setlo %1, %2\n"
        "  putf f6, %3\n  exit x0\n"
        "x0 direct 4 insns=1 pending=none\nend\n";
    static const char moved[] =
        "code 0 kernel fpu el pending=none main=2 length=2 bound=1\n.0 0 0\n"
        "x0 direct 4 insns=1 pending=none\n"
        "0: alu1:fmov f3, f1\n1: commit x0 bru:exit x0\nend\n";
    judge_expect(
        judge_code(judge_tm5400, judge_tm5400, mixed, moved, true, NULL),
        "f6 is not what the region says");
}

/* What is in flight counts where it is said to be. */
static void test_unsaid(void **state)
{
    (void)state;
    static const char form[] = "region 0 kernel el pending=none\n.0 0 0\n"
                               "  %%0 = get r4\n"
                               "  put ld, %%0\n"
                               "  put pc, %%0\n"
                               "  exit x0\n"
                               "x0 %s insns=1 pending=%s\nend\n";
    static const char code[] =
        "code 0 kernel el pending=none main=1 length=1 bound=1\n.0 0 0\n"
        "x0 %s insns=1 pending=%s\n"
        "0: commit x0 alu0:or r%d, r4, 0 bru:exit x0\nend\n";
    static const struct {
        const char *kind, *pending;
        int reg;
        const char *message;
    } rows[] = {
        {"direct 4", "none", 36, ""},
        {"direct 4", "r2", 36, "ld is not what the region says"},
        {"direct 4", "r2", 34, ""},
        {"indirect", "none", 36, "pc is not what the region says"},
        {"indirect", "none", 35, ""},
        {"indirect", "f3", 35, "ld is not what the region says"},
    };
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        char region[512], text[512];
        snprintf(region, sizeof region, form, rows[i].kind, rows[i].pending);
        snprintf(text, sizeof text, code, rows[i].kind, rows[i].pending,
                 rows[i].reg);
        judge_expect(
            judge_code(judge_tm5400, judge_tm5400, region, text, true, NULL),
            rows[i].message);
    }
}

/* Many values, each of which is itself. */
static void test_values_apart(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    Arena *arena = arena_create();
    Values *values = values_create(arena);
    for (unsigned round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < COUNT; i++) {
            assert_int_equal(values_const(values, i), 2 * i);
            Value v = values_other(values, IR_LD32, i, NO_VALUE, 0, i % 7);
            assert_int_equal(v, 2 * i + 1);
        }
    }
    assert_int_equal(values_count(values), 2 * COUNT);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),       cmocka_unit_test(test_memory),
        cmocka_unit_test(test_disjoint),     cmocka_unit_test(test_stores),
        cmocka_unit_test(test_exits),        cmocka_unit_test(test_identities),
        cmocka_unit_test(test_words),        cmocka_unit_test(test_unsaid),
        cmocka_unit_test(test_values_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
