/* Interrupts, exceptions and modes of the reference CPU: what leads out of the
 * sequence of instructions, and back. */
#include "frontend/cpu_impl.h"

#include "frontend/fpu.h"

void cpu_irq_changed(Cpu *c)
{
    GuestState *s = &c->s;
    unsigned lines = c->irq_lines;
    if (c->config.fpu && fpu_irq(s->fcr31))
        lines |= 1u << 5;
    s->cause =
        (s->cause & ~(CAUSE_IP & ~CAUSE_SW)) | lines << (CAUSE_IP_SHIFT + 2);
    c->irq_ready =
        (s->status & STATUS_IEC) && (s->status & s->cause & STATUS_IM);
    cpu_limit_changed(c);
}

void cpu_set_irq(Cpu *c, unsigned input, bool level)
{
    c->irq_lines = (c->irq_lines & ~(1u << input)) | (unsigned)level << input;
    if (level)
        c->waiting = false;
    cpu_irq_changed(c);
}

void cpu_mode_changed(Cpu *c)
{
    uint32_t status = c->s.status;
    bool user = state_user_mode(&c->s);
    bool plain = !(status & STATUS_ISC) && !(user && (status & STATUS_RE));
    c->fast = c->fast_tables[!plain ? FAST_NONE
                             : user ? FAST_USER
                                    : FAST_KERNEL];
    c->code_va = NO_PAGE;
    cpu_irq_changed(c);
}

static void take_exception(Cpu *c, Exception exc, unsigned z, bool refill)
{
    GuestState *s = &c->s;
    s->gpr[s->load_reg] = s->load_value;
    s->load_reg = 0;
    s->gpr[0] = 0;
    state_fpr_settle(s);
    s->link = false;

    s->cause &= ~(CAUSE_BD | CAUSE_CE | CAUSE_EXC);
    s->cause |= (uint32_t)exc << 2 | z << CAUSE_CE_SHIFT;
    s->epc = s->pc;
    if (s->in_delay) {
        s->cause |= CAUSE_BD;
        s->epc -= 4;
    }
    uint32_t bev = s->status & STATUS_BEV;
    if (refill)
        s->pc = bev ? VECTOR_BEV_UTLB : VECTOR_UTLB;
    else
        s->pc = bev ? VECTOR_BEV_GENERAL : VECTOR_GENERAL;
    s->npc = s->pc + 4;
    s->in_delay = false;
    s->status = (s->status & ~STATUS_KU_IE) | ((s->status << 2) & STATUS_KU_IE);
    cpu_mode_changed(c);
    if (c->timed)
        cpu_wait(c, c->timing.exception(c->timing.ctx));

    c->stats.exceptions[exc]++;
    histogram_add(&c->stats.exception_gap, GAP_BUCKETS,
                  s->insns - c->last_exception, 1);
    c->last_exception = s->insns;
    if (refill)
        *(exc == EXC_TLBL ? &c->stats.utlb_load : &c->stats.utlb_store) += 1;
    if (c->hooks.exception)
        c->hooks.exception(c->hooks.ctx, s, exc);
}

void cpu_machine_check(Cpu *c, const char *why)
{
    if (c->bus.machine_check)
        c->bus.machine_check(c->bus.ctx, why);
}

void cpu_exception(Cpu *c, Exception exc)
{
    take_exception(c, exc, 0, false);
}

void cpu_exception_refill(Cpu *c, Exception exc)
{
    take_exception(c, exc, 0, true);
}

void cpu_exception_cop(Cpu *c, unsigned z)
{
    take_exception(c, EXC_CPU, z, false);
}
