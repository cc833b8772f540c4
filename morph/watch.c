/* The instruction that layer_run() ends at: layer_set_watch().
 *
 * Gear 0 looks before each instruction.  Translations that contain the one that
 * is watched are held: the core tells of each of their runs, the others do not
 * notice.  A run is stopped by its deadline, which costs the guest nothing. */
#include "morph/layer_impl.h"

bool watch_has(const Layer *l, uint32_t pc)
{
    for (unsigned i = 0; i < LAYER_WATCHES; i++)
        if (l->watches[i].on && l->watches[i].va == pc)
            return true;
    return false;
}

bool watch_meet(Layer *l, uint32_t pc, uint64_t insns)
{
    bool met = false;
    for (unsigned i = 0; i < LAYER_WATCHES; i++) {
        LayerWatch *w = &l->watches[i];
        if (!w->on || w->va != pc || insns < w->from)
            continue;
        w->hit = met = true;
        layer_set_deadline(l, 0);
    }
    return met;
}

static bool contains(const Layer *l, const Translation *t)
{
    for (unsigned i = 0; i < t->code->guest_count; i++)
        if (watch_has(l, t->code->guests[i].pc))
            return true;
    return false;
}

/* Whether any layer that runs `t` wants to be told. */
static bool is_wanted(const Layer *l, const Translation *t)
{
    LAYER_SHARERS (each, l)
        if (each->watched && contains(each, t))
            return true;
    return false;
}

void watch_passed(Layer *l, const Translation *t, unsigned count,
                  uint64_t insns)
{
    uint64_t before = insns - count;
    for (unsigned i = 0; l->watched && i < count; i++)
        watch_meet(l, t->code->guests[i].pc, before + i);
}

void watch_held(void *ctx, CoreCode *code, int exit)
{
    Layer *l = ctx;
    const Translation *t = code->user;
    uint64_t insns = core_insns(l->core);
    if (exit >= 0)
        watch_passed(l, t, t->code->exits[exit].insns, insns);
    else
        watch_meet(l, t->pc, insns);
}

void watch_add(Layer *l, Translation *t)
{
    core_hold(l->core, t->core, is_wanted(l, t));
}

static void watches_changed(Layer *l)
{
    l->watched = false;
    for (unsigned i = 0; i < LAYER_WATCHES; i++)
        l->watched |= l->watches[i].on;
    for (Translation *t = l->holder->oldest; t; t = t->newer)
        core_hold(l->core, t->core, is_wanted(l, t));
}

void layer_set_watch(Layer *l, unsigned watch, uint32_t va, uint64_t from)
{
    l->watches[watch] = (LayerWatch){.on = true, .va = va, .from = from};
    watches_changed(l);
}

void layer_clear_watch(Layer *l, unsigned watch)
{
    if (!l->watches[watch].on)
        return;
    l->watches[watch] = (LayerWatch){.on = false};
    watches_changed(l);
}

bool layer_watch_hit(const Layer *l, unsigned watch)
{
    return l->watches[watch].hit;
}
