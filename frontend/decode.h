/* Decoding of guest instruction words, and their text form. */
#ifndef SELKIRK_FRONTEND_DECODE_H
#define SELKIRK_FRONTEND_DECODE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* An encoding's key: the number that tells the instructions of r3000.def
 * apart.  Every word has exactly one (insn_key). */
#define INSN_KEY_OPCODE(op)  (op)                    /* by bits 31:26 */
#define INSN_KEY_SPECIAL(fn) (64 + (fn))             /* opcode 0, by 5:0 */
#define INSN_KEY_REGIMM(rt)  (128 + (rt))            /* opcode 1, by 20:16 */
#define INSN_KEY_COP(z, rs)  (160 + 16 * (z) + (rs)) /* COPz, by 24:21 */
#define INSN_KEY_BC(z, rt)   (224 + 32 * (z) + (rt)) /* COPz rs 8, by 20:16 */
#define INSN_KEY_CO(z)       (352 + (z))             /* COPz with bit 25 set */
#define INSN_KEY_CO0(fn)     (356 + (fn))            /* COP0 bit 25, by 5:0 */
#define INSN_KEY_COP1S(fn)   (420 + (fn))            /* COP1 fmt 16, by 5:0 */
#define INSN_KEY_COP1D(fn)   (484 + (fn))            /* COP1 fmt 17, by 5:0 */
#define INSN_KEY_COP1W(fn)   (548 + (fn))            /* COP1 fmt 20, by 5:0 */
#define INSN_KEY_COUNT       612

typedef enum InsnOp {
    INSN_UNDECODED,  /* what zeroed memory says: no decoding was done yet */
    INSN_MARKED,     /* in place of one that cpu_run_to_mark() stops at */
    INSN_RESERVED,   /* no instruction has this encoding */
    INSN_FPRESERVED, /* the R3010 gets it, and does not implement it */
#define INSN(id, name, key, format, cls, latency) INSN_##id,
#include "frontend/r3000.def"
#undef INSN
    INSN_COUNT
} InsnOp;

typedef enum InsnFormat {
    INSN_FORMAT_NONE,
    INSN_FORMAT_RD_RS_RT,
    INSN_FORMAT_RD_RT_RS,
    INSN_FORMAT_RD_RT_SA,
    INSN_FORMAT_RS,
    INSN_FORMAT_RD,
    INSN_FORMAT_RD_RS,
    INSN_FORMAT_RS_RT,
    INSN_FORMAT_CODE,
    INSN_FORMAT_RT_RS_SIMM,
    INSN_FORMAT_RT_RS_ZIMM,
    INSN_FORMAT_RT_ZIMM,
    INSN_FORMAT_RS_RT_BRANCH,
    INSN_FORMAT_RS_BRANCH,
    INSN_FORMAT_BRANCH,
    INSN_FORMAT_TARGET,
    INSN_FORMAT_RT_MEM,
    INSN_FORMAT_RT_C0,
    INSN_FORMAT_RT_CZ,
    INSN_FORMAT_RT_FS,
    INSN_FORMAT_RT_FCR,
    INSN_FORMAT_FT_MEM,
    INSN_FORMAT_CT_MEM,
    INSN_FORMAT_FD_FS_FT,
    INSN_FORMAT_FD_FS,
    INSN_FORMAT_FS_FT,
    INSN_FORMAT_COFUN,
} InsnFormat;

typedef enum InsnClass {
    INSN_CLASS_ALU,
    INSN_CLASS_ALU_OVF, /* may raise the overflow exception */
    INSN_CLASS_MULDIV,
    INSN_CLASS_HILO,
    INSN_CLASS_LOAD,
    INSN_CLASS_STORE,
    INSN_CLASS_BRANCH,
    INSN_CLASS_JUMP,
    INSN_CLASS_TRAP,
    INSN_CLASS_CP0,
    INSN_CLASS_FMOVE,
    INSN_CLASS_FLOAD,
    INSN_CLASS_FSTORE,
    INSN_CLASS_FP,
    INSN_CLASS_FCOMP,
    INSN_CLASS_ABSENT, /* of a coprocessor that is not fitted */
} InsnClass;

typedef enum InsnLatency {
#define LATENCY(id, key, text) INSN_LATENCY_##id,
#include "frontend/r3000.def"
#undef LATENCY
    INSN_LATENCY_COUNT
} InsnLatency;

typedef struct InsnInfo {
    const char *name;
    InsnFormat format;
    InsnClass cls;
    InsnLatency latency;
} InsnInfo;

/* A decoded instruction.  In floating-point computation rs, rt and rd are fs,
 * ft and fd; in coprocessor moves rd is the coprocessor's register.  imm is,
 * by format, the extended immediate, shift amount, branch offset in bytes, or
 * jump target in bytes below the segment; for SYSCALL, BREAK, coprocessor
 * functions and reserved encodings it is the whole word. */
typedef struct Insn {
    uint8_t op; /* InsnOp */
    uint8_t rs, rt, rd;
    uint32_t imm;
} Insn;

/* Total: a word that is no instruction gives INSN_RESERVED, or INSN_FPRESERVED
 * if the floating-point coprocessor is what would refuse it. */
Insn insn_decode(uint32_t word);

/* Row of r3000.def; the four that have no row are called "reserved". */
extern const InsnInfo insn_table[INSN_COUNT];
static inline const InsnInfo *insn_info(InsnOp op)
{
    return &insn_table[op];
}

/* Writes the rows of r3000.def as a Markdown table, for docs/. */
void insn_write_docs(FILE *out);

/* Writes the assembler text of `word` at `pc`, at most `size` bytes with the
 * final zero, GNU style with register names: "addiu sp,sp,-24". */
void insn_disassemble(uint32_t word, uint32_t pc, char *text, size_t size);

/* ABI name of general register 0..31: "zero", "at", "v0"... */
const char *insn_gpr_name(unsigned reg);
/* CP0 register name, "c0_status", or "$n" when the R3000 has none there. */
const char *insn_cp0_name(unsigned reg);

#endif
