/* Fuzzing of molecules as text: schedules random regions, prints them, breaks
 * the text, and parses, prints, shows and checks what comes of it.
 *
 *     fuzz_molecules [--seed N] [--count N]
 *
 * Region number N depends on the seed and N alone.  Prints how many texts were
 * accepted; exit status 1 if a promise of molecule.h was broken. */
#include "base/bits.h"
#include "optimizer/optimizer.h"
#include "tests/fuzz/text_break.h"
#include "tests/random/region.h"
#include "tests/support/options.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 1 << 17, BROKEN = 10 };

static void complain(uint64_t number, const char *what, const char *text)
{
    printf("region %" PRIu64 ": %s\n%s", number, what, text);
    exit(1);
}

static void print(const VliwCode *code, char *text)
{
    FILE *out = fmemopen(text, TEXT_MAX, "w");
    if (!out) {
        perror("fmemopen");
        exit(1);
    }
    vliw_code_print(code, out);
    fclose(out);
}

/* Alias registers, which no schedule has yet. */
static void add_aliases(VliwCode *code, Rng *rng)
{
    for (unsigned i = 0; i < code->count; i++) {
        for (unsigned j = 0; j < code->molecules[i].count; j++) {
            Atom *atom = &code->molecules[i].atoms[j];
            if (!atom_is_access((AtomOp)atom->op) || !rng_one_in(rng, 2))
                continue;
            if (atom_info((AtomOp)atom->op)->d == ATOM_N)
                atom->check = rng_next64(rng);
            else
                atom->protect = (uint8_t)rng_below(rng, 65);
        }
    }
}

static bool same_atom(const Atom *x, const Atom *y)
{
    return x->op == y->op && x->unit == y->unit && x->d == y->d &&
           x->a == y->a && x->b == y->b && x->b_imm == y->b_imm &&
           x->protect == y->protect && x->guest == y->guest &&
           x->imm == y->imm && x->check == y->check;
}

static bool same_molecule(const Molecule *x, const Molecule *y)
{
    bool same =
        x->count == y->count && x->size == y->size && x->commit == y->commit;
    for (unsigned i = 0; same && i < x->count; i++)
        same = same_atom(&x->atoms[i], &y->atoms[i]);
    return same;
}

static bool same_code(const VliwCode *x, const VliwCode *y)
{
    bool same = x->count == y->count && x->main_count == y->main_count &&
                x->length == y->length && x->bound == y->bound &&
                x->size == y->size && x->exit_count == y->exit_count &&
                x->guest_count == y->guest_count;
    for (unsigned i = 0; same && i < x->count; i++)
        same = same_molecule(&x->molecules[i], &y->molecules[i]);
    for (unsigned i = 0; same && i < x->guest_count; i++)
        same = x->guests[i].pc == y->guests[i].pc &&
               x->guests[i].word == y->guests[i].word;
    return same;
}

typedef struct Counts {
    uint64_t broken, parsed, legal;
} Counts;

/* A text that may be broken; `region` is what it was scheduled from. */
static void check_text(uint64_t number, const char *text,
                       const IrRegion *region, const VliwDesc *desc, FILE *sink,
                       Counts *counts)
{
    static char again[TEXT_MAX];
    Diag diag = {""};
    Arena *arena = region->arena;
    counts->broken++;
    VliwCode *code = vliw_code_parse(arena, text, "text", desc, &diag);
    if (!code) {
        if (strncmp(diag.text, "text:", 5) != 0)
            complain(number, "refused without the line", text);
        return;
    }
    counts->parsed++;
    print(code, again);
    const VliwCode *other = vliw_code_parse(arena, again, "again", desc, &diag);
    if (!other)
        complain(number, diag.text, again);
    if (!same_code(code, other))
        complain(number, "printed and parsed differently", text);
    vliw_code_show(code, desc, sink, NULL, NULL);
    rewind(sink);
    counts->legal += opt_check(code, region, desc, &diag);
}

static void fuzz_region(uint64_t seed, uint64_t number, Arena *arena,
                        const Config *config, FILE *sink, Counts *counts)
{
    static const char *const words[] = {
        "r0",    "r62",     "r63",        "r64",
        "f0",    "f31",     "f32",        "l0",
        "l256",  "c15",     "c16",        "@0",
        "@1",    "@9",      "x0",         "x65535",
        "alu0",  "alu1",    "lsu0",       "lsu1",
        "bru",   "add",     "ld32",       "st8",
        "stlo",  "fcmp.d",  "exit",       "br",
        ".0",    ".1",      "commit",     "protect",
        "check", "0x1",     "-1",         "-",
        "0x",    "256",     "-129",       "0x123456",
        "[r4]",  "]",       "end",        "code",
        "main=", "length=", "bound=",     "\n",
        " ",     ";",       "direct",     "65535",
        "65536", "insns=",  "4294967296", "0xffffffffffffffffff",
    };
    static char whole[TEXT_MAX], text[TEXT_MAX];
    Rng rng = rng_stream(seed, number);
    RegionLimits limits = {.insns = 4 + rng_below(&rng, 40),
                           .stores = 1 + rng_below(&rng, 8),
                           .fp = rng_one_in(&rng, 2)};
    VliwDesc desc;
    Diag diag = {""};
    OptConfig opt;
    OptWork work = {0};
    if (!vliw_desc_read(&desc, config, &diag))
        complain(number, diag.text, "");
    opt_config_read(&opt, config);
    IrRegion *region = region_random(arena, &rng, &limits);
    opt_run_passes(region, &opt, &work, NULL, NULL);
    VliwCode *code = opt_schedule(region, &desc, &opt, arena, &work);
    if (rng_one_in(&rng, 2))
        add_aliases(code, &rng);
    print(code, whole);
    const VliwCode *read = vliw_code_parse(arena, whole, "whole", &desc, &diag);
    if (!read)
        complain(number, diag.text, whole);
    if (!same_code(code, read))
        complain(number, "printed and parsed differently", whole);
    for (unsigned i = 0; i < BROKEN; i++) {
        memcpy(text, whole, sizeof text);
        for (unsigned n = 1 + rng_below(&rng, 3); n; n--)
            text_break(&rng, text, TEXT_MAX, words, ARRAY_LEN(words));
        check_text(number, text, region, &desc, sink, counts);
    }
}

int main(int argc, char **argv)
{
    uint64_t seed = 1, count = 1000;
    const Option options[] = {
        {"--seed", &seed, NULL}, {"--count", &count, NULL}, {NULL, NULL, NULL}};
    options_parse(options, argc, argv);
    printf("seed %" PRIu64 ", %" PRIu64 " regions, each as it is and broken in "
           "%d ways\n",
           seed, count, BROKEN);
    char *shown = NULL;
    size_t size = 0;
    FILE *sink = open_memstream(&shown, &size);
    Counts counts = {0};
    Arena *arena = arena_create();
    Config *config = config_create();
    for (uint64_t n = 0; n < count; n++) {
        arena_reset(arena);
        fuzz_region(seed, n, arena, config, sink, &counts);
    }
    config_destroy(config);
    arena_destroy(arena);
    fclose(sink);
    free(shown);
    printf("%" PRIu64 " broken texts: %" PRIu64 " parsed, %" PRIu64
           " are legal schedules still\n",
           counts.broken, counts.parsed, counts.legal);
    return 0;
}
