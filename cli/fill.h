/* After a run with --tcache: compiling for later runs, for as long as the key
 * engine.fill says or until a signal. */
#ifndef SELKIRK_CLI_FILL_H
#define SELKIRK_CLI_FILL_H

#include "base/config.h"
#include "morph/machine.h"

#include <stdbool.h>

/* Tells on stderr how far it is, in place, if `shows`, and unless `quiet` what
 * came of it. */
void fill_saved(Machine *machine, const Config *config, bool shows, bool quiet);

#endif
