/* Texts in an arena, and numbers as result files and people write them. */
#ifndef SELKIRK_CLI_PLOT_TEXT_H
#define SELKIRK_CLI_PLOT_TEXT_H

#include "base/arena.h"
#include "base/diag.h"

#include <stddef.h>

/* A copy of the first `length` bytes of `text`. */
char *text_copy(Arena *arena, const char *text, size_t length);
/* A text as printf() makes it. */
const char *text_format(Arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The bytes of a regular file of at most 1 GB and a zero byte behind them; the
 * file has none itself.  NULL and a Diag if it cannot be read. */
char *text_read_file(Arena *arena, const char *path, size_t *size, Diag *diag);

/* A decimal number, with a fraction and an exponent perhaps, and nothing else;
 * neither "inf" nor "nan". */
bool text_number(const char *text, double *number);
/* The same, with k, M or G behind it, which multiply by `kilo`, its square and
 * its cube: a configuration's value. */
bool text_quantity(const char *text, double kilo, double *number);

/* A number in three digits and the prefix of its power of a thousand:
 * "1.23 M"; from 0 up. */
const char *text_si(Arena *arena, double number);

/* The part of a path behind the last slash that is not at its end; "." for
 * none. */
const char *text_base_name(Arena *arena, const char *path);

/* Whether one of `count` texts is `text`, and at which place. */
bool text_find(const char *const *texts, size_t count, const char *text,
               size_t *place);

#endif
