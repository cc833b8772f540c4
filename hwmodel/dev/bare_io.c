/* Console, end of the run, counters and interrupts for programs without an
 * operating system.  The first two are where GXemul's testmips machine has
 * them, so that programs for it run here. */
#include "hwmodel/dev/bare_io.h"

#include "base/alloc.h"
#include "base/bits.h"

#include <stdlib.h>

enum {
    CONSOLE = 0x000,
    EXIT = 0x010,
    CYCLES = 0x100,
    CYCLES_HIGH = 0x104,
    INSNS = 0x108,
    INSNS_HIGH = 0x10c,
    MARK = 0x110,
    IRQ = 0x120,
    IRQ_LATER = 0x124,
    IRQ_DELAY = 0x128,
    REGION = 0x1000,
    INPUTS_MASK = (1 << BARE_IO_INPUTS) - 1,
};

typedef struct BareIo {
    Device device;
    EventQueue *events;
    BareIoHost host;
    uint32_t cycles_high; /* as of the last read of CYCLES */
    uint32_t insns_high;
    uint32_t fault_pc;
    uint32_t irq, irq_later; /* levels of the inputs, bit by bit */
    Event later;
} BareIo;

static uint32_t split(uint64_t count, uint32_t *high)
{
    *high = (uint32_t)(count >> 32);
    return (uint32_t)count;
}

static void set_irq(BareIo *io, uint32_t levels)
{
    io->irq = levels;
    for (unsigned i = 0; i < BARE_IO_INPUTS; i++)
        line_set(&io->host.irq[i], levels >> i & 1);
}

static void on_later(void *ctx)
{
    BareIo *io = ctx;
    set_irq(io, io->irq_later);
}

static uint32_t io_read(Device *device, uint32_t offset, unsigned size)
{
    (void)size;
    BareIo *io = (BareIo *)device;
    switch (offset) {
    case CONSOLE: {
        int byte = io->host.get(io->host.ctx);
        return byte < 0 ? 0 : (uint32_t)byte;
    }
    case CYCLES: return split(events_now(io->events), &io->cycles_high);
    case CYCLES_HIGH: return io->cycles_high;
    case INSNS: return split(io->host.insns(io->host.ctx), &io->insns_high);
    case INSNS_HIGH: return io->insns_high;
    case IRQ: return io->irq;
    case IRQ_LATER: return io->irq_later;
    }
    return 0;
}

static void io_write(Device *device, uint32_t offset, unsigned size,
                     uint32_t value)
{
    (void)size;
    BareIo *io = (BareIo *)device;
    switch (offset) {
    case CONSOLE: io->host.put(io->host.ctx, (uint8_t)value); break;
    case EXIT: io->host.exit(io->host.ctx, value); break;
    case BARE_IO_FAULT:
        io->host.fault(io->host.ctx, value, io->fault_pc);
        break;
    case BARE_IO_FAULT_PC: io->fault_pc = value; break;
    case MARK: io->host.mark(io->host.ctx, value); break;
    case IRQ: set_irq(io, value & INPUTS_MASK); break;
    case IRQ_LATER: io->irq_later = value & INPUTS_MASK; break;
    case IRQ_DELAY:
        if (value)
            events_schedule(io->events, &io->later,
                            events_now(io->events) + value);
        else
            events_cancel(io->events, &io->later);
        break;
    }
}

static void io_reset(Device *device)
{
    BareIo *io = (BareIo *)device;
    io->cycles_high = 0;
    io->insns_high = 0;
    io->fault_pc = 0;
    io->irq_later = 0;
    events_cancel(io->events, &io->later);
    set_irq(io, 0);
}

static void io_destroy(Device *device)
{
    BareIo *io = (BareIo *)device;
    events_cancel(io->events, &io->later);
    free(device);
}

static const DeviceReg regs[] = {
    {CONSOLE, 4, "CONSOLE",
     "a write prints the low byte; a read takes the next byte of input, 0 if "
     "there is none; any size"},
    {EXIT, 4, "EXIT", "a write, of any size, ends the run with this status"},
    {BARE_IO_FAULT, 4, "FAULT",
     "a write ends the run, after a line on the console: the exception whose "
     "Cause this is has no handler; the board's own handlers at 0x80000000 and "
     "0x80000080 do it, unless the program brings others"},
    {BARE_IO_FAULT_PC, 4, "FAULT_PC", "EPC for that line; reads 0"},
    {CYCLES, 4, "CYCLES",
     "cycle counter, bits 31:0; reading it fixes the upper half"},
    {CYCLES_HIGH, 4, "CYCLES_HIGH", "bits 63:32 as of the last read of CYCLES"},
    {INSNS, 4, "INSNS", "count of instructions, likewise"},
    {INSNS_HIGH, 4, "INSNS_HIGH", "bits 63:32 as of the last read of INSNS"},
    {MARK, 4, "MARK",
     "region of interest: a write of another value than 0 begins it, 0 ends "
     "it; reads 0"},
    {IRQ, 4, "IRQ", "levels of interrupt inputs 5:0 (Cause.IP7:IP2)"},
    {IRQ_LATER, 4, "IRQ_LATER", "what IRQ becomes when the delay is over"},
    {IRQ_DELAY, 4, "IRQ_DELAY",
     "a write of n begins the delay anew: n cycles; 0 calls it off; reads 0"},
};

static const CkptField state[] = {
    CKPT_FIELD(BareIo, cycles_high),
    CKPT_FIELD(BareIo, insns_high),
    CKPT_FIELD(BareIo, fault_pc),
    CKPT_UP_TO(BareIo, irq, INPUTS_MASK),
    CKPT_UP_TO(BareIo, irq_later, INPUTS_MASK),
};

static const DeviceEvent saved_events[] = {
    DEVICE_EVENT(BareIo, later),
};

const DeviceClass bare_io_class = {
    .name = "bare",
    .text =
        "console, exit, counters and interrupts; addresses that are not listed read 0 "
        "and ignore writes",
    .regs = regs,
    .reg_count = ARRAY_LEN(regs),
    .span = REGION,
    .read = io_read,
    .write = io_write,
    .reset = io_reset,
    .destroy = io_destroy,
    .state = state,
    .state_count = ARRAY_LEN(state),
    .events = saved_events,
    .event_count = ARRAY_LEN(saved_events),
};

Device *bare_io_create(EventQueue *events, const BareIoHost *host)
{
    BareIo *io = alloc_zeroed(1, sizeof *io);
    io->device.cls = &bare_io_class;
    io->events = events;
    io->host = *host;
    event_init(&io->later, on_later, io);
    return &io->device;
}
