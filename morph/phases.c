/* The phases of a run: who executes, and what the guest's time is.
 *
 * Time is that of the reference CPU, which is its instruction count or what the
 * model of the R3000 makes of it, or the modelled cycles of the code-morphing
 * layer (cpu.model); or first an instruction a cycle and then a timed model's:
 * fast-forwarding, in up to three phases. */
#include "morph/machine_impl.h"

#include "base/bits.h"

#include <stdlib.h>

/* --- Time ------------------------------------------------------------------
 */

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t phases_now(const Machine *m)
{
    return m->layer && phases_is_timed(m)
               ? m->layer_start + layer_cycles(m->layer)
               : cpu_cycle(m->cpu);
}

/* The layer's time at `cycle`, or now if that is past. */
static uint64_t layer_time(const Machine *m, uint64_t cycle)
{
    uint64_t now = phases_now(m);
    return bits_saturating_add(layer_cycles(m->layer),
                               cycle > now ? cycle - now : 0);
}

/* The instruction count at `cycle`, if no more instructions wait: where the
 * processor has waited, there are more cycles. */
static uint64_t insns_at(const Machine *m, uint64_t cycle)
{
    uint64_t waits = cpu_cycle(m->cpu) - cpu_insns(m->cpu);
    return cycle > waits ? cycle - waits : 0;
}

/* The instruction count up to which PHASE_WARM can go on as things are. */
static uint64_t warm_limit(const Machine *m)
{
    uint64_t insns = m->limits.insns ? m->limits.insns : UINT64_MAX;
    uint64_t cycles = m->limits.cycles ? m->limits.cycles : UINT64_MAX;
    cycles = least(cycles, least(events_next(m->events), m->warm_end));
    return least(insns, insns_at(m, cycles));
}

/* An instruction of a timed model may take many cycles: what is due before its
 * access comes first. */
HostPart phases_enter_device(Machine *m)
{
    HostPart before = hostprofile_enter(m->host_profile, HOST_DEVICES);
    uint64_t now = phases_now(m);
    /* The baseline accesses in cycle `now`, and what is due comes after it. */
    if (phases_is_timed(m))
        events_run(m->events, m->baseline ? now - 1 : now);
    events_set_now(m->events, now);
    return before;
}

void phases_leave_device(Machine *m, HostPart before)
{
    uint64_t next = events_next(m->events);
    switch (phases_is_layers(m) ? m->phase : PHASE_FUNCTIONAL) {
    case PHASE_FUNCTIONAL:
        if (m->forwarder)
            forwarder_set_deadline(m->forwarder, next);
        else
            cpu_set_deadline(m->cpu, next);
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
    hostprofile_enter(m->host_profile, before);
}

/* --- Phases ----------------------------------------------------------------
 */

static void enter_warm(Machine *m)
{
    phases_clear_watch(m, WATCH_FORWARD);
    m->forward_report = machine_forward_report(m);
    m->forward_report.live = m->forward_report.bytes = 0; /* it goes */
    forwarder_destroy(m->forwarder);
    m->forwarder = NULL;
    m->phase = PHASE_WARM;
    if (m->baseline)
        baseline_start(m->baseline, false);
    else
        layer_attach(m->layer);
    m->warm_end = bits_saturating_add(phases_now(m), m->forward.warm);
    if (m->check) {
        check_reset(m->check);
        /* Cause has the R3010's request among them. */
        for (unsigned input = 0; input < 6; input++)
            check_irq(m->check, input, m->irq_lines >> input & 1);
    }
}

void phases_enter_timed(Machine *m)
{
    m->phase = PHASE_TIMED;
    if (m->baseline)
        baseline_start(m->baseline, true);
    else
        layer_attach(m->layer);
}

bool phases_advance(Machine *m)
{
    uint64_t now = phases_now(m);
    switch (m->phase) {
    case PHASE_FUNCTIONAL:
        if (!m->point_reached && !phases_watch_hit(m, WATCH_FORWARD) &&
            (m->forward.to.kind != POINT_INSNS ||
             cpu_insns(m->cpu) < m->forward.to.insns))
            return false;
        enter_warm(m);
        return true;
    case PHASE_WARM:
        if (now < m->warm_end)
            return false;
        if (m->baseline)
            baseline_start(m->baseline, true);
        else
            m->layer_start = now - layer_cycles(m->layer);
        m->phase = PHASE_TIMED;
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

void phases_set_watch(Machine *m, Watch watch, uint32_t va, uint64_t from)
{
    cpu_set_watch(m->cpu, watch, va, from);
    if (m->layer && watch == WATCH_REGION)
        layer_set_watch(m->layer, va, from);
}

void phases_clear_watch(Machine *m, Watch watch)
{
    cpu_clear_watch(m->cpu, watch);
    if (m->layer && watch == WATCH_REGION)
        layer_clear_watch(m->layer);
}

bool phases_watch_hit(const Machine *m, Watch watch)
{
    return cpu_watch_hit(m->cpu, watch) ||
           (m->layer && watch == WATCH_REGION && layer_watch_hit(m->layer));
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
    return phases_is_layers(m) ? layer_cycles(m->layer) : cpu_cycle(m->cpu);
}

/* By compiled code, too, unless somebody looks at every instruction. */
static void forward(Machine *m, uint64_t end, uint64_t insns)
{
    const MachineTrace *trace = &m->trace;
    bool watched = m->breakpoint_count || trace->insn || trace->exception ||
                   trace->tlb_write || trace->device || cpu_watches(m->cpu);
    if (m->forwarder && !watched)
        forwarder_run(m->forwarder, least(end, insns));
    else
        cpu_run_insns(m->cpu, end, insns);
    m->forwarded.insns = cpu_insns(m->cpu);
}

/* The reference CPU in the baseline's time, or beside it. */
static void run_baseline(Machine *m, uint64_t end, uint64_t insns)
{
    if (m->phase == PHASE_TIMED) {
        cpu_run_insns(m->cpu, end, insns);
        return;
    }
    cpu_run_insns(m->cpu, least(end, m->warm_end), insns);
    m->forwarded.warm_insns = cpu_insns(m->cpu) - m->forwarded.insns;
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

void phases_run(Machine *m, uint64_t end, bool stepwise)
{
    uint64_t insns = m->limits.insns ? m->limits.insns : UINT64_MAX;
    uint64_t cycles = events_next(m->events);
    if (m->limits.cycles)
        cycles = least(cycles, m->limits.cycles);
    if (stepwise)
        insns = cpu_insns(m->cpu) + 1;
    /* Where what is measured is cut.  The layer looks when it comes by: what it
     * does near to a limit would not be what it does without. */
    uint64_t cut_insns = measure_next_insns(m);
    uint64_t cut_cycles = measure_next_cycles(m);
    if (m->baseline && m->phase != PHASE_FUNCTIONAL) {
        run_baseline(m, least(least(cycles, cut_cycles), end),
                     least(insns, cut_insns));
        return;
    }
    if (phases_is_layers(m) && cpu_is_waiting(m->cpu)) {
        idle(m, end, least(cycles, cut_cycles));
        return;
    }
    switch (m->phase) {
    case PHASE_FUNCTIONAL:
        if (m->forward.to.kind == POINT_INSNS)
            insns = least(insns, m->forward.to.insns);
        forward(m, least(least(cycles, cut_cycles), end),
                least(insns, cut_insns));
        break;
    case PHASE_WARM:
        m->warm_limit = warm_limit(m);
        layer_set_look(m->layer, least(cut_insns, insns_at(m, cut_cycles)));
        layer_run(m->layer, end, least(insns, m->warm_limit));
        m->forwarded.warm_insns = cpu_insns(m->cpu) - m->forwarded.insns;
        m->forwarded.warm_cycles = layer_cycles(m->layer);
        break;
    case PHASE_TIMED:
        layer_set_look(m->layer, cut_insns);
        cycles = least(cycles, cut_cycles);
        layer_run(m->layer, least(end, layer_time(m, cycles)), insns);
        break;
    }
}
