/* Fuzzing of the reference CPU: memory full of hostile code, any state, a
 * device that raises interrupts.
 *
 *     fuzz_kernel [--seed N] [--count N] [--insns N] [--expect HASH]
 *
 * Image number N depends on the seed and N alone.  Each runs twice, in one go
 * and in random slices, which must come to the same.  Prints a hash of all
 * final states, which depends on neither compiler nor build: with --expect, any
 * other is a failure.  Exit status 1 if a promise was broken. */
#include "base/alloc.h"
#include "base/bits.h"
#include "base/hash.h"
#include "frontend/cpu.h"
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

static const uint16_t aims[] = {0x8000, 0x8000, 0x8001, 0xa000, 0xb000, 0xbfc0,
                                0x0000, 0x0001, 0x7fff, 0xc000, 0xffff};

/* Memory, and one device: reading it gives numbers of a sequence, writing it
 * sets the interrupt inputs. */
typedef struct Bus {
    Cpu *cpu;
    bool big;
    uint32_t device;
    uint8_t ram[RAM];
    uint8_t rom[PAGE];
} Bus;

static uint8_t *bus_page(void *ctx, uint32_t pa, bool write)
{
    Bus *bus = ctx;
    if (pa < RAM)
        return bus->ram + (pa & ~(PAGE - 1u));
    return pa / PAGE == ROM / PAGE && !write ? bus->rom : NULL;
}

static bool bus_read(void *ctx, uint32_t pa, unsigned size, uint32_t *value)
{
    Bus *bus = ctx;
    const uint8_t *page = bus_page(bus, pa, false);
    if (!page) {
        bus->device = bus->device * 1664525 + 1013904223;
        *value = bus->device >> 16 >> (32 - 8 * size) % 16;
        *value &= UINT32_MAX >> (32 - 8 * size);
        return pa / PAGE == DEVICE / PAGE;
    }
    const uint8_t *p = page + pa % PAGE;
    *value = size == 1   ? *p
             : size == 2 ? bits_load16(p, bus->big)
                         : bits_load32(p, bus->big);
    return true;
}

static bool bus_write(void *ctx, uint32_t pa, unsigned size, uint32_t value)
{
    Bus *bus = ctx;
    uint8_t *page = bus_page(bus, pa, true);
    if (!page) {
        if (pa / PAGE != DEVICE / PAGE)
            return false;
        for (unsigned input = 0; input < 6; input++)
            cpu_set_irq(bus->cpu, input, (value >> input) & 1);
        return true;
    }
    uint8_t *p = page + pa % PAGE;
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
    s->fcr31 = rng_next(rng) & 0x0083ffff;
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
    for (unsigned i = 0; i < TLB_ENTRIES; i++) {
        uint32_t asid = rng_next(rng) & ENTRYHI_ASID;
        uint32_t pfn = rng_below(rng, 8) ? rng_below(rng, RAM) : address(rng);
        s->tlb[i].hi = (address(rng) & ENTRYHI_VPN) | asid;
        s->tlb[i].lo = (pfn & ENTRYLO_PFN) | (rng_next(rng) & 0xf00);
    }
}

/* What must hold of any state between two instructions. */
static const char *broken_promise(const GuestState *s, uint64_t insns)
{
    if (s->insns != insns)
        return "the count of instructions is off";
    if (s->gpr[0] != 0)
        return "$0 is not 0";
    if (s->status & ~(STATUS_WRITABLE | STATUS_TS | STATUS_PE))
        return "Status has bits that do not exist";
    if (s->cause & ~(CAUSE_BD | CAUSE_CE | CAUSE_IP | CAUSE_EXC))
        return "Cause has bits that do not exist";
    if (s->entryhi & ~(ENTRYHI_VPN | ENTRYHI_ASID))
        return "EntryHi has bits that do not exist";
    if (s->entrylo & ~ENTRYLO_USED)
        return "EntryLo has bits that do not exist";
    if (s->context & ~(CONTEXT_PTE | CONTEXT_BADVPN))
        return "Context has bits that do not exist";
    if (s->index & ~(INDEX_P | INDEX_INDEX))
        return "Index has bits that do not exist";
    if (s->fcr31 & ~0x0083ffffu)
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

/* Runs image `number`, in slices if `slices` is given; the hash of its end. */
static uint64_t run_image(uint64_t seed, uint64_t number, uint64_t insns,
                          Rng *slices, Total *total)
{
    Rng rng = rng_stream(seed, number);
    Bus *bus = alloc_zeroed(1, sizeof *bus);
    bus->big = rng_below(&rng, 2);
    fill(&rng, bus->ram, RAM, bus->big);
    fill(&rng, bus->rom, PAGE, bus->big);
    CpuConfig config = {.big_endian = bus->big,
                        .fpu = rng_below(&rng, 16) != 0,
                        .prid = 0x220,
                        .icache = 512u << rng_below(&rng, 10),
                        .dcache = 512u << rng_below(&rng, 10),
                        .cpcond = rng_below(&rng, 16)};
    bus->cpu = cpu_create(&config, &(CpuBus){.ctx = bus,
                                             .page = bus_page,
                                             .read = bus_read,
                                             .write = bus_write});
    cpu_set_hooks(bus->cpu,
                  &(CpuHooks){.ctx = total, .exception = count_exception});
    make_state(&rng, cpu_state(bus->cpu));
    cpu_state_changed(bus->cpu);
    for (uint64_t at = 0; at < insns;) {
        uint64_t slice = slices ? 1 + rng_below(slices, 100) : insns;
        at = at + slice < insns ? at + slice : insns;
        cpu_run(bus->cpu, at);
    }
    const GuestState *s = cpu_state(bus->cpu);
    const char *promise = broken_promise(s, insns);
    if (promise) {
        printf("fuzz_kernel: seed %" PRIu64 ", image %" PRIu64 ": %s\n", seed,
               number, promise);
        exit(1);
    }
    uint64_t hash = hash_bytes(state_hash(s), bus->ram, RAM);
    cpu_destroy(bus->cpu);
    free(bus);
    return hash;
}

int main(int argc, char **argv)
{
    HostileOptions o = {.seed = 1, .count = 1000, .insns = 2000};
    hostile_parse_options(&o, argc, argv);
    Total total = {.hash = HASH_START}, again = {.hash = 0};
    for (uint64_t n = 0; n < o.count; n++) {
        Rng slices = rng_stream(o.seed, ~n);
        uint64_t whole = run_image(o.seed, n, o.insns, NULL, &total);
        if (run_image(o.seed, n, o.insns, &slices, &again) != whole) {
            printf("fuzz_kernel: seed %" PRIu64 ", image %" PRIu64
                   ": slices change the result\n",
                   o.seed, n);
            return 1;
        }
        total.hash = hash_u64(total.hash, whole);
    }
    printf("fuzz_kernel: seed %" PRIu64 ", %" PRIu64 " images, %" PRIu64
           " instructions each; exceptions by code:",
           o.seed, o.count, o.insns);
    for (unsigned i = 0; i < EXC_COUNT; i++)
        printf(" %" PRIu64, total.exceptions[i]);
    putchar('\n');
    return hostile_check(&o, total.hash) ? 0 : 1;
}
