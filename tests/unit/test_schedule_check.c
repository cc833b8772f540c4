/* opt_check(): a schedule written by hand, as it should be and with each rule
 * of form, paths and time broken once. */
#include "schedule_judge.h"

#include "base/bits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_legal(void **state)
{
    (void)state;
    judge_accept(judge_region, judge_schedule);
}

/* --- Form ----------------------------------------------------------------- */

/* Units, slots and formats, of a schedule written for a wide machine. */
static void test_units(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *message;
    } rows[] = {
        {"alu1:div", "alu0:div", "molecule 0: div does not fit its unit"},
        {"alu0:add r40", "alu2:add r40", "molecule 0: add does not fit"},
        {"1: lsu0", "1: lsu1", "molecule 1: ld32 does not fit its unit"},
        {"alu1:fadd.d", "alu0:fadd.d", "molecule 9: fadd.d does not fit"},
        {"1: lsu0:ld32 r41, [r40] alu0",
         "1: lsu0:ld32 r41, [r40] lsu0:ldl r44, l1 alu0", "two atoms in lsu0"},
        {"16: bru", "16: alu0:add r52, r4, 1000 bru", "no format has room"},
    };
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        char *text = text_changed(judge_schedule, rows[i].from, rows[i].to);
        judge_expect(judge_code(judge_tm5400, judge_wide, judge_region, text,
                                false, NULL),
                     rows[i].message);
        free(text);
    }
}

static void make_larger(VliwCode *code)
{
    code->molecules[3].size += 8;
    code->size += 8;
}

static void lose_size(VliwCode *code)
{
    code->size -= 8;
}

static void number_store(VliwCode *code)
{
    code->molecules[7].atoms[1].imm = 4;
}

static void name_register(VliwCode *code)
{
    code->molecules[7].atoms[0].d = 4;
}

static void protect_much(VliwCode *code)
{
    code->molecules[1].atoms[0].protect = 17;
}

static void check_much(VliwCode *code)
{
    code->molecules[5].atoms[0].check = 1 << 16;
}

static void take_immediate(VliwCode *code)
{
    code->molecules[1].atoms[0].b_imm = true;
}

static void name_guest(VliwCode *code)
{
    code->molecules[1].atoms[0].guest = 8;
}

static void commit_much(VliwCode *code)
{
    code->molecules[8].commit = 5;
}

static void crowd(VliwCode *code)
{
    code->molecules[8].count = VLIW_UNITS + 1;
}

static void raise_bound(VliwCode *code)
{
    code->bound = 1000;
}

static void test_form(void **state)
{
    (void)state;
    judge_refuse("add r40, r4, 4", "add r63, r4, 4", "a write to the zero");
    judge_refuse("add r40, r4, 4", "add r40, r62, 4", "a read of the sink");
    judge_refuse("alu0:trap r3", "alu0:or r48, r4, 0 alu1:or r48, r4, 0",
                 "molecule 7: two writes to r48");
    judge_refuse("9: alu1:fadd.d f0, f1, f2 .4 lsu0:ldl r50, l7",
                 "9: alu1:fadd.d f0, f1, f2 .4 lsu0:ldlf f0, l7",
                 "molecule 9: two writes to f0");
    judge_refuse("18: commit x3", "18:", "leaves by x3 without committing it");
    judge_refuse("18: commit x3", "18: commit x2", "leaves by x3 without");
    judge_refuse("8: commit x1", "8: commit x2",
                 "commits exit x2 without leaving");
    judge_refuse("bru:exit x2", "bru:exit x1",
                 "leaves by x1 without committing");
    judge_refuse("@20", "@16", "a branch that does not lead forward");
    judge_refuse("main=19", "main=0", "no main path");
    judge_refuse("x2 direct 0x80002020", "x2 direct 0x80002024",
                 "not the region's exits");
    judge_refuse("insns=7", "insns=6", "not the region's exits");
    judge_refuse(".7 0x8000101c", ".7 0x80001020",
                 "not the region's instructions");
    judge_refuse("kernel", "user", "not the region's entry");
    static const struct {
        void (*edit)(VliwCode *code);
        const char *message;
    } rows[] = {
        {make_larger, "molecule 3: it takes 8 bytes, not 16"},
        {lose_size, "all take"},
        {number_store, "molecule 7: st8 has a number that it does not take"},
        {name_register, "trap has a register that it does not take"},
        {protect_much, "no such alias register"},
        {check_much, "no such alias register"},
        {take_immediate, "ld32 has an immediate where there is none"},
        {name_guest, "no such guest instruction"},
        {commit_much, "molecule 8: commits no record that there is"},
        {crowd, "molecule 8: more atoms than units"},
        {raise_bound, "is below the bound"},
    };
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++)
        judge_expect(judge_code(judge_tm5400, judge_tm5400, judge_region,
                                judge_schedule, false, rows[i].edit),
                     rows[i].message);
    static const char *const few[] = {"vliw.gprs=52", "vliw.fprs=20", NULL};
    char *text = text_changed(judge_schedule, "ldl r50", "ldl r49");
    char *other = text_changed(text, "br.eqz r50", "br.eqz r49");
    judge_expect(
        judge_code(few, judge_tm5400, judge_region, other, false, NULL), "");
    free(other);
    judge_expect(judge_code(few, judge_tm5400, judge_region, text, false, NULL),
                 "br.eqz has no such register");
    other = text_changed(judge_schedule, "fadd.d f0", "fadd.d f20");
    judge_expect(
        judge_code(few, judge_tm5400, judge_region, other, false, NULL),
        "fadd.d has no such register");
    free(other);
    free(text);
}

/* --- Paths ---------------------------------------------------------------- */

static void test_paths(void **state)
{
    (void)state;
    judge_refuse("br.ltz", "br.lez",
                 "not the condition of the region's next exit");
    judge_refuse("br.ltz r2", "br.ltz r3", "not the condition");
    judge_refuse("br.eqz r50, @20", "br.eqz r50, @19",
                 "molecule 19: two paths");
    judge_refuse("br.ltz r2, @19", "br.ltz r2, @20",
                 "at x2, another exit or commit was to come");
    judge_refuse("br.ltz r2, @19", "br.ltz r2, @17",
                 "a conditional branch within the main path");
    /* A branch or a commit is not there, or there twice. */
    judge_refuse(" bru:br.ltz r2, @19 .1", "",
                 "at x1, another exit or commit was to come");
    judge_refuse("16: bru:br.eqz r50, @20 .6",
                 "16:", "at x3, another exit or commit was to come");
    judge_refuse("8: commit x1", "8:", "br.eqz is not the condition");
    judge_refuse("10:", "10: commit x1",
                 "at x1, another exit or commit was to come");
    judge_refuse("18: commit x3 alu0:or r35, r7, 0 .7 bru:exit x3 .7",
                 "18: alu0:or r35, r7, 0 .7",
                 "the path does not end in an exit");
    judge_refuse("19: commit x0 bru:exit x0", "19: bru:br.eqz r2, @20",
                 "a conditional branch on the way to an exit");
    judge_refuse("\nend", "\n21: commit x0 bru:exit x0 .1\nend",
                 "no path leads here");
    judge_refuse("main=19", "main=18", "the path does not end in an exit");
    /* A branch may lead where an exit's molecules go on. */
    char *text = text_changed(judge_schedule, "19: commit x0 bru:exit x0 .1",
                              "19: bru:br @21 .1");
    char *legal =
        text_changed(text, "\nend", "\n21: commit x0 bru:exit x0 .1\nend");
    judge_accept(judge_region, legal);
    free(legal);
    free(text);
}

/* --- Time ----------------------------------------------------------------- */

/* The schedule for a machine without interlocks: everything is there when it
 * is needed, but nothing earlier. */
static const char patient[] =
    "code 0x80001000 kernel fpu el pending=none main=37 length=37 bound=1\n" JUDGE_HEAD
    "0: alu0:add r40, r4, 4 alu1:div r48, r4, r5 .6\n"
    "1: lsu0:ld32 r41, [r40] alu0:add r42, r4, 12 .2\n"
    "2: lsu0:ld8u r43, [r42] .2\n"
    "3: alu0:add r2, r41, r5 .1\n"
    "4: alu0:add r44, r4, 8 .2\n"
    "5:\n6:\n7:\n8:\n9:\n10:\n11:\n12:\n13:\n14:\n15:\n16:\n17:\n"
    "18: bru:br.ltz r2, @37 .1\n"
    "19: lsu0:st32 [r44], r2 .2\n"
    "20: alu0:or r3, r43, 0 .2 lsu0:stl l7, r43 .2\n"
    "21: alu0:trap r3 .3 lsu0:st8 [r5], r3 .3\n"
    "22: commit x1\n"
    "23: alu1:fadd.d f0, f1, f2 .4 lsu0:ldl r50, l7 .6\n"
    "24:\n"
    "25:\n"
    "26: alu1:fcmp.d f0, f2, 4 .5\n"
    "27:\n"
    "28:\n"
    "29: alu1:fcr r6 .5 alu0:or r33, r48, 0 .6\n"
    "30: bru:br.eqz r50, @38 .6\n"
    "31: alu0:xor r7, r2, 0x12345678 .7\n"
    "32: alu0:or r35, r7, 0 .7\n"
    "33:\n34:\n35:\n"
    "36: commit x3 bru:exit x3 .7\n"
    "37: commit x0 bru:exit x0 .1\n"
    "38: commit x2 bru:exit x2 .6\n"
    "end\n";

static void test_time(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *message;
    } rows[] = {
        {"0:", "0:", ""},
        /* A load is read a cycle early. */
        {"2: lsu0:ld8u r43, [r42] .2\n3: alu0:add r2, r41, r5 .1",
         "2: lsu0:ld8u r43, [r42] .2 alu0:add r2, r41, r5 .1\n3:",
         "molecule 2: it is 1 cycles too early"},
        /* A register is written before it has what it waits for. */
        {"5:\n", "5: alu0:or r48, r4, 0\n", "molecule 5: it is 13 cycles too"},
        /* The unit still divides; it does not the cycle after. */
        {"17:\n", "17: alu1:shl r49, r4, 1\n", "molecule 17: it is 1 cycles"},
        {"18:", "18: alu1:shl r49, r4, 1", ""},
        /* FCR31 is there three cycles after the comparison. */
        {"28:\n29: alu1:fcr r6 .5",
         "28: alu1:fcr r6 .5\n29:", "molecule 28: it is 1 cycles"},
        /* A commit while something is on its way that nobody reads. */
        {"20:", "20: alu1:mul r49, r4, r5", "molecule 22: it is 1 cycles"},
        {"19:", "19: alu1:mul r49, r4, r5", ""},
        {"33:", "33: alu1:fmul.d f20, f1, f1", "FCR31"},
    };
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        char *text = text_changed(patient, rows[i].from, rows[i].to);
        judge_expect(
            judge_code(judge_bare, judge_bare, judge_region, text, false, NULL),
            rows[i].message);
        free(text);
    }
    /* A commit waits for its own results. */
    char *text = text_changed(patient, "22: commit x1",
                              "22: commit x1 alu1:mul r49, "
                              "r4, r5");
    judge_expect(
        judge_code(judge_bare, judge_bare, judge_region, text, true, NULL),
        "the main path ends after 39 cycles, not after 37");
    free(text);
    static const char *const slow[] = {"vliw.commit=2", NULL};
    judge_expect(
        judge_code(slow, judge_tm5400, judge_region, patient, true, NULL),
        "the main path ends after 41 cycles, not after 37");
    /* With interlocks the hardware waits; the length says how long. */
    judge_expect(judge_code(judge_tm5400, judge_tm5400, judge_region, patient,
                            true, NULL),
                 "");
    text = text_changed(judge_schedule, "length=29", "length=28");
    judge_expect(
        judge_code(judge_tm5400, judge_tm5400, judge_region, text, true, NULL),
        "the main path ends after 29 cycles, not after 28");
    free(text);
    judge_expect(judge_code(judge_bare, judge_bare, judge_region,
                            judge_schedule, false, NULL),
                 "too early");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_legal), cmocka_unit_test(test_units),
        cmocka_unit_test(test_form),  cmocka_unit_test(test_paths),
        cmocka_unit_test(test_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
