/* The checkpoints that a run takes; see checkpoints.h. */
#include "cli/checkpoints.h"

#include "base/alloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* POINT=FILE, where POINT may have a '=' in it; or, where --checkpoint names
 * the file, POINT alone. */
static bool add(CheckpointFiles *files, const char *value, const char *path,
                Diag *diag)
{
    const char *equals = path ? NULL : strrchr(value, '=');
    if (!path && (!equals || !equals[1] || equals == value))
        return diag_error(diag,
                          "--checkpoint-at %s: there is no file to save to; "
                          "write %s=FILE, or add --checkpoint FILE",
                          value, value);
    CheckpointFile *f = &files->list[files->count++];
    f->point = alloc_string(value);
    if (equals)
        f->point[equals - value] = '\0';
    f->path = alloc_string(equals ? equals + 1 : path);
    return true;
}

/* Several that share a name get numbers behind it. */
static void number(CheckpointFiles *files, const char *path)
{
    for (size_t i = 0; files->count > 1 && i < files->count; i++) {
        size_t size = strlen(path) + 24;
        free(files->list[i].path);
        files->list[i].path = alloc_zeroed(size, 1);
        snprintf(files->list[i].path, size, "%s.%zu", path, i + 1);
    }
}

bool checkpoints_read(CheckpointFiles *files, const Options *o, Diag *diag)
{
    const char *path = options_value(o, OPTION_CHECKPOINT);
    files->list = alloc_zeroed(o->use_count, sizeof *files->list);
    for (size_t i = 0; i < o->use_count; i++)
        if (o->uses[i].id == OPTION_CHECKPOINT_AT &&
            !add(files, o->uses[i].value, path, diag))
            return false;
    if (path && files->count == 0)
        return diag_error(diag,
                          "--checkpoint %s: nobody says when; add "
                          "--checkpoint-at POINT",
                          path);
    if (path)
        number(files, path);
    return true;
}

bool checkpoints_open(CheckpointFiles *files, Machine *machine, Diag *diag)
{
    if (files->count == 0)
        return true;
    const char **points = alloc_zeroed(files->count, sizeof *points);
    bool ok = true;
    for (size_t i = 0; ok && i < files->count; i++) {
        CheckpointFile *f = &files->list[i];
        points[i] = f->point;
        ok = savefile_open(&f->save, "--checkpoint-at", f->path, diag);
        f->save.durable = true;
    }
    ok = ok && machine_set_checkpoints(machine, points, files->count, diag);
    free(points);
    return ok;
}

bool checkpoints_save(CheckpointFiles *files, Machine *machine, Diag *diag)
{
    CheckpointFile *f = &files->list[files->saved++];
    const Config *config = machine_config(machine);
    Ckpt *ckpt = ckpt_create(config_bool(config, CONFIG_CHECKPOINT_COMPRESS));
    machine_save(machine, ckpt);
    bool ok = !ckpt_error(ckpt) ||
              diag_error(diag, "%s: %s", f->path, ckpt_error(ckpt));
    if (ok && !ckpt_write(ckpt, f->save.file))
        ok = diag_error(diag,
                        "--checkpoint-at: cannot write %s: %s; make "
                        "room, or name a file elsewhere",
                        f->path, strerror(errno));
    ckpt_destroy(ckpt);
    return ok && savefile_close(&f->save, diag);
}

bool checkpoints_end(const CheckpointFiles *files, const Config *config)
{
    return files->saved == files->count &&
           config_bool(config, CONFIG_CHECKPOINT_STOP);
}

void checkpoints_tell(const CheckpointFiles *files)
{
    if (files->saved < files->count)
        fprintf(stderr,
                "selkirk: --checkpoint-at %s: the run ended before it\n",
                files->list[files->saved].point);
}

void checkpoints_drop(CheckpointFiles *files)
{
    for (size_t i = 0; i < files->count; i++) {
        savefile_drop(&files->list[i].save);
        free(files->list[i].point);
        free(files->list[i].path);
    }
    free(files->list);
    *files = (CheckpointFiles){0};
}
