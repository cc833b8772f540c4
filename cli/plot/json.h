/* JSON files (RFC 8259) as a list of their leaves. */
#ifndef SELKIRK_CLI_PLOT_JSON_H
#define SELKIRK_CLI_PLOT_JSON_H

#include "base/arena.h"
#include "base/diag.h"

#include <stddef.h>

/* A string, number, true, false or null: {"host": {"mips": [7]}} has the leaf
 * "host.mips.0" with the text 7. */
typedef struct JsonLeaf {
    const char *name;
    const char *text; /* of a string, what it stands for */
} JsonLeaf;

typedef struct JsonLeaves {
    JsonLeaf *list; /* in the order of the file */
    size_t count;
} JsonLeaves;

/* Reads a file.  False and a Diag with file and line if it is no JSON, or has
 * more than 16 levels.  The texts live in the arena. */
bool json_read(JsonLeaves *leaves, Arena *arena, const char *path, Diag *diag);

/* The text of a leaf, or NULL if there is none of that name. */
const char *json_find(const JsonLeaves *leaves, const char *name);

#endif
