/* DC7085 quad serial line controller (the DZ11 on a chip), console on line 3.
 *
 * The transmitter scanner offers one enabled line whose holding register is
 * empty: it sets TRDY and puts the line's number into TLINE, where both stay
 * until TDR is written or the line is disabled.  Of several lines it takes the
 * highest.  Received characters of all lines go through one silo of 64.
 *
 * After the DZ11 User's Guide (EK-DZ110-OP) and the drivers of Linux (dz.c) and
 * NetBSD (dz.c).  What the model leaves out: speed, parity and stop bits of LPR
 * are kept but do nothing, for both ends of a line agree and dz.baud sets the
 * speed; master clear and TRDY's recovery take no time. */
#include "hwmodel/dev/dz11.h"

#include "base/alloc.h"
#include "base/bits.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    CSR = 0x00,
    RBUF_LPR = 0x08,
    TCR = 0x10,
    MSR_TDR = 0x18,
    REGION = 0x20,

    CSR_TRDY = 0x8000,
    CSR_TIE = 0x4000,
    CSR_TLINE_SHIFT = 8,
    CSR_RDONE = 0x0080,
    CSR_RIE = 0x0040,
    CSR_MSE = 0x0020,
    CSR_CLR = 0x0010,
    CSR_MAINT = 0x0008,
    CSR_WRITABLE = CSR_TIE | CSR_RIE | CSR_MSE | CSR_MAINT,

    RBUF_DVAL = 0x8000,
    RBUF_OERR = 0x4000,
    RBUF_FERR = 0x2000,
    RBUF_LINE_SHIFT = 8,

    LPR_LINE = 0x0003,
    LPR_LENGTH_SHIFT = 3, /* 0..3: 5..8 bits */
    LPR_RXENAB = 0x1000,

    TCR_ENABLES = 0x000f,
    TCR_MODEM = 0x0f00,

    /* The terminal on line 3 shows CTS, DSR and CD; nothing is on line 2. */
    MSR_VALUE = 0x0007,

    LINES = 4,
    SILO_SIZE = 64,
    BITS_PER_CHARACTER = 10,
};

typedef struct Dz11 Dz11;

typedef struct Transmitter {
    Dz11 *dz;
    unsigned line;
    bool holding; /* `held` waits for the shift register */
    uint8_t held;
    uint8_t shifting; /* on its way while `sent` is pending */
    Event sent;
} Transmitter;

struct Dz11 {
    Device device;
    EventQueue *events;
    uint64_t character; /* cycles that one lasts; 0: none */
    Dz11Terminal console;
    Line irq;
    bool output_disabled;

    uint32_t csr; /* CSR_WRITABLE and TRDY */
    unsigned tline;
    uint32_t tcr;
    uint32_t breaks; /* lines held in break */
    uint32_t lpr[LINES];
    Transmitter tx[LINES];

    uint16_t silo[SILO_SIZE];
    unsigned silo_first;
    unsigned silo_count;
    bool overrun[LINES]; /* a character was lost since the last stored one */
    Event arrival;       /* of a character from the terminal, when timed */
    bool idle;           /* the terminal had none; dz11_wake() will tell */

    uint64_t count_sent;
    uint64_t count_received;
    uint64_t count_overruns;
};

static void update_irq(Dz11 *dz)
{
    line_set(&dz->irq, (dz->csr & CSR_RIE && dz->silo_count > 0) ||
                           (dz->csr & CSR_TIE && dz->csr & CSR_TRDY));
}

static uint8_t trim_character(const Dz11 *dz, unsigned line, uint32_t byte)
{
    unsigned bits = 5 + (dz->lpr[line] >> LPR_LENGTH_SHIFT & 3);
    return byte & ((1u << bits) - 1);
}

/* Receiver. */

static bool is_receiving(const Dz11 *dz, unsigned line)
{
    return dz->csr & CSR_MSE && dz->lpr[line] & LPR_RXENAB;
}

/* A character arrives; `flags` are RBUF error bits. */
static void receive(Dz11 *dz, unsigned line, uint32_t byte, uint32_t flags)
{
    if (!is_receiving(dz, line))
        return;
    if (dz->silo_count == SILO_SIZE) {
        dz->overrun[line] = true;
        dz->count_overruns++;
        return;
    }
    if (dz->overrun[line])
        flags |= RBUF_OERR;
    dz->overrun[line] = false;
    unsigned last = (dz->silo_first + dz->silo_count++) % SILO_SIZE;
    dz->silo[last] = (uint16_t)(RBUF_DVAL | flags | line << RBUF_LINE_SHIFT |
                                trim_character(dz, line, byte));
    dz->count_received++;
}

/* Whether the console line could take a character from the terminal: in
 * maintenance mode its receiver hears its own transmitter instead. */
static bool is_listening(const Dz11 *dz)
{
    return !dz->idle && is_receiving(dz, DZ11_CONSOLE_LINE) &&
           !(dz->csr & CSR_MAINT) && dz->silo_count < SILO_SIZE;
}

static void take_input(Dz11 *dz)
{
    int byte = dz->console.get(dz->console.ctx);
    dz->idle = byte < 0;
    if (!dz->idle)
        receive(dz, DZ11_CONSOLE_LINE, (uint32_t)byte, 0);
}

/* Takes what the terminal has, or lets its next character begin to arrive. */
static void pull_input(Dz11 *dz)
{
    if (!dz->character)
        while (is_listening(dz))
            take_input(dz);
    else if (is_listening(dz) && !event_pending(&dz->arrival))
        events_schedule(dz->events, &dz->arrival,
                        events_now(dz->events) + dz->character);
    update_irq(dz);
}

static void run_arrival(void *ctx)
{
    Dz11 *dz = ctx;
    if (is_listening(dz))
        take_input(dz);
    pull_input(dz);
}

void dz11_wake(Device *device)
{
    assert(device->cls == &dz11_class);
    Dz11 *dz = (Dz11 *)device;
    dz->idle = false;
    pull_input(dz);
}

static uint32_t pop_silo(Dz11 *dz)
{
    if (dz->silo_count == 0)
        return 0;
    uint32_t word = dz->silo[dz->silo_first];
    dz->silo_first = (dz->silo_first + 1) % SILO_SIZE;
    dz->silo_count--;
    pull_input(dz);
    return word;
}

static void clear_silo(Dz11 *dz)
{
    dz->silo_count = 0;
    memset(dz->overrun, 0, sizeof dz->overrun);
}

/* Transmitters. */

static void scan(Dz11 *dz)
{
    if (dz->csr & CSR_MSE && !(dz->csr & CSR_TRDY))
        for (unsigned line = LINES; line-- > 0;)
            if (dz->tcr >> line & 1 && !dz->tx[line].holding) {
                dz->csr |= CSR_TRDY;
                dz->tline = line;
                break;
            }
    update_irq(dz);
}

/* The last bit of a character is out. */
static void deliver(Dz11 *dz, unsigned line, uint8_t byte)
{
    if (dz->breaks >> line & 1)
        return;
    dz->count_sent++;
    if (dz->csr & CSR_MAINT)
        receive(dz, line, byte, 0);
    else if (line == DZ11_CONSOLE_LINE && !dz->output_disabled)
        dz->console.put(dz->console.ctx, byte);
}

static void start_shifting(Transmitter *tx, uint8_t byte)
{
    Dz11 *dz = tx->dz;
    tx->shifting = byte;
    events_schedule(dz->events, &tx->sent,
                    events_now(dz->events) + dz->character);
}

static void run_sent(void *ctx)
{
    Transmitter *tx = ctx;
    Dz11 *dz = tx->dz;
    deliver(dz, tx->line, tx->shifting);
    if (tx->holding) {
        tx->holding = false;
        start_shifting(tx, tx->held);
    }
    scan(dz);
}

void dz11_drain(Device *device)
{
    assert(device->cls == &dz11_class);
    Dz11 *dz = (Dz11 *)device;
    for (unsigned line = 0; line < LINES; line++)
        while (event_pending(&dz->tx[line].sent)) {
            events_cancel(dz->events, &dz->tx[line].sent);
            run_sent(&dz->tx[line]);
        }
}

static void transmit(Dz11 *dz, uint32_t byte)
{
    if (!(dz->csr & CSR_TRDY))
        return;
    dz->csr &= ~(uint32_t)CSR_TRDY;
    Transmitter *tx = &dz->tx[dz->tline];
    uint8_t trimmed = trim_character(dz, tx->line, byte);
    if (!dz->character) {
        deliver(dz, tx->line, trimmed);
    } else if (event_pending(&tx->sent)) {
        tx->holding = true;
        tx->held = trimmed;
    } else {
        start_shifting(tx, trimmed);
    }
    scan(dz);
}

/* A line that goes into break while it is looped back receives a null with a
 * framing error. */
static void set_breaks(Dz11 *dz, uint32_t breaks)
{
    uint32_t begun = breaks & ~dz->breaks;
    dz->breaks = breaks;
    for (unsigned line = 0; line < LINES; line++)
        if (begun >> line & 1 && dz->csr & CSR_MAINT)
            receive(dz, line, 0, RBUF_FERR);
    update_irq(dz);
}

void dz11_disable_output(Device *device, bool disable)
{
    assert(device->cls == &dz11_class);
    ((Dz11 *)device)->output_disabled = disable;
}

/* Registers. */

static void cancel_events(Dz11 *dz)
{
    for (unsigned line = 0; line < LINES; line++)
        events_cancel(dz->events, &dz->tx[line].sent);
    events_cancel(dz->events, &dz->arrival);
}

/* Master clear: everything but the modem outputs. */
static void clear(Dz11 *dz)
{
    cancel_events(dz);
    dz->csr = 0;
    dz->tline = 0;
    dz->tcr &= TCR_MODEM;
    dz->breaks = 0;
    for (unsigned line = 0; line < LINES; line++) {
        dz->lpr[line] = 0;
        dz->tx[line].holding = false;
    }
    clear_silo(dz);
    update_irq(dz);
}

static void write_csr(Dz11 *dz, uint32_t value)
{
    if (value & CSR_CLR) {
        clear(dz);
        return;
    }
    dz->csr = (dz->csr & CSR_TRDY) | (value & CSR_WRITABLE);
    if (!(dz->csr & CSR_MSE)) {
        dz->csr &= ~(uint32_t)CSR_TRDY;
        clear_silo(dz);
    }
    scan(dz);
    pull_input(dz);
}

static void write_tcr(Dz11 *dz, uint32_t value)
{
    dz->tcr = value & (TCR_ENABLES | TCR_MODEM);
    if (!(dz->tcr >> dz->tline & 1))
        dz->csr &= ~(uint32_t)CSR_TRDY;
    scan(dz);
}

static uint32_t read_csr(const Dz11 *dz)
{
    return dz->csr | (dz->csr & CSR_TRDY ? dz->tline << CSR_TLINE_SHIFT : 0) |
           (dz->silo_count > 0 ? CSR_RDONE : 0);
}

static uint32_t dz_read(Device *device, uint32_t offset, unsigned size)
{
    (void)size;
    Dz11 *dz = (Dz11 *)device;
    unsigned lane = offset & 7;
    uint32_t word = 0;
    switch (offset - lane) {
    case CSR: word = read_csr(dz); break;
    case RBUF_LPR:
        if (lane == 0) /* only reading the character takes it */
            word = pop_silo(dz);
        else if (dz->silo_count > 0)
            word = dz->silo[dz->silo_first];
        break;
    case TCR: word = dz->tcr; break;
    case MSR_TDR: word = MSR_VALUE; break;
    }
    return lane < 2 ? word >> 8 * lane : 0;
}

static void dz_write(Device *device, uint32_t offset, unsigned size,
                     uint32_t value)
{
    Dz11 *dz = (Dz11 *)device;
    unsigned lane = offset & 7;
    if (lane > 1)
        return;
    switch (offset - lane) {
    case CSR:
        write_csr(dz, device_set_lanes(dz->csr, lane, size, value));
        break;
    case RBUF_LPR:
        if (size >= 2) {
            dz->lpr[value & LPR_LINE] = value;
            pull_input(dz);
        }
        break;
    case TCR:
        write_tcr(dz, device_set_lanes(dz->tcr, lane, size, value));
        break;
    case MSR_TDR:
        value <<= 8 * lane;
        if (lane == 1 || size >= 2)
            set_breaks(dz, value >> 8 & TCR_ENABLES);
        if (lane == 0)
            transmit(dz, value);
        break;
    }
}

static void dz_reset(Device *device)
{
    Dz11 *dz = (Dz11 *)device;
    dz->tcr = 0;
    dz->idle = false;
    clear(dz);
}

static void dz_destroy(Device *device)
{
    cancel_events((Dz11 *)device);
    free(device);
}

static const DeviceReg regs[] = {
    {CSR, 8, "CSR",
     "15 TRDY, 14 TIE, 9:8 TLINE (0 unless TRDY), 7 RDONE, 6 RIE, 5 MSE (its "
     "clearing clears TRDY and the silo), 4 CLR (master clear, done at once: "
     "reads 0), 3 MAINT (transmitters loop back to receivers); others read 0"},
    {RBUF_LPR, 8, "RBUF/LPR",
     "read: 15 DVAL, 14 OERR, 13 FERR (looped-back break), 12 PERR (always 0), "
     "9:8 line, 7:0 character; write (16 or 32 bits at once; bytes are "
     "ignored): 12 RXENAB, 11:8 speed, 7:6 parity, 5 stop bits (no effect), "
     "4:3 character length, 1:0 line"},
    {TCR, 8, "TCR",
     "3:0 transmitter enables; 11:8 modem outputs, read as written, connected "
     "to nothing; others read 0"},
    {MSR_TDR, 8, "MSR/TDR",
     "read: 2 CD, 1 DSR, 0 CTS of line 3 read 1 (11:8, line 2, read 0); write: "
     "11:8 breaks, 7:0 character for TLINE"},
};

static const StatRow stats[] = {
    {"sent", "characters", "characters that left the four transmitters",
     offsetof(Dz11, count_sent)},
    {"received", "characters", "characters that entered the silo",
     offsetof(Dz11, count_received)},
    {"overruns", "characters", "received characters lost: the silo was full",
     offsetof(Dz11, count_overruns)},
};

static const CkptField tx_state[] = {
    CKPT_BOOL(Transmitter, holding),
    CKPT_FIELD(Transmitter, held),
    CKPT_FIELD(Transmitter, shifting),
};

static void dz_checkpoint(Device *device, Ckpt *ckpt)
{
    Dz11 *dz = (Dz11 *)device;
    char name[8];
    ckpt_records(ckpt, tx_state, ARRAY_LEN(tx_state), dz->tx, LINES,
                 sizeof dz->tx[0]);
    for (unsigned line = 0; line < LINES; line++) {
        snprintf(name, sizeof name, "sent%u", line);
        event_checkpoint(dz->events, &dz->tx[line].sent, name, ckpt);
    }
}

static const CkptField state[] = {
    CKPT_BOOL(Dz11, output_disabled),
    CKPT_FIELD(Dz11, csr),
    CKPT_UP_TO(Dz11, tline, LINES - 1),
    CKPT_FIELD(Dz11, tcr),
    CKPT_FIELD(Dz11, breaks),
    CKPT_ARRAY(Dz11, lpr),
    CKPT_ARRAY(Dz11, silo),
    CKPT_UP_TO(Dz11, silo_first, SILO_SIZE - 1),
    CKPT_UP_TO(Dz11, silo_count, SILO_SIZE),
    CKPT_ARRAY_UP_TO(Dz11, overrun, 1),
    CKPT_BOOL(Dz11, idle),
};

static const DeviceEvent saved_events[] = {
    DEVICE_EVENT(Dz11, arrival),
};

const DeviceClass dz11_class = {
    .name = "dz11",
    .text = "DC7085 serial line controller, console on line 3",
    .regs = regs,
    .reg_count = ARRAY_LEN(regs),
    .span = REGION,
    .read = dz_read,
    .write = dz_write,
    .reset = dz_reset,
    .destroy = dz_destroy,
    .stats = stats,
    .stat_count = ARRAY_LEN(stats),
    .state = state,
    .state_count = ARRAY_LEN(state),
    .events = saved_events,
    .event_count = ARRAY_LEN(saved_events),
    .checkpoint = dz_checkpoint,
};

Device *dz11_create(EventQueue *events, unsigned baud,
                    const Dz11Terminal *console, Line irq)
{
    Dz11 *dz = alloc_zeroed(1, sizeof *dz);
    dz->device.cls = &dz11_class;
    dz->events = events;
    dz->character = baud ? events_cycles(events, BITS_PER_CHARACTER, baud) : 0;
    dz->console = *console;
    dz->irq = irq;
    event_init(&dz->arrival, run_arrival, dz);
    for (unsigned line = 0; line < LINES; line++) {
        Transmitter *tx = &dz->tx[line];
        tx->dz = dz;
        tx->line = line;
        event_init(&tx->sent, run_sent, tx);
    }
    return &dz->device;
}
