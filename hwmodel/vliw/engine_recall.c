/* What the compiler is, known without loading it: to load LLVM takes longer
 * than to load all the code that a run needs.
 *
 * Saved code goes by a key that stands for the compiler, and which only the
 * loaded module can tell.  The first run that loads it leaves a record: the
 * key, and every file that the loader mapped for it.  The record's own name is
 * a hash of what can be known before: this program's build, the module's file,
 * the host's processor, what the loader is told.  While all those files are
 * what they were, the record's key is taken for the compiler's.
 *
 * Were it another one in spite of that, because the loader now finds a library
 * elsewhere, no harm is done: code under the record's key was made by this
 * module, for this processor and this program, and any LLVM makes right code.
 * What this run compiles goes by the key of what it has loaded by then, and the
 * record is written anew. */
#define _GNU_SOURCE
#include "hwmodel/vliw/engine_host.h"

#include "base/build_id.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <xxhash.h>
#ifdef __x86_64__
#include <cpuid.h>
#endif

/* --- What is known before ------------------------------------------------- */

#ifdef __x86_64__
/* All that names the processor and its features; what differs between its
 * cores, like their numbers, is masked out. */
static bool write_host(FILE *out)
{
    enum { EAX = 1, EBX = 2, ECX = 4, EDX = 8, OSXSAVE = 1 << 27 };
    static const struct {
        unsigned leaf, part, registers;
    } asks[] = {
        {0, 0, EBX | ECX | EDX},
        {1, 0, EAX | ECX | EDX},
        {7, 0, EAX | EBX | ECX | EDX},
        {7, 1, EAX | EBX | ECX | EDX},
        {0xd, 1, EAX},
        {0x14, 0, EBX},
        {0x19, 0, EBX},
        {0x24, 0, EBX},
        {0x80000001, 0, ECX | EDX},
        {0x80000008, 0, EBX},
    };
    for (size_t i = 0; i < ARRAY_LEN(asks); i++) {
        unsigned r[4] = {0};
        __get_cpuid_count(asks[i].leaf, asks[i].part, &r[0], &r[1], &r[2],
                          &r[3]);
        for (unsigned k = 0; k < 4; k++)
            fprintf(out, "%x ", asks[i].registers >> k & 1 ? r[k] : 0);
        if (asks[i].leaf == 1 && r[2] & OSXSAVE) {
            uint32_t low, high; /* which registers the kernel keeps */
            __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
            fprintf(out, "%x %x ", low, high);
        }
    }
    return true;
}
#else
static bool write_host(FILE *out)
{
    (void)out;
    return false;
}
#endif

/* What would be another one for another file at that path.  False: there is
 * none. */
static bool write_file(FILE *out, const char *path)
{
    struct stat s;
    if (stat(path, &s) != 0)
        return false;
    fprintf(out, "%jx %jx %jx %jx.%lx %jx.%lx %s\n", (uintmax_t)s.st_dev,
            (uintmax_t)s.st_ino, (uintmax_t)s.st_size,
            (uintmax_t)s.st_mtim.tv_sec, (unsigned long)s.st_mtim.tv_nsec,
            (uintmax_t)s.st_ctim.tv_sec, (unsigned long)s.st_ctim.tv_nsec,
            path);
    return true;
}

static bool write_before(FILE *out, const EngineModule *module)
{
    static const char *const told[] = {"LD_LIBRARY_PATH", "LD_PRELOAD"};
    char id[BUILD_ID_SIZE];
    if (!build_id_find(id))
        return false;
    fprintf(out, "compiler of %s\n", id);
    for (size_t i = 0; i < ARRAY_LEN(told); i++) {
        const char *value = getenv(told[i]);
        fprintf(out, "%s=%s\n", told[i], value ? value : "");
    }
    return write_file(out, module->path) && write_host(out);
}

/* The record's name; false: there can be none. */
static bool find_name(const EngineModule *module, EngineKey *name)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    bool ok = out && write_before(out, module);
    ok = out && fclose(out) == 0 && ok;
    if (ok) {
        XXH128_hash_t hash = XXH3_128bits(text, size);
        *name = (EngineKey){hash.high64, hash.low64};
    }
    free(text);
    return ok;
}

/* --- The record -----------------------------------------------------------
 */

static void write_key(FILE *out, EngineKey key)
{
    fprintf(out, "%016" PRIx64 " %016" PRIx64 "\n", key.high, key.low);
}

/* Writes again what the record would say now, of the files that it names. */
static bool write_again(FILE *out, const char *record, EngineKey *key)
{
    const char *line = strchr(record, '\n');
    if (!line ||
        sscanf(record, "%" SCNx64 " %" SCNx64, &key->high, &key->low) != 2)
        return false;
    write_key(out, *key);
    for (const char *end; *++line; line = end) {
        end = strchr(line, '\n');
        const char *path = strchr(line, '/');
        if (!end || !path || path > end)
            return false;
        char *name = strndup(path, (size_t)(end - path));
        bool ok = name && write_file(out, name);
        free(name);
        if (!ok)
            return false;
    }
    return true;
}

/* Whether every file that the record names is what it was. */
static bool is_current(const char *record, EngineKey *key)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    bool ok = out && write_again(out, record, key);
    ok = out && fclose(out) == 0 && ok && strcmp(text, record) == 0;
    free(text);
    return ok;
}

bool engine_recall(EngineSaved *s, const EngineModule *module, EngineKey *key)
{
    EngineKey name;
    EngineObject record;
    if (!s->key_count || !find_name(module, &name) ||
        !engine_saved_load(s, name, &record))
        return false;
    /* Its last byte is the text's end. */
    bool ok = record.size && record.bytes[record.size - 1] == '\0' &&
              is_current((const char *)record.bytes, key);
    free(record.bytes);
    return ok;
}

/* The module, and what was loaded for it. */
static bool write_record(FILE *out, void *handle, EngineKey key)
{
    struct link_map *map;
    if (dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0)
        return false;
    write_key(out, key);
    for (; map; map = map->l_next)
        if (map->l_name[0] != '/' || strchr(map->l_name, '\n') ||
            !write_file(out, map->l_name))
            return false;
    return true;
}

void engine_recall_store(EngineSaved *s, const EngineModule *module,
                         EngineKey key)
{
    EngineKey name;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    bool ok = out && write_record(out, module->handle, key);
    ok = out && fclose(out) == 0 && ok;
    if (ok && find_name(module, &name))
        engine_saved_put(s, name, text, size + 1);
    free(text);
}
