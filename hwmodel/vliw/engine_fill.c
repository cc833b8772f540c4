/* After a run: compiles for later ones what this one had no time for.  Of all
 * that ran often, and well, whoever ran it most first: time is no matter any
 * more. */
#include "hwmodel/vliw/engine_host.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <time.h>

enum {
    /* Entries that are worth it.  Blocks of gear 1 that run longer become
     * superblocks, unless something keeps them from it. */
    RUNS_SUPERBLOCK = SELKIRK_HARD ? 1 : 16,
    RUNS_BLOCK = SELKIRK_HARD ? 1 : 4096,
    WAIT_NS = 5 * 1000000,
};

/* Those that are not saved yet. */
typedef struct Fill {
    Installed **codes;
    size_t count;
} Fill;

static int compare_runs(const void *a, const void *b)
{
    uint64_t x = (*(Installed *const *)a)->pub.entries;
    uint64_t y = (*(Installed *const *)b)->pub.entries;
    return (x < y) - (x > y);
}

static bool is_wanted(Core *c, Installed *code)
{
    uint64_t least = code->pub.gear > 1 ? RUNS_SUPERBLOCK : RUNS_BLOCK;
    return code->pub.entries >= least && !code->unit.job && code->present &&
           engine_is_tree(code) && !engine_queue_is_saved(c, code, 1);
}

static Fill find_wanted(Core *c)
{
    Fill fill = {NULL, 0};
    size_t room = 0;
    core_settle(c);
    for (Installed *i = c->engine.host->first; i; i = i->unit.next) {
        if (!is_wanted(c, i))
            continue;
        if (fill.count == room) {
            room = 2 * room + 64;
            fill.codes = alloc_resize(fill.codes, room, sizeof *fill.codes);
        }
        fill.codes[fill.count++] = i;
    }
    if (fill.count)
        qsort(fill.codes, fill.count, sizeof *fill.codes, compare_runs);
    return fill;
}

/* Takes what is done from the queue; nothing of it will run. */
static void drop_done(Engine *e)
{
    EngineJob *job;
    engine_queue_receive(e);
    while ((job = engine_queue_take(e))) {
        if (job->target)
            job->target->unit.job = NULL;
        e->given_up |= job->hopeless;
        engine_job_free(job);
    }
}

void engine_fill(Core *c, EngineGoOn *go_on, void *ctx)
{
    Engine *e = c->engine.host;
    char why[ENGINE_WHY];
    if (!e || !e->compiles || !e->saved.folder || e->given_up ||
        (!engine_saved_is_known(&e->saved) && !engine_module_load(e, why)))
        return;
    drop_done(e);
    engine_queue_forget(e);
    Fill fill = find_wanted(c);
    uint64_t most = 2 * (uint64_t)e->queue.threads, put = 0;
    while (!e->given_up && go_on(ctx, put - e->queue.pending, fill.count) &&
           (put < fill.count || e->queue.pending)) {
        if (put < fill.count && e->queue.pending <= most)
            engine_queue_put(c, fill.codes[put++], 1, ENGINE_FOR_LATER_RUNS);
        else
            nanosleep(&(struct timespec){.tv_nsec = WAIT_NS}, NULL);
        drop_done(e);
    }
    engine_queue_forget(e);
    free(fill.codes);
}
