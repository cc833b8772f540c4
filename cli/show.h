/* `selkirk show`: what the translator makes of a piece of guest code. */
#ifndef SELKIRK_CLI_SHOW_H
#define SELKIRK_CLI_SHOW_H

#include "cli/options.h"

/* Prints to the standard output: the region after lifting and after each pass,
 * then its molecules.  Nothing runs: the code is the image's, branches are
 * taken to be likely when they lead back.  False and a Diag if the address or
 * an option does not fit. */
bool show_print(const Options *options, Diag *diag);

#endif
