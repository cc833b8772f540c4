/* `selkirk mkdisk`: makes disk images. */
#ifndef SELKIRK_CLI_MKDISK_H
#define SELKIRK_CLI_MKDISK_H

#include "cli/options.h"

/* Makes the disk that the command line asks for. */
bool mkdisk_make(const Options *options, Diag *diag);

#endif
