/* PMAD-AA: Am7990 (LANCE) Ethernet controller, buffer RAM, station ROM.
 *
 * The chip is on a good cable with nobody else on it: what it sends goes out
 * without collision, in the time that 10 Mbit/s take, and nothing ever arrives.
 * So the transmit side is whole (initialization block, ring, chained buffers,
 * demand and 1.6 ms polling, errors of the program), and the receive side is
 * RXON.  Loopback modes lose the frame like the cable does.
 *
 * After the Am7990 data sheet, and the PMAD-AA's decoding as Linux's declance.c
 * and NetBSD's if_le use it. */
#include "hwmodel/dev/lance.h"

#include "base/alloc.h"
#include "base/bits.h"
#include "hwmodel/dev/turbochannel.h"

#include <stdlib.h>
#include <string.h>

enum {
    /* Address bit 21 is not decoded: the ROM shows at 0x3c0000 too. */
    REGION = 0x200000,
    RDP = 0x100000,
    RAP = 0x100004,
    ROM = 0x1c0000, /* byte lane 0; lane 2 is the station address ROM */
    STATION_LANE = 2,
    STATION_ROM = 32,
    RAM_SIZE = 0x20000,

    CSR0_ERR = 0x8000,
    CSR0_BABL = 0x4000,
    CSR0_CERR = 0x2000,
    CSR0_MISS = 0x1000,
    CSR0_MERR = 0x0800,
    CSR0_RINT = 0x0400,
    CSR0_TINT = 0x0200,
    CSR0_IDON = 0x0100,
    CSR0_INTR = 0x0080,
    CSR0_INEA = 0x0040,
    CSR0_RXON = 0x0020,
    CSR0_TXON = 0x0010,
    CSR0_TDMD = 0x0008,
    CSR0_STOP = 0x0004,
    CSR0_STRT = 0x0002,
    CSR0_INIT = 0x0001,
    CSR0_ERRORS = CSR0_BABL | CSR0_CERR | CSR0_MISS | CSR0_MERR,
    CSR0_EVENTS =
        CSR0_BABL | CSR0_MISS | CSR0_MERR | CSR0_RINT | CSR0_TINT | CSR0_IDON,

    CSR3_BITS = 0x0007,

    MODE_DTX = 0x0002,
    MODE_DRX = 0x0001,

    /* Offsets in the initialization block and in a descriptor. */
    BLOCK_MODE = 0,
    BLOCK_TDRA = 20,
    DESCRIPTOR_SIZE = 8,
    TMD1 = 2,
    TMD2 = 4,
    TMD3 = 6,
    TMD1_OWN = 0x8000,
    TMD1_ERR = 0x4000,
    TMD1_STATUS = 0x7c00, /* ERR, (reserved), MORE, ONE, DEF */
    TMD1_STP = 0x0200,
    TMD1_ENP = 0x0100,
    TMD2_COUNT = 0x0fff, /* of bytes, negated */
    TMD3_BUFF = 0x8000,
    TMD3_UFLO = 0x4000,

    FRAME_MAX = 1519,    /* bytes; more is babble */
    FRAME_EXTRA = 8 + 4, /* preamble, check sequence */
    GAP_BITS = 96,       /* between frames */
    BITS_PER_SECOND = 10000000,
    INIT_US = 10, /* 24 bytes by DMA, at 600 ns a word, and set-up */
    POLL_US = 1600,
};

typedef struct Lance {
    Device device;
    EventQueue *events;
    Line irq;
    unsigned rap;
    uint32_t csr0; /* without ERR and INTR, which follow from it */
    uint32_t csr1, csr2, csr3;
    uint32_t mode;
    uint32_t ring; /* address of the transmit ring */
    unsigned ring_mask;
    unsigned next;    /* descriptor to look at */
    unsigned sending; /* descriptors of the frame on the wire, or 0 */
    bool short_frame; /* ... whose last descriptor is missing */
    uint32_t length;  /* ... in bytes */
    Event initialized;
    Event transmit; /* the frame is out, or the ring is to be polled */
    uint8_t ram[RAM_SIZE];
    uint8_t rom[TURBOCHANNEL_ROM];
    uint8_t station[STATION_ROM];
    uint64_t count_frames;
    uint64_t count_bytes;
} Lance;

/* The chip's 24-bit addresses wrap in the buffer RAM. */

static uint32_t load(const Lance *lance, uint32_t address)
{
    return bits_load16(lance->ram + (address & (RAM_SIZE - 2)), false);
}

static void store(Lance *lance, uint32_t address, uint32_t value)
{
    bits_store16(lance->ram + (address & (RAM_SIZE - 2)), value, false);
}

static uint32_t descriptor(const Lance *lance, unsigned index)
{
    return lance->ring + (index & lance->ring_mask) * DESCRIPTOR_SIZE;
}

static uint32_t read_csr0(const Lance *lance)
{
    return lance->csr0 | (lance->csr0 & CSR0_ERRORS ? CSR0_ERR : 0) |
           (lance->csr0 & CSR0_EVENTS ? CSR0_INTR : 0);
}

static void update_irq(Lance *lance)
{
    line_set(&lance->irq, lance->csr0 & CSR0_INEA && lance->csr0 & CSR0_EVENTS);
}

static void schedule(Lance *lance, Event *event, uint64_t count, uint64_t hz)
{
    events_schedule(lance->events, event,
                    events_now(lance->events) +
                        events_cycles(lance->events, count, hz));
}

static void stop(Lance *lance)
{
    events_cancel(lance->events, &lance->initialized);
    events_cancel(lance->events, &lance->transmit);
    lance->csr0 = CSR0_STOP;
    lance->csr3 = 0;
    lance->sending = 0;
    update_irq(lance);
}

/* STRT, once the chip is initialized. */
static void start(Lance *lance)
{
    if (!(lance->mode & MODE_DRX))
        lance->csr0 |= CSR0_RXON;
    if (lance->mode & MODE_DTX)
        return;
    lance->csr0 |= CSR0_TXON;
    schedule(lance, &lance->transmit, POLL_US, 1000000);
}

static void run_initialized(void *ctx)
{
    Lance *lance = ctx;
    uint32_t block = lance->csr2 << 16 | lance->csr1;
    lance->mode = load(lance, block + BLOCK_MODE);
    uint32_t low = load(lance, block + BLOCK_TDRA);
    uint32_t high = load(lance, block + BLOCK_TDRA + 2);
    lance->ring = (high & 0xff) << 16 | (low & ~7u);
    lance->ring_mask = (1u << (high >> 13)) - 1;
    lance->next = 0;
    lance->csr0 |= CSR0_IDON;
    if (lance->csr0 & CSR0_STRT)
        start(lance);
    update_irq(lance);
}

/* Looks at the ring.  If it holds a frame, puts it on the wire: finds its
 * length, and the time when it will be out. */
static void poll_ring(Lance *lance)
{
    lance->csr0 &= ~(uint32_t)CSR0_TDMD;
    lance->length = 0;
    unsigned count = 0;
    uint32_t flags = 0;
    while (!(flags & TMD1_ENP) && count <= lance->ring_mask) {
        uint32_t at = descriptor(lance, lance->next + count);
        flags = load(lance, at + TMD1);
        if (!(flags & TMD1_OWN))
            break;
        if (count == 0 && !(flags & TMD1_STP)) {
            /* The rest of a frame that was given up: pass over it. */
            store(lance, at + TMD1, flags & ~(uint32_t)TMD1_OWN);
            lance->next = (lance->next + 1) & lance->ring_mask;
            schedule(lance, &lance->transmit, GAP_BITS, BITS_PER_SECOND);
            return;
        }
        uint32_t bytes = -load(lance, at + TMD2) & TMD2_COUNT;
        lance->length += bytes ? bytes : TMD2_COUNT + 1;
        count++;
    }
    if (count == 0) {
        schedule(lance, &lance->transmit, POLL_US, 1000000);
        return;
    }
    lance->sending = count;
    lance->short_frame = !(flags & TMD1_ENP);
    schedule(lance, &lance->transmit, 8 * (lance->length + FRAME_EXTRA),
             BITS_PER_SECOND);
}

/* The frame is out.  One without an end has run the transmitter dry. */
static void finish_frame(Lance *lance)
{
    for (unsigned i = 0; i < lance->sending; i++) {
        uint32_t at = descriptor(lance, lance->next + i);
        bool failed = lance->short_frame && i + 1 == lance->sending;
        uint32_t flags = load(lance, at + TMD1);
        flags &= ~(uint32_t)(TMD1_OWN | TMD1_STATUS);
        store(lance, at + TMD3, failed ? TMD3_BUFF | TMD3_UFLO : 0);
        store(lance, at + TMD1, flags | (failed ? TMD1_ERR : 0));
    }
    lance->next = (lance->next + lance->sending) & lance->ring_mask;
    lance->sending = 0;
    lance->csr0 |= CSR0_TINT;
    if (lance->length > FRAME_MAX)
        lance->csr0 |= CSR0_BABL;
    if (lance->short_frame) {
        lance->csr0 &= ~(uint32_t)CSR0_TXON;
    } else {
        lance->count_frames++;
        lance->count_bytes += lance->length;
        schedule(lance, &lance->transmit, GAP_BITS, BITS_PER_SECOND);
    }
    update_irq(lance);
}

static void run_transmit(void *ctx)
{
    Lance *lance = ctx;
    if (lance->sending)
        finish_frame(lance);
    else
        poll_ring(lance);
}

/* Registers. */

static void write_csr0(Lance *lance, uint32_t value)
{
    if (value & CSR0_STOP) {
        stop(lance);
        return;
    }
    lance->csr0 &= ~(value & (CSR0_ERRORS | CSR0_EVENTS)); /* ones clear */
    uint32_t begun = value & ~lance->csr0;
    if (begun & (CSR0_INIT | CSR0_STRT))
        lance->csr0 &= ~(uint32_t)CSR0_STOP;
    if (begun & CSR0_INIT) {
        lance->csr0 |= CSR0_INIT;
        schedule(lance, &lance->initialized, INIT_US, 1000000);
    }
    if (begun & CSR0_STRT) {
        lance->csr0 |= CSR0_STRT;
        if (!event_pending(&lance->initialized))
            start(lance);
    }
    if (!(lance->csr0 & CSR0_STOP))
        lance->csr0 =
            (lance->csr0 & ~(uint32_t)CSR0_INEA) | (value & CSR0_INEA);
    if (begun & CSR0_TDMD && lance->csr0 & CSR0_TXON) {
        lance->csr0 |= CSR0_TDMD;
        if (!lance->sending)
            schedule(lance, &lance->transmit, 0, 1);
    }
    update_irq(lance);
}

static void write_rdp(Lance *lance, uint32_t value)
{
    value &= 0xffff;
    if (lance->rap == 0)
        write_csr0(lance, value);
    if (!(lance->csr0 & CSR0_STOP))
        return;
    switch (lance->rap) {
    case 1: lance->csr1 = value & ~1u; break;
    case 2: lance->csr2 = value & 0xff; break;
    case 3: lance->csr3 = value & CSR3_BITS; break;
    }
}

static uint32_t read_rdp(const Lance *lance)
{
    if (lance->rap == 0)
        return read_csr0(lance);
    if (!(lance->csr0 & CSR0_STOP))
        return 0;
    return lance->rap == 1   ? lance->csr1
           : lance->rap == 2 ? lance->csr2
                             : lance->csr3;
}

static uint32_t read_roms(const Lance *lance, uint32_t offset)
{
    uint32_t index = offset / 4;
    uint32_t id = index < TURBOCHANNEL_ROM ? lance->rom[index] : 0;
    uint32_t station = lance->station[index % STATION_ROM];
    return (id | station << 8 * STATION_LANE) >> 8 * (offset & 3);
}

static uint32_t lance_read(Device *device, uint32_t offset, unsigned size)
{
    Lance *lance = (Lance *)device;
    if (offset >= ROM)
        return read_roms(lance, offset - ROM);
    if (offset >= RDP) {
        uint32_t word = offset & 4 ? lance->rap : read_rdp(lance);
        return word >> 8 * (offset & 3);
    }
    const uint8_t *p = lance->ram + offset % RAM_SIZE;
    return size == 1   ? *p
           : size == 2 ? bits_load16(p, false)
                       : bits_load32(p, false);
}

static void lance_write(Device *device, uint32_t offset, unsigned size,
                        uint32_t value)
{
    Lance *lance = (Lance *)device;
    if (offset >= ROM)
        return;
    if (offset >= RDP) {
        if (size == 1 || offset & 3)
            return;
        if (offset & 4)
            lance->rap = value & 3;
        else
            write_rdp(lance, value);
        return;
    }
    uint8_t *p = lance->ram + offset % RAM_SIZE;
    if (size == 1)
        *p = (uint8_t)value;
    else if (size == 2)
        bits_store16(p, value, false);
    else
        bits_store32(p, value, false);
}

static void lance_reset(Device *device)
{
    Lance *lance = (Lance *)device;
    lance->rap = 0;
    lance->csr1 = lance->csr2 = 0;
    stop(lance);
}

static void lance_destroy(Device *device)
{
    Lance *lance = (Lance *)device;
    events_cancel(lance->events, &lance->initialized);
    events_cancel(lance->events, &lance->transmit);
    free(lance);
}

static const DeviceReg regs[] = {
    {0, RDP, "buffer", "128 KB of RAM, repeated"},
    {RDP, 4, "RDP",
     "the register that RAP selects, 16 or 32 bits at once (bytes are ignored), "
     "repeated with RAP up to the ROM; CSR0: 15 ERR, 14 BABL, 13 CERR (never), "
     "12 MISS (never), 11 MERR (never), 10 RINT (never), 9 TINT, 8 IDON, 7 "
     "INTR, 6 INEA, 5 RXON, 4 TXON, 3 TDMD, 2 STOP, 1 STRT, 0 INIT; CSR1, "
     "CSR2: address of the initialization block; CSR3: 2:0 BSWP, ACON, BCON, "
     "kept (the option's wiring fixes them); CSR1 to CSR3 need STOP, and read "
     "0 without it"},
    {RAP, 4, "RAP", "1:0 register selection, others 0"},
    {ROM, REGION - ROM, "ROM",
     "byte 0 of each word: identification; byte 2: station address, checksum, "
     "both reversed and repeated, test pattern"},
};

static const StatRow stats[] = {
    {"frames", "frames", "Ethernet frames sent", offsetof(Lance, count_frames)},
    {"bytes", "bytes", "bytes of these frames, without preamble and check",
     offsetof(Lance, count_bytes)},
};

static const CkptField state[] = {
    CKPT_UP_TO(Lance, rap, 3),     CKPT_FIELD(Lance, csr0),
    CKPT_FIELD(Lance, csr1),       CKPT_FIELD(Lance, csr2),
    CKPT_FIELD(Lance, csr3),       CKPT_FIELD(Lance, mode),
    CKPT_FIELD(Lance, ring),       CKPT_UP_TO(Lance, ring_mask, 127),
    CKPT_UP_TO(Lance, next, 127),  CKPT_UP_TO(Lance, sending, 128),
    CKPT_BOOL(Lance, short_frame), CKPT_FIELD(Lance, length),
    CKPT_ARRAY(Lance, ram),
};

static const DeviceEvent saved_events[] = {
    DEVICE_EVENT(Lance, initialized),
    DEVICE_EVENT(Lance, transmit),
};

const DeviceClass lance_class = {
    .name = "lance",
    .text = "PMAD-AA Ethernet option: Am7990 on a cable with no other station",
    .regs = regs,
    .reg_count = ARRAY_LEN(regs),
    .span = REGION,
    .read = lance_read,
    .write = lance_write,
    .reset = lance_reset,
    .destroy = lance_destroy,
    .stats = stats,
    .stat_count = ARRAY_LEN(stats),
    .state = state,
    .state_count = ARRAY_LEN(state),
    .events = saved_events,
    .event_count = ARRAY_LEN(saved_events),
};

/* The station address ROM of DEC's Ethernet hardware: address and checksum
 * forwards, backwards and forwards again, then a test pattern, twice. */
static void fill_station(uint8_t rom[STATION_ROM], const uint8_t station[6])
{
    uint8_t group[8];
    uint32_t sum = 0;
    for (unsigned i = 0; i < 6; i += 2) {
        sum *= 2;
        sum = (sum & 0xffff) + (sum >> 16);
        sum += bits_load16(station + i, false);
        sum = (sum & 0xffff) + (sum >> 16);
    }
    memcpy(group, station, 6);
    bits_store16(group + 6, sum == 0xffff ? 0 : sum, false);
    static const uint8_t pattern[8] = {0xff, 0x00, 0x55, 0xaa,
                                       0xff, 0x00, 0x55, 0xaa};
    for (unsigned i = 0; i < 8; i++) {
        rom[i] = group[i];
        rom[15 - i] = group[i];
        rom[16 + i] = group[i];
        rom[24 + i] = pattern[i];
    }
}

Device *lance_create(EventQueue *events, const uint8_t station[6], Line irq)
{
    Lance *lance = alloc_zeroed(1, sizeof *lance);
    lance->device.cls = &lance_class;
    lance->events = events;
    lance->irq = irq;
    event_init(&lance->initialized, run_initialized, lance);
    event_init(&lance->transmit, run_transmit, lance);
    turbochannel_fill_rom(lance->rom, "PMAD-AA", "V5.3a");
    fill_station(lance->station, station);
    return &lance->device;
}
