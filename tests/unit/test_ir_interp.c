/* Unit tests of the IR interpreter: state, memory, the gated stores, and what
 * commits and faults do. */
#include "base/bits.h"
#include "ir/interp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* A world of 64 bytes at 0x100, which 0x200 names again. */
enum { BASE = 0x100, ALIAS = 0x200, SIZE = 64 };

typedef struct World {
    Arena *arena, *scratch;
    bool big;
    uint8_t bytes[SIZE];
    uint32_t refuse; /* accesses of this word fault */
    char log[1024];  /* what was asked of the world */
    IrState state;
    /* The FP op that is expected, and what it does. */
    uint32_t fcr31;
    uint64_t result;
    bool refused;
} World;

__attribute__((format(printf, 2, 3))) static void note(World *w,
                                                       const char *format, ...)
{
    size_t used = strlen(w->log);
    va_list args;
    va_start(args, format);
    vsnprintf(w->log + used, sizeof w->log - used, format, args);
    va_end(args);
}

static bool is_there(const World *w, uint32_t va)
{
    return (va & ~3u) != w->refuse && (va - BASE < SIZE || va - ALIAS < SIZE);
}

static bool env_load(void *ctx, uint32_t va, unsigned size, uint32_t *value)
{
    World *w = ctx;
    note(w, "ld%u %x; ", 8 * size, va);
    if (!is_there(w, va))
        return false;
    const uint8_t *p = w->bytes + va % SIZE;
    *value = size == 1   ? *p
             : size == 2 ? bits_load16(p, w->big)
                         : bits_load32(p, w->big);
    return true;
}

static bool env_check_store(void *ctx, uint32_t va, unsigned size)
{
    World *w = ctx;
    note(w, "check%u %x; ", 8 * size, va);
    return is_there(w, va);
}

static void env_store(void *ctx, uint32_t va, unsigned size, uint32_t value)
{
    World *w = ctx;
    note(w, "st%u %x %x; ", 8 * size, va, value);
    uint8_t *p = w->bytes + va % SIZE;
    if (size == 1)
        *p = (uint8_t)value;
    else if (size == 2)
        bits_store16(p, value, w->big);
    else
        bits_store32(p, value, w->big);
}

static uint32_t env_cp0(void *ctx, unsigned reg)
{
    (void)ctx;
    return 1000 + reg;
}

static bool env_fp(void *ctx, IrOp op, unsigned cond, uint64_t a, uint64_t b,
                   uint32_t *fcr31, uint64_t *result)
{
    World *w = ctx;
    note(w, "%s %u %llx %llx %x; ", ir_op_info(op)->name, cond,
         (unsigned long long)a, (unsigned long long)b, *fcr31);
    *fcr31 = w->fcr31;
    *result = w->result;
    return !w->refused;
}

static uint32_t env_place(void *ctx, uint32_t va)
{
    assert_true(is_there(ctx, va));
    return va % SIZE;
}

static int setup(void **state)
{
    World *w = calloc(1, sizeof *w);
    w->arena = arena_create();
    w->scratch = arena_create();
    for (unsigned i = 0; i < SIZE; i++)
        w->bytes[i] = (uint8_t)(0x10 + i);
    w->state.slots[IR_SLOT_R4] = BASE;
    w->state.slots[IR_SLOT_R5] = 0x89abcdef;
    w->state.slots[IR_SLOT_R6] = ALIAS;
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    World *w = *state;
    arena_destroy(w->arena);
    arena_destroy(w->scratch);
    free(w);
    return 0;
}

static IrRegion *parse(World *w, const char *body)
{
    char text[2048];
    snprintf(text, sizeof text,
             "region 0x1000 kernel fpu %s pending=none\n.0 0x1000 0\n%s",
             w->big ? "eb" : "el", body);
    Diag diag = {""};
    IrRegion *region = ir_parse(w->arena, text, "text", &diag);
    if (!region || !ir_verify(region, &diag))
        fail_msg("%s", diag.text);
    return region;
}

static IrResult run_places(World *w, const char *body, bool places)
{
    IrEnv env = {.ctx = w,
                 .load = env_load,
                 .check_store = env_check_store,
                 .store = env_store,
                 .cp0 = env_cp0,
                 .fp = env_fp,
                 .place = places ? env_place : NULL};
    w->log[0] = 0;
    return ir_run(parse(w, body), &w->state, &env, w->scratch);
}

static IrResult run(World *w, const char *body)
{
    return run_places(w, body, true);
}

#define EXIT                                                                   \
    "exit x0\n"                                                                \
    "x0 direct 0x1004 insns=1 pending=none\n"                                  \
    "end"

/* State */

static void test_state(void **state)
{
    World *w = *state;
    w->state.slots[IR_SLOT_HI] = 7;
    w->state.fp[3] = 0x0123456789abcdef;
    w->state.fcr31 = 0x1000;
    IrResult r = run(w, "%0 = get hi\n"
                        "put r1, %0\n"
                        "%2 = get r1\n"
                        "%3 = add %2, %0\n"
                        "put r1, %3\n"
                        "%5 = getf f6\n"
                        "%6 = hi %5\n"
                        "put lo, %6\n"
                        "%8 = setlo %5, %3\n"
                        "putf f30, %8\n"
                        "%10 = cp0 12\n"
                        "put pc, %10\n"
                        "%12 = fcr\n"
                        "put ld, %12\n"
                        "%14 = const 0xfffffff0\n"
                        "put r31, %14\n" EXIT);
    assert_false(r.fault);
    assert_int_equal(r.exit, 0);
    assert_int_equal(r.at, 16);
    assert_int_equal(r.commit, -1);
    assert_int_equal(w->state.slots[IR_SLOT_R1], 14);
    assert_int_equal(w->state.slots[IR_SLOT_HI], 7);
    assert_int_equal(w->state.slots[IR_SLOT_LO], 0x01234567);
    assert_int_equal(w->state.slots[IR_SLOT_PC], 1012);
    assert_int_equal(w->state.slots[IR_SLOT_LD], 0x1000);
    assert_int_equal(w->state.slots[IR_SLOT_R31], 0xfffffff0);
    assert_true(w->state.fp[15] == 0x012345670000000e);
    assert_true(w->state.fp[3] == 0x0123456789abcdef);
    assert_string_equal(w->log, "");
}

/* Each FP op, whatever it is, asks the environment with what it has. */
static void test_fp(void **state)
{
    World *w = *state;
    for (unsigned op = IR_FADDS; op <= IR_FCMPD; op++) {
        const IrOpInfo *info = ir_op_info((IrOp)op);
        bool two = info->b != IR_NONE, value = info->type != IR_NONE;
        char body[256], log[128];
        snprintf(body, sizeof body,
                 "%%0 = getf f0\n%%1 = getf f2\n%s%s %%0%s%s\n%s%%4 = fcr\n"
                 "put r1, %%4\n" EXIT,
                 value ? "%2 = " : "", info->name, two ? ", %1" : "",
                 info->imm == IR_IMM_COND ? ", 12" : "",
                 value ? "putf f4, %2\n" : "");
        snprintf(log, sizeof log, "%s %u 1 %x 5; ", info->name,
                 info->imm == IR_IMM_COND ? 12 : 0, two ? 2 : 0);
        w->state = (IrState){.fp = {1, 2, 3}, .fcr31 = 5};
        w->fcr31 = 0x800000 + op;
        w->result = 0xfedcba9800000000 + op;
        w->refused = false;
        assert_false(run(w, body).fault);
        assert_string_equal(w->log, log);
        assert_int_equal(w->state.fcr31, w->fcr31);
        assert_int_equal(w->state.slots[IR_SLOT_R1], w->fcr31);
        assert_true(w->state.fp[2] == (value ? w->result : 3));
        /* Refused: as if nothing had been. */
        w->state = (IrState){.fp = {1, 2, 3}, .fcr31 = 5};
        w->refused = true;
        IrResult r = run(w, body);
        assert_true(r.fault);
        assert_int_equal(r.at, 2);
        assert_int_equal(w->state.fcr31, 5);
        assert_true(w->state.fp[2] == 3);
    }
}

static void test_exits(void **state)
{
    World *w = *state;
    static const struct {
        const char *op, *taken; /* for -1, 0, 1 */
    } rows[] = {
        {"eqz", "010"}, {"nez", "101"}, {"ltz", "100"},
        {"gez", "011"}, {"lez", "110"}, {"gtz", "001"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (int value = -1; value <= 1; value++) {
            char body[256];
            snprintf(body, sizeof body,
                     "%%0 = get r1\nput r2, %%0\nexit.%s %%0, x1\n"
                     "%%3 = const 9\nput r2, %%3\nexit x0\n"
                     "x0 direct 0 insns=1 pending=none\n"
                     "x1 direct 4 insns=1 pending=none\nend",
                     rows[i].op);
            w->state.slots[IR_SLOT_R1] = (uint32_t)value;
            IrResult r = run(w, body);
            bool taken = rows[i].taken[value + 1] == '1';
            assert_false(r.fault);
            assert_int_equal(r.exit, taken);
            assert_int_equal(r.at, taken ? 2 : 5);
            assert_int_equal(w->state.slots[IR_SLOT_R2],
                             taken ? (uint32_t)value : 9);
        }
    }
}

/* Memory */

static void test_loads(void **state)
{
    World *w = *state;
    for (unsigned big = 0; big < 2; big++) {
        w->big = big;
        memcpy(w->bytes, "\x81\x02\x83\x04\x85\x86\x07\x08", 8);
        assert_false(run(w, "%0 = get r4\n"
                            "%1 = ld8s [%0]\nput r8, %1\n"
                            "%3 = ld8u [%0]\nput r9, %3\n"
                            "%5 = ld16s [%0 + 4]\nput r10, %5\n"
                            "%7 = ld16u [%0 + 4]\nput r11, %7\n"
                            "%9 = ld32 [%0]\nput r12, %9\n"
                            "%11 = ld8s [%0 + 3]\nput r13, %11\n"
                            "%13 = const 0x110\n"
                            "%14 = ld32 [%13 - 12]\nput r14, %14\n" EXIT)
                         .fault);
        const uint32_t *slots = w->state.slots;
        assert_int_equal(slots[8], 0xffffff81);
        assert_int_equal(slots[9], 0x81);
        assert_int_equal(slots[10], big ? 0xffff8586 : 0xffff8685);
        assert_int_equal(slots[11], big ? 0x8586 : 0x8685);
        assert_int_equal(slots[12], big ? 0x81028304 : 0x04830281);
        assert_int_equal(slots[13], 4);
        assert_int_equal(slots[14], big ? 0x85860708 : 0x08078685);
        assert_string_equal(w->log, "ld8 100; ld8 100; ld16 104; ld16 104; "
                                    "ld32 100; ld8 103; ld32 104; ");
    }
}

/* Stores wait for the exit, lose what does not fit, and keep their order. */
static void test_stores(void **state)
{
    World *w = *state;
    for (unsigned big = 0; big < 2; big++) {
        w->big = big;
        assert_false(run(w, "%0 = get r4\n%1 = get r5\n"
                            "st8 [%0 + 1], %1\n"
                            "st32 [%0 + 8], %1\n"
                            "st16 [%0 + 2], %1\n"
                            "st8 [%0 + 1], %0\n" EXIT)
                         .fault);
        assert_string_equal(w->log,
                            "check8 101; check32 108; check16 102; check8 101; "
                            "st8 101 ef; st32 108 89abcdef; st16 102 cdef; "
                            "st8 101 0; ");
        assert_memory_equal(w->bytes,
                            big ? "\x10\x00\xcd\xef" : "\x10\x00\xef\xcd", 4);
    }
}

/* A load of each size at each place, after stores of each size at each place:
 * what the world says after the same stores without waiting. */
static void test_forwarding(void **state)
{
    World *w = *state;
    static const char *const loads[] = {"ld8u", "ld16u", "ld32"};
    for (unsigned n = 0; n < 2 * 7 * 7 * 7; n++) {
        /* 0..3 bytes, 4..5 halfwords, 6 the word. */
        unsigned kind[3] = {n % 7, n / 7 % 7, n / 49 % 7};
        w->big = n >= 343;
        unsigned size[3], at[3];
        for (unsigned i = 0; i < 3; i++) {
            size[i] = kind[i] < 4 ? 1 : kind[i] < 6 ? 2 : 4;
            at[i] = kind[i] < 4 ? kind[i] : kind[i] < 6 ? 2 * (kind[i] - 4) : 0;
        }
        /* The second store is through the other name of the place. */
        char body[512];
        snprintf(body, sizeof body,
                 "%%0 = get r4\n%%1 = get r5\n%%2 = get r6\n"
                 "%%3 = const 0x01234567\n"
                 "st%u [%%0 + %u], %%1\n"
                 "st%u [%%2 + %u], %%3\n"
                 "%%6 = %s [%%0 + %u]\nput r7, %%6\n" EXIT,
                 8 * size[0], at[0], 8 * size[1], at[1], loads[size[2] / 2],
                 at[2]);
        memcpy(w->bytes, "\x10\x11\x12\x13", 4);
        assert_false(run(w, body).fault);
        uint32_t expected = 0;
        env_load(w, BASE + at[2], size[2], &expected);
        if (w->state.slots[7] != expected)
            fail_msg("%s order: 0x%x, not 0x%x\n%s", w->big ? "big" : "little",
                     w->state.slots[7], expected, body);
    }
}

/* Without `place`, an address is its own. */
static void test_places(void **state)
{
    World *w = *state;
    static const char body[] = "%0 = get r4\n%1 = get r5\n%2 = get r6\n"
                               "st32 [%0 + 4], %1\n"
                               "%4 = ld32 [%2 + 4]\nput r7, %4\n"
                               "%6 = ld32 [%0 + 4]\nput r8, %6\n" EXIT;
    assert_false(run_places(w, body, false).fault);
    assert_int_equal(w->state.slots[7], 0x17161514);
    assert_int_equal(w->state.slots[8], 0x89abcdef);
    memcpy(w->bytes + 4, "\x14\x15\x16\x17", 4);
    assert_false(run(w, body).fault);
    assert_int_equal(w->state.slots[7], 0x89abcdef);
}

static void test_many_stores(void **state)
{
    World *w = *state;
    /* Byte by byte, each one more than what stood there, again and again. */
    enum { TIMES = 4000 };
    IrRegion *r = ir_region(w->arena, 0x1000, (IrContext){0});
    ir_add_guest(r, 0x1000, 0);
    IrRef base = ir_add(r, IR_GET, IR_NO_REF, IR_NO_REF, IR_SLOT_R4);
    IrRef one = ir_const(r, 1);
    for (unsigned i = 0; i < TIMES; i++) {
        IrRef old = ir_add(r, IR_LD8U, base, IR_NO_REF, i % SIZE);
        IrRef new = ir_add(r, IR_ADD, old, one, 0);
        ir_add(r, IR_ST8, base, new, i % SIZE);
    }
    IrExit exit = {.insns = 1};
    ir_add(r, IR_EXIT, IR_NO_REF, IR_NO_REF, ir_add_exit(r, &exit));
    IrEnv env = {.ctx = w,
                 .load = env_load,
                 .check_store = env_check_store,
                 .store = env_store};
    memset(w->bytes, 0, SIZE);
    assert_false(ir_run(r, &w->state, &env, w->scratch).fault);
    for (unsigned i = 0; i < SIZE; i++)
        assert_int_equal(w->bytes[i], TIMES / SIZE + (i < TIMES % SIZE));
}

/* Faults */

/* All that a region changes, and then `fault`, which is to undo it. */
static void check_undo(World *w, const char *fault)
{
    char body[1024];
    snprintf(body, sizeof body,
             "%%0 = get r4\n%%1 = get r5\n%%2 = getf f0\n"
             "put r1, %%1\n"
             "%%4 = sethi %%2, %%1\nputf f0, %%4\n"
             "%%6 = fneg.d %%2\nputf f2, %%6\n"
             "%%8 = ld32 [%%0 + 8]\n%%9 = add %%8, %%1\n"
             "st32 [%%0 + 8], %%9\n"
             "%s\n" EXIT,
             fault);
    uint8_t bytes[SIZE];
    IrState before = w->state;
    memcpy(bytes, w->bytes, SIZE);
    w->fcr31 = 77;
    IrResult r = run(w, body);
    assert_true(r.fault);
    assert_int_equal(r.commit, -1);
    assert_true(r.at >= 11);
    assert_memory_equal(&w->state, &before, sizeof before);
    assert_memory_equal(w->bytes, bytes, SIZE);
    assert_null(strstr(w->log, "st"));
}

static void test_faults(void **state)
{
    World *w = *state;
    w->refuse = BASE + 32;
    check_undo(w, "%11 = ld32 [%0 + 32]");
    check_undo(w, "st8 [%0 + 33], %1");
    check_undo(w, "%11 = ld32 [%1 + 1]"); /* nothing is there */
    check_undo(w, "fault.nz %1");
    /* What is not aligned is not asked for. */
    static const char *const crooked[] = {
        "%11 = ld16s [%0 + 1]", "%11 = ld16u [%0 + 3]", "%11 = ld32 [%0 + 2]",
        "st16 [%0 + 1], %1",    "st32 [%0 + 2], %1",    "st32 [%0 + 1], %1"};
    for (size_t i = 0; i < ARRAY_LEN(crooked); i++) {
        check_undo(w, crooked[i]);
        assert_string_equal(w->log, "fneg.d 0 0 0 0; ld32 108; check32 108; ");
    }
    /* And none of these: */
    w->state.slots[IR_SLOT_R1] = 0;
    assert_false(run(w, "%0 = get r1\nfault.nz %0\n" EXIT).fault);
    assert_false(run(w, "%0 = get r4\n%1 = ld8u [%0 + 3]\n"
                        "%2 = ld16u [%0 + 2]\n" EXIT)
                     .fault);
}

/* A commit makes final what stands before it, a fault undoes what follows. */
static void test_commit(void **state)
{
    World *w = *state;
    w->refuse = BASE + 32;
    w->fcr31 = 77;
    IrResult r = run(w, "%0 = get r4\n"
                        "%1 = get r5\n"
                        "st32 [%0], %1\n"
                        "put r1, %1\n"
                        "commit x0\n"
                        "%5 = ld8u [%0]\n"
                        "%6 = add %5, %5\n"
                        "st8 [%0], %6\n"
                        "put r1, %6\n"
                        "%9 = getf f0\n"
                        "%10 = fabs.d %9\n"
                        "putf f0, %10\n"
                        "commit x1\n"
                        "st8 [%0 + 4], %6\n"
                        "put r2, %6\n"
                        "%15 = getf f0\n"
                        "%16 = ld32 [%0 + 32]\n"
                        "commit x2\n"
                        "exit x3\n"
                        "x0 commit 0x1004 insns=1 pending=none\n"
                        "x1 commit 0x1008 insns=1 pending=none\n"
                        "x2 commit 0x100c insns=1 pending=none\n"
                        "x3 direct 0x1010 insns=1 pending=none\n"
                        "end");
    assert_true(r.fault);
    assert_int_equal(r.commit, 1);
    assert_int_equal(r.at, 16);
    assert_int_equal(w->state.slots[IR_SLOT_R1], 2 * 0xef);
    assert_int_equal(w->state.slots[IR_SLOT_R2], 0);
    assert_int_equal(w->state.fcr31, 77);
    assert_memory_equal(w->bytes, "\xde\xcd\xab\x89\x14", 5);
    /* The first commit's store is made by it, and once. */
    assert_string_equal(w->log, "check32 100; st32 100 89abcdef; ld8 100; "
                                "check8 100; fabs.d 0 0 0 0; st8 100 de; "
                                "check8 104; ld32 120; ");
}

/* The state of a commit is what a fault returns to, not the entry's. */
static void test_fault_after_commit(void **state)
{
    World *w = *state;
    IrResult r = run(w, "%0 = get r5\n"
                        "put r1, %0\n"
                        "put r2, %0\n"
                        "commit x0\n"
                        "%4 = const 5\n"
                        "put r1, %4\n"
                        "fault.nz %4\n"
                        "exit x1\n"
                        "x0 commit 0x1004 insns=1 pending=none\n"
                        "x1 direct 0x1010 insns=1 pending=none\n"
                        "end");
    assert_true(r.fault);
    assert_int_equal(r.commit, 0);
    assert_int_equal(w->state.slots[IR_SLOT_R1], 0x89abcdef);
    assert_int_equal(w->state.slots[IR_SLOT_R2], 0x89abcdef);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_state),
        TEST(test_fp),
        TEST(test_exits),
        TEST(test_loads),
        TEST(test_stores),
        TEST(test_forwarding),
        TEST(test_places),
        TEST(test_many_stores),
        TEST(test_faults),
        TEST(test_commit),
        TEST(test_fault_after_commit),
    };
    return cmocka_run_group_tests_name("ir_interp", tests, NULL, NULL);
}
