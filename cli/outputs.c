/* Whether what a run writes would go over what it reads, or over itself. */
#include "cli/outputs.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What is read, by the words of a message, and what is written, by none. */
static const struct {
    OptionId id;
    const char *read;
} kinds[] = {
    {OPTION_DISK, "disk"},
    {OPTION_CONFIG, "file of --config"},
    {OPTION_INPUT, "file of --input"},
    {OPTION_RESTORE, "file of --restore"},
    {OPTION_WARM_START, "file of --warm-start"},
    {OPTION_CONSOLE, NULL},
    {OPTION_RECORD, NULL},
    {OPTION_TRACE, NULL},
    {OPTION_BBV, NULL},
    {OPTION_PIPELINE, NULL},
    {OPTION_TIMELINE, NULL},
    {OPTION_WARM_SAVE, NULL},
};

typedef struct File {
    char *path;
    OptionId id;
    const char *read; /* NULL: it is written */
} File;

typedef struct Files {
    File *list;
    size_t count;
} Files;

static void add(Files *files, OptionId id, const char *read, const char *path,
                size_t size)
{
    char *copy = alloc_zeroed(size + 1, 1);
    memcpy(copy, path, size);
    files->list[files->count++] = (File){copy, id, read};
}

/* The file's name is not all of the value of some options. */
static void add_use(Files *files, const OptionUse *use, const char *read)
{
    const char *from = use->value, *end = from + strlen(from);
    if (use->id == OPTION_CONSOLE &&
        (strcmp(from, "stdio") == 0 || strcmp(from, "pty") == 0))
        return;
    if (use->id == OPTION_DISK && strrchr(from, ','))
        end = strrchr(from, ',');
    if (use->id == OPTION_TRACE) {
        const char *colon = strchr(from, ':');
        if (!colon)
            return;
        from = colon + 1;
    }
    add(files, use->id, read, from, (size_t)(end - from));
}

static void add_options(Files *files, const Options *o)
{
    for (size_t i = 0; i < o->use_count; i++)
        for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
            if (o->uses[i].id == kinds[k].id)
                add_use(files, &o->uses[i], kinds[k].read);
}

/* The folder that `path` is in, and its name there. */
static bool find_folder(const char *path, struct stat *folder,
                        const char **name)
{
    const char *slash = strrchr(path, '/');
    char *text = slash ? strndup(path, (size_t)(slash - path) + 1) : NULL;
    bool found = stat(text ? text : ".", folder) == 0;
    free(text);
    *name = slash ? slash + 1 : path;
    return found;
}

/* Pipes and terminals may be shared; what is not there yet is known by its
 * name. */
static bool are_same(const char *a, const char *b)
{
    struct stat x, y;
    bool has_x = stat(a, &x) == 0, has_y = stat(b, &y) == 0;
    const char *name_a = "", *name_b = "";
    if (has_x != has_y || (has_x && !S_ISREG(x.st_mode)))
        return false;
    if (!has_x &&
        (!find_folder(a, &x, &name_a) || !find_folder(b, &y, &name_b)))
        return false;
    return x.st_dev == y.st_dev && x.st_ino == y.st_ino &&
           strcmp(name_a, name_b) == 0;
}

/* Kinds of trace share a stream; and what is read whole may be replaced. */
static bool may_be_same(OptionId writes, OptionId other)
{
    return (writes == OPTION_TRACE && other == OPTION_TRACE) ||
           (writes == OPTION_WARM_SAVE && other == OPTION_WARM_START) ||
           (writes == OPTION_CHECKPOINT && other == OPTION_RESTORE);
}

static bool check_pair(const File *writes, const File *other, Diag *diag)
{
    if (may_be_same(writes->id, other->id) ||
        !are_same(writes->path, other->path))
        return true;
    return diag_error(diag,
                      "%s: the output would overwrite %s%s; name another "
                      "file",
                      writes->path, other->read ? "the " : "another output",
                      other->read ? other->read : "");
}

bool outputs_check(const Options *o, const CheckpointFiles *checkpoints,
                   Diag *diag)
{
    Files files = {0};
    bool ok = true;
    files.list =
        alloc_zeroed(o->use_count + checkpoints->count + 1, sizeof *files.list);
    if (o->operand_count)
        add(&files, OPTION_TOTAL, "image", o->operands[0],
            strlen(o->operands[0]));
    add_options(&files, o);
    for (size_t i = 0; i < checkpoints->count; i++)
        add(&files, OPTION_CHECKPOINT, NULL, checkpoints->list[i].path,
            strlen(checkpoints->list[i].path));
    for (size_t i = 0; i < files.count; i++)
        for (size_t j = 0; ok && !files.list[i].read && j < files.count; j++)
            if (files.list[j].read || j < i)
                ok = check_pair(&files.list[i], &files.list[j], diag);
    for (size_t i = 0; i < files.count; i++)
        free(files.list[i].path);
    free(files.list);
    return ok;
}
