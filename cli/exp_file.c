/* Reading the file of an experiment; see exp_file.h. */
#include "cli/exp_file.h"

#include "base/bits.h"
#include "base/inifile.h"
#include "base/number.h"
#include "hwmodel/presets/presets.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_LENGTH = 40, FILE_MAX = 1 << 20 };

static const char *const run_keys[EXP_RUN_KEYS] = {
    [EXP_WORKLOAD] = "workload",   [EXP_IMAGE] = "image",
    [EXP_ARGUMENTS] = "arguments", [EXP_DISK] = "disk",
    [EXP_INPUT] = "input",         [EXP_UNTIL] = "until",
    [EXP_MAX_INSNS] = "max_insns", [EXP_MAX_CYCLES] = "max_cycles",
    [EXP_EXPECT] = "expect",       [EXP_EXPECT_FILE] = "expect_file",
    [EXP_STATUS] = "status",       [EXP_CHECKPOINT_AT] = "checkpoint_at",
    [EXP_RESTORE] = "restore",
};

/* Short for keys of the configuration. */
static const struct {
    const char *name, *key;
} aliases[] = {{"roi_from", "roi.from"}, {"roi_to", "roi.to"}};

/* Columns of every result, and what their names begin with. */
static const char *const columns[] = {
    "point", "seed", "status",  "insns",       "cycles",     "seconds",   "ipc",
    "cpi",   "all",  "version", "config_hash", "image_hash", "input_hash"};

typedef enum Section { NONE, EXPERIMENT, BASE, AXIS, WORKLOAD } Section;

typedef struct Reader {
    Experiment *e;
    const char *folder; /* of the file that is read */
    bool included;      /* by another one */
    Section section;
    bool seen_experiment, seen_base, seen_seeds;
    unsigned given; /* in [experiment]: bits of what stands there */
    ExpAxis *axis;  /* the one that is read */
    ExpAxis seeds;
    /* Of it, until it is complete. */
    ExpSetting axis_key;
    char *axis_values;
    const char *axis_values_where;
    ExpWorkload *workload; /* likewise */
    Config *scratch;       /* takes settings that are only checked */
} Reader;

/* --- Texts ---------------------------------------------------------------- */

static char *copy_part(Arena *arena, const char *text, size_t length)
{
    char *copy = arena_alloc(arena, length + 1, 1);
    memcpy(copy, text, length);
    return copy;
}

static char *copy(Arena *arena, const char *text)
{
    return copy_part(arena, text, strlen(text));
}

/* What `path` has up to its last slash. */
static char *folder_of(Arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    return copy_part(arena, path, slash ? (size_t)(slash + 1 - path) : 0);
}

/* The file's name without what is before the last slash and without ".ini". */
static char *name_of(Arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    size_t length = strlen(name);
    if (length > 4 && strcmp(name + length - 4, ".ini") == 0)
        length -= 4;
    return copy_part(arena, name, length);
}

/* Takes what stands before the next `separator` off *rest, without blanks at
 * its ends; NULL in the end. */
static char *next_item(Arena *arena, const char **rest, char separator)
{
    const char *text = *rest;
    if (!text)
        return NULL;
    const char *end = strchr(text, separator);
    *rest = end ? end + 1 : NULL;
    end = end ? end : text + strlen(text);
    while (text < end && isspace((unsigned char)*text))
        text++;
    while (end > text && isspace((unsigned char)end[-1]))
        end--;
    return copy_part(arena, text, (size_t)(end - text));
}

/* Names stand in columns and in {AXIS}. */
static bool check_name(const char *name, const char *what, const char *where,
                       Diag *diag)
{
    size_t length = strlen(name);
    bool ok = length > 0 && length <= NAME_MAX_LENGTH;
    for (const char *p = name; *p; p++)
        ok = ok && (isalnum((unsigned char)*p) || strchr("_-.+", *p));
    return ok ||
           diag_error(diag,
                      "%s: \"%.80s\" is no name of %s; write up to %d letters, "
                      "digits and any of _-.+",
                      where, name, what, NAME_MAX_LENGTH);
}

/* --- Settings ------------------------------------------------------------- */

bool exp_file_apply(const ExpSetting *s, const char *value, Config *config,
                    Diag *diag)
{
    uint64_t number;
    switch (s->key) {
    case EXP_CONFIG: return config_set(config, s->name, value, s->where, diag);
    case EXP_PRESET: return preset_apply(config, value, s->where, diag);
    case EXP_MAX_INSNS:
    case EXP_MAX_CYCLES:
        if (number_parse(value, 1000, &number) && number > 0)
            return true;
        return diag_error(diag,
                          "%s: %s = \"%s\" is not a number from 1 to 2^64 - 1; "
                          "write for example 250M",
                          s->where, run_keys[s->key], value);
    case EXP_STATUS:
        if (number_parse(value, 1000, &number) && number <= 255)
            return true;
        return diag_error(diag,
                          "%s: status = \"%s\" is not a number from 0 to 255",
                          s->where, value);
    case EXP_ARGUMENTS: return true;
    default:
        return *value || diag_error(diag, "%s: %s has no value; leave it out",
                                    s->where, run_keys[s->key]);
    }
}

/* What a name on the left of '=' sets. */
static bool find_key(Reader *r, ExpSetting *setting, const char *name,
                     const char *where, Diag *diag)
{
    *setting =
        (ExpSetting){.where = copy(r->e->arena, where), .folder = r->folder};
    for (size_t i = 0; i < ARRAY_LEN(aliases); i++)
        if (strcmp(aliases[i].name, name) == 0)
            name = aliases[i].key;
    for (size_t i = 0; i < EXP_RUN_KEYS; i++) {
        if (strcmp(run_keys[i], name) == 0) {
            setting->key = (ExpKey)i;
            return true;
        }
    }
    setting->key = strcmp(name, "preset") == 0 ? EXP_PRESET : EXP_CONFIG;
    setting->name = copy(r->e->arena, name);
    if (setting->key == EXP_PRESET || strchr(name, '.'))
        return true;
    return diag_error(diag,
                      "%s: there is no \"%.80s\" to set; write section.key, "
                      "preset, or one of workload, image, arguments, disk, "
                      "input, until, max_insns, max_cycles, roi_from, roi_to, "
                      "expect, expect_file, status",
                      where, name);
}

static bool add_setting(Reader *r, ExpSettings *to, ExpSetting setting,
                        const char *value, Diag *diag)
{
    if (setting.key == EXP_WORKLOAD && r->section == WORKLOAD)
        return diag_error(diag, "%s: a workload names no other one",
                          setting.where);
    /* A value with an axis in it is checked at each point. */
    if (!strchr(value, '{') &&
        !exp_file_apply(&setting, value, r->scratch, diag))
        return false;
    for (size_t i = 0; i < to->count; i++)
        if (to->list[i].key == setting.key &&
            (setting.key != EXP_CONFIG ||
             strcmp(to->list[i].name, setting.name) == 0))
            return diag_error(diag,
                              "%s: it is set already, at %s; leave one out",
                              setting.where, to->list[i].where);
    to->list = arena_grow(r->e->arena, to->list, to->count, to->count + 1,
                          sizeof *to->list);
    setting.value = copy(r->e->arena, value);
    to->list[to->count++] = setting;
    return true;
}

static bool set(Reader *r, ExpSettings *to, const char *name, const char *value,
                const char *where, Diag *diag)
{
    ExpSetting setting;
    return find_key(r, &setting, name, where, diag) &&
           add_setting(r, to, setting, value, diag);
}

/* --- Axes ----------------------------------------------------------------- */

static bool add_choice(Reader *r, ExpAxis *axis, const char *label,
                       const char *where, Diag *diag)
{
    if (!*label)
        return diag_error(diag,
                          "%s: a value of axis %s is missing beside a comma",
                          where, axis->name);
    for (size_t i = 0; i < axis->count; i++)
        if (strcmp(axis->choices[i].label, label) == 0)
            return diag_error(diag, "%s: \"%s\" is twice on axis %s", where,
                              label, axis->name);
    axis->choices = arena_grow(r->e->arena, axis->choices, axis->count,
                               axis->count + 1, sizeof *axis->choices);
    axis->choices[axis->count++] = (ExpChoice){.label = label};
    return true;
}

/* "point LABEL = name=value; name=value" */
static bool add_point(Reader *r, const IniPair *pair, Diag *diag)
{
    Arena *arena = r->e->arena;
    const char *label = pair->name + strlen("point");
    label += strspn(label, " \t");
    if (pair->comment)
        return diag_error(diag,
                          "%s: \" ;\" begins a comment; write each ; at once "
                          "behind a value",
                          pair->where);
    if (!check_name(label, "a point", pair->where, diag) ||
        !add_choice(r, r->axis, copy(arena, label), pair->where, diag))
        return false;
    ExpSettings *settings = &r->axis->choices[r->axis->count - 1].settings;
    const char *rest = pair->value;
    for (char *item; (item = next_item(arena, &rest, ';'));) {
        const char *value = strchr(item, '=');
        if (!*item)
            continue;
        if (!value)
            return diag_error(diag, "%s: \"%s\" has no '='; write name=value",
                              pair->where, item);
        const char *name = item;
        name = next_item(arena, &name, '=');
        value++;
        value += strspn(value, " \t");
        if (!set(r, settings, name, value, pair->where, diag))
            return false;
    }
    return true;
}

static bool read_axis(Reader *r, const IniPair *pair, Diag *diag)
{
    bool points = r->axis->count > 0;
    bool key = strcmp(pair->name, "key") == 0;
    bool point =
        strncmp(pair->name, "point", 5) == 0 && strchr(" \t", pair->name[5]);
    if (!key && !point && strcmp(pair->name, "values") != 0)
        return diag_error(diag,
                          "%s: an axis has no \"%s\"; write key and values, or "
                          "point LABEL",
                          pair->where, pair->name);
    if (point ? r->axis_key.where || r->axis_values : points)
        return diag_error(diag,
                          "%s: an axis has either key and values, or points",
                          pair->where);
    if (point)
        return add_point(r, pair, diag);
    if (key ? r->axis_key.where != NULL : r->axis_values != NULL)
        return diag_error(diag, "%s: %s stands there twice", pair->where,
                          pair->name);
    if (key)
        return find_key(r, &r->axis_key, pair->value, pair->where, diag);
    r->axis_values = copy(r->e->arena, pair->value);
    r->axis_values_where = copy(r->e->arena, pair->where);
    return true;
}

/* Of two axes with the same key the first would change nothing. */
static bool check_key(const Reader *r, const ExpAxis *axis, Diag *diag)
{
    for (const ExpAxis *other = r->e->axes; other != axis; other++) {
        const ExpSetting *key = &other->key;
        if (key->where && key->key == axis->key.key &&
            (key->key != EXP_CONFIG || strcmp(key->name, axis->key.name) == 0))
            return diag_error(diag,
                              "%s: axis %s has the key of axis %s, at %s; put "
                              "their values on one axis",
                              axis->key.where, axis->name, other->name,
                              key->where);
    }
    return true;
}

/* The axis is read: its choices, if they are values of a key. */
static bool end_axis(Reader *r, Diag *diag)
{
    ExpAxis *axis = r->axis;
    r->axis = NULL;
    if (!axis || axis->count > 0)
        return true;
    if (!r->axis_key.where || !r->axis_values)
        return diag_error(diag,
                          "%s: axis %s has no %s; write key and values, or "
                          "point LABEL",
                          axis->where, axis->name,
                          r->axis_key.where ? "values"
                          : r->axis_values  ? "key"
                                            : "points");
    axis->key = r->axis_key;
    if (!check_key(r, axis, diag))
        return false;
    const char *rest = r->axis_values, *where = r->axis_values_where;
    for (char *value; (value = next_item(r->e->arena, &rest, ','));) {
        ExpSetting setting = r->axis_key;
        setting.where = where;
        if (!add_choice(r, axis, value, where, diag) ||
            !add_setting(r, &axis->choices[axis->count - 1].settings, setting,
                         value, diag))
            return false;
    }
    return true;
}

static bool begin_axis(Reader *r, const char *name, const char *where,
                       Diag *diag)
{
    Experiment *e = r->e;
    if (!check_name(name, "an axis", where, diag))
        return false;
    bool taken = strncmp(name, "host.", 5) == 0;
    for (size_t i = 0; i < ARRAY_LEN(columns); i++)
        taken = taken || strcmp(columns[i], name) == 0;
    if (taken)
        return diag_error(
            diag,
            "%s: \"%s\" is a column of all results; name the axis "
            "otherwise",
            where, name);
    for (size_t i = 0; i < e->axis_count; i++)
        if (strcmp(e->axes[i].name, name) == 0)
            return diag_error(diag, "%s: axis %s is there already, at %s",
                              where, name, e->axes[i].where);
    e->axes = arena_grow(e->arena, e->axes, e->axis_count, e->axis_count + 1,
                         sizeof *e->axes);
    r->axis = &e->axes[e->axis_count++];
    *r->axis =
        (ExpAxis){.name = copy(e->arena, name), .where = copy(e->arena, where)};
    r->axis_key = (ExpSetting){.where = NULL};
    r->axis_values = NULL;
    return true;
}

/* --- Workloads ------------------------------------------------------------ */

const ExpWorkload *exp_file_workload(const Experiment *e, const char *name)
{
    for (size_t i = 0; i < e->workload_count; i++)
        if (strcmp(e->workloads[i].name, name) == 0)
            return &e->workloads[i];
    return NULL;
}

static bool begin_workload(Reader *r, const char *name, const char *where,
                           Diag *diag)
{
    Experiment *e = r->e;
    const ExpWorkload *other = exp_file_workload(e, name);
    if (!check_name(name, "a workload", where, diag))
        return false;
    if (other)
        return diag_error(diag, "%s: workload %s is there already, at %s",
                          where, name, other->where);
    e->workloads = arena_grow(e->arena, e->workloads, e->workload_count,
                              e->workload_count + 1, sizeof *e->workloads);
    r->workload = &e->workloads[e->workload_count++];
    *r->workload = (ExpWorkload){.name = copy(e->arena, name),
                                 .where = copy(e->arena, where)};
    return true;
}

/* --- [experiment] --------------------------------------------------------- */

static bool read_file(Reader *r, const char *path, const char *from,
                      Diag *diag);

/* Files named by this one; their sections follow those read so far. */
static bool include(Reader *r, const IniPair *pair, Diag *diag)
{
    Arena *arena = r->e->arena;
    const char *rest = pair->value;
    for (char *name; (name = next_item(arena, &rest, ','));) {
        Reader inner = {.e = r->e, .included = true, .scratch = r->scratch};
        size_t size = strlen(r->folder) + strlen(name) + 1;
        char *path = arena_alloc(arena, size, 1);
        snprintf(path, size, "%s%s", *name == '/' ? "" : r->folder, name);
        if (!read_file(&inner, path, pair->where, diag))
            return false;
    }
    return true;
}

static bool read_outputs(Reader *r, const IniPair *pair, Diag *diag)
{
    Experiment *e = r->e;
    const char *rest = pair->value;
    e->outputs_where = copy(e->arena, pair->where);
    for (char *name; (name = next_item(e->arena, &rest, ','));) {
        if (!*name)
            return diag_error(diag, "%s: an output is missing beside a comma",
                              pair->where);
        for (size_t i = 0; i < e->output_count; i++)
            if (strcmp(e->outputs[i], name) == 0)
                return diag_error(diag, "%s: output %s stands there twice",
                                  pair->where, name);
        e->outputs = arena_grow(e->arena, e->outputs, e->output_count,
                                e->output_count + 1, sizeof *e->outputs);
        e->outputs[e->output_count++] = name;
    }
    return true;
}

/* A table has each column once. */
static bool check_outputs(const Experiment *e, Diag *diag)
{
    for (size_t i = 0; i < e->output_count; i++)
        for (size_t k = 0; k < e->axis_count; k++)
            if (strcmp(e->outputs[i], e->axes[k].name) == 0)
                return diag_error(diag,
                                  "%s: output %s and the axis at %s have the "
                                  "same name; name the axis otherwise",
                                  e->outputs_where, e->outputs[i],
                                  e->axes[k].where);
    return true;
}

static bool read_seeds(Reader *r, const IniPair *pair, Diag *diag)
{
    Arena *arena = r->e->arena;
    const char *rest = pair->value;
    r->seen_seeds = true;
    r->seeds = (ExpAxis){.name = "seed", .where = copy(arena, pair->where)};
    for (char *seed; (seed = next_item(arena, &rest, ','));)
        if (!add_choice(r, &r->seeds, seed, r->seeds.where, diag))
            return false;
    return true;
}

static bool read_experiment(Reader *r, const IniPair *pair, Diag *diag)
{
    static const char *const own[] = {"name", "title", "include", "outputs",
                                      "seeds"};
    Experiment *e = r->e;
    size_t i = 0;
    while (i < ARRAY_LEN(own) && strcmp(own[i], pair->name) != 0)
        i++;
    if (i == ARRAY_LEN(own)) {
        if (strchr(pair->name, '.') || strcmp(pair->name, "preset") == 0)
            return diag_error(diag, "%s: %s is set in [base]", pair->where,
                              pair->name);
        return set(r, &e->base, pair->name, pair->value, pair->where, diag);
    }
    if (r->given & 1u << i)
        return diag_error(diag, "%s: %s stands there twice", pair->where,
                          pair->name);
    r->given |= 1u << i;
    switch (i) {
    case 0:
        e->name = copy(e->arena, pair->value);
        if (e->name[0] == '.')
            return diag_error(diag,
                              "%s: \"%s\" is no name of a folder to see; "
                              "begin it with another character",
                              pair->where, e->name);
        return check_name(e->name, "an experiment", pair->where, diag);
    case 1: e->title = copy(e->arena, pair->value); return true;
    case 2: return include(r, pair, diag);
    case 3: return read_outputs(r, pair, diag);
    default: return read_seeds(r, pair, diag);
    }
}

/* --- The file ------------------------------------------------------------- */

/* "axis NAME": NAME, or NULL if the section is no `word`. */
static const char *section_name(const char *section, const char *word)
{
    size_t length = strlen(word);
    if (strncmp(section, word, length) != 0 || !strchr(" \t", section[length]))
        return NULL;
    section += length;
    return section + strspn(section, " \t");
}

static bool begin_section(Reader *r, const IniPair *pair, Diag *diag)
{
    const char *section = pair->section, *name;
    if (!end_axis(r, diag))
        return false;
    if ((name = section_name(section, "workload"))) {
        r->section = WORKLOAD;
        return begin_workload(r, name, pair->where, diag);
    }
    if (r->included)
        return diag_error(diag,
                          "%s: [%s]: a file that is included has [workload "
                          "NAME] sections only",
                          pair->where, section);
    if ((name = section_name(section, "axis"))) {
        r->section = AXIS;
        return begin_axis(r, name, pair->where, diag);
    }
    bool experiment = strcmp(section, "experiment") == 0;
    bool *seen = experiment ? &r->seen_experiment : &r->seen_base;
    if (!experiment && strcmp(section, "base") != 0)
        return diag_error(diag,
                          "%s: there is no section [%s]; write [experiment], "
                          "[base], [axis NAME] or [workload NAME]",
                          pair->where, section);
    if (*seen)
        return diag_error(diag, "%s: [%s] is there already", pair->where,
                          section);
    *seen = true;
    r->section = experiment ? EXPERIMENT : BASE;
    return true;
}

static bool on_pair(void *ctx, const IniPair *pair, Diag *diag)
{
    Reader *r = ctx;
    if (!pair->name)
        return begin_section(r, pair, diag);
    switch (r->section) {
    case NONE: break;
    case EXPERIMENT: return read_experiment(r, pair, diag);
    case BASE:
        return set(r, &r->e->base, pair->name, pair->value, pair->where, diag);
    case AXIS: return read_axis(r, pair, diag);
    case WORKLOAD:
        return set(r, &r->workload->settings, pair->name, pair->value,
                   pair->where, diag);
    }
    return diag_error(diag,
                      "%s: %s stands in no section; write [experiment] "
                      "before it",
                      pair->where, pair->name);
}

/* All that there is to read, with a NUL behind it; at most FILE_MAX bytes. */
static char *read_all(Arena *arena, FILE *file, size_t *size)
{
    size_t room = 4096, n;
    char *text = arena_alloc(arena, room, 1);
    *size = 0;
    while ((n = fread(text + *size, 1, room - 1 - *size, file)) > 0) {
        *size += n;
        if (*size < room - 1 || room >= FILE_MAX)
            continue;
        text = arena_grow(arena, text, room, 2 * room, 1);
        room *= 2;
    }
    return text;
}

/* The text of the file, which is freed with the arena. */
static char *read_text(Arena *arena, const char *path, const char *from,
                       size_t *size, Diag *diag)
{
    FILE *file = fopen(path, "re");
    char *text = file ? read_all(arena, file, size) : NULL;
    bool ok = file && !ferror(file);
    if (!ok)
        diag_error(diag, "%s%s%s: cannot read it: %s", from, *from ? ": " : "",
                   path, strerror(errno));
    else if (*size >= FILE_MAX - 1)
        ok = diag_error(diag, "%s: it is longer than %d bytes", path,
                        FILE_MAX - 2);
    else if (memchr(text, '\0', *size))
        ok = diag_error(diag, "%s: it is no text", path);
    if (file)
        fclose(file);
    return ok ? text : NULL;
}

/* `from`: who names the path, or "". */
static bool read_file(Reader *r, const char *path, const char *from, Diag *diag)
{
    size_t size = 0;
    r->folder = folder_of(r->e->arena, path);
    char *text = read_text(r->e->arena, path, from, &size, diag);
    if (!text)
        return false;
    if (!r->included) {
        r->e->text = text;
        r->e->size = size;
    }
    return size == 0 || (inifile_read(fmemopen(text, size, "r"), path, "it",
                                      on_pair, r, diag) &&
                         end_axis(r, diag));
}

bool exp_file_read(Experiment *e, const char *path, Diag *diag)
{
    *e = (Experiment){.arena = arena_create(), .path = path, .title = ""};
    Reader r = {.e = e, .scratch = config_create()};
    bool ok = read_file(&r, path, "", diag);
    config_destroy(r.scratch);
    if (!ok)
        return false;
    if (!r.seen_experiment)
        return diag_error(diag,
                          "%s: it has no [experiment]; docs/experiments.md "
                          "tells how one is written",
                          path);
    e->name = e->name ? e->name : name_of(e->arena, path);
    if (!check_outputs(e, diag))
        return false;
    if (!r.seen_seeds)
        return true;
    e->axes = arena_grow(e->arena, e->axes, e->axis_count, e->axis_count + 1,
                         sizeof *e->axes);
    e->axes[e->axis_count++] = r.seeds;
    return true;
}

void exp_file_free(Experiment *e)
{
    if (e->arena)
        arena_destroy(e->arena);
    *e = (Experiment){.arena = NULL};
}
