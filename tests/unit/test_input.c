/* Unit tests of morph/input: scripts that are taken, scripts that are refused
 * and with which words, hostile sizes, and what is recorded. */
#include "base/alloc.h"
#include "morph/input.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void parse(InputScript *script, const char *text)
{
    Diag diag = {""};
    bool ok = input_parse(script, "script", text, strlen(text), &diag);
    assert_string_equal(diag.text, "");
    assert_true(ok);
}

/* The script is refused with exactly this message. */
static void assert_refused_bytes(const char *text, size_t size,
                                 const char *message)
{
    Diag diag = {""};
    InputScript script = {(InputStep *)1, 1};
    assert_false(input_parse(&script, "script", text, size, &diag));
    assert_string_equal(diag.text, message);
    assert_null(script.steps);
    assert_int_equal(script.count, 0);
}

static void assert_refused(const char *text, const char *message)
{
    assert_refused_bytes(text, strlen(text), message);
}

static void assert_text(const InputStep *step, InputKind kind, const char *text,
                        size_t size)
{
    assert_int_equal(step->kind, kind);
    assert_int_equal(step->size, size);
    assert_memory_equal(step->text, text, size + 1); /* the final zero */
}

static void assert_cycle(const InputStep *step, InputKind kind, uint64_t cycle)
{
    assert_int_equal(step->kind, kind);
    assert_true(step->cycle == cycle);
    assert_null(step->text);
}

static void test_all_steps(void **state)
{
    (void)state;
    InputScript s;
    parse(&s, "# comment\n"
              "\n"
              "after \"GUEST-READY\"\n"
              "  \t at 250000000 \t\n"
              "\t# another\n"
              "wait 1000000\r\n"
              "type\"ls -l\\n\"");
    assert_int_equal(s.count, 4);
    assert_text(&s.steps[0], INPUT_AFTER, "GUEST-READY", 11);
    assert_cycle(&s.steps[1], INPUT_AT, 250000000);
    assert_cycle(&s.steps[2], INPUT_WAIT, 1000000);
    assert_text(&s.steps[3], INPUT_TYPE, "ls -l\n", 6);
    input_free(&s);
    assert_null(s.steps);
    input_free(&s); /* may be done twice */
}

static void test_nothing(void **state)
{
    (void)state;
    static const char *const texts[] = {"",  "\n",  "\n\n",    "  ",
                                        "#", "# x", "\r\n\r\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        InputScript s;
        parse(&s, texts[i]);
        assert_int_equal(s.count, 0);
        input_free(&s);
    }
}

static void test_escapes(void **state)
{
    (void)state;
    InputScript s;
    parse(&s, "type \"\\n\\r\\t\\e\\\\\\\"\\x00\\x7f\\xff\\xAb#\xc3\xa4\"");
    static const char expected[] = "\n\r\t\x1b\\\"\0\x7f\xff\xab#\xc3\xa4";
    assert_int_equal(s.count, 1);
    assert_text(&s.steps[0], INPUT_TYPE, expected, sizeof expected - 1);
    input_free(&s);
}

static void test_numbers(void **state)
{
    (void)state;
    InputScript s;
    parse(&s, "at 0\nwait 0\nat 007\nat 7\nat 18446744073709551615\n"
              "wait 18446744073709551615");
    static const uint64_t cycles[] = {0, 0, 7, 7, UINT64_MAX, UINT64_MAX};
    assert_int_equal(s.count, 6);
    for (size_t i = 0; i < 6; i++)
        assert_true(s.steps[i].cycle == cycles[i]);
    input_free(&s);
}

static void test_network_steps(void **state)
{
    (void)state;
    static const char bytes[] = "\xa4\0\"\n\xff";
    InputScript s;
    parse(&s, "at 5\n  carrier 27 on\ncarrier 0 off\n"
              "frame 9 \"\\xa4\\x00\\\"\\n\\xff\"\n");
    assert_int_equal(s.count, 4);
    assert_int_equal(s.steps[1].kind, INPUT_CARRIER);
    assert_int_equal(s.steps[1].slot, 27);
    assert_true(s.steps[1].on);
    assert_int_equal(s.steps[2].kind, INPUT_CARRIER);
    assert_int_equal(s.steps[2].slot, 0);
    assert_false(s.steps[2].on);
    assert_text(&s.steps[3], INPUT_FRAME, bytes, sizeof bytes - 1);
    assert_int_equal(s.steps[3].slot, 9);
    assert_true(input_has_network(&s));
    input_free(&s);
    parse(&s, "at 5\ntype \"x\"");
    assert_false(input_has_network(&s));
    input_free(&s);
    /* What is recorded is read back. */
    char text[200] = "";
    FILE *file = fmemopen(text, sizeof text, "w");
    assert_non_null(file);
    input_record_carrier(file, 7, 27, true);
    input_record_frame(file, 8, 27, bytes, sizeof bytes - 1);
    input_record_carrier(file, 9, 27, false);
    fclose(file);
    parse(&s, text);
    assert_int_equal(s.count, 6);
    assert_cycle(&s.steps[0], INPUT_AT, 7);
    assert_true(s.steps[1].on);
    assert_cycle(&s.steps[2], INPUT_AT, 8);
    assert_text(&s.steps[3], INPUT_FRAME, bytes, sizeof bytes - 1);
    assert_false(s.steps[5].on);
    input_free(&s);
#define SLOT                                                                   \
    "script:1: the card's slot is missing; write its number, such as 27"
    assert_refused("carrier on", SLOT);
    assert_refused("frame", SLOT);
    assert_refused("frame 123 \"x\"", SLOT);
    assert_refused("carrier 27", "script:1: a carrier is on or off");
    assert_refused("carrier 27 onn", "script:1: a carrier is on or off");
    assert_refused("carrier 27 on on",
                   "script:1: more than one step on the line; begin a new "
                   "line");
    assert_refused("frame 27", "script:1: a text is missing; write it in "
                               "quotes: \"text\"");
    assert_refused("frame 27 \"\"",
                   "script:1: the text is empty; leave the line out");
}

static void test_refuses_lines(void **state)
{
    (void)state;
#define WORDS "a line begins with after, at, wait, type, carrier, frame or #"
    assert_refused("tpye \"x\"", "script:1: " WORDS);
    assert_refused("\n\nTYPE \"x\"", "script:3: " WORDS);
    assert_refused("\"x\"", "script:1: " WORDS);
    assert_refused("typex \"x\"", "script:1: " WORDS);
    assert_refused("7", "script:1: " WORDS);
    assert_refused_bytes("\0", 1, "script:1: " WORDS);
    assert_refused("wait 1 wait 2",
                   "script:1: more than one step on the line; begin a new "
                   "line");
    assert_refused("type \"x\" # no", "script:1: more than one step on the "
                                      "line; begin a new line");
    assert_refused("wait 12k", "script:1: more than one step on the line; "
                               "begin a new line");
}

static void test_refuses_texts(void **state)
{
    (void)state;
#define MISSING "a text is missing; write it in quotes: \"text\""
    assert_refused("type", "script:1: " MISSING);
    assert_refused("after \n", "script:1: " MISSING);
    assert_refused("# ok\ntype x", "script:2: " MISSING);
    assert_refused("type 'x'", "script:1: " MISSING);
#define OPEN                                                                   \
    "the text does not end; close it with \" and write line ends as \\n"
    assert_refused("type \"x", "script:1: " OPEN);
    assert_refused("type \"", "script:1: " OPEN);
    assert_refused("type \"x\ny\"", "script:1: " OPEN);
    assert_refused("type \"x\\\"", "script:1: " OPEN);
    assert_refused("type \"\"", "script:1: the text is empty; leave the line "
                                "out");
    assert_refused("after \"\"", "script:1: the text is empty; leave the line "
                                 "out");
    assert_refused("type \"a\tb\"", "script:1: the text has a control "
                                    "character; write \\x09");
    assert_refused("type \"a\r\n\"", "script:1: the text has a control "
                                     "character; write \\x0d");
    assert_refused("type \"\x7f\"", "script:1: the text has a control "
                                    "character; write \\x7f");
    assert_refused_bytes("type \"a\0b\"", 10,
                         "script:1: the text has a control character; write "
                         "\\x00");
}

static void test_refuses_escapes(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "type \"\\",    "type \"\\a\"",  "type \"\\N\"",   "type \"\\\nx\"",
        "type \"\\x\"", "type \"\\x1\"", "type \"\\x1g\"", "type \"\\xg1\"",
        "type \"\\x1",  "type \"\\x",    "type \"\\0\"",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_refused(texts[i], "script:1: a \\ begins no escape; there are "
                                 "\\n \\r \\t \\e \\\\ \\\" and \\xHH");
}

static void test_refuses_numbers(void **state)
{
    (void)state;
#define NUMBER "a number of cycles is missing; write decimal digits"
    assert_refused("at", "script:1: " NUMBER);
    assert_refused("wait\n5", "script:1: " NUMBER);
    assert_refused("wait -5", "script:1: " NUMBER);
    assert_refused("wait +5", "script:1: " NUMBER);
    assert_refused("at \"5\"", "script:1: " NUMBER);
#define HUGE "the number is above 2^64 - 1; write fewer digits"
    assert_refused("at 18446744073709551616", "script:1: " HUGE);
    assert_refused("wait 184467440737095516150", "script:1: " HUGE);
    assert_refused("wait 99999999999999999999999999", "script:1: " HUGE);
    assert_refused("at 7\nwait 1\nat 6",
                   "script:3: cycle 6 comes after cycle 7 of an earlier line; "
                   "steps stand in order of time");
}

/* Message and position survive a long name. */
static void test_long_name(void **state)
{
    (void)state;
    char name[4000];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    Diag diag = {""};
    InputScript script;
    assert_false(input_parse(&script, name, "\nx", 2, &diag));
    assert_non_null(strstr(diag.text, "n:2: " WORDS));
}

static void test_many_steps_and_long_texts(void **state)
{
    (void)state;
    enum { LINES = 200000, LONG = 4 << 20 };
    size_t size = (size_t)LINES * 7 + LONG + 8;
    char *text = alloc_zeroed(size, 1), *p = text;
    for (int i = 0; i < LINES; i++, p += 7)
        memcpy(p, "wait 1\n", 7);
    memcpy(p, "type \"", 6);
    memset(p + 6, 'x', LONG);
    memcpy(p + 6 + LONG, "\"", 1);
    InputScript s;
    Diag diag = {""};
    assert_true(input_parse(&s, "script", text, size - 1, &diag));
    assert_int_equal(s.count, LINES + 1);
    assert_int_equal(s.steps[LINES].size, LONG);
    input_free(&s);
    /* And an error at the very end still knows its line. */
    assert_refused_bytes(text, size - 2,
                         "script:200001: the text does not end; close it with "
                         "\" and write line ends as \\n");
    free(text);
}

/* A file that holds `size` bytes of `text`; the name is to be freed. */
static char *temporary_file(const char *text, size_t size)
{
    char *path = alloc_string("/tmp/test_input.XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, size), size);
    close(fd);
    return path;
}

static void test_reads_files(void **state)
{
    (void)state;
    char *path = temporary_file("wait 1\ntype \"x\"\n", 16);
    InputScript s;
    Diag diag = {""};
    assert_true(input_read(&s, path, &diag));
    assert_int_equal(s.count, 2);
    input_free(&s);
    unlink(path);

    assert_false(input_read(&s, path, &diag));
    assert_null(s.steps);
    assert_memory_equal(diag.text, path, strlen(path));
    assert_non_null(strstr(diag.text, "cannot read the input script"));
    free(path);

    diag.text[0] = '\0';
    assert_false(input_read(&s, "/tmp", &diag));
    assert_non_null(strstr(diag.text, "cannot read the input script"));

    /* A file without end. */
    diag.text[0] = '\0';
    assert_false(input_read(&s, "/dev/zero", &diag));
    assert_string_equal(diag.text, "/dev/zero: the input script is larger than "
                                   "256 MB; cut it down");
}

static void test_record_is_read_back(void **state)
{
    (void)state;
    unsigned char all[256];
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (unsigned char)i;
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    input_record(out, 5, "ls\r", 3);
    input_record(out, 5, all, sizeof all);
    input_record(out, UINT64_MAX, "\\\"", 2);
    fclose(out);
    assert_memory_equal(text, "at 5\ntype \"ls\\r\"\nat 5\n", 22);

    InputScript s;
    Diag diag = {""};
    assert_true(input_parse(&s, "record", text, size, &diag));
    assert_int_equal(s.count, 6);
    assert_cycle(&s.steps[0], INPUT_AT, 5);
    assert_text(&s.steps[1], INPUT_TYPE, "ls\r", 3);
    assert_int_equal(s.steps[3].size, sizeof all);
    assert_memory_equal(s.steps[3].text, all, sizeof all);
    assert_cycle(&s.steps[4], INPUT_AT, UINT64_MAX);
    assert_text(&s.steps[5], INPUT_TYPE, "\\\"", 2);
    input_free(&s);
    free(text);
}

/* No bytes at all crash or hang the reader (xorshift, fixed seed). */
static void test_random_bytes(void **state)
{
    (void)state;
    static const char alphabet[] =
        "after at wait type \"\"\"\\\\\\xnret0129#\n\n\r\t\x7f";
    uint32_t seed = 2463534242u;
    for (int round = 0; round < 20000; round++) {
        char text[40];
        for (size_t i = 0; i < sizeof text; i++) {
            seed ^= seed << 13;
            seed ^= seed >> 17;
            seed ^= seed << 5;
            text[i] = alphabet[seed % sizeof alphabet];
        }
        InputScript s;
        Diag diag = {""};
        bool ok = input_parse(&s, "random", text, seed % sizeof text, &diag);
        assert_int_equal(ok, diag.text[0] == '\0');
        input_free(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_steps),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_network_steps),
        cmocka_unit_test(test_refuses_lines),
        cmocka_unit_test(test_refuses_texts),
        cmocka_unit_test(test_refuses_escapes),
        cmocka_unit_test(test_refuses_numbers),
        cmocka_unit_test(test_long_name),
        cmocka_unit_test(test_many_steps_and_long_texts),
        cmocka_unit_test(test_reads_files),
        cmocka_unit_test(test_record_is_read_back),
        cmocka_unit_test(test_random_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
