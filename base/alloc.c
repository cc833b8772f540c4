/* Allocation that does not fail; see alloc.h. */
#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *check(void *p)
{
    if (!p) {
        fputs("selkirk: out of memory\n", stderr);
        abort();
    }
    return p;
}

void *alloc_zeroed(size_t count, size_t size)
{
    return check(calloc(count ? count : 1, size ? size : 1));
}

void *alloc_resize(void *array, size_t count, size_t size)
{
    return check(reallocarray(array, count ? count : 1, size ? size : 1));
}

char *alloc_string(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(alloc_zeroed(size, 1), text, size);
}
