/* Random code to translate; see translate_program.h.
 *
 * Every word is a random instruction, so that anything follows anything: loads
 * before their uses, branches in delay slots, jumps into them.  Some registers
 * hold addresses and are seldom overwritten: POINTERS point to the kinds of
 * memory that there are, CODE_A and CODE_B to code. */
#include "tests/random/translate_program.h"

#include "base/bits.h"
#include "frontend/fpu.h"
#include "frontend/lift.h"
#include "tests/random/encode.h"

enum {
    POINTER_FIRST = 4,
    POINTER_LAST = 9,
    CODE_A = 24,
    CODE_B = 25,
    LINK = 31,
    PAGE = 4096,
    /* Virtual addresses in kuseg. */
    MAPPED = 0x2000,       /* to the first page of data */
    READ_ONLY = 0x3000,    /* to the second */
    MAPPED_AGAIN = 0x8000, /* to the first */
    INVALID = 0x5000,
    USER_CODE = 0x00401000,
    MMIO = 0xb0000020, /* the bare CPU's interrupt register */
};

/* --- Code ----------------------------------------------------------------- */

/* Of a hundred instructions or so, by class.  */
static const uint8_t weights[] = {
    [INSN_CLASS_ALU] = 24,   [INSN_CLASS_ALU_OVF] = 4, [INSN_CLASS_MULDIV] = 3,
    [INSN_CLASS_HILO] = 5,   [INSN_CLASS_LOAD] = 18,   [INSN_CLASS_STORE] = 13,
    [INSN_CLASS_BRANCH] = 6, [INSN_CLASS_JUMP] = 3,    [INSN_CLASS_TRAP] = 1,
    [INSN_CLASS_CP0] = 2,    [INSN_CLASS_FMOVE] = 5,   [INSN_CLASS_FLOAD] = 4,
    [INSN_CLASS_FSTORE] = 3, [INSN_CLASS_FP] = 8,      [INSN_CLASS_FCOMP] = 3,
    [INSN_CLASS_ABSENT] = 1,
};

static InsnClass any_class(Rng *rng)
{
    unsigned sum = 0, cls = 0;
    for (unsigned i = 0; i < ARRAY_LEN(weights); i++)
        sum += weights[i];
    unsigned pick = rng_below(rng, sum);
    while (pick >= weights[cls])
        pick -= weights[cls++];
    return (InsnClass)cls;
}

static InsnOp any_op(Rng *rng)
{
    InsnClass cls = any_class(rng);
    InsnOp op;
    do {
        op = INSN_FPRESERVED + 1 +
             rng_below(rng, INSN_COUNT - INSN_FPRESERVED - 1);
    } while (insn_info(op)->cls != cls);
    return op;
}

/* Few registers, so that values meet; zero among them. */
static unsigned any_gpr(Rng *rng)
{
    static const uint8_t few[] = {0, 2, 3, 8, 10, 11, 16, 31};
    return rng_one_in(rng, 6) ? rng_below(rng, 32)
                              : few[rng_below(rng, ARRAY_LEN(few))];
}

static unsigned target_gpr(Rng *rng)
{
    unsigned reg = any_gpr(rng);
    bool kept = (reg >= POINTER_FIRST && reg <= POINTER_LAST) ||
                reg == CODE_A || reg == CODE_B;
    return kept && !rng_one_in(rng, 32) ? 2 : reg;
}

static unsigned base_gpr(const TranslateProgram *p, Rng *rng)
{
    static const uint8_t pointers[] = {4, 4, 4, 4, 5, 5, 5, 6,
                                       6, 6, 8, 8, 8, 7, 7, 9};
    unsigned safe = ARRAY_LEN(pointers) - 3;
    return rng_one_in(rng, 40) && !p->calm
               ? any_gpr(rng)
               : pointers[rng_below(
                     rng, p->calm ? safe : (unsigned)ARRAY_LEN(pointers))];
}

static unsigned any_fpr(const TranslateProgram *p, Rng *rng)
{
    unsigned reg =
        rng_one_in(rng, 4) ? rng_below(rng, FPR_COUNT) : rng_below(rng, 8);
    return rng_one_in(rng, p->calm ? 128 : 8) ? reg : reg & ~1u;
}

static unsigned size_of_access(InsnOp op)
{
    switch (op) {
    case INSN_LH:
    case INSN_LHU:
    case INSN_SH: return 2;
    case INSN_LW:
    case INSN_SW:
    case INSN_LWC1:
    case INSN_SWC1: return 4;
    default: return 1;
    }
}

/* Mostly near and aligned, so that accesses meet. */
static uint32_t any_offset(Rng *rng, InsnOp op)
{
    unsigned size = size_of_access(op);
    if (rng_one_in(rng, 64))
        return rng_below(rng, 256) - 128;
    uint32_t offset = rng_below(rng, rng_one_in(rng, 3) ? 2048 : 16);
    return rng_one_in(rng, 64) ? offset : offset & ~(size - 1);
}

/* A branch from word `at` to near by, or anywhere. */
static uint32_t any_branch(Rng *rng, unsigned at)
{
    unsigned to = rng_one_in(rng, 2)
                      ? rng_below(rng, TRANSLATE_CODE_WORDS)
                      : (at + rng_below(rng, 16)) % TRANSLATE_CODE_WORDS;
    return ENCODE_BRANCH(to - at - 1);
}

static uint32_t any_cp0(Rng *rng)
{
    static const uint8_t known[] = {
        CP0_INDEX,   CP0_RANDOM, CP0_ENTRYLO, CP0_CONTEXT, CP0_BADVADDR,
        CP0_ENTRYHI, CP0_STATUS, CP0_CAUSE,   CP0_EPC,     CP0_PRID};
    return rng_one_in(rng, 8) ? rng_below(rng, 32)
                              : known[rng_below(rng, ARRAY_LEN(known))];
}

static uint32_t any_jump_register(Rng *rng)
{
    static const uint8_t regs[] = {CODE_A, CODE_B, LINK, LINK};
    return regs[rng_below(rng, ARRAY_LEN(regs))];
}

static uint32_t any_insn(const TranslateProgram *p, Rng *rng, unsigned at)
{
    InsnOp op = any_op(rng);
    uint32_t row = encode_row(op);
    uint32_t rs = ENCODE_RS(any_gpr(rng)), rt = ENCODE_RT(any_gpr(rng));
    uint32_t to_rd = ENCODE_RD(target_gpr(rng));
    uint32_t to_rt = ENCODE_RT(target_gpr(rng));
    switch (insn_info(op)->format) {
    case INSN_FORMAT_RD_RS_RT:
    case INSN_FORMAT_RD_RT_RS: return row | to_rd | rs | rt;
    case INSN_FORMAT_RD_RT_SA:
        return row | to_rd | rt | ENCODE_SA(rng_below(rng, 32));
    case INSN_FORMAT_RS:
        return row | (op == INSN_JR ? ENCODE_RS(any_jump_register(rng)) : rs);
    case INSN_FORMAT_RD: return row | to_rd;
    case INSN_FORMAT_RD_RS:
        row |= ENCODE_RS(any_jump_register(rng));
        return row | (rng_one_in(rng, 3) ? to_rd : ENCODE_RD(LINK));
    case INSN_FORMAT_RS_RT: return row | rs | rt;
    case INSN_FORMAT_RT_RS_SIMM:
    case INSN_FORMAT_RT_RS_ZIMM:
    case INSN_FORMAT_RT_ZIMM:
        if (insn_info(op)->format == INSN_FORMAT_RT_ZIMM)
            rs = 0;
        return row | to_rt | rs | ENCODE_IMM(rng_word(rng));
    case INSN_FORMAT_RS_RT_BRANCH: return row | rs | rt | any_branch(rng, at);
    case INSN_FORMAT_RS_BRANCH: return row | rs | any_branch(rng, at);
    case INSN_FORMAT_BRANCH: return row | any_branch(rng, at);
    case INSN_FORMAT_TARGET:
        return row | ENCODE_TARGET(translate_program_label(p, rng));
    case INSN_FORMAT_RT_MEM:
        /* In an order that no compiler chooses, here and below. */
        row |= insn_info(op)->cls == INSN_CLASS_LOAD ? to_rt : rt;
        row |= ENCODE_RS(base_gpr(p, rng));
        return row | ENCODE_IMM(any_offset(rng, op));
    case INSN_FORMAT_FT_MEM:
    case INSN_FORMAT_CT_MEM:
        row |= ENCODE_RT(any_fpr(p, rng));
        row |= ENCODE_RS(base_gpr(p, rng));
        return row | ENCODE_IMM(any_offset(rng, op));
    case INSN_FORMAT_RT_C0:
        return row | (op == INSN_MFC0 ? to_rt : rt) | ENCODE_RD(any_cp0(rng));
    case INSN_FORMAT_RT_CZ: return row | to_rt | ENCODE_RD(any_fpr(p, rng));
    case INSN_FORMAT_RT_FS:
        return row | (op == INSN_MFC1 ? to_rt : rt) |
               ENCODE_RD(any_fpr(p, rng));
    case INSN_FORMAT_RT_FCR:
        return row | (op == INSN_CFC1 ? to_rt : rt) |
               ENCODE_RD(rng_one_in(rng, 4) ? rng_below(rng, 32) : 31);
    case INSN_FORMAT_FD_FS_FT:
    case INSN_FORMAT_FD_FS:
    case INSN_FORMAT_FS_FT:
        row |= ENCODE_RT(any_fpr(p, rng)) & encode_operands(op);
        row |= ENCODE_RD(any_fpr(p, rng)) & encode_operands(op);
        return row | (ENCODE_SA(any_fpr(p, rng)) & encode_operands(op));
    default: return row | (rng_next(rng) & encode_operands(op));
    }
}

uint32_t translate_program_label(const TranslateProgram *p, Rng *rng)
{
    return p->code_va + 4 * rng_below(rng, TRANSLATE_CODE_WORDS);
}

/* Halves of doubles, and singles, that can be computed with. */
static uint32_t number_word(Rng *rng)
{
    static const uint32_t words[] = {
        0,          0x3f800000, 0x40000000, 0xbf800000, 0x3ff00000, 0x40080000,
        0xbff00000, 0x3fd55555, 0x7f800000, 0x40490fdb, 0x4effffff, 0x80000000};
    return rng_one_in(rng, 10) ? rng_word(rng)
                               : words[rng_below(rng, ARRAY_LEN(words))];
}

static bool is_branch(uint32_t word)
{
    InsnClass cls = insn_info(insn_decode(word).op)->cls;
    return cls == INSN_CLASS_BRANCH || cls == INSN_CLASS_JUMP;
}

/* Can it be translated, behind a branch if `slot`? */
static bool is_calm(const TranslateProgram *p, uint32_t word, bool slot)
{
    const IrContext context = {.user = p->user, .fpu = true};
    Insn in = insn_decode(word);
    return lift_can(&in, &context) && !(slot && is_branch(word));
}

void translate_program_make(TranslateProgram *p, Rng *rng)
{
    p->user = rng_one_in(rng, 3);
    p->calm = rng_one_in(rng, 2);
    p->code_va = p->user ? USER_CODE : 0x80000000 + TRANSLATE_CODE;
    unsigned end = TRANSLATE_CODE_WORDS - 2;
    bool slot = false;
    for (unsigned i = 0; i < end; i++) {
        do {
            p->code[i] =
                rng_one_in(rng, 256) ? rng_next(rng) : any_insn(p, rng, i);
        } while (p->calm && !is_calm(p, p->code[i], slot) &&
                 !rng_one_in(rng, 64));
        slot = is_branch(p->code[i]);
    }
    p->code[end] = encode_row(INSN_J) | ENCODE_TARGET(p->code_va);
    p->code[end + 1] = 0;
    for (unsigned i = 0; i < ARRAY_LEN(p->data); i++)
        p->data[i] = rng_one_in(rng, 2) ? number_word(rng) : rng_word(rng);
}

/* --- State ---------------------------------------------------------------- */

static void map(GuestState *s, unsigned index, uint32_t va, uint32_t pa,
                uint32_t flags)
{
    s->tlb[index] = (TlbEntry){va & ENTRYHI_VPN, pa | flags | ENTRYLO_G};
}

static uint32_t any_fcr31(Rng *rng)
{
    uint32_t value = rng_next(rng) & (FCR31_RM | FCR31_FLAGS | FCR31_C);
    if (rng_one_in(rng, 8))
        value |= rng_next(rng) & rng_next(rng) & FCR31_ENABLES;
    if (rng_one_in(rng, 16))
        value |= rng_next(rng) & rng_next(rng) & FCR31_CAUSE;
    return value;
}

static uint32_t any_status(const TranslateProgram *p, Rng *rng)
{
    uint32_t value = 0;
    if (p->user)
        value |= STATUS_KUC;
    if (!rng_one_in(rng, 16))
        value |= STATUS_CU0 << 1;
    if (rng_one_in(rng, 8))
        value |= rng_next(rng) & (STATUS_CU0 * 13u);
    return value | (rng_next(rng) & (STATUS_IM | STATUS_PZ | STATUS_CM));
}

static void set_load(const TranslateProgram *p, Rng *rng, GuestState *s)
{
    if (rng_one_in(rng, 3)) {
        s->load_reg = (uint8_t)any_gpr(rng);
        s->load_value = rng_word(rng);
    } else if (rng_one_in(rng, 3)) {
        s->fpr_load_reg = (uint8_t)any_fpr(p, rng);
        s->fpr_load_value = number_word(rng);
        s->fpr_load_insn = s->insns;
    }
}

void translate_program_state(const TranslateProgram *p, Rng *rng, GuestState *s)
{
    for (unsigned i = 1; i < 32; i++)
        s->gpr[i] = rng_word(rng);
    uint32_t kseg0 = 0x80000000, kseg1 = 0xa0000000;
    uint32_t odd[] = {INVALID, MMIO, kseg0 + TRANSLATE_DATA, 0xc0000000,
                      READ_ONLY + PAGE};
    s->gpr[4] = (p->user ? 0 : kseg0) + MAPPED + rng_below(rng, 32);
    s->gpr[5] = MAPPED + 4 * rng_below(rng, 8);
    s->gpr[6] = MAPPED_AGAIN + rng_below(rng, 32);
    s->gpr[7] = READ_ONLY + 4 * rng_below(rng, 8);
    s->gpr[8] = (p->user ? 0 : kseg1) + MAPPED + 4 * rng_below(rng, 512);
    s->gpr[9] = odd[rng_below(rng, ARRAY_LEN(odd))];
    if (!rng_one_in(rng, 16)) {
        s->gpr[4] &= ~3u;
        s->gpr[6] &= ~3u;
    }
    s->gpr[CODE_A] = translate_program_label(p, rng);
    s->gpr[CODE_B] = translate_program_label(p, rng);
    s->gpr[LINK] = translate_program_label(p, rng);
    s->hi = rng_word(rng);
    s->lo = rng_word(rng);
    for (unsigned i = 0; i < FPR_COUNT; i++)
        s->fpr[i] = number_word(rng);
    s->fcr31 = any_fcr31(rng);
    s->pc = translate_program_label(p, rng);
    s->npc = s->pc + 4;
    set_load(p, rng, s);
    s->index = rng_next(rng) & (INDEX_P | INDEX_INDEX);
    s->entrylo = rng_next(rng) & ENTRYLO_USED;
    s->context = rng_next(rng) & (CONTEXT_PTE | CONTEXT_BADVPN);
    s->badvaddr = rng_next(rng);
    s->entryhi = rng_next(rng) & (ENTRYHI_VPN | ENTRYHI_ASID);
    s->epc = rng_next(rng);
    s->cause = rng_next(rng) & (CAUSE_BD | CAUSE_CE | CAUSE_SW | CAUSE_EXC);
    s->status = any_status(p, rng);
    map(s, 8, MAPPED, TRANSLATE_DATA, ENTRYLO_V | ENTRYLO_D);
    map(s, 9, READ_ONLY, TRANSLATE_DATA + PAGE, ENTRYLO_V);
    map(s, 10, MAPPED_AGAIN, TRANSLATE_DATA, ENTRYLO_V | ENTRYLO_D);
    map(s, 11, INVALID, TRANSLATE_DATA, ENTRYLO_D);
    map(s, 12, USER_CODE, TRANSLATE_CODE, ENTRYLO_V | ENTRYLO_D);
}
