/* Reading CSV files; see table.h. */
#include "cli/plot/table.h"

#include "cli/plot/text.h"

#include <string.h>

/* Where the reader is.  Fields are unquoted in place: none grows by it. */
typedef struct Reader {
    const char *path;
    char *at;
    size_t line;
    bool ended; /* the field that was taken was the last of its line */
    Diag *diag;
} Reader;

static bool quoted_field(Reader *r, char **field)
{
    size_t begin = r->line;
    char *from = r->at + 1, *to = from;
    *field = to;
    while (!(from[0] == '"' && from[1] != '"')) {
        if (!*from)
            return diag_error(r->diag,
                              "%s:%zu: a quote is opened and not closed; "
                              "close it, and write \"\" for one within",
                              r->path, begin);
        r->line += *from == '\n';
        from += *from == '"';
        *to++ = *from++;
    }
    r->at = from + 1;
    if (*r->at && !strchr(",\r\n", *r->at))
        return diag_error(r->diag,
                          "%s:%zu: something follows a closing quote; write "
                          "\"\" for a quote within a field",
                          r->path, r->line);
    *to = '\0'; /* where the closing quote is, or before it */
    return true;
}

static bool plain_field(Reader *r, char **field)
{
    *field = r->at;
    r->at += strcspn(r->at, ",\"\r\n");
    if (*r->at == '"')
        return diag_error(r->diag,
                          "%s:%zu: a quote within a field that does not "
                          "begin with one; put all of the field in quotes",
                          r->path, r->line);
    return true;
}

/* Takes a field and what separates it from the next. */
static bool take_field(Reader *r, char **field)
{
    if (!(*r->at == '"' ? quoted_field(r, field) : plain_field(r, field)))
        return false;
    char *end = r->at;
    if (*end == '\r' && end[1] != '\n')
        return diag_error(r->diag,
                          "%s:%zu: a carriage return without a line feed; "
                          "end lines with \\n or \\r\\n",
                          r->path, r->line);
    r->ended = *end != ',';
    r->line += *end == '\r' || *end == '\n';
    r->at += *end == '\r' ? 2 : *end != '\0';
    *end = '\0';
    return true;
}

/* The first line.  Names are looked up by each other once only: a file has
 * some hundred. */
static bool take_names(Table *t, Reader *r, Arena *arena)
{
    size_t room = 0;
    if (!*r->at)
        return diag_error(r->diag,
                          "%s: is empty; the first line names the "
                          "columns",
                          r->path);
    do {
        char *name;
        size_t twin;
        if (!take_field(r, &name))
            return false;
        if (!*name)
            return diag_error(r->diag, "%s:1: column %zu has no name; name it",
                              r->path, t->column_count + 1);
        if (text_find(t->names, t->column_count, name, &twin))
            return diag_error(r->diag,
                              "%s:1: columns %zu and %zu are both called "
                              "\"%s\"; rename one",
                              r->path, twin + 1, t->column_count + 1, name);
        if (t->column_count == room) {
            room = room ? 2 * room : 16;
            t->names = arena_grow(arena, t->names, t->column_count, room,
                                  sizeof *t->names);
        }
        t->names[t->column_count++] = name;
    } while (!r->ended);
    return true;
}

static bool take_row(Table *t, Reader *r)
{
    const char **cells = t->cells + t->row_count * t->column_count;
    size_t begin = r->line, count = 0;
    do {
        char *field;
        if (!take_field(r, &field))
            return false;
        if (count < t->column_count)
            cells[count] = field;
        count++;
    } while (!r->ended);
    if (count != t->column_count)
        return diag_error(r->diag,
                          "%s:%zu: %zu field%s, and the first line names %zu "
                          "columns; is the line complete?",
                          r->path, begin, count, count == 1 ? "" : "s",
                          t->column_count);
    t->lines[t->row_count++] = begin;
    return true;
}

bool table_read(Table *t, Arena *arena, const char *path, Diag *diag)
{
    size_t size, room = 0;
    char *text = text_read_file(arena, path, &size, diag);
    *t = (Table){.path = path};
    if (!text)
        return false;
    Reader r = {path, text, 1, false, diag};
    if (!take_names(t, &r, arena))
        return false;
    while (*r.at) {
        if (t->row_count == room) {
            size_t old = room;
            room = room ? 2 * room : 64;
            t->cells = arena_grow(arena, t->cells, old * t->column_count,
                                  room * t->column_count, sizeof *t->cells);
            t->lines = arena_grow(arena, t->lines, old, room, sizeof *t->lines);
        }
        if (!take_row(t, &r))
            return false;
    }
    return true;
}

bool table_find(const Table *t, const char *name, size_t *column)
{
    return text_find(t->names, t->column_count, name, column);
}

bool table_number(const Table *t, size_t row, size_t column, double *number,
                  Diag *diag)
{
    const char *cell = table_cell(t, row, column);
    return text_number(cell, number) ||
           diag_error(diag, "%s:%zu: %s is \"%s\", which is no number", t->path,
                      t->lines[row], t->names[column], cell);
}
