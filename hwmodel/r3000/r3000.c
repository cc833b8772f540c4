/* The model of the R3000: its life, exceptions, micro-TLB, statistics. */
#include "hwmodel/r3000/r3000_impl.h"

#include "base/alloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

R3000 *r3000_create(const R3000Desc *desc)
{
    R3000 *r = alloc_zeroed(1, sizeof *r);
    r->desc = *desc;
    r->itags = alloc_zeroed(desc->icache / 4, sizeof *r->itags);
    r->dtags = alloc_zeroed(desc->dcache / 4, sizeof *r->dtags);
    r3000_reset(r);
    return r;
}

void r3000_destroy(R3000 *r)
{
    if (!r)
        return;
    free(r->itags);
    free(r->dtags);
    free(r);
}

void r3000_reset(R3000 *r)
{
    for (uint32_t i = 0; i < r->desc.icache / 4; i++)
        r->itags[i] = TAG_EMPTY;
    for (uint32_t i = 0; i < r->desc.dcache / 4; i++)
        r->dtags[i] = TAG_EMPTY;
    r->utlb_count = 0;
    r3000_settle(r);
}

void r3000_settle(R3000 *r)
{
    r->writes = (WriteBuffer){.count = 0};
    r->memory_free = 0;
    r->memory_row = NO_ROW;
    memset(r->unit_free, 0, sizeof r->unit_free);
    memset(r->fp_ready, 0, sizeof r->fp_ready);
}

R3000Cache r3000_icache(const R3000 *r)
{
    return (R3000Cache){r->itags, r->desc.icache / 4 - 1};
}

R3000Cache r3000_dcache(const R3000 *r)
{
    return (R3000Cache){r->dtags, r->desc.dcache / 4 - 1};
}

/* --- Exceptions and the micro-TLB ------------------------------------------
 */

uint64_t r3000_exception(R3000 *r)
{
    return r3000_wait(r, R3000_CAUSE_EXCEPTION, r->desc.exception);
}

uint64_t r3000_page(R3000 *r, uint32_t va)
{
    uint32_t page = va >> 12;
    unsigned at = 0;
    if (!r->desc.utlb)
        return 0;
    while (at < r->utlb_count && r->utlb[at] != page)
        at++;
    bool hit = at < r->utlb_count;
    if (!hit && r->utlb_count < r->desc.utlb)
        r->utlb_count++;
    if (at == r->utlb_count)
        at--; /* the one that was not used for longest goes */
    memmove(r->utlb + 1, r->utlb, at * sizeof *r->utlb);
    r->utlb[0] = page;
    if (hit)
        return 0;
    r->counters.utlb_misses++;
    return r3000_wait(r, R3000_CAUSE_UTLB, r->desc.utlb_miss);
}

void r3000_remapped(R3000 *r)
{
    r->utlb_count = 0;
}

/* --- Statistics ------------------------------------------------------------
 */

uint64_t *r3000_loads(R3000 *r)
{
    return &r->counters.loads;
}

void r3000_count(R3000 *r, uint64_t insns)
{
    R3000Counters *c = &r->counters;
    c->cause[R3000_CAUSE_ISSUE] = insns;
    c->total = 0;
    for (unsigned i = 0; i < R3000_CAUSES; i++)
        c->total += c->cause[i];
}

uint64_t r3000_cycles(const R3000 *r)
{
    return r->counters.total;
}

#define ROW(name, unit, field, text)                                           \
    {                                                                          \
        name, unit, text, offsetof(R3000Counters, field)                       \
    }

static const StatRow r3000_rows[] = {
    ROW("icache.misses", "misses", icache_misses,
        "blocks read into the instruction cache"),
    ROW("loads", "loads", loads, "cached and uncached ones"),
    ROW("dcache.misses", "misses", dcache_misses,
        "blocks read into the data cache"),
    ROW("uncached.fetches", "instructions", uncached_fetches,
        "fetched past the cache"),
    ROW("uncached.loads", "loads", uncached_loads, "past the cache"),
    ROW("uncached.stores", "stores", uncached_stores, "past the cache"),
    ROW("stores", "stores", stores, "that went to the write buffer"),
    ROW("stores.partial", "stores", partial_stores,
        "of them, cached and of less than a word"),
    ROW("write_buffer.full", "stores", writes_full,
        "that found the write buffer full"),
    ROW("write_buffer.row", "writes", writes_row,
        "that memory took in the row of the write before"),
    ROW("write_buffer.delays", "reads", reads_delayed,
        "of memory that waited for writes"),
    ROW("write_buffer.waits", "branches", write_waits,
        "on CpCond0 that waited for writes"),
    ROW("utlb.misses", "misses", utlb_misses, "of the instruction micro-TLB"),
    ROW("muldivs", "instructions", muldivs,
        "multiplications and divisions of integers"),
    ROW("fp.operations", "instructions", fp_ops,
        "computations and compares of the R3010"),
};

static const StatRow cause_rows[] = {
#define CAUSE(id, name, text)                                                  \
    ROW(name, "cycles", cause[R3000_CAUSE_##id], text),
#include "hwmodel/r3000/cause.def"
#undef CAUSE
    ROW("total", "cycles", total, "all of them"),
};

void r3000_add_stats(const R3000 *r, Stats *stats)
{
    stats_add(stats, "r3000", r3000_rows, ARRAY_LEN(r3000_rows), &r->counters);
    stats_add(stats, "cycles", cause_rows, ARRAY_LEN(cause_rows), &r->counters);
}

/* --- Checkpoints -----------------------------------------------------------
 */

#define COUNTER(member) CKPT_FIELD(R3000Counters, member)

static const CkptField counter_fields[] = {
    CKPT_ARRAY(R3000Counters, cause),
    COUNTER(total),
    COUNTER(loads),
    COUNTER(icache_misses),
    COUNTER(dcache_misses),
    COUNTER(uncached_fetches),
    COUNTER(uncached_loads),
    COUNTER(stores),
    COUNTER(partial_stores),
    COUNTER(uncached_stores),
    COUNTER(writes_full),
    COUNTER(writes_row),
    COUNTER(reads_delayed),
    COUNTER(write_waits),
    COUNTER(utlb_misses),
    COUNTER(muldivs),
    COUNTER(fp_ops),
};

static_assert(sizeof(R3000Counters) == (16 + R3000_CAUSES) * sizeof(uint64_t),
              "all counters are saved");

static const CkptField fields[] = {
    CKPT_ARRAY(R3000, writes.row),
    CKPT_ARRAY(R3000, writes.since),
    CKPT_UP_TO(R3000, writes.first, WRITES_MAX - 1),
    CKPT_UP_TO(R3000, writes.count, WRITES_MAX),
    CKPT_BOOL(R3000, writes.started),
    CKPT_FIELD(R3000, writes.done),
    CKPT_FIELD(R3000, memory_free),
    CKPT_FIELD(R3000, memory_row),
    CKPT_ARRAY(R3000, utlb),
    CKPT_UP_TO(R3000, utlb_count, UTLB_MAX),
    CKPT_ARRAY(R3000, unit_free),
    CKPT_ARRAY(R3000, fp_ready),
};

void r3000_checkpoint(R3000 *r, Ckpt *ckpt)
{
    ckpt_u32s(ckpt, "itags", r->itags, r->desc.icache / 4);
    ckpt_u32s(ckpt, "dtags", r->dtags, r->desc.dcache / 4);
    ckpt_fields(ckpt, fields, ARRAY_LEN(fields), r);
    ckpt_fields(ckpt, counter_fields, ARRAY_LEN(counter_fields), &r->counters);
    if (r->writes.count > r->desc.write_buffer || r->utlb_count > r->desc.utlb)
        ckpt_fail(ckpt, "section model: the write buffer or the micro-TLB "
                        "holds more than it can; save it anew");
}
