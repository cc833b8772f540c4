/* The configuration that a command line asks for, and `selkirk config`. */
#ifndef SELKIRK_CLI_SETTINGS_H
#define SELKIRK_CLI_SETTINGS_H

#include "base/config.h"
#include "cli/options.h"

/* Defaults, then --preset, then the --config files, then --set and what
 * is short for it, in the order of the command line.  NULL and a Diag if one of
 * them is wrong; config_destroy() releases the result. */
Config *settings_create(const Options *options, Diag *diag);

/* `selkirk config`: prints to the standard output. */
bool settings_print(const Options *options, Diag *diag);

#endif
