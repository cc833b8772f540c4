/* Unit tests of hwmodel/r3000: what each access and unit waits, cycle by cycle;
 * the figures are worked out by hand from the keys' defaults. */
#include "hwmodel/r3000/r3000.h"
#include "tests/support/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct World {
    R3000 *r;
    Stats *stats;
} World;

static World create(const char *const *words)
{
    Config *config = settings_config(words);
    R3000Desc desc = r3000_desc_read(config);
    World w = {r3000_create(&desc), stats_create()};
    r3000_add_stats(w.r, w.stats);
    config_destroy(config);
    return w;
}

static void destroy(World *w)
{
    stats_destroy(w->stats);
    r3000_destroy(w->r);
}

static uint64_t stat_of(const World *w, const char *name)
{
    r3000_count(w->r, 0);
    return stats_get(w->stats, name);
}

static bool hits(R3000Cache cache, uint32_t key)
{
    return cache.tags[(key >> 2) & cache.mask] == key;
}

/* --- Caches ----------------------------------------------------------------
 */

static void test_refill(void **state)
{
    (void)state;
    World w = create(WORDS("r3000.irefill=8"));
    R3000Cache i = r3000_icache(w.r), d = r3000_dcache(w.r);
    /* 12 for the first word and 1 each for three, or seven, more. */
    assert_int_equal(r3000_load(w.r, 100, 0x1008), 15);
    assert_false(hits(d, 0xffc));
    assert_true(hits(d, 0x1000) && hits(d, 0x100c));
    assert_false(hits(d, 0x1010));
    assert_false(hits(i, 0x1008));
    assert_int_equal(r3000_fetch(w.r, 200, 0x2018), 19);
    assert_true(hits(i, 0x2000) && hits(i, 0x201c));
    assert_false(hits(i, 0x2020) || hits(d, 0x2018));
    /* 64 kB on, the same lines. */
    assert_int_equal(r3000_load(w.r, 300, 0x11004), 15);
    assert_true(hits(d, 0x11000) && !hits(d, 0x1000));
    assert_int_equal(stat_of(&w, "cycles.dcache"), 30);
    assert_int_equal(stat_of(&w, "cycles.icache"), 19);
    assert_int_equal(stat_of(&w, "r3000.dcache.misses"), 2);
    assert_int_equal(stat_of(&w, "r3000.icache.misses"), 1);
    r3000_reset(w.r);
    assert_false(hits(d, 0x11000));
    destroy(&w);
}

static void test_uncached(void **state)
{
    (void)state;
    World w = create(WORDS("r3000.uncached=13"));
    uint32_t key = 0x1fe00000 | R3000_UNCACHED;
    assert_int_equal(r3000_load(w.r, 100, key), 13);
    assert_int_equal(r3000_load(w.r, 200, key), 13);
    assert_int_equal(r3000_fetch(w.r, 300, key), 13);
    assert_false(hits(r3000_dcache(w.r), key) || hits(r3000_icache(w.r), key));
    assert_int_equal(r3000_store(w.r, 400, key, true), 0); /* buffered */
    assert_int_equal(stat_of(&w, "cycles.uncached"), 39);
    assert_int_equal(stat_of(&w, "r3000.uncached.stores"), 1);
    assert_int_equal(stat_of(&w, "r3000.stores.partial"), 0);
    destroy(&w);
}

static void test_stores(void **state)
{
    (void)state;
    World w = create(WORDS(NULL));
    R3000Cache d = r3000_dcache(w.r);
    /* A word makes its line valid, alone, whatever was there. */
    assert_int_equal(r3000_store(w.r, 100, 0x1004, false), 0);
    assert_true(hits(d, 0x1004) && !hits(d, 0x1000) && !hits(d, 0x1008));
    assert_int_equal(r3000_store(w.r, 200, 0x11004, false), 0);
    assert_true(hits(d, 0x11004) && !hits(d, 0x1004));
    /* A part of one takes a cycle and changes no tag. */
    assert_int_equal(r3000_store(w.r, 300, 0x11004, true), 1);
    assert_true(hits(d, 0x11004));
    assert_int_equal(r3000_store(w.r, 400, 0x1004, true), 1);
    assert_true(hits(d, 0x11004));
    assert_int_equal(stat_of(&w, "cycles.partial_store"), 2);
    destroy(&w);
}

static void test_isolated(void **state)
{
    (void)state;
    World w = create(WORDS(NULL));
    R3000Cache i = r3000_icache(w.r), d = r3000_dcache(w.r);
    r3000_load(w.r, 100, 0x1000);
    r3000_fetch(w.r, 200, 0x1000);
    r3000_isolated_store(w.r, 0x1004, false, true);
    assert_true(hits(d, 0x1000) && !hits(d, 0x1004) && hits(i, 0x1004));
    r3000_isolated_store(w.r, 0x1008, true, true);
    assert_true(hits(d, 0x1008) && !hits(i, 0x1008));
    r3000_isolated_store(w.r, 0x21008, true, false);
    assert_true(hits(i, 0x21008));
    /* Nothing went to memory. */
    assert_int_equal(r3000_wait_writes(w.r, 300), 0);
    assert_int_equal(stat_of(&w, "r3000.stores"), 0);
    destroy(&w);
}

/* --- Write buffer ----------------------------------------------------------
 */

/* A store a cycle from `now` on, each in a row of its own or all in one. */
static uint64_t store_many(World *w, uint64_t now, unsigned count, bool same)
{
    uint64_t waited = 0;
    for (unsigned i = 0; i < count; i++) {
        uint32_t key = same ? 0x8000 + 4 * i : 0x1000 * i;
        waited += r3000_store(w->r, now + i + waited, key, false);
    }
    return waited;
}

static void test_write_buffer(void **state)
{
    (void)state;
    World w = create(WORDS(NULL));
    /* One every 5 cycles leaves: the one stored in cycle 100 in cycle 105, ...
     * Before the eighth, in cycle 107, seven came and one has left. */
    assert_int_equal(store_many(&w, 100, 7, false), 0);
    assert_int_equal(r3000_store(w.r, 107, 0x7000, false), 3);
    assert_int_equal(r3000_store(w.r, 111, 0x8000, false), 4);
    assert_int_equal(stat_of(&w, "r3000.write_buffer.full"), 2);
    assert_int_equal(stat_of(&w, "cycles.write_buffer"), 7);
    /* The nine are done in cycle 145. */
    assert_int_equal(r3000_wait_writes(w.r, 120), 25);
    assert_int_equal(r3000_wait_writes(w.r, 145), 0);
    assert_int_equal(stat_of(&w, "r3000.write_buffer.waits"), 1);
    destroy(&w);

    /* In one row, the first takes 5 and the others 1. */
    w = create(WORDS(NULL));
    assert_int_equal(store_many(&w, 100, 20, true), 0);
    assert_int_equal(r3000_wait_writes(w.r, 120), 4);
    assert_int_equal(stat_of(&w, "r3000.write_buffer.row"), 19);
    destroy(&w);

    /* One entry: each store waits for the one before. */
    w = create(WORDS("r3000.write_buffer=1"));
    assert_int_equal(store_many(&w, 100, 3, false), 8);
    assert_int_equal(r3000_store(w.r, 115, 0x8000, false), 0);
    assert_int_equal(stat_of(&w, "r3000.write_buffer.full"), 2);
    destroy(&w);
}

static void test_reads_and_writes(void **state)
{
    (void)state;
    /* A read waits for the write under way, and goes before the others. */
    World w = create(WORDS(NULL));
    store_many(&w, 100, 3, false);
    assert_int_equal(r3000_load(w.r, 103, 0x20000), 2 + 15);
    assert_int_equal(stat_of(&w, "cycles.write_buffer"), 2);
    assert_int_equal(stat_of(&w, "cycles.dcache"), 15);
    assert_int_equal(stat_of(&w, "r3000.write_buffer.delays"), 1);
    /* They come after it: from cycle 120 to 130. */
    assert_int_equal(r3000_wait_writes(w.r, 121), 9);
    /* A read ends the row. */
    r3000_store(w.r, 200, 0x2000, false);
    r3000_load(w.r, 210, 0x20010);
    r3000_store(w.r, 230, 0x2004, false);
    assert_int_equal(r3000_wait_writes(w.r, 231), 4);
    destroy(&w);

    /* Or it comes after them all. */
    w = create(WORDS("r3000.overtake=no"));
    store_many(&w, 100, 3, false);
    assert_int_equal(r3000_load(w.r, 103, 0x20000), 12 + 15);
    destroy(&w);

    /* A write that would begin in the read's cycle is later. */
    w = create(WORDS(NULL));
    store_many(&w, 100, 2, false);
    assert_int_equal(r3000_load(w.r, 105, 0x20000), 15);
    destroy(&w);
}

/* --- Units -----------------------------------------------------------------
 */

static void test_hilo(void **state)
{
    (void)state;
    World w = create(WORDS(NULL));
    assert_int_equal(r3000_hilo(w.r, 99), 0);
    assert_int_equal(r3000_muldiv(w.r, 100, R3000_LATENCY_MULT), 0);
    assert_int_equal(r3000_hilo(w.r, 101), 11);
    assert_int_equal(r3000_hilo(w.r, 113), 0);
    assert_int_equal(r3000_muldiv(w.r, 200, R3000_LATENCY_DIV), 0);
    assert_int_equal(r3000_hilo(w.r, 210), 25);
    assert_int_equal(r3000_muldiv(w.r, 300, R3000_LATENCY_MULT), 0);
    assert_int_equal(r3000_muldiv(w.r, 301, R3000_LATENCY_DIV), 11);
    assert_int_equal(r3000_hilo(w.r, 313), 34);
    assert_int_equal(stat_of(&w, "cycles.hilo"), 11 + 25 + 11 + 34);
    assert_int_equal(stat_of(&w, "r3000.muldivs"), 4);
    destroy(&w);
}

/* An operation into $f0, and at once another that reads it. */
static void assert_latency(R3000Latency latency, uint64_t cycles)
{
    World w = create(WORDS(NULL));
    assert_int_equal(r3000_fp(w.r, 100, latency, 6, 1), 0);
    assert_int_equal(r3000_fp_transfer(w.r, 101, 1, 0), cycles - 1);
    assert_int_equal(stat_of(&w, "cycles.fp"), cycles - 1);
    destroy(&w);
}

static void test_fp_latencies(void **state)
{
    (void)state;
    assert_latency(R3000_LATENCY_FADD, 2);
    assert_latency(R3000_LATENCY_FMUL_S, 4);
    assert_latency(R3000_LATENCY_FMUL_D, 5);
    assert_latency(R3000_LATENCY_FDIV_S, 12);
    assert_latency(R3000_LATENCY_FDIV_D, 19);
    assert_latency(R3000_LATENCY_FMOVE, 1);
    assert_latency(R3000_LATENCY_FCVT_D_S, 1);
    assert_latency(R3000_LATENCY_FCVT_S_D, 2);
    assert_latency(R3000_LATENCY_FCVT_W, 3);
}

static void test_fp_units(void **state)
{
    (void)state;
    World w = create(WORDS(NULL));
    /* Units work side by side; one that is busy is waited for. */
    assert_int_equal(r3000_fp(w.r, 100, R3000_LATENCY_FDIV_D, 2, 1), 0);
    assert_int_equal(r3000_fp(w.r, 101, R3000_LATENCY_FMUL_D, 2, 4), 0);
    assert_int_equal(r3000_fp(w.r, 102, R3000_LATENCY_FADD, 2, 8), 0);
    assert_int_equal(r3000_fp(w.r, 103, R3000_LATENCY_FADD, 2, 16), 1);
    assert_int_equal(r3000_fp(w.r, 105, R3000_LATENCY_FMUL_S, 2, 32), 1);
    /* Writes wait for writes, and everything for control registers. */
    assert_int_equal(r3000_fp_transfer(w.r, 107, 0, 32), 3);
    assert_int_equal(r3000_fp_transfer(w.r, 111, R3000_FP_ALL, 0), 8);
    /* A branch on a compare. */
    assert_int_equal(
        r3000_fp(w.r, 200, R3000_LATENCY_FADD, 3, R3000_FP_CONDITION), 0);
    assert_int_equal(r3000_fp_transfer(w.r, 201, R3000_FP_CONDITION, 0), 1);
    assert_int_equal(stat_of(&w, "r3000.fp.operations"), 6);
    destroy(&w);
}

/* --- The rest --------------------------------------------------------------
 */

static void test_pages(void **state)
{
    (void)state;
    World w = create(WORDS(NULL));
    assert_int_equal(r3000_page(w.r, 0x1000), 1);
    assert_int_equal(r3000_page(w.r, 0x1ffc), 0);
    assert_int_equal(r3000_page(w.r, 0x2000), 1);
    assert_int_equal(r3000_page(w.r, 0x1000), 0);
    assert_int_equal(r3000_page(w.r, 0x3000), 1); /* 0x2000 goes */
    assert_int_equal(r3000_page(w.r, 0x1000), 0);
    assert_int_equal(r3000_page(w.r, 0x2000), 1);
    r3000_remapped(w.r);
    assert_int_equal(r3000_page(w.r, 0x2000), 1);
    assert_int_equal(stat_of(&w, "cycles.utlb"), 5);
    assert_int_equal(stat_of(&w, "r3000.utlb.misses"), 5);
    destroy(&w);
    w = create(WORDS("r3000.utlb=0"));
    assert_int_equal(r3000_page(w.r, 0x1000), 0);
    destroy(&w);
}

static void test_totals(void **state)
{
    (void)state;
    World w = create(WORDS(NULL));
    assert_int_equal(r3000_exception(w.r), 3);
    assert_int_equal(r3000_load(w.r, 100, 0), 15);
    r3000_count(w.r, 1000);
    assert_int_equal(r3000_cycles(w.r), 1018);
    assert_int_equal(stats_get(w.stats, "cycles.issue"), 1000);
    assert_int_equal(stats_get(w.stats, "cycles.exception"), 3);
    assert_int_equal(stats_get(w.stats, "cycles.total"), 1018);
    destroy(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refill),
        cmocka_unit_test(test_uncached),
        cmocka_unit_test(test_stores),
        cmocka_unit_test(test_isolated),
        cmocka_unit_test(test_write_buffer),
        cmocka_unit_test(test_reads_and_writes),
        cmocka_unit_test(test_hilo),
        cmocka_unit_test(test_fp_latencies),
        cmocka_unit_test(test_fp_units),
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_totals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
