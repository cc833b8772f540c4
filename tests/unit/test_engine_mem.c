/* The line tables of compiled code: what is in them, and when it goes.  What
 * compiled code would call is called here. */
#include "core_world.h"

#include "hwmodel/vliw/engine_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Two stores and two loads, of a word and of a byte. */
#define CODE                                                                   \
    "0: lsu0:st32 [r1], r2\n"                                                  \
    "1: lsu0:st8 [r1], r2\n"                                                   \
    "2: lsu0:ld32 r3, [r1]\n"                                                  \
    "3: lsu0:ld8u r4, [r1]\n"                                                  \
    "4: commit x0 bru:exit x0\n"                                               \
    "end\n"
enum { ST32, ST8, LD32, LD8 };

typedef struct Rig {
    World *w;
    Core *c;
    Installed *code;
} Rig;

static Rig make(const char *text, const char *const *words)
{
    /* The module is looked for when something is compiled: nothing is. */
    Rig r = {.w = world_create(words)};
    Diag diag = {""};
    assert_true(
        config_set_word(r.w->config, "engine.module=/dev/null", "test", &diag));
    assert_true(engine_attach(r.w->core, r.w->config, &diag));
    r.c = r.w->core;
    r.code = (Installed *)world_install(r.w, 2, text);
    return r;
}

static Rig make_kernel(const char *const *words)
{
    return make(CODE_EL CODE, words);
}

/* As compiled code looks: whether it finds the line. */
static bool finds(const Rig *r, uint32_t va, bool store)
{
    unsigned shift = (unsigned)__builtin_ctz(hierarchy_line_d(r->w->hierarchy));
    const EngineLine *line =
        &r->c->engine.lines[r->code->pub.context.user]
                           [va >> shift & (ENGINE_LINES - 1)];
    uint32_t tag = store ? line->write_tag : line->read_tag;
    return (va & ~((1u << shift) - 1)) == tag;
}

static uint8_t *place(const Rig *r, uint32_t va)
{
    unsigned shift = (unsigned)__builtin_ctz(hierarchy_line_d(r->w->hierarchy));
    return (uint8_t *)(r->c->engine
                           .lines[r->code->pub.context.user]
                                 [va >> shift & (ENGINE_LINES - 1)]
                           .addend +
                       va);
}

static bool load(const Rig *r, uint32_t va, uint32_t *value)
{
    uint64_t result =
        engine_load(r->c, r->code, 0, va, ENGINE_SITE(LD32, 4, 0));
    *value = (uint32_t)(result >> 32);
    return result & 1;
}

static bool store(const Rig *r, uint32_t va, uint32_t value, unsigned stores)
{
    return engine_store(r->c, r->code, 0, va, value,
                        ENGINE_SITE(ST32, 4, stores));
}

static void drop(Rig *r)
{
    world_destroy(r->w);
}

/* --- What is in them ------------------------------------------------------ */

static void test_load_fills(void **state)
{
    (void)state;
    Rig r = make_kernel(NULL);
    uint32_t value;
    memcpy(r.w->memory + 0x100, "\x78\x56\x34\x12", 4);
    assert_false(finds(&r, CACHED(0x100), false));
    assert_true(load(&r, CACHED(0x100), &value));
    assert_int_equal(value, 0x12345678);
    assert_true(finds(&r, CACHED(0x100), false));
    assert_true(finds(&r, CACHED(0x11c), false));
    assert_false(finds(&r, CACHED(0x120), false));
    assert_false(finds(&r, UNCACHED(0x100), false));
    assert_ptr_equal(place(&r, CACHED(0x104)), r.w->memory + 0x104);
    /* It is clean. */
    assert_false(finds(&r, CACHED(0x100), true));
    drop(&r);
}

static void test_store_fills(void **state)
{
    (void)state;
    Rig r = make_kernel(NULL);
    assert_true(store(&r, CACHED(0x200), 0xa1b2c3d4, 0));
    assert_memory_equal(r.w->memory + 0x200, "\xd4\xc3\xb2\xa1", 4);
    assert_true(finds(&r, CACHED(0x200), true));
    assert_true(finds(&r, CACHED(0x200), false));
    drop(&r);
}

static void test_what_is_not_filled(void **state)
{
    (void)state;
    Rig r = make_kernel(NULL);
    uint32_t value;
    assert_true(load(&r, UNCACHED(0x100), &value));
    assert_false(finds(&r, UNCACHED(0x100), false));
    /* Refused: misaligned, a device, a page that is not there. */
    assert_false(load(&r, CACHED(0x102), &value));
    assert_int_equal(r.c->fault, CORE_FAULT_GUEST);
    assert_false(load(&r, 0xc0000000, &value));
    assert_int_equal(r.c->fault, CORE_FAULT_MMIO);
    r.w->pages[2].absent = true;
    assert_false(load(&r, 0x2000, &value));
    assert_int_equal(r.c->fault_va, 0x2000);
    assert_false(finds(&r, 0x2000, false));
    /* A page that may be read: a dirty line of it may not be written. */
    r.w->pages[3].clean = true;
    assert_true(store(&r, CACHED(0x3000), 1, 0));
    assert_true(load(&r, 0x3000, &value));
    assert_true(finds(&r, 0x3000, false));
    assert_false(finds(&r, 0x3000, true));
    drop(&r);
}

static void test_lru_fills_nothing(void **state)
{
    (void)state;
    Rig r = make_kernel(WORDS("l1d.policy=lru"));
    uint32_t value;
    assert_true(load(&r, CACHED(0x100), &value));
    assert_false(finds(&r, CACHED(0x100), false));
    drop(&r);
    r = make_kernel(WORDS("l1d.policy=lru", "l1d.ways=1"));
    assert_true(load(&r, CACHED(0x100), &value));
    assert_true(finds(&r, CACHED(0x100), false));
    drop(&r);
}

/* --- When they go --------------------------------------------------------- */

static void test_replaced_line_goes(void **state)
{
    (void)state;
    Rig r = make_kernel(WORDS("l1d.size=1024", "l1d.ways=1", "l1d.line=128"));
    uint32_t value;
    assert_true(load(&r, CACHED(0x000), &value));
    assert_true(load(&r, CACHED(0x080), &value));
    assert_true(load(&r, CACHED(0x400), &value));
    assert_false(finds(&r, CACHED(0x000), false));
    assert_true(finds(&r, CACHED(0x400), false));
    /* Gear 0 and the translator replace lines, too. */
    CoreFault fault;
    assert_non_null(core_touch(r.c, CACHED(0x800), false, false, &fault));
    assert_false(finds(&r, CACHED(0x400), false));
    assert_true(finds(&r, CACHED(0x080), false));
    hierarchy_reset(r.w->hierarchy);
    assert_false(finds(&r, CACHED(0x080), false));
    drop(&r);
}

static void test_two_addresses_of_a_line(void **state)
{
    (void)state;
    Rig r = make_kernel(WORDS("l1d.size=1024", "l1d.ways=1"));
    uint32_t value;
    r.w->pages[5].frame = 1;
    assert_true(load(&r, CACHED(0x1000), &value));
    assert_true(load(&r, 0x5000, &value));
    assert_true(finds(&r, 0x5000, false));
    /* Whichever of them is known, none is when the line has gone. */
    assert_true(load(&r, CACHED(0x1400), &value));
    assert_false(finds(&r, 0x5000, false));
    assert_false(finds(&r, CACHED(0x1000), false));
    drop(&r);
}

static void test_page_leaves_the_micro_tlb(void **state)
{
    (void)state;
    Rig r = make_kernel(WORDS("vliw.tlb=2"));
    uint32_t value;
    assert_true(load(&r, 0x1000, &value));
    assert_true(load(&r, 0x1fe0, &value));
    assert_true(load(&r, 0x2000, &value));
    assert_true(load(&r, CACHED(0x4000), &value));
    assert_int_equal(world_stat(r.w, "core.tlb_misses"), 2);
    assert_true(load(&r, 0x3000, &value)); /* the entry of page 1 */
    assert_false(finds(&r, 0x1000, false));
    assert_false(finds(&r, 0x1fe0, false));
    if (!SELKIRK_HARD)
        assert_true(finds(&r, CACHED(0x4000), false));
    assert_true(load(&r, 0x1000, &value));
    assert_int_equal(world_stat(r.w, "core.tlb_misses"), 4);
    core_forget_page(r.c, 0x1000);
    assert_false(finds(&r, 0x1000, false));
    assert_true(load(&r, 0x2000, &value));
    core_forget_mapped(r.c);
    assert_false(finds(&r, 0x2000, false));
    assert_true(load(&r, CACHED(0x4000), &value));
    core_forget_page(r.c, CACHED(0x4000));
    assert_false(finds(&r, CACHED(0x4000), false));
    assert_true(load(&r, CACHED(0x4000), &value));
    core_forget(r.c);
    assert_false(finds(&r, CACHED(0x4000), false));
    drop(&r);
}

/* A program's lines stay when its page leaves the micro TLB: code asks that,
 * too. */
static void test_user_lines_stay(void **state)
{
    (void)state;
    Rig r = make(CODE_USER CODE, WORDS("vliw.tlb=2"));
    uint32_t value;
    assert_true(store(&r, 0x1000, 7, 0));
    assert_true(load(&r, 0x3000, &value)); /* the entry of page 1 */
    assert_int_equal(world_stat(r.w, "core.tlb_misses"), 2);
    bool found = finds(&r, 0x1000, false); /* its slot may be the other's */
    assert_true(found || SELKIRK_HARD);
    assert_true(load(&r, 0x1000, &value));
    assert_int_equal(value, 7);
    assert_true(store(&r, 0x3000, 8, 0));
    assert_true(store(&r, 0x1000, 9, 0));
    assert_int_equal(world_stat(r.w, "core.tlb_misses"), 5);
    assert_true(load(&r, 0x1000, &value)); /* the micro TLB has it */
    assert_int_equal(value, 9);
    assert_int_equal(world_stat(r.w, "core.tlb_misses"), 5);
    core_forget_page(r.c, 0x3000); /* which is not in the micro TLB */
    assert_false(finds(&r, 0x3000, false));
    core_forget_mapped(r.c);
    assert_false(finds(&r, 0x1000, false));
    drop(&r);
}

static void test_tbits(void **state)
{
    (void)state;
    static uint32_t bits[WORLD_PAGE / 4 / 32];
    memset(bits, 0, sizeof bits);
    Rig r = make_kernel(NULL);
    r.w->tbits[1] = bits;
    bits[0] = 1u << 8; /* at 0x1020 */
    assert_true(store(&r, CACHED(0x1000), 1, 0));
    assert_true(finds(&r, CACHED(0x1000), true));
    assert_true(store(&r, CACHED(0x1024), 1, 0));
    assert_true(finds(&r, CACHED(0x1024), false));
    assert_false(finds(&r, CACHED(0x1024), true));
    assert_false(store(&r, CACHED(0x1020), 1, 0));
    assert_int_equal(r.c->fault, CORE_FAULT_CODE);
    /* One comes, in a line that stores find. */
    assert_true(store(&r, CACHED(0x1000), 1, 0));
    bits[0] |= 1;
    core_protect(r.c, 0x1000, 4);
    assert_false(finds(&r, CACHED(0x1000), true));
    assert_true(finds(&r, CACHED(0x1000), false));
    assert_false(store(&r, CACHED(0x1000), 2, 0));
    drop(&r);
}

/* --- Stores since the commit ---------------------------------------------- */

static void test_forwarding(void **state)
{
    (void)state;
    Rig r = make_kernel(WORDS("vliw.forward=3"));
    uint64_t before = core_cycles(r.c);
    assert_true(store(&r, CACHED(0x300), 0x44332211, 0));
    assert_int_equal(
        engine_load(r.c, r.code, 0, CACHED(0x303), ENGINE_SITE(LD8, 1, 1)) >>
            32,
        0x44);
    assert_int_equal(world_stat(r.w, "core.forwards"), 1);
    assert_int_equal(core_cycles(r.c) - before, 3);
    assert_int_equal(
        engine_load(r.c, r.code, 0, CACHED(0x300), ENGINE_SITE(LD32, 4, 1)) >>
            32,
        0x44332211);
    assert_int_equal(world_stat(r.w, "core.forwards"), 2);
    /* Beside it; and committed. */
    engine_load(r.c, r.code, 0, CACHED(0x304), ENGINE_SITE(LD32, 4, 1));
    engine_load(r.c, r.code, 0, CACHED(0x300), ENGINE_SITE(LD32, 4, 0));
    assert_int_equal(world_stat(r.w, "core.forwards"), 2);
    drop(&r);
}

static void test_undo(void **state)
{
    (void)state;
    Rig r = make_kernel(NULL);
    memcpy(r.w->memory + 0x400, "\1\2\3\4", 4);
    assert_true(store(&r, CACHED(0x400), 0x99999999, 0));
    assert_true(engine_store(r.c, r.code, 0, CACHED(0x401), 0xee,
                             ENGINE_SITE(ST8, 1, 1)));
    assert_true(store(&r, CACHED(0x400), 0x77777777, 2));
    engine_undo(r.c, ENGINE_SITE(LD32, 4, 3));
    assert_memory_equal(r.w->memory + 0x400, "\1\2\3\4", 4);
    drop(&r);
}

static void test_full_buffer(void **state)
{
    (void)state;
    Rig r = make_kernel(WORDS("vliw.store_buffer=1"));
    assert_true(store(&r, CACHED(0x500), 1, 0));
    assert_false(store(&r, CACHED(0x504), 1, 1));
    assert_int_equal(r.c->fault, CORE_FAULT_STORE_BUFFER);
    assert_int_equal(r.w->memory[0x504], 0);
    drop(&r);
}

static void test_big_endian(void **state)
{
    (void)state;
    Rig r = make(CODE_EB CODE, NULL);
    uint32_t value;
    assert_true(store(&r, CACHED(0x600), 0x01020304, 0));
    assert_memory_equal(r.w->memory + 0x600, "\1\2\3\4", 4);
    assert_true(load(&r, CACHED(0x600), &value));
    assert_int_equal(value, 0x01020304);
    drop(&r);
}

static void test_user(void **state)
{
    (void)state;
    Rig r = make(CODE_USER CODE, NULL);
    uint32_t value;
    assert_true(load(&r, 0x1000, &value));
    assert_true(finds(&r, 0x1000, false));
    assert_false(load(&r, CACHED(0x1000), &value));
    assert_int_equal(r.c->engine.lines[0][0].read_tag, ENGINE_NO_TAG);
    drop(&r);
}

/* --- What is counted ------------------------------------------------------ */

static void test_accesses_are_counted_later(void **state)
{
    (void)state;
    Rig r = make_kernel(NULL);
    uint32_t value;
    assert_true(load(&r, CACHED(0x100), &value));
    assert_true(store(&r, CACHED(0x800), 1, 0));
    assert_true(load(&r, UNCACHED(0x100), &value));
    engine_fetch(r.c, r.code, 0, 0);
    /* As many as the path has; the one to memory was none of them. */
    hierarchy_add_hits(r.w->hierarchy, 1, 2, 1);
    assert_int_equal(world_stat(r.w, "l1d.loads"), 1);
    assert_int_equal(world_stat(r.w, "l1d.load_misses"), 1);
    assert_int_equal(world_stat(r.w, "l1d.stores"), 1);
    assert_int_equal(world_stat(r.w, "memory.uncached_loads"), 1);
    assert_int_equal(world_stat(r.w, "l1i.accesses"), 1);
    assert_int_equal(world_stat(r.w, "l1i.misses"), 1);
    assert_int_equal(r.code->present[0], 1);
    assert_int_equal(r.code->present[1], 0);
    drop(&r);
}

static void test_tree(void **state)
{
    (void)state;
    Rig r = make_kernel(NULL);
    assert_true(engine_is_tree(r.code));
    static const char *const no_trees[] = {
        /* two ways to a molecule */
        CODE_EL "0: bru:br.eqz r1, @2\n"
                "1: alu0:add r2, r2, 1\n"
                "2: commit x0 bru:exit x0\nend\n",
        /* backward */
        CODE_EL "0: bru:br @2\n"
                "1: commit x0 bru:exit x0\n"
                "2: bru:br @1\nend\n",
        /* an exit at two ends */
        CODE_EL "0: bru:br.eqz r1, @2\n"
                "1: commit x0 bru:exit x0\n"
                "2: commit x0 bru:exit x0\nend\n",
    };
    for (unsigned i = 0; i < ARRAY_LEN(no_trees); i++)
        assert_false(
            engine_is_tree((Installed *)world_install(r.w, 2, no_trees[i])));
    drop(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_load_fills),
        cmocka_unit_test(test_store_fills),
        cmocka_unit_test(test_what_is_not_filled),
        cmocka_unit_test(test_lru_fills_nothing),
        cmocka_unit_test(test_replaced_line_goes),
        cmocka_unit_test(test_two_addresses_of_a_line),
        cmocka_unit_test(test_page_leaves_the_micro_tlb),
        cmocka_unit_test(test_user_lines_stay),
        cmocka_unit_test(test_tbits),
        cmocka_unit_test(test_forwarding),
        cmocka_unit_test(test_undo),
        cmocka_unit_test(test_full_buffer),
        cmocka_unit_test(test_big_endian),
        cmocka_unit_test(test_user),
        cmocka_unit_test(test_accesses_are_counted_later),
        cmocka_unit_test(test_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
