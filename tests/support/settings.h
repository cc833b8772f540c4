/* Configurations and machines that tests write as words "section.key=value". */
#ifndef SELKIRK_TESTS_SUPPORT_SETTINGS_H
#define SELKIRK_TESTS_SUPPORT_SETTINGS_H

#include "hwmodel/vliw/desc.h"

/* A list of words. */
#define WORDS(...)                                                             \
    (const char *const[])                                                      \
    {                                                                          \
        __VA_ARGS__, NULL                                                      \
    }

/* The defaults with `words`, which NULL ends; config_destroy() releases it.
 * The words are the test's own: a wrong one ends the program with its message.
 */
Config *settings_config(const char *const *words);

/* The VLIW that they describe; they must describe one. */
VliwDesc settings_desc(const char *const *words);

#endif
