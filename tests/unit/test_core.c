/* The reference core: what atoms compute, commits and rollbacks, the way from
 * translation to translation. */
#include "core_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* --- What atoms compute --------------------------------------------------- */

static const uint32_t values[] = {
    0,          1,          2,          31,         32,         33,
    0x7fffffff, 0x80000000, 0xffffffff, 0x80000001, 0x12345678, 0xfffffff0};

/* One molecule that computes `op` of a and b, which may be an immediate. */
static CoreCode *install_binary(World *w, AtomOp op, bool b_imm, uint32_t b)
{
    VliwCode *code = arena_alloc(w->arena, 1, sizeof *code);
    code->molecules = arena_alloc(w->arena, 2, sizeof *code->molecules);
    code->exits = arena_alloc(w->arena, 1, sizeof *code->exits);
    code->count = code->main_count = 2;
    code->exit_count = 1;
    bool fp_a = atom_info(op)->a == ATOM_F, fp_d = atom_info(op)->d == ATOM_F;
    Molecule *m = code->molecules;
    m[0].atoms[m[0].count++] = (Atom){.op = (uint8_t)op,
                                      .unit = VLIW_ALU1,
                                      .d = fp_d ? 18 : 41,
                                      .a = fp_a ? 16 : 36,
                                      .b = 37,
                                      .b_imm = b_imm,
                                      .imm = b_imm ? b : 0};
    m[1].atoms[m[1].count++] =
        (Atom){.op = ATOM_EXIT, .unit = VLIW_BRU, .imm = 0};
    m[1].commit = 1;
    m[0].size = m[1].size = 8;
    return core_install(w->core, code, WORLD_BASE,
                        WORLD_BASE + vliw_code_main_size(code), 2);
}

static void check_binary(World *w, AtomOp op, uint32_t a, uint32_t b,
                         bool b_imm)
{
    CoreCode *code = install_binary(w, op, b_imm, b);
    CoreRegs *regs = core_regs(w->core);
    uint64_t wide = (uint64_t)b << 32 | a;
    regs->gpr[36] = a;
    regs->gpr[37] = b_imm ? ~b : b;
    regs->fpr[16] = wide;
    core_commit(w->core);
    world_run(w, code);
    bool fp_a = atom_info(op)->a == ATOM_F;
    uint64_t want = ir_eval(atom_ir_op(op), fp_a ? wide : a, b, 0);
    uint64_t got = atom_info(op)->d == ATOM_F ? regs->fpr[18] : regs->gpr[41];
    if (got != want)
        fail_msg("%s 0x%x 0x%x is 0x%llx, not 0x%llx", atom_info(op)->name, a,
                 b, (unsigned long long)got, (unsigned long long)want);
    core_remove(w->core, code);
}

static void test_arithmetic(void **state)
{
    (void)state;
    World *w = world_create(NULL);
    unsigned ops = 0;
    for (AtomOp op = ATOM_ADD; op < ATOM_COUNT; op++) {
        IrOp ir = atom_ir_op(op);
        if (ir == IR_OP_COUNT || !ir_op_has(ir, IR_IS_PURE) || ir == IR_CP0)
            continue;
        ops++;
        for (unsigned i = 0; i < ARRAY_LEN(values); i++)
            for (unsigned k = 0; k < ARRAY_LEN(values); k++) {
                check_binary(w, op, values[i], values[k], false);
                if (atom_info(op)->b == ATOM_I)
                    check_binary(w, op, values[i], values[k], true);
            }
    }
    assert_int_equal(ops, 20);
    world_destroy(w);
}

static void test_special_registers(void **state)
{
    (void)state;
    World *w = world_create(NULL);
    CoreCode *code =
        world_install(w, 2,
                      CODE_EL "0: alu0:cp0 r40, c12 alu1:or r62, r36, r36\n"
                              "1: alu0:or r41, r63, 7 alu1:fcr r42\n"
                              "2: alu1:fmov f17, f16\n"
                              "3: lsu0:stl l3, r36\n"
                              "4: lsu0:stlf l255, f16\n"
                              "5: lsu0:ldl r43, l3\n"
                              "6: lsu0:ldlf f18, l255\n"
                              "7: alu1:fneg.s f19, f16\n"
                              "8: commit x0 bru:exit x0\nend\n");
    core_regs(w->core)->fcr31 = 0x0080001f;
    world_set_gpr(w, 36, 0x1234);
    world_set_fpr(w, 16, 0x123456783f800000ull);
    world_run(w, code);
    const CoreRegs *regs = core_regs(w->core);
    assert_int_equal(regs->gpr[40], 0xc000000c);
    assert_int_equal(regs->gpr[63], 0);
    assert_int_equal(regs->gpr[41], 7);
    assert_int_equal(regs->gpr[42], 0x0080001f);
    assert_int_equal(regs->gpr[43], 0x1234);
    assert_int_equal(regs->fpr[17], 0x123456783f800000ull);
    assert_int_equal(regs->fpr[18], 0x123456783f800000ull);
    assert_int_equal(regs->fpr[19], 0xbf800000);
    world_destroy(w);
}

/* Every FP atom does what CoreBus.fp says, with its operands and FCR31. */
static void test_float(void **state)
{
    (void)state;
    World *w = world_create(NULL);
    CoreCode *code = world_install(w, 2,
                                   CODE_EL "0: alu1:fadd.d f18, f16, f17\n"
                                           "1: alu1:fsub.d f19, f16, f17\n"
                                           "2: alu1:fdiv.d f20, f16, f17\n"
                                           "3: alu1:fcmp.d f17, f16, 12\n"
                                           "4: alu1:fcr r40\n"
                                           "5: alu1:fcmp.d f16, f17, 12\n"
                                           "6: alu1:fcr r41\n"
                                           "7: commit x0 bru:exit x0\nend\n");
    world_set_fpr(w, 16, 0x4008000000000000ull); /* 3 */
    world_set_fpr(w, 17, 0x4000000000000000ull); /* 2 */
    world_run(w, code);
    const CoreRegs *regs = core_regs(w->core);
    assert_int_equal(regs->fpr[18], 0x4014000000000000ull);
    assert_int_equal(regs->fpr[19], 0x3ff0000000000000ull);
    assert_int_equal(regs->fpr[20], 0x3ff8000000000000ull);
    assert_int_equal(regs->gpr[40], 0x00800000);
    assert_int_equal(regs->gpr[41], 0);
    assert_int_equal(regs->fcr31, 0);
    world_destroy(w);
}

/* All atoms of a molecule read before one writes: rotations of registers. */
static void test_reads_before_writes(void **state)
{
    (void)state;
    World *w = world_create(
        WORDS("vliw.formats=free", "vliw.alu_units=4", "vliw.lsu_units=2"));
    CoreCode *code = world_install(
        w, 2,
        CODE_EL
        "0: alu0:or r1, r2, 0 alu1:or r2, r3, 0 alu2:or r3, r1, 0 "
        "lsu0:st32 [r4], r3 lsu1:ld32 r4, [r4] alu3:add r5, r4, r5\n"
        /* The condition is that of before; writer before and after reader. */
        "1: alu0:or r6, r63, 1 bru:br.nez r6, @3\n"
        "2: alu0:add r7, r7, 1 alu1:add r8, r7, 0 alu2:add r9, r7, 0\n"
        "3: commit x0 bru:exit x0\nend\n");
    for (unsigned i = 1; i < 10; i++)
        world_set_gpr(w, i, i * 100);
    world_set_gpr(w, 4, CACHED(0x100));
    world_set_gpr(w, 6, 0);
    assert_int_equal(world_run(w, code).kind, CORE_EXIT);
    assert_int_equal(world_gpr(w, 1), 200);
    assert_int_equal(world_gpr(w, 2), 300);
    assert_int_equal(world_gpr(w, 3), 100);
    assert_int_equal(world_gpr(w, 4), 300); /* memory atoms are in order */
    assert_int_equal(world_gpr(w, 5), CACHED(0x100) + 500);
    assert_int_equal(world_gpr(w, 6), 1);
    assert_int_equal(world_gpr(w, 7), 701);
    assert_int_equal(world_gpr(w, 8), 700);
    assert_int_equal(world_gpr(w, 9), 700);
    world_destroy(w);
}

static void test_branches(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool taken[3]; /* of -5, 0, 5 */
    } branches[] = {
        {"br.eqz", {false, true, false}}, {"br.nez", {true, false, true}},
        {"br.ltz", {true, false, false}}, {"br.gez", {false, true, true}},
        {"br.lez", {true, true, false}},  {"br.gtz", {false, false, true}},
    };
    World *w = world_create(NULL);
    for (unsigned i = 0; i < ARRAY_LEN(branches); i++) {
        char text[512];
        snprintf(text, sizeof text,
                 CODE_EL "0: alu0:or r40, r63, 1 bru:%s r36, @2\n"
                         "1: alu0:or r40, r63, 2\n"
                         "2: commit x0 bru:exit x0\nend\n",
                 branches[i].name);
        CoreCode *code = world_install(w, 2, text);
        for (unsigned k = 0; k < 3; k++) {
            world_set_gpr(w, 36, (uint32_t)-5 + 5 * k);
            uint64_t cycles = world_time(w, code);
            bool taken = branches[i].taken[k];
            assert_int_equal(world_gpr(w, 40), taken ? 1 : 2);
            /* Two molecules and the exit, 3 cycles a taken branch */
            assert_int_equal(cycles, taken ? 3 + 3 : 1 + 1 + 3);
        }
        world_remove(w, code);
    }
    assert_int_equal(world_stat(w, "core.branches"), 9);
    assert_int_equal(world_stat(w, "cycles.branch"), 2 * (18 + 9));
    world_destroy(w);
}

/* --- Commit and exits ----------------------------------------------------- */

#define THREE_EXITS                                                            \
    CODE_HEAD "x0 commit 0x80001008 insns=2 pending=none\n"                    \
              "x1 direct 0x80002000 insns=5 pending=none\n"                    \
              "x2 direct 0x80003000 insns=3 pending=none\n"

static void note_commit(void *ctx, const CoreCode *code, unsigned exit)
{
    World *w = ctx;
    assert_ptr_equal(code, w->codes[0]);
    assert_int_equal(core_insns(w->core), code->exits[exit].record.insns);
    /* Stores have been made, and the molecule's own results count. */
    assert_int_equal(w->memory[0x100], exit == 0 ? 1 : 2);
    assert_int_equal(world_gpr(w, 5), exit == 0 ? 1 : 2);
    w->indirects++;
}

static void test_commit(void **state)
{
    (void)state;
    World *w = world_create(NULL);
    CoreCode *code = world_install(
        w, 1,
        THREE_EXITS "0: alu0:add r5, r63, 1 bru:br.nez r6, @4\n"
                    "1: commit x0 lsu0:st8 [r36], r5\n"
                    "2: alu0:add r5, r5, 1\n"
                    "3: commit x1 lsu0:st8 [r36], r5 bru:exit x1\n"
                    "4: commit x2 bru:exit x2\nend\n");
    world_set_gpr(w, 36, CACHED(0x100));
    core_set_committed(w->core, note_commit, w);
    CoreStop stop = world_run(w, code);
    core_set_committed(w->core, NULL, NULL);
    assert_int_equal(w->indirects, 2);
    assert_int_equal(stop.kind, CORE_EXIT);
    assert_ptr_equal(stop.code, code);
    assert_int_equal(stop.exit, 1);
    assert_int_equal(core_insns(w->core), 5);
    assert_int_equal(w->stored, 2);
    world_set_gpr(w, 6, 1);
    stop = world_run(w, code);
    assert_int_equal(stop.exit, 2);
    assert_int_equal(core_insns(w->core), 5 + 3);
    assert_int_equal(world_stat(w, "core.insns.gear1"), 8);
    assert_int_equal(world_stat(w, "core.insns.gear2"), 0);
    assert_int_equal(world_stat(w, "core.commits"), 3);
    assert_int_equal(code->exits[1].count, 1);
    assert_int_equal(code->exits[2].count, 1);
    core_set_insns(w->core, 1000);
    world_run(w, code);
    assert_int_equal(core_insns(w->core), 1003);
    world_destroy(w);
}

static void test_rollback(void **state)
{
    (void)state;
    World *w = world_create(WORDS("vliw.rollback=6"));
    CoreCode *code = world_install(
        w, 2,
        CODE_HEAD ".0 0x80001000 0\n.1 0x80001004 0\n.2 0x80001008 0\n"
                  "x0 commit 0x80001008 insns=2 pending=none\n"
                  "x1 direct 0x80002000 insns=5 pending=none\n"
                  "0: alu0:add r5, r5, 1 lsu0:st32 [r36], r5 .0\n"
                  "1: alu0:add r47, r47, 1 alu1:trap r6 .1\n"
                  "2: commit x0 alu1:fneg.s f15, f16\n"
                  "3: alu0:add r5, r5, 1 alu1:add r48, r5, 0\n"
                  "4: lsu0:st32 [r36], r5 alu1:fneg.s f15, f15\n"
                  "5: alu0:add r47, r63, 77 alu1:trap r7 .2\n"
                  "6: commit x1 bru:exit x1\nend\n");
    world_set_gpr(w, 36, CACHED(0x100));
    world_set_gpr(w, 5, 10);
    world_set_gpr(w, 47, 20);
    world_set_fpr(w, 15, 5);
    world_set_fpr(w, 16, 0x3f800000);
    /* Back to the entry */
    world_set_gpr(w, 6, 1);
    CoreStop stop = world_run(w, code);
    assert_int_equal(stop.kind, CORE_FAULTED);
    assert_int_equal(stop.fault, CORE_FAULT_TRAP);
    assert_int_equal(stop.guest, 1);
    assert_int_equal(stop.commit, -1);
    assert_ptr_equal(stop.code, code);
    assert_int_equal(world_gpr(w, 5), 10);
    assert_int_equal(world_gpr(w, 47), 20);
    assert_int_equal(bits_load32(w->memory + 0x100, false), 0);
    assert_int_equal(w->stored, 0);
    assert_int_equal(core_insns(w->core), 0);
    assert_int_equal(core_cycles(w->core), 2 + 6);
    assert_int_equal(world_stat(w, "cycles.gear2"), 2);
    assert_int_equal(world_stat(w, "cycles.rollback"), 6);
    /* Back to the commit in between */
    world_set_gpr(w, 6, 0);
    world_set_gpr(w, 7, 1);
    stop = world_run(w, code);
    assert_int_equal(stop.kind, CORE_FAULTED);
    assert_int_equal(stop.guest, 2);
    assert_int_equal(stop.commit, 0);
    assert_int_equal(world_gpr(w, 5), 11);
    assert_int_equal(world_gpr(w, 47), 21);
    assert_int_equal(world_gpr(w, 48), 11); /* has no shadow */
    assert_int_equal(core_regs(w->core)->fpr[15], 0xbf800000);
    assert_int_equal(bits_load32(w->memory + 0x100, false), 10);
    assert_int_equal(w->stored, 1);
    assert_int_equal(core_insns(w->core), 2);
    assert_int_equal(core_cycles(w->core), 8 + 6 + 6);
    /* And nothing is left over for the next run. */
    world_set_gpr(w, 7, 0);
    stop = world_run(w, code);
    assert_int_equal(stop.kind, CORE_EXIT);
    assert_int_equal(bits_load32(w->memory + 0x100, false), 13);
    assert_int_equal(w->stored, 3);
    assert_int_equal(world_stat(w, "core.rollbacks"), 2);
    assert_int_equal(world_stat(w, "core.faults.trap"), 2);
    world_destroy(w);
}

/* After a fault the run goes on where the layer says. */
static void test_recovery(void **state)
{
    (void)state;
    World *w = world_create(NULL);
    CoreCode *code = world_install(w, 2,
                                   CODE_EL "0: alu0:add r5, r5, 1\n"
                                           "1: alu1:trap r6\n"
                                           "2: commit x0 bru:exit x0\nend\n");
    CoreCode *other = world_install(
        w, 1, CODE_EL "0: commit x0 alu0:add r5, r5, 100 bru:exit x0\nend\n");
    world_set_gpr(w, 5, 10);
    world_set_gpr(w, 6, 1);
    w->recovery = other;
    CoreStop stop = world_run(w, code);
    assert_int_equal(stop.kind, CORE_EXIT);
    assert_ptr_equal(stop.code, other);
    assert_int_equal(world_gpr(w, 5), 110);
    assert_int_equal(w->failures, 1);
    assert_int_equal(w->failed.kind, CORE_FAULTED);
    assert_int_equal(w->failed.fault, CORE_FAULT_TRAP);
    assert_int_equal(w->failed.commit, -1);
    assert_ptr_equal(w->failed.code, code);
    /* It has nothing to say. */
    stop = world_run(w, code);
    assert_int_equal(stop.kind, CORE_FAULTED);
    assert_int_equal(world_gpr(w, 5), 110);
    assert_int_equal(w->failures, 2);
    assert_int_equal(world_stat(w, "core.rollbacks"), 2);
    world_destroy(w);
}

/* A refused FP operation leaves FCR31 as it was; so does a rollback. */
static void test_float_fault(void **state)
{
    (void)state;
    World *w = world_create(NULL);
    CoreCode *code = world_install(w, 2,
                                   CODE_EL "0: alu1:fdiv.d f17, f16, f18\n"
                                           "1: alu1:fdiv.d f17, f16, f19\n"
                                           "2: commit x0 bru:exit x0\nend\n");
    CoreRegs *regs = core_regs(w->core);
    regs->fcr31 = 0x00000800; /* invalid operation traps */
    world_set_fpr(w, 16, 0x3ff0000000000000ull);
    world_set_fpr(w, 18, 0x4008000000000000ull); /* 1 / 3: inexact */
    world_set_fpr(w, 19, 0x7ff8000000000001ull); /* a signalling NaN */
    CoreStop stop = world_run(w, code);
    assert_int_equal(stop.kind, CORE_FAULTED);
    assert_int_equal(stop.fault, CORE_FAULT_FP);
    assert_int_equal(regs->fcr31, 0x00000800);
    /* Time of the first division, the second, the rollback */
    assert_int_equal(core_cycles(w->core), 33 + 1 + 6);
    world_set_fpr(w, 19, 0x4008000000000000ull);
    assert_int_equal(world_run(w, code).kind, CORE_EXIT);
    assert_int_not_equal(regs->fcr31, 0x00000800);
    world_destroy(w);
}

/* The first atom that fails counts, in the order of units. */
static void test_fault_order(void **state)
{
    (void)state;
    World *w = world_create(NULL);
    CoreCode *code = world_install(w, 2,
                                   CODE_EL "0: lsu0:ld32 r40, [r36] "
                                           "alu1:trap r37\n"
                                           "1: commit x0 bru:exit x0\nend\n");
    world_set_gpr(w, 36, CACHED(2)); /* misaligned */
    world_set_gpr(w, 37, 1);
    assert_int_equal(world_run(w, code).fault, CORE_FAULT_TRAP);
    assert_int_equal(world_stat(w, "l1d.loads"), 0);
    world_set_gpr(w, 37, 0);
    CoreStop stop = world_run(w, code);
    assert_int_equal(stop.fault, CORE_FAULT_GUEST);
    assert_int_equal(stop.va, CACHED(2));
    world_destroy(w);
}

/* --- From translation to translation -------------------------------------- */

/* Takes exit 0 while r5, which it counts down, is not 0. */
#define COUNT_DOWN                                                             \
    CODE_HEAD "x0 direct 0x80001000 insns=2 pending=none\n"                    \
              "x1 direct 0x80002000 insns=3 pending=none\n"                    \
              "0: alu0:add r5, r5, -1 bru:br.eqz r5, @2\n"                     \
              "1: commit x0 bru:exit x0\n"                                     \
              "2: commit x1 bru:exit x1\nend\n"
enum { ROUND = 1 + 3, LAST = 3 + 3 }; /* cycles */

static void test_chain(void **state)
{
    (void)state;
    World *w = world_create(NULL);
    CoreCode *a = world_install(w, 2, COUNT_DOWN);
    CoreCode *b =
        world_install(w, 2, CODE_EL "0: commit x0 bru:exit x0\nend\n");
    world_set_gpr(w, 5, 9);
    /* Not chained: back after each round */
    assert_int_equal(world_run(w, a).exit, 0);
    a->exits[0].next = a;
    a->exits[1].next = b;
    CoreStop stop = world_run(w, a);
    assert_int_equal(stop.kind, CORE_EXIT);
    assert_ptr_equal(stop.code, b);
    assert_int_equal(world_gpr(w, 5), UINT32_MAX);
    assert_int_equal(core_cycles(w->core), 9 * ROUND + LAST + 3);
    assert_int_equal(core_insns(w->core), 9 * 2 + 3 + 3);
    assert_int_equal(a->entries, 10);
    assert_int_equal(a->exits[0].count, 9);
    assert_int_equal(a->exits[1].count, 1);
    assert_int_equal(b->entries, 1);
    assert_int_equal(world_stat(w, "core.chained"), 9);
    assert_int_equal(world_stat(w, "core.exits"), 11);
    /* A link that was checked is good for its generation alone. */
    a->exits[1].checked = true;
    a->exits[1].generation = 7;
    core_set_generation(w->core, 8);
    world_set_gpr(w, 5, 0);
    assert_ptr_equal(world_run(w, a).code, a);
    core_set_generation(w->core, 7);
    world_set_gpr(w, 5, 0);
    assert_ptr_equal(world_run(w, a).code, b);
    /* The layer is told of what it wants to know. */
    assert_int_equal(w->calls, 0);
    a->exits[1].tell = true;
    world_set_gpr(w, 5, 2);
    assert_ptr_equal(world_run(w, a).code, b);
    assert_int_equal(w->calls, 1);
    world_destroy(w);
}

static void test_exit_kinds(void **state)
{
    (void)state;
    World *w = world_create(NULL);
    CoreCode *a =
        world_install(w, 2,
                      CODE_HEAD "x0 indirect insns=2 pending=none\n"
                                "x1 interpret 0x80002000 insns=2 pending=none\n"
                                "0: alu0:add r35, r36, 4 bru:br.eqz r5, @2\n"
                                "1: commit x0 bru:exit x0\n"
                                "2: commit x1 bru:exit x1\nend\n");
    CoreCode *b =
        world_install(w, 2, CODE_EL "0: commit x0 bru:exit x0\nend\n");
    world_set_gpr(w, 36, 0x80004000);
    world_set_gpr(w, 5, 1);
    w->indirect_cycles = 11;
    CoreStop stop = world_run(w, a);
    assert_int_equal(stop.kind, CORE_EXIT);
    assert_ptr_equal(stop.code, a);
    assert_int_equal(w->indirects, 1);
    assert_int_equal(w->indirect_pc, 0x80004004);
    assert_int_equal(core_cycles(w->core), ROUND + 11);
    w->indirect = b;
    assert_ptr_equal(world_run(w, a).code, b);
    assert_int_equal(core_cycles(w->core), 2 * (ROUND + 11) + 3);
    /* What must be interpreted is not chained. */
    world_set_gpr(w, 5, 0);
    a->exits[1].next = b;
    stop = world_run(w, a);
    assert_ptr_equal(stop.code, a);
    assert_int_equal(stop.exit, 1);
    assert_int_equal(w->indirects, 2);
    world_destroy(w);
}

static void test_profile(void **state)
{
    (void)state;
    World *w = world_create(WORDS("cost.profile1=2"));
    CoreCode *gear1 = world_install(w, 1, COUNT_DOWN);
    CoreCode *gear2 = world_install(w, 2, COUNT_DOWN);
    gear1->exits[0].next = gear1;
    gear2->exits[0].next = gear2;
    world_set_gpr(w, 5, 9);
    assert_int_equal(world_time(w, gear1), 9 * ROUND + LAST + 10 * 2);
    assert_int_equal(world_stat(w, "cycles.profile"), 20);
    assert_int_equal(world_stat(w, "cycles.gear1"), 20);
    world_set_gpr(w, 5, 9);
    assert_int_equal(world_time(w, gear2), 9 * ROUND + LAST);
    assert_int_equal(world_stat(w, "cycles.gear2"), 20);
    world_destroy(w);
}

/* Where a run is stopped makes no difference, whatever for. */
static void test_stops(void **state)
{
    (void)state;
    for (unsigned slice = 1; slice < 12; slice++) {
        World *w = world_create(NULL);
        CoreCode *a = world_install(w, 1, COUNT_DOWN);
        a->exits[0].next = a;
        a->hot = 4;
        world_set_gpr(w, 5, 9);
        CoreCode *code = a;
        unsigned deadlines = 0, hots = 0;
        for (;;) {
            bool cycles = slice % 2;
            uint64_t now = core_cycles(w->core), insns = core_insns(w->core);
            core_set_deadline(w->core, cycles ? now + slice : UINT64_MAX);
            core_set_insn_limit(w->core, cycles ? UINT64_MAX : insns + slice);
            CoreStop stop = world_run(w, code);
            code = stop.code;
            if (stop.kind == CORE_EXIT)
                break;
            deadlines += stop.kind == CORE_DEADLINE;
            hots += stop.kind == CORE_HOT;
            if (stop.kind == CORE_HOT)
                assert_int_equal(a->entries, 4);
            else if (cycles)
                assert_in_range(core_cycles(w->core), now + slice,
                                now + slice + ROUND + 1);
            else
                assert_in_range(core_insns(w->core), insns + slice,
                                insns + slice + 1);
        }
        assert_int_equal(core_cycles(w->core), 9 * ROUND + LAST + 10 * 2);
        assert_int_equal(core_insns(w->core), 9 * 2 + 3);
        assert_int_equal(a->entries, 10);
        assert_int_equal(hots, 1);
        assert_true(deadlines > 0);
        world_destroy(w);
    }
}

/* A stop at an entry where the deadline has passed already */
static void test_late(void **state)
{
    (void)state;
    World *w = world_create(NULL);
    CoreCode *a = world_install(w, 1, COUNT_DOWN);
    world_set_gpr(w, 5, 9);
    core_set_deadline(w->core, 0);
    CoreStop stop = world_run(w, a);
    assert_int_equal(stop.kind, CORE_DEADLINE);
    assert_ptr_equal(stop.code, a);
    assert_int_equal(core_cycles(w->core), 0);
    assert_int_equal(a->entries, 0);
    core_set_deadline(w->core, 1);
    core_set_insn_limit(w->core, 0);
    assert_int_equal(world_run(w, a).kind, CORE_DEADLINE);
    core_set_insn_limit(w->core, 1);
    assert_int_equal(world_run(w, a).kind, CORE_EXIT);
    world_destroy(w);
}

/* An entry that was counted is counted again if something ran in between. */
static void test_hot_left(void **state)
{
    (void)state;
    World *w = world_create(NULL);
    CoreCode *a = world_install(w, 1, COUNT_DOWN);
    CoreCode *b = world_install(w, 1, COUNT_DOWN);
    world_set_gpr(w, 5, 9);
    a->hot = 1;
    assert_int_equal(world_run(w, a).kind, CORE_HOT);
    assert_int_equal(a->entries, 1);
    /* It stays counted over a deadline... */
    core_set_deadline(w->core, 0);
    assert_int_equal(world_run(w, a).kind, CORE_DEADLINE);
    core_set_deadline(w->core, UINT64_MAX);
    assert_int_equal(world_run(w, a).kind, CORE_EXIT);
    assert_int_equal(a->entries, 1);
    a->hot = 2;
    assert_int_equal(world_run(w, a).kind, CORE_HOT);
    /* ...but not when the guest went another way, */
    core_set_deadline(w->core, 0);
    assert_int_equal(world_run(w, b).kind, CORE_DEADLINE);
    core_set_deadline(w->core, UINT64_MAX);
    assert_int_equal(world_run(w, a).kind, CORE_EXIT);
    assert_int_equal(a->entries, 3);
    assert_int_equal(world_stat(w, "cycles.profile"), 3 * 2);
    /* nor when other code came to lie there. */
    a->hot = 4;
    assert_int_equal(world_run(w, a).kind, CORE_HOT);
    world_remove(w, a);
    a = world_install(w, 1, COUNT_DOWN);
    assert_int_equal(world_run(w, a).kind, CORE_EXIT);
    assert_int_equal(a->entries, 1);
    world_destroy(w);
}

static void test_charge(void **state)
{
    (void)state;
    World *w = world_create(NULL);
    core_charge(w->core, CORE_CAUSE_DISPATCH, 20);
    assert_int_equal(core_cycles(w->core), 20);
    assert_int_equal(world_stat(w, "cycles.dispatch"), 20);
    assert_int_equal(world_stat(w, "cycles.total"), 20);
    world_destroy(w);
}

static void test_statistics(void **state)
{
    (void)state;
    World *w = world_create(NULL);
    /* 8 bytes with 1 atom; 16 with 2 and an immediate; 16 with 3; 8 with 1 */
    CoreCode *code = world_install(
        w, 2,
        "code 0x80001000 kernel el pending=none main=4 length=9 bound=7\n"
        "x0 direct 0x80002000 insns=3 pending=none\n"
        "x1 direct 0x80002000 insns=3 pending=none\n"
        "0: alu0:add r40, r37, 1\n"
        "1: lsu0:ld32 r41, [r36] alu0:add r40, r37, 1000\n"
        "2: lsu0:st32 [r36], r37 alu1:add r42, r37, 1 bru:br.nez r5, @4\n"
        "3: commit x0 bru:exit x0\n"
        "4: commit x1 alu0:add r42, r37, 1 bru:exit x1\nend\n");
    world_set_gpr(w, 36, CACHED(0));
    for (unsigned i = 0; i < 5; i++) {
        world_set_gpr(w, 5, i == 4);
        world_run(w, code);
    }
    assert_int_equal(world_stat(w, "core.molecules"), 20);
    assert_int_equal(world_stat(w, "core.atoms"), 4 * 7 + 8);
    assert_int_equal(world_stat(w, "core.nops"), 4 * 4 + 3);
    assert_int_equal(world_stat(w, "core.format.alu0_alu1"), 5);
    assert_int_equal(world_stat(w, "core.format.lsu_alu1_alu0_imm32"), 5);
    assert_int_equal(world_stat(w, "core.format.lsu_alu1_alu0_bru"), 5);
    assert_int_equal(world_stat(w, "core.format.alu0_bru"), 5);
    assert_int_equal(world_stat(w, "core.format.free"), 0);
    assert_int_equal(world_stat(w, "core.runs"), 4);
    assert_int_equal(world_stat(w, "core.length"), 4 * 9);
    assert_int_equal(world_stat(w, "core.bound"), 4 * 7);
    assert_int_equal(world_stat(w, "core.entries"), 5);
    assert_int_equal(world_stat(w, "core.stores"), 5);
    world_destroy(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arithmetic),
        cmocka_unit_test(test_special_registers),
        cmocka_unit_test(test_float),
        cmocka_unit_test(test_reads_before_writes),
        cmocka_unit_test(test_branches),
        cmocka_unit_test(test_commit),
        cmocka_unit_test(test_rollback),
        cmocka_unit_test(test_recovery),
        cmocka_unit_test(test_float_fault),
        cmocka_unit_test(test_fault_order),
        cmocka_unit_test(test_chain),
        cmocka_unit_test(test_exit_kinds),
        cmocka_unit_test(test_profile),
        cmocka_unit_test(test_stops),
        cmocka_unit_test(test_late),
        cmocka_unit_test(test_hot_left),
        cmocka_unit_test(test_charge),
        cmocka_unit_test(test_statistics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
