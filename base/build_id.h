/* The name of what runs: part of the key of all that one run saves for another.
 */
#ifndef SELKIRK_BASE_BUILD_ID_H
#define SELKIRK_BASE_BUILD_ID_H

#include <stdbool.h>

enum { BUILD_ID_SIZE = 129 }; /* 64 bytes in hexadecimal, and a zero */

/* Names the content of the program or module that this function was linked
 * into, as it was loaded.  False: the linker gave it no name. */
bool build_id_find(char id[BUILD_ID_SIZE]);

#endif
