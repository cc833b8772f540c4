/* Configuration values: the table of config.def, parsing and printing. */
#include "base/config.h"

#include "base/alloc.h"
#include "base/bits.h"
#include "base/hash.h"
#include "base/inifile.h"
#include "base/number.h"

#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef enum KeyType { INT, FREQ, POWER, BOOL, DATE, TEXT, CHOICE } KeyType;

typedef struct KeyInfo {
    const char *name;
    KeyType type;
    const char *value; /* the default */
    uint64_t min, max;
    const char *unit;
    const char *text;
} KeyInfo;

static const KeyInfo keys[CONFIG_KEY_COUNT] = {
#define KEY(id, name, type, value, min, max, unit, text)                       \
    [CONFIG_##id] = {name, type, value, min, max, unit, text},
#include "base/config.def"
#undef KEY
};

typedef struct Value {
    char *text;      /* as written */
    uint64_t number; /* INT, FREQ, POWER, BOOL, CHOICE, and DATE as int64_t */
} Value;

struct Config {
    Value values[CONFIG_KEY_COUNT];
};

/* Days since 1970-01-01 in the proleptic Gregorian calendar. */
static int64_t days_from_civil(int64_t year, int64_t month, int64_t day)
{
    /* Years start in March, so that the leap day is a year's last. */
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t m = month <= 2 ? month + 9 : month - 3;
    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 -
           719468;
}

static bool parse_date(const char *text, uint64_t *number)
{
    static const char form[] = "dddd-dd-ddTdd:dd:dd";
    if (strlen(text) != sizeof form - 1)
        return false;
    for (size_t i = 0; form[i]; i++)
        if (form[i] == 'd' ? !isdigit((unsigned char)text[i])
                           : text[i] != form[i])
            return false;
    int year = atoi(text), month = atoi(text + 5), day = atoi(text + 8);
    int hour = atoi(text + 11), min = atoi(text + 14), sec = atoi(text + 17);
    static const int lengths[] = {31, 28, 31, 30, 31, 30,
                                  31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (year < 1970 || month < 1 || month > 12 || day < 1 ||
        day > lengths[month - 1] + (month == 2 && leap) || hour > 23 ||
        min > 59 || sec > 59)
        return false;
    int64_t days = days_from_civil(year, month, day);
    *number = (uint64_t)(days * 86400 + hour * 3600 + min * 60 + sec);
    return true;
}

/* Index of `word` among the '|'-separated `words`. */
static bool parse_choice(const char *words, const char *word, uint64_t *number)
{
    size_t length = strlen(word);
    uint64_t index = 0;
    for (const char *w = words;; index++) {
        size_t n = strcspn(w, "|");
        if (n == length && memcmp(w, word, n) == 0) {
            *number = index;
            return true;
        }
        if (!w[n])
            return false;
        w += n + 1;
    }
}

static bool parse_bool(const char *text, uint64_t *number)
{
    if (parse_choice("no|off|false|0", text, number))
        *number = 0;
    else if (parse_choice("yes|on|true|1", text, number))
        *number = 1;
    else
        return false;
    return true;
}

static bool is_number(KeyType type)
{
    return type == INT || type == FREQ || type == POWER;
}

static bool parse_value(const KeyInfo *key, const char *text, uint64_t *number,
                        const char *where, Diag *diag)
{
    switch (key->type) {
    case INT:
    case FREQ:
    case POWER:
        if (!number_parse(text, key->type == FREQ ? 1000 : 1024, number))
            return diag_error(diag,
                              "%s: %s = \"%s\" is not a number; write "
                              "for example %s",
                              where, key->name, text, key->value);
        if (*number < key->min || *number > key->max)
            return diag_error(diag,
                              "%s: %s = %s is out of range; it goes "
                              "from %" PRIu64 " to %" PRIu64 " %s",
                              where, key->name, text, key->min, key->max,
                              key->unit);
        if (key->type == POWER && (*number & (*number - 1)))
            return diag_error(diag,
                              "%s: %s = %s is not a power of two; write for "
                              "example %s",
                              where, key->name, text, key->value);
        return true;
    case BOOL:
        if (!parse_bool(text, number))
            return diag_error(diag, "%s: %s = \"%s\": write yes or no", where,
                              key->name, text);
        return true;
    case DATE:
        if (!parse_date(text, number))
            return diag_error(diag,
                              "%s: %s = \"%s\" is not a date since "
                              "1970; write for example %s",
                              where, key->name, text, key->value);
        return true;
    case CHOICE:
        if (!parse_choice(key->unit, text, number))
            return diag_error(diag, "%s: %s = \"%s\": choose from %s", where,
                              key->name, text, key->unit);
        return true;
    case TEXT: *number = 0; return true;
    }
    return false;
}

Config *config_create(void)
{
    Config *config = alloc_zeroed(1, sizeof *config);
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
        Diag diag = {""};
        bool ok = parse_value(&keys[i], keys[i].value,
                              &config->values[i].number, "config.def", &diag);
        assert(ok);
        (void)ok;
        config->values[i].text = alloc_string(keys[i].value);
    }
    return config;
}

void config_destroy(Config *config)
{
    if (!config)
        return;
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++)
        free(config->values[i].text);
    free(config);
}

bool config_set(Config *config, const char *name, const char *value,
                const char *where, Diag *diag)
{
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
        if (strcmp(keys[i].name, name) != 0)
            continue;
        uint64_t number;
        if (!parse_value(&keys[i], value, &number, where, diag))
            return false;
        free(config->values[i].text);
        config->values[i] = (Value){alloc_string(value), number};
        return true;
    }
    return diag_error(diag,
                      "%s: there is no key \"%s\"; `selkirk config` "
                      "lists them",
                      where, name);
}

bool config_set_word(Config *config, const char *word, const char *where,
                     Diag *diag)
{
    const char *equals = strchr(word, '=');
    if (!equals)
        return diag_error(diag,
                          "%s: \"%s\" has no '='; write section.key=value",
                          where, word);
    char *name = alloc_string(word);
    name[equals - word] = '\0';
    bool ok = config_set(config, name, equals + 1, where, diag);
    free(name);
    return ok;
}

static bool on_pair(void *ctx, const IniPair *pair, Diag *diag)
{
    char key[DIAG_TEXT_MAX];
    if (!pair->name)
        return true;
    snprintf(key, sizeof key, "%s.%s", pair->section, pair->name);
    return config_set(ctx, key, pair->value, pair->where, diag);
}

static bool read_stream(Config *config, FILE *file, const char *path,
                        Diag *diag)
{
    return inifile_read(file, path, "the configuration", on_pair, config, diag);
}

bool config_read_file(Config *config, const char *path, Diag *diag)
{
    return read_stream(config, fopen(path, "r"), path, diag);
}

bool config_read_text(Config *config, const char *text, const char *name,
                      Diag *diag)
{
    FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
    return read_stream(config, file, name, diag);
}

static const Value *value_of(const Config *config, ConfigKey key, bool fits)
{
    assert(fits);
    (void)fits;
    return &config->values[key];
}

uint64_t config_int(const Config *config, ConfigKey key)
{
    bool fits = is_number(keys[key].type);
    return value_of(config, key, fits)->number;
}

bool config_bool(const Config *config, ConfigKey key)
{
    return value_of(config, key, keys[key].type == BOOL)->number != 0;
}

int64_t config_date(const Config *config, ConfigKey key)
{
    return (int64_t)value_of(config, key, keys[key].type == DATE)->number;
}

unsigned config_choice(const Config *config, ConfigKey key)
{
    return (unsigned)value_of(config, key, keys[key].type == CHOICE)->number;
}

const char *config_text(const Config *config, ConfigKey key)
{
    return config->values[key].text;
}

const char *config_name(ConfigKey key)
{
    return keys[key].name;
}

bool config_is_same(const Config *a, const Config *b, ConfigKey key)
{
    const Value *x = &a->values[key], *y = &b->values[key];
    return keys[key].type == TEXT ? strcmp(x->text, y->text) == 0
                                  : x->number == y->number;
}

/* No result depends on the key. */
static bool is_of_host(const KeyInfo *key)
{
    return strncmp(key->name, "engine.", strlen("engine.")) == 0;
}

static void write_keys(const Config *config, FILE *out, bool host)
{
    const char *section = "";
    size_t length = 0;
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
        const char *name = keys[i].name;
        if (!host && is_of_host(&keys[i]))
            continue;
        const char *dot = strchr(name, '.');
        if ((size_t)(dot - name) != length ||
            memcmp(section, name, length) != 0) {
            section = name;
            length = (size_t)(dot - name);
            fprintf(out, "%s[%.*s]\n", i ? "\n" : "", (int)length, section);
        }
        fprintf(out, "%s = %s\n", dot + 1, config->values[i].text);
    }
}

void config_write(const Config *config, FILE *out)
{
    write_keys(config, out, true);
}

void config_write_model(const Config *config, FILE *out)
{
    write_keys(config, out, false);
}

uint64_t config_hash_key(const Config *config, ConfigKey key, uint64_t hash)
{
    const Value *value = &config->values[key];
    hash = hash_bytes(hash, keys[key].name, strlen(keys[key].name) + 1);
    return keys[key].type == TEXT
               ? hash_bytes(hash, value->text, strlen(value->text) + 1)
               : hash_u64(hash, value->number);
}

uint64_t config_hash_model(const Config *config)
{
    uint64_t hash = HASH_START;
    for (ConfigKey key = 0; key < CONFIG_KEY_COUNT; key++)
        if (!is_of_host(&keys[key]))
            hash = config_hash_key(config, key, hash);
    return hash;
}

void config_list(FILE *out)
{
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++)
        fprintf(out, "%-16s  default %s%s%s%s\n                  %s\n",
                keys[i].name, keys[i].value, keys[i].unit[0] ? " (" : "",
                keys[i].unit, keys[i].unit[0] ? ")" : "", keys[i].text);
}

void config_write_docs(FILE *out)
{
    fputs("| key | default | range or unit | meaning |\n|---|---|---|---|\n",
          out);
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
        const KeyInfo *k = &keys[i];
        fprintf(out, "| `%s` | %s | ", k->name, k->value);
        if (is_number(k->type))
            fprintf(out, "%" PRIu64 " to %" PRIu64 " %s", k->min, k->max,
                    k->unit);
        else if (k->type == BOOL)
            fputs("yes, no", out);
        else
            for (const char *p = k->unit; *p; p++)
                fputs(*p == '|' ? ", " : (char[]){*p, 0}, out);
        fprintf(out, " | %s |\n", k->text);
    }
}
