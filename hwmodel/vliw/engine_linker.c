/* Where compiled code lies: chunks of memory, no page of which can ever be both
 * written and executed at one address.
 *
 * A chunk that is being filled is mapped twice, to be written at one address
 * and executed at another, so that nothing has to be switched for each object.
 * One that is full becomes a large page of the host's, if it has them, in the
 * same place: a guest's code is spread over many small ones, and the host's TLB
 * would miss all the time.  To use a hole in it again, which is rare, it is
 * switched to be written and back while no code runs. */
#define _GNU_SOURCE
#include "hwmodel/vliw/engine_host.h"

#include "base/alloc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    CHUNK = 2 << 20,
    POPULATE = 128 << 10, /* bytes at a time */
    UNIT = 64,            /* bytes; pieces of a chunk are multiples of it */
    UNITS = CHUNK / UNIT
};

typedef struct Chunk Chunk;
struct Chunk {
    Chunk *next;
    uint8_t *run;         /* at a multiple of CHUNK */
    uint8_t *write;       /* NULL: it is a large page */
    size_t populated;     /* bytes, from the start: the host gave pages */
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

/* A place for a chunk, of which nothing is there yet; or NULL. */
static uint8_t *reserve(void)
{
    uint8_t *at = mmap(NULL, 2 * (size_t)CHUNK, PROT_NONE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
        return NULL;
    size_t before = -(uintptr_t)at % CHUNK;
    if (before)
        munmap(at, before);
    munmap(at + before + CHUNK, CHUNK - before);
    return at + before;
}

static bool map_chunk(Chunk *chunk)
{
    int file = memfd_create("selkirk-code", MFD_CLOEXEC);
    void *run = MAP_FAILED, *write = MAP_FAILED;
    chunk->run = reserve();
    if (file >= 0 && chunk->run && ftruncate(file, CHUNK) == 0) {
        run = mmap(chunk->run, CHUNK, PROT_READ | PROT_EXEC,
                   MAP_SHARED | MAP_FIXED, file, 0);
        write = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    }
    if (file >= 0)
        close(file);
    chunk->write = write == MAP_FAILED ? NULL : write;
    return run != MAP_FAILED && chunk->write;
}

static void free_chunk(Chunk *chunk)
{
    if (chunk->write)
        munmap(chunk->write, CHUNK);
    if (chunk->run)
        munmap(chunk->run, CHUNK);
    free(chunk);
}

/* The chunk is full: a large page takes its place.  If there is none, or none
 * that may be executed, it stays as it is. */
static void make_large(Chunk *chunk)
{
    void *large = alloc_pages(CHUNK);
    if (!large)
        return;
    memcpy(large, chunk->write, CHUNK);
    if (mprotect(large, CHUNK, PROT_READ | PROT_EXEC) != 0 ||
        mremap(large, CHUNK, CHUNK, MREMAP_MAYMOVE | MREMAP_FIXED,
               chunk->run) == MAP_FAILED) {
        alloc_free_pages(large, CHUNK);
        return;
    }
    munmap(chunk->write, CHUNK);
    chunk->write = NULL;
}

static Chunk *add_chunk(EngineLinker *linker)
{
    Chunk *chunk = alloc_zeroed(1, sizeof *chunk);
    if (!map_chunk(chunk)) {
        free_chunk(chunk);
        return NULL;
    }
    if (linker->chunks && linker->chunks->write)
        make_large(linker->chunks);
    chunk->longest = UNITS;
    chunk->next = linker->chunks;
    return linker->chunks = chunk;
}

/* The whole chunk: part of a large page would make it many small ones. */
static bool protect(const Chunk *chunk, int how)
{
    return chunk->write || mprotect(chunk->run, CHUNK, PROT_READ | how) == 0;
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

/* Has pages for what will be written up to `end`, if it is mapped for that. */
static void populate(Chunk *chunk, size_t end)
{
    for (; chunk->write && chunk->populated < end; chunk->populated += POPULATE)
        alloc_populate(chunk->write + chunk->populated, POPULATE);
}

/* Copies the object to the piece, which has room for it. */
static bool fill(const Piece *piece, const EngineElf *elf, char *why,
                 size_t why_size)
{
    Chunk *chunk = piece->chunk;
    uint8_t *to =
        (chunk->write ? chunk->write : chunk->run) + UNIT * piece->first;
    populate(chunk, (size_t)UNIT * (piece->first + piece->units));
    bool writes = protect(chunk, PROT_WRITE);
    bool placed = writes && engine_elf_place(elf, to, why, why_size);
    bool runs = protect(chunk, PROT_EXEC);
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
               : piece->chunk->run + UNIT * piece->first + offset;
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
