/* The rules of ir.h, checked. */
#include "ir/ir.h"

#include <inttypes.h>

typedef struct Verifier {
    const IrRegion *region;
    Diag *diag;
    bool *used;          /* exit records, by number */
    bool has_pc, has_ld; /* the slot was PUT so far */
    uint32_t insns;      /* of the latest exit */
} Verifier;

/* Says which instruction breaks a rule, and how. */
__attribute__((format(printf, 3, 4))) static bool
fail(const Verifier *v, IrRef at, const char *format, ...)
{
    IrOp op = (IrOp)v->region->insns[at].op;
    char where[96];
    snprintf(where, sizeof where, "region 0x%08" PRIx32 ": %%%" PRIu32 " (%s)",
             v->region->pc, at, op < IR_OP_COUNT ? ir_op_info(op)->name : "?");
    va_list args;
    va_start(args, format);
    diag_error_at(v->diag, where, format, args);
    va_end(args);
    return false;
}

/* The same for what belongs to no instruction. */
__attribute__((format(printf, 2, 3))) static bool
fail_region(const Verifier *v, const char *format, ...)
{
    char where[32];
    snprintf(where, sizeof where, "region 0x%08" PRIx32, v->region->pc);
    va_list args;
    va_start(args, format);
    diag_error_at(v->diag, where, format, args);
    va_end(args);
    return false;
}

static const char *type_name(IrType type)
{
    switch (type) {
    case IR_NONE: return "no value";
    case IR_I32: return "32 bits";
    case IR_I64: return "64 bits";
    }
    return "?";
}

/* Operand `name` of instruction `at`. */
static bool check_operand(const Verifier *v, IrRef at, const char *name,
                          IrRef ref, IrType type)
{
    if (type == IR_NONE)
        return ref == IR_NO_REF ||
               fail(v, at, "operand %s is there; the op has none", name);
    if (ref == IR_NO_REF)
        return fail(v, at, "operand %s is missing", name);
    if (ref >= at)
        return fail(v, at,
                    "operand %s is %%%" PRIu32 "; only earlier values can be "
                    "used",
                    name, ref);
    IrType have = ir_op_info((IrOp)v->region->insns[ref].op)->type;
    if (have != type)
        return fail(v, at, "operand %s is %%%" PRIu32 ", %s; the op takes %s",
                    name, ref, type_name(have), type_name(type));
    return true;
}

static bool check_slot(Verifier *v, IrRef at, uint32_t slot, IrOp op)
{
    if (slot >= IR_SLOT_COUNT)
        return fail(v, at, "there is no slot %" PRIu32, slot);
    if (slot == IR_SLOT_R0)
        return fail(v, at, "r0 is no slot: it is constant 0");
    IrType type = op == IR_GETF || op == IR_PUTF ? IR_I64 : IR_I32;
    if (ir_slot_type((IrSlot)slot) != type)
        return fail(v, at, "slot %s has %s; the op is for %s",
                    ir_slot_name((IrSlot)slot),
                    type_name(ir_slot_type((IrSlot)slot)), type_name(type));
    v->has_pc |= op == IR_PUT && slot == IR_SLOT_PC;
    v->has_ld |= op == IR_PUT && slot == IR_SLOT_LD;
    return true;
}

/* Rules of a record alone. */
static bool check_record(const Verifier *v, IrRef at, const IrExit *exit)
{
    uint32_t number = v->region->insns[at].imm;
    if (exit->kind > IR_EXIT_COMMIT)
        return fail(v, at, "x%" PRIu32 " has no kind that there is", number);
    if (exit->hint > IR_HINT_FAILS)
        return fail(v, at, "x%" PRIu32 " has no hint that there is", number);
    if (exit->pending >= IR_PENDING_COUNT)
        return fail(v, at, "x%" PRIu32 " has no pending register that there is",
                    number);
    if (exit->kind == IR_EXIT_INDIRECT && exit->pc != 0)
        return fail(v, at, "x%" PRIu32 " is indirect and has a pc", number);
    if (exit->hint != IR_HINT_CALL && exit->link != 0)
        return fail(v, at, "x%" PRIu32 " has a link and is no call", number);
    if (exit->hint == IR_HINT_FAILS && exit->kind != IR_EXIT_COMMIT)
        return fail(v, at, "x%" PRIu32 " is no commit and says what fails",
                    number);
    if (exit->insns > v->region->guest_count)
        return fail(v, at,
                    "x%" PRIu32 " counts %" PRIu32 " guest instructions of "
                    "%" PRIu32,
                    number, exit->insns, v->region->guest_count);
    return true;
}

/* An instruction and the exit record that it names. */
static bool check_exit(Verifier *v, IrRef at, uint32_t number, IrOp op)
{
    const IrRegion *r = v->region;
    if (number >= r->exit_count)
        return fail(v, at, "there is no x%" PRIu32, number);
    const IrExit *exit = &r->exits[number];
    if (!check_record(v, at, exit))
        return false;
    if (v->used[number])
        return fail(v, at, "x%" PRIu32 " is named twice", number);
    v->used[number] = true;
    if ((exit->kind == IR_EXIT_COMMIT) != (op == IR_COMMIT))
        return fail(v, at, "x%" PRIu32 " is%s a commit's", number,
                    op == IR_COMMIT ? " not" : "");
    if (exit->kind == IR_EXIT_INDIRECT && !v->has_pc)
        return fail(v, at, "x%" PRIu32 " is indirect; pc was not put before",
                    number);
    /* What was in flight at the entry may still be. */
    if (exit->pending != IR_PENDING_NONE && !v->has_ld &&
        r->context.pending == IR_PENDING_NONE)
        return fail(v, at, "x%" PRIu32 " is pending; ld was not put before",
                    number);
    if (exit->insns < v->insns)
        return fail(v, at,
                    "x%" PRIu32 " counts %" PRIu32 " guest instructions, an "
                    "exit before it %" PRIu32,
                    number, exit->insns, v->insns);
    v->insns = exit->insns;
    return true;
}

static bool check_imm(Verifier *v, IrRef at, const IrInsn *insn, IrImm kind)
{
    uint32_t imm = insn->imm;
    switch (kind) {
    case IR_IMM_NONE:
        return imm == 0 ||
               fail(v, at, "imm is 0x%" PRIx32 "; the op has none", imm);
    case IR_IMM_VALUE:
    case IR_IMM_OFFSET: return true;
    case IR_IMM_SLOT: return check_slot(v, at, imm, (IrOp)insn->op);
    case IR_IMM_EXIT: return check_exit(v, at, imm, (IrOp)insn->op);
    case IR_IMM_CP0:
        if (imm == IR_CP0_RANDOM)
            return fail(v, at, "Random is not constant within a region");
        return imm < IR_CP0_COUNT ||
               fail(v, at, "there is no CP0 register %" PRIu32, imm);
    case IR_IMM_COND:
        return imm < IR_COND_COUNT ||
               fail(v, at, "there is no condition %" PRIu32, imm);
    }
    return false;
}

static bool check_insn(Verifier *v, IrRef at)
{
    const IrRegion *r = v->region;
    const IrInsn *insn = &r->insns[at];
    if (insn->op >= IR_OP_COUNT)
        return fail(v, at, "there is no operation %u", insn->op);
    const IrOpInfo *info = ir_op_info((IrOp)insn->op);
    bool last = at + 1 == r->insn_count;
    if ((insn->op == IR_EXIT) != last)
        return fail(v, at,
                    last ? "the last instruction is not an exit"
                         : "instructions follow");
    if (insn->guest >= r->guest_count)
        return fail(v, at, "there is no guest instruction .%u", insn->guest);
    return check_operand(v, at, "a", insn->a, info->a) &&
           check_operand(v, at, "b", insn->b, info->b) &&
           check_imm(v, at, insn, info->imm);
}

bool ir_verify(const IrRegion *region, Diag *diag)
{
    Verifier v = {.region = region, .diag = diag};
    if (region->context.pending >= IR_PENDING_COUNT)
        return fail_region(&v, "no pending register that there is");
    if (region->insn_count == 0)
        return fail_region(&v, "no instruction; at least an exit is needed");
    v.used = arena_alloc(region->arena, region->exit_count, sizeof *v.used);
    for (IrRef at = 0; at < region->insn_count; at++)
        if (!check_insn(&v, at))
            return false;
    for (uint32_t i = 0; i < region->exit_count; i++)
        if (!v.used[i])
            return fail_region(&v, "no instruction names x%" PRIu32, i);
    return true;
}
