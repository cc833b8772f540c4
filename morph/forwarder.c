/* Fast-forwarding by compiled code; see forwarder.h.
 *
 * A code-morphing layer of its own makes superblocks of what is hot, and has
 * them compiled.  Nothing of it is ever interpreted molecule by molecule, and
 * nobody asks for its time: so its configuration is what makes fast host code,
 * not the user's, and it goes when fast-forwarding ends.
 *
 * cpu_run() executes until it comes to a mark, which stands where compiled code
 * begins; that runs until it comes to where there is none.  What is hot is
 * found in two ways.  From time to time gear 0 executes a few blocks and counts
 * them, and the branches in them: a sample.  And each place where compiled code
 * ends is counted, as whoever comes there comes from what is hot.
 *
 * Both see one memory.  A store of cpu_run() into a page that has translations
 * is told to the layer (CpuSharing.written), and a word that cpu_run() has
 * decoded is protected from stores of translations by its T-bit. */
#include "morph/forwarder.h"

#include "base/alloc.h"
#include "morph/layer_impl.h"

#include <assert.h>
#include <stdlib.h>

enum {
    SAMPLE_BLOCKS = 4,
    /* Of a block in a sample, where a place at which compiled code ended weighs
     * 1.  Compiling takes as long as about 10^6 instructions do. */
    SAMPLE_WEIGHT = 8,
    STUDY_BLOCKS = 64, /* interpreted before a superblock is formed */
    /* Translations on their way to be compiled: more would be old when their
     * time came. */
    WAITING_MAX = 4,
};

typedef struct Waiting {
    uint32_t pc, pa;
    uint8_t mode;
} Waiting;

struct Forwarder {
    Config *config;
    Cpu *cpu;
    Layer *layer;
    /* The active forwarder_run(). */
    uint64_t end;
    bool stop;
    bool given_up;         /* nothing is compiled: all is cpu_run()'s */
    uint64_t sample_every; /* instructions */
    uint64_t next_sample;
    Waiting waiting[WAITING_MAX];
    unsigned waiting_count;
};

/* --- Configuration ---------------------------------------------------------
 */

/* What the layer's keys are here.  Caches as large as can be, because a line
 * that is not in them takes the long way.  Superblocks are shorter than those
 * that make good molecules, and without calls: the compiler's time grows faster
 * than what it gains.  They are made once, as long as they will be: what
 * replaces them would have to be compiled, too. */
static const char *const keys[][2] = {
    {"l1d.size", "16M"},   {"l1d.line", "256"},
    {"l1d.ways", "1"},     {"l1i.size", "4M"},
    {"tcache.size", "4M"}, {"l1i.line", "256"},
    {"l1i.ways", "1"},     {"l2.size", "0"},
    {"vliw.tlb", "1024"},  {"gear2.insns", "64"},
    {"gear2.visits", "2"}, {"gear2.jumps", "no"},
    {"gear2.reach", "0"},  {"gear2.unroll", "0"},
    {"gear2.again", "0"},  {"morph.return_stack", "64"},
    {"engine.runs0", "1"}, {"engine.runs1", "100000"},
};

/* Those that say how the host is used are the user's. */
static const struct {
    const char *name;
    ConfigKey key;
} inherited[] = {
    {"engine.kind", CONFIG_ENGINE_KIND},
    {"engine.module", CONFIG_ENGINE_MODULE},
    {"engine.threads", CONFIG_ENGINE_THREADS},
    {"engine.queue", CONFIG_ENGINE_QUEUE},
    {"engine.memory", CONFIG_ENGINE_MEMORY},
    {"engine.saved", CONFIG_ENGINE_SAVED},
    {"engine.memo", CONFIG_ENGINE_MEMO},
    {"engine.saved_max", CONFIG_ENGINE_SAVED_MAX},
    {"engine.delay", CONFIG_ENGINE_DELAY},
};

static Config *make_config(const Config *user)
{
    Config *config = config_create();
    Diag diag = {""};
    bool ok = true;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        ok &= config_set(config, keys[i][0], keys[i][1], "", &diag);
    for (size_t i = 0; i < ARRAY_LEN(inherited); i++)
        ok &= config_set(config, inherited[i].name,
                         config_text(user, inherited[i].key), "", &diag);
    assert(ok);
    (void)ok;
    return config;
}

/* --- Life ------------------------------------------------------------------
 */

Forwarder *forwarder_create(const Config *user, const CpuConfig *cpu_config,
                            Cpu *cpu, Bus *bus)
{
    Forwarder *f = alloc_zeroed(1, sizeof *f);
    EngineReport report = {.compiles = false};
    Diag diag = {""};
    f->config = make_config(user);
    f->cpu = cpu;
    f->layer = layer_create(f->config, cpu_config, cpu, bus, &diag);
    if (f->layer)
        layer_engine_report(f->layer, &report);
    if (!report.compiles) {
        layer_destroy(f->layer);
        config_destroy(f->config);
        free(f);
        return NULL;
    }
    f->sample_every = config_int(user, CONFIG_ENGINE_SAMPLE);
    f->layer->gear1_threshold =
        SAMPLE_WEIGHT * (uint32_t)config_int(user, CONFIG_ENGINE_HOT);
    layer_attach(f->layer);
    codepages_share(f->layer, true);
    return f;
}

void forwarder_destroy(Forwarder *f)
{
    if (!f)
        return;
    codepages_share(f->layer, false);
    cpu_set_remapped(f->cpu, NULL, NULL);
    layer_destroy(f->layer);
    config_destroy(f->config);
    free(f);
}

void forwarder_close(Forwarder *f)
{
    if (f)
        layer_close(f->layer);
}

void forwarder_reset(Forwarder *f)
{
    layer_reset(f->layer);
    f->waiting_count = 0;
    f->next_sample = cpu_cycle(f->cpu) + f->sample_every;
}

void forwarder_leave(Forwarder *f)
{
    codepages_share(f->layer, false);
    layer_leave(f->layer);
}

void forwarder_enter(Forwarder *f)
{
    layer_enter(f->layer);
    codepages_share(f->layer, !f->given_up);
}

EngineReport forwarder_report(const Forwarder *f)
{
    EngineReport report;
    layer_engine_report(f->layer, &report);
    return report;
}

void forwarder_set_host_profile(Forwarder *f, HostProfile *profile)
{
    layer_set_host_profile(f->layer, profile);
}

/* --- Compiled code ---------------------------------------------------------
 */

/* The layer counts instructions.  The processor's clock is ahead of them where
 * it has waited for a model of its time. */
static void start_layer(Forwarder *f)
{
    uint64_t waits = cpu_cycle(f->cpu) - cpu_insns(f->cpu);
    dispatch_limit(f->layer, UINT64_MAX, f->end > waits ? f->end - waits : 0);
    f->layer->stop = f->stop;
}

static bool layer_goes_on(const Forwarder *f)
{
    const Layer *l = f->layer;
    return !l->stop && layer_insns(l) < l->insn_limit &&
           !cpu_interrupt_ready(f->cpu);
}

/* The guest is cpu_run()'s again. */
static void end_layer(Forwarder *f)
{
    Layer *l = f->layer;
    layer_bring_home(l);
    l->in_block = l->interpret = l->paid = false;
    l->resume = l->from = l->replay.of = NULL;
}

/* The translation waits for the compiler no longer if it is compiled. */
static bool is_done(Forwarder *f, const Waiting *w)
{
    Layer *l = f->layer;
    Translation *t = tcache_find(l, w->pc, w->pa, w->mode);
    EngineAnswer answer = t ? engine_ask(l->core, t->core) : ENGINE_NEVER;
    if (answer == ENGINE_COMPILED)
        cpu_mark(f->cpu, t->pa);
    return answer != ENGINE_LATER;
}

static void poll(Forwarder *f)
{
    engine_poll(f->layer->core);
    for (unsigned i = f->waiting_count; i-- > 0;)
        if (is_done(f, &f->waiting[i]))
            f->waiting[i] = f->waiting[--f->waiting_count];
}

/* Interprets block by block. */
static void interpret(Forwarder *f, unsigned blocks)
{
    while (blocks-- && layer_goes_on(f))
        gear0_run(f->layer);
}

/* Makes a superblock of what begins here; what is executed meanwhile says which
 * way it goes. */
static void translate_here(Forwarder *f, uint32_t pa, uint8_t mode)
{
    Layer *l = f->layer;
    Waiting w = {.pc = l->pc, .pa = pa, .mode = mode};
    interpret(f, STUDY_BLOCKS);
    if (!translate(l, w.pc, mode, 2))
        return;
    if (!is_done(f, &w))
        f->waiting[f->waiting_count++] = w;
}

/* Where the guest stands there is no compiled code: that is counted. */
static void count_here(Forwarder *f, uint32_t weight)
{
    Layer *l = f->layer;
    uint32_t pa;
    uint8_t mode;
    const uint8_t *host;
    layer_bring_home(l);
    if (!dispatch_locate(l, &mode, &pa, &host) ||
        codepages_is_interpreted(l, pa))
        return;
    const Translation *t = tcache_find(l, l->pc, pa, mode);
    if (t && t->core) {
        if (engine_ask(l->core, t->core) == ENGINE_COMPILED)
            cpu_mark(f->cpu, pa);
        return;
    }
    uint32_t word =
        bits_load32(host + pa % PAGE_SIZE, l->cpu_config.big_endian);
    if (f->waiting_count < WAITING_MAX &&
        gear0_is_lifted(gear0_decode(l, word), mode) &&
        profile_blocks(l, l->pc, pa, mode, weight))
        translate_here(f, pa, mode);
}

/* Compiled code that can go on here; NULL: there is none. */
static Translation *find_compiled(Forwarder *f)
{
    Layer *l = f->layer;
    uint32_t pa;
    uint8_t mode;
    const uint8_t *host;
    if (l->interpret || !dispatch_locate(l, &mode, &pa, &host))
        return NULL;
    Translation *t = tcache_find(l, l->pc, pa, mode);
    if (!t || engine_ask(l->core, t->core) != ENGINE_COMPILED)
        return NULL;
    if (l->from)
        links_set(l, l->from, l->from_exit, t);
    return t;
}

/* Runs compiled code as far as it leads, and what is between two pieces of it
 * if that failed and has to be repeated. */
static void run_compiled(Forwarder *f)
{
    Layer *l = f->layer;
    start_layer(f);
    while (layer_goes_on(f)) {
        if (l->in_block || l->replay.of) {
            gear0_run(l);
            continue;
        }
        Translation *t = find_compiled(f);
        if (!t) {
            if (!l->interpret)
                count_here(f, 1);
            break;
        }
        uint64_t before = layer_insns(l);
        dispatch_run(l, t);
        /* Too near to the limit, for the core. */
        if (layer_insns(l) == before && !l->replay.of)
            break;
    }
    end_layer(f);
}

/* A few blocks are interpreted, and counted but for the first, which is in its
 * midst. */
static void sample(Forwarder *f)
{
    f->next_sample = cpu_cycle(f->cpu) + f->sample_every;
    poll(f);
    start_layer(f);
    for (unsigned i = 0; i < SAMPLE_BLOCKS && layer_goes_on(f); i++) {
        interpret(f, 1);
        if (layer_goes_on(f))
            count_here(f, SAMPLE_WEIGHT);
    }
    end_layer(f);
}

/* --- Running ---------------------------------------------------------------
 */

/* What looked for code to compile, and watched it, ends with the compiler. */
static bool has_given_up(Forwarder *f)
{
    if (!f->given_up && engine_has_given_up(f->layer->core)) {
        f->given_up = true;
        codepages_share(f->layer, false);
    }
    return f->given_up;
}

void forwarder_run(Forwarder *f, uint64_t deadline)
{
    /* Within it compiled code would stop: once here, twice in the core. */
    uint64_t margin = 3 * f->layer->superblock_limits.insns;
    unsigned pass = 0;
    f->end = deadline;
    f->stop = false;
    while (!f->stop && cpu_cycle(f->cpu) < f->end) {
        if (has_given_up(f)) {
            cpu_run(f->cpu, f->end);
            continue;
        }
        uint64_t before = cpu_cycle(f->cpu);
        if (before >= f->next_sample)
            sample(f);
        uint64_t now = cpu_cycle(f->cpu);
        if (f->stop || now >= f->end)
            break;
        if (f->end - now <= margin) {
            cpu_run(f->cpu, f->end);
            continue;
        }
        uint64_t end = f->end < f->next_sample ? f->end : f->next_sample;
        if (end > now)
            cpu_run_to_mark(f->cpu, end, pass);
        uint64_t at = cpu_cycle(f->cpu);
        pass = 0;
        if (f->stop || at >= end)
            continue;
        run_compiled(f);
        pass = cpu_cycle(f->cpu) == at;
    }
}

void forwarder_set_deadline(Forwarder *f, uint64_t deadline)
{
    cpu_set_deadline(f->cpu, deadline);
    if (deadline >= f->end)
        return;
    f->end = deadline;
    layer_stop(f->layer);
}

void forwarder_stop(Forwarder *f)
{
    f->stop = true;
    cpu_stop(f->cpu);
    layer_stop(f->layer);
}
