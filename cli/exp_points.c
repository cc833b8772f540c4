/* The points of an experiment; see exp_points.h. */
#include "cli/exp_points.h"

#include "base/bits.h"
#include "base/hash.h"
#include "cli/exp_hash.h"
#include "hwmodel/presets/presets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Maker {
    ExpPoints *points;
    const Experiment *e;
    Arena *arena;
    ExpSettings extra; /* --set */
    ExpHashes hashes;
    bool seed_used; /* a value has {seed} */
} Maker;

/* --- Places on axes ------------------------------------------------------- */

static const ExpChoice *choice_of(const Experiment *e, const ExpPoint *point,
                                  size_t axis)
{
    size_t index = point->number - 1;
    for (size_t i = e->axis_count - 1; i > axis; i--)
        index /= e->axes[i].count;
    return &e->axes[axis].choices[index % e->axes[axis].count];
}

const char *exp_points_label(const ExpPoints *points, const ExpPoint *point,
                             size_t axis)
{
    return choice_of(points->experiment, point, axis)->label;
}

char *exp_points_describe(const ExpPoints *points, const ExpPoint *point)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        abort();
    for (size_t i = 0; i < points->experiment->axis_count; i++)
        fprintf(out, "%s%s=%s", i ? " " : "", points->experiment->axes[i].name,
                exp_points_label(points, point, i));
    fclose(out);
    return text;
}

/* The axis that the first `length` bytes of `name` name. */
static const ExpAxis *find_axis(const Experiment *e, const char *name,
                                size_t length)
{
    for (size_t i = 0; i < e->axis_count; i++)
        if (strlen(e->axes[i].name) == length &&
            memcmp(e->axes[i].name, name, length) == 0)
            return &e->axes[i];
    return NULL;
}

/* "AXIS=LABEL", the value of --only. */
static bool check_only(const Experiment *e, const char *word, Diag *diag)
{
    const char *equals = strchr(word, '=');
    const ExpAxis *axis =
        equals ? find_axis(e, word, (size_t)(equals - word)) : NULL;
    if (!axis)
        return diag_error(diag,
                          "--only %s: it names no axis of %s; write "
                          "AXIS=VALUE",
                          word, e->path);
    for (size_t i = 0; i < axis->count; i++)
        if (strcmp(axis->choices[i].label, equals + 1) == 0)
            return true;
    return diag_error(diag, "--only %s: axis %s has no such value, see %s",
                      word, axis->name, axis->where);
}

/* Several --only of one axis are alternatives. */
static bool is_chosen(const Experiment *e, const ExpPoint *point,
                      const Options *o)
{
    for (size_t a = 0; a < e->axis_count; a++) {
        bool limited = false, fits = false;
        for (size_t u = 0; u < o->use_count; u++) {
            const char *word = o->uses[u].value;
            if (o->uses[u].id != OPTION_ONLY ||
                find_axis(e, word, strcspn(word, "=")) != &e->axes[a])
                continue;
            limited = true;
            if (strcmp(strchr(word, '=') + 1, choice_of(e, point, a)->label) ==
                0)
                fits = true;
        }
        if (limited && !fits)
            return false;
    }
    return true;
}

static bool place(Maker *m, const Options *o, Diag *diag)
{
    const Experiment *e = m->e;
    ExpPoints *points = m->points;
    size_t count = 1;
    for (size_t i = 0; i < e->axis_count; i++)
        if (__builtin_mul_overflow(count, e->axes[i].count, &count))
            count = SIZE_MAX;
    if (count > EXP_POINTS_MAX)
        return diag_error(diag,
                          "%s: the axes make %zu points, and %d are the most; "
                          "leave values out",
                          e->path, count, EXP_POINTS_MAX);
    for (size_t i = 0; i < o->use_count; i++)
        if (o->uses[i].id == OPTION_ONLY &&
            !check_only(e, o->uses[i].value, diag))
            return false;
    points->list = arena_alloc(m->arena, count, sizeof *points->list);
    points->count = count;
    for (size_t i = 0; i < count; i++) {
        points->list[i].number = (unsigned)i + 1;
        points->list[i].chosen = is_chosen(e, &points->list[i], o);
    }
    return true;
}

/* --- Values --------------------------------------------------------------- */

/* The value with what {AXIS} stands for.  NULL and a Diag if there is none. */
static const char *substitute(Maker *m, const ExpPoint *point,
                              const ExpSetting *s, Diag *diag)
{
    if (!strpbrk(s->value, "{}"))
        return s->value;
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        abort();
    bool ok = true;
    for (const char *p = s->value; *p && ok; p++) {
        if ((*p != '{' && *p != '}') || p[1] == *p) {
            fputc(*p, out);
            p += *p == '{' || *p == '}';
            continue;
        }
        size_t length = strcspn(p + 1, "{}");
        const ExpAxis *axis = *p == '{' && p[1 + length] == '}'
                                  ? find_axis(m->e, p + 1, length)
                                  : NULL;
        if (!axis) {
            ok = diag_error(diag,
                            "%s: {%.*s} names no axis, nor seeds; write {{ and "
                            "}} for braces",
                            s->where, (int)length, p + 1);
            break;
        }
        m->seed_used = m->seed_used || strcmp(axis->name, "seed") == 0;
        fputs(choice_of(m->e, point, (size_t)(axis - m->e->axes))->label, out);
        p += length + 1;
    }
    fclose(out);
    char *value = arena_alloc(m->arena, size + 1, 1);
    memcpy(value, text, size);
    free(text);
    return ok ? value : NULL;
}

/* `path`, as it is to be opened from here. */
static const char *locate(Maker *m, const ExpSetting *s, const char *path)
{
    if (*path == '/' || !*s->folder)
        return path;
    size_t size = strlen(s->folder) + strlen(path) + 1;
    char *whole = arena_alloc(m->arena, size, 1);
    snprintf(whole, size, "%s%s", s->folder, path);
    return whole;
}

/* FILE, FILE... */
static bool set_disks(Maker *m, ExpPoint *point, const ExpSetting *s,
                      const char *value, Diag *diag)
{
    point->disk_count = 0;
    while (value) {
        const char *comma = strchr(value, ',');
        value += strspn(value, " \t");
        size_t length = strcspn(value, ",");
        while (length > 0 && strchr(" \t", value[length - 1]))
            length--;
        if (length == 0)
            return diag_error(diag, "%s: a disk is missing beside a comma",
                              s->where);
        char *name = arena_alloc(m->arena, length + 1, 1);
        memcpy(name, value, length);
        point->disks = arena_grow(m->arena, point->disks, point->disk_count,
                                  point->disk_count + 1, sizeof *point->disks);
        point->disks[point->disk_count++] = locate(m, s, name);
        value = comma ? comma + 1 : NULL;
    }
    return true;
}

/* Takes a setting that is in force at the point: what follows, holds. */
static bool take(Maker *m, ExpPoint *point, const ExpSetting *s, Diag *diag)
{
    const char *value = substitute(m, point, s, diag);
    if (!value)
        return false;
    if (s->key >= EXP_RUN_KEYS) {
        ExpSettings *to = &point->settings;
        to->list = arena_grow(m->arena, to->list, to->count, to->count + 1,
                              sizeof *to->list);
        to->list[to->count] = *s;
        to->list[to->count++].value = value;
        return true;
    }
    if (!exp_file_apply(s, value, NULL, diag))
        return false;
    if (s->key == EXP_DISK && !set_disks(m, point, s, value, diag))
        return false;
    bool is_path = s->key == EXP_IMAGE || s->key == EXP_INPUT ||
                   s->key == EXP_EXPECT_FILE || s->key == EXP_RESTORE;
    point->where[s->key] = s->where;
    point->run[s->key] = is_path ? locate(m, s, value) : value;
    return true;
}

/* Those of `from` that are presets, or those that are not. */
static bool take_all(Maker *m, ExpPoint *point, const ExpSettings *from,
                     bool presets, Diag *diag)
{
    for (size_t i = 0; i < from->count; i++)
        if ((from->list[i].key == EXP_PRESET) == presets &&
            !take(m, point, &from->list[i], diag))
            return false;
    return true;
}

/* The workload that the last of base and axes names, or none. */
static bool find_workload(Maker *m, const ExpPoint *point,
                          const ExpWorkload **workload, Diag *diag)
{
    const ExpSetting *last = NULL;
    const Experiment *e = m->e;
    for (size_t a = 0; a <= e->axis_count; a++) {
        const ExpSettings *from =
            a == 0 ? &e->base : &choice_of(e, point, a - 1)->settings;
        for (size_t i = 0; i < from->count; i++)
            if (from->list[i].key == EXP_WORKLOAD)
                last = &from->list[i];
    }
    *workload = NULL;
    if (!last)
        return true;
    const char *name = substitute(m, point, last, diag);
    if (!name)
        return false;
    *workload = exp_file_workload(e, name);
    return *workload ||
           diag_error(
               diag,
               "%s: there is no workload \"%s\"; write [workload %s], or "
               "include the file that has it",
               last->where, name, name);
}

/* Base, workload, axes, and --set, of presets and then of all else. */
static bool resolve(Maker *m, ExpPoint *point, Diag *diag)
{
    const Experiment *e = m->e;
    const ExpWorkload *workload;
    if (!find_workload(m, point, &workload, diag))
        return false;
    for (int pass = 0; pass < 2; pass++) {
        bool presets = pass == 0;
        if (!take_all(m, point, &e->base, presets, diag) ||
            (workload &&
             !take_all(m, point, &workload->settings, presets, diag)))
            return false;
        for (size_t a = 0; a < e->axis_count; a++)
            if (!take_all(m, point, &choice_of(e, point, a)->settings, presets,
                          diag))
                return false;
        if (!take_all(m, point, &m->extra, presets, diag))
            return false;
    }
    if (point->run[EXP_CHECKPOINT_AT] && point->run[EXP_RESTORE])
        return diag_error(diag,
                          "%s: checkpoint_at: with restore = %s the point "
                          "begins there; leave one of them out",
                          point->where[EXP_CHECKPOINT_AT],
                          point->run[EXP_RESTORE]);
    if (!point->run[EXP_IMAGE])
        return diag_error(diag,
                          "%s: point %u has no image; write image = FILE or "
                          "workload = NAME in [experiment]",
                          e->path, point->number);
    point->config = config_create();
    for (size_t i = 0; i < point->settings.count; i++) {
        const ExpSetting *s = &point->settings.list[i];
        if (!exp_file_apply(s, s->value, point->config, diag))
            return false;
    }
    return true;
}

/* --- Hashes --------------------------------------------------------------- */

static uint64_t hash_text(uint64_t hash, const char *text)
{
    return text ? hash_bytes(hash_u64(hash, 1), text, strlen(text) + 1)
                : hash_u64(hash, 0);
}

/* Adds a file's bytes, if there is one. */
static bool hash_file(Maker *m, const ExpPoint *point, ExpKey key,
                      const char *path, uint64_t *hash, Diag *diag)
{
    uint64_t bytes = 0;
    if (path && !exp_hash_file(&m->hashes, path, &bytes))
        return diag_error(diag, "%s: cannot read %s: %s", point->where[key],
                          path, strerror(errno));
    *hash = hash_u64(*hash, bytes);
    return true;
}

/* The slots of a sys161 that are not in the configuration, but in a file. */
static bool hash_slots(Maker *m, const ExpPoint *point, uint64_t *hash,
                       Diag *diag)
{
    const char *path = config_text(point->config, CONFIG_SYS161_CONF);
    uint64_t bytes;
    if (!*path ||
        strcmp(config_text(point->config, CONFIG_MACHINE_BOARD), "sys161") != 0)
        return true;
    if (!exp_hash_file(&m->hashes, path, &bytes))
        return diag_error(diag,
                          "%s: point %u: sys161.conf = %s: cannot read it: "
                          "%s; it is looked for from the current folder",
                          m->e->path, point->number, path, strerror(errno));
    *hash = hash_u64(*hash, bytes);
    return true;
}

/* Points that differ in these keys have no code in common: it knows the
 * machine, and what the passes have made. */
static bool is_of_code(const char *key)
{
    return strncmp(key, "vliw.", 5) == 0 || strncmp(key, "opt.", 4) == 0;
}

static uint64_t hash_code(const ExpPoint *point)
{
    uint64_t h = hash_u64(HASH_START, point->image_hash);
    if (strcmp(config_text(point->config, CONFIG_CPU_MODEL), "vliw") != 0)
        return 0;
    for (ConfigKey key = 0; key < CONFIG_KEY_COUNT; key++)
        if (is_of_code(config_name(key)))
            h = hash_text(h, config_text(point->config, key));
    return h ? h : 1;
}

static bool hash(Maker *m, ExpPoint *point, Diag *diag)
{
    const char *const *run = point->run;
    uint64_t h = hash_text(HASH_START, run[EXP_ARGUMENTS]);
    h = hash_text(h, run[EXP_UNTIL]);
    h = hash_text(h, run[EXP_MAX_INSNS]);
    h = hash_text(h, run[EXP_MAX_CYCLES]);
    if (!hash_file(m, point, EXP_INPUT, run[EXP_INPUT], &h, diag))
        return false;
    for (size_t i = 0; i < point->disk_count; i++)
        if (!hash_file(m, point, EXP_DISK, point->disks[i], &h, diag))
            return false;
    if (!hash_slots(m, point, &h, diag))
        return false;
    if (run[EXP_CHECKPOINT_AT])
        h = hash_text(h, run[EXP_CHECKPOINT_AT]);
    if (run[EXP_RESTORE] &&
        !hash_file(m, point, EXP_RESTORE, run[EXP_RESTORE], &h, diag))
        return false;
    point->input_hash = h;
    point->config_hash = config_hash_model(point->config);
    h = hash_text(hash_text(HASH_START, run[EXP_EXPECT]), run[EXP_STATUS]);
    point->expect_hash = h;
    if (!exp_hash_file(&m->hashes, run[EXP_IMAGE], &point->image_hash))
        return diag_error(diag, "%s: cannot read %s: %s",
                          point->where[EXP_IMAGE], run[EXP_IMAGE],
                          strerror(errno));
    point->code_hash = hash_code(point);
    return hash_file(m, point, EXP_EXPECT_FILE, run[EXP_EXPECT_FILE],
                     &point->expect_hash, diag);
}

/* --- All ------------------------------------------------------------------ */

static bool read_extra(Maker *m, const Options *o, Diag *diag)
{
    for (size_t i = 0; i < o->use_count; i++) {
        const char *word = o->uses[i].value;
        if (o->uses[i].id != OPTION_SET)
            continue;
        const char *equals = strchr(word, '=');
        if (!equals)
            return diag_error(diag,
                              "--set: \"%s\" has no '='; write "
                              "section.key=value",
                              word);
        size_t length = (size_t)(equals - word);
        char *name = arena_alloc(m->arena, length + 1, 1);
        memcpy(name, word, length);
        m->extra.list = arena_grow(m->arena, m->extra.list, m->extra.count,
                                   m->extra.count + 1, sizeof(ExpSetting));
        m->extra.list[m->extra.count++] =
            (ExpSetting){EXP_CONFIG, name, equals + 1, "--set", ""};
    }
    return true;
}

/* Without it all seeds would be the same run. */
static bool check_seeds(const Maker *m, Diag *diag)
{
    const ExpAxis *seeds = find_axis(m->e, "seed", strlen("seed"));
    return !seeds || m->seed_used ||
           diag_error(diag,
                      "%s: nothing depends on the seed; write {seed} in a "
                      "value, such as the arguments, or leave seeds out",
                      seeds->where);
}

bool exp_points_create(ExpPoints *points, const Experiment *e, const Options *o,
                       Diag *diag)
{
    *points = (ExpPoints){.experiment = e, .arena = arena_create()};
    Maker m = {.points = points, .e = e, .arena = points->arena};
    bool ok = place(&m, o, diag) && read_extra(&m, o, diag);
    for (size_t i = 0; ok && i < points->count; i++)
        ok = resolve(&m, &points->list[i], diag) &&
             hash(&m, &points->list[i], diag);
    exp_hash_free(&m.hashes);
    return ok && check_seeds(&m, diag);
}

void exp_points_free(ExpPoints *points)
{
    for (size_t i = 0; i < points->count; i++)
        config_destroy(points->list[i].config);
    if (points->arena)
        arena_destroy(points->arena);
    *points = (ExpPoints){.arena = NULL};
}
