/* Random programs on whole machines in the time of the R3000, each with another
 * one of any caches, latencies and buffers.
 *
 *     r3000_random [--seed N] [--first N] [--count N] [--big]
 *
 * The model may change time and nothing else.  By turns, the same program
 *   - with waits of no time has the cycles and the state of the reference CPU
 *     alone, timer interrupts included;
 *   - with random waits and no timer has its state, and the causes of its
 * cycles add up to its clock;
 *   - with both comes to the same in slices, and instruction by instruction;
 *   - fast-forwarded and warmed up, that again, and its parts add up.
 *
 * Exit status 1 if that is not so, or a cause never came up (in 1000 or more);
 * 2 if an option is wrong. */
#include "base/bits.h"
#include "tests/random/layer_case.h"
#include "tests/support/options.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    INSNS_MIN = 1000,
    INSNS_SPAN = 6000,
    COVERAGE_PROGRAMS = 1000,
    NOWHERE = 0xfffffffc, /* a breakpoint */
};

static const struct {
    const char *key;
    unsigned least, most, none; /* `none`: no wait */
} times[] = {
    {"r3000.read", 0, 20, 0},
    {"r3000.read_word", 0, 3, 0},
    {"r3000.uncached", 0, 30, 0},
    {"r3000.write", 0, 9, 0},
    {"r3000.write_page", 0, 4, 0},
    {"r3000.partial_store", 0, 3, 0},
    {"r3000.utlb_miss", 0, 3, 0},
    {"r3000.exception", 0, 9, 0},
    {"r3000.latency.mult", 1, 20, 1},
    {"r3000.latency.div", 1, 40, 1},
    {"r3000.latency.fadd", 1, 9, 1},
    {"r3000.latency.fmul_s", 1, 9, 1},
    {"r3000.latency.fmul_d", 1, 9, 1},
    {"r3000.latency.fdiv_s", 1, 20, 1},
    {"r3000.latency.fdiv_d", 1, 20, 1},
    {"r3000.latency.fmove", 1, 3, 1},
    {"r3000.latency.fcvt_d_s", 1, 3, 1},
    {"r3000.latency.fcvt_s_d", 1, 5, 1},
    {"r3000.latency.fcvt_w", 1, 5, 1},
};

/* Powers of two. */
static const struct {
    const char *key;
    unsigned least, most; /* exponents */
} sizes[] = {
    {"cpu.icache", 9, 16},   {"cpu.dcache", 9, 16}, {"r3000.irefill", 0, 5},
    {"r3000.drefill", 0, 5}, {"r3000.row", 2, 12},
};

static const char *const covered[] = {
    "cycles.exception",   "cycles.icache", "cycles.dcache",
    "cycles.uncached",    "cycles.utlb",   "cycles.partial_store",
    "cycles.hilo",        "cycles.fp",     "cycles.write_buffer",
    "cpu.exceptions.int", "cpu.utlb.load", "r3000.write_buffer.row",
};

typedef struct Run {
    const OptionsCases *options;
    LayerCase c;
    uint64_t cycles; /* limit, 0: none */
    uint64_t covered[ARRAY_LEN(covered)];
    uint64_t programs, insns;
} Run;

/* What a run comes to. */
typedef struct Result {
    uint64_t hash, insns, cycles, total;
} Result;

/* --- Cases ---------------------------------------------------------------- */

static void set(LayerCase *c, const char *key, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, value);
    layer_case_set(c->config, key, text);
}

static void draw_config(LayerCase *c, Rng *rng, bool waits)
{
    c->config = config_create();
    layer_case_set(c->config, "machine.board", "bare");
    layer_case_set(c->config, "machine.memory", "1M");
    layer_case_set(c->config, "cpu.model", "r3000");
    layer_case_set(c->config, "cpu.fpu", rng_one_in(rng, 8) ? "no" : "yes");
    for (size_t i = 0; i < ARRAY_LEN(times); i++) {
        unsigned span = times[i].most - times[i].least + 1;
        unsigned drawn = times[i].least + rng_below(rng, span);
        set(c, times[i].key, waits ? drawn : times[i].none);
    }
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        unsigned span = sizes[i].most - sizes[i].least + 1;
        set(c, sizes[i].key, 1ull << (sizes[i].least + rng_below(rng, span)));
    }
    set(c, "r3000.utlb", rng_below(rng, 4));
    set(c, "r3000.write_buffer", 1 + rng_below(rng, 8));
    layer_case_set(c->config, "r3000.overtake",
                   rng_one_in(rng, 2) ? "no" : "yes");
}

static void draw(Run *r, uint64_t number, bool waits, bool timeless)
{
    LayerCase *c = &r->c;
    Rng rng = rng_stream(r->options->seed, number);
    *c = (LayerCase){.number = number, .image = {.timeless = timeless}};
    draw_config(c, &rng, waits);
    c->insns = INSNS_MIN + rng_below(&rng, INSNS_SPAN);
    layer_image_make(&c->image, &rng, r->options->big);
}

/* --- Running -------------------------------------------------------------- */

/* In slices of up to `slice` cycles; each instruction by itself if `stepwise`.
 */
static Result run(Run *r, uint64_t slice, bool stepwise)
{
    Rng rng = rng_stream(r->options->seed, ~r->c.number);
    Machine *m = layer_case_machine(&r->c, false);
    machine_set_limits(
        m, &(MachineLimits){.insns = r->c.insns, .cycles = r->cycles});
    if (stepwise)
        machine_add_breakpoint(m, NOWHERE);
    MachineStop stop;
    do
        stop = machine_run(m, slice ? 1 + rng_below(&rng, (unsigned)slice)
                                    : UINT64_MAX);
    while (stop == MACHINE_STOP_SLICE);
    const Stats *stats = machine_stats(m);
    uint64_t beside = stats_get(stats, "fast_forward.insns") +
                      stats_get(stats, "fast_forward.warm.insns") -
                      stats_get(stats, "fast_forward.warm.cycles");
    Result result = {machine_hash(m), machine_insns(m), machine_cycles(m),
                     stats_get(stats, "cycles.total") + beside};
    for (size_t i = 0; i < ARRAY_LEN(covered); i++)
        r->covered[i] += stats_get(stats, covered[i]);
    r->insns += result.insns;
    machine_destroy(m);
    return result;
}

static bool complain(const Run *r, const char *what, Result a, Result b)
{
    printf(
        "r3000_random: seed %" PRIu64 ", program %" PRIu64 "%s: %s: "
        "%" PRIu64 " cycles (causes %" PRIu64 "), not %" PRIu64 "; state %s\n",
        r->options->seed, r->c.number, r->options->big ? ", big" : "", what,
        a.cycles, a.total, b.cycles, a.hash == b.hash ? "the same" : "another");
    layer_case_print(r->c.config);
    return false;
}

static bool adds_up(const Run *r, Result a)
{
    return a.total == a.cycles || complain(r, "causes do not add up", a, a);
}

/* The reference CPU's, in its own time. */
static Result run_reference(Run *r)
{
    layer_case_set(r->c.config, "cpu.model", "functional");
    Result result = run(r, 0, false);
    layer_case_set(r->c.config, "cpu.model", "r3000");
    return result;
}

static bool run_without_waits(Run *r)
{
    Result timed = run(r, 0, false), plain = run_reference(r);
    if (timed.hash != plain.hash || timed.cycles != plain.cycles)
        return complain(r, "time of its own without waits", timed, plain);
    return adds_up(r, timed);
}

static bool run_timeless(Run *r)
{
    Result timed = run(r, 0, false), plain = run_reference(r);
    if (timed.hash != plain.hash)
        return complain(r, "time changes the state", timed, plain);
    return adds_up(r, timed);
}

static bool run_cut(Run *r)
{
    /* Most end by cycles then, somewhere in what an instruction takes. */
    r->cycles = r->c.insns + r->c.number;
    Result whole = run(r, 0, false);
    Result cut[] = {run(r, 300, false), run(r, 0, true), run(r, 20, true)};
    for (size_t i = 0; i < ARRAY_LEN(cut); i++)
        if (cut[i].hash != whole.hash || cut[i].cycles != whole.cycles)
            return complain(r, "slices or steps show", cut[i], whole);
    r->cycles = 0;
    return adds_up(r, whole);
}

static bool run_forwarded(Run *r)
{
    set(&r->c, "fast_forward.to", 1 + r->c.number % 701);
    set(&r->c, "fast_forward.warm", r->c.number % 3 * 150);
    return run_cut(r);
}

static bool run_case(Run *r, uint64_t number)
{
    unsigned kind = number % 4;
    draw(r, number, kind != 0, kind == 1);
    bool ok = kind == 0   ? run_without_waits(r)
              : kind == 1 ? run_timeless(r)
              : kind == 2 ? run_cut(r)
                          : run_forwarded(r);
    r->programs++;
    layer_case_drop(&r->c);
    return ok;
}

/* --- The program ---------------------------------------------------------- */

static bool print_totals(const Run *r)
{
    bool ok = true;
    printf("r3000_random: %" PRIu64 " programs, %" PRIu64 " instructions\n",
           r->programs, r->insns);
    for (size_t i = 0; i < ARRAY_LEN(covered); i++) {
        printf("  %-24s %" PRIu64 "\n", covered[i], r->covered[i]);
        if (r->programs >= COVERAGE_PROGRAMS && r->covered[i] == 0) {
            printf("r3000_random: %s is 0\n", covered[i]);
            ok = false;
        }
    }
    return ok;
}

int main(int argc, char **argv)
{
    OptionsCases options = options_parse_cases(argc, argv, 1000);
    Run r = {.options = &options};
    for (uint64_t i = 0; i < options.count; i++)
        if (!run_case(&r, options.first + i))
            return EXIT_FAILURE;
    return print_totals(&r) ? EXIT_SUCCESS : EXIT_FAILURE;
}
