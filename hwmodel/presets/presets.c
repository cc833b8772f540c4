/* Presets by name; see presets.h. */
#include "hwmodel/presets/presets.h"

#include <stdio.h>
#include <string.h>

/* The preset whose name is the first `size` characters of `name`, or NULL. */
static const Preset *find_preset(const char *name, size_t size)
{
    for (const Preset *p = preset_table; p->name; p++)
        if (strlen(p->name) == size && memcmp(p->name, name, size) == 0)
            return p;
    return NULL;
}

static bool refuse_name(const char *name, size_t size, const char *where,
                        Diag *diag)
{
    char names[DIAG_TEXT_MAX] = "";
    size_t used = 0;
    for (const Preset *p = preset_table; p->name && used < sizeof names; p++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s",
                                 used ? ", " : "", p->name);
    return diag_error(diag,
                      "%s: there is no preset \"%.*s\"; choose from "
                      "%s",
                      where, (int)size, name, names);
}

bool preset_apply(Config *config, const char *names, const char *where,
                  Diag *diag)
{
    for (const char *name = names;; name++) {
        name += strspn(name, " ");
        size_t size = strcspn(name, ",");
        const char *end = name + size;
        while (size > 0 && name[size - 1] == ' ')
            size--;
        const Preset *preset = find_preset(name, size);
        if (!preset)
            return refuse_name(name, size, where, diag);
        if (!config_read_text(config, preset->text, preset->name, diag))
            return false;
        if (!*end)
            return true;
        name = end;
    }
}
