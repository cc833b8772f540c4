/* The modelled caches: what each access costs and moves, every replacement,
 * keys that do not fit. */
#include "hwmodel/mem/hierarchy.h"

#include "base/bits.h"
#include "hwmodel/mem/cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* Latencies that tell where a miss was answered. */
enum { L2 = 10, MEMORY = 50, UNCACHED = 33 };

/* `words`: settings "key=value", until NULL, over a machine of L1 caches of 1
 * KB, 2 ways and lines of 16 bytes (32 sets), and an L2 cache of 4 KB, 2 ways
 * and lines of 64 bytes (32 sets). */
static Config *make_config(const char *const *words)
{
    static const char *const base[] = {
        "l1i.size=1024", "l1i.line=16",       "l1i.ways=2",
        "l1d.size=1024", "l1d.line=16",       "l1d.ways=2",
        "l2.size=4096",  "l2.line=64",        "l2.ways=2",
        "l2.latency=10", "memory.latency=50", "memory.uncached=33",
    };
    Diag diag = {0};
    Config *config = config_create();
    for (unsigned i = 0; i < ARRAY_LEN(base); i++)
        assert_true(config_set_word(config, base[i], "test", &diag));
    for (; words && *words; words++)
        assert_true(config_set_word(config, *words, "test", &diag));
    return config;
}

typedef struct Fixture {
    Config *config;
    Hierarchy *h;
    Stats *stats;
} Fixture;

static Fixture make(const char *const *words)
{
    Diag diag = {0};
    Fixture f = {.config = make_config(words), .stats = stats_create()};
    f.h = hierarchy_create(f.config, &diag);
    assert_non_null(f.h);
    hierarchy_add_stats(f.h, f.stats);
    return f;
}

static void release(Fixture *f)
{
    stats_destroy(f->stats);
    hierarchy_destroy(f->h);
    config_destroy(f->config);
}

#define WORDS(...)    ((const char *const[]){__VA_ARGS__, NULL})
#define COUNT(f, row) stats_get((f).stats, row)

/* Lines 512 bytes apart share a set of the L1 caches; 2048, of the L2. */
enum { WAY1 = 512, WAY2 = 2048 };

static void test_levels(void **state)
{
    (void)state;
    Fixture f = make(NULL);
    assert_int_equal(hierarchy_line_i(f.h), 16);
    assert_int_equal(hierarchy_line_d(f.h), 16);
    assert_int_equal(hierarchy_load(f.h, 0x1000), MEMORY);
    assert_int_equal(hierarchy_load(f.h, 0x100f), 0);
    /* The other lines of the L2 line */
    assert_int_equal(hierarchy_load(f.h, 0x1010), L2);
    assert_int_equal(hierarchy_store(f.h, 0x1020), L2);
    assert_int_equal(hierarchy_store(f.h, 0x1020), 0);
    /* Instructions have a first level of their own. */
    assert_int_equal(hierarchy_fetch(f.h, 0x1020), L2);
    assert_int_equal(hierarchy_fetch(f.h, 0x1024), 0);
    assert_int_equal(hierarchy_fetch(f.h, 0x100001000), MEMORY);
    assert_int_equal(hierarchy_load(f.h, 0x1000), 0);
    assert_int_equal(hierarchy_uncached(f.h, true), UNCACHED);
    assert_int_equal(hierarchy_uncached(f.h, false), UNCACHED);
    assert_int_equal(hierarchy_uncached(f.h, false), UNCACHED);
    assert_int_equal(COUNT(f, "l1d.loads"), 4);
    assert_int_equal(COUNT(f, "l1d.load_misses"), 2);
    assert_int_equal(COUNT(f, "l1d.stores"), 2);
    assert_int_equal(COUNT(f, "l1d.store_misses"), 1);
    assert_int_equal(COUNT(f, "l1i.accesses"), 3);
    assert_int_equal(COUNT(f, "l1i.misses"), 2);
    assert_int_equal(COUNT(f, "l2.accesses"), 5);
    assert_int_equal(COUNT(f, "l2.misses"), 2);
    assert_int_equal(COUNT(f, "memory.reads"), 2);
    assert_int_equal(COUNT(f, "memory.writes"), 0);
    assert_int_equal(COUNT(f, "memory.uncached_loads"), 2);
    assert_int_equal(COUNT(f, "memory.uncached_stores"), 1);
    hierarchy_reset(f.h);
    assert_int_equal(hierarchy_load(f.h, 0x1000), MEMORY);
    assert_int_equal(hierarchy_fetch(f.h, 0x1020), L2);
    release(&f);
}

static void test_no_l2(void **state)
{
    (void)state;
    Fixture f = make(WORDS("l2.size=0", "l2.line=16"));
    assert_int_equal(hierarchy_store(f.h, 0), MEMORY);
    assert_int_equal(hierarchy_load(f.h, 16), MEMORY);
    assert_int_equal(hierarchy_fetch(f.h, 16), MEMORY);
    assert_int_equal(hierarchy_load(f.h, WAY1), MEMORY);
    assert_int_equal(hierarchy_load(f.h, 2 * WAY1), MEMORY);
    assert_int_equal(COUNT(f, "memory.reads"), 5);
    assert_int_equal(COUNT(f, "l1d.write_backs"), 1);
    assert_int_equal(COUNT(f, "memory.writes"), 1);
    release(&f);
}

/* Lines a, b fill a set; a is used again; c replaces one. */
static void use_set(Fixture *f)
{
    hierarchy_load(f->h, 0);
    hierarchy_load(f->h, WAY1);
    hierarchy_load(f->h, 0);
    hierarchy_load(f->h, 2 * WAY1);
}

static void check_fifo(Fixture *f)
{
    use_set(f); /* replaces line 0, in spite of its use */
    assert_int_equal(hierarchy_load(f->h, WAY1), 0);
    assert_int_equal(hierarchy_load(f->h, 0), L2); /* replaces WAY1 */
    assert_int_equal(hierarchy_load(f->h, 2 * WAY1), 0);
    assert_int_equal(hierarchy_load(f->h, WAY1), L2); /* and 2 * WAY1 */
    assert_int_equal(hierarchy_load(f->h, 0), 0);
}

static void test_fifo(void **state)
{
    (void)state;
    Fixture f = make(NULL);
    check_fifo(&f);
    hierarchy_reset(f.h);
    check_fifo(&f);
    release(&f);
}

static void test_lru(void **state)
{
    (void)state;
    Fixture f = make(WORDS("l1d.policy=lru"));
    use_set(&f); /* replaces WAY1 */
    assert_int_equal(hierarchy_load(f.h, 0), 0);
    assert_int_equal(hierarchy_load(f.h, WAY1), L2); /* replaces 2 * WAY1 */
    assert_int_equal(hierarchy_store(f.h, 0), 0);
    assert_int_equal(hierarchy_load(f.h, 2 * WAY1), L2); /* and WAY1 */
    assert_int_equal(hierarchy_load(f.h, 0), 0);
    release(&f);
}

/* The misses of 64 loads of three lines of one set, as bits. */
static uint64_t random_misses(Fixture *f)
{
    uint64_t misses = 0;
    for (unsigned i = 0; i < 64; i++)
        if (hierarchy_load(f->h, (uint64_t)(i % 3) * WAY1))
            misses |= 1ull << i;
    return misses;
}

static void test_random(void **state)
{
    (void)state;
    Fixture f = make(WORDS("l1d.policy=random"));
    uint64_t first = random_misses(&f);
    assert_int_equal(first & 7, 7);
    /* Not always the same way: each line is found some time.  Under FIFO and
     * LRU none ever is. */
    for (unsigned line = 0; line < 3; line++) {
        unsigned hits = 0;
        for (unsigned i = line; i < 64; i += 3)
            hits += !(first >> i & 1);
        assert_in_range(hits, 3, 18);
    }
    /* The same again each time */
    hierarchy_reset(f.h);
    assert_int_equal(random_misses(&f), first);
    release(&f);
    f = make(WORDS("l1d.policy=random"));
    assert_int_equal(random_misses(&f), first);
    release(&f);
}

static void test_write_back(void **state)
{
    (void)state;
    Fixture f = make(NULL);
    hierarchy_store(f.h, 0);
    hierarchy_load(f.h, WAY1);
    hierarchy_load(f.h, 2 * WAY1);
    /* The dirty line went to the L2 cache; nobody waited. */
    assert_int_equal(COUNT(f, "l1d.write_backs"), 1);
    assert_int_equal(COUNT(f, "memory.writes"), 0);
    /* A clean one goes nowhere. */
    hierarchy_load(f.h, 3 * WAY1);
    assert_int_equal(COUNT(f, "l1d.write_backs"), 1);
    /* It comes back clean, but the L2 line is dirty: replaced in its turn. */
    assert_int_equal(hierarchy_load(f.h, 0), L2);
    hierarchy_fetch(f.h, WAY2);
    assert_int_equal(COUNT(f, "l2.write_backs"), 0);
    assert_int_equal(hierarchy_fetch(f.h, 2 * WAY2), MEMORY);
    assert_int_equal(COUNT(f, "l2.write_backs"), 1);
    assert_int_equal(COUNT(f, "memory.writes"), 1);
    /* The L1 cache keeps what the L2 cache has lost... */
    assert_int_equal(hierarchy_store(f.h, 0), 0);
    /* ...and writes it to memory. */
    hierarchy_load(f.h, 4 * WAY1 + WAY1);
    hierarchy_load(f.h, 4 * WAY1 + 2 * WAY1);
    assert_int_equal(COUNT(f, "l1d.write_backs"), 2);
    assert_int_equal(COUNT(f, "memory.writes"), 2);
    assert_int_equal(COUNT(f, "l2.write_backs"), 1);
    release(&f);
}

/* A hit changes nothing under FIFO but the dirty bit. */
static void test_hits_change_nothing(void **state)
{
    (void)state;
    Cache quiet, busy;
    cache_init(&quiet, 1024, 16, 4, CACHE_FIFO);
    cache_init(&busy, 1024, 16, 4, CACHE_FIFO);
    uint32_t random = 1, place;
    for (unsigned i = 0; i < 20000; i++) {
        random = random * 1664525 + 1013904223;
        uint64_t line = random >> 24;
        bool found = cache_find(&quiet, line) >= 0;
        assert_int_equal(found, cache_find(&busy, line) >= 0);
        if (!found)
            assert_int_equal(cache_fill(&quiet, line, false, &place),
                             cache_fill(&busy, line, false, &place));
        for (unsigned k = 0; k < random % 7; k++) {
            int64_t index = cache_find(&busy, (line + k * 5) % 256);
            if (index >= 0)
                cache_use(&busy, index, false);
        }
    }
    assert_memory_equal(quiet.lines, busy.lines, 64 * sizeof *busy.lines);
    cache_free(&quiet);
    cache_free(&busy);
}

/* Another implementation: each set a list, by time of arrival. */
static void test_against_list(void **state)
{
    (void)state;
    enum { SETS = 16, WAYS = 4 };
    uint64_t list[SETS][WAYS] = {{0}};
    unsigned count[SETS] = {0};
    Cache cache;
    cache_init(&cache, SETS * WAYS * 16, 16, WAYS, CACHE_FIFO);
    uint32_t random = 7;
    unsigned hits = 0;
    for (unsigned i = 0; i < 50000; i++) {
        random = random * 1664525 + 1013904223;
        uint64_t line = random >> 25;
        unsigned set = line % SETS, way = 0;
        while (way < count[set] && list[set][way] != line)
            way++;
        bool found = way < count[set];
        assert_int_equal(cache_find(&cache, line) >= 0, found);
        hits += found;
        if (found)
            continue;
        uint64_t victim = CACHE_EMPTY;
        if (count[set] == WAYS) {
            victim = list[set][0];
            memmove(&list[set][0], &list[set][1], sizeof list[set][0] * 3);
            count[set]--;
        }
        list[set][count[set]++] = line;
        uint32_t place;
        assert_int_equal(cache_fill(&cache, line, false, &place), victim);
        assert_int_equal(place, cache_find(&cache, line));
    }
    assert_true(hits > 10000 && hits < 40000);
    cache_free(&cache);
}

static void expect_error(const char *const *words, const char *text)
{
    Diag diag = {0};
    Config *config = make_config(words);
    assert_null(hierarchy_create(config, &diag));
    if (!strstr(diag.text, text))
        fail_msg("\"%s\" does not name %s", diag.text, text);
    config_destroy(config);
}

static void test_keys(void **state)
{
    (void)state;
    expect_error(WORDS("l1d.ways=64", "l1d.line=32"), "l1d.size");
    expect_error(WORDS("l2.size=64", "l2.ways=4"), "l2.size");
    expect_error(WORDS("l1d.line=128", "l1d.ways=1"), "l1d.line");
    expect_error(WORDS("l1i.line=128", "l1i.ways=1"), "l1i.line");
    Fixture f = make(WORDS("l1d.line=64", "l1d.ways=16")); /* all one set */
    release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_no_l2),
        cmocka_unit_test(test_fifo),
        cmocka_unit_test(test_lru),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_write_back),
        cmocka_unit_test(test_hits_change_nothing),
        cmocka_unit_test(test_against_list),
        cmocka_unit_test(test_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
