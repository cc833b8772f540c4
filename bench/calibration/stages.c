/* Tells the stages of the back end apart without a line in it: the linker
 * (--wrap) leads calls of its steps to the functions here. */
#include "bench/calibration/stages.h"

#include "optimizer/backend.h"

static StageClock *current;

#ifdef CALIBRATE_NATIVE
uint32_t stages_now(void)
{
    return 0;
}
#else
enum { CYCLES = 0xb0000100 }; /* of the bare board; docs/boards.md */

uint32_t stages_now(void)
{
    return *(volatile uint32_t *)CYCLES;
}
#endif

const char *stages_name(Stage stage)
{
    static const char *const names[STAGES] = {
        [STAGE_DISCOVER] = "discover",     [STAGE_LIFT] = "lift",
        [STAGE_SELECT] = "select",         [STAGE_GRAPH] = "graph",
        [STAGE_BOUND] = "bound",           [STAGE_SCHEDULE] = "schedule",
        [STAGE_STATISTICS] = "statistics", [STAGE_STUBS] = "stubs",
        [STAGE_FINISH] = "finish"};
    return names[stage] ? names[stage]
                        : opt_pass_name((OptPass)(stage - STAGE_PASS));
}

void stages_begin(StageClock *clock)
{
    current = clock;
    current->last = stages_now();
}

void stages_end(Stage stage)
{
    uint32_t now = stages_now();
    current->cycles[stage] += now - current->last;
    current->last = now;
}

/* --- Steps of the back end ------------------------------------------------ */

/* `step` of `b`, which calls the wrapped one and ends its stage. */
#define WRAP(step, stage)                                                      \
    void __real_##step(Backend *b);                                            \
    void __wrap_##step(Backend *b);                                            \
    void __wrap_##step(Backend *b)                                             \
    {                                                                          \
        __real_##step(b);                                                      \
        stages_end(stage);                                                     \
    }

WRAP(backend_select, STAGE_SELECT)
WRAP(backend_build_graph, STAGE_GRAPH)
WRAP(backend_add_stubs, STAGE_STUBS)

uint32_t __real_backend_lower_bound(const Backend *b);
uint32_t __wrap_backend_lower_bound(const Backend *b);
uint32_t __wrap_backend_lower_bound(const Backend *b)
{
    uint32_t bound = __real_backend_lower_bound(b);
    stages_end(STAGE_BOUND);
    return bound;
}

void __real_backend_schedule(Backend *b, uint32_t bound);
void __wrap_backend_schedule(Backend *b, uint32_t bound);
void __wrap_backend_schedule(Backend *b, uint32_t bound)
{
    __real_backend_schedule(b, bound);
    stages_end(STAGE_SCHEDULE);
}

/* What bound.c itself asks of it is not wrapped: this is the statistics'. */
uint32_t __real_backend_count_resources(const Backend *b);
uint32_t __wrap_backend_count_resources(const Backend *b);
uint32_t __wrap_backend_count_resources(const Backend *b)
{
    uint32_t count = __real_backend_count_resources(b);
    stages_end(STAGE_STATISTICS);
    return count;
}
