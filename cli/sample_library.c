/* The library of a sampled run; see sample_library.h. */
#define _GNU_SOURCE /* memfd_create() */
#include "cli/sample_library.h"

#include "base/alloc.h"
#include "base/folder.h"
#include "base/hash.h"
#include "base/number.h"
#include "cli/exp_command.h"
#include "cli/exp_hash.h"
#include "cli/exp_process.h"
#include "morph/checkpoint.h"
#include "morph/fastforward.h"
#include "morph/library.h"
#include "morph/sample.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* How a value counts: one is the same however it is written. */
typedef enum ValueKind {
    VALUE_KEY,   /* as its key's type says */
    VALUE_FILE,  /* its content, not its name */
    VALUE_POINT, /* N and +N are numbers, the rest is text */
    VALUE_TEXT,
    VALUE_NONE, /* not at all */
} ValueKind;

/* Keys that a library is a function of beside those that a machine without a
 * model of time is one of: where its checkpoints are.  Weights are each run's
 * own, but who names points must name them, too. */
static const struct {
    ConfigKey key;
    ValueKind kind;
} places[] = {
    {CONFIG_FAST_FORWARD_TO, VALUE_POINT}, {CONFIG_SAMPLE_PERIOD, VALUE_KEY},
    {CONFIG_SAMPLE_WARM, VALUE_KEY},       {CONFIG_SAMPLE_OFFSET, VALUE_KEY},
    {CONFIG_SAMPLE_POINTS, VALUE_FILE},    {CONFIG_SAMPLE_WEIGHTS, VALUE_NONE},
};

/* Options that say what goes into the guest, or where its run ends. */
static const struct {
    OptionId id;
    const char *name;
    ValueKind kind;
} inputs[] = {
    {OPTION_DISK, "disk", VALUE_FILE},
    {OPTION_INPUT, "input", VALUE_FILE},
    {OPTION_UNTIL, "until", VALUE_TEXT},
    {OPTION_MAX_INSNS, "max-insns", VALUE_POINT},
    {OPTION_MAX_CYCLES, "max-cycles", VALUE_POINT},
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

static void hash_point(uint64_t *hash, const char *text)
{
    uint64_t number;
    bool relative = *text == '+';
    if (!number_parse(text + relative, 1000, &number)) {
        hash_text(hash, text);
        return;
    }
    hash_text(hash, relative ? "+" : "");
    *hash = hash_u64(*hash, number);
}

static bool hash_use(uint64_t *hash, const OptionUse *use, size_t input,
                     Diag *diag)
{
    static const char overlay[] = ",overlay";
    hash_text(hash, inputs[input].name);
    if (inputs[input].kind != VALUE_FILE) {
        if (inputs[input].kind == VALUE_POINT)
            hash_point(hash, use->value);
        else
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

/* Where a machine without a model of time goes, or what it prints, is a
 * function of the key.  A sampled run has no intervals. */
static bool is_of_guest(ConfigKey key)
{
    return checkpoint_depends_on(key) && key != CONFIG_STATS_INTERVAL &&
           key != CONFIG_STATS_INTERVAL_UNIT;
}

static bool hash_key(uint64_t *hash, const Config *config, ConfigKey key,
                     ValueKind kind, Diag *diag)
{
    const char *text = config_text(config, key);
    if (kind == VALUE_NONE)
        return true;
    if (kind == VALUE_KEY) {
        *hash = config_hash_key(config, key, *hash);
        return true;
    }
    hash_text(hash, config_name(key));
    if (kind == VALUE_FILE)
        return !*text || hash_file(hash, text, diag);
    hash_point(hash, text);
    return true;
}

static bool find_key(uint64_t *hash, const Options *o, const Config *config,
                     Diag *diag)
{
    *hash = HASH_START;
    for (ConfigKey key = 0; key < CONFIG_KEY_COUNT; key++) {
        bool point = key == CONFIG_ROI_FROM || key == CONFIG_ROI_TO;
        if (is_of_guest(key) &&
            !hash_key(hash, config, key, point ? VALUE_POINT : VALUE_KEY, diag))
            return false;
    }
    for (size_t i = 0; i < ARRAY_LEN(places); i++)
        if (!hash_key(hash, config, places[i].key, places[i].kind, diag))
            return false;
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
        if (is_of_guest(key) && *config_text(config, key))
            exp_command_add(&w, "--set=%s=%s", config_name(key),
                            config_text(config, key));
    for (size_t i = 0; i < ARRAY_LEN(places); i++)
        if (*config_text(config, places[i].key))
            exp_command_add(&w, "--set=%s=%s", config_name(places[i].key),
                            config_text(config, places[i].key));
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

/* The last line of its log says what went wrong. */
static bool fail_making(const char *folder, int log, Diag *diag)
{
    static const char program[] = "selkirk: ", key[] = "sample.library = ";
    char line[DIAG_TEXT_MAX], words[DIAG_TEXT_MAX] = "it says nothing";
    FILE *file = lseek(log, 0, SEEK_SET) == 0 ? fdopen(dup(log), "r") : NULL;
    while (file && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        if (*line)
            memcpy(words, line, sizeof words);
    }
    if (file)
        fclose(file);
    /* What this program says itself is not said twice. */
    const char *why = words;
    size_t length = strlen(folder);
    if (strncmp(why, program, sizeof program - 1) == 0)
        why += sizeof program - 1;
    if (strncmp(why, key, sizeof key - 1) == 0 &&
        strncmp(why + sizeof key - 1, folder, length) == 0 &&
        strncmp(why + sizeof key - 1 + length, ": ", 2) == 0)
        why += sizeof key - 1 + length + 2;
    return diag_error(diag,
                      "sample.library = %s: the run that makes it failed: %s",
                      folder, why);
}

/* The log is in memory: the folder may be full. */
static bool make(const Options *o, const Config *config, const char *folder,
                 Diag *diag)
{
    int status = 0, log = memfd_create("log", MFD_CLOEXEC);
    if (!options_has(o, OPTION_QUIET))
        fprintf(stderr, "selkirk: making %s, for this run and later ones\n",
                folder);
    char **command = make_command(o, config);
    pid_t pid = log >= 0 ? exp_process_start(command, log) : -1;
    exp_command_free(command);
    bool ok = (pid >= 0 && waitpid(pid, &status, 0) == pid) ||
              diag_error(diag,
                         "sample.library = %s: cannot start the process that "
                         "makes it: %s",
                         folder, strerror(errno));
    /* Its status is the guest's.  What it is to leave says more. */
    char *index = alloc_format("%s/index", folder);
    if (ok && access(index, F_OK) != 0)
        ok = fail_making(folder, log, diag);
    free(index);
    if (log >= 0)
        close(log);
    return ok;
}

/* --- The folder ------------------------------------------------------------
 */

static const char lock_name[] = "lock";

/* Whether there is anything but a lock, or it cannot be known. */
static bool has_content(const char *folder)
{
    DIR *dir = opendir(folder);
    bool found = !dir;
    for (const struct dirent *d; !found && (d = readdir(dir));)
        found = strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0 &&
                strcmp(d->d_name, lock_name) != 0;
    if (dir)
        closedir(dir);
    return found;
}

/* Nothing is written where somebody keeps something else.  Whoever makes a
 * library writes its title to the lock first, so where there is content, and it
 * is looked for first, the lock has that. */
static bool check_folder(const char *folder, Diag *diag)
{
    if (!has_content(folder))
        return true;
    char text[32] = "", *path = alloc_format("%s/%s", folder, lock_name);
    FILE *file = fopen(path, "re");
    bool ours = file && fgets(text, sizeof text, file) &&
                strncmp(text, library_title, strlen(library_title)) == 0;
    if (file)
        fclose(file);
    free(path);
    return ours || diag_error(diag,
                              "sample.library = %s: the folder has other "
                              "things in it and is no library of Selkirk; name "
                              "another folder",
                              folder);
}

static bool take_lock(SampleLibrary *l, const char *folder)
{
    char *path = alloc_format("%s/%s", folder, lock_name);
    l->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    free(path);
    int got = -1;
    while (l->lock >= 0 && (got = flock(l->lock, LOCK_EX)) != 0 &&
           errno == EINTR)
        continue;
    char text[64];
    int size = snprintf(text, sizeof text, "%s\n", library_title);
    return got == 0 && (lseek(l->lock, 0, SEEK_END) > 0 ||
                        write(l->lock, text, (size_t)size) == size);
}

/* This run makes it, and nobody else meanwhile. */
static bool begin_making(SampleLibrary *l, const char *folder, Diag *diag)
{
    if (!take_lock(l, folder))
        return diag_error(diag, "sample.library: cannot write to %s: %s",
                          folder, strerror(errno));
    l->use = LIBRARY_MAKE;
    if (library_find(folder, l->key, diag))
        l->use = LIBRARY_IS_THERE;
    return !*diag->text;
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
        {OPTION_BBV, "bbv"},         {OPTION_CHECKPOINT_AT, "checkpoint-at"},
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

/* Keys that make no sense are found when the machine is made, which is late:
 * the library would be made before. */
static bool check_keys(const Config *config, Diag *diag)
{
    sample_destroy(sample_create(config, 0, diag));
    return !*diag->text;
}

bool sample_library_prepare(SampleLibrary *l, const Options *o,
                            const Config *config, Diag *diag)
{
    const char *folder = config_text(config, CONFIG_SAMPLE_LIBRARY);
    *l = (SampleLibrary){.lock = -1};
    /* Without a period that is said when the machine is made. */
    if (!*folder || !config_int(config, CONFIG_SAMPLE_PERIOD))
        return true;
    if (!check_options(o, diag) || !check_keys(config, diag) ||
        !find_key(&l->key, o, config, diag))
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
    if (!check_folder(folder, diag))
        return false;
    return makes ? begin_making(l, folder, diag)
                 : make(o, config, folder, diag);
}

void sample_library_free(SampleLibrary *l)
{
    if (l->lock > 0)
        close(l->lock);
    *l = (SampleLibrary){.lock = -1};
}
