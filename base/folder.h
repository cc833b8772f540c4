/* Folders that the configuration names, to write to. */
#ifndef SELKIRK_BASE_FOLDER_H
#define SELKIRK_BASE_FOLDER_H

#include "base/diag.h"

/* The folder at `path`, which `key` names, made if it is not there: a file
 * descriptor, to be closed; -1: a Diag. */
int folder_open(const char *key, const char *path, Diag *diag);

#endif
