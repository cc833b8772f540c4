/* The baseline, cpu.model=r3000: the reference CPU executes, and the model of
 * the R3000 (hwmodel/r3000) keeps its time. */
#ifndef SELKIRK_MORPH_BASELINE_H
#define SELKIRK_MORPH_BASELINE_H

#include "base/config.h"
#include "base/stats.h"
#include "frontend/cpu.h"

typedef struct Baseline Baseline;

/* `cpu` is borrowed; it goes on in its own time until baseline_start(). */
Baseline *baseline_create(const Config *config, Cpu *cpu);
void baseline_destroy(Baseline *baseline);
/* The processor was reset. */
void baseline_reset(Baseline *baseline);

/* From the processor's present instruction on it keeps time; if not `counted`,
 * beside the clock, to be warm when it does. */
void baseline_start(Baseline *baseline, bool counted);
/* The processor goes on in its own time: what the model has cached stays, but
 * for the micro-TLB. */
void baseline_stop(Baseline *baseline);
/* As r3000_settle(). */
void baseline_settle(Baseline *baseline);

/* Cycles that it counted; the statistics are up to date then. */
uint64_t baseline_cycles(Baseline *baseline);
/* Saves or loads the model, in the present section.  It keeps time as it did
 * when it was saved: baseline_start() comes first. */
void baseline_checkpoint(Baseline *baseline, Ckpt *ckpt);

/* Row groups "cycles" and "r3000". */
void baseline_add_stats(const Baseline *baseline, Stats *stats);

#endif
