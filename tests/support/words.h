/* Instruction words, for tests that write programs as arrays of them.  Branches
 * take the number of words past the delay slot. */
#ifndef SELKIRK_TESTS_SUPPORT_WORDS_H
#define SELKIRK_TESTS_SUPPORT_WORDS_H

#include <stdint.h>

/* Numbers of registers: those that tests have use for. */
enum {
    ZERO = 0,
    V0 = 2,
    A0 = 4,
    A3 = 7,
    T0 = 8,
    T1,
    T2,
    T3,
    T4,
    S0 = 16,
    S1,
    S2,
    S3,
    T9 = 25,
    K0 = 26,
    SP = 29,
    RA = 31
};

/* The forms, with immediate and with three registers. */
#define I(op, rs, rt, imm)                                                     \
    ((uint32_t)(op) << 26 | (uint32_t)(rs) << 21 | (uint32_t)(rt) << 16 |      \
     ((uint32_t)(imm)&0xffff))
#define R(fn, rs, rt, rd)                                                      \
    ((uint32_t)(rs) << 21 | (uint32_t)(rt) << 16 | (uint32_t)(rd) << 11 | (fn))

#define ADDIU(rt, rs, imm) I(0x09, rs, rt, imm)
#define SLTIU(rt, rs, imm) I(0x0b, rs, rt, imm)
#define ANDI(rt, rs, imm)  I(0x0c, rs, rt, imm)
#define ORI(rt, rs, imm)   I(0x0d, rs, rt, imm)
#define XORI(rt, rs, imm)  I(0x0e, rs, rt, imm)
#define LUI(rt, imm)       I(0x0f, 0, rt, imm)
#define ADDU(rd, rs, rt)   R(0x21, rs, rt, rd)
#define MOVE(rd, rs)       R(0x25, rs, 0, rd)
#define XOR(rd, rs, rt)    R(0x26, rs, rt, rd)
#define MULT(rs, rt)       R(0x18, rs, rt, 0)

#define LW(rt, imm, rs)   I(0x23, rs, rt, imm)
#define LBU(rt, imm, rs)  I(0x24, rs, rt, imm)
#define SB(rt, imm, rs)   I(0x28, rs, rt, imm)
#define SWL(rt, imm, rs)  I(0x2a, rs, rt, imm)
#define SW(rt, imm, rs)   I(0x2b, rs, rt, imm)
#define SWR(rt, imm, rs)  I(0x2e, rs, rt, imm)
#define LWC1(ft, imm, rs) I(0x31, rs, ft, imm)

#define BEQ(rs, rt, words) I(0x04, rs, rt, words)
#define BNE(rs, rt, words) I(0x05, rs, rt, words)
#define J(va)              ((uint32_t)0x02 << 26 | ((va) >> 2 & 0x3ffffff))
#define JAL(va)            ((uint32_t)0x03 << 26 | ((va) >> 2 & 0x3ffffff))
#define JR(rs)             R(0x08, rs, 0, 0)
#define JALR(rs)           R(0x09, rs, 0, RA)

#define MFC0(rt, c0) (0x40000000u | (uint32_t)(rt) << 16 | (uint32_t)(c0) << 11)
#define MTC0(rt, c0) (0x40800000u | (uint32_t)(rt) << 16 | (uint32_t)(c0) << 11)
#define TLBWI        0x42000002u
#define RFE          0x42000010u
#define NOP          0u

#endif
