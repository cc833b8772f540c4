/* The phases of a run: who executes, and what the guest's time is.
 *
 * Time is that of the reference CPU, which is its instruction count or what the
 * model of the R3000 makes of it, or the modelled cycles of the code-morphing
 * layer (cpu.model); or first an instruction a cycle and then a timed model's:
 * fast-forwarding, in up to three phases. */
#include "morph/machine_impl.h"

#include "base/bits.h"

#include <stdio.h>
#include <stdlib.h>

/* --- Time ------------------------------------------------------------------
 */

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t phases_now(const Machine *m)
{
    return processors_are_several(m) ? m->clock : processors_time(m, m->own);
}

/* `clock`, which is one of the present processor's, at `cycle`, or now if that
 * is past. */
static uint64_t clock_at(const Machine *m, uint64_t clock, uint64_t cycle)
{
    uint64_t now = processors_time(m, m->own);
    return bits_saturating_add(clock, cycle > now ? cycle - now : 0);
}

static uint64_t layer_time(const Machine *m, uint64_t cycle)
{
    return clock_at(m, layer_cycles(m->layer), cycle);
}

static uint64_t cpu_time(const Machine *m, uint64_t cycle)
{
    if (!m->pace.rate)
        return clock_at(m, cpu_cycle(m->cpu), cycle);
    /* The first clock at which it is that late. */
    uint64_t begin = m->own->start + m->pace.base;
    uint64_t since = cycle > begin ? cycle - begin : 0;
    uint64_t rate = m->pace.rate;
    if (since / rate > UINT64_MAX / SAMPLE_ONE - SAMPLE_ONE)
        return UINT64_MAX;
    return m->pace.base + since / rate * SAMPLE_ONE +
           (since % rate * SAMPLE_ONE + rate - 1) / rate;
}

/* Where there are several processors, one that was late may have been at a
 * device: their time never goes back. */
void phases_run_events(Machine *m)
{
    uint64_t now = phases_now(m);
    uint64_t before = processors_are_several(m) ? events_now(m->events) : now;
    events_run(m->events, now);
    if (now < before)
        events_set_now(m->events, before);
}

/* The instruction count at `cycle`, if no more instructions wait: where the
 * processor has waited, there are more cycles. */
static uint64_t insns_at(const Machine *m, uint64_t cycle)
{
    uint64_t waits = cpu_cycle(m->cpu) - cpu_insns(m->cpu);
    return cpu_insns_at(cycle, waits);
}

/* The instruction count up to which PHASE_WARM can go on as things are. */
static uint64_t warm_limit(const Machine *m)
{
    uint64_t insns = m->limits.insns ? m->limits.insns : UINT64_MAX;
    uint64_t cycles = m->limits.cycles ? m->limits.cycles : UINT64_MAX;
    cycles = least(cycles, least(events_next(m->events), m->warm_end));
    return least(insns, insns_at(m, cycles));
}

/* Whether it is an on-chip timer, which has the time of its processor: nobody
 * else sees it. */
static bool is_timer(const Machine *m, uint32_t pa)
{
    uint32_t timers = board_cpu(m->board).timer;
    return timers && (pa - timers) / BUS_PAGE < m->processor_count;
}

/* An instruction of a timed model may take many cycles: what is due before its
 * access comes first. */
DeviceVisit phases_enter_device(Machine *m, uint32_t pa)
{
    DeviceVisit visit = {.before =
                             hostprofile_enter(m->host_profile, HOST_DEVICES)};
    uint64_t now = processors_time(m, m->own);
    if (unlikely(processors_are_several(m)))
        visit.time = events_now(m->events);
    /* The baseline accesses in cycle `now`, and what is due comes after it. */
    if (phases_is_timed(m))
        events_run(m->events, m->baseline ? now - 1 : now);
    if (unlikely(now < visit.time) && !is_timer(m, pa))
        now = visit.time;
    events_set_now(m->events, now);
    return visit;
}

void phases_leave_device(Machine *m, const DeviceVisit *visit)
{
    uint64_t next = events_next(m->events);
    if (unlikely(m->in_round)) {
        if (events_now(m->events) < visit->time)
            events_set_now(m->events, visit->time);
        processors_expect(m, next);
    }
    switch (phases_is_layers(m) ? m->phase : PHASE_FUNCTIONAL) {
    case PHASE_FUNCTIONAL:
        if (m->forwarder && m->phase == PHASE_FUNCTIONAL)
            forwarder_set_deadline(m->forwarder, cpu_time(m, next));
        else
            cpu_set_deadline(m->cpu, cpu_time(m, next));
        break;
    case PHASE_WARM:
        /* The run of the layer has a limit of instructions, which stays; and
         * what it does near to one depends on it.  So it must not be one that
         * is none any more: a run that is cut in slices would not have it. */
        if (warm_limit(m) != m->warm_limit)
            layer_stop(m->layer);
        break;
    case PHASE_TIMED: layer_set_deadline(m->layer, layer_time(m, next)); break;
    }
    hostprofile_enter(m->host_profile, visit->before);
}

/* --- Phases ----------------------------------------------------------------
 */

static void attach_layers(Machine *m)
{
    for (unsigned i = 0; i < m->processor_count; i++)
        layer_attach(m->processors[i].layer);
}

void phases_reset_check(const Processor *p)
{
    check_reset(p->check);
    /* Cause has the R3010's request among them. */
    for (unsigned input = 0; input < 6; input++)
        check_irq(p->check, input, p->irq_lines >> input & 1);
}

static void drop_forwarder(Machine *m)
{
    m->forward_report = machine_forward_report(m);
    m->forward_report.live = m->forward_report.bytes = 0; /* it goes */
    forwarder_destroy(m->forwarder);
    m->forwarder = NULL;
}

static void enter_warm(Machine *m)
{
    phases_clear_watch(m, WATCH_FORWARD);
    drop_forwarder(m);
    m->phase = PHASE_WARM;
    if (m->baseline)
        baseline_start(m->baseline, false);
    else
        attach_layers(m);
    m->warm_end = bits_saturating_add(phases_now(m), m->forward.warm);
    for (unsigned i = 0; i < m->processor_count; i++) {
        const Processor *p = &m->processors[i];
        if (p->check)
            phases_reset_check(p);
    }
}

/* The clocks of the layers are the time from now on. */
static void start_layers(Machine *m)
{
    uint64_t times[BOARD_CPUS_MAX];
    if (processors_are_several(m))
        processors_settle(m); /* those that wait have waited by their clocks */
    for (unsigned i = 0; i < m->processor_count; i++)
        times[i] = processors_time(m, &m->processors[i]);
    m->phase = PHASE_TIMED;
    for (unsigned i = 0; i < m->processor_count; i++)
        processors_set_time(m, &m->processors[i], times[i]);
}

void phases_enter_timed(Machine *m)
{
    m->phase = PHASE_TIMED;
    if (m->baseline)
        baseline_start(m->baseline, true);
    else
        attach_layers(m);
}

static void set_time(Machine *m, Phase phase, uint64_t rate)
{
    uint64_t now = phases_now(m);
    m->phase = phase;
    m->pace = (SamplePace){.base = cpu_cycle(m->cpu), .rate = rate};
    processors_set_time(m, m->own, now);
}

void phases_enter_sampled(Machine *m)
{
    if (m->forwarder)
        forwarder_leave(m->forwarder);
    set_time(m, PHASE_TIMED, 0);
    if (m->baseline) {
        baseline_start(m->baseline, true);
        return;
    }
    layer_enter(m->layer);
    if (m->check)
        phases_reset_check(m->own);
}

void phases_leave_sampled(Machine *m, uint64_t rate)
{
    observe_leave(m);
    set_time(m, PHASE_FUNCTIONAL, rate);
    if (m->baseline)
        baseline_stop(m->baseline);
    else
        layer_leave(m->layer);
    if (m->forwarder)
        forwarder_enter(m->forwarder);
}

/* Fast-forwarding to a point is over: what comes then begins. */
static void reach_point(Machine *m)
{
    if (!m->sample) {
        enter_warm(m);
        return;
    }
    phases_clear_watch(m, WATCH_FORWARD);
    sample_begin(m);
}

static bool is_at_point(const Machine *m)
{
    return m->point_reached || phases_watch_hit(m, WATCH_FORWARD) ||
           (m->forward.to.kind == POINT_INSNS &&
            phases_insns(m) >= m->forward.to.insns);
}

bool phases_advance(Machine *m)
{
    uint64_t now = phases_now(m);
    if (m->sample && m->sample->begun)
        return sample_advance(m);
    switch (m->phase) {
    case PHASE_FUNCTIONAL:
        if (!is_at_point(m))
            return false;
        reach_point(m);
        return true;
    case PHASE_WARM:
        if (now < m->warm_end)
            return false;
        if (m->baseline)
            baseline_start(m->baseline, true);
        start_layers(m);
        return true;
    case PHASE_TIMED: return false;
    }
    abort();
}

/* --- The processor ---------------------------------------------------------
 */

void phases_stop(Machine *m)
{
    if (phases_is_layers(m))
        layer_stop(m->layer);
    else if (m->forwarder)
        forwarder_stop(m->forwarder);
    else
        cpu_stop(m->cpu);
}

/* The layer's number of a watch, of all but the first. */
static unsigned layer_watch(Watch watch)
{
    return watch - WATCH_REGION;
}

/* Counts are of each processor's own instructions. */
void phases_set_watch(Machine *m, Watch watch, uint32_t va, uint64_t from)
{
    for (unsigned i = 0; i < m->processor_count; i++) {
        const Processor *p = &m->processors[i];
        uint64_t others = phases_insns(m) - cpu_insns(p->cpu);
        uint64_t own = from > others ? from - others : 0;
        cpu_set_watch(p->cpu, watch, va, own);
        if (p->layer && watch != WATCH_FORWARD)
            layer_set_watch(p->layer, layer_watch(watch), va, own);
    }
}

void phases_clear_watch(Machine *m, Watch watch)
{
    for (unsigned i = 0; i < m->processor_count; i++) {
        const Processor *p = &m->processors[i];
        cpu_clear_watch(p->cpu, watch);
        if (p->layer && watch != WATCH_FORWARD)
            layer_clear_watch(p->layer, layer_watch(watch));
    }
}

bool phases_watch_hit(const Machine *m, Watch watch)
{
    return cpu_watch_hit(m->cpu, watch) ||
           (m->layer && watch != WATCH_FORWARD &&
            layer_watch_hit(m->layer, layer_watch(watch)));
}

bool phases_take_interrupt(Machine *m)
{
    uint64_t before = cpu_cycle(m->cpu);
    if (phases_is_layers(m)) {
        layer_take_interrupt(m->layer);
        return false;
    }
    cpu_take_interrupt(m->cpu);
    return cpu_cycle(m->cpu) != before;
}

uint64_t phases_slice_clock(const Machine *m)
{
    if (processors_are_several(m))
        return m->clock;
    return phases_is_layers(m) ? layer_cycles(m->layer) : cpu_cycle(m->cpu);
}

/* By compiled code, too, unless somebody looks at every instruction. */
static void forward(Machine *m, uint64_t end, uint64_t insns)
{
    bool watched =
        m->breakpoint_count || observe_processor(m) || cpu_watches(m->cpu);
    uint64_t before = phases_insns(m);
    uint64_t waits = cpu_cycle(m->cpu) - cpu_insns(m->cpu);
    if (m->forwarder && !watched)
        forwarder_run(m->forwarder,
                      least(end, bits_saturating_add(insns, waits)));
    else
        cpu_run_insns(m->cpu, end, insns);
    m->forwarded.insns += phases_insns(m) - before;
}

/* The reference CPU in the baseline's time, or beside it. */
static void run_baseline(Machine *m, uint64_t end, uint64_t insns)
{
    if (m->phase == PHASE_TIMED) {
        cpu_run_insns(m->cpu, end, insns);
        return;
    }
    uint64_t before = cpu_insns(m->cpu);
    cpu_run_insns(m->cpu, least(end, cpu_time(m, m->warm_end)), insns);
    m->forwarded.warm_insns += cpu_insns(m->cpu) - before;
    m->forwarded.warm_cycles = baseline_cycles(m->baseline);
}

/* The guest waits for an interrupt, to the time `cycles` or the slice's end. */
static void idle(Machine *m, uint64_t end, uint64_t cycles)
{
    uint64_t now = phases_now(m);
    if (m->phase == PHASE_TIMED)
        layer_idle(m->layer, least(end, layer_time(m, cycles)));
    else
        cpu_idle(m->cpu, least(cycles, m->warm_end) - now);
}

/* The present processor, of several, goes on with its turn. */
static void run_turn(Machine *m, bool stepwise)
{
    uint64_t insns = m->limits.insns ? m->limits.insns : UINT64_MAX;
    uint64_t cut_insns = least(measure_next_insns(m), checkpoint_next_insns(m));
    if (stepwise)
        insns = least(insns, phases_insns(m) + 1);
    if (m->phase == PHASE_FUNCTIONAL) {
        if (m->forward.to.kind == POINT_INSNS)
            insns = least(insns, m->forward.to.insns);
        forward(m, cpu_time(m, m->round_end),
                least(insns, cut_insns) - m->other_insns);
    } else {
        layer_set_look(m->layer, cut_insns - m->other_insns);
        layer_run(m->layer, layer_time(m, m->round_end),
                  insns - m->other_insns);
    }
    processors_turn_went(m);
}

void phases_run(Machine *m, uint64_t end, bool stepwise)
{
    if (processors_are_several(m)) {
        run_turn(m, stepwise);
        return;
    }
    uint64_t insns = m->limits.insns ? m->limits.insns : UINT64_MAX;
    uint64_t cycles = events_next(m->events);
    if (m->limits.cycles)
        cycles = least(cycles, m->limits.cycles);
    if (stepwise)
        insns = cpu_insns(m->cpu) + 1;
    /* Where what is measured is cut, or a checkpoint is taken.  The layer looks
     * when it comes by: what it does near to a limit would not be what it does
     * without. */
    uint64_t cut_insns =
        least(least(measure_next_insns(m), checkpoint_next_insns(m)),
              sample_next_insns(m));
    uint64_t cut_cycles =
        least(measure_next_cycles(m), checkpoint_next_cycles(m));
    if (m->baseline && m->phase != PHASE_FUNCTIONAL) {
        run_baseline(m, least(cpu_time(m, least(cycles, cut_cycles)), end),
                     least(insns, cut_insns));
        return;
    }
    if (phases_is_layers(m) && cpu_is_waiting(m->cpu)) {
        idle(m, end, least(cycles, cut_cycles));
        return;
    }
    uint64_t before;
    switch (m->phase) {
    case PHASE_FUNCTIONAL:
        if (m->forward.to.kind == POINT_INSNS && !is_at_point(m))
            insns = least(insns, m->forward.to.insns);
        forward(m, least(cpu_time(m, least(cycles, cut_cycles)), end),
                least(insns, cut_insns));
        break;
    case PHASE_WARM:
        m->warm_limit = warm_limit(m);
        layer_set_look(m->layer, least(cut_insns, insns_at(m, cut_cycles)));
        before = cpu_insns(m->cpu);
        layer_run(m->layer, end, least(insns, m->warm_limit));
        m->forwarded.warm_insns += cpu_insns(m->cpu) - before;
        m->forwarded.warm_cycles = layer_cycles(m->layer);
        break;
    case PHASE_TIMED:
        layer_set_look(m->layer, cut_insns);
        cycles = least(cycles, cut_cycles);
        layer_run(m->layer, least(end, layer_time(m, cycles)), insns);
        break;
    }
}

/* --- Checkpoints -----------------------------------------------------------
 */

static const CkptField phase_fields[] = {
    CKPT_UP_TO(Machine, phase, PHASE_TIMED),
    CKPT_FIELD(Machine, warm_end),
    CKPT_FIELD(Machine, warm_limit),
};

/* A section for each processor: "model", "model1" and so on. */
static void model_checkpoint(Machine *m, Ckpt *ckpt)
{
    for (unsigned i = 0; i < m->processor_count; i++) {
        char name[16] = "model";
        if (i)
            snprintf(name, sizeof name, "model%u", i);
        if (!ckpt_section(ckpt, name))
            return;
        if (m->baseline)
            baseline_checkpoint(m->baseline, ckpt);
        else
            layer_checkpoint(m->processors[i].layer, ckpt);
    }
}

void phases_save(Machine *m, Ckpt *ckpt)
{
    bool timed = m->phase != PHASE_FUNCTIONAL && (m->layer || m->baseline);
    if (ckpt_section(ckpt, "phase"))
        ckpt_fields(ckpt, phase_fields, ARRAY_LEN(phase_fields), m);
    if (timed && config_bool(m->config, CONFIG_CHECKPOINT_LAYER))
        model_checkpoint(m, ckpt);
}

/* The timed model runs, and goes on from what was saved of it. */
static void load_model(Machine *m, const Machine *saved, Ckpt *ckpt)
{
    phases_clear_watch(m, WATCH_FORWARD);
    drop_forwarder(m);
    m->phase = saved->phase;
    m->warm_end = saved->warm_end;
    m->warm_limit = saved->warm_limit;
    if (m->baseline)
        baseline_start(m->baseline, phases_is_timed(m));
    else
        attach_layers(m);
    model_checkpoint(m, ckpt);
}

/* The model that is configured goes on at the times of the saved one. */
static void begin_cold(Machine *m, const uint64_t *times)
{
    for (unsigned i = 0; i < m->processor_count; i++) {
        Processor *p = &m->processors[i];
        p->start = 0;
        cpu_set_cycle(p->cpu, times[i]);
        processors_set_time(m, p, times[i]);
    }
    if (m->forwarder)
        forwarder_reset(m->forwarder);
}

bool phases_load(Machine *m, const Restored *restored, Ckpt *ckpt)
{
    Machine saved = {.phase = PHASE_FUNCTIONAL};
    bool begins_forwarding = m->phase == PHASE_FUNCTIONAL;
    bool has_model = m->layer || m->baseline;
    if (!ckpt_section(ckpt, "phase"))
        return false;
    ckpt_fields(ckpt, phase_fields, ARRAY_LEN(phase_fields), &saved);
    if (ckpt_error(ckpt))
        return false;
    bool forwards = saved.phase == PHASE_FUNCTIONAL;
    bool keeps = restored->model && !forwards && !m->sample &&
                 ckpt_has(ckpt, "model") &&
                 (restored->forwarded || !begins_forwarding);
    if (has_model && keeps)
        load_model(m, &saved, ckpt);
    else
        begin_cold(m, restored->times);
    return !has_model || begins_forwarding || keeps;
}
