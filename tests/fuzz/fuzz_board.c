/* Fuzzing of whole machines: hostile code on a board with all its devices.
 *
 *     fuzz_board [--seed N] [--count N] [--insns N] [--expect HASH] [--check]
 *
 * Image number N depends on the seed and N alone; it runs on one of the
 * boards, in one go and in slices, which must come to the same.  Prints a hash
 * of all final states and consoles; with --expect, any other is a failure. With
 * --check the code-morphing layer runs them, in check mode. */
#include "base/bits.h"
#include "base/hash.h"
#include "morph/machine.h"
#include "tests/elf_writer.h"
#include "tests/fuzz/hostile.h"
#include "tests/random/encode.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    CODE_SIZE = 8192,
    WAITS = 4,         /* cycles an instruction, where a guest waits */
    LAYER_CYCLES = 400 /* the same in the layer's time */
};

static const uint16_t bare_aims[] = {0xb000, 0xb000, 0x8001, 0x8000,
                                     0xa000, 0x0000, 0x9000, 0xb800};
/* RAM, ROM, each device, a disk slot, empty space. */
static const uint16_t decstation_aims[] = {
    0xbfe0, 0xbfe8, 0xbff0, 0xbfd8, 0xbfd0, 0xbfc8, 0xbfc0,
    0xbf80, 0xbf90, 0xbf9c, 0xbfbc, 0xbf40, 0xbf7c, 0xbe00,
    0xa080, 0xa780, 0x8001, 0x8000, 0xa000, 0x0000, 0xbc00};
/* Each card, an empty slot, ROM, RAM. */
static const uint16_t sys161_aims[] = {0xbfe0, 0xbffc, 0xbffd, 0xbffe, 0xbfff,
                                       0xbfff, 0xbfe4, 0xbfc0, 0xbfdf, 0x8001,
                                       0x8000, 0xa000, 0x0000};

typedef enum Kind { DECSTATION, BARE, SYS161, KINDS } Kind;
static const char *const boards[KINDS] = {"decstation-200", "bare", "sys161"};
static const HostileAims aims_of[KINDS] = {
    {decstation_aims, ARRAY_LEN(decstation_aims)},
    {bare_aims, ARRAY_LEN(bare_aims)},
    {sys161_aims, ARRAY_LEN(sys161_aims)},
};

static void on_put(void *ctx, uint8_t byte)
{
    uint64_t *hash = ctx;
    *hash = hash_bytes(*hash, &byte, 1);
}

static void fail(uint64_t seed, uint64_t number, const char *why)
{
    printf("fuzz_board: seed %" PRIu64 ", image %" PRIu64 ": %s\n", seed,
           number, why);
    exit(1);
}

/* Where hostile code starts: RAM that no board uses itself. */
#define START 0x80010000u

enum { T0 = 8, T1 = 9 };

/* Code that stores `word` at T0 + `offset`. */
static size_t write_store(uint32_t *code, uint32_t word, uint32_t offset)
{
    size_t n = 0;
    code[n++] = encode_row(INSN_LUI) | ENCODE_RT(T1) | word >> 16;
    code[n++] =
        encode_row(INSN_ORI) | ENCODE_RT(T1) | ENCODE_RS(T1) | ENCODE_IMM(word);
    code[n++] = encode_row(INSN_SW) | ENCODE_RT(T1) | ENCODE_RS(T0) |
                ENCODE_IMM(offset);
    return n;
}

/* Code at START that puts handlers at the exception vectors. */
static size_t write_prologue(uint32_t *code)
{
    uint32_t refill[HOSTILE_HANDLER_WORDS], general[HOSTILE_HANDLER_WORDS];
    hostile_handler(refill, START >> 16, CODE_SIZE, 0);
    hostile_handler(general, START >> 16, CODE_SIZE, 0xf0000000);
    size_t n = 0;
    code[n++] = encode_row(INSN_LUI) | ENCODE_RT(T0) | 0x8000;
    for (uint32_t i = 0; i < HOSTILE_HANDLER_WORDS; i++) {
        n += write_store(code + n, refill[i], 4 * i);
        n += write_store(code + n, general[i], 0x80 + 4 * i);
    }
    return n;
}

#define MTC0_STATUS 0x40806000u /* mtc0 $0, Status */

/* What only MIPS-161 has, with registers at random. */
static uint32_t word_161(Rng *rng)
{
    static const uint32_t words[] = {
        0x42000020, /* wait */
        0xc1000000, /* ll $0, (t0) */
        0xe1000000, /* sc $0, (t0) */
        0x0000000f, /* sync */
        0xbd000000, /* cache 0, (t0) */
        0x40004800, /* mfc0 $0, Count */
        0x40804800, /* mtc0 $0, Count */
        0x40805800, /* mtc0 $0, Compare */
        0x40007801, /* mfc0 $0, PRId, 1 */
    };
    uint32_t word = words[rng_below(rng, ARRAY_LEN(words))];
    return word == 0x42000020 || word == 0x0000000f
               ? word
               : word | rng_below(rng, 32) << 16;
}

static ElfImage *make_image(Rng *rng, bool big, Kind kind)
{
    static const ElfWriterSegment segment = {START, CODE_SIZE, CODE_SIZE,
                                             ELF_SEGMENT_R | ELF_SEGMENT_W |
                                                 ELF_SEGMENT_X};
    uint32_t code[CODE_SIZE / 4];
    size_t n = 0;
    if (kind == SYS161) /* BEV is set: exceptions would end the run */
        code[n++] = MTC0_STATUS;
    n += write_prologue(code + n);
    while (n < CODE_SIZE / 4) {
        bool own = kind == SYS161 && rng_one_in(rng, 16);
        uint32_t word = own ? word_161(rng) : hostile_word(rng, &aims_of[kind]);
        /* Most values are a machine check. */
        bool ends = (word & 0xffe0f800) == MTC0_STATUS;
        if (kind != SYS161 || !ends || rng_one_in(rng, 100))
            code[n++] = word;
    }
    ElfWriter w;
    elf_writer_build(&w, big, START, &segment, 1, NULL, 0);
    for (size_t i = 0; i < n; i++)
        elf_writer_put32(&w, w.size - CODE_SIZE + 4 * i, code[i]);
    Diag diag = {""};
    return elf_read_memory("fuzz", w.bytes, w.size, &diag);
}

/* Everything is translated, at once. */
static void use_layer(Config *config, Diag *diag)
{
    static const char *const words[] = {
        "cpu.model=vliw",
        "gear1.threshold=1",
        "gear2.threshold=2",
        "engine.kind=reference",
    };
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        config_set_word(config, words[i], "fuzz", diag);
}

typedef struct Total {
    uint64_t stops[MACHINE_STOP_SLICE + 1];
    uint64_t device_accesses, bus_errors;
} Total;

static uint64_t run_image(uint64_t seed, uint64_t number, uint64_t insns,
                          bool check, Rng *slices, Total *total)
{
    Rng rng = rng_stream(seed, number);
    Kind kind = (Kind)rng_below(&rng, KINDS);
    bool big = kind == SYS161 || (kind == BARE && rng_below(&rng, 2));
    Config *config = config_create();
    Diag diag = {""};
    config_set(config, "machine.board", boards[kind], "fuzz", &diag);
    config_set(config, "machine.memory", "1M", "fuzz", &diag);
    if (rng_one_in(&rng, 4))
        config_set(config, "dz.baud", "9600", "fuzz", &diag);
    if (check)
        use_layer(config, &diag);
    ElfImage *image = make_image(&rng, big, kind);
    uint64_t printed = HASH_START;
    MachineConfig mc = {.config = config,
                        .image = image,
                        .cmdline = "console=ttyS3",
                        .check = check,
                        .host = {.ctx = &printed, .console_put = on_put}};
    Machine *m = image ? machine_create(&mc, &diag) : NULL;
    if (!m)
        fail(seed, number, diag.text);
    machine_type(m, "some input\n", 11);
    /* A guest may wait for ever. */
    machine_set_limits(
        m, &(MachineLimits){.insns = insns,
                            .cycles = (check ? LAYER_CYCLES : WAITS) * insns});
    MachineStop stop;
    do
        stop = machine_run(m, slices ? 1 + rng_below(slices, 500) : UINT64_MAX);
    while (stop == MACHINE_STOP_SLICE);
    if (machine_insns(m) > insns)
        fail(seed, number, "ran past its limit");
    if (machine_finish_check(m))
        fail(seed, number, "the layer and the reference CPU disagree");
    total->stops[stop]++;
    const Stats *stats = machine_stats(m);
    total->device_accesses += stats_get(stats, "bus.device.reads") +
                              stats_get(stats, "bus.device.writes");
    total->bus_errors += stats_get(stats, "bus.error.reads") +
                         stats_get(stats, "bus.error.writes");
    uint64_t hash = hash_u64(machine_hash(m), printed);
    hash = hash_u64(hash, machine_exit_status(m));
    machine_destroy(m);
    elf_free(image);
    config_destroy(config);
    return hash;
}

int main(int argc, char **argv)
{
    HostileOptions o = {.seed = 1, .count = 200, .insns = 20000};
    hostile_parse_options(&o, argc, argv);
    Total total = {{0}, 0, 0}, again = {{0}, 0, 0};
    uint64_t all = HASH_START;
    for (uint64_t n = 0; n < o.count; n++) {
        Rng slices = rng_stream(o.seed, ~n);
        uint64_t whole = run_image(o.seed, n, o.insns, o.check, NULL, &total);
        if (run_image(o.seed, n, o.insns, o.check, &slices, &again) != whole)
            fail(o.seed, n, "slices change the result");
        all = hash_u64(all, whole);
    }
    printf("fuzz_board: seed %" PRIu64 ", %" PRIu64
           " images of at most %" PRIu64 " instructions: %" PRIu64
           " exits, %" PRIu64 " halts, %" PRIu64 " limits; %" PRIu64
           " device accesses, %" PRIu64 " bus errors\n",
           o.seed, o.count, o.insns, total.stops[MACHINE_STOP_EXIT],
           total.stops[MACHINE_STOP_HALT], total.stops[MACHINE_STOP_INSNS],
           total.device_accesses, total.bus_errors);
    return hostile_check(&o, all) ? 0 : 1;
}
