/* Fuzzing of warm starts: runs random machines, saves what the layer knows, and
 * begins again with it: as it is, with hostile paths through code that is
 * really there, and with broken texts.  Whatever is in the file, the guest
 * computes what it has to (check mode).
 *
 *     fuzz_warm [--seed N] [--count N]
 *
 * Machine number N depends on the seed and N alone.  Prints what came of the
 * files; exit status 1 if a promise was broken, or nothing was revived. */
#include "base/bits.h"
#include "morph/machine.h"
#include "tests/fuzz/text_break.h"
#include "tests/random/layer_image.h"
#include "tests/support/options.h"
#include "tests/support/settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INSNS = 3000, BROKEN = 3, FAR_WORDS = 64 };

typedef struct Counts {
    uint64_t revived, hostile_revived, broken, parsed, broken_revived;
} Counts;

typedef struct Case {
    uint64_t number;
    Rng rng;
    LayerImage image;
    Config *config;
} Case;

static void complain(const Case *c, const char *what, const char *text)
{
    printf("machine %" PRIu64 ": %s\n%s\n", c->number, what, text);
    exit(1);
}

/* --- Files -----------------------------------------------------------------
 */

static char *text_of(const Warm *warm)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        abort();
    warm_write(warm, out);
    fclose(out);
    return text;
}

/* What is printed is read as the same. */
static void check_text(const Case *c, const Warm *warm)
{
    char *text = text_of(warm);
    Warm read;
    Diag diag = {""};
    if (!warm_parse(&read, "text", text, strlen(text), &diag))
        complain(c, diag.text, text);
    char *again = text_of(&read);
    if (strcmp(text, again) != 0)
        complain(c, "printed and parsed differently", text);
    warm_free(&read);
    free(again);
    free(text);
}

/* --- Machines --------------------------------------------------------------
 */

static Machine *create(const Case *c, const Warm *warm, bool check)
{
    MachineConfig mc = {.config = c->config,
                        .image = c->image.elf,
                        .cmdline = "",
                        .check = check,
                        .warm = warm};
    Diag diag = {""};
    Machine *m = machine_create(&mc, &diag);
    if (!m)
        complain(c, diag.text, "");
    machine_set_limits(m, &(MachineLimits){.insns = INSNS});
    return m;
}

/* Begins with `warm`; returns how many translations came of it. */
static uint64_t run_warm(const Case *c, const Warm *warm)
{
    Machine *m = create(c, warm, true);
    machine_run(m, UINT64_MAX);
    if (machine_finish_check(m)) {
        char *text = text_of(warm);
        complain(c, "the layer and the reference CPU differ with", text);
    }
    const Stats *stats = machine_stats(m);
    uint64_t revived = stats_get(stats, "morph.warm.gear1") +
                       stats_get(stats, "morph.warm.gear2");
    machine_destroy(m);
    return revived;
}

/* --- Hostile paths ---------------------------------------------------------
 */

/* The instruction at `pc` as the guest has it. */
static IrGuest guest_at(Machine *m, uint32_t pc)
{
    uint8_t bytes[4] = {0};
    machine_peek(m, pc, bytes, sizeof bytes);
    return (IrGuest){pc, bits_load32(bytes, machine_big_endian(m))};
}

/* Another place, near or where the file knows of code. */
static uint32_t jump(Rng *rng, const Warm *from, uint32_t pc)
{
    if (from->guest_count && rng_one_in(rng, 2))
        return from->guests[rng_next64(rng) % from->guest_count].pc;
    return pc + 4 * (rng_below(rng, 2 * FAR_WORDS) - FAR_WORDS);
}

/* A translation that begins like one of the file and goes its own ways. */
static void add_hostile(Warm *to, const Warm *from, Rng *rng, Machine *m)
{
    WarmTranslation t =
        from->translations[rng_next64(rng) % from->translation_count];
    IrGuest guests[WARM_GUESTS_MAX];
    unsigned kept = 1 + rng_below(rng, t.count);
    memcpy(guests, &from->guests[t.first], kept * sizeof *guests);
    t.count = rng_one_in(rng, 3) ? 1 + rng_below(rng, WARM_GUESTS_MAX)
                                 : 1 + rng_below(rng, 2 * kept);
    t.count = t.count < WARM_GUESTS_MAX ? t.count : WARM_GUESTS_MAX;
    for (unsigned i = kept; i < t.count; i++) {
        uint32_t pc = guests[i - 1].pc + 4;
        guests[i] = guest_at(m, rng_one_in(rng, 4) ? jump(rng, from, pc) : pc);
    }
    if (rng_one_in(rng, 2))
        t.next = jump(rng, from, guests[t.count - 1].pc);
    if (rng_one_in(rng, 2))
        t.interpret = !t.interpret;
    if (rng_one_in(rng, 2))
        t.gear = 1 + rng_below(rng, 2);
    if (rng_one_in(rng, 16))
        t.context.fpu = !t.context.fpu;
    if (rng_one_in(rng, 4))
        t.context.pending = (IrPending)rng_below(rng, IR_PENDING_COUNT);
    if (rng_one_in(rng, 4))
        t.entries = rng_next(rng);
    warm_add_translation(to, &t, guests);
}

static uint64_t run_hostile(Case *c, const Warm *warm, Machine *m)
{
    Warm hostile = {0};
    for (unsigned i = 0; warm->translation_count && i < 50; i++)
        add_hostile(&hostile, warm, &c->rng, m);
    for (unsigned i = 0; warm->guest_count && i < 20; i++) {
        uint32_t pc = warm->guests[rng_next64(&c->rng) % warm->guest_count].pc;
        uint32_t pa = pc & 0x1fffffff;
        warm_add_lesson(&hostile,
                        &(WarmLesson){.pa = pa,
                                      .word = guest_at(m, pc).word,
                                      .mmio = rng_below(&c->rng, 65536),
                                      .interpret = rng_one_in(&c->rng, 2),
                                      .unmoved = rng_one_in(&c->rng, 2)});
        warm_add_branch(&hostile, &(WarmBranch){pc, pa, rng_next(&c->rng),
                                                rng_next(&c->rng)});
    }
    check_text(c, &hostile);
    uint64_t revived = run_warm(c, &hostile);
    warm_free(&hostile);
    return revived;
}

/* --- Broken texts ----------------------------------------------------------
 */

static void run_broken(Case *c, const Warm *warm, Counts *counts)
{
    static const char *const words[] = {
        "translation",
        "branch",
        "lesson",
        "end",
        "selkirk-warm",
        "kernel",
        "user",
        "fpu",
        "el",
        "eb",
        "r1",
        "f31",
        "none",
        "0",
        "1",
        "2",
        "3",
        "0x",
        "-1",
        "pending=",
        "entries=",
        "4294967295",
        "next=",
        "taken=",
        "not=",
        "mmio=",
        "faults=",
        "65535",
        "unmoved",
        "interpret",
        "0xffffffff",
        "0x1000000000",
        "\n",
        " ",
        ";",
    };
    char *whole = text_of(warm);
    size_t room = strlen(whole) + 4096;
    char *text = malloc(room);
    if (!text)
        abort();
    for (unsigned i = 0; i < BROKEN; i++) {
        strcpy(text, whole);
        for (unsigned n = 1 + rng_below(&c->rng, 3); n; n--)
            text_break(&c->rng, text, room, words, ARRAY_LEN(words));
        Warm read;
        Diag diag = {""};
        counts->broken++;
        if (warm_parse(&read, "text", text, strlen(text), &diag)) {
            counts->parsed++;
            check_text(c, &read);
            counts->broken_revived += run_warm(c, &read);
            warm_free(&read);
        } else if (strncmp(diag.text, "text:", 5) != 0) {
            complain(c, "refused without the line", diag.text);
        }
    }
    free(text);
    free(whole);
}

/* --- The program -----------------------------------------------------------
 */

static void fuzz_machine(uint64_t seed, uint64_t number, Counts *counts)
{
    static const char *const grains[] = {"morph.tbit_grain=4",
                                         "morph.tbit_grain=4096"};
    static const char *const lengths[] = {"gear2.insns=128", "gear2.insns=9"};
    Case c = {.number = number, .rng = rng_stream(seed, number)};
    c.config = settings_config(
        WORDS("machine.board=bare", "machine.memory=1M", "cpu.model=vliw",
              "gear1.threshold=2", "gear2.threshold=4",
              grains[rng_below(&c.rng, 2)], lengths[rng_below(&c.rng, 2)]));
    layer_image_make(&c.image, &c.rng, rng_one_in(&c.rng, 2));
    Machine *m = create(&c, NULL, false);
    Warm warm = {0};
    machine_run(m, UINT64_MAX);
    machine_save_warm(m, &warm);
    check_text(&c, &warm);
    counts->revived += run_warm(&c, &warm);
    counts->hostile_revived += run_hostile(&c, &warm, m);
    run_broken(&c, &warm, counts);
    machine_destroy(m);
    warm_free(&warm);
    elf_free(c.image.elf);
    config_destroy(c.config);
}

int main(int argc, char **argv)
{
    uint64_t seed = 1, count = 200;
    const Option options[] = {
        {"--seed", &seed, NULL}, {"--count", &count, NULL}, {NULL, NULL, NULL}};
    options_parse(options, argc, argv);
    printf("seed %" PRIu64 ", %" PRIu64 " machines\n", seed, count);
    Counts counts = {0};
    for (uint64_t n = 0; n < count; n++)
        fuzz_machine(seed, n, &counts);
    printf("%" PRIu64 " translations revived, and %" PRIu64
           " along hostile paths\n"
           "%" PRIu64 " broken texts: %" PRIu64 " parsed, %" PRIu64
           " translations revived by these\n",
           counts.revived, counts.hostile_revived, counts.broken, counts.parsed,
           counts.broken_revived);
    bool some = counts.revived && counts.hostile_revived &&
                counts.broken_revived && counts.parsed < counts.broken;
    return count >= 100 && !some;
}
