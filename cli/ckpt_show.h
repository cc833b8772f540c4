/* `selkirk ckpt`: what checkpoints hold. */
#ifndef SELKIRK_CLI_CKPT_SHOW_H
#define SELKIRK_CLI_CKPT_SHOW_H

#include "cli/options.h"

/* Returns the exit status: 1 if two checkpoints differ. */
int ckpt_program(const Options *options, Diag *diag);

#endif
