/* Makes a translation's molecules ready to issue: what each waits for, which of
 * the I-cache's lines it lies in, in what order its atoms may execute. */
#include "hwmodel/vliw/core_impl.h"

#include "base/alloc.h"

#include <assert.h>
#include <stdlib.h>

/* --- Registers of an atom ------------------------------------------------- */

static bool reads_b(const Atom *atom, AtomOperand kind)
{
    AtomOperand b = atom_info((AtomOp)atom->op)->b;
    return b == kind || (kind == ATOM_G && b == ATOM_I && !atom->b_imm);
}

/* The register as a set; the sink and the zero are never waited for. */
static RegSet reg_set(AtomOperand kind, unsigned reg)
{
    if (kind == ATOM_F)
        return (RegSet){.others = 1ull << reg};
    if (kind == ATOM_G && reg < VLIW_SINK)
        return (RegSet){.gprs = 1ull << reg};
    return (RegSet){0};
}

static RegSet set_union(RegSet x, RegSet y)
{
    return (RegSet){x.gprs | y.gprs, x.others | y.others};
}

static bool sets_meet(RegSet x, RegSet y)
{
    return (x.gprs & y.gprs) | (x.others & y.others);
}

static RegSet registers_read(const Atom *atom)
{
    RegSet set = reg_set(atom_info((AtomOp)atom->op)->a, atom->a);
    if (reads_b(atom, ATOM_G))
        set = set_union(set, reg_set(ATOM_G, atom->b));
    if (reads_b(atom, ATOM_F))
        set = set_union(set, reg_set(ATOM_F, atom->b));
    return set;
}

static RegSet register_written(const Atom *atom)
{
    return reg_set(atom_info((AtomOp)atom->op)->d, atom->d);
}

/* --- Order ---------------------------------------------------------------- */

/* The atom does more than to compute: it may fail, or reaches memory or FCR31.
 * These keep the order of their units. */
static bool acts(const Atom *atom)
{
    return atom->op == ATOM_TRAP || atom_uses_fcr((AtomOp)atom->op) ||
           atom_info((AtomOp)atom->op)->unit == ATOM_UNIT_LSU;
}

/* Whether `atom` may execute before all of the others. */
static bool may_go_first(const Atom *const *atoms, unsigned count,
                         unsigned index)
{
    RegSet written = register_written(atoms[index]);
    for (unsigned i = 0; i < count; i++) {
        if (i != index && sets_meet(written, registers_read(atoms[i])))
            return false;
        if (i < index && acts(atoms[i]) && acts(atoms[index]))
            return false;
    }
    return true;
}

/* Puts the atoms in an order in which no atom writes what a later one reads, so
 * that each may write at once.  False, and the order of units, if there is none
 * because they exchange registers. */
static bool order(const Molecule *molecule, const Atom *ordered[VLIW_UNITS])
{
    const Atom *by_unit[VLIW_UNITS] = {NULL}, *left[VLIW_UNITS];
    unsigned count = 0;
    for (unsigned unit = 0; unit < VLIW_UNITS; unit++)
        for (unsigned i = 0; i < molecule->count; i++)
            if (molecule->atoms[i].unit == unit)
                by_unit[count++] = &molecule->atoms[i];
    assert(count == molecule->count);
    memcpy(left, by_unit, sizeof left);
    for (unsigned done = 0; count > 0; count--, done++) {
        unsigned i = 0;
        while (i < count && !may_go_first(left, count, i))
            i++;
        if (i == count) {
            memcpy(ordered, by_unit, sizeof by_unit);
            return false;
        }
        ordered[done] = left[i];
        memmove(&left[i], &left[i + 1], sizeof *left * (count - 1 - i));
    }
    return true;
}

/* --- Molecules ------------------------------------------------------------ */

static Step make_step(const Atom *atom)
{
    const AtomInfo *info = atom_info((AtomOp)atom->op);
    assert(info->b != ATOM_I || atom->b_imm || atom->imm == 0);
    return (Step){.op = atom->op,
                  .d = atom->d,
                  .a = info->a == ATOM_N ? VLIW_ZERO : atom->a,
                  .b = info->b == ATOM_N || atom->b_imm ? VLIW_ZERO : atom->b,
                  .protect = atom->protect,
                  .guest = atom->guest,
                  .imm = atom->imm,
                  .check = atom->check};
}

static RegSet needs(const Atom *atom)
{
    RegSet set = set_union(registers_read(atom), register_written(atom));
    set.others |= 1ull << (OTHER_UNIT + atom->unit);
    if (atom->op == ATOM_FCR)
        set.others |= 1ull << OTHER_FCR;
    return set;
}

/* What the atom keeps busy for its latency: its result, FCR31, its unit. */
static RegSet results(const Atom *atom)
{
    RegSet set = register_written(atom);
    if (atom_uses_fcr((AtomOp)atom->op) && atom->op != ATOM_FCR)
        set.others |= 1ull << OTHER_FCR;
    if (atom_keeps_unit((AtomOp)atom->op))
        set.others |= 1ull << (OTHER_UNIT + atom->unit);
    return set;
}

/* Where the steps and results of the next molecule go. */
typedef struct Cursor {
    Step *step;
    Result *result;
} Cursor;

static void add_results(Issue *issue, Cursor *at, const Atom *atom,
                        const VliwDesc *desc)
{
    unsigned latency = desc->latency[atom_info((AtomOp)atom->op)->latency];
    RegSet set = results(atom);
    if (latency == 1 || !(set.gprs | set.others))
        return;
    issue->results = set_union(issue->results, set);
    if (latency > issue->longest)
        issue->longest = (uint8_t)latency;
    if (set.others >> OTHER_FCR & 1) {
        issue->fcr_latency = (uint8_t)latency; /* there is one FP unit */
        set.others &= ~(1ull << OTHER_FCR);
    }
    for (; set.gprs; set.gprs &= set.gprs - 1) {
        unsigned index = (unsigned)__builtin_ctzll(set.gprs);
        *at->result++ = (Result){(uint8_t)index, (uint8_t)latency};
    }
    for (; set.others; set.others &= set.others - 1) {
        unsigned index = VLIW_GPRS + (unsigned)__builtin_ctzll(set.others);
        *at->result++ = (Result){(uint8_t)index, (uint8_t)latency};
    }
    issue->result_count = (uint8_t)(at->result - issue->result);
}

static void make_issue(Issue *issue, const Molecule *molecule, Cursor *at,
                       RegSet *written, const VliwDesc *desc)
{
    const Atom *ordered[VLIW_UNITS];
    bool branches = false;
    issue->snapshot = !order(molecule, ordered);
    issue->steps = at->step;
    issue->result = at->result;
    issue->commit = molecule->commit;
    issue->format = (uint8_t)molecule_format(molecule, desc);
    issue->tally = TALLY(1, molecule->count, molecule_nops(molecule, desc));
    for (unsigned i = 0; i < molecule->count; i++) {
        const Atom *atom = ordered[i];
        assert(atom->protect <= desc->alias_regs);
        issue->needs = set_union(issue->needs, needs(atom));
        issue->leaves |= atom->op == ATOM_EXIT;
        branches |= atom->unit == VLIW_BRU;
        *written = set_union(*written, register_written(atom));
        add_results(issue, at, atom, desc);
        *at->step++ = make_step(atom);
    }
    bool slow = issue->longest || issue->commit || branches;
    at->step++->op = slow ? STEP_END_SLOW : STEP_END;
}

/* The last molecule must not run off the end; targets and exits exist. */
static void check_flow(const VliwCode *code)
{
    const Atom *last = NULL;
    for (unsigned i = 0; i < code->count; i++)
        for (unsigned k = 0; k < code->molecules[i].count; k++) {
            const Atom *atom = &code->molecules[i].atoms[k];
            if (atom->unit != VLIW_BRU)
                continue;
            if (atom->op == ATOM_EXIT)
                assert(code->molecules[i].commit == atom->imm + 1);
            else
                assert(atom->imm < code->count);
            if (i == code->count - 1)
                last = atom;
        }
    assert(last && (last->op == ATOM_EXIT || last->op == ATOM_BR));
    (void)last;
}

static unsigned count_atoms(const VliwCode *code)
{
    unsigned count = 0;
    for (unsigned i = 0; i < code->count; i++)
        count += code->molecules[i].count;
    return count;
}

static void list_written(Installed *made, RegSet set, const VliwDesc *desc)
{
    uint8_t *reg = made->written;
    for (unsigned i = 0; i < desc->shadowed_gprs; i++)
        if (set.gprs >> i & 1)
            *reg++ = (uint8_t)i;
    made->written_gprs = (uint8_t)(reg - made->written);
    for (unsigned i = 0; i < desc->shadowed_fprs; i++)
        if (set.others >> i & 1)
            *reg++ = (uint8_t)i;
    made->written_fprs = (uint8_t)(reg - made->written) - made->written_gprs;
}

static void make_ready(const Core *c, Installed *made)
{
    const VliwCode *code = made->pub.code;
    unsigned atoms = count_atoms(code);
    made->issues = alloc_zeroed(code->count, sizeof *made->issues);
    made->steps = alloc_zeroed(atoms + code->count, sizeof *made->steps);
    made->results =
        alloc_zeroed((size_t)RESULTS_MAX * atoms, sizeof *made->results);
    made->line = made->pub.base >> c->line_shift;
    Cursor at = {made->steps, made->results};
    RegSet written = {0};
    uint64_t address = made->pub.base;
    for (unsigned i = 0; i < code->count; i++) {
        const Molecule *molecule = &code->molecules[i];
        Issue *issue = &made->issues[i];
        assert(molecule->size > 0 && molecule->commit <= code->exit_count);
        make_issue(issue, molecule, &at, &written, &c->desc);
        uint64_t end = address + molecule->size - 1;
        issue->first_line = (uint32_t)((address >> c->line_shift) - made->line);
        issue->last_line = (uint32_t)((end >> c->line_shift) - made->line);
        address = end + 1;
    }
    list_written(made, written, &c->desc);
}

CoreCode *core_install(Core *c, VliwCode *code, uint64_t base, unsigned gear)
{
    assert(gear < GEARS);
    check_flow(code);
    Installed *made = alloc_zeroed(1, sizeof *made);
    made->pub = (CoreCode){.code = code, .base = base, .gear = gear};
    made->pub.exits = alloc_zeroed(code->exit_count, sizeof *made->pub.exits);
    for (unsigned i = 0; i < code->exit_count; i++)
        made->pub.exits[i].record = code->exits[i];
    make_ready(c, made);
    return &made->pub;
}

void core_remove(Core *c, CoreCode *code)
{
    Installed *made = (Installed *)code;
    if (c->counted == code)
        c->counted = NULL;
    free(made->pub.exits);
    free(made->issues);
    free(made->steps);
    free(made->results);
    free(made);
}
