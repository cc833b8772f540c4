/* The machine's end of the console; see console.h. */
#include "morph/console.h"

#include "base/alloc.h"
#include "base/hash.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Finds a text in a stream, a byte at a time (Knuth, Morris, Pratt 1977). */
typedef struct Watch {
    char *text; /* NULL: nothing is watched for */
    size_t size, matched;
    size_t *border; /* border[i]: longest proper border of the first i bytes */
} Watch;

struct Console {
    EventQueue *events;
    ConsoleHooks hooks;

    uint8_t *typed; /* bytes `first` to `size` wait for the board */
    size_t first, size, capacity;
    uint64_t printed;

    Watch until, forward, region, mark, checkpoint;

    const InputScript *script;
    size_t step;     /* the one that is next, or waited for */
    bool step_begun; /* its waiting has begun */
    Watch after;
    Event step_event;
};

static void watch_stop(Watch *w)
{
    free(w->text);
    free(w->border);
    *w = (Watch){NULL, 0, 0, NULL};
}

static void watch_start(Watch *w, const char *text, size_t size)
{
    watch_stop(w);
    w->text = memcpy(alloc_zeroed(size + 1, 1), text, size);
    w->size = size;
    w->border = alloc_zeroed(size + 1, sizeof *w->border);
    size_t k = 0;
    for (size_t i = 1; i < size; i++) {
        while (k && text[i] != text[k])
            k = w->border[k];
        k += text[i] == text[k];
        w->border[i + 1] = k;
    }
}

/* True once the last byte of the text comes by. */
static bool watch_put(Watch *w, uint8_t byte)
{
    if (!w->text)
        return false;
    size_t k = w->matched;
    while (k && (k == w->size || (uint8_t)w->text[k] != byte))
        k = w->border[k];
    if (k < w->size && (uint8_t)w->text[k] == byte)
        k++;
    w->matched = k;
    return k == w->size;
}

/* Takes the script as far as it goes now.  Runs from the event queue only: a
 * device that prints must not find itself typed to before it is done. */
static void play(void *ctx)
{
    Console *c = ctx;
    if (events_next(c->events) <= events_now(c->events)) {
        /* The last of all that happens in this cycle: what is typed between
         * two slices is, too, and its record must repeat it. */
        events_schedule(c->events, &c->step_event, events_now(c->events));
        return;
    }
    while (c->script && c->step < c->script->count) {
        const InputStep *step = &c->script->steps[c->step];
        uint64_t now = events_now(c->events);
        bool begun = c->step_begun;
        c->step_begun = true;
        switch (step->kind) {
        case INPUT_AFTER:
            if (!begun) {
                watch_start(&c->after, step->text, step->size);
                return;
            }
            if (c->after.text)
                return; /* not seen yet */
            break;
        case INPUT_AT:
            if (now < step->cycle) {
                events_schedule(c->events, &c->step_event, step->cycle);
                return;
            }
            break;
        case INPUT_WAIT:
            if (!begun && step->cycle > 0) {
                events_schedule(c->events, &c->step_event,
                                now + step->cycle < now ? EVENT_NEVER - 1
                                                        : now + step->cycle);
                return;
            }
            break;
        case INPUT_TYPE: console_type(c, step->text, step->size); break;
        case INPUT_CARRIER:
        case INPUT_FRAME: c->hooks.network(c->hooks.ctx, step); break;
        }
        c->step++;
        c->step_begun = false;
    }
}

Console *console_create(EventQueue *events, const ConsoleHooks *hooks)
{
    Console *c = alloc_zeroed(1, sizeof *c);
    c->events = events;
    c->hooks = *hooks;
    event_init(&c->step_event, play, c);
    return c;
}

void console_destroy(Console *c)
{
    if (!c)
        return;
    events_cancel(c->events, &c->step_event);
    watch_stop(&c->until);
    watch_stop(&c->forward);
    watch_stop(&c->region);
    watch_stop(&c->mark);
    watch_stop(&c->checkpoint);
    watch_stop(&c->after);
    free(c->typed);
    free(c);
}

void console_until(Console *c, const char *text)
{
    if (text && c->until.text && strcmp(text, c->until.text) == 0)
        return;
    watch_stop(&c->until);
    if (text)
        watch_start(&c->until, text, strlen(text));
}

void console_forward(Console *c, const char *text)
{
    watch_start(&c->forward, text, strlen(text));
}

void console_region(Console *c, const char *text)
{
    watch_stop(&c->region);
    if (text)
        watch_start(&c->region, text, strlen(text));
}

void console_mark(Console *c, const char *text)
{
    watch_start(&c->mark, text, strlen(text));
}

void console_checkpoint_text(Console *c, const char *text)
{
    watch_stop(&c->checkpoint);
    if (text)
        watch_start(&c->checkpoint, text, strlen(text));
}

void console_play(Console *c, const InputScript *script)
{
    c->script = script;
    c->step = 0;
    c->step_begun = false;
    events_schedule(c->events, &c->step_event, events_now(c->events));
}

void console_put(Console *c, uint8_t byte)
{
    c->printed++;
    c->hooks.put(c->hooks.ctx, byte);
    if (watch_put(&c->until, byte))
        c->hooks.found(c->hooks.ctx);
    if (watch_put(&c->forward, byte)) {
        watch_stop(&c->forward);
        c->hooks.reached(c->hooks.ctx);
    }
    if (watch_put(&c->region, byte)) {
        watch_stop(&c->region);
        c->hooks.region(c->hooks.ctx);
    }
    if (watch_put(&c->mark, byte)) {
        watch_stop(&c->mark);
        c->hooks.marked(c->hooks.ctx);
    }
    if (watch_put(&c->checkpoint, byte)) {
        watch_stop(&c->checkpoint);
        c->hooks.checkpoint(c->hooks.ctx);
    }
    if (watch_put(&c->after, byte)) {
        watch_stop(&c->after);
        events_schedule(c->events, &c->step_event, events_now(c->events));
    }
}

void console_type(Console *c, const void *bytes, size_t size)
{
    if (size == 0)
        return;
    if (c->first == c->size)
        c->first = c->size = 0;
    if (c->size + size > c->capacity) {
        c->capacity = 2 * (c->size + size);
        c->typed = alloc_resize(c->typed, c->capacity, 1);
    }
    memcpy(c->typed + c->size, bytes, size);
    c->size += size;
    c->hooks.wake(c->hooks.ctx);
}

int console_get(Console *c)
{
    return c->first < c->size ? c->typed[c->first++] : -1;
}

size_t console_typed(const Console *c)
{
    return c->size - c->first;
}

uint64_t console_printed(const Console *c)
{
    return c->printed;
}

/* --- Checkpoints -----------------------------------------------------------
 */

static void watch_checkpoint(Watch *w, const char *name, Ckpt *ckpt)
{
    uint64_t matched = w->matched;
    char *text = ckpt_text(ckpt, name, w->text ? w->text : "");
    ckpt_u64(ckpt, "matched", &matched, UINT64_MAX);
    if (text && w->text && strcmp(text, w->text) == 0 && matched <= w->size)
        w->matched = matched;
    free(text);
}

static uint64_t hash_script(const InputScript *script)
{
    uint64_t hash = HASH_START;
    for (size_t i = 0; script && i < script->count; i++) {
        const InputStep *step = &script->steps[i];
        hash = hash_u64(hash_u64(hash, step->kind), step->cycle);
        hash = hash_u64(hash_u64(hash, step->slot), step->on);
        hash = hash_bytes(hash, step->text, step->size);
    }
    return hash;
}

/* The text that the present step waits for has not come yet. */
static void after_checkpoint(Console *c, Ckpt *ckpt)
{
    bool waits = c->after.text;
    ckpt_bool(ckpt, "waits", &waits);
    if (ckpt_loads(ckpt))
        watch_stop(&c->after);
    if (ckpt_loads(ckpt) && waits && c->step < c->script->count) {
        const InputStep *step = &c->script->steps[c->step];
        if (step->kind == INPUT_AFTER)
            watch_start(&c->after, step->text, step->size);
    }
    watch_checkpoint(&c->after, "after", ckpt);
}

static void script_checkpoint(Console *c, Ckpt *ckpt)
{
    uint64_t hash = hash_script(c->script), saved = hash;
    uint64_t step = c->step, count = c->script ? c->script->count : 0;
    ckpt_u64(ckpt, "script", &saved, UINT64_MAX);
    bool same = saved == hash && c->script;
    bool loads = ckpt_loads(ckpt);
    Console other = {.script = c->script, .events = c->events};
    event_init(&other.step_event, play, &other);
    /* Of another script nothing is taken. */
    Console *to = loads && !same ? &other : c;
    ckpt_u64(ckpt, "step", &step, UINT64_MAX);
    ckpt_bool(ckpt, "begun", &to->step_begun);
    event_checkpoint(c->events, &to->step_event, "next", ckpt);
    if (same || !loads) {
        c->step = step < count ? step : count;
        after_checkpoint(c, ckpt);
        return;
    }
    bool waits = false;
    ckpt_bool(ckpt, "waits", &waits);
    watch_checkpoint(&other.after, "after", ckpt);
    events_cancel(c->events, &other.step_event);
    events_cancel(c->events, &c->step_event);
    if (c->script)
        events_schedule(c->events, &c->step_event, events_now(c->events));
}

void console_checkpoint(Console *c, Ckpt *ckpt)
{
    enum { TYPED_MAX = 1 << 26 };
    ckpt_u64(ckpt, "printed", &c->printed, UINT64_MAX);
    size_t typed = ckpt_count(ckpt, "typed", c->size - c->first, TYPED_MAX);
    if (ckpt_loads(ckpt)) {
        c->first = 0;
        c->size = c->capacity = typed;
        c->typed = alloc_resize(c->typed, typed, 1);
    }
    ckpt_bytes(ckpt, "bytes", c->typed + c->first, typed);
    watch_checkpoint(&c->until, "until", ckpt);
    watch_checkpoint(&c->forward, "forward", ckpt);
    watch_checkpoint(&c->region, "region", ckpt);
    watch_checkpoint(&c->mark, "mark", ckpt);
    script_checkpoint(c, ckpt);
}
