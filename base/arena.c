/* Arenas: a list of chunks, filled one after the other; see arena.h. */
#include "base/arena.h"

#include "base/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Small enough for an arena that holds one short translation, and then
 * doubling, so that there are few chunks in a large one. */
enum { CHUNK_MIN = 4 << 10, CHUNK_MAX = 1 << 20, ALIGN = 16 };

typedef struct Chunk {
    struct Chunk *next;
    size_t size, used; /* bytes of `data` */
    _Alignas(ALIGN) unsigned char data[];
} Chunk;

struct Arena {
    Chunk *first, *current; /* NULL before the first allocation */
};

Arena *arena_create(void)
{
    return alloc_zeroed(1, sizeof(Arena));
}

void arena_destroy(Arena *arena)
{
    if (!arena)
        return;
    for (Chunk *chunk = arena->first, *next; chunk; chunk = next) {
        next = chunk->next;
        free(chunk);
    }
    free(arena);
}

/* Bytes of `count` objects of `size`, in whole units of alignment: what cannot
 * be had is asked of alloc.h, which ends the program. */
static size_t bytes_of(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) ||
        bytes > PTRDIFF_MAX - sizeof(Chunk) - ALIGN)
        bytes = PTRDIFF_MAX - sizeof(Chunk) - ALIGN;
    return (bytes + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

/* Makes the next chunk with room for `bytes` the current one. */
static Chunk *next_chunk(Arena *arena, size_t bytes)
{
    while (arena->current && arena->current->next) {
        arena->current = arena->current->next;
        arena->current->used = 0;
        if (arena->current->size >= bytes)
            return arena->current;
    }
    Chunk *last = arena->current;
    size_t size = last ? 2 * last->size : CHUNK_MIN;
    if (size > CHUNK_MAX)
        size = CHUNK_MAX;
    if (size < bytes)
        size = bytes;
    Chunk *chunk = alloc_resize(NULL, 1, sizeof *chunk + size);
    *chunk = (Chunk){.size = size};
    if (last)
        last->next = chunk;
    else
        arena->first = chunk;
    return arena->current = chunk;
}

static void *take(Arena *arena, size_t bytes)
{
    Chunk *chunk = arena->current;
    if (!chunk || chunk->size - chunk->used < bytes)
        chunk = next_chunk(arena, bytes);
    void *p = chunk->data + chunk->used;
    chunk->used += bytes;
    return p;
}

void *arena_alloc(Arena *arena, size_t count, size_t size)
{
    size_t bytes = bytes_of(count, size);
    return memset(take(arena, bytes), 0, bytes);
}

void *arena_alloc_raw(Arena *arena, size_t count, size_t size)
{
    size_t bytes = bytes_of(count, size);
    void *p = take(arena, bytes);
    return SELKIRK_HARD ? memset(p, 0xa5, bytes) : p;
}

void *arena_grow(Arena *arena, void *array, size_t old, size_t count,
                 size_t size)
{
    if (count <= old)
        return array;
    /* The latest allocation grows where it is. */
    Chunk *chunk = arena->current;
    size_t old_bytes = bytes_of(old, size), bytes = bytes_of(count, size);
    if (array && chunk &&
        (unsigned char *)array + old_bytes == chunk->data + chunk->used &&
        chunk->size - chunk->used >= bytes - old_bytes) {
        memset((unsigned char *)array + old * size, 0, bytes - old * size);
        chunk->used += bytes - old_bytes;
        return array;
    }
    unsigned char *moved = arena_alloc_raw(arena, count, size);
    if (old)
        memcpy(moved, array, old * size);
    memset(moved + old * size, 0, bytes - old * size);
    return moved;
}

void arena_reset(Arena *arena)
{
    arena->current = arena->first;
    if (arena->first)
        arena->first->used = 0;
}
