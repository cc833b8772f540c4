/* A layer that runs the guest by turns with others (sampling), and what it
 * finds when it comes back: its translations are good where the words that they
 * were made from are what they were. */
#include "morph/layer_impl.h"

static uint32_t scaled(uint64_t threshold, uint64_t times)
{
    uint64_t least = (threshold + times - 1) / times;
    return (uint32_t)least;
}

void layer_scale(Layer *l, uint64_t times)
{
    l->gear1_threshold = scaled(l->gear1_threshold, times);
    l->gear2_threshold = scaled(l->gear2_threshold, times);
    l->gear2_again = scaled(l->gear2_again, times);
    l->mmio_learn = scaled(l->mmio_learn, times);
    l->fault_learn = scaled(l->fault_learn, times);
    l->replay_learn = scaled(l->replay_learn, times);
    l->commit_refused = scaled(l->commit_refused, times);
}

/* Whether the guest's memory still holds what `t` was made from. */
static bool is_intact(const Layer *l, const Translation *t)
{
    const VliwCode *code = t->code;
    const uint8_t *host = NULL;
    uint32_t page = 1;
    for (unsigned i = 0; i < code->guest_count; i++) {
        uint32_t pa = codepages_pa(t, code->guests[i].pc);
        if ((pa & ~(PAGE_SIZE - 1u)) != page) {
            page = pa & ~(PAGE_SIZE - 1u);
            host = bus_page(l->bus, page, false);
        }
        if (bits_load32(host + pa % PAGE_SIZE, l->cpu_config.big_endian) !=
            code->guests[i].word)
            return false;
    }
    return true;
}

static void remove_overwritten(Layer *l)
{
    for (Translation *t = l->oldest, *next; t; t = next) {
        next = t->newer;
        if (is_intact(l, t))
            continue;
        /* Those that go with it are replays, and may be the next ones. */
        while (next && next->replay_of == t)
            next = next->newer;
        layer_event(l, "invalidate", t, "overwritten meanwhile");
        tcache_remove(l, t);
        l->stats.invalidated++;
    }
}

void layer_enter(Layer *l)
{
    layer_attach(l);
    codepages_remapped(l, true, 0);
    remove_overwritten(l);
}

void layer_leave(Layer *l)
{
    l->in_block = l->interpret = l->paid = false;
    l->resume = l->from = l->replay.of = NULL;
    l->isolated.pc = NO_RUN;
    cpu_set_remapped(l->cpu, NULL, NULL);
    /* What the processor has decoded, translations may have overwritten. */
    cpu_share_code(l->cpu, NULL);
}
