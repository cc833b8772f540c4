/* Reading results; see source.h. */
#include "cli/plot/source.h"

#include "base/bits.h"
#include "base/inifile.h"
#include "cli/plot/json.h"
#include "cli/plot/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *source_join(Arena *arena, const char *folder, const char *name)
{
    size_t length = strlen(folder);
    bool slash = length > 0 && folder[length - 1] == '/';
    return text_format(arena, slash ? "%s%s" : "%s/%s", folder, name);
}

bool source_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* --- Statistics of a run -------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const SourceStat *)a)->name, ((const SourceStat *)b)->name);
}

bool source_get(const SourceRun *run, const char *name, double *value)
{
    SourceStat key = {name, 0};
    const SourceStat *stat = run->stat_count
                                 ? bsearch(&key, run->stats, run->stat_count,
                                           sizeof *run->stats, by_name)
                                 : NULL;
    if (stat)
        *value = stat->value;
    return stat != NULL;
}

/* Adds those whose names are not there yet. */
static void add_stats(SourceRun *run, Arena *arena, const SourceStat *stats,
                      size_t count)
{
    size_t old = run->stat_count, all = old;
    double value;
    SourceStat *list =
        arena_grow(arena, run->stats, old, old + count, sizeof *list);
    run->stats = list;
    for (size_t i = 0; i < count; i++)
        if (!source_get(run, stats[i].name, &value))
            list[all++] = stats[i];
    run->stat_count = all;
    qsort(list, all, sizeof *list, by_name);
}

/* The numbers of a JSON file, all or the one called `only`, which is then
 * known as `name`. */
static void add_leaves(SourceRun *run, Arena *arena, const JsonLeaves *leaves,
                       const char *only, const char *name)
{
    SourceStat *stats = arena_alloc(arena, leaves->count + 1, sizeof *stats);
    size_t count = 0;
    for (size_t i = 0; i < leaves->count; i++) {
        const JsonLeaf *leaf = &leaves->list[i];
        double value;
        if ((!only || strcmp(only, leaf->name) == 0) &&
            text_number(leaf->text, &value))
            stats[count++] = (SourceStat){only ? name : leaf->name, value};
    }
    add_stats(run, arena, stats, count);
}

static bool add_stats_file(SourceRun *run, Arena *arena, Diag *diag)
{
    const char *path = source_join(arena, run->folder, "stats.json");
    JsonLeaves leaves;
    double value;
    if (!json_read(&leaves, arena, path, diag))
        return false;
    if (leaves.count == 0)
        return diag_error(diag,
                          "%s: has no statistic; the file is damaged, or was "
                          "not written by selkirk",
                          path);
    for (size_t i = 0; i < leaves.count; i++)
        if (!text_number(leaves.list[i].text, &value))
            return diag_error(diag,
                              "%s: %s is \"%.80s\", which is no number; the "
                              "file is damaged, or was not written by selkirk",
                              path, leaves.list[i].name, leaves.list[i].text);
    add_leaves(run, arena, &leaves, NULL, NULL);
    return true;
}

/* What every run has, whatever its model counts. */
static bool add_summary_file(SourceRun *run, Arena *arena, Diag *diag)
{
    static const struct {
        const char *leaf, *stat;
    } numbers[] = {
        {"instructions", "run.insns"}, {"cycles", "run.cycles"},
        {"seconds", "run.seconds"},    {"host.seconds", "host.seconds"},
        {"host.mips", "host.mips"},
    };
    const char *path = source_join(arena, run->folder, "summary.json");
    JsonLeaves leaves;
    if (!source_exists(path))
        return diag_error(diag,
                          "%s: is not there; let the run end, which writes it "
                          "last",
                          path);
    if (!json_read(&leaves, arena, path, diag))
        return false;
    if (!json_find(&leaves, "instructions"))
        return diag_error(diag,
                          "%s: does not say how many instructions there were; "
                          "the file is damaged, or was not written by selkirk",
                          path);
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        add_leaves(run, arena, &leaves, numbers[i].leaf, numbers[i].stat);
    return true;
}

/* What a run's folder has. */
static bool add_folder(SourceRun *run, Arena *arena, Diag *diag)
{
    const char *intervals = source_join(arena, run->folder, "intervals.csv");
    if (source_exists(intervals))
        run->intervals = intervals;
    return add_stats_file(run, arena, diag) &&
           add_summary_file(run, arena, diag);
}

static bool first_of(const SourceRun *run, const char *const *names,
                     size_t count, double *value)
{
    for (size_t i = 0; i < count; i++)
        if (source_get(run, names[i], value))
            return true;
    return false;
}

bool source_insns(const SourceRun *run, double *insns)
{
    static const char *const names[] = {"run.insns", "insns", "instructions"};
    return first_of(run, names, ARRAY_LEN(names), insns);
}

bool source_cycles(const SourceRun *run, double *cycles)
{
    static const char *const names[] = {"run.cycles", "cycles", "cycles.total"};
    return first_of(run, names, ARRAY_LEN(names), cycles);
}

/* --- Labels --------------------------------------------------------------- */

bool source_varies(const Source *s, size_t axis)
{
    for (size_t i = 1; i < s->run_count; i++)
        if (strcmp(s->runs[i].values[axis], s->runs[0].values[axis]) != 0)
            return true;
    return false;
}

const char *source_extend_label(const Source *s, const char *label,
                                const SourceRun *run, size_t axis)
{
    const char *value = run->values[axis];
    bool bare = *value >= '0' && *value <= '9';
    return text_format(s->arena, "%s%s%s%s%s", label, *label ? ", " : "",
                       bare ? s->axes[axis] : "", bare ? " " : "", value);
}

static void label_runs(Source *s)
{
    for (size_t i = 0; i < s->run_count; i++) {
        SourceRun *run = &s->runs[i];
        run->label = "";
        for (size_t a = 0; a < s->axis_count; a++)
            if (source_varies(s, a))
                run->label = source_extend_label(s, run->label, run, a);
        if (!*run->label)
            run->label = s->axis_count ? run->values[0] : s->title;
    }
}

/* The axis that a word begins with, and the value behind its =. */
static bool parse_word(const Source *s, const char *word, size_t *axis,
                       const char **value, Diag *diag)
{
    size_t length = strcspn(word, "=");
    if (!word[length])
        return diag_error(diag, "--only: \"%s\" has no =; write AXIS=VALUE",
                          word);
    *value = word + length + 1;
    const char *name = text_copy(s->arena, word, length);
    return text_find(s->axes, s->axis_count, name, axis) ||
           diag_error(diag, "%s: --only: there is no axis \"%s\"", s->place,
                      name);
}

bool source_keep(Source *s, const char *const *words, size_t count, Diag *diag)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->run_count; i++) {
        bool *asked = arena_alloc(s->arena, s->axis_count + 1, sizeof *asked);
        bool *met = arena_alloc(s->arena, s->axis_count + 1, sizeof *met);
        for (size_t k = 0; k < count; k++) {
            const char *value = "";
            size_t axis;
            if (!parse_word(s, words[k], &axis, &value, diag))
                return false;
            asked[axis] = true;
            met[axis] |= strcmp(s->runs[i].values[axis], value) == 0;
        }
        bool all = true;
        for (size_t axis = 0; axis < s->axis_count; axis++)
            all = all && (met[axis] || !asked[axis]);
        if (all)
            s->runs[kept++] = s->runs[i];
    }
    if (kept == 0)
        return diag_error(diag, "%s: --only: no run has %s%s", s->place,
                          words[0], count > 1 ? " and the others" : "");
    s->run_count = kept;
    label_runs(s);
    return true;
}

/* --- Folders of runs ------------------------------------------------------ */

static void set_single_axis(Source *s, size_t run_count, const char *name)
{
    s->axes = arena_alloc(s->arena, 1, sizeof *s->axes);
    s->axes[0] = name;
    s->axis_count = 1;
    s->runs = arena_alloc(s->arena, run_count, sizeof *s->runs);
    s->run_count = run_count;
    for (size_t i = 0; i < run_count; i++)
        s->runs[i].values = arena_alloc(s->arena, 1, sizeof(char *));
}

static bool read_runs(Source *s, const char *const *paths, size_t count,
                      Diag *diag)
{
    set_single_axis(s, count, "run");
    for (size_t i = 0; i < count; i++) {
        SourceRun *run = &s->runs[i];
        if (count > 1 &&
            source_exists(source_join(s->arena, paths[i], "results.csv")))
            return diag_error(diag,
                              "%s: is an experiment, and stands alone: only "
                              "folders of runs are put side by side; name it "
                              "by itself",
                              paths[i]);
        if (source_exists(
                source_join(s->arena, paths[i], ".results.csv.partial")))
            return diag_error(diag,
                              "%s: is an experiment that has not ended; the "
                              "same `selkirk exp` again goes on with it",
                              paths[i]);
        if (!source_exists(source_join(s->arena, paths[i], "stats.json")))
            return diag_error(diag,
                              "%s: has neither results.csv nor stats.json; "
                              "name a folder that `selkirk exp --out` or "
                              "`selkirk run --out` wrote, or a CSV file",
                              paths[i]);
        run->folder = paths[i];
        run->values[0] = text_base_name(s->arena, paths[i]);
        if (!add_folder(run, s->arena, diag))
            return false;
    }
    s->folder = paths[0];
    s->title = count == 1 ? s->runs[0].values[0]
                          : text_format(s->arena, "%zu runs", count);
    return true;
}

/* --- CSV files ------------------------------------------------------------ */

typedef struct Columns {
    size_t point, seed, status; /* or NONE */
    bool *is_axis;
    bool *is_number; /* it holds some; others are remarks */
} Columns;

static const size_t NONE = (size_t)-1;

static size_t find_column(const Table *t, const char *name)
{
    size_t column;
    return table_find(t, name, &column) ? column : NONE;
}

/* How many cells do, of those that hold anything. */
static void count_numbers(const Table *t, size_t column, size_t *numbers,
                          size_t *others)
{
    double number;
    *numbers = *others = 0;
    for (size_t row = 0; row < t->row_count; row++) {
        const char *cell = table_cell(t, row, column);
        if (*cell)
            ++*(text_number(cell, &number) ? numbers : others);
    }
}

/* Columns about a point that are neither an axis nor a number. */
static bool is_mark(const char *name)
{
    static const char *const marks[] = {
        "point",      "seed",    "status",     "config_hash", "image_hash",
        "input_hash", "version", "host.build", "host.failure"};
    size_t place;
    return text_find(marks, ARRAY_LEN(marks), name, &place);
}

static Columns sort_columns(const Table *t, Arena *arena,
                            const char *const *axes, size_t axis_count)
{
    Columns c = {find_column(t, "point"), find_column(t, "seed"),
                 find_column(t, "status"),
                 arena_alloc(arena, t->column_count, sizeof(bool)),
                 arena_alloc(arena, t->column_count, sizeof(bool))};
    /* In results.csv they stand between the point and its status. */
    bool is_results = c.point != NONE && c.status != NONE;
    for (size_t i = 0; i < t->column_count; i++) {
        size_t place, numbers, others;
        if (is_mark(t->names[i]))
            continue;
        count_numbers(t, i, &numbers, &others);
        c.is_axis[i] =
            is_results ? i > c.point && i < c.status
                       : others > 0 ||
                             text_find(axes, axis_count, t->names[i], &place);
        c.is_number[i] = !c.is_axis[i] && numbers > 0;
    }
    return c;
}

/* What a row says: its axes and its numbers. */
static bool read_row(Source *s, const Table *t, const Columns *c, size_t row,
                     SourceRun *run, Diag *diag)
{
    SourceStat *stats = arena_alloc(s->arena, t->column_count, sizeof *stats);
    size_t axis = 0, count = 0;
    run->values = arena_alloc(s->arena, s->axis_count + 1, sizeof(char *));
    for (size_t i = 0; i < t->column_count; i++) {
        double value;
        if (c->is_axis[i]) {
            run->values[axis++] = table_cell(t, row, i);
        } else if (c->is_number[i] && *table_cell(t, row, i)) {
            if (!table_number(t, row, i, &value, diag))
                return false;
            stats[count++] = (SourceStat){t->names[i], value};
        }
    }
    add_stats(run, s->arena, stats, count);
    return true;
}

/* The folder of a row's point, if it is there: points/0007. */
static void find_folder(Source *s, const Table *t, const Columns *c, size_t row,
                        SourceRun *run)
{
    if (c->point == NONE)
        return;
    const char *point = table_cell(t, row, c->point);
    if (!*point || strspn(point, "0123456789") != strlen(point))
        return;
    const char *folder = text_format(s->arena, "%s/points/%04lu", s->folder,
                                     strtoul(point, NULL, 10));
    if (source_exists(source_join(s->arena, folder, "summary.json")))
        run->folder = folder;
}

/* Makes one run of those that differ in their seeds only: the mean.  Traces
 * over time are those of the first. */
static void merge_seeds(Source *s)
{
    size_t kept = 0;
    size_t *sizes = arena_alloc(s->arena, s->run_count + 1, sizeof *sizes);
    for (size_t i = 0; i < s->run_count; i++) {
        SourceRun *run = &s->runs[i];
        size_t k = 0;
        for (; k < kept; k++) {
            size_t a = 0;
            while (a < s->axis_count &&
                   strcmp(s->runs[k].values[a], run->values[a]) == 0)
                a++;
            if (a == s->axis_count)
                break;
        }
        if (k == kept) {
            sizes[kept] = 1;
            s->runs[kept++] = *run;
            continue;
        }
        sizes[k]++;
        for (size_t n = 0; n < s->runs[k].stat_count; n++) {
            SourceStat *stat = &s->runs[k].stats[n];
            double value;
            if (source_get(run, stat->name, &value))
                stat->value += (value - stat->value) / (double)sizes[k];
        }
        if (sizes[k] > s->seeds)
            s->seeds = sizes[k];
    }
    s->run_count = kept;
}

static bool read_rows(Source *s, const Table *t, const Columns *c, Diag *diag)
{
    s->axes = arena_alloc(s->arena, t->column_count, sizeof *s->axes);
    for (size_t i = 0; i < t->column_count; i++)
        if (c->is_axis[i])
            s->axes[s->axis_count++] = t->names[i];
    s->runs = arena_alloc(s->arena, t->row_count, sizeof *s->runs);
    for (size_t row = 0; row < t->row_count; row++) {
        SourceRun *run = &s->runs[s->run_count];
        if (c->status != NONE &&
            strcmp(table_cell(t, row, c->status), "ok") != 0) {
            s->failed++;
            continue;
        }
        if (!read_row(s, t, c, row, run, diag))
            return false;
        find_folder(s, t, c, row, run);
        if (run->folder && !add_folder(run, s->arena, diag))
            return false;
        s->run_count++;
    }
    if (s->run_count == 0)
        return diag_error(diag, "%s: has no %s; there is nothing to plot",
                          t->path, s->failed ? "point that is ok" : "row");
    if (c->seed != NONE)
        merge_seeds(s);
    return true;
}

/* Keeps "title = TEXT" of an experiment's file. */
static bool take_title(void *ctx, const IniPair *pair, Diag *diag)
{
    Source *s = ctx;
    (void)diag;
    if (pair->name && strcmp(pair->section, "experiment") == 0 &&
        strcmp(pair->name, "title") == 0)
        s->title = text_copy(s->arena, pair->value, strlen(pair->value));
    return true;
}

/* The title of the experiment's file, or else the folder's name. */
static void find_title(Source *s)
{
    const char *path = source_join(s->arena, s->folder, "experiment.ini");
    Diag none = {""};
    s->title = text_base_name(s->arena, s->folder);
    if (source_exists(path))
        inifile_read(fopen(path, "re"), path, "the experiment", take_title, s,
                     &none);
}

static bool read_csv(Source *s, const char *path, const char *const *axes,
                     size_t axis_count, Diag *diag)
{
    Table t;
    if (!table_read(&t, s->arena, path, diag))
        return false;
    if (t.column_count >= 2 && strcmp(t.names[0], "cycles") == 0 &&
        strcmp(t.names[1], "insns") == 0) {
        set_single_axis(s, 1, "run");
        s->runs[0].values[0] = s->title;
        s->runs[0].intervals = path;
        return true;
    }
    Columns c = sort_columns(&t, s->arena, axes, axis_count);
    return read_rows(s, &t, &c, diag);
}

static bool read_file(Source *s, const char *path, const char *const *axes,
                      size_t axis_count, Diag *diag)
{
    const char *name = text_base_name(s->arena, path);
    const char *slash = strrchr(path, '/');
    s->folder =
        slash ? text_copy(s->arena, path, (size_t)(slash - path) + 1) : ".";
    s->title = text_copy(s->arena, name, strcspn(name, "."));
    return read_csv(s, path, axes, axis_count, diag);
}

static bool read_experiment(Source *s, const char *folder, Diag *diag)
{
    s->folder = folder;
    s->is_experiment = true;
    find_title(s);
    return read_csv(s, source_join(s->arena, folder, "results.csv"), NULL, 0,
                    diag);
}

bool source_read(Source *s, Arena *arena, const char *const *paths,
                 size_t path_count, const char *const *axes, size_t axis_count,
                 Diag *diag)
{
    *s = (Source){.arena = arena, .place = paths[0], .seeds = 1};
    const char *results = source_join(arena, paths[0], "results.csv");
    bool ok;
    if (path_count == 1 && !is_folder(paths[0]))
        ok = read_file(s, paths[0], axes, axis_count, diag);
    else if (path_count == 1 && source_exists(results))
        ok = read_experiment(s, paths[0], diag);
    else
        ok = read_runs(s, paths, path_count, diag);
    if (ok)
        label_runs(s);
    return ok;
}
