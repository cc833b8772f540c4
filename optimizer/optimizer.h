/* From a lifted region to scheduled molecules: the passes, in order.
 *
 * Passes over the IR live in a file each, passes.def lists them; then the
 * back end selects atoms (select.c), schedules them (schedule.c), assigns
 * registers (regalloc.c) and packs molecules; check.c proves the result. */
#ifndef SELKIRK_OPTIMIZER_OPTIMIZER_H
#define SELKIRK_OPTIMIZER_OPTIMIZER_H

#include "base/config.h"
#include "hwmodel/vliw/molecule.h"
#include "ir/ir.h"

/* The passes over the IR, in the order of passes.def. */
typedef enum OptPass {
#define PASS(id, name, key, function, text) OPT_PASS_##id,
#include "optimizer/passes.def"
#undef PASS
    OPT_PASSES
} OptPass;

/* What a translation may do and how; from keys opt.*. */
typedef struct OptConfig {
    bool pass[OPT_PASSES]; /* each with an off-switch */
    bool reorder_memory;   /* loads above stores that are proved different */
    bool hoist;            /* atoms above exits */
    bool verify;           /* verify the IR after each pass, check schedules */
} OptConfig;

void opt_config_read(OptConfig *opt, const Config *config);
/* Gear 1's: few passes, and memory in order. */
void opt_config_fast(OptConfig *opt, const Config *config);

/* Work really done, in nodes visited: what the layer charges for. */
typedef struct OptWork {
    uint64_t pass[OPT_PASSES];
    uint64_t select, schedule, regalloc, encode;
} OptWork;

/* For those who look: called with the region after lifting (pass -1) and after
 * each pass.  NULL: nobody. */
typedef void OptObserver(void *ctx, int pass, const IrRegion *region);

/* Runs the passes that are on over `region`, in place. */
void opt_run_passes(IrRegion *region, const OptConfig *opt, OptWork *work,
                    OptObserver *observer, void *ctx);

/* Schedules `region` for the machine; the code lives in `arena` and shares
 * nothing with the region.  Cannot fail: what does not fit in registers is
 * spilled. */
VliwCode *opt_schedule(const IrRegion *region, const VliwDesc *desc,
                       const OptConfig *opt, Arena *arena, OptWork *work);

/* Proves that `code` may run on the machine and commits at each exit what
 * `region` (as it was scheduled) says: units, formats, latencies, shadowed
 * registers, order of exits, stores and FP control, values, commit rules.
 * False and a Diag that names the molecule.  Written independently of the
 * scheduler: it executes both symbolically and compares. */
bool opt_check(const VliwCode *code, const IrRegion *region,
               const VliwDesc *desc, Diag *diag);

const char *opt_pass_name(OptPass pass);

#endif
