/* Regions and intervals; see measure.h. */
#include "morph/measure.h"

#include "base/bits.h"
#include "morph/machine_impl.h"

#include <assert.h>

/* --- Keys ------------------------------------------------------------------
 */

/* "+N": N instructions after the region's begin. */
static bool read_end(Measure *e, const char *value, const ElfImage *image,
                     Diag *diag)
{
    e->relative = value[0] == '+';
    if (!point_read(&e->to, "roi.to", *value ? value + e->relative : "0", image,
                    diag))
        return false;
    return !e->relative || e->to.kind == POINT_INSNS ||
           diag_error(diag,
                      "roi.to = %s: after + a number of instructions is "
                      "wanted, such as +10M",
                      value);
}

bool measure_read(Measure *e, const Config *config, const ElfImage *image,
                  Diag *diag)
{
    const char *from = config_text(config, CONFIG_ROI_FROM);
    *e = (Measure){.stop = config_bool(config, CONFIG_ROI_STOP),
                   .interval = config_int(config, CONFIG_STATS_INTERVAL),
                   .by_insns =
                       config_choice(config, CONFIG_STATS_INTERVAL_UNIT) == 1};
    if (!point_read(&e->from, "roi.from", *from ? from : "0", image, diag) ||
        !read_end(e, config_text(config, CONFIG_ROI_TO), image, diag))
        return false;
    if (e->stop && e->to.kind == POINT_NONE)
        return diag_error(diag, "roi.stop = yes: the region has no end to stop "
                                "at; set roi.to, too");
    return e->relative || e->from.kind != POINT_INSNS ||
           e->to.kind != POINT_INSNS || e->from.insns < e->to.insns ||
           diag_error(diag,
                      "roi.to = %s: the region would end before it begins, at "
                      "roi.from = %s; both count from power-on, and +N from "
                      "the region's begin",
                      config_text(config, CONFIG_ROI_TO), from);
}

/* --- Statistics ------------------------------------------------------------
 */

void measure_update(const Machine *m)
{
    Measure *e = m->measure;
    e->insns = phases_insns(m);
    e->cycles = phases_now(m);
    if (processors_are_several(m))
        processors_settle(m);
    for (unsigned i = 0; i < m->processor_count; i++)
        if (m->processors[i].layer)
            layer_update_stats(m->processors[i].layer);
    if (m->baseline)
        baseline_cycles(m->baseline);
}

/* An interval ends here, if anything has happened in it. */
static void end_interval(Machine *m)
{
    Measure *e = m->measure;
    if (e->insns == e->line_insns && e->cycles == e->line_cycles)
        return;
    e->line_insns = e->insns;
    e->line_cycles = e->cycles;
    if (m->host.interval)
        m->host.interval(m->host.ctx, e->cycles - e->start_cycles,
                         e->insns - e->start_insns, m->stats);
}

/* --- The region ------------------------------------------------------------
 */

/* The region begins or ends at `point`, which is waited for from now on; an
 * instruction, from the count `insns` on. */
static void await(Machine *m, const Point *point, uint64_t insns)
{
    m->measure->reached = false;
    console_region(m->console, point->kind == POINT_TEXT ? point->text : NULL);
    if (point->kind == POINT_SYMBOL)
        phases_set_watch(m, WATCH_REGION, point->va, insns);
    else
        phases_clear_watch(m, WATCH_REGION);
}

static bool is_reached(const Machine *m, const Point *point)
{
    return m->measure->reached ||
           (point->kind == POINT_INSNS && phases_insns(m) >= point->insns);
}

/* The first end of an interval that has not come yet. */
static void set_next(Measure *e)
{
    uint64_t start = e->by_insns ? e->start_insns : e->start_cycles;
    uint64_t now = e->by_insns ? e->insns : e->cycles;
    uint64_t done = (now - start) / e->interval;
    e->next = start + (done + 1) * e->interval;
}

void measure_begin(Machine *m)
{
    Measure *e = m->measure;
    measure_update(m);
    /* Without a point what resetting counted is of it. */
    if (e->from.kind != POINT_NONE || e->jumps)
        stats_reset(m->stats);
    e->state = MEASURE_INSIDE;
    e->start_insns = e->line_insns = e->insns;
    e->start_cycles = e->line_cycles = e->cycles;
    if (e->relative)
        e->to.insns = bits_saturating_add(e->to.insns, e->start_insns);
    if (e->interval)
        set_next(e);
    if (e->jumps)
        return;
    /* Where it begins at a symbol and ends there: when it comes again. */
    await(m, &e->to, e->start_insns + 1);
}

void measure_end(Machine *m)
{
    Measure *e = m->measure;
    measure_update(m);
    if (e->interval)
        end_interval(m);
    stats_freeze(m->stats);
    e->state = MEASURE_AFTER;
    phases_clear_watch(m, WATCH_REGION);
}

void measure_start(Machine *m)
{
    if (m->measure->jumps)
        return;
    if (m->measure->from.kind == POINT_NONE)
        measure_begin(m);
    else
        await(m, &m->measure->from, 0);
}

/* The guest's mark, behind the store. */
static void look_at_mark(Machine *m)
{
    Measure *e = m->measure;
    const Point *point = e->state == MEASURE_BEFORE   ? &e->from
                         : e->state == MEASURE_INSIDE ? &e->to
                                                      : NULL;
    bool begins = m->in_region;
    if (point && point->kind == POINT_MARK &&
        begins == (e->state == MEASURE_BEFORE))
        e->reached = true;
    if (begins && m->forward.to.kind == POINT_MARK &&
        m->phase == PHASE_FUNCTIONAL)
        m->point_reached = true;
}

/* The rows "roi", after what is measured has begun and before it ends. */
static void count_mark(Machine *m)
{
    uint64_t insns = phases_insns(m), cycles = phases_now(m);
    m->marked = false;
    if (m->in_region) {
        m->region_insns = insns;
        m->region_cycles = cycles;
        m->regions.count++;
    } else {
        m->regions.insns += insns - m->region_insns;
        m->regions.cycles += cycles - m->region_cycles;
    }
}

bool measure_look(Machine *m)
{
    Measure *e = m->measure;
    if (e->jumps) {
        m->marked = false;
        return e->state == MEASURE_AFTER;
    }
    if (m->marked)
        look_at_mark(m);
    if (phases_watch_hit(m, WATCH_REGION))
        e->reached = true;
    if (e->state == MEASURE_BEFORE && is_reached(m, &e->from))
        measure_begin(m);
    if (m->marked)
        count_mark(m);
    if (e->state != MEASURE_INSIDE)
        return false;
    if (is_reached(m, &e->to)) {
        measure_end(m);
        return e->stop;
    }
    uint64_t now = e->by_insns ? phases_insns(m) : phases_now(m);
    if (e->interval && now >= e->next) {
        measure_update(m);
        end_interval(m);
        set_next(e);
    }
    return false;
}

uint64_t measure_next_insns(const Machine *m)
{
    const Measure *e = m->measure;
    uint64_t next = UINT64_MAX;
    if (e->state == MEASURE_BEFORE && e->from.kind == POINT_INSNS)
        next = e->from.insns;
    if (e->state != MEASURE_INSIDE)
        return next;
    if (e->to.kind == POINT_INSNS)
        next = e->to.insns;
    return e->interval && e->by_insns && e->next < next ? e->next : next;
}

uint64_t measure_next_cycles(const Machine *m)
{
    const Measure *e = m->measure;
    bool cut = e->state == MEASURE_INSIDE && e->interval && !e->by_insns;
    return cut ? e->next : UINT64_MAX;
}

/* --- Checkpoints -----------------------------------------------------------
 */

static const CkptField fields[] = {
    CKPT_UP_TO(Measure, state, MEASURE_AFTER),
    CKPT_BOOL(Measure, reached),
    CKPT_FIELD(Measure, to.insns),
    CKPT_FIELD(Measure, next),
    CKPT_FIELD(Measure, start_insns),
    CKPT_FIELD(Measure, start_cycles),
    CKPT_FIELD(Measure, line_insns),
    CKPT_FIELD(Measure, line_cycles),
};

void measure_save(Machine *m, Ckpt *ckpt)
{
    Measure *e = m->measure;
    if (!ckpt_loads(ckpt) && phases_watch_hit(m, WATCH_REGION))
        e->reached = true; /* as measure_look() is about to find */
    ckpt_fields(ckpt, fields, ARRAY_LEN(fields), e);
    if (!ckpt_loads(ckpt) || ckpt_error(ckpt))
        return;
    bool reached = e->reached;
    if (e->state == MEASURE_BEFORE)
        await(m, &e->from, 0);
    else if (e->state == MEASURE_INSIDE)
        await(m, &e->to, e->start_insns + 1);
    else
        phases_clear_watch(m, WATCH_REGION);
    e->reached = reached;
    measure_update(m);
}

void measure_restart(Machine *m)
{
    measure_start(m);
    if (m->measure->state == MEASURE_INSIDE)
        stats_reset(m->stats);
}

void measure_cut(Machine *m)
{
    Measure *e = m->measure;
    if (e->state != MEASURE_INSIDE || e->start_insns == phases_insns(m))
        return;
    measure_update(m);
    stats_reset(m->stats);
    e->start_insns = e->line_insns = e->insns;
    e->start_cycles = e->line_cycles = e->cycles;
}

/* --- The end of the run ----------------------------------------------------
 */

bool machine_finish_measuring(Machine *m)
{
    Measure *e = m->measure;
    if (e->state == MEASURE_BEFORE) {
        measure_update(m);
        stats_reset(m->stats);
    } else if (e->state == MEASURE_INSIDE && e->interval) {
        measure_update(m);
        end_interval(m);
    }
    if (m->sample && m->sample->begun)
        sample_finish(m);
    return e->state == MEASURE_AFTER ||
           (e->state == MEASURE_INSIDE && e->to.kind == POINT_NONE);
}
