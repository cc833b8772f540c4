/* Inside of the emitter: LLVM IR of one translation.  emit.c follows the paths
 * and keeps time; emit_alu.c, emit_fp.c and emit_mem.c make what atoms do;
 * emit_exit.c makes entry, commits, exits and faults; emit_ir.c has the words
 * that all of them use. */
#ifndef SELKIRK_HWMODEL_VLIW_LLVM_EMIT_H
#define SELKIRK_HWMODEL_VLIW_LLVM_EMIT_H

#include "hwmodel/vliw/llvm/plan.h"

#include <llvm-c/Core.h>

/* LLVM's numbers of calling conventions (CallingConv.h). */
enum { CONV_C = 0, CONV_PRESERVE_MOST = 14, CONV_PRESERVE_NONE = 21 };

/* What memory is accessed for: no two of these overlap. */
typedef enum Region {
    REGION_REGS,
    REGION_STATE,   /* the rest of Core */
    REGION_LINES,   /* line table */
    REGION_PRESENT, /* I-lines */
    REGION_UNDO,
    REGION_LOCAL,
    REGION_CODE, /* Installed and its exits */
    REGION_GUEST,
    REGIONS
} Region;

/* How likely the first side of a branch is. */
typedef enum Chance {
    CHANCE_LIKELY, /* nearly always */
    CHANCE_MORE,
    CHANCE_LESS,
    CHANCE_RARE, /* nearly never */
    CHANCES
} Chance;

/* A module that is made, and the types and marks of its context. */
typedef struct Ir {
    LLVMContextRef context;
    LLVMModuleRef module;
    LLVMBuilderRef builder;
    LLVMValueRef function;
    LLVMTypeRef void_type, i1, i8, i16, i32, i64, f32, f64, ptr;
    LLVMValueRef regions[REGIONS], chances[CHANCES];
    unsigned region_kind, chance_kind;
    unsigned nounwind, cold;
    LLVMBasicBlockRef first_cold; /* hot blocks stand before it */
} Ir;

/* Values of all registers.  NULL: not read or written so far. */
typedef struct Values {
    LLVMValueRef gpr[VLIW_GPRS], fpr[VLIW_FPRS], fcr;
} Values;

/* Where an atom that fails goes, for all of them between two commits. */
typedef struct FaultBlock {
    LLVMBasicBlockRef block;
    LLVMValueRef site, clock; /* phis; `clock` is relative to the entry's */
} FaultBlock;

/* The last operation with FCR31, as far as its cause is not there: if by_host,
 * it is to be found out.  by_host is NULL if nothing is pending. */
typedef struct Pending {
    AtomOp op;
    LLVMValueRef a, b, result, by_host;
} Pending;

/* A store that has not been committed. */
typedef struct Stored {
    LLVMValueRef va;
    unsigned size;
} Stored;

/* A path that is being followed: everything that is known where it is. */
typedef struct Path {
    LLVMBasicBlockRef block; /* where it goes on */
    unsigned molecule;
    Values now, committed;
    RegSet dirty; /* the committed value is not the one in Core.regs */
    RegSet fresh; /* written since the commit */
    Pending pending;
    int32_t commit;                  /* as CoreRun.commit */
    uint32_t insns;                  /* it says */
    unsigned stores;                 /* since the commit, */
    Stored stored[STORE_BUFFER_MAX]; /* these */
    LLVMValueRef filter; /* the words of the first `filtered` of them, as */
    unsigned filtered;   /* Core.store_filter */
    FaultBlock *fault;   /* of this commit; or NULL */
    /* As in core_issue(), relative to the entry. */
    uint32_t clock, arrival, ready[PARTS];
    PartSet flight;
    uint32_t line;
} Path;

typedef struct Emitter {
    Ir ir;
    const EngineSource *source;
    const Plan *plan;
    bool fma, well;
    LLVMValueRef core, self;
    LLVMBasicBlockRef head;
    LLVMValueRef clock, insns;       /* at the entry: phis if it loops */
    LLVMValueRef present;            /* Installed.present */
    LLVMValueRef scratch[2];         /* allocas: FCR31 and result of `fp` */
    LLVMValueRef sure, modes, chops; /* emit_fp_entry() */
    Values carried;                  /* phis of Plan.carried */
    Path *paths;                     /* that are to be followed */
    unsigned path_count, path_room;
    FaultBlock *faults; /* one a commit and one for the entry */
    unsigned fault_count;
    LLVMBasicBlockRef leave; /* asks the runtime; NULL: nothing does yet */
    LLVMValueRef leaving[3]; /* its phis: exit, clock, insns */
    LLVMBasicBlockRef
        go_on; /* unless `well`, to any next translation; or NULL */
    LLVMValueRef going_on[3]; /* its phis: that, clock, insns */
} Emitter;

/* An atom that is emitted: its molecule's registers before, its path. */
typedef struct Atomic {
    Path *path;
    const Values *in;
    const Step *step;
    unsigned index; /* of the step */
} Atomic;

/* Adds the translation's function, `f`, to a new module of `context`.  `fma`:
 * the host has fused multiplications.  `well`: it will be compiled well; else
 * it has nothing that LLVM's quick selector of instructions passes on to the
 * thorough one, where there is another way. */
LLVMModuleRef emit_translation(LLVMContextRef context, const Plan *plan,
                               bool fma, bool well);

/* --- emit_ir.c ------------------------------------------------------------ */

void ir_start(Ir *ir, LLVMContextRef context, const char *name);
LLVMTypeRef ir_code_type(const Ir *ir); /* EngineCode */
/* A function of the module, and its first block, where the builder stands. */
LLVMValueRef ir_function(Ir *ir, const char *name, LLVMTypeRef type,
                         unsigned convention);
LLVMValueRef ir_int(const Ir *ir, uint32_t value);
LLVMValueRef ir_long(const Ir *ir, uint64_t value);
LLVMValueRef ir_at(const Ir *ir, LLVMValueRef base, size_t offset);
/* The same of a number that is known when the code runs, and may lead out of
 * the object. */
LLVMValueRef ir_behind(const Ir *ir, LLVMValueRef base, LLVMValueRef bytes);
LLVMValueRef ir_load(const Ir *ir, LLVMTypeRef type, LLVMValueRef at,
                     Region region);
void ir_store(const Ir *ir, LLVMValueRef value, LLVMValueRef at, Region region);
LLVMBasicBlockRef ir_block(Ir *ir, bool cold);
void ir_go_on(const Ir *ir, LLVMBasicBlockRef block);
/* To `yes` with this chance, or to `no`. */
void ir_branch(const Ir *ir, LLVMValueRef condition, LLVMBasicBlockRef yes,
               LLVMBasicBlockRef no, Chance chance);
/* A call of what is at `at`, a pointer to a function in memory. */
LLVMValueRef ir_call(const Ir *ir, LLVMValueRef at, LLVMTypeRef type,
                     LLVMValueRef *args, unsigned count, unsigned convention);
/* A tail call of compiled code. */
void ir_tail_call(const Ir *ir, LLVMValueRef code, LLVMValueRef *args);

/* --- emit.c --------------------------------------------------------------- */

/* Registers of the path, read from Core at their first use. */
LLVMValueRef emit_read_gpr(Emitter *e, Path *path, unsigned reg);
LLVMValueRef emit_read_fpr(Emitter *e, Path *path, unsigned reg);
LLVMValueRef emit_read_fcr(Emitter *e, Path *path);
void emit_write_gpr(Path *path, unsigned reg, LLVMValueRef value);
void emit_write_fpr(Path *path, unsigned reg, LLVMValueRef value);
void emit_write_fcr(Path *path, LLVMValueRef value);
/* Operands of the atom, as it finds them. */
LLVMValueRef emit_a(Emitter *e, const Atomic *atom);
LLVMValueRef emit_b(Emitter *e, const Atomic *atom);
LLVMValueRef emit_fa(Emitter *e, const Atomic *atom);
LLVMValueRef emit_fb(Emitter *e, const Atomic *atom);

/* --- emit_alu.c ----------------------------------------------------------- */

void emit_alu(Emitter *e, const Atomic *atom);
/* `a` with its low or high word replaced; that word of `a`. */
LLVMValueRef emit_set_word(Emitter *e, bool high, LLVMValueRef a,
                           LLVMValueRef word);
LLVMValueRef emit_word(Emitter *e, bool high, LLVMValueRef a);
/* Whether a branch is taken. */
LLVMValueRef emit_condition(Emitter *e, const Atomic *atom);

/* --- emit_fp.c ------------------------------------------------------------ */

/* From FCR31 at the entry: no exception is enabled and rounding is to nearest,
 * and also the inexact flag is set (sure), or rounding is to zero (chops). */
void emit_fp_entry(Emitter *e, LLVMValueRef fcr);
/* FCR31 as it is now, nothing pending any more. */
LLVMValueRef emit_fcr(Emitter *e, Path *path);
/* Operations with FCR31 but ATOM_FCR. */
void emit_float(Emitter *e, const Atomic *atom);

/* --- emit_mem.c ----------------------------------------------------------- */

void emit_access(Emitter *e, const Atomic *atom);
void emit_local(Emitter *e, const Atomic *atom);
/* A call of the function at `offset` of EngineHelpers that keeps all registers
 * if the code is compiled `well`. */
LLVMValueRef emit_help(Emitter *e, size_t offset, LLVMTypeRef result,
                       LLVMValueRef *args, unsigned count);
/* A line of code that the path comes to. */
void emit_fetch(Emitter *e, const Path *path, unsigned line);

/* --- emit_exit.c ---------------------------------------------------------- */

/* From the function's start to the first molecule. */
void emit_entry(Emitter *e, Path *path);
/* The core's own bytes of I-lines, by a field of Installed: those of the main
 * path, or of the exits' molecules. */
LLVMValueRef emit_present(Emitter *e, size_t field);
/* The path's commit by record `exit`, at its present clock. */
void emit_commit(Emitter *e, Path *path, unsigned exit);
/* The path ends with the exit, which has been committed. */
void emit_exit(Emitter *e, Path *path, unsigned exit);
/* To the fault block if `failed`, else on in a new block.  CORE_FAULTS: Core
 * says what failed. */
void emit_fail_if(Emitter *e, const Atomic *atom, LLVMValueRef failed,
                  CoreFault fault);

/* An exit that was taken and counted; Core.regs has what was committed. */
typedef struct EmitLeaving {
    unsigned exit;
    LLVMValueRef clock, insns;
} EmitLeaving;

/* Place of a field of the exit's CoreExit. */
LLVMValueRef emit_exit_field(Emitter *e, unsigned exit, size_t field);
/* On to another translation: its compiled code. */
void emit_go_to(Emitter *e, LLVMValueRef next, LLVMValueRef clock,
                LLVMValueRef insns);
/* To the runtime, which says where to go on; unless `good`. */
void emit_leave(Emitter *e, const EmitLeaving *leaving);
void emit_leave_unless(Emitter *e, LLVMValueRef good,
                       const EmitLeaving *leaving);

/* --- emit_jump.c ---------------------------------------------------------- */

/* Pushes the calls that the exit has made; the clock afterwards. */
LLVMValueRef emit_calls(Emitter *e, unsigned exit, LLVMValueRef clock);
/* An indirect exit, where the predictors say. */
void emit_indirect(Emitter *e, const Path *path, const EmitLeaving *leaving);

#endif
