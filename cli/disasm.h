/* `selkirk disasm`: prints the instructions of an image. */
#ifndef SELKIRK_CLI_DISASM_H
#define SELKIRK_CLI_DISASM_H

#include "cli/options.h"

/* Prints to the standard output.  False if the input is wrong. */
bool disasm_print(const Options *options, Diag *diag);

#endif
