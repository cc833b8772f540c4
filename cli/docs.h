/* `selkirk docs`: the tables of the source as pages of docs/. */
#ifndef SELKIRK_CLI_DOCS_H
#define SELKIRK_CLI_DOCS_H

#include "base/diag.h"
#include "cli/options.h"

/* Prints the page that the operand names. */
bool docs_print(const Options *options, Diag *diag);

#endif
