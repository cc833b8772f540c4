/* Arithmetic, logic and shifts, with corner operands; overflow. */
#include "tests/guest/test.h"

PROGRAM("alu.S")

/* --- Three registers ------------------------------------------------------ */

/* Also with the destination equal to either source, and to $0. */
#define RRR(op, a, b, result)                                                  \
    li $t0, a; li $t1, b;                                                      \
    op $t2, $t0, $t1; op $0, $t0, $t1;                                         \
    CHECK($t2, result); CHECK($0, 0); CHECK($t0, a); CHECK($t1, b);            \
    op $t0, $t0, $t1; CHECK($t0, result);                                      \
    li $t0, a; op $t1, $t0, $t1; CHECK($t1, result)

    RRR(addu, 0, 0, 0)
    RRR(addu, 0x7fffffff, 1, 0x80000000)
    RRR(addu, 0xffffffff, 1, 0)
    RRR(addu, 0x80000000, 0x80000000, 0)
    RRR(addu, 0x12345678, 0x11111111, 0x23456789)
    RRR(subu, 0, 1, 0xffffffff)
    RRR(subu, 0x80000000, 1, 0x7fffffff)
    RRR(subu, 0x7fffffff, 0xffffffff, 0x80000000)
    RRR(subu, 0x23456789, 0x11111111, 0x12345678)
    RRR(add, 0x7fffffff, 0, 0x7fffffff)
    RRR(add, 0x7fffffff, 0x80000000, 0xffffffff)
    RRR(add, 0x80000000, 0x7fffffff, 0xffffffff)
    RRR(add, 0xffffffff, 0xffffffff, 0xfffffffe)
    RRR(add, 0xffffffff, 1, 0)
    RRR(add, 0xc0000000, 0xc0000000, 0x80000000)
    RRR(add, 0x3fffffff, 0x40000000, 0x7fffffff)
    RRR(sub, 0x80000000, 0, 0x80000000)
    RRR(sub, 0x80000000, 0x80000000, 0)
    RRR(sub, 0xffffffff, 0x7fffffff, 0x80000000)
    RRR(sub, 0x7fffffff, 0x7fffffff, 0)
    RRR(sub, 0, 0x7fffffff, 0x80000001)
    RRR(sub, 0xffffffff, 0x80000000, 0x7fffffff)
    RRR(and, 0xff00ff00, 0x0ff00ff0, 0x0f000f00)
    RRR(and, 0xffffffff, 0x80000001, 0x80000001)
    RRR(or, 0xff00ff00, 0x0ff00ff0, 0xfff0fff0)
    RRR(or, 0, 0, 0)
    RRR(xor, 0xff00ff00, 0x0ff00ff0, 0xf0f0f0f0)
    RRR(xor, 0xffffffff, 0xffffffff, 0)
    RRR(nor, 0xff00ff00, 0x0ff00ff0, 0x000f000f)
    RRR(nor, 0, 0, 0xffffffff)
    RRR(slt, 0, 0, 0)
    RRR(slt, 0x80000000, 0x7fffffff, 1)
    RRR(slt, 0x7fffffff, 0x80000000, 0)
    RRR(slt, 0xffffffff, 0, 1)
    RRR(slt, 0x80000000, 0x80000001, 1)
    RRR(slt, 5, 4, 0)
    RRR(sltu, 0, 0, 0)
    RRR(sltu, 0x80000000, 0x7fffffff, 0)
    RRR(sltu, 0x7fffffff, 0x80000000, 1)
    RRR(sltu, 0xffffffff, 0, 0)
    RRR(sltu, 0, 0xffffffff, 1)
    RRR(sltu, 0xfffffffe, 0xffffffff, 1)

/* --- Shifts --------------------------------------------------------------- */

#define SHIFT(op, value, amount, result)                                       \
    li $t0, value; op $t1, $t0, amount; CHECK($t1, result); CHECK($t0, value); \
    op $t0, $t0, amount; CHECK($t0, result)

    SHIFT(sll, 0x87654321, 0, 0x87654321)
    SHIFT(sll, 0x87654321, 1, 0x0eca8642)
    SHIFT(sll, 0x87654321, 16, 0x43210000)
    SHIFT(sll, 0x87654321, 31, 0x80000000)
    SHIFT(srl, 0x87654321, 0, 0x87654321)
    SHIFT(srl, 0x87654321, 1, 0x43b2a190)
    SHIFT(srl, 0x87654321, 16, 0x00008765)
    SHIFT(srl, 0x87654321, 31, 1)
    SHIFT(sra, 0x87654321, 0, 0x87654321)
    SHIFT(sra, 0x87654321, 1, 0xc3b2a190)
    SHIFT(sra, 0x87654321, 16, 0xffff8765)
    SHIFT(sra, 0x87654321, 31, 0xffffffff)
    SHIFT(sra, 0x76543210, 4, 0x07654321)
    SHIFT(sra, 0x76543210, 31, 0)

/* By a register, of which five bits count. */
#define SHIFTV(op, imm_op, value)                                              \
    .irp amount, 0, 1, 15, 31;                                                 \
    li $t0, value; imm_op $t4, $t0, \amount;                                   \
    li $t1, \amount; op $t2, $t0, $t1; CHECK_REG($t2, $t4);                    \
    li $t1, \amount + 32; op $t2, $t0, $t1; CHECK_REG($t2, $t4);               \
    li $t1, \amount + 0xffffffe0; op $t1, $t0, $t1; CHECK_REG($t1, $t4);       \
    .endr

    SHIFTV(sllv, sll, 0x87654321)
    SHIFTV(srlv, srl, 0x87654321)
    SHIFTV(srav, sra, 0x87654321)
    SHIFTV(srav, sra, 0x76543210)

/* --- Immediates ----------------------------------------------------------- */

#define RRI(op, a, imm, result)                                                \
    li $t0, a; op $t1, $t0, imm; op $0, $t0, imm;                              \
    CHECK($t1, result); CHECK($0, 0); CHECK($t0, a);                           \
    op $t0, $t0, imm; CHECK($t0, result)

    RRI(addiu, 0, 0x7fff, 0x7fff)
    RRI(addiu, 0, -0x8000, 0xffff8000)
    RRI(addiu, 0x7fffffff, 1, 0x80000000)
    RRI(addiu, 0x80000000, -1, 0x7fffffff)
    RRI(addiu, 0xffffffff, 1, 0)
    RRI(addi, 0, 0x7fff, 0x7fff)
    RRI(addi, 0, -0x8000, 0xffff8000)
    RRI(addi, 0x7fff8000, 0x7fff, 0x7fffffff)
    RRI(addi, 0x80008000, -0x8000, 0x80000000)
    RRI(addi, 0x7fffffff, -1, 0x7ffffffe)
    RRI(addi, 0x80000000, 1, 0x80000001)
    RRI(slti, 0, 0, 0)
    RRI(slti, 0xffff7fff, -0x8000, 1)
    RRI(slti, 0xffff8000, -0x8000, 0)
    RRI(slti, 0x00007ffe, 0x7fff, 1)
    RRI(slti, 0x00007fff, 0x7fff, 0)
    RRI(slti, 0x80000000, 0x7fff, 1)
    RRI(slti, 0x7fffffff, -0x8000, 0)
    RRI(slti, 0, -1, 0)
    RRI(sltiu, 0, 0, 0)
    RRI(sltiu, 0, 1, 1)
    RRI(sltiu, 0xffff7fff, -0x8000, 1) /* the immediate is 0xffff8000 */
    RRI(sltiu, 0xffff8000, -0x8000, 0)
    RRI(sltiu, 0x7fffffff, -1, 1)
    RRI(sltiu, 0xfffffffe, -1, 1)
    RRI(sltiu, 0xffffffff, -1, 0)
    RRI(sltiu, 0x00007fff, 0x7fff, 0)
    RRI(sltiu, 0x80000000, 0x7fff, 0)
    RRI(andi, 0xffffffff, 0xffff, 0x0000ffff)
    RRI(andi, 0x12348765, 0x8001, 0x00008001)
    RRI(ori, 0, 0xffff, 0x0000ffff)
    RRI(ori, 0x12340000, 0x8765, 0x12348765)
    RRI(xori, 0xffffffff, 0xffff, 0xffff0000)
    RRI(xori, 0x12348765, 0x8765, 0x12340000)

#define LUI(imm)                                                               \
    li $t0, 0x87654321; lui $t0, imm; lui $0, imm;                             \
    CHECK($t0, imm << 16); CHECK($0, 0)

    LUI(0)
    LUI(1)
    LUI(0x7fff)
    LUI(0x8000)
    LUI(0xffff)

/* --- Overflow ------------------------------------------------------------- */

/* The destination keeps its value, even if it is a source. */
#define OVERFLOW(op, a, b)                                                     \
    li $t0, a; li $t1, b; li $t2, 0x600df00d;                                  \
    TRAPS_EVERYWHERE(EXC_OVF, op $t2, $t0, $t1);                               \
    TRAPS(EXC_OVF, op $t0, $t0, $t1);                                          \
    TRAPS(EXC_OVF, op $0, $t0, $t1);                                           \
    CHECK($t0, a); CHECK($t1, b); CHECK($t2, 0x600df00d)

    OVERFLOW(add, 0x7fffffff, 1)
    OVERFLOW(add, 1, 0x7fffffff)
    OVERFLOW(add, 0x7fffffff, 0x7fffffff)
    OVERFLOW(add, 0x80000000, 0xffffffff)
    OVERFLOW(add, 0x80000000, 0x80000000)
    OVERFLOW(add, 0xbfffffff, 0xc0000000)
    OVERFLOW(add, 0x40000000, 0x40000000)
    OVERFLOW(sub, 0x80000000, 1)
    OVERFLOW(sub, 0x7fffffff, 0xffffffff)
    OVERFLOW(sub, 0, 0x80000000)
    OVERFLOW(sub, 0x80000000, 0x7fffffff)
    OVERFLOW(sub, 0x7fffffff, 0x80000000)

#define OVERFLOW_IMM(a, imm)                                                   \
    li $t0, a; li $t2, 0x600df00d;                                             \
    TRAPS_EVERYWHERE(EXC_OVF, addi $t2, $t0, imm);                             \
    TRAPS(EXC_OVF, addi $t0, $t0, imm);                                        \
    CHECK($t0, a); CHECK($t2, 0x600df00d)

    OVERFLOW_IMM(0x7fffffff, 1)
    OVERFLOW_IMM(0x7fff8001, 0x7fff)
    OVERFLOW_IMM(0x80000000, -1)
    OVERFLOW_IMM(0x80007fff, -0x8000)

/* --- Fields that an encoding does not use --------------------------------- */

#define ENCODED(insn, result)                                                  \
    li $t0, 0x87654321; li $t1, 8; li $t2, 0; .word insn;                      \
    CHECK($t2, result)
#define R(rs, rt, rd, sa, fn)                                                  \
    (rs) << 21 | (rt) << 16 | (rd) << 11 | (sa) << 6 | (fn)
#define T0 8
#define T1 9
#define T2 10

    ENCODED(R(31, T0, T2, 4, 0x00), 0x76543210) /* sll with an rs */
    ENCODED(R(31, T0, T2, 4, 0x02), 0x08765432) /* srl */
    ENCODED(R(31, T0, T2, 4, 0x03), 0xf8765432) /* sra */
    ENCODED(R(T1, T0, T2, 31, 0x04), 0x65432100) /* sllv with an amount */
    ENCODED(R(T1, T0, T2, 31, 0x06), 0x00876543) /* srlv */
    ENCODED(R(T1, T0, T2, 31, 0x07), 0xff876543) /* srav */
    ENCODED(R(T0, T1, T2, 31, 0x20), 0x87654329) /* add */
    ENCODED(R(T0, T1, T2, 31, 0x21), 0x87654329) /* addu */
    ENCODED(R(T0, T1, T2, 31, 0x22), 0x87654319) /* sub */
    ENCODED(R(T0, T1, T2, 31, 0x23), 0x87654319) /* subu */
    ENCODED(R(T0, T1, T2, 31, 0x24), 0x00000000) /* and */
    ENCODED(R(T0, T1, T2, 31, 0x25), 0x87654329) /* or */
    ENCODED(R(T0, T1, T2, 31, 0x26), 0x87654329) /* xor */
    ENCODED(R(T0, T1, T2, 31, 0x27), 0x789abcd6) /* nor */
    ENCODED(R(T0, T1, T2, 31, 0x2a), 1)          /* slt */
    ENCODED(R(T0, T1, T2, 31, 0x2b), 0)          /* sltu */
    ENCODED(0x0f << 26 | R(31, T2, 0x12, 0xd, 0x05), 0x93450000) /* lui */
    PASS
