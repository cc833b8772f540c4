/* Random programs with a configuration each; see layer_case.h. */
#include "tests/random/layer_case.h"

#include "base/bits.h"
#include "hwmodel/vliw/desc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    EXIT_BAD_INPUT = 2,
    INSNS_MIN = 1000,
    INSNS_SPAN = 6000,
};

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
    {"gear2.reach", "70 70 0 100"},
    {"gear2.again", "2 5 0 30"},
    {"gear2.unroll", "48 48 0 1 8"},
    {"gear2.copies", "2 2 0 1 8"},
    {"morph.chain", "yes yes yes no"},
    {"morph.inline_cache", "yes yes no"},
    {"morph.return_stack", "16 16 0 1"},
    {"morph.hash", "4096 0 1 16"},
    {"morph.tbit_grain", "4 4 16 4096"},
    {"morph.mmio_learn", "2 1 100"},
    {"morph.fault_learn", "8 1 100"},
    {"morph.commit", "0 0 0 1 3 20"},
    {"morph.commit_refused", "16 1 2 0"},
    {"morph.handlers", "yes yes yes no"},
    {"morph.replay", "8 1 2 0"},
    {"tcache.size", "16M 16M 4096 16k"},
    {"tcache.policy", "flush fifo"},
    {"tcache.apart", "50 50 0 10"},
    {"tcache.align", "yes yes no"},
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
    {"vliw.lsu_adds", "no no yes"},
    {"vliw.shift_all", "no no yes"},
    {"vliw.formats", "crusoe crusoe free efficeon"},
    {"vliw.short_imm", "8 8 0 32"},
    {"vliw.gprs", "64 64 44"},
    {"vliw.shadowed_gprs", "48 48 36"},
    {"vliw.fprs", "32 32 20"},
    {"vliw.interlock", "yes yes no"},
    {"vliw.latency.load", "2 2 1 7"},
    {"vliw.latency.fmul", "3 3 1 9"},
    {"vliw.latency.alu", "1 1 2"},
    {"vliw.store_buffer", "16 16 1 2 64"},
    {"vliw.tlb", "256 16 1"},
    {"vliw.code_tlb", "64 1 0"},
    {"vliw.return_stack", "yes no"},
    {"vliw.jump_cache", "512 4 0"},
    {"vliw.predict_exits", "no yes"},
    {"vliw.predict_jumps", "no yes"},
    {"l1d.size", "64k 1024"},
    {"cpu.fpu", "yes yes yes yes yes yes yes no"},
};

void layer_case_set(Config *config, const char *key, const char *value)
{
    Diag diag = {""};
    if (config_set(config, key, value, "layer_case", &diag))
        return;
    fprintf(stderr, "%s\n", diag.text);
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
    layer_case_set(config, "machine.board", "bare");
    layer_case_set(config, "machine.memory", "1M");
    layer_case_set(config, "cpu.model", "vliw");
    /* The reference core: engines are compared with it (engine_random). */
    layer_case_set(config, "engine.kind", "reference");
    bool plain = rng_one_in(rng, 4); /* but for the thresholds */
    for (size_t i = 0; i < ARRAY_LEN(choices); i++) {
        unsigned count = 1;
        for (const char *p = choices[i].values; *p; p++)
            count += *p == ' ';
        unsigned n = rng_below(rng, count);
        char word[16];
        pick(choices[i].values, plain && i > 2 ? 0 : n, word);
        layer_case_set(config, choices[i].key, word);
    }
    /* The formats of the TM5000 family have these slots alone. */
    if (config_choice(config, CONFIG_VLIW_FORMATS) == VLIW_FORMATS_CRUSOE &&
        (config_int(config, CONFIG_VLIW_ALU_UNITS) != 2 ||
         config_int(config, CONFIG_VLIW_LSU_UNITS) > 1 ||
         config_bool(config, CONFIG_VLIW_LSU_ADDS)))
        layer_case_set(config, "vliw.formats",
                       rng_one_in(rng, 2) ? "free" : "efficeon");
    if (config_int(config, CONFIG_VLIW_GPRS) < 50)
        layer_case_set(config, "vliw.shadowed_gprs", "36");
    return config;
}

void layer_case_print(const Config *config)
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

/* --- Cases ---------------------------------------------------------------- */

void layer_case_draw(LayerCase *c, uint64_t seed, uint64_t number, bool big)
{
    Rng rng = rng_stream(seed, number);
    *c = (LayerCase){.number = number, .config = draw_config(&rng)};
    c->insns = INSNS_MIN + rng_below(&rng, INSNS_SPAN);
    layer_image_make(&c->image, &rng, big);
}

void layer_case_drop(LayerCase *c)
{
    elf_free(c->image.elf);
    config_destroy(c->config);
}

Machine *layer_case_machine(const LayerCase *c, bool check)
{
    MachineConfig mc = {.config = c->config,
                        .image = c->image.elf,
                        .cmdline = "",
                        .check = check,
                        .warm = c->warm};
    Diag diag = {""};
    Machine *m = machine_create(&mc, &diag);
    if (!m) {
        fprintf(stderr, "program %" PRIu64 ": %s\n", c->number, diag.text);
        exit(EXIT_BAD_INPUT);
    }
    machine_set_limits(m, &(MachineLimits){.insns = c->insns});
    return m;
}
