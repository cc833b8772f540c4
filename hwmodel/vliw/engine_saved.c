/* Compiled code that outlives the run: a folder of object files, one a
 * translation and quality.
 *
 * A file's name is the hash of all that its code is a function of: the
 * translation as the compiler sees it, the machine description, and the module
 * with the processor that it compiles for.  So a file is never stale, only
 * never asked for again; the files that were not used for longest go when there
 * are too many bytes.  Files appear whole, by rename(), and say in a checksum
 * whether they still are: others are as if they were not there, and written
 * anew. */
#include "hwmodel/vliw/engine_host.h"

#include "base/alloc.h"
#include "base/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include <xxhash.h>

#define SUFFIX  ".code"
#define PARTIAL ".partial"

enum {
    KEY_DIGITS = 32,
    NAME_MAX_SIZE = KEY_DIGITS + sizeof SUFFIX,
    USED_SECONDS = 600,     /* how exactly is known when a file was used last */
    PARTIAL_SECONDS = 3600, /* left behind by whoever did not come to an end */
    KEY_ROOM = 1 << 16,     /* bytes, for most of the sources */
    OBJECT_MAX = 64 << 20,  /* bytes; none that can be linked comes near it */
    DESCRIPTION_MAX = 1 << 14, /* of a host, with all its features by name */
};

typedef struct Header {
    char magic[8];
    EngineKey key;
    uint64_t size, check; /* of what follows */
} Header;

static const char magic[8] = "selkirk";

/* --- Keys ----------------------------------------------------------------- */

typedef struct Bytes {
    uint8_t *at;
    size_t size, room;
} Bytes;

static void add(Bytes *bytes, const void *from, size_t size)
{
    if (bytes->size + size > bytes->room) {
        bytes->room = 2 * (bytes->size + size);
        bytes->at = alloc_resize(bytes->at, bytes->room, 1);
    }
    memcpy(bytes->at + bytes->size, from, size);
    bytes->size += size;
}

/* As numbers: structures may have bytes that mean nothing. */
#define ADD(bytes, ...)                                                        \
    add(bytes, (const uint32_t[]){__VA_ARGS__},                                \
        sizeof((const uint32_t[]){__VA_ARGS__}))

static void add_desc(Bytes *bytes, const VliwDesc *d)
{
    ADD(bytes, d->gprs, d->shadowed_gprs, d->fprs, d->shadowed_fprs,
        d->interlock, d->branch, d->exit, d->commit, d->rollback,
        d->store_buffer, d->forward, d->alias_regs);
    add(bytes, d->latency, sizeof d->latency);
}

static void add_issue(Bytes *bytes, const Issue *m)
{
    add(bytes, &m->needs, sizeof m->needs);
    ADD(bytes, m->step, m->result, m->first_line, m->last_line, m->commit,
        m->format, m->atoms, m->nops, m->result_count, m->longest, m->plain,
        m->leaves, m->snapshot);
}

static void add_source(Bytes *bytes, const EngineSource *s)
{
    const IrContext *context = &s->context;
    ADD(bytes, context->user, context->fpu, context->big, context->pending,
        s->counts, s->profile, s->count, s->step_count, s->exit_count, s->lines,
        s->observed, s->sharers, s->data_shift, s->tlb_mask, s->return_count,
        s->return_cost, s->return_found, s->cache_cost, s->jump_mask,
        s->jump_cost);
    add_desc(bytes, &s->desc);
    for (unsigned i = 0; i < s->count; i++) {
        const Issue *m = &s->issues[i];
        add_issue(bytes, m);
        add(bytes, &s->results[m->result],
            m->result_count * sizeof *s->results);
    }
    for (unsigned i = 0; i < s->step_count; i++) {
        const Step *step = &s->steps[i];
        ADD(bytes, step->op, step->d, step->a, step->b, step->imm, step->alias);
    }
    for (unsigned i = 0; i < s->exit_count; i++) {
        const EngineExit *exit = &s->exits[i];
        ADD(bytes, exit->insns, exit->kind, exit->calls, exit->stacked,
            exit->cached, exit->looked_up, exit->mode, exit->loops);
    }
}

static void make_keys(EngineKey compiler, const EngineSource *source,
                      EngineKey keys[ENGINE_QUALITIES])
{
    Bytes bytes = {alloc_resize(NULL, KEY_ROOM, 1), 0, KEY_ROOM};
    add(&bytes, &compiler, sizeof compiler);
    add_source(&bytes, source);
    for (unsigned quality = 0; quality < ENGINE_QUALITIES; quality++) {
        XXH128_hash_t hash =
            XXH3_128bits_withSeed(bytes.at, bytes.size, quality);
        keys[quality] = (EngineKey){hash.high64, hash.low64};
    }
    free(bytes.at);
}

void engine_saved_key(const EngineSaved *s, const EngineSource *source,
                      EngineKey keys[ENGINE_QUALITIES])
{
    make_keys(s->compiler, source, keys);
}

/* What the module says of itself stands for the compiler, for every structure
 * that it knows, for LLVM and the host's processor. */
static bool identify(const EngineBackend *backend, EngineKey *key)
{
    char text[DESCRIPTION_MAX] = "";
    if (!backend->describe(text, sizeof text))
        return false;
    XXH128_hash_t hash = XXH3_128bits(text, strlen(text));
    *key = (EngineKey){hash.high64, hash.low64};
    return true;
}

EngineKey engine_saved_thunks_key(EngineKey compiler)
{
    static const char what[] = "thunks";
    XXH128_hash_t hash =
        XXH3_128bits_withSeed(what, sizeof what, compiler.high ^ compiler.low);
    return (EngineKey){hash.high64 ^ compiler.high, hash.low64 ^ compiler.low};
}

/* --- The folder ----------------------------------------------------------- */

static int compare_keys(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(EngineKey));
}

static void name_of(EngineKey key, char name[NAME_MAX_SIZE])
{
    snprintf(name, NAME_MAX_SIZE, "%016" PRIx64 "%016" PRIx64 SUFFIX, key.high,
             key.low);
}

static bool parse_name(const char *name, EngineKey *key)
{
    uint64_t parts[2] = {0};
    for (unsigned i = 0; i < KEY_DIGITS; i++) {
        static const char digits[] = "0123456789abcdef";
        const char *digit = name[i] ? strchr(digits, name[i]) : NULL;
        if (!digit)
            return false;
        uint64_t *part = &parts[i / (KEY_DIGITS / 2)];
        *part = *part << 4 | (uint64_t)(digit - digits);
    }
    *key = (EngineKey){parts[0], parts[1]};
    return strcmp(name + KEY_DIGITS, SUFFIX) == 0;
}

void engine_saved_list(EngineSaved *s)
{
    DIR *dir = s->folder ? opendir(s->folder) : NULL;
    size_t room = s->key_count;
    EngineKey key;
    s->key_count = 0;
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        if (!parse_name(entry->d_name, &key))
            continue;
        if (s->key_count == room) {
            room = 2 * room + 64;
            s->keys = alloc_resize(s->keys, room, sizeof *s->keys);
        }
        s->keys[s->key_count++] = key;
    }
    if (dir)
        closedir(dir);
    if (s->key_count)
        qsort(s->keys, s->key_count, sizeof *s->keys, compare_keys);
}

bool engine_saved_open(EngineSaved *s, const Config *config, Diag *diag)
{
    const char *folder = config_text(config, CONFIG_ENGINE_SAVED);
    s->max = config_int(config, CONFIG_ENGINE_SAVED_MAX);
    s->dir = -1;
    if (!*folder)
        return true;
    s->dir = folder_open("engine.saved", folder, diag);
    if (s->dir < 0)
        return false;
    s->folder = alloc_string(folder);
    engine_saved_list(s);
    return true;
}

bool engine_saved_recall(EngineSaved *s, const EngineModule *module)
{
    s->recalled = s->known = engine_recall(s, module, &s->compiler);
    atomic_store_explicit(&s->ready, s->known, memory_order_release);
    return s->known;
}

void engine_saved_ready(EngineSaved *s, const EngineBackend *backend)
{
    s->stores = s->folder && backend && identify(backend, &s->loaded);
    if (s->recalled)
        return;
    s->compiler = s->loaded;
    s->known = s->stores;
    atomic_store_explicit(&s->ready, true, memory_order_release);
}

/* --- Reading -------------------------------------------------------------- */

/* The rest of the file after its header, if that is whole. */
static bool read_object(int file, const struct stat *stat, EngineKey key,
                        EngineObject *object)
{
    Header header;
    if (!S_ISREG(stat->st_mode) || stat->st_size > OBJECT_MAX ||
        stat->st_size < (off_t)sizeof header)
        return false;
    size_t size = (size_t)stat->st_size - sizeof header;
    uint8_t *bytes = alloc_resize(NULL, size + 1, 1);
    struct iovec parts[] = {{&header, sizeof header}, {bytes, size}};
    if (readv(file, parts, ARRAY_LEN(parts)) == stat->st_size &&
        memcmp(header.magic, magic, sizeof magic) == 0 &&
        compare_keys(&header.key, &key) == 0 && header.size == size &&
        XXH3_64bits(bytes, size) == header.check) {
        *object = (EngineObject){bytes, size};
        return true;
    }
    free(bytes);
    return false;
}

bool engine_saved_load(EngineSaved *s, EngineKey key, EngineObject *object)
{
    char name[NAME_MAX_SIZE];
    if (!s->key_count ||
        !bsearch(&key, s->keys, s->key_count, sizeof key, compare_keys))
        return false;
    name_of(key, name);
    /* What is no plain file must not make the run wait. */
    int file = openat(s->dir, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (file < 0)
        return false;
    struct stat stat;
    bool ok = fstat(file, &stat) == 0 && read_object(file, &stat, key, object);
    if (!ok)
        s->damaged++;
    else if (time(NULL) - stat.st_mtime > USED_SECONDS)
        futimens(file, NULL); /* it was used */
    close(file);
    return ok;
}

bool engine_saved_has(const EngineSaved *s, EngineKey key)
{
    char name[NAME_MAX_SIZE];
    name_of(key, name);
    return faccessat(s->dir, name, F_OK, 0) == 0;
}

/* --- Writing -------------------------------------------------------------- */

static bool write_all(int file, const void *bytes, size_t size)
{
    return write(file, bytes, size) == (ssize_t)size;
}

bool engine_saved_put(EngineSaved *s, EngineKey key, const void *bytes,
                      size_t size)
{
    char name[NAME_MAX_SIZE], partial[NAME_MAX_SIZE + 32];
    uint64_t whole = sizeof(Header) + size;
    /* A run adds no more than the folder may hold: room is made in the end. */
    if (atomic_fetch_add(&s->written, whole) + whole > s->max)
        return false;
    Header header = {
        .key = key, .size = size, .check = XXH3_64bits(bytes, size)};
    memcpy(header.magic, magic, sizeof magic);
    name_of(key, name);
    /* Processes, machines of one, and threads of a machine may all be at the
     * same code: who opens the file has it alone. */
    snprintf(partial, sizeof partial, "%s.%ld" PARTIAL, name, (long)getpid());
    int file =
        openat(s->dir, partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file < 0)
        return false;
    bool ok =
        write_all(file, &header, sizeof header) && write_all(file, bytes, size);
    ok = close(file) == 0 && ok;
    if (ok && renameat(s->dir, partial, s->dir, name) == 0)
        return true;
    unlinkat(s->dir, partial, 0);
    return false;
}

void engine_saved_store(EngineSaved *s, const EngineJob *job)
{
    EngineKey keys[ENGINE_QUALITIES];
    if (!s->stores)
        return;
    make_keys(s->loaded, &job->source, keys);
    if (engine_saved_put(s, keys[job->quality], job->object.bytes,
                         job->object.size))
        atomic_fetch_add(&s->stored, 1);
}

/* --- Making room ---------------------------------------------------------- */

typedef struct Entry {
    char name[NAME_MAX_SIZE];
    struct timespec used;
    uint64_t size;
} Entry;

static int compare_use(const void *a, const void *b)
{
    const struct timespec *x = &((const Entry *)a)->used;
    const struct timespec *y = &((const Entry *)b)->used;
    if (x->tv_sec != y->tv_sec)
        return x->tv_sec < y->tv_sec ? -1 : 1;
    return (x->tv_nsec > y->tv_nsec) - (x->tv_nsec < y->tv_nsec);
}

static void remove_partial(const EngineSaved *s, const char *name)
{
    struct stat stat;
    size_t length = strlen(name), suffix = strlen(PARTIAL);
    if (length > suffix && strcmp(name + length - suffix, PARTIAL) == 0 &&
        fstatat(s->dir, name, &stat, AT_SYMLINK_NOFOLLOW) == 0 &&
        time(NULL) - stat.st_mtime > PARTIAL_SECONDS)
        unlinkat(s->dir, name, 0);
}

/* All files, and how many bytes they have. */
static Entry *list_entries(const EngineSaved *s, size_t *count, uint64_t *bytes)
{
    Entry *entries = NULL;
    size_t room = 0;
    DIR *dir = opendir(s->folder);
    struct stat stat;
    EngineKey key;
    *count = 0;
    *bytes = 0;
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        remove_partial(s, entry->d_name);
        if (!parse_name(entry->d_name, &key) ||
            fstatat(s->dir, entry->d_name, &stat, AT_SYMLINK_NOFOLLOW) < 0)
            continue;
        if (*count == room) {
            room = 2 * room + 64;
            entries = alloc_resize(entries, room, sizeof *entries);
        }
        Entry *e = &entries[(*count)++];
        name_of(key, e->name);
        e->used = stat.st_mtim;
        e->size = (uint64_t)stat.st_size;
        *bytes += e->size;
    }
    if (dir)
        closedir(dir);
    return entries;
}

/* Removes what was not used for longest, until a quarter is free. */
static void make_room(const EngineSaved *s)
{
    size_t count;
    uint64_t bytes;
    Entry *entries = list_entries(s, &count, &bytes);
    if (bytes > s->max) {
        qsort(entries, count, sizeof *entries, compare_use);
        for (size_t i = 0; i < count && bytes > s->max / 4 * 3; i++) {
            unlinkat(s->dir, entries[i].name, 0);
            bytes -= entries[i].size;
        }
    }
    free(entries);
}

void engine_saved_close(EngineSaved *s)
{
    if (s->folder && atomic_load(&s->stored))
        make_room(s);
    if (s->dir >= 0)
        close(s->dir);
    free(s->folder);
    free(s->keys);
}
