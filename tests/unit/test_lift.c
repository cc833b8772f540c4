/* Unit tests of lifting: which code a region is made of, where it ends, and
 * what its exits say.  What the instructions mean is tested against the
 * reference CPU (random/translate_random.c). */
#include "base/bits.h"
#include "frontend/lift.h"
#include "frontend/state.h"
#include "tests/random/encode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define BASE 0x80001000u

enum { CODE_MAX = 64, NEVER = -1 };

/* Code at BASE, and the advice about it. */
typedef struct Code {
    Arena *arena;
    uint32_t words[CODE_MAX];
    unsigned count;
    LiftPath path;   /* of every branch */
    uint32_t target; /* of every indirect jump; 0: not known */
    uint32_t fails;  /* the instruction that fails often, or 0 */
    unsigned enough_insns, enough_visits; /* where a branch is the end */
    unsigned asked;                       /* how often advice was asked for */
    LiftLimits limits;
    IrContext context;
} Code;

static bool fetch(void *ctx, uint32_t va, uint32_t *word)
{
    const Code *c = ctx;
    if (va - BASE >= 4 * c->count)
        return false;
    *word = c->words[(va - BASE) / 4];
    return true;
}

static LiftPath advise_branch(void *ctx, uint32_t pc)
{
    Code *c = ctx;
    (void)pc;
    c->asked++;
    return c->path;
}

static bool advise_target(void *ctx, uint32_t pc, uint32_t *target)
{
    Code *c = ctx;
    (void)pc;
    c->asked++;
    *target = c->target;
    return c->target != 0;
}

static bool advise_fails(void *ctx, uint32_t pc)
{
    const Code *c = ctx;
    return pc == c->fails;
}

static bool advise_end(void *ctx, uint32_t pc, unsigned insns, unsigned visits)
{
    const Code *c = ctx;
    (void)pc;
    return insns >= c->enough_insns || visits >= c->enough_visits;
}

static Code code(const uint32_t *words, unsigned count)
{
    Code c = {.arena = arena_create(),
              .enough_insns = NEVER,
              .enough_visits = NEVER,
              .count = count,
              .limits = {.insns = 32, .visits = 1, .stores = 8, .jumps = true},
              .context = {.fpu = true}};
    memcpy(c.words, words, count * sizeof *words);
    return c;
}

#define CODE(...)                                                              \
    code((const uint32_t[]){__VA_ARGS__},                                      \
         ARRAY_LEN(((const uint32_t[]){__VA_ARGS__})))

static LiftPlan *discover(Code *c)
{
    LiftSource source = {
        c, fetch, advise_branch, advise_target, advise_fails, advise_end};
    return lift_discover(c->arena, &source, &c->limits, BASE, c->context);
}

/* The plan is these words of the code, in this order; then comes `next`
 * (NEVER: nothing that is known). */
static LiftPlan *expect_plan(Code *c, const int *path, unsigned count, int next,
                             bool interpret)
{
    LiftPlan *plan = discover(c);
    assert_int_equal(plan->count, count);
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(plan->insns[i].pc, BASE + 4 * (unsigned)path[i]);
        assert_int_equal(plan->insns[i].word, c->words[path[i]]);
    }
    if (next != NEVER)
        assert_int_equal(plan->next, BASE + 4 * (unsigned)next);
    assert_int_equal(plan->interpret, interpret);
    return plan;
}

#define PLAN(c, next, interpret, ...)                                          \
    expect_plan(c, (const int[]){__VA_ARGS__},                                 \
                ARRAY_LEN(((const int[]){__VA_ARGS__})), next, interpret)

/* The end of the text of the plan's region, exits and all. */
static void expect_text(Code *c, const char *end)
{
    LiftPlan *plan = discover(c);
    IrRegion *region = lift_region(c->arena, plan, &c->limits);
    Diag diag = {""};
    if (!ir_verify(region, &diag))
        fail_msg("%s", diag.text);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    ir_print(region, out, NULL, NULL);
    fclose(out);
    size_t length = strlen(end);
    if (size < length || strcmp(text + size - length, end) != 0)
        fail_msg("the region is\n%s\nand not ...\n%s", text, end);
    free(text);
    arena_destroy(c->arena);
}

/* Words */

static uint32_t op(InsnOp row, unsigned rd, unsigned rs, unsigned rt)
{
    return encode_row(row) | ENCODE_RD(rd) | ENCODE_RS(rs) | ENCODE_RT(rt);
}

/* With an immediate, or a number of words past the delay slot. */
static uint32_t op_imm(InsnOp row, unsigned rt, unsigned rs, int imm)
{
    return encode_row(row) | ENCODE_RS(rs) | ENCODE_RT(rt) | ENCODE_IMM(imm);
}

static uint32_t jump(InsnOp row, unsigned word)
{
    return encode_row(row) | ENCODE_TARGET(BASE + 4 * word);
}

#define NOP           0u
#define ADD_ONE       op_imm(INSN_ADDIU, 2, 2, 1)
#define SYSCALL       encode_row(INSN_SYSCALL)
#define BRANCH(words) op_imm(INSN_BNE, 3, 2, words)
#define RETURN        op(INSN_JR, 0, 31, 0)

/* Where plans end */

static void test_straight(void **state)
{
    (void)state;
    Code c = CODE(ADD_ONE, ADD_ONE, ADD_ONE, SYSCALL);
    PLAN(&c, 3, true, 0, 1, 2);
    c.limits.insns = 2;
    PLAN(&c, 2, false, 0, 1);
    c.limits.insns = 3; /* so that the call is not looked at */
    PLAN(&c, 3, false, 0, 1, 2);
    c.limits.insns = 32;
    c.count = 3; /* what follows cannot be had */
    PLAN(&c, 3, false, 0, 1, 2);
    arena_destroy(c.arena);
}

static void test_nothing(void **state)
{
    (void)state;
    Code c = CODE(SYSCALL);
    expect_plan(&c, NULL, 0, 0, true);
    c.count = 0;
    expect_plan(&c, NULL, 0, 0, true);
    c.count = 1;
    c.words[0] = BRANCH(1); /* its slot cannot be had */
    expect_plan(&c, NULL, 0, 0, true);
    arena_destroy(c.arena);
}

static void test_slot_stays(void **state)
{
    (void)state;
    Code c = CODE(ADD_ONE, BRANCH(4), ADD_ONE, ADD_ONE);
    c.limits.insns = 2;
    PLAN(&c, 1, false, 0);
    c.limits.insns = 3;
    PLAN(&c, 3, false, 0, 1, 2);
    c.limits.insns = 32;
    c.words[2] = SYSCALL;
    PLAN(&c, 1, true, 0);
    c.words[2] = RETURN;
    PLAN(&c, 1, true, 0);
    c.count = 2;
    PLAN(&c, 1, false, 0);
    arena_destroy(c.arena);
}

static void test_branch(void **state)
{
    (void)state;
    Code c = CODE(ADD_ONE, BRANCH(2), NOP, ADD_ONE, ADD_ONE, SYSCALL);
    c.path = LIFT_STOP;
    PLAN(&c, 3, false, 0, 1, 2);
    c.path = LIFT_NOT_TAKEN;
    LiftPlan *plan = PLAN(&c, 5, true, 0, 1, 2, 3, 4);
    assert_false(plan->insns[1].taken);
    c.path = LIFT_TAKEN;
    plan = PLAN(&c, 5, true, 0, 1, 2, 4);
    assert_true(plan->insns[1].taken);
    c.limits.block = true;
    PLAN(&c, 3, false, 0, 1, 2);
    assert_int_equal(c.asked, 3);
    arena_destroy(c.arena);
}

/* Branches that are always taken are jumps. */
static void test_always(void **state)
{
    (void)state;
    const uint32_t always[] = {
        jump(INSN_J, 3),
        op_imm(INSN_BEQ, 0, 0, 2),
        op_imm(INSN_BEQ, 5, 5, 2),
        op_imm(INSN_BGEZ, 0, 0, 2),
        op_imm(INSN_BLEZ, 0, 0, 2),
        op_imm(INSN_BGEZAL, 0, 0, 2),
    };
    for (unsigned i = 0; i < ARRAY_LEN(always); i++) {
        Code c = CODE(always[i], NOP, SYSCALL, ADD_ONE, SYSCALL);
        LiftPlan *plan = PLAN(&c, 4, true, 0, 1, 3);
        assert_true(plan->insns[0].taken);
        c.limits.jumps = false;
        PLAN(&c, NEVER, false, 0, 1);
        assert_int_equal(c.asked, 0);
        arena_destroy(c.arena);
    }
}

/* A call of a function that calls one. */
static void test_calls(void **state)
{
    (void)state;
    Code c = CODE(jump(INSN_JAL, 4), NOP, ADD_ONE, SYSCALL,
                  op_imm(INSN_BGEZAL, 0, 0, 3), NOP, RETURN, NOP, /* word 4 */
                  RETURN, ADD_ONE);
    LiftPlan *plan = PLAN(&c, 3, true, 0, 1, 4, 5, 8, 9, 6, 7, 2);
    assert_true(plan->insns[4].taken);
    assert_int_equal(plan->insns[4].target, BASE + 4 * 6);
    assert_int_equal(plan->insns[6].target, BASE + 4 * 2);
    assert_int_equal(c.asked, 0);
    arena_destroy(c.arena);
}

static void test_indirect(void **state)
{
    (void)state;
    Code c = CODE(op(INSN_JALR, 31, 25, 0), NOP, SYSCALL, RETURN, NOP);
    PLAN(&c, NEVER, false, 0, 1);
    c.target = BASE + 4 * 3;
    LiftPlan *plan = PLAN(&c, 2, true, 0, 1, 3, 4);
    assert_true(plan->insns[0].taken);
    assert_int_equal(plan->insns[0].target, c.target);
    assert_int_equal(plan->insns[2].target, BASE + 4 * 2);
    assert_int_equal(c.asked, 2);
    /* A return to nowhere that is known. */
    c.words[0] = RETURN;
    c.words[3] = SYSCALL;
    PLAN(&c, 3, true, 0, 1);
    c.target = 0;
    PLAN(&c, NEVER, false, 0, 1);
    arena_destroy(c.arena);
}

static void test_visits(void **state)
{
    (void)state;
    Code c = CODE(ADD_ONE, BRANCH(-2), NOP, SYSCALL);
    c.path = LIFT_TAKEN;
    PLAN(&c, 0, false, 0, 1, 2);
    c.limits.visits = 3;
    PLAN(&c, 0, false, 0, 1, 2, 0, 1, 2, 0, 1, 2);
    c.limits.insns = 5;
    PLAN(&c, 1, false, 0, 1, 2, 0);
    arena_destroy(c.arena);
}

/* Where a branch leads may be the end: asked with what there is so far. */
static void test_ends(void **state)
{
    (void)state;
    Code c = CODE(ADD_ONE, BRANCH(-2), NOP, SYSCALL);
    c.path = LIFT_TAKEN;
    c.limits.visits = 9;
    c.enough_insns = 6;
    PLAN(&c, 0, false, 0, 1, 2, 0, 1, 2);
    c.enough_insns = NEVER;
    c.enough_visits = 3;
    PLAN(&c, 0, false, 0, 1, 2, 0, 1, 2, 0, 1, 2);
    c.path = LIFT_NOT_TAKEN;
    c.enough_visits = 1;
    PLAN(&c, 3, true, 0, 1, 2);
    c.enough_visits = 0;
    PLAN(&c, 3, false, 0, 1, 2);
    arena_destroy(c.arena);
}

/* An FP instruction may change Cause, which is a constant of a region. */
static void test_cause(void **state)
{
    (void)state;
    uint32_t mfc0 = encode_row(INSN_MFC0) | ENCODE_RT(2) | ENCODE_RD(CP0_CAUSE);
    Code c = CODE(mfc0, encode_row(INSN_ADD_S), mfc0, SYSCALL);
    PLAN(&c, 2, false, 0, 1);
    c.words[2] = BRANCH(0);
    c.words[3] = mfc0;
    PLAN(&c, 2, false, 0, 1);
    arena_destroy(c.arena);
}

static void test_can(void **state)
{
    (void)state;
    const IrContext kernel = {.fpu = true}, user = {.user = true, .fpu = true};
    const IrContext no_fpu = {.user = false};
    const struct {
        uint32_t word;
        bool kernel, user, no_fpu;
    } cases[] = {
        {ADD_ONE, true, true, true},
        {SYSCALL, false, false, false},
        {encode_row(INSN_BREAK), false, false, false},
        {0xffffffff, false, false, false},
        {encode_row(INSN_MFC0) | ENCODE_RD(CP0_EPC), true, false, true},
        {encode_row(INSN_MFC0) | ENCODE_RD(CP0_RANDOM), false, false, false},
        {encode_row(INSN_MFC0) | ENCODE_RD(3), false, false, false},
        {encode_row(INSN_MTC0) | ENCODE_RD(CP0_EPC), false, false, false},
        {encode_row(INSN_TLBWR), false, false, false},
        {encode_row(INSN_RFE), false, false, false},
        {encode_row(INSN_BC0T), false, false, false},
        {encode_row(INSN_BC1T), true, true, false},
        {encode_row(INSN_LWC1), true, true, false},
        {encode_row(INSN_CFC1) | ENCODE_RD(31), true, true, false},
        {encode_row(INSN_CFC1), true, true, false},
        {encode_row(INSN_CFC1) | ENCODE_RD(30), false, false, false},
        {encode_row(INSN_CTC1) | ENCODE_RD(31), false, false, false},
        /* Doubles in odd registers: fd, fs, ft, where they are doubles. */
        {encode_row(INSN_ADD_D), true, true, false},
        {encode_row(INSN_ADD_D) | ENCODE_SA(1), false, false, false},
        {encode_row(INSN_ADD_D) | ENCODE_RD(1), false, false, false},
        {encode_row(INSN_ADD_D) | ENCODE_RT(1), false, false, false},
        {encode_row(INSN_NEG_D) | ENCODE_RT(1), true, true, false},
        {encode_row(INSN_CVT_S_D) | ENCODE_SA(1), true, true, false},
        {encode_row(INSN_CVT_S_D) | ENCODE_RD(1), false, false, false},
        {encode_row(INSN_CVT_D_S) | ENCODE_RD(1), true, true, false},
        {encode_row(INSN_CVT_D_S) | ENCODE_SA(1), false, false, false},
        {encode_row(INSN_C_EQ_D) | ENCODE_RT(1), false, false, false},
        {encode_row(INSN_C_EQ_S) | ENCODE_RT(1), true, true, false},
        {encode_row(INSN_LWC2), false, false, false},
    };
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        Insn in = insn_decode(cases[i].word);
        bool same = lift_can(&in, &kernel) == cases[i].kernel &&
                    lift_can(&in, &user) == cases[i].user &&
                    lift_can(&in, &no_fpu) == cases[i].no_fpu;
        if (!same)
            fail_msg("case %u: %s", i, insn_info(in.op)->name);
    }
}

/* Exits */

static void test_exits(void **state)
{
    (void)state;
    Code c = CODE(ADD_ONE);
    expect_text(&c, "  exit x0\n"
                    "x0 direct 0x80001004 insns=1 pending=none\n"
                    "end\n");
    c = CODE(ADD_ONE, SYSCALL);
    expect_text(&c, "  exit x0\n"
                    "x0 interpret 0x80001004 insns=1 pending=none\n"
                    "end\n");
    c = CODE(BRANCH(4), NOP);
    c.path = LIFT_STOP;
    expect_text(&c, "  exit.nez %2, x0\n"
                    "  exit x1\n"
                    "x0 direct 0x80001014 insns=2 pending=none\n"
                    "x1 direct 0x80001008 insns=2 pending=none\n"
                    "end\n");
    c = CODE(BRANCH(1), NOP, ADD_ONE, SYSCALL);
    c.path = LIFT_TAKEN;
    c.count = 2;
    expect_text(&c, "  exit.eqz %2, x0\n"
                    "  exit x1\n"
                    "x0 direct 0x80001008 insns=2 pending=none\n"
                    "x1 direct 0x80001008 insns=2 pending=none\n"
                    "end\n");
    c = CODE(BRANCH(1), NOP, ADD_ONE, SYSCALL);
    c.path = LIFT_NOT_TAKEN;
    expect_text(&c, "  exit x1\n"
                    "x0 direct 0x80001008 insns=2 pending=none\n"
                    "x1 interpret 0x8000100c insns=3 pending=none\n"
                    "end\n");
}

static void test_hints(void **state)
{
    (void)state;
    Code c = CODE(jump(INSN_JAL, 8), NOP);
    expect_text(&c, "  exit x0\n"
                    "x0 direct 0x80001020 insns=2 pending=none "
                    "call=0x80001008\n"
                    "end\n");
    c = CODE(op_imm(INSN_BGEZAL, 0, 2, 7), NOP);
    expect_text(&c, "  exit.gez %0, x0\n"
                    "  exit x1\n"
                    "x0 direct 0x80001020 insns=2 pending=none "
                    "call=0x80001008\n"
                    "x1 direct 0x80001008 insns=2 pending=none\n"
                    "end\n");
    c = CODE(RETURN, NOP);
    expect_text(&c, "  %0 = get r31\n"
                    "  put pc, %0\n"
                    ".1 0x80001004 0x00000000\n"
                    "  exit x0\n"
                    "x0 indirect insns=2 pending=none return\n"
                    "end\n");
    c = CODE(op(INSN_JR, 0, 25, 0), NOP);
    expect_text(&c, "x0 indirect insns=2 pending=none\n"
                    "end\n");
    /* The old value of the register is the target. */
    c = CODE(op(INSN_JALR, 25, 25, 0), NOP);
    expect_text(&c, "  %0 = get r25\n"
                    "  put pc, %0\n"
                    "  %2 = const 0x80001008\n"
                    "  put r25, %2\n"
                    ".1 0x80001004 0x00000000\n"
                    "  exit x0\n"
                    "x0 indirect insns=2 pending=none call=0x80001008\n"
                    "end\n");
}

/* A jump that is guarded; a call that ends at what must be interpreted. */
static void test_guard(void **state)
{
    (void)state;
    Code c = CODE(RETURN, NOP, SYSCALL, ADD_ONE);
    c.target = BASE + 12;
    expect_text(&c, "  %0 = get r31\n"
                    "  put pc, %0\n"
                    ".1 0x80001004 0x00000000\n"
                    "  %2 = const 0x8000100c\n"
                    "  %3 = xor %0, %2\n"
                    "  exit.nez %3, x0\n"
                    ".2 0x8000100c 0x24420001\n"
                    "  %5 = const 0x1\n"
                    "  %6 = get r2\n"
                    "  %7 = add %6, %5\n"
                    "  put r2, %7\n"
                    "  exit x1\n"
                    "x0 indirect insns=2 pending=none return\n"
                    "x1 direct 0x80001010 insns=3 pending=none\n"
                    "end\n");
    c = CODE(jump(INSN_JAL, 2), NOP, SYSCALL);
    expect_text(&c, "  exit x0\n"
                    "x0 interpret 0x80001008 insns=2 pending=none "
                    "call=0x80001008\n"
                    "end\n");
}

/* Loads in flight where a region begins and ends. */
static void test_pending(void **state)
{
    (void)state;
    Code c = CODE(op_imm(INSN_LW, 2, 4, 8));
    c.context.pending = 4; /* the address is the old one */
    expect_text(&c, "region 0x80001000 kernel fpu el pending=r4\n"
                    ".0 0x80001000 0x8c820008\n"
                    "  %0 = get ld\n"
                    "  %1 = get r4\n"
                    "  %2 = ld32 [%1 + 8]\n"
                    "  put r4, %0\n"
                    "  put ld, %2\n"
                    "  exit x0\n"
                    "x0 direct 0x80001004 insns=1 pending=r2\n"
                    "end\n");
    c = CODE(op_imm(INSN_LWC1, 3, 4, 0), op_imm(INSN_LW, 0, 4, 0));
    c.context.pending = IR_PENDING_FPR + 3;
    expect_text(&c, "region 0x80001000 kernel fpu el pending=f3\n"
                    ".0 0x80001000 0xc4830000\n"
                    "  %0 = get ld\n"
                    "  %1 = get r4\n"
                    "  %2 = ld32 [%1]\n"
                    "  %3 = getf f2\n"
                    "  %4 = sethi %3, %0\n"
                    "  putf f2, %4\n"
                    ".1 0x80001004 0x8c800000\n"
                    "  %6 = get r4\n"
                    "  %7 = ld32 [%6]\n"
                    "  %8 = getf f2\n"
                    "  %9 = sethi %8, %2\n"
                    "  putf f2, %9\n"
                    "  exit x0\n"
                    "x0 direct 0x80001008 insns=2 pending=none\n"
                    "end\n");
    c = CODE(BRANCH(4), op_imm(INSN_LW, 2, 4, 0));
    c.path = LIFT_STOP;
    expect_text(&c, "  %4 = ld32 [%3]\n"
                    "  put ld, %4\n"
                    "  exit.nez %2, x0\n"
                    "  exit x1\n"
                    "x0 direct 0x80001014 insns=2 pending=r2\n"
                    "x1 direct 0x80001008 insns=2 pending=r2\n"
                    "end\n");
}

/* Commits go before the store that would be one too many, never between a
 * branch and its slot. */
static void test_commits(void **state)
{
    (void)state;
    uint32_t store = op_imm(INSN_SW, 2, 4, 0);
    Code c = CODE(store, op_imm(INSN_LW, 2, 4, 0), store, store);
    c.limits.stores = 1;
    expect_text(&c, "  %3 = get r4\n"
                    "  %4 = ld32 [%3]\n"
                    "  put ld, %4\n"
                    "  commit x0\n"
                    ".2 0x80001008 0xac820000\n"
                    "  %7 = get r4\n"
                    "  %8 = get r2\n"
                    "  st32 [%7], %8\n"
                    "  put r2, %4\n"
                    "  commit x1\n"
                    ".3 0x8000100c 0xac820000\n"
                    "  %12 = get r4\n"
                    "  %13 = get r2\n"
                    "  st32 [%12], %13\n"
                    "  exit x2\n"
                    "x0 commit 0x80001008 insns=2 pending=r2\n"
                    "x1 commit 0x8000100c insns=3 pending=none\n"
                    "x2 direct 0x80001010 insns=4 pending=none\n"
                    "end\n");
    c = CODE(store, store);
    c.limits.stores = 2;
    expect_text(&c, "  exit x0\n"
                    "x0 direct 0x80001008 insns=2 pending=none\n"
                    "end\n");
    c = CODE(store, BRANCH(4), store);
    c.path = LIFT_STOP;
    c.limits.stores = 1;
    expect_text(&c, "x0 commit 0x80001004 insns=1 pending=none\n"
                    "x1 direct 0x80001018 insns=3 pending=none\n"
                    "x2 direct 0x8000100c insns=3 pending=none\n"
                    "end\n");
}

/* Commits after so many instructions at most, in whatever they are. */
static void test_commit_often(void **state)
{
    (void)state;
    Code c = CODE(ADD_ONE, op_imm(INSN_LW, 2, 4, 0), BRANCH(4), ADD_ONE);
    c.path = LIFT_STOP;
    c.limits.commit = 1;
    expect_text(&c, "x0 commit 0x80001004 insns=1 pending=none\n"
                    "x1 commit 0x80001008 insns=2 pending=r2\n"
                    "x2 direct 0x8000101c insns=4 pending=none\n"
                    "x3 direct 0x80001010 insns=4 pending=none\n"
                    "end\n");
    c = CODE(ADD_ONE, ADD_ONE, ADD_ONE, ADD_ONE, BRANCH(4), ADD_ONE);
    c.path = LIFT_STOP;
    c.limits.commit = 3;
    expect_text(&c, "x0 commit 0x8000100c insns=3 pending=none\n"
                    "x1 direct 0x80001024 insns=6 pending=none\n"
                    "x2 direct 0x80001018 insns=6 pending=none\n"
                    "end\n");
    /* Both limits: the commit that stores ask for begins the count again. */
    uint32_t store = op_imm(INSN_SW, 2, 4, 0);
    c = CODE(store, store, ADD_ONE, ADD_ONE, ADD_ONE);
    c.limits.commit = 3;
    c.limits.stores = 1;
    expect_text(&c, "x0 commit 0x80001004 insns=1 pending=none\n"
                    "x1 commit 0x80001010 insns=4 pending=none\n"
                    "x2 direct 0x80001014 insns=5 pending=none\n"
                    "end\n");
}

/* Commits before what fails often: before the branch, if it is in its slot;
 * nothing is to be committed before the first instruction. */
static void test_commit_fails(void **state)
{
    (void)state;
    static const char *const ends[] = {
        "x0 direct 0x8000101c insns=4 pending=none\n"
        "x1 direct 0x80001010 insns=4 pending=none\n"
        "end\n",
        "x0 commit 0x80001004 insns=1 pending=none fails\n"
        "x1 direct 0x8000101c insns=4 pending=none\n"
        "x2 direct 0x80001010 insns=4 pending=none\n"
        "end\n",
        "x0 commit 0x80001008 insns=2 pending=r2 fails\n"
        "x1 direct 0x8000101c insns=4 pending=none\n"
        "x2 direct 0x80001010 insns=4 pending=none\n"
        "end\n"};
    static const unsigned at[] = {0, 1, 3};
    for (unsigned i = 0; i < ARRAY_LEN(at); i++) {
        Code c = CODE(ADD_ONE, op_imm(INSN_LW, 2, 4, 0), BRANCH(4), ADD_ONE);
        c.path = LIFT_STOP;
        c.fails = BASE + 4 * at[i];
        expect_text(&c, ends[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_straight),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_slot_stays),
        cmocka_unit_test(test_branch),
        cmocka_unit_test(test_always),
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_indirect),
        cmocka_unit_test(test_visits),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_cause),
        cmocka_unit_test(test_can),
        cmocka_unit_test(test_exits),
        cmocka_unit_test(test_hints),
        cmocka_unit_test(test_guard),
        cmocka_unit_test(test_pending),
        cmocka_unit_test(test_commits),
        cmocka_unit_test(test_commit_often),
        cmocka_unit_test(test_commit_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
