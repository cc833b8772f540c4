/* System/161's serial console card; see lame_serial.h.
 *
 * A character that arrives waits in the terminal, for the time of a character
 * and until the guest has acknowledged the one before: none is lost. */
#include "hwmodel/dev/lame_serial.h"

#include "base/alloc.h"
#include "base/bits.h"

#include <assert.h>
#include <stdlib.h>

enum {
    CHARACTER = 0x0,
    WRITE_IRQ = 0x4,
    READ_IRQ = 0x8,

    IRQ_ENABLE = 1,
    IRQ_COMPLETE = 2,
    IRQ_FORCE = 4,
    IRQ_BITS = 7,

    PER_SECOND = 48000, /* characters: System/161's 19200 bit/s, made faster */
};

const LameId lame_serial_id = {4, 1};

typedef struct Serial {
    LameCard card;
    EventQueue *events;
    LameSerialTerminal terminal;
    uint32_t write_irq, read_irq;
    uint8_t sending, received;
    bool idle; /* the terminal had nothing, and will tell */
    Event sent, arrived;
    uint64_t count_sent, count_received, garbled;
} Serial;

static void update_irq(Serial *s)
{
    bool level = false;
    uint32_t irqs[] = {s->write_irq, s->read_irq};
    for (unsigned i = 0; i < ARRAY_LEN(irqs); i++)
        level |= irqs[i] & IRQ_ENABLE && irqs[i] & (IRQ_COMPLETE | IRQ_FORCE);
    line_set(&s->card.slot->irq, level);
}

static void start_character(Serial *s, Event *event)
{
    events_schedule(s->events, event,
                    events_now(s->events) +
                        events_cycles(s->events, 1, PER_SECOND));
}

/* Lets the next character begin to arrive, if there may be one.  Without power
 * all that is typed waits in the terminal. */
static void listen(Serial *s)
{
    if (s->card.slot->powered && !s->idle && !(s->read_irq & IRQ_COMPLETE) &&
        !event_pending(&s->arrived))
        start_character(s, &s->arrived);
}

static void on_arrived(void *ctx)
{
    Serial *s = ctx;
    int byte = s->terminal.get(s->terminal.ctx);
    s->idle = byte < 0;
    if (byte < 0)
        return;
    s->count_received++;
    s->received = (uint8_t)byte;
    s->read_irq |= IRQ_COMPLETE;
    update_irq(s);
}

void lame_serial_wake(Device *device)
{
    assert(device->cls == &lame_serial_class);
    Serial *s = (Serial *)device;
    s->idle = false;
    listen(s);
}

static void on_sent(void *ctx)
{
    Serial *s = ctx;
    s->count_sent++;
    s->terminal.put(s->terminal.ctx, s->sending);
    s->write_irq |= IRQ_COMPLETE;
    update_irq(s);
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
        start_character(s, &s->sent);
        return;
    }
    s->garbled++;
    lamebus_warn(&s->card, "a character is written before the one before it "
                           "is out, which is lost; wait for WRITE_IRQ bit 1");
}

static uint32_t serial_read(Device *device, uint32_t offset, unsigned size)
{
    Serial *s = (Serial *)device;
    uint32_t word = s->received;
    switch (offset & ~3u) {
    case WRITE_IRQ: word = s->write_irq; break;
    case READ_IRQ: word = s->read_irq; break;
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
    case WRITE_IRQ: s->write_irq = value & IRQ_BITS; break;
    case READ_IRQ:
        s->read_irq = value & IRQ_BITS;
        listen(s);
        break;
    }
    update_irq(s);
}

static void serial_reset(Device *device)
{
    Serial *s = (Serial *)device;
    events_cancel(s->events, &s->sent);
    events_cancel(s->events, &s->arrived);
    s->write_irq = s->read_irq = 0;
    s->received = 0;
    s->idle = false;
    listen(s);
    update_irq(s);
}

static void serial_destroy(Device *device)
{
    Serial *s = (Serial *)device;
    events_cancel(s->events, &s->sent);
    events_cancel(s->events, &s->arrived);
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
    {"received", "characters", "typed", offsetof(Serial, count_received)},
    {"garbled", "characters", "lost because the next came too soon",
     offsetof(Serial, garbled)},
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
};

Device *lame_serial_create(LameSlot *slot, EventQueue *events,
                           const LameSerialTerminal *terminal)
{
    Serial *s = alloc_zeroed(1, sizeof *s);
    s->card.device.cls = &lame_serial_class;
    s->card.slot = slot;
    s->events = events;
    s->terminal = *terminal;
    event_init(&s->sent, on_sent, s);
    event_init(&s->arrived, on_arrived, s);
    return &s->card.device;
}
