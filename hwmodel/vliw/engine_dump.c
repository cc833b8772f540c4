/* Compiled code for people to read: a folder of the object files that were
 * installed, in their order (engine.dump). */
#include "hwmodel/vliw/engine_host.h"

#include "base/folder.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

bool engine_dump_open(EngineDump *dump, const Config *config, Diag *diag)
{
    const char *folder = config_text(config, CONFIG_ENGINE_DUMP);
    dump->dir = *folder ? folder_open("engine.dump", folder, diag) : -1;
    return dump->dir >= 0 || !*folder;
}

void engine_dump_close(EngineDump *dump)
{
    if (dump->dir >= 0)
        close(dump->dir);
}

void engine_dump_write(EngineDump *dump, const Installed *code,
                       unsigned quality, const EngineObject *object)
{
    char name[64];
    if (dump->dir < 0)
        return;
    snprintf(name, sizeof name, "%05u-%08" PRIx32 "-gear%u-quality%u.o",
             ++dump->count, code->pub.code->pc, code->pub.gear, quality);
    int file =
        openat(dump->dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0)
        return;
    /* Half of an object is worse than none. */
    bool ok = write(file, object->bytes, object->size) == (ssize_t)object->size;
    if (close(file) < 0 || !ok)
        unlinkat(dump->dir, name, 0);
}
