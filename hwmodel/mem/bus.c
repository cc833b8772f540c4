/* The physical address space: a list of regions, and a two-level table that
 * finds the region of a page: 1024 tables of 1024 pages of 4 KB cover 4 GB. */
#include "hwmodel/mem/bus.h"

#include "base/alloc.h"
#include "base/bits.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAGE_SHIFT = 12,
    TABLE_SHIFT = 22,
    TABLE_COUNT = 1u << (32 - TABLE_SHIFT),
    TABLE_PAGES = 1u << (TABLE_SHIFT - PAGE_SHIFT),
    REGION_MAX = 255,
};

static_assert(1 << PAGE_SHIFT == BUS_PAGE, "pages of regions and of tables");

typedef struct Region {
    uint32_t pa;
    uint32_t size;
    uint8_t *bytes; /* memory, or NULL for a device */
    bool writable;  /* memory: RAM rather than ROM */
    bool owned;     /* memory: the bus's own, freed with it */
    Device *device;
} Region;

typedef struct Counters {
    uint64_t device_reads;
    uint64_t device_writes;
    uint64_t read_errors;
    uint64_t write_errors;
} Counters;

typedef uint8_t PageTable[TABLE_PAGES]; /* indices into regions */

struct Bus {
    bool big;
    BusErrorFn *error;
    void *error_ctx;
    BusTraceFn *trace;
    void *trace_ctx;
    BusPokedFn *poked;
    void *poked_ctx;
    Counters counters;
    unsigned region_count;
    Region regions[REGION_MAX + 1]; /* [0] stands for "nothing here" */
    PageTable *tables[TABLE_COUNT]; /* NULL where nothing lies */
};

Bus *bus_create(bool big)
{
    Bus *bus = alloc_zeroed(1, sizeof *bus);
    bus->big = big;
    bus->region_count = 1;
    return bus;
}

void bus_destroy(Bus *bus)
{
    if (!bus)
        return;
    for (unsigned i = 0; i < bus->region_count; i++)
        if (bus->regions[i].owned)
            alloc_free_large(bus->regions[i].bytes, bus->regions[i].size);
    for (unsigned i = 0; i < TABLE_COUNT; i++)
        free(bus->tables[i]);
    free(bus);
}

void bus_set_error(Bus *bus, BusErrorFn *error, void *ctx)
{
    bus->error = error;
    bus->error_ctx = ctx;
}

void bus_set_poked(Bus *bus, BusPokedFn *poked, void *ctx)
{
    bus->poked = poked;
    bus->poked_ctx = ctx;
}

void bus_set_trace(Bus *bus, BusTraceFn *trace, void *ctx)
{
    bus->trace = trace;
    bus->trace_ctx = ctx;
}

/* The region that holds `pa`; regions[0] if none does. */
static const Region *find(const Bus *bus, uint32_t pa)
{
    const PageTable *table = bus->tables[pa >> TABLE_SHIFT];
    unsigned page = pa >> PAGE_SHIFT & (TABLE_PAGES - 1);
    return &bus->regions[table ? (*table)[page] : 0];
}

static void add(Bus *bus, const Region *region)
{
    assert(region->size > 0 && region->size % BUS_PAGE == 0);
    assert(region->pa % BUS_PAGE == 0);
    assert(region->size - 1 <= UINT32_MAX - region->pa);
    assert(bus->region_count <= REGION_MAX);
    uint8_t index = (uint8_t)bus->region_count++;
    bus->regions[index] = *region;
    uint32_t first = region->pa >> PAGE_SHIFT;
    uint32_t count = region->size >> PAGE_SHIFT;
    for (uint32_t page = first; page < first + count; page++) {
        PageTable **table = &bus->tables[page / TABLE_PAGES];
        if (!*table)
            *table = alloc_zeroed(1, sizeof **table);
        assert((**table)[page % TABLE_PAGES] == 0);
        (**table)[page % TABLE_PAGES] = index;
    }
}

void bus_add_ram(Bus *bus, uint32_t pa, uint32_t size)
{
    add(bus, &(Region){.pa = pa,
                       .size = size,
                       .bytes = alloc_large(size),
                       .writable = true,
                       .owned = true});
}

void bus_add_rom(Bus *bus, uint32_t pa, uint32_t size, const void *content,
                 uint32_t content_size)
{
    assert(content_size <= size);
    uint8_t *bytes = alloc_large(size);
    memcpy(bytes, content, content_size);
    add(bus, &(Region){.pa = pa, .size = size, .bytes = bytes, .owned = true});
}

void bus_add_memory(Bus *bus, uint32_t pa, uint32_t size, uint8_t *bytes,
                    bool writable)
{
    assert(bytes);
    add(bus, &(Region){
                 .pa = pa, .size = size, .bytes = bytes, .writable = writable});
}

void bus_add_device(Bus *bus, uint32_t pa, uint32_t size, Device *device)
{
    assert(device->cls->span >= 4 &&
           (device->cls->span & (device->cls->span - 1)) == 0);
    add(bus, &(Region){.pa = pa, .size = size, .device = device});
}

bool bus_memory(const Bus *bus, unsigned i, BusMemory *memory)
{
    for (unsigned k = 1; k < bus->region_count; k++) {
        const Region *r = &bus->regions[k];
        if (!r->writable || i-- > 0)
            continue;
        *memory = (BusMemory){r->pa, r->size, r->bytes, r->owned};
        return true;
    }
    return false;
}

uint8_t *bus_page(Bus *bus, uint32_t pa, bool write)
{
    const Region *region = find(bus, pa);
    if (!region->bytes || (write && !region->writable))
        return NULL;
    return region->bytes + ((pa - region->pa) & ~(uint32_t)(BUS_PAGE - 1));
}

static bool fail(Bus *bus, uint32_t pa, bool write)
{
    if (write)
        bus->counters.write_errors++;
    else
        bus->counters.read_errors++;
    if (bus->error)
        bus->error(bus->error_ctx, pa, write);
    return false;
}

static void trace(const Bus *bus, const Region *region, uint32_t offset,
                  unsigned size, bool write, uint32_t value)
{
    if (bus->trace)
        bus->trace(bus->trace_ctx, region->device, offset, size, write, value);
}

static uint32_t size_mask(unsigned size)
{
    return UINT32_MAX >> (32 - 8 * size);
}

bool bus_read(Bus *bus, uint32_t pa, unsigned size, uint32_t *value)
{
    assert((size == 1 || size == 2 || size == 4) && pa % size == 0);
    const Region *region = find(bus, pa);
    uint32_t offset = pa - region->pa;
    if (region->bytes) {
        const uint8_t *p = region->bytes + offset;
        *value = size == 1   ? *p
                 : size == 2 ? bits_load16(p, bus->big)
                             : bits_load32(p, bus->big);
        return true;
    }
    if (!region->device)
        return fail(bus, pa, false);
    const DeviceClass *cls = region->device->cls;
    offset &= cls->span - 1;
    if (cls->answers && !cls->answers(region->device, offset, size, false))
        return fail(bus, pa, false);
    bus->counters.device_reads++;
    *value = cls->read(region->device, offset, size) & size_mask(size);
    trace(bus, region, offset, size, false, *value);
    return true;
}

bool bus_write(Bus *bus, uint32_t pa, unsigned size, uint32_t value)
{
    assert((size == 1 || size == 2 || size == 4) && pa % size == 0);
    const Region *region = find(bus, pa);
    uint32_t offset = pa - region->pa;
    if (region->writable) {
        uint8_t *p = region->bytes + offset;
        if (size == 1)
            *p = (uint8_t)value;
        else if (size == 2)
            bits_store16(p, value, bus->big);
        else
            bits_store32(p, value, bus->big);
        return true;
    }
    if (!region->device)
        return fail(bus, pa, true);
    const DeviceClass *cls = region->device->cls;
    offset &= cls->span - 1;
    if (cls->answers && !cls->answers(region->device, offset, size, true))
        return fail(bus, pa, true);
    bus->counters.device_writes++;
    value &= size_mask(size);
    cls->write(region->device, offset, size, value);
    trace(bus, region, offset, size, true, value);
    return true;
}

/* Whether the `size` bytes at `pa` are memory, all of them. */
static bool is_memory(const Bus *bus, uint32_t pa, uint32_t size)
{
    if (size == 0)
        return true;
    if (size - 1 > UINT32_MAX - pa)
        return false;
    uint32_t last = pa + (size - 1);
    for (;;) {
        const Region *region = find(bus, pa);
        if (!region->bytes)
            return false;
        uint32_t end = region->pa + (region->size - 1);
        if (end >= last)
            return true;
        pa = end + 1;
    }
}

/* Copies between the memory at `pa` and the host: to `to`, or else from
 * `from`. */
static bool copy(const Bus *bus, uint32_t pa, uint8_t *to, const uint8_t *from,
                 uint32_t size)
{
    if (!is_memory(bus, pa, size))
        return false;
    for (uint32_t done = 0, part; done < size; done += part) {
        const Region *region = find(bus, pa + done);
        uint32_t offset = pa + done - region->pa;
        uint32_t left = region->size - offset;
        part = left < size - done ? left : size - done;
        if (to)
            memcpy(to + done, region->bytes + offset, part);
        else
            memcpy(region->bytes + offset, from + done, part);
    }
    return true;
}

bool bus_peek(const Bus *bus, uint32_t pa, void *bytes, uint32_t size)
{
    return copy(bus, pa, bytes, NULL, size);
}

bool bus_poke(Bus *bus, uint32_t pa, const void *bytes, uint32_t size)
{
    if (!copy(bus, pa, NULL, bytes, size))
        return false;
    if (bus->poked && size > 0)
        bus->poked(bus->poked_ctx, pa, size);
    return true;
}

static const StatRow rows[] = {
    {"device.reads", "accesses", "reads of device registers",
     offsetof(Counters, device_reads)},
    {"device.writes", "accesses", "writes to device registers",
     offsetof(Counters, device_writes)},
    {"error.reads", "accesses", "reads that nothing answered",
     offsetof(Counters, read_errors)},
    {"error.writes", "accesses", "writes that nothing took",
     offsetof(Counters, write_errors)},
};

void bus_checkpoint(Bus *bus, Ckpt *ckpt)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        ckpt_u64(ckpt, rows[i].name,
                 (uint64_t *)((char *)&bus->counters + rows[i].offset),
                 UINT64_MAX);
}

void bus_add_stats(const Bus *bus, Stats *stats)
{
    stats_add(stats, "bus", rows, ARRAY_LEN(rows), &bus->counters);
}
