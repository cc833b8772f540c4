/* System/161's serial console card; see lame_serial.h. */
#include "hwmodel/dev/lame_serial.h"

#include "base/alloc.h"
#include "base/bits.h"

#include <assert.h>
#include <stdlib.h>

enum {
    CHARACTER = 0x0,
    WRITE_IRQ = 0x4,
    READ_IRQ = 0x8,
};

const LameId lame_serial_id = {4, 1};

typedef struct Serial {
    LameCard card;
    EventQueue *events;
    LameKeyboard keyboard;
    void (*put)(void *ctx, uint8_t byte);
    void *ctx;
    uint32_t write_irq;
    uint8_t sending;
    Event sent;
    uint64_t count_sent, garbled;
} Serial;

static void update_irq(LameCard *card)
{
    Serial *s = (Serial *)card;
    line_set(&card->slot->irq, lame_irq_asserts(s->write_irq) ||
                                   lame_irq_asserts(s->keyboard.irq));
}

void lame_serial_wake(Device *device)
{
    assert(device->cls == &lame_serial_class);
    lame_keyboard_wake(&((Serial *)device)->keyboard);
}

static void on_sent(void *ctx)
{
    Serial *s = ctx;
    s->count_sent++;
    s->put(s->ctx, s->sending);
    s->write_irq |= LAME_IRQ_COMPLETE;
    update_irq(&s->card);
}

void lame_serial_drain(Device *device)
{
    assert(device->cls == &lame_serial_class);
    Serial *s = (Serial *)device;
    if (!event_pending(&s->sent))
        return;
    events_cancel(s->events, &s->sent);
    on_sent(s);
}

/* One that comes too soon takes the place of the one that is under way. */
static void send(Serial *s, uint8_t byte)
{
    s->sending = byte;
    if (!event_pending(&s->sent)) {
        events_schedule(
            s->events, &s->sent,
            events_now(s->events) +
                events_cycles(s->events, 1, LAME_CHARACTERS_PER_SECOND));
        return;
    }
    s->garbled++;
    lamebus_warn(&s->card, "a character is written before the one before it "
                           "is out, which is lost; wait for WRITE_IRQ bit 1");
}

static uint32_t serial_read(Device *device, uint32_t offset, unsigned size)
{
    Serial *s = (Serial *)device;
    uint32_t word = s->keyboard.character;
    switch (offset & ~3u) {
    case WRITE_IRQ: word = s->write_irq; break;
    case READ_IRQ: word = s->keyboard.irq; break;
    }
    return lamebus_get_lanes(word, offset, size);
}

static void serial_write(Device *device, uint32_t offset, unsigned size,
                         uint32_t value)
{
    Serial *s = (Serial *)device;
    value = lamebus_put_lanes(value, offset, size);
    switch (offset & ~3u) {
    case CHARACTER: send(s, (uint8_t)value); break;
    case WRITE_IRQ:
        s->write_irq = value & LAME_IRQ_BITS;
        update_irq(&s->card);
        break;
    case READ_IRQ: lame_keyboard_write_irq(&s->keyboard, value); break;
    }
}

static void serial_reset(Device *device)
{
    Serial *s = (Serial *)device;
    events_cancel(s->events, &s->sent);
    s->write_irq = 0;
    lame_keyboard_reset(&s->keyboard);
}

static void serial_destroy(Device *device)
{
    Serial *s = (Serial *)device;
    events_cancel(s->events, &s->sent);
    lame_keyboard_end(&s->keyboard);
    free(s);
}

static const DeviceReg regs[] = {
    {CHARACTER, 4, "CHARACTER",
     "a write prints the low byte, 20.8 us later; a read gives the last one "
     "typed"},
    {WRITE_IRQ, 4, "WRITE_IRQ",
     "bit 0: interrupt enable; bit 1: set when a write is complete; bit 2: "
     "interrupt all the same"},
    {READ_IRQ, 4, "READ_IRQ",
     "the same for reads; while bit 1 is set, what is typed waits"},
};

static const StatRow stat_rows[] = {
    {"sent", "characters", "printed", offsetof(Serial, count_sent)},
    {"received", "characters", "typed", offsetof(Serial, keyboard.received)},
    {"garbled", "characters", "lost because the next came too soon",
     offsetof(Serial, garbled)},
};

static const CkptField state[] = {
    CKPT_FIELD(Serial, write_irq),          CKPT_FIELD(Serial, sending),
    CKPT_FIELD(Serial, keyboard.character), CKPT_FIELD(Serial, keyboard.irq),
    CKPT_BOOL(Serial, keyboard.idle),
};

static const DeviceEvent saved_events[] = {
    DEVICE_EVENT(Serial, sent),
    DEVICE_EVENT(Serial, keyboard.arrived),
};

const DeviceClass lame_serial_class = {
    .name = "serial",
    .text = "System/161's serial console",
    .regs = regs,
    .reg_count = ARRAY_LEN(regs),
    .span = LAMEBUS_SLOT_SIZE,
    .answers = lamebus_answers,
    .read = serial_read,
    .write = serial_write,
    .reset = serial_reset,
    .destroy = serial_destroy,
    .stats = stat_rows,
    .stat_count = ARRAY_LEN(stat_rows),
    .state = state,
    .state_count = ARRAY_LEN(state),
    .events = saved_events,
    .event_count = ARRAY_LEN(saved_events),
};

Device *lame_serial_create(LameSlot *slot, EventQueue *events,
                           const LameSerialTerminal *terminal)
{
    Serial *s = alloc_zeroed(1, sizeof *s);
    s->card.device.cls = &lame_serial_class;
    s->card.slot = slot;
    s->events = events;
    s->put = terminal->put;
    s->ctx = terminal->keyboard.ctx;
    event_init(&s->sent, on_sent, s);
    lame_keyboard_init(&s->keyboard, &s->card, events, &terminal->keyboard,
                       update_irq);
    return &s->card.device;
}
