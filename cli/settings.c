/* The configuration that a command line asks for; see settings.h. */
#include "cli/settings.h"

static bool apply(Config *config, const OptionUse *use, bool files, Diag *diag)
{
    switch (use->id) {
    case OPTION_CONFIG:
        return !files || config_read_file(config, use->value, diag);
    case OPTION_SET:
        return files || config_set_word(config, use->value, "--set", diag);
    case OPTION_MACHINE:
        return files || config_set(config, "machine.board", use->value,
                                   "--machine", diag);
    case OPTION_MEMORY:
        return files || config_set(config, "machine.memory", use->value,
                                   "--memory", diag);
    default: return true;
    }
}

Config *settings_create(const Options *options, Diag *diag)
{
    Config *config = config_create();
    for (int files = 1; files >= 0; files--) {
        for (size_t i = 0; i < options->use_count; i++) {
            if (!apply(config, &options->uses[i], files, diag)) {
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
