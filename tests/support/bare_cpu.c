/* The machine of bare_cpu.h. */
#include "tests/support/bare_cpu.h"

#include "base/alloc.h"
#include "base/bits.h"
#include "tests/support/bare_regs.h"

#include <assert.h>
#include <stdlib.h>

enum { PAGE = 4096, CONSOLE_MAX = 1 << 16 };

struct BareCpu {
    Cpu *cpu;
    bool big;
    uint8_t *ram;
    uint32_t ram_size;
    uint8_t rom[BARE_ROM_SIZE];

    uint32_t irq, irq_later;
    uint64_t irq_at; /* cycle at which the later levels come, 0: never */

    bool exited;
    uint32_t status;
    char *console; /* what goes beyond CONSOLE_MAX is lost */
    size_t console_size;
};

/* --- Bus ------------------------------------------------------------------ */

/* Host address of `pa` if it is RAM or ROM. */
static uint8_t *memory_at(BareCpu *b, uint32_t pa, bool write)
{
    if (pa < b->ram_size)
        return b->ram + pa;
    if (!write && pa >= BARE_ROM && pa - BARE_ROM < BARE_ROM_SIZE)
        return b->rom + (pa - BARE_ROM);
    return NULL;
}

static uint8_t *bus_page(void *ctx, uint32_t pa, bool write)
{
    return memory_at(ctx, pa & ~(PAGE - 1u), write);
}

static bool bus_read(void *ctx, uint32_t pa, unsigned size, uint32_t *value)
{
    BareCpu *b = ctx;
    const uint8_t *p = memory_at(b, pa, false);
    if (p) {
        *value = size == 1   ? *p
                 : size == 2 ? bits_load16(p, b->big)
                             : bits_load32(p, b->big);
        return true;
    }
    switch (pa) {
    case BARE_IRQ: *value = b->irq; return true;
    case BARE_IRQ_LATER: *value = b->irq_later; return true;
    case BARE_CONSOLE:
    case BARE_EXIT:
    case BARE_IRQ_DELAY: *value = 0; return true;
    default: return false;
    }
}

static void set_irq(BareCpu *b, uint32_t levels)
{
    b->irq = levels & 0x3f;
    for (unsigned i = 0; i < 6; i++)
        cpu_set_irq(b->cpu, i, (levels >> i) & 1);
}

static bool write_register(BareCpu *b, uint32_t pa, uint32_t value)
{
    switch (pa) {
    case BARE_CONSOLE:
        if (b->console_size < CONSOLE_MAX)
            b->console[b->console_size++] = (char)value;
        return true;
    case BARE_EXIT:
        b->exited = true;
        b->status = value;
        cpu_stop(b->cpu);
        return true;
    case BARE_IRQ: set_irq(b, value); return true;
    case BARE_IRQ_LATER: b->irq_later = value & 0x3f; return true;
    case BARE_IRQ_DELAY:
        b->irq_at = value ? cpu_cycle(b->cpu) + value : 0;
        if (value)
            cpu_set_deadline(b->cpu, b->irq_at);
        return true;
    default: return false;
    }
}

static bool bus_write(void *ctx, uint32_t pa, unsigned size, uint32_t value)
{
    BareCpu *b = ctx;
    uint8_t *p = memory_at(b, pa, true);
    if (!p)
        return write_register(b, pa, value);
    if (size == 1)
        *p = (uint8_t)value;
    else if (size == 2)
        bits_store16(p, value, b->big);
    else
        bits_store32(p, value, b->big);
    return true;
}

/* --- Life ----------------------------------------------------------------- */

CpuConfig bare_cpu_config(bool big)
{
    return (CpuConfig){.big_endian = big,
                       .fpu = true,
                       .prid = 0x220,
                       .icache = 64 << 10,
                       .dcache = 64 << 10};
}

BareCpu *bare_cpu_create_config(uint32_t ram, const CpuConfig *config)
{
    assert(ram % PAGE == 0 && ram <= BARE_CONSOLE);
    BareCpu *b = alloc_zeroed(1, sizeof *b);
    b->big = config->big_endian;
    b->ram = alloc_zeroed(ram, 1);
    b->ram_size = ram;
    b->console = alloc_zeroed(CONSOLE_MAX, 1);
    CpuBus bus = {
        .ctx = b, .page = bus_page, .read = bus_read, .write = bus_write};
    b->cpu = cpu_create(config, &bus);
    bare_cpu_reset(b, 0x80000000);
    return b;
}

BareCpu *bare_cpu_create(uint32_t ram, bool big)
{
    CpuConfig config = bare_cpu_config(big);
    return bare_cpu_create_config(ram, &config);
}

void bare_cpu_destroy(BareCpu *b)
{
    if (!b)
        return;
    cpu_destroy(b->cpu);
    free(b->console);
    free(b->ram);
    free(b);
}

void bare_cpu_reset(BareCpu *b, uint32_t pc)
{
    static const uint32_t zeros[32];
    cpu_reset(b->cpu, pc, 0, zeros);
    b->irq = b->irq_later = 0;
    b->irq_at = 0;
    b->exited = false;
    b->status = 0;
    b->console_size = 0;
}

bool bare_cpu_load(BareCpu *b, uint32_t pa, const void *bytes, uint32_t size)
{
    uint8_t *to;
    if (pa <= b->ram_size && size <= b->ram_size - pa)
        to = b->ram + pa;
    else if (pa >= BARE_ROM && pa - BARE_ROM <= BARE_ROM_SIZE &&
             size <= BARE_ROM_SIZE - (pa - BARE_ROM))
        to = b->rom + (pa - BARE_ROM);
    else
        return false;
    memcpy(to, bytes, size);
    cpu_memory_changed(b->cpu, pa, size);
    return true;
}

/* --- Running -------------------------------------------------------------- */

bool bare_cpu_run(BareCpu *b, uint64_t insns)
{
    uint64_t now = cpu_cycle(b->cpu);
    uint64_t limit = insns <= UINT64_MAX - now ? now + insns : UINT64_MAX;
    while (!b->exited && cpu_cycle(b->cpu) < limit) {
        bool irq_first = b->irq_at && b->irq_at < limit;
        cpu_run(b->cpu, irq_first ? b->irq_at : limit);
        if (b->irq_at && cpu_cycle(b->cpu) >= b->irq_at) {
            b->irq_at = 0;
            set_irq(b, b->irq_later);
        }
    }
    return b->exited;
}

bool bare_cpu_exited(const BareCpu *b, uint32_t *status)
{
    *status = b->status;
    return b->exited;
}

const char *bare_cpu_console(const BareCpu *b, size_t *size)
{
    *size = b->console_size;
    return b->console;
}

uint8_t *bare_cpu_ram(BareCpu *b)
{
    return b->ram;
}

Cpu *bare_cpu_cpu(BareCpu *b)
{
    return b->cpu;
}
