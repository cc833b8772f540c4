/* A file that a run leaves: it is written beside its place, and gets its name
 * when it is complete, so that an earlier one stays whole until then.  What a
 * run that was killed leaves beside it is overwritten by the next one that
 * saves there. */
#ifndef SELKIRK_CLI_SAVEFILE_H
#define SELKIRK_CLI_SAVEFILE_H

#include "base/diag.h"

#include <stdio.h>

/* All zero is one that is not wanted. */
typedef struct SaveFile {
    const char *option; /* that asked for it, for messages */
    const char *path;
    char *partial; /* what it is called until it is complete */
    FILE *file;    /* to write to, or NULL */
    /* The host has all of it on its disk before it gets its name. */
    bool durable;
} SaveFile;

/* Opens it before there is anything to write, so that what cannot be written is
 * said early.  `path` NULL: nothing is wanted.  The strings are borrowed. */
bool savefile_open(SaveFile *save, const char *option, const char *path,
                   Diag *diag);
/* Completes the file.  False and a Diag if it could not be written: then the
 * earlier one stands. */
bool savefile_close(SaveFile *save, Diag *diag);
/* Takes away what was written, unless it was closed. */
void savefile_drop(SaveFile *save);

#endif
