/* Libraries of sampled runs; see library.h.
 *
 * The folder has an index, which is written last and of which the last line is
 * a checksum of those before it, what the guest printed (`console`), and
 * checkpoints: `base`, `begin` and `end`, and one a unit, by its number.
 * `begin` has its memory as it is, to be mapped; units and the end have the
 * pages that differ from it.  Each is known by the library's key and the count
 * of instructions that the index has for it. */
#include "morph/library.h"

#include "base/alloc.h"
#include "base/hash.h"
#include "base/readall.h"
#include "morph/machine_impl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { INDEX_MAX = 1 << 26, UNITS_MAX = 1 << 20 };

const char library_title[] = "selkirk sample library ";

/* The first line: a title, and the version. */
static const char first_line[] = "selkirk sample library 2\n";

/* --- The index -------------------------------------------------------------
 */

static char *index_path(const char *folder)
{
    return alloc_format("%s/index", folder);
}

/* Nobody is told to delete what may be somebody else's. */
static bool fail_index(const char *folder, const char *text, Diag *diag)
{
    if (strncmp(text, library_title, strlen(library_title)) != 0)
        return diag_error(diag,
                          "%s/index: it is not that of a sample's library of "
                          "Selkirk; name another folder",
                          folder);
    bool other = strncmp(text, first_line, sizeof first_line - 1) != 0;
    return diag_error(diag,
                      "%s/index: it is %s; delete the folder, and the next run "
                      "makes it anew",
                      folder, other ? "another version's" : "damaged");
}

/* The text of the index for free(), its checksum taken away; NULL: there is
 * none, or a Diag. */
static char *read_index(const char *folder, Diag *diag)
{
    char *path = index_path(folder);
    FILE *file = fopen(path, "re");
    int error = errno;
    free(path);
    if (!file && error != ENOENT)
        diag_error(diag, "%s/index: cannot read it: %s; name another folder",
                   folder, strerror(error));
    if (!file)
        return NULL;
    size_t size;
    char *text = read_all(file, INDEX_MAX, &size);
    fclose(file);
    char *last = strstr(text, "\ncheck ");
    uint64_t check;
    bool good = last && size <= INDEX_MAX && strlen(text) == size &&
                sscanf(last, "\ncheck %16" SCNx64 "\n", &check) == 1 &&
                strncmp(text, first_line, sizeof first_line - 1) == 0;
    if (good) {
        last[1] = '\0';
        good = hash_bytes(HASH_START, text, strlen(text)) == check;
    }
    if (good)
        return text;
    fail_index(folder, text, diag);
    free(text);
    return NULL;
}

static bool check_key(const char *folder, uint64_t found, uint64_t key,
                      Diag *diag)
{
    return found == key ||
           diag_error(diag,
                      "%s: this library is of another machine, guest, region "
                      "or sample; name another folder, or delete it",
                      folder);
}

/* The line after `*at`, which goes behind it: "NAME N" or, with `second`, "NAME
 * N N", numbers as in C. */
static bool next_line(char **at, const char *name, uint64_t *first,
                      uint64_t *second)
{
    size_t length = strlen(name);
    char *end;
    if (strncmp(*at, name, length) != 0 || (*at)[length] != ' ')
        return false;
    *first = strtoull(*at + length + 1, &end, 0);
    if (second && *end == ' ')
        *second = strtoull(end + 1, &end, 0);
    if (*end != '\n')
        return false;
    *at = end + 1;
    return true;
}

bool library_find(const char *folder, uint64_t key, Diag *diag)
{
    char *text = read_index(folder, diag);
    uint64_t found = 0;
    if (!text)
        return false;
    char *at = text + sizeof first_line - 1;
    bool good = next_line(&at, "key", &found, NULL)
                    ? check_key(folder, found, key, diag)
                    : fail_index(folder, text, diag);
    free(text);
    return good;
}

static void add_unit(Library *l, LibraryUnit unit)
{
    if (l->count == l->room) {
        l->room = 2 * l->room + 16;
        l->units = alloc_resize(l->units, l->room, sizeof *l->units);
    }
    l->units[l->count++] = unit;
}

static bool parse(Library *l, char *text, Diag *diag)
{
    char *at = text + sizeof first_line - 1;
    uint64_t found;
    LibraryUnit unit;
    if (!next_line(&at, "key", &found, NULL))
        return fail_index(l->folder, text, diag);
    if (!check_key(l->folder, found, l->key, diag))
        return false;
    if (!next_line(&at, "base", &l->base, NULL) ||
        !next_line(&at, "begin", &l->begin, NULL) ||
        !next_line(&at, "end", &l->end, NULL) ||
        !next_line(&at, "console", &l->console_size, &l->console_hash))
        return fail_index(l->folder, text, diag);
    while (next_line(&at, "unit", &unit.number, &unit.insns))
        add_unit(l, unit);
    return *at == '\0' || fail_index(l->folder, text, diag);
}

/* --- Checkpoints -----------------------------------------------------------
 */

static char *ckpt_path(const Library *l, const char *name)
{
    return alloc_format("%s/%s.ckpt", l->folder, name);
}

/* What tells its checkpoints from another library's. */
static CheckpointCommon common_of(const Library *l, bool shares)
{
    return (CheckpointCommon){.ckpt = shares ? l->common : NULL, .id = l->key};
}

static bool fail_writing(Library *l, const char *path)
{
    return diag_error(&l->diag,
                      "sample.library: cannot write %s: %s; make room, or name "
                      "another folder",
                      path, strerror(errno));
}

/* Under another name until it is whole. */
static bool write_file(const Library *l, const char *path, Ckpt *ckpt,
                       const char *text)
{
    char *partial = alloc_format("%s/partial", l->folder);
    FILE *file = fopen(partial, "we");
    bool ok = file && (ckpt ? ckpt_write(ckpt, file) : fputs(text, file) >= 0);
    ok = ok && (ckpt || (fflush(file) == 0 && fsync(fileno(file)) == 0));
    int error = errno;
    if (file && fclose(file) != 0 && ok) {
        ok = false;
        error = errno;
    }
    if (ok && rename(partial, path) != 0) {
        ok = false;
        error = errno;
    }
    if (!ok)
        unlink(partial);
    free(partial);
    errno = error;
    return ok;
}

static void save(Machine *m, const char *name, bool shares)
{
    Library *l = m->sample->library;
    CheckpointCommon common = common_of(l, shares);
    /* Whole ones are to be mapped. */
    Ckpt *ckpt = ckpt_create(shares);
    char *path = ckpt_path(l, name);
    checkpoint_save(m, &common, ckpt);
    if (ckpt_error(ckpt))
        diag_error(&l->diag, "%s", ckpt_error(ckpt));
    else if (!write_file(l, path, ckpt, NULL))
        fail_writing(l, path);
    free(path);
    ckpt_destroy(ckpt);
}

static void save_unit(Machine *m, LibraryUnit unit)
{
    char name[32];
    snprintf(name, sizeof name, "%06" PRIu64, unit.number);
    save(m, name, true);
    add_unit(m->sample->library, unit);
}

/* --- The console -----------------------------------------------------------
 */

static char *console_path(const Library *l)
{
    return alloc_format("%s/console", l->folder);
}

static bool open_console(Library *l, Diag *diag)
{
    char *path = console_path(l);
    l->console_hash = HASH_START;
    l->console_file = fopen(path, "we");
    if (!l->console_file) {
        fail_writing(l, path);
        diag_error(diag, "%s", l->diag.text);
    }
    free(path);
    return l->console_file;
}

void library_print(Library *l, uint8_t byte)
{
    l->console_size++;
    l->console_hash = hash_u64(l->console_hash, byte);
    /* The stream remembers an error. */
    putc(byte, l->console_file);
}

/* The host has all of it, and the index may say so. */
static bool close_console(Library *l)
{
    FILE *file = l->console_file;
    char *path = console_path(l);
    errno = EIO; /* of what failed before, nobody knows it any more */
    bool ok = !ferror(file) && fflush(file) == 0 && fsync(fileno(file)) == 0;
    ok = ok || fail_writing(l, path);
    if (fclose(file) != 0 && ok)
        ok = fail_writing(l, path);
    l->console_file = NULL;
    free(path);
    return ok;
}

static bool fail_console(const Library *l, const char *what, Diag *diag)
{
    return diag_error(diag,
                      "%s/console: it %s; delete the folder, and the next run "
                      "makes it anew",
                      l->folder, what);
}

static bool read_console(Library *l, Diag *diag)
{
    char *path = console_path(l);
    FILE *file = fopen(path, "re");
    free(path);
    if (!file)
        return fail_console(l, "cannot be read", diag);
    uint64_t hash = HASH_START;
    size_t size;
    char *bytes = read_all(file, l->console_size, &size);
    fclose(file);
    for (size_t i = 0; i < size; i++)
        hash = hash_u64(hash, (uint8_t)bytes[i]);
    l->console = bytes;
    return (size == l->console_size && hash == l->console_hash) ||
           fail_console(l, "is damaged", diag);
}

/* --- Life ------------------------------------------------------------------
 */

Library *library_open(const Config *config, uint64_t key, Diag *diag)
{
    const char *folder = config_text(config, CONFIG_SAMPLE_LIBRARY);
    Library *l = alloc_zeroed(1, sizeof *l);
    *l = (Library){.folder = folder,
                   .key = key,
                   .makes = config_choice(config, CONFIG_CPU_MODEL) ==
                            MODEL_FUNCTIONAL};
    if (l->makes) {
        if (open_console(l, diag))
            return l;
        library_close(l);
        return NULL;
    }
    char *text = read_index(folder, diag), *path = ckpt_path(l, "begin");
    if (!text && !*diag->text)
        diag_error(diag,
                   "sample.library = %s: there is none; make it by the same "
                   "run with --model functional",
                   folder);
    bool ok = text && parse(l, text, diag) && read_console(l, diag) &&
              (l->common = ckpt_open(path, diag));
    free(text);
    free(path);
    if (ok)
        return l;
    library_close(l);
    return NULL;
}

void library_close(Library *l)
{
    if (!l)
        return;
    if (l->console_file)
        fclose(l->console_file);
    ckpt_destroy(l->common);
    free(l->console);
    free(l->units);
    free(l);
}

/* --- Making it -------------------------------------------------------------
 */

static void begin_region(Machine *m)
{
    Library *l = m->sample->library;
    l->has_begin = true;
    l->begin = phases_insns(m);
    save(m, "begin", false);
    if (*l->diag.text)
        return;
    char *path = ckpt_path(l, "begin");
    l->common = ckpt_open(path, &l->diag);
    free(path);
    sample_skip(m->sample, l->begin);
}

static void end_region(Machine *m)
{
    Library *l = m->sample->library;
    l->has_end = true;
    l->end = phases_insns(m);
    save(m, "end", true);
}

void library_look(Machine *m)
{
    Sample *s = m->sample;
    Library *l = s->library;
    MeasureState state = m->measure->state;
    if (!s->begun || *l->diag.text)
        return;
    if (!l->has_base) {
        l->has_base = true;
        l->base = s->base;
        save(m, "base", false);
    }
    if (!l->has_begin && state != MEASURE_BEFORE)
        begin_region(m);
    while (state == MEASURE_INSIDE && !*l->diag.text && l->count < UNITS_MAX &&
           phases_insns(m) >= library_next_insns(m)) {
        save_unit(m, (LibraryUnit){s->next, phases_insns(m)});
        s->next++;
    }
    if (l->has_begin && !l->has_end && state == MEASURE_AFTER && !*l->diag.text)
        end_region(m);
}

uint64_t library_next_insns(const Machine *m)
{
    const Library *l = m->sample->library;
    bool inside = l->has_begin && m->measure->state == MEASURE_INSIDE;
    return inside ? sample_warm_start(m->sample) : UINT64_MAX;
}

static void write_index(Library *l)
{
    char *text = NULL, *path = index_path(l->folder);
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        abort();
    fprintf(out,
            "%skey 0x%016" PRIx64 "\nbase %" PRIu64 "\nbegin %" PRIu64
            "\nend %" PRIu64 "\nconsole %" PRIu64 " 0x%016" PRIx64 "\n",
            first_line, l->key, l->base, l->begin, l->end, l->console_size,
            l->console_hash);
    for (size_t i = 0; i < l->count; i++)
        fprintf(out, "unit %" PRIu64 " %" PRIu64 "\n", l->units[i].number,
                l->units[i].insns);
    fflush(out);
    fprintf(out, "check %016" PRIx64 "\n", hash_bytes(HASH_START, text, size));
    fclose(out);
    if (!write_file(l, path, NULL, text))
        fail_writing(l, path);
    free(text);
    free(path);
}

void library_finish(Machine *m)
{
    Library *l = m->sample->library;
    library_look(m);
    if (*l->diag.text)
        return;
    if (!l->has_begin)
        diag_error(&l->diag,
                   "sample.library = %s: the run ended before what is "
                   "measured, or sampled, began; there is no library",
                   l->folder);
    else if (!l->has_end)
        end_region(m);
    if (!*l->diag.text && close_console(l))
        write_index(l);
}

/* --- Using it --------------------------------------------------------------
 */

/* The machine is that of the checkpoint, at `insns`. */
static bool restore(Machine *m, const char *name, uint64_t insns)
{
    Library *l = m->sample->library;
    bool begins = strcmp(name, "begin") == 0;
    bool whole = begins || strcmp(name, "base") == 0;
    CheckpointCommon common = common_of(l, !whole);
    char *path = ckpt_path(l, name);
    Ckpt *ckpt = begins ? l->common : ckpt_open(path, &l->diag);
    bool ok = ckpt && checkpoint_jump(m, &common, ckpt, &l->diag);
    if (ok && phases_insns(m) != insns)
        ok = diag_error(&l->diag,
                        "%s: it is of instruction %" PRIu64 ", and the index "
                        "means %" PRIu64 "; delete the folder, and the next "
                        "run makes it anew",
                        path, phases_insns(m), insns);
    if (!begins)
        ckpt_destroy(ckpt);
    free(path);
    return ok;
}

static bool restore_unit(Machine *m, const LibraryUnit *unit)
{
    char name[32];
    snprintf(name, sizeof name, "%06" PRIu64, unit->number);
    m->sample->next = unit->number;
    return restore(m, name, unit->insns);
}

/* Whether there is one more unit, and all of it in the region. */
static bool has_next(const Sample *s)
{
    const Library *l = s->library;
    return l->next < l->count &&
           sample_unit_end(s, l->units[l->next].number) <= l->end;
}

LibraryStage library_go_on(Machine *m)
{
    Library *l = m->sample->library;
    LibraryStage stage = (LibraryStage)l->reached;
    bool ok = true;
    if (stage == LIBRARY_UNIT && !has_next(m->sample))
        stage = LIBRARY_END;
    switch (stage) {
    case LIBRARY_LEARN: ok = restore(m, "base", l->base); break;
    case LIBRARY_BEGIN: ok = restore(m, "begin", l->begin); break;
    case LIBRARY_UNIT: ok = restore_unit(m, &l->units[l->next]); break;
    case LIBRARY_END: ok = restore(m, "end", l->end); break;
    case LIBRARY_OVER: break;
    }
    if (!ok)
        return LIBRARY_OVER;
    if (stage == LIBRARY_UNIT)
        l->next++;
    l->reached =
        stage == LIBRARY_OVER || stage == LIBRARY_UNIT ? stage : stage + 1;
    return stage;
}
