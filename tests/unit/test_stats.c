/* Unit tests of base/stats: text, JSON and CSV, regions, histograms, order. */
#include "base/bits.h"
#include "base/stats.h"
#include "tests/support/text.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Statistics */

typedef struct Counters {
    uint64_t hits, misses, cycles;
} Counters;

static const StatRow counter_rows[] = {
    {"misses", "accesses", "looked for in vain", offsetof(Counters, misses)},
    {"hits", "accesses", "found", offsetof(Counters, hits)},
    {"a.cycles", "cycles", "spent", offsetof(Counters, cycles)},
};

static void write_text(const void *stats, FILE *out)
{
    stats_write_text(stats, out);
}

static void write_json(const void *stats, FILE *out)
{
    stats_write_json(stats, out);
}

static void test_stats(void **state)
{
    (void)state;
    Counters tlb = {1, 2, 3}, cache = {10, UINT64_MAX, 30};
    Stats *stats = stats_create();
    char group[] = "tlb";
    stats_add(stats, group, counter_rows, ARRAY_LEN(counter_rows), &tlb);
    group[0] = 'x'; /* the name was copied */
    stats_add(stats, "cache", counter_rows, ARRAY_LEN(counter_rows), &cache);
    stats_add(stats, "empty", NULL, 0, NULL);

    assert_true(stats_get(stats, "tlb.hits") == 1);
    assert_true(stats_get(stats, "cache.misses") == UINT64_MAX);
    assert_true(stats_get(stats, "tlb.a.cycles") == 3);
    assert_true(stats_get(stats, "tlb") == 0);
    assert_true(stats_get(stats, "") == 0);
    tlb.hits = 7; /* rows show what the counter says now */
    assert_true(stats_get(stats, "tlb.hits") == 7);

    char *json = text_written(write_json, stats);
    assert_string_equal(json, "{\n"
                              "  \"cache.a.cycles\": 30,\n"
                              "  \"cache.hits\": 10,\n"
                              "  \"cache.misses\": 18446744073709551615,\n"
                              "  \"tlb.a.cycles\": 3,\n"
                              "  \"tlb.hits\": 7,\n"
                              "  \"tlb.misses\": 2\n"
                              "}\n");
    free(json);

    /* A line a row: name, count, text (unit), in the same order. */
    static const char *const expected[] = {
        "cache.a.cycles 30 spent (cycles)",
        "cache.hits 10 found (accesses)",
        "cache.misses 18446744073709551615 looked for in vain (accesses)",
        "tlb.a.cycles 3 spent (cycles)",
        "tlb.hits 7 found (accesses)",
        "tlb.misses 2 looked for in vain (accesses)",
    };
    char *text = text_written(write_text, stats), *rest = text;
    for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
        char *line = strsep(&rest, "\n"), row[128], name[64];
        uint64_t count;
        int end = 0;
        assert_non_null(rest);
        assert_int_equal(
            sscanf(line, "%63s %" SCNu64 " %n", name, &count, &end), 2);
        snprintf(row, sizeof row, "%s %" PRIu64 " %s", name, count, line + end);
        assert_string_equal(row, expected[i]);
    }
    assert_string_equal(rest, "");
    free(text);
    stats_destroy(stats);
}

static void write_line(const void *stats, FILE *out)
{
    stats_write_csv_line((Stats *)stats, out);
}

static void write_names(const void *stats, FILE *out)
{
    stats_write_csv_names(stats, out);
}

static void assert_line(Stats *stats, const char *line)
{
    char *text = text_written(write_line, stats);
    assert_string_equal(text, line);
    free(text);
}

/* Columns: a.a.cycles (a gauge), a.hits, a.misses. */
static void test_stats_region(void **state)
{
    (void)state;
    Counters a = {1, 2, 3};
    Stats *stats = stats_create();
    stats_add(stats, "a", counter_rows, 2, &a);
    stats_add_gauges(stats, "a", counter_rows + 2, 1, &a);
    assert_line(stats, ",3,1,2"); /* from power-on */
    assert_line(stats, ",3,0,0");
    a = (Counters){11, 12, 13};
    stats_reset(stats);
    assert_true(stats_get(stats, "a.hits") == 0);
    assert_true(stats_get_whole(stats, "a.hits") == 11);
    assert_true(stats_get(stats, "a.a.cycles") == 13);
    a = (Counters){15, UINT64_MAX, 7};
    assert_line(stats, ",7,4,18446744073709551603");
    a = (Counters){16, 1, 9};
    assert_line(stats, ",9,1,2");
    assert_true(stats_get(stats, "a.hits") == 5);
    stats_freeze(stats);
    a = (Counters){100, 100, 100};
    assert_true(stats_get(stats, "a.hits") == 5);
    assert_true(stats_get(stats, "a.a.cycles") == 9);
    assert_line(stats, ",9,0,0");
    stats_destroy(stats);
}

/* Buckets that double, and linear ones; the last one takes the rest. */
static void test_histogram(void **state)
{
    (void)state;
    static const StatHistogram doubling = {.name = "d",
                                           .unit = "runs",
                                           .of = "stores",
                                           .text = "ended",
                                           .buckets = 4};
    static const StatHistogram linear = {.name = "l",
                                         .unit = "runs",
                                         .of = "percent",
                                         .text = "ended",
                                         .buckets = 3,
                                         .step = 10};
    Histogram d = {0}, l = {0}, twice = {0};
    static const uint64_t values[] = {0, 1, 2, 3, 4, UINT32_MAX};
    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        histogram_add(&d, 4, values[i], i + 1);
    histogram_add_all(&twice, 4, &d, 2);
    static const uint64_t percents[] = {0, 9, 10, 19, 20, 100};
    for (size_t i = 0; i < ARRAY_LEN(percents); i++)
        histogram_add_linear(&l, 3, 10, percents[i], i + 1);
    Stats *stats = stats_create();
    stats_add_histogram(stats, "h", &doubling, &d);
    stats_add_histogram(stats, "h", &linear, &l);
    stats_add_histogram(stats, "twice", &doubling, &twice);
    char *json = text_written(write_json, stats);
    assert_string_equal(json, "{\n"
                              "  \"h.d.0-0\": 1,\n"
                              "  \"h.d.1-1\": 2,\n"
                              "  \"h.d.2-3\": 7,\n"
                              "  \"h.d.4+\": 11,\n"
                              "  \"h.d.count\": 21,\n"
                              "  \"h.d.sum\": 25769803810,\n"
                              "  \"h.l.0-9\": 3,\n"
                              "  \"h.l.10-19\": 7,\n"
                              "  \"h.l.20+\": 11,\n"
                              "  \"h.l.count\": 21,\n"
                              "  \"h.l.sum\": 824,\n"
                              "  \"twice.d.0-0\": 2,\n"
                              "  \"twice.d.1-1\": 4,\n"
                              "  \"twice.d.2-3\": 14,\n"
                              "  \"twice.d.4+\": 22,\n"
                              "  \"twice.d.count\": 42,\n"
                              "  \"twice.d.sum\": 51539607620\n"
                              "}\n");
    free(json);
    stats_destroy(stats);
}

/* Numbers in names are sorted as such. */
static void test_stats_order(void **state)
{
    (void)state;
    static const StatRow rows[] = {{"16-31", "", "", 0}, {"8-15", "", "", 0},
                                   {"0-0", "", "", 0},   {"64+", "", "", 0},
                                   {"sum", "", "", 0},   {"l2", "", "", 0},
                                   {"l10.a", "", "", 0}, {"l1d", "", "", 0}};
    uint64_t count = 0;
    Stats *stats = stats_create();
    stats_add(stats, "h", rows, ARRAY_LEN(rows), &count);
    char *names = text_written(write_names, stats);
    assert_string_equal(names, ",h.0-0,h.8-15,h.16-31,h.64+,h.l1d,h.l2,h.l10.a,"
                               "h.sum");
    free(names);
    stats_destroy(stats);
}

static void test_stats_none(void **state)
{
    (void)state;
    Stats *stats = stats_create();
    assert_true(stats_get(stats, "tlb.hits") == 0);
    char *json = text_written(write_json, stats);
    assert_string_equal(json, "{\n}\n");
    free(json);
    char *text = text_written(write_text, stats);
    assert_string_equal(text, "");
    free(text);
    stats_destroy(stats);
    stats_destroy(NULL);
}

/* Parts that are alike: each by itself, and their sums. */
static void test_stats_parts(void **state)
{
    (void)state;
    typedef struct Part {
        uint64_t insns, live;
    } Part;
    static const StatRow rows[] = {
        {"insns", "instructions", "begun", offsetof(Part, insns)}};
    static const StatRow gauges[] = {
        {"live", "things", "alive", offsetof(Part, live)}};
    static const char *const names[] = {"cpu0", "cpu1", "cpu2"};
    Part parts[3] = {{1, 10}, {2, 20}, {4, 40}};
    Stats *stats = stats_create();
    for (size_t i = 0; i < 3; i++) {
        stats_set_part(stats, names[i]);
        stats_add(stats, "cpu", rows, 1, &parts[i]);
        stats_add_gauges(stats, "morph", gauges, 1, &parts[i]);
    }
    stats_set_part(stats, NULL);
    stats_add(stats, "other", rows, 1, &parts[0]);
    assert_int_equal(stats_get(stats, "cpu.insns"), 7);
    assert_int_equal(stats_get(stats, "cpu1.insns"), 2);
    assert_int_equal(stats_get(stats, "morph.live"), 70);
    assert_int_equal(stats_get(stats, "cpu2.morph.live"), 40);
    assert_int_equal(stats_get(stats, "other.insns"), 1);
    stats_reset(stats);
    parts[1].insns += 5;
    assert_int_equal(stats_get(stats, "cpu.insns"), 5);
    assert_int_equal(stats_get(stats, "cpu0.insns"), 0);
    assert_int_equal(stats_get(stats, "morph.live"), 70);
    stats_freeze(stats);
    parts[2].insns++;
    assert_int_equal(stats_get(stats, "cpu.insns"), 5);
    stats_destroy(stats);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stats_parts),  cmocka_unit_test(test_stats),
        cmocka_unit_test(test_stats_region), cmocka_unit_test(test_histogram),
        cmocka_unit_test(test_stats_order),  cmocka_unit_test(test_stats_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
