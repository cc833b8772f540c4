/* Coprocessors of the reference CPU: CP0 registers and TLB instructions, and
 * the R3010's registers, delays and instructions (its arithmetic is fpu.c). */
#include "frontend/cpu_impl.h"

#include "frontend/fpu.h"
#include "frontend/tlb.h"

#include <assert.h>

/* --- CP0 ------------------------------------------------------------------ */

uint32_t cpu_cp0_read(const Cpu *c, unsigned reg)
{
    const GuestState *s = &c->s;
    switch (reg) {
    case CP0_INDEX: return s->index;
    case CP0_RANDOM: return state_random(s) << 8;
    case CP0_ENTRYLO: return s->entrylo;
    case CP0_CONTEXT: return s->context;
    case CP0_BADVADDR: return s->badvaddr;
    case CP0_ENTRYHI: return s->entryhi;
    case CP0_STATUS: return s->status;
    case CP0_CAUSE: return s->cause;
    case CP0_EPC: return s->epc;
    case CP0_PRID: return c->config.prid;
    default: return 0; /* not there; the manual leaves it undefined */
    }
}

uint32_t cpu_cp0(const Cpu *c, unsigned reg)
{
    return cpu_cp0_read(c, reg);
}

/* Another ASID maps other pages. */
static void set_entryhi(Cpu *c, uint32_t value)
{
    bool new_asid = (c->s.entryhi ^ value) & ENTRYHI_ASID;
    c->s.entryhi = value;
    if (new_asid)
        cpu_mem_forget(c);
}

static void write_status(Cpu *c, uint32_t value)
{
    GuestState *s = &c->s;
    uint32_t keep = s->status & (STATUS_TS | (STATUS_PE & ~value));
    if (cpu_has(c, CPU_MACHINE_CHECKS)) {
        if (value & (STATUS_ISC | STATUS_SWC))
            cpu_machine_check(c, "the guest isolates or swaps caches, which "
                                 "this processor does not let it do");
        value &= STATUS_WRITABLE_161;
    }
    s->status = (value & STATUS_WRITABLE) | keep;
    cpu_mode_changed(c);
}

void cpu_cp0_write(Cpu *c, unsigned reg, uint32_t value)
{
    GuestState *s = &c->s;
    switch (reg) {
    case CP0_INDEX:
        s->index = (s->index & INDEX_P) | (value & INDEX_INDEX);
        break;
    case CP0_ENTRYLO: s->entrylo = value & ENTRYLO_USED; break;
    case CP0_CONTEXT:
        s->context = (value & CONTEXT_PTE) | (s->context & CONTEXT_BADVPN);
        break;
    case CP0_ENTRYHI:
        set_entryhi(c, value & (ENTRYHI_VPN | ENTRYHI_ASID));
        break;
    case CP0_STATUS: write_status(c, value); break;
    case CP0_CAUSE:
        s->cause = (s->cause & ~CAUSE_SW) | (value & CAUSE_SW);
        cpu_irq_changed(c);
        break;
    default: break; /* read-only or not there */
    }
}

static void read_tlb(Cpu *c)
{
    GuestState *s = &c->s;
    const TlbEntry *e = &s->tlb[(s->index & INDEX_INDEX) >> 8];
    s->entrylo = e->lo;
    set_entryhi(c, e->hi);
}

static void write_tlb(Cpu *c, unsigned index)
{
    GuestState *s = &c->s;
    TlbEntry *e = &s->tlb[index];
    cpu_mem_forget_page(c, e->hi);
    *e = (TlbEntry){s->entryhi, s->entrylo};
    tlb_index_move(&c->tlb_index, index, e->hi);
    cpu_mem_forget_page(c, e->hi);
    c->stats.tlb_writes++;
    if (c->hooks.tlb_write)
        c->hooks.tlb_write(c->hooks.ctx, s, index);
}

static void probe_tlb(Cpu *c)
{
    GuestState *s = &c->s;
    uint32_t status = s->status;
    int i = tlb_find(s, &c->tlb_index, s->entryhi);
    if (s->status != status)
        cpu_tlb_shut_down(c);
    s->index = i < 0 ? INDEX_P | (s->index & INDEX_INDEX) : (uint32_t)i << 8;
}

static void leave_exception(Cpu *c)
{
    uint32_t status = c->s.status;
    c->s.status = (status & ~0xfu) | ((status >> 2) & 0xf);
    cpu_mode_changed(c);
}

void cpu_system(Cpu *c, const Insn *in, uint32_t rt)
{
    switch (in->op) {
    case INSN_MTC0:
        if (cpu_has(c, CPU_SELECTS))
            cpu_extra_mtc0(c, in, rt);
        else
            cpu_cp0_write(c, in->rd, rt);
        break;
    case INSN_TLBR: read_tlb(c); break;
    case INSN_TLBWI: write_tlb(c, (c->s.index & INDEX_INDEX) >> 8); break;
    case INSN_TLBWR: write_tlb(c, state_random(&c->s)); break;
    case INSN_TLBP: probe_tlb(c); break;
    case INSN_RFE: leave_exception(c); break;
    default: assert(!"a CP0 instruction");
    }
}

bool cpu_condition(const Cpu *c, unsigned z)
{
    if (z == 1 && c->config.fpu)
        return c->s.fcr31 & FCR31_C;
    return (c->config.cpcond >> z) & 1;
}

/* --- CP1: registers ------------------------------------------------------- */

/* Before an instruction reads registers: a load lands unless it was made by
 * the instruction just before (`insns` counts the present one). */
static void settle_older(Cpu *c)
{
    if (c->s.fpr_load_insn + 1 < c->s.insns)
        state_fpr_settle(&c->s);
}

uint32_t cpu_fpr_read(Cpu *c, unsigned reg)
{
    settle_older(c);
    return c->s.fpr[reg];
}

void cpu_fpr_load(Cpu *c, unsigned reg, uint32_t value)
{
    GuestState *s = &c->s;
    state_fpr_settle(&c->s);
    if (!c->config.fpu)
        return;
    s->fpr_load_reg = (uint8_t)reg;
    s->fpr_load_value = value;
    s->fpr_load_insn = s->insns;
}

uint32_t cpu_fcr_read(const Cpu *c, unsigned reg)
{
    if (!c->config.fpu)
        return 0;
    switch (reg) {
    case 0: return FCR0_VALUE;
    case 31: return c->s.fcr31;
    default: return 0; /* not there */
    }
}

void cpu_fcr_write(Cpu *c, unsigned reg, uint32_t value)
{
    if (reg == 31 && c->config.fpu) {
        c->s.fcr31 = value & FCR31_WRITABLE;
        cpu_irq_changed(c);
    }
}

/* --- CP1: computation ----------------------------------------------------- */

/* What an instruction asks of fpu.c. */
typedef struct FpuWork {
    FpuOp op;
    FpuFmt from, to;
    bool binary;
} FpuWork;

static FpuWork work_of(InsnOp op)
{
    switch (op) {
    case INSN_ADD_S: return (FpuWork){FPU_ADD, FPU_S, FPU_S, true};
    case INSN_ADD_D: return (FpuWork){FPU_ADD, FPU_D, FPU_D, true};
    case INSN_SUB_S: return (FpuWork){FPU_SUB, FPU_S, FPU_S, true};
    case INSN_SUB_D: return (FpuWork){FPU_SUB, FPU_D, FPU_D, true};
    case INSN_MUL_S: return (FpuWork){FPU_MUL, FPU_S, FPU_S, true};
    case INSN_MUL_D: return (FpuWork){FPU_MUL, FPU_D, FPU_D, true};
    case INSN_DIV_S: return (FpuWork){FPU_DIV, FPU_S, FPU_S, true};
    case INSN_DIV_D: return (FpuWork){FPU_DIV, FPU_D, FPU_D, true};
    case INSN_ABS_S: return (FpuWork){FPU_ABS, FPU_S, FPU_S, false};
    case INSN_ABS_D: return (FpuWork){FPU_ABS, FPU_D, FPU_D, false};
    case INSN_MOV_S: return (FpuWork){FPU_MOV, FPU_S, FPU_S, false};
    case INSN_MOV_D: return (FpuWork){FPU_MOV, FPU_D, FPU_D, false};
    case INSN_NEG_S: return (FpuWork){FPU_NEG, FPU_S, FPU_S, false};
    case INSN_NEG_D: return (FpuWork){FPU_NEG, FPU_D, FPU_D, false};
    case INSN_CVT_S_D: return (FpuWork){FPU_CVT_S, FPU_D, FPU_S, false};
    case INSN_CVT_S_W: return (FpuWork){FPU_CVT_S, FPU_W, FPU_S, false};
    case INSN_CVT_D_S: return (FpuWork){FPU_CVT_D, FPU_S, FPU_D, false};
    case INSN_CVT_D_W: return (FpuWork){FPU_CVT_D, FPU_W, FPU_D, false};
    case INSN_CVT_W_S: return (FpuWork){FPU_CVT_W, FPU_S, FPU_W, false};
    default: return (FpuWork){FPU_CVT_W, FPU_D, FPU_W, false};
    }
}

static uint64_t read_operand(const GuestState *s, FpuFmt fmt, unsigned reg)
{
    if (fmt != FPU_D)
        return s->fpr[reg];
    return s->fpr[reg & ~1u] | (uint64_t)s->fpr[reg | 1] << 32;
}

/* A double lies in an even register and the odd one above it. */
static bool is_pair(FpuFmt fmt, unsigned reg)
{
    return fmt != FPU_D || !(reg & 1);
}

static bool compute(Cpu *c, const Insn *in)
{
    GuestState *s = &c->s;
    FpuWork w = work_of(in->op);
    if (!is_pair(w.from, in->rs) || !is_pair(w.to, in->rd) ||
        (w.binary && !is_pair(w.from, in->rt)))
        return fpu_unimplemented(&s->fcr31);
    uint64_t fs = read_operand(s, w.from, in->rs);
    uint64_t ft = w.binary ? read_operand(s, w.from, in->rt) : 0;
    uint64_t fd;
    if (!fpu_compute(w.op, w.from, fs, ft, &s->fcr31, &fd))
        return false;
    state_fpr_settle(s);
    s->fpr[in->rd] = (uint32_t)fd;
    if (w.to == FPU_D)
        s->fpr[in->rd | 1] = (uint32_t)(fd >> 32);
    return true;
}

static bool compare(Cpu *c, const Insn *in)
{
    GuestState *s = &c->s;
    bool d = in->op >= INSN_C_F_D;
    FpuFmt fmt = d ? FPU_D : FPU_S;
    unsigned cond = in->op - (d ? INSN_C_F_D : INSN_C_F_S);
    if (!is_pair(fmt, in->rs) || !is_pair(fmt, in->rt))
        return fpu_unimplemented(&s->fcr31);
    uint64_t fs = read_operand(s, fmt, in->rs);
    uint64_t ft = read_operand(s, fmt, in->rt);
    return fpu_compare(cond, fmt, fs, ft, &s->fcr31);
}

bool cpu_fpu_execute(Cpu *c, const Insn *in)
{
    if (!c->config.fpu)
        return true;
    settle_older(c);
    bool asked = fpu_irq(c->s.fcr31);
    bool done;
    if (in->op == INSN_FPRESERVED)
        done = fpu_unimplemented(&c->s.fcr31);
    else if (insn_info(in->op)->cls == INSN_CLASS_FCOMP)
        done = compare(c, in);
    else
        done = compute(c, in);
    if (fpu_irq(c->s.fcr31) != asked)
        cpu_irq_changed(c);
    if (done)
        return true;
    /* The R3010 asks for an interrupt, and EPC must name this instruction.  If
     * the interrupt is masked, execution goes on without a result. */
    c->stats.fpu_traps++;
    if (!c->irq_ready)
        return true;
    cpu_exception(c, EXC_INT);
    return false;
}
