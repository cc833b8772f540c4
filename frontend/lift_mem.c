/* Lifting: loads and stores of the integer unit.
 *
 * LWL, LWR, SWL and SWR work on the aligned word around their address; which
 * bytes is known at run time only, so the word is shifted by a count that the
 * address gives.  `s` is that count in bits:
 *
 *     lwl  reg = word << s, and below it the reg's own bits
 *     lwr  reg = word >> s, and above it the reg's own bits
 *     swl  word = reg >> s, and above it the word's own bits
 *     swr  word = reg << s, and below it the word's own bits
 *
 * On a big-endian machine, LWL and SWL at byte n of a word move n bytes by, and
 * LWR and SWR 3 - n; on a little-endian one it is the other way round.  As
 * shifts count modulo 32, s is 8 times the address, or 8 times its complement.
 * Keeping bits is (new ^ old) & mask ^ old, the mask being all ones shifted by
 * the same count.  SWL and SWR so become a load and a store of the word: memory
 * ends up the same, and where it does not (devices) the access is a fault. */
#include "frontend/lift_impl.h"

bool lift_is_store(const Insn *in)
{
    InsnClass cls = insn_info(in->op)->cls;
    return cls == INSN_CLASS_STORE || cls == INSN_CLASS_FSTORE;
}

static void lift_load(Lifter *l, IrOp op, const Insn *in)
{
    IrRef address = lift_gpr(l, in->rs);
    lift_load_gpr(l, in->rt,
                  ir_add(l->region, op, address, IR_NO_REF, in->imm));
}

static void lift_store(Lifter *l, IrOp op, const Insn *in)
{
    IrRef address = lift_gpr(l, in->rs), value = lift_gpr(l, in->rt);
    ir_add(l->region, op, address, value, in->imm);
}

/* Part of a word: its address, and the count of the essay. */
typedef struct Part {
    IrRef word, s;
} Part;

static Part address_part(Lifter *l, const Insn *in)
{
    bool left = in->op == INSN_LWL || in->op == INSN_SWL;
    IrRef address = lift_gpr(l, in->rs);
    if (in->imm != 0)
        address = lift_op(l, IR_ADD, address, lift_const(l, in->imm));
    Part part = {.word = lift_op(l, IR_AND, address, lift_const(l, ~3u))};
    if (left != l->region->context.big)
        address = lift_op(l, IR_XOR, address, lift_const(l, 3));
    part.s = lift_op(l, IR_SHL, address, lift_const(l, 3));
    return part;
}

/* `from` shifted, and the bits of `old` that it leaves. */
static IrRef shift_into(Lifter *l, IrOp shift, IrRef from, IrRef s, IrRef old)
{
    IrRef mask = lift_op(l, shift, lift_const(l, 0xffffffff), s);
    IrRef moved = lift_op(l, shift, from, s);
    IrRef differ = lift_op(l, IR_XOR, moved, old);
    return lift_op(l, IR_XOR, lift_op(l, IR_AND, differ, mask), old);
}

static IrRef load_word(Lifter *l, IrRef address)
{
    return ir_add(l->region, IR_LD32, address, IR_NO_REF, 0);
}

/* Unlike other operands, the register is read after a load in flight has
 * landed: LWL and LWR merge with each other. */
static void lift_load_part(Lifter *l, IrOp shift, const Insn *in)
{
    Part part = address_part(l, in);
    IrRef word = load_word(l, part.word);
    if (in->rt == 0)
        return;
    lift_land(l);
    IrRef old = lift_gpr(l, in->rt);
    lift_load_gpr(l, in->rt, shift_into(l, shift, word, part.s, old));
}

static void lift_store_part(Lifter *l, IrOp shift, const Insn *in)
{
    Part part = address_part(l, in);
    IrRef value = lift_gpr(l, in->rt);
    IrRef old = load_word(l, part.word);
    IrRef word = shift_into(l, shift, value, part.s, old);
    ir_add(l->region, IR_ST32, part.word, word, 0);
}

void lift_memory(Lifter *l, const Insn *in)
{
    switch ((InsnOp)in->op) {
    case INSN_LB: lift_load(l, IR_LD8S, in); break;
    case INSN_LBU: lift_load(l, IR_LD8U, in); break;
    case INSN_LH: lift_load(l, IR_LD16S, in); break;
    case INSN_LHU: lift_load(l, IR_LD16U, in); break;
    case INSN_LW: lift_load(l, IR_LD32, in); break;
    case INSN_LWL: lift_load_part(l, IR_SHL, in); break;
    case INSN_LWR: lift_load_part(l, IR_SHR, in); break;
    case INSN_SB: lift_store(l, IR_ST8, in); break;
    case INSN_SH: lift_store(l, IR_ST16, in); break;
    case INSN_SWL: lift_store_part(l, IR_SHR, in); break;
    case INSN_SWR: lift_store_part(l, IR_SHL, in); break;
    default: lift_store(l, IR_ST32, in); break; /* SW */
    }
}
