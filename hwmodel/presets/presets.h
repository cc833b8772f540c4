/* Presets: the INI files of this folder, which are part of the program. */
#ifndef SELKIRK_HWMODEL_PRESETS_PRESETS_H
#define SELKIRK_HWMODEL_PRESETS_PRESETS_H

#include "base/config.h"

typedef struct Preset {
    const char *name; /* of the file, without .ini */
    const char *text;
} Preset;

/* Written by embed.cmake; a row of NULLs ends it. */
extern const Preset preset_table[];

/* Sets the keys that the presets name, one or several with commas between them:
 * what a later one says holds.  A Diag, which begins with `where`, lists the
 * presets if there is none of a name. */
bool preset_apply(Config *config, const char *names, const char *where,
                  Diag *diag);

#endif
