/* Streams as texts. */
#ifndef SELKIRK_BASE_READALL_H
#define SELKIRK_BASE_READALL_H

#include <stddef.h>
#include <stdio.h>

/* All that is left of `file`, which may be a pipe, with a NUL behind it, for
 * free(); but no more than is needed to see that it is larger than `most`
 * bytes: *size is larger then.  After an error, which ferror() tells of, what
 * came before it; errno is that of the error. */
char *read_all(FILE *file, size_t most, size_t *size);

#endif
