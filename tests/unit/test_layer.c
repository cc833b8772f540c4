/* Unit tests of the code-morphing layer: small programs on the bare board, run
 * by the layer and by the reference CPU, must do the same, and the layer must
 * do it in the way that its keys say. */
#include "morph/machine.h"
#include "tests/elf_writer.h"
#include "tests/support/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* --- Programs --------------------------------------------------------------
 */

enum { IO = S0, STATUS = 12, CAUSE = 13, EPC = 14 };

/* IsC and SwC. */
#define STATUS_ISOLATED 0x30000u

#define START    0x80010000u
#define AT(word) (START + 4 * (word))
/* Ends the program with status 7. */
#define EXIT ADDIU(V0, ZERO, 7), SW(V0, 0x10, IO), BEQ(ZERO, ZERO, -1), NOP

/* A loop of 4000 passes that calls a function and keeps a sum in memory. */
static const uint32_t calls[] = {
    LUI(IO, 0xb000),
    LUI(S2, 0x8002),
    ADDIU(S1, ZERO, 4000),
    JAL(AT(16)), /* 3: the loop */
    ADDIU(A0, S1, 0),
    LW(T0, 0, S2),
    ADDU(S3, S3, V0),
    ADDU(T0, T0, S3),
    ADDIU(S1, S1, -1),
    BNE(S1, ZERO, -7),
    SW(T0, 0, S2),
    EXIT,
    NOP,
    ADDU(V0, A0, A0), /* 16: the function */
    JR(RA),
    XORI(V0, V0, 5),
};

/* A function that adds 1, or 2, called 4000 times; every 64th call it is
 * overwritten with the other. */
static const uint32_t rewrites[] = {
    LUI(IO, 0xb000),
    LUI(S2, 0x8001),
    ADDIU(S1, ZERO, 4000),
    LUI(T1, 0x2442), /* addiu v0,v0,... */
    ORI(T1, T1, 1),
    JAL(AT(17)), /* 5: the loop */
    ADDIU(S1, S1, -1),
    ANDI(T0, S1, 63),
    BNE(T0, ZERO, 4),
    NOP,
    XORI(T1, T1, 3),
    SW(T1, 4 * 17, S2),
    NOP,
    BNE(S1, ZERO, -9),
    NOP,
    BEQ(ZERO, ZERO, 4), /* to the end */
    NOP,
    ADDIU(V0, V0, 1), /* 17: the function */
    JR(RA),
    NOP,
    ADDU(S3, V0, ZERO),
    EXIT,
};

/* 20000 stores to the word that S2 and `offset` say. */
#define STORES(upper, offset)                                                  \
    {                                                                          \
        LUI(IO, 0xb000), LUI(S2, upper), ADDIU(S1, ZERO, 20000),               \
            SW(S1, offset, S2), ADDIU(S1, S1, -1), BNE(S1, ZERO, -3),          \
            ADDU(S3, S3, S1), EXIT                                             \
    }
static const uint32_t stores_beside[] = STORES(0x8001, 4 * 11);
static const uint32_t stores_elsewhere[] = STORES(0x8004, 4 * 11);

/* Two pages of code at 0x00400000: a jump from the first to the second, which
 * alternates between two physical pages whose code adds 1 or 16.  Each is
 * called 100 times before the mapping changes, 20 times. */
static const uint32_t mapped[] = {
    LUI(IO, 0xb000),
    LUI(S2, 0x8003), /* the pages' memory */
    LUI(T0, 0x0810), /* j 0x00401000 */
    ORI(T0, T0, 0x400),
    SW(T0, 0, S2),
    SW(ZERO, 4, S2),
    LUI(T0, 0x2442), /* addiu v0,v0,1 */
    ORI(T0, T0, 1),
    SW(T0, 0x1000, S2),
    XORI(T0, T0, 17), /* addiu v0,v0,16 */
    SW(T0, 0x2000, S2),
    LUI(T0, 0x03e0), /* jr ra */
    ORI(T0, T0, 8),
    SW(T0, 0x1004, S2),
    SW(T0, 0x2004, S2),
    LUI(T1, 0x0040),
    MTC0(ZERO, 0), /* Index */
    MTC0(T1, 10),  /* EntryHi */
    LUI(T0, 0x0003),
    ORI(T0, T0, 0x600),
    MTC0(T0, 2), /* EntryLo */
    TLBWI,
    ADDIU(T2, ZERO, 0x100),
    MTC0(T2, 0),
    ADDIU(T2, T1, 0x1000),
    MTC0(T2, 10),
    LUI(T3, 0x0003),
    ORI(T3, T3, 0x1600),
    ADDIU(S3, ZERO, 20),
    MTC0(T3, 2), /* 29: the outer loop */
    TLBWI,
    ADDIU(S1, ZERO, 100),
    JALR(T1), /* 32: the inner loop */
    ADDIU(S1, S1, -1),
    BNE(S1, ZERO, -3),
    NOP,
    XORI(T3, T3, 0x3000),
    ADDIU(S3, S3, -1),
    BNE(S3, ZERO, -10),
    ADDU(A0, V0, ZERO),
    EXIT,
};

/* Prints 64 stars in a loop that does other things, too. */
static const uint32_t prints[] = {
    LUI(IO, 0xb000),   ADDIU(T0, ZERO, '*'), ADDIU(S1, ZERO, 64),
    ADDU(S2, S2, S1),  SB(T0, 0, IO),        ADDIU(S1, S1, -1),
    BNE(S1, ZERO, -4), XORI(S2, S2, 0x55),   EXIT,
};

/* Every other of 500 passes has two software interrupts, one of them while
 * interrupts are masked; their handler, copied to the vector, adds up where
 * they were taken.  A load is in flight where the handler writes Cause. */
static const uint32_t interrupts[] = {
    LUI(IO, 0xb000),
    LUI(T1, 0x8001),
    LUI(T2, 0x8000),
    ADDIU(S1, ZERO, 6),
    LW(T0, 4 * 30, T1), /* 4: the copy */
    ADDIU(S1, S1, -1),
    SW(T0, 0x80, T2),
    ADDIU(T1, T1, 4),
    BNE(S1, ZERO, -5),
    ADDIU(T2, T2, 4),
    ADDIU(T2, ZERO, 0x101), /* IM0, IEc */
    ADDIU(T3, ZERO, 0x100), /* SW0 */
    ADDIU(S1, ZERO, 500),
    ADDU(S2, S2, S1),   /* 13: the loop */
    SW(S2, 0x1000, T1), /* its address is in a register of the host's own */
    MTC0(ZERO, STATUS),
    ADDU(S2, S2, S1),
    MTC0(T3, CAUSE),
    ADDIU(S2, S2, 3),
    MTC0(T2, STATUS), /* an interrupt comes after this */
    ADDIU(S2, S2, 1),
    MTC0(T3, CAUSE), /* and after this */
    ADDIU(S1, S1, -1),
    XORI(T3, T3, 0x100),
    BNE(S1, ZERO, -12),
    XORI(S2, S2, 0x55),
    EXIT,
    MFC0(T0, EPC), /* 30: the handler */
    MTC0(ZERO, CAUSE),
    ADDU(S3, S3, T0),
    JR(T0),
    RFE,
    NOP,
};

/* Flushes a few lines of the isolated instruction cache, 100 times.  */
static const uint32_t flushes[] = {
    LUI(IO, 0xb000),
    LUI(T1, 0x8002),
    LUI(T0, STATUS_ISOLATED >> 16),
    ADDIU(S1, ZERO, 100),
    MTC0(T0, STATUS),
    SB(ZERO, 0, T1), /* 5: the loop */
    SB(ZERO, 4, T1),
    SB(ZERO, 8, T1),
    SB(ZERO, 12, T1),
    ADDIU(S1, S1, -1),
    BNE(S1, ZERO, -6),
    ADDIU(T1, T1, 16),
    MTC0(ZERO, STATUS),
    EXIT,
};

/* 1000 passes over two CP0 instructions in a row. */
static const uint32_t pairs[] = {
    LUI(IO, 0xb000),    ADDIU(S1, ZERO, 1000),
    ADDIU(S1, S1, -1), /* 2: the loop */
    MTC0(S1, 2),        MTC0(S1, 10),
    ADDU(S2, S2, S1),   BNE(S1, ZERO, -5),
    XORI(S2, S2, 0x55), EXIT,
};

/* 500 passes over two pages of which the TLB has one, so that each misses the
 * other; the second miss comes after a store that is undone. */
static const uint32_t misses[] = {
    LUI(IO, 0xb000),
    LUI(T1, 0x8001),
    LUI(T2, 0x8000),
    ADDIU(S1, ZERO, 6),
    LW(T0, 4 * 32, T1), /* 4: the copy */
    ADDIU(S1, S1, -1),
    SW(T0, 0, T2),
    ADDIU(T1, T1, 4),
    BNE(S1, ZERO, -5),
    ADDIU(T2, T2, 4),
    MTC0(ZERO, 0), /* Index */
    LUI(T3, 0x0003),
    ORI(T3, T3, 0x600), /* EntryLo */
    LUI(A0, 0x0040),
    ADDIU(S1, ZERO, 500),
    ADDU(S2, S2, S1), /* 15: the loop */
    LW(T1, 0, A0),
    ADDIU(T2, T2, 3),
    ADDU(T1, T1, S2),
    SW(T1, 0, A0),
    XORI(S2, S2, 0x55),
    LW(T4, 0, A0), /* in flight when the next one fails */
    LW(T1, 0x1000, A0),
    ADDIU(S1, S1, -1),
    ADDU(S3, S3, T4),
    ADDU(S3, S3, T1),
    BNE(S1, ZERO, -12),
    SW(S3, 0x1004, A0),
    EXIT,
    NOP,         /* 32: the handler of TLB misses */
    MTC0(T3, 2), /* from here on one row */
    MFC0(T0, EPC),
    TLBWI,
    JR(T0),
    RFE,
};

/* A function at 0x00400000 that jumps to the next page, called 2000 times.  In
 * every eighth pass a load takes that page's entry in the TLB away. */
static const uint32_t crosses[] = {
    LUI(IO, 0xb000),
    LUI(T1, 0x8001),
    LUI(T2, 0x8000),
    ADDIU(S1, ZERO, 6),
    LW(T0, 4 * 43, T1), /* 4: the copy */
    ADDIU(S1, S1, -1),
    SW(T0, 0, T2),
    ADDIU(T1, T1, 4),
    BNE(S1, ZERO, -5),
    ADDIU(T2, T2, 4),
    LUI(S2, 0x8003), /* both pages' memory */
    LUI(T0, 0x0810), /* j 0x00401008 */
    ORI(T0, T0, 0x402),
    SW(T0, 0, S2),
    SW(ZERO, 4, S2),
    LUI(T0, 0x03e0), /* jr ra */
    ORI(T0, T0, 8),
    SW(T0, 8, S2),
    LUI(T0, 0x2442), /* addiu v0,v0,1 */
    ORI(T0, T0, 1),
    SW(T0, 12, S2),
    LUI(T3, 0x0003),
    ORI(T3, T3, 0x600), /* EntryLo */
    ADDIU(T0, ZERO, 0x100),
    MTC0(T0, 0), /* Index */
    LUI(A0, 0x0040),
    MTC0(A0, 10), /* EntryHi */
    MTC0(T3, 2),
    TLBWI,
    MTC0(ZERO, 0),
    ADDIU(S1, ZERO, 2000),
    ANDI(T0, S1, 7), /* 31: the loop */
    BNE(T0, ZERO, 2),
    NOP,
    LW(T1, 0x2000, A0),
    JALR(A0),
    ADDIU(S1, S1, -1),
    BNE(S1, ZERO, -7),
    NOP,
    EXIT,
    MFC0(T0, EPC), /* 43: the handler of TLB misses */
    MTC0(T3, 2),
    TLBWI,
    JR(T0),
    RFE,
    NOP,
};

/* A loop of 2000 rounds with two branches that go either way in turn. */
static const uint32_t turns[] = {
    LUI(IO, 0xb000),
    ADDIU(S1, ZERO, 2000),
    ANDI(T0, S1, 1), /* 2 */
    BNE(T0, ZERO, 2),
    ANDI(T1, S1, 2),
    ADDIU(A0, A0, 3),
    BNE(T1, ZERO, 2),
    ADDIU(S1, S1, -1),
    ADDIU(A0, A0, 5),
    BNE(S1, ZERO, -8),
    NOP,
    EXIT,
};

/* Two functions called in turn through a register, 1000 times each. */
static const uint32_t indirect[] = {
    LUI(IO, 0xb000),
    LUI(T1, 0x8001),
    ADDIU(T2, T1, 4 * 18), /* the one */
    ADDIU(T3, T1, 4 * 20), /* the other */
    ADDIU(S1, ZERO, 1000),
    JALR(T2), /* 5: the loop */
    NOP,
    JALR(T3),
    NOP,
    ADDIU(S1, S1, -1),
    BNE(S1, ZERO, -6),
    NOP,
    EXIT,
    NOP,
    NOP,
    JR(RA), /* 18 */
    ADDIU(S2, S2, 1),
    JR(RA), /* 20 */
    ADDIU(S3, S3, 3),
};

/* --- Running them ----------------------------------------------------------
 */

/* The hard build has no room for more than a few translations: what counts how
 * well the layer does is not for it. */
#define CHECK_WELL(condition) assert_true(SELKIRK_HARD || (condition))

typedef struct Guest {
    Config *config;
    ElfImage *image;
    Machine *machine;
    char printed[256];
    size_t size;
} Guest;

static void on_put(void *ctx, uint8_t byte)
{
    Guest *g = ctx;
    if (g->size + 1 < sizeof g->printed)
        g->printed[g->size++] = (char)byte;
}

/* Starts `words` with settings, words "section.key=value" up to a NULL. */
static void start(Guest *g, const uint32_t *words, size_t count,
                  const char *const *settings)
{
    ElfWriter w;
    elf_writer_build_words(&w, START, words, count);
    Diag diag = {""};
    *g = (Guest){.config = config_create()};
    config_set_word(g->config, "machine.board=bare", "test", &diag);
    config_set_word(g->config, "machine.memory=1M", "test", &diag);
    for (; *settings; settings++)
        config_set_word(g->config, *settings, "test", &diag);
    g->image = elf_read_memory("test", w.bytes, w.size, &diag);
    assert_string_equal(diag.text, "");
    g->machine = machine_create(
        &(MachineConfig){.config = g->config,
                         .image = g->image,
                         .cmdline = "",
                         .host = {.ctx = g, .console_put = on_put}},
        &diag);
    assert_string_equal(diag.text, "");
}

static void finish(Guest *g)
{
    machine_destroy(g->machine);
    elf_free(g->image);
    config_destroy(g->config);
}

static void run_to_exit(Guest *g)
{
    assert_int_equal(machine_run(g->machine, UINT64_MAX), MACHINE_STOP_EXIT);
    assert_int_equal(machine_exit_status(g->machine), 7);
}

static uint64_t stat(const Guest *g, const char *name)
{
    return stats_get(machine_stats(g->machine), name);
}

/* Starts under the layer, with further settings, and runs to the end. */
#define RUN(g, words, ...)                                                     \
    do {                                                                       \
        const char *const settings_[] = {"cpu.model=vliw", __VA_ARGS__, NULL}; \
        start(g, words, ARRAY_LEN(words), settings_);                          \
        run_to_exit(g);                                                        \
    } while (0)

/* The same program on the reference CPU ends in the same state. */
static void check_same(const Guest *g, const uint32_t *words, size_t count)
{
    Guest plain;
    start(&plain, words, count, (const char *const[]){NULL});
    run_to_exit(&plain);
    assert_int_equal(machine_insns(g->machine), machine_insns(plain.machine));
    assert_int_equal(machine_hash(g->machine), machine_hash(plain.machine));
    assert_string_equal(g->printed, plain.printed);
    finish(&plain);
}
#define CHECK_SAME(g, words) check_same(g, words, ARRAY_LEN(words))

static void check_causes(const Guest *g)
{
    static const char *const names[] = {
#define CAUSE(id, name, text) "cycles." name,
#include "hwmodel/vliw/cause.def"
#undef CAUSE
    };
    uint64_t sum = 0;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        sum += stat(g, names[i]);
    assert_int_equal(sum, stat(g, "cycles.total"));
    assert_int_equal(sum, machine_cycles(g->machine));
}

/* --- Tests -----------------------------------------------------------------
 */

static void test_gears(void **state)
{
    (void)state;
    static const char *const gears[] = {"morph.gears=0", "morph.gears=1",
                                        "morph.gears=2"};
    uint64_t cycles[ARRAY_LEN(gears)];
    for (unsigned i = 0; i < ARRAY_LEN(gears); i++) {
        Guest g;
        RUN(&g, calls, gears[i]);
        CHECK_SAME(&g, calls);
        check_causes(&g);
        cycles[i] = machine_cycles(g.machine);
        assert_int_equal(stat(&g, "morph.gear1.translations") > 0, i >= 1);
        assert_int_equal(stat(&g, "morph.gear2.translations") > 0, i >= 2);
        uint64_t insns = stat(&g, "morph.gear0.insns") +
                         stat(&g, "core.insns.gear1") +
                         stat(&g, "core.insns.gear2");
        assert_int_equal(insns, machine_insns(g.machine));
        finish(&g);
    }
    CHECK_WELL(cycles[0] > 5 * cycles[1]);
    CHECK_WELL(cycles[1] > cycles[2]);
}

/* Wherever a run is cut, cycles and statistics are the same. */
static void test_slices(void **state)
{
    (void)state;
    static const uint64_t slices[] = {UINT64_MAX, 1, 7, 100, 1000};
    char *whole = NULL;
    for (unsigned i = 0; i < ARRAY_LEN(slices); i++) {
        Guest g;
        start(&g, rewrites, ARRAY_LEN(rewrites),
              (const char *const[]){"cpu.model=vliw", "gear2.threshold=30",
                                    NULL});
        MachineStop stop;
        while ((stop = machine_run(g.machine, slices[i])) == MACHINE_STOP_SLICE)
            ;
        assert_int_equal(stop, MACHINE_STOP_EXIT);
        char *text;
        size_t size;
        FILE *out = open_memstream(&text, &size);
        stats_write_text(machine_stats(g.machine), out);
        fclose(out);
        if (whole) {
            assert_string_equal(text, whole);
            free(text);
        } else {
            whole = text;
        }
        finish(&g);
    }
    free(whole);
}

/* A limit of instructions is met exactly, wherever it is, with the state of
 * the reference CPU there. */
static void test_insn_limit(void **state)
{
    (void)state;
    Guest plain, g;
    start(&plain, rewrites, ARRAY_LEN(rewrites), (const char *const[]){NULL});
    start(&g, rewrites, ARRAY_LEN(rewrites),
          (const char *const[]){"cpu.model=vliw", "gear2.threshold=30",
                                "gear2.insns=16", "gear1.insns=8", NULL});
    for (uint64_t limit = 1; limit < 5000; limit += 1 + limit / 16) {
        machine_set_limits(plain.machine, &(MachineLimits){.insns = limit});
        machine_set_limits(g.machine, &(MachineLimits){.insns = limit});
        assert_int_equal(machine_run(plain.machine, UINT64_MAX),
                         MACHINE_STOP_INSNS);
        assert_int_equal(machine_run(g.machine, UINT64_MAX),
                         MACHINE_STOP_INSNS);
        assert_int_equal(machine_insns(g.machine), limit);
        assert_int_equal(machine_hash(g.machine), machine_hash(plain.machine));
    }
    finish(&plain);
    finish(&g);
}

static void test_rewritten_code(void **state)
{
    (void)state;
    static const char *const grains[] = {
        "morph.tbit_grain=4", "morph.tbit_grain=64", "morph.tbit_grain=4096"};
    for (unsigned i = 0; i < ARRAY_LEN(grains); i++) {
        Guest g;
        RUN(&g, rewrites, grains[i], "gear2.threshold=30");
        CHECK_SAME(&g, rewrites);
        CHECK_WELL(stat(&g, "morph.tcache.invalidated") >= 4000 / 64);
        CHECK_WELL(stat(&g, "morph.code.writes") >= 4000 / 64);
        finish(&g);
    }
}

/* Data beside code costs nothing with fine grains, and with coarse ones no more
 * than a few faults and an interpreted store. */
static void test_data_beside_code(void **state)
{
    (void)state;
    Guest apart, fine, coarse;
    RUN(&apart, stores_elsewhere, "morph.gears=2");
    RUN(&fine, stores_beside, "morph.gears=2");
    RUN(&coarse, stores_beside, "morph.tbit_grain=4096");
    CHECK_SAME(&fine, stores_beside);
    CHECK_SAME(&coarse, stores_beside);
    assert_int_equal(stat(&fine, "morph.faults.code"), 0);
    assert_true(machine_cycles(fine.machine) <
                machine_cycles(apart.machine) * 11 / 10);
    assert_int_equal(stat(&coarse, "morph.faults.code"), 8);
    assert_int_equal(stat(&coarse, "morph.learned.faults"), 1);
    finish(&apart);
    finish(&fine);
    finish(&coarse);
}

/* Translations are right when their pages move, and need not be made again. */
static void test_mapping(void **state)
{
    (void)state;
    Guest g;
    RUN(&g, mapped, "gear2.threshold=20");
    CHECK_SAME(&g, mapped);
    assert_int_equal(machine_state(g.machine)->gpr[A0], 17 * 1000);
    assert_int_equal(stat(&g, "morph.tcache.invalidated"), 0);
    assert_true(stat(&g, "morph.chain.generations") >= 19);
    CHECK_WELL(stat(&g, "morph.gear1.translations") < 20);
    finish(&g);
}

/* What a change of the mapping leaves alone is not asked for again. */
static void test_code_tlb(void **state)
{
    (void)state;
    static const char *const sizes[] = {"vliw.code_tlb=64", "vliw.code_tlb=1",
                                        "vliw.code_tlb=0"};
    uint64_t probes[ARRAY_LEN(sizes)];
    for (unsigned i = 0; i < ARRAY_LEN(sizes); i++) {
        Guest g;
        RUN(&g, mapped, sizes[i], "gear2.threshold=1000000");
        CHECK_SAME(&g, mapped);
        check_causes(&g);
        probes[i] = stat(&g, "morph.chain.probes");
        finish(&g);
    }
    /* Of two pages one moves, 20 times; or they take each other's place. */
    CHECK_WELL(probes[0] < 30);
    CHECK_WELL(probes[1] > 2000);
    CHECK_WELL(probes[2] > 40);
}

/* A superblock of which a page is not mapped now and then stays: its block
 * serves meanwhile, and neither is made again. */
static void test_crossing(void **state)
{
    (void)state;
    Guest g;
    RUN(&g, crosses, "gear2.threshold=30");
    CHECK_SAME(&g, crosses);
    assert_int_equal(stat(&g, "cpu.utlb.load"), 500);
    CHECK_WELL(stat(&g, "morph.gear1.translations") < 12);
    CHECK_WELL(stat(&g, "morph.gear2.translations") < 12);
    CHECK_WELL(stat(&g, "core.insns.gear2") > 2000 * 7);
    finish(&g);
}

/* A superblock ends where half of its entries get to, until it has run often.
 */
static void test_reach(void **state)
{
    (void)state;
    Guest brief, never, whole;
    RUN(&brief, turns, "gear2.threshold=30", "gear2.again=100");
    RUN(&never, turns, "gear2.threshold=30", "gear2.again=0");
    RUN(&whole, turns, "gear2.threshold=30", "gear2.reach=0");
    CHECK_SAME(&brief, turns);
    CHECK_SAME(&never, turns);
    CHECK_SAME(&whole, turns);
    CHECK_WELL(stat(&brief, "morph.gear2.remade") >= 1);
    assert_int_equal(stat(&never, "morph.gear2.remade"), 0);
    assert_int_equal(stat(&whole, "morph.gear2.remade"), 0);
    CHECK_WELL(stat(&brief, "cycles.profile") > stat(&never, "cycles.profile"));
    CHECK_WELL(stat(&never, "morph.gear2.run_insns.sum") *
                   stat(&whole, "morph.gear2.run_insns.count") <
               stat(&whole, "morph.gear2.run_insns.sum") *
                   stat(&never, "morph.gear2.run_insns.count"));
    finish(&brief);
    finish(&never);
    finish(&whole);
}

static void test_device_is_learned(void **state)
{
    (void)state;
    Guest g;
    RUN(&g, prints, "morph.mmio_learn=3");
    CHECK_SAME(&g, prints);
    assert_int_equal(g.size, 64);
    assert_int_equal(stat(&g, "morph.faults.mmio"), 3);
    assert_int_equal(stat(&g, "morph.learned.mmio"), 1);
    finish(&g);
}

/* Each predictor can be switched off; results stay. */
static void test_predictors(void **state)
{
    (void)state;
    Guest g;
    RUN(&g, indirect, "gear2.threshold=1000000");
    CHECK_SAME(&g, indirect);
    CHECK_WELL(stat(&g, "morph.return_stack.hits") > 1900);
    CHECK_WELL(stat(&g, "morph.inline_cache.hits") > 1900);
    finish(&g);
    RUN(&g, indirect, "gear2.threshold=1000000", "morph.return_stack=0");
    CHECK_SAME(&g, indirect);
    assert_int_equal(stat(&g, "morph.return_stack.hits"), 0);
    CHECK_WELL(stat(&g, "morph.inline_cache.hits") > 1900);
    finish(&g);
    RUN(&g, indirect, "gear2.threshold=1000000", "morph.inline_cache=no");
    CHECK_SAME(&g, indirect);
    assert_int_equal(stat(&g, "morph.inline_cache.hits"), 0);
    CHECK_WELL(stat(&g, "morph.jump_cache.hits") > 1900);
    uint64_t looks = stat(&g, "cycles.indirect");
    finish(&g);
    RUN(&g, indirect, "gear2.threshold=1000000", "morph.inline_cache=no",
        "vliw.predict_jumps=yes");
    CHECK_SAME(&g, indirect);
    CHECK_WELL(stat(&g, "morph.inline_cache.hits") > 1900);
    CHECK_WELL(stat(&g, "morph.jump_cache.hits") < 100);
    CHECK_WELL(stat(&g, "cycles.indirect") + 2 * 1900 < looks);
    finish(&g);
    RUN(&g, indirect, "gear2.threshold=1000000", "morph.inline_cache=no",
        "vliw.jump_cache=0");
    CHECK_SAME(&g, indirect);
    assert_int_equal(stat(&g, "morph.jump_cache.hits"), 0);
    CHECK_WELL(stat(&g, "morph.hash.hits") > 1900);
    finish(&g);
    RUN(&g, indirect, "gear2.threshold=1000000", "morph.inline_cache=no",
        "morph.return_stack=0", "morph.hash=0", "morph.chain=no",
        "vliw.jump_cache=0");
    CHECK_SAME(&g, indirect);
    assert_int_equal(stat(&g, "morph.hash.hits"), 0);
    assert_int_equal(stat(&g, "morph.chain.made"), 0);
    assert_int_equal(stat(&g, "core.chained"), 0);
    finish(&g);
}

/* What a prediction costs is a key; the processor's own cost less. */
static void test_predictor_costs(void **state)
{
    (void)state;
    static const char *const machines[] = {
        "vliw.return_cycles=1", "vliw.return_cycles=2", "vliw.return_stack=no"};
    uint64_t cycles[ARRAY_LEN(machines)];
    uint64_t returns = 0;
    for (unsigned i = 0; i < ARRAY_LEN(machines); i++) {
        Guest g;
        RUN(&g, indirect, "gear2.threshold=1000000", machines[i]);
        CHECK_SAME(&g, indirect);
        check_causes(&g);
        cycles[i] = machine_cycles(g.machine);
        returns = stat(&g, "morph.return_stack.hits");
        finish(&g);
    }
    /* A push and a look each. */
    CHECK_WELL(cycles[1] - cycles[0] >= 2 * returns);
    assert_int_equal(cycles[2] - cycles[1], cycles[1] - cycles[0]);
}

/* CP0 instructions in handlers: precise, and a way that can be switched off. */
static void test_handlers(void **state)
{
    (void)state;
    Guest g;
    RUN(&g, interrupts, "gear2.threshold=30");
    CHECK_SAME(&g, interrupts);
    assert_int_equal(stat(&g, "cpu.exceptions.int"), 500);
    CHECK_WELL(stat(&g, "morph.handler.insns") > 2000);
    finish(&g);
    RUN(&g, interrupts, "gear2.threshold=30", "morph.handlers=no");
    CHECK_SAME(&g, interrupts);
    assert_int_equal(stat(&g, "morph.handler.insns"), 0);
    finish(&g);
}

/* What follows handlers in a row is linked, so the dispatcher is not asked. */
static void test_handlers_in_a_row(void **state)
{
    (void)state;
    Guest g;
    RUN(&g, pairs, "gear2.threshold=30");
    CHECK_SAME(&g, pairs);
    CHECK_WELL(stat(&g, "morph.handler.insns") > 1900);
    CHECK_WELL(stat(&g, "morph.dispatch.lookups") < 100);
    assert_int_equal(stat(&g, "morph.hash.hits"), 0);
    finish(&g);
}

/* The way to a TLB miss is translated where it is taken often. */
static void test_replays(void **state)
{
    (void)state;
    Guest g;
    RUN(&g, misses, "gear2.threshold=30", "morph.commit_refused=0");
    CHECK_SAME(&g, misses);
    assert_int_equal(stat(&g, "cpu.utlb.load"), 1000);
    CHECK_WELL(stat(&g, "morph.replay.translations") >= 1);
    CHECK_WELL(stat(&g, "morph.replay.runs") > 400);
    uint64_t cycles = machine_cycles(g.machine);
    finish(&g);
    /* The way is longer than a block may be. */
    RUN(&g, misses, "gear2.threshold=30", "morph.commit_refused=0",
        "gear1.insns=2");
    CHECK_SAME(&g, misses);
    CHECK_WELL(stat(&g, "morph.replay.runs") > 400);
    finish(&g);
    RUN(&g, misses, "gear2.threshold=30", "morph.commit_refused=0",
        "morph.replay=0");
    CHECK_SAME(&g, misses);
    assert_int_equal(stat(&g, "morph.replay.runs"), 0);
    CHECK_WELL(machine_cycles(g.machine) > cycles);
    finish(&g);
}

/* What the TLB refuses is delivered where it fails: the core commits before it,
 * and the handler takes a known time. */
static void test_refusals(void **state)
{
    (void)state;
    Guest g;
    RUN(&g, misses, "gear2.threshold=30", "morph.commit_refused=0");
    assert_int_equal(stat(&g, "morph.learned.refused"), 0);
    finish(&g);
    RUN(&g, misses, "gear2.threshold=30", "morph.commit_refused=4");
    CHECK_SAME(&g, misses);
    check_causes(&g);
    CHECK_WELL(stat(&g, "morph.learned.refused") == 2);
    /* The access, and MTC0 to RFE, of which none is translated. */
    CHECK_WELL(stat(&g, "morph.handler.insns") > 950 * 6);
    uint64_t exceptions = stat(&g, "cycles.exception");
    finish(&g);
    RUN(&g, misses, "gear2.threshold=30", "morph.commit_refused=4",
        "cost.refusal=17");
    CHECK_SAME(&g, misses);
    uint64_t refused = stat(&g, "cycles.exception") - exceptions;
    CHECK_WELL(refused > 900 && refused < 1000);
    finish(&g);
    /* Without handlers gear 0 takes all of them. */
    RUN(&g, misses, "gear2.threshold=30", "morph.handlers=no");
    CHECK_SAME(&g, misses);
    assert_int_equal(stat(&g, "cycles.exception"), 1000 * 30);
    finish(&g);
}

/* Runs of stores to isolated caches take less than as many single ones. */
static void test_isolated(void **state)
{
    (void)state;
    Guest g;
    uint64_t cycles[2];
    RUN(&g, flushes, "cost.isolated=0");
    CHECK_SAME(&g, flushes);
    cycles[0] = stat(&g, "cycles.gear0");
    finish(&g);
    RUN(&g, flushes, "cost.isolated=5");
    CHECK_SAME(&g, flushes);
    cycles[1] = stat(&g, "cycles.gear0");
    finish(&g);
    RUN(&g, flushes, "cost.isolated=6");
    /* Three of four stores, 100 times. */
    assert_int_equal(stat(&g, "cycles.gear0") - cycles[1], 300);
    assert_true(cycles[0] - cycles[1] > 2000);
    check_causes(&g);
    finish(&g);
}

/* A call and its return within superblocks keep the return stack right. */
static void test_return_stack(void **state)
{
    (void)state;
    Guest g;
    RUN(&g, calls, "gear2.threshold=30", "gear2.insns=6");
    CHECK_SAME(&g, calls);
    CHECK_WELL(stat(&g, "morph.return_stack.misses") < 100);
    finish(&g);
}

static void test_small_cache(void **state)
{
    (void)state;
    static const char *const policies[] = {"tcache.policy=flush",
                                           "tcache.policy=fifo"};
    for (unsigned i = 0; i < ARRAY_LEN(policies); i++) {
        Guest g;
        RUN(&g, rewrites, policies[i], "tcache.size=4k", "gear1.threshold=1",
            "gear2.threshold=3");
        CHECK_SAME(&g, rewrites);
        check_causes(&g);
        assert_true(stat(&g, "morph.tcache.evicted") > 0);
        assert_true(stat(&g, "morph.tcache.bytes_peak") <= 4096);
        assert_int_equal(stat(&g, "morph.tcache.flushes") > 0, i == 0);
        finish(&g);
    }
}

/* With a breakpoint everything is interpreted; the guest does the same. */
static void test_breakpoint(void **state)
{
    (void)state;
    Guest g;
    start(&g, calls, ARRAY_LEN(calls),
          (const char *const[]){"cpu.model=vliw", NULL});
    assert_true(machine_add_breakpoint(g.machine, AT(16)));
    for (unsigned i = 0; i < 20; i++) {
        assert_int_equal(machine_run(g.machine, UINT64_MAX),
                         MACHINE_STOP_BREAKPOINT);
        assert_int_equal(machine_state(g.machine)->pc, AT(16));
        assert_int_equal(machine_state(g.machine)->gpr[A0], 4000 - i);
    }
    assert_true(machine_remove_breakpoint(g.machine, AT(16)));
    run_to_exit(&g);
    CHECK_SAME(&g, calls);
    finish(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gears),
        cmocka_unit_test(test_slices),
        cmocka_unit_test(test_insn_limit),
        cmocka_unit_test(test_rewritten_code),
        cmocka_unit_test(test_data_beside_code),
        cmocka_unit_test(test_mapping),
        cmocka_unit_test(test_code_tlb),
        cmocka_unit_test(test_crossing),
        cmocka_unit_test(test_reach),
        cmocka_unit_test(test_device_is_learned),
        cmocka_unit_test(test_predictors),
        cmocka_unit_test(test_predictor_costs),
        cmocka_unit_test(test_handlers),
        cmocka_unit_test(test_handlers_in_a_row),
        cmocka_unit_test(test_replays),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_isolated),
        cmocka_unit_test(test_return_stack),
        cmocka_unit_test(test_small_cache),
        cmocka_unit_test(test_breakpoint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
