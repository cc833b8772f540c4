/* COPY: copy propagation. */
#include "optimizer/passes.h"

/* Requires: nothing.
 * Ensures: there is no COPY.
 * Invalidates: nothing. */
void opt_copy(IrRegion *region, uint64_t *visits)
{
    OptRewrite rw = opt_rewrite(region, 0);
    *visits += rw.count;
    for (IrRef at = 0; at < rw.count; at++) {
        if (rw.old[at].op == IR_COPY)
            rw.map[at] = rw.map[rw.old[at].a];
        else
            opt_keep(&rw, at);
    }
}
