/* Breaking texts at random, line by line and word by word. */
#ifndef SELKIRK_TESTS_FUZZ_TEXT_BREAK_H
#define SELKIRK_TESTS_FUZZ_TEXT_BREAK_H

#include "tests/random/rng.h"

#include <stddef.h>

/* Breaks `text`, which has `room` bytes, in one place: bytes, digits, lines and
 * words are lost, changed or copied.  `words` are some that mean something in
 * such a text. */
void text_break(Rng *rng, char *text, size_t room, const char *const *words,
                size_t word_count);

#endif
