/* The configuration that a command line asks for; see settings.h. */
#include "cli/settings.h"

#include "base/alloc.h"
#include "base/bits.h"
#include "hwmodel/presets/presets.h"

#include <stdlib.h>
#include <string.h>

/* In the order in which they are applied: what comes later holds. */
typedef enum Phase { PRESETS, FILES, KEYS, PHASES } Phase;

/* Options that are short for the setting of a key. */
static const struct {
    OptionId id;
    const char *option, *key;
} shorts[] = {
    {OPTION_MACHINE, "--machine", "machine.board"},
    {OPTION_MEMORY, "--memory", "machine.memory"},
    {OPTION_MODEL, "--model", "cpu.model"},
    {OPTION_GEARS, "--gears", "morph.gears"},
    {OPTION_ENGINE, "--engine", "engine.kind"},
    {OPTION_TCACHE, "--tcache", "engine.saved"},
    {OPTION_FAST_FORWARD, "--fast-forward", "fast_forward.to"},
    {OPTION_ROI_FROM, "--roi-from", "roi.from"},
    {OPTION_ROI_TO, "--roi-to", "roi.to"},
    {OPTION_SAMPLE_LIBRARY, "--sample-library", "sample.library"},
};

/* "N" or "N,UNIT" are two keys. */
static bool apply_interval(Config *config, const char *value, Diag *diag)
{
    const char *comma = strchr(value, ',');
    char *number = alloc_string(value);
    if (comma)
        number[comma - value] = '\0';
    bool ok =
        config_set(config, "stats.interval", number, "--interval", diag) &&
        (!comma || config_set(config, "stats.interval_unit", comma + 1,
                              "--interval", diag));
    free(number);
    return ok;
}

/* "PERIOD", "PERIOD,UNIT" or "PERIOD,UNIT,WARM". */
static bool apply_sample(Config *config, const char *value, Diag *diag)
{
    static const char *const keys[] = {"sample.period", "sample.unit",
                                       "sample.warm"};
    char *numbers = alloc_string(value), *rest = numbers;
    bool ok = true;
    for (size_t i = 0; ok && rest && i < ARRAY_LEN(keys); i++) {
        char *number = rest;
        rest = strchr(number, ',');
        if (rest)
            *rest++ = '\0';
        ok = config_set(config, keys[i], number, "--sample", diag);
    }
    if (ok && rest)
        ok = diag_error(diag,
                        "--sample %s: three numbers at most are wanted, such "
                        "as 1M,20k,100k",
                        value);
    free(numbers);
    return ok;
}

static bool apply_short(Config *config, const OptionUse *use, Diag *diag)
{
    for (size_t i = 0; i < ARRAY_LEN(shorts); i++)
        if (use->id == shorts[i].id)
            return config_set(config, shorts[i].key, use->value,
                              shorts[i].option, diag);
    return true;
}

static bool apply(Config *config, const OptionUse *use, Phase phase, Diag *diag)
{
    switch (use->id) {
    case OPTION_PRESET:
        return phase != PRESETS ||
               preset_apply(config, use->value, "--preset", diag);
    case OPTION_CONFIG:
        return phase != FILES || config_read_file(config, use->value, diag);
    case OPTION_SET:
        return phase != KEYS ||
               config_set_word(config, use->value, "--set", diag);
    case OPTION_SAMPLE:
        return phase != KEYS || apply_sample(config, use->value, diag);
    case OPTION_INTERVAL:
        return phase != KEYS || apply_interval(config, use->value, diag);
    default: return phase != KEYS || apply_short(config, use, diag);
    }
}

Config *settings_create(const Options *options, Diag *diag)
{
    Config *config = config_create();
    for (Phase phase = 0; phase < PHASES; phase++) {
        for (size_t i = 0; i < options->use_count; i++) {
            if (!apply(config, &options->uses[i], phase, diag)) {
                config_destroy(config);
                return NULL;
            }
        }
    }
    return config;
}

bool settings_print(const Options *options, Diag *diag)
{
    Config *config = settings_create(options, diag);
    if (!config)
        return false;
    if (options_has(options, OPTION_WRITE))
        config_write(config, stdout);
    else
        config_list(stdout);
    config_destroy(config);
    return true;
}
