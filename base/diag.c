/* Diagnostics for bad input; see diag.h. */
#include "base/diag.h"

#include <stdio.h>

/* Writes the message behind the `used` bytes that stand already. */
__attribute__((format(printf, 3, 0))) static bool
finish(Diag *diag, size_t used, const char *format, va_list args)
{
    vsnprintf(diag->text + used, sizeof diag->text - used, format, args);
    for (char *p = diag->text; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = '?';
    return false;
}

bool diag_error(Diag *diag, const char *format, ...)
{
    if (diag->text[0])
        return false;
    va_list args;
    va_start(args, format);
    finish(diag, 0, format, args);
    va_end(args);
    return false;
}

bool diag_error_at(Diag *diag, const char *where, const char *format,
                   va_list args)
{
    if (diag->text[0])
        return false;
    int used = snprintf(diag->text, sizeof diag->text, "%s: ", where);
    bool fits = used >= 0 && (size_t)used < sizeof diag->text;
    return finish(diag, fits ? (size_t)used : 0, format, args);
}
