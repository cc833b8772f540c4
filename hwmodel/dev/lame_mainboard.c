/* The mainboards of System/161; see lame_mainboard.h.
 *
 * Slot 31 is divided into 1 KB regions: one of configuration for each slot,
 * that of slot 31 with the controller's own registers, and then one for each
 * processor. */
#include "hwmodel/dev/lame_mainboard.h"

#include "base/alloc.h"
#include "base/bits.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    REGION = 0x400,
    VID = 0x0,
    DID = 0x4,
    DRL = 0x8,

    CONTROLLER = LAMEBUS_CONTROLLER * REGION,
    RAMSZ = CONTROLLER + 0x200,
    IRQS = CONTROLLER + 0x204,
    PWR = CONTROLLER + 0x208,
    IRQE = CONTROLLER + 0x20c,
    CPUS = CONTROLLER + 0x210,
    CPUE = CONTROLLER + 0x214,
    SELF = CONTROLLER + 0x218,

    CPU_AREA = 0x8000,
    CIRQE = CPU_AREA,
    CIPI = CPU_AREA + 0x4,
    CRAM = CPU_AREA + 0x300,
    CRAM_SIZE = 0x100,

    /* Words of CRAM that a processor begins with. */
    CRAM_PC = 0,
    CRAM_ARGUMENT = 4,

    POWER_OFF_MS = 5,
};

/* A processor's region. */
typedef struct CpuArea {
    uint32_t cirqe, cipi;
    uint8_t cram[CRAM_SIZE];
} CpuArea;

typedef struct Mainboard {
    LameCard card;
    EventQueue *events;
    LameMainboardHost host;
    Event off;
    uint32_t ram;
    uint32_t filled; /* bit by bit, as all masks of slots */
    LameId ids[LAMEBUS_SLOTS];
    LameSlot slots[LAMEBUS_SLOTS];
    uint32_t irqs, irqe;
    uint32_t cpue;
    unsigned cpu_count;
    CpuArea cpus[LAME_CPUS_MAX];
} Mainboard;

static void update_cpu_irq(Mainboard *mb, unsigned cpu)
{
    const CpuArea *area = &mb->cpus[cpu];
    line_set(&mb->host.bus_irq[cpu], mb->irqs & mb->irqe & area->cirqe);
    line_set(&mb->host.ipi[cpu], area->cipi != 0);
}

static void update_irq(Mainboard *mb)
{
    for (unsigned i = 0; i < mb->cpu_count; i++)
        update_cpu_irq(mb, i);
}

static void on_slot_irq(void *ctx, unsigned number, bool level)
{
    Mainboard *mb = ctx;
    uint32_t irqs = (mb->irqs & ~(1u << number)) | (uint32_t)level << number;
    if (irqs == mb->irqs)
        return;
    mb->irqs = irqs;
    update_irq(mb);
}

static void on_off(void *ctx)
{
    Mainboard *mb = ctx;
    mb->host.power_off(mb->host.ctx);
}

static uint32_t powered(const Mainboard *mb)
{
    uint32_t mask = 0;
    for (unsigned i = 0; i < LAMEBUS_SLOTS; i++)
        mask |= (uint32_t)mb->slots[i].powered << i;
    return mask;
}

/* Without the mainboard's own bit the machine goes off, a little later. */
static void write_power(Mainboard *mb, uint32_t value)
{
    bool old = mb->card.device.cls == &lame_oldmainboard_class;
    if (old ? value == 0 : !(value >> LAMEBUS_CONTROLLER)) {
        if (!event_pending(&mb->off))
            events_schedule(mb->events, &mb->off,
                            events_now(mb->events) +
                                events_cycles(mb->events, POWER_OFF_MS, 1000));
        return;
    }
    uint32_t change = old ? 0 : (powered(mb) ^ value) & mb->filled;
    for (unsigned i = 0; i < LAMEBUS_CONTROLLER; i++)
        if (change >> i & 1) {
            mb->slots[i].powered = value >> i & 1;
            mb->host.power(mb->host.ctx, i, mb->slots[i].powered);
        }
}

/* --- Processors ------------------------------------------------------------
 */

static uint32_t all_cpus(const Mainboard *mb)
{
    return UINT32_MAX >> (LAME_CPUS_MAX - mb->cpu_count);
}

static void begin(Mainboard *mb, unsigned cpu)
{
    const uint8_t *cram = mb->cpus[cpu].cram;
    uint32_t end = CPU_AREA + REGION * (cpu + 1);
    LameCpuStart start = {
        .pc = bits_load32(cram + CRAM_PC, true),
        .argument = bits_load32(cram + CRAM_ARGUMENT, true),
        .stack = LAMEBUS_BASE + LAMEBUS_CONTROLLER * LAMEBUS_SLOT_SIZE + end};
    mb->host.begin(mb->host.ctx, cpu, &start);
}

/* Processor 0 stays on: nobody could turn it on again. */
static void write_cpue(Mainboard *mb, uint32_t value)
{
    uint32_t all = all_cpus(mb);
    if (value & ~all || !(value & 1))
        lamebus_warn(&mb->card,
                     "CPUE is set to 0x%x: of the processors, 0x%x, number 0 "
                     "stays on",
                     value, all);
    value = (value & all) | 1;
    uint32_t change = mb->cpue ^ value;
    mb->cpue = value;
    for (unsigned i = 1; i < mb->cpu_count; i++) {
        if (!(change >> i & 1))
            continue;
        if (value >> i & 1)
            begin(mb, i);
        else
            mb->host.end(mb->host.ctx, i);
    }
}

/* --- Registers -------------------------------------------------------------
 */

/* VID, DID and DRL of a slot; beyond them nothing is asked. */
static uint32_t read_config(const Mainboard *mb, uint32_t offset)
{
    unsigned number = offset / REGION;
    if (!(mb->filled >> number & 1))
        return 0;
    switch (offset % REGION) {
    case VID: return LAMEBUS_VENDOR;
    case DID: return mb->ids[number].device;
    default: return mb->ids[number].revision;
    }
}

static uint32_t mainboard_read(Device *device, uint32_t offset, unsigned size)
{
    Mainboard *mb = (Mainboard *)device;
    uint32_t word;
    if (offset >= CPU_AREA) {
        const CpuArea *area = &mb->cpus[(offset - CPU_AREA) / REGION];
        offset = CPU_AREA + offset % REGION;
        if (offset >= CRAM)
            return lamebus_buffer_read(area->cram, offset - CRAM, size);
        word = (offset & ~3u) == CIRQE ? area->cirqe : area->cipi;
        return lamebus_get_lanes(word, offset, size);
    }
    switch (offset & ~3u) {
    case RAMSZ: word = mb->ram; break;
    case IRQS: word = mb->irqs; break;
    case PWR: word = powered(mb); break;
    case IRQE: word = mb->irqe; break;
    case CPUS: word = all_cpus(mb); break;
    case CPUE: word = mb->cpue; break;
    case SELF: word = 1u << mb->host.processor(mb->host.ctx); break;
    default: word = read_config(mb, offset & ~3u); break;
    }
    return lamebus_get_lanes(word, offset, size);
}

static void write_cpu_area(Mainboard *mb, unsigned cpu, uint32_t offset,
                           unsigned size, uint32_t value)
{
    CpuArea *area = &mb->cpus[cpu];
    if (offset >= CRAM) {
        lamebus_buffer_write(area->cram, offset - CRAM, size, value);
        return;
    }
    uint32_t *reg = (offset & ~3u) == CIRQE ? &area->cirqe : &area->cipi;
    *reg = lamebus_put_lanes(value, offset, size);
    update_cpu_irq(mb, cpu);
}

static void mainboard_write(Device *device, uint32_t offset, unsigned size,
                            uint32_t value)
{
    Mainboard *mb = (Mainboard *)device;
    if (offset >= CPU_AREA) {
        write_cpu_area(mb, (offset - CPU_AREA) / REGION,
                       CPU_AREA + offset % REGION, size, value);
        return;
    }
    value = lamebus_put_lanes(value, offset, size);
    switch (offset & ~3u) {
    case PWR: write_power(mb, value); break;
    case IRQE: mb->irqe = value; break;
    case CPUE: write_cpue(mb, value); break;
    default:
        lamebus_warn(&mb->card, "offset 0x%x is written, which is read-only",
                     offset);
        break;
    }
    update_irq(mb);
}

/* Within the regions of configuration only some words are there; those of the
 * processors are alike. */
static bool mainboard_answers(Device *device, uint32_t offset, unsigned size,
                              bool write)
{
    const Mainboard *mb = (const Mainboard *)device;
    if (offset >= CPU_AREA && (offset - CPU_AREA) / REGION < mb->cpu_count &&
        device_reg(device->cls, CPU_AREA + offset % REGION))
        return true;
    const DeviceReg *reg = device_reg(device->cls, offset);
    bool config = reg && reg->bytes == CPU_AREA;
    if (!config || offset % REGION < DRL + 4)
        return lamebus_answers(device, offset, size, write);
    lamebus_warn((LameCard *)device, "offset 0x%x is %s, where no register is",
                 offset, write ? "written" : "read");
    return false;
}

static void mainboard_reset(Device *device)
{
    Mainboard *mb = (Mainboard *)device;
    events_cancel(mb->events, &mb->off);
    mb->irqe = UINT32_MAX;
    mb->cpue = 1;
    for (unsigned i = 0; i < mb->cpu_count; i++)
        mb->cpus[i] = (CpuArea){.cirqe = UINT32_MAX};
    for (unsigned i = 0; i < LAMEBUS_SLOTS; i++)
        mb->slots[i].powered = mb->filled >> i & 1;
    update_irq(mb);
}

static void mainboard_destroy(Device *device)
{
    Mainboard *mb = (Mainboard *)device;
    events_cancel(mb->events, &mb->off);
    free(mb);
}

#define OLD_REGS                                                               \
    {RAMSZ, 4, "RAMSZ", "bytes of RAM; read-only"},                            \
        {IRQS, 4, "IRQS", "slots that interrupt, bit by bit; read-only"},      \
        {PWR, 4, "PWR",                                                        \
         "slots that have power; without bit 31 the machine goes off 5 ms "    \
         "later (the old mainboard: when all is 0, and other writes do "       \
         "nothing)"},                                                          \
    {                                                                          \
        IRQE, 4, "IRQE",                                                       \
            "slots whose interrupts count; all ones after a reset"             \
    }
#define CONFIG_REG                                                             \
    {                                                                          \
        0, CPU_AREA, "CONFIG",                                                 \
            "for slot N at 0x400 * N: vendor (0 if it is empty), device, "     \
            "revision; read-only"                                              \
    }

static const DeviceReg regs[] = {
    OLD_REGS,
    {CPUS, 4, "CPUS", "processors, bit by bit; read-only"},
    {CPUE, 4, "CPUE",
     "processors that are on; one that is turned on begins with pc and a0 from "
     "the first two words of its CRAM, and its stack, in kseg0, at CRAM's end. "
     "Number 0 is on always"},
    {SELF, 4, "SELF", "the processor that reads, as a bit; read-only"},
    CONFIG_REG,
    {CIRQE, 4, "CIRQE",
     "IRQE of processor 0, behind the common one; of processor N at + 0x400 * "
     "N, as the next two"},
    {CIPI, 4, "CIPI", "if not 0, an interrupt to the processor, input 1"},
    {CRAM, CRAM_SIZE, "CRAM", "scratch memory of the processor"},
};

static const DeviceReg old_regs[] = {OLD_REGS, CONFIG_REG};

static const StatRow stat_rows[] = {
    {"warnings", "warnings", "about bad use of the mainboard",
     offsetof(Mainboard, slots[LAMEBUS_CONTROLLER].warnings)},
};

static const CkptField slot_state[] = {
    CKPT_BOOL(LameSlot, powered),
    CKPT_FIELD(LameSlot, warnings),
};

static const CkptField cpu_state[] = {
    CKPT_FIELD(CpuArea, cirqe),
    CKPT_FIELD(CpuArea, cipi),
    CKPT_ARRAY(CpuArea, cram),
};

static void mainboard_checkpoint(Device *device, Ckpt *ckpt)
{
    Mainboard *mb = (Mainboard *)device;
    ckpt_records(ckpt, slot_state, ARRAY_LEN(slot_state), mb->slots,
                 LAMEBUS_SLOTS, sizeof mb->slots[0]);
    ckpt_records(ckpt, cpu_state, ARRAY_LEN(cpu_state), mb->cpus, mb->cpu_count,
                 sizeof mb->cpus[0]);
}

static const CkptField state[] = {
    CKPT_FIELD(Mainboard, irqs),
    CKPT_FIELD(Mainboard, irqe),
    CKPT_FIELD(Mainboard, cpue),
};

static const DeviceEvent saved_events[] = {
    DEVICE_EVENT(Mainboard, off),
};

const DeviceClass lame_mainboard_class = {
    .name = "mainboard",
    .text = "bus controller of System/161 2.x",
    .regs = regs,
    .reg_count = ARRAY_LEN(regs),
    .span = LAMEBUS_SLOT_SIZE,
    .answers = mainboard_answers,
    .read = mainboard_read,
    .write = mainboard_write,
    .reset = mainboard_reset,
    .destroy = mainboard_destroy,
    .stats = stat_rows,
    .stat_count = ARRAY_LEN(stat_rows),
    .state = state,
    .state_count = ARRAY_LEN(state),
    .events = saved_events,
    .event_count = ARRAY_LEN(saved_events),
    .checkpoint = mainboard_checkpoint,
};

const DeviceClass lame_oldmainboard_class = {
    .name = "oldmainboard",
    .text = "bus controller of System/161 1.x",
    .regs = old_regs,
    .reg_count = ARRAY_LEN(old_regs),
    .span = LAMEBUS_SLOT_SIZE,
    .answers = mainboard_answers,
    .read = mainboard_read,
    .write = mainboard_write,
    .reset = mainboard_reset,
    .destroy = mainboard_destroy,
    .stats = stat_rows,
    .stat_count = ARRAY_LEN(stat_rows),
    .state = state,
    .state_count = ARRAY_LEN(state),
    .events = saved_events,
    .event_count = ARRAY_LEN(saved_events),
    .checkpoint = mainboard_checkpoint,
};

LameSlot *lame_mainboard_slot(Device *device, unsigned number)
{
    assert(number < LAMEBUS_SLOTS);
    return &((Mainboard *)device)->slots[number];
}

void lame_mainboard_fill(Device *device, unsigned number, LameId id)
{
    assert(number < LAMEBUS_SLOTS);
    Mainboard *mb = (Mainboard *)device;
    mb->filled |= 1u << number;
    mb->ids[number] = id;
    mb->slots[number].powered = true;
}

bool lame_mainboard_is_filled(const Device *device, unsigned number)
{
    return ((const Mainboard *)device)->filled >> number & 1;
}

Device *lame_mainboard_create(const LameMainboardConfig *config,
                              EventQueue *events, const LameMainboardHost *host)
{
    Mainboard *mb = alloc_zeroed(1, sizeof *mb);
    assert(config->cpus > 0 && config->cpus <= LAME_CPUS_MAX);
    mb->card.device.cls =
        config->old ? &lame_oldmainboard_class : &lame_mainboard_class;
    mb->events = events;
    mb->host = *host;
    mb->ram = config->ram;
    mb->cpu_count = config->cpus;
    event_init(&mb->off, on_off, mb);
    for (unsigned i = 0; i < LAMEBUS_SLOTS; i++)
        mb->slots[i] = (LameSlot){.number = i,
                                  .irq = {on_slot_irq, mb, i},
                                  .warn = host->warn,
                                  .ctx = host->ctx};
    mb->card.slot = &mb->slots[LAMEBUS_CONTROLLER];
    lame_mainboard_fill(&mb->card.device, LAMEBUS_CONTROLLER,
                        config->old ? (LameId){1, 2} : (LameId){10, 1});
    return &mb->card.device;
}
