/* The instruction that layer_run() ends at: layer_set_watch().
 *
 * Gear 0 looks before each instruction.  Translations that contain the one that
 * is watched are held: the core tells of each of their runs, the others do not
 * notice.  A run is stopped by its deadline, which costs the guest nothing. */
#include "morph/layer_impl.h"

void watch_hit(Layer *l)
{
    l->watch.hit = true;
    layer_set_deadline(l, 0);
}

static bool contains(const Layer *l, const Translation *t)
{
    for (unsigned i = 0; i < t->code->guest_count; i++)
        if (t->code->guests[i].pc == l->watch.va)
            return true;
    return false;
}

void watch_passed(Layer *l, const Translation *t, unsigned count,
                  uint64_t insns)
{
    uint64_t before = insns - count;
    if (!l->watch.on)
        return;
    for (unsigned i = 0; i < count; i++)
        if (t->code->guests[i].pc == l->watch.va && before + i >= l->watch.from)
            watch_hit(l);
}

void watch_held(void *ctx, CoreCode *code, int exit)
{
    Layer *l = ctx;
    const Translation *t = code->user;
    uint64_t insns = core_insns(l->core);
    if (exit >= 0)
        watch_passed(l, t, t->code->exits[exit].insns, insns);
    else if (t->pc == l->watch.va && insns >= l->watch.from)
        watch_hit(l);
}

void watch_add(Layer *l, Translation *t)
{
    if (l->watch.on)
        core_hold(l->core, t->core, contains(l, t));
}

void layer_set_watch(Layer *l, uint32_t va, uint64_t from)
{
    l->watch.on = true;
    l->watch.hit = false;
    l->watch.va = va;
    l->watch.from = from;
    for (Translation *t = l->oldest; t; t = t->newer)
        watch_add(l, t);
}

void layer_clear_watch(Layer *l)
{
    if (!l->watch.on)
        return;
    l->watch.on = l->watch.hit = false;
    for (Translation *t = l->oldest; t; t = t->newer)
        core_hold(l->core, t->core, false);
}

bool layer_watch_hit(const Layer *l)
{
    return l->watch.hit;
}
