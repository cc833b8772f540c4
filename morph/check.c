/* Check mode; see check.h.
 *
 * What happens between two commits reaches the reference in this order: its
 * instructions run, and take what they do with devices from the notes; then
 * interrupt inputs that those accesses changed are set.  So an input that an
 * instruction raised is felt by the next one, as in the layer.  An input that
 * changes between instructions is set at once. */
#include "morph/check.h"

#include "base/alloc.h"
#include "base/bits.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    INPUTS = 6,
    /* No commit is of more instructions (gear2.insns has a smaller limit). */
    COMMIT_INSNS_MAX = 4096,
    /* A page of memory is compared at every so many commits. */
    SWEEP_COMMITS = SELKIRK_HARD ? 1 : 16,
};

/* Writable memory, twice. */
typedef struct Region {
    uint32_t pa, size;
    const uint8_t *layer;
    uint8_t *reference;
} Region;

typedef struct Access {
    uint32_t pa, value;
    unsigned size;
    bool write, ok;
} Access;

typedef struct Store {
    uint32_t pa;
    unsigned size;
} Store;

struct Check {
    Bus *bus;
    Cpu *cpu;                /* the reference */
    GuestState *state;       /* its own */
    const GuestState *layer; /* the other's */
    bool big;

    bool shares; /* another's memory, `regions` */
    Region *regions;
    size_t region_count;
    /* The page that the sweep looks at next, and when the last one began. */
    size_t sweep_region;
    uint32_t sweep_offset;
    uint64_t sweep_start, sweep_before;

    /* Between two commits. */
    Access *accesses;
    size_t access_count, access_room, access_next;
    Store *stores;
    size_t store_count, store_room;
    uint8_t irq_set, irq_levels; /* inputs to be set, bit by bit */

    bool failed;
    CheckReport report;
    uint64_t agreed;
    uint32_t agreed_pc;
    CheckCounts counts;
};

/* Room for one more element of `size` bytes in an array of `count`. */
static void *make_room(void *array, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return array;
    *room = 2 * *room + 8;
    return alloc_resize(array, *room, size);
}

/* --- Differences ---------------------------------------------------------- */

__attribute__((format(printf, 4, 5))) static void
differ(Check *c, uint64_t layer, uint64_t reference, const char *format, ...)
{
    c->failed = true;
    CheckReport *r = &c->report;
    if (r->count == CHECK_DIFFERENCES)
        return;
    CheckDifference *d = &r->differences[r->count++];
    d->layer = layer;
    d->reference = reference;
    va_list args;
    va_start(args, format);
    vsnprintf(d->name, sizeof d->name, format, args);
    va_end(args);
}

static void compare_word(Check *c, const char *name, uint64_t layer,
                         uint64_t reference)
{
    if (layer != reference)
        differ(c, layer, reference, "%s", name);
}

/* --- State ---------------------------------------------------------------- */

static void compare_registers(Check *c, const GuestState *l,
                              const GuestState *r)
{
    bool same = memcmp(l->gpr, r->gpr, sizeof l->gpr) == 0;
    for (unsigned i = 0; i < 32 && !same; i++)
        compare_word(c, insn_gpr_name(i), l->gpr[i], r->gpr[i]);
    compare_word(c, "hi", l->hi, r->hi);
    compare_word(c, "lo", l->lo, r->lo);
    compare_word(c, "load in flight: register", l->load_reg, r->load_reg);
    if (l->load_reg && r->load_reg)
        compare_word(c, "load in flight: value", l->load_value, r->load_value);
    for (unsigned i = 0; i < FPR_COUNT; i++)
        if (l->fpr[i] != r->fpr[i])
            differ(c, l->fpr[i], r->fpr[i], "f%u", i);
    compare_word(c, "fcr31", l->fcr31, r->fcr31);
    compare_word(c, "FP load in flight: register", l->fpr_load_reg,
                 r->fpr_load_reg);
    if (l->fpr_load_reg != FPR_COUNT && r->fpr_load_reg != FPR_COUNT)
        compare_word(c, "FP load in flight: value", l->fpr_load_value,
                     r->fpr_load_value);
}

static void compare_cp0(Check *c, const GuestState *l, const GuestState *r)
{
    compare_word(c, "index", l->index, r->index);
    compare_word(c, "entrylo", l->entrylo, r->entrylo);
    compare_word(c, "context", l->context, r->context);
    compare_word(c, "badvaddr", l->badvaddr, r->badvaddr);
    compare_word(c, "entryhi", l->entryhi, r->entryhi);
    compare_word(c, "status", l->status, r->status);
    compare_word(c, "cause", l->cause, r->cause);
    compare_word(c, "epc", l->epc, r->epc);
    compare_word(c, "link", l->link, r->link);
    if (memcmp(l->tlb, r->tlb, sizeof l->tlb) == 0)
        return;
    for (unsigned i = 0; i < TLB_ENTRIES; i++) {
        if (l->tlb[i].hi != r->tlb[i].hi)
            differ(c, l->tlb[i].hi, r->tlb[i].hi, "tlb[%u].hi", i);
        if (l->tlb[i].lo != r->tlb[i].lo)
            differ(c, l->tlb[i].lo, r->tlb[i].lo, "tlb[%u].lo", i);
    }
}

static void compare_state(Check *c)
{
    if (state_fpr_due(c->state))
        state_fpr_settle(c->state);
    const GuestState *l = c->layer, *r = c->state;
    GuestState settled;
    if (state_fpr_due(l)) {
        settled = *l;
        state_fpr_settle(&settled);
        l = &settled;
    }
    compare_word(c, "pc", l->pc, r->pc);
    compare_word(c, "next pc", l->npc, r->npc);
    compare_word(c, "in a delay slot", l->in_delay, r->in_delay);
    compare_registers(c, l, r);
    compare_cp0(c, l, r);
}

/* --- Memory --------------------------------------------------------------- */

static Region *find_region(const Check *c, uint32_t pa)
{
    for (size_t i = 0; i < c->region_count; i++)
        if (pa - c->regions[i].pa < c->regions[i].size)
            return &c->regions[i];
    return NULL;
}

static void make_regions(Check *c)
{
    BusMemory memory;
    for (unsigned i = 0; bus_memory(c->bus, i, &memory); i++) {
        c->regions =
            alloc_resize(c->regions, c->region_count + 1, sizeof *c->regions);
        c->regions[c->region_count++] = (Region){
            memory.pa, memory.size, memory.bytes, alloc_zeroed(memory.size, 1)};
    }
}

/* Pages that are equal are left alone, so that those of a large disk that
 * nobody uses take no memory. */
static void copy_region(const Region *r)
{
    for (uint32_t at = 0; at < r->size; at += BUS_PAGE)
        if (memcmp(r->reference + at, r->layer + at, BUS_PAGE) != 0)
            memcpy(r->reference + at, r->layer + at, BUS_PAGE);
}

static uint32_t load(const Check *c, const uint8_t *p, unsigned size)
{
    return size == 1   ? *p
           : size == 2 ? bits_load16(p, c->big)
                       : bits_load32(p, c->big);
}

/* What the reference stored since the last commit. */
static void compare_stores(Check *c)
{
    for (size_t i = 0; i < c->store_count; i++) {
        const Store *s = &c->stores[i];
        const Region *r = find_region(c, s->pa);
        uint32_t offset = s->pa - r->pa;
        uint32_t layer = load(c, r->layer + offset, s->size);
        uint32_t reference = load(c, r->reference + offset, s->size);
        if (layer != reference)
            differ(c, layer, reference, "memory 0x%08" PRIx32, s->pa);
    }
    c->counts.stores += c->store_count;
    c->store_count = 0;
}

static void compare_page(Check *c, const Region *r, uint32_t offset)
{
    const uint8_t *layer = r->layer + offset;
    const uint8_t *reference = r->reference + offset;
    c->counts.pages++;
    if (memcmp(layer, reference, BUS_PAGE) == 0)
        return;
    for (uint32_t at = 0; at < BUS_PAGE; at += 4)
        if (memcmp(layer + at, reference + at, 4) != 0)
            differ(c, load(c, layer + at, 4), load(c, reference + at, 4),
                   "memory 0x%08" PRIx32, r->pa + offset + at);
}

static void sweep(Check *c)
{
    const Region *r = &c->regions[c->sweep_region];
    compare_page(c, r, c->sweep_offset);
    c->sweep_offset += BUS_PAGE;
    if (c->sweep_offset < r->size)
        return;
    c->sweep_offset = 0;
    if (++c->sweep_region < c->region_count)
        return;
    c->sweep_region = 0;
    c->sweep_before = c->sweep_start;
    c->sweep_start = c->state->insns;
}

/* --- The reference's bus -------------------------------------------------- */

/* Stores come by one by one, to be noted. */
static uint8_t *on_page(void *ctx, uint32_t pa, bool write)
{
    Check *c = ctx;
    const Region *r = find_region(c, pa);
    if (write)
        return NULL;
    if (!r)
        return bus_page(c->bus, pa, false);
    return r->reference + ((pa - r->pa) & ~(BUS_PAGE - 1u));
}

/* The next access of the layer, if it is this one; NULL ends the run. */
static const Access *replay(Check *c, uint32_t pa, unsigned size, bool write)
{
    if (c->access_next == c->access_count) {
        if (!c->failed)
            differ(c, c->access_count, c->access_next + 1, "device accesses");
    } else {
        const Access *a = &c->accesses[c->access_next++];
        if (a->pa == pa && a->size == size && a->write == write)
            return a;
        compare_word(c, "device: address", a->pa, pa);
        compare_word(c, "device: size of access", a->size, size);
        compare_word(c, "device: write", a->write, write);
    }
    cpu_stop(c->cpu);
    return NULL;
}

static bool on_read(void *ctx, uint32_t pa, unsigned size, uint32_t *value)
{
    Check *c = ctx;
    const uint8_t *page = on_page(c, pa, false);
    if (page) {
        *value = load(c, page + pa % BUS_PAGE, size);
        return true;
    }
    const Access *a = replay(c, pa, size, false);
    *value = a ? a->value : 0;
    return !a || a->ok;
}

static bool on_write(void *ctx, uint32_t pa, unsigned size, uint32_t value)
{
    Check *c = ctx;
    const Region *r = find_region(c, pa);
    if (r) {
        uint8_t *p = r->reference + (pa - r->pa);
        if (size == 1)
            *p = (uint8_t)value;
        else if (size == 2)
            bits_store16(p, value, c->big);
        else
            bits_store32(p, value, c->big);
        c->stores = make_room(c->stores, c->store_count, &c->store_room,
                              sizeof *c->stores);
        c->stores[c->store_count++] = (Store){pa, size};
        return true;
    }
    const Access *a = replay(c, pa, size, true);
    if (a && a->value != value)
        differ(c, a->value, value, "device 0x%08" PRIx32 ": value", pa);
    return !a || a->ok;
}

/* --- Life ----------------------------------------------------------------- */

Check *check_create(const CpuConfig *config, Bus *bus, const GuestState *state,
                    Check *first)
{
    Check *c = alloc_zeroed(1, sizeof *c);
    c->bus = bus;
    c->layer = state;
    c->big = config->big_endian;
    CpuConfig own = *config;
    own.features &= ~(unsigned)CPU_IDLES; /* time is the layer's business */
    c->cpu = cpu_create(&own, &(CpuBus){.ctx = c,
                                        .page = on_page,
                                        .read = on_read,
                                        .write = on_write});
    c->state = cpu_state(c->cpu);
    c->shares = first;
    if (first) {
        cpu_join(c->cpu, first->cpu);
        c->regions = first->regions;
        c->region_count = first->region_count;
    } else {
        make_regions(c);
    }
    return c;
}

void check_destroy(Check *c)
{
    if (!c)
        return;
    cpu_destroy(c->cpu);
    for (size_t i = 0; i < c->region_count && !c->shares; i++)
        free(c->regions[i].reference);
    if (!c->shares)
        free(c->regions);
    free(c->accesses);
    free(c->stores);
    free(c);
}

static void agree(Check *c)
{
    c->agreed = c->state->insns;
    c->agreed_pc = c->state->pc;
}

void check_reset(Check *c)
{
    const GuestState *s = c->layer;
    cpu_reset(c->cpu, s->pc, s->status, s->gpr);
    *c->state = *s;
    cpu_state_changed(c->cpu);
    for (unsigned i = 0; i < INPUTS; i++)
        cpu_set_irq(c->cpu, i, s->cause >> (CAUSE_IP_SHIFT + 2 + i) & 1);
    for (size_t i = 0; i < c->region_count && !c->shares; i++)
        copy_region(&c->regions[i]);
    c->access_count = c->access_next = c->store_count = 0;
    c->irq_set = 0;
    c->sweep_start = c->sweep_before = s->insns;
    agree(c);
}

/* The layer's processors end each other's links when stores issue, which the
 * references find out at commits: those of stores that were undone, never. */
void check_take_turn(Check *c)
{
    if (!c->layer->link)
        c->state->link = false;
}

/* --- What the machine tells ----------------------------------------------- */

void check_access(Check *c, uint32_t pa, unsigned size, bool write,
                  uint32_t value, bool ok)
{
    if (bus_page(c->bus, pa, write))
        return;
    c->accesses = make_room(c->accesses, c->access_count, &c->access_room,
                            sizeof *c->accesses);
    c->accesses[c->access_count++] = (Access){pa, value, size, write, ok};
}

void check_irq(Check *c, unsigned input, bool level)
{
    if (c->layer->insns == c->state->insns) {
        cpu_set_irq(c->cpu, input, level);
        return;
    }
    uint8_t bit = (uint8_t)(1u << input);
    c->irq_set |= bit;
    c->irq_levels = (uint8_t)((c->irq_levels & ~bit) | (level ? bit : 0));
}

void check_memory_changed(Check *c, uint32_t pa, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++) {
        const Region *r = find_region(c, pa + i);
        if (r)
            r->reference[pa + i - r->pa] = r->layer[pa + i - r->pa];
    }
    cpu_memory_changed(c->cpu, pa, size);
}

/* --- Comparing ------------------------------------------------------------ */

/* The reference executes what the layer has. */
static void follow(Check *c)
{
    uint64_t insns = c->layer->insns;
    if (insns - c->state->insns > COMMIT_INSNS_MAX) {
        differ(c, insns, c->state->insns, "instructions");
        return;
    }
    if (insns == c->state->insns && cpu_interrupt_ready(c->cpu)) {
        c->counts.interrupts++;
        cpu_take_interrupt(c->cpu);
    }
    cpu_run(c->cpu, insns);
    if (c->access_next < c->access_count && !c->failed)
        differ(c, c->access_count, c->access_next, "device accesses");
    c->counts.accesses += c->access_count;
    c->access_count = c->access_next = 0;
    for (unsigned i = 0; i < INPUTS; i++)
        if (c->irq_set >> i & 1)
            cpu_set_irq(c->cpu, i, c->irq_levels >> i & 1);
    c->irq_set = 0;
}

static void fill_report(Check *c, const CoreCode *code, unsigned exit)
{
    CheckReport *r = &c->report;
    r->insns = c->layer->insns;
    r->pc = c->layer->pc;
    if (code) {
        r->gear = code->gear;
        r->entry = code->code->pc;
        r->exit = exit;
    }
    r->agreed = c->agreed;
    r->agreed_pc = c->agreed_pc;
    r->memory_agreed = c->sweep_before;
}

bool check_commit(Check *c, const CoreCode *code, unsigned exit)
{
    if (c->failed)
        return false;
    follow(c);
    compare_state(c);
    compare_stores(c);
    if (++c->counts.commits % SWEEP_COMMITS == 0)
        sweep(c);
    if (c->failed)
        fill_report(c, code, exit);
    else
        agree(c);
    return !c->failed;
}

bool check_finish(Check *c)
{
    if (c->failed)
        return false;
    for (size_t i = 0; i < c->region_count && !c->shares; i++)
        for (uint32_t at = 0; at < c->regions[i].size; at += BUS_PAGE)
            compare_page(c, &c->regions[i], at);
    if (c->failed)
        fill_report(c, NULL, 0);
    return !c->failed;
}

const CheckReport *check_report(const Check *c)
{
    return c->failed ? &c->report : NULL;
}

CheckCounts check_counts(const Check *c)
{
    return c->counts;
}
