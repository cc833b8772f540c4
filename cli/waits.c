/* Which molecule another one waits for; see waits.h. */
#include "cli/waits.h"

static void take_later(WaitsMade *best, const WaitsMade *made)
{
    if (best->ready < made->ready)
        *best = *made;
}

static void take_register(WaitsMade *best, const Waits *w, AtomOperand kind,
                          unsigned reg)
{
    if (kind != ATOM_N)
        take_later(best, kind == ATOM_F ? &w->fpr[reg] : &w->gpr[reg]);
}

bool waits_find(const Waits *w, const Molecule *molecule, uint64_t cycle,
                uint64_t *row)
{
    WaitsMade best = {.ready = cycle};
    if (molecule->commit)
        take_later(&best, &w->last);
    for (unsigned i = 0; i < molecule->count; i++) {
        const Atom *atom = &molecule->atoms[i];
        const AtomInfo *info = atom_info((AtomOp)atom->op);
        take_register(&best, w, info->d, atom->d);
        take_register(&best, w, info->a, atom->a);
        take_register(&best, w, atom->b_imm ? ATOM_N : info->b, atom->b);
        take_later(&best, &w->unit[atom->unit]);
        if (atom->op == ATOM_FCR)
            take_later(&best, &w->fcr);
    }
    *row = best.row;
    return best.ready > cycle;
}

void waits_issue(Waits *w, const Molecule *molecule, const VliwDesc *desc,
                 uint64_t cycle, uint64_t row)
{
    for (unsigned i = 0; i < molecule->count; i++) {
        const Atom *atom = &molecule->atoms[i];
        AtomOp op = (AtomOp)atom->op;
        const AtomInfo *info = atom_info(op);
        WaitsMade made = {.row = row,
                          .ready = cycle + desc->latency[info->latency]};
        if (info->d == ATOM_F)
            take_later(&w->fpr[atom->d], &made);
        else if (info->d == ATOM_G && atom->d != VLIW_SINK)
            take_later(&w->gpr[atom->d], &made);
        if (atom_uses_fcr(op) && op != ATOM_FCR)
            take_later(&w->fcr, &made);
        if (atom_keeps_unit(op))
            take_later(&w->unit[atom->unit], &made);
        if (info->d != ATOM_N || atom_uses_fcr(op) || atom_keeps_unit(op))
            take_later(&w->last, &made);
    }
}
