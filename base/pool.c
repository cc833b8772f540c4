/* Pools: chunks that are filled one after the other, and a list of what was
 * given back for each size; see pool.h. */
#include "base/pool.h"

#include "base/alloc.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The first chunk is small, for machines that do little; each next one is twice
 * as large, up to CHUNK_MAX.  (Large pages of the host's are no gain: to clear
 * one empties its caches.)  What is longer than SIZE_LISTED, which is rare, is
 * malloc()'s. */
enum {
    CHUNK_MIN = 32 << 10,
    CHUNK_MAX = 1 << 20,
    POPULATE = 64 << 10,    /* bytes at a time, of chunks that are as large */
    SIZE_LISTED = 16 << 10, /* what any chunk has room for */
    LISTS = SIZE_LISTED / POOL_ALIGN + 1,
};

/* At the start of a chunk. */
typedef struct Chunk {
    struct Chunk *next;
    void *memory; /* as it was allocated */
    size_t size;  /* bytes of it */
} Chunk;

typedef struct Free {
    struct Free *next;
} Free;

struct Pool {
    Chunk *chunks; /* the latest first */
    char *at;      /* what is left of it */
    size_t left;
    char *touched; /* from there on nothing of it was */
    size_t taken;  /* and not given back */
    Free *lists[LISTS];
};

Pool *pool_create(void)
{
    return alloc_zeroed(1, sizeof(Pool));
}

void pool_destroy(Pool *pool)
{
    if (!pool)
        return;
    assert(pool->taken == 0);
    for (Chunk *chunk = pool->chunks, *next; chunk; chunk = next) {
        next = chunk->next;
        free(chunk->memory);
    }
    free(pool);
}

static size_t whole_lines(size_t size)
{
    return size ? (size + POOL_ALIGN - 1) / POOL_ALIGN * POOL_ALIGN
                : POOL_ALIGN;
}

/* A sanitizer is to see each object by itself. */
static bool is_listed(size_t size)
{
    return size <= SIZE_LISTED && !alloc_is_guarded();
}

/* What is left of the chunk before is lost. */
static void add_chunk(Pool *pool)
{
    size_t size = pool->chunks ? 2 * pool->chunks->size : CHUNK_MIN;
    if (size > CHUNK_MAX)
        size = CHUNK_MAX;
    char *memory = alloc_zeroed(1, size);
    size_t before = -(uintptr_t)memory % POOL_ALIGN;
    Chunk *chunk = (Chunk *)(memory + before);
    *chunk = (Chunk){pool->chunks, memory, size};
    pool->chunks = chunk;
    pool->at = (char *)chunk + POOL_ALIGN;
    pool->left = size - before - POOL_ALIGN;
    pool->touched = size < POPULATE ? memory + size : pool->at;
}

static void populate(Pool *pool)
{
    size_t rest = (size_t)(pool->at + pool->left - pool->touched);
    size_t size = rest < POPULATE ? rest : POPULATE;
    alloc_populate(pool->touched, size);
    pool->touched += size;
}

/* *clear: it is not zeroed. */
static void *take(Pool *pool, size_t size, bool *clear)
{
    Free **list = &pool->lists[size / POOL_ALIGN], *free_one = *list;
    *clear = true;
    if (free_one) {
        *list = free_one->next;
        return free_one;
    }
    if (pool->left < size)
        add_chunk(pool);
    assert(pool->left >= size);
    while (pool->at + size > pool->touched)
        populate(pool);
    *clear = false;
    void *memory = pool->at;
    pool->at += size;
    pool->left -= size;
    return memory;
}

static void *take_any(Pool *pool, size_t size, bool *clear)
{
    size = whole_lines(size);
    pool->taken++;
    *clear = true;
    return is_listed(size) ? take(pool, size, clear)
                           : alloc_aligned(POOL_ALIGN, size);
}

void *pool_take(Pool *pool, size_t size)
{
    bool clear;
    void *memory = take_any(pool, size, &clear);
    return SELKIRK_HARD ? memset(memory, 0xa5, size) : memory;
}

void *pool_take_zeroed(Pool *pool, size_t size)
{
    bool clear;
    void *memory = take_any(pool, size, &clear);
    return clear ? memset(memory, 0, size) : memory;
}

void pool_give(Pool *pool, void *memory, size_t size)
{
    if (!memory)
        return;
    assert(pool->taken > 0);
    pool->taken--;
    size = whole_lines(size);
    if (!is_listed(size)) {
        free(memory);
        return;
    }
    Free **list = &pool->lists[size / POOL_ALIGN], *free_one = memory;
    free_one->next = *list;
    *list = free_one;
}
