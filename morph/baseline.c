/* Binds the reference CPU to the model of the R3000's time; see baseline.h.
 * Neither knows the other: what an instruction asks of HI, LO and the R3010 is
 * worked out here. */
#include "morph/baseline.h"

#include "base/alloc.h"
#include "hwmodel/r3000/r3000.h"

#include <assert.h>
#include <stdlib.h>

static_assert((int)CPU_UNCACHED == (int)R3000_UNCACHED, "keys are the same");

struct Baseline {
    Cpu *cpu;
    R3000 *r3000;
    bool running;
    uint64_t insns; /* that it timed up to baseline_stop() */
    uint64_t start; /* its first instruction since */
};

/* --- What the processor tells ----------------------------------------------
 */

static uint64_t on_fetch(void *ctx, uint64_t now, uint32_t key)
{
    return r3000_fetch(ctx, now, key);
}

static uint64_t on_load(void *ctx, uint64_t now, uint32_t key)
{
    return r3000_load(ctx, now, key);
}

static uint64_t on_store(void *ctx, uint64_t now, uint32_t key, bool part)
{
    return r3000_store(ctx, now, key, part);
}

static uint64_t on_exception(void *ctx)
{
    return r3000_exception(ctx);
}

static uint64_t on_page(void *ctx, uint32_t va)
{
    return r3000_page(ctx, va);
}

static void on_remapped(void *ctx)
{
    r3000_remapped(ctx);
}

static void on_isolated(void *ctx, uint32_t pa, bool icache, bool part)
{
    r3000_isolated_store(ctx, pa, icache, part);
}

/* --- HI, LO and the R3010 --------------------------------------------------
 */

/* Of what computes; what does not have a result that is awaited is a move. */
static R3000Latency latency_of(const InsnInfo *info)
{
    static const uint8_t latencies[INSN_LATENCY_COUNT] = {
        [INSN_LATENCY_ONE] = R3000_LATENCY_FMOVE,
        [INSN_LATENCY_LOAD] = R3000_LATENCY_FMOVE,
        [INSN_LATENCY_MULT] = R3000_LATENCY_MULT,
        [INSN_LATENCY_DIV] = R3000_LATENCY_DIV,
        [INSN_LATENCY_FADD] = R3000_LATENCY_FADD,
        [INSN_LATENCY_FMUL_S] = R3000_LATENCY_FMUL_S,
        [INSN_LATENCY_FMUL_D] = R3000_LATENCY_FMUL_D,
        [INSN_LATENCY_FDIV_S] = R3000_LATENCY_FDIV_S,
        [INSN_LATENCY_FDIV_D] = R3000_LATENCY_FDIV_D,
        [INSN_LATENCY_FMOVE] = R3000_LATENCY_FMOVE,
        [INSN_LATENCY_FCVT_D_S] = R3000_LATENCY_FCVT_D_S,
        [INSN_LATENCY_FCVT_S_D] = R3000_LATENCY_FCVT_S_D,
        [INSN_LATENCY_FCVT_W] = R3000_LATENCY_FCVT_W,
    };
    return (R3000Latency)latencies[info->latency];
}

/* The set of registers that one is in. */
static uint32_t pair(unsigned reg)
{
    return 1u << (reg / 2);
}

static uint64_t time_fpu(R3000 *r, uint64_t now, const Insn *in)
{
    const InsnInfo *info = insn_info((InsnOp)in->op);
    switch (info->format) {
    case INSN_FORMAT_FS_FT:
        return r3000_fp(r, now, latency_of(info), pair(in->rs) | pair(in->rt),
                        R3000_FP_CONDITION);
    case INSN_FORMAT_FD_FS_FT:
        return r3000_fp(r, now, latency_of(info), pair(in->rs) | pair(in->rt),
                        pair(in->rd));
    case INSN_FORMAT_FD_FS:
        return r3000_fp(r, now, latency_of(info), pair(in->rs), pair(in->rd));
    case INSN_FORMAT_BRANCH:
        return r3000_fp_transfer(r, now, R3000_FP_CONDITION, 0);
    case INSN_FORMAT_RT_FS: /* mfc1, mtc1 */
        return r3000_fp_transfer(r, now, pair(in->rd), 0);
    case INSN_FORMAT_FT_MEM: /* lwc1, swc1 */
        return r3000_fp_transfer(r, now, pair(in->rt), 0);
    default: /* cfc1 and ctc1, and what is reserved, find it idle */
        return r3000_fp_transfer(r, now, R3000_FP_ALL, 0);
    }
}

static uint64_t on_unit(void *ctx, uint64_t now, const Insn *in)
{
    R3000 *r = ctx;
    const InsnInfo *info = insn_info((InsnOp)in->op);
    if (info->cls == INSN_CLASS_MULDIV)
        return r3000_muldiv(r, now, latency_of(info));
    if (info->cls == INSN_CLASS_HILO)
        return r3000_hilo(r, now);
    if (in->op == INSN_BC0F || in->op == INSN_BC0T)
        return r3000_wait_writes(r, now);
    return time_fpu(r, now, in);
}

/* --- Life ------------------------------------------------------------------
 */

Baseline *baseline_create(const Config *config, Cpu *cpu)
{
    Baseline *b = alloc_zeroed(1, sizeof *b);
    R3000Desc desc = r3000_desc_read(config);
    b->cpu = cpu;
    b->r3000 = r3000_create(&desc);
    return b;
}

void baseline_destroy(Baseline *b)
{
    if (!b)
        return;
    r3000_destroy(b->r3000);
    free(b);
}

void baseline_reset(Baseline *b)
{
    r3000_reset(b->r3000);
}

void baseline_start(Baseline *b, bool counted)
{
    R3000 *r = b->r3000;
    R3000Cache icache = r3000_icache(r), dcache = r3000_dcache(r);
    if (!b->running)
        b->start = cpu_insns(b->cpu);
    b->running = true;
    cpu_set_timing(b->cpu,
                   &(CpuTiming){.ctx = r,
                                .icache = {icache.tags, icache.mask},
                                .dcache = {dcache.tags, dcache.mask},
                                .loads = r3000_loads(r),
                                .fetch = on_fetch,
                                .load = on_load,
                                .store = on_store,
                                .unit = on_unit,
                                .exception = on_exception,
                                .page = on_page,
                                .remapped = on_remapped,
                                .isolated = on_isolated},
                   counted);
}

static uint64_t timed_insns(const Baseline *b)
{
    return b->insns + (b->running ? cpu_insns(b->cpu) - b->start : 0);
}

void baseline_stop(Baseline *b)
{
    b->insns = timed_insns(b);
    b->running = false;
    cpu_set_timing(b->cpu, NULL, false);
    r3000_remapped(b->r3000);
}

void baseline_settle(Baseline *b)
{
    r3000_settle(b->r3000);
}

uint64_t baseline_cycles(Baseline *b)
{
    r3000_count(b->r3000, timed_insns(b));
    return r3000_cycles(b->r3000);
}

void baseline_checkpoint(Baseline *b, Ckpt *ckpt)
{
    ckpt_u64(ckpt, "start", &b->start, UINT64_MAX);
    cpu_timing_checkpoint(b->cpu, ckpt);
    r3000_checkpoint(b->r3000, ckpt);
}

void baseline_add_stats(const Baseline *b, Stats *stats)
{
    r3000_add_stats(b->r3000, stats);
}
