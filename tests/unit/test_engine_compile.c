/* Random translations, linked to each other, on two cores: the reference core
 * and one that runs compiled code.  Whatever can be seen of them must be equal,
 * after every run: why it ended, time, all statistics, guest state, memory. */
#include "core_world.h"

#include "base/alloc.h"
#include "frontend/fpu.h"
#include "hwmodel/vliw/core_impl.h"
#include "hwmodel/vliw/engine.h"
#include "tests/random/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    CODES = 3,      /* in a round */
    MAIN_MAX = 16,  /* molecules of the main path */
    EXITS_MAX = 12, /* records: an exit or a commit each */
    MOLECULES_MAX = MAIN_MAX + 3 * EXITS_MAX,
    RUNS = 12,
    BASES = 4, /* guest registers that hold addresses: from r4 on; */
    SUM = 41   /* and sums of them and constants, from r41 on */
};

/* --- Random code ---------------------------------------------------------- */

/* A path that is drawn: which temporaries hold a value on it. */
typedef struct Drawn {
    Rng *r;
    const VliwDesc *desc;
    VliwCode *code;
    uint64_t gprs; /* that were written */
    uint32_t fprs;
} Drawn;

/* Guest registers, and temporaries that were written. */
static uint8_t draw_source(Drawn *d, AtomOperand kind)
{
    static const uint8_t gprs[] = {1, 2, 3, 32, 36, 40, 47, 50, VLIW_ZERO};
    static const uint8_t fprs[] = {0, 1, 2, 3, 15, 16, 20};
    for (;;) {
        if (kind == ATOM_F) {
            uint8_t reg = fprs[rng_below(d->r, ARRAY_LEN(fprs))];
            if (reg < 16 || d->fprs >> reg & 1)
                return reg;
        } else {
            uint8_t reg = gprs[rng_below(d->r, ARRAY_LEN(gprs))];
            if (reg < 36 || reg == VLIW_ZERO || d->gprs >> reg & 1)
                return reg;
        }
    }
}

static uint8_t draw_dest(Drawn *d, AtomOperand kind)
{
    static const uint8_t gprs[] = {1, 2, 3, 32, 36, 40, 47, 50, VLIW_SINK};
    static const uint8_t fprs[] = {0, 1, 2, 3, 15, 16, 20};
    return kind == ATOM_F ? fprs[rng_below(d->r, ARRAY_LEN(fprs))]
                          : gprs[rng_below(d->r, ARRAY_LEN(gprs))];
}

static bool writes_same(const Molecule *m, const Atom *atom)
{
    AtomOperand kind = atom_info((AtomOp)atom->op)->d;
    for (unsigned i = 0; i < m->count; i++)
        if (kind != ATOM_N && atom->d != VLIW_SINK &&
            atom_info((AtomOp)m->atoms[i].op)->d == kind &&
            m->atoms[i].d == atom->d)
            return true;
    return false;
}

static AtomOp draw_op(Drawn *d, VliwUnit unit)
{
    AtomOp op;
    do {
        op = (AtomOp)rng_below(d->r, ATOM_BR);
        if (unit == VLIW_LSU0 && rng_below(d->r, 8))
            op = (AtomOp)(ATOM_LD8S + rng_below(d->r, 12));
    } while (!atom_fits(op, unit, d->desc) ||
             (op == ATOM_TRAP && rng_below(d->r, 8)));
    return op;
}

/* The first ones more often, so that accesses meet. */
static uint8_t draw_base(Drawn *d)
{
    return (uint8_t)rng_below(d->r, 1 + rng_below(d->r, BASES));
}

/* A base, or what draw_step() made of one. */
static uint8_t draw_address(Drawn *d)
{
    uint8_t sum = (uint8_t)(SUM + draw_base(d));
    bool written = d->gprs >> sum & 1;
    return written && rng_below(d->r, 3) ? sum : (uint8_t)(4 + draw_base(d));
}

static void draw_atom(Drawn *d, VliwUnit unit, Molecule *m)
{
    if (!atom_fits(unit < VLIW_LSU0 ? ATOM_ADD : ATOM_LD32, unit, d->desc))
        return;
    AtomOp op = draw_op(d, unit);
    const AtomInfo *info = atom_info(op);
    Atom atom = {.op = (uint8_t)op,
                 .unit = (uint8_t)unit,
                 .guest = (uint16_t)rng_below(d->r, 8)};
    if (info->d != ATOM_N)
        atom.d = draw_dest(d, info->d);
    if (info->a != ATOM_N)
        atom.a = draw_source(d, info->a);
    if (info->b != ATOM_N)
        atom.b = draw_source(d, info->b);
    if (info->b == ATOM_I && rng_below(d->r, 2)) {
        atom.b = 0;
        atom.b_imm = true;
        atom.imm = rng_word(d->r);
    }
    if (op == ATOM_CP0 || op == ATOM_FCMPS || op == ATOM_FCMPD)
        atom.imm = rng_below(d->r, 16);
    if (op >= ATOM_LDL && op <= ATOM_STLF)
        atom.imm = rng_below(d->r, 3);
    if (atom_is_access(op))
        atom.a = draw_address(d);
    if (op == ATOM_TRAP)
        atom.a = rng_below(d->r, 2) ? VLIW_ZERO : atom.a;
    if (!writes_same(m, &atom))
        m->atoms[m->count++] = atom;
}

/* An address goes on, now and then to where it is not aligned; or one that is
 * near to it is made. */
static void draw_step(Drawn *d, Molecule *m)
{
    uint32_t by =
        rng_below(d->r, 8) ? rng_below(d->r, 256) & ~3u : rng_below(d->r, 256);
    uint8_t reg = draw_base(d);
    bool sum = rng_below(d->r, 2);
    uint32_t near = rng_below(d->r, 2) ? rng_below(d->r, 8) : 4;
    m->atoms[m->count++] = (Atom){.op = sum ? ATOM_ADD : ATOM_XOR,
                                  .unit = VLIW_ALU0,
                                  .d = (uint8_t)((sum ? SUM : 4) + reg),
                                  .a = (uint8_t)(4 + reg),
                                  .b_imm = true,
                                  .imm = sum ? near : by};
}

static void draw_atoms(Drawn *d, Molecule *m)
{
    if (rng_below(d->r, 3) == 0)
        draw_step(d, m);
    else if (rng_below(d->r, 2))
        draw_atom(d, VLIW_ALU0, m);
    for (unsigned unit = VLIW_ALU1; unit < VLIW_BRU; unit++)
        if (rng_below(d->r, 3))
            draw_atom(d, (VliwUnit)unit, m);
}

/* Its size; what it has written. */
static void end_molecule(Drawn *d, Molecule *m)
{
    m->size = (uint8_t)molecule_size(m->atoms, m->count, d->desc);
    for (unsigned k = 0; k < m->count && m->size == 0; k++) {
        if (m->atoms[k].b_imm) /* too long for any format */
            m->atoms[k].imm %= 16;
        m->size = (uint8_t)molecule_size(m->atoms, m->count, d->desc);
    }
    assert_true(m->size > 0);
    for (unsigned k = 0; k < m->count; k++) {
        const Atom *atom = &m->atoms[k];
        AtomOperand kind = atom_info((AtomOp)atom->op)->d;
        if (kind == ATOM_F)
            d->fprs |= 1u << atom->d;
        else if (kind != ATOM_N)
            d->gprs |= 1ull << atom->d;
    }
}

static unsigned add_record(Drawn *d, uint32_t insns, bool leaves)
{
    VliwCode *code = d->code;
    IrExit *exit = &code->exits[code->exit_count];
    static const IrExitKind kinds[] = {IR_EXIT_DIRECT, IR_EXIT_DIRECT,
                                       IR_EXIT_DIRECT, IR_EXIT_INDIRECT,
                                       IR_EXIT_INTERPRET};
    exit->insns = insns;
    exit->pc = code->pc + (rng_below(d->r, 2) ? 0 : 64);
    exit->kind =
        leaves ? kinds[rng_below(d->r, ARRAY_LEN(kinds))] : IR_EXIT_COMMIT;
    return code->exit_count++;
}

static void add_exit(Drawn *d, Molecule *m, uint32_t insns)
{
    unsigned record = add_record(d, insns, true);
    m->atoms[m->count++] =
        (Atom){.op = ATOM_EXIT, .unit = VLIW_BRU, .imm = record};
    m->commit = (uint16_t)(record + 1);
}

/* From the branch of a molecule: a few molecules, then an exit. */
static void draw_stub(Drawn *d, Molecule *from, uint32_t insns)
{
    VliwCode *code = d->code;
    from->atoms[from->count - 1].imm = code->count;
    for (unsigned left = 1 + rng_below(d->r, 3); left > 0; left--) {
        Molecule *m = &code->molecules[code->count++];
        draw_atoms(d, m);
        if (left == 1)
            add_exit(d, m, insns);
        else if (rng_below(d->r, 6) == 0 && code->exit_count + 2 < EXITS_MAX)
            m->commit = (uint16_t)(add_record(d, insns, false) + 1);
        end_molecule(d, m);
    }
}

static VliwCode *draw_code(Rng *r, const VliwDesc *desc, Arena *arena,
                           uint32_t pc)
{
    VliwCode *code = arena_alloc(arena, 1, sizeof *code);
    Drawn d = {r, desc, code, 0, 0}, at[MAIN_MAX];
    unsigned main_count = 1 + rng_below(r, MAIN_MAX);
    uint32_t insns[MAIN_MAX];
    code->pc = pc;
    code->context.big = rng_below(r, 2);
    code->context.user = rng_below(r, 4) == 0;
    code->molecules = arena_alloc(arena, MOLECULES_MAX, sizeof(Molecule));
    code->exits = arena_alloc(arena, EXITS_MAX, sizeof *code->exits);
    code->count = code->main_count = main_count;
    code->length = rng_below(r, 100);
    code->bound = rng_below(r, 100);
    for (unsigned i = 0; i < main_count; i++) {
        Molecule *m = &code->molecules[i];
        insns[i] = i * 7 / 2;
        draw_atoms(&d, m);
        if (i + 1 == main_count)
            add_exit(&d, m, insns[i]);
        else if (rng_below(r, 6) == 0 && code->exit_count < 3)
            m->commit = (uint16_t)(add_record(&d, insns[i], false) + 1);
        if (i + 1 < main_count && rng_below(r, 4) == 0)
            m->atoms[m->count++] =
                (Atom){.op = (uint8_t)(ATOM_BREQ + rng_below(r, 6)),
                       .unit = VLIW_BRU,
                       .a = draw_source(&d, ATOM_G)};
        end_molecule(&d, m);
        at[i] = d;
    }
    for (unsigned i = 0; i + 1 < main_count; i++) {
        Molecule *m = &code->molecules[i];
        if (m->count == 0 || m->atoms[m->count - 1].unit != VLIW_BRU)
            continue;
        if (code->exit_count + 3 < EXITS_MAX) {
            draw_stub(&at[i], m, insns[i]);
        } else { /* no record is left for it */
            m->count--;
            m->size = (uint8_t)molecule_size(m->atoms, m->count, desc);
        }
    }
    return code;
}

/* --- Two cores ------------------------------------------------------------ */

typedef struct Pair {
    World *worlds[2]; /* reference, compiled */
    CoreCode *codes[2][CODES];
    unsigned ended[CORE_FAULTED + 1];
} Pair;

static void draw_state(Rng *r, Pair *p)
{
    static const double some[] = {
        0,        -0.0,   1,    -1.5, 3,        0.1,  1e300,       1e-300,
        4.5e-308, 1e-310, 1e10, -7e9, 16777217, 1e16, 2147483647.5};
    CoreRegs regs = {0};
    for (unsigned i = 1; i < IR_SLOT_F0; i++)
        regs.gpr[i] = rng_word(r);
    for (unsigned i = 0; i < BASES; i++) {
        uint32_t pa = 4 * rng_below(r, i < 2 ? 64 : 4096);
        unsigned where = rng_below(r, 16);
        regs.gpr[4 + i] = where < 8    ? CACHED(pa)
                          : where < 14 ? pa
                          : where < 15 ? UNCACHED(pa)
                                       : 0xc0000000u + pa;
    }
    for (unsigned i = 0; i < 16; i++) {
        double wide = some[rng_below(r, ARRAY_LEN(some))];
        float single = (float)wide;
        uint32_t word = 0;
        memcpy(&word, &single, sizeof word);
        regs.fpr[i] = rng_below(r, 8) == 0 ? rng_next64(r) : word;
        if (rng_below(r, 2))
            memcpy(&regs.fpr[i], &wide, sizeof wide);
        if (rng_below(r, 8) == 0) /* rounded, if anything is */
            regs.fpr[i] ^= rng_below(r, 16);
    }
    regs.fcr31 = rng_next(r) & (FCR31_FLAGS | FCR31_C);
    if (rng_below(r, 3) == 0)
        regs.fcr31 |= rng_next(r) & FCR31_RM;
    if (rng_below(r, 6) == 0)
        regs.fcr31 |= rng_next(r) & FCR31_ENABLES;
    for (unsigned i = 0; i < 2; i++) {
        *core_regs(p->worlds[i]->core) = regs;
        core_commit(p->worlds[i]->core);
    }
}

/* The same links in both. */
static void link_exits(Rng *r, Pair *p, unsigned index)
{
    unsigned count = p->codes[0][index]->code->exit_count;
    for (unsigned k = 0; k < count; k++) {
        bool tell = rng_below(r, 6) == 0, checked = rng_below(r, 4) == 0;
        bool linked = rng_below(r, 8) != 0;
        unsigned to = rng_below(r, CODES);
        for (unsigned i = 0; i < 2; i++) {
            CoreExit *exit = &p->codes[i][index]->exits[k];
            if (exit->record.kind != IR_EXIT_DIRECT)
                continue;
            if (exit->record.pc == p->codes[i][index]->code->pc)
                to = index;
            exit->tell = tell;
            exit->checked = checked && to != index;
            exit->generation = 1;
            exit->next = linked ? p->codes[i][to] : NULL;
        }
    }
}

static char *text_of(const World *w)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    stats_write_text(w->stats, out);
    fclose(out);
    return text;
}

static void compare_stops(const Pair *p, const CoreStop *stops)
{
    const CoreStop *a = &stops[0], *b = &stops[1];
    assert_int_equal(b->kind, a->kind);
    for (unsigned i = 0; i < CODES; i++)
        assert_int_equal(b->code == p->codes[1][i], a->code == p->codes[0][i]);
    if (a->kind == CORE_EXIT)
        assert_int_equal(b->exit, a->exit);
    if (a->kind == CORE_EXIT || a->kind == CORE_FAULTED)
        assert_int_equal(b->commit, a->commit);
    if (a->kind != CORE_FAULTED)
        return;
    assert_int_equal(b->fault, a->fault);
    assert_int_equal(b->va, a->va);
    assert_int_equal(b->guest, a->guest);
}

static void compare(const Pair *p, const CoreStop *stops)
{
    const World *a = p->worlds[0], *b = p->worlds[1];
    const CoreRegs *x = core_regs(a->core), *y = core_regs(b->core);
    compare_stops(p, stops);
    core_settle(a->core);
    core_settle(b->core);
    assert_int_equal(core_cycles(b->core), core_cycles(a->core));
    assert_int_equal(core_insns(b->core), core_insns(a->core));
    assert_memory_equal(y->gpr, x->gpr, IR_SLOT_F0 * sizeof x->gpr[0]);
    assert_memory_equal(y->fpr, x->fpr, 16 * sizeof x->fpr[0]);
    assert_int_equal(y->fcr31, x->fcr31);
    assert_memory_equal(b->memory, a->memory, WORLD_BYTES);
    for (unsigned i = 0; i < CODES; i++)
        for (unsigned k = 0; k < p->codes[0][i]->code->exit_count; k++)
            assert_int_equal(p->codes[1][i]->exits[k].count,
                             p->codes[0][i]->exits[k].count);
    char *texts[2] = {text_of(a), text_of(b)};
    assert_string_equal(texts[1], texts[0]);
    free(texts[0]);
    free(texts[1]);
}

static void run_both(Rng *r, Pair *p)
{
    unsigned from = rng_below(r, CODES);
    uint64_t cycles = rng_below(r, 3000), insns = rng_below(r, 2000);
    bool endless = rng_below(r, 2);
    CoreStop stops[2];
    for (unsigned i = 0; i < 2; i++) {
        Core *core = p->worlds[i]->core;
        core_set_deadline(core, core_cycles(core) + cycles);
        core_set_insn_limit(core,
                            endless ? UINT64_MAX : core_insns(core) + insns);
        stops[i] = core_run(core, p->codes[i][from]);
    }
    p->ended[stops[0].kind]++;
    compare(p, stops);
    uint64_t generation = 1 + rng_below(r, 2);
    for (unsigned i = 0; i < 2; i++)
        core_set_generation(p->worlds[i]->core, generation);
}

static void draw_round(Rng *r, Pair *p, Arena *arena)
{
    const VliwDesc *desc = &p->worlds[0]->desc;
    for (unsigned k = 0; k < CODES; k++) {
        uint32_t pc = 0x80001000u + 0x1000 * k;
        VliwCode *code = draw_code(r, desc, arena, pc);
        unsigned gear = 1 + rng_below(r, 2), hot = 1 + rng_below(r, 20);
        uint64_t base = WORLD_BASE + 0x1004 * k;
        uint64_t stubs = base + vliw_code_main_size(code);
        if (rng_below(r, 2))
            stubs += 4 * rng_below(r, 0x200);
        for (unsigned i = 0; i < 2; i++) {
            p->codes[i][k] =
                core_install(p->worlds[i]->core, code, base, stubs, gear);
            p->codes[i][k]->hot = gear == 1 ? hot : UINT64_MAX;
        }
    }
    for (unsigned k = 0; k < CODES; k++)
        link_exits(r, p, k);
    unsigned to = rng_below(r, 2 * CODES);
    for (unsigned i = 0; i < 2; i++)
        p->worlds[i]->indirect = to < CODES ? p->codes[i][to] : NULL;
}

static World *make_world(const char *const *words, const char *kind)
{
    World *w = world_create(words);
    Diag diag = {""};
    w->core->bus.stored = NULL; /* as in a run that is not checked */
    assert_true(config_set_word(w->config, kind, "test", &diag));
    if (!engine_attach(w->core, w->config, &diag))
        fail_msg("%s", diag.text);
    return w;
}

static void run_rounds(uint64_t seed, unsigned rounds, const char *const *words)
{
    Pair p = {.worlds = {make_world(words, "engine.kind=reference"),
                         make_world(words, "engine.kind=jit")}};
    Arena *arena = arena_create();
    for (unsigned round = 0; round < rounds; round++) {
        Rng rng = rng_stream(seed, round);
        arena_reset(arena);
        draw_round(&rng, &p, arena);
        for (unsigned run = 0; run < RUNS; run++) {
            if (run % 4 == 0)
                draw_state(&rng, &p);
            run_both(&rng, &p);
        }
        for (unsigned i = 0; i < 2; i++)
            for (unsigned k = 0; k < CODES; k++)
                core_remove(p.worlds[i]->core, p.codes[i][k]);
    }
    EngineReport report;
    engine_report(p.worlds[1]->core, &report);
    if (report.failed)
        fail_msg("%s", report.failure);
    assert_true(report.compiled[0] + report.compiled[1] > rounds);
    for (unsigned i = 0; i <= CORE_FAULTED; i++)
        assert_true(p.ended[i] > rounds / 8);
    arena_destroy(arena);
    world_destroy(p.worlds[0]);
    world_destroy(p.worlds[1]);
}

#define ENGINE                                                                 \
    "engine.module=" SELKIRK_TEST_MODULE, "engine.threads=0",                  \
        "engine.runs0=1", "engine.runs1=3", "vliw.tlb=2", "l1i.size=1024",     \
        "l1i.ways=2", "l1i.line=64", "l2.size=4096", "l2.latency=5",           \
        "memory.latency=23", "vliw.tlb_miss=3"

static void test_default(void **state)
{
    (void)state;
    run_rounds(1, SELKIRK_ENGINE_ROUNDS,
               WORDS(ENGINE, "l1d.size=1024", "l1d.ways=2"));
}

static void test_other(void **state)
{
    (void)state;
    run_rounds(2, SELKIRK_ENGINE_ROUNDS,
               WORDS(ENGINE, "l1d.size=2048", "l1d.ways=2", "l1d.line=64",
                     "vliw.formats=free", "vliw.alu_units=4",
                     "vliw.lsu_units=2", "vliw.branch=1", "vliw.commit=2",
                     "vliw.forward=3", "vliw.store_buffer=5",
                     "vliw.latency.alu=3", "vliw.latency.load=7",
                     "vliw.latency.fmul=9", "cost.profile1=7"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_default),
                                       cmocka_unit_test(test_other)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
