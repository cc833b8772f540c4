/* The machine: binds processor, board and console.
 *
 * machine_run() alternates between the event queue and the processor: it runs
 * what is due, lets the processor go on until the next event, limit or end of
 * slice, and so on.  A device access inside an instruction sees the time of
 * that instruction, and may bring the next event nearer.  Nothing here depends
 * on where slices end.  Whose instructions they are, and what their time is,
 * phases.c knows. */
#include "morph/machine_impl.h"

#include "base/alloc.h"
#include "base/bits.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const StatRow region_rows[] = {
    {"count", "regions", "of interest that the guest marked",
     offsetof(Regions, count)},
    {"insns", "instructions", "in those that have ended",
     offsetof(Regions, insns)},
    {"cycles", "cycles", "in those that have ended", offsetof(Regions, cycles)},
};

static const StatRow run_rows[] = {
    {"insns", "instructions", "of the guest, those that trapped included",
     offsetof(Measure, insns)},
};

static const StatRow timed_run_rows[] = {
    {"cycles", "cycles", "of the guest's clock", offsetof(Measure, cycles)},
};

/* --- What the processor asks of the bus ------------------------------------
 */

static uint8_t *cpu_page(void *ctx, uint32_t pa, bool write)
{
    Machine *m = ctx;
    return bus_page(m->bus, pa, write);
}

static bool cpu_read(void *ctx, uint32_t pa, unsigned size, uint32_t *value)
{
    Machine *m = ctx;
    DeviceVisit visit = phases_enter_device(m, pa);
    bool ok = bus_read(m->bus, pa, size, value);
    if (m->check && phases_is_layers(m))
        check_access(m->check, pa, size, false, *value, ok);
    phases_leave_device(m, &visit);
    return ok;
}

static bool cpu_write(void *ctx, uint32_t pa, unsigned size, uint32_t value)
{
    Machine *m = ctx;
    DeviceVisit visit = phases_enter_device(m, pa);
    bool ok = bus_write(m->bus, pa, size, value);
    if (m->check && phases_is_layers(m))
        check_access(m->check, pa, size, true, value, ok);
    phases_leave_device(m, &visit);
    return ok;
}

/* --- What the board asks of the machine ------------------------------------
 */

static void on_irq(void *ctx, unsigned cpu, unsigned input, bool level)
{
    Machine *m = ctx;
    Processor *p = &m->processors[cpu];
    p->irq_lines = (p->irq_lines & ~(1u << input)) | (unsigned)level << input;
    if (level && m->own)
        processors_wake(m, cpu);
    if (p->cpu)
        cpu_set_irq(p->cpu, input, level);
    if (p->check && phases_is_layers(m))
        check_irq(p->check, input, level);
}

static unsigned on_processor(void *ctx)
{
    return machine_processor(ctx);
}

static void on_begin(void *ctx, unsigned cpu, const BoardStart *start)
{
    processors_begin(ctx, cpu, start);
}

static void on_end(void *ctx, unsigned cpu)
{
    processors_end(ctx, cpu);
}

static void on_console_put(void *ctx, uint8_t byte)
{
    Machine *m = ctx;
    console_put(m->console, byte);
}

static int on_console_get(void *ctx)
{
    Machine *m = ctx;
    return console_get(m->console);
}

static uint64_t on_insns(void *ctx)
{
    Machine *m = ctx;
    return phases_insns(m);
}

/* The text that is fast-forwarded to. */
static void on_point_reached(void *ctx)
{
    Machine *m = ctx;
    m->point_reached = true;
    phases_stop(m);
}

/* The text at which the region to measure begins or ends. */
static void on_region_text(void *ctx)
{
    Machine *m = ctx;
    m->measure->reached = true;
    phases_stop(m);
}

/* The text at which a checkpoint is taken. */
static void on_checkpoint_text(void *ctx)
{
    Machine *m = ctx;
    m->checkpoint_reached = true;
    phases_stop(m);
}

/* A region of interest begins or ends after the present instruction; a mark
 * that says what is so already changes nothing.  Nor do two that one SWL or SWR
 * makes, byte by byte. */
static void on_mark(void *ctx, uint32_t value)
{
    Machine *m = ctx;
    if (m->in_region == (value != 0))
        return;
    m->in_region = value != 0;
    m->marked = !m->marked;
    if (m->in_region && checkpoint_wants_mark(m))
        m->checkpoint_reached = true;
    phases_stop(m);
}

static void on_stop(void *ctx, BoardStop why, uint32_t status)
{
    Machine *m = ctx;
    if (m->stopping)
        return; /* the first word counts */
    m->stopping = true;
    m->stop = why;
    m->stop_status = status;
    phases_stop(m);
}

/* Not of the board while it is made: then there is no processor. */
static void on_note(void *ctx, const char *text)
{
    Machine *m = ctx;
    char line[DIAG_TEXT_MAX];
    if (!m->host.note)
        return;
    if (m->cpu)
        snprintf(line, sizeof line, "pc 0x%08" PRIx32 ": %s",
                 cpu_state(m->cpu)->pc, text);
    else
        snprintf(line, sizeof line, "%s", text);
    m->host.note(m->host.ctx, line);
}

static void on_trace(void *ctx, uint32_t letter, bool on)
{
    Machine *m = ctx;
    if (m->host.trace)
        m->host.trace(m->host.ctx, letter, on);
}

static void on_net_send(void *ctx, unsigned slot, const uint8_t *frame,
                        size_t size)
{
    Machine *m = ctx;
    if (m->host.net_send)
        m->host.net_send(m->host.ctx, slot, frame, size);
}

/* The processor's end, as a board that has a status for it says. */
static void on_machine_check(void *ctx, const char *why)
{
    char text[200];
    snprintf(text, sizeof text, "machine check: %s", why);
    on_note(ctx, text);
    on_stop(ctx, BOARD_STOP_HALT, BOARD_STATUS_CRASH);
}

/* --- What the console asks of the machine -----------------------------------
 */

static void on_guest_printed(void *ctx, uint8_t byte)
{
    Machine *m = ctx;
    if (sample_makes(m->sample))
        library_print(m->sample->library, byte);
    /* What it prints in units is what its library's run has printed. */
    if (m->host.console_put && !sample_jumps(m->sample))
        m->host.console_put(m->host.ctx, byte);
}

static void on_input(void *ctx)
{
    Machine *m = ctx;
    board_console_wake(m->board);
}

static void on_text_found(void *ctx)
{
    Machine *m = ctx;
    m->text_found = true;
    phases_stop(m);
}

static void on_marked(void *ctx)
{
    Machine *m = ctx;
    m->host.marked(m->host.ctx);
}

static void on_network(void *ctx, const InputStep *step)
{
    Machine *m = ctx;
    if (step->kind == INPUT_CARRIER)
        board_net_carrier(m->board, step->slot, step->on);
    else
        board_net_receive(m->board, step->slot, step->text, step->size);
}

/* --- Loading -----------------------------------------------------------------
 */

uint32_t machine_segment_pa(const ElfSegment *seg)
{
    return seg->vaddr >= 0x80000000 ? seg->vaddr & 0x1fffffff : seg->vaddr;
}

static bool load_segment(Machine *m, size_t index, Diag *diag)
{
    const ElfSegment *seg = elf_segment(m->image, index);
    static const uint8_t zeros[BUS_PAGE];
    if (seg->vaddr >= 0xc0000000)
        return diag_error(diag,
                          "segment %zu at 0x%08x lies in kseg2, which a "
                          "machine without an operating system does not map; "
                          "link the image to 0x80000000 and up",
                          index, seg->vaddr);
    uint32_t pa = machine_segment_pa(seg);
    bool ok = bus_poke(m->bus, pa, seg->bytes, seg->file_size);
    for (uint32_t at = seg->file_size; ok && at < seg->mem_size;) {
        uint32_t left = seg->mem_size - at;
        uint32_t size = left < BUS_PAGE ? left : BUS_PAGE;
        ok = bus_poke(m->bus, pa + at, zeros, size);
        at += size;
    }
    if (!ok)
        return diag_error(diag,
                          "segment %zu, 0x%08x to 0x%08x, does not fit in "
                          "the machine's memory of %u KB; enlarge it with "
                          "--memory or link the image elsewhere",
                          index, seg->vaddr, seg->vaddr + seg->mem_size - 1,
                          board_memory(m->board) / 1024);
    return true;
}

static bool reset(Machine *m, Diag *diag)
{
    BoardImage image = {elf_entry(m->image), m->cmdline, 0};
    for (size_t i = 0; i < elf_segment_count(m->image); i++) {
        const ElfSegment *seg = elf_segment(m->image, i);
        if (!load_segment(m, i, diag))
            return false;
        uint64_t end = (uint64_t)machine_segment_pa(seg) + seg->mem_size;
        if (end > image.end)
            image.end = end;
    }
    BoardStart start;
    events_set_now(m->events, phases_now(m));
    /* Processors first: resetting the board sets their interrupt inputs. */
    processors_reset(m);
    if (m->forwarder)
        forwarder_reset(m->forwarder);
    if (m->baseline)
        baseline_reset(m->baseline);
    if (!board_reset(m->board, &image, &start, diag))
        return false;
    GuestState *s = cpu_state(m->cpu);
    s->pc = start.pc;
    s->npc = start.pc + 4;
    s->status = start.status;
    memcpy(s->gpr, start.gpr, sizeof s->gpr);
    s->gpr[0] = 0;
    cpu_state_changed(m->cpu);
    for (unsigned i = 0; i < m->processor_count; i++)
        if (m->processors[i].check && phases_is_layers(m))
            check_reset(m->processors[i].check);
    return true;
}

/* --- Life --------------------------------------------------------------------
 */

static void on_poked(void *ctx, uint32_t pa, uint32_t size)
{
    Machine *m = ctx;
    cpu_memory_changed(m->cpu, pa, size);
    /* What is told to one is told to all that share its memory. */
    if (m->layer)
        layer_memory_changed(m->processors[0].layer, pa, size);
    if (m->check)
        check_memory_changed(m->processors[0].check, pa, size);
}

/* A board may come with another processor than the keys describe. */
static void choose_processor(CpuConfig *cpu, BoardCpu board)
{
    if (board.kind == BOARD_CPU_R3000)
        return;
    cpu->features =
        board.kind == BOARD_CPU_MIPS161_1 ? CPU_MIPS161_1 : CPU_MIPS161_2;
    cpu->prid = board.prid;
    cpu->timer = board.timer;
    cpu->fpu = false;
}

static bool make_processors(Machine *m, const MachineConfig *mc,
                            const CpuConfig *config, Diag *diag)
{
    CpuBus bus = {.ctx = m,
                  .page = cpu_page,
                  .read = cpu_read,
                  .write = cpu_write,
                  .machine_check = on_machine_check};
    m->processor_count = board_cpu(m->board).count;
    m->quantum = config_int(mc->config, CONFIG_MACHINE_QUANTUM);
    bool several = processors_are_several(m);
    bool vliw = config_choice(mc->config, CONFIG_CPU_MODEL) == MODEL_VLIW;
    if (several && vliw && mc->warm)
        return diag_error(diag,
                          "machine.cpus = %u: --warm-start is for one "
                          "processor; leave it out",
                          m->processor_count);
    if (several && vliw && m->forward.warm)
        return diag_error(diag,
                          "machine.cpus = %u: fast_forward.warm is for one "
                          "processor; leave it out",
                          m->processor_count);
    for (unsigned i = 0; i < m->processor_count; i++) {
        Processor *p = &m->processors[i];
        CpuConfig own = *config;
        own.timer += i * BUS_PAGE;
        own.features |= several ? CPU_PARKS : 0;
        p->cpu = cpu_create(&own, &bus);
        if (i > 0)
            cpu_join(p->cpu, m->processors[0].cpu);
        if (vliw) {
            p->layer = layer_create(mc->config, &own, p->cpu, m->bus, diag);
            if (!p->layer)
                return false;
            if (i > 0)
                layer_join(p->layer, m->processors[0].layer);
            if (mc->warm)
                layer_start_warm(p->layer, mc->warm);
        }
        if (mc->check) {
            assert(p->layer);
            p->check = check_create(&own, m->bus, cpu_state(p->cpu),
                                    m->processors[0].check);
        }
    }
    processors_enter(m, 0);
    return true;
}

/* By processor, where there are several. */
static void add_processor_stats(const Machine *m)
{
    for (unsigned i = 0; i < m->processor_count; i++) {
        const Processor *p = &m->processors[i];
        char part[16];
        snprintf(part, sizeof part, "cpu%u", i);
        if (processors_are_several(m))
            stats_set_part(m->stats, part);
        cpu_add_stats(p->cpu, m->stats);
        stats_set_sampled(m->stats, m->sample);
        if (p->layer)
            layer_add_stats(p->layer, m->stats);
        stats_set_sampled(m->stats, false);
    }
    if (processors_are_several(m))
        stats_set_part(m->stats, NULL);
}

static bool build(Machine *m, const MachineConfig *mc, Diag *diag)
{
    const Config *config = mc->config;
    bool big = elf_big_endian(mc->image);
    if (!fastforward_read(&m->forward, config, m->image, diag) ||
        !measure_read(m->measure, config, m->image, diag))
        return false;
    m->sample = sample_create(config, mc->library_key, diag);
    if (*diag->text)
        return false;
    if (sample_jumps(m->sample)) {
        m->forward.to = (Point){.kind = POINT_NONE};
        m->measure->jumps = true;
    }
    m->events = events_create(config_int(config, CONFIG_CPU_CLOCK));
    m->console = console_create(
        m->events, &(ConsoleHooks){.ctx = m,
                                   .put = on_guest_printed,
                                   .wake = on_input,
                                   .found = on_text_found,
                                   .reached = on_point_reached,
                                   .region = on_region_text,
                                   .checkpoint = on_checkpoint_text,
                                   .marked = on_marked,
                                   .network = on_network});
    if (m->forward.to.kind == POINT_TEXT)
        console_forward(m->console, m->forward.to.text);
    BoardHost host = {.ctx = m,
                      .irq = on_irq,
                      .console_put = on_console_put,
                      .console_get = on_console_get,
                      .insns = on_insns,
                      .processor = on_processor,
                      .begin = on_begin,
                      .end = on_end,
                      .mark = on_mark,
                      .stop = on_stop,
                      .note = on_note,
                      .trace = on_trace,
                      .net_send = on_net_send};
    m->board = board_create(config, big, mc->disks, mc->disk_count, &host,
                            m->events, diag);
    if (!m->board)
        return false;
    m->bus = board_bus(m->board);
    CpuConfig cpu = {.big_endian = big,
                     .fpu = config_bool(config, CONFIG_CPU_FPU),
                     .prid = (uint32_t)config_int(config, CONFIG_CPU_PRID),
                     .icache = (uint32_t)config_int(config, CONFIG_CPU_ICACHE),
                     .dcache = (uint32_t)config_int(config, CONFIG_CPU_DCACHE),
                     .cpcond = board_cpcond(m->board)};
    choose_processor(&cpu, board_cpu(m->board));
    unsigned model = config_choice(config, CONFIG_CPU_MODEL);
    if (model == MODEL_R3000 && cpu.features)
        return diag_error(diag, "cpu.model = r3000: a sys161 has another "
                                "processor; use --model functional or vliw");
    if (m->sample && cpu.features)
        return diag_error(diag,
                          "sample.period = %s: a sys161 has processors "
                          "that wait, and instructions are no measure of "
                          "its time; leave it out",
                          config_text(config, CONFIG_SAMPLE_PERIOD));
    if (!make_processors(m, mc, &cpu, diag))
        return false;
    if (m->layer && m->sample)
        layer_scale(m->layer, sample_scale(m->sample));
    if (model == MODEL_R3000)
        m->baseline = baseline_create(config, m->cpu);
    if (model != MODEL_FUNCTIONAL) {
        if (m->forward.to.kind == POINT_NONE && !m->sample)
            phases_enter_timed(m);
        else if (!cpu.features && !sample_jumps(m->sample)) /* no WAIT */
            m->forwarder = forwarder_create(config, &cpu, m->cpu, m->bus);
    }
    if (mc->host_profile) {
        m->host_profile = alloc_zeroed(1, sizeof *m->host_profile);
        hostprofile_start(m->host_profile);
        for (unsigned i = 0; m->layer && i < m->processor_count; i++)
            layer_set_host_profile(m->processors[i].layer, m->host_profile);
        if (m->forwarder)
            forwarder_set_host_profile(m->forwarder, m->host_profile);
    }
    if (mc->check)
        observe_layer(m);
    bus_set_poked(m->bus, on_poked, m);
    m->stats = stats_create();
    add_processor_stats(m);
    stats_set_sampled(m->stats, m->sample);
    if (m->baseline)
        baseline_add_stats(m->baseline, m->stats);
    stats_set_sampled(m->stats, false);
    bus_add_stats(m->bus, m->stats);
    board_add_stats(m->board, m->stats);
    if (m->forward.to.kind != POINT_NONE || m->sample)
        fastforward_add_stats(&m->forwarded, m->stats);
    stats_add(m->stats, "roi", region_rows, ARRAY_LEN(region_rows),
              &m->regions);
    stats_add(m->stats, "run", run_rows, ARRAY_LEN(run_rows), m->measure);
    stats_set_sampled(m->stats, m->sample);
    stats_add(m->stats, "run", timed_run_rows, ARRAY_LEN(timed_run_rows),
              m->measure);
    stats_set_sampled(m->stats, false);
    if (!reset(m, diag))
        return false;
    if (m->forward.to.kind == POINT_SYMBOL)
        phases_set_watch(m, WATCH_FORWARD, m->forward.to.va, 0);
    measure_start(m);
    if (m->sample && m->forward.to.kind == POINT_NONE)
        sample_begin(m);
    return true;
}

Machine *machine_create(const MachineConfig *mc, Diag *diag)
{
    Machine *m = alloc_zeroed(1, sizeof *m);
    m->config = mc->config;
    m->image = mc->image;
    m->cmdline = alloc_string(mc->cmdline);
    m->host = mc->host;
    m->measure = alloc_zeroed(1, sizeof *m->measure);
    if (build(m, mc, diag))
        return m;
    machine_destroy(m);
    return NULL;
}

void machine_destroy(Machine *m)
{
    if (!m)
        return;
    stats_destroy(m->stats);
    forwarder_destroy(m->forwarder);
    baseline_destroy(m->baseline);
    for (unsigned i = m->processor_count; i-- > 0;) {
        Processor *p = &m->processors[i];
        check_destroy(p->check);
        layer_destroy(p->layer);
        cpu_destroy(p->cpu);
        *p = (Processor){.cpu = NULL};
    }
    m->own = NULL;
    m->cpu = NULL;
    board_destroy(m->board);
    console_destroy(m->console);
    events_destroy(m->events);
    free(m->cmdline);
    free(m->measure);
    checkpoint_destroy(m->checkpoints);
    sample_destroy(m->sample);
    free(m->host_profile);
    free(m);
}

void machine_close(Machine *m)
{
    if (!m)
        return;
    forwarder_close(m->forwarder);
    for (unsigned i = 0; i < m->processor_count; i++)
        layer_close(m->processors[i].layer);
}

void machine_set_limits(Machine *m, const MachineLimits *limits)
{
    m->limits = *limits;
    console_until(m->console, limits->until);
}

void machine_set_mark(Machine *m, const char *text)
{
    console_mark(m->console, text);
}

/* --- Running -----------------------------------------------------------------
 */

static bool at_breakpoint(const Machine *m, uint32_t pc)
{
    for (size_t i = 0; i < m->breakpoint_count; i++)
        if (m->breakpoints[i] == pc)
            return true;
    return false;
}

/* The board's wish.  True if the run is over. */
static bool stop_is_final(Machine *m)
{
    if (m->stop != BOARD_STOP_RESET)
        return true;
    m->stopping = false;
    Diag diag = {""};
    /* It was reset like this once. */
    if (reset(m, &diag))
        return false;
    m->stop = BOARD_STOP_HALT;
    return m->stopping = true;
}

MachineStop machine_run(Machine *m, uint64_t slice)
{
    uint64_t end = bits_saturating_add(phases_slice_clock(m), slice);
    uint32_t start_pc = cpu_state(m->cpu)->pc;
    for (bool first = true;; first = false) {
        uint64_t now = phases_now(m);
        if (m->check && check_report(m->check))
            return MACHINE_STOP_DIVERGED;
        /* First: whatever else comes here, a machine that is restored does. */
        if (checkpoint_look(m))
            return MACHINE_STOP_CHECKPOINT;
        if (measure_look(m))
            return MACHINE_STOP_REGION;
        if (sample_look(m))
            return MACHINE_STOP_LIBRARY;
        /* The text first: one instruction may print its end and stop, too. */
        if (m->text_found) {
            m->text_found = false;
            return MACHINE_STOP_TEXT;
        }
        if (m->stopping && stop_is_final(m))
            return m->stop == BOARD_STOP_EXIT ? MACHINE_STOP_EXIT
                                              : MACHINE_STOP_HALT;
        HostPart before = hostprofile_enter(m->host_profile, HOST_DEVICES);
        phases_run_events(m);
        hostprofile_enter(m->host_profile, before);
        if (m->stopping || m->text_found)
            continue;
        if (phases_advance(m)) {
            end = bits_saturating_add(phases_slice_clock(m), slice);
            continue;
        }
        if (m->limits.insns && phases_insns(m) >= m->limits.insns)
            return MACHINE_STOP_INSNS;
        if (m->limits.cycles && now >= m->limits.cycles)
            return MACHINE_STOP_CYCLES;
        if (processors_are_several(m)) {
            if (!m->in_round && now >= end)
                return MACHINE_STOP_SLICE;
            if (!processors_take_turn(m, end))
                continue;
        }
        bool observed = observe_each_insn(m);
        bool stepwise = m->breakpoint_count || observed;
        if (stepwise) {
            if (phases_take_interrupt(m))
                continue;
            uint32_t pc = cpu_state(m->cpu)->pc;
            bool here = first && pc == start_pc; /* where the run resumes */
            if (!here && at_breakpoint(m, pc))
                return MACHINE_STOP_BREAKPOINT;
        }
        if (!processors_are_several(m) && phases_slice_clock(m) >= end)
            return MACHINE_STOP_SLICE;
        if (observed && !cpu_is_waiting(m->cpu))
            observe_insn(m);
        phases_run(m, end, stepwise);
    }
}

uint32_t machine_exit_status(const Machine *m)
{
    return m->stop_status;
}

bool machine_add_breakpoint(Machine *m, uint32_t va)
{
    if (at_breakpoint(m, va))
        return true;
    if (m->breakpoint_count == BREAKPOINTS_MAX)
        return false;
    m->breakpoints[m->breakpoint_count++] = va;
    return true;
}

bool machine_remove_breakpoint(Machine *m, uint32_t va)
{
    for (size_t i = 0; i < m->breakpoint_count; i++) {
        if (m->breakpoints[i] == va) {
            m->breakpoints[i] = m->breakpoints[--m->breakpoint_count];
            return true;
        }
    }
    return false;
}

size_t machine_breakpoints(const Machine *m, const uint32_t **list)
{
    *list = m->breakpoints;
    return m->breakpoint_count;
}
