/* Random programs on whole machines with the code-morphing layer, in check
 * mode: at every commit all is as the reference CPU has it.
 *
 *     layer_random [--seed N] [--first N] [--count N] [--big]
 *
 * One in eight also runs in slices, which must change nothing.  Another one in
 * eight begins again with what its layer knew (warm.h), by the same keys and by
 * those of the next program.
 *
 * Exit status 1 if the layer and the reference differ, a slice shows, or what
 * the programs are for was never met (in 1000 or more); 2 if an option is
 * wrong. */
#include "base/bits.h"
#include "tests/random/layer_case.h"
#include "tests/support/options.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    COVERAGE_PROGRAMS = 1000,
};

/* Statistics that must not stay 0. */
static const char *const covered[] = {
    "morph.gear0.insns",
    "morph.gear1.translations",
    "morph.gear2.translations",
    "core.insns.gear1",
    "core.insns.gear2",
    "morph.tcache.evicted",
    "morph.tcache.flushes",
    "morph.tcache.invalidated",
    "morph.tcache.relearned",
    "morph.chain.made",
    "morph.chain.renewed",
    "morph.inline_cache.hits",
    "morph.return_stack.hits",
    "morph.hash.hits",
    "morph.handler.insns",
    "core.faults.guest",
    "core.faults.mmio",
    "core.faults.code",
    "core.faults.trap",
    "core.faults.fp",
    "core.forwards",
    "morph.faults.spurious",
    "morph.learned.mmio",
    "morph.learned.faults",
    "morph.learned.unmoved",
    "morph.code.writes",
    "morph.warm.gear1",
    "morph.warm.gear2",
    "morph.warm.failed",
    "morph.warm.lessons",
    "cpu.exceptions.int",
    "cpu.exceptions.mod",
    "cpu.exceptions.tlbl",
    "cpu.exceptions.tlbs",
    "cpu.exceptions.adel",
    "cpu.exceptions.ades",
    "cpu.exceptions.ibe",
    "cpu.exceptions.dbe",
    "cpu.exceptions.sys",
    "cpu.exceptions.bp",
    "cpu.exceptions.ri",
    "cpu.exceptions.cpu",
    "cpu.exceptions.ovf",
    "cpu.utlb.load",
    "cpu.utlb.store",
    "bus.device.reads",
    "bus.device.writes",
};

typedef struct Totals {
    uint64_t programs, insns, cycles;
    uint64_t covered[ARRAY_LEN(covered)];
} Totals;

/* --- Running -------------------------------------------------------------- */

static void print_report(const OptionsCases *o, const LayerCase *c,
                         const CheckReport *r)
{
    printf("layer_random: seed %" PRIu64 ", program %" PRIu64
           "%s%s, %s, %s: the "
           "layer and the reference CPU differ\n",
           o->seed, c->number, o->big ? ", big" : "", c->warm ? ", warm" : "",
           c->image.user ? "user" : "kernel",
           c->image.structured ? "structured" : "words");
    printf("  after instruction %" PRIu64 " at %08" PRIx32 "; they agreed "
           "after %" PRIu64 " at %08" PRIx32 "\n",
           r->insns, r->pc, r->agreed, r->agreed_pc);
    if (r->gear)
        printf("  committed by gear %u's translation of %08" PRIx32 ", exit "
               "x%u\n",
               r->gear, r->entry, r->exit);
    else
        printf("  committed by gear 0\n");
    for (unsigned i = 0; i < r->count; i++)
        printf("  %-24s layer %08" PRIx64 ", reference %08" PRIx64 "\n",
               r->differences[i].name, r->differences[i].layer,
               r->differences[i].reference);
    layer_case_print(c->config);
}

static void add_totals(Totals *t, const Machine *m)
{
    const Stats *stats = machine_stats(m);
    t->programs++;
    t->insns += machine_insns(m);
    t->cycles += machine_cycles(m);
    for (size_t i = 0; i < ARRAY_LEN(covered); i++)
        t->covered[i] += stats_get(stats, covered[i]);
}

/* What a run comes to. */
typedef struct Result {
    uint64_t hash, cycles;
} Result;

static Result result_of(const Machine *m)
{
    return (Result){machine_hash(m), machine_cycles(m)};
}

/* What it comes to, and what the layer knows then, unless these are NULL. */
static bool run_checked(const OptionsCases *o, const LayerCase *c, Totals *t,
                        Result *result, Warm *known)
{
    Machine *m = layer_case_machine(c, true);
    machine_run(m, UINT64_MAX);
    const CheckReport *report = machine_finish_check(m);
    if (report)
        print_report(o, c, report);
    add_totals(t, m);
    if (result)
        *result = result_of(m);
    if (known)
        machine_save_warm(m, known);
    machine_destroy(m);
    return !report;
}

static bool run_sliced(const OptionsCases *o, const LayerCase *c,
                       const Result *whole)
{
    Rng rng = rng_stream(o->seed, ~c->number);
    Machine *m = layer_case_machine(c, false);
    while (machine_run(m, 1 + rng_below(&rng, 300)) == MACHINE_STOP_SLICE)
        ;
    Result sliced = result_of(m);
    machine_destroy(m);
    if (sliced.hash == whole->hash && sliced.cycles == whole->cycles)
        return true;
    printf("layer_random: seed %" PRIu64 ", program %" PRIu64 "%s%s: slices "
           "show: %" PRIu64 " cycles, not %" PRIu64 "; state %s\n",
           o->seed, c->number, o->big ? ", big" : "", c->warm ? ", warm" : "",
           sliced.cycles, whole->cycles,
           sliced.hash == whole->hash ? "the same" : "another");
    layer_case_print(c->config);
    return false;
}

static bool run_both(const OptionsCases *o, const LayerCase *c, Totals *t)
{
    Result whole;
    return run_checked(o, c, t, &whole, NULL) && run_sliced(o, c, &whole);
}

static bool run_warm(const OptionsCases *o, LayerCase *c, Totals *t)
{
    Warm known = {0};
    bool ok = run_checked(o, c, t, NULL, &known);
    c->warm = &known;
    ok = ok && run_both(o, c, t);
    LayerCase next;
    layer_case_draw(&next, o->seed, c->number + 1, o->big);
    LayerCase other = *c;
    other.config = next.config;
    ok = ok && run_both(o, &other, t);
    layer_case_drop(&next);
    warm_free(&known);
    return ok;
}

static bool run_case(const OptionsCases *o, uint64_t number, Totals *t)
{
    LayerCase c;
    layer_case_draw(&c, o->seed, number, o->big);
    bool ok = number % 8 == 0   ? run_both(o, &c, t)
              : number % 8 == 4 ? run_warm(o, &c, t)
                                : run_checked(o, &c, t, NULL, NULL);
    layer_case_drop(&c);
    return ok;
}

/* --- The program ---------------------------------------------------------- */

static bool print_totals(const Totals *t)
{
    bool ok = true;
    printf("layer_random: %" PRIu64 " programs, %" PRIu64
           " instructions, %" PRIu64 " cycles\n",
           t->programs, t->insns, t->cycles);
    for (size_t i = 0; i < ARRAY_LEN(covered); i++) {
        printf("  %-26s %" PRIu64 "\n", covered[i], t->covered[i]);
        /* The hard build has few translations at a time. */
        if (t->programs >= COVERAGE_PROGRAMS && t->covered[i] == 0 &&
            !SELKIRK_HARD) {
            printf("layer_random: %s is 0\n", covered[i]);
            ok = false;
        }
    }
    return ok;
}

int main(int argc, char **argv)
{
    OptionsCases o = options_parse_cases(argc, argv, 1000);
    Totals totals = {0};
    for (uint64_t i = 0; i < o.count; i++)
        if (!run_case(&o, o.first + i, &totals))
            return EXIT_FAILURE;
    return print_totals(&totals) ? EXIT_SUCCESS : EXIT_FAILURE;
}
