/* opt_check(): schedules written by hand, as they should be and with each rule
 * broken once. */
#include "optimizer/optimizer.h"
#include "optimizer/values.h"

#include "base/bits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A piece of everything that a region may have. */
static const char region_text[] =
    "region 0x80001000 kernel fpu el pending=none\n"
    ".0 0x80001000 0x8c820004\n"
    "  %0 = get r4\n"
    "  %1 = get r5\n"
    "  %2 = ld32 [%0 + 4]\n"
    ".1 0x80001004 0x10450003\n"
    "  %3 = add %2, %1\n"
    "  put r2, %3\n"
    "  exit.ltz %3, x0\n"
    ".2 0x80001008 0xac820008\n"
    "  st32 [%0 + 8], %3\n"
    "  %7 = ld8u [%0 + 12]\n"
    "  put r3, %7\n"
    ".3 0x8000100c 0xac820008\n"
    "  fault.nz %7\n"
    "  st8 [%1], %7\n"
    "  commit x1\n"
    ".4 0x80001010 0x46020800\n"
    "  %12 = getf f2\n"
    "  %13 = getf f4\n"
    "  %14 = fadd.d %12, %13\n"
    "  putf f0, %14\n"
    ".5 0x80001014 0x46020800\n"
    "  fcmp.d %14, %13, 4\n"
    "  %17 = fcr\n"
    "  put r6, %17\n"
    ".6 0x80001018 0x46020800\n"
    "  %19 = div %0, %1\n"
    "  put lo, %19\n"
    "  exit.eqz %7, x2\n"
    ".7 0x8000101c 0x46020800\n"
    "  %22 = const 0x12345678\n"
    "  %23 = xor %22, %3\n"
    "  put r7, %23\n"
    "  put pc, %23\n"
    "  exit x3\n"
    "x0 direct 0x80002000 insns=2 pending=none\n"
    "x1 commit 0x80001010 insns=4 pending=none\n"
    "x2 direct 0x80002020 insns=7 pending=none\n"
    "x3 indirect insns=8 pending=none return\n"
    "end\n";

#define HEAD                                                                   \
    ".0 0x80001000 0x8c820004\n"                                               \
    ".1 0x80001004 0x10450003\n"                                               \
    ".2 0x80001008 0xac820008\n"                                               \
    ".3 0x8000100c 0xac820008\n"                                               \
    ".4 0x80001010 0x46020800\n"                                               \
    ".5 0x80001014 0x46020800\n"                                               \
    ".6 0x80001018 0x46020800\n"                                               \
    ".7 0x8000101c 0x46020800\n"                                               \
    "x0 direct 0x80002000 insns=2 pending=none\n"                              \
    "x1 commit 0x80001010 insns=4 pending=none\n"                              \
    "x2 direct 0x80002020 insns=7 pending=none\n"                              \
    "x3 indirect insns=8 pending=none return\n"

/* A schedule for tm5400.  The second load passes the first store; the sum of
 * x0's path is computed in time for all; the division starts above x0. */
static const char schedule[] =
    "code 0x80001000 kernel fpu el pending=none main=19 length=29 bound=1\n" HEAD
    "0: alu0:add r40, r4, 4 alu1:div r48, r4, r5 .6\n"
    "1: lsu0:ld32 r41, [r40] alu0:add r42, r4, 12 .2\n"
    "2: lsu0:ld8u r43, [r42] .2\n"
    "3: alu0:add r2, r41, r5 .1\n"
    "4: alu0:add r44, r4, 8 .2 bru:br.ltz r2, @19 .1\n"
    "5: lsu0:st32 [r44], r2 .2\n"
    "6: alu0:or r3, r43, 0 .2 lsu0:stl l7, r43 .2\n"
    "7: alu0:trap r3 .3 lsu0:st8 [r5], r3 .3\n"
    "8: commit x1\n"
    "9: alu1:fadd.d f0, f1, f2 .4 lsu0:ldl r50, l7 .6\n"
    "10:\n"
    "11:\n"
    "12: alu1:fcmp.d f0, f2, 4 .5\n"
    "13:\n"
    "14:\n"
    "15: alu1:fcr r6 .5 alu0:or r33, r48, 0 .6\n"
    "16: bru:br.eqz r50, @20 .6\n"
    "17: alu0:xor r7, r2, 0x12345678 .7\n"
    "18: commit x3 alu0:or r35, r7, 0 .7 bru:exit x3 .7\n"
    "19: commit x0 bru:exit x0 .1\n"
    "20: commit x2 bru:exit x2 .6\n"
    "end\n";

/* The text with the first `from` in it changed to `to`. */
static char *changed(const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);
    assert_non_null(at);
    size_t size = strlen(text) + strlen(to) + 1;
    char *result = malloc(size);
    snprintf(result, size, "%.*s%s%s", (int)(at - text), text, to,
             at + strlen(from));
    return result;
}

static VliwDesc read_desc(const char *const *words)
{
    VliwDesc desc;
    Diag diag = {""};
    Config *config = config_create();
    for (; *words; words++)
        assert_true(config_set_word(config, *words, "test", &diag));
    assert_true(vliw_desc_read(&desc, config, &diag));
    config_destroy(config);
    return desc;
}

static const char *const tm5400[] = {NULL};
static const char *const bare[] = {"vliw.interlock=no", NULL};
static const char *const free_formats[] = {"vliw.formats=free",
                                           "vliw.shift_all=yes", NULL};
static const char *const wide[] = {"vliw.formats=free", "vliw.alu_units=4",
                                   "vliw.lsu_units=2", NULL};

/* Sizes and length are those of the machine. */
static void settle(VliwCode *code, const VliwDesc *desc)
{
    MoleculeTime time = {0};
    code->size = 0;
    for (unsigned i = 0; i < code->count; i++) {
        Molecule *molecule = &code->molecules[i];
        molecule->size =
            (uint8_t)molecule_size(molecule->atoms, molecule->count, desc);
        code->size += molecule->size;
        if (i < code->main_count)
            molecule_issue(&time, molecule, desc);
    }
    code->length = (unsigned)time.now;
}

/* What opt_check() says on the machine of `words` of a text that was written
 * for another one; "" if it is legal.  Unless `exact`, sizes and length are
 * corrected first; `edit` may then change the code. */
static const char *judge(const char *const *words, const char *const *written,
                         const char *region, const char *text, bool exact,
                         void (*edit)(VliwCode *code))
{
    static Diag diag;
    VliwDesc desc = read_desc(words), other = read_desc(written);
    Arena *arena = arena_create();
    diag = (Diag){""};
    IrRegion *r = ir_parse(arena, region, "region", &diag);
    assert_string_equal(diag.text, "");
    assert_true(ir_verify(r, &diag));
    VliwCode *code = vliw_code_parse(arena, text, "code", &other, &diag);
    assert_string_equal(diag.text, "");
    if (!exact)
        settle(code, &desc);
    if (edit)
        edit(code);
    bool legal = opt_check(code, r, &desc, &diag);
    assert_int_equal(legal, diag.text[0] == 0);
    arena_destroy(arena);
    return diag.text;
}

static void accept(const char *region, const char *text)
{
    assert_string_equal(judge(tm5400, tm5400, region, text, true, NULL), "");
}

static void expect(const char *got, const char *message)
{
    if (message[0] == 0 || !strstr(got, message))
        assert_string_equal(got, message);
}

/* The schedule with one change is refused, and that is why. */
static void refuse(const char *from, const char *to, const char *message)
{
    char *text = changed(schedule, from, to);
    expect(judge(tm5400, tm5400, region_text, text, false, NULL), message);
    free(text);
}

static void test_legal(void **state)
{
    (void)state;
    accept(region_text, schedule);
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
        char *text = changed(schedule, rows[i].from, rows[i].to);
        expect(judge(tm5400, wide, region_text, text, false, NULL),
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
    refuse("add r40, r4, 4", "add r63, r4, 4", "a write to the zero");
    refuse("add r40, r4, 4", "add r40, r62, 4", "a read of the sink");
    refuse("alu0:trap r3", "alu0:or r48, r4, 0 alu1:or r48, r4, 0",
           "molecule 7: two writes to r48");
    refuse("9: alu1:fadd.d f0, f1, f2 .4 lsu0:ldl r50, l7",
           "9: alu1:fadd.d f0, f1, f2 .4 lsu0:ldlf f0, l7",
           "molecule 9: two writes to f0");
    refuse("18: commit x3", "18:", "leaves by x3 without committing it");
    refuse("18: commit x3", "18: commit x2", "leaves by x3 without");
    refuse("8: commit x1", "8: commit x2", "commits exit x2 without leaving");
    refuse("bru:exit x2", "bru:exit x1", "leaves by x1 without committing");
    refuse("@20", "@16", "a branch that does not lead forward");
    refuse("main=19", "main=0", "no main path");
    refuse("x2 direct 0x80002020", "x2 direct 0x80002024",
           "not the region's exits");
    refuse("insns=7", "insns=6", "not the region's exits");
    refuse(".7 0x8000101c", ".7 0x80001020", "not the region's instructions");
    refuse("kernel", "user", "not the region's entry");
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
        expect(
            judge(tm5400, tm5400, region_text, schedule, false, rows[i].edit),
            rows[i].message);
    static const char *const few[] = {"vliw.gprs=52", "vliw.fprs=20", NULL};
    char *text = changed(schedule, "ldl r50", "ldl r49");
    char *other = changed(text, "br.eqz r50", "br.eqz r49");
    expect(judge(few, tm5400, region_text, other, false, NULL), "");
    free(other);
    expect(judge(few, tm5400, region_text, text, false, NULL),
           "br.eqz has no such register");
    other = changed(schedule, "fadd.d f0", "fadd.d f20");
    expect(judge(few, tm5400, region_text, other, false, NULL),
           "fadd.d has no such register");
    free(other);
    free(text);
}

/* --- Paths ---------------------------------------------------------------- */

static void test_paths(void **state)
{
    (void)state;
    refuse("br.ltz", "br.lez", "not the condition of the region's next exit");
    refuse("br.ltz r2", "br.ltz r3", "not the condition");
    refuse("br.eqz r50, @20", "br.eqz r50, @19", "molecule 19: two paths");
    refuse("br.ltz r2, @19", "br.ltz r2, @20",
           "at x2, another exit or commit was to come");
    refuse("br.ltz r2, @19", "br.ltz r2, @17",
           "a conditional branch within the main path");
    /* A branch or a commit is not there, or there twice. */
    refuse(" bru:br.ltz r2, @19 .1", "",
           "at x1, another exit or commit was to come");
    refuse("16: bru:br.eqz r50, @20 .6",
           "16:", "at x3, another exit or commit was to come");
    refuse("8: commit x1", "8:", "br.eqz is not the condition");
    refuse("10:", "10: commit x1", "at x1, another exit or commit was to come");
    refuse("18: commit x3 alu0:or r35, r7, 0 .7 bru:exit x3 .7",
           "18: alu0:or r35, r7, 0 .7", "the path does not end in an exit");
    refuse("19: commit x0 bru:exit x0", "19: bru:br.eqz r2, @20",
           "a conditional branch on the way to an exit");
    refuse("\nend", "\n21: commit x0 bru:exit x0 .1\nend",
           "no path leads here");
    refuse("main=19", "main=18", "the path does not end in an exit");
    /* A branch may lead where an exit's molecules go on. */
    char *text =
        changed(schedule, "19: commit x0 bru:exit x0 .1", "19: bru:br @21 .1");
    char *legal = changed(text, "\nend", "\n21: commit x0 bru:exit x0 .1\nend");
    accept(region_text, legal);
    free(legal);
    free(text);
}

/* --- Values --------------------------------------------------------------- */

static void test_values(void **state)
{
    (void)state;
    refuse("add r2, r41, r5", "sub r2, r41, r5", "br.ltz is not the condition");
    refuse("or r3, r43, 0", "or r3, r43, 1", "a trap that the region does not");
    refuse("add r42, r4, 12", "add r42, r4, 13", "a load that the region does");
    refuse("ld8u r43", "ld8s r43", "a load that the region does not have");
    refuse("xor r7, r2, 0x12345678", "xor r7, r2, 0x12345679",
           "at x3, r7 is not what the region says");
    refuse("or r35, r7, 0", "or r35, r2, 0", "at x3, pc is not what");
    refuse("or r33, r48, 0", "or r32, r48, 0", "at x2, hi is not what");
    refuse("alu0:or r33, r48, 0 .6", "", "at x2, lo is not what");
    refuse("div r48, r4, r5", "div r48, r5, r4", "at x2, lo is not what");
    refuse("fadd.d f0, f1, f2", "fadd.d f3, f1, f2",
           "fcmp.d is not the region's next operation with FCR31");
    refuse("ldl r50, l7", "ldl r50, l8", "local word 8 is read before");
    /* A guest register is written before the exit that still has the old one,
     * and in the molecule of the branch to it. */
    refuse("3: alu0:add r2, r41, r5 .1",
           "3: alu0:add r2, r41, r5 .1 alu1:or r3, r43, 0 .2",
           "at x0, r3 is not what the region says");
    refuse("4: alu0:add r44, r4, 8 .2",
           "4: alu0:add r44, r4, 8 .2 alu1:or r3, r43, 0 .2",
           "molecule 19: at x0, r3 is not what the region says");
    /* After a commit its record is past. */
    refuse("16: bru:br.eqz r50, @20 .6\n17: alu0",
           "16: alu1:or r7, r2, 0 bru:br.eqz r50, @20 .6\n17: alu0",
           "at x2, r7 is not what");
    /* Registers are read before the molecule writes any. */
    refuse("7: alu0:trap r3 .3 lsu0:st8 [r5], r3",
           "7: alu0:trap r3 .3 alu1:or r5, r3, 0 lsu0:st8 [r5], r3",
           "at x1, r5 is not what the region says");
    refuse("6: alu0:or r3, r43, 0 .2", "6: alu0:or r3, r43, 0 .2 alu1:trap r3",
           "molecule 6: a trap that the region does not have");
}

/* --- Memory and what may fail --------------------------------------------- */

static void test_memory(void **state)
{
    (void)state;
    refuse("5: lsu0:st32 [r44], r2", "5: lsu0:st32 [r44], r41",
           "store 0 of the region has another value");
    refuse("5: lsu0:st32 [r44], r2", "5: lsu0:st32 [r40], r2",
           "store 0 of the region goes elsewhere");
    refuse("5: lsu0:st32", "5: lsu0:st16", "store 0 of the region goes else");
    refuse("5: lsu0:st32 [r44], r2 .2",
           "5:", "store 0 of the region goes elsewhere");
    refuse("lsu0:st8 [r5], r3 .3", "", "at x1, a store of the region has not");
    refuse("10:", "10: lsu0:st8 [r5], r3", "a store more than the region has");
    /* Above the exit, which would commit it; and in the branch's molecule. */
    refuse("3: alu0:add r2, r41, r5 .1\n"
           "4: alu0:add r44, r4, 8 .2 bru:br.ltz r2, @19 .1\n"
           "5: lsu0:st32 [r44], r2 .2",
           "3: alu0:add r2, r41, r5 .1 alu1:add r44, r4, 8 .2\n"
           "4: lsu0:st32 [r44], r2 .2 bru:br.ltz r2, @19 .1\n"
           "5:",
           "at x0, a store was made that comes after it");
    /* The stores change places. */
    refuse("5: lsu0:st32 [r44], r2 .2\n"
           "6: alu0:or r3, r43, 0 .2 lsu0:stl l7, r43 .2\n"
           "7: alu0:trap r3 .3 lsu0:st8 [r5], r3 .3",
           "5: lsu0:st8 [r5], r43 .2\n"
           "6: alu0:or r3, r43, 0 .2 lsu0:stl l7, r43 .2\n"
           "7: alu0:trap r3 .3 lsu0:st32 [r44], r2 .3",
           "store 0 of the region goes elsewhere");
    /* Loads and traps that are not made, or below the commit. */
    refuse("alu0:trap r3 .3 ", "", "at x1, a load or trap that comes before");
    refuse("9: alu1:fadd.d f0, f1, f2 .4",
           "9: alu1:fadd.d f0, f1, f2 .4 alu0:trap r43", "");
    refuse("12: alu1:fcmp.d f0, f2, 4 .5", "12:", "at x2, FCR31 is not what");
    refuse("fcmp.d f0, f2, 4", "fcmp.d f0, f2, 5",
           "fcmp.d is not the region's next operation");
    refuse("10:", "10: alu1:fcr r51", "");
    refuse("15: alu1:fcr r6 .5", "15: alu1:or r6, r63, 0 .5",
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
        expect(judge(free_formats, free_formats, region, text, false, NULL),
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
    accept(region, code);
    char *text = changed(code, "1: lsu0:st32 [r4], r4\n2: lsu0:ld32 r2, [r4]",
                         "1: lsu0:ld32 r2, [r4]\n2: lsu0:st32 [r4], r4");
    expect(judge(tm5400, tm5400, region, text, true, NULL),
           "a load that the region does not have");
    free(text);
    /* Two memory units act in their order. */
    text = changed(code, "1: lsu0:st32 [r4], r4\n2: lsu0:ld32 r2, [r4]",
                   "1: lsu1:ld32 r2, [r4] lsu0:st32 [r4], r4\n2:");
    expect(judge(wide, wide, region, text, false, NULL), "");
    free(text);
    text = changed(code, "1: lsu0:st32 [r4], r4\n2: lsu0:ld32 r2, [r4]",
                   "1: lsu0:ld32 r2, [r4] lsu1:st32 [r4], r4\n2:");
    expect(judge(wide, wide, region, text, false, NULL),
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
    accept(region, code);
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
        char *text = changed(code, rows[i].from, rows[i].to);
        expect(judge(tm5400, tm5400, region, text, false, NULL),
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
    accept(both, twice);
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
        expect(judge(free_formats, free_formats, region, text, true, NULL),
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
    expect(judge(free_formats, free_formats, region, code, true, NULL), "");
    char *text = changed(code, "stlo [r40]", "sthi [r40]");
    expect(judge(free_formats, free_formats, region, text, true, NULL),
           "store 0 of the region has another value");
    free(text);
    text = changed(code, "fmov f1, f20", "fmov f1, f2");
    expect(judge(free_formats, free_formats, region, text, true, NULL),
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
    expect(judge(tm5400, tm5400, mixed, moved, true, NULL),
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
        expect(judge(tm5400, tm5400, region, text, true, NULL),
               rows[i].message);
    }
}

/* --- Time ----------------------------------------------------------------- */

/* The schedule for a machine without interlocks: everything is there when it
 * is needed, but nothing earlier. */
static const char patient[] =
    "code 0x80001000 kernel fpu el pending=none main=37 length=37 bound=1\n" HEAD
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
        char *text = changed(patient, rows[i].from, rows[i].to);
        expect(judge(bare, bare, region_text, text, false, NULL),
               rows[i].message);
        free(text);
    }
    /* A commit waits for its own results. */
    char *text = changed(patient, "22: commit x1",
                         "22: commit x1 alu1:mul r49, "
                         "r4, r5");
    expect(judge(bare, bare, region_text, text, true, NULL),
           "the main path ends after 39 cycles, not after 37");
    free(text);
    static const char *const slow[] = {"vliw.commit=2", NULL};
    expect(judge(slow, tm5400, region_text, patient, true, NULL),
           "the main path ends after 41 cycles, not after 37");
    /* With interlocks the hardware waits; the length says how long. */
    expect(judge(tm5400, tm5400, region_text, patient, true, NULL), "");
    text = changed(schedule, "length=29", "length=28");
    expect(judge(tm5400, tm5400, region_text, text, true, NULL),
           "the main path ends after 29 cycles, not after 28");
    free(text);
    expect(judge(bare, bare, region_text, schedule, false, NULL), "too early");
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
        cmocka_unit_test(test_legal),    cmocka_unit_test(test_units),
        cmocka_unit_test(test_form),     cmocka_unit_test(test_paths),
        cmocka_unit_test(test_values),   cmocka_unit_test(test_memory),
        cmocka_unit_test(test_disjoint), cmocka_unit_test(test_identities),
        cmocka_unit_test(test_words),    cmocka_unit_test(test_unsaid),
        cmocka_unit_test(test_time),     cmocka_unit_test(test_stores),
        cmocka_unit_test(test_exits),    cmocka_unit_test(test_values_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
