/* Breaking texts at random; see text_break.h. */
#include "tests/fuzz/text_break.h"

#include <ctype.h>
#include <string.h>

/* Replaces `cut` bytes at `at` by `piece`; what does not fit is dropped. */
static void splice(char *text, size_t room, size_t at, size_t cut,
                   const char *piece, size_t length)
{
    size_t size = strlen(text);
    cut = at + cut > size ? size - at : cut;
    if (size - cut + length >= room)
        return;
    memmove(text + at + length, text + at + cut, size - at - cut + 1);
    memcpy(text + at, piece, length);
}

/* A place in the text, which may be its end. */
static size_t random_place(Rng *rng, const char *text)
{
    return rng_below(rng, (uint32_t)strlen(text) + 1);
}

/* Start of a random line. */
static size_t random_line(Rng *rng, const char *text)
{
    size_t at = random_place(rng, text);
    while (at > 0 && text[at - 1] != '\n')
        at--;
    return at;
}

static size_t line_length(const char *line)
{
    size_t length = strcspn(line, "\n");
    return length + (line[length] == '\n');
}

#define SEPARATORS " \n,[]=:"

static size_t word_start(const char *text, size_t at)
{
    while (at > 0 && !strchr(SEPARATORS, text[at - 1]))
        at--;
    return at;
}

static size_t word_length(const char *word)
{
    return strcspn(word, SEPARATORS);
}

void text_break(Rng *rng, char *text, size_t room, const char *const *words,
                size_t word_count)
{
    size_t at = random_place(rng, text), word = word_start(text, at);
    size_t length = word_length(text + word), line;
    char c = (char)(1 + rng_below(rng, 255)), copy[256];
    const char *other;
    switch (rng_below(rng, 16)) {
    case 0: splice(text, room, at, 0, &c, 1); break;
    case 1: splice(text, room, at, 1 + rng_below(rng, 4), "", 0); break;
    case 2: splice(text, room, at, 1, &c, 1); break;
    case 3:
        if (rng_one_in(rng, 4))
            text[at] = 0;
        break;
    case 4: /* a line is lost */
        line = random_line(rng, text);
        splice(text, room, line, line_length(text + line), "", 0);
        break;
    case 5: /* a line stands in another place as well */
        line = random_line(rng, text);
        length = line_length(text + line);
        length = length < sizeof copy ? length : sizeof copy;
        memcpy(copy, text + line, length);
        splice(text, room, random_line(rng, text), 0, copy, length);
        break;
    case 6:
    case 7: /* a word becomes another one */
        other = words[rng_below(rng, (uint32_t)word_count)];
        splice(text, room, word, length, other, strlen(other));
        break;
    case 8:
    case 9:
    case 10:
    case 11: { /* a word becomes one that stands elsewhere */
        size_t from = word_start(text, random_place(rng, text));
        size_t size = word_length(text + from);
        size = size < sizeof copy ? size : sizeof copy;
        memcpy(copy, text + from, size);
        /* Mostly of its kind: what is told by the first letter. */
        if (copy[0] == text[word] || rng_one_in(rng, 8))
            splice(text, room, word, length, copy, size);
        break;
    }
    default: /* a digit becomes another one */
        if (isdigit((unsigned char)text[at]))
            text[at] = (char)('0' + rng_below(rng, 10));
        break;
    }
}
