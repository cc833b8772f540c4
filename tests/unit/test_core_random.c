/* Random molecules on the reference core and on a model of it that is written
 * for plainness: a copy of all registers for each molecule, ir_eval() for what
 * atoms compute, molecule_issue() for time, a byte at a time for memory. */
#include "core_world.h"

#include "frontend/fpu.h"
#include "frontend/lift.h"
#include "tests/random/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    ROUNDS = 10000,
    MOLECULES_MAX = 14,
    EXITS = 4,
    BUFFER = 5,
    ALIASES = 8,
    DATA = 0x100, /* accesses are to 16 bytes from here on */
    DATA_BYTES = 16
};

/* --- Random code ---------------------------------------------------------- */

static uint32_t draw_word(Rng *r)
{
    uint32_t word = rng_next(r);
    switch (rng_below(r, 4)) {
    case 0: return word % 64;
    case 1: return 0x80000000u >> word % 32;
    case 2: return UINT32_MAX - word % 64;
    default: return word;
    }
}

/* Few registers, so that atoms meet: guest state and temporaries, with and
 * without shadow; r44 and r45 hold addresses and are seldom written. */
static uint8_t draw_gpr(Rng *r, bool dest)
{
    static const uint8_t some[] = {1, 2, 40, 47, 48, 50, VLIW_ZERO};
    return dest && rng_below(r, 12) == 0 ? VLIW_SINK
                                         : some[rng_below(r, dest ? 6 : 7)];
}

static uint8_t draw_fpr(Rng *r)
{
    static const uint8_t some[] = {0, 3, 15, 16, 20};
    return some[rng_below(r, 5)];
}

static uint8_t draw_register(Rng *r, AtomOperand kind, bool dest)
{
    return kind == ATOM_F ? draw_fpr(r) : draw_gpr(r, dest);
}

static bool writes_same(const Molecule *m, const Atom *atom)
{
    AtomOperand d = atom_info((AtomOp)atom->op)->d;
    if (d == ATOM_N || (d == ATOM_G && atom->d == VLIW_SINK))
        return false;
    for (unsigned i = 0; i < m->count; i++)
        if (atom_info((AtomOp)m->atoms[i].op)->d == d &&
            m->atoms[i].d == atom->d)
            return true;
    return false;
}

/* An atom for the unit, if the machine has it. */
static void draw_atom(Rng *r, const VliwDesc *desc, VliwUnit unit, Molecule *m)
{
    if (!atom_fits(unit < VLIW_LSU0 ? ATOM_ADD : ATOM_LD32, unit, desc))
        return;
    AtomOp op;
    do
        op = (AtomOp)rng_below(r, ATOM_BR);
    while (!atom_fits(op, unit, desc) || (op == ATOM_TRAP && rng_below(r, 8)));
    const AtomInfo *info = atom_info(op);
    Atom atom = {.op = (uint8_t)op, .unit = (uint8_t)unit};
    atom.guest = (uint16_t)rng_below(r, 8);
    if (info->d != ATOM_N)
        atom.d = draw_register(r, info->d, true);
    if (info->a != ATOM_N)
        atom.a = draw_register(r, info->a, false);
    if (info->b != ATOM_N)
        atom.b = draw_register(r, info->b, false);
    if (info->b == ATOM_I && rng_below(r, 2)) {
        atom.b = 0;
        atom.b_imm = true;
        atom.imm = draw_word(r);
    }
    if (op == ATOM_CP0 || op == ATOM_FCMPS || op == ATOM_FCMPD)
        atom.imm = rng_below(r, 16);
    if (op >= ATOM_LDL && op <= ATOM_STLF)
        atom.imm = rng_below(r, 3);
    if (atom_is_access(op)) {
        atom.a = (uint8_t)(44 + rng_below(r, 2));
        if (info->d != ATOM_N)
            atom.protect =
                (uint8_t)(rng_below(r, 3) ? 0 : 1 + rng_below(r, ALIASES));
        else if (rng_below(r, 3) == 0)
            atom.check = rng_below(r, 1u << ALIASES);
    }
    if (op == ATOM_TRAP)
        atom.a = rng_below(r, 2) ? VLIW_ZERO : atom.a;
    if (!writes_same(m, &atom))
        m->atoms[m->count++] = atom;
}

/* Steps of the addresses, now and then. */
static void draw_step(Rng *r, Molecule *m)
{
    Atom atom = {.op = ATOM_XOR,
                 .unit = VLIW_ALU0,
                 .d = (uint8_t)(44 + rng_below(r, 2)),
                 .b_imm = true,
                 .imm = rng_below(r, DATA_BYTES)};
    atom.imm &= rng_below(r, 12) ? ~3u : ~0u;
    atom.a = atom.d;
    m->atoms[m->count++] = atom;
}

static VliwCode *draw_code(Rng *r, const VliwDesc *desc, Arena *arena)
{
    VliwCode *code = arena_alloc(arena, 1, sizeof *code);
    code->context.big = rng_below(r, 2);
    code->count = 2 + rng_below(r, MOLECULES_MAX - 1);
    code->main_count = code->count - rng_below(r, 2);
    code->length = rng_below(r, 100);
    code->bound = rng_below(r, 100);
    code->molecules = arena_alloc(arena, code->count, sizeof(Molecule));
    code->exits = arena_alloc(arena, EXITS, sizeof *code->exits);
    code->exit_count = EXITS;
    for (unsigned i = 0; i < EXITS; i++)
        code->exits[i] = (IrExit){.kind = IR_EXIT_DIRECT, .insns = i * 7 / 2};
    for (unsigned i = 0; i < code->count; i++) {
        Molecule *m = &code->molecules[i];
        if (rng_below(r, 4) == 0)
            draw_step(r, m);
        else if (rng_below(r, 2))
            draw_atom(r, desc, VLIW_ALU0, m);
        for (unsigned unit = VLIW_ALU1; unit < VLIW_BRU; unit++)
            if (rng_below(r, 3))
                draw_atom(r, desc, (VliwUnit)unit, m);
        /* Records in order along every path, which goes forward. */
        unsigned record = i * EXITS / code->count;
        if (i + 1 == code->count || rng_below(r, 20) == 0) {
            m->atoms[m->count++] =
                (Atom){.op = ATOM_EXIT, .unit = VLIW_BRU, .imm = record};
            m->commit = (uint16_t)(record + 1);
            continue;
        }
        if (rng_below(r, 6) == 0)
            m->commit = (uint16_t)(record + 1);
        if (rng_below(r, 4) == 0)
            m->atoms[m->count++] =
                (Atom){.op = (uint8_t)(ATOM_BR + rng_below(r, 7)),
                       .unit = VLIW_BRU,
                       .a = draw_gpr(r, false),
                       .imm = i + 1 + rng_below(r, code->count - i - 1)};
    }
    for (unsigned i = 0; i < code->count; i++) {
        Molecule *m = &code->molecules[i];
        /* In any order: it means nothing. */
        for (unsigned k = m->count; k > 1; k--) {
            unsigned other = rng_below(r, k);
            Atom atom = m->atoms[k - 1];
            m->atoms[k - 1] = m->atoms[other];
            m->atoms[other] = atom;
        }
        m->size = (uint8_t)molecule_size(m->atoms, m->count, desc);
        for (unsigned k = 0; k < m->count && m->size == 0; k++) {
            if (m->atoms[k].b_imm) /* too long for any format */
                m->atoms[k].imm %= 16;
            m->size = (uint8_t)molecule_size(m->atoms, m->count, desc);
        }
        assert_true(m->size > 0);
    }
    return code;
}

/* --- The model ------------------------------------------------------------ */

typedef struct ModelStore {
    uint32_t pa;
    unsigned size;
    uint8_t bytes[4];
} ModelStore;

typedef struct Model {
    const VliwDesc *desc;
    const VliwCode *code;
    CoreRegs regs, shadow;
    uint64_t local[VLIW_LOCALS];
    uint8_t memory[DATA_BYTES];
    ModelStore stores[BUFFER];
    unsigned store_count, stored;
    bool used[ALIASES];
    uint32_t alias_pa[ALIASES];
    unsigned alias_size[ALIASES];
    MoleculeTime time;
    uint64_t cycles, insns, forwards;
    CoreStop stop;
} Model;

static bool fails(Model *m, CoreFault fault, uint32_t va, const Atom *atom)
{
    m->stop.kind = CORE_FAULTED;
    m->stop.fault = fault;
    m->stop.va = va;
    m->stop.guest = atom->guest;
    return false;
}

static bool model_load(Model *m, const Atom *atom, uint32_t va, unsigned size,
                       uint32_t *value)
{
    if (va % size)
        return fails(m, CORE_FAULT_GUEST, va, atom);
    uint32_t pa = va & 0xfff, result = 0;
    bool forwarded = false;
    for (unsigned i = 0; i < size; i++) {
        uint8_t byte = m->memory[pa + i - DATA];
        for (unsigned k = 0; k < m->store_count; k++) {
            const ModelStore *store = &m->stores[k];
            if (pa + i >= store->pa && pa + i < store->pa + store->size) {
                byte = store->bytes[pa + i - store->pa];
                forwarded = true;
            }
        }
        unsigned place = m->code->context.big ? size - 1 - i : i;
        result |= (uint32_t)byte << (8 * place);
    }
    if (forwarded) {
        m->forwards++;
        m->cycles += m->desc->forward;
    }
    if (atom->protect) {
        m->used[atom->protect - 1] = true;
        m->alias_pa[atom->protect - 1] = pa;
        m->alias_size[atom->protect - 1] = size;
    }
    *value = result;
    return true;
}

static bool model_store(Model *m, const Atom *atom, uint32_t va, unsigned size,
                        uint32_t value)
{
    if (va % size)
        return fails(m, CORE_FAULT_GUEST, va, atom);
    uint32_t pa = va & 0xfff;
    for (unsigned i = 0; i < ALIASES; i++)
        for (unsigned k = 0; k < size; k++)
            if (atom->check >> i & 1 && m->used[i] &&
                pa + k >= m->alias_pa[i] &&
                pa + k < m->alias_pa[i] + m->alias_size[i])
                return fails(m, CORE_FAULT_ALIAS, va, atom);
    if (m->store_count == BUFFER)
        return fails(m, CORE_FAULT_STORE_BUFFER, va, atom);
    ModelStore *store = &m->stores[m->store_count++];
    store->pa = pa;
    store->size = size;
    for (unsigned i = 0; i < size; i++)
        store->bytes[m->code->context.big ? size - 1 - i : i] =
            (uint8_t)(value >> (8 * i));
    return true;
}

/* Memory, local or not. */
static bool model_memory(Model *m, const Atom *atom, const CoreRegs *in)
{
    static const unsigned sizes[ATOM_COUNT] = {
        [ATOM_LD8S] = 1, [ATOM_LD8U] = 1, [ATOM_LD16S] = 2, [ATOM_LD16U] = 2,
        [ATOM_LD32] = 4, [ATOM_LDLO] = 4, [ATOM_LDHI] = 4,  [ATOM_ST8] = 1,
        [ATOM_ST16] = 2, [ATOM_ST32] = 4, [ATOM_STLO] = 4,  [ATOM_STHI] = 4};
    uint32_t va = in->gpr[atom->a], v = 0;
    unsigned size = sizes[atom->op];
    uint32_t *d = &m->regs.gpr[atom->d];
    uint64_t *fd = &m->regs.fpr[atom->d % VLIW_FPRS];
    uint64_t fb = in->fpr[atom->b % VLIW_FPRS];
    switch (atom->op) {
    case ATOM_LDL: *d = (uint32_t)m->local[atom->imm]; return true;
    case ATOM_LDLF: *fd = m->local[atom->imm]; return true;
    case ATOM_STL: m->local[atom->imm] = in->gpr[atom->a]; return true;
    case ATOM_STLF: m->local[atom->imm] = in->fpr[atom->a]; return true;
    case ATOM_STLO: return model_store(m, atom, va, 4, (uint32_t)fb);
    case ATOM_STHI: return model_store(m, atom, va, 4, (uint32_t)(fb >> 32));
    case ATOM_ST8:
    case ATOM_ST16:
    case ATOM_ST32: return model_store(m, atom, va, size, in->gpr[atom->b]);
    default: break;
    }
    if (!model_load(m, atom, va, size, &v))
        return false;
    if (atom->op == ATOM_LDLO)
        *fd = ir_eval(IR_SETLO, fb, v, 0);
    else if (atom->op == ATOM_LDHI)
        *fd = ir_eval(IR_SETHI, fb, v, 0);
    else if (atom->op == ATOM_LD8S)
        *d = v >= 0x80 ? v - 0x100 : v;
    else if (atom->op == ATOM_LD16S)
        *d = v >= 0x8000 ? v - 0x10000 : v;
    else
        *d = v;
    return true;
}

static bool model_atom(Model *m, const Atom *atom, const CoreRegs *in)
{
    AtomOp op = (AtomOp)atom->op;
    const AtomInfo *info = atom_info(op);
    if (info->unit == ATOM_UNIT_LSU)
        return model_memory(m, atom, in);
    if (op == ATOM_TRAP)
        return in->gpr[atom->a] == 0 || fails(m, CORE_FAULT_TRAP, 0, atom);
    uint64_t a = info->a == ATOM_F ? in->fpr[atom->a] : in->gpr[atom->a];
    uint64_t b = atom->b_imm         ? atom->imm
                 : info->b == ATOM_F ? in->fpr[atom->b]
                                     : in->gpr[atom->b];
    IrOp ir = atom_ir_op(op);
    uint64_t result = a;
    if (op == ATOM_CP0)
        result = 0xc0000000u + atom->imm;
    else if (op == ATOM_FCR)
        result = m->regs.fcr31;
    else if (atom_uses_fcr(op)) {
        uint32_t fcr31 = m->regs.fcr31;
        if (!lift_fp(NULL, ir, atom->imm, a, b, &fcr31, &result))
            return fails(m, CORE_FAULT_FP, 0, atom);
        m->regs.fcr31 = fcr31;
    } else if (op != ATOM_FMOV) {
        result = ir_eval(ir, a, b, 0);
    }
    if (info->d == ATOM_G)
        m->regs.gpr[atom->d] = (uint32_t)result;
    else if (info->d == ATOM_F)
        m->regs.fpr[atom->d] = result;
    return true;
}

static void model_commit(Model *m, unsigned exit)
{
    for (unsigned i = 0; i < m->store_count; i++)
        for (unsigned k = 0; k < m->stores[i].size; k++)
            m->memory[m->stores[i].pa + k - DATA] = m->stores[i].bytes[k];
    m->stored += m->store_count;
    m->store_count = 0;
    memset(m->used, 0, sizeof m->used);
    m->shadow = m->regs;
    unsigned before =
        m->stop.commit < 0 ? 0 : m->code->exits[m->stop.commit].insns;
    m->insns += m->code->exits[exit].insns - before;
    m->stop.commit = (int)exit;
}

static void model_roll_back(Model *m)
{
    for (unsigned i = 0; i < m->desc->shadowed_gprs; i++)
        m->regs.gpr[i] = m->shadow.gpr[i];
    for (unsigned i = 0; i < m->desc->shadowed_fprs; i++)
        m->regs.fpr[i] = m->shadow.fpr[i];
    m->regs.fcr31 = m->shadow.fcr31;
    m->store_count = 0;
    memset(m->used, 0, sizeof m->used);
}

static bool model_branch(const Atom *atom, const CoreRegs *in)
{
    static const IrOp ops[] = {
        [ATOM_BR - ATOM_BR] = IR_EXIT,     [ATOM_BREQ - ATOM_BR] = IR_EXITEQ,
        [ATOM_BRNE - ATOM_BR] = IR_EXITNE, [ATOM_BRLT - ATOM_BR] = IR_EXITLT,
        [ATOM_BRGE - ATOM_BR] = IR_EXITGE, [ATOM_BRLE - ATOM_BR] = IR_EXITLE,
        [ATOM_BRGT - ATOM_BR] = IR_EXITGT};
    return ir_exit_taken(ops[atom->op - ATOM_BR], in->gpr[atom->a]);
}

/* Molecule `index`: false if an atom failed.  *next is the molecule after it;
 * past the last one at an exit. */
static bool model_molecule(Model *m, unsigned index, unsigned *next)
{
    const Molecule *molecule = &m->code->molecules[index];
    const CoreRegs in = m->regs;
    uint64_t issue = molecule_issue(&m->time, molecule, m->desc);
    bool taken = false;
    *next = index + 1;
    for (unsigned unit = 0; unit < VLIW_UNITS; unit++)
        for (unsigned i = 0; i < molecule->count; i++) {
            const Atom *atom = &molecule->atoms[i];
            if (atom->unit != unit)
                continue;
            if (unit != VLIW_BRU) {
                if (!model_atom(m, atom, &in)) {
                    m->time.now = issue + 1;
                    return false;
                }
            } else if (atom->op == ATOM_EXIT) {
                m->stop.exit = atom->imm;
                *next = m->code->count;
                taken = true;
            } else if (model_branch(atom, &in)) {
                *next = atom->imm;
                taken = true;
            }
        }
    if (molecule->commit)
        model_commit(m, molecule->commit - 1u);
    if (taken)
        m->time.now += m->desc->branch - 1;
    return true;
}

static void model_run(Model *m, const VliwCode *code)
{
    m->code = code;
    m->stop = (CoreStop){.kind = CORE_EXIT, .commit = -1};
    m->time = (MoleculeTime){0};
    m->shadow = m->regs;
    for (unsigned index = 0; index < code->count;)
        if (!model_molecule(m, index, &index)) {
            model_roll_back(m);
            m->cycles += m->desc->rollback;
            break;
        }
    m->cycles += m->time.now;
}

/* --- Both ----------------------------------------------------------------- */

static void draw_state(Rng *r, CoreRegs *regs)
{
    for (unsigned i = 0; i < VLIW_SINK; i++)
        regs->gpr[i] = draw_word(r);
    regs->gpr[44] = CACHED(DATA + 4 * rng_below(r, 4));
    regs->gpr[45] = DATA + 4 * rng_below(r, 4); /* another name */
    static const double some[] = {0, 1, -1.5, 3, 1e300, 1e-300};
    for (unsigned i = 0; i < VLIW_FPRS; i++) {
        regs->fpr[i] = rng_next64(r);
        if (rng_below(r, 8))
            memcpy(&regs->fpr[i], &some[rng_below(r, ARRAY_LEN(some))],
                   sizeof(double));
    }
    regs->fcr31 = rng_next(r) & (FCR31_RM | FCR31_FLAGS | FCR31_C);
    if (rng_below(r, 4) == 0)
        regs->fcr31 |= rng_next(r) & FCR31_ENABLES;
}

/* What has a shadow is the same at every stop.  The rest is where nothing
 * failed: a rollback leaves there what it finds. */
static void compare_registers(Model *m, CoreRegs *regs)
{
    bool failed = m->stop.kind == CORE_FAULTED;
    unsigned gprs = failed ? m->desc->shadowed_gprs : VLIW_SINK;
    unsigned fprs = failed ? m->desc->shadowed_fprs : VLIW_FPRS;
    for (unsigned i = 0; i < gprs; i++)
        assert_int_equal(regs->gpr[i], m->regs.gpr[i]);
    for (unsigned i = 0; i < fprs; i++)
        assert_int_equal(regs->fpr[i], m->regs.fpr[i]);
    assert_int_equal(regs->gpr[VLIW_ZERO], 0);
    assert_int_equal(regs->fcr31, m->regs.fcr31);
    m->regs = *regs;
}

static void compare(World *w, Model *m, const CoreStop *stop)
{
    assert_int_equal(stop->kind, m->stop.kind);
    assert_int_equal(stop->commit, m->stop.commit);
    if (stop->kind == CORE_EXIT) {
        assert_int_equal(stop->exit, m->stop.exit);
    } else {
        assert_int_equal(stop->fault, m->stop.fault);
        assert_int_equal(stop->va, m->stop.va);
        assert_int_equal(stop->guest, m->stop.guest);
    }
    compare_registers(m, core_regs(w->core));
    assert_memory_equal(w->memory + DATA, m->memory, DATA_BYTES);
    assert_int_equal(w->stored, m->stored);
    assert_int_equal(core_insns(w->core), m->insns);
    assert_int_equal(world_stat(w, "core.forwards"), m->forwards);
    assert_int_equal(core_cycles(w->core), m->cycles);
}

/* How often each kind of stop came up: all of them must. */
typedef struct Tally {
    unsigned exits, faults[CORE_FAULTS], commits, forwards;
} Tally;

static void run_rounds(uint64_t seed, const char *const *words, Tally *tally)
{
    World *w = world_create(words);
    Model *m = arena_alloc(w->arena, 1, sizeof *m);
    Arena *arena = arena_create();
    m->desc = &w->desc;
    for (unsigned round = 0; round < ROUNDS; round++) {
        Rng rng = rng_stream(seed, round);
        arena_reset(arena);
        VliwCode *code = draw_code(&rng, &w->desc, arena);
        if (round == 0 || rng_below(&rng, 8) == 0) {
            draw_state(&rng, &m->regs);
            m->regs.gpr[VLIW_ZERO] = 0;
            *core_regs(w->core) = m->regs;
            core_commit(w->core);
        }
        CoreCode *made =
            core_install(w->core, code, WORLD_BASE,
                         WORLD_BASE + vliw_code_main_size(code), 2);
        w->stored = m->stored = 0;
        for (unsigned run = 0; run < 3; run++) {
            model_run(m, code);
            CoreStop stop = world_run(w, made);
            compare(w, m, &stop);
            tally->commits += stop.commit >= 0;
            if (stop.kind == CORE_FAULTED)
                tally->faults[stop.fault]++;
            else
                tally->exits++;
        }
        core_remove(w->core, made);
    }
    tally->forwards += (unsigned)m->forwards;
    arena_destroy(arena);
    world_destroy(w);
}

static void test_random(void **state)
{
    (void)state;
    Tally tally = {0};
    run_rounds(1, WORDS("vliw.store_buffer=5", "vliw.alias_regs=8"), &tally);
    run_rounds(2,
               WORDS("vliw.store_buffer=5", "vliw.formats=free",
                     "vliw.alu_units=4", "vliw.lsu_units=2", "vliw.branch=1",
                     "vliw.commit=2", "vliw.forward=3", "vliw.alias_regs=8"),
               &tally);
    run_rounds(3,
               WORDS("vliw.store_buffer=5", "vliw.latency.alu=3",
                     "vliw.latency.shift=5", "vliw.latency.load=7",
                     "vliw.latency.fmove=2", "vliw.latency.fmul=9",
                     "vliw.rollback=0", "vliw.branch=4", "vliw.alias_regs=8",
                     "vliw.shadowed_gprs=41", "vliw.shadowed_fprs=20"),
               &tally);
    assert_true(tally.exits > 1000 && tally.commits > 1000);
    assert_true(tally.forwards > 1000);
    static const CoreFault some[] = {CORE_FAULT_GUEST, CORE_FAULT_ALIAS,
                                     CORE_FAULT_STORE_BUFFER, CORE_FAULT_TRAP,
                                     CORE_FAULT_FP};
    for (unsigned i = 0; i < ARRAY_LEN(some); i++)
        assert_true(tally.faults[some[i]] > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
