/* Where compiled code lies: chunks of memory that are mapped twice, to be
 * written at one address and executed at another, so that no page is ever both
 * and nothing has to be switched while other code runs. */
#define _GNU_SOURCE
#include "hwmodel/vliw/llvm/compiler.h"

#include "base/alloc.h"

#include <errno.h>
#include <llvm-c/Core.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    CHUNK = 1 << 20,
    UNIT = 64, /* bytes; pieces of a chunk are multiples of it */
    UNITS = CHUNK / UNIT
};

typedef struct Chunk Chunk;
struct Chunk {
    Chunk *next;
    uint8_t *write, *run;
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

static bool map_chunk(Chunk *chunk)
{
    int file = memfd_create("selkirk-code", MFD_CLOEXEC);
    chunk->write = chunk->run = MAP_FAILED;
    if (file < 0)
        return false;
    if (ftruncate(file, CHUNK) == 0) {
        chunk->write =
            mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        chunk->run =
            mmap(NULL, CHUNK, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
    }
    close(file);
    return chunk->write != MAP_FAILED && chunk->run != MAP_FAILED;
}

static void free_chunk(Chunk *chunk)
{
    if (chunk->write != MAP_FAILED)
        munmap(chunk->write, CHUNK);
    if (chunk->run != MAP_FAILED)
        munmap(chunk->run, CHUNK);
    free(chunk);
}

static Chunk *add_chunk(EngineLinker *linker)
{
    Chunk *chunk = alloc_zeroed(1, sizeof *chunk);
    if (!map_chunk(chunk)) {
        free_chunk(chunk);
        return NULL;
    }
    chunk->longest = UNITS;
    chunk->next = linker->chunks;
    return linker->chunks = chunk;
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

static Piece *place(EngineLinker *linker, const Object *object, char *why,
                    size_t why_size)
{
    size_t units = (object_size(object) + UNIT - 1) / UNIT;
    Piece *piece = alloc_zeroed(1, sizeof *piece);
    piece->units = (unsigned)units;
    if (units == 0 || units > UNITS) {
        snprintf(why, why_size,
                 "the object has %zu bytes of code, the limit "
                 "is %u",
                 object_size(object), CHUNK);
    } else if (!take(linker, piece)) {
        snprintf(why, why_size, "no executable memory: %s", strerror(errno));
    } else if (object_place(object, piece->chunk->write + UNIT * piece->first,
                            why, why_size)) {
        return piece;
    } else {
        linker_unlink(linker, piece);
        return NULL;
    }
    free(piece);
    return NULL;
}

static void *address_of(const Piece *piece, const Object *object,
                        const char *name)
{
    size_t offset = object_find(object, name);
    return offset == SIZE_MAX
               ? NULL
               : piece->chunk->run + UNIT * piece->first + offset;
}

EngineCode *linker_link(EngineLinker *linker, const EngineObject *bytes,
                        void **handle, size_t *size, char *why, size_t why_size)
{
    Object *object = object_open(bytes, why, why_size);
    if (!object)
        return NULL;
    EngineCode *code = NULL;
    Piece *piece = place(linker, object, why, why_size);
    if (piece) {
        code = (EngineCode *)(uintptr_t)address_of(piece, object, "f");
        *handle = piece;
        *size = (size_t)UNIT * piece->units;
        if (!code) {
            snprintf(why, why_size, "the object has no function");
            linker_unlink(linker, piece);
        }
    }
    object_close(object);
    return code;
}

void linker_unlink(EngineLinker *linker, void *handle)
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

/* --- Life ----------------------------------------------------------------- */

static bool find_thunks(EngineLinker *linker, const Piece *piece,
                        const Object *object)
{
    bool all = true;
#define FIND(member, name)                                                     \
    do {                                                                       \
        void *found = address_of(piece, object, name);                         \
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

static bool link_thunks(EngineLinker *linker, char *why, size_t why_size)
{
    EngineObject bytes = {0};
    LLVMTargetMachineRef target =
        compiler_target(LLVMCodeGenLevelDefault, why, why_size);
    if (!target)
        return false;
    LLVMContextRef context = LLVMContextCreate();
    bool good =
        compiler_emit(target, thunks_make(context), &bytes, why, why_size);
    LLVMContextDispose(context);
    LLVMDisposeTargetMachine(target);
    if (!good)
        return false;
    Object *object = object_open(&bytes, why, why_size);
    Piece *piece = object ? place(linker, object, why, why_size) : NULL;
    good = piece && find_thunks(linker, piece, object);
    if (piece && !good)
        snprintf(why, why_size, "LLVM left out a thunk");
    if (object)
        object_close(object);
    free(piece); /* the code stays as long as the linker */
    free(bytes.bytes);
    return good;
}

EngineLinker *linker_create(char *why, size_t why_size)
{
    EngineLinker *linker = alloc_zeroed(1, sizeof *linker);
    if (link_thunks(linker, why, why_size))
        return linker;
    linker_destroy(linker);
    return NULL;
}

void linker_destroy(EngineLinker *linker)
{
    if (!linker)
        return;
    for (Chunk *chunk = linker->chunks, *next; chunk; chunk = next) {
        next = chunk->next;
        free_chunk(chunk);
    }
    free(linker);
}

EngineEnter *linker_enter(EngineLinker *linker)
{
    return linker->enter;
}

void linker_thunks(EngineLinker *linker, EngineHelpers *thunks)
{
    *thunks = linker->thunks;
}

EngineCode *linker_absent(EngineLinker *linker)
{
    return linker->absent;
}
