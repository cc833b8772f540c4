/* Has translations compiled, by threads of their own or, without any, at once.
 * The run never waits for them: it puts jobs in while there is room, and takes
 * what is done when it looks. */
#include "hwmodel/vliw/engine_host.h"

#include "base/alloc.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    HOLD_MAX = 64,          /* engine.delay: calls of core_run() */
    DELAY_NS = 2 * 1000000, /* and of a thread, at most */
};

/* --- Lists ---------------------------------------------------------------- */

static void list_add(EngineList *list, EngineJob *job)
{
    job->next = NULL;
    if (list->first)
        list->last->next = job;
    else
        list->first = job;
    list->last = job;
}

static EngineJob *list_take(EngineList *list)
{
    EngineJob *job = list->first;
    if (job)
        list->first = job->next;
    return job;
}

/* False: it is not in there. */
static bool list_remove(EngineList *list, const EngineJob *job)
{
    EngineJob *before = NULL, *at = list->first;
    while (at && at != job) {
        before = at;
        at = at->next;
    }
    if (!at)
        return false;
    if (before)
        before->next = at->next;
    else
        list->first = at->next;
    if (list->last == at)
        list->last = before;
    return true;
}

static void list_free(EngineList *list)
{
    EngineJob *job;
    while ((job = list_take(list))) {
        if (job->target)
            job->target->unit.job = NULL;
        engine_job_free(job);
    }
}

/* --- Jobs ----------------------------------------------------------------- */

static void note_exits(const Installed *code, EngineExit *exits, bool jumps)
{
    const VliwCode *all = code->pub.code;
    for (unsigned i = 0; i < all->exit_count; i++) {
        const CoreExit *exit = &code->pub.exits[i];
        exits[i] = (EngineExit){
            .insns = exit->record.insns,
            .kind = (uint8_t)exit->record.kind,
            .calls = (uint8_t)exit->call_count,
            .stacked = exit->stacked,
            .cached = exit->cache != NULL,
            .looked_up = exit->record.kind == IR_EXIT_INDIRECT && jumps &&
                         !exit->cache && !exit->stacked,
            .mode = exit->mode,
            .loops = exit->record.kind == IR_EXIT_DIRECT &&
                     exit->record.pc == all->pc &&
                     exit->record.pending == code->pub.context.pending &&
                     exit->call_count == 0,
        };
    }
}

/* What the compiler looks at, where it lies; but for the exits: `exits`. */
static EngineSource view(const Core *c, Installed *code, EngineExit *exits)
{
    const VliwCode *all = code->pub.code;
    const Issue *last = &code->issues[all->count - 1];
    note_exits(code, exits, c->predict.jumps != NULL);
    return (EngineSource){
        .desc = c->desc,
        .context = code->pub.context,
        .counts = code->pub.counts,
        .profile = c->profile,
        .count = all->count,
        .step_count = last->step + (last->atoms ? last->atoms : 1),
        .exit_count = all->exit_count,
        .lines = code->pub.lines,
        .observed = c->committed != NULL,
        .sharers = c->sharers,
        .data_shift = c->engine.data->shift,
        .tlb_mask = c->tlb_mask,
        .return_count = c->predict.return_count,
        .return_cost = c->predict.return_cost,
        .return_found = c->predict.return_found,
        .cache_cost = c->predict.cache_cost,
        .jump_mask = c->predict.jump_mask,
        .jump_cost = c->predict.jump_cost,
        .issues = code->issues,
        .steps = code->steps,
        .results = code->results,
        .exits = exits,
    };
}

/* With a copy of all of it, in one piece with the job. */
static EngineJob *make_job(const Core *c, Installed *code, unsigned quality)
{
    unsigned exit_count = code->pub.code->exit_count;
    const Issue *last = &code->issues[code->pub.code->count - 1];
    size_t issues = code->pub.code->count * sizeof(Issue);
    size_t exits = exit_count * sizeof(EngineExit);
    size_t steps = (last->step + VLIW_UNITS) * sizeof(Step);
    size_t results = (last->result + last->result_count) * sizeof(Result);
    EngineJob *job =
        alloc_zeroed(1, sizeof *job + issues + exits + steps + results);
    job->target = code;
    job->quality = quality;
    EngineSource *s = &job->source;
    *s = view(c, code, (EngineExit *)((char *)(job + 1) + issues));
    s->issues = memcpy(job + 1, s->issues, issues);
    s->steps =
        memcpy(s->exits + exit_count, s->steps, s->step_count * sizeof(Step));
    s->results = memcpy(s->steps + s->step_count, s->results, results);
    return job;
}

void engine_job_free(EngineJob *job)
{
    free(job->object.bytes);
    free(job);
}

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Does the job.  *compiler is the thread's, made when there is none yet. */
static void compile(Engine *e, EngineCompiler **compiler, EngineJob *job)
{
    const EngineBackend *backend = engine_module_load(e, job->why);
    uint64_t start = now_ns();
    if (backend && !*compiler)
        *compiler = backend->compiler_create(job->why, sizeof job->why);
    job->hopeless = !*compiler;
    if (job->hopeless)
        return;
    job->ok = backend->compile(*compiler, &job->source, job->quality,
                               &job->object, job->why, sizeof job->why);
    job->ns = now_ns() - start;
    if (job->ok)
        engine_saved_store(&e->saved, job);
}

static void free_compiler(Engine *e, EngineCompiler *compiler)
{
    if (compiler)
        e->module.backend->compiler_destroy(compiler);
}

/* --- Threads -------------------------------------------------------------- */

/* Marsaglia's xorshift. */
static uint32_t draw(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* The next job, when there is one; NULL: the thread is to end. */
static EngineJob *wait_for_job(EngineQueue *q)
{
    EngineJob *job = NULL;
    pthread_mutex_lock(&q->lock);
    while (!q->stop) {
        for (unsigned i = 0; i < ENGINE_URGENCIES && !job; i++)
            job = list_take(&q->waiting[i]);
        if (job)
            break;
        pthread_cond_wait(&q->wake, &q->lock);
    }
    pthread_mutex_unlock(&q->lock);
    return job;
}

static void hand_back(EngineQueue *q, EngineJob *job)
{
    pthread_mutex_lock(&q->lock);
    list_add(&q->done, job);
    atomic_store_explicit(&q->any_done, true, memory_order_release);
    pthread_mutex_unlock(&q->lock);
}

static void *work(void *engine)
{
    Engine *e = engine;
    EngineQueue *q = &e->queue;
    EngineCompiler *compiler = NULL;
    EngineJob *job;
    uint32_t delay = q->seed;
    char why[ENGINE_WHY];
    if (!engine_saved_is_known(&e->saved))
        engine_module_load(e, why);
    while ((job = wait_for_job(q))) {
        if (delay)
            nanosleep(&(struct timespec){.tv_nsec = draw(&delay) % DELAY_NS},
                      NULL);
        compile(e, &compiler, job);
        hand_back(q, job);
    }
    free_compiler(e, compiler);
    return NULL;
}

/* The threads, when the first job comes.  What cannot be started is done
 * without. */
void engine_queue_start(Engine *e)
{
    EngineQueue *q = &e->queue;
    if (q->started == q->threads)
        return;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    q->ids = alloc_zeroed(q->threads, sizeof *q->ids);
    while (q->started < q->threads &&
           pthread_create(&q->ids[q->started], NULL, work, e) == 0)
        q->started++;
    q->threads = q->started;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* --- The run's side ------------------------------------------------------- */

/* Those for later runs leave half of it to the others. */
bool engine_queue_is_full(const Engine *e, EngineUrgency urgency)
{
    uint64_t max = e->queue.pending_max;
    return e->queue.pending >=
           (urgency == ENGINE_FOR_LATER_RUNS ? max / 2 : max);
}

void engine_queue_put(Core *c, Installed *code, unsigned quality,
                      EngineUrgency urgency)
{
    Engine *e = c->engine.host;
    EngineQueue *q = &e->queue;
    EngineJob *job = make_job(c, code, quality);
    assert(!code->unit.job && quality < ENGINE_QUALITIES);
    code->unit.job = job;
    q->pending++;
    engine_queue_start(e);
    if (q->threads == 0) {
        compile(e, &q->compiler, job);
        hand_back(q, job);
        return;
    }
    pthread_mutex_lock(&q->lock);
    list_add(&q->waiting[urgency], job);
    pthread_cond_signal(&q->wake);
    pthread_mutex_unlock(&q->lock);
}

void engine_queue_hurry(Engine *e, EngineJob *job)
{
    EngineQueue *q = &e->queue;
    pthread_mutex_lock(&q->lock);
    if (list_remove(&q->waiting[ENGINE_FOR_LATER_RUNS], job) ||
        list_remove(&q->waiting[ENGINE_HAS_SLOW_CODE], job))
        list_add(&q->waiting[ENGINE_HAS_NO_CODE], job);
    pthread_mutex_unlock(&q->lock);
}

void engine_queue_forget(Engine *e)
{
    EngineQueue *q = &e->queue;
    EngineJob *job;
    pthread_mutex_lock(&q->lock);
    for (unsigned i = 0; i < ENGINE_URGENCIES; i++)
        while ((job = list_take(&q->waiting[i]))) {
            if (job->target)
                job->target->unit.job = NULL;
            q->pending--;
            engine_job_free(job);
        }
    pthread_mutex_unlock(&q->lock);
}

bool engine_queue_has_module(Engine *e)
{
    char why[ENGINE_WHY];
    if (e->queue.threads == 0 && !engine_saved_is_known(&e->saved))
        engine_module_load(e, why);
    return atomic_load_explicit(&e->saved.ready, memory_order_acquire);
}

static void find_keys(Core *c, Installed *code,
                      EngineKey keys[ENGINE_QUALITIES])
{
    EngineExit *exits = alloc_zeroed(code->pub.code->exit_count, sizeof *exits);
    EngineSource source = view(c, code, exits);
    engine_saved_key(&c->engine.host->saved, &source, keys);
    free(exits);
}

bool engine_queue_is_saved(Core *c, Installed *code, unsigned quality)
{
    EngineKey keys[ENGINE_QUALITIES];
    find_keys(c, code, keys);
    return engine_saved_has(&c->engine.host->saved, keys[quality]);
}

bool engine_queue_find(Core *c, Installed *code, unsigned *quality,
                       EngineObject *object)
{
    EngineSaved *saved = &c->engine.host->saved;
    EngineKey keys[ENGINE_QUALITIES];
    if (!engine_saved_is_known(saved))
        return false;
    find_keys(c, code, keys);
    for (*quality = ENGINE_QUALITIES; *quality > 0;)
        if (engine_saved_load(saved, keys[--*quality], object))
            return true;
    return false;
}

void engine_queue_receive(Engine *e)
{
    EngineQueue *q = &e->queue;
    for (EngineJob *job = q->held.first; job; job = job->next)
        job->hold -= job->hold != 0;
    if (!atomic_load_explicit(&q->any_done, memory_order_acquire))
        return;
    pthread_mutex_lock(&q->lock);
    EngineList done = q->done;
    q->done.first = NULL;
    atomic_store_explicit(&q->any_done, false, memory_order_relaxed);
    pthread_mutex_unlock(&q->lock);
    EngineJob *job;
    while ((job = list_take(&done))) {
        if (q->delay)
            job->hold = draw(&q->delay) % HOLD_MAX;
        list_add(&q->held, job);
        q->pending--;
    }
}

EngineJob *engine_queue_take(Engine *e)
{
    EngineList *held = &e->queue.held, rest = {NULL, NULL};
    EngineJob *job, *found = NULL;
    while ((job = list_take(held))) {
        if (!found && job->hold == 0)
            found = job;
        else
            list_add(&rest, job);
    }
    *held = rest;
    return found;
}

/* --- Life ----------------------------------------------------------------- */

void engine_queue_create(Engine *e, const Config *config)
{
    EngineQueue *q = &e->queue;
    q->threads = (unsigned)config_int(config, CONFIG_ENGINE_THREADS);
    q->pending_max = config_int(config, CONFIG_ENGINE_QUEUE);
    q->seed = q->delay = (uint32_t)config_int(config, CONFIG_ENGINE_DELAY);
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->wake, NULL);
}

void engine_queue_destroy(Engine *e)
{
    EngineQueue *q = &e->queue;
    pthread_mutex_lock(&q->lock);
    q->stop = true;
    pthread_cond_broadcast(&q->wake);
    pthread_mutex_unlock(&q->lock);
    for (unsigned i = 0; i < q->started; i++)
        pthread_join(q->ids[i], NULL);
    free(q->ids);
    free_compiler(e, q->compiler);
    for (unsigned i = 0; i < ENGINE_URGENCIES; i++)
        list_free(&q->waiting[i]);
    list_free(&q->done);
    list_free(&q->held);
    pthread_mutex_destroy(&q->lock);
    pthread_cond_destroy(&q->wake);
}
