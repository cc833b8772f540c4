/* What is compiled, when, and what becomes of compiled code; the engine's
 * life. */
#include "hwmodel/vliw/engine_host.h"

#include "base/alloc.h"

#include <assert.h>
#include <stdlib.h>

enum {
    LOOK_CYCLES = 1 << 20, /* from one look at quality 0 to the next, and */
    LOOK_EACH = 1 << 12,   /* more for each translation that is looked at */
    LOOK_RUNS = 1,         /* of a superblock, then its saved code is wanted */
    LATER_RUNS = 64,       /* likewise, then it is worth being saved */
    FLOAT_TIMES = 8, /* as long as others run translations with FP registers */
};

/* --- What is compiled ----------------------------------------------------- */

/* The threshold of a quality.  Without compiled code an operation of the FPU is
 * a call: a run takes so much longer. */
static uint64_t runs_of(const Engine *e, const Installed *code,
                        unsigned quality)
{
    uint64_t runs = e->runs[quality];
    if (code->written_fprs)
        runs /= FLOAT_TIMES;
    return runs ? runs : 1;
}

/* The code was compiled quickly: it is looked at from time to time. */
static void watch(Core *c, Installed *code)
{
    EngineUnit *unit = &code->unit;
    Engine *e = c->engine.host;
    unit->watched = e->watched;
    unit->watched_prev = &e->watched;
    if (unit->watched)
        unit->watched->unit.watched_prev = &unit->watched;
    e->watched = code;
}

static void unwatch(Installed *code)
{
    EngineUnit *unit = &code->unit;
    if (!unit->watched_prev)
        return;
    *unit->watched_prev = unit->watched;
    if (unit->watched)
        unit->watched->unit.watched_prev = unit->watched_prev;
    unit->watched_prev = NULL;
}

/* Code that may be running must stay until it has left. */
static void unlink_code(Engine *e, Installed *code)
{
    EngineUnit *unit = &code->unit;
    unwatch(code);
    if (!unit->handle)
        return;
    e->report.bytes -= unit->bytes;
    e->report.live--;
    code->host = e->absent;
    if (!e->running) {
        e->linking->unlink(e->linker, unit->handle);
    } else {
        e->removed =
            alloc_resize(e->removed, e->removed_count + 1, sizeof *e->removed);
        e->removed[e->removed_count++] = unit->handle;
    }
    unit->handle = NULL;
    unit->bytes = 0;
}

static void unlink_removed(Engine *e)
{
    while (e->removed_count)
        e->linking->unlink(e->linker, e->removed[--e->removed_count]);
}

/* Tells of the first failure only: others will be like it. */
static void note_failure(Engine *e, const char *why)
{
    if (e->report.failed++ == 0)
        memcpy(e->report.failure, why, sizeof e->report.failure);
}

/* There is no compiler, or nothing can be linked: nothing more is asked for. */
static void give_up(Engine *e)
{
    e->given_up = true;
    e->next_look = UINT64_MAX;
}

/* Makes what the installed code of all translations needs.  False: no code
 * will ever run. */
static bool make_linker(Core *c, char *why)
{
    Engine *e = c->engine.host;
    EngineObject thunks;
    if (e->linker)
        return true;
    if (!engine_module_thunks(e, &thunks, why))
        return false;
    e->linker = e->linking->create(&thunks, why, ENGINE_WHY);
    free(thunks.bytes);
    if (!e->linker)
        return false;
    e->enter = e->linking->enter(e->linker);
    e->absent = e->linking->absent(e->linker);
    CORE_SHARERS (each, c)
        e->linking->thunks(e->linker, &each->engine.thunks);
    for (Installed *i = e->first; i; i = i->unit.next)
        i->host = e->absent;
    return true;
}

/* Compiled code, and how often it ran since the last flush. */
typedef struct Used {
    Installed *code;
    uint64_t runs;
} Used;

static int compare_used(const void *a, const void *b)
{
    uint64_t x = ((const Used *)a)->runs, y = ((const Used *)b)->runs;
    return (x < y) - (x > y);
}

/* It is compiled anew if it still runs often, or found where it was saved. */
static void drop(Engine *e, Installed *code)
{
    EngineUnit *unit = &code->unit;
    unlink_code(e, code);
    unit->runs = unit->runs_before = 0;
    unit->looked = !e->saved.key_count;
    unit->wanted = code->pub.entries + runs_of(e, code, 0);
}

/* Halves the code that there is: what ran most since the last time stays, and
 * `fresh`, which has not had the time. */
static void flush(Core *c, const Installed *fresh)
{
    Engine *e = c->engine.host;
    Used *used = alloc_zeroed(e->report.live, sizeof *used);
    size_t count = 0;
    uint64_t kept = 0;
    e->report.flushes++;
    engine_saved_list(&e->saved);
    for (Installed *i = e->first; i; i = i->unit.next) {
        if (!i->unit.handle)
            continue;
        engine_settle(c, i);
        used[count++] = (Used){
            i, i == fresh ? UINT64_MAX : i->unit.runs - i->unit.runs_before};
        i->unit.runs_before = i->unit.runs;
    }
    qsort(used, count, sizeof *used, compare_used);
    for (size_t i = 0; i < count; i++) {
        kept += used[i].code->unit.bytes;
        if (used[i].code != fresh && kept > e->memory_max / 2)
            drop(e, used[i].code);
    }
    free(used);
}

/* The object becomes the code's; false: `why`. */
static bool link_code(Core *c, Installed *code, unsigned quality,
                      const EngineObject *object, char *why)
{
    Engine *e = c->engine.host;
    void *handle = NULL;
    size_t bytes = 0;
    assert(!e->running);
    if (e->given_up || !make_linker(c, why)) {
        give_up(e);
        return false;
    }
    engine_dump_write(&e->dump, code, quality, object);
    EngineCode *host =
        e->linking->link(e->linker, object, &handle, &bytes, why, ENGINE_WHY);
    if (!host)
        return false;
    engine_settle(c, code);
    if (!code->unit.handle)
        code->unit.runs = code->unit.runs_before = 0; /* were threaded */
    unlink_code(e, code);
    engine_threaded_free(c, code);
    code->host = host;
    code->unit.handle = handle;
    code->unit.bytes = bytes;
    code->unit.wanted = UINT64_MAX;
    if (quality == 0)
        watch(c, code);
    e->report.bytes += bytes;
    e->report.live++;
    if (e->report.bytes > e->memory_max)
        flush(c, code);
    return true;
}

static void install(Core *c, EngineJob *job)
{
    Engine *e = c->engine.host;
    Installed *code = job->target;
    bool ok = job->ok;
    if (ok) {
        e->report.compiled[job->quality]++;
        e->report.ns[job->quality] += job->ns;
    }
    if (job->hopeless)
        give_up(e);
    if (code) {
        code->unit.job = NULL;
        ok = ok && link_code(c, code, job->quality, &job->object, job->why);
    }
    if (!ok)
        note_failure(e, job->why);
}

static void install_ready(Core *c)
{
    EngineJob *job;
    HostPart before = hostprofile_enter(c->host_profile, HOST_LINK);
    engine_queue_receive(c->engine.host);
    while ((job = engine_queue_take(c->engine.host))) {
        install(c, job);
        engine_job_free(job);
    }
    hostprofile_enter(c->host_profile, before);
}

static uint64_t count_runs(Core *c, Installed *code)
{
    uint64_t runs = code->unit.runs;
    CORE_SHARERS (each, c)
        for (unsigned i = 0; i < code->pub.code->exit_count; i++)
            runs += *engine_count(each, code, i);
    return runs;
}

/* Code that was compiled quickly and runs often is compiled well. */
static void look_for_better(Core *c)
{
    Engine *e = c->engine.host;
    e->next_look = core_cycles(c) + LOOK_CYCLES;
    for (Installed *i = e->watched, *next; i; i = next) {
        next = i->unit.watched;
        e->next_look += LOOK_EACH;
        if (count_runs(c, i) < runs_of(e, i, 1) ||
            engine_queue_is_full(e, ENGINE_HAS_SLOW_CODE))
            continue;
        unwatch(i);
        engine_queue_put(c, i, 1, ENGINE_HAS_SLOW_CODE);
    }
}

void engine_begin(Core *c)
{
    Engine *e = c->engine.host;
    unlink_removed(e);
    c->engine.usable = !c->trace && !c->bus.stored;
    e->fits = (c->committed != NULL) == e->observed;
    if (engine_queue_is_ready(e))
        install_ready(c);
    if (core_cycles(c) >= e->next_look)
        look_for_better(c);
}

/* Where code was saved, what it has in the end is worth it in later runs. */
static uint64_t least_runs(const Engine *e, const Installed *code)
{
    uint64_t quickly = runs_of(e, code, 0), well = runs_of(e, code, 1);
    uint64_t least = quickly < well ? quickly : well;
    bool saves = e->saved.folder && code->pub.gear > 1;
    return saves && least > LATER_RUNS ? LATER_RUNS : least;
}

/* From saved code, once for each translation. */
static bool install_saved(Core *c, Installed *code)
{
    Engine *e = c->engine.host;
    unsigned quality;
    EngineObject object;
    char why[ENGINE_WHY] = "";
    code->unit.looked = true;
    if (!engine_queue_find(c, code, &quality, &object))
        return false;
    bool ok = link_code(c, code, quality, &object, why);
    free(object.bytes);
    e->report.loaded += ok;
    if (e->given_up)
        note_failure(e, why);
    return ok;
}

static void want(Core *c, Installed *code)
{
    Engine *e = c->engine.host;
    EngineUnit *unit = &code->unit;
    uint64_t entries = code->pub.entries, least = least_runs(e, code);
    if (c->trace || c->bus.stored ||
        (e->report.asked && (c->committed != NULL) != e->observed))
        return;
    if (e->given_up) {
        unit->wanted = UINT64_MAX;
        return;
    }
    if (unit->job) { /* for later runs; or better code than flush() dropped */
        unit->wanted = UINT64_MAX;
        engine_queue_hurry(e, unit->job);
        return;
    }
    if (!unit->looked && !engine_queue_has_module(e)) {
        unit->wanted = 2 * entries;
        return;
    }
    if (!code->present || !engine_is_tree(code)) {
        unit->wanted = UINT64_MAX;
        e->report.refused++;
        return;
    }
    if (e->report.asked++ == 0)
        e->observed = c->committed != NULL;
    unit->wanted = UINT64_MAX;
    if (!unit->looked && (install_saved(c, code) || e->given_up))
        return;
    EngineUrgency urgency = entries < runs_of(e, code, 0)
                                ? ENGINE_FOR_LATER_RUNS
                                : ENGINE_HAS_NO_CODE;
    if (entries < least) {
        unit->wanted = least;
        return;
    }
    if (urgency == ENGINE_FOR_LATER_RUNS)
        unit->wanted = runs_of(e, code, 0); /* then this run needs it, too */
    if (engine_queue_is_full(e, urgency)) {
        uint64_t later = entries + entries / 2;
        unit->wanted = later < unit->wanted ? later : unit->wanted;
        return;
    }
    engine_queue_put(c, code, entries >= runs_of(e, code, 1), urgency);
    if (e->queue.threads == 0)
        install_ready(c);
}

void engine_want(Core *c, Installed *code)
{
    HostPart before = hostprofile_enter(c->host_profile, HOST_LINK);
    want(c, code);
    hostprofile_enter(c->host_profile, before);
}

EngineAnswer engine_ask(Core *c, CoreCode *code)
{
    Installed *i = (Installed *)code;
    EngineUnit *unit = &i->unit;
    unit->tried = ENGINE_UNTHREADED;
    /* What it wants depends on entries, which are not counted here. */
    if (!unit->looked && !engine_queue_has_module(c->engine.host))
        return ENGINE_LATER;
    if (!unit->handle && unit->wanted != UINT64_MAX) {
        code->entries = unit->wanted;
        engine_want(c, i);
    }
    return unit->handle                              ? ENGINE_COMPILED
           : unit->job || unit->wanted != UINT64_MAX ? ENGINE_LATER
                                                     : ENGINE_NEVER;
}

void engine_poll(Core *c)
{
    if (engine_queue_is_ready(c->engine.host))
        install_ready(c);
}

bool engine_has_given_up(const Core *c)
{
    return c->engine.host->given_up;
}

/* Finds the bytes of its I-lines; none if any lies outside. */
static void find_present(const EngineData *e, Installed *code)
{
    uint64_t main = code->pub.line - e->first_line;
    uint64_t stubs = code->pub.stubs_line - e->first_line;
    for (unsigned i = 0; i < code->pub.code->count; i++)
        if (core_line(&code->pub, code->issues[i].last_line) - e->first_line >=
            e->line_count)
            return;
    code->present = e->present + main;
    if (code->main_count < code->pub.code->count)
        code->stubs_present = e->present + stubs;
}

void engine_add(Core *c, Installed *code)
{
    Engine *e = c->engine.host;
    EngineUnit *unit = &code->unit;
    unit->wanted = UINT64_MAX;
    if (!e)
        return;
    unit->next = e->first;
    unit->prev = &e->first;
    if (unit->next)
        unit->next->unit.prev = &unit->next;
    e->first = code;
    unit->looked = !e->saved.key_count;
    if (e->compiles)
        unit->wanted = least_runs(e, code);
    if (!unit->looked && code->pub.gear > 1 && unit->wanted > LOOK_RUNS)
        unit->wanted = LOOK_RUNS;
    code->host = e->absent;
    find_present(c->first->engine.data, code);
    unsigned longest = c->engine.longest;
    for (unsigned i = 0; i < code->pub.code->exit_count; i++)
        while ((code->pub.exits[i].record.insns + CORE_INTERPRETED_MAX - 1) >>
               longest)
            longest++;
    CORE_SHARERS (each, c)
        each->engine.longest = longest;
}

void engine_hold(Core *c, Installed *code)
{
    Engine *e = c->engine.host;
    EngineUnit *unit = &code->unit;
    if (!e)
        return;
    engine_settle(c, code);
    unlink_code(e, code);
    engine_threaded_free(c, code);
    if (unit->job)
        unit->job->target = NULL;
    unit->job = NULL;
    bool held = code->pub.held;
    unit->tried = held ? ENGINE_UNTHREADED : 0;
    unit->wanted = held || !e->compiles
                       ? UINT64_MAX
                       : code->pub.entries + runs_of(e, code, 0);
}

void engine_remove(Core *c, Installed *code)
{
    Engine *e = c->engine.host;
    EngineUnit *unit = &code->unit;
    if (!e)
        return;
    engine_settle(c, code);
    engine_forget_steps(c, code);
    unlink_code(e, code);
    engine_threaded_free(c, code);
    if (unit->job)
        unit->job->target = NULL;
    *unit->prev = unit->next;
    if (unit->next)
        unit->next->unit.prev = unit->prev;
}

/* --- Life ----------------------------------------------------------------- */

/* LLVM takes its time: only who insists on it waits for it here. */
static bool find_compiler(Engine *e, const Config *config, bool insists,
                          Diag *diag)
{
    char why[ENGINE_WHY];
    e->searched = true;
    e->compiles = engine_module_find(&e->module, config, why);
    /* What is loaded then looks whether there is a folder. */
    bool folders = engine_saved_open(&e->saved, config, diag);
    folders = engine_dump_open(&e->dump, config, diag) && folders;
    if (!folders)
        return false;
    bool recalled = e->compiles && engine_saved_recall(&e->saved, &e->module);
    if (insists && !recalled)
        e->compiles = e->compiles && engine_module_load(e, why);
    return e->compiles || !insists ||
           diag_error(diag,
                      "engine.kind = jit: %s; build Selkirk with "
                      "-DSELKIRK_LLVM=ON, or choose --engine threaded",
                      why);
}

bool engine_attach(Core *c, const Config *config, Diag *diag)
{
    enum { AUTO, REFERENCE, THREADED, JIT };
    unsigned kind = config_choice(config, CONFIG_ENGINE_KIND);
    assert(!c->engine.host);
    if ((kind == REFERENCE || kind == THREADED) &&
        *config_text(config, CONFIG_ENGINE_DUMP))
        return diag_error(diag,
                          "engine.dump: with engine.kind = %s nothing is "
                          "compiled; choose --engine jit",
                          config_text(config, CONFIG_ENGINE_KIND));
    if (kind == REFERENCE)
        return true;
    Engine *e = alloc_zeroed(1, sizeof *e);
    e->linking = &engine_linking;
    if (kind != THREADED && !find_compiler(e, config, kind == JIT, diag)) {
        engine_dump_close(&e->dump);
        engine_saved_close(&e->saved);
        engine_module_destroy(&e->module);
        free(e);
        return false;
    }
    c->engine.host = e;
    c->engine.helpers = &engine_helpers;
    e->runs[0] = config_int(config, CONFIG_ENGINE_RUNS0);
    e->runs[1] = config_int(config, CONFIG_ENGINE_RUNS1);
    e->memory_max = config_int(config, CONFIG_ENGINE_MEMORY);
    engine_mem_create(c, config);
    engine_queue_create(e, config);
    if (e->compiles && e->saved.key_count && !engine_saved_is_known(&e->saved))
        engine_queue_start(e);
    return true;
}

void engine_close(Core *c)
{
    Engine *e = c->engine.host;
    if (!e || e->closed)
        return;
    e->closed = e->given_up = true;
    engine_queue_destroy(e);
    if (e->searched) {
        engine_dump_close(&e->dump);
        engine_saved_close(&e->saved);
    }
}

static void destroy_own(Core *c)
{
    Engine *e = c->engine.host;
    assert(!e->first);
    engine_close(c);
    if (e->linker) {
        unlink_removed(e);
        e->linking->destroy(e->linker);
    }
    engine_maker_free(&e->maker);
    walk_free(&e->walk);
    if (e->searched)
        engine_module_destroy(&e->module);
    free(e->removed);
    free(e);
}

void engine_destroy(Core *c)
{
    if (!c->engine.host)
        return;
    engine_mem_destroy(c);
    engine_forget_faults(c);
    if (c->first == c)
        destroy_own(c);
    c->engine.host = NULL;
}

void engine_share(Core *c, Core *first)
{
    EngineState *s = &c->engine;
    if (!s->host)
        return;
    destroy_own(c);
    s->host = first->engine.host;
    assert(s->host && !s->host->first && !s->host->linker);
    s->present_at =
        (uintptr_t)s->data->present - (uintptr_t)first->engine.data->present;
}

void engine_report(const Core *c, EngineReport *report)
{
    const Engine *e = c->engine.host;
    *report = (EngineReport){.attached = false};
    if (!e || c->first != c)
        return;
    *report = e->report;
    report->attached = true;
    report->compiles = e->compiles;
    report->stored = atomic_load(&e->saved.stored);
    report->damaged = e->saved.damaged;
}

void engine_report_add(EngineReport *report, const EngineReport *earlier)
{
    report->attached |= earlier->attached;
    report->compiles |= earlier->compiles;
    report->threaded += earlier->threaded;
    report->asked += earlier->asked;
    for (unsigned i = 0; i < ENGINE_QUALITIES; i++) {
        report->compiled[i] += earlier->compiled[i];
        report->ns[i] += earlier->ns[i];
    }
    report->refused += earlier->refused;
    report->failed += earlier->failed;
    report->loaded += earlier->loaded;
    report->stored += earlier->stored;
    report->damaged += earlier->damaged;
    report->remembered += earlier->remembered;
    report->flushes += earlier->flushes;
    report->live += earlier->live;
    report->bytes += earlier->bytes;
    if (earlier->failure[0])
        memcpy(report->failure, earlier->failure, sizeof report->failure);
}

/* --- Statistics ----------------------------------------------------------- */

/* What compiled code asked of the predictors. */
static void settle_predictions(Core *c)
{
    CorePredict *p = &c->predict;
    p->return_hits += p->host_returns;
    p->cache_hits += p->host_caches;
    p->jump_hits += p->host_jumps;
    c->counters.cause[CORE_CAUSE_INDIRECT] +=
        (p->host_calls + p->host_returns) * p->return_cost +
        p->host_returns * p->return_found + p->host_caches * p->cache_cost +
        p->host_jumps * p->jump_cost;
    p->host_calls = p->host_returns = p->host_caches = p->host_jumps = 0;
}

void core_settle(Core *c)
{
    settle_predictions(c);
    if (!c->engine.host)
        return;
    for (Installed *i = c->engine.host->first; i; i = i->unit.next)
        engine_settle(c, i);
}

void core_settle_code(Core *c, CoreCode *code)
{
    engine_settle(c, (Installed *)code);
}
