/* Random programs on whole machines, by an engine and by the reference core:
 * cycles, all statistics, console and state must be the same.
 *
 *     engine_random [--seed N] [--first N] [--count N] [--big]
 *
 * Program N of a seed is that of layer_random, with smaller caches.  How its
 * translations are run is drawn, too: compiled or only threaded; compiled at
 * once or in a thread and installed late, after how many runs; with or without
 * the hooks of check mode, in slices or at one go; and half of them are
 * fast-forwarded for a while, by compiled code as soon as it can be.
 *
 * Exit status 1 if they differ, or if hardly anything was compiled or threaded;
 * 2 if an option is wrong. */
#include "tests/random/layer_case.h"
#include "tests/support/options.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Totals {
    uint64_t programs, threaded, compiled, forwarded, refused, failed, checked;
} Totals;

/* What a run comes to. */
typedef struct Result {
    uint64_t hash, cycles, insns;
    char *stats;
} Result;

static Result result_of(const Machine *m)
{
    Result r = {machine_hash(m), machine_cycles(m), machine_insns(m), NULL};
    size_t size;
    FILE *out = open_memstream(&r.stats, &size);
    if (!out)
        abort();
    stats_write_text(machine_stats(m), out);
    fclose(out);
    return r;
}

static Result run_reference(const LayerCase *c)
{
    Machine *m = layer_case_machine(c, false);
    machine_run(m, UINT64_MAX);
    Result r = result_of(m);
    machine_destroy(m);
    return r;
}

/* Small caches, so that lines come and go, and times that are not 0: what else
 * the programs are run with leaves them as they are. */
static void draw_machine(Config *config, Rng *rng)
{
    static const struct {
        const char *key, *values[4];
    } choices[] = {
        {"l1i.size", {"64k", "1024", "1024", "4096"}},
        {"l1i.ways", {"1", "2", "4", "4"}},
        {"l1i.line", {"16", "32", "64", "64"}},
        {"l1i.policy", {"fifo", "fifo", "random", "lru"}},
        {"l1i.prefetch", {"0", "1", "2", "8"}},
        {"l1d.size", {"1024", "1024", "4096", "64k"}},
        {"l1d.ways", {"1", "2", "4", "4"}},
        {"l1d.line", {"16", "32", "64", "128"}},
        {"l1d.policy", {"fifo", "fifo", "random", "lru"}},
        {"l2.size", {"0", "1024", "4096", "256k"}},
        {"l2.ways", {"1", "2", "4", "4"}},
        {"memory.latency", {"1", "12", "30", "12"}},
        {"memory.transfer", {"0", "1", "1", "3"}},
        {"memory.width", {"1", "4", "8", "256"}},
        {"memory.early", {"yes", "yes", "yes", "no"}},
        {"memory.write", {"0", "5", "5", "40"}},
        {"vliw.tlb", {"1", "2", "4", "16"}},
        {"vliw.forward", {"0", "0", "2", "5"}},
        {"vliw.commit", {"0", "0", "1", "3"}},
        {"vliw.branch", {"3", "3", "1", "6"}},
        {"vliw.predict_exits", {"no", "yes", "yes", "no"}},
        {"vliw.predict_jumps", {"no", "no", "yes", "yes"}},
    };
    if (rng_one_in(rng, 4))
        return;
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++)
        layer_case_set(config, choices[i].key,
                       choices[i].values[rng_below(rng, 4)]);
}

/* A part of some programs is fast-forwarded. */
static void draw_forward(const LayerCase *c, Rng *rng)
{
    char to[16];
    uint32_t insns = (uint32_t)c->insns;
    snprintf(to, sizeof to, "%u", insns - rng_below(rng, insns / 2));
    layer_case_set(c->config, "fast_forward.to", to);
    if (rng_one_in(rng, 3))
        layer_case_set(c->config, "fast_forward.warm", "500");
}

/* How it is compiled. */
static void draw_engine(Config *config, Rng *rng)
{
    static const char *const runs[] = {"1", "2", "5", "20", "100"};
    static const char *const samples[] = {"1", "7", "50", "200"};
    char delay[16];
    bool late = rng_one_in(rng, 4);
    snprintf(delay, sizeof delay, "%u", late ? 1 + rng_below(rng, 10000) : 0);
    layer_case_set(config, "engine.kind",
                   rng_one_in(rng, 4) ? "threaded" : "jit");
    layer_case_set(config, "engine.module", SELKIRK_ENGINE_MODULE);
    layer_case_set(config, "engine.threads",
                   late && rng_one_in(rng, 2) ? "1" : "0");
    layer_case_set(config, "engine.delay", delay);
    layer_case_set(config, "engine.runs0", runs[rng_below(rng, 5)]);
    layer_case_set(config, "engine.runs1",
                   rng_one_in(rng, 3) ? runs[rng_below(rng, 5)] : "1000000");
    layer_case_set(config, "engine.queue", rng_one_in(rng, 4) ? "1" : "64");
    layer_case_set(config, "engine.sample", samples[rng_below(rng, 4)]);
    layer_case_set(config, "engine.hot", rng_one_in(rng, 2) ? "1" : "3");
    layer_case_set(config, "engine.memory",
                   rng_one_in(rng, 4) ? "65536" : "128M");
}

static Result run_engine(const LayerCase *c, Rng *rng, Totals *t, bool *checked)
{
    bool check = rng_one_in(rng, 4);
    bool sliced = rng_one_in(rng, 4);
    Machine *m = layer_case_machine(c, check);
    while (machine_run(m, sliced ? 1 + rng_below(rng, 3000) : UINT64_MAX) ==
           MACHINE_STOP_SLICE)
        ;
    *checked = !machine_finish_check(m);
    Result r = result_of(m);
    EngineReport report = machine_engine_report(m);
    EngineReport forward = machine_forward_report(m);
    t->programs++;
    t->threaded += report.threaded;
    uint64_t forwarded = forward.compiled[0] + forward.compiled[1];
    t->compiled += report.compiled[0] + report.compiled[1] - forwarded;
    t->forwarded += forwarded;
    t->refused += report.refused;
    t->failed += report.failed;
    t->checked += check;
    if (report.failed && t->failed == report.failed)
        printf("engine_random: program %" PRIu64 ": not compiled: %s\n",
               c->number, report.failure);
    machine_destroy(m);
    return r;
}

/* The lines of the statistics that differ. */
static void print_lines(const Result *reference, const Result *engine)
{
    const char *a = reference->stats, *b = engine->stats;
    while (*a && *b) {
        int x = (int)strcspn(a, "\n"), y = (int)strcspn(b, "\n");
        if (x != y || memcmp(a, b, (size_t)x) != 0)
            printf("  reference %.*s\n  engine    %.*s\n", x, a, y, b);
        a += x + (a[x] == '\n');
        b += y + (b[y] == '\n');
    }
}

static bool run_case(const OptionsCases *o, uint64_t number, Totals *t)
{
    LayerCase c;
    Rng rng = rng_stream(o->seed + 1000, number);
    bool checked;
    layer_case_draw(&c, o->seed, number, o->big);
    draw_machine(c.config, &rng);
    if (rng_one_in(&rng, 2))
        draw_forward(&c, &rng);
    Result reference = run_reference(&c);
    draw_engine(c.config, &rng);
    Result engine = run_engine(&c, &rng, t, &checked);
    bool same = checked && reference.hash == engine.hash &&
                reference.cycles == engine.cycles &&
                reference.insns == engine.insns &&
                strcmp(reference.stats, engine.stats) == 0;
    if (!same) {
        printf("engine_random: seed %" PRIu64 ", program %" PRIu64 "%s: "
               "the engine differs from the reference core%s:\n",
               o->seed, number, o->big ? ", big" : "",
               checked ? "" : ", and from the reference CPU");
        printf("  cycles %" PRIu64 " and %" PRIu64 ", instructions %" PRIu64
               " and %" PRIu64 ", state %s\n",
               reference.cycles, engine.cycles, reference.insns, engine.insns,
               reference.hash == engine.hash ? "the same" : "another");
        print_lines(&reference, &engine);
        layer_case_print(c.config);
    }
    free(reference.stats);
    free(engine.stats);
    layer_case_drop(&c);
    return same;
}

int main(int argc, char **argv)
{
    OptionsCases o = options_parse_cases(argc, argv, 100);
    Totals t = {0};
    for (uint64_t i = 0; i < o.count; i++)
        if (!run_case(&o, o.first + i, &t))
            return EXIT_FAILURE;
    printf("engine_random: %" PRIu64 " programs, %" PRIu64 " with check mode; "
           "%" PRIu64 " translations threaded, %" PRIu64 " compiled, "
           "%" PRIu64 " to fast-forward, "
           "%" PRIu64 " refused, %" PRIu64 " failed\n",
           t.programs, t.checked, t.threaded, t.compiled, t.forwarded,
           t.refused, t.failed);
    if ((t.compiled < 2 * t.programs || t.threaded < 5 * t.programs ||
         2 * t.forwarded < t.programs) &&
        t.programs >= 20) {
        printf("engine_random: hardly anything was compiled or threaded\n");
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
