/* Checkpoints of random machines: what is restored, by whatever engine, comes
 * to the end that the machine came to that was saved, and what is broken is
 * refused or restores a machine that runs.
 *
 *     fuzz_ckpt [--seed N] [--count N]
 *
 * Machine number N depends on the seed and N alone; each is saved once, at a
 * random point, and its file is broken BROKEN times: most of that with
 * checksums that are right again, so that what is behind them is reached.
 * Prints what came of the files; exit status 1 if a promise was broken. */
#include "base/bits.h"
#include "morph/checkpoint.h"
#include "tests/random/layer_case.h"
#include "tests/support/options.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

enum {
    BROKEN = 8,
    MORE_INSNS = 2000,  /* that a broken machine may execute */
    MORE_CYCLES = 1000, /* for each of them */
    /* docs/checkpoints.md, The file */
    HEADER = 48,
    HEADER_TABLE = 24,
    HEADER_COUNT = 32,
    HEADER_CHECK = 40,
    ENTRY = 104,
    ENTRY_KIND = 64,
    ENTRY_OFFSET = 72,
    ENTRY_SIZE = 88,
    ENTRY_CHECK = 96,
};

typedef struct Counts {
    uint64_t saved, refused, restored;
} Counts;

typedef struct Bytes {
    uint8_t *at;
    size_t size;
} Bytes;

static void complain(const LayerCase *c, const char *what, const char *more)
{
    printf("machine %" PRIu64 ": %s %s\n", c->number, what, more);
    layer_case_print(c->config);
    exit(1);
}

/* --- What a run came to ----------------------------------------------------
 */

/* All statistics and the guest's state, as text. */
static char *outcome(Machine *m)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        abort();
    machine_finish_measuring(m);
    stats_write_text(machine_stats(m), out);
    fprintf(out, "hash %" PRIx64 "\n", machine_hash(m));
    fclose(out);
    return text;
}

static void print_first_difference(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    printf("...%.60s\n...%.60s\n", a, b);
}

/* Runs `m` to its end, which must be that of `wanted`, if there is one. */
static char *finish(const LayerCase *c, Machine *m, const char *wanted,
                    const char *what)
{
    while (machine_run(m, UINT64_MAX) == MACHINE_STOP_CHECKPOINT)
        ;
    char *text = outcome(m);
    if (wanted && strcmp(text, wanted) != 0) {
        print_first_difference(wanted, text);
        complain(c, what, "comes to another end");
    }
    return text;
}

static Machine *machine(const LayerCase *c)
{
    Machine *m = layer_case_machine(c, false);
    machine_set_limits(m, &(MachineLimits){.insns = c->insns});
    return m;
}

/* --- Saving and restoring --------------------------------------------------
 */

static void write_file(const char *path, const Bytes *bytes)
{
    FILE *out = fopen(path, "wb");
    if (!out || fwrite(bytes->at, 1, bytes->size, out) != bytes->size ||
        fclose(out) != 0) {
        perror(path);
        exit(2);
    }
}

static Bytes read_file(const char *path)
{
    FILE *in = fopen(path, "rb");
    Bytes bytes = {NULL, 0};
    if (!in || fseek(in, 0, SEEK_END) != 0) {
        perror(path);
        exit(2);
    }
    bytes.size = (size_t)ftell(in);
    bytes.at = malloc(bytes.size + 1);
    rewind(in);
    if (!bytes.at || fread(bytes.at, 1, bytes.size, in) != bytes.size)
        exit(2);
    fclose(in);
    return bytes;
}

static void save(const LayerCase *c, Machine *m, const char *path,
                 bool compress)
{
    Ckpt *ckpt = ckpt_create(compress);
    FILE *out = fopen(path, "wb");
    machine_save(m, ckpt);
    if (!out || ckpt_error(ckpt) || !ckpt_write(ckpt, out) || fclose(out) != 0)
        complain(c, "cannot be saved", "");
    ckpt_destroy(ckpt);
}

/* NULL and a Diag: it is refused. */
static Machine *restore(const LayerCase *c, const char *path, Diag *diag)
{
    Ckpt *ckpt = ckpt_open(path, diag);
    if (!ckpt)
        return NULL;
    Machine *m = machine(c);
    bool ok = machine_restore(m, ckpt, diag);
    ckpt_destroy(ckpt);
    if (ok)
        return m;
    machine_destroy(m);
    return NULL;
}

/* --- Breaking --------------------------------------------------------------
 */

static uint64_t get64(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static void put64(uint8_t *at, uint64_t value)
{
    memcpy(at, &value, sizeof value);
}

static uint8_t *entry(const Bytes *file, uint64_t index)
{
    return file->at + get64(file->at + HEADER_TABLE) + index * ENTRY;
}

static void repair_table(Bytes *file)
{
    uint64_t count = get64(file->at + HEADER_COUNT);
    uint64_t seed = XXH3_64bits(file->at, HEADER_CHECK);
    put64(file->at + HEADER_CHECK,
          XXH3_64bits_withSeed(entry(file, 0), count * ENTRY, seed));
}

/* Another byte, near to what it was or not. */
static void break_byte(Rng *rng, uint8_t *at)
{
    switch (rng_below(rng, 4)) {
    case 0: *at = (uint8_t)rng_below(rng, 256); break;
    case 1: *at ^= (uint8_t)(1u << rng_below(rng, 8)); break;
    case 2: *at = (uint8_t)(*at + 1); break;
    case 3: *at = rng_one_in(rng, 2) ? 0xff : 0; break;
    }
}

/* Some bytes of a section of fields. */
static void break_section(Rng *rng, Bytes *file)
{
    uint64_t count = get64(file->at + HEADER_COUNT);
    uint8_t *e;
    do
        e = entry(file, rng_below(rng, (uint32_t)count));
    while (e[ENTRY_KIND] != 0 || get64(e + ENTRY_SIZE) == 0);
    uint8_t *bytes = file->at + get64(e + ENTRY_OFFSET);
    uint64_t size = get64(e + ENTRY_SIZE);
    for (uint32_t i = 1 + rng_below(rng, 4); i > 0; i--)
        break_byte(rng, bytes + rng_below(rng, (uint32_t)size));
    put64(e + ENTRY_CHECK, XXH3_64bits(bytes, size));
    repair_table(file);
}

static void break_table(Rng *rng, Bytes *file)
{
    uint64_t count = get64(file->at + HEADER_COUNT);
    break_byte(rng, entry(file, 0) + rng_below(rng, (uint32_t)(count * ENTRY)));
    repair_table(file);
}

static void break_file(Rng *rng, Bytes *file)
{
    switch (rng_below(rng, 8)) {
    case 0: file->size = rng_below(rng, (uint32_t)file->size); break;
    case 1:
        break_byte(rng, file->at + rng_below(rng, (uint32_t)file->size));
        break;
    case 2: break_table(rng, file); break;
    default: break_section(rng, file); break;
    }
}

/* A machine that nobody saved may do anything, but not for ever. */
static void run_broken(const LayerCase *c, const char *path, Counts *counts)
{
    Diag diag = {""};
    Machine *m = restore(c, path, &diag);
    if (!m) {
        if (!diag.text[0] || strchr(diag.text, '\n'))
            complain(c, "is refused without a reason:", diag.text);
        counts->refused++;
        return;
    }
    counts->restored++;
    uint64_t insns = machine_insns(m), cycles = machine_cycles(m);
    machine_set_limits(
        m, &(MachineLimits){.insns = insns + MORE_INSNS,
                            .cycles = cycles + MORE_INSNS * MORE_CYCLES});
    for (unsigned i = 0; i < MORE_INSNS; i++)
        if (machine_run(m, MORE_CYCLES) < MACHINE_STOP_CHECKPOINT)
            break;
    free(outcome(m));
    machine_destroy(m);
}

static void break_all(const LayerCase *c, Rng *rng, const char *path,
                      Counts *counts)
{
    Bytes whole = read_file(path);
    for (unsigned i = 0; i < BROKEN; i++) {
        Bytes file = {malloc(whole.size), whole.size};
        memcpy(file.at, whole.at, whole.size);
        break_file(rng, &file);
        write_file(path, &file);
        run_broken(c, path, counts);
        free(file.at);
    }
    free(whole.at);
}

/* --- A machine -------------------------------------------------------------
 */

static void check_engine(LayerCase *c, const char *path, const char *engine,
                         const char *wanted)
{
    Diag diag = {""};
    layer_case_set(c->config, "engine.kind", engine);
    Machine *m = restore(c, path, &diag);
    if (!m)
        complain(c, "is refused:", diag.text);
    free(finish(c, m, wanted, engine));
    machine_destroy(m);
}

static void check(uint64_t seed, uint64_t number, const char *path,
                  Counts *counts)
{
    static const char *const models[] = {"vliw", "vliw", "vliw", "r3000",
                                         "functional"};
    Rng rng = rng_stream(seed ^ 0x636b7074, number);
    LayerCase c;
    layer_case_draw(&c, seed, number, rng_one_in(&rng, 2));
    layer_case_set(c.config, "cpu.model",
                   models[rng_below(&rng, ARRAY_LEN(models))]);
    layer_case_set(c.config, "engine.kind", "threaded");
    Machine *m = machine(&c);
    char *wanted = finish(&c, m, NULL, "");
    machine_destroy(m);

    char at[24];
    snprintf(at, sizeof at, "%" PRIu32, 1 + rng_below(&rng, (uint32_t)c.insns));
    Diag diag = {""};
    m = machine(&c);
    if (!machine_set_checkpoints(m, (const char *const[]){at}, 1, &diag))
        complain(&c, diag.text, "");
    if (machine_run(m, UINT64_MAX) == MACHINE_STOP_CHECKPOINT) {
        save(&c, m, path, rng_one_in(&rng, 2));
        counts->saved++;
        check_engine(&c, path, "reference", wanted);
        check_engine(&c, path, "threaded", wanted);
        save(&c, m, path, false);
        break_all(&c, &rng, path, counts);
    }
    free(finish(&c, m, wanted, "saving"));
    machine_destroy(m);
    free(wanted);
    layer_case_drop(&c);
}

int main(int argc, char **argv)
{
    uint64_t seed = 1, count = 40;
    const Option options[] = {
        {"--seed", &seed, NULL}, {"--count", &count, NULL}, {NULL, NULL, NULL}};
    Counts counts = {0};
    char path[] = "/tmp/selkirk-fuzz-ckpt-XXXXXX";
    options_parse(options, argc, argv);
    int file = mkstemp(path);
    if (file < 0 || close(file) < 0) {
        perror(path);
        return 2;
    }
    for (uint64_t n = 0; n < count; n++)
        check(seed, n, path, &counts);
    unlink(path);
    printf("seed %" PRIu64 ", %" PRIu64 " machines, %" PRIu64
           " saved; of broken files %" PRIu64 " are refused and %" PRIu64
           " restored\n",
           seed, count, counts.saved, counts.refused, counts.restored);
    return counts.saved && counts.refused && counts.restored ? 0 : 1;
}
