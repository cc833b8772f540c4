/* The memory side of the reference core: pages, micro TLB, misses, the gated
 * store buffer, alias registers, T-bits; gear 0's accesses. */
#include "core_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static CoreCode *install(World *w, const char *head, const char *molecules)
{
    char text[2048];
    int n = snprintf(text, sizeof text, "%s%send\n", head, molecules);
    assert_true(n > 0 && (size_t)n < sizeof text);
    return world_install(w, 2, text);
}

static CoreStop fault_of(World *w, CoreCode *code, CoreFault fault, uint32_t va)
{
    CoreStop stop = world_run(w, code);
    assert_int_equal(stop.kind, CORE_FAULTED);
    assert_int_equal(stop.fault, fault);
    assert_int_equal(stop.va, va);
    assert_int_equal(stop.commit, -1);
    return stop;
}

#define EXIT_AT(n) #n ": commit x0 bru:exit x0\n"

/* --- Loads and stores ----------------------------------------------------- */

static void test_sizes(void **state)
{
    (void)state;
    static const char molecules[] =
        "0: lsu0:ld8s r40, [r36]\n1: lsu0:ld8u r41, [r36]\n"
        "2: lsu0:ld16s r42, [r36]\n3: lsu0:ld16u r43, [r36]\n"
        "4: lsu0:ld32 r44, [r36]\n"
        "5: lsu0:ldlo f16, [r36], f17\n6: lsu0:ldhi f18, [r36], f17\n"
        "7: commit x0\n8: lsu0:st8 [r37], r38\n9: lsu0:st16 [r39], r38\n"
        "10: lsu0:st32 [r45], r38\n11: lsu0:stlo [r46], f17\n"
        "12: lsu0:sthi [r47], f17\n" EXIT_AT(13);
    for (unsigned big = 0; big < 2; big++) {
        World *w = world_create(NULL);
        CoreCode *code = install(w, big ? CODE_EB : CODE_EL, molecules);
        static const uint8_t bytes[] = {0x91, 0xa2, 0xb3, 0xc4};
        memcpy(w->memory + 0x100, bytes, sizeof bytes);
        memset(w->memory + 0x200, 0xee, 0x20);
        static const uint32_t addresses[][2] = {{36, 0x100}, {37, 0x201},
                                                {39, 0x206}, {45, 0x208},
                                                {46, 0x20c}, {47, 0x210}};
        for (unsigned i = 0; i < ARRAY_LEN(addresses); i++)
            world_set_gpr(w, addresses[i][0], CACHED(addresses[i][1]));
        world_set_gpr(w, 38, 0x12345678);
        world_set_fpr(w, 17, 0x0123456789abcdefull);
        assert_int_equal(world_run(w, code).kind, CORE_EXIT);
        assert_int_equal(world_gpr(w, 40), 0xffffff91);
        assert_int_equal(world_gpr(w, 41), 0x91);
        assert_int_equal(world_gpr(w, 42), big ? 0xffff91a2 : 0xffffa291);
        assert_int_equal(world_gpr(w, 43), big ? 0x91a2 : 0xa291);
        uint32_t word = big ? 0x91a2b3c4 : 0xc4b3a291;
        assert_int_equal(world_gpr(w, 44), word);
        const CoreRegs *regs = core_regs(w->core);
        assert_int_equal(regs->fpr[16], 0x0123456700000000ull | word);
        assert_int_equal(regs->fpr[18], (uint64_t)word << 32 | 0x89abcdef);
        static const uint8_t little[] = {
            0xee, 0x78, 0xee, 0xee, 0xee, 0xee, 0x78, 0x56, 0x78, 0x56, 0x34,
            0x12, 0xef, 0xcd, 0xab, 0x89, 0x67, 0x45, 0x23, 0x01, 0xee};
        static const uint8_t others[] = {
            0xee, 0x78, 0xee, 0xee, 0xee, 0xee, 0x56, 0x78, 0x12, 0x34, 0x56,
            0x78, 0x89, 0xab, 0xcd, 0xef, 0x01, 0x23, 0x45, 0x67, 0xee};
        assert_memory_equal(w->memory + 0x200, big ? others : little,
                            sizeof little);
        /* Reached memory in order, by physical address */
        static const uint32_t pa[] = {0x201, 0x206, 0x208, 0x20c, 0x210};
        static const unsigned size[] = {1, 2, 4, 4, 4};
        assert_int_equal(w->stored, 5);
        for (unsigned i = 0; i < 5; i++) {
            assert_int_equal(w->stored_pa[i], pa[i]);
            assert_int_equal(w->stored_size[i], size[i]);
        }
        world_destroy(w);
    }
}

static void test_misaligned(void **state)
{
    (void)state;
    static const struct {
        const char *access;
        unsigned size;
    } accesses[] = {
        {"ld8u r40, [r36]", 1},      {"ld16s r40, [r36]", 2},
        {"ld16u r40, [r36]", 2},     {"ld32 r40, [r36]", 4},
        {"ldlo f16, [r36], f17", 4}, {"ldhi f16, [r36], f17", 4},
        {"st8 [r36], r40", 1},       {"st16 [r36], r40", 2},
        {"st32 [r36], r40", 4},      {"stlo [r36], f16", 4},
        {"sthi [r36], f16", 4},
    };
    World *w = world_create(WORDS("memory.latency=50"));
    for (unsigned i = 0; i < ARRAY_LEN(accesses); i++) {
        char text[128];
        snprintf(text, sizeof text, "0: lsu0:%s\n" EXIT_AT(1),
                 accesses[i].access);
        CoreCode *code = install(w, CODE_EL, text);
        /* The second time the page is known. */
        for (unsigned k = 0; k < 8; k++) {
            uint32_t va = CACHED(0x100 + k % 4);
            world_set_gpr(w, 36, va);
            if (va % accesses[i].size == 0)
                assert_int_equal(world_run(w, code).kind, CORE_EXIT);
            else
                fault_of(w, code, CORE_FAULT_GUEST, va);
        }
        world_remove(w, code);
    }
    world_destroy(w);
}

static void test_pages(void **state)
{
    (void)state;
    World *w = world_create(NULL);
    CoreCode *load = install(w, CODE_USER,
                             ".0 0x1000 0\n.1 0x1004 0\n.2 0x1008 0\n"
                             "0: lsu0:ld32 r40, [r36] .2\n" EXIT_AT(1));
    CoreCode *store =
        install(w, CODE_USER, "0: lsu0:st32 [r36], r37\n" EXIT_AT(1));
    CoreCode *kernel =
        install(w, CODE_EL, "0: lsu0:ld32 r40, [r36]\n" EXIT_AT(1));
    w->pages[2].frame = 5;
    w->pages[3].clean = true;
    w->pages[4].absent = true;
    bits_store32(w->memory + 5 * WORLD_PAGE + 8, 0xfeed, false);
    world_set_gpr(w, 36, 0x2008);
    world_set_gpr(w, 37, 0xbeef);
    world_run(w, load);
    assert_int_equal(world_gpr(w, 40), 0xfeed);
    assert_true(w->last_user);
    world_run(w, store);
    assert_int_equal(bits_load32(w->memory + 5 * WORLD_PAGE + 8, false),
                     0xbeef);
    assert_int_equal(w->stored_pa[0], 5 * WORLD_PAGE + 8);
    /* One look serves loads and stores, in one mode... */
    assert_int_equal(w->looks, 1);
    world_run(w, kernel);
    assert_int_equal(w->looks, 2);
    assert_false(w->last_user);
    /* ...until it is forgotten. */
    w->pages[2].frame = 6;
    world_run(w, load);
    assert_int_equal(world_gpr(w, 40), 0xbeef);
    core_forget_page(w->core, 0x2ffc);
    world_run(w, load);
    assert_int_equal(world_gpr(w, 40), 0);
    world_run(w, kernel);
    assert_int_equal(world_gpr(w, 40), 0);
    w->pages[2].frame = 5;
    core_forget(w->core);
    world_run(w, load);
    assert_int_equal(world_gpr(w, 40), 0xbeef);
    /* A clean page can be read. */
    world_set_gpr(w, 36, 0x3000);
    assert_int_equal(world_run(w, load).kind, CORE_EXIT);
    fault_of(w, store, CORE_FAULT_GUEST, 0x3000);
    world_set_gpr(w, 36, 0x4000);
    assert_int_equal(fault_of(w, load, CORE_FAULT_GUEST, 0x4000).guest, 2);
    fault_of(w, store, CORE_FAULT_GUEST, 0x4000);
    /* Kernel addresses in user mode; a device */
    world_set_gpr(w, 36, CACHED(0));
    fault_of(w, load, CORE_FAULT_GUEST, CACHED(0));
    world_set_gpr(w, 36, 0xc0000004);
    fault_of(w, kernel, CORE_FAULT_MMIO, 0xc0000004);
    assert_int_equal(world_stat(w, "core.faults.guest"), 4);
    assert_int_equal(world_stat(w, "core.faults.mmio"), 1);
    world_destroy(w);
}

/* --- Time ----------------------------------------------------------------- */

static void test_misses(void **state)
{
    (void)state;
    World *w = world_create(WORDS("memory.latency=50", "memory.uncached=33",
                                  "l2.latency=10", "l1d.line=32"));
    CoreCode *load =
        install(w, CODE_EL, "0: lsu0:ld32 r40, [r36]\n" EXIT_AT(1));
    CoreCode *store =
        install(w, CODE_EL, "0: lsu0:st32 [r36], r37\n" EXIT_AT(1));
    enum { LOAD = 2 + 3, STORE = 1 + 3 };
    world_set_gpr(w, 36, CACHED(0x100));
    /* Warm the I-cache. */
    world_run(w, load);
    world_run(w, store);
    world_set_gpr(w, 36, CACHED(0x400));
    assert_int_equal(world_time(w, load), LOAD + 50);
    assert_int_equal(world_time(w, load), LOAD);
    assert_int_equal(world_time(w, store), STORE);
    world_set_gpr(w, 36, CACHED(0x420)); /* the same line of the L2 cache */
    assert_int_equal(world_time(w, store), STORE + 10);
    assert_int_equal(world_time(w, load), LOAD);
    /* Caches go by physical addresses; bypassing them always costs. */
    world_set_gpr(w, 36, 0x420);
    assert_int_equal(world_time(w, load), LOAD);
    world_set_gpr(w, 36, UNCACHED(0x420));
    assert_int_equal(world_time(w, load), LOAD + 33);
    assert_int_equal(world_time(w, store), STORE + 33);
    assert_int_equal(world_stat(w, "memory.uncached_loads"), 1);
    assert_int_equal(world_stat(w, "memory.uncached_stores"), 1);
    /* A store that is undone has filled its line. */
    CoreCode *undone = install(w, CODE_EL,
                               "0: lsu0:st32 [r36], r37 alu1:trap r39\n"
                               "1: alu1:trap r38\n" EXIT_AT(2));
    world_set_gpr(w, 36, CACHED(0x800));
    world_set_gpr(w, 38, 1);
    fault_of(w, undone, CORE_FAULT_TRAP, 0);
    assert_int_equal(world_time(w, load), LOAD);
    /* A store that fails has not, and nothing was charged. */
    uint64_t stalls = world_stat(w, "cycles.dcache");
    world_set_gpr(w, 36, CACHED(0xc02));
    fault_of(w, undone, CORE_FAULT_GUEST, CACHED(0xc02));
    assert_int_equal(world_stat(w, "cycles.dcache"), stalls);
    world_destroy(w);
}

static void test_tlb(void **state)
{
    (void)state;
    World *w = world_create(WORDS("vliw.tlb=4", "vliw.tlb_miss=7"));
    CoreCode *load =
        install(w, CODE_EL, "0: lsu0:ld32 r40, [r36]\n" EXIT_AT(1));
    CoreCode *user =
        install(w, CODE_USER, "0: lsu0:st32 [r36], r37\n" EXIT_AT(1));
    static const struct {
        uint32_t va;
        bool miss;
    } accesses[] = {
        {0x1000, true},
        {0x1ffc, false},
        {0x2000, true},
        {0x1000, false},
        {0x5000, true},
        {0x1000, true},
        {0x2000, false},
        /* Unmapped pages are not translated. */
        {CACHED(0x5000), false},
        {0x1000, false},
    };
    for (unsigned i = 0; i < ARRAY_LEN(accesses); i++) {
        world_set_gpr(w, 36, accesses[i].va);
        assert_int_equal(world_time(w, load), 5 + 7 * accesses[i].miss);
    }
    assert_int_equal(world_stat(w, "cycles.tlb"), 4 * 7);
    assert_int_equal(world_stat(w, "core.tlb_misses"), 4);
    /* It serves both modes, loads and stores. */
    assert_int_equal(world_time(w, user), 4);
    core_forget_page(w->core, 0x5000); /* another page of the same entry */
    assert_int_equal(world_time(w, load), 5);
    core_forget_page(w->core, 0x1000);
    assert_int_equal(world_time(w, load), 5 + 7);
    core_forget(w->core);
    assert_int_equal(world_time(w, load), 5 + 7);
    /* What fails is not translated. */
    w->pages[3].absent = true;
    world_set_gpr(w, 36, 0x3000);
    fault_of(w, load, CORE_FAULT_GUEST, 0x3000);
    assert_int_equal(world_stat(w, "core.tlb_misses"), 6);
    world_destroy(w);
}

static void test_touch(void **state)
{
    (void)state;
    World *w = world_create(WORDS("vliw.tlb_miss=7", "memory.latency=50",
                                  "l2.size=0", "memory.uncached=33"));
    static uint32_t tbits[WORLD_PAGE / 4 / 32];
    CoreFault fault;
    tbits[0] = 1;
    w->pages[2].frame = 5;
    w->tbits[5] = tbits;
    const CorePage *page = core_touch(w->core, 0x2004, true, false, &fault);
    assert_non_null(page);
    assert_int_equal(page->pa, 5 * WORLD_PAGE);
    assert_ptr_equal(page->host, w->memory + 5 * WORLD_PAGE);
    assert_ptr_equal(page->tbits, tbits);
    assert_int_equal(core_cycles(w->core), 57);
    assert_int_equal(world_stat(w, "cycles.total"), 57);
    /* Translated code does not stop gear 0; alignment is not looked at. */
    assert_non_null(core_touch(w->core, 0x2003, true, true, &fault));
    assert_int_equal(core_cycles(w->core), 57);
    assert_int_equal(world_stat(w, "l1d.stores"), 1);
    assert_non_null(core_touch(w->core, UNCACHED(0x100), false, true, &fault));
    assert_int_equal(core_cycles(w->core), 57 + 33);
    w->pages[3].clean = true;
    assert_null(core_touch(w->core, 0x3000, false, true, &fault));
    assert_int_equal(fault, CORE_FAULT_GUEST);
    assert_null(core_touch(w->core, 0xc0000000, false, true, &fault));
    assert_int_equal(fault, CORE_FAULT_MMIO);
    assert_int_equal(core_cycles(w->core), 57 + 33);
    world_destroy(w);
}

/* --- The gated store buffer ----------------------------------------------- */

typedef struct Access {
    const char *load, *store;
    unsigned size;
} Access;
static const Access accesses[] = {
    {"ld8u", "st8", 1}, {"ld16u", "st16", 2}, {"ld32", "st32", 4}};

static uint32_t read_bytes(const uint8_t *p, unsigned size, bool big)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value = value << 8 | p[big ? i : size - 1 - i];
    return value;
}

static void write_bytes(uint8_t *p, unsigned size, bool big, uint32_t value)
{
    for (unsigned i = 0; i < size; i++)
        p[big ? size - 1 - i : i] = (uint8_t)(value >> (8 * i));
}

enum { AT = 0x100, NEAR = 0xfc, NEAR_BYTES = 12 };

/* Two stores and a load, of any sizes at any places in a word, by two names of
 * the same memory: newest bytes win, the rest is memory's. */
static void check_forward(World *w, CoreCode *code, bool big,
                          const unsigned offset[3], const unsigned size[3])
{
    uint8_t near[NEAR_BYTES], after[NEAR_BYTES];
    for (unsigned i = 0; i < NEAR_BYTES; i++)
        near[i] = (uint8_t)(0x10 + i);
    memcpy(w->memory + NEAR, near, NEAR_BYTES);
    memcpy(after, near, NEAR_BYTES);
    uint8_t *at = after + (AT - NEAR);
    uint32_t mask = 0;
    for (unsigned i = 0; i < 2; i++) {
        write_bytes(at + offset[i], size[i], big, 0xa1a2a3a4 + i * 0x10101010);
        mask |= ((1u << size[i]) - 1) << offset[i];
    }
    bool forwards = mask & ((1u << size[2]) - 1) << offset[2];
    world_set_gpr(w, 36, CACHED(AT) + offset[0]);
    world_set_gpr(w, 37, AT + offset[1]);
    world_set_gpr(w, 38, CACHED(AT) + offset[2]);
    world_set_gpr(w, 46, 0xa1a2a3a4);
    world_set_gpr(w, 47, 0xb1b2b3b4);
    /* Undone: the load has seen the stores, memory has not. */
    world_set_gpr(w, 39, 1);
    uint64_t before = world_stat(w, "core.forwards");
    fault_of(w, code, CORE_FAULT_TRAP, 0);
    assert_memory_equal(w->memory + NEAR, near, NEAR_BYTES);
    uint32_t want = read_bytes(at + offset[2], size[2], big);
    assert_int_equal(world_gpr(w, 50), want);
    assert_int_equal(world_stat(w, "core.forwards") - before, forwards);
    /* Made, and forgotten: the next load reads memory. */
    world_set_gpr(w, 39, 0);
    assert_int_equal(world_time(w, code), 2 + 2 + 1 + 3 + 3 * forwards);
    assert_memory_equal(w->memory + NEAR, after, NEAR_BYTES);
    assert_int_equal(world_gpr(w, 50), want);
    w->stored = 0;
}

static void test_forward(void **state)
{
    (void)state;
    World *w = world_create(WORDS("vliw.forward=3"));
    unsigned cases = 0;
    for (unsigned big = 0; big < 2; big++)
        for (unsigned kinds = 0; kinds < 27; kinds++) {
            const Access *a = &accesses[kinds % 3];
            const Access *b = &accesses[kinds / 3 % 3];
            const Access *c = &accesses[kinds / 9];
            unsigned size[3] = {a->size, b->size, c->size}, offset[3];
            char text[256];
            snprintf(text, sizeof text,
                     "0: lsu0:%s [r36], r46\n1: lsu0:%s [r37], r47\n"
                     "2: lsu0:%s r50, [r38]\n3:\n4: alu1:trap r39\n" EXIT_AT(5),
                     a->store, b->store, c->load);
            CoreCode *code = install(w, big ? CODE_EB : CODE_EL, text);
            for (offset[0] = 0; offset[0] < 8; offset[0] += size[0])
                for (offset[1] = 0; offset[1] < 8; offset[1] += size[1])
                    for (offset[2] = 0; offset[2] < 8; offset[2] += size[2]) {
                        check_forward(w, code, big, offset, size);
                        cases++;
                    }
            world_remove(w, code);
            w->code_count--;
        }
    assert_int_equal(cases, 2 * 14 * 14 * 14);
    assert_int_equal(world_stat(w, "cycles.store_buffer"),
                     3 * world_stat(w, "core.forwards"));
    world_destroy(w);
}

/* Words whose place in the filter is the same are told apart. */
static void test_filter(void **state)
{
    (void)state;
    World *w = world_create(WORDS("vliw.forward=3"));
    CoreCode *code = install(w, CODE_EL,
                             "0: lsu0:st32 [r36], r37\n"
                             "1: lsu0:ld32 r40, [r38]\n" EXIT_AT(2));
    world_set_gpr(w, 37, 5);
    world_set_gpr(w, 36, CACHED(0x100));
    for (unsigned i = 0; i < 8; i++) {
        world_set_gpr(w, 38, CACHED(0x100 << i));
        world_run(w, code);
        assert_int_equal(world_gpr(w, 40), i == 0 ? 5 : 0);
    }
    assert_int_equal(world_stat(w, "core.forwards"), 1);
    world_destroy(w);
}

static void test_overflow(void **state)
{
    (void)state;
    World *w = world_create(WORDS("vliw.store_buffer=2"));
    CoreCode *code = install(
        w, CODE_EL,
        "0: lsu0:st32 [r36], r37\n1: lsu0:st32 [r36], r37\n"
        "2: commit x0\n"
        "3: lsu0:st32 [r36], r37\n4: lsu0:st32 [r36], r37\n" EXIT_AT(5));
    world_set_gpr(w, 36, CACHED(0x100));
    world_set_gpr(w, 37, 1);
    assert_int_equal(world_run(w, code).kind, CORE_EXIT);
    assert_int_equal(w->stored, 4);
    CoreCode *full = install(w, CODE_EL,
                             "0: lsu0:st32 [r36], r37\n"
                             "1: lsu0:st8 [r36], r37\n"
                             "2: lsu0:st8 [r38], r37\n" EXIT_AT(3));
    world_set_gpr(w, 37, 9);
    world_set_gpr(w, 38, CACHED(0x200));
    fault_of(w, full, CORE_FAULT_STORE_BUFFER, CACHED(0x200));
    assert_int_equal(w->stored, 4);
    assert_int_equal(bits_load32(w->memory + 0x100, false), 1);
    assert_int_equal(world_stat(w, "core.faults.store_buffer"), 1);
    /* The rollback has emptied it. */
    assert_int_equal(world_run(w, code).kind, CORE_EXIT);
    assert_int_equal(bits_load32(w->memory + 0x100, false), 9);
    world_destroy(w);
}

/* A word is read, changed and written; then something fails. */
static void test_read_modify_write(void **state)
{
    (void)state;
    World *w = world_create(NULL);
    CoreCode *code = install(w, CODE_EL,
                             "0: lsu0:ld32 r5, [r36]\n1: alu0:add r5, r5, 1\n"
                             "2: lsu0:st32 [r36], r5\n3: lsu0:ld32 r6, [r36]\n"
                             "4: alu0:add r6, r6, 1\n5: lsu0:st32 [r36], r6\n"
                             "6: lsu0:ld32 r7, [r38]\n" EXIT_AT(7));
    world_set_gpr(w, 36, CACHED(0x100));
    world_set_gpr(w, 38, 0xc0000000);
    bits_store32(w->memory + 0x100, 40, false);
    for (unsigned i = 0; i < 3; i++) {
        fault_of(w, code, CORE_FAULT_MMIO, 0xc0000000);
        assert_int_equal(bits_load32(w->memory + 0x100, false), 40);
        assert_int_equal(world_gpr(w, 5), 0);
        assert_int_equal(world_gpr(w, 6), 0);
    }
    world_set_gpr(w, 38, CACHED(0x100));
    assert_int_equal(world_run(w, code).kind, CORE_EXIT);
    assert_int_equal(bits_load32(w->memory + 0x100, false), 42);
    assert_int_equal(world_gpr(w, 7), 42);
    world_destroy(w);
}

/* --- Translated code ------------------------------------------------------ */

static void test_tbits(void **state)
{
    (void)state;
    static uint32_t tbits[WORLD_PAGE / 4 / 32];
    World *w = world_create(WORDS("memory.latency=50"));
    CoreCode *word =
        install(w, CODE_EL, "0: lsu0:st32 [r36], r37\n" EXIT_AT(1));
    CoreCode *byte = install(w, CODE_EL, "0: lsu0:st8 [r36], r37\n" EXIT_AT(1));
    CoreCode *load =
        install(w, CODE_EL, "0: lsu0:ld32 r40, [r36]\n" EXIT_AT(1));
    w->tbits[1] = tbits;
    tbits[3] = 1u << 5;
    uint32_t at = WORLD_PAGE + (3 * 32 + 5) * 4;
    for (unsigned mapped = 0; mapped < 2; mapped++) {
        uint32_t va = mapped ? at : CACHED(at);
        uint64_t misses = world_stat(w, "l1d.store_misses");
        world_set_gpr(w, 36, va);
        fault_of(w, word, CORE_FAULT_CODE, va);
        /* What fails does not touch the cache. */
        assert_int_equal(world_stat(w, "l1d.store_misses"), misses);
        assert_int_equal(world_run(w, load).kind, CORE_EXIT);
        world_set_gpr(w, 36, va + 3);
        fault_of(w, byte, CORE_FAULT_CODE, va + 3);
        world_set_gpr(w, 36, va + 4);
        assert_int_equal(world_run(w, word).kind, CORE_EXIT);
        world_set_gpr(w, 36, va - 1);
        assert_int_equal(world_run(w, byte).kind, CORE_EXIT);
    }
    assert_int_equal(world_stat(w, "core.faults.code"), 4);
    /* The bits count as they are when the store is made. */
    tbits[3] = 0;
    world_set_gpr(w, 36, CACHED(at));
    assert_int_equal(world_run(w, word).kind, CORE_EXIT);
    world_destroy(w);
}

/* --- Alias registers ------------------------------------------------------ */

static void test_alias_overlap(void **state)
{
    (void)state;
    World *w = world_create(NULL);
    for (unsigned kinds = 0; kinds < 9; kinds++) {
        const Access *a = &accesses[kinds % 3], *b = &accesses[kinds / 3];
        char text[256];
        snprintf(text, sizeof text,
                 "0: lsu0:%s r40, [r36] protect 3\n"
                 "1: lsu0:%s [r37], r38 check 0x8\n" EXIT_AT(2),
                 a->load, b->store);
        CoreCode *code = install(w, CODE_EL, text);
        for (unsigned i = 0; i < 12; i += a->size)
            for (unsigned k = 0; k < 12; k += b->size) {
                world_set_gpr(w, 36, CACHED(AT) + i);
                world_set_gpr(w, 37, AT + k); /* another name */
                if (i < k + b->size && k < i + a->size)
                    fault_of(w, code, CORE_FAULT_ALIAS, AT + k);
                else
                    assert_int_equal(world_run(w, code).kind, CORE_EXIT);
                w->stored = 0;
            }
        world_remove(w, code);
    }
    world_destroy(w);
}

static void test_alias_registers(void **state)
{
    (void)state;
    World *w = world_create(WORDS("vliw.alias_regs=64"));
    world_set_gpr(w, 36, CACHED(AT));
    world_set_gpr(w, 37, CACHED(AT + 4));
    static const struct {
        const char *molecules;
        bool fault;
    } cases[] = {
        /* Only those that the store names */
        {"0: lsu0:ld32 r40, [r36] protect 0\n"
         "1: lsu0:st32 [r36], r38 check 0x1\n" EXIT_AT(2),
         true},
        {"0: lsu0:ld32 r40, [r36] protect 0\n"
         "1: lsu0:st32 [r36], r38 check 0xfffffffffffffffe\n" EXIT_AT(2),
         false},
        {"0: lsu0:ld32 r40, [r36] protect 63\n"
         "1: lsu0:st32 [r36], r38 check 0x8000000000000000\n" EXIT_AT(2),
         true},
        {"0: lsu0:ld32 r40, [r36] protect 1\n"
         "1: lsu0:st32 [r36], r38\n" EXIT_AT(2),
         false},
        {"0: lsu0:ld32 r40, [r37] protect 1\n"
         "1: lsu0:ld32 r40, [r36] protect 2\n"
         "2: lsu0:st32 [r36], r38 check 0x6\n" EXIT_AT(3),
         true},
        /* A register holds the latest range. */
        {"0: lsu0:ld32 r40, [r36] protect 1\n"
         "1: lsu0:ld32 r40, [r37] protect 1\n"
         "2: lsu0:st32 [r36], r38 check 0x2\n" EXIT_AT(3),
         false},
        /* A commit clears it; so did the rollbacks above. */
        {"0: lsu0:ld32 r40, [r36] protect 1\n1: commit x0\n"
         "2: lsu0:st32 [r36], r38 check 0x2\n" EXIT_AT(3),
         false},
        {"0: lsu0:st32 [r36], r38 check 0xffffffffffffffff\n" EXIT_AT(1),
         false},
    };
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        CoreCode *code = install(w, CODE_EL, cases[i].molecules);
        if (cases[i].fault)
            fault_of(w, code, CORE_FAULT_ALIAS, CACHED(AT));
        else
            assert_int_equal(world_run(w, code).kind, CORE_EXIT);
    }
    assert_int_equal(world_stat(w, "core.faults.alias"), 3);
    world_destroy(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_misaligned),
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_misses),
        cmocka_unit_test(test_tlb),
        cmocka_unit_test(test_touch),
        cmocka_unit_test(test_forward),
        cmocka_unit_test(test_filter),
        cmocka_unit_test(test_overflow),
        cmocka_unit_test(test_read_modify_write),
        cmocka_unit_test(test_tbits),
        cmocka_unit_test(test_alias_overlap),
        cmocka_unit_test(test_alias_registers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
