/* Whether something ends the process, as what a bug of the caller's does. */
#ifndef SELKIRK_TESTS_SUPPORT_FATAL_H
#define SELKIRK_TESTS_SUPPORT_FATAL_H

#include <stdbool.h>

/* Whether `action` ends a child process; what that says is dropped. */
bool is_fatal(void (*action)(void));

#endif
