/* The configuration that a command line asks for; see settings.h. */
#include "cli/settings.h"

#include "hwmodel/presets/presets.h"

/* In the order in which they are applied: what comes later holds. */
typedef enum Phase { PRESETS, FILES, KEYS, PHASES } Phase;

static bool apply(Config *config, const OptionUse *use, Phase phase, Diag *diag)
{
    switch (use->id) {
    case OPTION_PRESET:
        return phase != PRESETS || preset_apply(config, use->value, diag);
    case OPTION_CONFIG:
        return phase != FILES || config_read_file(config, use->value, diag);
    case OPTION_SET:
        return phase != KEYS ||
               config_set_word(config, use->value, "--set", diag);
    case OPTION_MACHINE:
        return phase != KEYS || config_set(config, "machine.board", use->value,
                                           "--machine", diag);
    case OPTION_MEMORY:
        return phase != KEYS || config_set(config, "machine.memory", use->value,
                                           "--memory", diag);
    default: return true;
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
