/* Sampling; see sample.h. */
#include "morph/sample.h"

#include "base/alloc.h"
#include "base/bits.h"
#include "base/estimate.h"
#include "morph/machine_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The next pace is an eighth the latest unit's, and the rest as it was. */
enum { PACE_SHARE = 8 };

/* The shortest interval that --bbv-interval takes. */
enum { INTERVAL_MIN = 1000 };

/* --- Keys ------------------------------------------------------------------
 */

static bool check(const Sample *s, const Config *config, Diag *diag)
{
    bool functional =
        config_choice(config, CONFIG_CPU_MODEL) == MODEL_FUNCTIONAL;
    if (functional && !*config_text(config, CONFIG_SAMPLE_LIBRARY))
        return diag_error(diag,
                          "sample.period = %s: cpu.model = functional "
                          "has no time to sample; add --model vliw or "
                          "r3000, or sample.library to make one",
                          config_text(config, CONFIG_SAMPLE_PERIOD));
    if (config_int(config, CONFIG_FAST_FORWARD_WARM))
        return diag_error(diag,
                          "fast_forward.warm = %s: each sampled unit is warmed "
                          "up by sample.warm; leave it out",
                          config_text(config, CONFIG_FAST_FORWARD_WARM));
    if (config_int(config, CONFIG_STATS_INTERVAL))
        return diag_error(diag,
                          "stats.interval = %s: a sampled run has units, not "
                          "intervals; leave one of the two out",
                          config_text(config, CONFIG_STATS_INTERVAL));
    if (s->points)
        return s->period >= INTERVAL_MIN ||
               diag_error(diag,
                          "sample.period = %s: an interval has %d instructions "
                          "at least; take what --bbv-interval was",
                          config_text(config, CONFIG_SAMPLE_PERIOD),
                          INTERVAL_MIN);
    return s->warm + s->unit < s->period ||
           diag_error(diag,
                      "sample.period = %s: it has to be longer than "
                      "sample.warm + sample.unit, which are %s + %s; take a "
                      "longer one, or measure all of the run",
                      config_text(config, CONFIG_SAMPLE_PERIOD),
                      config_text(config, CONFIG_SAMPLE_WARM),
                      config_text(config, CONFIG_SAMPLE_UNIT));
}

Sample *sample_create(const Config *config, uint64_t key, Diag *diag)
{
    const char *points = config_text(config, CONFIG_SAMPLE_POINTS);
    const char *weights = config_text(config, CONFIG_SAMPLE_WEIGHTS);
    const char *library = config_text(config, CONFIG_SAMPLE_LIBRARY);
    uint64_t period = config_int(config, CONFIG_SAMPLE_PERIOD);
    if (!*points != !*weights) {
        diag_error(diag, "sample.points and sample.weights: SimPoint writes "
                         "both; name both files");
        return NULL;
    }
    if (!period && *points)
        diag_error(diag,
                   "sample.points = %s: sample.period has to be the length of "
                   "the intervals that the vectors were made of",
                   points);
    if (!period && *library)
        diag_error(diag,
                   "sample.library = %s: nothing is sampled; set "
                   "sample.period, too",
                   library);
    if (!period)
        return NULL;
    Sample *s = alloc_zeroed(1, sizeof *s);
    *s = (Sample){.period = period,
                  .unit = config_int(config, CONFIG_SAMPLE_UNIT),
                  .warm = config_int(config, CONFIG_SAMPLE_WARM),
                  .offset = config_int(config, CONFIG_SAMPLE_OFFSET),
                  .learn = config_int(config, CONFIG_SAMPLE_LEARN),
                  .scale = config_bool(config, CONFIG_SAMPLE_SCALE)};
    if ((!*points ||
         simpoints_read(&s->points, &s->point_count, points, weights, diag)) &&
        check(s, config, diag) &&
        (!*library || !key || (s->library = library_open(config, key, diag))))
        return s;
    sample_destroy(s);
    return NULL;
}

void sample_destroy(Sample *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->count; i++)
        free(s->units[i].counts);
    free(s->units);
    free(s->before);
    free(s->points);
    library_close(s->library);
    free(s);
}

uint64_t sample_scale(const Sample *s)
{
    return s->scale && !s->points && !s->learn ? s->period / (s->warm + s->unit)
                                               : 1;
}

/* --- Where units lie -------------------------------------------------------
 */

static bool is_last(const Sample *s)
{
    return s->points && s->next == s->point_count;
}

static uint64_t unit_length(const Sample *s)
{
    return s->points ? s->period : s->unit;
}

static uint64_t start_of(const Sample *s, uint64_t number)
{
    if (s->points) {
        uint64_t interval = s->points[number].interval;
        bool fits = interval <= UINT64_MAX / s->period;
        return fits ? bits_saturating_add(s->base, interval * s->period)
                    : UINT64_MAX;
    }
    return s->base + s->offset + s->warm + number * s->period;
}

static uint64_t unit_start(const Sample *s)
{
    return start_of(s, s->next);
}

uint64_t sample_unit_end(const Sample *s, uint64_t number)
{
    if (s->points && number >= s->point_count)
        return UINT64_MAX; /* an index that is not of these points */
    return bits_saturating_add(start_of(s, number), unit_length(s));
}

static uint64_t warm_start(const Sample *s)
{
    uint64_t start = unit_start(s);
    return start - s->base > s->warm ? start - s->warm : s->base;
}

uint64_t sample_warm_start(const Sample *s)
{
    return is_last(s) ? UINT64_MAX : warm_start(s);
}

void sample_skip(Sample *s, uint64_t insns)
{
    if (!s->points && insns > warm_start(s))
        s->next += (insns - warm_start(s) + s->period - 1) / s->period;
    while (!is_last(s) && warm_start(s) < insns)
        s->next++;
}

uint64_t sample_next_insns(const Machine *m)
{
    const Sample *s = m->sample;
    if (!s || !s->begun)
        return UINT64_MAX;
    if (sample_makes(s))
        return library_next_insns(m);
    switch (s->step) {
    case SAMPLE_FORWARD:
        if (sample_jumps(s) || !s->learnt)
            return 0;
        return sample_warm_start(s);
    case SAMPLE_LEARN: return s->learn_end;
    case SAMPLE_WARM: return unit_start(s);
    case SAMPLE_MEASURE: break;
    }
    return bits_saturating_add(unit_start(s), unit_length(s));
}

/* --- Steps -----------------------------------------------------------------
 */

void sample_begin(Machine *m)
{
    Sample *s = m->sample;
    s->base = sample_jumps(s) ? s->library->base : phases_insns(m);
    if (!s->begun)
        s->before =
            alloc_zeroed(stats_sampled_count(m->stats), sizeof *s->before);
    s->begun = true;
    s->learnt = s->learn == 0;
    s->learn_end = bits_saturating_add(s->base, s->learn);
    /* What came before no unit speaks for. */
    measure_cut(m);
}

static void begin_unit(Machine *m)
{
    Sample *s = m->sample;
    measure_update(m);
    s->step = SAMPLE_MEASURE;
    s->inside = m->measure->state == MEASURE_INSIDE;
    s->present = (SampleUnit){
        .at = m->measure->insns,
        .weight = s->points ? s->points[s->next].weight : 1,
    };
    s->warmed += s->present.at - s->timed_insns;
    stats_read_sampled(m->stats, s->before);
}

static void add_unit(Machine *m)
{
    Sample *s = m->sample;
    size_t count = stats_sampled_count(m->stats);
    SampleUnit unit = s->present;
    unit.insns = m->measure->insns - unit.at;
    unit.counts = alloc_zeroed(count, sizeof *unit.counts);
    stats_read_sampled(m->stats, unit.counts);
    for (size_t i = 0; i < count; i++)
        unit.counts[i] -= s->before[i];
    s->insns += unit.insns;
    if ((s->count & (s->count - 1)) == 0) /* it is a power of two, or none */
        s->units = alloc_resize(s->units, s->count ? 2 * s->count : 1,
                                sizeof *s->units);
    s->units[s->count++] = unit;
    if (s->points)
        s->points[s->next].measured = true;
}

static void set_pace(Machine *m)
{
    Sample *s = m->sample;
    uint64_t insns = phases_insns(m) - s->timed_insns;
    if (insns == 0)
        return;
    uint64_t rate = (phases_now(m) - s->timed_cycles) * SAMPLE_ONE / insns;
    if (s->pace_rate == 0)
        s->pace_rate = rate;
    else
        s->pace_rate += rate / PACE_SHARE - s->pace_rate / PACE_SHARE;
    if (s->pace_rate == 0)
        s->pace_rate = 1;
}

static void note_timed(Machine *m, SampleStep step)
{
    m->sample->timed_insns = phases_insns(m);
    m->sample->timed_cycles = phases_now(m);
    m->sample->step = step;
}

/* The guest is fast-forwarded, or the next checkpoint restored. */
static void leave(Machine *m)
{
    Sample *s = m->sample;
    set_pace(m);
    phases_leave_sampled(m, sample_jumps(s) ? 0 : s->pace_rate);
    s->step = SAMPLE_FORWARD;
}

/* A translation may have gone past all of a short unit: it has nothing. */
static void end_unit(Machine *m)
{
    Sample *s = m->sample;
    measure_update(m);
    if (s->inside && m->measure->state == MEASURE_INSIDE &&
        m->measure->insns > s->present.at)
        add_unit(m);
    s->next++;
    if (sample_jumps(s) || sample_warm_start(s) > phases_insns(m)) {
        leave(m);
        return;
    }
    set_pace(m);
    note_timed(m, SAMPLE_WARM);
}

/* What the layer learns before the first unit, no unit begins in. */
static void end_learning(Machine *m)
{
    Sample *s = m->sample;
    s->learnt = true;
    leave(m);
    if (!sample_jumps(s))
        sample_skip(s, phases_insns(m));
}

static void enter(Machine *m, SampleStep step)
{
    phases_enter_sampled(m);
    note_timed(m, step);
}

/* The next checkpoint of the library, and what is done from there. */
static void jump(Machine *m)
{
    Sample *s = m->sample;
    Library *l = s->library;
    if (s->learnt && l->reached == LIBRARY_LEARN)
        l->reached = LIBRARY_BEGIN;
    switch (library_go_on(m)) {
    case LIBRARY_LEARN:
        s->learn_end = bits_saturating_add(l->base, s->learn);
        if (s->learn_end > l->begin)
            s->learn_end = l->begin;
        enter(m, SAMPLE_LEARN);
        break;
    case LIBRARY_BEGIN: measure_begin(m); break;
    case LIBRARY_UNIT: enter(m, SAMPLE_WARM); break;
    case LIBRARY_END: measure_end(m); break;
    case LIBRARY_OVER: break;
    }
}

bool sample_look(Machine *m)
{
    const Sample *s = m->sample;
    if (!s || !s->library)
        return false;
    if (s->library->makes)
        library_look(m);
    return *s->library->diag.text;
}

bool sample_advance(Machine *m)
{
    Sample *s = m->sample;
    if (sample_makes(s) || phases_insns(m) < sample_next_insns(m))
        return false;
    switch (s->step) {
    case SAMPLE_FORWARD:
        if (sample_jumps(s))
            jump(m);
        else
            enter(m, s->learnt ? SAMPLE_WARM : SAMPLE_LEARN);
        break;
    case SAMPLE_LEARN: end_learning(m); break;
    case SAMPLE_WARM: begin_unit(m); break;
    case SAMPLE_MEASURE: end_unit(m); break;
    }
    return true;
}

/* --- What comes of it ------------------------------------------------------
 */

static uint64_t rounded(double value)
{
    return value < 0x1p63 ? (uint64_t)llround(value) : UINT64_MAX;
}

bool sample_lacks(const SamplePoint *point)
{
    return point->weight > 0 && !point->measured;
}

bool sample_is_enough(const Sample *s)
{
    if (!s->points)
        return s->count >= 2;
    for (size_t i = 0; i < s->point_count; i++)
        if (sample_lacks(&s->points[i]))
            return false;
    return true;
}

/* What the layer does once for a piece of code, whenever that is, or when it
 * comes back from fast-forwarding, before any unit.  The former is seen whether
 * it falls in a unit or in what warms up; were it sampled, one that falls in a
 * unit would count for as much as the whole period.  So the sum of all that was
 * done stands for the whole. */
static bool is_cycles_once(const Stats *stats, size_t row)
{
    return stats_sampled_once(stats, row) &&
           strncmp(stats_sampled_name(stats, row), "cycles.", 7) == 0;
}

static bool is_total(const char *name)
{
    return strcmp(name, "run.cycles") == 0 || strcmp(name, "cycles.total") == 0;
}

/* The units as columns, for base/estimate.h. */
typedef struct Columns {
    const Sample *sample;
    uint64_t *sizes, *values, *once; /* is_cycles_once() */
    double *weights;
} Columns;

static Columns make_columns(const Machine *m)
{
    const Sample *s = m->sample;
    Columns c = {.sample = s,
                 .sizes = alloc_zeroed(s->count, sizeof *c.sizes),
                 .values = alloc_zeroed(s->count, sizeof *c.values),
                 .once = alloc_zeroed(s->count, sizeof *c.once),
                 .weights = alloc_zeroed(s->count, sizeof *c.weights)};
    size_t rows = stats_sampled_count(m->stats);
    for (size_t i = 0; i < s->count; i++) {
        c.sizes[i] = s->units[i].insns;
        c.weights[i] = s->units[i].weight;
    }
    for (size_t row = 0; row < rows; row++)
        if (is_cycles_once(m->stats, row))
            for (size_t i = 0; i < s->count; i++)
                c.once[i] += s->units[i].counts[row];
    return c;
}

static void free_columns(Columns *c)
{
    free(c->sizes);
    free(c->values);
    free(c->once);
    free(c->weights);
}

/* One statistic of all units, `less` what was done once. */
static Estimate estimate(const Columns *c, size_t row, bool less)
{
    const Sample *s = c->sample;
    for (size_t i = 0; i < s->count; i++)
        c->values[i] = s->units[i].counts[row] - (less ? c->once[i] : 0);
    return s->points ? estimate_weighted(c->values, c->sizes, c->weights,
                                         s->count, s->whole)
                     : estimate_ratio(c->values, c->sizes, s->count, s->whole);
}

void sample_finish(Machine *m)
{
    Sample *s = m->sample;
    if (sample_makes(s)) {
        library_finish(m);
        return;
    }
    measure_update(m);
    s->whole = stats_get(m->stats, "run.insns");
    if (!sample_is_enough(s))
        return;
    Columns columns = make_columns(m);
    size_t rows = stats_sampled_count(m->stats);
    uint64_t once = 0;
    for (size_t row = 0; row < rows; row++) {
        const char *name = stats_sampled_name(m->stats, row);
        once += is_cycles_once(m->stats, row) ? stats_get(m->stats, name) : 0;
    }
    for (size_t row = 0; row < rows; row++) {
        const char *name = stats_sampled_name(m->stats, row);
        if (stats_sampled_once(m->stats, row))
            continue;
        bool total = is_total(name);
        Estimate e = estimate(&columns, row, total);
        stats_put_estimate(m->stats, row, rounded(e.total) + (total ? once : 0),
                           rounded(e.half));
    }
    free_columns(&columns);
}
