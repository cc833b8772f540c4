/* System/161's timer card; see lame_timer.h. */
#include "hwmodel/dev/lame_timer.h"

#include "base/alloc.h"
#include "base/bits.h"

#include <stdlib.h>

enum {
    SECONDS = 0x00,
    NANOSECONDS = 0x04,
    RESTART = 0x08,
    IRQ = 0x0c,
    COUNTDOWN = 0x10,
    SPEAKER = 0x14,

    MICRO = 1000000,
    NANO = 1000000000,
};

const LameId lame_timer_id = {2, 1};

typedef struct Timer {
    LameCard card;
    EventQueue *events;
    int64_t date;
    uint32_t restart;   /* a flag; read back as it was written */
    uint32_t countdown; /* microseconds, as written last */
    bool irq;
    Event expiry;
    uint64_t expired, beeps;
} Timer;

static void set_irq(Timer *t, bool level)
{
    t->irq = level;
    line_set(&t->card.slot->irq, level);
}

/* Not at once, or a countdown of 0 that restarts would stop the time. */
static void start(Timer *t)
{
    uint64_t cycles = events_cycles(t->events, t->countdown, MICRO);
    events_schedule(t->events, &t->expiry,
                    events_now(t->events) + (cycles ? cycles : 1));
}

static void on_expiry(void *ctx)
{
    Timer *t = ctx;
    t->expired++;
    set_irq(t, true);
    if (t->restart)
        start(t);
}

/* Microseconds that are left. */
static uint32_t left(const Timer *t)
{
    if (!event_pending(&t->expiry))
        return 0;
    uint64_t now = events_now(t->events);
    uint64_t cycles = t->expiry.cycle > now ? t->expiry.cycle - now : 0;
    return (uint32_t)((unsigned __int128)cycles * MICRO / events_hz(t->events));
}

static uint32_t timer_read(Device *device, uint32_t offset, unsigned size)
{
    Timer *t = (Timer *)device;
    uint64_t now = events_now(t->events), hz = events_hz(t->events);
    uint32_t word = 0;
    switch (offset & ~3u) {
    case SECONDS: word = (uint32_t)((uint64_t)t->date + now / hz); break;
    case NANOSECONDS:
        word = (uint32_t)((unsigned __int128)(now % hz) * NANO / hz);
        break;
    case RESTART: word = t->restart; break;
    case IRQ:
        word = t->irq;
        set_irq(t, false);
        break;
    case COUNTDOWN: word = left(t); break;
    default:
        lamebus_warn(&t->card, "the speaker is read, but only makes noise");
    }
    return lamebus_get_lanes(word, offset, size);
}

static void timer_write(Device *device, uint32_t offset, unsigned size,
                        uint32_t value)
{
    Timer *t = (Timer *)device;
    value = lamebus_put_lanes(value, offset, size);
    switch (offset & ~3u) {
    case RESTART: t->restart = value; break;
    case COUNTDOWN:
        t->countdown = value;
        start(t);
        break;
    case SPEAKER: t->beeps++; break;
    default:
        lamebus_warn(&t->card, "offset 0x%x is written, which is read-only",
                     offset);
        break;
    }
}

static void timer_reset(Device *device)
{
    Timer *t = (Timer *)device;
    events_cancel(t->events, &t->expiry);
    t->restart = 0;
    t->countdown = 0;
    set_irq(t, false);
}

static void timer_destroy(Device *device)
{
    Timer *t = (Timer *)device;
    events_cancel(t->events, &t->expiry);
    free(t);
}

static const DeviceReg regs[] = {
    {SECONDS, 4, "SECONDS",
     "since 1970-01-01 00:00:00 UTC: rtc.date and the modelled time; "
     "read-only"},
    {NANOSECONDS, 4, "NANOSECONDS", "of the second; read-only"},
    {RESTART, 4, "RESTART", "if not 0, the countdown begins anew at its end"},
    {IRQ, 4, "IRQ", "1 while the card interrupts; a read ends that"},
    {COUNTDOWN, 4, "COUNTDOWN",
     "microseconds: a write starts it, and at its end the card interrupts; a "
     "read gives what is left"},
    {SPEAKER, 4, "SPEAKER", "a write beeps: it is counted"},
};

static const StatRow stat_rows[] = {
    {"expired", "countdowns", "that ended", offsetof(Timer, expired)},
    {"beeps", "beeps", "of the speaker", offsetof(Timer, beeps)},
};

static const CkptField state[] = {
    CKPT_FIELD(Timer, restart),
    CKPT_FIELD(Timer, countdown),
    CKPT_BOOL(Timer, irq),
};

static const DeviceEvent saved_events[] = {
    DEVICE_EVENT(Timer, expiry),
};

const DeviceClass lame_timer_class = {
    .name = "timer",
    .text = "System/161's timer and clock card",
    .regs = regs,
    .reg_count = ARRAY_LEN(regs),
    .span = LAMEBUS_SLOT_SIZE,
    .answers = lamebus_answers,
    .read = timer_read,
    .write = timer_write,
    .reset = timer_reset,
    .destroy = timer_destroy,
    .stats = stat_rows,
    .stat_count = ARRAY_LEN(stat_rows),
    .state = state,
    .state_count = ARRAY_LEN(state),
    .events = saved_events,
    .event_count = ARRAY_LEN(saved_events),
};

Device *lame_timer_create(LameSlot *slot, EventQueue *events, int64_t date)
{
    Timer *t = alloc_zeroed(1, sizeof *t);
    t->card.device.cls = &lame_timer_class;
    t->card.slot = slot;
    t->events = events;
    t->date = date;
    event_init(&t->expiry, on_expiry, t);
    return &t->card.device;
}
