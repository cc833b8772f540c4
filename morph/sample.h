/* Sampling: a run of which the timed model executes a part only, and what the
 * whole would have counted is estimated.  The keys [sample]; docs/sampling.md.
 *
 * From where sampling begins (power-on, or the end of fast-forwarding) to the
 * end of the run the machine goes round three steps: it is fast-forwarded, the
 * timed model warms up, and a unit is measured.  What the timed model learns
 * stays with it: one machine, of which it sees a part.  Units within the region
 * of interest are the sample. */
#ifndef SELKIRK_MORPH_SAMPLE_H
#define SELKIRK_MORPH_SAMPLE_H

#include "base/config.h"
#include "base/diag.h"
#include "base/stats.h"
#include "morph/library.h"

typedef struct Machine Machine;

/* An interval that SimPoint has chosen. */
typedef struct SamplePoint {
    uint64_t interval; /* from 0 on */
    uint64_t cluster;
    double weight;
    bool measured; /* the sample has its unit */
} SamplePoint;

/* What was measured of one unit. */
typedef struct SampleUnit {
    uint64_t at; /* instructions since power-on, where it began */
    uint64_t insns;
    double weight;    /* 1 where there are no points */
    uint64_t *counts; /* by stats_sampled_name() */
} SampleUnit;

typedef enum SampleStep {
    SAMPLE_FORWARD,
    SAMPLE_LEARN, /* the timed model executes the beginning, unmeasured */
    SAMPLE_WARM,
    SAMPLE_MEASURE
} SampleStep;

/* Guest time while it is fast-forwarded: what the latest units took. */
typedef struct SamplePace {
    uint64_t base; /* the processor's clock where it began to hold */
    uint64_t rate; /* cycles of time in one of its cycles, times SAMPLE_ONE */
} SamplePace;

enum { SAMPLE_ONE = 1 << 16 };

typedef struct Sample {
    uint64_t period, unit, warm, offset, learn; /* instructions */
    bool scale;
    SamplePoint *points; /* in the order of their intervals; NULL: none */
    size_t point_count;
    Library *library; /* NULL: the guest is fast-forwarded between units */

    bool begun;
    uint64_t base; /* instructions since power-on, where it began */
    SampleStep step;
    uint64_t next;      /* number of the unit that is next, or present */
    bool learnt;        /* SAMPLE_LEARN is over, or there is none */
    uint64_t learn_end; /* instructions since power-on */
    uint64_t pace_rate; /* SamplePace.rate of the next phase; 0: none yet */
    uint64_t timed_insns, timed_cycles; /* where the timed model came in */
    bool inside;                        /* the unit began in the region */
    SampleUnit present;
    uint64_t *before; /* counts where it began */

    SampleUnit *units;
    size_t count;
    uint64_t whole;         /* instructions of the region */
    uint64_t insns, warmed; /* in units, and to warm up for all of them */
} Sample;

/* NULL: all is timed, or a Diag says why the keys make no sense, or why the
 * library, which has to be that of `key`, cannot be used; 0: it is left alone.
 */
Sample *sample_create(const Config *config, uint64_t key, Diag *diag);
void sample_destroy(Sample *sample);

/* How much lower the layer's thresholds are. */
uint64_t sample_scale(const Sample *sample);

/* Where fast-forwarding to a point has ended, or a checkpoint was restored:
 * sampling begins. */
void sample_begin(Machine *m);
/* The instruction count at which the present step ends. */
uint64_t sample_next_insns(const Machine *m);
/* Goes on to the next step where the present one ends, and brings the timed
 * model in and out.  False: not yet. */
bool sample_advance(Machine *m);
/* Making a library: saves what is due.  True: that failed, or using one did;
 * the run cannot go on. */
bool sample_look(Machine *m);
/* The region is over: what the whole of it would have counted goes to the
 * statistics, or the library is complete. */
void sample_finish(Machine *m);

/* Whether units begin with checkpoints of a library. */
static inline bool sample_jumps(const Sample *s)
{
    return s && s->library && !s->library->makes;
}

/* Whether the run makes a library, and times nothing. */
static inline bool sample_makes(const Sample *s)
{
    return s && s->library && s->library->makes;
}

/* Where the next unit's warming up begins, UINT64_MAX if there is none; and
 * where unit `number` ends: instructions since power-on. */
uint64_t sample_warm_start(const Sample *sample);
uint64_t sample_unit_end(const Sample *sample, uint64_t number);
/* Goes to the first unit whose warming up begins at `insns` or later. */
void sample_skip(Sample *sample, uint64_t insns);

/* Whether the sample has no unit of a point that has a weight. */
bool sample_lacks(const SamplePoint *point);
/* Whether there are units enough for an estimate: two, or all of the points. */
bool sample_is_enough(const Sample *sample);

/* What `clock` of the processor is in time. */
static inline uint64_t sample_pace(const SamplePace *pace, uint64_t clock)
{
    uint64_t since = clock - pace->base;
    return pace->base + since / SAMPLE_ONE * pace->rate +
           since % SAMPLE_ONE * pace->rate / SAMPLE_ONE;
}

#endif
