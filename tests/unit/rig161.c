/* A sys161 board for tests; see rig161.h. */
#include "tests/unit/rig161.h"

#include "hwmodel/dev/lamebus.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* --- The machine around the board ------------------------------------------
 */

static void on_irq(void *ctx, unsigned cpu, unsigned input, bool level)
{
    Rig *rig = ctx;
    unsigned *irqs = &rig->all_irqs[cpu];
    *irqs = (*irqs & ~(1u << input)) | (unsigned)level << input;
    rig->irqs = rig->all_irqs[0];
}

static unsigned on_processor(void *ctx)
{
    return ((Rig *)ctx)->self;
}

static void on_begin(void *ctx, unsigned cpu, const BoardStart *start)
{
    Rig *rig = ctx;
    rig->on |= 1u << cpu;
    rig->begun = *start;
}

static void on_end(void *ctx, unsigned cpu)
{
    ((Rig *)ctx)->on &= ~(1u << cpu);
}

static void on_put(void *ctx, uint8_t byte)
{
    Rig *rig = ctx;
    assert_true(rig->out_count < sizeof rig->out - 1);
    rig->out[rig->out_count++] = (char)byte;
}

static int on_get(void *ctx)
{
    Rig *rig = ctx;
    return *rig->in ? (unsigned char)*rig->in++ : -1;
}

static uint64_t on_insns(void *ctx)
{
    (void)ctx;
    return 0;
}

static void on_mark(void *ctx, uint32_t value)
{
    ((Rig *)ctx)->mark = value;
}

static void on_stop(void *ctx, BoardStop why, uint32_t status)
{
    Rig *rig = ctx;
    rig->stopped = true;
    rig->why = why;
    rig->status = status;
}

static void on_note(void *ctx, const char *text)
{
    Rig *rig = ctx;
    rig->notes++;
    snprintf(rig->note, sizeof rig->note, "%s", text);
}

static void on_trace(void *ctx, uint32_t letter, bool on)
{
    Rig *rig = ctx;
    rig->letter = letter;
    rig->traced = on;
}

static void on_net_send(void *ctx, unsigned slot, const uint8_t *frame,
                        size_t size)
{
    Rig *rig = ctx;
    assert_true(size <= sizeof rig->sent);
    memcpy(rig->sent, frame, size);
    rig->sent_size = size;
    rig->sent_slot = slot;
    rig->sent_count++;
}

static bool create(Rig *rig, const char *slots, const char *key,
                   const char *value, bool big, const BoardDisk *disks,
                   size_t disk_count, Diag *diag)
{
    static const BoardImage kernel = {0x80000200, "-x now", 0x20000};
    *rig = (Rig){.in = "", .config = config_create()};
    assert_true(
        config_set(rig->config, "machine.board", "sys161", "test", diag));
    assert_true(config_set(rig->config, "sys161.slots", slots, "test", diag));
    if (key)
        assert_true(config_set(rig->config, key, value, "test", diag));
    rig->events = events_create(CLOCK);
    BoardHost host = {.ctx = rig,
                      .irq = on_irq,
                      .console_put = on_put,
                      .console_get = on_get,
                      .insns = on_insns,
                      .processor = on_processor,
                      .begin = on_begin,
                      .end = on_end,
                      .mark = on_mark,
                      .stop = on_stop,
                      .note = on_note,
                      .trace = on_trace,
                      .net_send = on_net_send};
    rig->board = board_create(rig->config, big, disks, disk_count, &host,
                              rig->events, diag);
    if (!rig->board)
        return false;
    rig->bus = board_bus(rig->board);
    return board_reset(rig->board, &kernel, &rig->start, diag);
}

bool rig_try(Rig *rig, const char *slots, bool big, const BoardDisk *disks,
             size_t disk_count, Diag *diag)
{
    return create(rig, slots, NULL, NULL, big, disks, disk_count, diag);
}

void rig_open_set(Rig *rig, const char *slots, const char *key,
                  const char *value)
{
    Diag diag = {""};
    if (!create(rig, slots, key, value, true, NULL, 0, &diag))
        fail_msg("%s", diag.text);
}

void rig_open(Rig *rig, const char *slots)
{
    rig_open_set(rig, slots, NULL, NULL);
}

void rig_close(Rig *rig)
{
    board_destroy(rig->board);
    events_destroy(rig->events);
    config_destroy(rig->config);
}

uint32_t place(unsigned slot, uint32_t offset)
{
    return LAMEBUS_BASE + slot * LAMEBUS_SLOT_SIZE + offset;
}

uint32_t rd(Rig *rig, unsigned slot, uint32_t offset)
{
    uint32_t value = 0;
    assert_true(bus_read(rig->bus, place(slot, offset), 4, &value));
    return value;
}

void wr(Rig *rig, unsigned slot, uint32_t offset, uint32_t value)
{
    assert_true(bus_write(rig->bus, place(slot, offset), 4, value));
}

bool answers(Rig *rig, unsigned slot, uint32_t offset)
{
    uint32_t value;
    return bus_read(rig->bus, place(slot, offset), 4, &value);
}

void pass(Rig *rig, uint64_t cycles)
{
    events_run(rig->events, events_now(rig->events) + cycles);
}

bool interrupts(Rig *rig, unsigned slot)
{
    return rd(rig, CONTROLLER, IRQS) >> slot & 1;
}

void rig_limit(int resource, rlim_t most)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(resource, &limit), 0);
    limit.rlim_cur = most < limit.rlim_max ? most : limit.rlim_max;
    assert_int_equal(setrlimit(resource, &limit), 0);
    signal(SIGXFSZ, SIG_IGN); /* an error of the write, not the end */
}
