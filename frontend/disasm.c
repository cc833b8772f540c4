/* The text form of instructions, from the operand formats of r3000.def: what
 * "objdump -M no-aliases,gpr-names=32,cp0-names=r3000" prints, except that a
 * zero word is "nop". */
#include "frontend/decode.h"

#include "base/bits.h"

#include <stdio.h>

static const char *const gpr_names[32] = {
    "zero", "at", "v0", "v1", "a0", "a1", "a2", "a3", "t0", "t1", "t2",
    "t3",   "t4", "t5", "t6", "t7", "s0", "s1", "s2", "s3", "s4", "s5",
    "s6",   "s7", "t8", "t9", "k0", "k1", "gp", "sp", "s8", "ra"};

static const char *const cp0_names[32] = {
    "c0_index",  "c0_random", "c0_entrylo",  "$3",      "c0_context", "$5",
    "$6",        "$7",        "c0_badvaddr", "$9",      "c0_entryhi", "$11",
    "c0_status", "c0_cause",  "c0_epc",      "c0_prid", "$16",        "$17",
    "$18",       "$19",       "$20",         "$21",     "$22",        "$23",
    "$24",       "$25",       "$26",         "$27",     "$28",        "$29",
    "$30",       "$31"};

/* Control registers of the R3010: there are two. */
static const char *const fcr_names[32] = {
    "c1_fir", "$1",  "$2",  "$3",  "$4",  "$5",  "$6",  "$7",
    "$8",     "$9",  "$10", "$11", "$12", "$13", "$14", "$15",
    "$16",    "$17", "$18", "$19", "$20", "$21", "$22", "$23",
    "$24",    "$25", "$26", "$27", "$28", "$29", "$30", "c1_fcsr"};

const char *insn_gpr_name(unsigned reg)
{
    return gpr_names[reg & 31];
}

const char *insn_cp0_name(unsigned reg)
{
    return cp0_names[reg & 31];
}

void insn_disassemble(uint32_t word, uint32_t pc, char *text, size_t size)
{
    Insn in = insn_decode(word);
    const InsnInfo *info = insn_info(in.op);
    const char *name = info->name;
    const char *rs = gpr_names[in.rs], *rt = gpr_names[in.rt];
    const char *rd = gpr_names[in.rd];
    uint32_t branch = pc + 4 + in.imm;
    int32_t simm = (int32_t)in.imm;

    if (word == 0) {
        snprintf(text, size, "nop");
        return;
    }
    if (in.op == INSN_RESERVED || in.op == INSN_FPRESERVED) {
        snprintf(text, size, ".word 0x%x", word);
        return;
    }
#define PRINT(format, ...) snprintf(text, size, format, __VA_ARGS__)
    switch (info->format) {
    case INSN_FORMAT_NONE: PRINT("%s", name); break;
    case INSN_FORMAT_RD_RS_RT: PRINT("%s %s,%s,%s", name, rd, rs, rt); break;
    case INSN_FORMAT_RD_RT_RS: PRINT("%s %s,%s,%s", name, rd, rt, rs); break;
    case INSN_FORMAT_RD_RT_SA:
        PRINT("%s %s,%s,0x%x", name, rd, rt, in.imm);
        break;
    case INSN_FORMAT_RS: PRINT("%s %s", name, rs); break;
    case INSN_FORMAT_RD: PRINT("%s %s", name, rd); break;
    case INSN_FORMAT_RD_RS:
        if (in.rd == 31)
            PRINT("%s %s", name, rs);
        else
            PRINT("%s %s,%s", name, rd, rs);
        break;
    case INSN_FORMAT_RS_RT:
        /* "div a0,a1" would be a macro of the assembler. */
        if (in.op == INSN_DIV || in.op == INSN_DIVU)
            PRINT("%s zero,%s,%s", name, rs, rt);
        else
            PRINT("%s %s,%s", name, rs, rt);
        break;
    case INSN_FORMAT_CODE:
        if (!bits_get(word, 6, 20))
            PRINT("%s", name);
        else if (in.op == INSN_SYSCALL)
            PRINT("%s 0x%x", name, bits_get(word, 6, 20));
        else if (!bits_get(word, 6, 10))
            PRINT("%s 0x%x", name, bits_get(word, 16, 10));
        else
            PRINT("%s 0x%x,0x%x", name, bits_get(word, 16, 10),
                  bits_get(word, 6, 10));
        break;
    case INSN_FORMAT_RT_RS_SIMM:
        PRINT("%s %s,%s,%d", name, rt, rs, simm);
        break;
    case INSN_FORMAT_RT_RS_ZIMM:
        PRINT("%s %s,%s,0x%x", name, rt, rs, in.imm);
        break;
    case INSN_FORMAT_RT_ZIMM: PRINT("%s %s,0x%x", name, rt, in.imm); break;
    case INSN_FORMAT_RS_RT_BRANCH:
        PRINT("%s %s,%s,0x%x", name, rs, rt, branch);
        break;
    case INSN_FORMAT_RS_BRANCH: PRINT("%s %s,0x%x", name, rs, branch); break;
    case INSN_FORMAT_BRANCH: PRINT("%s 0x%x", name, branch); break;
    case INSN_FORMAT_TARGET:
        PRINT("%s 0x%x", name, ((pc + 4) & 0xf0000000) | in.imm);
        break;
    case INSN_FORMAT_RT_MEM: PRINT("%s %s,%d(%s)", name, rt, simm, rs); break;
    case INSN_FORMAT_RT_C0:
        PRINT("%s %s,%s", name, rt, cp0_names[in.rd]);
        break;
    case INSN_FORMAT_RT_CZ: PRINT("%s %s,$%u", name, rt, in.rd); break;
    case INSN_FORMAT_RT_FCR:
        PRINT("%s %s,%s", name, rt, fcr_names[in.rd]);
        break;
    case INSN_FORMAT_RT_FS: PRINT("%s %s,$f%u", name, rt, in.rd); break;
    case INSN_FORMAT_FT_MEM:
        PRINT("%s $f%u,%d(%s)", name, in.rt, simm, rs);
        break;
    case INSN_FORMAT_CT_MEM:
        PRINT("%s $%u,%d(%s)", name, in.rt, simm, rs);
        break;
    case INSN_FORMAT_FD_FS_FT:
        PRINT("%s $f%u,$f%u,$f%u", name, in.rd, in.rs, in.rt);
        break;
    case INSN_FORMAT_FD_FS: PRINT("%s $f%u,$f%u", name, in.rd, in.rs); break;
    case INSN_FORMAT_FS_FT: PRINT("%s $f%u,$f%u", name, in.rs, in.rt); break;
    case INSN_FORMAT_COFUN: PRINT("%s 0x%x", name, word & 0x1ffffff); break;
    }
#undef PRINT
}
