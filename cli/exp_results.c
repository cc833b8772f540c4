/* The table that an experiment comes to; see exp_results.h.
 *
 * A row is built once, as texts by column, and written in both formats.  All
 * but the columns of the host is a function of the experiment. */
#include "cli/exp_results.h"

#include "base/alloc.h"
#include "base/bits.h"
#include "cli/exp_command.h"
#include "cli/exp_output.h"
#include "cli/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { INI, COMMANDS, CSV, JSON };

static const char *const names[EXP_RESULT_FILES] = {
    "experiment.ini", "commands.txt", "results.csv", "results.json"};

static const char *const default_outputs[] = {"insns", "cycles", "ipc",
                                              "seconds"};
static const char *const own_outputs[] = {"insns", "cycles", "ipc", "cpi",
                                          "seconds"};

typedef struct Table {
    const ExpRun *run;
    const char **columns; /* the outputs */
    size_t column_count;
    ExpData *data; /* one a point */
    bool json;
    FILE *out;
    size_t cells; /* of the row, so far */
} Table;

bool exp_results_open(ExpResults *results, const char *folder, Diag *diag)
{
    *results = (ExpResults){.paths = {NULL}};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        size_t size = strlen(folder) + strlen(names[i]) + 2;
        results->paths[i] = alloc_zeroed(size, 1);
        snprintf(results->paths[i], size, "%s/%s", folder, names[i]);
        if (!savefile_open(&results->files[i], "--out", results->paths[i],
                           diag))
            return false;
    }
    return true;
}

void exp_results_drop(ExpResults *results)
{
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        savefile_drop(&results->files[i]);
        free(results->paths[i]);
    }
}

/* --- Cells ---------------------------------------------------------------- */

static void write_csv_text(FILE *out, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (const char *p = text; *p; p++) {
        if (*p == '"')
            fputc('"', out);
        fputc(*p, out);
    }
    fputc('"', out);
}

/* What stands before a cell's value. */
static void begin_cell(Table *t, const char *column)
{
    if (t->cells++)
        fputs(t->json ? ", " : ",", t->out);
    if (!t->json)
        return;
    report_write_json_text(t->out, column);
    fputs(": ", t->out);
}

static void write_text(Table *t, const char *column, const char *text)
{
    begin_cell(t, column);
    if (t->json)
        report_write_json_text(t->out, text);
    else
        write_csv_text(t->out, text);
}

__attribute__((format(printf, 3, 4))) static void
write_word(Table *t, const char *column, const char *format, ...)
{
    char text[40];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    write_text(t, column, text);
}

/* `data` is NULL for a point that failed: it has no numbers. */
static void write_number(Table *t, const char *column, const ExpData *data)
{
    begin_cell(t, column);
    if ((!data || !exp_output_write(column, data, t->out)) && t->json)
        fputs("null", t->out);
}

/* --- Rows ----------------------------------------------------------------- */

static void write_row(Table *t, const ExpPoint *point, const ExpData *data,
                      const ExpOutcome *outcome)
{
    const ExpPoints *points = t->run->points;
    const Experiment *e = points->experiment;
    t->cells = 0;
    begin_cell(t, "point");
    fprintf(t->out, "%u", point->number);
    for (size_t i = 0; i < e->axis_count; i++)
        write_text(t, e->axes[i].name, exp_points_label(points, point, i));
    write_text(t, "status", outcome->failure ? "failed" : "ok");
    for (size_t i = 0; i < t->column_count; i++)
        write_number(t, t->columns[i], outcome->failure ? NULL : data);
    write_word(t, "config_hash", "%016" PRIx64, point->config_hash);
    write_word(t, "image_hash", "%016" PRIx64, point->image_hash);
    write_word(t, "input_hash", "%016" PRIx64, point->input_hash);
    write_text(t, "version", SELKIRK_VERSION);
    begin_cell(t, "host.seconds");
    fprintf(t->out, "%.3f", outcome->seconds);
    begin_cell(t, "host.cpu");
    fprintf(t->out, "%.3f", outcome->cpu);
    write_word(t, "host.build", "%016" PRIx64, t->run->build);
    write_text(t, "host.failure", outcome->failure ? outcome->failure : "");
}

static void write_rows(Table *t)
{
    const ExpPoints *points = t->run->points;
    bool first = true;
    for (size_t i = 0; i < points->count; i++) {
        if (!points->list[i].chosen)
            continue;
        if (t->json)
            fputs(first ? "\n    {" : ",\n    {", t->out);
        write_row(t, &points->list[i], &t->data[i], &t->run->outcomes[i]);
        fputs(t->json ? "}" : "\n", t->out);
        first = false;
    }
}

static void write_csv(Table *t, FILE *out)
{
    const Experiment *e = t->run->points->experiment;
    t->json = false;
    t->out = out;
    fputs("point", out);
    for (size_t i = 0; i < e->axis_count; i++)
        fprintf(out, ",%s", e->axes[i].name);
    fputs(",status", out);
    for (size_t i = 0; i < t->column_count; i++)
        fprintf(out, ",%s", t->columns[i]);
    fputs(",config_hash,image_hash,input_hash,version,host.seconds,host.cpu,"
          "host.build,host.failure\n",
          out);
    write_rows(t);
}

static void write_json(Table *t, FILE *out)
{
    const Experiment *e = t->run->points->experiment;
    t->json = true;
    t->out = out;
    fputs("{\n  \"experiment\": ", out);
    report_write_json_text(out, e->name);
    fputs(",\n  \"title\": ", out);
    report_write_json_text(out, e->title);
    fputs(",\n  \"version\": \"" SELKIRK_VERSION "\",\n  \"axes\": [", out);
    for (size_t i = 0; i < e->axis_count; i++) {
        fputs(i ? ", " : "", out);
        report_write_json_text(out, e->axes[i].name);
    }
    fputs("],\n  \"outputs\": [", out);
    for (size_t i = 0; i < t->column_count; i++) {
        fputs(i ? ", " : "", out);
        report_write_json_text(out, t->columns[i]);
    }
    fputs("],\n  \"rows\": [", out);
    write_rows(t);
    fputs("\n  ]\n}\n", out);
}

/* --- Columns -------------------------------------------------------------- */

static void add_column(Table *t, const char *name)
{
    for (size_t i = 0; i < t->column_count; i++)
        if (strcmp(t->columns[i], name) == 0)
            return;
    t->columns = alloc_resize(t->columns, t->column_count + 1, sizeof(char *));
    t->columns[t->column_count++] = name;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Every statistic of any point whose name fits the pattern, sorted. */
static void add_matching(Table *t, const char *pattern)
{
    const char **all = NULL;
    size_t count = 0;
    for (size_t p = 0; p < t->run->points->count; p++) {
        const ExpStats *stats = &t->data[p].stats;
        if (stats->count == 0)
            continue;
        all = alloc_resize(all, count + stats->count, sizeof *all);
        for (size_t i = 0; i < stats->count; i++)
            if (exp_output_matches(pattern, stats->list[i].name))
                all[count++] = stats->list[i].name;
        if (count == 0)
            continue;
        qsort(all, count, sizeof *all, by_name);
        size_t kept = 0;
        for (size_t i = 0; i < count; i++)
            if (kept == 0 || strcmp(all[kept - 1], all[i]) != 0)
                all[kept++] = all[i];
        count = kept;
    }
    for (size_t i = 0; i < count; i++)
        add_column(t, all[i]);
    free(all);
}

static void choose_columns(Table *t)
{
    const Experiment *e = t->run->points->experiment;
    for (size_t i = 0; !e->outputs && i < ARRAY_LEN(default_outputs); i++)
        add_column(t, default_outputs[i]);
    for (size_t i = 0; i < e->output_count; i++) {
        const char *name = e->outputs[i];
        bool is_all = strcmp(name, "all") == 0;
        for (size_t k = 0; is_all && k < ARRAY_LEN(own_outputs); k++)
            add_column(t, own_outputs[k]);
        if (is_all || exp_output_is_pattern(name))
            add_matching(t, is_all ? "*" : name);
        else
            add_column(t, name);
    }
}

/* --- All ------------------------------------------------------------------ */

/* What the points that did not fail have left. */
static bool read_data(Table *t, Diag *diag)
{
    const ExpPoints *points = t->run->points;
    bool ok = true;
    t->data = alloc_zeroed(points->count, sizeof *t->data);
    for (size_t i = 0; ok && i < points->count; i++) {
        const ExpPoint *point = &points->list[i];
        if (!point->chosen || t->run->outcomes[i].failure)
            continue;
        char *folder = exp_command_path(point, t->run->folder, "");
        ok = exp_output_read(&t->data[i], folder, point, diag);
        free(folder);
    }
    return ok;
}

/* Gives the files their names, all of them or none. */
static bool close_all(ExpResults *results, Diag *diag)
{
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        errno = 0;
        if (fflush(results->files[i].file) != 0 ||
            ferror(results->files[i].file))
            return diag_error(diag,
                              "--out: cannot write %s: %s; make room, and the "
                              "same command goes on",
                              results->paths[i], strerror(errno ? errno : EIO));
    }
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (!savefile_close(&results->files[i], diag))
            return false;
    return true;
}

bool exp_results_write(ExpResults *results, const ExpRun *run, Diag *diag)
{
    Table t = {.run = run};
    const Experiment *e = run->points->experiment;
    bool ok = read_data(&t, diag);
    if (ok) {
        choose_columns(&t);
        fwrite(e->text, 1, e->size, results->files[INI].file);
        exp_command_write(run->points, run->folder,
                          results->files[COMMANDS].file);
        write_csv(&t, results->files[CSV].file);
        write_json(&t, results->files[JSON].file);
        ok = close_all(results, diag);
    }
    for (size_t i = 0; i < run->points->count; i++)
        exp_output_free(&t.data[i]);
    free(t.data);
    free(t.columns);
    return ok;
}
