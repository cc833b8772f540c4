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
        "l1i.size=1024",     "l1i.line=16",       "l1i.ways=2",
        "l1d.size=1024",     "l1d.line=16",       "l1d.ways=2",
        "l2.size=4096",      "l2.line=64",        "l2.ways=2",
        "l2.latency=10",     "memory.latency=50", "memory.uncached=33",
        "memory.transfer=0", "memory.write=0",
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
    uint64_t now;
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

/* Memory has nothing to do any more. */
static uint64_t later(Fixture *f)
{
    return f->now += 1000;
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
    assert_int_equal(hierarchy_load(f.h, later(&f), 0x1000), MEMORY);
    assert_int_equal(hierarchy_load(f.h, later(&f), 0x100f), 0);
    /* The other lines of the L2 line */
    assert_int_equal(hierarchy_load(f.h, later(&f), 0x1010), L2);
    assert_int_equal(hierarchy_store(f.h, later(&f), 0x1020), L2);
    assert_int_equal(hierarchy_store(f.h, later(&f), 0x1020), 0);
    /* Instructions have a first level of their own. */
    assert_int_equal(hierarchy_fetch(f.h, later(&f), 0x1020), L2);
    assert_int_equal(hierarchy_fetch(f.h, later(&f), 0x1024), 0);
    assert_int_equal(hierarchy_fetch(f.h, later(&f), 0x100001000), MEMORY);
    assert_int_equal(hierarchy_load(f.h, later(&f), 0x1000), 0);
    assert_int_equal(hierarchy_uncached(f.h, later(&f), true), UNCACHED);
    assert_int_equal(hierarchy_uncached(f.h, later(&f), false), UNCACHED);
    assert_int_equal(hierarchy_uncached(f.h, later(&f), false), UNCACHED);
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
    assert_int_equal(hierarchy_load(f.h, later(&f), 0x1000), MEMORY);
    assert_int_equal(hierarchy_fetch(f.h, later(&f), 0x1020), L2);
    release(&f);
}

static void test_no_l2(void **state)
{
    (void)state;
    Fixture f = make(WORDS("l2.size=0", "l2.line=16"));
    assert_int_equal(hierarchy_store(f.h, later(&f), 0), MEMORY);
    assert_int_equal(hierarchy_load(f.h, later(&f), 16), MEMORY);
    assert_int_equal(hierarchy_fetch(f.h, later(&f), 16), MEMORY);
    assert_int_equal(hierarchy_load(f.h, later(&f), WAY1), MEMORY);
    assert_int_equal(hierarchy_load(f.h, later(&f), 2 * WAY1), MEMORY);
    assert_int_equal(COUNT(f, "memory.reads"), 5);
    assert_int_equal(COUNT(f, "l1d.write_backs"), 1);
    assert_int_equal(COUNT(f, "memory.writes"), 1);
    release(&f);
}

/* Lines a, b fill a set; a is used again; c replaces one. */
static void use_set(Fixture *f)
{
    hierarchy_load(f->h, later(f), 0);
    hierarchy_load(f->h, later(f), WAY1);
    hierarchy_load(f->h, later(f), 0);
    hierarchy_load(f->h, later(f), 2 * WAY1);
}

static void check_fifo(Fixture *f)
{
    use_set(f); /* replaces line 0, in spite of its use */
    assert_int_equal(hierarchy_load(f->h, later(f), WAY1), 0);
    assert_int_equal(hierarchy_load(f->h, later(f), 0), L2); /* replaces WAY1 */
    assert_int_equal(hierarchy_load(f->h, later(f), 2 * WAY1), 0);
    assert_int_equal(hierarchy_load(f->h, later(f), WAY1),
                     L2); /* and 2 * WAY1 */
    assert_int_equal(hierarchy_load(f->h, later(f), 0), 0);
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
    assert_int_equal(hierarchy_load(f.h, later(&f), 0), 0);
    assert_int_equal(hierarchy_load(f.h, later(&f), WAY1),
                     L2); /* replaces 2 * WAY1 */
    assert_int_equal(hierarchy_store(f.h, later(&f), 0), 0);
    assert_int_equal(hierarchy_load(f.h, later(&f), 2 * WAY1),
                     L2); /* and WAY1 */
    assert_int_equal(hierarchy_load(f.h, later(&f), 0), 0);
    release(&f);
}

/* The misses of 64 loads of three lines of one set, as bits. */
static uint64_t random_misses(Fixture *f)
{
    uint64_t misses = 0;
    for (unsigned i = 0; i < 64; i++)
        if (hierarchy_load(f->h, later(f), (uint64_t)(i % 3) * WAY1))
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
    hierarchy_store(f.h, later(&f), 0);
    hierarchy_load(f.h, later(&f), WAY1);
    hierarchy_load(f.h, later(&f), 2 * WAY1);
    /* The dirty line went to the L2 cache; nobody waited. */
    assert_int_equal(COUNT(f, "l1d.write_backs"), 1);
    assert_int_equal(COUNT(f, "memory.writes"), 0);
    /* A clean one goes nowhere. */
    hierarchy_load(f.h, later(&f), 3 * WAY1);
    assert_int_equal(COUNT(f, "l1d.write_backs"), 1);
    /* It comes back clean, but the L2 line is dirty: replaced in its turn. */
    assert_int_equal(hierarchy_load(f.h, later(&f), 0), L2);
    hierarchy_fetch(f.h, later(&f), WAY2);
    assert_int_equal(COUNT(f, "l2.write_backs"), 0);
    assert_int_equal(hierarchy_fetch(f.h, later(&f), 2 * WAY2), MEMORY);
    assert_int_equal(COUNT(f, "l2.write_backs"), 1);
    assert_int_equal(COUNT(f, "memory.writes"), 1);
    /* The L1 cache keeps what the L2 cache has lost... */
    assert_int_equal(hierarchy_store(f.h, later(&f), 0), 0);
    /* ...and writes it to memory. */
    hierarchy_load(f.h, later(&f), 4 * WAY1 + WAY1);
    hierarchy_load(f.h, later(&f), 4 * WAY1 + 2 * WAY1);
    assert_int_equal(COUNT(f, "l1d.write_backs"), 2);
    assert_int_equal(COUNT(f, "memory.writes"), 2);
    assert_int_equal(COUNT(f, "l2.write_backs"), 1);
    release(&f);
}

/* Memory of 12 + 2 a transfer of 8 bytes, of which a line of the second level
 * has 8 and of the first level 2; 5 + 2 to write. */
#define BUS                                                                    \
    "memory.latency=12", "memory.transfer=2", "memory.width=8",                \
        "memory.write=5", "memory.uncached=9"

static void test_transfers(void **state)
{
    (void)state;
    Fixture f = make(WORDS(BUS));
    /* The line that is asked for comes first: there at 114, all of it at 126 */
    assert_int_equal(hierarchy_load(f.h, 100, 0x1010), 12 + 2);
    /* The next one is under way, to 118; the one before comes last */
    assert_int_equal(hierarchy_fetch(f.h, 101, 0x1020), 118 - 101);
    assert_int_equal(hierarchy_load(f.h, 103, 0x1000), 126 - 103);
    /* What is there already takes what the second level takes. */
    assert_int_equal(hierarchy_fetch(f.h, 117, 0x1010), L2);
    /* Another read comes after: from 126 on. */
    assert_int_equal(hierarchy_load(f.h, 120, 0x2000), 6 + 12 + 2);
    assert_int_equal(COUNT(f, "memory.waits"), 6);
    /* Nobody waits for what is over. */
    assert_int_equal(hierarchy_load(f.h, 152, 0x3000), 12 + 2);
    assert_int_equal(COUNT(f, "memory.waits"), 6);
    /* Past the caches: from 178 on */
    assert_int_equal(hierarchy_uncached(f.h, 170, true), 8 + 9);
    assert_int_equal(hierarchy_uncached(f.h, 187, false), 9);
    assert_int_equal(COUNT(f, "memory.waits"), 6 + 8);
    /* A reset leaves nothing under way. */
    hierarchy_load(f.h, 1000, 0x4000);
    hierarchy_reset(f.h);
    assert_int_equal(hierarchy_load(f.h, 0, 0x4000), 12 + 2);
    release(&f);
}

/* All of the second level's line is waited for; there is none; a transfer has
 * more than a line. */
static void test_waiting(void **state)
{
    (void)state;
    Fixture f = make(WORDS(BUS, "memory.early=no"));
    assert_int_equal(hierarchy_load(f.h, 0, 0x1010), 12 + 7 * 2);
    assert_int_equal(hierarchy_load(f.h, 26, 0x1000), L2);
    release(&f);
    f = make(WORDS(BUS, "l2.size=0", "l2.line=16"));
    assert_int_equal(hierarchy_load(f.h, 0, 0x1010), 12 + 2);
    assert_int_equal(hierarchy_fetch(f.h, 14, 0x1000), 12 + 2);
    release(&f);
    f = make(WORDS(BUS, "memory.width=32"));
    assert_int_equal(hierarchy_load(f.h, 0, 0x1010), 12);
    assert_int_equal(hierarchy_fetch(f.h, 12, 0x1020), L2);
    assert_int_equal(hierarchy_fetch(f.h, 22, 0x1030), L2);
    assert_int_equal(hierarchy_load(f.h, 14, 0x2000), 12);
    release(&f);
}

/* The end of a part that is larger than the first one's may come before its
 * begin: it is there when all is. */
static void test_parts(void **state)
{
    (void)state;
    Fixture f = make(WORDS(BUS, "l1i.line=32"));
    assert_int_equal(hierarchy_load(f.h, 0, 0x1010), 12 + 2);
    assert_int_equal(hierarchy_fetch(f.h, 2, 0x1000), 12 + 7 * 2 - 2);
    release(&f);
}

/* Lines that are written back take the memory, and nobody waits for that but
 * the next read. */
static void test_writes_take_time(void **state)
{
    (void)state;
    Fixture f = make(WORDS(BUS));
    hierarchy_store(f.h, 0, 0);
    hierarchy_load(f.h, 1000, WAY1);
    hierarchy_load(f.h, 2000, 2 * WAY1); /* the second level is dirty */
    hierarchy_fetch(f.h, 3000, WAY2);
    /* Read until 4026, written until 4026 + 5 + 14 */
    assert_int_equal(hierarchy_fetch(f.h, 4000, 2 * WAY2), 12 + 2);
    assert_int_equal(hierarchy_load(f.h, 4027, 0x10040), 18 + 12 + 2);
    /* Of the first level, which the second has not: 5 + 2 */
    f.now = 5000;
    hierarchy_store(f.h, later(&f), 0x8000);
    hierarchy_fetch(f.h, later(&f), 0x8000 + WAY2);
    hierarchy_fetch(f.h, later(&f), 0x8000 + 2 * WAY2);
    hierarchy_load(f.h, later(&f), 0x8000 + 4 * WAY2 + WAY1);
    assert_int_equal(hierarchy_load(f.h, 20000, 0x8000 + 4 * WAY2 + 2 * WAY1),
                     12 + 2);
    assert_int_equal(hierarchy_load(f.h, 20026, 0x20000), 7 + 12 + 2);
    release(&f);
}

/* The lines behind one that missed come by themselves, as far as the second
 * level has them. */
static void test_stream(void **state)
{
    (void)state;
    Fixture f = make(WORDS("l1i.prefetch=2"));
    hierarchy_load(f.h, later(&f), 0x1000); /* second level: to 0x103f */
    assert_int_equal(hierarchy_fetch(f.h, 2000, 0x1000), L2);
    /* Those that follow are there at 2020 and 2030. */
    assert_int_equal(hierarchy_fetch(f.h, 2015, 0x1010), 5);
    assert_int_equal(hierarchy_fetch(f.h, 2020, 0x1010), 0);
    /* It takes a cycle to get one that is there; the third came at 2040. */
    assert_int_equal(hierarchy_fetch(f.h, 2100, 0x1020), 1);
    assert_int_equal(hierarchy_fetch(f.h, 2101, 0x1030), 1);
    /* The second level has not what comes then. */
    assert_int_equal(COUNT(f, "l1i.prefetches"), 3);
    assert_int_equal(COUNT(f, "memory.reads"), 1);
    assert_int_equal(hierarchy_fetch(f.h, 3000, 0x1040), MEMORY);
    assert_int_equal(COUNT(f, "l1i.streamed"), 3);
    assert_int_equal(COUNT(f, "l1i.misses"), 5);
    assert_int_equal(COUNT(f, "l1i.prefetches"), 5);
    /* A line further on drops the one before it; another one, all. */
    assert_int_equal(hierarchy_fetch(f.h, 4000, 0x1060), 1);
    assert_int_equal(COUNT(f, "l1i.prefetches"), 6);
    assert_int_equal(hierarchy_fetch(f.h, 5000, 0x1050), L2);
    assert_int_equal(COUNT(f, "l1i.streamed"), 4);
    /* A line that is in the first level is not read again. */
    assert_int_equal(COUNT(f, "l1i.prefetches"), 6);
    hierarchy_reset(f.h);
    assert_int_equal(hierarchy_fetch(f.h, 6000, 0x1070), MEMORY);
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
        assert_false(cache_lacks(&cache, line) && found);
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
        cmocka_unit_test(test_transfers),
        cmocka_unit_test(test_stream),
        cmocka_unit_test(test_waiting),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_writes_take_time),
        cmocka_unit_test(test_hits_change_nothing),
        cmocka_unit_test(test_against_list),
        cmocka_unit_test(test_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
