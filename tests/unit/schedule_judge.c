/* Schedules by hand; see schedule_judge.h. */
#include "schedule_judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

const char judge_region[] = "region 0x80001000 kernel fpu el pending=none\n"
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

const char judge_schedule[] =
    "code 0x80001000 kernel fpu el pending=none main=19 length=29 bound=1\n" JUDGE_HEAD
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

const char *const judge_tm5400[] = {NULL};
const char *const judge_bare[] = {"vliw.interlock=no", NULL};
const char *const judge_free_formats[] = {"vliw.formats=free",
                                          "vliw.shift_all=yes", NULL};
const char *const judge_wide[] = {"vliw.formats=free", "vliw.alu_units=4",
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

const char *judge_code(const char *const *words, const char *const *written,
                       const char *region, const char *text, bool exact,
                       void (*edit)(VliwCode *code))
{
    static Diag diag;
    VliwDesc desc = settings_desc(words), other = settings_desc(written);
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

void judge_accept(const char *region, const char *text)
{
    assert_string_equal(
        judge_code(judge_tm5400, judge_tm5400, region, text, true, NULL), "");
}

void judge_expect(const char *got, const char *message)
{
    if (message[0] == 0 || !strstr(got, message))
        assert_string_equal(got, message);
}

void judge_refuse(const char *from, const char *to, const char *message)
{
    char *text = text_changed(judge_schedule, from, to);
    judge_expect(
        judge_code(judge_tm5400, judge_tm5400, judge_region, text, false, NULL),
        message);
    free(text);
}
