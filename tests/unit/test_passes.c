/* Running the passes over the IR: which, in what order, who is told.  What each
 * of them does: tests/golden/opt, tests/fuzz/fuzz_passes.c. */
#include "base/bits.h"
#include "optimizer/optimizer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { SEEN_MAX = 32 };

typedef struct Seen {
    int passes[SEEN_MAX];
    uint32_t insns[SEEN_MAX];
    unsigned count;
} Seen;

static void observe(void *ctx, int pass, const IrRegion *region)
{
    Seen *seen = ctx;
    assert_true(seen->count < SEEN_MAX);
    seen->passes[seen->count] = pass;
    seen->insns[seen->count++] = region->insn_count;
}

/* r2 = word at r4 + 4, with a value too many. */
static IrRegion *make_region(Arena *arena)
{
    static const char text[] = "region 0x80001000 kernel el pending=none\n"
                               ".0 0x80001000 0x8c820004\n"
                               "  %0 = get r4\n"
                               "  %1 = ld32 [%0 + 4]\n"
                               "  %2 = add %1, %0\n"
                               "  put r2, %1\n"
                               "  exit x0\n"
                               "x0 direct 0x80001004 insns=1 pending=none\n"
                               "end\n";
    Diag diag = {""};
    IrRegion *region = ir_parse(arena, text, "test", &diag);
    assert_string_equal(diag.text, "");
    assert_non_null(region);
    return region;
}

static bool has_offset(const IrRegion *region)
{
    bool offset = false;
    for (uint32_t i = 0; i < region->insn_count; i++)
        if (ir_op_has((IrOp)region->insns[i].op, IR_IS_LOAD | IR_IS_STORE))
            offset |= region->insns[i].imm != 0;
    return offset;
}

static Config *make_config(const char *word)
{
    Config *config = config_create();
    Diag diag = {""};
    assert_true(!word || config_set_word(config, word, "test", &diag));
    return config;
}

static void test_all(void **state)
{
    (void)state;
    Arena *arena = arena_create();
    Config *config = make_config(NULL);
    IrRegion *region = make_region(arena);
    uint32_t lifted = region->insn_count;
    OptConfig opt;
    OptWork work = {0};
    Seen seen = {0};
    opt_config_read(&opt, config);
    assert_true(opt.reorder_memory && opt.hoist);
    opt.verify = true;
    opt_run_passes(region, &opt, &work, observe, &seen);
    assert_int_equal(seen.count, OPT_PASSES + 1);
    for (unsigned i = 0; i < seen.count; i++)
        assert_int_equal(seen.passes[i], (int)i - 1);
    assert_int_equal(seen.insns[0], lifted);
    assert_int_equal(seen.insns[OPT_PASSES], region->insn_count);
    for (OptPass pass = 0; pass < OPT_PASSES; pass++)
        assert_true(work.pass[pass] != 0);
    assert_int_equal(work.schedule, 0);
    assert_false(has_offset(region));
    /* get, const, add, ld32, put, exit */
    assert_int_equal(region->insn_count, 6);
    config_destroy(config);
    arena_destroy(arena);
}

/* Each key switches its pass off, and no other; ADDRESS always runs. */
static void test_keys(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        OptPass pass;
    } keys[] = {
#define PASS(id, name, key, function, text) {"opt." name "=no", OPT_PASS_##id},
#include "optimizer/passes.def"
#undef PASS
    };
    Arena *arena = arena_create();
    for (unsigned i = 0; i < ARRAY_LEN(keys); i++) {
        arena_reset(arena);
        Config *config = make_config(keys[i].word);
        OptConfig opt;
        opt_config_read(&opt, config);
        for (OptPass pass = 0; pass < OPT_PASSES; pass++)
            assert_int_equal(opt.pass[pass], pass != keys[i].pass);
        IrRegion *region = make_region(arena);
        OptWork work = {0};
        Seen seen = {0};
        opt_run_passes(region, &opt, &work, observe, &seen);
        bool address = keys[i].pass == OPT_PASS_ADDRESS;
        assert_int_equal(seen.count, OPT_PASSES + address);
        assert_int_equal(work.pass[keys[i].pass] != 0, address);
        assert_false(has_offset(region));
        config_destroy(config);
    }
    arena_destroy(arena);
}

static void test_memory_and_hoist_keys(void **state)
{
    (void)state;
    OptConfig opt;
    Config *config = make_config("opt.reorder_memory=no");
    opt_config_read(&opt, config);
    assert_true(!opt.reorder_memory && opt.hoist);
    config_destroy(config);
    config = make_config("opt.hoist=no");
    opt_config_read(&opt, config);
    assert_true(opt.reorder_memory && !opt.hoist);
    config_destroy(config);
}

static void test_fast(void **state)
{
    (void)state;
    OptConfig opt;
    Config *config = make_config(NULL);
    opt_config_fast(&opt, config);
    assert_true(!opt.reorder_memory && opt.hoist);
    for (OptPass pass = 0; pass < OPT_PASSES; pass++)
        assert_int_equal(opt.pass[pass], pass == OPT_PASS_RENAME ||
                                             pass == OPT_PASS_ADDRESS ||
                                             pass == OPT_PASS_DEAD);
    config_destroy(config);
    config = make_config("opt.dead=no");
    opt_config_fast(&opt, config);
    assert_true(opt.pass[OPT_PASS_RENAME] && !opt.pass[OPT_PASS_DEAD]);
    config_destroy(config);
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(opt_pass_name(OPT_PASS_RENAME), "rename");
    assert_string_equal(opt_pass_name(OPT_PASS_DEAD), "dead");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_memory_and_hoist_keys),
        cmocka_unit_test(test_fast),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
