/* Where the time of a translation goes: stages, and the clock that tells them
 * apart. */
#ifndef SELKIRK_BENCH_CALIBRATION_STAGES_H
#define SELKIRK_BENCH_CALIBRATION_STAGES_H

#include "optimizer/optimizer.h"

/* In the order in which the translator runs; the passes are OptPass. */
typedef enum Stage {
    STAGE_DISCOVER, /* lift_discover() */
    STAGE_LIFT,     /* lift_region() */
    STAGE_PASS,
    STAGE_SELECT = STAGE_PASS + OPT_PASSES, /* backend_select() */
    STAGE_GRAPH,                            /* backend_build_graph() */
    STAGE_BOUND,                            /* backend_lower_bound() */
    STAGE_SCHEDULE,                         /* backend_schedule() */
    STAGE_STATISTICS, /* what only the model's statistics want */
    STAGE_STUBS,      /* backend_add_stubs() */
    STAGE_FINISH,     /* the code is copied to its place */
    STAGES
} Stage;

/* Cycles since the stage before ended. */
typedef struct StageClock {
    uint32_t last;
    uint32_t cycles[STAGES];
} StageClock;

/* As in the names of columns. */
const char *stages_name(Stage stage);

/* The one translation that is under way: linker wraps have no context. */
void stages_begin(StageClock *clock);
/* What ran since the last call was this stage. */
void stages_end(Stage stage);

/* The modelled machine's cycles, modulo 2^32; on a PC always 0. */
uint32_t stages_now(void);

#endif
