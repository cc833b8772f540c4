/* Numbers as people write them; see number.h. */
#include "base/number.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

bool number_parse(const char *text, uint64_t kilo, uint64_t *number)
{
    if (!isdigit((unsigned char)text[0]))
        return false;
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    if (hex && !isxdigit((unsigned char)text[2]))
        return false;
    char *end;
    errno = 0;
    uint64_t value = strtoull(text, &end, hex ? 16 : 10);
    if (errno)
        return false;
    unsigned powers = 0;
    switch (*end) {
    case 'G': powers++; /* fall through */
    case 'M': powers++; /* fall through */
    case 'k':
    case 'K': powers++; end++;
    }
    if (*end)
        return false;
    for (; powers; powers--)
        if (__builtin_mul_overflow(value, kilo, &value))
            return false;
    *number = value;
    return true;
}
