/* See readall.h. */
#include "base/readall.h"

#include "base/alloc.h"

enum { ROOM = 1 << 14 }; /* at first */

char *read_all(FILE *file, size_t most, size_t *size)
{
    size_t room = ROOM, got;
    char *text = alloc_resize(NULL, room, 1);
    *size = 0;
    do {
        if (*size == room - 1) {
            room *= 2;
            text = alloc_resize(text, room, 1);
        }
        got = fread(text + *size, 1, room - 1 - *size, file);
        *size += got;
    } while (got && *size <= most);
    text[*size] = '\0';
    return text;
}
