/* `selkirk hub161`: a hub for the network cards of sys161 machines. */
#ifndef SELKIRK_CLI_HUB161_H
#define SELKIRK_CLI_HUB161_H

#include "cli/options.h"

/* Listens at the socket that the command line names, and hands each frame to
 * all cards but the one that it came from, until a signal ends it.  Returns the
 * exit status. */
int hub161_run(const Options *options, Diag *diag);

#endif
