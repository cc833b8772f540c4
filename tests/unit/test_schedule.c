/* The back end on machines at the edge of what can be configured, and on
 * regions that ask for more registers than there are: every schedule is legal,
 * and the same each time.  What schedules look like is tests/golden/opt. */
#include "base/bits.h"
#include "frontend/lift.h"
#include "optimizer/optimizer.h"
#include "tests/random/region.h"
#include "tests/support/settings.h"
#include "tests/support/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    REGIONS = 1000,
#ifdef __SANITIZE_ADDRESS__
    STEP = 3, /* every third of them: without a factor in common with cases */
#else
    STEP = 1,
#endif
    REPEATED = 60,
    WORDS_MAX = 10,
    GUESTS = 252,
};

static const char *const machines[][WORDS_MAX] = {
    {NULL},
    {"vliw.interlock=no"},
    {"vliw.gprs=44", "vliw.shadowed_gprs=36", "vliw.fprs=20"},
    {"vliw.gprs=44", "vliw.shadowed_gprs=40", "vliw.fprs=20",
     "vliw.interlock=no", "vliw.latency.load=4", "vliw.short_imm=0"},
    {"vliw.formats=free", "vliw.alu_units=1", "vliw.interlock=no"},
    {"vliw.formats=free", "vliw.alu_units=4", "vliw.lsu_units=2",
     "vliw.shift_all=yes", "vliw.short_imm=32"},
    {"vliw.formats=free", "vliw.alu_units=3", "vliw.lsu_units=2",
     "vliw.interlock=no", "vliw.branch=1"},
    {"vliw.formats=efficeon", "vliw.lsu_units=2", "vliw.lsu_adds=yes"},
    {"vliw.formats=efficeon", "vliw.lsu_adds=yes", "vliw.alu_units=1",
     "vliw.short_imm=4", "vliw.interlock=no"},
    {"vliw.interlock=no", "vliw.latency.alu=2", "vliw.latency.shift=3",
     "vliw.latency.load=5", "vliw.latency.fmove=2", "vliw.branch=1"},
    {"vliw.latency.alu=64", "vliw.latency.shift=64", "vliw.latency.load=64",
     "vliw.latency.mul=64", "vliw.latency.div=64", "vliw.latency.fmove=64",
     "vliw.interlock=no"},
};

/* What a translation may do: all, gear 1's, nothing above exits, nothing above
 * stores. */
enum { OPTIONS = 4 };

static OptConfig options(unsigned which)
{
    Config *config = config_create();
    OptConfig opt;
    opt_config_read(&opt, config);
    if (which == 1)
        opt_config_fast(&opt, config);
    opt.hoist &= which != 2;
    opt.reorder_memory &= which != 3;
    config_destroy(config);
    return opt;
}

static VliwCode *schedule(const IrRegion *region, const VliwDesc *desc,
                          const OptConfig *opt, OptWork *work)
{
    Diag diag = {""};
    VliwCode *code = opt_schedule(region, desc, opt, region->arena, work);
    if (!opt_check(code, region, desc, &diag)) {
        ir_print(region, stderr, NULL, NULL);
        vliw_code_print(code, stderr);
        fail_msg("%s", diag.text);
    }
    return code;
}

static void test_machines(void **state)
{
    Arena *arena = *state;
    for (unsigned m = 0; m < ARRAY_LEN(machines); m++) {
        VliwDesc desc = settings_desc(machines[m]);
        for (unsigned i = 0; i < REGIONS; i += STEP) {
            arena_reset(arena);
            OptConfig opt = options(i % OPTIONS);
            OptWork work = {.select = 0};
            Rng rng = rng_stream(m, i);
            RegionLimits limits = {.insns = 4 + i / 2,
                                   .stores = i % 5 ? 16 : 1 + i % 4,
                                   .fp = i & 8,
                                   .alias = i & 16};
            IrRegion *region = region_random(arena, &rng, &limits);
            if (i & 32)
                opt_run_passes(region, &opt, &work, NULL, NULL);
            schedule(region, &desc, &opt, &work);
        }
    }
}

static void test_repeats(void **state)
{
    Arena *arena = *state;
    VliwDesc desc = settings_desc(machines[0]);
    for (unsigned i = 0; i < REPEATED; i++) {
        arena_reset(arena);
        OptConfig opt = options(i % OPTIONS);
        OptWork work[2] = {{.select = 0}, {.select = 0}};
        Rng rng = rng_stream(1, i);
        RegionLimits limits = {.insns = 100, .stores = 8, .fp = true};
        IrRegion *region = region_random(arena, &rng, &limits);
        char *text[2];
        for (unsigned k = 0; k < 2; k++)
            text[k] = text_of_code(schedule(region, &desc, &opt, &work[k]));
        assert_string_equal(text[0], text[1]);
        assert_memory_equal(&work[0], &work[1], sizeof work[0]);
        assert_true(work[0].select > 0 && work[0].schedule > 0 &&
                    work[0].regalloc > 0 && work[0].encode > 0);
        free(text[0]);
        free(text[1]);
    }
}

/* Guest code as an array of words. */
typedef struct Words {
    uint32_t words[GUESTS];
} Words;

static bool fetch(void *ctx, uint32_t va, uint32_t *word)
{
    const Words *code = ctx;
    uint32_t index = (va - 0x80000000) / 4;
    if (index >= GUESTS)
        return false;
    *word = code->words[index];
    return true;
}

/* Twice the same lwl instructions, all different: the second time nothing is
 * computed anew, so that hundreds of values are kept from the first. */
static void test_pressure(void **state)
{
    Arena *arena = *state;
    static Words code;
    Rng rng = rng_stream(2, 0);
    for (unsigned i = 0; i < GUESTS / 2; i++) {
        uint32_t rs = 8 + rng_below(&rng, 20), rt = 2 + rng_below(&rng, 5);
        code.words[i] = code.words[i + GUESTS / 2] =
            0x22u << 26 | rs << 21 | rt << 16 | (rng_next(&rng) & 0xffff);
    }
    LiftSource source = {.ctx = &code, .fetch = fetch};
    LiftLimits limits = {.insns = GUESTS, .visits = 1, .stores = 16};
    for (unsigned m = 0; m < ARRAY_LEN(machines); m++) {
        arena_reset(arena);
        VliwDesc desc = settings_desc(machines[m]);
        OptConfig opt = options(0);
        OptWork work = {.select = 0};
        LiftPlan *plan = lift_discover(arena, &source, &limits, 0x80000000,
                                       (IrContext){.fpu = true});
        assert_int_equal(plan->count, GUESTS);
        IrRegion *region = lift_region(arena, plan, &limits);
        opt_run_passes(region, &opt, &work, NULL, NULL);
        VliwCode *molecules = schedule(region, &desc, &opt, &work);
        unsigned words = 0;
        for (unsigned i = 0; i < molecules->count; i++)
            for (unsigned k = 0; k < molecules->molecules[i].count; k++) {
                const Atom *atom = &molecules->molecules[i].atoms[k];
                if (atom->op == ATOM_STL && atom->imm >= words)
                    words = atom->imm + 1;
            }
        assert_true(words > 256);
    }
}

static int setup(void **state)
{
    *state = arena_create();
    return 0;
}

static int teardown(void **state)
{
    arena_destroy(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_machines),
        cmocka_unit_test(test_repeats),
        cmocka_unit_test(test_pressure),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
