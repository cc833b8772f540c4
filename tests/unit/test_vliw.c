/* The machine description and its presets, units and encodings of molecules,
 * and molecules as text. */
#include "hwmodel/presets/presets.h"
#include "hwmodel/vliw/molecule.h"

#include "base/bits.h"
#include "tests/support/settings.h"
#include "tests/support/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* --- The machine description ---------------------------------------------- */

static void refuse_desc(const char *message, const char *const *words)
{
    VliwDesc desc;
    Diag diag = {""};
    Config *config = settings_config(words);
    assert_false(vliw_desc_read(&desc, config, &diag));
    config_destroy(config);
    if (!strstr(diag.text, message))
        assert_string_equal(diag.text, message);
}

static void test_desc(void **state)
{
    (void)state;
    VliwDesc desc = settings_desc(WORDS(NULL));
    assert_int_equal(desc.alu_units, 2);
    assert_int_equal(desc.lsu_units, 1);
    assert_int_equal(desc.formats, VLIW_FORMATS_CRUSOE);
    assert_int_equal(desc.gprs, 64);
    assert_int_equal(desc.shadowed_fprs, 16);
    assert_true(desc.interlock);
    /* Every key reaches its own member. */
    desc = settings_desc(WORDS(
        "vliw.alu_units=3", "vliw.lsu_units=2", "vliw.shift_all=yes",
        "vliw.formats=free", "vliw.short_imm=13", "vliw.gprs=50",
        "vliw.shadowed_gprs=41", "vliw.fprs=27", "vliw.shadowed_fprs=21",
        "vliw.latency.alu=2", "vliw.latency.shift=3", "vliw.latency.mul=4",
        "vliw.latency.div=5", "vliw.latency.load=6", "vliw.latency.fmove=7",
        "vliw.latency.fadd=8", "vliw.latency.fmul=9", "vliw.latency.fdiv_s=10",
        "vliw.latency.fdiv_d=11", "vliw.latency.fcvt=12", "vliw.interlock=no",
        "vliw.branch=14", "vliw.commit=15", "vliw.rollback=16",
        "vliw.store_buffer=17", "vliw.forward=18", "vliw.alias_regs=19"));
    const unsigned got[] = {
        desc.alu_units,
        desc.lsu_units,
        desc.shift_all,
        desc.formats,
        desc.short_imm,
        desc.gprs,
        desc.shadowed_gprs,
        desc.fprs,
        desc.shadowed_fprs,
        desc.latency[VLIW_LATENCY_ALU],
        desc.latency[VLIW_LATENCY_SHIFT],
        desc.latency[VLIW_LATENCY_MUL],
        desc.latency[VLIW_LATENCY_DIV],
        desc.latency[VLIW_LATENCY_LOAD],
        desc.latency[VLIW_LATENCY_FMOVE],
        desc.latency[VLIW_LATENCY_FADD],
        desc.latency[VLIW_LATENCY_FMUL],
        desc.latency[VLIW_LATENCY_FDIVS],
        desc.latency[VLIW_LATENCY_FDIVD],
        desc.latency[VLIW_LATENCY_FCVT],
        desc.interlock,
        desc.branch,
        desc.exit,
        desc.commit,
        desc.rollback,
        desc.store_buffer,
        desc.forward,
        desc.alias_regs,
    };
    const unsigned wanted[] = {3, 2,  1,  1,  13, 50, 41, 27, 21, 2,
                               3, 4,  5,  6,  7,  8,  9,  10, 11, 12,
                               0, 14, 14, 15, 16, 17, 18, 19};
    assert_int_equal(ARRAY_LEN(got), ARRAY_LEN(wanted));
    for (unsigned i = 0; i < ARRAY_LEN(got); i++)
        assert_int_equal(got[i], wanted[i]);
}

static void test_desc_refused(void **state)
{
    (void)state;
    refuse_desc("vliw.alu_units = 3", WORDS("vliw.alu_units=3"));
    refuse_desc("vliw.alu_units = 1", WORDS("vliw.alu_units=1"));
    refuse_desc("vliw.lsu_units = 2", WORDS("vliw.lsu_units=2"));
    refuse_desc("vliw.shadowed_gprs = 49",
                WORDS("vliw.gprs=50", "vliw.shadowed_gprs=49"));
    settings_desc(WORDS("vliw.gprs=50", "vliw.shadowed_gprs=48"));
    refuse_desc("vliw.shadowed_fprs = 21",
                WORDS("vliw.fprs=20", "vliw.shadowed_fprs=21"));
}

/* --- Presets -------------------------------------------------------------- */

static void write_config(const void *config, FILE *out)
{
    config_write(config, out);
}

/* tm5400 names every key of the machine, and the defaults are those. */
static void test_tm5400(void **state)
{
    (void)state;
    Diag diag = {""};
    Config *config = config_create();
    assert_true(config_set(config, "cpu.model", "vliw", "test", &diag));
    char *wanted = text_written(write_config, config);
    /* Another value in each of its keys: it must put all of them back. */
    static const char *const others[] = {
        "cpu.model=functional",
        "vliw.alu_units=3",
        "vliw.lsu_units=2",
        "vliw.lsu_adds=yes",
        "vliw.shift_all=yes",
        "vliw.formats=free",
        "vliw.short_imm=13",
        "vliw.gprs=50",
        "vliw.shadowed_gprs=41",
        "vliw.fprs=27",
        "vliw.shadowed_fprs=21",
        "vliw.latency.alu=2",
        "vliw.latency.shift=3",
        "vliw.latency.mul=4",
        "vliw.latency.div=5",
        "vliw.latency.load=6",
        "vliw.latency.fmove=7",
        "vliw.latency.fadd=8",
        "vliw.latency.fmul=9",
        "vliw.latency.fdiv_s=10",
        "vliw.latency.fdiv_d=11",
        "vliw.latency.fcvt=12",
        "vliw.interlock=no",
        "vliw.branch=14",
        "vliw.predict_exits=yes",
        "vliw.predict_jumps=yes",
        "vliw.commit=15",
        "vliw.rollback=16",
        "vliw.store_buffer=17",
        "vliw.forward=18",
        "vliw.alias_regs=19",
        "vliw.tlb=32",
        "vliw.tlb_miss=3",
        "vliw.return_stack=no",
        "vliw.return_cycles=4",
        "vliw.jump_cache=1k",
        "vliw.jump_cycles=5",
        "vliw.code_tlb=16",
        "l1i.size=1k",
        "l1i.line=16",
        "l1i.ways=1",
        "l1i.policy=lru",
        "l1i.prefetch=3",
        "l1d.size=1k",
        "l1d.line=16",
        "l1d.ways=1",
        "l1d.policy=lru",
        "l2.size=1k",
        "l2.line=16",
        "l2.ways=1",
        "l2.policy=lru",
        "l2.latency=9",
        "memory.latency=9",
        "memory.transfer=9",
        "memory.width=16",
        "memory.early=no",
        "memory.write=9",
        "memory.uncached=9",
    };
    for (unsigned i = 0; i < ARRAY_LEN(others); i++)
        assert_true(config_set_word(config, others[i], "test", &diag));
    assert_true(preset_apply(config, "tm5400", "--preset", &diag));
    char *got = text_written(write_config, config);
    assert_string_equal(got, wanted);
    /* No key of these sections is missing above. */
    unsigned keys = 0;
    bool within = false;
    for (const char *line = wanted; *line;) {
        if (*line == '[')
            within = !strncmp(line, "[vliw]", 6) || !strncmp(line, "[l1", 3) ||
                     !strncmp(line, "[l2", 3) || !strncmp(line, "[memory]", 8);
        else
            keys += within && *line != '\n';
        line += strcspn(line, "\n") + 1;
    }
    assert_int_equal(keys + 1, ARRAY_LEN(others));
    free(got);
    free(wanted);
    config_destroy(config);
}

static void test_presets(void **state)
{
    (void)state;
    Diag diag = {""};
    for (const Preset *p = preset_table; p->name; p++) {
        VliwDesc desc;
        Config *config = config_create();
        assert_true(preset_apply(config, p->name, "--preset", &diag));
        assert_true(vliw_desc_read(&desc, config, &diag));
        config_destroy(config);
    }
    Config *config = config_create();
    assert_false(preset_apply(config, "tm", "--preset", &diag));
    assert_non_null(strstr(diag.text, "tm5400"));
    /* Several: the later one's keys hold, and each name must be one. */
    assert_true(preset_apply(config, "tm8600, calibrated", "--preset", &diag));
    char *both = text_written(write_config, config);
    assert_true(preset_apply(config, "calibrated,tm8600", "--preset", &diag));
    char *turned = text_written(write_config, config);
    assert_string_equal(both, turned); /* no key is in both */
    assert_true(preset_apply(config, "tm8600,tm5400", "--preset", &diag));
    char *later = text_written(write_config, config);
    assert_string_not_equal(later, both);
    assert_true(preset_apply(config, "tm5400", "--preset", &diag));
    free(turned);
    turned = text_written(write_config, config);
    assert_string_equal(later, turned);
    static const char *const bad[] = {"tm5400,", ",tm5400", "tm5400,tm"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(preset_apply(config, bad[i], "--preset", &diag));
    free(both);
    free(turned);
    free(later);
    Diag place = {""};
    assert_false(
        config_read_text(config, "; \n[cpu]\nmodel = no\n", "tm5400", &place));
    assert_memory_equal(place.text, "tm5400:3: ", 10);
    config_destroy(config);
}

/* --- Units and encodings -------------------------------------------------- */

static void test_units(void **state)
{
    (void)state;
    VliwDesc crusoe = settings_desc(WORDS(NULL));
    VliwDesc one =
        settings_desc(WORDS("vliw.formats=free", "vliw.alu_units=1"));
    VliwDesc wide =
        settings_desc(WORDS("vliw.formats=free", "vliw.alu_units=4",
                            "vliw.lsu_units=2", "vliw.shift_all=yes"));
    VliwDesc adds = settings_desc(WORDS(
        "vliw.formats=efficeon", "vliw.lsu_units=2", "vliw.lsu_adds=yes"));
    static const struct {
        AtomOp op;
        unsigned crusoe, one, wide, adds; /* masks of units */
    } rows[] = {
        {ATOM_ADD, 0x03, 0x01, 0x0f, 0x33},
        {ATOM_SUB, 0x03, 0x01, 0x0f, 0x33},
        {ATOM_SHL, 0x02, 0x01, 0x0f, 0x02},
        {ATOM_OR, 0x03, 0x01, 0x0f, 0x03},
        {ATOM_MULHU, 0x02, 0x01, 0x0f, 0x02},
        {ATOM_FADDS, 0x02, 0x01, 0x02, 0x02},
        {ATOM_CP0, 0x03, 0x01, 0x0f, 0x03},
        {ATOM_LD32, 0x10, 0x10, 0x30, 0x30},
        {ATOM_STLF, 0x10, 0x10, 0x30, 0x30},
        {ATOM_BR, 0x40, 0x40, 0x40, 0x40},
        {ATOM_TRAP, 0x03, 0x01, 0x0f, 0x03},
        {ATOM_EXIT, 0x40, 0x40, 0x40, 0x40},
    };
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        unsigned masks[4] = {0};
        for (unsigned unit = 0; unit < VLIW_UNITS; unit++) {
            masks[0] |= (unsigned)atom_fits(rows[i].op, unit, &crusoe) << unit;
            masks[1] |= (unsigned)atom_fits(rows[i].op, unit, &one) << unit;
            masks[2] |= (unsigned)atom_fits(rows[i].op, unit, &wide) << unit;
            masks[3] |= (unsigned)atom_fits(rows[i].op, unit, &adds) << unit;
        }
        assert_int_equal(masks[3], rows[i].adds);
        assert_int_equal(masks[0], rows[i].crusoe);
        assert_int_equal(masks[1], rows[i].one);
        assert_int_equal(masks[2], rows[i].wide);
    }
}

/* Every atom with an IR op of its name computes it, and no other has one. */
static void test_ir_ops(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ATOM_COUNT; i++) {
        const AtomInfo *info = atom_info((AtomOp)i);
        IrOp op = atom_ir_op((AtomOp)i);
        bool computes =
            info->unit != ATOM_UNIT_LSU && info->unit != ATOM_UNIT_BRU;
        IrOp named = IR_OP_COUNT;
        for (unsigned j = 0; j < IR_OP_COUNT && computes; j++)
            if (strcmp(info->name, ir_op_info((IrOp)j)->name) == 0)
                named = (IrOp)j;
        assert_int_equal(op, named);
        bool fcr = strstr(info->text, "FCR") != NULL;
        assert_int_equal(atom_uses_fcr((AtomOp)i), fcr);
        bool divides = strstr(info->name, "div") != NULL;
        assert_int_equal(atom_keeps_unit((AtomOp)i), divides);
        bool access =
            strstr(info->text, " at a") || strstr(info->text, "from a");
        assert_int_equal(atom_is_access((AtomOp)i), access);
    }
}

static VliwCode *parse(Arena *arena, const VliwDesc *desc, const char *text)
{
    Diag diag = {""};
    VliwCode *code = vliw_code_parse(arena, text, "text", desc, &diag);
    assert_string_equal(diag.text, "");
    assert_non_null(code);
    return code;
}

/* Size and format of the molecule that `atoms` are. */
static void expect_size(const VliwDesc *desc, const char *atoms, unsigned size,
                        const char *format)
{
    char text[512];
    Diag diag = {""};
    snprintf(text, sizeof text,
             "code 0 kernel el pending=none main=1 length=1 bound=1\n"
             "x0 direct 0 insns=0 pending=none\n0: %s\nend\n",
             atoms);
    Arena *arena = arena_create();
    VliwCode *code = vliw_code_parse(arena, text, "text", desc, &diag);
    if (size == 0) {
        assert_null(code);
        assert_memory_equal(diag.text, "text:3: no molecule format", 26);
    } else {
        assert_string_equal(diag.text, "");
        const Molecule *molecule = &code->molecules[0];
        assert_int_equal(molecule->size, size);
        assert_int_equal(code->size, size);
        assert_string_equal(
            molecule_format_name(molecule_format(molecule, desc)), format);
    }
    arena_destroy(arena);
}

static void test_crusoe_formats(void **state)
{
    (void)state;
    VliwDesc d = settings_desc(WORDS(NULL));
    expect_size(&d, "", 8, "lsu|alu1");
    expect_size(&d, "lsu0:ld32 r1, [r2]", 8, "lsu|alu1");
    expect_size(&d, "lsu0:ld32 r1, [r2] alu1:add r3, r4, r5", 8, "lsu|alu1");
    expect_size(&d, "alu0:add r3, r4, 127", 8, "alu0|alu1");
    expect_size(&d, "alu0:add r3, r4, -128 alu1:add r5, r6, 1", 8, "alu0|alu1");
    expect_size(&d, "alu0:add r3, r4, 128", 8, "alu0|imm32");
    expect_size(&d, "alu0:add r3, r4, -129", 8, "alu0|imm32");
    expect_size(&d, "alu1:add r3, r4, 128", 16, "lsu|alu1|alu0|imm32");
    expect_size(&d, "bru:br @0", 8, "alu0|bru");
    expect_size(&d, "alu0:add r3, r4, 1 bru:br @0", 8, "alu0|bru");
    expect_size(&d, "alu1:add r3, r4, 1 bru:br @0", 16, "lsu|alu1|alu0|bru");
    expect_size(&d, "lsu0:ld32 r1, [r2] bru:exit x0", 16, "lsu|alu1|alu0|bru");
    expect_size(&d, "lsu0:ld32 r1, [r2] alu0:add r3, r4, 1", 16,
                "lsu|alu1|alu0|imm32");
    expect_size(&d,
                "lsu0:ld32 r1, [r2] alu0:add r3, r4, 999 alu1:add r5, r6, 999",
                16, "lsu|alu1|alu0|imm32");
    expect_size(&d, "alu0:add r3, r4, 999 alu1:add r5, r6, 998", 0, NULL);
    expect_size(&d, "alu0:add r3, r4, 999 bru:br @0", 0, NULL);
    expect_size(&d, "lsu1:ld32 r1, [r2]", 0, NULL);
    expect_size(&d, "alu2:add r1, r2, r3", 0, NULL);
    /* These hold their number themselves. */
    expect_size(&d, "lsu0:ldl r1, l200 bru:br @0 alu0:cp0 r1, c8", 16,
                "lsu|alu1|alu0|bru");
}

static void test_free_formats(void **state)
{
    (void)state;
    VliwDesc d = settings_desc(
        WORDS("vliw.formats=free", "vliw.alu_units=4", "vliw.lsu_units=2"));
    expect_size(&d, "", 4, "free");
    expect_size(&d, "alu0:add r3, r4, 1", 4, "free");
    expect_size(&d, "alu0:add r3, r4, 999 bru:br @0", 12, "free");
    expect_size(&d, "alu0:add r3, r4, 999 alu1:add r5, r6, 999", 12, "free");
    expect_size(&d, "alu0:add r3, r4, 999 alu1:add r5, r6, 998", 16, "free");
    expect_size(&d,
                "alu0:add r1, r2, 256 alu1:add r3, r4, 257 "
                "alu2:add r5, r6, 258 alu3:add r7, r8, 259 lsu0:ldl r9, l0 "
                "lsu1:ldl r10, l1 bru:br @0",
                44, "free");
}

static void test_efficeon_formats(void **state)
{
    (void)state;
    VliwDesc d =
        settings_desc(WORDS("vliw.formats=efficeon", "vliw.alu_units=4",
                            "vliw.lsu_units=2", "vliw.lsu_adds=yes"));
    expect_size(&d, "", 8, "64 bits");
    expect_size(&d, "alu0:add r3, r4, 1 bru:br @0", 8, "64 bits");
    expect_size(&d, "alu0:add r3, r4, 999 bru:br @0", 16, "128 bits");
    expect_size(&d, "alu0:add r3, r4, 999 alu1:add r5, r6, 998", 16,
                "128 bits");
    expect_size(&d, "alu0:add r3, r4, 999 alu1:add r5, r6, 998 bru:br @0", 24,
                "192 bits");
    expect_size(&d, "lsu0:add r3, r4, 1 lsu1:sub r5, r6, r7 alu0:or r1, r2, 1",
                16, "128 bits");
    expect_size(&d,
                "alu0:add r1, r2, 256 alu1:add r3, r4, 256 "
                "alu2:add r5, r6, 256 alu3:add r7, r8, 256 lsu0:ldl r9, l0 "
                "lsu1:ldl r10, l1 bru:br @0",
                32, "256 bits");
    expect_size(
        &d,
        "alu0:add r1, r2, 256 alu1:add r3, r4, 257 "
        "alu2:add r5, r6, 258 lsu0:ldl r9, l0 lsu1:ldl r10, l1 bru:br @0",
        0, NULL);
}

static void test_short_imm(void **state)
{
    (void)state;
    VliwDesc none = settings_desc(WORDS("vliw.short_imm=0"));
    VliwDesc one = settings_desc(WORDS("vliw.short_imm=1"));
    VliwDesc all = settings_desc(WORDS("vliw.short_imm=32"));
    expect_size(&none, "alu0:add r1, r2, 0", 8, "alu0|alu1");
    expect_size(&none, "alu0:add r1, r2, 1", 8, "alu0|imm32");
    expect_size(&one, "alu0:add r1, r2, -1", 8, "alu0|alu1");
    expect_size(&one, "alu0:add r1, r2, 1", 8, "alu0|imm32");
    expect_size(&all, "alu0:add r1, r2, 0x80000000", 8, "alu0|alu1");
    expect_size(&all, "alu0:add r1, r2, 0x7fffffff", 8, "alu0|alu1");
}

/* --- Text ----------------------------------------------------------------- */

static const char sample[] =
    "code 0x80001000 user fpu eb pending=r9 main=4 length=9 bound=4\n"
    ".0 0x80001000 0x8c820004\n"
    ".1 0x80001004 0x10450003\n"
    ".2 0x80001008 0x00000000\n"
    "x0 direct 0x80001014 insns=2 pending=none call=0x80001020\n"
    "x1 indirect insns=2 pending=f3 return\n"
    "x2 commit 0x80001004 insns=1 pending=none\n"
    "x3 interpret 0x80001008 insns=2 pending=r31\n"
    "0: 16 alu0:add r40, r4, -128 .0 lsu0:ldlf f20, l255 .1\n"
    "1: 8 lsu0:ld32 r2, [r40] protect 15 .0 alu1:fcmp.d f1, f2, 12 .1\n"
    "2: 16 commit x2 lsu0:stlo [r2], f20 check 0xffff .2 "
    "alu0:or r63, r62, 0x12345678 .2 alu1:setlo f1, f2, r3 .0\n"
    "3: 16 commit x1 lsu0:stl l3, r5 .1 alu0:cp0 r5, c14 .1 "
    "alu1:fmov f16, f17 .1 bru:exit x1 .1\n"
    "4: 8\n"
    "5: 16 lsu0:ldhi f3, [r4], f5 protect 0 .2 bru:br.gez r41, @7 .1\n"
    "6: 8 alu0:trap r5 .2 bru:br @7 .1\n"
    "7: 16 commit x0 lsu0:st8 [r40], r3 .1 alu1:shl r3, r4, 31 .0 "
    "bru:exit x0 .1\n"
    "end\n";

static void test_text(void **state)
{
    (void)state;
    VliwDesc desc = settings_desc(WORDS(NULL));
    Arena *arena = arena_create();
    VliwCode *code = parse(arena, &desc, sample);
    char *text = text_of_code(code);
    assert_string_equal(text, sample);
    free(text);
    assert_int_equal(code->pc, 0x80001000);
    assert_true(code->context.user && code->context.fpu && code->context.big);
    assert_int_equal(code->main_count, 4);
    assert_int_equal(code->length, 9);
    assert_int_equal(code->bound, 4);
    assert_int_equal(code->count, 8);
    assert_int_equal(code->size, 104);
    assert_int_equal(code->exits[1].kind, IR_EXIT_INDIRECT);
    const Atom *load = &code->molecules[1].atoms[0];
    assert_int_equal(load->op, ATOM_LD32);
    assert_int_equal(load->unit, VLIW_LSU0);
    assert_int_equal(load->d, 2);
    assert_int_equal(load->a, 40);
    assert_int_equal(load->protect, 16);
    const Atom *store = &code->molecules[2].atoms[0];
    assert_int_equal(store->a, 2);
    assert_int_equal(store->b, 20);
    assert_int_equal(store->check, 0xffff);
    assert_int_equal(store->guest, 2);
    assert_int_equal(code->molecules[2].commit, 3);
    const Atom *imm = &code->molecules[0].atoms[0];
    assert_true(imm->b_imm);
    assert_int_equal(imm->imm, -128u);
    assert_int_equal(code->molecules[5].atoms[1].imm, 7);
    arena_destroy(arena);
}

/* Every atom, with the operands that it has, comes back. */
static void test_every_atom(void **state)
{
    (void)state;
    VliwDesc desc = settings_desc(WORDS("vliw.formats=free"));
    Arena *arena = arena_create();
    for (unsigned op = 0; op < ATOM_COUNT; op++) {
        const AtomInfo *info = atom_info((AtomOp)op);
        IrExit exit = {.kind = IR_EXIT_DIRECT};
        IrGuest guest = {0};
        Molecule molecule = {.count = 1};
        Atom *atom = &molecule.atoms[0];
        atom->op = (uint8_t)op;
        while (!atom_fits((AtomOp)op, (VliwUnit)atom->unit, &desc))
            atom->unit++;
        atom->d = info->d != ATOM_N ? 3 : 0;
        atom->a = info->a != ATOM_N ? 4 : 0;
        atom->b = info->b != ATOM_N ? 5 : 0;
        molecule.size = (uint8_t)molecule_size(&molecule.atoms[0], 1, &desc);
        VliwCode code = {.molecules = &molecule,
                         .count = 1,
                         .main_count = 1,
                         .exits = &exit,
                         .exit_count = 1,
                         .guests = &guest,
                         .guest_count = 1,
                         .size = molecule.size};
        char *text = text_of_code(&code);
        VliwCode *again = parse(arena, &desc, text);
        assert_memory_equal(&again->molecules[0], &molecule, sizeof molecule);
        free(text);
    }
    arena_destroy(arena);
}

static void refuse_text(const char *message, const char *from, const char *to)
{
    char *text = text_changed(sample, from, to);
    VliwDesc desc = settings_desc(WORDS(NULL));
    Arena *arena = arena_create();
    Diag diag = {""};
    assert_null(vliw_code_parse(arena, text, "text", &desc, &diag));
    if (strncmp(diag.text, message, strlen(message)) != 0)
        assert_string_equal(diag.text, message);
    free(text);
    arena_destroy(arena);
}

static void test_text_refused(void **state)
{
    (void)state;
    refuse_text("text:1: \"code\" is missing", "code", "molecules");
    refuse_text("text:1: the mode is missing", " user", "");
    refuse_text("text:1: main=9 is more than the 8", "main=4", "main=9");
    refuse_text("text:1: \"bound=\" is missing", "bound=4", "");
    refuse_text("text:3: .2 does not come next; that is .1", ".1 0x", ".2 0x");
    refuse_text("text:6: x3 does not come next; that is x1", "x1 ind",
                "x3 ind");
    refuse_text("text:9: no unit is called \"alu9\"", "alu0:", "alu9:");
    refuse_text("text:9: no atom is called \"adds\"", "add r40", "adds r40");
    refuse_text("text:9: a general register is missing", "r40, r4", "r40, f4");
    refuse_text("text:9: a number above 63", "r40, r4", "r64, r4");
    refuse_text("text:9: a floating-point register is missing", "f20", "r20");
    refuse_text("text:9: a number above 4095", "l255", "l4096");
    refuse_text("text:9: \"l\" is missing", "l255", "255");
    refuse_text("text:9: there is no guest instruction .3", "-128 .0",
                "-128 .3");
    refuse_text("text:9: the molecule takes 16 bytes, not 8", "0: 16", "0: 8");
    refuse_text("text:9: a number above 2147483648", "-128", "-2147483649");
    refuse_text("text:10: molecule 2 does not come next; that is 1", "1: 8",
                "2: 8");
    refuse_text("text:10: a number above 63", "protect 15", "protect 64");
    refuse_text("text:10: no unit is called \"check\"", "protect 15",
                "check 0x1");
    refuse_text("text:10: a number above 15", "f2, 12", "f2, 16");
    refuse_text("text:10: \"]\" is missing", "[r40]", "[r40");
    refuse_text("text:11: a mask of alias registers", "0xffff", "0x0");
    refuse_text("text:11: there is no exit x4", "commit x2", "commit x4");
    refuse_text("text:12: there is no exit x9", "exit x1", "exit x9");
    refuse_text("text:14: there is no molecule @8", "@7 .1", "@8 .1");
    refuse_text("text:14: guest instructions and exits stand before", "5: 16",
                ".3");
    refuse_text("text:13: a molecule of more than 7 atoms", "4: 8",
                "4: alu0:add r1, r2, r3 alu0:add r1, r2, r3 "
                "alu0:add r1, r2, r3 alu0:add r1, r2, r3 alu0:add r1, r2, r3 "
                "alu0:add r1, r2, r3 alu0:add r1, r2, r3 alu0:add r1, r2, r3");
    refuse_text("text:17: the code does not end", "end\n", "");
    refuse_text("text:17: \"more\" is too much", "end\n", "end more\n");
    refuse_text("text:18: there is more", "end\n", "end\nend\n");
}

/* --- What people look at -------------------------------------------------- */

static void comment(void *ctx, FILE *out, uint32_t pc, uint32_t word)
{
    (void)ctx;
    (void)pc;
    fputs(word ? "some" : "nop", out);
}

static void test_show(void **state)
{
    (void)state;
    VliwDesc desc = settings_desc(WORDS(NULL));
    Arena *arena = arena_create();
    static const char text[] =
        "code 0x80001000 kernel el pending=none main=4 length=6 bound=4\n"
        ".0 0x80001000 0x8c820004\n.1 0x80001004 0x00000000\n"
        "x0 direct 0x80001014 insns=2 pending=none\n"
        "x1 direct 0x8000100c insns=2 pending=none\n"
        "0: alu0:add r40, r4, 4\n"
        "1: lsu0:ld32 r2, [r40]\n"
        "2: alu1:sub r42, r2, r5 .1 bru:br.eqz r43, @4 .1\n"
        "3: commit x1 bru:exit x1 .1\n"
        "4: commit x0 alu0:or r2, r40, 0x12345678 .1 lsu0:st32 [r40], r5\n"
        "end\n";
    static const char wanted[] =
        "2 guest instructions, 7 atoms in 5 molecules of 56 bytes; 6 cycles"
        ", at least 4\n"
        ".0 0x80001000 0x8c820004 ; some\n"
        ".1 0x80001004 0x00000000 ; nop\n"
        "cycle    @ size commit  lsu0                 alu0                 "
        "        alu1                  bru\n"
        "    0   @0    8                              1000 add r40, r4, 4\n"
        "    1   @1    8         1000 ld32 r2, [r40]\n"
        "    3   @2   16                                                   "
        "        1004 sub r42, r2, r5  1004 br.eqz r43, @4\n"
        "    4   @3    8     x1                                            "
        "                              1004 exit x1\n"
        "from a branch to @4\n"
        "    0   @4   16     x0  1000 st32 [r40], r5  1004 or r2, r40, 0x12"
        "345678\n"
        "x0 direct 0x80001014 insns=2 pending=none\n"
        "x1 direct 0x8000100c insns=2 pending=none\n";
    char *got;
    size_t size;
    FILE *out = open_memstream(&got, &size);
    vliw_code_show(parse(arena, &desc, text), &desc, out, comment, NULL);
    fclose(out);
    assert_string_equal(got, wanted);
    free(got);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_desc),
        cmocka_unit_test(test_desc_refused),
        cmocka_unit_test(test_tm5400),
        cmocka_unit_test(test_presets),
        cmocka_unit_test(test_units),
        cmocka_unit_test(test_ir_ops),
        cmocka_unit_test(test_crusoe_formats),
        cmocka_unit_test(test_free_formats),
        cmocka_unit_test(test_efficeon_formats),
        cmocka_unit_test(test_short_imm),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_every_atom),
        cmocka_unit_test(test_text_refused),
        cmocka_unit_test(test_show),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
