/* Where a run is fast-forwarded to: the keys [fast_forward].  Up to that point
 * an instruction is a cycle, and nothing else is timed; docs/time.md has what
 * the timed model finds then.  The machine does it (phases.c). */
#ifndef SELKIRK_MORPH_FASTFORWARD_H
#define SELKIRK_MORPH_FASTFORWARD_H

#include "base/config.h"
#include "base/diag.h"
#include "base/stats.h"

#include <stdint.h>

/* cpu.model, in the order of its words. */
typedef enum CpuModel { MODEL_FUNCTIONAL, MODEL_VLIW, MODEL_R3000 } CpuModel;

typedef enum FastForwardTo {
    FAST_FORWARD_NONE,
    FAST_FORWARD_INSNS, /* an instruction count */
    FAST_FORWARD_TEXT,  /* the instruction that completed a text */
    FAST_FORWARD_ROI,   /* the mark that begins a region of interest */
} FastForwardTo;

typedef struct FastForward {
    FastForwardTo to;
    uint64_t insns;   /* FAST_FORWARD_INSNS: since power-on */
    const char *text; /* FAST_FORWARD_TEXT: the configuration's */
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
bool fastforward_read(FastForward *forward, const Config *config, Diag *diag);

/* Row group "fast_forward". */
void fastforward_add_stats(const Forwarded *forwarded, Stats *stats);

#endif
