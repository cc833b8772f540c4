/* Unit tests of base/config: values of every type, INI files, and what is
 * written comes back. */
#include "base/alloc.h"
#include "base/bits.h"
#include "base/config.h"
#include "base/diag.h"
#include "tests/support/fatal.h"
#include "tests/support/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* Configuration */

typedef struct KeyRow {
    const char *name, *value, *unit;
} KeyRow;

static const KeyRow key_rows[CONFIG_KEY_COUNT] = {
#define KEY(id, name, type, value, min, max, unit, text)                       \
    [CONFIG_##id] = {name, value, unit},
#include "base/config.def"
#undef KEY
};

static void accept(Config *config, const char *name, const char *value)
{
    Diag diag = {""};
    bool ok = config_set(config, name, value, "here", &diag);
    assert_string_equal(diag.text, "");
    assert_true(ok);
}

/* `value` is refused, with `words`, and the key keeps its value. */
static void refuse(Config *config, ConfigKey key, const char *value,
                   const char *words)
{
    Diag diag = {""};
    char *before = alloc_string(config_text(config, key));
    assert_false(config_set(config, key_rows[key].name, value, "here", &diag));
    assert_memory_equal(diag.text, "here: ", 6);
    assert_non_null(strstr(diag.text, key_rows[key].name));
    if (!strstr(diag.text, words))
        fail_msg("\"%s\" does not say \"%s\"", diag.text, words);
    assert_string_equal(config_text(config, key), before);
    free(before);
}

static void test_config_defaults(void **state)
{
    (void)state;
    Config *config = config_create();
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++)
        assert_string_equal(config_text(config, (ConfigKey)i),
                            key_rows[i].value);
    assert_int_equal(config_int(config, CONFIG_MACHINE_MEMORY), 24 << 20);
    assert_int_equal(config_int(config, CONFIG_CPU_CLOCK), 25000000);
    assert_int_equal(config_int(config, CONFIG_CPU_PRID), 0x220);
    assert_true(config_bool(config, CONFIG_CPU_FPU));
    assert_int_equal(config_date(config, CONFIG_RTC_DATE), 946684800);
    assert_int_equal(config_choice(config, CONFIG_MACHINE_BOARD), 0);
    config_destroy(config);
    config_destroy(NULL);
}

static void test_config_int(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t value;
    } good[] = {
        {"1048576", 1 << 20}, {"1024k", 1 << 20},        {"1024K", 1 << 20},
        {"1M", 1 << 20},      {"480M", 480 << 20},       {"0x100000", 1 << 20},
        {"0X400k", 1 << 20},  {"0x1e000000", 480 << 20}, {"00016M", 16 << 20},
    };
    Config *config = config_create();
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        accept(config, "machine.memory", good[i].text);
        assert_int_equal(config_int(config, CONFIG_MACHINE_MEMORY),
                         good[i].value);
        assert_string_equal(config_text(config, CONFIG_MACHINE_MEMORY),
                            good[i].text);
    }
    static const char *const words[] = {
        "",
        " 1M",
        "1M ",
        "+1M",
        "-1M",
        "1.5M",
        "1 M",
        "1m",
        "1Mk",
        "1T",
        "0x",
        "0xg",
        "k",
        "M",
        "1e6",
        "0b1",
        "1M;",
        "\n",
        "1Mi",
        "18446744073709551616",
        "18446744073709551615k",
        "0x10000000000000000",
        "17179869184G",
    };
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        refuse(config, CONFIG_MACHINE_MEMORY, words[i], "is not a number");
    refuse(config, CONFIG_MACHINE_MEMORY, "4095", "is out of range");
    refuse(config, CONFIG_MACHINE_MEMORY, "481M", "from 4096 to 503316480");
    refuse(config, CONFIG_MACHINE_MEMORY, "1G", "bytes");
    refuse(config, CONFIG_MACHINE_MEMORY, "0", "is out of range");
    refuse(config, CONFIG_MACHINE_MEMORY, "18446744073709551615",
           "is out of range");

    accept(config, "cpu.prid", "0xffffffff");
    assert_int_equal(config_int(config, CONFIG_CPU_PRID), 0xffffffff);
    accept(config, "cpu.prid", "0");
    assert_int_equal(config_int(config, CONFIG_CPU_PRID), 0);
    refuse(config, CONFIG_CPU_PRID, "0x100000000", "is out of range");
    config_destroy(config);
}

static void test_config_freq(void **state)
{
    (void)state;
    Config *config = config_create();
    accept(config, "cpu.clock", "33M");
    assert_int_equal(config_int(config, CONFIG_CPU_CLOCK), 33000000);
    accept(config, "cpu.clock", "1G");
    assert_int_equal(config_int(config, CONFIG_CPU_CLOCK), 1000000000);
    accept(config, "cpu.clock", "1000k");
    assert_int_equal(config_int(config, CONFIG_CPU_CLOCK), 1000000);
    refuse(config, CONFIG_CPU_CLOCK, "999999", "is out of range");
    accept(config, "l2.size", "0");
    accept(config, "l2.size", "512k");
    refuse(config, CONFIG_L2_SIZE, "3k", "is not a power of two");
    refuse(config, CONFIG_CPU_DCACHE, "256", "is out of range");
    refuse(config, CONFIG_CPU_CLOCK, "1000000001", "to 1000000000 Hz");
    refuse(config, CONFIG_CPU_CLOCK, "25MHz", "is not a number");
    config_destroy(config);
}

static void test_config_bool(void **state)
{
    (void)state;
    static const char *const yes[] = {"yes", "on", "true", "1"};
    static const char *const no[] = {"no", "off", "false", "0"};
    static const char *const bad[] = {"",    "Yes", "y", "2",
                                      "no|", "|",   "o", "yes "};
    Config *config = config_create();
    for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
        accept(config, "cpu.fpu", no[i]);
        assert_false(config_bool(config, CONFIG_CPU_FPU));
        accept(config, "cpu.fpu", yes[i]);
        assert_true(config_bool(config, CONFIG_CPU_FPU));
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        refuse(config, CONFIG_CPU_FPU, bad[i], "write yes or no");
    config_destroy(config);
}

static void test_config_choice(void **state)
{
    (void)state;
    static const char *const words[] = {"auto", "boot", "stop"};
    static const char *const bad[] = {"",      "aut",       "autos", "Auto",
                                      "stop ", "auto|boot", "|"};
    Config *config = config_create();
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        accept(config, "prom.halt", words[i]);
        assert_int_equal(config_choice(config, CONFIG_PROM_HALT), i);
        assert_string_equal(config_text(config, CONFIG_PROM_HALT), words[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        refuse(config, CONFIG_PROM_HALT, bad[i], "auto|boot|stop");
    config_destroy(config);
}

static void test_config_date(void **state)
{
    (void)state;
    static const char *const good[] = {
        "1970-01-01T00:00:00", "1999-12-31T23:59:59", "2000-02-29T12:30:01",
        "2024-02-29T00:00:00", "2026-03-01T00:00:00", "2038-01-19T03:14:08",
        "2100-03-01T00:00:00", "9999-12-31T23:59:59",
    };
    static const char *const bad[] = {
        "",
        "2000-01-01",
        "2000-01-01 00:00:00",
        "2000-01-01T00:00:00Z",
        "2000-01-01T00:00",
        "1969-12-31T23:59:59",
        "2000-00-01T00:00:00",
        "2000-13-01T00:00:00",
        "2000-01-00T00:00:00",
        "2000-01-32T00:00:00",
        "2000-04-31T00:00:00",
        "2023-02-29T00:00:00",
        "2100-02-29T00:00:00",
        "2000-02-30T00:00:00",
        "2000-01-01T24:00:00",
        "2000-01-01T00:60:00",
        "2000-01-01T00:00:60",
        "2000-1-01T00:00:000",
        "+200-01-01T00:00:00",
    };
    Config *config = config_create();
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct tm tm = {0};
        assert_int_equal(sscanf(good[i], "%d-%d-%dT%d:%d:%d", &tm.tm_year,
                                &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
                                &tm.tm_min, &tm.tm_sec),
                         6);
        tm.tm_year -= 1900;
        tm.tm_mon -= 1;
        accept(config, "rtc.date", good[i]);
        assert_true(config_date(config, CONFIG_RTC_DATE) == timegm(&tm));
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        refuse(config, CONFIG_RTC_DATE, bad[i], "write for example");
    config_destroy(config);
}

/* Every word of every choice has its own index, and may be written. */
static void test_config_all_choices(void **state)
{
    (void)state;
    static const bool is_choice[CONFIG_KEY_COUNT] = {
#define CHOICE                                           true
#define INT                                              false
#define FREQ                                             false
#define POWER                                            false
#define BOOL                                             false
#define DATE                                             false
#define TEXT                                             false
#define KEY(id, name, type, value, min, max, unit, text) [CONFIG_##id] = type,
#include "base/config.def"
#undef KEY
#undef CHOICE
#undef INT
#undef FREQ
#undef POWER
#undef BOOL
#undef DATE
#undef TEXT
    };
    Config *config = config_create();
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
        if (!is_choice[i])
            continue;
        char *words = alloc_string(key_rows[i].unit), *rest = words;
        for (unsigned n = 0; rest; n++) {
            accept(config, key_rows[i].name, strsep(&rest, "|"));
            assert_int_equal(config_choice(config, (ConfigKey)i), n);
        }
        free(words);
    }
    config_destroy(config);
}

static void test_config_names(void **state)
{
    (void)state;
    static const char *const bad[] = {"",           "cpu",        "cpu.",
                                      ".clock",     "clock",      "CPU.clock",
                                      "cpu.clocks", "cpu.clock ", "cpu clock"};
    Config *config = config_create();
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        Diag diag = {""};
        assert_false(config_set(config, bad[i], "1M", "--set", &diag));
        assert_memory_equal(diag.text, "--set: there is no key \"", 23);
        assert_non_null(strstr(diag.text, bad[i]));
    }
    config_destroy(config);
}

static void test_config_words(void **state)
{
    (void)state;
    Config *config = config_create();
    Diag diag = {""};
    assert_true(config_set_word(config, "cpu.clock=2M", "--set", &diag));
    assert_int_equal(config_int(config, CONFIG_CPU_CLOCK), 2000000);
    assert_true(config_set_word(config, "cpu.clock=3M", "--set", &diag));
    assert_int_equal(config_int(config, CONFIG_CPU_CLOCK), 3000000);
    assert_string_equal(diag.text, "");

    assert_false(config_set_word(config, "cpu.clock", "--set", &diag));
    assert_string_equal(diag.text, "--set: \"cpu.clock\" has no '='; write "
                                   "section.key=value");
    diag = (Diag){""};
    assert_false(config_set_word(config, "=1", "--set", &diag));
    assert_non_null(strstr(diag.text, "there is no key \"\""));
    diag = (Diag){""};
    assert_false(config_set_word(config, "cpu.clock=2M=3M", "--set", &diag));
    assert_non_null(strstr(diag.text, "\"2M=3M\" is not a number"));
    assert_int_equal(config_int(config, CONFIG_CPU_CLOCK), 3000000);
    config_destroy(config);
}

static void read_wrong_type(void)
{
    config_bool(config_create(), CONFIG_CPU_CLOCK);
}

static void test_config_hash(void **state)
{
    (void)state;
    Config *a = config_create(), *b = config_create();
    uint64_t hash = config_hash_model(a);
    assert_true(config_hash_model(b) == hash);
    accept(a, "machine.memory", "16M");
    assert_true(config_hash_model(a) != hash);
    accept(b, "machine.memory", "0x1000000");
    assert_true(config_hash_model(a) == config_hash_model(b));
    accept(a, "fast_forward.to", "roi");
    assert_true(config_hash_model(a) != config_hash_model(b));
    accept(b, "fast_forward.to", "roi");
    accept(b, "engine.threads", "3"); /* is not of the model */
    assert_true(config_hash_model(a) == config_hash_model(b));
    config_destroy(a);
    config_destroy(b);
}

static void test_config_wrong_type_is_a_bug(void **state)
{
    (void)state;
    assert_true(is_fatal(read_wrong_type));
}

/* INI files */

typedef struct IniFile {
    char path[40];
    Config *config;
} IniFile;

static int ini_create(void **state)
{
    IniFile *ini = alloc_zeroed(1, sizeof *ini);
    strcpy(ini->path, "/tmp/selkirk-test-XXXXXX");
    int fd = mkstemp(ini->path);
    if (fd < 0 || close(fd) != 0)
        return -1;
    ini->config = config_create();
    *state = ini;
    return 0;
}

static int ini_remove(void **state)
{
    IniFile *ini = *state;
    int status = unlink(ini->path);
    config_destroy(ini->config);
    free(ini);
    return status;
}

static bool ini_read(IniFile *ini, const char *text, Diag *diag)
{
    FILE *file = fopen(ini->path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    *diag = (Diag){""};
    return config_read_file(ini->config, ini->path, diag);
}

static void ini_accept(IniFile *ini, const char *text)
{
    Diag diag;
    bool ok = ini_read(ini, text, &diag);
    assert_string_equal(diag.text, "");
    assert_true(ok);
}

/* The message is "PATH:LINE: " and something with `words`. */
static void ini_refuse(IniFile *ini, const char *text, int line,
                       const char *words)
{
    Diag diag;
    assert_false(ini_read(ini, text, &diag));
    char where[64];
    snprintf(where, sizeof where, "%s:%d: ", ini->path, line);
    if (strncmp(diag.text, where, strlen(where)) != 0 ||
        !strstr(diag.text, words))
        fail_msg("\"%s\" does not begin \"%s\" and say \"%s\"", diag.text,
                 where, words);
}

static void test_ini(void **state)
{
    IniFile *ini = *state;
    ini_accept(ini, "");
    ini_accept(ini, "# nothing\n\n; here\n");
    ini_accept(ini, "# two sections\n[cpu]\nclock = 40M ; comment\n"
                    "fpu=no\n\n[machine]\n   memory  =  8M  \n");
    assert_int_equal(config_int(ini->config, CONFIG_CPU_CLOCK), 40000000);
    assert_false(config_bool(ini->config, CONFIG_CPU_FPU));
    assert_int_equal(config_int(ini->config, CONFIG_MACHINE_MEMORY), 8 << 20);
    /* The last line may lack its end; lines may end as on DOS. */
    ini_accept(ini, "[cpu]\r\nclock = 10M\r\nclock = 20M");
    assert_int_equal(config_int(ini->config, CONFIG_CPU_CLOCK), 20000000);
    assert_int_equal(config_int(ini->config, CONFIG_MACHINE_MEMORY), 8 << 20);
    /* A byte order mark, and a value that goes on. */
    ini_accept(ini, "\xef\xbb\xbf[cpu]\nclock = 30M\n[fast_forward]\n"
                    "to = until:a\n; not this\n  b ; c\n\tclock = 5M\n");
    assert_int_equal(config_int(ini->config, CONFIG_CPU_CLOCK), 30000000);
    assert_string_equal(config_text(ini->config, CONFIG_FAST_FORWARD_TO),
                        "until:a b ; c clock = 5M");
}

static void test_ini_errors(void **state)
{
    IniFile *ini = *state;
    ini_refuse(ini, "[cpu]\nclock = fast\n", 2, "cpu.clock = \"fast\"");
    ini_refuse(ini, "\n\n[cpu]\n\nclok = 25M\n", 5, "no key \"cpu.clok\"");
    ini_refuse(ini, "clock = 25M\n", 1, "there is no key \".clock\"");
    ini_refuse(ini, "[cpu]\nclock\n", 2, "not INI");
    ini_refuse(ini, "[cpu\nclock = 25M\n", 1, "not INI");
    ini_refuse(ini, "[cpu]\nfpu = maybe", 2, "write yes or no");
    ini_refuse(ini, "[cpu]\nfpu = ", 2, "write yes or no");
    ini_refuse(ini, "[cpu]\nclock = 0\nfpu = maybe\n", 2, "out of range");
    ini_refuse(ini, "[cpu]\nclock = 0\nfpu\n", 2, "out of range");
    ini_refuse(ini, "[cpu]\nclock = 1M\n 2M\n[dz]\n", 2, "\"1M 2M\" is not");

    char text[600] = "[cpu]\nclock = ";
    memset(text + strlen(text), '1', 500);
    strcat(text, "\n");
    ini_refuse(ini, text, 2, "the line is longer than");
}

static void test_ini_no_file(void **state)
{
    IniFile *ini = *state;
    Diag diag = {""};
    assert_false(config_read_file(ini->config, "/nonesuch/a.ini", &diag));
    assert_string_equal(diag.text, "/nonesuch/a.ini: cannot read the "
                                   "configuration: No such file or directory");
    diag = (Diag){""};
    assert_false(config_read_file(ini->config, "/", &diag));
    assert_memory_equal(diag.text, "/: cannot read the configuration", 32);
}

static void write_config(const void *config, FILE *out)
{
    config_write(config, out);
}

static void write_list(const void *unused, FILE *out)
{
    (void)unused;
    config_list(out);
}

static void test_config_round_trip(void **state)
{
    IniFile *ini = *state;
    Config *other = config_create();
    accept(other, "machine.board", "bare");
    accept(other, "machine.memory", "0x200000");
    accept(other, "cpu.clock", "16M");
    accept(other, "cpu.fpu", "off");
    accept(other, "rtc.date", "1990-04-01T01:02:03");
    accept(other, "prom.halt", "stop");
    char *text = text_written(write_config, other);
    ini_accept(ini, text);
    char *again = text_written(write_config, ini->config);
    assert_string_equal(again, text);
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++)
        assert_string_equal(config_text(ini->config, (ConfigKey)i),
                            config_text(other, (ConfigKey)i));
    assert_int_equal(config_int(ini->config, CONFIG_MACHINE_MEMORY), 2 << 20);
    free(again);
    free(text);
    config_destroy(other);
}

static void test_config_list(void **state)
{
    (void)state;
    char *text = text_written(write_list, NULL);
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++)
        assert_non_null(strstr(text, key_rows[i].name));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config_defaults),
        cmocka_unit_test(test_config_int),
        cmocka_unit_test(test_config_freq),
        cmocka_unit_test(test_config_bool),
        cmocka_unit_test(test_config_choice),
        cmocka_unit_test(test_config_date),
        cmocka_unit_test(test_config_all_choices),
        cmocka_unit_test(test_config_names),
        cmocka_unit_test(test_config_words),
        cmocka_unit_test(test_config_hash),
        cmocka_unit_test(test_config_wrong_type_is_a_bug),
        cmocka_unit_test_setup_teardown(test_ini, ini_create, ini_remove),
        cmocka_unit_test_setup_teardown(test_ini_errors, ini_create,
                                        ini_remove),
        cmocka_unit_test_setup_teardown(test_ini_no_file, ini_create,
                                        ini_remove),
        cmocka_unit_test_setup_teardown(test_config_round_trip, ini_create,
                                        ini_remove),
        cmocka_unit_test(test_config_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
