/* Diagnostics for bad input; see diag.h. */
#include "base/diag.h"

#include <stdarg.h>
#include <stdio.h>

bool diag_error(Diag *diag, const char *format, ...)
{
    if (diag->text[0])
        return false;
    va_list args;
    va_start(args, format);
    vsnprintf(diag->text, sizeof diag->text, format, args);
    va_end(args);
    for (char *p = diag->text; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = '?';
    return false;
}
