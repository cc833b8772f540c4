/* Decoding: word -> key -> row of r3000.def -> fields. */
#include "frontend/decode.h"

#include "base/bits.h"

const InsnInfo insn_table[INSN_COUNT] = {
    [INSN_UNDECODED] = {"reserved", INSN_FORMAT_NONE, INSN_CLASS_TRAP, 0},
    [INSN_MARKED] = {"reserved", INSN_FORMAT_NONE, INSN_CLASS_TRAP, 0},
    [INSN_RESERVED] = {"reserved", INSN_FORMAT_NONE, INSN_CLASS_TRAP, 0},
    [INSN_FPRESERVED] = {"reserved", INSN_FORMAT_NONE, INSN_CLASS_FP, 0},
#define INSN(id, name, key, format, cls, latency)                              \
    [INSN_##id] = {name, INSN_FORMAT_##format, INSN_CLASS_##cls,               \
                   INSN_LATENCY_##latency},
#include "frontend/r3000.def"
#undef INSN
};

static unsigned insn_key(uint32_t word)
{
    unsigned op = word >> 26, rs = bits_get(word, 21, 5);
    unsigned rt = bits_get(word, 16, 5), fn = word & 63;
    if (op == 0)
        return INSN_KEY_SPECIAL(fn);
    if (op == 1)
        return INSN_KEY_REGIMM(rt);
    if (op < 0x10 || op > 0x13)
        return INSN_KEY_OPCODE(op);
    unsigned z = op & 3;
    if (rs == 8)
        return INSN_KEY_BC(z, rt);
    if (rs < 16)
        return INSN_KEY_COP(z, rs);
    if (z == 0)
        return INSN_KEY_CO0(fn);
    if (z == 1 && rs == 16)
        return INSN_KEY_COP1S(fn);
    if (z == 1 && rs == 17)
        return INSN_KEY_COP1D(fn);
    if (z == 1 && rs == 20)
        return INSN_KEY_COP1W(fn);
    return INSN_KEY_CO(z);
}

/* A switch, so that a key which two rows claim does not compile. */
static InsnOp op_of_key(unsigned key)
{
    switch (key) {
#define INSN(id, name, key, format, cls, latency)                              \
    case INSN_KEY_##key:                                                       \
        return INSN_##id;
#include "frontend/r3000.def"
#undef INSN
    }
    if (key == INSN_KEY_CO(1) ||
        (key >= INSN_KEY_COP1S(0) && key < INSN_KEY_COUNT))
        return INSN_FPRESERVED;
    return INSN_RESERVED;
}

Insn insn_decode(uint32_t word)
{
    InsnOp op = op_of_key(insn_key(word));
    Insn in = {
        .op = (uint8_t)op,
        .rs = (uint8_t)bits_get(word, 21, 5),
        .rt = (uint8_t)bits_get(word, 16, 5),
        .rd = (uint8_t)bits_get(word, 11, 5),
    };
    switch (insn_table[op].format) {
    case INSN_FORMAT_RT_RS_SIMM:
    case INSN_FORMAT_RT_MEM:
    case INSN_FORMAT_FT_MEM:
    case INSN_FORMAT_CT_MEM: in.imm = bits_sext16(word); break;
    case INSN_FORMAT_RT_RS_ZIMM:
    case INSN_FORMAT_RT_ZIMM: in.imm = word & 0xffff; break;
    case INSN_FORMAT_RS_RT_BRANCH:
    case INSN_FORMAT_RS_BRANCH:
    case INSN_FORMAT_BRANCH: in.imm = bits_sext16(word) << 2; break;
    case INSN_FORMAT_TARGET: in.imm = (word & 0x3ffffff) << 2; break;
    case INSN_FORMAT_RD_RT_SA: in.imm = bits_get(word, 6, 5); break;
    case INSN_FORMAT_FD_FS_FT:
    case INSN_FORMAT_FD_FS:
    case INSN_FORMAT_FS_FT:
        in.rs = (uint8_t)bits_get(word, 11, 5);
        in.rd = (uint8_t)bits_get(word, 6, 5);
        break;
    default: in.imm = word; break;
    }
    return in;
}
