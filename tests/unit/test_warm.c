/* Unit tests of warm starts: the text of what the layer knew (morph/warm.h),
 * what is refused and with which words; and machines that begin with it: they
 * compute the same, with less translating, and whatever is in the file. */
#include "base/alloc.h"
#include "morph/machine.h"
#include "tests/elf_writer.h"
#include "tests/support/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* --- The text --------------------------------------------------------------
 */

#define TITLE "selkirk-warm 1\n"
#define BLOCK                                                                  \
    "translation 1 user fpu eb pending=f3 entries=4294967295 next=0x00000003"  \
    " interpret\n"                                                             \
    " 0xfffffff8 0x00000001 0xffffffff 0x00000002\n"                           \
    " 0x00000000 0x00000003\n"                                                 \
    " 0x00000000 0x00000003\n"
#define SUPERBLOCK                                                             \
    "translation 2 kernel el pending=none entries=0 next=0x80012400\n"         \
    " 0x80012340 0x27bdffe8\n"
#define BRANCH "branch 0x800123a0 0x000123a0 taken=3961 not=12\n"
#define LESSON "lesson 0x0001a038 0x8c820000 mmio=2 faults=0 interpret\n"
#define LESSON_2                                                               \
    "lesson 0xfffffffc 0xffffffff mmio=0 faults=65535 interpret unmoved\n"

static char *text_of(const Warm *warm)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    warm_write(warm, out);
    fclose(out);
    return text;
}

static void parse(Warm *warm, const char *text)
{
    Diag diag = {""};
    bool ok = warm_parse(warm, "text", text, strlen(text), &diag);
    assert_string_equal(diag.text, "");
    assert_true(ok);
}

static void test_round_trip(void **state)
{
    (void)state;
    static const char *const texts[] = {
        TITLE "end 0\n",
        /* The second run of words follows the first one, modulo 2^32. */
        TITLE "translation 1 user fpu eb pending=f3 entries=4294967295 "
              "next=0x00000003 interpret\n"
              " 0xfffffff8 0x00000001 0xffffffff 0x00000002\n"
              " 0x00000000 0x00000003\n" SUPERBLOCK BRANCH LESSON LESSON_2
              "end 5\n",
    };
    for (unsigned i = 0; i < ARRAY_LEN(texts); i++) {
        Warm warm;
        parse(&warm, texts[i]);
        char *again = text_of(&warm);
        assert_string_equal(again, texts[i]);
        free(again);
        warm_free(&warm);
        assert_null(warm.translations);
    }
}

static void test_meaning(void **state)
{
    (void)state;
    Warm w;
    parse(&w, "; a comment\n\n" TITLE LESSON BLOCK "; another\n" BRANCH
              "  end 3 ; all");
    assert_int_equal(w.translation_count, 1);
    const WarmTranslation *t = &w.translations[0];
    assert_int_equal(t->gear, 1);
    assert_true(t->context.user && t->context.fpu && t->context.big);
    assert_int_equal(t->context.pending, IR_PENDING_FPR + 3);
    assert_int_equal(t->entries, UINT32_MAX);
    assert_int_equal(t->next, 3);
    assert_true(t->interpret);
    assert_int_equal(t->count, 5);
    assert_int_equal(w.guests[t->first].pc, 0xfffffff8);
    assert_int_equal(w.guests[t->first + 2].pc, 0);
    assert_int_equal(w.guests[t->first + 4].word, 3);
    assert_int_equal(w.branch_count, 1);
    assert_int_equal(w.branches[0].pa, 0x123a0);
    assert_int_equal(w.branches[0].not_taken, 12);
    assert_int_equal(w.lesson_count, 1);
    assert_true(w.lessons[0].interpret && !w.lessons[0].unmoved);
    warm_free(&w);
}

static void assert_refused(const char *text, size_t size, const char *message)
{
    Diag diag = {""};
    Warm warm = {.translation_count = 1};
    assert_false(warm_parse(&warm, "text", text, size, &diag));
    assert_string_equal(diag.text, message);
    assert_int_equal(warm.translation_count, 0);
    assert_null(warm.translations);
}

#define NO_FILE                                                                \
    "this is no file of --warm-save, which begins with \"selkirk-warm\"; "     \
    "name another"

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "text:1: " NO_FILE},
        {"\n\x7f"
         "ELF",
         "text:2: " NO_FILE},
        {"selkirk-warmer 1\n", "text:1: " NO_FILE},
        {"selkirk-warm 2\nend 0\n",
         "text:1: version 2 of the format, and this program reads version 1; "
         "save the file anew"},
        {TITLE, "text:2: the end is missing, the file was cut off; save it "
                "anew"},
        {TITLE SUPERBLOCK BRANCH "end 3\n",
         "text:5: 2 records stand above, not 3: something is lost; save the "
         "file anew"},
        {TITLE "end 0\nend 0\n",
         "text:3: something follows the end; save the file anew"},
        {TITLE "chain 1\n",
         "text:2: a line begins with translation, branch, lesson or end"},
        {TITLE "translation 0 kernel\n",
         "text:2: gear 0 has no translations; write 1 or 2"},
        {TITLE "translation 3 kernel\n",
         "text:2: a number above 2; make it smaller"},
        {TITLE "translation 1 kernel el pending=none entries=1 next=0\n"
               "end 1\n",
         "text:3: the translation above has no instruction; write an address "
         "and words below it, or take it out"},
        {TITLE SUPERBLOCK " 0x80000002 0\nend 1\n",
         "text:4: 0x80000002 is no address of an instruction; it must be a "
         "multiple of 4"},
        {TITLE SUPERBLOCK " 0x80000004\nend 1\n",
         "text:4: there is no word behind the address; take the line out"},
        {TITLE SUPERBLOCK " 0x80000004 0x100000000\n",
         "text:4: a number above 4294967295; make it smaller"},
        {TITLE "branch 0x80000000 0 taken=1\n",
         "text:2: \"not=\" is missing before \"\""},
        {TITLE "lesson 0 0 mmio=65536 faults=0\n",
         "text:2: a number above 65535; make it smaller"},
        {TITLE "lesson 0 0 mmio=1 faults=0 unmoved interpret\n",
         "text:2: \"interpret\" is too much; end the line before it"},
    };
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++)
        assert_refused(cases[i].text, strlen(cases[i].text), cases[i].message);
    assert_refused(TITLE "end 0\n\0", sizeof TITLE "end 0\n",
                   "text:3: a zero byte in the text; save the file anew");
}

/* As many instructions as a translation may have, and one more. */
static void test_longest(void **state)
{
    (void)state;
    static char text[8000];
    for (unsigned count = WARM_GUESTS_MAX; count <= WARM_GUESTS_MAX + 1;
         count++) {
        char *end = stpcpy(text, TITLE SUPERBLOCK " 0x80000000");
        for (unsigned i = 1; i < count; i++)
            end = stpcpy(end, " 0x00000000");
        strcpy(end, "\nend 1\n");
        if (count > WARM_GUESTS_MAX) {
            assert_refused(text, strlen(text),
                           "text:4: more than 256 instructions in a "
                           "translation; take some out");
        } else {
            Warm warm;
            parse(&warm, text);
            assert_int_equal(warm.translations[0].count, WARM_GUESTS_MAX);
            warm_free(&warm);
        }
    }
}

static void test_files(void **state)
{
    (void)state;
    char name[] = "/tmp/test_warm.XXXXXX";
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    static const char text[] = TITLE BRANCH "end 1\n";
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    Warm warm;
    Diag diag = {""};
    assert_true(warm_read(&warm, name, &diag));
    assert_int_equal(warm.branch_count, 1);
    warm_free(&warm);
    unlink(name);
    assert_false(warm_read(&warm, name, &diag));
    assert_non_null(strstr(diag.text, "cannot read it: No such file"));
    diag = (Diag){""};
    assert_false(warm_read(&warm, "/", &diag));
    assert_string_equal(
        diag.text,
        "/: cannot read it: Is a directory; name a file of --warm-save");
}

/* A text of few characters must not take much memory. */
static void test_too_much(void **state)
{
    (void)state;
    enum { BLOCKS = (8 << 20) / WARM_GUESTS_MAX };
    char block[1024] =
        "translation 1 user el pending=none entries=0 next=0\n 0";
    for (unsigned i = 0; i < WARM_GUESTS_MAX; i++)
        strcat(block, " 0");
    strcat(block, "\n");
    size_t size = strlen(block), title = strlen(TITLE);
    char *text = alloc_zeroed(title + (BLOCKS + 1) * size, 1);
    memcpy(text, TITLE, title);
    for (unsigned i = 0; i <= BLOCKS; i++)
        memcpy(text + title + i * size, block, size);
    Warm warm;
    Diag diag = {""};
    assert_false(
        warm_parse(&warm, "text", text, title + (BLOCKS + 1) * size, &diag));
    assert_string_equal(diag.text, "text:65539: more than 8388608 instructions "
                                   "in all; take translations out");
    assert_null(warm.guests);
    free(text);
    diag = (Diag){""};
    assert_false(warm_read(&warm, "/dev/zero", &diag));
    assert_string_equal(diag.text, "/dev/zero: larger than 64 MB; save with a "
                                   "smaller tcache.size");
}

/* --- Machines --------------------------------------------------------------
 */

enum { IO = S0 };

#define START    0x80010000u
#define AT(word) (START + 4 * (word))

/* 1000 passes with a call, a branch that is taken now and then, and a device:
 * every 64th prints.  The status in the end is 7. */
enum { FUNCTION = 22 };
static const uint32_t program[] = {
    LUI(IO, 0xb000),
    LUI(S2, 0x8002),
    ADDIU(S1, ZERO, 1000),
    ADDIU(T2, ZERO, '.'),
    JAL(AT(FUNCTION)), /* 4: the loop */
    ADDIU(A0, S1, 0),
    ADDU(S3, S3, V0),
    ANDI(T0, S1, 63),
    BNE(T0, ZERO, 3),
    SW(S3, 0, S2),
    SB(T2, 0, IO),
    XORI(S3, S3, 0x155),
    ADDIU(S1, S1, -1), /* 12 */
    BNE(S1, ZERO, -10),
    NOP,
    ADDIU(V0, ZERO, 7),
    SW(V0, 0x10, IO),
    BEQ(ZERO, ZERO, -1),
    NOP,
    NOP,
    NOP,
    NOP,
    ADDU(V0, A0, A0), /* 22: the function */
    ADDIU(V0, V0, 1),
    JR(RA),
    XORI(V0, V0, 5),
};

/* The hard build has no room for more than a few translations: what counts how
 * well the layer does is not for it. */
#define CHECK_WELL(condition) assert_true(SELKIRK_HARD || (condition))

typedef struct Guest {
    Config *config;
    ElfImage *image;
    Machine *machine;
} Guest;

static void start(Guest *g, const Warm *warm, const char *const *settings)
{
    ElfWriter w;
    elf_writer_build_words(&w, START, program, ARRAY_LEN(program));
    Diag diag = {""};
    *g = (Guest){.config = config_create()};
    config_set_word(g->config, "machine.board=bare", "test", &diag);
    config_set_word(g->config, "machine.memory=1M", "test", &diag);
    config_set_word(g->config, "cpu.model=vliw", "test", &diag);
    for (; *settings; settings++)
        config_set_word(g->config, *settings, "test", &diag);
    g->image = elf_read_memory("test", w.bytes, w.size, &diag);
    assert_string_equal(diag.text, "");
    g->machine = machine_create(&(MachineConfig){.config = g->config,
                                                 .image = g->image,
                                                 .cmdline = "",
                                                 .check = true,
                                                 .warm = warm},
                                &diag);
    assert_string_equal(diag.text, "");
}

static uint64_t stat(const Guest *g, const char *name)
{
    return stats_get(machine_stats(g->machine), name);
}

/* Runs to the end in check mode, in slices. */
static void run(Guest *g, uint64_t slice)
{
    MachineStop stop;
    while ((stop = machine_run(g->machine, slice)) == MACHINE_STOP_SLICE)
        ;
    assert_int_equal(stop, MACHINE_STOP_EXIT);
    assert_int_equal(machine_exit_status(g->machine), 7);
    assert_null(machine_finish_check(g->machine));
    assert_int_equal(stat(g, "cycles.total"), machine_cycles(g->machine));
}

static void finish(Guest *g)
{
    machine_destroy(g->machine);
    elf_free(g->image);
    config_destroy(g->config);
}

#define RUN(g, warm, ...)                                                      \
    do {                                                                       \
        start(g, warm, (const char *const[]){__VA_ARGS__, NULL});              \
        run(g, UINT64_MAX);                                                    \
    } while (0)

/* What a run with these settings knows in the end. */
#define SAVE(warm, ...)                                                        \
    do {                                                                       \
        Guest saver;                                                           \
        RUN(&saver, NULL, __VA_ARGS__);                                        \
        *(warm) = (Warm){0};                                                   \
        machine_save_warm(saver.machine, warm);                                \
        finish(&saver);                                                        \
    } while (0)

#define EAGER "gear1.threshold=2", "gear2.threshold=20"

static void test_start(void **state)
{
    (void)state;
    Guest cold, g;
    Warm warm = {0};
    RUN(&cold, NULL, EAGER);
    machine_save_warm(cold.machine, &warm);
    assert_int_equal(warm.translation_count, stat(&cold, "morph.tcache.live"));
    RUN(&g, &warm, EAGER);
    assert_int_equal(machine_hash(g.machine), machine_hash(cold.machine));
    assert_int_equal(machine_insns(g.machine), machine_insns(cold.machine));
    assert_int_equal(stat(&cold, "morph.warm.asked"), 0);
    assert_int_equal(stat(&cold, "cycles.warm"), 0);
    assert_int_equal(stat(&g, "morph.warm.records"), warm.translation_count);
    CHECK_WELL(stat(&g, "morph.warm.gear2") > 0);
    CHECK_WELL(stat(&g, "morph.warm.failed") == 0);
    CHECK_WELL(stat(&g, "morph.gear1.translations") == 0);
    CHECK_WELL(stat(&g, "morph.faults.mmio") == 0);
    CHECK_WELL(stat(&g, "cycles.gear0") < stat(&cold, "cycles.gear0") / 2);
    CHECK_WELL(machine_cycles(g.machine) < machine_cycles(cold.machine));
    /* Look-ups and instructions compared: that is all. */
    CHECK_WELL(stat(&g, "cycles.warm") ==
               10 * stat(&g, "morph.warm.asked") +
                   12 * stat(&g, "morph.warm.guest_insns"));
    finish(&cold);
    finish(&g);
    warm_free(&warm);
}

static char *stats_text(const Guest *g)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    stats_write_text(machine_stats(g->machine), out);
    fclose(out);
    return text;
}

/* The same file twice, and in slices, and from its text: the same run.  What it
 * saves is the same, too. */
static void test_repeats(void **state)
{
    (void)state;
    static const uint64_t slices[] = {UINT64_MAX, UINT64_MAX, 1, 777};
    Warm warm;
    char *whole = NULL, *known = NULL;
    SAVE(&warm, EAGER);
    for (unsigned i = 0; i < ARRAY_LEN(slices); i++) {
        Guest g;
        start(&g, &warm, (const char *const[]){EAGER, NULL});
        run(&g, slices[i]);
        Warm next = {0};
        machine_save_warm(g.machine, &next);
        char *text = stats_text(&g), *saved = text_of(&next);
        if (whole) {
            assert_string_equal(text, whole);
            assert_string_equal(saved, known);
            free(text);
            free(saved);
        } else {
            whole = text;
            known = saved;
        }
        warm_free(&next);
        finish(&g);
        char *again = text_of(&warm);
        warm_free(&warm);
        parse(&warm, again);
        free(again);
    }
    free(whole);
    free(known);
    warm_free(&warm);
}

/* Of the same path of guest code any configuration makes its own molecules. */
static void test_other_keys(void **state)
{
    (void)state;
    Guest g;
    Warm warm;
    SAVE(&warm, EAGER);
    RUN(&g, &warm, "morph.gears=1");
    assert_int_equal(stat(&g, "morph.warm.gear2"), 0);
    finish(&g);
    RUN(&g, &warm, "morph.gears=0");
    assert_int_equal(stat(&g, "morph.warm.asked"), 0);
    finish(&g);
    RUN(&g, &warm, "gear2.insns=4", "gear2.threshold=2000");
    CHECK_WELL(stat(&g, "morph.warm.gear2") > 0);
    CHECK_WELL(stat(&g, "morph.warm.guest_insns") <=
               4 * stat(&g, "morph.warm.gear2") +
                   64 * stat(&g, "morph.warm.gear1"));
    finish(&g);
    RUN(&g, &warm, "vliw.alu_units=1", "vliw.formats=free", "opt.hoist=no",
        "gear2.jumps=no", "vliw.store_buffer=1", "tcache.size=4096");
    CHECK_WELL(stat(&g, "morph.warm.gear2") > 0);
    finish(&g);
    warm_free(&warm);
}

/* A block goes on counting if it is to, and becomes hot when it would have. */
static void test_entries(void **state)
{
    (void)state;
    Guest g;
    Warm warm;
    SAVE(&warm, "gear2.threshold=1500");
    RUN(&g, NULL, "gear2.threshold=1500");
    assert_int_equal(stat(&g, "morph.gear2.translations"), 0);
    finish(&g);
    RUN(&g, &warm, "gear2.threshold=1500");
    assert_int_equal(stat(&g, "morph.gear2.translations"), 0);
    finish(&g);
    RUN(&g, &warm, "gear2.threshold=1500", "morph.warm_counts=yes");
    CHECK_WELL(stat(&g, "morph.gear2.translations") > 0);
    finish(&g);
    RUN(&g, &warm, "gear2.threshold=5000", "morph.warm_counts=yes");
    assert_int_equal(stat(&g, "morph.gear2.translations"), 0);
    finish(&g);
    warm_free(&warm);
}

/* Adds a translation like those that start at the function, with another last
 * word, so that it is asked before them. */
static void add_variant(Warm *to, const Warm *from)
{
    for (size_t i = 0; i < from->translation_count; i++) {
        WarmTranslation t = from->translations[i];
        const IrGuest *guests = &from->guests[t.first];
        if (guests[0].pc != AT(FUNCTION))
            continue;
        IrGuest copy[WARM_GUESTS_MAX];
        memcpy(copy, guests, t.count * sizeof *copy);
        copy[t.count - 1].word ^= 1;
        t.gear = 2;
        warm_add_translation(to, &t, copy);
    }
}

static void test_other_code(void **state)
{
    (void)state;
    Guest g;
    Warm warm, other = {0};
    SAVE(&warm, EAGER, "morph.gears=1");
    add_variant(&other, &warm);
    assert_true(SELKIRK_HARD || other.translation_count == 1);
    /* Alone it is tried so often, and then never again. */
    RUN(&g, &other, "gear1.threshold=100", "morph.warm_tries=3");
    assert_int_equal(stat(&g, "morph.warm.gear2"), 0);
    CHECK_WELL(stat(&g, "morph.warm.failed") == 3);
    finish(&g);
    /* Beside the right one it is no hindrance. */
    if (other.translation_count)
        warm_add_translation(&warm, other.translations, other.guests);
    RUN(&g, &warm, "morph.gears=2", "gear2.threshold=5000");
    CHECK_WELL(stat(&g, "morph.warm.failed") == 1);
    CHECK_WELL(stat(&g, "morph.gear1.translations") == 0);
    finish(&g);
    warm_free(&warm);
    warm_free(&other);
}

/* Lessons are about words: another word, or no memory, teaches nothing. */
static void test_lessons(void **state)
{
    (void)state;
    Guest g;
    Warm warm;
    char text[256];
    uint32_t print = AT(10);
    snprintf(text, sizeof text,
             TITLE "lesson 0x%08x 0x%08x mmio=2 faults=0 interpret\n"
                   "lesson 0x%08x 0x%08x mmio=2 faults=0 interpret\n"
                   "lesson 0xfffffffc 0 mmio=2 faults=0 interpret\nend 3\n",
             print & 0x1fffffff, program[10], START & 0x1fffffff, NOP);
    parse(&warm, text);
    RUN(&g, &warm, EAGER);
    assert_int_equal(stat(&g, "morph.warm.lessons"), 1);
    assert_int_equal(stat(&g, "morph.learned.mmio"), 0);
    assert_int_equal(stat(&g, "morph.faults.mmio"), 0);
    Warm next = {0};
    machine_save_warm(g.machine, &next);
    assert_int_equal(next.lesson_count, 1);
    assert_int_equal(next.lessons[0].mmio, 2);
    assert_true(next.lessons[0].interpret);
    finish(&g);
    warm_free(&next);
    warm_free(&warm);
    RUN(&g, NULL, EAGER);
    CHECK_WELL(stat(&g, "morph.learned.mmio") == 1);
    finish(&g);
}

/* A superblock takes the way of the branch that was counted before. */
static void test_profile(void **state)
{
    (void)state;
    Warm warm, saved = {0};
    Guest g;
    char text[256];
    uint32_t branch = AT(8);
    snprintf(text, sizeof text,
             TITLE "branch 0x%08x 0x%08x taken=0 not=4294967295\nend 1\n",
             branch, branch & 0x1fffffff);
    parse(&warm, text);
    RUN(&g, &warm, EAGER);
    machine_save_warm(g.machine, &saved);
    bool followed = false;
    for (size_t i = 1; i < saved.guest_count; i++)
        followed |=
            saved.guests[i - 1].pc == AT(9) && saved.guests[i].pc == AT(10);
    /* The device access there is interpreted, but what leads to it is not. */
    for (size_t i = 0; i < saved.translation_count; i++)
        followed |= saved.translations[i].next == AT(10) &&
                    saved.translations[i].gear == 2;
    CHECK_WELL(followed);
    for (size_t i = 0; i < saved.branch_count; i++)
        if (saved.branches[i].pc == branch)
            assert_true(saved.branches[i].not_taken > UINT32_MAX / 2);
    finish(&g);
    warm_free(&saved);
    warm_free(&warm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_meaning),
        cmocka_unit_test(test_refused),    cmocka_unit_test(test_longest),
        cmocka_unit_test(test_files),      cmocka_unit_test(test_too_much),
        cmocka_unit_test(test_start),      cmocka_unit_test(test_repeats),
        cmocka_unit_test(test_other_keys), cmocka_unit_test(test_entries),
        cmocka_unit_test(test_other_code), cmocka_unit_test(test_lessons),
        cmocka_unit_test(test_profile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
