/* Fuzzing of ir: makes random regions, prints them, breaks the text, parses it,
 * and runs what the verifier accepts.
 *
 *     fuzz_ir [--seed N] [--count N]
 *
 * Region number N depends on the seed and N alone.  Prints what became of the
 * texts; exit status 1 if a promise of ir.h was broken. */
#include "base/bits.h"
#include "tests/fuzz/text_break.h"
#include "tests/random/region.h"
#include "tests/support/options.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { TEXT_MAX = 1 << 16, REASONS_MAX = 96, REASON_MAX = 48 };

static void complain(uint64_t number, const char *what, const char *text)
{
    printf("region %" PRIu64 ": %s\n%s", number, what, text);
    exit(1);
}

/* Text */

static void print(const IrRegion *region, char *text)
{
    FILE *out = fmemopen(text, TEXT_MAX, "w");
    if (!out) {
        perror("fmemopen");
        exit(1);
    }
    ir_print(region, out, NULL, NULL);
    fclose(out);
}

static void break_text(Rng *rng, char *text)
{
    static const char *const words[] = {
        "%",      "%0",       "%1048575", "%4294967295", "x0",         "x65535",
        "r0",     "r1",       "f0",       "f1",          "ld",         "pc",
        "add",    "exit",     "getf",     "put",         "region",     "end",
        "[",      "] + ",     " - 1",     "2147483648",  "4294967296", "0x",
        "0xfff",  ",",        "=",        ";",           ".",          ".0",
        "direct", "indirect", "commit",   "interpret",   "\n",         " ",
        "\t",     "call=",    "return",   "none",        "pending=",   "insns=",
        "st32",   "fcmp.d",   "cp0",
    };
    text_break(rng, text, TEXT_MAX, words, ARRAY_LEN(words));
}

/* Running */

typedef struct Outcome {
    IrResult result;
    IrState state;
    RegionWorld world;
} Outcome;

static void run(const IrRegion *region, uint64_t seed, Arena *scratch,
                Outcome *outcome)
{
    Rng rng = rng_stream(seed, 0);
    memset(outcome, 0, sizeof *outcome);
    region_random_state(&outcome->state, &rng);
    region_random_world(&outcome->world, &rng, region->context.big);
    IrEnv env = region_env(&outcome->world);
    outcome->result = ir_run(region, &outcome->state, &env, scratch);
}

/* Two runs of regions that differ in numbering alone. */
static bool same(const Outcome *a, const Outcome *b)
{
    return a->result.fault == b->result.fault &&
           memcmp(&a->state, &b->state, sizeof a->state) == 0 &&
           memcmp(&a->world, &b->world, sizeof a->world) == 0;
}

/* What came of it */

typedef struct Counts {
    uint64_t parsed, verified, faults, exits, commits;
    uint64_t insns; /* executed */
    char reasons[REASONS_MAX][REASON_MAX];
    uint64_t times[REASONS_MAX];
    size_t reason_count;
} Counts;

/* Counts the message without what is different each time: places, numbers and
 * words of the text. */
static void count_reason(Counts *counts, const char *message)
{
    char reason[REASON_MAX];
    size_t length = 0;
    const char *p = strstr(message, ": ");
    if (p && strncmp(message, "region ", 7) == 0) {
        const char *next = strstr(p + 2, ": ");
        p = next ? next : p;
    }
    for (p = p ? p + 2 : message; *p && length + 1 < sizeof reason; p++) {
        if (*p == '"') {
            const char *end = strchr(p + 1, '"');
            p = end ? end : p;
        } else if (*p < '0' || *p > '9') {
            reason[length++] = *p;
        }
    }
    reason[length] = 0;
    size_t i = 0;
    while (i < counts->reason_count && strcmp(counts->reasons[i], reason) != 0)
        i++;
    if (i == REASONS_MAX)
        return;
    if (i == counts->reason_count)
        memcpy(counts->reasons[counts->reason_count++], reason, sizeof reason);
    counts->times[i]++;
}

static void count_outcome(Counts *counts, const Outcome *outcome)
{
    counts->faults += outcome->result.fault;
    counts->exits += !outcome->result.fault;
    counts->commits += outcome->result.commit >= 0;
    counts->insns += outcome->result.at + 1;
}

/* Everything that is promised of a text that may be broken. */
static void check_text(uint64_t number, const char *text, Arena *arena,
                       Arena *scratch, Counts *counts)
{
    static char first[TEXT_MAX], second[TEXT_MAX];
    Diag diag = {""};
    IrRegion *region = ir_parse(arena, text, "text", &diag);
    if (!region) {
        if (strncmp(diag.text, "text:", 5) != 0)
            complain(number, "refused without the line", text);
        count_reason(counts, diag.text);
        return;
    }
    counts->parsed++;
    print(region, first);
    Diag other = {""};
    IrRegion *again = ir_parse(arena, first, "again", &other);
    if (!again)
        complain(number, other.text, first);
    print(again, second);
    if (strcmp(first, second) != 0)
        complain(number, "printed, parsed, and printed differently", first);
    if (!ir_verify(region, &diag)) {
        count_reason(counts, diag.text);
        return;
    }
    counts->verified++;
    static Outcome before, after;
    run(region, number, scratch, &before);
    count_outcome(counts, &before);
    ir_compact(region);
    if (!ir_verify(region, &diag))
        complain(number, diag.text, first);
    run(region, number, scratch, &after);
    if (!same(&before, &after))
        complain(number, "compacting changes what it does", first);
}

int main(int argc, char **argv)
{
    uint64_t seed = 1, count = 10000;
    const Option options[] = {
        {"--seed", &seed, NULL}, {"--count", &count, NULL}, {NULL, NULL, NULL}};
    options_parse(options, argc, argv);
    printf("seed %" PRIu64 ", %" PRIu64 " regions, each as it is and broken\n",
           seed, count);
    static char text[TEXT_MAX];
    static Counts whole, broken;
    Arena *arena = arena_create(), *scratch = arena_create();
    for (uint64_t n = 0; n < count; n++) {
        Rng rng = rng_stream(seed, n);
        RegionLimits limits = {.insns = 4 + rng_below(&rng, 120),
                               .stores = 1 + rng_below(&rng, 16),
                               .fp = rng_one_in(&rng, 2),
                               .alias = rng_one_in(&rng, 2)};
        arena_reset(arena);
        print(region_random(arena, &rng, &limits), text);
        check_text(n, text, arena, scratch, &whole);
        for (unsigned i = 1 + rng_below(&rng, 4); i; i--)
            break_text(&rng, text);
        check_text(n, text, arena, scratch, &broken);
    }
    arena_destroy(scratch);
    arena_destroy(arena);
    if (whole.verified != count) {
        printf("%" PRIu64 " regions of the generator were refused: %s\n",
               count - whole.verified, whole.reasons[0]);
        return 1;
    }
    printf(
        "whole: %" PRIu64 " left by an exit, %" PRIu64 " by a fault, %" PRIu64
        " had committed before; %" PRIu64 " instructions\n"
        "broken: %" PRIu64 " parsed, %" PRIu64 " accepted; refused because\n",
        whole.exits, whole.faults, whole.commits, whole.insns, broken.parsed,
        broken.verified);
    for (size_t i = 0; i < broken.reason_count; i++)
        printf("%8" PRIu64 " %s\n", broken.times[i], broken.reasons[i]);
    return 0;
}
