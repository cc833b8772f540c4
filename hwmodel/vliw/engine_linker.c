/* Where compiled code lies: chunks of memory, large pages of the host's if it
 * has them, because a guest's code is spread over many small ones and the
 * host's TLB would miss all the time.  A chunk can be executed or, while code
 * is put there and none of the core's runs, written: never both. */
#include "hwmodel/vliw/engine_host.h"

#include "base/alloc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    CHUNK = 2 << 20,
    UNIT = 64, /* bytes; pieces of a chunk are multiples of it */
    UNITS = CHUNK / UNIT
};

typedef struct Chunk Chunk;
struct Chunk {
    Chunk *next;
    uint8_t *memory;
    unsigned used;        /* units */
    unsigned longest;     /* no free run has more of them */
    unsigned cursor;      /* where to look first */
    uint8_t taken[UNITS]; /* by unit: 1 or 0 */
};

/* Placed code. */
typedef struct Piece {
    Chunk *chunk;
    unsigned first, units;
} Piece;

struct EngineLinker {
    Chunk *chunks;
    EngineEnter *enter;
    EngineCode *absent;
    EngineHelpers thunks;
};

/* --- Memory --------------------------------------------------------------- */

static void free_chunk(Chunk *chunk)
{
    if (chunk->memory)
        alloc_free_pages(chunk->memory, CHUNK);
    free(chunk);
}

static Chunk *add_chunk(EngineLinker *linker)
{
    Chunk *chunk = alloc_zeroed(1, sizeof *chunk);
    chunk->memory = alloc_pages(CHUNK);
    if (!chunk->memory) {
        free_chunk(chunk);
        return NULL;
    }
    chunk->longest = UNITS;
    chunk->next = linker->chunks;
    return linker->chunks = chunk;
}

/* The whole chunk: part of a large page would make it many small ones. */
static bool protect(const Chunk *chunk, int how)
{
    return mprotect(chunk->memory, CHUNK, PROT_READ | how) == 0;
}

static void remove_chunk(EngineLinker *linker, Chunk *chunk)
{
    Chunk **at = &linker->chunks;
    while (*at != chunk)
        at = &(*at)->next;
    *at = chunk->next;
    free_chunk(chunk);
}

/* The first free run of `units` from `from` on; UNITS if there is none. */
static unsigned find_run(const Chunk *chunk, unsigned units, unsigned from)
{
    const uint8_t *taken = chunk->taken, *free_unit, *taken_unit;
    while (from + units <= UNITS &&
           (free_unit = memchr(taken + from, 0, UNITS - from))) {
        from = (unsigned)(free_unit - taken);
        if (from + units > UNITS)
            break;
        taken_unit = memchr(free_unit, 1, units);
        if (!taken_unit)
            return from;
        from = (unsigned)(taken_unit - taken);
    }
    return UNITS;
}

static bool take_from(Chunk *chunk, Piece *piece)
{
    if (chunk->longest < piece->units)
        return false;
    unsigned first = find_run(chunk, piece->units, chunk->cursor);
    if (first == UNITS && chunk->cursor)
        first = find_run(chunk, piece->units, 0);
    if (first == UNITS) {
        chunk->longest = piece->units - 1;
        return false;
    }
    memset(&chunk->taken[first], 1, piece->units);
    chunk->used += piece->units;
    chunk->cursor = first + piece->units;
    piece->chunk = chunk;
    piece->first = first;
    return true;
}

static bool take(EngineLinker *linker, Piece *piece)
{
    for (Chunk *chunk = linker->chunks; chunk; chunk = chunk->next)
        if (take_from(chunk, piece))
            return true;
    Chunk *chunk = add_chunk(linker);
    return chunk && take_from(chunk, piece);
}

/* --- Linking -------------------------------------------------------------- */

static void unlink_piece(EngineLinker *linker, void *handle)
{
    Piece *piece = handle;
    Chunk *chunk = piece->chunk;
    memset(&chunk->taken[piece->first], 0, piece->units);
    chunk->used -= piece->units;
    chunk->longest = UNITS - chunk->used;
    if (chunk->cursor > piece->first)
        chunk->cursor = piece->first;
    free(piece);
    if (chunk->used == 0)
        remove_chunk(linker, chunk);
}

/* Copies the object to the piece, which has room for it. */
static bool fill(const Piece *piece, const EngineElf *elf, char *why,
                 size_t why_size)
{
    uint8_t *to = piece->chunk->memory + UNIT * piece->first;
    bool writes = protect(piece->chunk, PROT_WRITE);
    bool placed = writes && engine_elf_place(elf, to, why, why_size);
    bool runs = protect(piece->chunk, PROT_EXEC);
    if (!writes || !runs)
        snprintf(why, why_size, "no executable memory: %s", strerror(errno));
    return placed && runs;
}

static Piece *place(EngineLinker *linker, const EngineElf *elf, char *why,
                    size_t why_size)
{
    size_t units = (engine_elf_size(elf) + UNIT - 1) / UNIT;
    Piece *piece = alloc_zeroed(1, sizeof *piece);
    piece->units = (unsigned)units;
    if (units == 0 || units > UNITS) {
        snprintf(why, why_size,
                 "the object has %zu bytes of code, the limit "
                 "is %u",
                 engine_elf_size(elf), CHUNK);
    } else if (!take(linker, piece)) {
        snprintf(why, why_size, "no executable memory: %s", strerror(errno));
    } else if (fill(piece, elf, why, why_size)) {
        return piece;
    } else {
        unlink_piece(linker, piece);
        return NULL;
    }
    free(piece);
    return NULL;
}

static void *address_of(const Piece *piece, const EngineElf *elf,
                        const char *name)
{
    size_t offset = engine_elf_find(elf, name);
    return offset == SIZE_MAX
               ? NULL
               : piece->chunk->memory + UNIT * piece->first + offset;
}

static EngineCode *link_object(EngineLinker *linker, const EngineObject *object,
                               void **handle, size_t *size, char *why,
                               size_t why_size)
{
    EngineElf *elf = engine_elf_open(object, why, why_size);
    if (!elf)
        return NULL;
    EngineCode *code = NULL;
    Piece *piece = place(linker, elf, why, why_size);
    if (piece) {
        code = (EngineCode *)(uintptr_t)address_of(piece, elf, "f");
        *handle = piece;
        *size = (size_t)UNIT * piece->units;
        if (!code) {
            snprintf(why, why_size, "the object has no function");
            unlink_piece(linker, piece);
        }
    }
    engine_elf_close(elf);
    return code;
}

/* --- Life ----------------------------------------------------------------- */

static bool find_thunks(EngineLinker *linker, const Piece *piece,
                        const EngineElf *elf)
{
    bool all = true;
#define FIND(member, name)                                                     \
    do {                                                                       \
        void *found = address_of(piece, elf, name);                            \
        memcpy(&(member), &found, sizeof found);                               \
        all = all && found;                                                    \
    } while (0)
    FIND(linker->enter, "enter");
    FIND(linker->absent, "absent");
    FIND(linker->thunks.load, "load");
    FIND(linker->thunks.store, "store");
    FIND(linker->thunks.fp, "fp");
    FIND(linker->thunks.cp0, "cp0");
    FIND(linker->thunks.fetch, "fetch");
    FIND(linker->thunks.refill, "refill");
#undef FIND
    return all;
}

static bool link_thunks(EngineLinker *linker, const EngineObject *object,
                        char *why, size_t why_size)
{
    EngineElf *elf = engine_elf_open(object, why, why_size);
    Piece *piece = elf ? place(linker, elf, why, why_size) : NULL;
    bool good = piece && find_thunks(linker, piece, elf);
    if (piece && !good)
        snprintf(why, why_size, "LLVM left out a thunk");
    if (elf)
        engine_elf_close(elf);
    free(piece); /* the code stays as long as the linker */
    return good;
}

static void destroy(EngineLinker *linker)
{
    if (!linker)
        return;
    for (Chunk *chunk = linker->chunks, *next; chunk; chunk = next) {
        next = chunk->next;
        free_chunk(chunk);
    }
    free(linker);
}

static EngineLinker *create(const EngineObject *thunks, char *why,
                            size_t why_size)
{
    EngineLinker *linker = alloc_zeroed(1, sizeof *linker);
    if (link_thunks(linker, thunks, why, why_size))
        return linker;
    destroy(linker);
    return NULL;
}

static EngineEnter *enter(EngineLinker *linker)
{
    return linker->enter;
}

static void thunks(EngineLinker *linker, EngineHelpers *found)
{
    *found = linker->thunks;
}

static EngineCode *absent(EngineLinker *linker)
{
    return linker->absent;
}

const EngineLinking engine_linking = {
    .create = create,
    .destroy = destroy,
    .enter = enter,
    .thunks = thunks,
    .absent = absent,
    .link = link_object,
    .unlink = unlink_piece,
};
