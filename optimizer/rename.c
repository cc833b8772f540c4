/* RENAME: guest registers become values. */
#include "optimizer/passes.h"

/* Requires: nothing.
 * Ensures: a slot is read by at most one GET or GETF, and these stand before
 * everything else; PUTs are as they were.
 * Invalidates: nothing.
 *
 * In straight-line code a slot holds what was PUT last, or what it held at the
 * entry.  Commits do not change that: values go on across them. */
void opt_rename(IrRegion *region, uint64_t *visits)
{
    IrRef entry[IR_SLOT_COUNT]; /* the GET at the start */
    bool written[IR_SLOT_COUNT] = {false};
    for (unsigned slot = 0; slot < IR_SLOT_COUNT; slot++)
        entry[slot] = IR_NO_REF;
    OptRewrite rw = opt_rewrite(region, 0);
    *visits += 2 * rw.count;

    for (IrRef at = 0; at < rw.count; at++) {
        const IrInsn *insn = &rw.old[at];
        if (!ir_op_has((IrOp)insn->op, IR_IS_STATE))
            continue;
        if (insn->op == IR_PUT || insn->op == IR_PUTF)
            written[insn->imm] = true;
        else if (!written[insn->imm] && entry[insn->imm] == IR_NO_REF)
            entry[insn->imm] = opt_emit_op(&rw, (IrOp)insn->op, IR_NO_REF,
                                           IR_NO_REF, insn->imm, 0);
    }
    IrRef *value = entry; /* of each slot, as the region goes on */
    for (IrRef at = 0; at < rw.count; at++) {
        const IrInsn *insn = &rw.old[at];
        if (insn->op == IR_GET || insn->op == IR_GETF) {
            rw.map[at] = value[insn->imm];
            continue;
        }
        opt_keep(&rw, at);
        if (insn->op == IR_PUT || insn->op == IR_PUTF)
            value[insn->imm] = rw.map[insn->a];
    }
}
