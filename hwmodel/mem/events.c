/* The event queue: a binary heap, ordered by cycle and then by scheduling
 * order; each event knows its place in the heap, so that it can leave. */
#include "hwmodel/mem/events.h"

#include "base/alloc.h"
#include "base/bits.h"

#include <assert.h>
#include <stdlib.h>

struct EventQueue {
    uint64_t now;
    uint64_t hz;
    uint64_t order; /* of the next event scheduled */
    Event **heap;   /* heap[0] is the earliest */
    int count;
    int capacity;
};

EventQueue *events_create(uint64_t hz)
{
    assert(hz > 0);
    EventQueue *queue = alloc_zeroed(1, sizeof *queue);
    queue->hz = hz;
    return queue;
}

void events_destroy(EventQueue *queue)
{
    if (!queue)
        return;
    for (int i = 0; i < queue->count; i++)
        queue->heap[i]->slot = -1;
    free(queue->heap);
    free(queue);
}

void event_init(Event *event, void (*run)(void *ctx), void *ctx)
{
    *event = (Event){.run = run, .ctx = ctx, .slot = -1};
}

bool event_pending(const Event *event)
{
    return event->slot >= 0;
}

static bool before(const Event *a, const Event *b)
{
    return a->cycle != b->cycle ? a->cycle < b->cycle : a->order < b->order;
}

static void place(EventQueue *queue, Event *event, int slot)
{
    queue->heap[slot] = event;
    event->slot = slot;
}

/* Puts `event` where it belongs, starting at the hole `slot`. */
static void sift(EventQueue *queue, Event *event, int slot)
{
    while (slot > 0) {
        int parent = (slot - 1) / 2;
        if (!before(event, queue->heap[parent]))
            break;
        place(queue, queue->heap[parent], slot);
        slot = parent;
    }
    for (;;) {
        int child = 2 * slot + 1;
        if (child >= queue->count)
            break;
        if (child + 1 < queue->count &&
            before(queue->heap[child + 1], queue->heap[child]))
            child++;
        if (!before(queue->heap[child], event))
            break;
        place(queue, queue->heap[child], slot);
        slot = child;
    }
    place(queue, event, slot);
}

/* Puts the event where its cycle and order say. */
static void insert(EventQueue *queue, Event *event)
{
    if (!event_pending(event)) {
        if (queue->count == queue->capacity) {
            queue->capacity = queue->capacity ? 2 * queue->capacity : 16;
            queue->heap = alloc_resize(queue->heap, (size_t)queue->capacity,
                                       sizeof *queue->heap);
        }
        place(queue, event, queue->count++);
    }
    sift(queue, event, event->slot);
}

void events_schedule(EventQueue *queue, Event *event, uint64_t cycle)
{
    event->cycle = cycle > queue->now ? cycle : queue->now;
    event->order = queue->order++;
    insert(queue, event);
}

void events_cancel(EventQueue *queue, Event *event)
{
    if (!event_pending(event))
        return;
    assert(queue->heap[event->slot] == event);
    int hole = event->slot;
    event->slot = -1;
    Event *last = queue->heap[--queue->count];
    if (last != event)
        sift(queue, last, hole);
}

uint64_t events_next(const EventQueue *queue)
{
    return queue->count ? queue->heap[0]->cycle : EVENT_NEVER;
}

uint64_t events_now(const EventQueue *queue)
{
    return queue->now;
}

void events_set_now(EventQueue *queue, uint64_t cycle)
{
    queue->now = cycle;
}

void events_run(EventQueue *queue, uint64_t cycle)
{
    while (queue->count && queue->heap[0]->cycle <= cycle) {
        Event *event = queue->heap[0];
        events_cancel(queue, event);
        queue->now = event->cycle;
        event->run(event->ctx);
    }
    queue->now = cycle;
}

uint64_t events_cycles(const EventQueue *queue, uint64_t count,
                       uint64_t per_second)
{
    assert(per_second > 0);
    unsigned __int128 scaled = (unsigned __int128)count * queue->hz;
    unsigned __int128 cycles = (scaled + per_second - 1) / per_second;
    return cycles < EVENT_NEVER ? (uint64_t)cycles : EVENT_NEVER;
}

uint64_t events_hz(const EventQueue *queue)
{
    return queue->hz;
}

/* --- Checkpoints -----------------------------------------------------------
 */

static const CkptField queue_fields[] = {
    CKPT_FIELD(EventQueue, order),
};

void events_checkpoint(EventQueue *queue, Ckpt *ckpt)
{
    ckpt_fields(ckpt, queue_fields, ARRAY_LEN(queue_fields), queue);
}

/* What an event is in a checkpoint: one of EVENT_NEVER is not pending. */
typedef struct SavedEvent {
    uint64_t cycle, order;
} SavedEvent;

void event_checkpoint(EventQueue *queue, Event *event, const char *name,
                      Ckpt *ckpt)
{
    SavedEvent saved = {EVENT_NEVER, 0};
    if (event_pending(event))
        saved = (SavedEvent){event->cycle, event->order};
    const CkptField field = {name, 0, sizeof(uint64_t), 2, UINT64_MAX};
    ckpt_fields(ckpt, &field, 1, &saved);
    if (!ckpt_loads(ckpt) || ckpt_error(ckpt))
        return;
    events_cancel(queue, event);
    if (saved.cycle == EVENT_NEVER)
        return;
    event->cycle = saved.cycle;
    event->order = saved.order;
    insert(queue, event);
}
