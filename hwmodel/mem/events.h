/* The event queue: what happens when, in cycles of the modelled processor.
 * Events at the same cycle run in the order in which they were scheduled, so
 * that a run is a function of its inputs alone. */
#ifndef SELKIRK_HWMODEL_MEM_EVENTS_H
#define SELKIRK_HWMODEL_MEM_EVENTS_H

#include "base/ckpt.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct EventQueue EventQueue;

/* Owned by the module whose event it is; at most one pending occurrence. */
typedef struct Event {
    void (*run)(void *ctx); /* called with events_now() == the event's cycle */
    void *ctx;
    uint64_t cycle; /* when pending: due then */
    uint64_t order; /* tie break: scheduling sequence number */
    int slot;       /* place in the heap, or -1 when not pending */
} Event;

#define EVENT_NEVER UINT64_MAX

/* `hz` is the processor clock that events_cycles() converts with. */
EventQueue *events_create(uint64_t hz);
void events_destroy(EventQueue *queue);

void event_init(Event *event, void (*run)(void *ctx), void *ctx);
/* (Re)schedules at an absolute cycle; one in the past runs as soon as the
 * processor looks. */
void events_schedule(EventQueue *queue, Event *event, uint64_t cycle);
void events_cancel(EventQueue *queue, Event *event);
bool event_pending(const Event *event);

/* Cycle of the earliest pending event, or EVENT_NEVER. */
uint64_t events_next(const EventQueue *queue);

/* The present, in cycles.  The machine sets it before a device is touched. */
uint64_t events_now(const EventQueue *queue);
void events_set_now(EventQueue *queue, uint64_t cycle);

/* Runs, in order, everything due at or before `cycle`, then sets now to it. */
void events_run(EventQueue *queue, uint64_t cycle);

/* Cycles (rounded up) that `count` periods of `per_second` last: for example
 * events_cycles(q, 500, 1000000) is 500 microseconds.  Exact for any clock. */
uint64_t events_cycles(const EventQueue *queue, uint64_t count,
                       uint64_t per_second);
uint64_t events_hz(const EventQueue *queue);

/* Saves or loads the order of events, in the present section; and one event,
 * whose owner's it is.  The queue comes first, and the present is set. */
void events_checkpoint(EventQueue *queue, Ckpt *ckpt);
void event_checkpoint(EventQueue *queue, Event *event, const char *name,
                      Ckpt *ckpt);

#endif
