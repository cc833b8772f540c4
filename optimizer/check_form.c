/* The first part of opt_check(): the form of molecules.
 *
 * Units and formats are the machine's, registers exist, the zero is not written
 * and the sink not read, immediates name what there is, branches lead forward,
 * and a molecule commits what its exit atom says. */
#include "optimizer/check_impl.h"

#include <inttypes.h>
#include <string.h>

bool check_fail(const VliwCode *code, unsigned molecule, Diag *diag,
                const char *format, ...)
{
    char where[64];
    snprintf(where, sizeof where, "code 0x%08" PRIx32 ", molecule %u", code->pc,
             molecule);
    va_list args;
    va_start(args, format);
    diag_error_at(diag, where, format, args);
    va_end(args);
    return false;
}

/* NULL if an atom may name the register so, or what is wrong with it. */
static const char *judge_register(AtomOperand kind, unsigned reg, bool written,
                                  const VliwDesc *desc)
{
    switch (kind) {
    case ATOM_N: return reg ? "a register that it does not take" : NULL;
    case ATOM_F: return reg < desc->fprs ? NULL : "no such register";
    default: break;
    }
    if (reg == VLIW_ZERO)
        return written ? "a write to the zero" : NULL;
    if (reg == VLIW_SINK)
        return written ? NULL : "a read of the sink";
    return reg + 2 < desc->gprs ? NULL : "no such register";
}

/* Whether `imm` says something that is not operand B. */
static bool takes_number(AtomOp op)
{
    switch (op) {
    case ATOM_LDL:
    case ATOM_LDLF:
    case ATOM_STL:
    case ATOM_STLF:
    case ATOM_CP0:
    case ATOM_FCMPS:
    case ATOM_FCMPD: return true;
    default: return atom_info(op)->unit == ATOM_UNIT_BRU;
    }
}

/* The same for `imm`, `protect` and `check`. */
static const char *judge_numbers(const VliwCode *code, unsigned index,
                                 const Atom *atom, const VliwDesc *desc)
{
    AtomOp op = (AtomOp)atom->op;
    const AtomInfo *info = atom_info(op);
    bool load = atom_is_access(op) && info->d != ATOM_N;
    bool store = atom_is_access(op) && info->d == ATOM_N;
    if (atom->b_imm && info->b != ATOM_I)
        return "an immediate where there is none";
    if (atom->imm && !atom->b_imm && !takes_number(op))
        return "a number that it does not take";
    if (atom->guest != 0 && atom->guest >= code->guest_count)
        return "no such guest instruction";
    if (atom->protect > (load ? desc->alias_regs : 0))
        return "no such alias register, or not a load";
    if (atom->check &&
        (!store || (desc->alias_regs < 64 && atom->check >> desc->alias_regs)))
        return "no such alias register, or not a store";
    switch (op) {
    case ATOM_EXIT: return atom->imm < code->exit_count ? NULL : "no such exit";
    case ATOM_LDL:
    case ATOM_LDLF:
    case ATOM_STL:
    case ATOM_STLF:
        return atom->imm < VLIW_LOCALS ? NULL : "no such local word";
    case ATOM_CP0:
        return atom->imm < IR_CP0_COUNT ? NULL : "no such CP0 register";
    case ATOM_FCMPS:
    case ATOM_FCMPD:
        return atom->imm < IR_COND_COUNT ? NULL : "no such condition";
    default: break;
    }
    if (info->unit == ATOM_UNIT_BRU) {
        if (atom->imm >= code->count)
            return "no such molecule to branch to";
        return atom->imm > index ? NULL : "a branch that does not lead forward";
    }
    return NULL;
}

static bool check_atom(const VliwCode *code, unsigned index, const Atom *atom,
                       const VliwDesc *desc, Diag *diag)
{
    if (atom->op >= ATOM_COUNT)
        return check_fail(code, index, diag, "no such atom");
    AtomOp op = (AtomOp)atom->op;
    const AtomInfo *info = atom_info(op);
    if (atom->unit >= VLIW_UNITS || !atom_fits(op, (VliwUnit)atom->unit, desc))
        return check_fail(code, index, diag, "%s does not fit its unit",
                          info->name);
    const char *wrong = judge_register(info->d, atom->d, true, desc);
    if (!wrong)
        wrong = judge_register(info->a, atom->a, false, desc);
    if (!wrong)
        wrong = judge_register(atom->b_imm ? ATOM_N : info->b, atom->b, false,
                               desc);
    if (!wrong)
        wrong = judge_numbers(code, index, atom, desc);
    return !wrong ||
           check_fail(code, index, diag, "%s has %s", info->name, wrong);
}

/* The register that the atom writes, as bit of a mask: general registers, then
 * those of floating point in the other one.  The sink is none. */
static void add_written(const Atom *atom, uint64_t mask[2])
{
    AtomOperand d = atom_info((AtomOp)atom->op)->d;
    mask[0] = mask[1] = 0;
    if (d == ATOM_F)
        mask[1] = (uint64_t)1 << atom->d;
    else if (d == ATOM_G && atom->d != VLIW_SINK)
        mask[0] = (uint64_t)1 << atom->d;
}

/* Exit atom and commit agree, and only exits leave. */
static bool check_commit(const VliwCode *code, unsigned index, Diag *diag)
{
    const Molecule *molecule = &code->molecules[index];
    const Atom *exit = NULL;
    for (unsigned i = 0; i < molecule->count; i++)
        if (molecule->atoms[i].op == ATOM_EXIT)
            exit = &molecule->atoms[i];
    if (molecule->commit > code->exit_count)
        return check_fail(code, index, diag, "commits no record that there is");
    if (exit && molecule->commit != exit->imm + 1)
        return check_fail(code, index, diag,
                          "leaves by x%" PRIu32 " without committing it",
                          exit->imm);
    if (!molecule->commit)
        return true;
    bool leaves = code->exits[molecule->commit - 1].kind != IR_EXIT_COMMIT;
    if (leaves != (exit != NULL))
        return check_fail(code, index, diag,
                          leaves ? "commits exit x%u without leaving by it"
                                 : "leaves by the commit record x%u",
                          molecule->commit - 1u);
    return true;
}

static bool check_molecule(const VliwCode *code, unsigned index,
                           const VliwDesc *desc, Diag *diag)
{
    const Molecule *molecule = &code->molecules[index];
    uint64_t written[2] = {0, 0}, mask[2];
    unsigned units = 0;
    if (molecule->count > VLIW_UNITS)
        return check_fail(code, index, diag, "more atoms than units");
    for (unsigned i = 0; i < molecule->count; i++) {
        const Atom *atom = &molecule->atoms[i];
        if (!check_atom(code, index, atom, desc, diag))
            return false;
        if (units & 1u << atom->unit)
            return check_fail(code, index, diag, "two atoms in %s",
                              vliw_unit_name((VliwUnit)atom->unit));
        units |= 1u << atom->unit;
        add_written(atom, mask);
        if ((written[0] & mask[0]) || (written[1] & mask[1]))
            return check_fail(code, index, diag, "two writes to %c%u",
                              mask[1] ? 'f' : 'r', atom->d);
        written[0] |= mask[0];
        written[1] |= mask[1];
    }
    unsigned size = molecule_size(molecule->atoms, molecule->count, desc);
    if (size == 0)
        return check_fail(code, index, diag, "no format has room for it");
    if (size != molecule->size)
        return check_fail(code, index, diag, "it takes %u bytes, not %u", size,
                          molecule->size);
    return check_commit(code, index, diag);
}

static bool same_exit(const IrExit *x, const IrExit *y)
{
    return x->kind == y->kind && x->hint == y->hint && x->pc == y->pc &&
           x->link == y->link && x->insns == y->insns &&
           x->pending == y->pending;
}

/* What the code says of itself: it is the region's, and its numbers agree. */
static bool check_header(const VliwCode *code, const IrRegion *region,
                         Diag *diag)
{
    const IrContext *x = &code->context, *y = &region->context;
    if (code->pc != region->pc || x->user != y->user || x->fpu != y->fpu ||
        x->big != y->big || x->pending != y->pending)
        return check_fail(code, 0, diag, "not the region's entry");
    if (code->guest_count != region->guest_count)
        return check_fail(code, 0, diag, "not the region's instructions");
    for (unsigned i = 0; i < code->guest_count; i++)
        if (code->guests[i].pc != region->guests[i].pc ||
            code->guests[i].word != region->guests[i].word)
            return check_fail(code, 0, diag, "not the region's instructions");
    bool exits = code->exit_count == region->exit_count;
    for (unsigned i = 0; exits && i < code->exit_count; i++)
        exits = same_exit(&code->exits[i], &region->exits[i]);
    if (!exits)
        return check_fail(code, 0, diag, "not the region's exits");
    uint32_t size = 0;
    for (unsigned i = 0; i < code->count; i++)
        size += code->molecules[i].size;
    if (size != code->size)
        return check_fail(code, 0, diag,
                          "all take %" PRIu32 " bytes, not %" PRIu32, size,
                          code->size);
    if (code->main_count == 0 || code->main_count > code->count)
        return check_fail(code, 0, diag, "no main path");
    if (code->bound > code->length)
        return check_fail(code, 0, diag, "length %u is below the bound %u",
                          code->length, code->bound);
    return true;
}

bool check_form(const VliwCode *code, const IrRegion *region,
                const VliwDesc *desc, Diag *diag)
{
    for (unsigned i = 0; i < code->count; i++)
        if (!check_molecule(code, i, desc, diag))
            return false;
    return check_header(code, region, diag);
}
