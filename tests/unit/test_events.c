/* The event queue: order, cancelling, rescheduling, time conversion. */
#include "hwmodel/mem/events.h"

#include "base/bits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { EVENTS = 64, LOG_MAX = 4096 };

typedef struct Log {
    EventQueue *queue;
    unsigned id[LOG_MAX];
    uint64_t cycle[LOG_MAX];
    unsigned count;
} Log;

typedef struct Probe {
    Event event;
    Log *log;
    unsigned id;
    uint64_t period; /* 0: once */
} Probe;

static void run_probe(void *ctx)
{
    Probe *probe = ctx;
    Log *log = probe->log;
    assert_true(log->count < LOG_MAX);
    assert_false(event_pending(&probe->event));
    log->id[log->count] = probe->id;
    log->cycle[log->count++] = events_now(log->queue);
    if (probe->period)
        events_schedule(log->queue, &probe->event,
                        events_now(log->queue) + probe->period);
}

static void init_probe(Probe *probe, Log *log, unsigned id)
{
    probe->log = log;
    probe->id = id;
    probe->period = 0;
    event_init(&probe->event, run_probe, probe);
}

static void test_order(void **state)
{
    (void)state;
    Log log = {.queue = events_create(1000)};
    Probe probes[EVENTS];
    /* A permutation, two events a cycle: ties run in scheduling order. */
    for (unsigned i = 0; i < EVENTS; i++) {
        init_probe(&probes[i], &log, i);
        events_schedule(log.queue, &probes[i].event, i * 37 % EVENTS / 2);
    }
    events_run(log.queue, EVENTS);
    assert_int_equal(log.count, EVENTS);
    for (unsigned i = 0; i < EVENTS; i++) {
        assert_int_equal(log.cycle[i], i / 2);
        if (i % 2)
            assert_true(log.id[i - 1] < log.id[i]);
    }
    assert_int_equal(events_now(log.queue), EVENTS);
    assert_true(events_next(log.queue) == EVENT_NEVER);
    events_destroy(log.queue);
}

static void test_cancel_and_reschedule(void **state)
{
    (void)state;
    Log log = {.queue = events_create(1000)};
    Probe probes[EVENTS];
    uint64_t due[EVENTS];
    srand(1);
    for (unsigned i = 0; i < EVENTS; i++) {
        init_probe(&probes[i], &log, i);
        due[i] = EVENT_NEVER;
    }
    for (unsigned step = 0; step < 10000; step++) {
        unsigned i = (unsigned)rand() % EVENTS;
        if (rand() % 3) {
            due[i] = (uint64_t)rand() % 1000;
            events_schedule(log.queue, &probes[i].event, due[i]);
        } else {
            due[i] = EVENT_NEVER;
            events_cancel(log.queue, &probes[i].event);
        }
        assert_int_equal(event_pending(&probes[i].event),
                         due[i] != EVENT_NEVER);
        uint64_t first = EVENT_NEVER;
        for (unsigned j = 0; j < EVENTS; j++)
            if (due[j] < first)
                first = due[j];
        assert_true(events_next(log.queue) == first);
    }
    events_run(log.queue, 1000);
    unsigned ran = 0;
    for (unsigned j = 0; j < EVENTS; j++)
        ran += due[j] != EVENT_NEVER;
    assert_int_equal(log.count, ran);
    for (unsigned i = 0; i < log.count; i++)
        assert_true(log.cycle[i] == due[log.id[i]]);
    events_destroy(log.queue);
}

static void test_periodic(void **state)
{
    (void)state;
    Log log = {.queue = events_create(1000)};
    Probe fast, slow;
    init_probe(&fast, &log, 0);
    init_probe(&slow, &log, 1);
    fast.period = 3;
    slow.period = 7;
    events_schedule(log.queue, &fast.event, 3);
    events_schedule(log.queue, &slow.event, 7);
    for (uint64_t now = 0; now <= 2100; now += 13)
        events_run(log.queue, now);
    events_run(log.queue, 2100);
    unsigned counts[2] = {0, 0};
    for (unsigned i = 0; i < log.count; i++)
        counts[log.id[i]]++;
    assert_int_equal(counts[0], 700);
    assert_int_equal(counts[1], 300);
    events_destroy(log.queue);
    assert_false(event_pending(&fast.event));
}

static void test_past(void **state)
{
    (void)state;
    Log log = {.queue = events_create(1000)};
    Probe probe;
    init_probe(&probe, &log, 0);
    events_set_now(log.queue, 100);
    events_schedule(log.queue, &probe.event, 5);
    assert_int_equal(events_next(log.queue), 100);
    events_run(log.queue, 99);
    assert_int_equal(log.count, 0);
    events_run(log.queue, 100);
    assert_int_equal(log.count, 1);
    assert_int_equal(log.cycle[0], 100);
    events_destroy(log.queue);
}

static void test_cycles(void **state)
{
    (void)state;
    EventQueue *queue = events_create(25000000);
    assert_int_equal(events_hz(queue), 25000000);
    assert_int_equal(events_cycles(queue, 500, 1000000), 12500);
    assert_int_equal(events_cycles(queue, 1, 128), 195313); /* 195312.5 */
    assert_int_equal(events_cycles(queue, 2, 128), 390625);
    assert_int_equal(events_cycles(queue, 0, 128), 0);
    assert_true(events_cycles(queue, UINT64_MAX, 25000000) == UINT64_MAX);
    assert_true(events_cycles(queue, UINT64_MAX, 1) == EVENT_NEVER);
    events_destroy(queue);
    events_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_cancel_and_reschedule),
        cmocka_unit_test(test_periodic),
        cmocka_unit_test(test_past),
        cmocka_unit_test(test_cycles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
