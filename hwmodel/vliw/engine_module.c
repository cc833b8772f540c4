/* Finds and loads the compiler, a module of its own: without it, and without
 * LLVM, molecules run in threaded forms. */
#include "hwmodel/vliw/engine_host.h"

#include "base/alloc.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MODULE "selkirk-llvm.so"
#define SYMBOL "selkirk_engine_llvm"

/* Beside the program, or where it is installed. */
static const char *const places[] = {"", "../lib/selkirk/"};

/* The folder of the program, with a slash; false: it cannot be found. */
static bool program_folder(char *folder, size_t size)
{
    ssize_t length = readlink("/proc/self/exe", folder, size - 1);
    if (length < 0)
        return false;
    folder[length] = '\0';
    char *slash = strrchr(folder, '/');
    if (!slash)
        return false;
    slash[1] = '\0';
    return true;
}

static bool is_there(EngineModule *module, const char *folder,
                     const char *place)
{
    size_t size = strlen(folder) + strlen(place) + sizeof MODULE;
    char *path = alloc_zeroed(size, 1);
    snprintf(path, size, "%s%s%s", folder, place, MODULE);
    if (access(path, R_OK) == 0) {
        module->path = path;
        return true;
    }
    free(path);
    return false;
}

bool engine_module_find(EngineModule *module, const Config *config, char *why)
{
    const char *named = config_text(config, CONFIG_ENGINE_MODULE);
    char folder[PATH_MAX];
    pthread_mutex_init(&module->lock, NULL);
    if (*named) {
        module->path = alloc_string(named);
        return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(places); i++)
        if (program_folder(folder, sizeof folder) &&
            is_there(module, folder, places[i]))
            return true;
    snprintf(why, ENGINE_WHY,
             "there is no %s beside the program or in ../lib/selkirk", MODULE);
    return false;
}

static const EngineBackend *load(EngineModule *module)
{
    module->handle = dlopen(module->path, RTLD_NOW | RTLD_LOCAL);
    if (!module->handle) {
        snprintf(module->why, sizeof module->why, "%s", dlerror());
        return NULL;
    }
    const EngineBackend *backend = dlsym(module->handle, SYMBOL);
    if (!backend || backend->layout != ENGINE_LAYOUT ||
        backend->hard != SELKIRK_HARD) {
        snprintf(module->why, sizeof module->why,
                 "%s belongs to another build of Selkirk", module->path);
        return NULL;
    }
    return backend;
}

const EngineBackend *engine_module_load(Engine *e, char *why)
{
    EngineModule *module = &e->module;
    pthread_mutex_lock(&module->lock);
    if (!module->backend && !module->why[0]) {
        module->backend = load(module);
        engine_saved_ready(&e->saved, module->backend);
        if (e->saved.stores &&
            !(e->saved.recalled &&
              engine_keys_are_equal(e->saved.loaded, e->saved.compiler)))
            engine_recall_store(&e->saved, module, e->saved.loaded);
    }
    if (!module->backend)
        snprintf(why, ENGINE_WHY, "%s", module->why);
    const EngineBackend *backend = module->backend;
    pthread_mutex_unlock(&module->lock);
    return backend;
}

bool engine_module_thunks(Engine *e, EngineObject *thunks, char *why)
{
    EngineSaved *s = &e->saved;
    if (engine_saved_is_known(s) &&
        engine_saved_load(s, engine_saved_thunks_key(s->compiler), thunks))
        return true;
    const EngineBackend *backend = engine_module_load(e, why);
    if (!backend || !backend->thunks(thunks, why, ENGINE_WHY))
        return false;
    if (s->stores)
        engine_saved_put(s, engine_saved_thunks_key(s->loaded), thunks->bytes,
                         thunks->size);
    return true;
}

void engine_module_destroy(EngineModule *module)
{
    /* The module stays: LLVM does not like to be unloaded, and another machine
     * of the process may use it. */
    pthread_mutex_destroy(&module->lock);
    free(module->path);
}
