/* Fuzzing of the back end and of opt_check(): schedules random regions for
 * several machines, and has each schedule checked and run on the core; then
 * breaks schedules, and runs those that the checker accepts all the same.
 *
 *     fuzz_check [--seed N] [--count N]
 *
 * A run must leave as the IR interpreter does, with its state and memory; or
 * fault, and then with those of the last commit.  Region number N depends on
 * the seed and N alone.  Exit status 1 if a schedule is refused, or if one that
 * was accepted does something else. */
#include "base/bits.h"
#include "hwmodel/vliw/core.h"
#include "optimizer/optimizer.h"
#include "tests/random/region.h"
#include "tests/support/options.h"
#include "tests/support/settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORLDS = 3, MUTANTS = 40, KEYS_MAX = 12 };

/* --- Machines ------------------------------------------------------------- */

static const char *const settings[][KEYS_MAX] = {
    {NULL},
    {"vliw.interlock=no", "vliw.latency.load=3", "vliw.commit=1"},
    {"vliw.formats=free", "vliw.alu_units=4", "vliw.lsu_units=2",
     "vliw.shift_all=yes", "vliw.short_imm=16"},
    {"vliw.formats=free", "vliw.alu_units=4", "vliw.lsu_units=2",
     "vliw.interlock=no", "vliw.latency.alu=2", "vliw.latency.fmove=2"},
    {"vliw.formats=efficeon", "vliw.lsu_units=2", "vliw.lsu_adds=yes"},
    {"vliw.gprs=44", "vliw.shadowed_gprs=36", "vliw.fprs=20"},
};
enum { MACHINES = ARRAY_LEN(settings) };

typedef struct Machine {
    Config *config;
    VliwDesc desc;
    Hierarchy *hierarchy;
    Core *core;
    RegionWorld *world; /* that the core sees */
} Machine;

static bool find_page(void *ctx, uint32_t va, bool user, bool store,
                      CorePage *page, CoreFault *fault)
{
    (void)user;
    Machine *m = ctx;
    uint32_t number = va & ~(REGION_PAGE - 1u);
    bool read_only = number == REGION_READ_ONLY;
    *fault = CORE_FAULT_GUEST;
    if ((number != REGION_MEMORY && number != REGION_ALIAS && !read_only) ||
        (store && read_only))
        return false;
    *page = (CorePage){.pa = read_only ? REGION_PAGE : 0,
                       .host = m->world->bytes + (read_only ? REGION_PAGE : 0),
                       .writable = !read_only,
                       .cached = true};
    return true;
}

static uint32_t read_cp0(void *ctx, unsigned reg)
{
    Machine *m = ctx;
    return region_env(m->world).cp0(m->world, reg);
}

static bool compute_fp(void *ctx, IrOp op, unsigned cond, uint64_t a,
                       uint64_t b, uint32_t *fcr31, uint64_t *result)
{
    Machine *m = ctx;
    return region_env(m->world).fp(m->world, op, cond, a, b, fcr31, result);
}

static void create_machine(Machine *m, const char *const *keys)
{
    Diag diag = {""};
    m->config = settings_config(keys);
    m->desc = settings_desc(keys);
    m->hierarchy = hierarchy_create(m->config, &diag);
    CoreBus bus = {
        .ctx = m, .page = find_page, .cp0 = read_cp0, .fp = compute_fp};
    if (!m->hierarchy) {
        fprintf(stderr, "fuzz_check: %s\n", diag.text);
        exit(1);
    }
    m->core = core_create(&m->desc, m->config, m->hierarchy, &bus);
}

static void destroy_machine(Machine *m)
{
    core_destroy(m->core);
    hierarchy_destroy(m->hierarchy);
    config_destroy(m->config);
}

/* --- Runs ----------------------------------------------------------------- */

typedef struct Outcome {
    bool fault;
    int record; /* the exit taken; of a fault, the last commit or -1 */
    IrState state;
    RegionWorld world;
} Outcome;

static void start(Outcome *outcome, uint64_t seed, unsigned world, bool big)
{
    Rng rng = rng_stream(seed, world);
    memset(outcome, 0, sizeof *outcome);
    region_random_state(&outcome->state, &rng);
    region_random_world(&outcome->world, &rng, big);
}

static void interpret(const IrRegion *region, Outcome *outcome, Arena *scratch)
{
    IrEnv env = region_env(&outcome->world);
    IrResult result = ir_run(region, &outcome->state, &env, scratch);
    outcome->fault = result.fault;
    outcome->record = result.fault ? result.commit : (int)result.exit;
}

/* Interprets as far as the commit `record`, which the region passes. */
static void interpret_to(const IrRegion *region, int record, Outcome *outcome,
                         Arena *scratch)
{
    outcome->record = record;
    if (record < 0)
        return;
    IrInsn *insns =
        arena_alloc(region->arena, region->insn_count, sizeof *insns);
    memcpy(insns, region->insns, region->insn_count * sizeof *insns);
    IrRegion part = *region;
    part.insns = insns;
    for (IrRef i = 0; i < region->insn_count; i++) {
        if (insns[i].op != IR_COMMIT || insns[i].imm != (uint32_t)record)
            continue;
        insns[i].op = IR_EXIT;
        part.insn_count = i + 1;
        break;
    }
    interpret(&part, outcome, scratch);
}

static void execute(Machine *m, VliwCode *code, Outcome *outcome)
{
    m->world = &outcome->world;
    CoreRegs *regs = core_regs(m->core);
    for (IrSlot slot = IR_SLOT_R1; slot < IR_SLOT_F0; slot++)
        regs->gpr[vliw_slot_reg(slot)] = outcome->state.slots[slot];
    for (unsigned i = 0; i < ARRAY_LEN(outcome->state.fp); i++)
        regs->fpr[vliw_slot_reg(IR_SLOT_F0 + i)] = outcome->state.fp[i];
    regs->fcr31 = outcome->state.fcr31;
    core_forget(m->core);
    core_commit(m->core);
    CoreCode *installed = core_install(m->core, code, 0x1000,
                                       0x1000 + vliw_code_main_size(code), 2);
    CoreStop stop = core_run(m->core, installed);
    core_remove(m->core, installed);
    outcome->fault = stop.kind == CORE_FAULTED;
    outcome->record = outcome->fault ? stop.commit : (int)stop.exit;
    for (IrSlot slot = IR_SLOT_R1; slot < IR_SLOT_F0; slot++)
        outcome->state.slots[slot] = regs->gpr[vliw_slot_reg(slot)];
    for (unsigned i = 0; i < ARRAY_LEN(outcome->state.fp); i++)
        outcome->state.fp[i] = regs->fpr[vliw_slot_reg(IR_SLOT_F0 + i)];
    outcome->state.fcr31 = regs->fcr31;
}

/* What an exit does not say is not looked at. */
static void drop_unsaid(const IrRegion *region, Outcome *outcome)
{
    IrExit entry = {.kind = IR_EXIT_DIRECT, .pending = region->context.pending};
    const IrExit *record =
        outcome->record < 0 ? &entry : &region->exits[outcome->record];
    if (record->pending == IR_PENDING_NONE)
        outcome->state.slots[IR_SLOT_LD] = 0;
    if (record->kind != IR_EXIT_INDIRECT)
        outcome->state.slots[IR_SLOT_PC] = 0;
}

/* NULL, or how the two differ. */
static const char *compare(const IrRegion *region, Outcome *wanted,
                           Outcome *got)
{
    drop_unsaid(region, wanted);
    drop_unsaid(region, got);
    if (wanted->record != got->record)
        return "another exit or commit";
    if (memcmp(&wanted->state, &got->state, sizeof got->state) != 0)
        return "another state";
    if (memcmp(wanted->world.bytes, got->world.bytes,
               sizeof got->world.bytes) != 0)
        return "other memory";
    return NULL;
}

/* Runs region and code in several worlds; NULL, or what went wrong. */
static const char *run_both(Machine *m, const IrRegion *region, VliwCode *code,
                            uint64_t seed, Arena *scratch)
{
    static Outcome wanted, got;
    for (unsigned world = 0; world < WORLDS; world++) {
        start(&wanted, seed, world, region->context.big);
        got = wanted;
        execute(m, code, &got);
        interpret(region, &wanted, scratch);
        if (wanted.fault && !got.fault)
            return "no fault";
        /* The code may do early what fails then.  It is undone further. */
        if (got.fault) {
            start(&wanted, seed, world, region->context.big);
            interpret_to(region, got.record, &wanted, scratch);
        }
        const char *wrong = compare(region, &wanted, &got);
        if (wrong)
            return wrong;
    }
    return NULL;
}

/* --- Breaking schedules --------------------------------------------------- */

static VliwCode *copy_code(const VliwCode *code, Arena *arena)
{
    VliwCode *copy = arena_alloc(arena, 1, sizeof *copy);
    *copy = *code;
    copy->molecules = arena_alloc(arena, code->count, sizeof(Molecule));
    memcpy(copy->molecules, code->molecules, code->count * sizeof(Molecule));
    return copy;
}

/* An atom of a random molecule that has one; NULL if luck is bad. */
static Atom *random_atom(VliwCode *code, Rng *rng, Molecule **of)
{
    for (unsigned i = 0; i < 16; i++) {
        *of = &code->molecules[rng_below(rng, code->count)];
        if ((*of)->count)
            return &(*of)->atoms[rng_below(rng, (*of)->count)];
    }
    return NULL;
}

static void drop_atom(Molecule *molecule, Atom *atom)
{
    *atom = molecule->atoms[--molecule->count];
    molecule->atoms[molecule->count] = (Atom){0};
}

static Atom *atom_in(Molecule *molecule, unsigned unit)
{
    for (unsigned i = 0; i < molecule->count; i++)
        if (molecule->atoms[i].unit == unit)
            return &molecule->atoms[i];
    return NULL;
}

/* Moves an atom, or a copy of it, to a molecule near it; what is there in the
 * same unit takes its place. */
static void move_atom(VliwCode *code, Rng *rng, bool copies)
{
    Molecule *from;
    Atom *atom = random_atom(code, rng, &from);
    if (!atom)
        return;
    unsigned index = (unsigned)(from - code->molecules);
    unsigned to = index + rng_below(rng, 9) - 4;
    if (to >= code->count || to == index)
        return;
    Molecule *target = &code->molecules[to];
    Atom *other = atom_in(target, atom->unit), moved = *atom;
    if (copies) {
        if (!other)
            target->atoms[target->count++] = moved;
    } else if (other) {
        *atom = *other;
        *other = moved;
    } else {
        drop_atom(from, atom);
        target->atoms[target->count++] = moved;
    }
}

/* Another register in an operand that the atom has. */
static void change_register(Atom *atom, Rng *rng)
{
    const AtomInfo *info = atom_info((AtomOp)atom->op);
    uint8_t *regs[3];
    bool fp[3];
    unsigned n = 0;
    if (info->d != ATOM_N) {
        fp[n] = info->d == ATOM_F;
        regs[n++] = &atom->d;
    }
    if (info->a != ATOM_N) {
        fp[n] = info->a == ATOM_F;
        regs[n++] = &atom->a;
    }
    if (info->b != ATOM_N && !atom->b_imm) {
        fp[n] = info->b == ATOM_F;
        regs[n++] = &atom->b;
    }
    if (n == 0)
        return;
    unsigned which = rng_below(rng, n);
    if (rng_one_in(rng, 3))
        *regs[which] ^= 1;
    else
        *regs[which] =
            (uint8_t)rng_below(rng, fp[which] ? VLIW_FPRS : VLIW_GPRS);
}

/* Another number in an atom that has one. */
static void change_number(Atom *atom, Rng *rng)
{
    if (!atom->b_imm && atom->imm == 0)
        return;
    atom->imm += rng_one_in(rng, 4)   ? rng_word(rng)
                 : rng_one_in(rng, 2) ? 1
                                      : UINT32_MAX;
}

static void change_op(Atom *atom, Rng *rng)
{
    const AtomInfo *was = atom_info((AtomOp)atom->op);
    for (unsigned i = 0; i < 200; i++) {
        AtomOp op = (AtomOp)rng_below(rng, ATOM_COUNT);
        const AtomInfo *info = atom_info(op);
        if (op == atom->op || info->unit != was->unit || info->d != was->d ||
            info->a != was->a || info->b != was->b)
            continue;
        atom->op = (uint8_t)op;
        return;
    }
}

/* Takes a molecule out; branches still lead where they did. */
static void drop_molecule(VliwCode *code, unsigned index)
{
    if (code->count == 1)
        return;
    memmove(&code->molecules[index], &code->molecules[index + 1],
            (code->count - index - 1) * sizeof(Molecule));
    code->count--;
    code->main_count -= index < code->main_count;
    for (unsigned i = 0; i < code->count; i++) {
        Atom *branch = atom_in(&code->molecules[i], VLIW_BRU);
        if (branch && branch->op != ATOM_EXIT && branch->imm > index)
            branch->imm--;
    }
}

static void swap_molecules(VliwCode *code, unsigned index)
{
    if (index + 1 >= code->count)
        return;
    Molecule t = code->molecules[index];
    code->molecules[index] = code->molecules[index + 1];
    code->molecules[index + 1] = t;
}

static void break_code(VliwCode *code, Rng *rng)
{
    Molecule *molecule;
    Atom *atom = random_atom(code, rng, &molecule);
    unsigned index = rng_below(rng, code->count);
    if (!atom)
        return;
    switch (rng_below(rng, 14)) {
    case 0:
    case 1:
    case 2:
    case 3: move_atom(code, rng, false); break;
    case 4: move_atom(code, rng, true); break;
    case 5:
    case 6: change_register(atom, rng); break;
    case 7: drop_atom(molecule, atom); break;
    case 8: change_op(atom, rng); break;
    case 9: change_number(atom, rng); break;
    case 10: swap_molecules(code, index); break;
    case 11: drop_molecule(code, index); break;
    case 12:
        code->molecules[index].commit =
            (uint16_t)rng_below(rng, code->exit_count + 1);
        break;
    default: /* a branch is for another exit */
        atom = atom_in(&code->molecules[index], VLIW_BRU);
        if (atom)
            atom->imm += rng_below(rng, 5) - 2;
        break;
    }
}

/* What the code says of itself fits what it has become: the rules are to be
 * tested, not the book-keeping.  False: no molecule format has room. */
static bool settle_code(VliwCode *code, const VliwDesc *desc)
{
    MoleculeTime time = {0};
    code->size = 0;
    for (unsigned i = 0; i < code->count; i++) {
        Molecule *molecule = &code->molecules[i];
        unsigned size = molecule_size(molecule->atoms, molecule->count, desc);
        if (size == 0)
            return false;
        molecule->size = (uint8_t)size;
        code->size += size;
    }
    for (unsigned i = 0; i < code->main_count; i++)
        molecule_issue(&time, &code->molecules[i], desc);
    code->length = (unsigned)time.now;
    code->bound = code->length < code->bound ? code->length : code->bound;
    return true;
}

/* --- What came of it ------------------------------------------------------ */

enum { REASONS_MAX = 96, REASON_MAX = 64 };

typedef struct Counts {
    uint64_t schedules, molecules, atoms, length, bound;
    uint64_t mutants, unencodable, rejected, accepted;
    char reasons[REASONS_MAX][REASON_MAX];
    uint64_t times[REASONS_MAX];
    size_t reason_count;
} Counts;

/* Counts the message without the numbers and names that differ each time. */
static void count_reason(Counts *counts, const char *message)
{
    char reason[REASON_MAX];
    size_t length = 0;
    const char *p = strstr(message, ": ");
    for (p = p ? p + 2 : message; *p && length + 1 < sizeof reason; p++)
        if (*p < '0' || *p > '9')
            reason[length++] = *p;
    reason[length] = 0;
    size_t i = 0;
    while (i < counts->reason_count && strcmp(counts->reasons[i], reason) != 0)
        i++;
    if (i == REASONS_MAX)
        return;
    if (i == counts->reason_count)
        memcpy(counts->reasons[counts->reason_count++], reason, sizeof reason);
    counts->times[i]++;
}

static void complain(uint64_t number, const char *what, const IrRegion *region,
                     const VliwCode *code, const VliwCode *original)
{
    printf("region %" PRIu64 ": %s\n", number, what);
    ir_print(region, stdout, NULL, NULL);
    if (original) {
        printf("was scheduled as\n");
        vliw_code_print(original, stdout);
        printf("and broken to\n");
    }
    vliw_code_print(code, stdout);
    exit(1);
}

static void fuzz_mutants(Machine *m, const IrRegion *region,
                         const VliwCode *code, uint64_t number, Rng *rng,
                         Arena *scratch, Counts *counts)
{
    for (unsigned i = 0; i < MUTANTS; i++) {
        Diag diag = {""};
        VliwCode *mutant = copy_code(code, region->arena);
        for (unsigned n = 1 + rng_below(rng, 2); n; n--)
            break_code(mutant, rng);
        counts->mutants++;
        if (!settle_code(mutant, &m->desc)) {
            counts->unencodable++;
            continue;
        }
        if (!opt_check(mutant, region, &m->desc, &diag)) {
            counts->rejected++;
            count_reason(counts, diag.text);
            continue;
        }
        counts->accepted++;
        const char *wrong = run_both(m, region, mutant, number, scratch);
        if (wrong)
            complain(number, wrong, region, mutant, code);
    }
}

static void random_opt(OptConfig *opt, const Config *config, Rng *rng)
{
    opt_config_read(opt, config);
    if (rng_one_in(rng, 3))
        opt_config_fast(opt, config);
    for (unsigned pass = 0; pass < OPT_PASSES; pass++)
        if (rng_one_in(rng, 6))
            opt->pass[pass] = false;
    opt->reorder_memory &= !rng_one_in(rng, 4);
    opt->hoist &= !rng_one_in(rng, 4);
    opt->verify = false;
}

static void fuzz_region(Machine machines[MACHINES], uint64_t seed,
                        uint64_t number, Arena *arena, Arena *scratch,
                        Counts *counts)
{
    Rng rng = rng_stream(seed, number);
    RegionLimits limits = {.insns = 4 + rng_below(&rng, 120),
                           .stores = 1 + rng_below(&rng, 8),
                           .fp = rng_one_in(&rng, 2),
                           .alias = rng_one_in(&rng, 2)};
    Machine *m = &machines[rng_below(&rng, MACHINES)];
    Diag diag = {""};
    OptConfig opt;
    OptWork work = {0};
    IrRegion *region = region_random(arena, &rng, &limits);
    random_opt(&opt, m->config, &rng);
    opt_run_passes(region, &opt, &work, NULL, NULL);
    VliwCode *code = opt_schedule(region, &m->desc, &opt, arena, &work);
    counts->schedules++;
    counts->molecules += code->count;
    counts->length += code->length;
    counts->bound += code->bound;
    if (!opt_check(code, region, &m->desc, &diag))
        complain(number, diag.text, region, code, NULL);
    const char *wrong = run_both(m, region, code, number, scratch);
    if (wrong)
        complain(number, wrong, region, code, NULL);
    fuzz_mutants(m, region, code, number, &rng, scratch, counts);
}

int main(int argc, char **argv)
{
    uint64_t seed = 1, count = 1000;
    const Option options[] = {
        {"--seed", &seed, NULL}, {"--count", &count, NULL}, {NULL, NULL, NULL}};
    options_parse(options, argc, argv);
    static Machine machines[MACHINES];
    static Counts counts;
    for (unsigned i = 0; i < MACHINES; i++)
        create_machine(&machines[i], settings[i]);
    printf("seed %" PRIu64 ", %" PRIu64 " regions, %d mutants of each\n", seed,
           count, MUTANTS);
    Arena *arena = arena_create(), *scratch = arena_create();
    for (uint64_t n = 0; n < count; n++) {
        arena_reset(arena);
        fuzz_region(machines, seed, n, arena, scratch, &counts);
    }
    arena_destroy(scratch);
    arena_destroy(arena);
    for (unsigned i = 0; i < MACHINES; i++)
        destroy_machine(&machines[i]);
    printf("%" PRIu64 " schedules of %" PRIu64 " molecules; %" PRIu64
           " cycles, at least %" PRIu64 "\n%" PRIu64 " mutants: %" PRIu64
           " cannot be encoded, %" PRIu64 " do the same, %" PRIu64
           " were rejected because\n",
           counts.schedules, counts.molecules, counts.length, counts.bound,
           counts.mutants, counts.unencodable, counts.accepted,
           counts.rejected);
    for (size_t i = 0; i < counts.reason_count; i++)
        printf("%8" PRIu64 " %s\n", counts.times[i], counts.reasons[i]);
    return 0;
}
