/* What is written, as text, for tests that compare and break it. */
#ifndef SELKIRK_TESTS_SUPPORT_TEXT_H
#define SELKIRK_TESTS_SUPPORT_TEXT_H

#include "hwmodel/vliw/molecule.h"

#include <stdio.h>

/* What `write` of `what` writes; free() releases it. */
char *text_written(void (*write)(const void *what, FILE *out),
                   const void *what);

/* What vliw_code_print() writes; free() releases it. */
char *text_of_code(const VliwCode *code);

/* `text` with the first `from` in it, which there must be, changed to `to`;
 * free() releases it. */
char *text_changed(const char *text, const char *from, const char *to);

#endif
