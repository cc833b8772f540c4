/* See layer_image.h.
 *
 * Physical memory, by pages: 0 vectors and handlers; 1 and 5 code, of which one
 * is mapped at a time; 2 and 3 data; 4 the handlers' own data, which a wired
 * TLB entry maps at the top of kseg2, so that they need no register to reach
 * it; 6 what starts it all; 7 and 15 where code that is mapped goes on behind
 * page 1 or 5. */
#include "tests/random/layer_image.h"

#include "tests/elf_writer.h"
#include "tests/random/encode.h"
#include "tests/random/generate.h"
#include "tests/random/translate_program.h"

#include "frontend/fpu.h"

#include <stdlib.h>

enum {
    PAGE = 4096,
    HANDLERS = 0x400,
    CODE = TRANSLATE_CODE,
    OTHER_CODE = 0x5000, /* CODE with one bit changed */
    OWN = 0x4000,
    BOOT = 0x6000,
    TAIL = 0x7000,
    OTHER_TAIL = 0xf000,
    CODE_WORDS = PROGRAM_WORDS_MAX + 96,
    TAIL_BYTES = 4 * CODE_WORDS,
    HANDLER_BYTES = 0x800,
    BOOT_BYTES = 0x600,
    /* Registers. */
    ZERO = 0,
    AT = 1,
    V0 = 2,
    V1 = 3,
    K0 = 26,
    K1 = 27,
    /* The handlers' data, from OWN, and as they name it. */
    OWN_TABLE = 0x40, /* what registers FIRST..LAST and 24, 25 are reset to */
    OWN_BYTES = OWN_TABLE + 4 * 32,
    FIRST = 4,
    LAST = 9,
    OWN_VA = -PAGE,
    SAVE_AT = OWN_VA + 0x00,
    SAVE_V0 = OWN_VA + 0x04,
    SAVE_V1 = OWN_VA + 0x08,
    SAVE_K0 = OWN_VA + 0x0c,
    RANDOM = OWN_VA + 0x10,
    RESTART = OWN_VA + 0x14, /* where the code begins */
    MASK = OWN_VA + 0x18,    /* how far from there it may be entered */
    CODE_LO = OWN_VA + 0x1c, /* EntryLo and EntryHi of the code */
    CODE_HI = OWN_VA + 0x20,
    TAIL_LO = OWN_VA + 0x24, /* and of where it goes on */
    TAIL_HI = OWN_VA + 0x28,
    TABLE = OWN_VA + OWN_TABLE,
    /* Wired entries of the TLB. */
    ENTRY_OWN = 0,
    ENTRY_CODE = 1, /* and on to 5, those of translate_program_state() */
    ENTRY_OUTSIDE = 6,
    ENTRY_TAIL = 7,
    /* The bare board's registers. */
    IO_HIGH = 0xb000,
    OUTSIDE_VA = 0x7000, /* where they are mapped, or nothing is */
    IO_IRQ = 0x120,
    IO_LATER = 0x124,
    IO_DELAY = 0x128,
};

/* --- Assembler ------------------------------------------------------------ */

typedef struct Code {
    uint32_t va;
    bool timeless;
    unsigned count;
    uint32_t words[HANDLER_BYTES / 4];
} Code;

static void put(Code *c, uint32_t word)
{
    assert(c->count < ARRAY_LEN(c->words));
    c->words[c->count++] = word;
}

static void nop(Code *c)
{
    put(c, 0);
}

/* Immediate, memory and register instructions. */
static void put_i(Code *c, InsnOp op, unsigned rt, unsigned rs, uint32_t imm)
{
    put(c, encode_row(op) | ENCODE_RT(rt) | ENCODE_RS(rs) | ENCODE_IMM(imm));
}

static void put_r(Code *c, InsnOp op, unsigned rd, unsigned rs, unsigned rt)
{
    put(c, encode_row(op) | ENCODE_RD(rd) | ENCODE_RS(rs) | ENCODE_RT(rt));
}

static void put_shift(Code *c, InsnOp op, unsigned rd, unsigned rt,
                      unsigned count)
{
    put(c, encode_row(op) | ENCODE_RD(rd) | ENCODE_RT(rt) | ENCODE_SA(count));
}

static void put_cp0(Code *c, InsnOp op, unsigned rt, unsigned reg)
{
    put(c, encode_row(op) | ENCODE_RT(rt) | ENCODE_RD(reg));
    if (op == INSN_MFC0)
        nop(c);
}

static void put_load(Code *c, unsigned rt, int32_t own)
{
    put_i(c, INSN_LW, rt, ZERO, (uint32_t)own);
    nop(c);
}

static void put_save(Code *c, unsigned rt, int32_t own)
{
    put_i(c, INSN_SW, rt, ZERO, (uint32_t)own);
}

static void put_constant(Code *c, unsigned rt, uint32_t value)
{
    put_i(c, INSN_LUI, rt, ZERO, value >> 16);
    put_i(c, INSN_ORI, rt, rt, value);
}

/* A branch with an empty slot; returns where its target goes. */
static unsigned put_branch(Code *c, InsnOp op, unsigned rs, unsigned rt)
{
    put(c, encode_row(op) | ENCODE_RS(rs) | ENCODE_RT(rt));
    nop(c);
    return c->count - 2;
}

static void land(Code *c, unsigned branch)
{
    c->words[branch] |= ENCODE_BRANCH(c->count - branch - 1);
}

static void put_jump(Code *c, InsnOp op, uint32_t target)
{
    put(c, encode_row(op) | ENCODE_TARGET(target));
    nop(c);
}

/* --- Handlers ------------------------------------------------------------- */

/* Back to EPC, with all registers but K1 as they were. */
static void put_return(Code *c)
{
    put_load(c, V1, SAVE_V1);
    put_load(c, V0, SAVE_V0);
    put_cp0(c, INSN_MFC0, K1, CP0_EPC);
    put_load(c, AT, SAVE_AT);
    put(c, encode_row(INSN_JR) | ENCODE_RS(K1));
    put(c, encode_row(INSN_RFE));
}

/* V1 = the next random number (xorshift32); V0 is lost. */
static void put_random(Code *c)
{
    put_load(c, V1, RANDOM);
    put_shift(c, INSN_SLL, V0, V1, 13);
    put_r(c, INSN_XOR, V1, V1, V0);
    put_shift(c, INSN_SRL, V0, V1, 17);
    put_r(c, INSN_XOR, V1, V1, V0);
    put_shift(c, INSN_SLL, V0, V1, 5);
    put_r(c, INSN_XOR, V1, V1, V0);
    put_save(c, V1, RANDOM);
}

/* Skips what follows, up to land(), unless the bits of V1 are all zero. */
static unsigned put_unless_zero(Code *c, uint32_t bits)
{
    put_i(c, INSN_ANDI, V0, V1, bits);
    return put_branch(c, INSN_BNE, V0, ZERO);
}

static void put_timer(Code *c)
{
    if (!c->timeless)
        put_i(c, INSN_SW, V0, AT, IO_DELAY);
}

/* Interrupts are called off, and asked for again at a random time. */
static void put_interrupt(Code *c)
{
    put_i(c, INSN_LUI, AT, ZERO, IO_HIGH);
    put_i(c, INSN_SW, ZERO, AT, IO_IRQ);
    put_shift(c, INSN_SRL, V0, V1, 20);
    put_i(c, INSN_SW, V0, AT, IO_LATER);
    put_i(c, INSN_ANDI, V0, V1, 0x3ff);
    put_i(c, INSN_ADDIU, V0, V0, 1);
    put_timer(c);
    /* Requests of software and of the FPU would come for ever. */
    put_cp0(c, INSN_MTC0, ZERO, CP0_CAUSE);
    put(c, encode_row(INSN_MFC0) | ENCODE_RT(V0) | ENCODE_RD(CP0_STATUS));
    nop(c);
    put_shift(c, INSN_SRL, AT, V0, 29);
    put_i(c, INSN_ANDI, AT, AT, 1);
    unsigned no_fpu = put_branch(c, INSN_BEQ, AT, ZERO);
    put(c, encode_row(INSN_CTC1) | ENCODE_RT(ZERO) | ENCODE_RD(31));
    land(c, no_fpu);
}

/* An entry of the TLB that random code may use is dropped. */
static void put_drop(Code *c)
{
    unsigned no = put_unless_zero(c, 0x3000);
    put_shift(c, INSN_SRL, V0, V1, 2);
    put_i(c, INSN_ORI, V0, V0, 0x2000); /* 32 and up */
    put_i(c, INSN_ANDI, V0, V0, 0x3f00);
    put_cp0(c, INSN_MTC0, V0, CP0_INDEX);
    put_shift(c, INSN_SLL, V0, V0, 4);
    put_i(c, INSN_LUI, AT, ZERO, 0x9000); /* addresses that need none */
    put_r(c, INSN_OR, V0, V0, AT);
    put_cp0(c, INSN_MTC0, V0, CP0_ENTRYHI);
    put_cp0(c, INSN_MTC0, ZERO, CP0_ENTRYLO);
    put(c, encode_row(INSN_TLBWI));
    land(c, no);
}

/* A page of code, in entry `index`, is exchanged for the other one, if `bits`
 * of V1 are zero.  The words at `lo` and `hi` are its entry. */
static void put_exchange(Code *c, uint32_t bits, unsigned index, int32_t lo,
                         int32_t hi, uint32_t pages)
{
    unsigned no = put_unless_zero(c, bits);
    put_load(c, V0, lo);
    put_i(c, INSN_ORI, AT, ZERO, pages);
    put_r(c, INSN_XOR, V0, V0, AT);
    put_save(c, V0, lo);
    put_cp0(c, INSN_MTC0, V0, CP0_ENTRYLO);
    put_load(c, V0, hi);
    put_cp0(c, INSN_MTC0, V0, CP0_ENTRYHI);
    put_i(c, INSN_ORI, V0, ZERO, index << 8);
    put_cp0(c, INSN_MTC0, V0, CP0_INDEX);
    put(c, encode_row(INSN_TLBWI));
    land(c, no);
}

/* Coprocessor 1 becomes unusable, or usable again. */
static void put_toggle(Code *c)
{
    unsigned no = put_unless_zero(c, 0x0030);
    put_cp0(c, INSN_MFC0, V0, CP0_STATUS);
    put_i(c, INSN_LUI, AT, ZERO, STATUS_CU0 << 1 >> 16);
    put_r(c, INSN_XOR, V0, V0, AT);
    put_cp0(c, INSN_MTC0, V0, CP0_STATUS);
    land(c, no);
}

/* On elsewhere, with pointers as they were in the beginning. */
static void put_elsewhere(Code *c)
{
    put_toggle(c);
    put_drop(c);
    put_exchange(c, 0xc000, ENTRY_CODE, CODE_LO, CODE_HI, CODE ^ OTHER_CODE);
    put_exchange(c, 0x0300, ENTRY_TAIL, TAIL_LO, TAIL_HI, TAIL ^ OTHER_TAIL);
    put_cp0(c, INSN_MTC0, V1, CP0_ENTRYHI); /* another ASID */
    put_load(c, AT, MASK);
    put_shift(c, INSN_SRL, V0, V1, 16);
    put_r(c, INSN_AND, V0, V0, AT);
    put_load(c, AT, RESTART);
    put_r(c, INSN_ADDU, V0, V0, AT);
    put_cp0(c, INSN_MTC0, V0, CP0_EPC);
    for (unsigned reg = FIRST; reg <= LAST; reg++)
        put_load(c, reg, TABLE + 4 * (int32_t)reg);
    put_load(c, 24, TABLE + 4 * 24);
    put_load(c, 25, TABLE + 4 * 25);
}

static void put_general(Code *c)
{
    put_save(c, AT, SAVE_AT);
    put_save(c, V0, SAVE_V0);
    put_save(c, V1, SAVE_V1);
    put_random(c);
    put_cp0(c, INSN_MFC0, AT, CP0_CAUSE);
    put_i(c, INSN_ANDI, V0, AT, CAUSE_EXC);
    unsigned exception = put_branch(c, INSN_BNE, V0, ZERO);
    put_interrupt(c);
    unsigned mostly = put_unless_zero(c, 0x1c00);
    unsigned interrupt = put_branch(c, INSN_BEQ, ZERO, ZERO);
    land(c, mostly);
    put_return(c);

    land(c, exception);
    unsigned in_slot = put_branch(c, INSN_BLTZ, AT, 0);
    put_i(c, INSN_ANDI, V0, V1, 0x40);
    unsigned not_skipped = put_branch(c, INSN_BNE, V0, ZERO);
    put_cp0(c, INSN_MFC0, V0, CP0_EPC);
    put_i(c, INSN_ADDIU, V0, V0, 4);
    put_cp0(c, INSN_MTC0, V0, CP0_EPC);
    put_return(c);

    land(c, in_slot);
    land(c, not_skipped);
    land(c, interrupt);
    put_elsewhere(c);
    put_return(c);
}

/* Misses in the first 64 KB find the two pages of data: bit 12 says which, bit
 * 13 whether it may be written. */
static void put_refill(Code *c, uint32_t general)
{
    put_save(c, K0, SAVE_K0);
    put_cp0(c, INSN_MFC0, K1, CP0_BADVADDR);
    put_shift(c, INSN_SRL, K0, K1, 16);
    unsigned far = put_branch(c, INSN_BNE, K0, ZERO);
    put_i(c, INSN_ANDI, K1, K1, 0x3000);
    put_shift(c, INSN_SRL, K0, K1, 3);
    put_i(c, INSN_ANDI, K0, K0, ENTRYLO_D);
    put_i(c, INSN_ANDI, K1, K1, 0x1000);
    put_r(c, INSN_OR, K0, K0, K1);
    put_i(c, INSN_ORI, K0, K0, TRANSLATE_DATA | ENTRYLO_V);
    put_cp0(c, INSN_MTC0, K0, CP0_ENTRYLO);
    put(c, encode_row(INSN_TLBWR));
    put_cp0(c, INSN_MFC0, K1, CP0_EPC);
    put_load(c, K0, SAVE_K0);
    put(c, encode_row(INSN_JR) | ENCODE_RS(K1));
    put(c, encode_row(INSN_RFE));
    land(c, far);
    put_load(c, K0, SAVE_K0);
    put_jump(c, INSN_J, general);
}

/* --- The start ------------------------------------------------------------ */

static void put_entry(Code *c, unsigned index, uint32_t hi, uint32_t lo)
{
    put_constant(c, AT, hi);
    put_cp0(c, INSN_MTC0, AT, CP0_ENTRYHI);
    put_constant(c, AT, lo);
    put_cp0(c, INSN_MTC0, AT, CP0_ENTRYLO);
    put_i(c, INSN_ORI, AT, ZERO, index << 8);
    put_cp0(c, INSN_MTC0, AT, CP0_INDEX);
    put(c, encode_row(INSN_TLBWI));
}

/* Sets all of `s` up, and goes to its pc in its mode. */
static void put_boot(Code *c, const GuestState *s)
{
    put_entry(c, ENTRY_OWN, (uint32_t)OWN_VA,
              OWN | ENTRYLO_G | ENTRYLO_V | ENTRYLO_D);
    for (unsigned i = 1; i < TLB_WIRED; i++)
        if (s->tlb[i].lo)
            put_entry(c, i, s->tlb[i].hi, s->tlb[i].lo);
    put_constant(c, AT, STATUS_CU0 << 1);
    put_cp0(c, INSN_MTC0, AT, CP0_STATUS);
    for (unsigned i = 0; i < FPR_COUNT; i++) {
        put_constant(c, AT, s->fpr[i]);
        put(c, encode_row(INSN_MTC1) | ENCODE_RT(AT) | ENCODE_RD(i));
    }
    put_constant(c, AT, s->fcr31 & ~FCR31_CAUSE);
    put(c, encode_row(INSN_CTC1) | ENCODE_RT(AT) | ENCODE_RD(31));
    put_constant(c, AT, s->hi);
    put(c, encode_row(INSN_MTHI) | ENCODE_RS(AT));
    put_constant(c, AT, s->lo);
    put(c, encode_row(INSN_MTLO) | ENCODE_RS(AT));
    put_i(c, INSN_LUI, AT, ZERO, IO_HIGH);
    put_i(c, INSN_ADDIU, V0, ZERO, 0x3f);
    put_i(c, INSN_SW, V0, AT, IO_LATER);
    put_timer(c);
    put_constant(c, AT, s->status);
    put_cp0(c, INSN_MTC0, AT, CP0_STATUS);
    for (unsigned i = 1; i < 32; i++)
        if (i != K1)
            put_constant(c, i, s->gpr[i]);
    put_constant(c, K1, s->pc);
    put(c, encode_row(INSN_JR) | ENCODE_RS(K1));
    put(c, encode_row(INSN_RFE));
}

/* --- The code ------------------------------------------------------------- */

typedef struct Parts {
    uint32_t code_va;
    uint32_t offset; /* of the code, in its page */
    Code code[2];
    uint32_t block_offset; /* of a block in the page of code */
    uint32_t block[BLOCK_WORDS];
    uint32_t data[(TRANSLATE_RAM - TRANSLATE_DATA) / 4];
    GuestState start;
    uint32_t mask, random;
} Parts;

/* Loads through pointers of a table, if they are good: a load that may be made
 * before it is known whether it is to be.  The loop changes an instruction of
 * its own, each time that it begins. */
enum { GUARDED = 8, GUARDED_AT = BLOCK_DATA + 100 };

static void put_guarded_loads(Code *c)
{
    enum { LEFT = 8, AT_WORD, POINTER, TEST, VALUE, SUM };
    put_constant(c, TEST, c->va);
    unsigned patch = c->count;
    put_i(c, INSN_LW, VALUE, TEST, 0);
    nop(c);
    put_i(c, INSN_XORI, VALUE, VALUE, 6);
    put_i(c, INSN_SW, VALUE, TEST, 0);
    put_i(c, INSN_ADDIU, LEFT, ZERO, GUARDED);
    put_r(c, INSN_OR, AT_WORD, REG_BLOCK, ZERO);
    unsigned loop = c->count;
    put_i(c, INSN_LW, POINTER, AT_WORD, 4 * GUARDED_AT);
    put_i(c, INSN_ADDIU, AT_WORD, AT_WORD, 4);
    put_i(c, INSN_ANDI, TEST, POINTER, 3);
    unsigned bad = put_branch(c, INSN_BNE, TEST, ZERO);
    put_i(c, INSN_LW, VALUE, POINTER, 0);
    nop(c);
    put_r(c, INSN_ADDU, SUM, SUM, VALUE);
    land(c, bad);
    uint32_t changed = 4 * c->count;
    put_i(c, INSN_ADDIU, SUM, SUM, 3);
    c->words[patch] |= ENCODE_IMM(changed);
    c->words[patch + 3] |= ENCODE_IMM(changed);
    put_i(c, INSN_ADDIU, LEFT, LEFT, (uint32_t)-1);
    put(c, encode_row(INSN_BGTZ) | ENCODE_RS(LEFT) |
               ENCODE_BRANCH(loop - c->count - 1));
    nop(c);
    /* Interrupts that an instruction raises. */
    put_i(c, INSN_SW, SUM, ZERO, OUTSIDE_VA + IO_IRQ);
}

/* Every register but the harness's gets its value from the block. */
static void put_registers(Code *c)
{
    for (unsigned i = 0; i < FPR_COUNT; i += 2)
        put_i(c, INSN_LWC1, i, REG_BLOCK, 4 * (BLOCK_FPR + i));
    for (unsigned i = 1; i < 32; i++)
        if (i != REG_BLOCK && i != REG_LINK)
            put_i(c, INSN_LW, i, REG_BLOCK, 4 * (BLOCK_GPR + i));
    nop(c);
}

/* What comes before a program, and a jump to where its registers are loaded. */
enum { HEAD_WORDS = 32 };

static void put_head(Code *c, bool indirect)
{
    enum { TARGET = 8 };
    uint32_t target = c->va + 4 * HEAD_WORDS;
    put_guarded_loads(c);
    if (indirect) {
        put_constant(c, TARGET, target);
        put(c, encode_row(INSN_JR) | ENCODE_RS(TARGET));
        nop(c);
    } else {
        put_jump(c, INSN_J, target);
    }
    assert(c->count <= HEAD_WORDS);
    while (c->count < HEAD_WORDS)
        nop(c);
}

/* Where in its page the code begins: so that it goes across the page's end,
 * half of the time with the program at the beginning of the next page. */
static uint32_t draw_offset(Rng *rng)
{
    uint32_t words =
        rng_one_in(rng, 2) ? HEAD_WORDS : 1 + rng_below(rng, CODE_WORDS / 2);
    return PAGE - 4 * words;
}

/* A program that begins anew at its end. */
static void make_structured(Parts *parts, Rng *rng, bool user)
{
    GuestState *s = &parts->start;
    bool mapped = user || rng_one_in(rng, 2);
    if (mapped)
        parts->code_va = s->tlb[ENTRY_CODE].hi;
    if (mapped && rng_one_in(rng, 2))
        parts->offset = draw_offset(rng);
    parts->code_va += parts->offset;
    parts->block_offset = parts->offset ? 0 : 4 * CODE_WORDS;
    uint64_t seed = rng_next64(rng);
    bool indirect = rng_one_in(rng, 2);
    Program p;
    for (unsigned i = 0; i < 2; i++) {
        Code *c = &parts->code[i];
        c->va = parts->code_va;
        put_head(c, indirect);
        put_registers(c);
        generate_program(&p, seed, i, c->va + 4 * c->count);
        for (size_t w = 0; w < p.count; w++)
            put(c, p.words[w]);
        put_jump(c, INSN_J, c->va);
        assert(c->count <= CODE_WORDS);
    }
    uint32_t page = parts->code_va - parts->offset;
    uint32_t block = rng_one_in(rng, 2) ? page + parts->block_offset
                     : user             ? TRANSLATE_DATA
                                        : 0x80000000 + TRANSLATE_DATA;
    for (unsigned i = 0; i < GUARDED; i++)
        p.block[GUARDED_AT + i] = block + rng_one_in(rng, 6);
    memcpy(parts->data, p.block, sizeof p.block);
    memcpy(parts->block, p.block, sizeof p.block);
    s->gpr[REG_BLOCK] = block;
    s->pc = parts->code_va;
}

static void make_words(Parts *parts, Rng *rng, TranslateProgram *p)
{
    for (unsigned i = 0; i < 2; i++) {
        bool user = p->user, calm = p->calm;
        TranslateProgram *from = p;
        TranslateProgram other;
        while (i == 1) {
            translate_program_make(&other, rng);
            from = &other;
            if (other.user == user && other.calm == calm)
                break;
        }
        for (unsigned w = 0; w < TRANSLATE_CODE_WORDS; w++)
            put(&parts->code[i], from->code[w]);
    }
    parts->mask = 63 * 4;
}

/* Devices from user mode, and code as data. */
static void add_pointers(Parts *parts, Rng *rng, const TranslateProgram *p)
{
    enum { DEVICE = 0x10000000, NOTHING = 0x18000000 };
    GuestState *s = &parts->start;
    uint32_t pa = rng_one_in(rng, 3) ? NOTHING : DEVICE;
    s->tlb[ENTRY_OUTSIDE] = (TlbEntry){OUTSIDE_VA, pa | ENTRYLO_G | ENTRYLO_V |
                                                       ENTRYLO_D | ENTRYLO_N};
    uint32_t outside =
        p->user || rng_one_in(rng, 2) ? OUTSIDE_VA : 0xa0000000 + pa;
    switch (rng_below(rng, 4)) {
    case 0: s->gpr[9] = outside + 0x110 + 4 * rng_below(rng, 6); break;
    case 1:
    case 2: s->gpr[9] = p->code_va + 4 * rng_below(rng, 64); break;
    default: break; /* whatever it was, but not where a write ends the run */
    }
    if (s->gpr[9] >> 16 == 0xb000)
        s->gpr[9] = outside + 0x110;
    /* Accesses have small offsets. */
    if (rng_one_in(rng, 4))
        s->gpr[8] = p->code_va + 4 * rng_below(rng, 64);
    if (rng_one_in(rng, 8))
        s->gpr[5] = p->code_va + 4 * rng_below(rng, 64);
}

static void make_parts(Parts *parts, Rng *rng, LayerImage *image)
{
    TranslateProgram program;
    GuestState *s = &parts->start;
    translate_program_make(&program, rng);
    translate_program_state(&program, rng, s);
    image->structured = rng_one_in(rng, 3);
    image->user = program.user;
    parts->code_va = program.code_va;
    memcpy(parts->data, program.data, sizeof parts->data);
    /* Entries of the state, wired. */
    for (unsigned i = 0; i < 5; i++)
        s->tlb[ENTRY_CODE + (i + 1) % 5] = s->tlb[TLB_WIRED + i];
    s->tlb[ENTRY_TAIL] = (TlbEntry){s->tlb[ENTRY_CODE].hi + PAGE,
                                    TAIL | ENTRYLO_G | ENTRYLO_V | ENTRYLO_D};
    s->status |= STATUS_IM & rng_next(rng);
    s->status |= 0xfc00 * (uint32_t)!rng_one_in(rng, 4);
    s->status = (s->status & ~STATUS_KU_IE) | (image->user ? STATUS_KUP : 0) |
                (rng_one_in(rng, 8) ? 0 : STATUS_IEP);
    add_pointers(parts, rng, &program);
    if (image->structured) {
        s->status |= STATUS_CU0 << 1;
        make_structured(parts, rng, image->user);
    } else {
        make_words(parts, rng, &program);
    }
    parts->random = rng_next(rng) | 1;
}

/* --- The image ------------------------------------------------------------ */

enum { SEGMENTS = 8 };

/* Writes words to segment `number` at `offset`. */
static void put_words(ElfWriter *w, unsigned number, uint32_t offset,
                      const uint32_t *words, size_t count)
{
    size_t at =
        bits_load32(w->bytes + ELF_WRITER_SEGMENT(w, number, p_offset), w->big);
    for (size_t i = 0; i < count; i++)
        elf_writer_put32(w, at + offset + 4 * i, words[i]);
}

static void clear_segment(ElfWriter *w, unsigned number, uint32_t size)
{
    static const uint32_t zero;
    for (uint32_t at = 0; at < size; at += 4)
        put_words(w, number, at, &zero, 1);
}

/* One of the two codes, and where it goes on. */
static void put_code(ElfWriter *w, unsigned number, const Parts *parts,
                     unsigned which)
{
    const Code *c = &parts->code[which];
    uint32_t here = (PAGE - parts->offset) / 4;
    if (here > c->count)
        here = c->count;
    if (parts->block_offset || parts->offset)
        put_words(w, number, parts->block_offset, parts->block, BLOCK_WORDS);
    put_words(w, number, parts->offset, c->words, here);
    put_words(w, 6 + which, 0, c->words + here, c->count - here);
}

static void put_own(ElfWriter *w, unsigned number, const Parts *parts)
{
    const GuestState *s = &parts->start;
    const uint32_t words[] = {
        [(RANDOM - OWN_VA) / 4] = parts->random,
        [(RESTART - OWN_VA) / 4] = parts->code_va,
        [(MASK - OWN_VA) / 4] = parts->mask,
        [(CODE_LO - OWN_VA) / 4] = CODE | ENTRYLO_G | ENTRYLO_V | ENTRYLO_D,
        [(CODE_HI - OWN_VA) / 4] = s->tlb[ENTRY_CODE].hi,
        [(TAIL_LO - OWN_VA) / 4] = s->tlb[ENTRY_TAIL].lo,
        [(TAIL_HI - OWN_VA) / 4] = s->tlb[ENTRY_TAIL].hi,
    };
    put_words(w, number, 0, words, ARRAY_LEN(words));
    put_words(w, number, OWN_TABLE, s->gpr, 32);
}

void layer_image_make(LayerImage *image, Rng *rng, bool big)
{
    const uint32_t kseg0 = 0x80000000;
    const ElfWriterSegment segments[SEGMENTS] = {
        {kseg0, HANDLER_BYTES, HANDLER_BYTES, PF_R | PF_X},
        {kseg0 + CODE, PAGE, PAGE, PF_R | PF_W | PF_X},
        {kseg0 + TRANSLATE_DATA, 2 * PAGE, 2 * PAGE, PF_R | PF_W},
        {kseg0 + OWN, OWN_BYTES, OWN_BYTES, PF_R | PF_W},
        {kseg0 + OTHER_CODE, PAGE, PAGE, PF_R | PF_W | PF_X},
        {kseg0 + BOOT, BOOT_BYTES, BOOT_BYTES, PF_R | PF_X},
        {kseg0 + TAIL, TAIL_BYTES, TAIL_BYTES, PF_R | PF_W | PF_X},
        {kseg0 + OTHER_TAIL, TAIL_BYTES, TAIL_BYTES, PF_R | PF_W | PF_X},
    };
    Parts *parts = calloc(1, sizeof *parts);
    ElfWriter *w = calloc(1, sizeof *w);
    assert(parts && w);
    make_parts(parts, rng, image);
    elf_writer_build(w, big, kseg0 + BOOT, segments, SEGMENTS, NULL, 0);
    for (unsigned i = 0; i < SEGMENTS; i++)
        clear_segment(w, i, segments[i].file_size);

    Code code = {.va = kseg0, .timeless = image->timeless};
    put_refill(&code, kseg0 + HANDLERS);
    assert(code.count <= 0x80 / 4);
    put_words(w, 0, 0, code.words, code.count);
    code = (Code){.va = kseg0 + 0x80};
    put_jump(&code, INSN_J, kseg0 + HANDLERS);
    put_words(w, 0, 0x80, code.words, code.count);
    code = (Code){.va = kseg0 + HANDLERS, .timeless = image->timeless};
    put_general(&code);
    assert(4 * code.count <= HANDLER_BYTES - HANDLERS);
    put_words(w, 0, HANDLERS, code.words, code.count);
    code = (Code){.va = kseg0 + BOOT, .timeless = image->timeless};
    put_boot(&code, &parts->start);
    assert(4 * code.count <= BOOT_BYTES);
    put_words(w, 5, 0, code.words, code.count);

    put_code(w, 1, parts, 0);
    put_code(w, 4, parts, 1);
    put_words(w, 2, 0, parts->data, ARRAY_LEN(parts->data));
    put_own(w, 3, parts);
    Diag diag = {""};
    image->elf = elf_read_memory("random", w->bytes, w->size, &diag);
    assert(image->elf);
    free(parts);
    free(w);
}
