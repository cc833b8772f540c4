/* Lifting: R3000 instructions to IR regions.  What an instruction means is
 * written here a second time, independently of the reference CPU (cpu.c): the
 * two check each other.  docs/cpu.md says what both must do. */
#ifndef SELKIRK_FRONTEND_LIFT_H
#define SELKIRK_FRONTEND_LIFT_H

#include "frontend/decode.h"
#include "ir/ir.h"

/* Where region discovery (region.c) reads code and looks for advice. */
typedef enum LiftPath {
    LIFT_NOT_TAKEN, /* likely; go on there */
    LIFT_TAKEN,
    LIFT_STOP, /* end the region at this branch */
} LiftPath;

typedef struct LiftSource {
    void *ctx;
    /* The word at `va`; false if it cannot be had without side effects (not
     * mapped, not plain memory) or may not be in this region: it ends. */
    bool (*fetch)(void *ctx, uint32_t va, uint32_t *word);
    /* Which way the conditional branch at `pc` goes.  NULL: LIFT_STOP. */
    LiftPath (*branch)(void *ctx, uint32_t pc);
    /* The likely target of the indirect jump at `pc`; false: end there.  A
     * return to a call of the region itself is not asked for. */
    bool (*target)(void *ctx, uint32_t pc, uint32_t *target);
    /* Whether the instruction at `pc` fails often: the region commits before
     * it.  May be NULL. */
    bool (*fails)(void *ctx, uint32_t pc);
    /* Whether the region, which has `insns` instructions so far, ends before
     * `pc`, where a branch or jump leads and where it has been `visits` times.
     * May be NULL. */
    bool (*ends)(void *ctx, uint32_t pc, unsigned insns, unsigned visits);
} LiftSource;

typedef struct LiftLimits {
    unsigned insns;  /* guest instructions */
    unsigned visits; /* times that one address may stand in the region */
    unsigned stores; /* between two commits; a COMMIT is put in */
    /* Guest instructions likewise, a delay slot with its branch; 0: any. */
    unsigned commit;
    bool jumps; /* go on at the target of j, jal and of returns */
    bool block; /* one basic block: end after the first branch or jump */
    /* Of the processor (CpuFeature): loads have no visible delay; division by
     * zero traps. */
    bool interlocked, divide_traps;
} LiftLimits;

/* One guest instruction of a plan. */
typedef struct LiftInsn {
    uint32_t pc, word;
    Insn insn;
    bool taken;      /* a branch or jump whose target the region goes on at */
    uint32_t target; /* of an indirect jump that is guarded; else unused */
    bool fails;      /* often: a commit comes before it */
} LiftInsn;

/* What to lift, in the order of execution: a delay slot follows its branch. */
typedef struct LiftPlan {
    uint32_t pc;
    IrContext context;
    LiftInsn *insns;
    unsigned count;
    /* After the last instruction: where to, when that is not the last branch's
     * business; and whether what is there must be interpreted. */
    uint32_t next;
    bool interpret;
} LiftPlan;

/* Follows the code from `pc`, in `arena`.  Never fails: a plan of no
 * instruction, with `interpret`, says that the first one cannot be lifted. */
LiftPlan *lift_discover(Arena *arena, const LiftSource *source,
                        const LiftLimits *limits, uint32_t pc,
                        IrContext context);

/* The IR of a plan of at least one instruction: a verified form, unoptimized.
 */
IrRegion *lift_region(Arena *arena, const LiftPlan *plan,
                      const LiftLimits *limits);

/* Whether one instruction can be part of a region at all: by context, bit
 * `user` + 2 * `fpu` of a set. */
unsigned lift_contexts(const Insn *insn);
static inline bool lift_can(const Insn *insn, const IrContext *context)
{
    return lift_contexts(insn) >> (context->user + 2 * context->fpu) & 1;
}

/* What IrEnv.fp does on an R3010 (fpu.h); `ctx` is not used. */
bool lift_fp(void *ctx, IrOp op, unsigned cond, uint64_t a, uint64_t b,
             uint32_t *fcr31, uint64_t *result);

#endif
