/* Lifting: plans to IR.
 *
 * The guest's instructions are lifted one by one, in the order of execution.
 * Registers are read by GET and written by PUT, at every use; the RENAME pass
 * makes values of them.  What is left to do here are the R3000's delays.
 *
 * Loads.  A load's memory access is where the load is.  Its value stays a value
 * (LiftFlight) while the next instruction reads its operands, and is PUT after
 * that and before the next instruction's own result.  Every handler reads
 * first, and every write lands what is in flight first, so the order cannot be
 * missed.  At an edge the value goes to slot LD, and the exit record names the
 * register; a region that is entered so begins with GET LD.
 *
 * Branches.  The condition, or the target, is computed where the branch is;
 * then comes the delay slot; then the exit to the side that the region does not
 * follow.  A region never ends between the two.
 *
 * Faults.  What fails is undone and interpreted, so an instruction may be
 * lifted in any order within itself.  Instructions that always leave the
 * ordinary path, or write what regions take for constant, are not lifted. */
#include "frontend/lift_impl.h"

#include "frontend/state.h"

/* --- Registers ------------------------------------------------------------ */

IrRef lift_gpr(Lifter *l, unsigned reg)
{
    if (reg == 0)
        return lift_const(l, 0);
    return ir_add(l->region, IR_GET, IR_NO_REF, IR_NO_REF, reg);
}

static IrRef get_slot(Lifter *l, IrSlot slot)
{
    return ir_add(l->region, IR_GET, IR_NO_REF, IR_NO_REF, slot);
}

static void put_slot(Lifter *l, IrSlot slot, IrRef value)
{
    ir_add(l->region, IR_PUT, value, IR_NO_REF, slot);
}

void lift_land(Lifter *l)
{
    LiftFlight f = l->landing;
    l->landing.to = IR_PENDING_NONE;
    if (f.to >= IR_PENDING_FPR)
        lift_put_fpr(l, f.to - IR_PENDING_FPR, f.value);
    else if (f.to != IR_PENDING_NONE)
        put_slot(l, (IrSlot)f.to, f.value);
}

void lift_set_slot(Lifter *l, IrSlot slot, IrRef value)
{
    lift_land(l);
    put_slot(l, slot, value);
}

void lift_set_gpr(Lifter *l, unsigned reg, IrRef value)
{
    if (reg != 0)
        lift_set_slot(l, (IrSlot)reg, value);
}

void lift_load_gpr(Lifter *l, unsigned reg, IrRef value)
{
    if (l->limits->interlocked)
        lift_set_gpr(l, reg, value);
    else
        l->flying = (LiftFlight){(IrPending)reg, value};
}

void lift_load_fpr(Lifter *l, unsigned reg, IrRef value)
{
    l->flying = (LiftFlight){(IrPending)(IR_PENDING_FPR + reg), value};
}

/* --- Integer instructions ------------------------------------------------- */

/* An ALU instruction's result is all that it does; "nop" is one. */
static bool is_no_op(const Insn *in)
{
    switch (insn_info(in->op)->format) {
    case INSN_FORMAT_RD_RS_RT:
    case INSN_FORMAT_RD_RT_RS:
    case INSN_FORMAT_RD_RT_SA: return in->rd == 0;
    default: return in->rt == 0;
    }
}

/* Is 0 op b the same as b? */
static bool is_move(IrOp op)
{
    return op == IR_ADD || op == IR_OR || op == IR_XOR;
}

/* "move" and "li" are common enough to be seen here, for the sake of code that
 * is not optimized. */
static void lift_binary(Lifter *l, IrOp op, const Insn *in)
{
    IrRef value;
    if (in->rt == 0 && (is_move(op) || op == IR_SUB)) {
        value = lift_gpr(l, in->rs);
    } else if (in->rs == 0 && is_move(op)) {
        value = lift_gpr(l, in->rt);
    } else {
        IrRef a = lift_gpr(l, in->rs);
        value = lift_op(l, op, a, lift_gpr(l, in->rt));
    }
    lift_set_gpr(l, in->rd, value);
}

static void lift_immediate(Lifter *l, IrOp op, const Insn *in)
{
    IrRef value = lift_const(l, in->imm);
    if (in->rs != 0 || !is_move(op))
        value = lift_op(l, op, lift_gpr(l, in->rs), value);
    lift_set_gpr(l, in->rt, value);
}

static void lift_shift(Lifter *l, IrOp op, const Insn *in)
{
    IrRef a = lift_gpr(l, in->rt), b = lift_const(l, in->imm);
    lift_set_gpr(l, in->rd, lift_op(l, op, a, b));
}

/* IR shifts count modulo 32, as the R3000's do. */
static void lift_shift_variable(Lifter *l, IrOp op, const Insn *in)
{
    IrRef count = lift_gpr(l, in->rs), a = lift_gpr(l, in->rt);
    lift_set_gpr(l, in->rd, lift_op(l, op, a, count));
}

/* A sum without overflow is less than `a` exactly if `b` is negative. */
static void lift_add_overflow(Lifter *l, const Insn *in)
{
    IrRef a = lift_gpr(l, in->rs), b = lift_gpr(l, in->rt);
    IrRef sum = lift_op(l, IR_ADD, a, b);
    IrRef less = lift_op(l, IR_SLT, sum, a);
    IrRef negative = lift_op(l, IR_SHR, b, lift_const(l, 31));
    lift_unary(l, IR_FAULTNZ, lift_op(l, IR_XOR, less, negative));
    lift_set_gpr(l, in->rd, sum);
}

/* A difference without overflow is more than `a` exactly if `b` is negative. */
static void lift_sub_overflow(Lifter *l, const Insn *in)
{
    IrRef a = lift_gpr(l, in->rs), b = lift_gpr(l, in->rt);
    IrRef difference = lift_op(l, IR_SUB, a, b);
    IrRef more = lift_op(l, IR_SLT, a, difference);
    IrRef negative = lift_op(l, IR_SHR, b, lift_const(l, 31));
    lift_unary(l, IR_FAULTNZ, lift_op(l, IR_XOR, more, negative));
    lift_set_gpr(l, in->rd, difference);
}

/* The same for an addend whose sign is known. */
static void lift_addi_overflow(Lifter *l, const Insn *in)
{
    IrRef a = lift_gpr(l, in->rs), b = lift_const(l, in->imm);
    IrRef sum = lift_op(l, IR_ADD, a, b);
    bool negative = in->imm >> 31;
    lift_unary(l, IR_FAULTNZ,
               negative ? lift_op(l, IR_SLT, a, sum)
                        : lift_op(l, IR_SLT, sum, a));
    lift_set_gpr(l, in->rt, sum);
}

static void lift_multiply(Lifter *l, IrOp high, const Insn *in)
{
    IrRef a = lift_gpr(l, in->rs), b = lift_gpr(l, in->rt);
    lift_set_slot(l, IR_SLOT_LO, lift_op(l, IR_MUL, a, b));
    lift_set_slot(l, IR_SLOT_HI, lift_op(l, high, a, b));
}

/* The remainder is a - q * b also where division has no result: by zero the
 * R3000 leaves the dividend, which is a - q * 0 for any q; and of INT_MIN / -1
 * it leaves zero, which is INT_MIN - INT_MIN * -1 modulo 2^32.  Elsewhere it is
 * the definition. */
static void lift_divide(Lifter *l, IrOp op, const Insn *in)
{
    IrRef a = lift_gpr(l, in->rs), b = lift_gpr(l, in->rt);
    if (l->limits->divide_traps)
        lift_unary(l, IR_FAULTNZ, lift_op(l, IR_SLTU, b, lift_const(l, 1)));
    IrRef q = lift_op(l, op, a, b);
    IrRef product = lift_op(l, IR_MUL, q, b);
    lift_set_slot(l, IR_SLOT_LO, q);
    lift_set_slot(l, IR_SLOT_HI, lift_op(l, IR_SUB, a, product));
}

static void lift_integer(Lifter *l, const Insn *in)
{
    switch ((InsnOp)in->op) {
    case INSN_SLL: lift_shift(l, IR_SHL, in); break;
    case INSN_SRL: lift_shift(l, IR_SHR, in); break;
    case INSN_SRA: lift_shift(l, IR_SAR, in); break;
    case INSN_SLLV: lift_shift_variable(l, IR_SHL, in); break;
    case INSN_SRLV: lift_shift_variable(l, IR_SHR, in); break;
    case INSN_SRAV: lift_shift_variable(l, IR_SAR, in); break;

    case INSN_ADDU: lift_binary(l, IR_ADD, in); break;
    case INSN_SUBU: lift_binary(l, IR_SUB, in); break;
    case INSN_AND: lift_binary(l, IR_AND, in); break;
    case INSN_OR: lift_binary(l, IR_OR, in); break;
    case INSN_XOR: lift_binary(l, IR_XOR, in); break;
    case INSN_NOR: lift_binary(l, IR_NOR, in); break;
    case INSN_SLT: lift_binary(l, IR_SLT, in); break;
    case INSN_SLTU: lift_binary(l, IR_SLTU, in); break;
    case INSN_ADD: lift_add_overflow(l, in); break;
    case INSN_SUB: lift_sub_overflow(l, in); break;

    case INSN_ADDIU: lift_immediate(l, IR_ADD, in); break;
    case INSN_SLTI: lift_immediate(l, IR_SLT, in); break;
    case INSN_SLTIU: lift_immediate(l, IR_SLTU, in); break;
    case INSN_ANDI: lift_immediate(l, IR_AND, in); break;
    case INSN_ORI: lift_immediate(l, IR_OR, in); break;
    case INSN_XORI: lift_immediate(l, IR_XOR, in); break;
    case INSN_LUI: lift_set_gpr(l, in->rt, lift_const(l, in->imm << 16)); break;
    case INSN_ADDI: lift_addi_overflow(l, in); break;

    case INSN_MFHI: lift_set_gpr(l, in->rd, get_slot(l, IR_SLOT_HI)); break;
    case INSN_MFLO: lift_set_gpr(l, in->rd, get_slot(l, IR_SLOT_LO)); break;
    case INSN_MTHI: lift_set_slot(l, IR_SLOT_HI, lift_gpr(l, in->rs)); break;
    case INSN_MTLO: lift_set_slot(l, IR_SLOT_LO, lift_gpr(l, in->rs)); break;
    case INSN_MULT: lift_multiply(l, IR_MULH, in); break;
    case INSN_MULTU: lift_multiply(l, IR_MULHU, in); break;
    case INSN_DIV: lift_divide(l, IR_DIV, in); break;
    case INSN_DIVU: lift_divide(l, IR_DIVU, in); break;

    default: /* MFC0 is the only one of its class */
        lift_load_gpr(l, in->rt,
                      ir_add(l->region, IR_CP0, IR_NO_REF, IR_NO_REF, in->rd));
        break;
    }
}

/* --- What can be lifted --------------------------------------------------- */

/* CP0 registers that no region changes.  Random is not one: it counts
 * instructions.  Those of other banks, which MIPS-161 has, are left alone. */
static bool is_constant_cp0(const Insn *in)
{
    if (in->imm & 7)
        return false;
    switch (in->rd) {
    case CP0_INDEX:
    case CP0_ENTRYLO:
    case CP0_CONTEXT:
    case CP0_BADVADDR:
    case CP0_ENTRYHI:
    case CP0_STATUS:
    case CP0_CAUSE:
    case CP0_EPC:
    case CP0_PRID: return true;
    default: return false;
    }
}

unsigned lift_contexts(const Insn *in)
{
    enum { NONE = 0, KERNEL = 1 | 1 << 2, FPU = 1 << 2 | 1 << 3, ALL = 15 };
    switch (insn_info(in->op)->cls) {
    case INSN_CLASS_ALU:
    case INSN_CLASS_ALU_OVF:
    case INSN_CLASS_MULDIV:
    case INSN_CLASS_HILO:
    case INSN_CLASS_LOAD:
    case INSN_CLASS_STORE:
    case INSN_CLASS_JUMP: return ALL;
    case INSN_CLASS_BRANCH:
        if (insn_info(in->op)->format != INSN_FORMAT_BRANCH)
            return ALL;
        return in->op == INSN_BC1F || in->op == INSN_BC1T ? FPU : NONE;
    case INSN_CLASS_CP0:
        return in->op == INSN_MFC0 && is_constant_cp0(in) ? KERNEL : NONE;
    case INSN_CLASS_FMOVE:
    case INSN_CLASS_FLOAD:
    case INSN_CLASS_FSTORE:
    case INSN_CLASS_FP:
    case INSN_CLASS_FCOMP: return lift_can_fp(in) ? FPU : NONE;
    case INSN_CLASS_TRAP:
    case INSN_CLASS_ABSENT: break;
    }
    return NONE;
}

static void lift_insn(Lifter *l, const Insn *in)
{
    switch (insn_info(in->op)->cls) {
    case INSN_CLASS_ALU:
        if (!is_no_op(in))
            lift_integer(l, in);
        break;
    case INSN_CLASS_LOAD:
    case INSN_CLASS_STORE: lift_memory(l, in); break;
    case INSN_CLASS_FMOVE:
    case INSN_CLASS_FLOAD:
    case INSN_CLASS_FSTORE:
    case INSN_CLASS_FP:
    case INSN_CLASS_FCOMP: lift_float(l, in); break;
    default: lift_integer(l, in); break;
    }
}

/* --- Branches ------------------------------------------------------------- */

LiftBranch lift_branch(const Insn *in)
{
    switch ((InsnOp)in->op) {
    case INSN_J:
    case INSN_JAL: return LIFT_BRANCH_ALWAYS;
    case INSN_JR:
    case INSN_JALR: return LIFT_BRANCH_INDIRECT;
    case INSN_BEQ:
        return in->rs == in->rt ? LIFT_BRANCH_ALWAYS : LIFT_BRANCH_IF;
    case INSN_BLEZ:
    case INSN_BGEZ:
    case INSN_BGEZAL: return in->rs == 0 ? LIFT_BRANCH_ALWAYS : LIFT_BRANCH_IF;
    case INSN_BNE:
    case INSN_BGTZ:
    case INSN_BLTZ:
    case INSN_BLTZAL:
    case INSN_BC1F:
    case INSN_BC1T: return LIFT_BRANCH_IF;
    default: return LIFT_BRANCH_NONE;
    }
}

uint32_t lift_branch_target(const Insn *in, uint32_t pc)
{
    if (in->op == INSN_J || in->op == INSN_JAL)
        return ((pc + 4) & 0xf0000000) | in->imm;
    return pc + 4 + in->imm;
}

unsigned lift_branch_link(const Insn *in)
{
    switch ((InsnOp)in->op) {
    case INSN_JAL:
    case INSN_BLTZAL:
    case INSN_BGEZAL: return 31;
    case INSN_JALR: return in->rd;
    default: return 0;
    }
}

/* A test of a value against zero: the exit that leaves if it holds. */
typedef struct Test {
    IrOp exit;
    IrRef value;
} Test;

static Test taken_test(Lifter *l, const Insn *in)
{
    if (in->op == INSN_BC1F || in->op == INSN_BC1T)
        return (Test){in->op == INSN_BC1T ? IR_EXITLT : IR_EXITGE,
                      lift_fp_condition(l)};
    if (in->op == INSN_BEQ || in->op == INSN_BNE) {
        IrRef value = lift_gpr(l, in->rs ? in->rs : in->rt);
        if (in->rs != 0 && in->rt != 0)
            value = lift_op(l, IR_XOR, value, lift_gpr(l, in->rt));
        return (Test){in->op == INSN_BEQ ? IR_EXITEQ : IR_EXITNE, value};
    }
    IrRef value = lift_gpr(l, in->rs);
    switch ((InsnOp)in->op) {
    case INSN_BLEZ: return (Test){IR_EXITLE, value};
    case INSN_BGTZ: return (Test){IR_EXITGT, value};
    case INSN_BLTZ:
    case INSN_BLTZAL: return (Test){IR_EXITLT, value};
    default: return (Test){IR_EXITGE, value}; /* BGEZ, BGEZAL */
    }
}

static IrOp opposite(IrOp exit)
{
    switch (exit) {
    case IR_EXITEQ: return IR_EXITNE;
    case IR_EXITNE: return IR_EXITEQ;
    case IR_EXITLT: return IR_EXITGE;
    case IR_EXITGE: return IR_EXITLT;
    case IR_EXITLE: return IR_EXITGT;
    default: return IR_EXITLE;
    }
}

/* --- Edges ---------------------------------------------------------------- */

/* The state at an edge: what is in flight, and what is done. */
static unsigned add_exit(Lifter *l, IrExit exit, unsigned insns)
{
    exit.insns = insns;
    exit.pending = l->landing.to;
    return ir_add_exit(l->region, &exit);
}

static void put_flight(Lifter *l)
{
    if (l->landing.to != IR_PENDING_NONE)
        put_slot(l, IR_SLOT_LD, l->landing.value);
}

static IrExit direct_exit(uint32_t pc)
{
    return (IrExit){.kind = IR_EXIT_DIRECT, .pc = pc};
}

/* Where a branch or jump leads when it is taken. */
static IrExit taken_exit(const LiftInsn *at)
{
    IrExit exit = {.kind = IR_EXIT_DIRECT};
    if (lift_branch(&at->insn) == LIFT_BRANCH_INDIRECT)
        exit.kind = IR_EXIT_INDIRECT;
    else
        exit.pc = lift_branch_target(&at->insn, at->pc);
    if (lift_branch_link(&at->insn)) {
        exit.hint = IR_HINT_CALL;
        exit.link = at->pc + 8;
    } else if (exit.kind == IR_EXIT_INDIRECT && at->insn.rs == 31) {
        exit.hint = IR_HINT_RETURN;
    }
    return exit;
}

/* --- The walk ------------------------------------------------------------- */

typedef struct Walk {
    Lifter l;
    const LiftPlan *plan;
    unsigned done;   /* instructions of the plan that are lifted */
    unsigned begun;  /* instructions that were done at the last commit */
    unsigned stores; /* since then */
} Walk;

static void begin_insn(Walk *w)
{
    const LiftInsn *at = &w->plan->insns[w->done];
    ir_add_guest(w->l.region, at->pc, at->word);
    if (w->done == 0 && w->plan->context.pending != IR_PENDING_NONE) {
        w->l.landing.to = w->plan->context.pending;
        w->l.landing.value = get_slot(&w->l, IR_SLOT_LD);
    }
}

static void end_insn(Walk *w)
{
    lift_land(&w->l);
    w->l.landing = w->l.flying;
    w->l.flying.to = IR_PENDING_NONE;
    w->done++;
}

/* Before `count` instructions that stay together: commits what is done if with
 * them it would be too much, or if they fail often. */
static void commit_before(Walk *w, unsigned count)
{
    const LiftLimits *limits = w->l.limits;
    const LiftInsn *at = &w->plan->insns[w->done];
    unsigned done = w->done - w->begun, stores = 0;
    bool fails = false;
    for (unsigned i = 0; i < count; i++) {
        stores += lift_is_store(&at[i].insn);
        fails |= at[i].fails;
    }
    bool many_stores =
        stores > 0 && w->stores > 0 && w->stores + stores > limits->stores;
    bool many_insns =
        limits->commit > 0 && done > 0 && done + count > limits->commit;
    if (many_stores || many_insns || (fails && done > 0)) {
        put_flight(&w->l);
        IrExit exit = {.kind = IR_EXIT_COMMIT,
                       .hint = fails ? IR_HINT_FAILS : IR_HINT_NONE,
                       .pc = at->pc};
        ir_add(w->l.region, IR_COMMIT, IR_NO_REF, IR_NO_REF,
               add_exit(&w->l, exit, w->done));
        w->begun = w->done;
        w->stores = 0;
    }
    w->stores += stores;
}

static void walk_insn(Walk *w)
{
    begin_insn(w);
    lift_insn(&w->l, &w->plan->insns[w->done].insn);
    end_insn(w);
}

/* A branch or jump up to its delay slot: what leaves if it is taken.  The
 * target of an indirect one is put in slot PC. */
static Test walk_branch(Walk *w)
{
    Lifter *l = &w->l;
    const LiftInsn *at = &w->plan->insns[w->done];
    begin_insn(w);
    Test test = {IR_EXIT, IR_NO_REF};
    LiftBranch branch = lift_branch(&at->insn);
    if (branch == LIFT_BRANCH_IF) {
        test = taken_test(l, &at->insn);
    } else if (branch == LIFT_BRANCH_INDIRECT) {
        test.value = lift_gpr(l, at->insn.rs);
        lift_set_slot(l, IR_SLOT_PC, test.value);
    }
    unsigned link = lift_branch_link(&at->insn);
    if (link)
        lift_set_gpr(l, link, lift_const(l, at->pc + 8));
    end_insn(w);
    return test;
}

static void leave(Walk *w, IrOp op, IrRef value, IrExit exit)
{
    ir_add(w->l.region, op, value, IR_NO_REF, add_exit(&w->l, exit, w->done));
}

/* The end of the region, at the address `exit` has. */
static void finish(Walk *w, IrExit exit)
{
    if (w->plan->interpret)
        exit.kind = IR_EXIT_INTERPRET;
    leave(w, IR_EXIT, IR_NO_REF, exit);
}

/* A branch or jump, its delay slot, and the exits.  True: the region ends. */
static bool walk_pair(Walk *w)
{
    const LiftInsn *at = &w->plan->insns[w->done];
    Test test = walk_branch(w);
    walk_insn(w);
    bool last = w->done == w->plan->count;
    IrExit taken = taken_exit(at), next = direct_exit(at->pc + 8);
    LiftBranch branch = lift_branch(&at->insn);
    if (branch == LIFT_BRANCH_ALWAYS && !last)
        return false;
    put_flight(&w->l);
    if (branch == LIFT_BRANCH_ALWAYS) {
        finish(w, taken);
    } else if (branch == LIFT_BRANCH_IF) {
        if (at->taken)
            leave(w, opposite(test.exit), test.value, next);
        else
            leave(w, test.exit, test.value, taken);
        if (last)
            finish(w, at->taken ? taken : next);
    } else if (last) {
        leave(w, IR_EXIT, IR_NO_REF, taken);
    } else {
        IrRef likely = lift_const(&w->l, at->target);
        IrRef differ = lift_op(&w->l, IR_XOR, test.value, likely);
        leave(w, IR_EXITNE, differ, taken);
    }
    return last;
}

/* IR instructions that a guest instruction seldom has more of, exits included.
 */
enum { LIKELY_INSNS = 7 };

IrRegion *lift_region(Arena *arena, const LiftPlan *plan,
                      const LiftLimits *limits)
{
    Walk w = {.l = {.limits = limits}, .plan = plan};
    w.l.region = ir_region(arena, plan->pc, plan->context);
    ir_reserve(w.l.region, LIKELY_INSNS * (plan->count + 1), plan->count + 1);
    while (w.done < plan->count) {
        if (lift_branch(&plan->insns[w.done].insn) != LIFT_BRANCH_NONE) {
            commit_before(&w, 2);
            if (walk_pair(&w))
                return w.l.region;
        } else {
            commit_before(&w, 1);
            walk_insn(&w);
        }
    }
    put_flight(&w.l);
    finish(&w, direct_exit(plan->next));
    return w.l.region;
}
