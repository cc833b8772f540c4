/* Presets by name; see presets.h. */
#include "hwmodel/presets/presets.h"

#include <stdio.h>
#include <string.h>

bool preset_apply(Config *config, const char *name, const char *where,
                  Diag *diag)
{
    char names[DIAG_TEXT_MAX] = "";
    size_t used = 0;
    for (const Preset *p = preset_table; p->name; p++) {
        if (strcmp(p->name, name) == 0)
            return config_read_text(config, p->text, p->name, diag);
        if (used < sizeof names)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s",
                                     used ? ", " : "", p->name);
    }
    return diag_error(diag,
                      "%s: there is no preset \"%s\"; choose from "
                      "%s",
                      where, name, names);
}
