/* Memory that does one thing at a time, in the order in which it is asked; see
 * memory.h. */
#include "hwmodel/mem/memory.h"

#include "base/bits.h"

void memory_init(Memory *m, const Config *config)
{
#define INT(key) ((unsigned)config_int(config, CONFIG_MEMORY_##key))
    *m = (Memory){
        .latency = INT(LATENCY),
        .transfer = INT(TRANSFER),
        .write = INT(WRITE),
        .uncached = INT(UNCACHED),
        .width_shift = (unsigned)__builtin_ctz(INT(WIDTH)),
        .early = config_bool(config, CONFIG_MEMORY_EARLY),
    };
#undef INT
}

void memory_reset(Memory *m)
{
    m->free = 0;
    m->size = 0;
}

void memory_checkpoint(Memory *m, Ckpt *ckpt)
{
    static const CkptField fields[] = {
        {"memory.free", offsetof(Memory, free), sizeof m->free, 1, UINT64_MAX},
        {"memory.block", offsetof(Memory, block), sizeof m->block, 1,
         UINT64_MAX},
        {"memory.first", offsetof(Memory, first), sizeof m->first, 1,
         UINT64_MAX},
        {"memory.begun", offsetof(Memory, begun), sizeof m->begun, 1,
         UINT64_MAX},
        {"memory.size", offsetof(Memory, size), sizeof m->size, 1, UINT32_MAX},
        {"memory.waits", offsetof(Memory, waits), sizeof m->waits, 1,
         UINT64_MAX},
    };
    ckpt_fields(ckpt, fields, ARRAY_LEN(fields), m);
}

/* Cycles from the first transfer to the one that has byte `last`. */
static uint64_t behind_first(const Memory *m, uint64_t last)
{
    return (last >> m->width_shift) * m->transfer;
}

/* When something can begin that is asked for at `now`. */
static uint64_t begin(const Memory *m, uint64_t now)
{
    return m->free > now ? m->free : now;
}

uint64_t memory_read(Memory *m, uint64_t now, uint64_t pa, unsigned part,
                     unsigned size)
{
    uint64_t start = begin(m, now);
    m->waits += start - now;
    m->block = pa & ~(uint64_t)(size - 1);
    m->first = pa & ~(uint64_t)(part - 1);
    m->begun = start + m->latency;
    m->size = size;
    m->free = m->begun + behind_first(m, size - 1);
    return m->early ? m->begun + behind_first(m, part - 1) : m->free;
}

uint64_t memory_arrival_here(const Memory *m, uint64_t pa, unsigned part)
{
    uint64_t at = ((pa & ~(uint64_t)(part - 1)) - m->first) & (m->size - 1);
    /* Of a part that is larger than the first one, the end may have come before
     * the begin. */
    uint64_t last = at + part > m->size ? m->size - 1 : at + part - 1;
    return m->begun + behind_first(m, last);
}

void memory_write(Memory *m, uint64_t now, unsigned size)
{
    m->free = begin(m, now) + m->write + behind_first(m, size - 1);
}

uint64_t memory_access(Memory *m, uint64_t now)
{
    uint64_t start = begin(m, now);
    m->waits += start - now;
    m->free = start + m->uncached;
    return m->free;
}
