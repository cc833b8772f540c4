/* System/161's network card; see lame_nic.h.
 *
 * A frame takes FRAME_MS on its way out and on its way in, where frames that
 * come at once wait for each other.  One that has arrived while the guest has
 * not acknowledged the one before is lost, as the documentation has it. */
#include "hwmodel/dev/lame_nic.h"

#include "base/alloc.h"
#include "base/bits.h"
#include "hwmodel/dev/net161.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    RECEIVE_IRQ = 0x0,
    TRANSMIT_IRQ = 0x4,
    CONTROL = 0x8,
    STATUS = 0xc,
    RECEIVE_BUFFER = LAMEBUS_BUFFER,
    SEND_BUFFER = LAMEBUS_BUFFER + NET161_FRAME_MAX,
    BUFFERS_SIZE = 2 * NET161_FRAME_MAX,

    PROMISCUOUS = 1,
    SEND = 2,
    CONTROL_BITS = PROMISCUOUS | SEND,

    FRAME_MS = 2,
    WAITING_MAX = 16, /* frames on their way in */
};

/* In the part of STATUS that the documentation reserves: with a carrier, STATUS
 * is the address alone, as it is there. */
#define NO_CARRIER 0x80000000u

const LameId lame_nic_id = {6, 1};

typedef struct Frame {
    uint32_t size;
    uint8_t bytes[NET161_FRAME_MAX];
} Frame;

typedef struct Nic {
    LameCard card;
    EventQueue *events;
    LameNicHost host;
    uint16_t address;
    bool carrier;
    bool promiscuous;
    uint32_t receive_irq, transmit_irq;
    Event sent, arrived;
    Frame sending;
    Frame waiting[WAITING_MAX]; /* a ring; the first arrives next */
    unsigned first, count;
    uint8_t buffers[BUFFERS_SIZE]; /* to receive, to send */
    uint64_t frames_sent, frames_unsent;
    uint64_t frames_received, frames_missed, frames_overrun, frames_others;
    uint64_t frames_bad;
} Nic;

static void update_irq(Nic *n)
{
    line_set(&n->card.slot->irq, n->receive_irq || n->transmit_irq);
}

static void start(Nic *n, Event *event)
{
    events_schedule(n->events, event,
                    events_now(n->events) +
                        events_cycles(n->events, FRAME_MS, 1000));
}

/* --- Out -------------------------------------------------------------------
 */

static void on_sent(void *ctx)
{
    Nic *n = ctx;
    if (n->carrier && n->sending.size) {
        n->frames_sent++;
        n->host.send(n->host.ctx, n->card.slot->number, n->sending.bytes,
                     n->sending.size);
    } else {
        n->frames_unsent++;
    }
    n->transmit_irq = 1;
    update_irq(n);
}

/* What is in the send buffer now leaves; a frame that nobody could take is
 * dropped, and complete all the same. */
static void send(Nic *n)
{
    if (event_pending(&n->sent)) {
        lamebus_warn(&n->card, "a frame is to be sent before the one before it "
                               "has left; wait for TRANSMIT_IRQ");
        return;
    }
    uint8_t *frame = n->buffers + NET161_FRAME_MAX;
    uint32_t size = bits_load16(frame + NET161_LENGTH_AT, true);
    bits_store16(frame + NET161_MAGIC_AT, NET161_MAGIC, true);
    bits_store16(frame + NET161_FROM_AT, n->address, true);
    n->sending.size = 0;
    if (size < NET161_HEADER || size > NET161_FRAME_MAX) {
        lamebus_warn(&n->card,
                     "a frame of %u bytes is dropped; it has %d to %d, header "
                     "included",
                     size, NET161_HEADER, NET161_FRAME_MAX);
    } else if (bits_load16(frame + NET161_TO_AT, true) == NET161_HUB) {
        lamebus_warn(&n->card, "a frame to address 0 is dropped, which is the "
                               "hub's own");
    } else {
        n->sending.size = size;
        memcpy(n->sending.bytes, frame, size);
    }
    start(n, &n->sent);
}

/* --- In --------------------------------------------------------------------
 */

static void take(Nic *n, const Frame *frame)
{
    uint32_t to = bits_load16(frame->bytes + NET161_TO_AT, true);
    if (to != n->address && to != NET161_ALL && !n->promiscuous) {
        n->frames_others++;
        return;
    }
    if (n->receive_irq) {
        n->frames_missed++;
        return;
    }
    n->frames_received++;
    memcpy(n->buffers, frame->bytes, frame->size);
    n->receive_irq = 1;
    update_irq(n);
}

static void on_arrived(void *ctx)
{
    Nic *n = ctx;
    take(n, &n->waiting[n->first]);
    n->first = (n->first + 1) % WAITING_MAX;
    if (--n->count)
        start(n, &n->arrived);
}

void lame_nic_receive(Device *device, const void *bytes, size_t size)
{
    assert(device->cls == &lame_nic_class);
    Nic *n = (Nic *)device;
    if (!net161_is_frame(bytes, size)) {
        n->frames_bad++;
        return;
    }
    if (!n->card.slot->powered || n->count == WAITING_MAX) {
        n->frames_overrun++;
        return;
    }
    Frame *frame = &n->waiting[(n->first + n->count++) % WAITING_MAX];
    frame->size = (uint32_t)size;
    memcpy(frame->bytes, bytes, size);
    if (!event_pending(&n->arrived))
        start(n, &n->arrived);
}

void lame_nic_set_carrier(Device *device, bool carrier)
{
    assert(device->cls == &lame_nic_class);
    ((Nic *)device)->carrier = carrier;
}

/* --- Registers -------------------------------------------------------------
 */

static uint32_t nic_read(Device *device, uint32_t offset, unsigned size)
{
    Nic *n = (Nic *)device;
    if (offset >= LAMEBUS_BUFFER)
        return lamebus_buffer_read(n->buffers, offset - LAMEBUS_BUFFER, size);
    uint32_t word = 0;
    switch (offset & ~3u) {
    case RECEIVE_IRQ: word = n->receive_irq; break;
    case TRANSMIT_IRQ: word = n->transmit_irq; break;
    case CONTROL:
        word = (n->promiscuous ? PROMISCUOUS : 0) |
               (event_pending(&n->sent) ? SEND : 0);
        break;
    case STATUS: word = n->address | (n->carrier ? 0 : NO_CARRIER); break;
    }
    return lamebus_get_lanes(word, offset, size);
}

static void write_control(Nic *n, uint32_t value)
{
    if (value & ~(uint32_t)CONTROL_BITS)
        lamebus_warn(&n->card,
                     "0x%x is written to CONTROL, of which bits 0 and 1 count",
                     value);
    n->promiscuous = value & PROMISCUOUS;
    if (value & SEND)
        send(n);
}

static void write_irq(Nic *n, uint32_t *irq, const char *name, uint32_t value)
{
    if (value == 0)
        *irq = 0;
    else
        lamebus_warn(&n->card, "0x%x is written to %s, which takes 0: it stays",
                     value, name);
    update_irq(n);
}

static void nic_write(Device *device, uint32_t offset, unsigned size,
                      uint32_t value)
{
    Nic *n = (Nic *)device;
    if (offset >= LAMEBUS_BUFFER) {
        lamebus_buffer_write(n->buffers, offset - LAMEBUS_BUFFER, size, value);
        return;
    }
    value = lamebus_put_lanes(value, offset, size);
    switch (offset & ~3u) {
    case RECEIVE_IRQ:
        write_irq(n, &n->receive_irq, "RECEIVE_IRQ", value);
        break;
    case TRANSMIT_IRQ:
        write_irq(n, &n->transmit_irq, "TRANSMIT_IRQ", value);
        break;
    case CONTROL: write_control(n, value); break;
    default:
        lamebus_warn(&n->card, "offset 0x%x is written, which is read-only",
                     offset);
        break;
    }
}

/* The cable stays plugged in; what is under way is lost. */
static void nic_reset(Device *device)
{
    Nic *n = (Nic *)device;
    events_cancel(n->events, &n->sent);
    events_cancel(n->events, &n->arrived);
    n->promiscuous = false;
    n->receive_irq = n->transmit_irq = 0;
    n->first = n->count = 0;
    memset(n->buffers, 0, sizeof n->buffers);
    update_irq(n);
}

static void nic_destroy(Device *device)
{
    Nic *n = (Nic *)device;
    events_cancel(n->events, &n->sent);
    events_cancel(n->events, &n->arrived);
    free(n);
}

static const DeviceReg regs[] = {
    {RECEIVE_IRQ, 4, "RECEIVE_IRQ",
     "1 when a frame is in the receive buffer, and those that come then are "
     "lost; 0 acknowledges; interrupts while it is not 0"},
    {TRANSMIT_IRQ, 4, "TRANSMIT_IRQ", "likewise when a frame has left"},
    {CONTROL, 4, "CONTROL",
     "bit 0: receives frames to other cards, too; bit 1: written, sends the "
     "frame in the send buffer, 2 ms long; read, one is under way"},
    {STATUS, 4, "STATUS",
     "the card's address, from 1 to 0xfffe; bit 31: no carrier, there is no "
     "hub; read-only"},
    {RECEIVE_BUFFER, NET161_FRAME_MAX, "RECEIVE",
     "the frame that came: half-words 0xa4b3, from, length in bytes with this "
     "header, to (0xffff: all), then data"},
    {SEND_BUFFER, NET161_FRAME_MAX, "SEND",
     "the frame that leaves; the card writes 0xa4b3 and from"},
};

static const StatRow stat_rows[] = {
    {"sent", "frames", "that left the card", offsetof(Nic, frames_sent)},
    {"unsent", "frames", "that could not: no carrier, or a bad header",
     offsetof(Nic, frames_unsent)},
    {"received", "frames", "that the guest got",
     offsetof(Nic, frames_received)},
    {"missed", "frames", "lost: one before was not acknowledged",
     offsetof(Nic, frames_missed)},
    {"overrun", "frames", "lost: too many at once, or no power",
     offsetof(Nic, frames_overrun)},
    {"others", "frames", "to other cards", offsetof(Nic, frames_others)},
    {"bad", "frames", "from outside that are none", offsetof(Nic, frames_bad)},
};

static const CkptField frame_state[] = {
    CKPT_UP_TO(Frame, size, NET161_FRAME_MAX),
    CKPT_ARRAY(Frame, bytes),
};

static void nic_checkpoint(Device *device, Ckpt *ckpt)
{
    Nic *n = (Nic *)device;
    ckpt_fields(ckpt, frame_state, ARRAY_LEN(frame_state), &n->sending);
    ckpt_records(ckpt, frame_state, ARRAY_LEN(frame_state), n->waiting,
                 WAITING_MAX, sizeof n->waiting[0]);
}

static const CkptField state[] = {
    CKPT_BOOL(Nic, carrier),
    CKPT_BOOL(Nic, promiscuous),
    CKPT_FIELD(Nic, receive_irq),
    CKPT_FIELD(Nic, transmit_irq),
    CKPT_UP_TO(Nic, first, WAITING_MAX - 1),
    CKPT_UP_TO(Nic, count, WAITING_MAX),
    CKPT_ARRAY(Nic, buffers),
};

static const DeviceEvent saved_events[] = {
    DEVICE_EVENT(Nic, sent),
    DEVICE_EVENT(Nic, arrived),
};

const DeviceClass lame_nic_class = {
    .name = "nic",
    .text = "System/161's network card",
    .regs = regs,
    .reg_count = ARRAY_LEN(regs),
    .span = LAMEBUS_SLOT_SIZE,
    .answers = lamebus_answers,
    .read = nic_read,
    .write = nic_write,
    .reset = nic_reset,
    .destroy = nic_destroy,
    .stats = stat_rows,
    .stat_count = ARRAY_LEN(stat_rows),
    .state = state,
    .state_count = ARRAY_LEN(state),
    .events = saved_events,
    .event_count = ARRAY_LEN(saved_events),
    .checkpoint = nic_checkpoint,
};

Device *lame_nic_create(LameSlot *slot, EventQueue *events,
                        const LameNicHost *host, uint16_t address)
{
    assert(address != NET161_HUB && address != NET161_ALL);
    Nic *n = alloc_zeroed(1, sizeof *n);
    n->card.device.cls = &lame_nic_class;
    n->card.slot = slot;
    n->events = events;
    n->host = *host;
    n->address = address;
    event_init(&n->sent, on_sent, n);
    event_init(&n->arrived, on_arrived, n);
    return &n->card.device;
}
