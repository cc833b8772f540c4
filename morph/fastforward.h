/* Where a run is fast-forwarded to: the keys [fast_forward].  Up to that point
 * an instruction is a cycle, and nothing else is timed; docs/time.md has what
 * the timed model finds then.  The machine does it (phases.c). */
#ifndef SELKIRK_MORPH_FASTFORWARD_H
#define SELKIRK_MORPH_FASTFORWARD_H

#include "base/config.h"
#include "base/diag.h"
#include "base/stats.h"
#include "morph/point.h"

#include <stdint.h>

/* cpu.model, in the order of its words. */
typedef enum CpuModel { MODEL_FUNCTIONAL, MODEL_VLIW, MODEL_R3000 } CpuModel;

typedef struct FastForward {
    Point to; /* its mark is one that begins a region of interest */
    /* Instructions after the point that the timed model executes while time is
     * still one cycle an instruction. */
    uint64_t warm;
} FastForward;

/* What was fast-forwarded. */
typedef struct Forwarded {
    uint64_t insns;                   /* by the reference CPU */
    uint64_t warm_insns, warm_cycles; /* by the timed model; as it counts */
} Forwarded;

/* False and a Diag if the keys make no sense. */
bool fastforward_read(FastForward *forward, const Config *config,
                      const ElfImage *image, Diag *diag);

/* Row group "fast_forward". */
void fastforward_add_stats(const Forwarded *forwarded, Stats *stats);

#endif
