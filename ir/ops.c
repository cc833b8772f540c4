/* What the operations are, from ir.def, and what the pure ones compute. */
#include "ir/ir.h"

#include <assert.h>

/* The words of ir.def's columns. */
enum {
    PURE = IR_IS_PURE,
    LOAD = IR_IS_LOAD,
    STORE = IR_IS_STORE,
    FAULT = IR_IS_FAULT,
    FCR = IR_IS_FCR,
    STATE = IR_IS_STATE,
    LEAVE = IR_IS_LEAVE,
    COMMUTES = IR_IS_COMMUTES
};

const IrOpInfo ir_op_table[IR_OP_COUNT] = {
#define OP(id, name, type, a, b, imm, flags, text)                             \
    [IR_##id] = {name, text, IR_##type, IR_##a, IR_##b, IR_IMM_##imm, flags},
#include "ir/ir.def"
#undef OP
};

const char *ir_slot_name(IrSlot slot)
{
    static const char *const names[] = {
#define SLOT(id, name, type) [IR_SLOT_##id] = name,
#include "ir/ir.def"
#undef SLOT
    };
    assert((unsigned)slot < IR_SLOT_COUNT);
    return names[slot];
}

IrType ir_slot_type(IrSlot slot)
{
    static const uint8_t types[] = {
#define SLOT(id, name, type) [IR_SLOT_##id] = IR_##type,
#include "ir/ir.def"
#undef SLOT
    };
    assert((unsigned)slot < IR_SLOT_COUNT);
    return (IrType)types[slot];
}

/* The R3000's divider: by zero, the quotient is all ones, or 1 for a negative
 * dividend. */
static uint32_t divide(uint32_t a, uint32_t b)
{
    int32_t x = (int32_t)a, y = (int32_t)b;
    if (y == 0)
        return x < 0 ? 1 : UINT32_MAX;
    if (y == -1)
        return 0 - a; /* C has no INT_MIN / -1 */
    return (uint32_t)(x / y);
}

/* An arithmetic shift that does not lean on what the compiler does to negative
 * numbers. */
static uint32_t shift_right_signed(uint32_t a, unsigned count)
{
    uint32_t sign = a >> 31 ? ~(UINT32_MAX >> count) : 0;
    return a >> count | sign;
}

uint64_t ir_eval(IrOp op, uint64_t a, uint64_t b, uint32_t imm)
{
    uint32_t x = (uint32_t)a, y = (uint32_t)b;
    int32_t sx = (int32_t)x, sy = (int32_t)y;
    switch (op) {
    case IR_CONST: return imm;
    case IR_COPY: return x;
    case IR_ADD: return x + y;
    case IR_SUB: return x - y;
    case IR_AND: return x & y;
    case IR_OR: return x | y;
    case IR_XOR: return x ^ y;
    case IR_NOR: return ~(x | y);
    case IR_SHL: return x << (y & 31);
    case IR_SHR: return x >> (y & 31);
    case IR_SAR: return shift_right_signed(x, y & 31);
    case IR_SLT: return sx < sy;
    case IR_SLTU: return x < y;
    case IR_MUL: return x * y;
    case IR_MULH: return (uint32_t)((uint64_t)((int64_t)sx * sy) >> 32);
    case IR_MULHU: return (uint32_t)((uint64_t)x * y >> 32);
    case IR_DIV: return divide(x, y);
    case IR_DIVU: return y ? x / y : UINT32_MAX;
    case IR_LO: return x;
    case IR_HI: return a >> 32;
    case IR_SETLO: return (a >> 32 << 32) | y;
    case IR_SETHI: return (uint64_t)y << 32 | x;
    default: break;
    }
    assert(!"a pure operation");
    return 0;
}

bool ir_exit_taken(IrOp op, uint32_t a)
{
    int32_t sa = (int32_t)a;
    switch (op) {
    case IR_EXITEQ: return sa == 0;
    case IR_EXITNE: return sa != 0;
    case IR_EXITLT: return sa < 0;
    case IR_EXITGE: return sa >= 0;
    case IR_EXITLE: return sa <= 0;
    case IR_EXITGT: return sa > 0;
    case IR_EXIT: return true;
    default: break;
    }
    assert(!"an exit");
    return false;
}

unsigned ir_access_size(IrOp op)
{
    switch (op) {
    case IR_LD8S:
    case IR_LD8U:
    case IR_ST8: return 1;
    case IR_LD16S:
    case IR_LD16U:
    case IR_ST16: return 2;
    case IR_LD32:
    case IR_ST32: return 4;
    default: return 0;
    }
}
