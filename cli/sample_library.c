/* The library of a sampled run; see sample_library.h. */
#include "cli/sample_library.h"

#include "base/alloc.h"
#include "base/folder.h"
#include "base/hash.h"
#include "cli/exp_command.h"
#include "cli/exp_hash.h"
#include "cli/exp_process.h"
#include "morph/checkpoint.h"
#include "morph/fastforward.h"
#include "morph/library.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

/* Beside those that a machine without a model of time is a function of: where
 * its checkpoints are. */
static const ConfigKey places[] = {
    CONFIG_FAST_FORWARD_TO, CONFIG_SAMPLE_PERIOD, CONFIG_SAMPLE_WARM,
    CONFIG_SAMPLE_OFFSET,   CONFIG_SAMPLE_POINTS, CONFIG_SAMPLE_WEIGHTS,
};

/* Options that say what goes into the guest, or where its run ends. */
static const struct {
    OptionId id;
    const char *name;
    bool file;
} inputs[] = {
    {OPTION_DISK, "disk", true},
    {OPTION_INPUT, "input", true},
    {OPTION_UNTIL, "until", false},
    {OPTION_MAX_INSNS, "max-insns", false},
    {OPTION_MAX_CYCLES, "max-cycles", false},
};

/* --- What it is of ---------------------------------------------------------
 */

static bool hash_file(uint64_t *hash, const char *path, Diag *diag)
{
    ExpHashes hashes = {NULL, 0};
    uint64_t content = 0;
    bool ok = exp_hash_file(&hashes, path, &content) ||
              diag_error(diag, "%s: cannot read it: %s", path, strerror(errno));
    *hash = hash_u64(*hash, content);
    exp_hash_free(&hashes);
    return ok;
}

static uint64_t hash_byte_by_byte(uint64_t hash, const char *before,
                                  const char *text)
{
    for (; *before; before++)
        hash = hash_u64(hash, (uint8_t)*before);
    for (; *text; text++)
        hash = hash_u64(hash, (uint8_t)*text);
    return hash;
}

static void hash_text(uint64_t *hash, const char *text)
{
    *hash = hash_bytes(*hash, text, strlen(text) + 1);
}

/* The content of a file counts, not its name. */
static bool hash_use(uint64_t *hash, const OptionUse *use, size_t input,
                     Diag *diag)
{
    static const char overlay[] = ",overlay";
    hash_text(hash, inputs[input].name);
    if (!inputs[input].file) {
        hash_text(hash, use->value);
        return true;
    }
    char *path = alloc_string(use->value);
    size_t size = strlen(path), end = sizeof overlay - 1;
    bool is_overlay = size > end && strcmp(path + size - end, overlay) == 0;
    bool ok = use->id != OPTION_DISK || is_overlay ||
              diag_error(diag,
                         "--disk %s: with a sample's library nothing may be "
                         "written to it; add %s",
                         path, overlay);
    if (is_overlay)
        path[size - end] = '\0';
    ok = ok && hash_file(hash, path, diag);
    free(path);
    return ok;
}

/* A number is the same however it is written. */
static void hash_key(uint64_t *hash, const Config *config, ConfigKey key)
{
    bool place = key == CONFIG_SAMPLE_PERIOD || key == CONFIG_SAMPLE_WARM ||
                 key == CONFIG_SAMPLE_OFFSET;
    hash_text(hash, config_name(key));
    if (place)
        *hash = hash_u64(*hash, config_int(config, key));
    else
        hash_text(hash, config_text(config, key));
}

static bool find_key(uint64_t *hash, const Options *o, const Config *config,
                     Diag *diag)
{
    *hash = HASH_START;
    for (ConfigKey key = 0; key < CONFIG_KEY_COUNT; key++)
        if (checkpoint_depends_on(key))
            hash_key(hash, config, key);
    for (size_t i = 0; i < ARRAY_LEN(places); i++)
        hash_key(hash, config, places[i]);
    /* The guest gets one string, however it was cut here. */
    for (size_t i = 0; i < o->rest_count; i++)
        *hash = hash_byte_by_byte(*hash, i ? " " : "", o->rest[i]);
    for (size_t i = 0; i < o->use_count; i++)
        for (size_t k = 0; k < ARRAY_LEN(inputs); k++)
            if (o->uses[i].id == inputs[k].id &&
                !hash_use(hash, &o->uses[i], k, diag))
                return false;
    bool ok = hash_file(hash, o->operands[0], diag);
    *hash |= 1; /* 0 is none */
    return ok;
}

/* --- Making it -------------------------------------------------------------
 */

/* The command that makes it and does nothing else. */
static char **make_command(const Options *o, const Config *config)
{
    ExpWords w = {NULL, 0};
    exp_command_add(&w, "selkirk");
    exp_command_add(&w, "run");
    for (ConfigKey key = 0; key < CONFIG_KEY_COUNT; key++)
        if (checkpoint_depends_on(key) && *config_text(config, key))
            exp_command_add(&w, "--set=%s=%s", config_name(key),
                            config_text(config, key));
    for (size_t i = 0; i < ARRAY_LEN(places); i++)
        if (*config_text(config, places[i]))
            exp_command_add(&w, "--set=%s=%s", config_name(places[i]),
                            config_text(config, places[i]));
    exp_command_add(&w, "--set=sample.unit=%s",
                    config_text(config, CONFIG_SAMPLE_UNIT));
    exp_command_add(&w, "--sample-library=%s",
                    config_text(config, CONFIG_SAMPLE_LIBRARY));
    exp_command_add(&w, "--model=functional");
    exp_command_add(&w, "--console=/dev/null");
    exp_command_add(&w, "--quiet");
    for (size_t i = 0; i < o->use_count; i++)
        for (size_t k = 0; k < ARRAY_LEN(inputs); k++)
            if (o->uses[i].id == inputs[k].id)
                exp_command_add(&w, "--%s=%s", inputs[k].name,
                                o->uses[i].value);
    exp_command_add(&w, "%s%s", *o->operands[0] == '-' ? "./" : "",
                    o->operands[0]);
    if (o->rest_count)
        exp_command_add(&w, "--");
    for (size_t i = 0; i < o->rest_count; i++)
        exp_command_add(&w, "%s", o->rest[i]);
    return w.list;
}

/* Its last line says what went wrong. */
static bool fail_making(const char *folder, const char *log, Diag *diag)
{
    char line[256], words[256] = "it says nothing";
    FILE *file = fopen(log, "re");
    while (file && fgets(line, sizeof line, file))
        if (line[strspn(line, "\n")])
            snprintf(words, sizeof words, "%.*s", (int)strcspn(line, "\n"),
                     line);
    if (file)
        fclose(file);
    return diag_error(diag,
                      "sample.library = %s: the run that makes it failed: %s",
                      folder, words);
}

static bool make(const Options *o, const Config *config, const char *folder,
                 Diag *diag)
{
    char *log_path = alloc_format("%s/log", folder);
    int status = 0;
    int log = open(log_path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (!options_has(o, OPTION_QUIET))
        fprintf(stderr, "selkirk: making %s, for this run and later ones\n",
                folder);
    char **command = make_command(o, config);
    pid_t pid = log >= 0 && ftruncate(log, 0) == 0
                    ? exp_process_start(command, log)
                    : -1;
    exp_command_free(command);
    bool ok = pid >= 0 && waitpid(pid, &status, 0) == pid;
    if (!ok)
        diag_error(diag, "%s: cannot write it, or start a process: %s",
                   log_path, strerror(errno));
    if (log >= 0)
        close(log);
    /* Its status is the guest's.  What it is to leave says more. */
    char *index = alloc_format("%s/index", folder);
    if (ok && access(index, F_OK) != 0)
        ok = fail_making(folder, log_path, diag);
    free(index);
    free(log_path);
    return ok;
}

/* This run makes it, and nobody else meanwhile. */
static bool begin_making(SampleLibrary *l, const char *folder, Diag *diag)
{
    char *path = alloc_format("%s/lock", folder);
    l->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    free(path);
    if (l->lock < 0 || (flock(l->lock, LOCK_EX) != 0 && errno == EINTR))
        return diag_error(diag, "sample.library: cannot write to %s: %s",
                          folder, strerror(errno));
    l->use = LIBRARY_MAKE;
    if (library_find(folder, l->key, diag))
        l->use = LIBRARY_IS_THERE;
    if (*diag->text)
        return false;
    path = alloc_format("%s/console", folder);
    if (l->use == LIBRARY_MAKE)
        l->console = fopen(path, "we");
    bool ok = l->use == LIBRARY_IS_THERE || l->console ||
              diag_error(diag, "sample.library: cannot write %s: %s", path,
                         strerror(errno));
    free(path);
    return ok;
}

/* --- For the run -----------------------------------------------------------
 */

/* What cannot be together with a run that jumps through the guest's time. */
static bool check_options(const Options *o, Diag *diag)
{
    static const struct {
        OptionId id;
        const char *name;
    } others[] = {
        {OPTION_RESTORE, "restore"}, {OPTION_MARK, "mark"},
        {OPTION_RECORD, "record"},   {OPTION_MONITOR, "monitor"},
        {OPTION_BBV, "bbv"},
    };
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        if (options_has(o, others[i].id))
            return diag_error(diag,
                              "--%s: not with a sample's library, whose run "
                              "begins at power-on and leaves out most of it; "
                              "leave one of them out",
                              others[i].name);
    return true;
}

bool sample_library_prepare(SampleLibrary *l, const Options *o,
                            const Config *config, Diag *diag)
{
    const char *folder = config_text(config, CONFIG_SAMPLE_LIBRARY);
    *l = (SampleLibrary){.lock = -1};
    /* Without a period that is said when the machine is made. */
    if (!*folder || !config_int(config, CONFIG_SAMPLE_PERIOD))
        return true;
    if (!check_options(o, diag) || !find_key(&l->key, o, config, diag))
        return false;
    l->use = LIBRARY_USE;
    bool makes = config_choice(config, CONFIG_CPU_MODEL) == MODEL_FUNCTIONAL;
    if (!makes && library_find(folder, l->key, diag))
        return true;
    if (*diag->text)
        return false;
    int fd = folder_open("sample.library", folder, diag);
    if (fd < 0)
        return false;
    close(fd);
    return makes ? begin_making(l, folder, diag)
                 : make(o, config, folder, diag);
}

void sample_library_print(const SampleLibrary *l, const Config *config,
                          void (*put)(void *ctx, uint8_t byte), void *ctx)
{
    if (l->use != LIBRARY_USE)
        return;
    char *path =
        alloc_format("%s/console", config_text(config, CONFIG_SAMPLE_LIBRARY));
    FILE *file = fopen(path, "re");
    for (int byte; file && (byte = getc(file)) != EOF;)
        put(ctx, (uint8_t)byte);
    if (file)
        fclose(file);
    free(path);
}

void sample_library_free(SampleLibrary *l)
{
    if (l->console)
        fclose(l->console);
    if (l->lock > 0)
        close(l->lock);
    *l = (SampleLibrary){.lock = -1};
}
