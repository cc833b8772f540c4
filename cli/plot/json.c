/* Reading JSON files; see json.h. */
#include "cli/plot/json.h"

#include "cli/plot/text.h"

#include <string.h>

enum { LEVELS_MAX = 16 };

typedef struct Reader {
    JsonLeaves *leaves;
    Arena *arena;
    size_t room;
    const char *path;
    char *at;
    size_t line;
    Diag *diag;
} Reader;

static bool fails(Reader *r, const char *what)
{
    return diag_error(r->diag,
                      "%s:%zu: %s; the file is damaged, or was not written by "
                      "selkirk",
                      r->path, r->line, what);
}

static void skip_blanks(Reader *r)
{
    for (; *r->at && strchr(" \t\r\n", *r->at); r->at++)
        r->line += *r->at == '\n';
}

/* Skips blanks and takes the character if it comes next. */
static bool take(Reader *r, char c)
{
    skip_blanks(r);
    if (*r->at != c)
        return false;
    r->at++;
    return true;
}

static bool take_hex(Reader *r, unsigned *code)
{
    *code = 0;
    for (int i = 0; i < 4; i++, r->at++) {
        char c = *r->at;
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
                                                : 16;
        if (digit == 16)
            return fails(r, "\\u has four hexadecimal digits");
        *code = *code << 4 | digit;
    }
    return true;
}

/* As UTF-8; what has no place in a text becomes a replacement character. */
static char *put_code(char *to, unsigned code)
{
    if (code == 0 || (code >= 0xd800 && code < 0xe000))
        code = 0xfffd;
    if (code < 0x80) {
        *to++ = (char)code;
        return to;
    }
    if (code < 0x800) {
        *to++ = (char)(0xc0 | code >> 6);
    } else {
        *to++ = (char)(0xe0 | code >> 12);
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
    }
    *to++ = (char)(0x80 | (code & 0x3f));
    return to;
}

/* Behind the opening quote.  Unescaped in place: nothing grows by it. */
static bool take_string(Reader *r, char **text)
{
    static const char names[] = "\"\\/bfnrt", codes[] = "\"\\/\b\f\n\r\t";
    char *to = r->at;
    *text = to;
    while (*r->at != '"') {
        if ((unsigned char)*r->at < 0x20)
            return fails(r, "a string does not end on its line");
        if (*r->at != '\\') {
            *to++ = *r->at++;
            continue;
        }
        r->at++;
        const char *name = *r->at ? strchr(names, *r->at) : NULL;
        if (name) {
            *to++ = codes[name - names];
            r->at++;
        } else if (*r->at == 'u') {
            unsigned code;
            r->at++;
            if (!take_hex(r, &code))
                return false;
            to = put_code(to, code);
        } else {
            return fails(r, "there is no such escape in a string");
        }
    }
    r->at++;
    *to = '\0';
    return true;
}

static void add_leaf(Reader *r, const char *name, const char *text)
{
    JsonLeaves *l = r->leaves;
    if (l->count == r->room) {
        size_t old = r->room;
        r->room = old ? 2 * old : 64;
        l->list = arena_grow(r->arena, l->list, old, r->room, sizeof *l->list);
    }
    l->list[l->count++] = (JsonLeaf){name, text};
}

/* A number or a word. */
static bool take_word(Reader *r, const char *name)
{
    static const char *const words[] = {"true", "false", "null"};
    size_t length = strcspn(r->at, " \t\r\n,]}"), place;
    const char *word = text_copy(r->arena, r->at, length);
    double number;
    if (!text_find(words, 3, word, &place) && !text_number(word, &number))
        return fails(r, "a value is missing, or is none");
    r->at += length;
    add_leaf(r, name, word);
    return true;
}

/* "NAME.PART", or PART for the outermost. */
static const char *join(Reader *r, const char *name, const char *part)
{
    return *name ? text_format(r->arena, "%s.%s", name, part) : part;
}

static bool take_value(Reader *r, const char *name, int level);

static bool take_array(Reader *r, const char *name, int level)
{
    if (take(r, ']'))
        return true;
    for (size_t i = 0;; i++) {
        const char *number = text_format(r->arena, "%zu", i);
        if (!take_value(r, join(r, name, number), level))
            return false;
        if (take(r, ']'))
            return true;
        if (!take(r, ','))
            return fails(r, "a comma or ] is missing");
    }
}

static bool take_object(Reader *r, const char *name, int level)
{
    if (take(r, '}'))
        return true;
    for (;;) {
        char *part;
        if (!take(r, '"'))
            return fails(r, "a name in quotes is missing");
        if (!take_string(r, &part))
            return false;
        if (!take(r, ':'))
            return fails(r, "a colon is missing");
        if (!take_value(r, join(r, name, part), level))
            return false;
        if (take(r, '}'))
            return true;
        if (!take(r, ','))
            return fails(r, "a comma or } is missing");
    }
}

static bool take_value(Reader *r, const char *name, int level)
{
    char *text;
    if (level == LEVELS_MAX)
        return fails(r, "too many levels of brackets");
    if (take(r, '{'))
        return take_object(r, name, level + 1);
    if (take(r, '['))
        return take_array(r, name, level + 1);
    if (!take(r, '"'))
        return take_word(r, name);
    if (!take_string(r, &text))
        return false;
    add_leaf(r, name, text);
    return true;
}

bool json_read(JsonLeaves *leaves, Arena *arena, const char *path, Diag *diag)
{
    size_t size;
    char *text = text_read_file(arena, path, &size, diag);
    *leaves = (JsonLeaves){0};
    if (!text)
        return false;
    Reader r = {leaves, arena, 0, path, text, 1, diag};
    if (!take_value(&r, "", 0))
        return false;
    skip_blanks(&r);
    return !*r.at || fails(&r, "something follows the end");
}

const char *json_find(const JsonLeaves *leaves, const char *name)
{
    for (size_t i = 0; i < leaves->count; i++)
        if (strcmp(leaves->list[i].name, name) == 0)
            return leaves->list[i].text;
    return NULL;
}
