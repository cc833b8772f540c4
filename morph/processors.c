/* The machine's processors, and whose turn it is where there are several.
 *
 * Time goes on in rounds, from one multiple of machine.quantum to the next, or
 * to the next event of a device.  In a round each processor that has something
 * to do takes a turn, in the order of their numbers, up to the round's end in
 * its own time; then the clock is there, and events are run.  A turn ends
 * between two instructions, under the layer at a commit point, so it may end
 * late; then the next one is shorter.
 *
 * A processor in WAIT takes no turns.  When an interrupt input rises its time
 * goes on from then, in the same round if that is not over.  Nothing of this
 * depends on slices: a turn that was cut short goes on first. */
#include "base/bits.h"
#include "morph/machine_impl.h"

#include <stdio.h>
#include <string.h>

static uint32_t bit_of(const Machine *m, const Processor *p)
{
    return 1u << (p - m->processors);
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

void processors_set_time(const Machine *m, Processor *p, uint64_t time)
{
    p->start += time - processors_time(m, p);
}

void processors_enter(Machine *m, unsigned number)
{
    if (m->own)
        m->other_insns += cpu_insns(m->cpu);
    m->own = &m->processors[number];
    m->cpu = m->own->cpu;
    m->layer = m->own->layer;
    m->check = m->own->check;
    if (m->check && phases_is_layers(m))
        check_take_turn(m->check);
    m->other_insns -= cpu_insns(m->cpu);
}

/* --- Life ------------------------------------------------------------------
 */

void processors_reset(Machine *m)
{
    static const uint32_t no_gpr[32];
    for (unsigned i = 0; i < m->processor_count; i++)
        cpu_reset(m->processors[i].cpu, VECTOR_RESET, STATUS_BEV, no_gpr);
    for (unsigned i = 0; i < m->processor_count; i++)
        if (m->processors[i].layer)
            layer_reset(m->processors[i].layer);
    m->on = m->ready = 1;
    m->left = 0;
    m->in_round = m->in_turn = false;
    processors_enter(m, 0);
}

void processors_begin(Machine *m, unsigned number, const BoardStart *start)
{
    Processor *p = &m->processors[number];
    m->on |= bit_of(m, p);
    if (p == m->own) {
        /* It has ended itself by a part of the present instruction, an SWL or
         * SWR, and with another one it goes on. */
        m->ready |= bit_of(m, p);
        return;
    }
    if (p->layer)
        layer_reset(p->layer);
    cpu_start(p->cpu, start->pc, start->status, start->gpr);
    if (p->check && phases_is_layers(m))
        check_reset(p->check);
    processors_set_time(m, p, events_now(m->events));
    m->ready |= bit_of(m, p);
    if (m->in_round)
        m->left |= bit_of(m, p);
}

void processors_end(Machine *m, unsigned number)
{
    Processor *p = &m->processors[number];
    m->on &= ~bit_of(m, p);
    m->ready &= ~bit_of(m, p);
    m->left &= ~bit_of(m, p);
    if (p == m->own)
        phases_stop(m);
}

/* --- Waiting ---------------------------------------------------------------
 */

/* Lets the time of `p` pass up to `time`. */
static void idle(const Machine *m, const Processor *p, uint64_t time)
{
    uint64_t now = processors_time(m, p);
    if (time <= now)
        return;
    if (p->layer && phases_is_timed(m))
        layer_idle(p->layer, layer_cycles(p->layer) + (time - now));
    else
        cpu_idle(p->cpu, time - now);
}

void processors_wake(Machine *m, unsigned number)
{
    Processor *p = &m->processors[number];
    uint32_t bit = bit_of(m, p);
    if (!processors_are_several(m) || !(m->on & ~m->ready & bit))
        return;
    idle(m, p, events_now(m->events));
    m->ready |= bit;
    if (m->in_round)
        m->left |= bit;
}

void processors_settle(const Machine *m)
{
    for (uint32_t set = m->on & ~m->ready; set; set &= set - 1)
        idle(m, &m->processors[__builtin_ctz(set)], m->clock);
}

/* --- Rounds ----------------------------------------------------------------
 */

/* False: nobody has anything to do, and the clock has gone on. */
static bool open_round(Machine *m, uint64_t end)
{
    uint64_t limit = least(events_next(m->events), measure_next_cycles(m));
    if (m->limits.cycles)
        limit = least(limit, m->limits.cycles);
    if (!m->ready) {
        m->clock = least(limit, end);
        return false;
    }
    m->round_end = least((m->clock / m->quantum + 1) * m->quantum, limit);
    m->left = m->ready;
    m->in_round = true;
    return true;
}

bool processors_take_turn(Machine *m, uint64_t end)
{
    if (!m->in_round && !open_round(m, end))
        return false;
    while (!m->in_turn) {
        if (!m->left) {
            m->clock = m->round_end;
            m->in_round = false;
            return false;
        }
        unsigned number = (unsigned)__builtin_ctz(m->left);
        const Processor *p = &m->processors[number];
        m->in_turn = processors_time(m, p) < m->round_end;
        if (m->in_turn)
            processors_enter(m, number);
        else
            m->left &= ~bit_of(m, p);
    }
    return true;
}

void processors_turn_went(Machine *m)
{
    Processor *p = m->own;
    if (cpu_is_waiting(p->cpu))
        m->ready &= ~bit_of(m, p);
    m->in_turn =
        m->ready & bit_of(m, p) && processors_time(m, p) < m->round_end;
    if (m->in_turn)
        return;
    m->left &= ~bit_of(m, p);
    cpu_yield(p->cpu);
    if (p->layer)
        layer_yield(p->layer);
}

/* --- Checkpoints -----------------------------------------------------------
 */

static const CkptField turn_fields[] = {
    CKPT_FIELD(Machine, clock),   CKPT_FIELD(Machine, round_end),
    CKPT_BOOL(Machine, in_round), CKPT_BOOL(Machine, in_turn),
    CKPT_FIELD(Machine, on),      CKPT_FIELD(Machine, ready),
    CKPT_FIELD(Machine, left),
};

static const CkptField processor_fields[] = {
    CKPT_FIELD(Processor, start),
    CKPT_UP_TO(Processor, irq_lines, 63),
};

static void processor_checkpoint(Machine *m, unsigned i, uint64_t *time,
                                 Ckpt *ckpt)
{
    Processor *p = &m->processors[i];
    char name[16];
    snprintf(name, sizeof name, i ? "cpu%u" : "cpu", i);
    if (!ckpt_section(ckpt, name))
        return;
    *time = processors_time(m, p);
    ckpt_u64(ckpt, "time", time, UINT64_MAX);
    ckpt_fields(ckpt, processor_fields, ARRAY_LEN(processor_fields), p);
    cpu_checkpoint(p->cpu, ckpt);
}

/* Sets of processors that there are, and each part of the one before. */
static bool turns_fit(const Machine *m)
{
    uint32_t all = UINT32_MAX >> (32 - m->processor_count);
    return !(m->on & ~all) && !(m->ready & ~m->on) && !(m->left & ~m->ready);
}

void processors_checkpoint(Machine *m, uint64_t *times, Ckpt *ckpt)
{
    uint32_t number = (uint32_t)(m->own - m->processors);
    for (unsigned i = 0; i < m->processor_count && !ckpt_error(ckpt); i++)
        processor_checkpoint(m, i, &times[i], ckpt);
    if (!ckpt_section(ckpt, "turns"))
        return;
    ckpt_u32(ckpt, "own", &number, m->processor_count - 1);
    ckpt_fields(ckpt, turn_fields, ARRAY_LEN(turn_fields), m);
    if (!ckpt_loads(ckpt) || ckpt_error(ckpt))
        return;
    if (!turns_fit(m)) {
        ckpt_fail(ckpt, "section turns: a processor has a turn that is not on; "
                        "save it anew");
        return;
    }
    m->own = NULL;
    m->other_insns = 0;
    for (unsigned i = 0; i < m->processor_count; i++)
        m->other_insns += cpu_insns(m->processors[i].cpu);
    processors_enter(m, number);
}
