/* `--timeline`: Chrome's trace event format; see timeline.h.
 *
 * Tracks are threads of one process, a set of them for each processor.  A
 * translation's length is what was charged to translating since the one before
 * it. */
#include "cli/timeline.h"

#include "base/alloc.h"
#include "cli/report.h"
#include "cli/savefile.h"
#include "cli/trace.h"
#include "frontend/symbols.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef enum Track {
    TRACK_TRANSLATIONS = 1,
    TRACK_FAULTS,
    TRACK_EXCEPTIONS,
    TRACKS = TRACK_EXCEPTIONS, /* of a processor; 0 is the whole machine's */
} Track;

/* Whose instructions they are. */
enum { GEARS = 4 };
static const struct {
    const char *stat, *name;
} gears[GEARS] = {{"morph.gear0.insns", "gear 0"},
                  {"morph.handler.insns", "handlers"},
                  {"core.insns.gear1", "gear 1"},
                  {"core.insns.gear2", "gear 2"}};

struct Timeline {
    SaveFile save;
    Machine *machine;
    double clock;          /* MHz */
    bool first;            /* no event was written */
    uint64_t *translating; /* by processor: cycles charged to it, as of the last
                              event */
    uint64_t insns, cycles, gears[GEARS]; /* as of the last interval's end */
};

/* --- Events --------------------------------------------------------------- */

static double microseconds(const Timeline *t, uint64_t cycles)
{
    return (double)cycles / t->clock;
}

/* `"ph": ...` up to the time; what is special to the event follows. */
static FILE *begin_event(Timeline *t, char phase, unsigned track,
                         uint64_t cycle)
{
    FILE *file = t->save.file;
    fprintf(file, "%s\n{\"ph\":\"%c\",\"pid\":1,\"tid\":%u,\"ts\":%.3f",
            t->first ? "" : ",", phase, track, microseconds(t, cycle));
    t->first = false;
    return file;
}

/* That of the processor whose turn it is. */
static unsigned own_track(const Timeline *t, Track track)
{
    return track + TRACKS * machine_processor(t->machine);
}

static void name_track(Timeline *t, unsigned track, const char *what,
                       const char *name)
{
    FILE *file = begin_event(t, 'M', track, 0);
    fprintf(file, ",\"name\":\"%s\",\"args\":{\"name\":\"%s\"}}", what, name);
}

/* Viewers put tracks in the order of their names otherwise. */
static void place_track(Timeline *t, unsigned track)
{
    FILE *file = begin_event(t, 'M', track, 0);
    fprintf(file,
            ",\"name\":\"thread_sort_index\",\"args\":{\"sort_index\":%u}}",
            track);
}

/* Where it was, as members of "args". */
static void put_place(const Timeline *t, uint32_t pc)
{
    char name[SYMBOLS_NAME_MAX];
    symbols_name(machine_image(t->machine), pc, name);
    fprintf(t->save.file, "\"pc\":\"0x%08" PRIx32 "\"", pc);
    if (!name[0])
        return;
    fputs(",\"symbol\":", t->save.file);
    report_write_json_text(t->save.file, name);
}

static uint64_t translating(const Timeline *t)
{
    const uint64_t *causes = machine_causes(t->machine);
    return causes ? causes[CORE_CAUSE_TRANSLATE1] +
                        causes[CORE_CAUSE_TRANSLATE2_FORM] +
                        causes[CORE_CAUSE_TRANSLATE2_OPT] +
                        causes[CORE_CAUSE_TRANSLATE2_SCHED] +
                        causes[CORE_CAUSE_WARM]
                  : 0;
}

/* Of the events of LayerHooks: they come at the end of the work. */
static bool makes_one(const char *what)
{
    return strcmp(what, "translate") == 0 || strcmp(what, "replay") == 0 ||
           strcmp(what, "revive") == 0;
}

static void on_gear(void *ctx, const char *what, uint32_t pc, unsigned gear,
                    const char *detail)
{
    Timeline *t = ctx;
    uint64_t now = machine_time(t->machine), took = 0;
    if (makes_one(what)) {
        uint64_t *before = &t->translating[machine_processor(t->machine)];
        uint64_t all = translating(t);
        took = all - *before;
        *before = all;
    }
    if (!machine_is_measuring(t->machine))
        return;
    took = took < now ? took : now;
    FILE *file = begin_event(t, took ? 'X' : 'i',
                             own_track(t, TRACK_TRANSLATIONS), now - took);
    if (took)
        fprintf(file, ",\"dur\":%.3f", microseconds(t, took));
    else
        fputs(",\"s\":\"t\"", file);
    fprintf(file, ",\"name\":\"%s %u\",\"args\":{", what, gear);
    put_place(t, pc);
    fputs(",\"detail\":", file);
    report_write_json_text(file, detail);
    fputs("}}", file);
}

/* Something that takes no time of its own. */
static void put_instant(Timeline *t, Track track, const char *name, uint32_t pc,
                        const char *more, uint32_t va)
{
    if (!machine_is_measuring(t->machine))
        return;
    FILE *file =
        begin_event(t, 'i', own_track(t, track), machine_time(t->machine));
    fprintf(file, ",\"s\":\"t\",\"name\":\"%s\",\"args\":{", name);
    put_place(t, pc);
    if (more)
        fprintf(file, ",\"%s\":\"0x%08" PRIx32 "\"", more, va);
    fputs("}}", file);
}

static void on_fault(void *ctx, const CoreStop *stop)
{
    bool access =
        stop->fault != CORE_FAULT_TRAP && stop->fault != CORE_FAULT_FP;
    put_instant(ctx, TRACK_FAULTS, trace_fault_name(stop->fault),
                stop->code->code->guests[stop->guest].pc,
                access ? "address" : NULL, stop->va);
}

static void on_exception(void *ctx, const GuestState *s, Exception exc)
{
    bool address = exc >= EXC_MOD && exc <= EXC_ADES;
    put_instant(ctx, TRACK_EXCEPTIONS, trace_exception_name(exc), s->epc,
                address ? "address" : NULL, s->badvaddr);
}

/* --- Intervals ------------------------------------------------------------ */

/* A counter's value holds until its next one: that of an interval stands at its
 * begin. */
static void put_counter(Timeline *t, uint64_t cycle, const char *name,
                        const char *of, double value)
{
    FILE *file = begin_event(t, 'C', 0, cycle);
    fprintf(file, ",\"name\":\"%s\",\"args\":{\"%s\":%.9g}}", name, of, value);
}

void timeline_interval(Timeline *t, uint64_t cycles, uint64_t insns,
                       const Stats *stats)
{
    uint64_t begin = machine_cycles(t->machine) - (cycles - t->cycles);
    uint64_t ran = insns - t->insns;
    if (machine_causes(t->machine)) {
        FILE *file = begin_event(t, 'C', 0, begin);
        fputs(",\"name\":\"instructions\",\"args\":{", file);
        for (unsigned i = 0; i < GEARS; i++) {
            uint64_t all = stats_get(stats, gears[i].stat);
            fprintf(file, "%s\"%s\":%" PRIu64, i ? "," : "", gears[i].name,
                    all - t->gears[i]);
            t->gears[i] = all;
        }
        fputs("}}", file);
        put_counter(t, begin, "translation cache", "bytes",
                    (double)stats_get(stats, "morph.tcache.bytes"));
    }
    if (ran)
        put_counter(t, begin, "cycles an instruction", "CPI",
                    (double)(cycles - t->cycles) / (double)ran);
    t->insns = insns;
    t->cycles = cycles;
}

/* --- Life ----------------------------------------------------------------- */

static void name_tracks(Timeline *t)
{
    static const char *const names[] = {[TRACK_TRANSLATIONS] = "translations",
                                        [TRACK_FAULTS] = "rollbacks",
                                        [TRACK_EXCEPTIONS] = "exceptions"};
    unsigned processors = machine_processors(t->machine);
    name_track(t, 0, "process_name", "guest");
    for (unsigned i = 0; i < processors; i++)
        for (unsigned track = 1; track <= TRACKS; track++) {
            char name[32];
            if (processors > 1)
                snprintf(name, sizeof name, "cpu%u: %s", i, names[track]);
            else
                snprintf(name, sizeof name, "%s", names[track]);
            name_track(t, TRACKS * i + track, "thread_name", name);
            place_track(t, TRACKS * i + track);
        }
}

Timeline *timeline_open(const char *path, const Config *config,
                        Machine *machine, Diag *diag)
{
    Timeline *t = alloc_zeroed(1, sizeof *t);
    t->machine = machine;
    t->clock = (double)config_int(config, CONFIG_CPU_CLOCK) / 1e6;
    t->first = true;
    t->translating =
        alloc_zeroed(machine_processors(machine), sizeof *t->translating);
    if (!savefile_open(&t->save, "--timeline", path, diag)) {
        timeline_destroy(t);
        return NULL;
    }
    /* Times are shown in ms, as in a file that says nothing of it: with
     * nanoseconds Chrome's viewer warns of a timer that is not exact. */
    fputs("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[", t->save.file);
    name_tracks(t);
    machine_add_trace(machine, &(MachineTrace){.ctx = t,
                                               .exception = on_exception,
                                               .gear = on_gear,
                                               .fault = on_fault});
    return t;
}

bool timeline_close(Timeline *t, Diag *diag)
{
    fputs("\n]}\n", t->save.file);
    return savefile_close(&t->save, diag);
}

void timeline_destroy(Timeline *t)
{
    if (!t)
        return;
    savefile_drop(&t->save);
    free(t->translating);
    free(t);
}
