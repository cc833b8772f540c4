/* What is known of a translation before its code is made: that its paths are a
 * tree, which registers it needs and changes, which stores may be undone. */
#ifndef SELKIRK_HWMODEL_VLIW_LLVM_PLAN_H
#define SELKIRK_HWMODEL_VLIW_LLVM_PLAN_H

#include "hwmodel/vliw/engine_impl.h"

typedef struct RegSet {
    uint64_t gpr;
    uint32_t fpr;
    bool fcr;
} RegSet;

typedef struct Plan {
    const EngineSource *source;
    /* By step, of stores: an atom that may fail or that looks at the store
     * comes between it and its commit. */
    bool *logged;
    RegSet guest;   /* those that are kept: the guest's state */
    RegSet needed;  /* read before they are written, on some path */
    RegSet carried; /* the guest's that are written on a path to the entry */
    bool loops;     /* there is such a path */
} Plan;

/* False: `why` the translation cannot be compiled.  plan_free() in any case. */
bool plan_make(Plan *plan, const EngineSource *source, char *why,
               size_t why_size);
void plan_free(Plan *plan);

/* --- Steps ---------------------------------------------------------------- */

static inline AtomOp step_op(const Step *step)
{
    return (AtomOp)(step->op % STEP_LAST);
}

static inline bool step_is_last(const Step *step)
{
    return step->op >= STEP_LAST;
}

/* Bytes of the atom's access to the guest's memory; 0 if it makes none. */
unsigned step_access(AtomOp op);
bool step_stores(AtomOp op);
/* The molecule's branch or exit, or NULL. */
const Step *issue_branch(const EngineSource *source, const Issue *issue);

#endif
