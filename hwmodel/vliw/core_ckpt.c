/* What a checkpoint holds of the core, between two runs of core_run(): nothing
 * is in flight then, no store is gated, and the registers are in the processor.
 * Installed code is the layer's to save.  What the engine decides is not in it:
 * whatever ran the code, the file is the same. */
#include "hwmodel/vliw/core_impl.h"

#include <assert.h>

static const CkptField core_fields[] = {
    CKPT_FIELD(Core, insns),
    CKPT_FIELD(Core, generation),
    CKPT_FIELD(Core, predict.return_hits),
    CKPT_FIELD(Core, predict.cache_hits),
    CKPT_FIELD(Core, predict.jump_hits),
};

static_assert(sizeof(CoreCounters) % sizeof(uint64_t) == 0, "only counters");

void core_checkpoint(Core *c, Ckpt *ckpt)
{
    assert(c->store_count == 0);
    if (ckpt_loads(ckpt))
        core_forget(c);
    else
        core_settle(c);
    uint64_t cycles = core_cycles(c);
    ckpt_u64(ckpt, "cycles", &cycles, UINT64_MAX);
    ckpt_fields(ckpt, core_fields, ARRAY_LEN(core_fields), c);
    ckpt_u32s(ckpt, "tlb", c->tlb, c->tlb_mask + 1);
    ckpt_u64s(ckpt, "counters", (uint64_t *)&c->counters,
              sizeof c->counters / sizeof(uint64_t));
    if (!ckpt_loads(ckpt))
        return;
    c->clock = cycles;
    c->stalls = 0;
    c->arrival = 0;
    c->flight = (PartSet){{0}};
    core_update_limit(c);
}

const CoreCode *core_counted(const Core *c)
{
    return c->counted;
}

void core_set_counted(Core *c, const CoreCode *code)
{
    c->counted = code;
}
