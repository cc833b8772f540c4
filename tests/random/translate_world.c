/* The world of translated code; see translate_world.h. */
#include "tests/random/translate_world.h"

#include "base/bits.h"
#include "frontend/lift.h"
#include "frontend/tlb.h"

#include <inttypes.h>

enum { PAGE = 4096 };

void world_create(World *w, bool big)
{
    *w = (World){.big = big, .bare = bare_cpu_create(TRANSLATE_RAM, big)};
    w->cpu = bare_cpu_cpu(w->bare);
}

void world_destroy(World *w)
{
    bare_cpu_destroy(w->bare);
}

/* --- Memory --------------------------------------------------------------- */

void world_begin(World *w, uint8_t *ram)
{
    w->mapping = *cpu_state(w->cpu);
    w->ram = ram;
}

/* In the page of code, which regions are made from and do not write. */
static bool is_code(uint32_t pa)
{
    return pa / PAGE == TRANSLATE_CODE / PAGE;
}

bool world_find(World *w, uint32_t va, bool store, uint32_t *pa)
{
    TlbPage page;
    if (tlb_translate(&w->mapping, NULL, va, store, &page) != TLB_OK)
        return false;
    *pa = page.pa;
    return page.pa < TRANSLATE_RAM && !(store && is_code(page.pa));
}

bool world_fetch(World *w, uint32_t va, uint32_t *word)
{
    TlbPage page;
    if (va & 3 ||
        tlb_translate(&w->mapping, NULL, va, false, &page) != TLB_OK ||
        !is_code(page.pa))
        return false;
    *word = bits_load32(bare_cpu_ram(w->bare) + page.pa, w->big);
    return true;
}

static bool env_load(void *ctx, uint32_t va, unsigned size, uint32_t *value)
{
    World *w = ctx;
    uint32_t pa;
    if (!world_find(w, va, false, &pa))
        return false;
    const uint8_t *p = w->ram + pa;
    *value = size == 1   ? *p
             : size == 2 ? bits_load16(p, w->big)
                         : bits_load32(p, w->big);
    return true;
}

static bool env_check_store(void *ctx, uint32_t va, unsigned size)
{
    uint32_t pa;
    (void)size;
    return world_find(ctx, va, true, &pa);
}

static uint32_t env_place(void *ctx, uint32_t va)
{
    uint32_t pa = 0;
    world_find(ctx, va, false, &pa);
    return pa;
}

static void env_store(void *ctx, uint32_t va, unsigned size, uint32_t value)
{
    World *w = ctx;
    uint8_t *p = w->ram + env_place(w, va);
    if (size == 1)
        *p = (uint8_t)value;
    else if (size == 2)
        bits_store16(p, value, w->big);
    else
        bits_store32(p, value, w->big);
}

static uint32_t env_cp0(void *ctx, unsigned reg)
{
    return cpu_cp0(((World *)ctx)->cpu, reg);
}

IrEnv world_env(World *w)
{
    return (IrEnv){w,       env_load, env_check_store, env_store,
                   env_cp0, lift_fp,  env_place};
}

static bool bus_page(void *ctx, uint32_t va, bool user, bool store,
                     CorePage *page, CoreFault *fault)
{
    World *w = ctx;
    TlbPage found;
    *fault = CORE_FAULT_GUEST;
    if (user != state_user_mode(&w->mapping) ||
        tlb_translate(&w->mapping, NULL, va, store, &found) != TLB_OK)
        return false;
    *fault = CORE_FAULT_MMIO;
    if (found.pa >= TRANSLATE_RAM)
        return false;
    static const uint32_t all[PAGE / 4 / 32] = {[0 ... PAGE / 4 / 32 - 1] =
                                                    UINT32_MAX};
    uint32_t pa = found.pa & ~(PAGE - 1u);
    *page = (CorePage){.pa = pa,
                       .host = w->ram + pa,
                       .writable = found.writable,
                       .cached = found.cached,
                       .mapped = va < 0x80000000 || va >= 0xc0000000,
                       .tbits = pa == TRANSLATE_CODE ? all : NULL};
    return true;
}

CoreBus world_bus(World *w)
{
    return (CoreBus){.ctx = w, .page = bus_page, .cp0 = env_cp0, .fp = lift_fp};
}

/* --- Places --------------------------------------------------------------- */

void world_read(const World *w, Place *p, uint32_t insns)
{
    const GuestState *s = cpu_state(w->cpu);
    *p = (Place){.pc = s->pc, .insns = insns};
    for (unsigned i = 1; i < 32; i++)
        p->state.slots[i] = s->gpr[i];
    p->state.slots[IR_SLOT_HI] = s->hi;
    p->state.slots[IR_SLOT_LO] = s->lo;
    p->state.fcr31 = s->fcr31;
    uint32_t fpr[FPR_COUNT];
    memcpy(fpr, s->fpr, sizeof fpr);
    if (s->load_reg != 0) {
        p->pending = s->load_reg;
        p->state.slots[IR_SLOT_LD] = s->load_value;
    }
    if (state_fpr_due(s)) {
        fpr[s->fpr_load_reg] = s->fpr_load_value;
    } else if (s->fpr_load_reg != FPR_COUNT) {
        p->pending = (IrPending)(IR_PENDING_FPR + s->fpr_load_reg);
        p->state.slots[IR_SLOT_LD] = s->fpr_load_value;
    }
    for (unsigned i = 0; i < FPR_COUNT; i += 2)
        p->state.fp[i / 2] = fpr[i] | (uint64_t)fpr[i + 1] << 32;
    memcpy(p->ram, bare_cpu_ram(w->bare), sizeof p->ram);
}

bool place_compare(const char *name, const Place *have, const Place *want)
{
    bool equal = true;
#define COMPARE(format, what, index, a, b)                                     \
    if ((a) != (b)) {                                                          \
        printf("%s: " what " is 0x%" format ", the CPU's 0x%" format "\n",     \
               name, index, a, b);                                             \
        equal = false;                                                         \
    }
    for (unsigned i = 1; i <= IR_SLOT_LO; i++)
        COMPARE(PRIx32, "slot %u", i, have->state.slots[i],
                want->state.slots[i]);
    for (unsigned i = 0; i < 16; i++)
        COMPARE(PRIx64, "f%u", 2 * i, have->state.fp[i], want->state.fp[i]);
    COMPARE(PRIx32, "fcr%u", 31u, have->state.fcr31, want->state.fcr31);
    COMPARE(PRIx32, "pc after %u", have->insns, have->pc, want->pc);
    COMPARE("x", "pending after %u", have->insns, have->pending, want->pending);
    if (have->pending == want->pending && want->pending != IR_PENDING_NONE)
        COMPARE(PRIx32, "load in flight to %u", want->pending,
                have->state.slots[IR_SLOT_LD], want->state.slots[IR_SLOT_LD]);
    unsigned at = 0;
    if (memcmp(have->ram, want->ram, sizeof have->ram) != 0)
        while (have->ram[at] == want->ram[at])
            at++;
    COMPARE("x", "memory at %u", at, have->ram[at], want->ram[at]);
#undef COMPARE
    return equal;
}

void outcome_leave(Outcome *out, const IrExit *exits, int exit)
{
    if (exit < 0)
        return;
    out->exit = &exits[exit];
    out->place.pc = out->exit->kind == IR_EXIT_INDIRECT
                        ? out->place.state.slots[IR_SLOT_PC]
                        : out->exit->pc;
    out->place.pending = out->exit->pending;
    out->place.insns = out->exit->insns;
}
