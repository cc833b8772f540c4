/* Inside of the lifter: lift.c (the walk, integers, branches, edges),
 * lift_mem.c (loads and stores), lift_fp.c (coprocessor 1), and region.c, which
 * finds what there is to lift. */
#ifndef SELKIRK_FRONTEND_LIFT_IMPL_H
#define SELKIRK_FRONTEND_LIFT_IMPL_H

#include "frontend/lift.h"

/* A load in flight: `to` takes `value`. */
typedef struct LiftFlight {
    IrPending to; /* IR_PENDING_NONE: there is none */
    IrRef value;
} LiftFlight;

/* The region as far as it is lifted. */
typedef struct Lifter {
    IrRegion *region;
    /* Of the instruction before: lands when this one has read its operands. */
    LiftFlight landing;
    LiftFlight flying; /* of this instruction */
    const LiftLimits *limits;
} Lifter;

static inline IrRef lift_op(Lifter *l, IrOp op, IrRef a, IrRef b)
{
    return ir_add(l->region, op, a, b, 0);
}

static inline IrRef lift_unary(Lifter *l, IrOp op, IrRef a)
{
    return ir_add(l->region, op, a, IR_NO_REF, 0);
}

static inline IrRef lift_const(Lifter *l, uint32_t value)
{
    return ir_const(l->region, value);
}

/* The register as this instruction reads it.  The load in flight has not landed
 * yet: all operands are read before the first lift_set_...() or lift_land(). */
IrRef lift_gpr(Lifter *l, unsigned reg);

/* The load in flight lands, if it has not. */
void lift_land(Lifter *l);
/* The instruction's own result; what is in flight lands before it. */
void lift_set_gpr(Lifter *l, unsigned reg, IrRef value);
void lift_set_slot(Lifter *l, IrSlot slot, IrRef value);

/* The instruction's own load; register zero takes none. */
void lift_load_gpr(Lifter *l, unsigned reg, IrRef value);
void lift_load_fpr(Lifter *l, unsigned reg, IrRef value);

/* How an instruction that lift_can() accepts goes on. */
typedef enum LiftBranch {
    LIFT_BRANCH_NONE,
    LIFT_BRANCH_IF,     /* depends on registers or on the FPU's condition */
    LIFT_BRANCH_ALWAYS, /* to a target known now; "b" and "bal" among them */
    LIFT_BRANCH_INDIRECT
} LiftBranch;

LiftBranch lift_branch(const Insn *in);
/* Of LIFT_BRANCH_IF, if taken, and LIFT_BRANCH_ALWAYS, at `pc`. */
uint32_t lift_branch_target(const Insn *in, uint32_t pc);
/* The register that takes the return address, or 0. */
unsigned lift_branch_link(const Insn *in);

/* --- lift_mem.c ----------------------------------------------------------- */

bool lift_is_store(const Insn *in); /* those of coprocessor 1, too */
void lift_memory(Lifter *l, const Insn *in);

/* --- lift_fp.c ------------------------------------------------------------ */

/* Of the classes FMOVE, FLOAD, FSTORE, FP, FCOMP, when the FPU is usable. */
bool lift_can_fp(const Insn *in);
void lift_float(Lifter *l, const Insn *in);
/* Puts a word in one half of a pair. */
void lift_put_fpr(Lifter *l, unsigned reg, IrRef word);
/* FCR31 with the condition, bit 23, as its sign. */
IrRef lift_fp_condition(Lifter *l);

#endif
