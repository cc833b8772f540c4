/* A world for tests of the reference core; see core_world.h. */
#include "core_world.h"

#include "base/alloc.h"
#include "frontend/lift.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static bool find_page(void *ctx, uint32_t va, bool user, bool store,
                      CorePage *page, CoreFault *fault)
{
    World *w = ctx;
    uint32_t number = va % 0x20000000 / WORLD_PAGE;
    bool mapped = va < 0x80000000;
    w->looks++;
    w->last_user = user;
    *fault = CORE_FAULT_GUEST;
    if (number >= WORLD_PAGES || (mapped && w->pages[number].absent) ||
        (user && !mapped))
        return false;
    if (mapped && store && w->pages[number].clean)
        return false;
    *fault = CORE_FAULT_MMIO;
    if (va >= 0xc0000000)
        return false;
    uint32_t frame = mapped ? w->pages[number].frame : number;
    *page = (CorePage){.pa = frame * WORLD_PAGE,
                       .host = w->memory + frame * WORLD_PAGE,
                       .writable = !(mapped && w->pages[number].clean),
                       .cached = va < 0xa0000000,
                       .mapped = mapped,
                       .tbits = w->tbits[frame]};
    return true;
}

static uint32_t read_cp0(void *ctx, unsigned reg)
{
    (void)ctx;
    return 0xc0000000u + reg;
}

static CoreCode *find_indirect(void *ctx, CoreCode *from, unsigned exit,
                               uint32_t pc)
{
    World *w = ctx;
    assert_ptr_equal(from->exits[exit].record.kind, IR_EXIT_INDIRECT);
    w->indirects++;
    w->indirect_pc = pc;
    core_charge(w->core, CORE_CAUSE_INDIRECT, w->indirect_cycles);
    return w->indirect;
}

static void note_call(void *ctx, CoreCode *from, unsigned exit)
{
    World *w = ctx;
    assert_true(from->exits[exit].tell);
    w->calls++;
}

static void note_stored(void *ctx, uint32_t pa, unsigned size)
{
    World *w = ctx;
    assert_true(w->stored < WORLD_LOG);
    w->stored_pa[w->stored] = pa;
    w->stored_size[w->stored++] = size;
}

static CoreCode *on_failed(void *ctx, const CoreStop *stop)
{
    World *w = ctx;
    CoreCode *next = w->recovery;
    w->recovery = NULL;
    w->failed = *stop;
    w->failures++;
    return next;
}

World *world_create(const char *const *words)
{
    static const char *const base[] = {"memory.latency=0", "memory.transfer=0",
                                       "memory.write=0",   "l2.latency=0",
                                       "vliw.tlb_miss=0",  "memory.uncached=0"};
    World *w = alloc_zeroed(1, sizeof *w);
    Diag diag = {""};
    w->config = config_create();
    for (unsigned i = 0; i < ARRAY_LEN(base); i++)
        assert_true(config_set_word(w->config, base[i], "test", &diag));
    for (; words && *words; words++)
        if (!config_set_word(w->config, *words, "test", &diag))
            fail_msg("%s", diag.text);
    if (!vliw_desc_read(&w->desc, w->config, &diag))
        fail_msg("%s", diag.text);
    w->hierarchy = hierarchy_create(w->config, &diag);
    assert_non_null(w->hierarchy);
    CoreBus bus = {.ctx = w,
                   .failed = on_failed,
                   .page = find_page,
                   .cp0 = read_cp0,
                   .fp = lift_fp,
                   .indirect = find_indirect,
                   .call = note_call,
                   .stored = note_stored};
    w->core = core_create(&w->desc, w->config, w->hierarchy, &bus);
    w->stats = stats_create();
    core_add_stats(w->core, w->stats);
    hierarchy_add_stats(w->hierarchy, w->stats);
    w->arena = arena_create();
    w->next_base = WORLD_BASE;
    for (unsigned i = 0; i < WORLD_PAGES; i++)
        w->pages[i].frame = i;
    return w;
}

void world_destroy(World *w)
{
    for (unsigned i = 0; i < w->code_count; i++)
        if (w->codes[i])
            core_remove(w->core, w->codes[i]);
    arena_destroy(w->arena);
    stats_destroy(w->stats);
    core_destroy(w->core);
    hierarchy_destroy(w->hierarchy);
    config_destroy(w->config);
    free(w);
}

CoreCode *world_install(World *w, unsigned gear, const char *text)
{
    Diag diag = {""};
    VliwCode *code = vliw_code_parse(w->arena, text, "test", &w->desc, &diag);
    if (!code)
        fail_msg("%s", diag.text);
    assert_true(w->code_count < WORLD_CODES);
    uint64_t stubs = w->next_stubs ? w->next_stubs
                                   : w->next_base + vliw_code_main_size(code);
    CoreCode *made = core_install(w->core, code, w->next_base, stubs, gear);
    w->codes[w->code_count++] = made;
    w->next_base += 0x1000;
    return made;
}

void world_remove(World *w, CoreCode *code)
{
    for (unsigned i = 0; i < w->code_count; i++)
        if (w->codes[i] == code)
            w->codes[i] = NULL;
    core_remove(w->core, code);
}

static const char *const causes[] = {
#define CAUSE(id, name, text) "cycles." name,
#include "hwmodel/vliw/cause.def"
#undef CAUSE
};

CoreStop world_run(World *w, CoreCode *code)
{
    CoreStop stop = core_run(w->core, code);
    uint64_t sum = 0;
    for (unsigned i = 0; i < ARRAY_LEN(causes); i++)
        sum += world_stat(w, causes[i]);
    assert_int_equal(sum, core_cycles(w->core));
    assert_int_equal(sum, world_stat(w, "cycles.total"));
    return stop;
}

uint64_t world_time(World *w, CoreCode *code)
{
    uint64_t before = core_cycles(w->core);
    CoreStop stop = world_run(w, code);
    assert_int_equal(stop.kind, CORE_EXIT);
    return core_cycles(w->core) - before;
}

uint64_t world_stat(const World *w, const char *row)
{
    return stats_get(w->stats, row);
}

uint32_t world_gpr(World *w, unsigned reg)
{
    return core_regs(w->core)->gpr[reg];
}

void world_set_gpr(World *w, unsigned reg, uint32_t value)
{
    core_regs(w->core)->gpr[reg] = value;
    core_commit(w->core);
}

void world_set_fpr(World *w, unsigned reg, uint64_t value)
{
    core_regs(w->core)->fpr[reg] = value;
    core_commit(w->core);
}
