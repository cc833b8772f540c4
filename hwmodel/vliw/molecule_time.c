/* The time of molecules without misses, as docs/core.md counts it: misses stop
 * the whole pipeline, results on their way included, and change nothing here.
 *
 * A molecule waits for the registers that its atoms read or write and for its
 * units; one that commits waits for all that is on its way, before it issues
 * and for its own results after it. */
#include "hwmodel/vliw/molecule.h"

static void wait_for(uint64_t *cycle, uint64_t ready)
{
    if (*cycle < ready)
        *cycle = ready;
}

static void wait_for_register(uint64_t *cycle, const MoleculeTime *time,
                              AtomOperand kind, unsigned reg)
{
    if (kind != ATOM_N)
        wait_for(cycle, kind == ATOM_F ? time->fpr[reg] : time->gpr[reg]);
}

static uint64_t find_issue(const MoleculeTime *time, const Molecule *molecule)
{
    uint64_t cycle = time->now;
    if (molecule->commit)
        wait_for(&cycle, time->all);
    for (unsigned i = 0; i < molecule->count; i++) {
        const Atom *atom = &molecule->atoms[i];
        const AtomInfo *info = atom_info((AtomOp)atom->op);
        wait_for_register(&cycle, time, info->d, atom->d);
        wait_for_register(&cycle, time, info->a, atom->a);
        wait_for_register(&cycle, time, atom->b_imm ? ATOM_N : info->b,
                          atom->b);
        wait_for(&cycle, time->unit[atom->unit]);
        if (atom->op == ATOM_FCR)
            wait_for(&cycle, time->fcr);
    }
    return cycle;
}

static void start_atom(MoleculeTime *time, const Atom *atom, uint64_t ready)
{
    AtomOp op = (AtomOp)atom->op;
    AtomOperand d = atom_info(op)->d;
    uint64_t *results[3];
    unsigned n = 0;
    if (d == ATOM_F)
        results[n++] = &time->fpr[atom->d];
    else if (d == ATOM_G && atom->d != VLIW_SINK)
        results[n++] = &time->gpr[atom->d];
    if (atom_uses_fcr(op) && op != ATOM_FCR)
        results[n++] = &time->fcr;
    if (atom_keeps_unit(op))
        results[n++] = &time->unit[atom->unit];
    for (unsigned i = 0; i < n; i++) {
        wait_for(results[i], ready);
        wait_for(&time->all, ready);
    }
}

uint64_t molecule_issue(MoleculeTime *time, const Molecule *molecule,
                        const VliwDesc *desc)
{
    uint64_t cycle = find_issue(time, molecule);
    for (unsigned i = 0; i < molecule->count; i++) {
        const Atom *atom = &molecule->atoms[i];
        VliwLatency latency = atom_info((AtomOp)atom->op)->latency;
        start_atom(time, atom, cycle + desc->latency[latency]);
    }
    time->now = cycle + 1;
    if (molecule->commit) {
        wait_for(&time->now, time->all);
        time->now += desc->commit;
    }
    return cycle;
}
