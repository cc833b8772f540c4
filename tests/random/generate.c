/* Random programs: what they look like.
 *
 * A program is a sequence of items: single instructions, drawn from the rows
 * of r3000.def by class, and small patterns - a pointer and accesses through
 * it, a branch over a few items, a counted loop, a call.  Items nest.  Each
 * program has a style, which weighs the classes, and a few favourite
 * registers, so that values meet.
 *
 * Backward branches close counted loops only, and nothing else writes their
 * counters; so every program ends. */
#include "tests/random/generate.h"

#include "base/bits.h"
#include "frontend/fpu.h"
#include "frontend/state.h"
#include "tests/random/encode.h"
#include "tests/random/hazard.h"
#include "tests/random/rng.h"

#include <assert.h>

enum {
    PATTERN_ROOM =
        32, /* words for a pattern, and for what its outer ones end in */
    FAVOURITES = 8,
    FUNCTIONS_MAX = 3,
    CALLS_MAX = 8,
    LOOPS_MAX = 2, /* loops within each other */
    COUNTERS = LOOPS_MAX + 1,
    FMT_D = 17,
    NOP = 0,
};

/* A call whose function has no address yet. */
typedef struct Call {
    size_t at; /* of the jump, or of the LUI of a jump through a register */
    unsigned function;
} Call;

typedef struct Generator {
    Rng rng;
    Program *p;
    uint32_t va;
    size_t room;       /* p->count may grow up to here */
    uint32_t reserved; /* registers that nothing may write: bit n, register n */
    uint8_t gpr[FAVOURITES], fpr[FAVOURITES];
    const uint8_t *style;
    unsigned loops;
    bool in_function;
    uint8_t counter[COUNTERS]; /* registers; the last one is for functions */
    uint8_t link[FUNCTIONS_MAX];
    unsigned functions;
    Call calls[CALLS_MAX];
    unsigned call_count;
} Generator;

/* --- Rows ----------------------------------------------------------------- */

/* The classes that single instructions are drawn from. */
enum {
    KIND_ALU,
    KIND_ALU_OVF,
    KIND_MULDIV,
    KIND_HILO,
    KIND_LOAD,
    KIND_STORE,
    KIND_FMOVE,
    KIND_FLOAD,
    KIND_FSTORE,
    KIND_FP,
    KIND_FCOMP,
    KIND_COUNT
};

static const InsnClass class_of_kind[KIND_COUNT] = {
    [KIND_ALU] = INSN_CLASS_ALU,       [KIND_ALU_OVF] = INSN_CLASS_ALU_OVF,
    [KIND_MULDIV] = INSN_CLASS_MULDIV, [KIND_HILO] = INSN_CLASS_HILO,
    [KIND_LOAD] = INSN_CLASS_LOAD,     [KIND_STORE] = INSN_CLASS_STORE,
    [KIND_FMOVE] = INSN_CLASS_FMOVE,   [KIND_FLOAD] = INSN_CLASS_FLOAD,
    [KIND_FSTORE] = INSN_CLASS_FSTORE, [KIND_FP] = INSN_CLASS_FP,
    [KIND_FCOMP] = INSN_CLASS_FCOMP,
};

/* Weights of the kinds, in their order, by style. */
static const uint8_t styles[][KIND_COUNT] = {
    {30, 4, 6, 8, 10, 8, 3, 2, 2, 12, 4}, /* of everything */
    {40, 6, 12, 16, 4, 4, 0, 0, 0, 0, 0}, /* integer */
    {14, 1, 1, 2, 30, 26, 2, 6, 6, 0, 0}, /* memory */
    {4, 0, 0, 0, 2, 2, 8, 8, 6, 60, 12},  /* floating point */
};

static InsnOp row_of_class(Rng *rng, InsnClass cls)
{
    InsnOp op;
    do {
        op = INSN_FPRESERVED + 1 +
             rng_below(rng, INSN_COUNT - INSN_FPRESERVED - 1);
    } while (insn_info(op)->cls != cls);
    return op;
}

bool generate_covers(InsnOp op)
{
    switch (insn_info(op)->cls) {
    case INSN_CLASS_TRAP:
    case INSN_CLASS_CP0:
    case INSN_CLASS_ABSENT: return false;
    case INSN_CLASS_BRANCH:
        /* Coprocessor 1 alone has a condition that a program sets. */
        return insn_info(op)->format != INSN_FORMAT_BRANCH || op == INSN_BC1F ||
               op == INSN_BC1T;
    default: return true;
    }
}

/* --- Operands ------------------------------------------------------------- */

static unsigned any_gpr(Generator *g)
{
    if (rng_one_in(&g->rng, 4))
        return rng_below(&g->rng, 32);
    return g->gpr[rng_below(&g->rng, FAVOURITES)];
}

static unsigned writable_gpr(Generator *g)
{
    unsigned reg;
    do {
        reg = any_gpr(g);
    } while ((g->reserved >> reg) & 1);
    return reg;
}

/* Not register zero, and not `other`. */
static unsigned pointer_gpr(Generator *g, unsigned other)
{
    unsigned reg;
    do {
        reg = writable_gpr(g);
    } while (reg == 0 || reg == other);
    return reg;
}

static unsigned any_fpr(Generator *g, bool pair)
{
    unsigned reg = rng_one_in(&g->rng, 4)
                       ? rng_below(&g->rng, FPR_COUNT)
                       : g->fpr[rng_below(&g->rng, FAVOURITES)];
    /* Arithmetic on odd registers is rare, but a single may lie there. */
    return pair || !rng_one_in(&g->rng, 8) ? reg & ~1u : reg;
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
    default: return 1; /* bytes, and LWL and its like, which go anywhere */
    }
}

/* Displacement from the block's address to somewhere in its data. */
static uint32_t data_offset(Generator *g, InsnOp op)
{
    /* Near the start half of the time, so that stores and loads meet. */
    unsigned range = rng_one_in(&g->rng, 2) ? 32 : DATA_BYTES;
    unsigned size = size_of_access(op);
    return 4 * BLOCK_DATA + rng_below(&g->rng, range) / size * size;
}

/* FD, FS and FT of a computation or comparison. */
static uint32_t fp_operands(Generator *g, InsnOp op)
{
    uint32_t row = encode_row(op);
    bool pair = bits_get(row, 21, 5) == FMT_D;
    bool converts_to_d = op == INSN_CVT_D_S || op == INSN_CVT_D_W;
    bool converts_from_d = op == INSN_CVT_S_D || op == INSN_CVT_W_D;
    unsigned fd = any_fpr(g, converts_to_d || (pair && !converts_from_d));
    /* In an order that no compiler chooses, here and below. */
    unsigned ft = any_fpr(g, pair);
    unsigned fs = any_fpr(g, pair);
    return (ENCODE_RT(ft) | ENCODE_RD(fs) | ENCODE_SA(fd)) &
           encode_operands(op);
}

/* An immediate operand: small numbers and corners, or anything. */
static uint32_t any_immediate(Generator *g)
{
    return ENCODE_IMM(rng_word(&g->rng));
}

/* The row with random operands; accesses to memory are to the block's data. */
static uint32_t random_operands(Generator *g, InsnOp op)
{
    uint32_t row = encode_row(op);
    unsigned rs = any_gpr(g), rt = any_gpr(g);
    switch (insn_info(op)->format) {
    case INSN_FORMAT_RD_RS_RT:
    case INSN_FORMAT_RD_RT_RS:
        return row | ENCODE_RD(writable_gpr(g)) | ENCODE_RS(rs) | ENCODE_RT(rt);
    case INSN_FORMAT_RD_RT_SA:
        row |= ENCODE_RD(writable_gpr(g)) | ENCODE_RT(rt);
        return row | ENCODE_SA(rng_below(&g->rng, 32));
    case INSN_FORMAT_RS: return row | ENCODE_RS(rs);
    case INSN_FORMAT_RD: return row | ENCODE_RD(writable_gpr(g));
    case INSN_FORMAT_RS_RT: return row | ENCODE_RS(rs) | ENCODE_RT(rt);
    case INSN_FORMAT_RT_RS_SIMM:
    case INSN_FORMAT_RT_RS_ZIMM:
        row |= ENCODE_RT(writable_gpr(g)) | ENCODE_RS(rs);
        return row | any_immediate(g);
    case INSN_FORMAT_RT_ZIMM:
        row |= ENCODE_RT(writable_gpr(g));
        return row | any_immediate(g);
    case INSN_FORMAT_RT_MEM:
        if (insn_info(op)->cls == INSN_CLASS_LOAD)
            rt = writable_gpr(g);
        return row | ENCODE_RT(rt) | ENCODE_RS(REG_BLOCK) |
               ENCODE_IMM(data_offset(g, op));
    case INSN_FORMAT_FT_MEM:
        row |= ENCODE_RT(rng_below(&g->rng, FPR_COUNT));
        return row | ENCODE_RS(REG_BLOCK) | ENCODE_IMM(data_offset(g, op));
    case INSN_FORMAT_RT_FS:
        if (op == INSN_MFC1)
            rt = writable_gpr(g);
        return row | ENCODE_RT(rt) | ENCODE_RD(rng_below(&g->rng, FPR_COUNT));
    case INSN_FORMAT_FD_FS_FT:
    case INSN_FORMAT_FD_FS:
    case INSN_FORMAT_FS_FT: return row | fp_operands(g, op);
    default: return NOP; /* control registers have their own pattern */
    }
}

/* --- Emitting ------------------------------------------------------------- */

static bool has_room(const Generator *g)
{
    return g->p->count + PATTERN_ROOM <= g->room;
}

static uint32_t word_before(const Generator *g, size_t distance)
{
    return g->p->count < distance ? NOP : g->p->words[g->p->count - distance];
}

static bool is_hazard(const Generator *g, uint32_t word)
{
    return hazard_between(word_before(g, 2), word_before(g, 1), word);
}

static void put_now(Generator *g, uint32_t word)
{
    assert(g->p->count < PROGRAM_WORDS_MAX);
    g->p->words[g->p->count++] = word;
}

/* With no-ops before it where a hazard would be. */
static void put(Generator *g, uint32_t word)
{
    while (is_hazard(g, word))
        put_now(g, NOP);
    put_now(g, word);
}

/* A branch that is patched when its target is known; returns where it is. */
static size_t put_branch(Generator *g, uint32_t word)
{
    put(g, word);
    return g->p->count - 1;
}

static uint32_t weigh_kind(Generator *g)
{
    unsigned sum = 0, kind = 0;
    for (unsigned i = 0; i < KIND_COUNT; i++)
        sum += g->style[i];
    unsigned pick = rng_below(&g->rng, sum);
    while (pick >= g->style[kind])
        pick -= g->style[kind++];
    return kind;
}

/* One instruction that does not branch: exactly one word, so that it can
 * stand in a delay slot. */
static void put_single(Generator *g)
{
    enum { TRIES = 8 };
    for (unsigned i = 0; i < TRIES; i++) {
        InsnOp op = row_of_class(&g->rng, class_of_kind[weigh_kind(g)]);
        uint32_t word = random_operands(g, op);
        if (word != NOP && !is_hazard(g, word)) {
            put_now(g, word);
            return;
        }
    }
    put_now(g, NOP);
}

static uint32_t here(const Generator *g)
{
    return g->va + 4 * (uint32_t)g->p->count;
}

/* Makes the branch, jump, or LUI and ORI at `at` lead to `target`. */
static void patch_target(Generator *g, size_t at, uint32_t target)
{
    uint32_t *word = &g->p->words[at];
    uint32_t va = g->va + 4 * (uint32_t)at;
    switch (insn_decode(*word).op) {
    case INSN_J:
    case INSN_JAL: *word |= ENCODE_TARGET(target); break;
    case INSN_LUI:
        word[0] |= ENCODE_IMM(target >> 16);
        word[1] |= ENCODE_IMM(target);
        break;
    default: *word |= ENCODE_BRANCH((int32_t)(target - (va + 4)) / 4); break;
    }
}

/* --- Patterns ------------------------------------------------------------- */

static void put_item(Generator *g);

static void put_items(Generator *g, unsigned count)
{
    for (unsigned i = 0; i < count && has_room(g); i++)
        put_item(g);
}

/* An access through `base`, whose distance from the block is `distance`. */
static void put_access(Generator *g, unsigned base, uint32_t distance)
{
    static const uint8_t kinds[] = {KIND_LOAD,  KIND_LOAD,  KIND_STORE,
                                    KIND_STORE, KIND_FLOAD, KIND_FSTORE};
    unsigned kind = kinds[rng_below(&g->rng, ARRAY_LEN(kinds))];
    InsnOp op = row_of_class(&g->rng, class_of_kind[kind]);
    uint32_t word = random_operands(g, op) & ~(ENCODE_RS(31) | ENCODE_IMM(~0u));
    put(g, word | ENCODE_RS(base) | ENCODE_IMM(data_offset(g, op) - distance));
}

/* A register that points anywhere near the data, and accesses through it. */
static void put_pointer(Generator *g)
{
    unsigned base = pointer_gpr(g, 0);
    uint32_t distance = rng_next(&g->rng) & 0x7fff;
    put(g, encode_row(INSN_ADDIU) | ENCODE_RT(base) | ENCODE_RS(REG_BLOCK) |
               ENCODE_IMM(distance));
    g->reserved |= 1u << base;
    for (unsigned i = 1 + rng_below(&g->rng, 4); i > 0; i--) {
        put_access(g, base, distance);
        if (rng_one_in(&g->rng, 3))
            put_single(g);
    }
    g->reserved &= ~(1u << base);
}

/* An address that depends on a value. */
static void put_index(Generator *g)
{
    unsigned base = pointer_gpr(g, 0);
    put(g, encode_row(INSN_ANDI) | ENCODE_RT(base) | ENCODE_RS(any_gpr(g)) |
               ENCODE_IMM((DATA_BYTES - 1) & ~3));
    put(g, encode_row(INSN_ADDU) | ENCODE_RD(base) | ENCODE_RS(base) |
               ENCODE_RT(REG_BLOCK));
    InsnOp op = rng_one_in(&g->rng, 2) ? INSN_SW : INSN_LW;
    unsigned rt = op == INSN_LW ? writable_gpr(g) : any_gpr(g);
    put(g, encode_row(op) | ENCODE_RS(base) | ENCODE_RT(rt) |
               ENCODE_IMM(4 * BLOCK_DATA));
}

/* LWL and LWR, or SWL and SWR, as compilers pair them: a word anywhere. */
static void put_unaligned(Generator *g)
{
    bool load = rng_one_in(&g->rng, 2);
    uint32_t left = encode_row(load ? INSN_LWL : INSN_SWL);
    uint32_t right = encode_row(load ? INSN_LWR : INSN_SWR);
    uint32_t rt = ENCODE_RT(load ? writable_gpr(g) : any_gpr(g));
    uint32_t base = ENCODE_RS(REG_BLOCK);
    uint32_t offset = 4 * BLOCK_DATA + rng_below(&g->rng, DATA_BYTES - 3);
    bool left_first = rng_one_in(&g->rng, 2);
    put(g, (left_first ? left : right) | rt | base |
               ENCODE_IMM(offset + (left_first ? 0 : 3)));
    put(g, (left_first ? right : left) | rt | base |
               ENCODE_IMM(offset + (left_first ? 3 : 0)));
}

static void put_compare(Generator *g)
{
    InsnOp op = row_of_class(&g->rng, INSN_CLASS_FCOMP);
    put(g, encode_row(op) | fp_operands(g, op));
}

/* LUI and ORI of `value`, into a register that is returned. */
static unsigned put_constant(Generator *g, uint32_t value)
{
    unsigned reg = pointer_gpr(g, 0);
    put(g, encode_row(INSN_LUI) | ENCODE_RT(reg) | ENCODE_IMM(value >> 16));
    put(g, encode_row(INSN_ORI) | ENCODE_RT(reg) | ENCODE_RS(reg) |
               ENCODE_IMM(value));
    return reg;
}

/* A content of FCR31 that asks for no interrupt. */
static uint32_t random_fcr31(Rng *rng)
{
    uint32_t value = rng_next(rng) & (FCR31_RM | FCR31_FLAGS);
    if (rng_one_in(rng, 4))
        value |= FCR31_C;
    if (rng_one_in(rng, 4))
        value |= rng_next(rng) & FCR31_CAUSE & ~FCR31_CAUSE_E;
    else if (rng_one_in(rng, 4))
        value |= rng_next(rng) & rng_next(rng) & FCR31_ENABLES;
    return value;
}

static void put_control(Generator *g)
{
    uint32_t fcr31 = ENCODE_RD(31);
    if (rng_one_in(&g->rng, 3)) {
        put(g, encode_row(INSN_CFC1) | ENCODE_RT(writable_gpr(g)) | fcr31);
        return;
    }
    unsigned reg = put_constant(g, random_fcr31(&g->rng));
    put(g, encode_row(INSN_CTC1) | ENCODE_RT(reg) | fcr31);
}

/* ABS or NEG after a compare that clears FCR31.Cause: see guest.h on why. */
static void put_sign_operation(Generator *g)
{
    static const InsnOp ops[] = {INSN_ABS_S, INSN_ABS_D, INSN_NEG_S,
                                 INSN_NEG_D};
    InsnOp op = ops[rng_below(&g->rng, ARRAY_LEN(ops))];
    put(g, encode_row(INSN_C_F_S));
    put(g, encode_row(op) | fp_operands(g, op));
}

/* --- Control flow --------------------------------------------------------- */

/* The word of a forward branch or jump to be patched, and what it needs
 * before it: a compare, or the target in a register.  Returns where the patch
 * goes. */
static size_t put_forward(Generator *g)
{
    static const InsnOp branches[] = {
        INSN_BEQ,  INSN_BNE,  INSN_BLEZ,   INSN_BGTZ,   INSN_BLTZ, INSN_BGEZ,
        INSN_BC1F, INSN_BC1T, INSN_BLTZAL, INSN_BGEZAL, INSN_BEQ,  INSN_BNE,
        INSN_J,    INSN_JAL,  INSN_JR,     INSN_JALR,
    };
    InsnOp op = branches[rng_below(&g->rng, ARRAY_LEN(branches))];
    bool ra_reserved = (g->reserved >> REG_RA) & 1;
    if (ra_reserved && (op == INSN_BLTZAL || op == INSN_BGEZAL))
        op = INSN_BLTZ;
    if (ra_reserved && op == INSN_JAL)
        op = INSN_J;
    uint32_t row = encode_row(op);
    unsigned rs = any_gpr(g);
    switch (op) {
    case INSN_J:
    case INSN_JAL: return put_branch(g, row);
    case INSN_JR:
    case INSN_JALR: {
        unsigned reg = put_constant(g, 0);
        size_t at = g->p->count - 2;
        if (op == INSN_JALR)
            row |= ENCODE_RD(pointer_gpr(g, reg));
        put(g, row | ENCODE_RS(reg));
        return at;
    }
    case INSN_BC1F:
    case INSN_BC1T:
        if (!rng_one_in(&g->rng, 4)) {
            put_compare(g);
            put_single(g);
        }
        return put_branch(g, row);
    case INSN_BLTZAL:
    case INSN_BGEZAL:
        if (rs == REG_RA)
            rs = 0; /* undefined if it reads the link register */
        return put_branch(g, row | ENCODE_RS(rs));
    case INSN_BEQ:
    case INSN_BNE:
        return put_branch(g, row | ENCODE_RS(rs) | ENCODE_RT(any_gpr(g)));
    default: return put_branch(g, row | ENCODE_RS(rs));
    }
}

static void put_skip(Generator *g)
{
    size_t at = put_forward(g);
    put_single(g); /* delay slot */
    put_items(g, rng_below(&g->rng, 5));
    patch_target(g, at, here(g));
}

static void put_loop(Generator *g)
{
    unsigned count = 1 + rng_below(&g->rng, 4);
    unsigned level = g->in_function ? COUNTERS - 1 : g->loops;
    uint32_t counter = g->counter[level];
    g->loops++;
    put(g, encode_row(INSN_ADDIU) | ENCODE_RT(counter) | ENCODE_IMM(count));
    uint32_t top = here(g);
    put_items(g, 1 + rng_below(&g->rng, 5));
    put(g, encode_row(INSN_ADDIU) | ENCODE_RT(counter) | ENCODE_RS(counter) |
               ENCODE_IMM(-1));
    if (rng_one_in(&g->rng, 2))
        put_single(g);
    static const InsnOp closers[] = {INSN_BNE, INSN_BGTZ, INSN_BGEZ};
    InsnOp op = closers[rng_below(&g->rng, ARRAY_LEN(closers))];
    size_t at = put_branch(g, encode_row(op) | ENCODE_RS(counter));
    patch_target(g, at, top);
    put_single(g); /* delay slot */
    g->loops--;
}

/* A call: its target is set when the functions are there. */
static void put_call(Generator *g)
{
    unsigned function = rng_below(&g->rng, g->functions);
    unsigned link = g->link[function];
    size_t at;
    if (link == REG_RA && !rng_one_in(&g->rng, 4)) {
        InsnOp op = rng_one_in(&g->rng, 3) ? INSN_BGEZAL : INSN_JAL;
        at = put_branch(g, encode_row(op));
    } else {
        unsigned reg;
        do {
            reg = put_constant(g, 0);
        } while (reg == link);
        at = g->p->count - 2;
        put(g, encode_row(INSN_JALR) | ENCODE_RS(reg) | ENCODE_RD(link));
    }
    g->calls[g->call_count++] = (Call){at, function};
    g->reserved |= 1u << link;
    put_single(g); /* delay slot */
    g->reserved &= ~(1u << link);
}

static void put_function(Generator *g, unsigned function)
{
    uint32_t va = here(g);
    for (unsigned i = 0; i < g->call_count; i++)
        if (g->calls[i].function == function)
            patch_target(g, g->calls[i].at, va);
    unsigned link = g->link[function];
    g->reserved |= 1u << link;
    put_items(g, 1 + rng_below(&g->rng, 6));
    put(g, encode_row(INSN_JR) | ENCODE_RS(link));
    put_single(g); /* delay slot */
    g->reserved &= ~(1u << link);
}

static void put_item(Generator *g)
{
    bool floats = g->style[KIND_FP] > 0;
    unsigned pick = rng_below(&g->rng, 32);
    if (pick < 3)
        put_skip(g);
    else if (pick == 3 &&
             (g->in_function ? g->loops < 1 : g->loops < LOOPS_MAX))
        put_loop(g);
    else if (pick == 4 && g->functions > 0 && !g->in_function &&
             g->call_count < CALLS_MAX)
        put_call(g);
    else if (pick == 5)
        put_pointer(g);
    else if (pick == 6)
        put_index(g);
    else if (pick == 7)
        put_unaligned(g);
    else if (pick == 8 && floats)
        put_control(g);
    else if (pick == 9 && floats)
        put_sign_operation(g);
    else
        put_single(g);
}

/* --- Values --------------------------------------------------------------- */

/* A number: special, exact in few bits, near a limit of integers, or any of
 * moderate size. */
static uint32_t random_single(Rng *rng)
{
    static const uint32_t special[] = {
        0x00000000, 0x3f800000, 0x3f000000, 0x40000000, 0x7f800000,
        0x7f7fffff, 0x00800000, 0x00800001, 0x007fffff, 0x00000001,
        0x7fbfffff, 0x7f800001, 0x7fc00000, 0x4f000000, 0x4effffff,
        0x4f000001, 0x4b7fffff, 0x4b800000, 0x3effffff, 0x40200000};
    uint32_t sign = rng_next(rng) & 0x80000000;
    uint32_t exponent = (127 - 24 + rng_below(rng, 60)) << 23;
    switch (rng_below(rng, 8)) {
    case 0:
    case 1: return sign | special[rng_below(rng, ARRAY_LEN(special))];
    case 2: return sign | exponent | (rng_next(rng) & 0x007c0000);
    case 3: return rng_next(rng);
    default: return sign | exponent | (rng_next(rng) & 0x007fffff);
    }
}

static uint64_t random_double(Rng *rng)
{
    static const uint64_t special[] = {
        0x0000000000000000, 0x3ff0000000000000, 0x3fe0000000000000,
        0x4000000000000000, 0x7ff0000000000000, 0x7fefffffffffffff,
        0x0010000000000000, 0x0010000000000001, 0x000fffffffffffff,
        0x0000000000000001, 0x7ff7ffffffffffff, 0x7ff0000000000001,
        0x7ff8000000000000, 0x41e0000000000000, 0x41dfffffffc00000,
        0x41dfffffffe00000, 0x433fffffffffffff, 0x47efffffe0000000,
        0x47efffffefffffff, 0x47effffff0000000, 0x3810000000000000,
        0x380fffffffffffff, 0x3fdfffffffffffff, 0x4004000000000000};
    uint64_t bits = rng_next64(rng);
    uint64_t sign = bits & 0x8000000000000000;
    uint64_t exponent = (uint64_t)(1023 - 30 + rng_below(rng, 70)) << 52;
    switch (rng_below(rng, 8)) {
    case 0:
    case 1: return sign | special[rng_below(rng, ARRAY_LEN(special))];
    case 2: return sign | exponent | (bits & 0x000fc00000000000);
    case 3: return bits;
    case 4: return sign | exponent | (bits & 0x000fffffe0000000);
    default: return sign | exponent | (bits & 0x000fffffffffffff);
    }
}

/* Two words, for a pair of registers or of words in memory. */
static void fill_pair(Rng *rng, uint32_t *words)
{
    switch (rng_below(rng, 4)) {
    case 0:
        words[0] = rng_word(rng);
        words[1] = rng_word(rng);
        break;
    case 1:
        words[0] = random_single(rng);
        words[1] = random_single(rng);
        break;
    default: {
        uint64_t bits = random_double(rng);
        words[0] = (uint32_t)bits;
        words[1] = (uint32_t)(bits >> 32);
        break;
    }
    }
}

static void fill_block(Rng *rng, uint32_t *block)
{
    for (unsigned i = 0; i < 32; i++)
        block[BLOCK_GPR + i] = rng_word(rng);
    block[BLOCK_HI] = rng_word(rng);
    block[BLOCK_LO] = rng_word(rng);
    block[BLOCK_FCR31] = rng_one_in(rng, 2) ? 0 : random_fcr31(rng);
    for (unsigned i = BLOCK_FPR; i < BLOCK_WORDS; i += 2)
        fill_pair(rng, &block[i]);
}

/* --- Programs ------------------------------------------------------------- */

static void choose_registers(Generator *g)
{
    g->reserved = 1u << REG_BLOCK | 1u << REG_LINK;
    for (unsigned i = 0; i < FAVOURITES; i++) {
        do {
            g->gpr[i] = (uint8_t)rng_below(&g->rng, 32);
        } while ((g->reserved >> g->gpr[i]) & 1);
        g->fpr[i] = (uint8_t)rng_below(&g->rng, FPR_COUNT);
    }
    for (unsigned i = 0; i < COUNTERS; i++) {
        do {
            g->counter[i] = (uint8_t)(1 + rng_below(&g->rng, 30));
        } while ((g->reserved >> g->counter[i]) & 1);
        g->reserved |= 1u << g->counter[i];
    }
    g->functions = rng_below(&g->rng, FUNCTIONS_MAX + 1);
    for (unsigned i = 0; i < g->functions; i++)
        g->link[i] =
            rng_one_in(&g->rng, 2) ? REG_RA : (uint8_t)pointer_gpr(g, 0);
}

void generate_program(Program *program, uint64_t seed, uint64_t number,
                      uint32_t va)
{
    /* REST is for the jump over the functions and the no-ops at the end. */
    enum { FUNCTION_WORDS = PATTERN_ROOM + 12, REST = 8 };
    *program = (Program){.count = 0};
    Generator g = {.rng = rng_stream(seed, number), .p = program, .va = va};
    g.style = styles[rng_below(&g.rng, ARRAY_LEN(styles))];
    choose_registers(&g);
    fill_block(&g.rng, program->block);

    size_t most = PROGRAM_WORDS_MAX - REST - g.functions * FUNCTION_WORDS;
    g.room = PATTERN_ROOM + rng_below(&g.rng, (uint32_t)most - PATTERN_ROOM);
    while (has_room(&g))
        put_item(&g);

    if (g.functions > 0) {
        size_t over = put_branch(&g, encode_row(INSN_J));
        put_single(&g); /* delay slot */
        g.in_function = true;
        for (unsigned i = 0; i < g.functions; i++) {
            g.room = g.p->count + FUNCTION_WORDS;
            put_function(&g, i);
        }
        patch_target(&g, over, here(&g));
    }
    /* What follows reads registers. */
    put_now(&g, NOP);
    put_now(&g, NOP);
}
