/* STRAIGHTEN: exits that are never or always taken. */
#include "optimizer/passes.h"

/* What a value can be, as a set: less than zero, zero, more.  Each condition is
 * such a set, too, and an exit that was passed takes its set from what the
 * value can be. */
enum { NEGATIVE = 1, ZERO = 2, POSITIVE = 4, ANY = 7 };

static unsigned condition(IrOp op)
{
    switch (op) {
    case IR_EXITEQ: return ZERO;
    case IR_EXITNE:
    case IR_FAULTNZ: return NEGATIVE | POSITIVE;
    case IR_EXITLT: return NEGATIVE;
    case IR_EXITGE: return ZERO | POSITIVE;
    case IR_EXITLE: return NEGATIVE | ZERO;
    case IR_EXITGT: return POSITIVE;
    default: return 0;
    }
}

/* What is known of a value where the walk has come to. */
typedef struct Known {
    IrRef root;    /* itself, or the one that it is a copy of */
    uint8_t range; /* of a root */
} Known;

/* What the result of an instruction can be, by its looks. */
static unsigned range_of(const IrInsn *insn, const IrInsn *insns)
{
    switch ((IrOp)insn->op) {
    case IR_CONST:
        return insn->imm == 0 ? ZERO : insn->imm >> 31 ? NEGATIVE : POSITIVE;
    case IR_LD8U:
    case IR_LD16U:
    case IR_SLT:
    case IR_SLTU: return ZERO | POSITIVE;
    case IR_AND: {
        const IrInsn *b = &insns[insn->b];
        bool masks = b->op == IR_CONST && b->imm >> 31 == 0;
        return masks ? ZERO | POSITIVE : ANY;
    }
    default: return ANY;
    }
}

/* Requires: nothing.
 * Ensures: no exit has a condition that is known where it stands; neither has
 * a FAULTNZ that would not fault.
 * Invalidates: the numbers of exit records: those of exits that are gone are
 * gone, too. */
void opt_straighten(IrRegion *region, uint64_t *visits)
{
    Known *known =
        arena_alloc_raw(region->arena, region->insn_count, sizeof *known);
    OptRewrite rw = opt_rewrite(region, 0);
    bool cut = false;
    for (IrRef at = 0; at < rw.count && !cut; at++) {
        const IrInsn *insn = &rw.old[at];
        ++*visits;
        unsigned taken = condition((IrOp)insn->op);
        if (taken == 0) {
            bool copies = insn->op == IR_COPY;
            known[at].root = copies ? known[insn->a].root : at;
            known[at].range = (uint8_t)range_of(insn, rw.old);
            opt_keep(&rw, at);
            continue;
        }
        Known *value = &known[known[insn->a].root];
        if (!(value->range & taken))
            continue;
        cut = !(value->range & ~taken) && insn->op != IR_FAULTNZ;
        if (cut)
            opt_emit_op(&rw, IR_EXIT, IR_NO_REF, IR_NO_REF, insn->imm,
                        insn->guest);
        else
            opt_keep(&rw, at);
        value->range &= (uint8_t)~taken;
    }
    if (region->insn_count < rw.count)
        ir_compact(region);
}
