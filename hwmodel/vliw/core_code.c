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
    const Atom *atoms[VLIW_UNITS];
    unsigned count = 0;
    for (unsigned unit = 0; unit < VLIW_UNITS; unit++)
        for (unsigned i = 0; i < molecule->count; i++)
            if (molecule->atoms[i].unit == unit)
                atoms[count++] = &molecule->atoms[i];
    assert(count == molecule->count);
    memcpy(ordered, atoms, sizeof *ordered * count);
    const Atom *by_unit[VLIW_UNITS];
    memcpy(by_unit, atoms, sizeof *by_unit * count);
    for (unsigned done = 0; count > 0; done++) {
        unsigned i = 0;
        while (i < count && !may_go_first(atoms, count, i))
            i++;
        if (i == count) {
            memcpy(ordered, by_unit, sizeof *ordered * molecule->count);
            return false;
        }
        ordered[done] = atoms[i];
        count--;
        memmove(&atoms[i], &atoms[i + 1], sizeof *atoms * (count - i));
    }
    return true;
}

/* --- Molecules ------------------------------------------------------------ */

static Step make_step(const Atom *atom, const VliwDesc *desc)
{
    AtomOp op = (AtomOp)atom->op;
    const AtomInfo *info = atom_info(op);
    unsigned latency = desc->latency[info->latency];
    RegSet result = register_written(atom);
    bool flies = result.gprs || result.others || atom_uses_fcr(op) ||
                 atom_keeps_unit(op);
    Step step = {.op = atom->op,
                 .d = atom->d,
                 .a = info->a == ATOM_N ? VLIW_ZERO : atom->a,
                 .b = info->b == ATOM_N || atom->b_imm ? VLIW_ZERO : atom->b,
                 .unit = atom->unit,
                 .latency = (uint8_t)(flies && latency > 1 ? latency : 0),
                 .protect = atom->protect,
                 .guest = atom->guest,
                 .imm = info->b == ATOM_I && !atom->b_imm ? 0 : atom->imm,
                 .check = atom->check};
    assert(atom->protect <= desc->alias_regs);
    return step;
}

static RegSet needs(const Atom *atom)
{
    RegSet set = set_union(registers_read(atom), register_written(atom));
    set.others |= 1ull << (OTHER_UNIT + atom->unit);
    if (atom->op == ATOM_FCR)
        set.others |= 1ull << OTHER_FCR;
    return set;
}

/* Returns the step after its own. */
static Step *make_issue(const Core *c, const Molecule *molecule, Issue *issue,
                        Step *steps)
{
    const Atom *ordered[VLIW_UNITS];
    issue->snapshot = !order(molecule, ordered);
    issue->steps = steps;
    issue->count = molecule->count;
    issue->commit = molecule->commit;
    issue->format = (uint8_t)molecule_format(molecule, &c->desc);
    issue->tally = TALLY(1, molecule->count, molecule_nops(molecule, &c->desc));
    for (unsigned i = 0; i < molecule->count; i++) {
        issue->needs = set_union(issue->needs, needs(ordered[i]));
        *steps = make_step(ordered[i], &c->desc);
        issue->slow |= steps->latency != 0;
        steps++;
    }
    return steps;
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

CoreCode *core_install(Core *c, VliwCode *code, uint64_t base, unsigned gear)
{
    assert(gear < GEARS);
    check_flow(code);
    Installed *made = alloc_zeroed(1, sizeof *made);
    made->pub = (CoreCode){.code = code, .base = base, .gear = gear};
    made->pub.exits = alloc_zeroed(code->exit_count, sizeof *made->pub.exits);
    for (unsigned i = 0; i < code->exit_count; i++)
        made->pub.exits[i].record = code->exits[i];
    made->issues = alloc_zeroed(code->count, sizeof *made->issues);
    made->steps = alloc_zeroed(count_atoms(code), sizeof *made->steps);
    made->line = base >> c->line_shift;
    Step *steps = made->steps;
    uint64_t address = base;
    for (unsigned i = 0; i < code->count; i++) {
        const Molecule *molecule = &code->molecules[i];
        Issue *issue = &made->issues[i];
        assert(molecule->size > 0 && molecule->commit <= code->exit_count);
        steps = make_issue(c, molecule, issue, steps);
        uint64_t end = address + molecule->size - 1;
        issue->first_line = (uint32_t)((address >> c->line_shift) - made->line);
        issue->last_line = (uint32_t)((end >> c->line_shift) - made->line);
        address = end + 1;
    }
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
    free(made);
}
