/* Unit tests of base: bits, hashes, allocation, diagnostics, configuration and
 * statistics. */
#include "base/alloc.h"
#include "base/bits.h"
#include "base/config.h"
#include "base/diag.h"
#include "base/hash.h"
#include "base/stats.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* Whether `action` ends the process that runs it; what it says is dropped. */
static bool is_fatal(void (*action)(void))
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (!freopen("/dev/null", "w", stderr))
            _exit(0);
        action();
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

/* Bits and hashes */

static void test_bits_fields(void **state)
{
    (void)state;
    assert_int_equal(bits_get(0xdeadbeef, 0, 8), 0xef);
    assert_int_equal(bits_get(0xdeadbeef, 28, 4), 0xd);
    assert_int_equal(bits_get(0xdeadbeef, 31, 1), 1);
    assert_int_equal(bits_get(0xdeadbeef, 1, 31), 0x6f56df77);
    assert_int_equal(bits_sext8(0x7f), 0x7f);
    assert_int_equal(bits_sext8(0xffffff80), 0xffffff80);
    assert_int_equal(bits_sext8(0x1280), 0xffffff80);
    assert_int_equal(bits_sext16(0x7fff), 0x7fff);
    assert_int_equal(bits_sext16(0x8000), 0xffff8000);
    assert_int_equal(bits_sext16(0xabcd0001), 1);
}

static void test_bits_byte_order(void **state)
{
    (void)state;
    uint8_t bytes[8] = {0};
    for (size_t i = 0; i < 4; i++) { /* aligned and not */
        bits_store32(bytes + i, 0x01020304, true);
        assert_memory_equal(bytes + i, "\x01\x02\x03\x04", 4);
        assert_int_equal(bits_load32(bytes + i, true), 0x01020304);
        assert_int_equal(bits_load32(bytes + i, false), 0x04030201);
        bits_store32(bytes + i, 0x81020304, false);
        assert_memory_equal(bytes + i, "\x04\x03\x02\x81", 4);
        assert_int_equal(bits_load32(bytes + i, false), 0x81020304);
        bits_store16(bytes + i, 0xffff8102, true); /* the low half alone */
        assert_memory_equal(bytes + i, "\x81\x02\x02\x81", 4);
        assert_int_equal(bits_load16(bytes + i, true), 0x8102);
        assert_int_equal(bits_load16(bytes + i, false), 0x0281);
        bits_store16(bytes + i, 0x8102, false);
        assert_memory_equal(bytes + i, "\x02\x81\x02\x81", 4);
    }
}

/* Every byte tells, wherever it stands, and so does the length. */
static void test_hash(void **state)
{
    (void)state;
    uint8_t bytes[24] = {0};
    uint64_t hashes[25];
    for (size_t size = 0; size <= sizeof bytes; size++) {
        uint64_t hash = hashes[size] = hash_bytes(HASH_START, bytes, size);
        for (size_t i = 0; i < size; i++) {
            assert_true(hash != hashes[i]);
            for (unsigned bit = 0; bit < 8; bit++) {
                bytes[i] = (uint8_t)(1u << bit);
                assert_true(hash_bytes(HASH_START, bytes, size) != hash);
            }
            bytes[i] = 0;
        }
    }
    assert_true(hashes[0] == HASH_START);
    assert_true(hash_bytes(hashes[8], bytes, 16) == hashes[24]);
    assert_true(hash_u64(HASH_START, 0x0807060504030201) ==
                hash_bytes(HASH_START, "\1\2\3\4\5\6\7\10", 8));
    assert_true(hash_bytes(HASH_START, "foobar", 6) ==
                hash_u64(HASH_START, 0x06007261626f6f66));
    assert_true(hash_u64(HASH_START, 1) == 0x5a8419103ebe48e4);
}

/* Allocation */

static void allocate_too_much(void)
{
    free(alloc_resize(NULL, SIZE_MAX / 2, 16));
}

static void test_alloc(void **state)
{
    (void)state;
    uint8_t *bytes = alloc_zeroed(1000, 3);
    for (size_t i = 0; i < 3000; i++)
        assert_int_equal(bytes[i], 0);
    memset(bytes, 0x5a, 3000);
    bytes = alloc_resize(bytes, 50000, 4);
    for (size_t i = 0; i < 3000; i++)
        assert_int_equal(bytes[i], 0x5a);
    bytes[199999] = 1;
    bytes = alloc_resize(bytes, 0, 4); /* an empty array is still one */
    assert_non_null(bytes);
    free(bytes);

    void *none = alloc_zeroed(0, 8);
    assert_non_null(none);
    free(none);

    char text[] = "text";
    char *copy = alloc_string(text);
    text[0] = 'n';
    assert_string_equal(copy, "text");
    free(copy);

    /* Around the size of a large page, and no whole number of pages. */
    static const size_t sizes[] = {1, 4096, 2097151, 2097152, 5000001};
    for (unsigned i = 0; i < ARRAY_LEN(sizes); i++) {
        uint8_t *memory = alloc_large(sizes[i]);
        for (size_t k = 0; k < sizes[i]; k++)
            assert_int_equal(memory[k], 0);
        memset(memory, 0xff, sizes[i]);
        alloc_free_large(memory, sizes[i]);
    }

    assert_true(is_fatal(allocate_too_much));
}

/* Diagnostics */

static void test_diag(void **state)
{
    (void)state;
    Diag diag = {""};
    assert_false(diag_error(&diag, "%s:%d: bad", "a\033[2J\n\r\t\177b", 3));
    assert_string_equal(diag.text, "a?[2J????b:3: bad");
    assert_false(diag_error(&diag, "a consequence"));
    assert_string_equal(diag.text, "a?[2J????b:3: bad");

    char text[2 * DIAG_TEXT_MAX];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    diag = (Diag){""};
    assert_false(diag_error(&diag, "%s", text));
    assert_int_equal(strlen(diag.text), DIAG_TEXT_MAX - 1);

    diag = (Diag){""};
    diag_error(&diag, "%s", "naïve"); /* other scripts stay */
    assert_string_equal(diag.text, "naïve");
}

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
    strcpy(ini->path, "/tmp/selkirk-test-base-XXXXXX");
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

static char *written(void (*write)(const void *, FILE *), const void *what)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    write(what, out);
    assert_int_equal(fclose(out), 0);
    return text;
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
    char *text = written(write_config, other);
    ini_accept(ini, text);
    char *again = written(write_config, ini->config);
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
    char *text = written(write_list, NULL);
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++)
        assert_non_null(strstr(text, key_rows[i].name));
    free(text);
}

/* Statistics */

typedef struct Counters {
    uint64_t hits, misses, cycles;
} Counters;

static const StatRow counter_rows[] = {
    {"misses", "accesses", "looked for in vain", offsetof(Counters, misses)},
    {"hits", "accesses", "found", offsetof(Counters, hits)},
    {"a.cycles", "cycles", "spent", offsetof(Counters, cycles)},
};

static void write_text(const void *stats, FILE *out)
{
    stats_write_text(stats, out);
}

static void write_json(const void *stats, FILE *out)
{
    stats_write_json(stats, out);
}

static void test_stats(void **state)
{
    (void)state;
    Counters tlb = {1, 2, 3}, cache = {10, UINT64_MAX, 30};
    Stats *stats = stats_create();
    char group[] = "tlb";
    stats_add(stats, group, counter_rows, ARRAY_LEN(counter_rows), &tlb);
    group[0] = 'x'; /* the name was copied */
    stats_add(stats, "cache", counter_rows, ARRAY_LEN(counter_rows), &cache);
    stats_add(stats, "empty", NULL, 0, NULL);

    assert_true(stats_get(stats, "tlb.hits") == 1);
    assert_true(stats_get(stats, "cache.misses") == UINT64_MAX);
    assert_true(stats_get(stats, "tlb.a.cycles") == 3);
    assert_true(stats_get(stats, "tlb") == 0);
    assert_true(stats_get(stats, "") == 0);
    tlb.hits = 7; /* rows show what the counter says now */
    assert_true(stats_get(stats, "tlb.hits") == 7);

    char *json = written(write_json, stats);
    assert_string_equal(json, "{\n"
                              "  \"cache.a.cycles\": 30,\n"
                              "  \"cache.hits\": 10,\n"
                              "  \"cache.misses\": 18446744073709551615,\n"
                              "  \"tlb.a.cycles\": 3,\n"
                              "  \"tlb.hits\": 7,\n"
                              "  \"tlb.misses\": 2\n"
                              "}\n");
    free(json);

    /* A line a row: name, count, text (unit), in the same order. */
    static const char *const expected[] = {
        "cache.a.cycles 30 spent (cycles)",
        "cache.hits 10 found (accesses)",
        "cache.misses 18446744073709551615 looked for in vain (accesses)",
        "tlb.a.cycles 3 spent (cycles)",
        "tlb.hits 7 found (accesses)",
        "tlb.misses 2 looked for in vain (accesses)",
    };
    char *text = written(write_text, stats), *rest = text;
    for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
        char *line = strsep(&rest, "\n"), row[128], name[64];
        uint64_t count;
        int end = 0;
        assert_non_null(rest);
        assert_int_equal(
            sscanf(line, "%63s %" SCNu64 " %n", name, &count, &end), 2);
        snprintf(row, sizeof row, "%s %" PRIu64 " %s", name, count, line + end);
        assert_string_equal(row, expected[i]);
    }
    assert_string_equal(rest, "");
    free(text);
    stats_destroy(stats);
}

static void write_line(const void *stats, FILE *out)
{
    stats_write_csv_line((Stats *)stats, out);
}

static void write_names(const void *stats, FILE *out)
{
    stats_write_csv_names(stats, out);
}

static void assert_line(Stats *stats, const char *line)
{
    char *text = written(write_line, stats);
    assert_string_equal(text, line);
    free(text);
}

/* Columns: a.a.cycles (a gauge), a.hits, a.misses. */
static void test_stats_region(void **state)
{
    (void)state;
    Counters a = {1, 2, 3};
    Stats *stats = stats_create();
    stats_add(stats, "a", counter_rows, 2, &a);
    stats_add_gauges(stats, "a", counter_rows + 2, 1, &a);
    assert_line(stats, ",3,1,2"); /* from power-on */
    assert_line(stats, ",3,0,0");
    a = (Counters){11, 12, 13};
    stats_reset(stats);
    assert_true(stats_get(stats, "a.hits") == 0);
    assert_true(stats_get_whole(stats, "a.hits") == 11);
    assert_true(stats_get(stats, "a.a.cycles") == 13);
    a = (Counters){15, UINT64_MAX, 7};
    assert_line(stats, ",7,4,18446744073709551603");
    a = (Counters){16, 1, 9};
    assert_line(stats, ",9,1,2");
    assert_true(stats_get(stats, "a.hits") == 5);
    stats_freeze(stats);
    a = (Counters){100, 100, 100};
    assert_true(stats_get(stats, "a.hits") == 5);
    assert_true(stats_get(stats, "a.a.cycles") == 9);
    assert_line(stats, ",9,0,0");
    stats_destroy(stats);
}

/* Buckets that double, and linear ones; the last one takes the rest. */
static void test_histogram(void **state)
{
    (void)state;
    static const StatHistogram doubling = {.name = "d",
                                           .unit = "runs",
                                           .of = "stores",
                                           .text = "ended",
                                           .buckets = 4};
    static const StatHistogram linear = {.name = "l",
                                         .unit = "runs",
                                         .of = "percent",
                                         .text = "ended",
                                         .buckets = 3,
                                         .step = 10};
    Histogram d = {0}, l = {0}, twice = {0};
    static const uint64_t values[] = {0, 1, 2, 3, 4, UINT32_MAX};
    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        histogram_add(&d, 4, values[i], i + 1);
    histogram_add_all(&twice, 4, &d, 2);
    static const uint64_t percents[] = {0, 9, 10, 19, 20, 100};
    for (size_t i = 0; i < ARRAY_LEN(percents); i++)
        histogram_add_linear(&l, 3, 10, percents[i], i + 1);
    Stats *stats = stats_create();
    stats_add_histogram(stats, "h", &doubling, &d);
    stats_add_histogram(stats, "h", &linear, &l);
    stats_add_histogram(stats, "twice", &doubling, &twice);
    char *json = written(write_json, stats);
    assert_string_equal(json, "{\n"
                              "  \"h.d.0-0\": 1,\n"
                              "  \"h.d.1-1\": 2,\n"
                              "  \"h.d.2-3\": 7,\n"
                              "  \"h.d.4+\": 11,\n"
                              "  \"h.d.count\": 21,\n"
                              "  \"h.d.sum\": 25769803810,\n"
                              "  \"h.l.0-9\": 3,\n"
                              "  \"h.l.10-19\": 7,\n"
                              "  \"h.l.20+\": 11,\n"
                              "  \"h.l.count\": 21,\n"
                              "  \"h.l.sum\": 824,\n"
                              "  \"twice.d.0-0\": 2,\n"
                              "  \"twice.d.1-1\": 4,\n"
                              "  \"twice.d.2-3\": 14,\n"
                              "  \"twice.d.4+\": 22,\n"
                              "  \"twice.d.count\": 42,\n"
                              "  \"twice.d.sum\": 51539607620\n"
                              "}\n");
    free(json);
    stats_destroy(stats);
}

/* Numbers in names are sorted as such. */
static void test_stats_order(void **state)
{
    (void)state;
    static const StatRow rows[] = {{"16-31", "", "", 0}, {"8-15", "", "", 0},
                                   {"0-0", "", "", 0},   {"64+", "", "", 0},
                                   {"sum", "", "", 0},   {"l2", "", "", 0},
                                   {"l10.a", "", "", 0}, {"l1d", "", "", 0}};
    uint64_t count = 0;
    Stats *stats = stats_create();
    stats_add(stats, "h", rows, ARRAY_LEN(rows), &count);
    char *names = written(write_names, stats);
    assert_string_equal(names, ",h.0-0,h.8-15,h.16-31,h.64+,h.l1d,h.l2,h.l10.a,"
                               "h.sum");
    free(names);
    stats_destroy(stats);
}

static void test_stats_none(void **state)
{
    (void)state;
    Stats *stats = stats_create();
    assert_true(stats_get(stats, "tlb.hits") == 0);
    char *json = written(write_json, stats);
    assert_string_equal(json, "{\n}\n");
    free(json);
    char *text = written(write_text, stats);
    assert_string_equal(text, "");
    free(text);
    stats_destroy(stats);
    stats_destroy(NULL);
}

/* Parts that are alike: each by itself, and their sums. */
static void test_stats_parts(void **state)
{
    (void)state;
    typedef struct Part {
        uint64_t insns, live;
    } Part;
    static const StatRow rows[] = {
        {"insns", "instructions", "begun", offsetof(Part, insns)}};
    static const StatRow gauges[] = {
        {"live", "things", "alive", offsetof(Part, live)}};
    static const char *const names[] = {"cpu0", "cpu1", "cpu2"};
    Part parts[3] = {{1, 10}, {2, 20}, {4, 40}};
    Stats *stats = stats_create();
    for (size_t i = 0; i < 3; i++) {
        stats_set_part(stats, names[i]);
        stats_add(stats, "cpu", rows, 1, &parts[i]);
        stats_add_gauges(stats, "morph", gauges, 1, &parts[i]);
    }
    stats_set_part(stats, NULL);
    stats_add(stats, "other", rows, 1, &parts[0]);
    assert_int_equal(stats_get(stats, "cpu.insns"), 7);
    assert_int_equal(stats_get(stats, "cpu1.insns"), 2);
    assert_int_equal(stats_get(stats, "morph.live"), 70);
    assert_int_equal(stats_get(stats, "cpu2.morph.live"), 40);
    assert_int_equal(stats_get(stats, "other.insns"), 1);
    stats_reset(stats);
    parts[1].insns += 5;
    assert_int_equal(stats_get(stats, "cpu.insns"), 5);
    assert_int_equal(stats_get(stats, "cpu0.insns"), 0);
    assert_int_equal(stats_get(stats, "morph.live"), 70);
    stats_freeze(stats);
    parts[2].insns++;
    assert_int_equal(stats_get(stats, "cpu.insns"), 5);
    stats_destroy(stats);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bits_fields),
        cmocka_unit_test(test_bits_byte_order),
        cmocka_unit_test(test_hash),
        cmocka_unit_test(test_alloc),
        cmocka_unit_test(test_diag),
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
        cmocka_unit_test(test_stats_parts),
        cmocka_unit_test(test_stats),
        cmocka_unit_test(test_stats_region),
        cmocka_unit_test(test_histogram),
        cmocka_unit_test(test_stats_order),
        cmocka_unit_test(test_stats_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
