/* Points of a run; see point.h. */
#include "morph/point.h"

#include "base/number.h"
#include "frontend/symbols.h"

#include <string.h>

/* Configurations are written as INI and read again, where blanks at the ends
 * of a value are lost, and what follows " ;" is a comment. */
static bool survives_ini(const char *text)
{
    size_t size = strlen(text);
    for (const char *p = text; *p; p++)
        if ((unsigned char)*p < ' ' || *p == '\x7f')
            return false;
    return size && text[size - 1] != ' ' && !strstr(text, " ;");
}

/* What follows `prefix`, or NULL. */
static const char *after(const char *value, const char *prefix)
{
    size_t size = strlen(prefix);
    return strncmp(value, prefix, size) == 0 ? value + size : NULL;
}

static bool read_text(Point *p, const char *key, const char *value,
                      const char *text, Diag *diag)
{
    p->kind = POINT_TEXT;
    p->text = text;
    return survives_ini(text) ||
           diag_error(diag,
                      "%s = \"%s\": the text is empty, ends with a blank, or "
                      "has \" ;\" or control characters in it; choose another "
                      "part of the line",
                      key, value);
}

static bool read_symbol(Point *p, const char *key, const char *value,
                        const char *name, const ElfImage *image, Diag *diag)
{
    Diag why = {""};
    p->kind = POINT_SYMBOL;
    if (!symbols_parse(image, name, &p->va, &why))
        return diag_error(diag, "%s = %s: %s", key, value, why.text);
    return (p->va & 3) == 0 ||
           diag_error(diag,
                      "%s = %s: no instruction lies at 0x%08x; name a multiple "
                      "of 4",
                      key, value, p->va);
}

bool point_read(Point *p, const char *key, const char *value,
                const ElfImage *image, Diag *diag)
{
    const char *rest;
    *p = (Point){.kind = POINT_NONE};
    if (strcmp(value, "mark") == 0 || strcmp(value, "roi") == 0) {
        p->kind = POINT_MARK;
        return true;
    }
    if ((rest = after(value, "text:")) || (rest = after(value, "until:")))
        return read_text(p, key, value, rest, diag);
    if ((rest = after(value, "symbol:")))
        return read_symbol(p, key, value, rest, image, diag);
    if (!number_parse(value, 1000, &p->insns))
        return diag_error(diag,
                          "%s = \"%s\" is no point; write a number of "
                          "instructions such as 250M, text:TEXT, symbol:NAME, "
                          "or mark",
                          key, value);
    p->kind = p->insns ? POINT_INSNS : POINT_NONE;
    return true;
}
