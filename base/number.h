/* Numbers as people write them in options and configuration. */
#ifndef SELKIRK_BASE_NUMBER_H
#define SELKIRK_BASE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* "250", "0x1f", "24M": decimal or 0x hexadecimal, then perhaps k (or K), M or
 * G, which multiply by `kilo`, its square and its cube.  False, and *number as
 * it was, unless all of `text` is such a number and fits. */
bool number_parse(const char *text, uint64_t kilo, uint64_t *number);

#endif
