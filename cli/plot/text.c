/* Texts in an arena; see text.h. */
#include "cli/plot/text.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILE_MAX = 1 << 30 };

char *text_copy(Arena *arena, const char *text, size_t length)
{
    char *copy = arena_alloc(arena, length + 1, 1);
    memcpy(copy, text, length);
    return copy;
}

const char *text_format(Arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0)
        return "";
    char *text = arena_alloc(arena, (size_t)length + 1, 1);
    va_start(args, format);
    vsnprintf(text, (size_t)length + 1, format, args);
    va_end(args);
    return text;
}

/* The contents of an open file of `size` bytes when it was looked at. */
static char *read_stream(Arena *arena, const char *path, FILE *file,
                         size_t *size, Diag *diag)
{
    struct stat st;
    if (fstat(fileno(file), &st) < 0) {
        diag_error(diag, "%s: cannot be read: %s", path, strerror(errno));
        return NULL;
    }
    if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX) {
        diag_error(diag, "%s: is no file of at most 1 GB; name another", path);
        return NULL;
    }
    char *text = arena_alloc(arena, (size_t)st.st_size + 1, 1);
    *size = fread(text, 1, (size_t)st.st_size, file);
    if (ferror(file)) {
        diag_error(diag, "%s: cannot be read: %s", path, strerror(errno));
        return NULL;
    }
    if (memchr(text, '\0', *size)) {
        diag_error(diag, "%s: is no text: it has a zero byte; name another",
                   path);
        return NULL;
    }
    return text;
}

char *text_read_file(Arena *arena, const char *path, size_t *size, Diag *diag)
{
    FILE *file = fopen(path, "re");
    if (!file) {
        diag_error(diag, "%s: cannot be read: %s", path, strerror(errno));
        return NULL;
    }
    char *text = read_stream(arena, path, file, size, diag);
    fclose(file);
    return text;
}

bool text_quantity(const char *text, double kilo, double *number)
{
    /* strtod() takes hexadecimal numbers, names and blanks, too. */
    if (strspn(text, "+-.0123456789") == 0)
        return false;
    char *end;
    double value = strtod(text, &end);
    if (end == text || strpbrk(text, "xXnN") || !isfinite(value))
        return false;
    double factor = 1;
    if (kilo > 1 && *end) {
        factor = *end == 'k' || *end == 'K' ? kilo
                 : *end == 'M'              ? kilo * kilo
                 : *end == 'G'              ? kilo * kilo * kilo
                                            : 0;
        end++;
    }
    if (*end || factor == 0)
        return false;
    *number = value * factor;
    return true;
}

bool text_number(const char *text, double *number)
{
    return text_quantity(text, 1, number);
}

const char *text_si(Arena *arena, double number)
{
    static const char prefixes[] = " kMGTPE";
    size_t i = 0;
    while (number >= 999.5 && i + 2 < sizeof prefixes) {
        number /= 1000;
        i++;
    }
    return i ? text_format(arena, "%.3g %c", number, prefixes[i])
             : text_format(arena, "%.3g", number);
}

const char *text_base_name(Arena *arena, const char *path)
{
    size_t end = strlen(path);
    while (end > 0 && path[end - 1] == '/')
        end--;
    size_t begin = end;
    while (begin > 0 && path[begin - 1] != '/')
        begin--;
    return begin < end ? text_copy(arena, path + begin, end - begin) : ".";
}

bool text_find(const char *const *texts, size_t count, const char *text,
               size_t *place)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(texts[i], text) == 0) {
            *place = i;
            return true;
        }
    }
    return false;
}
