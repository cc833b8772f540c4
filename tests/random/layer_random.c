/* Random programs on whole machines with the code-morphing layer, in check
 * mode: at every commit all is as the reference CPU has it.
 *
 *     layer_random [--seed N] [--first N] [--count N] [--big]
 *
 * Program N of a seed (layer_image.h) runs with a configuration drawn with it:
 * low thresholds, any limits, caches that overflow, another VLIW.  One in eight
 * also runs in slices, which must change nothing.
 *
 * Exit status 1 if the layer and the reference differ, a slice shows, or what
 * the programs are for was never met (in 1000 or more); 2 if an option is
 * wrong. */
#include "base/bits.h"
#include "morph/machine.h"
#include "tests/random/layer_image.h"
#include "tests/support/options.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    COVERAGE_PROGRAMS = 1000,
    EXIT_BAD_INPUT = 2,
    SETTINGS_MAX = 24,
    INSNS_MIN = 1000,
    INSNS_SPAN = 6000,
};

typedef struct Options {
    uint64_t seed, first, count;
    bool big;
} Options;

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

/* --- Configurations ------------------------------------------------------- */

typedef struct Choice {
    const char *key;
    const char *values; /* separated by blanks; "default" among them */
} Choice;

static const Choice choices[] = {
    {"morph.gears", "2 2 2 2 1 0"},
    {"gear1.threshold", "1 1 2 5"},
    {"gear2.threshold", "2 3 8"},
    {"gear1.insns", "64 64 2 5"},
    {"gear2.insns", "128 128 7 30"},
    {"gear2.visits", "4 4 1 9"},
    {"gear2.bias", "60 0 100"},
    {"gear2.jumps", "yes yes no"},
    {"morph.chain", "yes yes yes no"},
    {"morph.inline_cache", "yes yes no"},
    {"morph.return_stack", "16 16 0 1"},
    {"morph.hash", "4096 0 1 16"},
    {"morph.tbit_grain", "4 4 16 4096"},
    {"morph.mmio_learn", "2 1 100"},
    {"morph.fault_learn", "8 1 100"},
    {"tcache.size", "16M 16M 4096 16k"},
    {"tcache.policy", "flush fifo"},
    {"opt.straighten", "yes yes yes no"},
    {"opt.rename", "yes yes yes yes yes yes no"},
    {"opt.fold", "yes yes yes no"},
    {"opt.copy", "yes yes yes no"},
    {"opt.cse", "yes yes yes no"},
    {"opt.memory", "yes yes yes no"},
    {"opt.address", "yes yes yes no"},
    {"opt.dead", "yes yes yes no"},
    {"opt.reorder_memory", "yes yes yes no"},
    {"opt.hoist", "yes yes yes no"},
    {"vliw.alu_units", "2 2 2 1 4"},
    {"vliw.lsu_units", "1 1 1 2"},
    {"vliw.shift_all", "no no yes"},
    {"vliw.formats", "crusoe crusoe free"},
    {"vliw.short_imm", "8 8 0 32"},
    {"vliw.gprs", "64 64 44"},
    {"vliw.shadowed_gprs", "48 48 36"},
    {"vliw.fprs", "32 32 20"},
    {"vliw.interlock", "yes yes no"},
    {"vliw.latency.load", "2 2 1 7"},
    {"vliw.latency.fmul", "3 3 1 9"},
    {"vliw.latency.alu", "1 1 2"},
    {"vliw.store_buffer", "16 16 1 2 64"},
    {"vliw.tlb", "16 1"},
    {"l1d.size", "64k 1024"},
    {"cpu.fpu", "yes yes yes yes yes yes yes no"},
};

static void set(Config *config, const char *key, const char *value)
{
    Diag diag = {""};
    if (config_set(config, key, value, "layer_random", &diag))
        return;
    fprintf(stderr, "layer_random: %s\n", diag.text);
    exit(EXIT_BAD_INPUT);
}

/* The value number `n` of a list. */
static void pick(const char *values, unsigned n, char word[16])
{
    while (n--)
        values = strchr(values, ' ') + 1;
    size_t length = strcspn(values, " ");
    memcpy(word, values, length);
    word[length] = '\0';
}

static Config *draw_config(Rng *rng)
{
    Config *config = config_create();
    set(config, "machine.board", "bare");
    set(config, "machine.memory", "1M");
    set(config, "cpu.model", "vliw");
    bool plain = rng_one_in(rng, 4); /* but for the thresholds */
    for (size_t i = 0; i < ARRAY_LEN(choices); i++) {
        unsigned count = 1;
        for (const char *p = choices[i].values; *p; p++)
            count += *p == ' ';
        unsigned n = rng_below(rng, count);
        char word[16];
        pick(choices[i].values, plain && i > 2 ? 0 : n, word);
        set(config, choices[i].key, word);
    }
    /* The formats of the TM5000 family have these slots alone. */
    if (config_int(config, CONFIG_VLIW_ALU_UNITS) != 2 ||
        config_int(config, CONFIG_VLIW_LSU_UNITS) > 1)
        set(config, "vliw.formats", "free");
    if (config_int(config, CONFIG_VLIW_GPRS) < 50)
        set(config, "vliw.shadowed_gprs", "36");
    return config;
}

static void print_config(const Config *config)
{
    Config *defaults = config_create();
    char *lines[2] = {NULL, NULL};
    size_t sizes[2];
    const Config *both[2] = {config, defaults};
    for (unsigned i = 0; i < 2; i++) {
        FILE *out = open_memstream(&lines[i], &sizes[i]);
        if (!out)
            abort();
        config_write(both[i], out);
        fclose(out);
    }
    /* The same keys in the same order. */
    char *a = lines[0], *b = lines[1], section[32] = "";
    for (char *x, *y; (x = strsep(&a, "\n")) && (y = strsep(&b, "\n"));) {
        if (x[0] == '[')
            snprintf(section, sizeof section, "%.*s", (int)strcspn(x + 1, "]"),
                     x + 1);
        if (strcmp(x, y) == 0)
            continue;
        char *equals = strstr(x, " = ");
        if (equals)
            printf(" --set %s.%.*s=%s", section, (int)(equals - x), x,
                   equals + 3);
    }
    printf("\n");
    free(lines[0]);
    free(lines[1]);
    config_destroy(defaults);
}

/* --- Running -------------------------------------------------------------- */

typedef struct Case {
    uint64_t number;
    LayerImage image;
    Config *config;
    uint64_t insns;
} Case;

static void draw_case(Case *c, const Options *o, uint64_t number)
{
    Rng rng = rng_stream(o->seed, number);
    c->number = number;
    c->config = draw_config(&rng);
    c->insns = INSNS_MIN + rng_below(&rng, INSNS_SPAN);
    layer_image_make(&c->image, &rng, o->big);
}

static void drop_case(Case *c)
{
    elf_free(c->image.elf);
    config_destroy(c->config);
}

static Machine *create(const Case *c, bool check)
{
    MachineConfig mc = {.config = c->config,
                        .image = c->image.elf,
                        .cmdline = "",
                        .check = check};
    Diag diag = {""};
    Machine *m = machine_create(&mc, &diag);
    if (!m) {
        fprintf(stderr, "layer_random: program %" PRIu64 ": %s\n", c->number,
                diag.text);
        exit(EXIT_BAD_INPUT);
    }
    machine_set_limits(m, &(MachineLimits){.insns = c->insns});
    return m;
}

static void print_report(const Options *o, const Case *c, const CheckReport *r)
{
    printf("layer_random: seed %" PRIu64 ", program %" PRIu64 "%s, %s, %s: the "
           "layer and the reference CPU differ\n",
           o->seed, c->number, o->big ? ", big" : "",
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
    print_config(c->config);
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

/* What it comes to is `result`, unless that is NULL. */
static bool run_checked(const Options *o, const Case *c, Totals *t,
                        Result *result)
{
    Machine *m = create(c, true);
    machine_run(m, UINT64_MAX);
    const CheckReport *report = machine_finish_check(m);
    if (report)
        print_report(o, c, report);
    add_totals(t, m);
    if (result)
        *result = result_of(m);
    machine_destroy(m);
    return !report;
}

static bool run_sliced(const Options *o, const Case *c, const Result *whole)
{
    Rng rng = rng_stream(o->seed, ~c->number);
    Machine *m = create(c, false);
    while (machine_run(m, 1 + rng_below(&rng, 300)) == MACHINE_STOP_SLICE)
        ;
    Result sliced = result_of(m);
    machine_destroy(m);
    if (sliced.hash == whole->hash && sliced.cycles == whole->cycles)
        return true;
    printf("layer_random: seed %" PRIu64 ", program %" PRIu64 "%s: slices "
           "show: %" PRIu64 " cycles, not %" PRIu64 "; state %s\n",
           o->seed, c->number, o->big ? ", big" : "", sliced.cycles,
           whole->cycles, sliced.hash == whole->hash ? "the same" : "another");
    print_config(c->config);
    return false;
}

static bool run_case(const Options *o, uint64_t number, Totals *t)
{
    Case c;
    Result whole;
    draw_case(&c, o, number);
    bool sliced = number % 8 == 0;
    bool ok = run_checked(o, &c, t, sliced ? &whole : NULL);
    if (ok && sliced)
        ok = run_sliced(o, &c, &whole);
    drop_case(&c);
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
    Options o = {.seed = 1, .count = 1000};
    const Option options[] = {{"--seed", &o.seed, NULL},
                              {"--first", &o.first, NULL},
                              {"--count", &o.count, NULL},
                              {"--big", NULL, &o.big},
                              {NULL, NULL, NULL}};
    options_parse(options, argc, argv);
    Totals totals = {0};
    for (uint64_t i = 0; i < o.count; i++)
        if (!run_case(&o, o.first + i, &totals))
            return EXIT_FAILURE;
    return print_totals(&totals) ? EXIT_SUCCESS : EXIT_FAILURE;
}
