/* INI files with the places of what is in them: libinih, which reads the lines,
 * does not tell its caller where it is. */
#ifndef SELKIRK_BASE_INIFILE_H
#define SELKIRK_BASE_INIFILE_H

#include "base/diag.h"

#include <stdio.h>

/* A "name = value" line, with the lines that go on with the value, which begin
 * with a blank and are joined by one; or, with `name` NULL, a "[section]" line.
 * The texts live until the handler returns. */
typedef struct IniPair {
    const char *section, *name, *value;
    const char *where; /* "FILE:LINE" */
    bool comment;      /* a ';' behind a blank ended a line: a comment */
} IniPair;

/* Returns false with a Diag to end the reading. */
typedef bool IniHandler(void *ctx, const IniPair *pair, Diag *diag);

/* Reads from `file` and closes it; NULL: errno says why it is not open.  `path`
 * and `what` ("the configuration") name the file in messages.  Stops at the
 * first error, which has the file's line. */
bool inifile_read(FILE *file, const char *path, const char *what,
                  IniHandler *handler, void *ctx, Diag *diag);

#endif
