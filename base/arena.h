/* An arena: allocations that are released all at once.  What one translation
 * needs on its way from guest code to molecules lives in one. */
#ifndef SELKIRK_BASE_ARENA_H
#define SELKIRK_BASE_ARENA_H

#include <stddef.h>

typedef struct Arena Arena;

Arena *arena_create(void);
void arena_destroy(Arena *arena);

/* Zeroed memory for `count` objects of `size` bytes, aligned for any of them;
 * lives until arena_reset() or arena_destroy(). */
void *arena_alloc(Arena *arena, size_t count, size_t size)
    __attribute__((malloc));

/* The same, not cleared: for arrays whose elements are written, each as a
 * whole, before they are read.  The hard build fills it with what is no good
 * value. */
void *arena_alloc_raw(Arena *arena, size_t count, size_t size)
    __attribute__((malloc));

/* An array of `old` objects of `size` bytes, moved to one of `count`; those
 * that are new are zeroed.  The old array may not be used any more. */
void *arena_grow(Arena *arena, void *array, size_t old, size_t count,
                 size_t size);

/* Releases every allocation, and keeps the memory for the next ones. */
void arena_reset(Arena *arena);

#endif
