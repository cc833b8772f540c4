/* Fuzzing of the reference CPU: memory full of hostile code, any state,
 * interrupts at any time.
 *
 *     fuzz_kernel [--seed N] [--count N] [--insns N] [--expect HASH]
 *
 * Image number N depends on the seed and N alone.  Each runs three times: in
 * one go, in random slices, and on a bus that lends no host pages, so that
 * each access and fetch takes the long way; all must come to the same.  Prints
 * a hash of all final states, which depends on neither compiler nor build:
 * with --expect, any other is a failure.  Exit status 1 if a promise was
 * broken. */
#include "base/alloc.h"
#include "base/bits.h"
#include "base/hash.h"
#include "frontend/cpu.h"
#include "frontend/fpu.h"
#include "tests/fuzz/hostile.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    RAM = 1 << 16,
    PAGE = 4096,
    DEVICE = 0x10000000,
    ROM = 0x1fc00000,
};

static const uint16_t aims[] = {0x8000, 0x8000, 0x8000, 0x8001, 0xa000,
                                0xb000, 0xb000, 0xbfc0, 0x0000, 0x0000,
                                0x0001, 0x7fff, 0xc000, 0xffff};

/* What a run starts from. */
typedef struct Image {
    CpuConfig config;
    GuestState state;
    uint8_t ram[RAM];
    uint8_t rom[PAGE];
    uint64_t
        irqs; /* random numbers for the interrupts that come by themselves */
} Image;

/* Memory, and one device: reading it gives numbers of a sequence; writing it
 * sets the interrupt inputs, or has others come some instructions later. */
typedef struct Bus {
    Cpu *cpu;
    bool big;
    bool lends_pages;
    uint32_t device;
    unsigned lines;  /* levels of the interrupt inputs */
    uint64_t irq_at; /* cycle at which they change by themselves */
    Rng irqs;
    uint8_t ram[RAM];
    uint8_t rom[PAGE];
} Bus;

/* Memory at `pa`, or NULL. */
static uint8_t *memory(Bus *bus, uint32_t pa, bool write)
{
    if (pa < RAM)
        return bus->ram + pa;
    return pa / PAGE == ROM / PAGE && !write ? bus->rom + pa % PAGE : NULL;
}

static uint8_t *bus_page(void *ctx, uint32_t pa, bool write)
{
    Bus *bus = ctx;
    return bus->lends_pages ? memory(bus, pa & ~(PAGE - 1u), write) : NULL;
}

static bool bus_read(void *ctx, uint32_t pa, unsigned size, uint32_t *value)
{
    Bus *bus = ctx;
    const uint8_t *p = memory(bus, pa, false);
    if (!p) {
        bus->device = bus->device * 1664525 + 1013904223;
        *value = bus->device >> 16 >> (32 - 8 * size) % 16;
        *value &= UINT32_MAX >> (32 - 8 * size);
        return pa / PAGE == DEVICE / PAGE;
    }
    *value = size == 1   ? *p
             : size == 2 ? bits_load16(p, bus->big)
                         : bits_load32(p, bus->big);
    return true;
}

static void set_lines(Bus *bus, unsigned lines)
{
    bus->lines = lines & 0x3f;
    for (unsigned input = 0; input < 6; input++)
        cpu_set_irq(bus->cpu, input, (lines >> input) & 1);
}

static bool bus_write(void *ctx, uint32_t pa, unsigned size, uint32_t value)
{
    Bus *bus = ctx;
    uint8_t *p = memory(bus, pa, true);
    if (!p) {
        if (pa / PAGE != DEVICE / PAGE)
            return false;
        set_lines(bus, value);
        if (value & 0x40) {
            bus->irq_at = cpu_cycle(bus->cpu) + (value >> 7) % 32;
            cpu_set_deadline(bus->cpu, bus->irq_at);
        }
        return true;
    }
    if (size == 1)
        *p = (uint8_t)value;
    else if (size == 2)
        bits_store16(p, value, bus->big);
    else
        bits_store32(p, value, bus->big);
    return true;
}

static void fill(Rng *rng, uint8_t *bytes, size_t size, bool big)
{
    HostileAims a = {aims, ARRAY_LEN(aims)};
    for (size_t i = 0; i < size; i += 4)
        bits_store32(bytes + i, hostile_word(rng, &a), big);
}

static uint32_t address(Rng *rng)
{
    uint32_t high = aims[rng_below(rng, ARRAY_LEN(aims))];
    return high << 16 | (rng_next(rng) & 0xffff);
}

/* Mostly useful entries, each of another page; two that are the same shut the
 * TLB down, so that only some images have random ones. */
static void make_tlb(Rng *rng, GuestState *s)
{
    static const uint16_t mapped[] = {0x0000, 0x0001, 0x7fff, 0xc000};
    bool tidy = rng_below(rng, 4);
    for (uint32_t i = 0; i < TLB_ENTRIES; i++) {
        uint32_t va = (uint32_t)mapped[i % ARRAY_LEN(mapped)] << 16 |
                      i / ARRAY_LEN(mapped) * PAGE;
        if (!tidy)
            va = address(rng) & ENTRYHI_VPN;
        uint32_t asid = rng_below(rng, 4) ? s->entryhi : rng_next(rng);
        uint32_t pfn = rng_below(rng, 8) ? rng_below(rng, RAM) : address(rng);
        uint32_t flags = rng_next(rng) & (ENTRYLO_N | ENTRYLO_G);
        if (rng_below(rng, 8))
            flags |= ENTRYLO_V;
        if (rng_below(rng, 4))
            flags |= ENTRYLO_D;
        s->tlb[i].hi = va | (asid & ENTRYHI_ASID);
        s->tlb[i].lo = (pfn & ENTRYLO_PFN) | flags;
    }
}

static void make_state(Rng *rng, GuestState *s)
{
    for (unsigned i = 1; i < 32; i++)
        s->gpr[i] = rng_below(rng, 2) ? address(rng) : rng_word(rng);
    for (unsigned i = 0; i < FPR_COUNT; i++)
        s->fpr[i] = rng_word(rng);
    s->hi = rng_word(rng);
    s->lo = rng_word(rng);
    s->pc = address(rng) & ~(rng_below(rng, 8) ? 3u : 0u);
    s->npc = rng_below(rng, 4) ? s->pc + 4 : address(rng);
    s->in_delay = rng_one_in(rng, 4);
    s->load_reg = (uint8_t)rng_below(rng, 32);
    s->load_value = rng_word(rng);
    s->fcr31 = rng_next(rng) & FCR31_WRITABLE;
    s->fpr_load_reg = (uint8_t)rng_below(rng, FPR_COUNT + 1);
    s->fpr_load_value = rng_word(rng);
    s->status = rng_next(rng) &
                (STATUS_WRITABLE | (rng_one_in(rng, 16) ? STATUS_TS : 0));
    if (rng_below(rng, 4))
        s->status &= ~(STATUS_ISC | STATUS_RE);
    if (rng_below(rng, 4))
        s->status |= 0xf0000000; /* all coprocessors */
    s->cause = rng_next(rng) & (CAUSE_BD | CAUSE_CE | CAUSE_SW | CAUSE_EXC);
    s->epc = address(rng);
    s->badvaddr = address(rng);
    s->context = rng_next(rng) & (CONTEXT_PTE | CONTEXT_BADVPN);
    s->index = rng_next(rng) & (INDEX_P | INDEX_INDEX);
    s->entryhi = rng_next(rng) & (ENTRYHI_VPN | ENTRYHI_ASID);
    s->entrylo = rng_next(rng) & ENTRYLO_USED;
    make_tlb(rng, s);
}

/* What must hold of any state between two instructions. */
static const char *broken_promise(const Image *image, const Bus *bus,
                                  uint64_t insns)
{
    const GuestState *s = cpu_state(bus->cpu);
    unsigned lines = bus->lines;
    if (image->config.fpu && fpu_irq(s->fcr31))
        lines |= 1u << 5;
    if (s->insns != insns)
        return "the count of instructions is off";
    if (s->gpr[0] != 0)
        return "$0 is not 0";
    if (s->status & ~(STATUS_WRITABLE | STATUS_TS | STATUS_PE))
        return "Status has bits that do not exist";
    if (s->cause & ~(CAUSE_BD | CAUSE_CE | CAUSE_IP | CAUSE_EXC))
        return "Cause has bits that do not exist";
    if ((s->cause & CAUSE_IP & ~CAUSE_SW) >> (CAUSE_IP_SHIFT + 2) != lines)
        return "Cause.IP is not what the interrupt inputs are";
    if (s->entryhi & ~(ENTRYHI_VPN | ENTRYHI_ASID))
        return "EntryHi has bits that do not exist";
    if (s->entrylo & ~ENTRYLO_USED)
        return "EntryLo has bits that do not exist";
    if (s->context & ~(CONTEXT_PTE | CONTEXT_BADVPN))
        return "Context has bits that do not exist";
    if (s->index & ~(INDEX_P | INDEX_INDEX))
        return "Index has bits that do not exist";
    if (s->fcr31 & ~FCR31_WRITABLE)
        return "FCR31 has bits that do not exist";
    return NULL;
}

typedef struct Total {
    uint64_t exceptions[EXC_COUNT];
    uint64_t hash;
} Total;

static void count_exception(void *ctx, const GuestState *s, Exception exc)
{
    (void)s;
    Total *total = ctx;
    total->exceptions[exc]++;
}

/* Status as a handler leaves it: any coprocessor usable, in kernel or in user
 * mode, sometimes with interrupts, sometimes with anything. */
static uint32_t handler_status(Rng *rng, bool user)
{
    uint32_t status = 0xf0000000 | (user ? STATUS_KUP : 0);
    if (rng_one_in(rng, 2))
        status |= STATUS_IEP | STATUS_IM;
    if (rng_one_in(rng, 4))
        status |= rng_next(rng) & STATUS_WRITABLE & ~STATUS_KU_IE;
    return status;
}

/* Exceptions go on anywhere. */
static void put_handlers(Rng *rng, Image *image)
{
    static const uint16_t ram[] = {0x000, 0x080}, rom[] = {0x100, 0x180};
    for (unsigned i = 0; i < 4; i++) {
        bool user = rng_one_in(rng, 2), keeps_status = rng_one_in(rng, 4);
        uint32_t words[HOSTILE_HANDLER_WORDS];
        hostile_handler(words, user ? 0x0000 : 0x8000, RAM / 4,
                        keeps_status ? 0 : handler_status(rng, user));
        uint8_t *to = i < 2 ? image->ram + ram[i] : image->rom + rom[i - 2];
        for (unsigned j = 0; j < HOSTILE_HANDLER_WORDS; j++)
            bits_store32(to + 4 * j, words[j], image->config.big_endian);
    }
}

static void make_image(Image *image, uint64_t seed, uint64_t number)
{
    Rng rng = rng_stream(seed, number);
    bool big = rng_below(&rng, 2);
    fill(&rng, image->ram, RAM, big);
    fill(&rng, image->rom, PAGE, big);
    image->config = (CpuConfig){.big_endian = big,
                                .fpu = rng_below(&rng, 16) != 0,
                                .prid = 0x220,
                                .icache = 512u << rng_below(&rng, 10),
                                .dcache = 512u << rng_below(&rng, 10),
                                .cpcond = rng_below(&rng, 16)};
    if (rng_below(&rng, 4)) /* else they run into anything */
        put_handlers(&rng, image);
    image->state = (GuestState){.pc = 0};
    make_state(&rng, &image->state);
    image->irqs = rng_next64(&rng);
}

/* How a run goes about it. */
typedef struct Way {
    const char *name;
    bool lends_pages;
    uint32_t slice; /* most instructions at a time, 0: no limit */
} Way;

static void run(Bus *bus, const Way *way, uint64_t insns, Rng *slices)
{
    while (cpu_cycle(bus->cpu) < insns) {
        uint64_t now = cpu_cycle(bus->cpu), end = insns;
        if (bus->irq_at < end)
            end = bus->irq_at;
        if (way->slice) {
            uint32_t slice = 1 + rng_below(slices, way->slice);
            end = now + slice < end ? now + slice : end;
        }
        cpu_run(bus->cpu, end);
        if (cpu_cycle(bus->cpu) < bus->irq_at)
            continue;
        set_lines(bus, rng_next(&bus->irqs) & rng_next(&bus->irqs));
        bus->irq_at = cpu_cycle(bus->cpu) + 1 + rng_below(&bus->irqs, 200);
    }
}

/* Runs an image; the hash of its end, or a broken promise. */
static const char *run_image(const Image *image, const Way *way, uint64_t insns,
                             Rng *slices, Total *total, uint64_t *hash)
{
    Bus *bus = alloc_zeroed(1, sizeof *bus);
    bus->big = image->config.big_endian;
    bus->lends_pages = way->lends_pages;
    bus->irqs.state = image->irqs;
    bus->irq_at = rng_below(&bus->irqs, 200);
    memcpy(bus->ram, image->ram, RAM);
    memcpy(bus->rom, image->rom, PAGE);
    bus->cpu = cpu_create(&image->config, &(CpuBus){.ctx = bus,
                                                    .page = bus_page,
                                                    .read = bus_read,
                                                    .write = bus_write});
    cpu_set_hooks(bus->cpu,
                  &(CpuHooks){.ctx = total, .exception = count_exception});
    *cpu_state(bus->cpu) = image->state;
    cpu_state_changed(bus->cpu);
    run(bus, way, insns, slices);
    const char *promise = broken_promise(image, bus, insns);
    *hash = hash_bytes(state_hash(cpu_state(bus->cpu)), bus->ram, RAM);
    cpu_destroy(bus->cpu);
    free(bus);
    return promise;
}

/* False if image `number` breaks a promise. */
static bool fuzz_one(const HostileOptions *o, uint64_t number, Total *total)
{
    static const Way ways[] = {
        {"in one go", true, 0},
        {"in slices", true, 10},
        {"without host pages", false, 0},
    };
    Image *image = alloc_zeroed(1, sizeof *image);
    make_image(image, o->seed, number);
    Rng slices = rng_stream(o->seed, ~number);
    Total ignored = {.hash = 0};
    uint64_t first = 0;
    bool ok = true;
    for (unsigned i = 0; ok && i < ARRAY_LEN(ways); i++) {
        uint64_t hash;
        const char *promise = run_image(image, &ways[i], o->insns, &slices,
                                        i == 0 ? total : &ignored, &hash);
        if (i == 0)
            first = hash;
        if (!promise && hash != first)
            promise = "the result is another";
        ok = !promise;
        if (!ok)
            printf("fuzz_kernel: seed %" PRIu64 ", image %" PRIu64 ", %s: %s\n",
                   o->seed, number, ways[i].name, promise);
    }
    total->hash = hash_u64(total->hash, first);
    free(image);
    return ok;
}

int main(int argc, char **argv)
{
    HostileOptions o = {.seed = 1, .count = 1000, .insns = 2000};
    hostile_parse_options(&o, argc, argv);
    Total total = {.hash = HASH_START};
    for (uint64_t n = 0; n < o.count; n++)
        if (!fuzz_one(&o, n, &total))
            return 1;
    printf("fuzz_kernel: seed %" PRIu64 ", %" PRIu64 " images, %" PRIu64
           " instructions each; exceptions by code:",
           o.seed, o.count, o.insns);
    for (unsigned i = 0; i < EXC_COUNT; i++)
        printf(" %" PRIu64, total.exceptions[i]);
    putchar('\n');
    return hostile_check(&o, total.hash) ? 0 : 1;
}
