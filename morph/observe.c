/* Observers of the machine (machine_add_trace()): each event goes to all that
 * want it, and nothing is looked at that nobody wants. */
#include "morph/machine_impl.h"

#include "base/bits.h"

#include <assert.h>

/* Whether somebody wants an event, and telling all who do. */
#define WANTED(m, event)                                                       \
    ((m)->traces[0].event || (m)->traces[1].event || (m)->traces[2].event)
#define TELL(m, event, ...)                                                    \
    do {                                                                       \
        for (unsigned i = 0; i < (m)->trace_count; i++) {                      \
            const MachineTrace *to = &(m)->traces[i];                          \
            if (to->event)                                                     \
                to->event(to->ctx, ##__VA_ARGS__);                             \
        }                                                                      \
    } while (0)

_Static_assert(MACHINE_TRACES == 3, "WANTED() looks at three");

static void on_exception(void *ctx, const GuestState *s, Exception exc)
{
    const Machine *m = ctx;
    TELL(m, exception, s, exc);
}

static void on_tlb_write(void *ctx, const GuestState *s, unsigned index)
{
    const Machine *m = ctx;
    TELL(m, tlb_write, s, index);
}

static void on_device(void *ctx, const Device *device, uint32_t offset,
                      unsigned size, bool write, uint32_t value)
{
    const Machine *m = ctx;
    TELL(m, device, cpu_state(m->cpu), device, offset, size, write, value);
}

static void on_gear(void *ctx, const char *what, uint32_t pc, unsigned gear,
                    const char *detail)
{
    const Machine *m = ctx;
    TELL(m, gear, what, pc, gear, detail);
}

static void on_fault(void *ctx, const CoreStop *stop)
{
    const Machine *m = ctx;
    TELL(m, fault, stop);
}

static void on_molecule(void *ctx, const CoreCode *code, unsigned molecule,
                        uint64_t cycle)
{
    const Machine *m = ctx;
    uint64_t now = phases_is_timed(m) ? m->own->start + cycle : phases_now(m);
    TELL(m, molecule, code, molecule, now);
}

void observe_leave(const Machine *m)
{
    TELL(m, leave);
}

static void on_commit(void *ctx, const CoreCode *code, unsigned exit)
{
    Machine *m = ctx;
    if (!check_commit(m->check, code, exit))
        layer_stop(m->layer);
}

void observe_layer(Machine *m)
{
    LayerHooks hooks = {.ctx = m,
                        .commit = m->check ? on_commit : NULL,
                        .event = WANTED(m, gear) ? on_gear : NULL,
                        .fault = WANTED(m, fault) ? on_fault : NULL,
                        .molecule = WANTED(m, molecule) ? on_molecule : NULL};
    for (unsigned i = 0; i < m->processor_count; i++)
        layer_set_hooks(m->processors[i].layer, &hooks);
}

void machine_add_trace(Machine *m, const MachineTrace *trace)
{
    assert(m->trace_count < MACHINE_TRACES);
    m->traces[m->trace_count++] = *trace;
    CpuHooks hooks = {.ctx = m,
                      .exception = WANTED(m, exception) ? on_exception : NULL,
                      .tlb_write = WANTED(m, tlb_write) ? on_tlb_write : NULL};
    for (unsigned i = 0; i < m->processor_count; i++)
        cpu_set_hooks(m->processors[i].cpu, &hooks);
    bus_set_trace(m->bus, WANTED(m, device) ? on_device : NULL, m);
    if (m->layer)
        observe_layer(m);
}

bool observe_each_insn(const Machine *m)
{
    return WANTED(m, insn);
}

bool observe_processor(const Machine *m)
{
    return WANTED(m, insn) || WANTED(m, exception) || WANTED(m, tlb_write) ||
           WANTED(m, device);
}

void observe_insn(Machine *m)
{
    const GuestState *s = cpu_state(m->cpu);
    uint8_t bytes[4];
    uint32_t word = 0; /* where the fetch will trap */
    if (cpu_peek(m->cpu, s->pc, bytes, sizeof bytes))
        word = bits_load32(bytes, machine_big_endian(m));
    TELL(m, insn, s, word);
}
