/* The intermediate representation of the code-morphing layer.
 *
 * A region is straight-line code with one entry and many exits: a basic block,
 * or a superblock along the likely path.  There are no joins and no branches
 * within it, so that single assignment needs no phi: an instruction is a value,
 * named by its place, and operands name earlier places.
 *
 * Guest state.  Slots hold what the guest's registers hold (ir.def).  GET reads
 * a slot, PUT writes it; both act in program order, and a GET after a PUT sees
 * it.  The FP control register is read and written by the ops flagged FCR, in
 * program order.  CP0 registers do not change within a region.
 *
 * Loads in flight.  The R3000's loads land one instruction later.  Within a
 * region the lifter has made that plain data flow.  At the edges, a region and
 * an exit each say what is `pending`: a register that takes the value of slot
 * LD after the next guest instruction has read its operands.
 *
 * Commit, fault, rollback.  Everything a region does is provisional until a
 * commit: slots, FCR31, memory.  COMMIT makes it final and goes on; every exit
 * that is taken commits.  An op flagged FAULT may fail instead (a TLB miss, a
 * device, an FP exception): then everything since the last commit (or the
 * entry) is undone, and whoever ran the region interprets from there.  So ops
 * need not be in the guest's order between commits, provided that what is
 * committed is the guest's state there; and a load may be moved above an exit,
 * since a fault that should not have been is undone like any other.  A store
 * may not: the exit would commit it.
 *
 * Guest instructions.  Every IR instruction says of which guest instruction it
 * is a part (`guest`, an index into the region's list), for people and for
 * statistics.  An exit record says how many guest instructions are complete
 * when it is taken, which is what CP0 Random and the instruction count need.
 *
 * Memory ops name virtual addresses.  Bytes lie in guest order; the executor
 * knows which.  A misaligned address is a fault.
 *
 * Text.  ir_print() and ir_parse() are exact inverses:
 *
 *     region 0x80001000 kernel fpu el pending=r9
 *     .0 0x80001000 0x8c820004 ; lw v0,4(a0)
 *       %0 = get r4
 *       %1 = ld32 [%0 + 4]
 *     .1 0x80001004 0x10450003 ; beq v0,a1,0x80001014
 *       %2 = get ld
 *       put r9, %2
 *       ...
 *     .2 0x80001008 0xac820008 ; sw v0,8(a0)
 *       st32 [%0 + 8], %1
 *     .1
 *       exit.eqz %6, x0
 *       exit x1
 *     x0 direct 0x80001014 insns=3 pending=none
 *     x1 direct 0x8000100c insns=3 pending=none
 *     end
 *
 * A region's first line is its entry, the processor's mode, "fpu" if that can
 * be used, the byte order of data (el: little, eb: big) and what is in flight.
 * `.N ADDRESS WORD` is a guest instruction; the IR instructions that follow are
 * its parts, and `.N` alone goes back to one that was named before.  An address
 * is written [value], [value + n] or [value - n]; a slot stands before the
 * value that it takes, and all other numbers last.  Exits are
 *
 *     xN KIND [ADDRESS] insns=N pending=REGISTER [HINT]
 *
 * with no address if KIND is indirect; HINT is call=ADDRESS, return or, of a
 * commit, fails.  Numbers are decimal or hexadecimal
 * (0x), ";" starts a comment.  The printer calls a value by its place; in a
 * text that is written by hand %N may be any number that is not taken yet.
 */
#ifndef SELKIRK_IR_IR_H
#define SELKIRK_IR_IR_H

#include "base/arena.h"
#include "base/diag.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef enum IrOp {
#define OP(id, name, type, a, b, imm, flags, text) IR_##id,
#include "ir/ir.def"
#undef OP
    IR_OP_COUNT
} IrOp;

typedef enum IrSlot {
#define SLOT(id, name, type) IR_SLOT_##id,
#include "ir/ir.def"
#undef SLOT
    IR_SLOT_COUNT
} IrSlot;

typedef enum IrType { IR_NONE, IR_I32, IR_I64 } IrType;

typedef enum IrImm {
    IR_IMM_NONE,
    IR_IMM_VALUE,
    IR_IMM_OFFSET,
    IR_IMM_SLOT,
    IR_IMM_EXIT,
    IR_IMM_CP0,
    IR_IMM_COND
} IrImm;

enum {
    IR_IS_PURE = 1 << 0,
    IR_IS_LOAD = 1 << 1,
    IR_IS_STORE = 1 << 2,
    IR_IS_FAULT = 1 << 3,
    IR_IS_FCR = 1 << 4,
    IR_IS_STATE = 1 << 5,
    IR_IS_LEAVE = 1 << 6,
    IR_IS_COMMUTES = 1 << 7
};

typedef struct IrOpInfo {
    const char *name, *text;
    uint8_t type, a, b; /* IrType */
    uint8_t imm;        /* IrImm */
    uint8_t flags;
} IrOpInfo;

extern const IrOpInfo ir_op_table[IR_OP_COUNT];

static inline const IrOpInfo *ir_op_info(IrOp op)
{
    return &ir_op_table[op];
}
/* Whether the op has any of the flags. */
static inline bool ir_op_has(IrOp op, unsigned flags)
{
    return ir_op_table[op].flags & flags;
}
const char *ir_slot_name(IrSlot slot);
IrType ir_slot_type(IrSlot slot);

/* A value: the index of the instruction that makes it. */
typedef uint32_t IrRef;
#define IR_NO_REF UINT32_MAX

typedef struct IrInsn {
    uint8_t op;     /* IrOp */
    uint16_t guest; /* index into the region's guest instructions */
    IrRef a, b;     /* IR_NO_REF where the op has none */
    uint32_t imm;   /* 0 where the op has none */
} IrInsn;

/* Operands become what `map`, with an element for each instruction so far, has
 * for them: what a pass does that goes through a region once, from its start.
 */
static inline void ir_map_operands(IrInsn *insn, const IrRef *map)
{
    if (insn->a != IR_NO_REF)
        insn->a = map[insn->a];
    if (insn->b != IR_NO_REF)
        insn->b = map[insn->b];
}

/* One guest instruction that the region was made from. */
typedef struct IrGuest {
    uint32_t pc;   /* virtual */
    uint32_t word; /* its encoding */
} IrGuest;

/* What is in flight across an edge: 0 nothing, 1..31 general register, 32 + n
 * FP register n (0..31).  Its value is slot LD. */
typedef uint8_t IrPending;
enum { IR_PENDING_NONE = 0, IR_PENDING_FPR = 32, IR_PENDING_COUNT = 64 };

typedef enum IrExitKind {
    IR_EXIT_DIRECT,    /* go on at `pc` */
    IR_EXIT_INDIRECT,  /* go on at slot PC, which was PUT before */
    IR_EXIT_INTERPRET, /* at `pc` is what no region can do: interpret it */
    IR_EXIT_COMMIT,    /* the record of a COMMIT: execution goes on within */
} IrExitKind;

/* What a jump is for, as far as the instruction tells: predictors use it; or
 * why a COMMIT is there. */
typedef enum IrHint {
    IR_HINT_NONE,
    IR_HINT_CALL,   /* linked: `link` is where it returns to */
    IR_HINT_RETURN, /* through r31 */
    IR_HINT_FAILS   /* of a COMMIT: the next instruction's access often fails,
                     * or its delay slot's; none of them goes above it */
} IrHint;

typedef struct IrExit {
    IrExitKind kind;
    IrHint hint;
    uint32_t pc;    /* not for INDIRECT */
    uint32_t link;  /* for CALL */
    uint32_t insns; /* guest instructions complete, since the region's entry */
    IrPending pending;
} IrExit;

/* Indices of guest instructions and exits fit in 16 bits, with one to spare. */
enum { IR_GUESTS_MAX = 65535, IR_EXITS_MAX = 65535 };

/* CP0 registers, of which Random changes with each instruction; conditions of
 * compares, as the instruction set numbers them. */
enum { IR_CP0_COUNT = 16, IR_CP0_RANDOM = 1, IR_COND_COUNT = 16 };

/* What a region assumes of the processor; part of its identity. */
typedef struct IrContext {
    bool user; /* Status.KUc */
    bool fpu;  /* coprocessor 1 is usable (and present) */
    bool big;  /* byte order of data */
    IrPending pending;
} IrContext;

typedef struct IrRegion {
    Arena *arena; /* holds all of it */
    uint32_t pc;  /* of the entry */
    IrContext context;
    IrInsn *insns;
    uint32_t insn_count, insn_room;
    IrGuest *guests;
    uint32_t guest_count, guest_room;
    IrExit *exits;
    uint32_t exit_count, exit_room;
} IrRegion;

/* --- Building (build.c), meaning (ops.c) ---------------------------------- */

IrRegion *ir_region(Arena *arena, uint32_t pc, IrContext context);
/* Room for so many instructions, in a new region: no bound, but what saves
 * moving them.  Both are more than 0. */
void ir_reserve(IrRegion *region, uint32_t insns, uint32_t guests);
/* The guest instruction that ir_add() will speak of; returns its index. */
unsigned ir_add_guest(IrRegion *region, uint32_t pc, uint32_t word);
/* Appends an instruction of the latest guest instruction; checks nothing. */
IrRef ir_add(IrRegion *region, IrOp op, IrRef a, IrRef b, uint32_t imm);
IrRef ir_const(IrRegion *region, uint32_t value);
/* Appends an exit record and returns its number. */
unsigned ir_add_exit(IrRegion *region, const IrExit *exit);
/* A deep copy in `arena`. */
IrRegion *ir_clone(const IrRegion *region, Arena *arena);
/* Passes drop instructions by making them dead (ir_kill) and call ir_compact()
 * once: it removes them, and exit records that nothing names, and renumbers.  A
 * dead instruction is a CONST that nothing names. */
void ir_kill(IrRegion *region, IrRef ref);
void ir_compact(IrRegion *region);
/* The op's result for constant operands, for ops that are PURE and not CP0:
 * the one definition of what they compute.  64-bit values use all of it. */
uint64_t ir_eval(IrOp op, uint64_t a, uint64_t b, uint32_t imm);

/* Whether an exit is taken when its operand is `a`: the one definition of the
 * conditions.  `op` is one of EXITEQ .. EXIT. */
bool ir_exit_taken(IrOp op, uint32_t a);
/* Bytes that a load or store accesses; 0 for other ops. */
unsigned ir_access_size(IrOp op);
/* The table of operations as Markdown, for docs/. */
void ir_write_docs(FILE *out);

/* --- Text (print.c, parse.c) ---------------------------------------------- */

/* Writes a guest instruction as people read it, on its line after " ; ": the
 * parser skips it.  NULL writes none. */
typedef void IrComment(void *ctx, FILE *out, uint32_t pc, uint32_t word);
void ir_print(const IrRegion *region, FILE *out, IrComment *comment, void *ctx);
/* Region of the text; NULL and a Diag with the line if it is not well formed.
 * `name` stands for the file in messages. */
IrRegion *ir_parse(Arena *arena, const char *text, const char *name,
                   Diag *diag);

/* --- Checking (verify.c) -------------------------------------------------- */

/* Checks every rule above and these: an operand is an earlier value of the type
 * that the op takes, and there if and only if the op has it; the last
 * instruction and no other is EXIT; every exit record is named once, by a
 * COMMIT if it is a commit's; instructions that leave stand in the order of
 * their records' `insns`; an INDIRECT exit comes after a PUT of PC, one with
 * something pending after a PUT of LD (or what was pending at the entry still
 * is); members that are not used are zero.  False and a Diag that names the
 * instruction. */
bool ir_verify(const IrRegion *region, Diag *diag);

#endif
