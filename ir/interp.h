/* The IR interpreter: runs a region instruction by instruction, as ir.h says.
 * It is the reference for everything that is made from IR. */
#ifndef SELKIRK_IR_INTERP_H
#define SELKIRK_IR_INTERP_H

#include "ir/ir.h"

/* The guest state that a region works on. */
typedef struct IrState {
    uint32_t slots[IR_SLOT_COUNT]; /* integer slots; the FP ones are unused */
    uint64_t fp[16];               /* FP slots, from IR_SLOT_F0 */
    uint32_t fcr31;
} IrState;

/* What lies outside.  Addresses are virtual; false is a fault, which must have
 * changed nothing.  Stores are checked when they execute and made when they are
 * committed; loads see the region's own stores first.  `load` gives the bytes
 * as a number in the guest's byte order, with zeros above. */
typedef struct IrEnv {
    void *ctx;
    bool (*load)(void *ctx, uint32_t va, unsigned size, uint32_t *value);
    bool (*check_store)(void *ctx, uint32_t va, unsigned size);
    void (*store)(void *ctx, uint32_t va, unsigned size, uint32_t value);
    uint32_t (*cp0)(void *ctx, unsigned reg);
    /* An op of floating point, `cond` for compares.  False: refused, and then
     * neither *fcr31 nor *result count. */
    bool (*fp)(void *ctx, IrOp op, unsigned cond, uint64_t a, uint64_t b,
               uint32_t *fcr31, uint64_t *result);
    /* The physical address of one that `load` or `check_store` has accepted, so
     * that a load finds a store under another virtual address.  NULL: no two
     * virtual addresses name one place. */
    uint32_t (*place)(void *ctx, uint32_t va);
} IrEnv;

typedef struct IrResult {
    bool fault;    /* the state is that of `commit` again */
    unsigned exit; /* number of the exit taken */
    IrRef at;      /* the instruction that left or failed */
    /* The last commit record passed, or -1: a fault goes back to the entry. */
    int commit;
} IrResult;

/* The region must have been verified.  The gated stores are kept in `scratch`,
 * which is reset. */
IrResult ir_run(const IrRegion *region, IrState *state, const IrEnv *env,
                Arena *scratch);

#endif
