/* See text.h. */
#include "tests/support/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *text_of_code(const VliwCode *code)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out) {
        perror("open_memstream");
        abort();
    }
    vliw_code_print(code, out);
    fclose(out);
    return text;
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
