/* Random IR regions and their world; see region.h. */
#include "tests/random/region.h"

#include "base/bits.h"
#include "base/hash.h"
#include "frontend/lift.h"

enum {
    FIRST_BASE = IR_SLOT_R4, /* slots that hold addresses */
    BASES = 4,
    SLOTS = 10, /* registers in use: few, so that they meet again */
    FP_SLOTS = 4,
    RECENT = 12 /* values that are used again */
};

typedef struct Values {
    IrRef refs[RECENT]; /* a ring */
    unsigned count;
} Values;

typedef struct Gen {
    Rng *rng;
    IrRegion *region;
    const RegionLimits *limits;
    Values words, doubles;
    unsigned stores; /* since the last commit */
} Gen;

static IrRef add(Gen *g, IrOp op, IrRef a, IrRef b, uint32_t imm)
{
    IrRef ref = ir_add(g->region, op, a, b, imm);
    IrType type = ir_op_info(op)->type;
    if (type != IR_NONE) {
        Values *values = type == IR_I32 ? &g->words : &g->doubles;
        values->refs[values->count++ % RECENT] = ref;
    }
    return ref;
}

static IrRef add0(Gen *g, IrOp op, uint32_t imm)
{
    return add(g, op, IR_NO_REF, IR_NO_REF, imm);
}

static IrRef recent(Gen *g, const Values *values)
{
    unsigned have = values->count < RECENT ? values->count : RECENT;
    return values->refs[rng_below(g->rng, have)];
}

/* General registers, and now and then HI and LO.  No addresses: those are to
 * stay. */
static uint32_t slot(Gen *g)
{
    uint32_t n = rng_below(g->rng, SLOTS);
    if (rng_one_in(g->rng, 16))
        return IR_SLOT_HI + n % 2;
    return n < FIRST_BASE - 1 ? n + 1 : n + 1 + BASES;
}

static uint32_t fp_slot(Gen *g)
{
    return IR_SLOT_F0 + rng_below(g->rng, FP_SLOTS);
}

static IrRef word(Gen *g)
{
    if (g->words.count == 0 || rng_one_in(g->rng, 4))
        return add0(g, IR_GET, slot(g));
    if (rng_one_in(g->rng, 8))
        return add0(g, IR_CONST, rng_word(g->rng));
    return recent(g, &g->words);
}

static IrRef double_word(Gen *g)
{
    if (g->doubles.count == 0 || rng_one_in(g->rng, 3))
        return add0(g, IR_GETF, fp_slot(g));
    return recent(g, &g->doubles);
}

/* An address: mostly a base register, else one that is computed or constant;
 * hardly ever one that nobody expects. */
static IrRef address(Gen *g)
{
    if (rng_one_in(g->rng, 64))
        return word(g);
    if (rng_one_in(g->rng, 6)) {
        uint32_t page = g->limits->alias && rng_one_in(g->rng, 3)
                            ? REGION_ALIAS
                            : REGION_MEMORY;
        return add0(g, IR_CONST, page + 4 * rng_below(g->rng, 64));
    }
    IrRef base = add0(g, IR_GET, FIRST_BASE + rng_below(g->rng, BASES));
    if (!rng_one_in(g->rng, 5))
        return base;
    IrRef mask = add0(g, IR_CONST, 0x3c);
    IrRef index = add(g, IR_AND, word(g), mask, 0);
    return add(g, IR_ADD, base, index, 0);
}

static uint32_t offset(Gen *g, unsigned size)
{
    if (rng_one_in(g->rng, 100))
        return rng_word(g->rng);
    return (rng_below(g->rng, 16) - 4) * size;
}

static void add_load(Gen *g)
{
    static const uint8_t ops[] = {IR_LD8S, IR_LD8U, IR_LD16S, IR_LD16U,
                                  IR_LD32, IR_LD32, IR_LD32};
    IrOp op = (IrOp)ops[rng_below(g->rng, ARRAY_LEN(ops))];
    IrRef at = address(g);
    add(g, op, at, IR_NO_REF, offset(g, ir_access_size(op)));
}

/* The state of the guest is whole at any place: one guest instruction is. */
static void add_commit(Gen *g)
{
    IrExit record = {.kind = IR_EXIT_COMMIT,
                     .pc = rng_next(g->rng) & ~3u,
                     .insns = g->region->guest_count};
    add0(g, IR_COMMIT, ir_add_exit(g->region, &record));
    g->stores = 0;
}

static void add_store(Gen *g)
{
    static const uint8_t ops[] = {IR_ST8, IR_ST16, IR_ST32, IR_ST32};
    IrOp op = (IrOp)ops[rng_below(g->rng, ARRAY_LEN(ops))];
    if (g->stores == g->limits->stores)
        add_commit(g);
    IrRef at = address(g), value = word(g);
    add(g, op, at, value, offset(g, ir_access_size(op)));
    g->stores++;
}

/* Any pure operation of words, or halves of doubles. */
static void add_pure(Gen *g)
{
    static const uint8_t wide[] = {IR_LO, IR_HI, IR_SETLO, IR_SETHI};
    IrOp op = rng_one_in(g->rng, 8)
                  ? (IrOp)wide[rng_below(g->rng, ARRAY_LEN(wide))]
                  : (IrOp)(IR_COPY + rng_below(g->rng, IR_LO - IR_COPY));
    const IrOpInfo *info = ir_op_info(op);
    IrRef a = info->a == IR_I64 ? double_word(g) : word(g);
    IrRef b = info->b == IR_NONE ? IR_NO_REF : word(g);
    add(g, op, a, b, 0);
}

static void add_fp(Gen *g)
{
    IrOp op = (IrOp)(IR_FADDS + rng_below(g->rng, IR_FAULTNZ - IR_FADDS));
    const IrOpInfo *info = ir_op_info(op);
    IrRef a = double_word(g);
    IrRef b = info->b == IR_NONE ? IR_NO_REF : double_word(g);
    uint32_t imm =
        info->imm == IR_IMM_COND ? rng_below(g->rng, IR_COND_COUNT) : 0;
    add(g, op, a, b, imm);
}

static void add_state(Gen *g)
{
    switch (rng_below(g->rng, 8)) {
    case 0:
    case 1: add(g, IR_PUTF, double_word(g), IR_NO_REF, fp_slot(g)); break;
    case 2: add0(g, IR_FCR, 0); break;
    case 3: add0(g, IR_CP0, 2 + rng_below(g->rng, IR_CP0_COUNT - 2)); break;
    default: add(g, IR_PUT, word(g), IR_NO_REF, slot(g)); break;
    }
}

/* The record of an exit, with what must be put before it. */
static uint32_t exit_record(Gen *g)
{
    IrExit record = {.kind = (IrExitKind)rng_below(g->rng, IR_EXIT_COMMIT),
                     .hint = (IrHint)rng_below(g->rng, IR_HINT_RETURN + 1),
                     .insns = g->region->guest_count};
    if (record.kind == IR_EXIT_INDIRECT)
        add(g, IR_PUT, word(g), IR_NO_REF, IR_SLOT_PC);
    else
        record.pc = rng_next(g->rng) & ~3u;
    if (record.hint == IR_HINT_CALL)
        record.link = rng_next(g->rng) & ~3u;
    if (rng_one_in(g->rng, 3)) {
        add(g, IR_PUT, word(g), IR_NO_REF, IR_SLOT_LD);
        record.pending =
            (IrPending)(1 + rng_below(g->rng, IR_PENDING_COUNT - 1));
    }
    return ir_add_exit(g->region, &record);
}

static void add_exit(Gen *g)
{
    IrOp op = (IrOp)(IR_EXITEQ + rng_below(g->rng, IR_EXIT - IR_EXITEQ));
    IrRef a = word(g);
    /* Most of the region is behind: a likely exit would hide it. */
    if (!rng_one_in(g->rng, 4)) {
        op = IR_EXITNE;
        a = add(g, IR_SLTU, a, add0(g, IR_CONST, rng_below(g->rng, 9)), 0);
    }
    uint32_t number = exit_record(g);
    add(g, op, a, IR_NO_REF, number);
}

static void add_fault(Gen *g)
{
    IrRef limit = add0(g, IR_CONST, rng_below(g->rng, 3));
    IrRef a = add(g, IR_SLTU, word(g), limit, 0);
    add(g, IR_FAULTNZ, a, IR_NO_REF, 0);
}

/* The load in flight at the entry lands. */
static void add_landing(Gen *g, IrPending pending)
{
    IrRef value = add0(g, IR_GET, IR_SLOT_LD);
    if (pending < IR_PENDING_FPR) {
        add(g, IR_PUT, value, IR_NO_REF, pending);
        return;
    }
    unsigned reg = pending - IR_PENDING_FPR, at = IR_SLOT_F0 + reg / 2;
    IrRef whole = add0(g, IR_GETF, at);
    whole = add(g, reg % 2 ? IR_SETHI : IR_SETLO, whole, value, 0);
    add(g, IR_PUTF, whole, IR_NO_REF, at);
}

static void add_something(Gen *g)
{
    switch (rng_below(g->rng, 16)) {
    case 0:
    case 1:
    case 2: add_load(g); break;
    case 3:
    case 4: add_store(g); break;
    case 5:
    case 6:
    case 7: add_state(g); break;
    case 8:
        if (rng_one_in(g->rng, 2))
            add_exit(g);
        break;
    case 9:
        if (rng_one_in(g->rng, 6))
            add_fault(g);
        break;
    case 10:
        if (rng_one_in(g->rng, 4))
            add_commit(g);
        break;
    case 11:
        if (g->limits->fp)
            add_fp(g);
        break;
    default: add_pure(g); break;
    }
}

IrRegion *region_random(Arena *arena, Rng *rng, const RegionLimits *limits)
{
    IrContext context = {.user = rng_one_in(rng, 2),
                         .fpu = limits->fp,
                         .big = rng_one_in(rng, 2)};
    if (rng_one_in(rng, 3))
        context.pending = (IrPending)(1 + rng_below(rng, IR_PENDING_COUNT - 1));
    uint32_t pc = rng_next(rng) & ~3u;
    Gen g = {
        .rng = rng, .region = ir_region(arena, pc, context), .limits = limits};
    ir_add_guest(g.region, pc, rng_next(rng));
    if (context.pending != IR_PENDING_NONE)
        add_landing(&g, context.pending);
    while (g.region->insn_count < limits->insns) {
        if (rng_one_in(rng, 3)) {
            pc += 4;
            ir_add_guest(g.region, pc, rng_next(rng));
        }
        add_something(&g);
    }
    add0(&g, IR_EXIT, exit_record(&g));
    return g.region;
}

void region_random_state(IrState *state, Rng *rng)
{
    *state = (IrState){.fcr31 = rng_next(rng) & 0x3};
    for (unsigned i = 1; i < IR_SLOT_F0; i++)
        state->slots[i] = rng_word(rng);
    for (unsigned i = 0; i < BASES; i++)
        state->slots[FIRST_BASE + i] = REGION_MEMORY + 0x40 * (1 + i);
    /* One of them may be the other page, or the same place again. */
    if (rng_one_in(rng, 3))
        state->slots[FIRST_BASE + 1] = REGION_READ_ONLY - 0x20;
    if (rng_one_in(rng, 2))
        state->slots[FIRST_BASE + 2] = state->slots[FIRST_BASE] + 8;
    for (unsigned i = 0; i < ARRAY_LEN(state->fp); i++) {
        /* Ordinary numbers, single or double, and patterns that are none. */
        uint64_t single = 0x3f800000 + rng_below(rng, 0x01000000);
        uint64_t real = 0x3ff0000000000000 + (rng_next64(rng) >> 8);
        uint64_t bits = (uint64_t)rng_word(rng) << 32;
        bits |= rng_word(rng);
        uint64_t kinds[] = {single, single, real, real, real, bits};
        state->fp[i] = kinds[rng_below(rng, ARRAY_LEN(kinds))];
    }
}

/* The world */

void region_random_world(RegionWorld *world, Rng *rng, bool big)
{
    *world = (RegionWorld){.big = big, .stores = HASH_START};
    for (size_t i = 0; i < sizeof world->bytes; i += 4)
        bits_store32(world->bytes + i, rng_word(rng), big);
}

/* Physical address, or -1. */
static int64_t translate(uint32_t va, bool store)
{
    uint32_t page = va & ~(REGION_PAGE - 1u), low = va % REGION_PAGE;
    switch (page) {
    case REGION_MEMORY:
    case REGION_ALIAS: return low;
    case REGION_READ_ONLY: return store ? -1 : (int64_t)(REGION_PAGE + low);
    default: return -1;
    }
}

static bool world_load(void *ctx, uint32_t va, unsigned size, uint32_t *value)
{
    const RegionWorld *world = ctx;
    int64_t pa = translate(va, false);
    if (pa < 0)
        return false;
    const uint8_t *p = world->bytes + pa;
    *value = size == 1   ? *p
             : size == 2 ? bits_load16(p, world->big)
                         : bits_load32(p, world->big);
    return true;
}

static bool world_check_store(void *ctx, uint32_t va, unsigned size)
{
    (void)ctx;
    (void)size;
    return translate(va, true) >= 0;
}

static void world_store(void *ctx, uint32_t va, unsigned size, uint32_t value)
{
    RegionWorld *world = ctx;
    int64_t pa = translate(va, true);
    uint8_t *p = world->bytes + pa;
    if (size == 1)
        *p = (uint8_t)value;
    else if (size == 2)
        bits_store16(p, value, world->big);
    else
        bits_store32(p, value, world->big);
    uint64_t hash = hash_u64(world->stores, (uint64_t)pa << 8 | size);
    world->stores = hash_u64(hash, value);
}

static uint32_t world_place(void *ctx, uint32_t va)
{
    (void)ctx;
    return (uint32_t)translate(va, false);
}

static uint32_t world_cp0(void *ctx, unsigned reg)
{
    (void)ctx;
    return 0x01010101 * reg;
}

IrEnv region_env(RegionWorld *world)
{
    return (IrEnv){.ctx = world,
                   .load = world_load,
                   .check_store = world_check_store,
                   .store = world_store,
                   .cp0 = world_cp0,
                   .fp = lift_fp,
                   .place = world_place};
}
