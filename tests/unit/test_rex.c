/* The boot ROM: how it starts a program, and what it answers to its calls.
 * Each test makes up a program that calls services, and looks at what they
 * returned and printed. */
#include "frontend/elf.h"
#include "morph/machine.h"
#include "tests/elf_writer.h"
#include "tests/support/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define START   0x80040000u /* the program */
#define RESULTS 0x80060000u /* what the calls returned, a word each */
#define BUFFER  0x80050000u /* for the program's use */

enum { WORDS_MAX = 1024, TEXT = 0x2000 /* from START: strings */ };

typedef struct Rig {
    uint32_t words[WORDS_MAX];
    size_t count;
    char text[512];
    size_t text_size;
    unsigned calls;
    Config *config;
    ElfImage *image;
    Machine *machine;
    char out[1024];
    size_t out_size;
} Rig;

static void emit(Rig *rig, uint32_t word)
{
    assert_true(rig->count < WORDS_MAX);
    rig->words[rig->count++] = word;
}

static void emit_li(Rig *rig, unsigned reg, uint32_t value)
{
    emit(rig, LUI(reg, value >> 16));
    emit(rig, ORI(reg, reg, value));
}

/* The address of a string in the program. */
static uint32_t add_text(Rig *rig, const char *text)
{
    size_t size = strlen(text) + 1;
    assert_true(rig->text_size + size <= sizeof rig->text);
    memcpy(rig->text + rig->text_size, text, size);
    rig->text_size += size;
    return START + TEXT + (uint32_t)(rig->text_size - size);
}

/* Keeps what the ROM has put into a0 to a3 as the first four results. */
static void rig_begin(Rig *rig)
{
    memset(rig, 0, sizeof *rig);
    emit(rig, MOVE(S0, A3));
    emit_li(rig, S1, RESULTS);
    for (unsigned i = 0; i < 4; i++)
        emit(rig, SW(A0 + i, 4 * rig->calls++, S1));
    emit(rig, I(0x09, SP, SP, -32));
}

/* Calls the service at `offset` of the table; the result's index. */
static unsigned add_call(Rig *rig, unsigned offset, uint32_t a0, uint32_t a1,
                         uint32_t a2, uint32_t a3)
{
    const uint32_t args[] = {a0, a1, a2, a3};
    for (unsigned i = 0; i < 4; i++)
        emit_li(rig, A0 + i, args[i]);
    emit(rig, LW(T9, offset, S0));
    emit(rig, NOP);
    emit(rig, JALR(T9));
    emit(rig, NOP);
    emit(rig, SW(V0, 4 * rig->calls, S1));
    return rig->calls++;
}

static void on_put(void *ctx, uint8_t byte)
{
    Rig *rig = ctx;
    assert_true(rig->out_size + 1 < sizeof rig->out);
    rig->out[rig->out_size++] = (char)byte;
}

/* Runs the program, which ends by a jump to the ROM. */
static void rig_run(Rig *rig, const char *word)
{
    Diag diag = {""};
    emit_li(rig, T9, 0xbfc00000);
    emit(rig, JR(T9));
    emit(rig, NOP);
    ElfWriter w;
    uint32_t size = TEXT + sizeof rig->text;
    ElfWriterSegment segment = {START, size, size,
                                ELF_SEGMENT_R | ELF_SEGMENT_X};
    elf_writer_build(&w, false, START, &segment, 1, NULL, 0);
    for (size_t i = 0; i < rig->count; i++)
        elf_writer_put32(&w, w.size - size + 4 * i, rig->words[i]);
    memcpy(w.bytes + w.size - size + TEXT, rig->text, sizeof rig->text);
    rig->image = elf_read_memory("test", w.bytes, w.size, &diag);
    rig->config = config_create();
    if (word)
        assert_true(config_set_word(rig->config, word, "test", &diag));
    MachineConfig mc = {.config = rig->config,
                        .image = rig->image,
                        .cmdline = "one two",
                        .host = {.ctx = rig, .console_put = on_put}};
    rig->machine = machine_create(&mc, &diag);
    if (!rig->machine)
        fail_msg("%s", diag.text);
    machine_set_limits(rig->machine, &(MachineLimits){.insns = 10000000});
    machine_type(rig->machine, "k", 1);
    assert_int_equal(machine_run(rig->machine, UINT64_MAX), MACHINE_STOP_HALT);
}

static void rig_end(Rig *rig)
{
    machine_destroy(rig->machine);
    elf_free(rig->image);
    config_destroy(rig->config);
}

static uint32_t peek(Rig *rig, uint32_t va)
{
    uint8_t bytes[4];
    assert_true(machine_peek(rig->machine, va, bytes, sizeof bytes));
    return bits_load32(bytes, false);
}

static uint32_t result(Rig *rig, unsigned index)
{
    return peek(rig, RESULTS + 4 * index);
}

static void expect_text(Rig *rig, uint32_t va, const char *expected)
{
    for (size_t i = 0; i <= strlen(expected); i++) {
        char c;
        assert_true(machine_peek(rig->machine, va + (uint32_t)i, &c, 1));
        assert_int_equal(c, expected[i]);
    }
}

static void test_start(void **state)
{
    (void)state;
    Rig rig;
    rig_begin(&rig);
    rig_run(&rig, NULL);
    assert_int_equal(machine_exit_status(rig.machine), 0);
    assert_int_equal(result(&rig, 0), 3);
    uint32_t argv = result(&rig, 1);
    expect_text(&rig, peek(&rig, argv), "boot");
    expect_text(&rig, peek(&rig, argv + 8), "one two console=ttyS3");
    assert_int_equal(peek(&rig, argv + 12), 0);
    assert_int_equal(result(&rig, 2), 0x30464354);
    assert_int_equal(rig.out_size, 0);
    rig_end(&rig);
}

static void test_machine_services(void **state)
{
    (void)state;
    Rig rig;
    rig_begin(&rig);
    unsigned cache = add_call(&rig, 0x7c, START, 100, 0, 0);
    unsigned sysid = add_call(&rig, 0x80, 0, 0, 0, 0);
    unsigned slot0 = add_call(&rig, 0x6c, 0, 0, 0, 0);
    unsigned slot6 = add_call(&rig, 0x6c, 6, 0, 0, 0);
    unsigned bitmap = add_call(&rig, 0x84, BUFFER, 0, 0, 0);
    unsigned tcinfo = add_call(&rig, 0xa4, 0, 0, 0, 0);
    unsigned open = add_call(&rig, 0x54, 0, 0, 0, 0);
    add_call(&rig, 0x70, 0, 0, 0, 0);
    add_call(&rig, 0x74, 20, 0, 0, 0); /* 20 ms */
    add_call(&rig, 0x78, 0x5a, 0, 0, 0);
    unsigned key = add_call(&rig, 0x24, 0, 0, 0, 0);
    rig_run(&rig, "machine.memory=3M");
    assert_int_equal(result(&rig, cache), 0);
    assert_int_equal(result(&rig, sysid) >> 16 & 0xff, 2);
    assert_int_equal(result(&rig, slot0), 0xbe000000);
    assert_int_equal(result(&rig, slot6), 0xbf800000);
    assert_int_equal(result(&rig, bitmap), 3 * 32);
    assert_int_equal(peek(&rig, BUFFER), 4096);
    for (uint32_t i = 0; i < 3 * 32; i += 4)
        assert_int_equal(peek(&rig, BUFFER + 4 + i), 0xffffffff);
    assert_int_equal(peek(&rig, BUFFER + 4 + 3 * 32), 0);
    assert_int_equal(peek(&rig, result(&rig, tcinfo) + 4), 40);
    assert_int_equal(peek(&rig, result(&rig, tcinfo) + 8), 4);
    assert_int_equal(result(&rig, open), 0xffffffff);
    assert_int_equal(result(&rig, key), 'k');
    assert_in_range(machine_cycles(rig.machine), 500000, 600000);
    rig_end(&rig);
}

static void test_print(void **state)
{
    (void)state;
    Rig rig;
    rig_begin(&rig);
    add_call(&rig, 0x30, add_text(&rig, "%s"), add_text(&rig, "a line\n"), 0,
             0);
    add_call(&rig, 0x30, add_text(&rig, "%d, %u and 0x%08lx%%\n"), -120u, 0,
             0xdeadbeef);
    add_call(&rig, 0x30, add_text(&rig, "%u %x%c"), 4294967295u, 0, '!');
    add_call(&rig, 0x30, add_text(&rig, "%"), 0, 0, 0);
    add_call(&rig, 0x2c, add_text(&rig, "\nputs\n"), 0, 0, 0);
    rig_run(&rig, "dz.baud=9600");
    assert_string_equal(rig.out, "a line\r\n-120, 0 and 0xdeadbeef%\r\n"
                                 "4294967295 0!\r\nputs\r\n");
    rig_end(&rig);
}

static void test_strings(void **state)
{
    (void)state;
    Rig rig;
    rig_begin(&rig);
    uint32_t abc = add_text(&rig, "abc"), abd = add_text(&rig, "abd");
    uint32_t none = add_text(&rig, "");
    add_call(&rig, 0x10, BUFFER, abc, 0, 0);         /* strcpy */
    add_call(&rig, 0x08, BUFFER, abd, 0, 0);         /* strcat */
    add_call(&rig, 0x00, BUFFER + 16, BUFFER, 7, 0); /* memcpy */
    add_call(&rig, 0x04, BUFFER + 16, '-', 2, 0);    /* memset */
    add_call(&rig, 0x04, BUFFER + 20, '-', 0, 0);    /* of nothing */
    unsigned length = add_call(&rig, 0x14, BUFFER, 0, 0, 0);
    unsigned zero = add_call(&rig, 0x14, none, 0, 0, 0);
    unsigned less = add_call(&rig, 0x0c, abc, abd, 0, 0);
    unsigned same = add_call(&rig, 0x0c, abc, abc, 0, 0);
    unsigned more = add_call(&rig, 0x0c, abc, none, 0, 0);
    unsigned console = add_call(&rig, 0x64, add_text(&rig, "console"), 0, 0, 0);
    unsigned systype = add_call(&rig, 0x64, add_text(&rig, "systype"), 0, 0, 0);
    unsigned unknown = add_call(&rig, 0x64, abc, 0, 0, 0);
    rig_run(&rig, NULL);
    expect_text(&rig, BUFFER, "abcabd");
    expect_text(&rig, BUFFER + 16, "--cabd");
    assert_int_equal(result(&rig, length), 6);
    assert_int_equal(result(&rig, zero), 0);
    assert_true((int32_t)result(&rig, less) < 0);
    assert_int_equal(result(&rig, same), 0);
    assert_true((int32_t)result(&rig, more) > 0);
    expect_text(&rig, result(&rig, console), "s");
    expect_text(&rig, result(&rig, systype), "0x82020300");
    assert_int_equal(result(&rig, unknown), 0);
    rig_end(&rig);
}

/* A program that breaks before it has its own handlers. */
static void test_exception(void **state)
{
    (void)state;
    Rig rig;
    rig_begin(&rig);
    emit(&rig, LW(T9, 0, 0)); /* TLB refill at address 0 */
    rig_run(&rig, NULL);
    char expected[128];
    snprintf(expected, sizeof expected,
             "\r\nROM: exception, Cause 00000008, EPC %08x, BadVAddr "
             "00000000\r\n",
             START + 4 * 8);
    assert_string_equal(rig.out, expected);
    assert_int_equal(machine_exit_status(rig.machine), BOARD_STATUS_EXCEPTION);
    rig_end(&rig);

    rig_begin(&rig);
    emit_li(&rig, T9, 0xbe000000); /* an empty slot: bus error, IP5 */
    emit(&rig, JR(T9));
    emit(&rig, NOP);
    rig_run(&rig, NULL);
    assert_non_null(strstr(rig.out, "Cause 00002018, EPC be000000"));
    assert_int_equal(machine_exit_status(rig.machine), BOARD_STATUS_EXCEPTION);
    rig_end(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_start),
        cmocka_unit_test(test_machine_services),
        cmocka_unit_test(test_print),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_exception),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
