/* `selkirk run`: from the command line to the exit status; see run.h.
 *
 * The machine runs in slices of simulated time that last about SLICE_SECONDS
 * here, and everything of the host happens between them.  What the machine
 * does never depends on where they end. */
#include "cli/run.h"

#include "base/alloc.h"
#include "cli/bbv.h"
#include "cli/checkpoints.h"
#include "cli/fill.h"
#include "cli/hostconsole.h"
#include "cli/monitor.h"
#include "cli/network.h"
#include "cli/outputs.h"
#include "cli/pipeline.h"
#include "cli/report.h"
#include "cli/sample_library.h"
#include "cli/samples.h"
#include "cli/savefile.h"
#include "cli/screen.h"
#include "cli/settings.h"
#include "cli/terminal.h"
#include "cli/timeline.h"
#include "cli/trace.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SLICE_SECONDS 0.008 /* well below what a typist notices */

enum { SLICE_MIN = 1000, SLICE_FIRST = 100000, SLICE_MAX = 1000000000 };

/* All that a run needs.  What is NULL was not made yet. */
typedef struct Session {
    const Options *options;
    const char *where; /* --console */
    bool quiet, check;
    BoardDisk *disks;
    size_t disk_count;
    char *cmdline;
    MachineLimits limits;
    Config *config;
    ElfImage *image;
    InputScript script;
    Warm warm; /* --warm-start */
    SaveFile warm_save;
    CheckpointFiles checkpoints; /* --checkpoint-at */
    Ckpt *restore;               /* --restore, or NULL */
    SampleLibrary library;       /* --sample-library */
    Trace *trace;
    Pipeline *pipeline;
    Timeline *timeline;
    Bbv *bbv;
    HostConsole *console;
    Machine *machine;
    Network *network; /* NULL also where the script has what comes by it */
    Screen *screen;
    Monitor *monitor;
    Results results;
    Progress progress;
    Marks marks;
    double slice_start; /* report_clock(), while a slice runs; else 0 */
    bool shared;        /* the console is on the standard error's terminal */
    Run run;
} Session;

/* --- What the command line says ------------------------------------------- */

/* FILE or FILE,overlay.  A comma may also be part of the name. */
static bool add_disk(Session *s, const char *value, Diag *diag)
{
    const char *comma = strrchr(value, ',');
    bool overlay = comma && strcmp(comma, ",overlay") == 0;
    if (comma && !overlay && access(value, F_OK) < 0)
        return diag_error(diag,
                          "--disk %s: there is no such file, and what follows "
                          "the comma is not \"overlay\"",
                          value);
    char *path = alloc_string(value);
    if (overlay)
        path[comma - value] = '\0';
    if (!*path) {
        free(path);
        return diag_error(diag, "--disk %s: the file's name is missing", value);
    }
    s->disks[s->disk_count++] = (BoardDisk){path, overlay};
    return true;
}

static bool read_disks(Session *s, Diag *diag)
{
    const Options *o = s->options;
    s->disks = alloc_zeroed(o->use_count, sizeof *s->disks);
    for (size_t i = 0; i < o->use_count; i++)
        if (o->uses[i].id == OPTION_DISK &&
            !add_disk(s, o->uses[i].value, diag))
            return false;
    return true;
}

/* The guest's arguments as one string. */
static void join_arguments(Session *s)
{
    const Options *o = s->options;
    size_t size = 1;
    for (size_t i = 0; i < o->rest_count; i++)
        size += strlen(o->rest[i]) + 1;
    char *p = s->cmdline = alloc_zeroed(size, 1);
    for (size_t i = 0; i < o->rest_count; i++) {
        if (i)
            *p++ = ' ';
        p = stpcpy(p, o->rest[i]);
    }
}

static bool read_limits(Session *s, Diag *diag)
{
    s->limits.until = options_value(s->options, OPTION_UNTIL);
    if (s->limits.until && !*s->limits.until)
        return diag_error(diag, "--until: the text is empty; leave the option "
                                "out");
    return options_number(s->options, OPTION_MAX_INSNS, &s->limits.insns,
                          diag) &&
           options_number(s->options, OPTION_MAX_CYCLES, &s->limits.cycles,
                          diag);
}

/* --mark, as often as it was given. */
static bool read_marks(Session *s, Diag *diag)
{
    const Options *o = s->options;
    for (size_t i = 0; i < o->use_count; i++) {
        if (o->uses[i].id != OPTION_MARK)
            continue;
        if (!*o->uses[i].value)
            return diag_error(diag, "--mark: the text is empty; leave the "
                                    "option out");
        marks_add(&s->marks, o->uses[i].value);
    }
    return true;
}

static bool check_interval(const Session *s, Diag *diag)
{
    return !options_has(s->options, OPTION_INTERVAL) ||
           options_has(s->options, OPTION_OUT) ||
           options_has(s->options, OPTION_TIMELINE) ||
           diag_error(diag, "--interval: there is no folder to write "
                            "intervals.csv to; add --out DIR");
}

static bool check_record(const Session *s, Diag *diag)
{
    return !options_has(s->options, OPTION_RECORD) ||
           !options_has(s->options, OPTION_INPUT) ||
           diag_error(diag, "--record: with --input, nothing else is "
                            "typed; leave one of them out");
}

/* Whether something may come from outside, once the machine is known. */
static bool check_recorded(const Session *s, Diag *diag)
{
    const BoardNic *nics;
    return !options_has(s->options, OPTION_RECORD) ||
           strcmp(s->where, "stdio") == 0 || strcmp(s->where, "pty") == 0 ||
           machine_nics(s->machine, &nics) ||
           diag_error(diag,
                      "--record: with --console %s, nothing is typed; "
                      "leave one of them out",
                      s->where);
}

/* What only the layer has is not asked of the reference CPU. */
static bool check_model(const Session *s, Diag *diag)
{
    const char *model = config_text(s->config, CONFIG_CPU_MODEL);
    const char *kind = trace_layer_kind(s->trace);
    bool pipeline = options_has(s->options, OPTION_PIPELINE);
    if (strcmp(model, "vliw") == 0)
        return true;
    if (s->check)
        return diag_error(diag,
                          "--check: with cpu.model = %s the reference CPU runs "
                          "the guest, and there is nothing to compare; add "
                          "--model vliw",
                          model);
    return (!kind && !pipeline) ||
           diag_error(diag,
                      "--%s%s: with cpu.model = %s the reference CPU runs "
                      "the guest, and there is no code-morphing layer; add "
                      "--model vliw",
                      kind ? "trace " : "pipeline", kind ? kind : "", model);
}

/* Both need the layer. */
static bool check_warm(const Session *s, Diag *diag)
{
    const Options *o = s->options;
    const char *model = config_text(s->config, CONFIG_CPU_MODEL);
    const char *option = options_has(o, OPTION_WARM_START)  ? "--warm-start"
                         : options_has(o, OPTION_WARM_SAVE) ? "--warm-save"
                                                            : NULL;
    return !option || strcmp(model, "vliw") == 0 ||
           diag_error(diag,
                      "%s: with cpu.model = %s nothing is translated; add "
                      "--model vliw",
                      option, model);
}

/* Everything that is read, before anything is written. */
static bool read_inputs(Session *s, Diag *diag)
{
    const Options *o = s->options;
    const char *input = options_value(o, OPTION_INPUT);
    const char *warm = options_value(o, OPTION_WARM_START);
    const char *restore = options_value(o, OPTION_RESTORE);
    s->where = options_value(o, OPTION_CONSOLE);
    s->where = s->where ? s->where : "stdio";
    s->quiet = options_has(o, OPTION_QUIET);
    s->check = options_has(o, OPTION_CHECK);
    join_arguments(s);
    return read_limits(s, diag) && read_marks(s, diag) &&
           check_record(s, diag) && check_interval(s, diag) &&
           (s->trace = trace_create(o, diag)) &&
           (s->config = settings_create(o, diag)) && check_model(s, diag) &&
           check_warm(s, diag) &&
           (!input || input_read(&s->script, input, diag)) &&
           (!warm || warm_read(&s->warm, warm, diag)) && read_disks(s, diag) &&
           checkpoints_read(&s->checkpoints, o, diag) &&
           (!restore || (s->restore = ckpt_open(restore, diag))) &&
           outputs_check(o, &s->checkpoints, diag) &&
           (s->image = elf_read(o->operands[0], diag)) &&
           sample_library_prepare(&s->library, o, s->config, diag);
}

/* --- Setting up ----------------------------------------------------------- */

static bool open_console(Session *s, Diag *diag)
{
    bool scripted =
        options_has(s->options, OPTION_MONITOR) && !isatty(STDIN_FILENO);
    /* What is typed as it comes would be in a library, or in one of its units,
     * for no other run to repeat. */
    bool typing = !options_has(s->options, OPTION_INPUT) &&
                  s->library.use == LIBRARY_NONE;
    HostConsoleConfig config = {
        .where = s->where,
        .record = options_value(s->options, OPTION_RECORD),
        .typing = typing,
        .stdin_taken = scripted,
        .quiet = s->quiet,
    };
    if (!hostconsole_open(s->console, &config, diag))
        return false;
    hostconsole_copy(s->console, s->results.console);
    return true;
}

/* The line would disturb a console, trace or monitor on the same terminal. */
static void choose_progress(Session *s)
{
    Progress *p = &s->progress;
    bool asked = options_has(s->options, OPTION_PROGRESS);
    s->shared = hostconsole_shares(s->console, STDERR_FILENO);
    p->in_place = isatty(STDERR_FILENO);
    p->on = asked || (p->in_place && !s->quiet && !s->shared &&
                      !trace_uses_stderr(s->trace) &&
                      !options_has(s->options, OPTION_MONITOR));
}

static void on_marked(void *ctx)
{
    Session *s = ctx;
    double slice = s->slice_start > 0 ? report_clock() - s->slice_start : 0;
    marks_reach(&s->marks, s->machine, s->run.seconds + slice);
}

static void on_interval(void *ctx, uint64_t cycles, uint64_t insns,
                        Stats *stats)
{
    Session *s = ctx;
    if (s->timeline)
        timeline_interval(s->timeline, cycles, insns, stats);
    report_write_interval(&s->results, cycles, insns, stats);
}

static void on_console_put(void *ctx, uint8_t byte)
{
    Session *s = ctx;
    hostconsole_put(s->console, byte);
}

/* What a library has of the console, that its units do not print. */
static void print_library(Session *s)
{
    uint64_t size = 0;
    const char *bytes = machine_library_console(s->machine, &size);
    for (uint64_t i = 0; bytes && i < size; i++)
        on_console_put(s, (uint8_t)bytes[i]);
}

static void on_note(void *ctx, const char *text)
{
    Session *s = ctx;
    report_hide_progress(&s->progress);
    fprintf(stderr, "selkirk: note: %s\n", text);
}

static void on_trace(void *ctx, uint32_t letter, bool on)
{
    Session *s = ctx;
    trace_switch(s->trace, letter, on);
}

static void on_net_send(void *ctx, unsigned slot, const uint8_t *frame,
                        size_t size)
{
    Session *s = ctx;
    if (s->network)
        network_send(s->network, slot, frame, size);
}

/* Cables, or a script that has what came by them. */
static bool connect_network(Session *s, Diag *diag)
{
    NetworkConfig config = {
        .record = hostconsole_record(s->console), .ctx = s, .tell = on_note};
    if (input_has_network(&s->script))
        return true;
    s->network = network_create(s->machine, &config, diag);
    return s->network;
}

/* Pictures of the run in time, for programs that show them. */
static bool open_views(Session *s, Diag *diag)
{
    const char *pipeline = options_value(s->options, OPTION_PIPELINE);
    const char *timeline = options_value(s->options, OPTION_TIMELINE);
    if (pipeline)
        s->pipeline = pipeline_open(pipeline, s->machine, diag);
    if (timeline && (s->pipeline || !pipeline))
        s->timeline = timeline_open(timeline, s->config, s->machine, diag);
    s->bbv = bbv_open(s->options, s->machine, diag);
    return !*diag->text;
}

static bool restore_machine(Session *s, Diag *diag)
{
    bool ok = machine_restore(s->machine, s->restore, diag);
    ckpt_destroy(s->restore);
    s->restore = NULL;
    s->run.restored = ok ? machine_insns(s->machine) : 0;
    return ok;
}

static bool set_up(Session *s, Diag *diag)
{
    if (!read_inputs(s, diag))
        return false;
    if (s->library.use == LIBRARY_IS_THERE)
        return true;
    if (s->library.use == LIBRARY_USE)
        s->limits =
            (MachineLimits){.insns = 0}; /* they held when it was made */
    s->console = hostconsole_create();
    MachineConfig mc = {
        .config = s->config,
        .image = s->image,
        .cmdline = s->cmdline,
        .disks = s->disks,
        .disk_count = s->disk_count,
        .warm = options_has(s->options, OPTION_WARM_START) ? &s->warm : NULL,
        .check = s->check,
        .library_key = s->library.key,
        .host_profile = options_has(s->options, OPTION_HOST_PROFILE),
        .host = {.ctx = s,
                 .console_put = on_console_put,
                 .marked = on_marked,
                 .interval = on_interval,
                 .note = on_note,
                 .trace = on_trace,
                 .net_send = on_net_send},
    };
    s->machine = machine_create(&mc, diag);
    s->run = (Run){.config = s->config,
                   .machine = s->machine,
                   .image = s->options->operands[0],
                   .cmdline = s->cmdline,
                   .args = s->options->args,
                   .until = s->limits.until,
                   .recorded = options_has(s->options, OPTION_RECORD),
                   .marks = &s->marks};
    if (!s->machine || !check_recorded(s, diag) ||
        (s->script.count && !machine_set_input(s->machine, &s->script, diag)) ||
        !report_open_results(&s->results, options_value(s->options, OPTION_OUT),
                             &s->run, diag) ||
        !savefile_open(&s->warm_save, "--warm-save",
                       options_value(s->options, OPTION_WARM_SAVE), diag) ||
        !open_console(s, diag) || !connect_network(s, diag) ||
        !trace_open(s->trace, s->machine, diag) || !open_views(s, diag) ||
        !checkpoints_open(&s->checkpoints, s->machine, diag))
        return false;
    if (s->warm_save.file && machine_processors(s->machine) > 1)
        return diag_error(diag,
                          "--warm-save: the machine has %u processors, and "
                          "what they know is kept of one only; leave it out",
                          machine_processors(s->machine));
    s->screen =
        screen_create(s->machine, s->console, strcmp(s->where, "stdio") == 0);
    machine_set_limits(s->machine, &s->limits);
    if (s->marks.count)
        machine_set_mark(s->machine, s->marks.list[0].text);
    if (s->restore && !restore_machine(s, diag))
        return false;
    s->monitor = monitor_create(s->machine, s->console, &s->limits);
    choose_progress(s);
    print_library(s);
    return true;
}

/* --- Running -------------------------------------------------------------- */

/* Maps the stops that end a run. */
static RunEnd end_of(MachineStop stop)
{
    switch (stop) {
    case MACHINE_STOP_EXIT: return RUN_END_EXIT;
    case MACHINE_STOP_HALT: return RUN_END_HALT;
    case MACHINE_STOP_TEXT: return RUN_END_TEXT;
    case MACHINE_STOP_INSNS: return RUN_END_INSNS;
    case MACHINE_STOP_CYCLES: return RUN_END_CYCLES;
    case MACHINE_STOP_REGION: return RUN_END_REGION;
    case MACHINE_STOP_DIVERGED: return RUN_END_CHECK;
    case MACHINE_STOP_LIBRARY:
    case MACHINE_STOP_BREAKPOINT:
    case MACHINE_STOP_CHECKPOINT:
    case MACHINE_STOP_SLICE: break; /* these end no run */
    }
    abort();
}

/* Runs one slice, and sets the size of the next. */
static MachineStop run_slice(Session *s, uint64_t *slice)
{
    s->slice_start = report_clock();
    MachineStop stop = machine_run(s->machine, *slice);
    double seconds = report_clock() - s->slice_start;
    s->slice_start = 0;
    s->run.seconds += seconds;
    /* A slice that something cut short says nothing. */
    if (stop != MACHINE_STOP_SLICE)
        return stop;
    if (seconds < SLICE_SECONDS / 2 && *slice <= SLICE_MAX / 2)
        *slice *= 2;
    else if (seconds > SLICE_SECONDS && *slice / 2 >= SLICE_MIN)
        *slice /= 2;
    return stop;
}

/* While a guest waits for a person, or for what comes by a network, its clock
 * goes no faster than the person's: as long as the next slice is, in the
 * guest's time, nothing is done here. */
static void keep_pace(const Session *s, uint64_t *slice)
{
    bool paced = hostconsole_is_typed(s->console) ||
                 (s->network && network_is_connected(s->network));
    if (!machine_is_waiting(s->machine) || !paced)
        return;
    double hz = (double)config_int(s->config, CONFIG_CPU_CLOCK);
    uint64_t most = (uint64_t)(hz * SLICE_SECONDS);
    if (*slice > most)
        *slice = most;
    double nap = (double)*slice / hz;
    nanosleep(&(struct timespec){.tv_nsec = (long)(nap * 1e9)}, NULL);
}

/* Shows what the slice has brought. */
static void show(Session *s)
{
    if (hostconsole_pending(s->console)) {
        report_hide_progress(&s->progress);
        hostconsole_flush(s->console);
    }
    screen_show(s->screen);
    trace_show(s->trace);
}

/* True if the run ends there. */
static bool enter_monitor(Session *s)
{
    MachineStop stop;
    report_hide_progress(&s->progress);
    switch (monitor_enter(s->monitor, &stop)) {
    case MONITOR_CONTINUE: return false;
    case MONITOR_QUIT: s->run.end = RUN_END_QUIT; break;
    case MONITOR_STOPPED: s->run.end = end_of(stop); break;
    }
    return true;
}

static void run_machine(Session *s, Diag *diag)
{
    uint64_t slice = SLICE_FIRST;
    bool monitor = options_has(s->options, OPTION_MONITOR);
    for (;;) {
        terminal_poll();
        HostConsoleWish wish = hostconsole_poll(s->console, s->machine);
        if (wish == HOSTCONSOLE_QUIT) {
            s->run.end = RUN_END_QUIT;
            return;
        }
        if ((monitor || wish == HOSTCONSOLE_MONITOR) && enter_monitor(s))
            return;
        monitor = false;
        if (terminal_signal())
            return;
        if (s->network) {
            network_poll(s->network);
            s->run.networked |= network_is_connected(s->network);
        }
        MachineStop stop = run_slice(s, &slice);
        show(s);
        keep_pace(s, &slice);
        if (hostconsole_failed(s->console)) {
            s->run.end = RUN_END_HOST;
            return;
        }
        if (stop == MACHINE_STOP_BREAKPOINT) {
            monitor = true;
        } else if (stop == MACHINE_STOP_CHECKPOINT) {
            bool saved = checkpoints_save(&s->checkpoints, s->machine, diag);
            s->run.end = saved ? RUN_END_CHECKPOINT : RUN_END_HOST;
            if (!saved || checkpoints_end(&s->checkpoints, s->config))
                return;
        } else if (stop == MACHINE_STOP_LIBRARY) {
            return; /* finish() says why */
        } else if (stop != MACHINE_STOP_SLICE) {
            s->run.end = end_of(stop);
            return;
        }
        /* Not over the guest's prompt. */
        if (!s->shared || !hostconsole_in_line(s->console))
            report_progress(&s->progress, &s->run);
    }
}

/* --- Ending --------------------------------------------------------------- */

/* What was not compared yet is, now. */
static void finish_check(Session *s)
{
    s->run.difference = machine_finish_check(s->machine);
    if (s->run.difference)
        s->run.end = RUN_END_CHECK;
}

static bool save_warm(Session *s, Diag *diag)
{
    Warm warm = {0};
    if (!s->warm_save.file)
        return true;
    machine_save_warm(s->machine, &warm);
    warm_write(&warm, s->warm_save.file);
    warm_free(&warm);
    return savefile_close(&s->warm_save, diag);
}

/* A region that was asked for and not found. */
static void tell_unmeasured(const Session *s)
{
    if (!machine_has_measured(s->machine))
        fprintf(stderr,
                "selkirk: roi.from = %s: the run ended before, and nothing was "
                "measured\n",
                config_text(s->config, CONFIG_ROI_FROM));
    else if (!s->run.measured)
        fprintf(stderr,
                "selkirk: roi.to = %s: the run ended before; what was measured "
                "is up to its end\n",
                config_text(s->config, CONFIG_ROI_TO));
}

/* Writes everything out.  Returns the exit status. */
static int finish(Session *s, Diag *diag)
{
    Run *run = &s->run;
    if (terminal_signal()) {
        run->end = RUN_END_SIGNAL;
        run->signal = terminal_signal();
    }
    if (s->check)
        finish_check(s);
    /* A library is whole only if the guest, or a limit, has ended the run. */
    bool cut = run->end == RUN_END_SIGNAL || run->end == RUN_END_QUIT ||
               run->end == RUN_END_HOST;
    if (!cut || s->library.use != LIBRARY_MAKE)
        run->measured = machine_finish_measuring(s->machine);
    /* To bring them up to date takes a look at every translation. */
    run->stats = machine_stats(s->machine);
    terminal_leave_raw();
    report_hide_progress(&s->progress);
    if (s->network)
        run->frames = network_count(s->network);
    screen_end(s->screen, s->results.console);
    hostconsole_end_line(s->console);
    hostconsole_copy(s->console, NULL);
    if (machine_library_error(s->machine)) {
        diag_error(diag, "%s", machine_library_error(s->machine));
        return s->library.use == LIBRARY_MAKE ? STATUS_HOST : STATUS_INPUT;
    }
    bool ok = !diag->text[0]; /* of a checkpoint */
    ok = trace_close(s->trace, diag) && ok;
    ok = (!s->pipeline || pipeline_close(s->pipeline, diag)) && ok;
    ok = (!s->timeline || timeline_close(s->timeline, diag)) && ok;
    ok = bbv_close(s->bbv, diag) && ok;
    s->bbv = NULL;
    ok = hostconsole_close(s->console, diag) && ok;
    ok = machine_sync_disks(s->machine, diag) && ok;
    ok = save_warm(s, diag) && ok;
    ok = report_write_results(&s->results, run, diag) && ok;
    if (!s->quiet)
        report_write_summary(run);
    report_write_engine(run);
    report_write_host_profile(run);
    if (run->difference)
        report_write_difference(run);
    if (machine_fast_forwards(s->machine))
        fprintf(stderr,
                "selkirk: --fast-forward %s: the run ended before its time "
                "began\n",
                config_text(s->config, CONFIG_FAST_FORWARD_TO));
    tell_unmeasured(s);
    checkpoints_tell(&s->checkpoints);
    if (s->run.measured && samples_are_missing(run))
        samples_tell_missing(run);
    if (s->marks.reached < s->marks.count)
        fprintf(stderr, "selkirk: --mark: the console did not print \"%s\"\n",
                s->marks.list[s->marks.reached].text);
    if (run->until && run->end != RUN_END_TEXT)
        fprintf(stderr, "selkirk: --until: the console did not print \"%s\"\n",
                run->until);
    fill_saved(s->machine, s->config, s->progress.in_place && !s->quiet,
               s->quiet);
    return ok ? report_status(run) : STATUS_HOST;
}

static void release(Session *s)
{
    report_drop_results(&s->results);
    savefile_drop(&s->warm_save);
    checkpoints_drop(&s->checkpoints);
    ckpt_destroy(s->restore);
    sample_library_free(&s->library);
    monitor_destroy(s->monitor);
    screen_destroy(s->screen);
    network_destroy(s->network);
    trace_destroy(s->trace);
    pipeline_destroy(s->pipeline);
    timeline_destroy(s->timeline);
    bbv_drop(s->bbv);
    machine_close(s->machine);
    /* The rest goes faster when the process ends; a sanitizer would say that it
     * was lost. */
    if (alloc_is_guarded())
        machine_destroy(s->machine);
    hostconsole_destroy(s->console);
    input_free(&s->script);
    warm_free(&s->warm);
    elf_free(s->image);
    config_destroy(s->config);
    for (size_t i = 0; i < s->disk_count; i++)
        free((char *)s->disks[i].path);
    free(s->disks);
    free(s->cmdline);
    marks_free(&s->marks);
}

int run_program(const Options *options, Diag *diag)
{
    Session s = {.options = options};
    int status = STATUS_INPUT, sig = 0;
    bool ready = set_up(&s, diag);
    if (ready && s.library.use == LIBRARY_IS_THERE) {
        status = STATUS_OK;
    } else if (ready) {
        terminal_init();
        run_machine(&s, diag);
        status = finish(&s, diag);
        sig = terminal_signal();
        terminal_end();
    }
    release(&s);
    if (sig)
        terminal_die(sig);
    return status;
}
