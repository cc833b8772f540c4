/* Programs on the reference CPU; see guest.h. */
#include "tests/random/guest.h"

#include "base/alloc.h"
#include "base/bits.h"
#include "frontend/fpu.h"
#include "tests/random/generate.h"
#include "tests/random/hazard.h"
#include "tests/random/rng.h"
#include "tests/support/bare_cpu.h"

#include <assert.h>
#include <stdlib.h>

enum {
    RAM_BYTES = (1 + IMAGE_PAGES) * IMAGE_PAGE, /* page 0 is for the vectors */
    ASID = 0x15 << 6,
    OTHER_ASID = 0x2a << 6,
};

/* User mode, with the FPU and its interrupt. */
#define USER_STATUS (STATUS_KUC | STATUS_IEC | 0x8000u | STATUS_CU0 << 1)

struct Guest {
    BareCpu *bare;
    Cpu *cpu;
    bool big;
    uint32_t frame[IMAGE_PAGES]; /* physical page of each page of the image */
    TlbEntry tlb[TLB_ENTRIES];
    const Image *image; /* whose harness is in memory */
    bool trapped;
    Exception exc;
};

static void on_exception(void *ctx, const GuestState *s, Exception exc)
{
    Guest *g = ctx;
    (void)s;
    g->trapped = true;
    g->exc = exc;
    cpu_stop(g->cpu);
}

/* The pages of the image in any order in memory, and their TLB entries in any
 * order, some of them global and of another ASID. */
static void map_pages(Guest *g)
{
    _Static_assert((int)IMAGE_PAGES <= (int)TLB_ENTRIES, "all are mapped");
    Rng rng = rng_stream(0, 0);
    uint8_t slot[TLB_ENTRIES];
    for (unsigned i = 0; i < TLB_ENTRIES; i++) {
        slot[i] = (uint8_t)i;
        g->tlb[i] = (TlbEntry){0x80000000 + i * IMAGE_PAGE, 0};
    }
    for (unsigned i = 0; i < IMAGE_PAGES; i++)
        g->frame[i] = 1 + i;
    for (unsigned i = 0; i < IMAGE_PAGES; i++) {
        unsigned j = i + rng_below(&rng, IMAGE_PAGES - i);
        unsigned k = i + rng_below(&rng, TLB_ENTRIES - i);
        uint32_t frame = g->frame[i];
        g->frame[i] = g->frame[j];
        g->frame[j] = frame;
        uint8_t entry = slot[i];
        slot[i] = slot[k];
        slot[k] = entry;
        bool global = rng_one_in(&rng, 2);
        g->tlb[slot[i]] = (TlbEntry){(IMAGE_VA + i * IMAGE_PAGE) |
                                         (global ? OTHER_ASID : ASID),
                                     g->frame[i] * IMAGE_PAGE | ENTRYLO_V |
                                         ENTRYLO_D | (global ? ENTRYLO_G : 0)};
    }
}

Guest *guest_create(bool big)
{
    Guest *g = alloc_zeroed(1, sizeof *g);
    g->big = big;
    g->bare = bare_cpu_create(RAM_BYTES, big);
    g->cpu = bare_cpu_cpu(g->bare);
    CpuHooks hooks = {.ctx = g, .exception = on_exception};
    cpu_set_hooks(g->cpu, &hooks);
    map_pages(g);
    return g;
}

void guest_destroy(Guest *g)
{
    if (!g)
        return;
    bare_cpu_destroy(g->bare);
    free(g);
}

const char *guest_refusal_name(Refusal why)
{
    static const char *const names[REFUSAL_COUNT] = {
        [REFUSED_OVERFLOW] = "integer overflow",
        [REFUSED_ADDRESS] = "address",
        [REFUSED_FPU] = "R3010 trap",
        [REFUSED_NAN] = "quiet NaN",
        [REFUSED_HAZARD] = "hazard along a branch",
        [REFUSED_DIVIDE] = "division by zero",
        [REFUSED_CAUSE] = "abs or neg with a cause",
        [REFUSED_FCR31] = "ctc1 of an interrupt",
    };
    return names[why];
}

/* --- Running -------------------------------------------------------------- */

/* Copies [va, va + size) of the image to where it is mapped. */
static void load(Guest *g, const Image *image, uint32_t va, uint32_t size)
{
    uint32_t offset = va - IMAGE_VA;
    while (size > 0) {
        uint32_t in_page = offset % IMAGE_PAGE;
        uint32_t part =
            IMAGE_PAGE - in_page < size ? IMAGE_PAGE - in_page : size;
        uint32_t pa = g->frame[offset / IMAGE_PAGE] * IMAGE_PAGE + in_page;
        bool ok = bare_cpu_load(g->bare, pa, image->bytes + offset, part);
        assert(ok);
        (void)ok;
        offset += part;
        size -= part;
    }
}

/* Before the first instruction of the slot. */
static void start(Guest *g, const Image *image, size_t slot)
{
    static const uint32_t zeros[32];
    load(g, image, IMAGE_VA, IMAGE_PAGE);
    load(g, image, image_slot_va(slot), IMAGE_SLOT_BYTES);
    load(g, image, image_block_va(slot), IMAGE_BLOCK_BYTES);
    cpu_reset(g->cpu, image_slot_va(slot), USER_STATUS, zeros);
    GuestState *s = cpu_state(g->cpu);
    s->entryhi = ASID;
    memcpy(s->tlb, g->tlb, sizeof s->tlb);
    cpu_state_changed(g->cpu);
    g->trapped = false;
}

static bool reached_end(const Guest *g, const Image *image)
{
    return g->exc == EXC_SYS && cpu_state(g->cpu)->epc == image->write_va;
}

bool guest_run(Guest *g, const Image *image, size_t slot,
               uint32_t block[BLOCK_WORDS])
{
    start(g, image, slot);
    cpu_run(g->cpu, cpu_cycle(g->cpu) + PROGRAM_STEPS_MAX);
    guest_read_block(g, slot, block);
    return g->trapped && reached_end(g, image);
}

void guest_read_block(const Guest *g, size_t slot, uint32_t block[BLOCK_WORDS])
{
    const uint8_t *ram = bare_cpu_ram(g->bare);
    for (size_t i = 0; i < BLOCK_WORDS; i++) {
        uint32_t offset = image_block_va(slot) + 4 * (uint32_t)i - IMAGE_VA;
        uint32_t pa =
            g->frame[offset / IMAGE_PAGE] * IMAGE_PAGE + offset % IMAGE_PAGE;
        block[i] = bits_load32(ram + pa, g->big);
    }
}

/* --- Judging -------------------------------------------------------------- */

/* Is it an access to memory other than the data at `data`? */
static bool goes_astray(const GuestState *s, Insn in, uint32_t data)
{
    switch (insn_info(in.op)->format) {
    case INSN_FORMAT_RT_MEM:
    case INSN_FORMAT_FT_MEM: return s->gpr[in.rs] + in.imm - data >= DATA_BYTES;
    default: return false;
    }
}

/* What is wrong with an instruction before it is tried, or REFUSAL_COUNT.
 * `before` and `last` executed before it. */
static Refusal refusal_before(const GuestState *s, uint32_t data,
                              uint32_t before, uint32_t last, uint32_t word)
{
    Insn in = insn_decode(word);
    if (hazard_between(before, last, word))
        return REFUSED_HAZARD;
    if (goes_astray(s, in, data))
        return REFUSED_ADDRESS;
    switch (in.op) {
    case INSN_DIV:
    case INSN_DIVU: return s->gpr[in.rt] == 0 ? REFUSED_DIVIDE : REFUSAL_COUNT;
    case INSN_ABS_S:
    case INSN_ABS_D:
    case INSN_NEG_S:
    case INSN_NEG_D:
        return s->fcr31 & FCR31_CAUSE ? REFUSED_CAUSE : REFUSAL_COUNT;
    case INSN_CTC1: {
        uint32_t value = s->gpr[in.rt];
        bool refused = fpu_irq(value) || (value & ~FCR31_WRITABLE);
        return refused ? REFUSED_FCR31 : REFUSAL_COUNT;
    }
    default: return REFUSAL_COUNT;
    }
}

/* What the exception that was taken means, or REFUSAL_COUNT if it is none
 * that a program can cause. */
static Refusal refusal_of_trap(Exception exc)
{
    switch (exc) {
    case EXC_OVF: return REFUSED_OVERFLOW;
    case EXC_INT: return REFUSED_FPU;
    case EXC_ADEL:
    case EXC_ADES: return REFUSED_ADDRESS;
    default: return REFUSAL_COUNT;
    }
}

/* What is wrong with the result of an instruction, or REFUSAL_COUNT. */
static Refusal refusal_after(const GuestState *s, uint32_t word)
{
    enum { DEFAULT_S = 0x7fbfffff, DEFAULT_D_HIGH = 0x7ff7ffff };
    Insn in = insn_decode(word);
    switch (in.op) {
    case INSN_ADD_S:
    case INSN_SUB_S:
    case INSN_MUL_S:
    case INSN_DIV_S:
    case INSN_CVT_S_D: {
        uint32_t value = s->fpr[in.rd];
        bool nan = (value & 0x7fffffff) > 0x7f800000;
        return nan && value != DEFAULT_S ? REFUSED_NAN : REFUSAL_COUNT;
    }
    case INSN_ADD_D:
    case INSN_SUB_D:
    case INSN_MUL_D:
    case INSN_DIV_D:
    case INSN_CVT_D_S: {
        uint32_t low = s->fpr[in.rd & ~1u], high = s->fpr[in.rd | 1];
        bool nan = (high & 0x7fffffff) > 0x7ff00000 ||
                   ((high & 0x7fffffff) == 0x7ff00000 && low != 0);
        bool is_default = high == DEFAULT_D_HIGH && low == 0xffffffff;
        return nan && !is_default ? REFUSED_NAN : REFUSAL_COUNT;
    }
    default: return REFUSAL_COUNT;
    }
}

void guest_judge(Guest *g, const Image *image, size_t slot, size_t count,
                 Judgement *j)
{
    start(g, image, slot);
    *j = (Judgement){.verdict = VERDICT_BROKEN};
    GuestState *s = cpu_state(g->cpu);
    uint32_t before = 0, last = 0;
    uint32_t data = image_block_va(slot) + 4 * BLOCK_DATA;
    for (unsigned steps = 0; steps < PROGRAM_STEPS_MAX; steps++) {
        j->pc = s->pc;
        if (s->pc - IMAGE_VA >= IMAGE_BYTES || s->pc % 4 != 0)
            return;
        uint32_t word = image_get_word(image, s->pc);
        uint32_t distance = s->pc - image_program_va(slot);
        bool inside = distance < 4 * count;
        j->word = distance / 4;
        if (inside) {
            j->why = refusal_before(s, data, before, last, word);
            if (j->why != REFUSAL_COUNT) {
                j->verdict = VERDICT_REFUSED;
                return;
            }
            j->executed[insn_decode(word).op] += word != 0;
        }
        cpu_run(g->cpu, cpu_cycle(g->cpu) + 1);
        if (g->trapped && reached_end(g, image)) {
            j->verdict = VERDICT_CLEAN;
            return;
        }
        if (g->trapped) {
            j->why = refusal_of_trap(g->exc);
            if (inside && j->why != REFUSAL_COUNT)
                j->verdict = VERDICT_REFUSED;
            return;
        }
        if (inside) {
            j->why = refusal_after(s, word);
            if (j->why != REFUSAL_COUNT) {
                j->verdict = VERDICT_REFUSED;
                return;
            }
        }
        before = last;
        last = word;
    }
}
