/* `selkirk report`; see page.h. */
#include "cli/plot/page.h"

#include "base/bits.h"
#include "base/config.h"
#include "base/inifile.h"
#include "cli/plot/gnuplot.h"
#include "cli/plot/html.h"
#include "cli/plot/json.h"
#include "cli/plot/plot.h"
#include "cli/plot/text.h"
#include "cli/savefile.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct Page {
    const Source *source;
    Arena *arena;
    FILE *out;
    Diag *diag;
    int *status; /* of the command, should it fail */
} Page;

/* --- Small things --------------------------------------------------------- */

static const char *number_text(Arena *arena, double value)
{
    return value == floor(value) && fabs(value) < 1e15
               ? text_format(arena, "%.0f", value)
               : text_format(arena, "%.6g", value);
}

static void write_pair(const Page *p, const char *name, const char *value)
{
    const char *const cells[] = {name, value};
    html_write_row(p->out, cells, 2);
}

static void write_paragraph(const Page *p, const char *class, const char *text)
{
    fprintf(p->out, "<p%s%s%s>", *class ? " class=\"" : "", class,
            *class ? "\"" : "");
    html_write_text(p->out, text);
    fputs("</p>\n", p->out);
}

/* Something long that opens when it is asked for. */
static void begin_details(const Page *p, const char *summary)
{
    fputs("<details><summary>", p->out);
    html_write_text(p->out, summary);
    fputs("</summary>\n", p->out);
}

static void end_details(const Page *p)
{
    fputs("</details>\n", p->out);
}

static void write_listing(const Page *p, const char *text)
{
    fputs("<pre>", p->out);
    html_write_text(p->out, text);
    fputs("</pre>\n", p->out);
}

/* --- Configuration -------------------------------------------------------- */

typedef struct Setting {
    const char *key, *value;
} Setting;

typedef struct Settings {
    Arena *arena;
    Setting *list;
    size_t count, room;
} Settings;

static bool add_setting(void *ctx, const IniPair *pair, Diag *diag)
{
    Settings *s = ctx;
    (void)diag;
    if (!pair->name)
        return true;
    if (s->count == s->room) {
        size_t old = s->room;
        s->room = old ? 2 * old : 128;
        s->list = arena_grow(s->arena, s->list, old, s->room, sizeof *s->list);
    }
    s->list[s->count++] =
        (Setting){text_format(s->arena, "%s.%s", pair->section, pair->name),
                  text_copy(s->arena, pair->value, strlen(pair->value))};
    return true;
}

/* What every key is if nobody sets it. */
static Settings read_defaults(Arena *arena)
{
    Settings settings = {.arena = arena};
    Diag none = {""};
    Config *config = config_create();
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        abort();
    config_write_model(config, out);
    fclose(out);
    config_destroy(config);
    inifile_read(fmemopen(text, size, "r"), "defaults", "the configuration",
                 add_setting, &settings, &none);
    free(text);
    return settings;
}

static const char *find_setting(const Settings *settings, const char *key)
{
    for (size_t i = 0; i < settings->count; i++)
        if (strcmp(settings->list[i].key, key) == 0)
            return settings->list[i].value;
    return "";
}

static bool write_configuration(const Page *p, const SourceRun *run)
{
    static const char *const heads[] = {"key", "value", "default"};
    const char *path = source_join(p->arena, run->folder, "config.ini");
    Settings settings = {.arena = p->arena};
    if (!inifile_read(fopen(path, "re"), path, "the configuration", add_setting,
                      &settings, p->diag))
        return false;
    Settings defaults = read_defaults(p->arena);
    size_t differ = 0;
    html_write_heading(p->out, "Configuration");
    write_paragraph(p, "", "What differs from the defaults:");
    html_begin_table(p->out, heads, ARRAY_LEN(heads));
    for (size_t i = 0; i < settings.count; i++) {
        const Setting *s = &settings.list[i];
        const char *standard = find_setting(&defaults, s->key);
        if (strcmp(s->value, standard) == 0)
            continue;
        const char *const cells[] = {s->key, s->value, standard};
        html_write_row(p->out, cells, ARRAY_LEN(cells));
        differ++;
    }
    html_end_table(p->out);
    write_paragraph(p, "dim",
                    text_format(p->arena,
                                "%zu of %zu keys. All of them are in %s.",
                                differ, settings.count, path));
    return true;
}

/* --- A run ---------------------------------------------------------------- */

static bool write_run_summary(const Page *p, const SourceRun *run)
{
    static const struct {
        const char *leaf, *name;
    } rows[] = {
        {"selkirk", "version"},
        {"image", "image"},
        {"image_hash", "hash of the image"},
        {"config_hash", "hash of the configuration"},
        {"arguments", "arguments"},
        {"end", "how it ended"},
        {"guest_status", "status of the guest"},
        {"instructions", "instructions, in all"},
        {"cycles", "cycles, in all"},
        {"seconds", "simulated seconds"},
        {"state_hash", "hash of the guest's state"},
        {"host.seconds", "seconds of the host"},
        {"host.mips", "guest MIPS of the host"},
    };
    JsonLeaves leaves;
    double insns, cycles;
    if (!json_read(&leaves, p->arena,
                   source_join(p->arena, run->folder, "summary.json"), p->diag))
        return false;
    html_begin_table(p->out, NULL, 0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *value = json_find(&leaves, rows[i].leaf);
        if (value && *value)
            write_pair(p, rows[i].name, value);
    }
    if (source_insns(run, &insns) && source_cycles(run, &cycles) && insns > 0)
        write_pair(p, "cycles per instruction, where measured",
                   text_format(p->arena, "%.4f", cycles / insns));
    html_end_table(p->out);
    return true;
}

static int by_size(const void *a, const void *b)
{
    const SourceStat *x = a, *y = b;
    if (x->value != y->value)
        return x->value < y->value ? 1 : -1;
    return strcmp(x->name, y->name);
}

/* The causes of cycles, the largest first. */
static void write_causes(const Page *p, const SourceRun *run)
{
    static const char *const heads[] = {"cause", "cycles", "%"};
    static const char prefix[] = "cycles.";
    SourceStat *causes =
        arena_alloc(p->arena, run->stat_count + 1, sizeof *causes);
    size_t count = 0;
    double total = 0;
    for (size_t i = 0; i < run->stat_count; i++) {
        const SourceStat *s = &run->stats[i];
        if (strncmp(s->name, prefix, strlen(prefix)) != 0 || s->value <= 0 ||
            strcmp(s->name, "cycles.total") == 0)
            continue;
        causes[count++] = (SourceStat){s->name + strlen(prefix), s->value};
        total += s->value;
    }
    if (count == 0)
        return;
    qsort(causes, count, sizeof *causes, by_size);
    html_write_heading(p->out, "Where the cycles went");
    html_begin_table(p->out, heads, ARRAY_LEN(heads));
    for (size_t i = 0; i < count; i++) {
        const char *const cells[] = {
            causes[i].name, number_text(p->arena, causes[i].value),
            text_format(p->arena, "%.2f", 100 * causes[i].value / total)};
        html_write_row(p->out, cells, ARRAY_LEN(cells));
    }
    html_end_table(p->out);
}

/* stats.txt has what each of them counts. */
static bool write_statistics(const Page *p, const SourceRun *run)
{
    static const char *const heads[] = {"statistic", "value", "what it counts"};
    size_t size;
    char *text = text_read_file(p->arena,
                                source_join(p->arena, run->folder, "stats.txt"),
                                &size, p->diag);
    if (!text)
        return false;
    html_write_heading(p->out, "Statistics");
    begin_details(p, "All of them");
    html_begin_table(p->out, heads, ARRAY_LEN(heads));
    for (char *line = text; *line;) {
        size_t length = strcspn(line, "\n");
        char *next = line + length + (line[length] == '\n');
        line[length] = '\0';
        char *name = line, *value = line + strcspn(line, " ");
        value += strspn(value, " ");
        char *what = value + strcspn(value, " ");
        name[strcspn(name, " ")] = '\0';
        what += strspn(what, " ");
        value[strcspn(value, " ")] = '\0';
        const char *const cells[] = {name, value, what};
        html_write_row(p->out, cells, ARRAY_LEN(cells));
        line = next;
    }
    html_end_table(p->out);
    end_details(p);
    return true;
}

/* What a shell takes as one word. */
static const char *quoted(Arena *arena, const char *word)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyz"
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "0123456789_./,:=+-@%";
    if (*word && strspn(word, safe) == strlen(word))
        return word;
    char *text = arena_alloc(arena, 4 * strlen(word) + 3, 1), *to = text;
    *to++ = '\'';
    for (; *word; word++) {
        if (*word == '\'')
            to = stpcpy(to, "'\\'");
        *to++ = *word;
    }
    *to = '\'';
    return text;
}

/* The command that summary.json has, with another folder for what it writes. */
static const char *command_again(Arena *arena, const JsonLeaves *leaves)
{
    const char *text = "selkirk";
    bool is_folder = false;
    for (size_t i = 0;; i++) {
        const char *word =
            json_find(leaves, text_format(arena, "host.command.%zu", i));
        if (!word)
            return i ? text_format(arena, "%s\n", text) : NULL;
        if (is_folder || strncmp(word, "--out=", 6) == 0)
            word = is_folder ? "again" : "--out=again";
        is_folder = strcmp(word, "--out") == 0 || strcmp(word, "-o") == 0;
        text = text_format(arena, "%s %s", text, quoted(arena, word));
    }
}

static bool write_again_run(const Page *p, const SourceRun *run)
{
    JsonLeaves leaves;
    if (!json_read(&leaves, p->arena,
                   source_join(p->arena, run->folder, "summary.json"), p->diag))
        return false;
    const char *command = command_again(p->arena, &leaves);
    write_listing(p, command ? command : "the command is not known\n");
    write_paragraph(p, "dim",
                    "In the folder in which it was run. With the same "
                    "configuration, image and input it is the same run: every "
                    "statistic and the hash of the guest's state agree.");
    return true;
}

/* --- An experiment -------------------------------------------------------- */

static void write_axes(const Page *p)
{
    const Source *s = p->source;
    html_begin_table(p->out, NULL, 0);
    write_pair(p, "runs", text_format(p->arena, "%zu", s->run_count));
    if (s->failed)
        write_pair(p, "points that failed",
                   text_format(p->arena, "%zu", s->failed));
    if (s->seeds > 1)
        write_pair(p, "seeds, of which means are shown",
                   text_format(p->arena, "%zu", s->seeds));
    for (size_t a = 0; a < s->axis_count; a++) {
        char *values;
        size_t size;
        FILE *out = open_memstream(&values, &size);
        if (!out)
            abort();
        for (size_t i = 0; i < s->run_count; i++) {
            size_t k = 0;
            while (strcmp(s->runs[k].values[a], s->runs[i].values[a]) != 0)
                k++;
            if (k == i) /* it is new */
                fprintf(out, "%s%s", i ? ", " : "", s->runs[i].values[a]);
        }
        fclose(out);
        write_pair(p, text_format(p->arena, "axis %s", s->axes[a]), values);
        free(values);
    }
    html_end_table(p->out);
}

static const char *stat_text(const Page *p, bool known, double value)
{
    return known ? number_text(p->arena, value) : "";
}

/* A row a run. */
static void write_results(const Page *p)
{
    enum { ROWS_MAX = 500 };
    const Source *s = p->source;
    size_t count = s->axis_count + 3;
    const char **cells = arena_alloc(p->arena, count, sizeof *cells);
    for (size_t a = 0; a < s->axis_count; a++)
        cells[a] = s->axes[a];
    cells[count - 3] = "instructions";
    cells[count - 2] = "cycles";
    cells[count - 1] = "CPI";
    html_write_heading(p->out, "Results");
    html_begin_table(p->out, cells, count);
    for (size_t i = 0; i < s->run_count && i < ROWS_MAX; i++) {
        const SourceRun *run = &s->runs[i];
        double insns = 0, cycles = 0;
        bool has_insns = source_insns(run, &insns);
        bool has_cycles = source_cycles(run, &cycles);
        for (size_t a = 0; a < s->axis_count; a++)
            cells[a] = run->values[a];
        cells[count - 3] = stat_text(p, has_insns, insns);
        cells[count - 2] = stat_text(p, has_cycles, cycles);
        cells[count - 1] = has_insns && has_cycles && insns > 0
                               ? text_format(p->arena, "%.4f", cycles / insns)
                               : "";
        html_write_row(p->out, cells, count);
    }
    html_end_table(p->out);
    if (s->run_count > ROWS_MAX)
        write_paragraph(p, "dim",
                        text_format(p->arena, "The first %d of %zu.", ROWS_MAX,
                                    s->run_count));
}

/* The marks of the points as results.csv has them. */
static bool write_hashes(const Page *p)
{
    static const char *const names[] = {
        "point",      "seed",       "status", "config_hash",
        "image_hash", "input_hash", "version"};
    Table t;
    size_t columns[ARRAY_LEN(names)], count = 0;
    const char *heads[ARRAY_LEN(names)];
    if (!table_read(&t, p->arena,
                    source_join(p->arena, p->source->folder, "results.csv"),
                    p->diag))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (table_find(&t, names[i], &columns[count]))
            heads[count++] = names[i];
    }
    begin_details(p, "Each point's hashes of configuration, image and input");
    html_begin_table(p->out, heads, count);
    for (size_t row = 0; row < t.row_count; row++) {
        const char *cells[ARRAY_LEN(names)];
        for (size_t i = 0; i < count; i++)
            cells[i] = table_cell(&t, row, columns[i]);
        html_write_row(p->out, cells, count);
    }
    html_end_table(p->out);
    end_details(p);
    return true;
}

static bool write_again_experiment(const Page *p)
{
    const char *path =
        source_join(p->arena, p->source->folder, "experiment.ini");
    size_t size;
    if (!source_exists(path))
        return write_hashes(p);
    char *text = text_read_file(p->arena, path, &size, p->diag);
    if (!text)
        return false;
    write_listing(p, "selkirk exp FILE.ini --out again\n");
    write_paragraph(
        p, "dim",
        text_format(p->arena,
                    "FILE.ini is the experiment's file where it "
                    "was: paths in it begin there, and not at its "
                    "copy, %s. What --set and --only added is in "
                    "%s, the command of each point. The results "
                    "are the same but for the columns host.*.",
                    path,
                    source_join(p->arena, p->source->folder, "commands.txt")));
    begin_details(p, "The experiment's file");
    write_listing(p, text);
    end_details(p);
    return write_hashes(p);
}

/* --- The page ------------------------------------------------------------- */

/* A picture with how to read it. */
static bool write_figure(const Page *p, const Chart *c, const char *folder)
{
    const char *file = text_format(p->arena, "%s.svg", c->name);
    fputs("<figure><div class=\"wide\">", p->out);
    if (!html_write_svg(p->out, p->arena, source_join(p->arena, folder, file),
                        text_format(p->arena, "%s-", c->name), c->title,
                        p->diag))
        return false;
    fputs("</div>\n<figcaption>", p->out);
    html_write_text(p->out, c->reading);
    html_write_text(
        p->out, text_format(p->arena, " Data and script: %s.dat, %s.gp.",
                            source_join(p->arena, folder, c->name), c->name));
    fputs("</figcaption></figure>\n", p->out);
    return true;
}

/* Draws and shows all that the results allow.  Without gnuplot the page says
 * so, and so does the command. */
static bool write_figures(const Page *p, const PlotAsk *ask)
{
    const char *folder = source_join(p->arena, p->source->folder, "plots");
    ChartList charts = chart_list(p->arena);
    for (PlotKind kind = 0; kind < KIND_TOTAL; kind++) {
        Diag unfit = {""};
        if (kind_make(kind, p->source, ask, &charts, &unfit) == KIND_FAILED) {
            *p->diag = unfit;
            return false;
        }
    }
    if (!charts.first)
        return true;
    if (!plot_make_folder(folder, p->diag))
        return false;
    html_write_heading(p->out, "Pictures");
    for (const Chart *c = charts.first; c; c = c->next) {
        Diag missing = {""};
        switch (gnuplot_draw(c, folder, &missing)) {
        case GNUPLOT_DRAWN: break;
        case GNUPLOT_FAILED:
            *p->diag = missing;
            *p->status = STATUS_HOST;
            return false;
        case GNUPLOT_MISSING:
            fprintf(stderr, "selkirk: report: without pictures: %s\n",
                    missing.text);
            write_paragraph(p, "", missing.text);
            return true;
        }
        if (!write_figure(p, c, folder))
            return false;
    }
    return true;
}

static bool write_page(const Page *p, const PlotAsk *ask)
{
    const Source *s = p->source;
    const SourceRun *run = &s->runs[0];
    bool single = s->run_count == 1 && run->folder && !s->is_experiment;
    html_begin(p->out, s->title);
    write_paragraph(p, "dim",
                    text_format(p->arena, "%s, reported by selkirk %s",
                                single             ? "A run"
                                : s->is_experiment ? "An experiment"
                                                   : "Runs side by side",
                                SELKIRK_VERSION));
    if (single ? !write_run_summary(p, run) : (write_axes(p), false))
        return false;
    if (!write_figures(p, ask))
        return false;
    if (single) {
        write_causes(p, run);
        if (!write_configuration(p, run) || !write_statistics(p, run))
            return false;
    } else {
        write_results(p);
    }
    if (single || s->is_experiment) {
        html_write_heading(p->out, "Again");
        if (single ? !write_again_run(p, run) : !write_again_experiment(p))
            return false;
    }
    html_end(p->out);
    return true;
}

int page_run(const Options *o, Diag *diag)
{
    Arena *arena = arena_create();
    const char *path = options_value(o, OPTION_PAGE);
    int status = STATUS_INPUT;
    SaveFile save = {0};
    Source source;
    if (plot_read_source(o, &source, arena, diag)) {
        PlotAsk ask = plot_read_ask(o, arena);
        if (!path)
            path = source_join(arena, source.folder, "report.html");
        if (savefile_open(&save, "--out", path, diag)) {
            Page page = {&source, arena, save.file, diag, &status};
            if (write_page(&page, &ask)) {
                status = savefile_close(&save, diag) ? STATUS_OK : STATUS_HOST;
                if (status == STATUS_OK)
                    puts(path);
            }
        }
        savefile_drop(&save);
    }
    arena_destroy(arena);
    return status;
}
