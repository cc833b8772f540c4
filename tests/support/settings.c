/* See settings.h. */
#include "tests/support/settings.h"

#include <stdio.h>
#include <stdlib.h>

static void demand(bool good, const Diag *diag)
{
    if (good)
        return;
    fprintf(stderr, "%s\n", diag->text);
    abort();
}

Config *settings_config(const char *const *words)
{
    Diag diag = {""};
    Config *config = config_create();
    for (; *words; words++)
        demand(config_set_word(config, *words, "settings", &diag), &diag);
    return config;
}

VliwDesc settings_desc(const char *const *words)
{
    Diag diag = {""};
    VliwDesc desc;
    Config *config = settings_config(words);
    demand(vliw_desc_read(&desc, config, &diag), &diag);
    config_destroy(config);
    return desc;
}
