/* The on-chip timer of MIPS-161; see mips161_timer.h. */
#include "hwmodel/dev/mips161_timer.h"

#include "base/alloc.h"
#include "base/bits.h"

#include <stdlib.h>

enum { COUNT = 0, COMPARE = 4, REGION = 8 };

#define COUNT_PERIOD (UINT64_C(1) << 32)

typedef struct Timer {
    Device device;
    EventQueue *events;
    Line irq;
    uint64_t zero; /* the cycle at which COUNT was 0, modulo 2^64 */
    uint32_t compare;
    bool armed; /* COMPARE was written */
    Event meeting;
    uint64_t met;
} Timer;

static uint32_t count(const Timer *t)
{
    return (uint32_t)(events_now(t->events) - t->zero);
}

/* When COUNT is COMPARE next, which is not now. */
static void schedule(Timer *t)
{
    if (!t->armed)
        return;
    uint32_t left = t->compare - count(t);
    events_schedule(t->events, &t->meeting,
                    events_now(t->events) + (left ? left : COUNT_PERIOD));
}

static void on_meeting(void *ctx)
{
    Timer *t = ctx;
    t->met++;
    t->zero = events_now(t->events);
    line_set(&t->irq, true);
    schedule(t);
}

static uint32_t timer_read(Device *device, uint32_t offset, unsigned size)
{
    (void)size;
    const Timer *t = (Timer *)device;
    return offset == COUNT ? count(t) : t->compare;
}

static void timer_write(Device *device, uint32_t offset, unsigned size,
                        uint32_t value)
{
    (void)size;
    Timer *t = (Timer *)device;
    if (offset == COUNT) {
        t->zero = events_now(t->events) - value;
    } else {
        /* OS/161 asks for its first interrupt long after the reset, with a
         * number that COUNT has passed by then: it must not have to come
         * round. */
        if (count(t) > value)
            t->zero = events_now(t->events);
        t->compare = value;
        t->armed = true;
        line_set(&t->irq, false);
    }
    schedule(t);
}

static void timer_reset(Device *device)
{
    Timer *t = (Timer *)device;
    events_cancel(t->events, &t->meeting);
    t->zero = events_now(t->events);
    t->compare = 0;
    t->armed = false;
    line_set(&t->irq, false);
}

static void timer_destroy(Device *device)
{
    Timer *t = (Timer *)device;
    events_cancel(t->events, &t->meeting);
    free(t);
}

static const DeviceReg regs[] = {
    {COUNT, 4, "COUNT",
     "CP0 register 9: one more each cycle, 0 again when it meets COMPARE"},
    {COMPARE, 4, "COMPARE",
     "CP0 register 11: the processor is interrupted, input 5, when COUNT meets "
     "it, from the first write on; a write ends that, and COUNT is 0 again "
     "where it is beyond what is written"},
};

static const StatRow stat_rows[] = {
    {"met", "interrupts", "asked for: COUNT met COMPARE", offsetof(Timer, met)},
};

static const CkptField state[] = {
    CKPT_FIELD(Timer, zero),
    CKPT_FIELD(Timer, compare),
    CKPT_BOOL(Timer, armed),
};

static const DeviceEvent saved_events[] = {
    DEVICE_EVENT(Timer, meeting),
};

const DeviceClass mips161_timer_class = {
    .name = "cpu-timer",
    .text = "on-chip timer of MIPS-161 2.x, as MFC0 and MTC0 reach it",
    .regs = regs,
    .reg_count = ARRAY_LEN(regs),
    .span = REGION,
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

Device *mips161_timer_create(EventQueue *events, Line irq)
{
    Timer *t = alloc_zeroed(1, sizeof *t);
    t->device.cls = &mips161_timer_class;
    t->events = events;
    t->irq = irq;
    event_init(&t->meeting, on_meeting, t);
    return &t->device;
}
