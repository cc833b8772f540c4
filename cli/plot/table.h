/* A table of texts, read from a CSV file as RFC 4180 describes it. */
#ifndef SELKIRK_CLI_PLOT_TABLE_H
#define SELKIRK_CLI_PLOT_TABLE_H

#include "base/arena.h"
#include "base/diag.h"

#include <stddef.h>

typedef struct Table {
    const char *path;
    const char **names; /* of the columns: the first line */
    size_t column_count;
    const char **cells; /* row by row */
    size_t *lines;      /* of the file, at which each row begins */
    size_t row_count;
} Table;

/* Reads a file strictly: a first line of names, each once; as many fields in
 * every row; quotes around whole fields only, doubled within.  Lines end with
 * \n or \r\n.  False and a Diag with file and line for anything else.  The
 * texts live in the arena; `path` is borrowed. */
bool table_read(Table *table, Arena *arena, const char *path, Diag *diag);

/* The place of the column of that name; false if there is none. */
bool table_find(const Table *table, const char *name, size_t *column);

static inline const char *table_cell(const Table *table, size_t row,
                                     size_t column)
{
    return table->cells[row * table->column_count + column];
}

/* A cell as a number; false and a Diag with its place if it is none. */
bool table_number(const Table *table, size_t row, size_t column, double *number,
                  Diag *diag);

#endif
