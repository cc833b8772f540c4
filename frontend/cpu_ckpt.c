/* What a checkpoint holds of the reference CPU.  What it has decoded and where
 * it has found pages is not in it: that only makes it faster. */
#include "frontend/cpu_impl.h"

static const CkptField tlb_fields[] = {
    {"tlb.hi", offsetof(TlbEntry, hi), sizeof(uint32_t), 1, UINT64_MAX},
    {"tlb.lo", offsetof(TlbEntry, lo), sizeof(uint32_t), 1, UINT64_MAX},
};

static const CkptField state_fields[] = {
    CKPT_ARRAY(GuestState, gpr),
    CKPT_FIELD(GuestState, hi),
    CKPT_FIELD(GuestState, lo),
    CKPT_FIELD(GuestState, pc),
    CKPT_FIELD(GuestState, npc),
    CKPT_BOOL(GuestState, in_delay),
    CKPT_UP_TO(GuestState, load_reg, 31),
    CKPT_FIELD(GuestState, load_value),
    CKPT_ARRAY(GuestState, fpr),
    CKPT_FIELD(GuestState, fcr31),
    CKPT_FIELD(GuestState, fpr_load_value),
    CKPT_UP_TO(GuestState, fpr_load_reg, FPR_COUNT),
    CKPT_FIELD(GuestState, fpr_load_insn),
    CKPT_FIELD(GuestState, index),
    CKPT_FIELD(GuestState, entrylo),
    CKPT_FIELD(GuestState, context),
    CKPT_FIELD(GuestState, badvaddr),
    CKPT_FIELD(GuestState, entryhi),
    CKPT_FIELD(GuestState, status),
    CKPT_FIELD(GuestState, cause),
    CKPT_FIELD(GuestState, epc),
    CKPT_BOOL(GuestState, link),
    CKPT_FIELD(GuestState, link_pa),
    CKPT_FIELD(GuestState, insns),
};

static const CkptField cpu_fields[] = {
    CKPT_FIELD(Cpu, waits),
    CKPT_BOOL(Cpu, waiting),
    CKPT_UP_TO(Cpu, irq_lines, 63),
    CKPT_FIELD(Cpu, last_exception),
};

static const CkptField stat_fields[] = {
    CKPT_ARRAY(CpuStats, exceptions),
    CKPT_FIELD(CpuStats, utlb_load),
    CKPT_FIELD(CpuStats, utlb_store),
    CKPT_FIELD(CpuStats, tlb_writes),
    CKPT_FIELD(CpuStats, fpu_traps),
    {"gap.count", offsetof(CpuStats, exception_gap.count), sizeof(uint64_t), 1,
     UINT64_MAX},
    {"gap.sum", offsetof(CpuStats, exception_gap.sum), sizeof(uint64_t), 1,
     UINT64_MAX},
    {"gap.buckets", offsetof(CpuStats, exception_gap.buckets), sizeof(uint64_t),
     HISTOGRAM_BUCKETS, UINT64_MAX},
    CKPT_FIELD(CpuStats, waits),
    CKPT_FIELD(CpuStats, idle),
};

void cpu_checkpoint(Cpu *c, Ckpt *ckpt)
{
    ckpt_fields(ckpt, state_fields, ARRAY_LEN(state_fields), &c->s);
    ckpt_records(ckpt, tlb_fields, ARRAY_LEN(tlb_fields), c->s.tlb, TLB_ENTRIES,
                 sizeof c->s.tlb[0]);
    ckpt_fields(ckpt, cpu_fields, ARRAY_LEN(cpu_fields), c);
    ckpt_fields(ckpt, stat_fields, ARRAY_LEN(stat_fields), &c->stats);
    isocache_checkpoint(c->icache, "icache", ckpt);
    isocache_checkpoint(c->dcache, "dcache", ckpt);
    if (!ckpt_loads(ckpt))
        return;
    c->s.gpr[0] = 0;
    tlb_index_make(&c->tlb_index, &c->s);
    cpu_mem_reset(c); /* memory is another one, too */
    cpu_mode_changed(c);
}

void cpu_set_cycle(Cpu *c, uint64_t cycle)
{
    c->waits = cycle - c->s.insns;
}

void cpu_timing_checkpoint(Cpu *c, Ckpt *ckpt)
{
    ckpt_u64(ckpt, "ahead", &c->timing_ahead, UINT64_MAX);
}
