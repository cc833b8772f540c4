/* Configuration: named, typed, checked values from config.def, set by default,
 * by INI files and by `section.key=value` words, last one wins. */
#ifndef SELKIRK_BASE_CONFIG_H
#define SELKIRK_BASE_CONFIG_H

#include "base/diag.h"

#include <stdint.h>
#include <stdio.h>

typedef enum ConfigKey {
#define KEY(id, name, type, value, min, max, unit, text) CONFIG_##id,
#include "base/config.def"
#undef KEY
    CONFIG_KEY_COUNT
} ConfigKey;

typedef struct Config Config;

/* A configuration of defaults; config_destroy() releases it. */
Config *config_create(void);
void config_destroy(Config *config);

/* Sets one key by name.  `where` (file and line, or the option's name) starts
 * the message when name or value is wrong; the old value then stays. */
bool config_set(Config *config, const char *name, const char *value,
                const char *where, Diag *diag);

/* Sets a key from one word "section.key=value". */
bool config_set_word(Config *config, const char *word, const char *where,
                     Diag *diag);

/* Reads an INI file.  Stops at the first error, which names file and line. */
bool config_read_file(Config *config, const char *path, Diag *diag);
/* The same from a text, not empty; `name` stands for the file in messages. */
bool config_read_text(Config *config, const char *text, const char *name,
                      Diag *diag);

const char *config_name(ConfigKey key);
/* Whether both have the same value, however it is written. */
bool config_is_same(const Config *a, const Config *b, ConfigKey key);

/* Values.  A key read with a function that does not fit its type is a bug
 * (assertion).  DATE gives seconds since 1970-01-01 00:00:00 UTC; CHOICE the
 * word's index; texts live until the key is set again. */
uint64_t config_int(const Config *config, ConfigKey key);
bool config_bool(const Config *config, ConfigKey key);
int64_t config_date(const Config *config, ConfigKey key);
unsigned config_choice(const Config *config, ConfigKey key);
const char *config_text(const Config *config, ConfigKey key);

/* Writes every key as an INI file that config_read_file() takes back. */
void config_write(const Config *config, FILE *out);
/* The same without [engine], on which no result depends. */
void config_write_model(const Config *config, FILE *out);
/* A hash of those: equal for equal values, however they are written; and
 * `hash` with a single key's name and value. */
uint64_t config_hash_model(const Config *config);
uint64_t config_hash_key(const Config *config, ConfigKey key, uint64_t hash);

/* Writes the table of keys for people: name, default, unit, description. */
void config_list(FILE *out);
/* The same as a Markdown table, for docs/. */
void config_write_docs(FILE *out);

#endif
