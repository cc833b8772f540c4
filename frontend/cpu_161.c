/* What MIPS-161, the processor of System/161 machines, has beyond the R3000:
 * instructions, banks of CP0 registers, and the on-chip timer's registers,
 * which are a device on the bus (hwmodel/dev/mips161_timer.h). */
#include "frontend/cpu_impl.h"

#include "frontend/tlb.h"

typedef enum Extra {
#define EXTRA(id, name, mask, value, text) EXTRA_##id,
#include "frontend/mips161.def"
#undef EXTRA
    EXTRA_NONE,
} Extra;

static Extra decode(uint32_t word)
{
#define EXTRA(id, name, mask, value, text)                                     \
    if ((word & (mask)) == (value))                                            \
        return EXTRA_##id;
#include "frontend/mips161.def"
#undef EXTRA
    return EXTRA_NONE;
}

static unsigned feature_of(Extra extra)
{
    return extra == EXTRA_NONE   ? 0
           : extra == EXTRA_WAIT ? CPU_WAIT
                                 : CPU_LINKED;
}

/* It does not matter whether the interrupt is enabled.  One that is due now is
 * taken by the next instruction. */
static void wait(Cpu *c)
{
    if (c->irq_lines || c->irq_ready || !cpu_has(c, CPU_IDLES))
        return;
    c->waiting = true;
    c->stats.waits++;
    cpu_limit_changed(c);
}

static bool load_linked(Cpu *c, unsigned rt, uint32_t va)
{
    uint32_t value;
    if (!cpu_load(c, va, 4, &value, c->timed))
        return false;
    c->s.gpr[rt] = value;
    TlbPage page;
    /* As it was for the load. */
    tlb_translate(&c->s, &c->tlb_index, va, false, &page);
    c->s.link = true;
    c->s.link_pa = page.pa;
    return true;
}

/* Whether the link is to the word at `va`, as far as that can be stored to:
 * where it cannot, the store itself says why. */
static bool is_linked(Cpu *c, uint32_t va)
{
    if (!c->s.link)
        return false;
    TlbPage page;
    uint32_t status = c->s.status;
    TlbResult result = tlb_translate(&c->s, &c->tlb_index, va, true, &page);
    /* Where two entries match, the store will shut the TLB down. */
    c->s.status = status;
    return result != TLB_OK || page.pa == c->s.link_pa;
}

/* Exceptions end a link, and so do stores of other processors (cpu_group.c). */
static bool store_conditional(Cpu *c, unsigned rt, uint32_t va, uint32_t value)
{
    bool link = is_linked(c, va);
    if ((link || va & 3) && !cpu_store(c, va, 4, value, c->timed))
        return false;
    c->s.link = false;
    c->s.gpr[rt] = link;
    return true;
}

bool cpu_extra(Cpu *c, uint32_t word, uint32_t rs, uint32_t rt)
{
    Extra extra = decode(word);
    unsigned reg = word >> 16 & 31;
    uint32_t va = rs + bits_sext16(word);
    bool kernel = !state_user_mode(&c->s) || c->s.status & STATUS_CU0;
    if (!cpu_has(c, feature_of(extra))) {
        cpu_reserved(c, word);
        return false;
    }
    switch (extra) {
    case EXTRA_LL: return load_linked(c, reg, va);
    case EXTRA_SC: return store_conditional(c, reg, va, rt);
    case EXTRA_WAIT:
    case EXTRA_CACHE:
        if (!kernel) {
            cpu_exception_cop(c, 0);
            return false;
        }
        if (extra == EXTRA_WAIT)
            wait(c);
        return true;
    case EXTRA_SYNC:
    case EXTRA_NONE: break;
    }
    return true;
}

/* --- CP0 ------------------------------------------------------------------ */

/* Config: MIPS32's, which says big-endian and that bank 1 goes on; Config1: 64
 * TLB entries, no caches, no FPU. */
#define CONFIG_VALUE  0x80008000u
#define CONFIG1_VALUE 0x7e000000u

static unsigned select_of(const Insn *in)
{
    return in->imm & 7;
}

uint32_t cpu_extra_mfc0(Cpu *c, const Insn *in)
{
    uint32_t value = 0;
    unsigned bank = select_of(in);
    if (in->rd == CP0_CONFIG)
        return bank == 0 ? CONFIG_VALUE : bank == 1 ? CONFIG1_VALUE : 0;
    if (bank != 0)
        return 0; /* CFEAT and IFEAT, PRId's banks 1 and 2, among them */
    bool timer = in->rd == CP0_COUNT || in->rd == CP0_COMPARE;
    if (!timer || !cpu_has(c, CPU_TIMER))
        return cpu_cp0_read(c, in->rd);
    uint32_t offset = in->rd == CP0_COUNT ? 0 : 4;
    c->bus.read(c->bus.ctx, c->config.timer + offset, 4, &value);
    return value;
}

void cpu_extra_mtc0(Cpu *c, const Insn *in, uint32_t value)
{
    bool timer = in->rd == CP0_COUNT || in->rd == CP0_COMPARE;
    if (select_of(in) != 0)
        return; /* read-only, all of them */
    if (!timer || !cpu_has(c, CPU_TIMER)) {
        cpu_cp0_write(c, in->rd, value);
        return;
    }
    uint32_t offset = in->rd == CP0_COUNT ? 0 : 4;
    c->bus.write(c->bus.ctx, c->config.timer + offset, 4, value);
}
