/* INI files with the places of what is in them; see inifile.h. */
#include "base/inifile.h"

#include "base/alloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <ini.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf" /* libinih skips it, too */

typedef struct Reader {
    const char *path;
    FILE *file;
    IniHandler *handler;
    void *ctx;
    int line;       /* that libinih is at */
    bool goes_on;   /* the line begins with a blank, behind a pair */
    bool comment;   /* the line has one at its end */
    char *section;  /* NULL before the first */
    char *name;     /* of the pair that is read now, or NULL */
    char *value;    /* and what there is of its value */
    int pair_line;  /* where it begins */
    bool commented; /* IniPair.comment */
    Diag diag;
    int diag_line; /* that `diag` is about; libinih goes on after errors */
} Reader;

static void tell(Reader *r, const char *name, const char *value, int line)
{
    char where[DIAG_TEXT_MAX];
    snprintf(where, sizeof where, "%.300s:%d", r->path, line);
    IniPair pair = {r->section ? r->section : "", name, value, where,
                    r->commented};
    if (!r->diag_line && !r->handler(r->ctx, &pair, &r->diag))
        r->diag_line = line;
}

/* The pair is complete where something else begins. */
static void end_pair(Reader *r)
{
    if (r->name)
        tell(r, r->name, r->value, r->pair_line);
    free(r->name);
    free(r->value);
    r->name = r->value = NULL;
    r->commented = false;
}

/* libinih tells of sections with their first pair only. */
static void begin_section(Reader *r, const char *text)
{
    const char *end = strchr(text, ']');
    end_pair(r);
    if (!end)
        return; /* libinih complains */
    free(r->section);
    r->section = alloc_string(text + 1);
    r->section[end - text - 1] = '\0';
    tell(r, NULL, NULL, r->line);
}

static char *read_line(char *buffer, int size, void *stream)
{
    Reader *r = stream;
    char *got = r->diag_line ? NULL : fgets(buffer, size, r->file);
    if (!got)
        return NULL;
    r->line++;
    if (!strchr(got, '\n') && !feof(r->file)) {
        end_pair(r);
        if (r->diag_line)
            return NULL;
        diag_error(&r->diag,
                   "%s:%d: the line is longer than %d bytes; go on in one "
                   "that begins with a blank",
                   r->path, r->line, size - 2);
        r->diag_line = r->line;
        return NULL;
    }
    const char *text = got + strspn(got, " \t");
    r->goes_on = text > got && r->name && *r->name;
    if (r->line == 1 && strncmp(got, BYTE_ORDER_MARK, 3) == 0)
        text = got + 3;
    r->comment = false;
    for (const char *p = text; !r->comment && (p = strchr(p, ';')); p++)
        r->comment = p > text && strchr(" \t", p[-1]);
    if (*text == '[' && !r->goes_on)
        begin_section(r, text);
    return r->diag_line ? NULL : got;
}

static int on_pair(void *user, const char *section, const char *name,
                   const char *value)
{
    Reader *r = user;
    (void)section; /* read_line() has seen it, whatever its length */
    if (r->goes_on && r->name) {
        size_t size = strlen(r->value) + 1 + strlen(value) + 1;
        char *joined = alloc_zeroed(size, 1);
        snprintf(joined, size, "%s %s", r->value, value);
        free(r->value);
        r->value = joined;
    } else {
        end_pair(r);
        r->name = alloc_string(name);
        r->value = alloc_string(value);
        r->pair_line = r->line;
    }
    r->commented |= r->comment;
    return 1;
}

bool inifile_read(FILE *file, const char *path, const char *what,
                  IniHandler *handler, void *ctx, Diag *diag)
{
    Reader r = {.path = path, .file = file, .handler = handler, .ctx = ctx};
    if (!file)
        return diag_error(diag, "%s: cannot read %s: %s", path, what,
                          strerror(errno));
    int bad_line = ini_parse_stream(read_line, &r, on_pair, &r);
    end_pair(&r);
    bool failed = ferror(file);
    fclose(file);
    free(r.section);
    if (failed)
        return diag_error(diag, "%s: cannot read %s", path, what);
    if (bad_line != 0 && (!r.diag_line || bad_line < r.diag_line))
        return diag_error(diag,
                          "%s:%d: not INI; write [section] lines and "
                          "name = value lines",
                          path, bad_line);
    return !r.diag_line || diag_error(diag, "%s", r.diag.text);
}
