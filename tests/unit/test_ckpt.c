/* Checkpoint files: what is saved is loaded, and a file that is damaged, cut
 * off, of another version or of another machine is refused with one line. */
#include "base/ckpt.h"

#include "base/alloc.h"
#include "base/bits.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    ROWS = 3,
    PAGES = 6,
    MEMORY = PAGES * CKPT_PAGE,
    /* docs/checkpoints.md, The file */
    AT_VERSION = 8,
    AT_ORDER = 12,
};

typedef struct Row {
    uint8_t kind;
    uint16_t numbers[2];
} Row;

/* A module's state, with one of everything. */
typedef struct State {
    uint8_t byte;
    uint16_t half;
    uint32_t word;
    uint64_t twice;
    bool flag;
    uint32_t array[4];
    Row rows[ROWS];
    uint64_t single;
    uint8_t bytes[5];
    char *text;
    size_t count;
    uint8_t *memory; /* pages of the host's */
    bool map;        /* it may be mapped */
} State;

static const CkptField state_fields[] = {
    CKPT_FIELD(State, byte), CKPT_UP_TO(State, half, 1000),
    CKPT_FIELD(State, word), CKPT_FIELD(State, twice),
    CKPT_BOOL(State, flag),  CKPT_ARRAY(State, array),
};

static const CkptField row_fields[] = {
    CKPT_UP_TO(Row, kind, 9),
    CKPT_ARRAY(Row, numbers),
};

/* Page 4 is one that whoever loads has already: all of its bytes are 4. */
static bool is_known(void *ctx, size_t offset, const uint8_t *page)
{
    (void)ctx;
    return offset == 4 * (size_t)CKPT_PAGE && page[0] == 4;
}

static void take_known(void *ctx, size_t offset)
{
    State *s = ctx;
    memset(s->memory + offset, 4, CKPT_PAGE);
}

static void tell(State *s, Ckpt *ckpt)
{
    if (ckpt_section(ckpt, "fields")) {
        ckpt_fields(ckpt, state_fields, ARRAY_LEN(state_fields), s);
        ckpt_records(ckpt, row_fields, ARRAY_LEN(row_fields), s->rows, ROWS,
                     sizeof s->rows[0]);
    }
    ckpt_pages(ckpt, "memory",
               &(CkptPages){.memory = s->memory,
                            .size = MEMORY,
                            .map = s->map,
                            .ctx = s,
                            .is_known = is_known,
                            .take_known = take_known});
    if (ckpt_section(ckpt, "items")) {
        ckpt_u64(ckpt, "single", &s->single, UINT64_MAX);
        ckpt_bytes(ckpt, "bytes", s->bytes, sizeof s->bytes);
        char *text = ckpt_text(ckpt, "text", s->text);
        if (text) {
            free(s->text);
            s->text = text;
        }
        s->count = ckpt_count(ckpt, "count", s->count, 100);
        ckpt_same(ckpt, "same", 77, "make it so");
    }
}

/* --- A file and what it holds ----------------------------------------------
 */

typedef struct World {
    char path[32];
    State saved;
    uint8_t *bytes; /* of the file, to be broken */
    size_t size;
} World;

static void make_memory(State *s)
{
    s->memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(s->memory != MAP_FAILED);
}

static void drop(State *s)
{
    munmap(s->memory, MEMORY);
    free(s->text);
}

static void fill(State *s)
{
    *s = (State){.byte = 0xfe,
                 .half = 1000,
                 .word = 0xfffffffe,
                 .twice = UINT64_MAX - 1,
                 .flag = true,
                 .array = {1, 2, 3, UINT32_MAX},
                 .rows = {{1, {2, 3}}, {4, {5, 6}}, {9, {8, 0xffff}}},
                 .single = 1,
                 .bytes = "byte",
                 .text = alloc_string("some text"),
                 .count = 100};
    make_memory(s);
    for (size_t i = 0; i < CKPT_PAGE; i++) {
        s->memory[1 * CKPT_PAGE + i] = (uint8_t)(i / 16);
        s->memory[2 * CKPT_PAGE + i] = 2;
        s->memory[4 * CKPT_PAGE + i] = 4;
    }
    s->memory[MEMORY - 1] = 1;
}

static void assert_same(const State *a, const State *b)
{
    assert_int_equal(a->byte, b->byte);
    assert_int_equal(a->half, b->half);
    assert_int_equal(a->word, b->word);
    assert_int_equal(a->twice, b->twice);
    assert_int_equal(a->flag, b->flag);
    assert_memory_equal(a->array, b->array, sizeof a->array);
    for (unsigned i = 0; i < ROWS; i++) {
        assert_int_equal(a->rows[i].kind, b->rows[i].kind);
        assert_memory_equal(a->rows[i].numbers, b->rows[i].numbers,
                            sizeof a->rows[i].numbers);
    }
    assert_int_equal(a->single, b->single);
    assert_memory_equal(a->bytes, b->bytes, sizeof a->bytes);
    assert_string_equal(a->text, b->text);
    assert_int_equal(a->count, b->count);
    assert_memory_equal(a->memory, b->memory, MEMORY);
}

/* One to load into: nothing of it is as it was saved. */
static void make_other(State *s, bool map)
{
    *s = (State){.half = 5, .text = alloc_string("other"), .map = map};
    make_memory(s);
    memset(s->memory, 0xaa, MEMORY);
}

static void read_bytes(World *w)
{
    FILE *in = fopen(w->path, "rb");
    assert_non_null(in);
    free(w->bytes);
    assert_int_equal(fseek(in, 0, SEEK_END), 0);
    w->size = (size_t)ftell(in);
    w->bytes = alloc_zeroed(w->size, 1);
    rewind(in);
    assert_int_equal(fread(w->bytes, 1, w->size, in), w->size);
    fclose(in);
}

static void write_bytes(const World *w, size_t size)
{
    FILE *out = fopen(w->path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(w->bytes, 1, size, out), size);
    assert_int_equal(fclose(out), 0);
}

static void cut_off(const World *w, size_t size)
{
    assert_int_equal(truncate(w->path, (off_t)size), 0);
}

static void write_byte(const World *w, size_t at, uint8_t byte)
{
    int file = open(w->path, O_WRONLY);
    assert_true(file >= 0);
    assert_int_equal(pwrite(file, &byte, 1, (off_t)at), 1);
    close(file);
}

static void write_ckpt(World *w, Ckpt *ckpt)
{
    FILE *out = fopen(w->path, "wb");
    assert_non_null(out);
    assert_true(ckpt_end(ckpt));
    assert_true(ckpt_write(ckpt, out));
    assert_int_equal(fclose(out), 0);
    ckpt_destroy(ckpt);
    read_bytes(w);
}

static void save(World *w, bool compress)
{
    Ckpt *ckpt = ckpt_create(compress);
    assert_false(ckpt_loads(ckpt));
    tell(&w->saved, ckpt);
    write_ckpt(w, ckpt);
}

static void assert_line(const char *text)
{
    assert_true(*text && !strchr(text, '\n'));
}

/* Whether the file was taken; then what it holds is as it was saved. */
static bool load(const World *w, bool map, Diag *diag)
{
    State s;
    *diag = (Diag){""};
    Ckpt *ckpt = ckpt_open(w->path, diag);
    if (!ckpt) {
        assert_line(diag->text);
        return false;
    }
    make_other(&s, map);
    tell(&s, ckpt);
    bool good = ckpt_end(ckpt);
    if (good) {
        assert_null(ckpt_error(ckpt));
        assert_same(&s, &w->saved);
    } else {
        assert_line(ckpt_error(ckpt));
        diag_error(diag, "%s", ckpt_error(ckpt));
    }
    ckpt_destroy(ckpt);
    drop(&s);
    return good;
}

static void assert_refused(const World *w, const char *words)
{
    Diag diag;
    assert_false(load(w, false, &diag));
    if (!strstr(diag.text, words))
        fail_msg("'%s' is not in: %s", words, diag.text);
}

static int set_up(void **state)
{
    World *w = calloc(1, sizeof *w);
    strcpy(w->path, "/tmp/selkirk-test-XXXXXX");
    int file = mkstemp(w->path);
    fill(&w->saved);
    *state = w;
    return file < 0 ? -1 : close(file);
}

static int tear_down(void **state)
{
    World *w = *state;
    int gone = unlink(w->path);
    drop(&w->saved);
    free(w->bytes);
    free(w);
    return gone;
}

/* --- What is saved is loaded -----------------------------------------------
 */

static void test_keeps(void **state)
{
    World *w = *state;
    Diag diag;
    for (unsigned i = 0; i < 4; i++) {
        save(w, i & 1);
        assert_true(load(w, i & 2, &diag));
    }
}

/* The same is saved as the same bytes. */
static void test_repeats(void **state)
{
    World *w = *state;
    for (unsigned compress = 0; compress < 2; compress++) {
        save(w, compress);
        size_t size = w->size;
        uint8_t *first = memcpy(malloc(size), w->bytes, size);
        save(w, compress);
        assert_int_equal(w->size, size);
        assert_memory_equal(w->bytes, first, size);
        free(first);
    }
}

/* What is mapped is nobody else's, and the file stays as it is. */
static void test_maps_privately(void **state)
{
    World *w = *state;
    Diag diag;
    State a, b;
    save(w, false);
    make_other(&a, true);
    make_other(&b, true);
    Ckpt *ckpt[] = {ckpt_open(w->path, &diag), ckpt_open(w->path, &diag)};
    tell(&a, ckpt[0]);
    memset(a.memory, 0x55, MEMORY);
    tell(&b, ckpt[1]);
    ckpt_destroy(ckpt[0]);
    ckpt_destroy(ckpt[1]);
    assert_same(&b, &w->saved);
    drop(&a);
    drop(&b);
    assert_true(load(w, true, &diag));
}

/* Pages of zeros and those that are known take no room. */
static void test_is_small(void **state)
{
    World *w = *state;
    CkptSection section = {.name = ""};
    save(w, true);
    assert_true(w->size < CKPT_PAGE);
    Diag diag;
    Ckpt *ckpt = ckpt_open(w->path, &diag);
    size_t i = 0;
    while (ckpt_list(ckpt, i, &section) && !section.pages)
        i++;
    assert_string_equal(section.name, "memory");
    assert_int_equal(section.size, 3 * CKPT_PAGE);
    assert_true(section.compressed);
    ckpt_destroy(ckpt);
}

/* --- For whoever lists -----------------------------------------------------
 */

static void test_lists(void **state)
{
    World *w = *state;
    Diag diag;
    CkptItem item;
    save(w, true);
    Ckpt *ckpt = ckpt_open(w->path, &diag);
    assert_true(ckpt_has(ckpt, "items") && !ckpt_has(ckpt, "others"));
    assert_true(ckpt_section(ckpt, "fields"));
    unsigned count = 0;
    for (; ckpt_next(ckpt, &item); count++)
        if (strcmp(item.name, "array") == 0) {
            assert_int_equal(item.count, 4);
            assert_int_equal(ckpt_value(&item, 3), UINT32_MAX);
        }
    assert_int_equal(count, ARRAY_LEN(state_fields) + ARRAY_LEN(row_fields));
    size_t size;
    uint8_t *kinds, *memory = ckpt_read_pages(ckpt, "memory", &size, &kinds);
    assert_int_equal(size, MEMORY);
    static const uint8_t wanted[PAGES] = {CKPT_PAGE_ZERO,  CKPT_PAGE_DATA,
                                          CKPT_PAGE_DATA,  CKPT_PAGE_ZERO,
                                          CKPT_PAGE_KNOWN, CKPT_PAGE_DATA};
    assert_memory_equal(kinds, wanted, PAGES);
    assert_memory_equal(memory, w->saved.memory, 4 * CKPT_PAGE);
    free(memory);
    free(kinds);
    ckpt_destroy(ckpt);
}

/* --- What is refused -------------------------------------------------------
 */

/* A file of every length but its own. */
static void test_cut_off(void **state)
{
    World *w = *state;
    Diag diag;
    save(w, true);
    for (size_t size = w->size; size-- > 0;) {
        cut_off(w, size);
        assert_false(load(w, false, &diag));
    }
    save(w, false);
    for (size_t size = w->size; size > 509;) {
        cut_off(w, size -= 509);
        assert_false(load(w, true, &diag));
    }
    save(w, true);
    w->bytes = alloc_resize(w->bytes, w->size + 1, 1);
    w->bytes[w->size] = 0;
    write_bytes(w, w->size + 1);
    assert_refused(w, "damaged or cut off");
}

/* One bit, or a byte: a checksum tells, but where nobody reads the bytes. */
static void test_damaged(void **state)
{
    static const uint8_t flips[] = {0x01, 0x80, 0xff};
    World *w = *state;
    Diag diag;
    for (unsigned compress = 0; compress < 2; compress++) {
        save(w, compress);
        unsigned refused = 0, step = compress ? 1 : 53;
        for (size_t at = 0; at < w->size; at += step)
            for (size_t k = 0; k < ARRAY_LEN(flips); k++) {
                write_byte(w, at, w->bytes[at] ^ flips[k]);
                refused += !load(w, at & 1, &diag);
                write_byte(w, at, w->bytes[at]);
            }
        assert_true(refused > w->size / step);
    }
}

static void test_versions(void **state)
{
    World *w = *state;
    save(w, true);
    uint8_t *version = w->bytes + AT_VERSION;
    assert_int_equal(*version, CKPT_VERSION);
    *version = CKPT_VERSION + 1;
    write_bytes(w, w->size);
    assert_refused(w, "version 3 of the format, and this program reads "
                      "version 2; save it anew");
    *version = CKPT_VERSION - 1;
    write_bytes(w, w->size);
    assert_refused(w, "version 1 of the format");
    *version = CKPT_VERSION;
    w->bytes[AT_ORDER] = 1;
    w->bytes[AT_ORDER + 3] = 4;
    write_bytes(w, w->size);
    assert_refused(w, "the other byte order");
    w->bytes[0] = 'S';
    write_bytes(w, w->size);
    assert_refused(w, "this is no checkpoint");
    unlink(w->path);
    assert_refused(w, "cannot read it");
    write_bytes(w, 0);
}

/* Saves a section "s" with what `save_items` puts there, which `load_items`
 * looks at: it must be refused with these words. */
static void refuses(World *w, void (*save_items)(Ckpt *),
                    void (*load_items)(Ckpt *), const char *words)
{
    Diag diag;
    Ckpt *ckpt = ckpt_create(true);
    ckpt_section(ckpt, "s");
    save_items(ckpt);
    write_ckpt(w, ckpt);
    ckpt = ckpt_open(w->path, &diag);
    assert_non_null(ckpt);
    load_items(ckpt);
    assert_false(ckpt_end(ckpt));
    assert_line(ckpt_error(ckpt));
    if (!strstr(ckpt_error(ckpt), words))
        fail_msg("'%s' is not in: %s", words, ckpt_error(ckpt));
    ckpt_destroy(ckpt);
}

static void two_words(Ckpt *ckpt)
{
    uint32_t words[2] = {7, 8};
    ckpt_u32s(ckpt, "words", words, 2);
}

static void three_words(Ckpt *ckpt)
{
    uint32_t words[3] = {0};
    assert_true(ckpt_section(ckpt, "s"));
    ckpt_u32s(ckpt, "words", words, 3);
    assert_int_equal(words[0], 0);
}

static void twice_words(Ckpt *ckpt)
{
    uint64_t words[2] = {0};
    ckpt_section(ckpt, "s");
    ckpt_u64s(ckpt, "words", words, 2);
}

static void other_name(Ckpt *ckpt)
{
    uint32_t words[2] = {0};
    ckpt_section(ckpt, "s");
    ckpt_u32s(ckpt, "others", words, 2);
}

static void other_section(Ckpt *ckpt)
{
    assert_false(ckpt_section(ckpt, "t"));
}

static void nothing(Ckpt *ckpt)
{
    ckpt_section(ckpt, "s");
}

/* After an error nothing is loaded any more. */
static void more_words(Ckpt *ckpt)
{
    uint32_t more = 1;
    uint64_t count = 3;
    ckpt_section(ckpt, "s");
    two_words(ckpt);
    ckpt_u32(ckpt, "more", &more, UINT32_MAX);
    assert_int_equal(more, 1);
    assert_int_equal(ckpt_count(ckpt, "count", count, 3), 0);
    assert_null(ckpt_text(ckpt, "text", ""));
    assert_false(ckpt_section(ckpt, "s"));
}

static void small_words(Ckpt *ckpt)
{
    uint32_t words[2] = {0};
    const CkptField field = {"words", 0, sizeof words[0], 2, 7};
    ckpt_section(ckpt, "s");
    ckpt_fields(ckpt, &field, 1, words);
    assert_int_equal(words[0], 0);
}

static void eight(Ckpt *ckpt)
{
    ckpt_same(ckpt, "number", 8, "");
}

static void nine(Ckpt *ckpt)
{
    ckpt_section(ckpt, "s");
    ckpt_same(ckpt, "number", 9, "make it eight");
}

static void test_other_machines(void **state)
{
    World *w = *state;
    refuses(w, two_words, three_words, "section s has 2 of words, not 3");
    refuses(w, two_words, twice_words, "another one");
    refuses(w, two_words, other_name, "has words where others is looked for");
    refuses(w, two_words, other_section, "there is no section t");
    refuses(w, two_words, nothing, "holds more than this program knows of");
    refuses(w, two_words, more_words, "lacks more");
    refuses(w, two_words, small_words, "words cannot be 8");
    refuses(w, eight, nine, "number was 0x8 and is 0x9; make it eight");
}

/* A memory that has another size. */
static void test_other_memory(void **state)
{
    World *w = *state;
    Diag diag;
    for (unsigned compress = 0; compress < 2; compress++) {
        save(w, compress);
        Ckpt *ckpt = ckpt_open(w->path, &diag);
        ckpt_pages(ckpt, "memory",
                   &(CkptPages){.memory = w->saved.memory,
                                .size = MEMORY - CKPT_PAGE});
        assert_non_null(strstr(ckpt_error(ckpt), "has 24 KB, not 20 KB"));
        ckpt_destroy(ckpt);
    }
}

/* Pages that another checkpoint has come from there, zeros too; what a run has
 * written meanwhile does not stay. */
static void test_shares(void **state)
{
    World *w = *state;
    State loaded = w->saved;
    Diag diag;
    w->saved.map = true;
    save(w, false);
    Ckpt *common = ckpt_open(w->path, &diag);
    w->saved.memory[CKPT_PAGE + 1] ^= 1;
    char path[] = "/tmp/selkirk-test-XXXXXX";
    FILE *file = fdopen(mkstemp(path), "w");
    Ckpt *ckpt = ckpt_create(true);
    ckpt_share(ckpt, common);
    tell(&w->saved, ckpt);
    assert_true(ckpt_end(ckpt) && ckpt_write(ckpt, file));
    ckpt_destroy(ckpt);
    fclose(file);
    make_memory(&loaded);
    loaded.text = NULL;
    for (unsigned round = 0; round < 2; round++) {
        CkptSection section = {NULL, 0, 0, false, false};
        memset(loaded.memory, 0x55, MEMORY);
        loaded.map = round;
        ckpt = ckpt_open(path, &diag);
        for (size_t i = 0; !section.pages; i++)
            assert_true(ckpt_list(ckpt, i, &section));
        assert_int_equal(section.size, CKPT_PAGE);
        ckpt_share(ckpt, common);
        tell(&loaded, ckpt);
        assert_true(ckpt_end(ckpt));
        assert_memory_equal(loaded.memory, w->saved.memory, MEMORY);
        ckpt_destroy(ckpt);
    }
    drop(&loaded);
    unlink(path);
    ckpt_destroy(common);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_keeps),          TEST(test_repeats),
        TEST(test_is_small),       TEST(test_maps_privately),
        TEST(test_lists),          TEST(test_cut_off),
        TEST(test_damaged),        TEST(test_versions),
        TEST(test_other_machines), TEST(test_other_memory),
        TEST(test_shares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
