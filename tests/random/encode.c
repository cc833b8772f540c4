/* Rows of r3000.def as words; see encode.h. */
#include "tests/random/encode.h"

#include <assert.h>

static const uint16_t keys[INSN_COUNT] = {
#define INSN(id, name, key, format, cls, latency) [INSN_##id] = INSN_KEY_##key,
#include "frontend/r3000.def"
#undef INSN
};

static uint32_t coprocessor(unsigned z, unsigned rs)
{
    return (0x10 + z) << 26 | ENCODE_RS(rs);
}

static uint32_t word_of_key(unsigned key)
{
    if (key < INSN_KEY_SPECIAL(0))
        return key << 26;
    if (key < INSN_KEY_REGIMM(0))
        return key - INSN_KEY_SPECIAL(0);
    if (key < INSN_KEY_COP(0, 0))
        return 1u << 26 | ENCODE_RT(key - INSN_KEY_REGIMM(0));
    if (key < INSN_KEY_BC(0, 0)) {
        key -= INSN_KEY_COP(0, 0);
        return coprocessor(key / 16, key % 16);
    }
    if (key < INSN_KEY_CO(0)) {
        key -= INSN_KEY_BC(0, 0);
        return coprocessor(key / 32, 8) | ENCODE_RT(key % 32);
    }
    if (key < INSN_KEY_CO0(0))
        return coprocessor(key - INSN_KEY_CO(0), 16);
    if (key < INSN_KEY_COP1S(0))
        return coprocessor(0, 16) | (key - INSN_KEY_CO0(0));
    if (key < INSN_KEY_COP1D(0))
        return coprocessor(1, 16) | (key - INSN_KEY_COP1S(0));
    if (key < INSN_KEY_COP1W(0))
        return coprocessor(1, 17) | (key - INSN_KEY_COP1D(0));
    return coprocessor(1, 20) | (key - INSN_KEY_COP1W(0));
}

uint32_t encode_row(InsnOp op)
{
    assert(op > INSN_FPRESERVED && op < INSN_COUNT);
    return word_of_key(keys[op]);
}

uint32_t encode_fixed(InsnOp op)
{
    const uint32_t opcode = 0x3fu << 26, function = 0x3f;
    const uint32_t rs = ENCODE_RS(31), rt = ENCODE_RT(31);
    unsigned key = keys[op];
    if (key < INSN_KEY_SPECIAL(0))
        return opcode;
    if (key < INSN_KEY_REGIMM(0))
        return opcode | function;
    if (key < INSN_KEY_COP(0, 0))
        return opcode | rt;
    if (key < INSN_KEY_BC(0, 0))
        return opcode | rs;
    if (key < INSN_KEY_CO(0))
        return opcode | rs | rt;
    if (key < INSN_KEY_CO0(0))
        return opcode | ENCODE_RS(16);
    if (key < INSN_KEY_COP1S(0))
        return opcode | ENCODE_RS(16) | function;
    return opcode | rs | function;
}

uint32_t encode_operands(InsnOp op)
{
    enum { REG = 31 };
    const uint32_t rs = ENCODE_RS(REG), rt = ENCODE_RT(REG);
    const uint32_t rd = ENCODE_RD(REG), sa = ENCODE_SA(REG);
    const uint32_t imm = 0xffff;
    switch (insn_info(op)->format) {
    case INSN_FORMAT_NONE: return 0;
    case INSN_FORMAT_RD_RS_RT:
    case INSN_FORMAT_RD_RT_RS: return rd | rs | rt;
    case INSN_FORMAT_RD_RT_SA: return rd | rt | sa;
    case INSN_FORMAT_RS: return rs;
    case INSN_FORMAT_RD: return rd;
    case INSN_FORMAT_RD_RS: return rd | rs;
    case INSN_FORMAT_RS_RT: return rs | rt;
    case INSN_FORMAT_CODE: return 0x3ffffc0;
    case INSN_FORMAT_RT_RS_SIMM:
    case INSN_FORMAT_RT_RS_ZIMM:
    case INSN_FORMAT_RS_RT_BRANCH:
    case INSN_FORMAT_RT_MEM:
    case INSN_FORMAT_FT_MEM:
    case INSN_FORMAT_CT_MEM: return rs | rt | imm;
    case INSN_FORMAT_RT_ZIMM: return rt | imm;
    case INSN_FORMAT_RS_BRANCH: return rs | imm;
    case INSN_FORMAT_BRANCH: return imm;
    case INSN_FORMAT_TARGET: return 0x3ffffff;
    case INSN_FORMAT_RT_C0:
    case INSN_FORMAT_RT_CZ:
    case INSN_FORMAT_RT_FS:
    case INSN_FORMAT_RT_FCR: return rt | rd;
    case INSN_FORMAT_FD_FS_FT: return rt | rd | sa;
    case INSN_FORMAT_FD_FS: return rd | sa;
    case INSN_FORMAT_FS_FT: return rt | rd;
    case INSN_FORMAT_COFUN: return 0x1ffffff;
    }
    return 0;
}
