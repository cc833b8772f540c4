/* How System/161's cards read characters; see lame_keyboard.h. */
#include "hwmodel/dev/lame_keyboard.h"

/* Lets the next character begin to arrive, if there may be one. */
static void listen(LameKeyboard *k)
{
    if (k->card->slot->powered && !k->idle && !(k->irq & LAME_IRQ_COMPLETE) &&
        !event_pending(&k->arrived))
        events_schedule(
            k->events, &k->arrived,
            events_now(k->events) +
                events_cycles(k->events, 1, LAME_CHARACTERS_PER_SECOND));
}

static void on_arrived(void *ctx)
{
    LameKeyboard *k = ctx;
    int byte = k->terminal.get ? k->terminal.get(k->terminal.ctx) : -1;
    k->idle = byte < 0;
    if (byte < 0)
        return;
    k->received++;
    k->character = (uint8_t)byte;
    k->irq |= LAME_IRQ_COMPLETE;
    k->update_irq(k->card);
}

void lame_keyboard_wake(LameKeyboard *k)
{
    k->idle = false;
    listen(k);
}

void lame_keyboard_write_irq(LameKeyboard *k, uint32_t value)
{
    k->irq = value & LAME_IRQ_BITS;
    listen(k);
    k->update_irq(k->card);
}

void lame_keyboard_reset(LameKeyboard *k)
{
    events_cancel(k->events, &k->arrived);
    k->irq = 0;
    k->character = 0;
    k->idle = false;
    listen(k);
    k->update_irq(k->card);
}

void lame_keyboard_end(LameKeyboard *k)
{
    events_cancel(k->events, &k->arrived);
}

void lame_keyboard_init(LameKeyboard *k, LameCard *card, EventQueue *events,
                        const LameTerminal *terminal,
                        void (*update_irq)(LameCard *card))
{
    k->card = card;
    k->events = events;
    k->terminal = *terminal;
    k->update_irq = update_irq;
    event_init(&k->arrived, on_arrived, k);
}
