/* Fuzzing of the passes over the IR: makes random regions, and runs them before
 * and after each pass alone, after passes in any order, and after
 * opt_run_passes() with some of them switched off.
 *
 *     fuzz_passes [--seed N] [--count N]
 *
 * A run starts from random state and memory, and must leave by the same exit,
 * or fault after the same commit, with the same state and memory.  Beside that,
 * each pass must ensure what it says that it does, and visit few nodes.  Region
 * number N depends on the seed and N alone.  Exit status 1 if a pass breaks its
 * word. */
#include "base/bits.h"
#include "optimizer/optimizer.h"
#include "optimizer/passes.h"
#include "tests/random/region.h"
#include "tests/support/options.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    WORLDS = 3,        /* runs of a region */
    SEQUENCE_MAX = 12, /* passes in any order */
    VISITS_MAX = 64    /* for each instruction */
};

typedef struct Pass {
    const char *name;
    void (*run)(IrRegion *region, uint64_t *visits);
} Pass;

static const Pass passes[] = {
#define PASS(id, name, key, function, text) {name, function},
#include "optimizer/passes.def"
#undef PASS
    {"address, switched off", opt_address_plain},
};

/* --- Regions -------------------------------------------------------------- */

/* The values that addresses are made of: those stay, lest all accesses fault.
 */
static bool *mark_addresses(const IrRegion *region, Arena *arena)
{
    bool *marks = arena_alloc(arena, region->insn_count, sizeof *marks);
    for (IrRef at = region->insn_count; at-- > 0;) {
        const IrInsn *insn = &region->insns[at];
        if (ir_op_has((IrOp)insn->op, IR_IS_LOAD | IR_IS_STORE))
            marks[insn->a] = true;
        else if (!marks[at])
            continue;
        else if (insn->a != IR_NO_REF)
            marks[insn->a] = true;
        if (marks[at] && insn->b != IR_NO_REF)
            marks[insn->b] = true;
    }
    return marks;
}

/* Numbers that passes look for. */
static const uint32_t numbers[] = {
    0,    1,   2,    4,     8,       12,         16,         17,        24,
    25,   31,  32,   64,    ~0u,     -4u,        -3u,        0x3f,      0x7f,
    0xff, 100, 0x80, 0x100, 0x1000c, 0x12345678, -128,       0xffff,    0x8000,
    3,    5,   4096, 6,     9,       0x80000000, 0x7fffffff, 0xff000000};
enum { NUMBERS = ARRAY_LEN(numbers), RECENT = 8, ADDRESSES = 4 };

typedef struct Spice {
    Rng *rng;
    IrRegion *region; /* begins with a CONST for each of the numbers */
    IrRef recent[RECENT];
    unsigned recent_count;
    IrRef addresses[ADDRESSES];
    unsigned address_count;
    uint32_t insns; /* complete at the latest exit */
    uint16_t guest;
} Spice;

static IrRef append(Spice *s, IrOp op, IrRef a, IrRef b, uint32_t imm)
{
    IrRef at = ir_add(s->region, op, a, b, imm);
    s->region->insns[at].guest = s->guest;
    if (ir_op_info(op)->type == IR_I32)
        s->recent[s->recent_count++ % RECENT] = at;
    return at;
}

static IrRef recent(Spice *s)
{
    unsigned have = s->recent_count < RECENT ? s->recent_count : RECENT;
    return have ? s->recent[rng_below(s->rng, have)]
                : rng_below(s->rng, NUMBERS);
}

/* Two operations in a row, often with the same number, and somebody who looks:
 * a slot or an exit. */
static void add_idiom(Spice *s)
{
    static const uint8_t ops[] = {IR_ADD, IR_ADD, IR_SUB, IR_AND,  IR_OR,
                                  IR_XOR, IR_NOR, IR_SHL, IR_SHL,  IR_SHR,
                                  IR_SAR, IR_SAR, IR_SLT, IR_SLTU, IR_MUL};
    IrRef x = recent(s), k = rng_below(s->rng, NUMBERS);
    for (unsigned i = 0; i < 2; i++) {
        IrOp op = (IrOp)ops[rng_below(s->rng, ARRAY_LEN(ops))];
        bool swap = rng_one_in(s->rng, 6);
        x = append(s, op, swap ? k : x, swap ? x : k, 0);
        if (rng_one_in(s->rng, 2))
            k = rng_below(s->rng, NUMBERS);
    }
    if (rng_one_in(s->rng, 8))
        x = append(s, IR_XOR, x, recent(s), 0);
    if (!rng_one_in(s->rng, 8)) {
        append(s, IR_PUT, x, IR_NO_REF, IR_SLOT_R1 + rng_below(s->rng, 3));
        return;
    }
    IrExit record = {.kind = IR_EXIT_DIRECT,
                     .pc = 4 * s->region->insn_count,
                     .insns = s->insns};
    IrOp op = (IrOp)(IR_EXITEQ + rng_below(s->rng, IR_EXIT - IR_EXITEQ));
    append(s, op, x, IR_NO_REF, ir_add_exit(s->region, &record));
}

/* An access before and after a store that may change what it finds. */
static void add_overlap(Spice *s)
{
    unsigned have = s->address_count < ADDRESSES ? s->address_count : ADDRESSES;
    if (have == 0)
        return;
    IrRef p = s->addresses[rng_below(s->rng, have)];
    IrRef q = s->addresses[rng_below(s->rng, have)];
    uint32_t at = 4 * rng_below(s->rng, 4), other = at;
    if (rng_one_in(s->rng, 2))
        other += 8 * rng_below(s->rng, 3) - 8;
    if (rng_one_in(s->rng, 2))
        other += REGION_PAGE * (2 * rng_below(s->rng, 3) - 2);
    IrRef x = append(s, IR_LD32, p, IR_NO_REF, at);
    append(s, IR_ST32, q, recent(s), other);
    IrRef y = append(s, IR_LD32, p, IR_NO_REF, at);
    append(s, IR_PUT, x, IR_NO_REF, IR_SLOT_R1);
    append(s, IR_PUT, y, IR_NO_REF, IR_SLOT_R2);
}

/* An access to where others were. */
static void change_access(Spice *s, IrInsn *insn)
{
    unsigned have = s->address_count < ADDRESSES ? s->address_count : ADDRESSES;
    if (have && !rng_one_in(s->rng, 3)) {
        insn->a = s->addresses[rng_below(s->rng, have)];
        insn->imm = rng_below(s->rng, 4) * ir_access_size((IrOp)insn->op);
        if (rng_one_in(s->rng, 4))
            insn->imm += 8;
    } else {
        s->addresses[s->address_count++ % ADDRESSES] = insn->a;
    }
    if (rng_one_in(s->rng, 16))
        insn->imm += REGION_PAGE * (rng_below(s->rng, 5) - 2);
}

static void change_operands(Spice *s, IrInsn *insn)
{
    const IrOpInfo *info = ir_op_info((IrOp)insn->op);
    if (info->a == IR_I32 && info->b == IR_I32) {
        if (rng_one_in(s->rng, 4))
            insn->op = rng_one_in(s->rng, 2) ? IR_ADD : IR_SHL;
        if (rng_one_in(s->rng, 2))
            insn->b = rng_below(s->rng, NUMBERS);
        else if (rng_one_in(s->rng, 8))
            insn->a = rng_below(s->rng, NUMBERS);
    }
    if (info->a == IR_I32 && rng_one_in(s->rng, 3))
        insn->a = recent(s);
}

/* The region with numbers, operands, addresses and sequences that passes look
 * for, which plain chance brings together too seldom. */
static IrRegion *spice(const IrRegion *plain, Arena *arena, Rng *rng)
{
    const bool *marks = mark_addresses(plain, arena);
    Spice s = {.rng = rng, .region = ir_clone(plain, arena)};
    s.region->insns = NULL;
    s.region->insn_count = s.region->insn_room = 0;
    IrRef *map = arena_alloc(arena, plain->insn_count, sizeof *map);
    for (unsigned i = 0; i < NUMBERS; i++)
        ir_const(s.region, numbers[i]);
    for (uint32_t i = 0; i < plain->insn_count; i++) {
        IrInsn insn = plain->insns[i];
        ir_map_operands(&insn, map);
        s.guest = insn.guest;
        if (rng_one_in(rng, 8))
            add_idiom(&s);
        if (rng_one_in(rng, 24))
            add_overlap(&s);
        if (ir_op_has((IrOp)insn.op, IR_IS_PURE) && !marks[i])
            change_operands(&s, &insn);
        else if (ir_op_has((IrOp)insn.op, IR_IS_LOAD | IR_IS_STORE))
            change_access(&s, &insn);
        if (ir_op_has((IrOp)insn.op, IR_IS_LEAVE))
            s.insns = s.region->exits[insn.imm].insns;
        map[i] = append(&s, (IrOp)insn.op, insn.a, insn.b, insn.imm);
    }
    return s.region;
}

/* --- What must not change ------------------------------------------------- */

typedef struct Outcome {
    bool fault, committed;
    IrExit exit; /* that was taken, or the last commit before the fault */
    IrState state;
    RegionWorld world;
} Outcome;

typedef struct Start {
    IrState state;
    RegionWorld world;
    Outcome expected;
} Start;

static void run(const IrRegion *region, const Start *start, Arena *scratch,
                Outcome *outcome)
{
    outcome->state = start->state;
    outcome->world = start->world;
    IrEnv env = region_env(&outcome->world);
    IrResult result = ir_run(region, &outcome->state, &env, scratch);
    outcome->fault = result.fault;
    outcome->committed = result.commit >= 0;
    outcome->exit = (IrExit){0};
    if (!result.fault)
        outcome->exit = region->exits[result.exit];
    else if (result.commit >= 0)
        outcome->exit = region->exits[result.commit];
}

static bool is_same_exit(const IrExit *a, const IrExit *b)
{
    return a->kind == b->kind && a->hint == b->hint && a->pc == b->pc &&
           a->link == b->link && a->insns == b->insns &&
           a->pending == b->pending;
}

/* What differs, or NULL.  How often memory was written may. */
static const char *difference(const Outcome *a, const Outcome *b)
{
    if (a->fault != b->fault)
        return a->fault ? "it does not fault any more" : "it faults";
    if (a->committed != b->committed || !is_same_exit(&a->exit, &b->exit))
        return a->fault ? "it faults after another commit"
                        : "it leaves by another exit";
    if (memcmp(&a->state, &b->state, sizeof a->state) != 0)
        return "the state differs";
    if (memcmp(a->world.bytes, b->world.bytes, sizeof a->world.bytes) != 0)
        return "memory differs";
    return NULL;
}

/* --- What passes ensure --------------------------------------------------- */

static const char *check_rename(const IrRegion *region)
{
    uint64_t seen = 0;
    bool start = true;
    for (IrRef at = 0; at < region->insn_count; at++) {
        const IrInsn *insn = &region->insns[at];
        bool get = insn->op == IR_GET || insn->op == IR_GETF;
        if (get && (!start || seen >> insn->imm & 1))
            return "a slot is read again, or late";
        if (get)
            seen |= UINT64_C(1) << insn->imm;
        start &= get;
    }
    return NULL;
}

static const char *check_copy(const IrRegion *region)
{
    for (IrRef at = 0; at < region->insn_count; at++)
        if (region->insns[at].op == IR_COPY)
            return "there is a copy";
    return NULL;
}

static bool is_const(const IrRegion *region, IrRef at)
{
    return region->insns[at].op == IR_CONST;
}

static const char *check_fold(const IrRegion *region)
{
    for (IrRef at = 0; at < region->insn_count; at++) {
        const IrInsn *insn = &region->insns[at];
        const IrOpInfo *info = ir_op_info((IrOp)insn->op);
        if (!(info->flags & IR_IS_PURE) || info->a != IR_I32)
            continue;
        bool a = is_const(region, insn->a);
        bool b = info->b == IR_NONE || is_const(region, insn->b);
        if (info->type == IR_I32 && a && b)
            return "an instruction has only constant operands";
        if (a && !b && info->flags & IR_IS_COMMUTES)
            return "the first operand is constant";
    }
    return NULL;
}

static const char *check_straighten(const IrRegion *region)
{
    for (IrRef at = 0; at + 1 < region->insn_count; at++) {
        const IrInsn *insn = &region->insns[at];
        const IrOpInfo *info = ir_op_info((IrOp)insn->op);
        if (info->flags & IR_IS_LEAVE && info->a == IR_I32 &&
            is_const(region, insn->a))
            return "an exit has a constant condition";
    }
    return NULL;
}

static const char *check_cse(const IrRegion *region)
{
    for (IrRef at = 0; at < region->insn_count; at++) {
        const IrInsn *x = &region->insns[at];
        if (!ir_op_has((IrOp)x->op, IR_IS_PURE))
            continue;
        for (IrRef earlier = 0; earlier < at; earlier++) {
            const IrInsn *y = &region->insns[earlier];
            if (x->op == y->op && x->a == y->a && x->b == y->b &&
                x->imm == y->imm)
                return "something is computed twice";
        }
    }
    return NULL;
}

static const char *check_address(const IrRegion *region)
{
    for (IrRef at = 0; at < region->insn_count; at++) {
        const IrInsn *insn = &region->insns[at];
        if (ir_op_has((IrOp)insn->op, IR_IS_LOAD | IR_IS_STORE) && insn->imm)
            return "an access has an offset";
    }
    return NULL;
}

static const char *check_dead(const IrRegion *region)
{
    bool *used = arena_alloc(region->arena, region->insn_count, sizeof *used);
    for (IrRef at = region->insn_count; at-- > 0;) {
        const IrInsn *insn = &region->insns[at];
        if (!used[at] && (ir_op_has((IrOp)insn->op, IR_IS_PURE) ||
                          insn->op == IR_GET || insn->op == IR_GETF))
            return "a value is not used";
        if (insn->a != IR_NO_REF)
            used[insn->a] = true;
        if (insn->b != IR_NO_REF)
            used[insn->b] = true;
    }
    return NULL;
}

static const char *check_ensures(unsigned pass, const IrRegion *region)
{
    static const struct {
        void (*run)(IrRegion *region, uint64_t *visits);
        const char *(*check)(const IrRegion *region);
    } checks[] = {
        {opt_rename, check_rename}, {opt_copy, check_copy},
        {opt_fold, check_fold},     {opt_straighten, check_straighten},
        {opt_cse, check_cse},       {opt_address, check_address},
        {opt_dead, check_dead},     {opt_address_plain, check_address},
    };
    for (unsigned i = 0; i < ARRAY_LEN(checks); i++)
        if (checks[i].run == passes[pass].run)
            return checks[i].check(region);
    return NULL;
}

/* --- The fuzz ------------------------------------------------------------- */

typedef struct Fuzz {
    uint64_t number; /* of the region */
    Arena *arena, *scratch;
    Start starts[WORLDS];
    uint64_t runs, faults, commits;
    uint64_t shrunk[ARRAY_LEN(passes)]; /* instructions fewer, by each pass */
} Fuzz;

static void complain(const Fuzz *fuzz, const char *after, const char *what,
                     const IrRegion *before, const IrRegion *region)
{
    printf("region %" PRIu64 ": after %s: %s; before:\n", fuzz->number, after,
           what);
    ir_print(before, stdout, NULL, NULL);
    printf("after:\n");
    ir_print(region, stdout, NULL, NULL);
    exit(1);
}

/* `region` was made from `before`. */
static void compare(Fuzz *fuzz, const char *after, const IrRegion *before,
                    const IrRegion *region)
{
    Diag diag = {""};
    if (!ir_verify(region, &diag))
        complain(fuzz, after, diag.text, before, region);
    for (unsigned i = 0; i < WORLDS; i++) {
        static Outcome outcome;
        run(region, &fuzz->starts[i], fuzz->scratch, &outcome);
        const char *what = difference(&fuzz->starts[i].expected, &outcome);
        if (what)
            complain(fuzz, after, what, before, region);
    }
}

static void run_pass(Fuzz *fuzz, unsigned pass, IrRegion *region)
{
    IrRegion *before = ir_clone(region, fuzz->arena);
    uint64_t visits = 0;
    passes[pass].run(region, &visits);
    compare(fuzz, passes[pass].name, before, region);
    const char *what = check_ensures(pass, region);
    if (what)
        complain(fuzz, passes[pass].name, what, before, region);
    if (visits == 0 || visits > VISITS_MAX * (uint64_t)before->insn_count)
        complain(fuzz, passes[pass].name, "too few or many nodes visited",
                 before, region);
    fuzz->shrunk[pass] += before->insn_count > region->insn_count
                              ? before->insn_count - region->insn_count
                              : 0;
}

static void fuzz_region(Fuzz *fuzz, Rng *rng)
{
    RegionLimits limits = {.insns = 4 + rng_below(rng, 120),
                           .stores = 1 + rng_below(rng, 16),
                           .fp = rng_one_in(rng, 2),
                           .alias = rng_one_in(rng, 2)};
    IrRegion *region = region_random(fuzz->arena, rng, &limits);
    if (!rng_one_in(rng, 4))
        region = spice(region, fuzz->arena, rng);
    uint64_t visits = 0; /* most passes find little before this one */
    IrRegion *lifted = region;
    if (rng_one_in(rng, 2)) {
        region = ir_clone(region, fuzz->arena);
        opt_rename(region, &visits);
    }
    for (unsigned i = 0; i < WORLDS; i++) {
        Start *start = &fuzz->starts[i];
        region_random_state(&start->state, rng);
        if (i == 0)
            region_random_world(&start->world, rng, region->context.big);
        else
            start->world = fuzz->starts[0].world;
        run(lifted, start, fuzz->scratch, &start->expected);
        fuzz->runs++;
        fuzz->faults += start->expected.fault;
        fuzz->commits += start->expected.committed;
    }
    for (unsigned pass = 0; pass < ARRAY_LEN(passes); pass++)
        run_pass(fuzz, pass, ir_clone(region, fuzz->arena));

    IrRegion *mixed = ir_clone(region, fuzz->arena);
    for (unsigned i = 1 + rng_below(rng, SEQUENCE_MAX); i; i--)
        run_pass(fuzz, rng_below(rng, ARRAY_LEN(passes)), mixed);

    OptConfig opt = {.verify = true};
    for (unsigned pass = 0; pass < OPT_PASSES; pass++)
        opt.pass[pass] = rng_one_in(rng, 16) == 0;
    OptWork work = {0};
    IrRegion *whole = ir_clone(region, fuzz->arena);
    opt_run_passes(whole, &opt, &work, NULL, NULL);
    compare(fuzz, "all that are on", region, whole);
    if (check_address(whole))
        complain(fuzz, "all that are on", check_address(whole), region, whole);
}

int main(int argc, char **argv)
{
    uint64_t seed = 1, count = 20000;
    const Option options[] = {
        {"--seed", &seed, NULL}, {"--count", &count, NULL}, {NULL, NULL, NULL}};
    options_parse(options, argc, argv);
    static Fuzz fuzz;
    fuzz.arena = arena_create();
    fuzz.scratch = arena_create();
    for (fuzz.number = 0; fuzz.number < count; fuzz.number++) {
        Rng rng = rng_stream(seed, fuzz.number);
        arena_reset(fuzz.arena);
        fuzz_region(&fuzz, &rng);
    }
    printf("seed %" PRIu64 ", %" PRIu64 " regions: of %" PRIu64 " runs %" PRIu64
           " faulted, %" PRIu64 " had committed before\n",
           seed, count, fuzz.runs, fuzz.faults, fuzz.commits);
    for (unsigned pass = 0; pass < ARRAY_LEN(passes); pass++)
        printf("%8" PRIu64 " instructions fewer by %s\n", fuzz.shrunk[pass],
               passes[pass].name);
    arena_destroy(fuzz.scratch);
    arena_destroy(fuzz.arena);
    return 0;
}
