/* Diagnostics: one line that says what is wrong with an input, where, and how
 * to mend it.  Functions that can meet bad input take a Diag and return false
 * (or NULL) after filling it; the program prints it and exits with status 2. */
#ifndef SELKIRK_BASE_DIAG_H
#define SELKIRK_BASE_DIAG_H

#include <stdarg.h>
#include <stdbool.h>

enum { DIAG_TEXT_MAX = 512 };

typedef struct Diag {
    char text[DIAG_TEXT_MAX]; /* one line, no newline; "" while all is well */
} Diag;

/* Writes the message, unless an earlier one stands (the first cause counts).
 * Control characters, such as those of a hostile file name, become '?'.
 * Always returns false, so that callers can `return diag_error(...)`. */
bool diag_error(Diag *diag, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same with "where: " in front, for readers that know the place. */
bool diag_error_at(Diag *diag, const char *where, const char *format,
                   va_list args) __attribute__((format(printf, 3, 0)));

#endif
