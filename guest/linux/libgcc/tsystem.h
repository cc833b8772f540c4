/*
 * What libgcc's sources take from the C library, given without one: the
 * library is built before musl.
 */
#ifndef TSYSTEM_H
#define TSYSTEM_H

#include <float.h>
#include <stddef.h>

#define CHAR_BIT __CHAR_BIT__
#define abort()  __builtin_trap()
#define memset   __builtin_memset

#endif
