/* `selkirk plot`; see plot.h. */
#include "cli/plot/plot.h"

#include "cli/plot/gnuplot.h"
#include "cli/plot/text.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* --- The command line ----------------------------------------------------- */

PlotAsk plot_read_ask(const Options *o, Arena *arena)
{
    const char **by = arena_alloc(arena, o->use_count + 1, sizeof *by);
    PlotAsk ask = {.x = options_value(o, OPTION_X),
                   .y = options_value(o, OPTION_Y),
                   .base = options_value(o, OPTION_BASE),
                   .by = by};
    for (size_t i = 0; i < o->use_count; i++)
        if (o->uses[i].id == OPTION_BY)
            by[ask.by_count++] = o->uses[i].value;
    return ask;
}

bool plot_read_source(const Options *o, Source *source, Arena *arena,
                      Diag *diag)
{
    PlotAsk ask = plot_read_ask(o, arena);
    const char **axes = arena_alloc(arena, ask.by_count + 1, sizeof *axes);
    size_t axis_count = 0;
    if (ask.x)
        axes[axis_count++] = ask.x;
    for (size_t i = 0; i < ask.by_count; i++)
        axes[axis_count++] = ask.by[i];
    if (!source_read(source, arena, o->operands, o->operand_count, axes,
                     axis_count, diag))
        return false;
    size_t count = 0;
    const char **words = arena_alloc(arena, o->use_count + 1, sizeof *words);
    for (size_t i = 0; i < o->use_count; i++)
        if (o->uses[i].id == OPTION_ONLY)
            words[count++] = o->uses[i].value;
    return count == 0 || source_keep(source, words, count, diag);
}

bool plot_make_folder(const char *folder, Diag *diag)
{
    return mkdir(folder, 0777) == 0 || errno == EEXIST ||
           diag_error(diag,
                      "--out: cannot make the folder %s: %s; name another",
                      folder, strerror(errno));
}

/* --- Making --------------------------------------------------------------- */

/* The kinds that --kind names, or all that the results allow. */
static bool make_charts(const Options *o, const Source *source,
                        ChartList *charts, Diag *diag)
{
    PlotAsk ask = plot_read_ask(o, charts->arena);
    bool named = options_has(o, OPTION_KIND);
    for (size_t i = 0; i < o->use_count; i++) {
        PlotKind kind;
        if (o->uses[i].id == OPTION_KIND &&
            (!kind_find(o->uses[i].value, &kind, diag) ||
             kind_make(kind, source, &ask, charts, diag) != KIND_MADE))
            return false;
    }
    for (PlotKind kind = 0; !named && kind < KIND_TOTAL; kind++) {
        Diag unfit = {""};
        if (kind_make(kind, source, &ask, charts, &unfit) == KIND_FAILED) {
            *diag = unfit;
            return false;
        }
    }
    return charts->first ||
           diag_error(diag,
                      "%s: nothing here makes a plot; --kind KIND says what "
                      "that kind needs",
                      source->place);
}

/* What --out says: a folder, or the name of the one picture. */
static bool find_place(const Options *o, const Source *source,
                       ChartList *charts, const char **folder, Diag *diag)
{
    const char *out = options_value(o, OPTION_PICTURE);
    Arena *arena = charts->arena;
    *folder = source_join(arena, source->folder, "plots");
    if (!out)
        return true;
    size_t length = strlen(out);
    if (!length)
        return diag_error(diag, "--out: the name is empty; write a folder, or "
                                "a file NAME.svg");
    *folder = out;
    if (length < 5 || (strcmp(out + length - 4, ".svg") != 0 &&
                       strcmp(out + length - 4, ".png") != 0))
        return true;
    if (charts->first->next)
        return diag_error(diag,
                          "--out: there are several pictures, and %s is one "
                          "file; choose with --kind, or name a folder",
                          out);
    const char *name = text_base_name(arena, out);
    size_t name_length = strlen(name);
    if (name_length < 5 || strspn(name, "abcdefghijklmnopqrstuvwxyz"
                                        "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                        "0123456789._+-") != name_length)
        return diag_error(diag,
                          "--out: \"%s\" has other characters than letters, "
                          "digits and ._+-; name the file otherwise",
                          name);
    charts->first->name = text_copy(arena, name, name_length - 4);
    *folder = length > name_length ? text_copy(arena, out, length - name_length)
                                   : ".";
    return true;
}

/* Says which pictures there are, one a line.  Without gnuplot, data and scripts
 * are written all the same. */
static int draw_all(const ChartList *charts, const char *folder, Diag *diag)
{
    int status = STATUS_OK;
    for (const Chart *c = charts->first; c; c = c->next) {
        Diag later = {""};
        if (status != STATUS_OK) {
            if (!gnuplot_write(c, folder, &later)) {
                *diag = later;
                return STATUS_HOST;
            }
            continue;
        }
        GnuplotResult result = gnuplot_draw(c, folder, diag);
        if (result == GNUPLOT_FAILED)
            return STATUS_HOST;
        if (result == GNUPLOT_MISSING) {
            status = STATUS_INPUT;
            continue;
        }
        printf("%s\n%s\n",
               source_join(charts->arena, folder,
                           text_format(charts->arena, "%s.svg", c->name)),
               source_join(charts->arena, folder,
                           text_format(charts->arena, "%s.png", c->name)));
    }
    return status;
}

int plot_run(const Options *o, Diag *diag)
{
    Arena *arena = arena_create();
    ChartList charts = chart_list(arena);
    const char *folder;
    Source source;
    int status = STATUS_INPUT;
    if (plot_read_source(o, &source, arena, diag) &&
        make_charts(o, &source, &charts, diag) &&
        find_place(o, &source, &charts, &folder, diag) &&
        plot_make_folder(folder, diag))
        status = draw_all(&charts, folder, diag);
    if (status == STATUS_OK && source.failed)
        fprintf(stderr,
                "selkirk: plot: %zu point%s of the experiment failed, and %s "
                "left out\n",
                source.failed, source.failed == 1 ? "" : "s",
                source.failed == 1 ? "is" : "are");
    arena_destroy(arena);
    return status;
}
