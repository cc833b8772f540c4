/* DEAD: values that nobody uses, guest registers that are written for
 * nothing. */
#include "optimizer/passes.h"

typedef struct Dead {
    const IrInsn *insns;
    bool *live;
    /* Going backwards.  Bit of a slot: it is written before anybody can see
     * what it holds here. */
    uint64_t overwritten;
    /* The PUT that gives a slot the value it had at a GET, while it is not
     * known yet whether that GET is what it still holds. */
    IrRef restore[IR_SLOT_COUNT];
} Dead;

_Static_assert(IR_SLOT_COUNT <= 64, "slots fit in a set of 64 bits");

static void mark_operands(Dead *d, const IrInsn *insn)
{
    if (insn->a != IR_NO_REF)
        d->live[insn->a] = true;
    if (insn->b != IR_NO_REF)
        d->live[insn->b] = true;
}

static void mark(Dead *d, IrRef at)
{
    d->live[at] = true;
    mark_operands(d, &d->insns[at]);
}

/* The slot is written here, after a GET whose value a later PUT restores: that
 * PUT is needed. */
static void settle(Dead *d, uint32_t slot)
{
    if (d->restore[slot] == IR_NO_REF)
        return;
    mark(d, d->restore[slot]);
    d->restore[slot] = IR_NO_REF;
}

static void visit_put(Dead *d, IrRef at)
{
    const IrInsn *put = &d->insns[at], *value = &d->insns[put->a];
    uint32_t slot = put->imm;
    if (d->overwritten >> slot & 1)
        return;
    d->overwritten |= UINT64_C(1) << slot;
    bool restores =
        (value->op == IR_GET || value->op == IR_GETF) && value->imm == slot;
    /* Exits look at whether these two were PUT (ir_verify()). */
    if (slot == IR_SLOT_PC || slot == IR_SLOT_LD)
        restores = false;
    IrRef later = d->restore[slot];
    if (restores && later != IR_NO_REF && d->insns[later].a == put->a) {
        d->restore[slot] = at; /* the later one restores what is there */
        return;
    }
    settle(d, slot);
    if (restores)
        d->restore[slot] = at;
    else
        mark(d, at);
}

static void visit_get(Dead *d, IrRef at)
{
    uint32_t slot = d->insns[at].imm;
    IrRef later = d->restore[slot];
    if (later != IR_NO_REF && d->insns[later].a == at) {
        /* Nothing wrote the slot in between: the PUT changes nothing, and who
         * sees the slot after it sees what it holds here. */
        d->restore[slot] = IR_NO_REF;
        d->overwritten &= ~(UINT64_C(1) << slot);
    }
    if (d->live[at])
        d->overwritten &= ~(UINT64_C(1) << slot);
}

/* Requires: nothing.
 * Ensures: what is left is used: values by others; a PUT by an exit or commit,
 * for which it changes the slot.  What may fault is left, used or not: its
 * fault can be a guest's exception.
 * Invalidates: nothing. */
void opt_dead(IrRegion *region, uint64_t *visits)
{
    Dead d = {
        .insns = region->insns,
        .live = arena_alloc(region->arena, region->insn_count, sizeof *d.live)};
    for (unsigned slot = 0; slot < IR_SLOT_COUNT; slot++)
        d.restore[slot] = IR_NO_REF;

    for (IrRef at = region->insn_count; at-- > 0;) {
        const IrInsn *insn = &d.insns[at];
        switch ((IrOp)insn->op) {
        case IR_PUT:
        case IR_PUTF: visit_put(&d, at); continue;
        case IR_GET:
        case IR_GETF: visit_get(&d, at); continue;
        case IR_FCR: continue; /* as pure here: reads, changes nothing */
        default: break;
        }
        if (ir_op_has((IrOp)insn->op, IR_IS_LEAVE))
            d.overwritten = 0;
        if (!ir_op_has((IrOp)insn->op, IR_IS_PURE))
            d.live[at] = true;
        if (d.live[at])
            mark_operands(&d, insn);
    }

    OptRewrite rw = opt_rewrite(region, 0);
    *visits += 2 * rw.count;
    for (IrRef at = 0; at < rw.count; at++)
        if (d.live[at])
            opt_keep(&rw, at);
}
