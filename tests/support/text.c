/* See text.h. */
#include "tests/support/text.h"

#include <stdlib.h>
#include <string.h>

char *text_written(void (*write)(const void *, FILE *), const void *what)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out) {
        perror("open_memstream");
        abort();
    }
    write(what, out);
    fclose(out);
    return text;
}

static void write_code(const void *code, FILE *out)
{
    vliw_code_print(code, out);
}

char *text_of_code(const VliwCode *code)
{
    return text_written(write_code, code);
}

char *text_changed(const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);
    if (!at) {
        fprintf(stderr, "\"%s\" is not in the text\n", from);
        abort();
    }
    size_t size = strlen(text) + strlen(to) + 1;
    char *result = malloc(size);
    if (!result)
        abort();
    snprintf(result, size, "%.*s%s%s", (int)(at - text), text, to,
             at + strlen(from));
    return result;
}
