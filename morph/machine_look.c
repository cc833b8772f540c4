/* What a machine tells of itself: its state, its processors, and what all that
 * is in it reports.  Nothing here goes on with the run. */
#include "morph/machine_impl.h"

#include "base/hash.h"

#include <xxhash.h>

bool machine_fast_forwards(const Machine *m)
{
    bool sampled = m->sample && m->sample->begun;
    return (m->layer || m->baseline) && !phases_is_timed(m) && !sampled;
}

bool machine_is_waiting(const Machine *m)
{
    return processors_are_several(m) ? !m->ready : cpu_is_waiting(m->cpu);
}

uint64_t machine_insns(const Machine *m)
{
    return phases_insns(m);
}

uint64_t machine_cycles(const Machine *m)
{
    return phases_now(m);
}

unsigned machine_processors(const Machine *m)
{
    return m->processor_count;
}

unsigned machine_processor(const Machine *m)
{
    return (unsigned)(m->own - m->processors);
}

uint64_t machine_time(const Machine *m)
{
    return processors_time(m, m->own);
}

const GuestState *machine_state_of(const Machine *m, unsigned processor)
{
    return cpu_state(m->processors[processor].cpu);
}

const GuestState *machine_state(const Machine *m)
{
    return cpu_state(m->cpu);
}

bool machine_peek(Machine *m, uint32_t va, void *bytes, uint32_t size)
{
    return cpu_peek(m->cpu, va, bytes, size);
}

bool machine_big_endian(const Machine *m)
{
    return elf_big_endian(m->image);
}

const ElfImage *machine_image(const Machine *m)
{
    return m->image;
}

const Config *machine_config(const Machine *m)
{
    return m->config;
}

bool machine_sync_disks(Machine *m, Diag *diag)
{
    return board_sync_disks(m->board, diag);
}

void machine_save_warm(const Machine *m, Warm *warm)
{
    if (m->layer && !processors_are_several(m))
        layer_save_warm(m->layer, warm);
}

CheckCounts machine_check_counts(const Machine *m)
{
    CheckCounts sum = {0};
    for (unsigned i = 0; m->check && i < m->processor_count; i++) {
        CheckCounts own = check_counts(m->processors[i].check);
        sum.commits += own.commits;
        sum.stores += own.stores;
        sum.accesses += own.accesses;
        sum.interrupts += own.interrupts;
        sum.pages += own.pages;
    }
    return sum;
}

const CheckReport *machine_finish_check(Machine *m)
{
    for (unsigned i = 0; m->check && i < m->processor_count; i++) {
        Check *check = m->processors[i].check;
        if (phases_is_layers(m) && !check_finish(check))
            return check_report(check);
    }
    return NULL;
}

const Stats *machine_stats(const Machine *m)
{
    measure_update(m);
    return m->stats;
}

bool machine_has_measured(const Machine *m)
{
    return m->measure->state != MEASURE_BEFORE;
}

const Sample *machine_sample(const Machine *m)
{
    return sample_makes(m->sample) ? NULL : m->sample;
}

const char *machine_library_error(const Machine *m)
{
    const Library *l = m->sample ? m->sample->library : NULL;
    return l && *l->diag.text ? l->diag.text : NULL;
}

const char *machine_library_console(const Machine *m, uint64_t *size)
{
    if (!sample_jumps(m->sample))
        return NULL;
    *size = m->sample->library->console_size;
    return m->sample->library->console;
}

bool machine_is_measuring(const Machine *m)
{
    return m->measure->state == MEASURE_INSIDE;
}

const uint64_t *machine_causes(const Machine *m)
{
    return m->layer ? layer_causes(m->layer) : NULL;
}

HostProfile *machine_host_profile(Machine *m)
{
    return m->host_profile;
}

EngineReport machine_engine_report(const Machine *m)
{
    EngineReport report = {.attached = false};
    for (unsigned i = 0; m->layer && i < m->processor_count; i++) {
        EngineReport own;
        layer_engine_report(m->processors[i].layer, &own);
        engine_report_add(&report, &own);
    }
    EngineReport forward = machine_forward_report(m);
    engine_report_add(&report, &forward);
    return report;
}

void machine_fill_saved(Machine *m, EngineGoOn *go_on, void *ctx)
{
    for (unsigned i = 0; m->layer && i < m->processor_count; i++)
        layer_fill_saved(m->processors[i].layer, go_on, ctx);
}

EngineReport machine_forward_report(const Machine *m)
{
    return m->forwarder ? forwarder_report(m->forwarder) : m->forward_report;
}

uint64_t machine_hash(const Machine *m)
{
    uint64_t hash = state_hash(cpu_state(m->processors[0].cpu));
    for (unsigned i = 1; i < m->processor_count; i++)
        hash = hash_u64(hash, state_hash(cpu_state(m->processors[i].cpu)));
    for (uint32_t pa = 0; pa < board_memory(m->board); pa += BUS_PAGE)
        hash =
            XXH3_64bits_withSeed(bus_page(m->bus, pa, false), BUS_PAGE, hash);
    return hash;
}
