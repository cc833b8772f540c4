/* A pool: memory for many objects that come and go one by one.  They lie close
 * together, in lines of the host's of their own. */
#ifndef SELKIRK_BASE_POOL_H
#define SELKIRK_BASE_POOL_H

#include <stddef.h>

enum { POOL_ALIGN = 64 }; /* bytes: a line of the host's caches */

typedef struct Pool Pool;

Pool *pool_create(void);
/* All that was taken from it has been given back. */
void pool_destroy(Pool *pool);

/* `size` bytes, not cleared, at a multiple of POOL_ALIGN. */
void *pool_take(Pool *pool, size_t size) __attribute__((malloc));
/* The same, zeroed. */
void *pool_take_zeroed(Pool *pool, size_t size) __attribute__((malloc));
/* Gives back what was taken with that size; NULL is none. */
void pool_give(Pool *pool, void *memory, size_t size);

#endif
