/* Charts as gnuplot scripts; see gnuplot_script.h.
 *
 * Names come from files and may hold anything.  Those that the script has are
 * in single quotes, between which gnuplot knows a doubled quote and nothing
 * else; those of the data are in double quotes, and hold neither quotes nor
 * backslashes.  The terminals are told not to look for markup (noenhanced). */
#include "cli/plot/gnuplot_script.h"

#include "base/bits.h"

#include <math.h>
#include <string.h>

enum { WIDTH = 960, HEIGHT = 540, TALL = 640 };

/* Longer names would leave no room for what they name. */
enum { NAME_MAX_BYTES = 56 };

/* --- Texts ---------------------------------------------------------------- */

/* The bytes of `text` to show, and whether that is not all: UTF-8 is not cut.
 */
static size_t shown_bytes(const char *text, bool *is_cut)
{
    size_t length = strlen(text);
    *is_cut = length > NAME_MAX_BYTES;
    if (!*is_cut)
        return length;
    length = NAME_MAX_BYTES;
    while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
        length--;
    return length;
}

static void write_bytes(FILE *out, const char *text, size_t length, char quote)
{
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if ((unsigned char)c < 0x20 || c == 0x7f)
            c = ' ';
        if (quote == '\'' && c == '\'')
            fputc(c, out);
        if (quote == '"' && (c == '"' || c == '\\'))
            c = c == '"' ? '\'' : '/';
        fputc(c, out);
    }
}

/* In quotes; of a name, no more than there is room for. */
static void write_text(FILE *out, const char *text, char quote)
{
    bool is_cut;
    size_t length = shown_bytes(text, &is_cut);
    fputc(quote, out);
    write_bytes(out, text, length, quote);
    fprintf(out, "%s%c", is_cut ? "..." : "", quote);
}

static void write_whole(FILE *out, const char *text)
{
    fputc('\'', out);
    write_bytes(out, text, strlen(text), '\'');
    fputc('\'', out);
}

static void write_number(FILE *out, double value)
{
    if (isfinite(value))
        fprintf(out, " %.10g", value);
    else
        fputs(" ?", out);
}

/* --- Data ----------------------------------------------------------------- */

static void write_rows(const Chart *c, FILE *out)
{
    bool has_labels = c->form != CHART_STEPS;
    fprintf(out, "# %s", has_labels ? "row" : "begin");
    for (size_t k = 0; k < c->series_count; k++) {
        fputc(' ', out);
        write_text(out, c->series[k].name, '"');
    }
    fputs(c->ends ? " \"at the end\"\n" : "\n", out);
    for (size_t i = 0; i < c->row_count; i++) {
        /* An empty row stands between the last one and the others. */
        if (c->gap && i + 1 == c->row_count) {
            fputs("\"\"", out);
            for (size_t k = 0; k < c->series_count; k++)
                fputs(" ?", out);
            fputc('\n', out);
        }
        if (has_labels)
            write_text(out, c->labels[i], '"');
        else
            fprintf(out, "%.10g", c->x[i]);
        for (size_t k = 0; k < c->series_count; k++)
            write_number(out, c->series[k].y[i]);
        if (c->ends) {
            fputc(' ', out);
            write_text(out, c->ends[i], '"');
        }
        fputc('\n', out);
    }
}

/* A block a series, two empty lines between: gnuplot's `index`. */
static void write_blocks(const Chart *c, FILE *out)
{
    for (size_t k = 0; k < c->series_count; k++) {
        const ChartSeries *s = &c->series[k];
        fprintf(out, "%s# ", k ? "\n\n" : "");
        write_text(out, s->name, '"');
        fputc('\n', out);
        for (size_t i = 0; i < s->count; i++)
            fprintf(out, "%.10g %.10g\n", s->x[i], s->y[i]);
        if (s->count == 0)
            fputs("? ?\n", out);
    }
    if (c->mark_count)
        fputs("\n\n# marks\n", out);
    for (size_t i = 0; i < c->mark_count; i++) {
        fprintf(out, "%.10g %.10g \"%zu\" ", c->marks[i].x, c->marks[i].y,
                i + 1);
        write_text(out, c->marks[i].text, '"');
        fputc('\n', out);
    }
}

void gnuplot_script_write_data(const Chart *c, FILE *out)
{
    if (c->form == CHART_LINES)
        write_blocks(c, out);
    else
        write_rows(c, out);
}

/* --- Axes ----------------------------------------------------------------- */

/* What numbers of an axis are divided by, and what that is called. */
typedef struct Unit {
    double by;
    const char *name; /* "" for 1 */
} Unit;

static Unit unit_of(double most, bool is_log)
{
    static const Unit units[] = {
        {1e9, "billions"}, {1e6, "millions"}, {1e3, "thousands"}};
    for (size_t i = 0; !is_log && i < ARRAY_LEN(units); i++)
        if (most >= 10 * units[i].by || (i < 2 && most >= 2 * units[i].by))
            return units[i];
    return (Unit){1, ""};
}

static double most_of(const double *values, size_t count)
{
    double most = 0;
    for (size_t i = 0; i < count; i++)
        if (isfinite(values[i]))
            most = fmax(most, fabs(values[i]));
    return most;
}

static Unit x_unit(const Chart *c)
{
    double most = most_of(c->x, c->form == CHART_STEPS ? c->row_count : 0);
    if (c->tics)
        return (Unit){1, ""};
    if (c->form == CHART_LINES)
        for (size_t k = 0; k < c->series_count; k++)
            most = fmax(most, most_of(c->series[k].x, c->series[k].count));
    return unit_of(most, c->log_x);
}

/* Of a panel; what is stacked adds up. */
static Unit y_unit(const Chart *c, unsigned panel)
{
    bool is_stack =
        c->form == CHART_STACKED || (c->form == CHART_STEPS && panel == 0);
    double most = 0, sum = 0;
    for (size_t k = 0; k < c->series_count; k++) {
        const ChartSeries *s = &c->series[k];
        size_t count = c->form == CHART_LINES ? s->count : c->row_count;
        if (s->panel == panel) {
            most = fmax(most, most_of(s->y, count));
            sum += most_of(s->y, count);
        }
    }
    return unit_of(is_stack ? sum : most, c->log_y);
}

/* "set xlabel 'cycles, millions'" */
static void write_label(FILE *out, char axis, const char *label, Unit unit)
{
    fprintf(out, "set %clabel '", axis);
    write_bytes(out, label, strlen(label), '\'');
    fprintf(out, "%s%s'\n", *unit.name ? ", " : "", unit.name);
}

static const char *colour_of(const Chart *c, size_t series)
{
    const char *own = c->series[series].colour;
    return own ? own : chart_colour(series);
}

/* --- The script's head ---------------------------------------------------- */

/* Whether the legend stands below the picture, a line an entry: names are long,
 * or there are marks to tell about. */
static size_t longest_name(const Chart *c)
{
    size_t longest = 0;
    for (size_t k = 0; k < c->series_count; k++) {
        size_t length = strlen(c->series[k].name);
        longest = length > longest ? length : longest;
    }
    return longest;
}

static bool is_key_below(const Chart *c)
{
    return c->form != CHART_STEPS && (longest_name(c) > 24 || c->mark_count);
}

static bool has_key(const Chart *c)
{
    return c->series_count + c->mark_count > 1 ||
           (c->series_count == 1 && c->series[0].has_fit);
}

/* Pixels of the legend below. */
static int key_height(const Chart *c)
{
    enum { LINE = 21 };
    return has_key(c) && is_key_below(c)
               ? LINE * (int)(c->series_count + c->mark_count)
               : 0;
}

/* The size of the picture follows what has to be in it. */
static int height_of(const Chart *c)
{
    if (c->form == CHART_STEPS)
        return TALL;
    if (c->form == CHART_SORTED)
        return (int)(120 + 26 * (c->row_count > 6 ? c->row_count : 6));
    return HEIGHT + key_height(c);
}

static void write_head(const Chart *c, FILE *out)
{
    int height = height_of(c);
    fprintf(out,
            "# Written by selkirk plot.  gnuplot %s.gp makes %s.svg of "
            "%s.dat;\n# gnuplot -e \"format='png'\" %s.gp makes %s.png.\n"
            "if (!exists('format')) format = 'svg'\n"
            "if (!exists('output')) output = '%s.'.format\n"
            "set encoding utf8\n"
            "if (format eq 'png') set terminal pngcairo noenhanced "
            "size %d,%d font 'sans-serif,10' fontscale 2 linewidth 2 "
            "pointscale 2 background '#ffffff'\n"
            "if (format ne 'png') set terminal svg noenhanced size %d,%d "
            "font 'sans-serif,14' background '#ffffff'\n"
            "set output output\n"
            "set datafile missing '?'\n"
            "set border 3 linewidth 1\n"
            "set tics nomirror out\n"
            "set grid ytics linetype 1 linecolor rgb '#dddddd'\n",
            c->name, c->name, c->name, c->name, c->name, c->name, 2 * WIDTH,
            2 * height, WIDTH, height);
}

static void write_title(const Chart *c, FILE *out)
{
    fputs("set title ", out);
    write_whole(out, c->title);
    if (c->note) {
        fputs(".\"\\n\".'(", out);
        write_bytes(out, c->note, strlen(c->note), '\'');
        fputs(")'", out);
    }
    fputc('\n', out);
}

static size_t longest_label(const Chart *c)
{
    size_t longest = 0;
    for (size_t i = 0; i < c->row_count; i++) {
        bool is_cut;
        size_t length = shown_bytes(c->labels[i], &is_cut);
        longest = length > longest ? length : longest;
    }
    return longest;
}

/* Whether texts under bars would run into each other if they were level. */
static bool are_labels_turned(const Chart *c)
{
    return c->row_count > 0 &&
           longest_label(c) > 90 / (c->row_count + c->gap + 1);
}

/* Where the legend is: outside, on the right unless names are long. */
static void write_key(const Chart *c, FILE *out, const char *more)
{
    int below = key_height(c) + (are_labels_turned(c) ? 130 : 75);
    if (!has_key(c))
        fputs("set key off\n", out);
    else if (!is_key_below(c))
        fprintf(out, "set key outside right top vertical Left reverse%s\n",
                more);
    else
        fprintf(out,
                "set key at screen 0.5, screen 0.015 center bottom vertical "
                "maxcols 1 Left reverse%s\n"
                "set bmargin at screen %.3f\n",
                more, below / (double)height_of(c));
}

static void write_row_labels(const Chart *c, FILE *out)
{
    size_t longest = longest_label(c);
    size_t margin = longest > 20 ? longest - 6 : 14;
    /* A margin that is set is not widened for a legend on the right: its
     * samples take some six letters' room. */
    size_t key = has_key(c) && !is_key_below(c) ? longest_name(c) + 6 : 0;
    bool turned = are_labels_turned(c);
    fprintf(out, "set xtics scale 0%s\n",
            turned ? " rotate by -35 left" : " norotate");
    if (turned)
        fprintf(out, "set rmargin %zu\n", margin > key ? margin : key);
}

/* --- Forms ---------------------------------------------------------------- */

static void write_plot_begin(FILE *out, size_t item)
{
    fputs(item ? ", \\\n    " : "plot ", out);
}

static void write_stacked(const Chart *c, FILE *out)
{
    Unit unit = y_unit(c, 0);
    write_label(out, 'y', c->y_labels[0], unit);
    write_row_labels(c, out);
    write_key(c, out, " invert");
    fputs("set style data histograms\n"
          "set style histogram rowstacked\n"
          "set style fill solid 1 border rgb '#ffffff'\n"
          "set yrange [0:*]\n",
          out);
    if (c->most > 0)
        fprintf(out, "set yrange [0:%g]\n", 1.08 * c->most);
    fprintf(out, "set boxwidth %g\nset offsets 0, 0, graph 0.06, 0\n",
            c->row_count < 3 ? 0.4 : 0.7);
    for (size_t k = 0; k < c->series_count; k++) {
        write_plot_begin(out, k);
        fprintf(out, "'%s.dat' using ($%zu/%g):xtic(1) title ", c->name, k + 2,
                unit.by);
        write_text(out, c->series[k].name, '\'');
        fprintf(out, " linecolor rgb '%s'", colour_of(c, k));
    }
    if (!c->ends)
        return;
    fprintf(out, ", \\\n    '' using 0:((");
    for (size_t k = 0; k < c->series_count; k++)
        fprintf(out, "%s$%zu", k ? "+" : "", k + 2);
    fprintf(out, ")/%g):%zu with labels offset 0,0.6 notitle", unit.by,
            c->series_count + 2);
}

static void write_clustered(const Chart *c, FILE *out)
{
    Unit unit = y_unit(c, 0);
    write_label(out, 'y', c->y_labels[0], unit);
    if (c->x_label)
        write_label(out, 'x', c->x_label, (Unit){1, ""});
    write_row_labels(c, out);
    write_key(c, out, "");
    fputs("set style data histograms\n"
          "set style histogram clustered gap 1\n"
          "set style fill solid 1 border rgb '#ffffff'\n",
          out);
    fputs(c->log_y ? "set logscale y\nset format y '%g'\n"
                   : "set yrange [0:*]\n",
          out);
    if (c->has_level)
        fprintf(out,
                "set arrow from graph 0, first %g to graph 1, first %g nohead "
                "front linewidth 1 dashtype 2 linecolor rgb '#000000'\n",
                c->level, c->level);
    for (size_t k = 0; k < c->series_count; k++) {
        write_plot_begin(out, k);
        fprintf(out, "'%s.dat' using ($%zu/%g):xtic(1) title ", c->name, k + 2,
                unit.by);
        write_text(out, c->series[k].name, '\'');
        fprintf(out, " linecolor rgb '%s'", colour_of(c, k));
        if (k >= CHART_COLOURS)
            fputs(" fillstyle pattern 2", out);
    }
}

/* The first row on top.  More is vermillion, less is blue. */
static void write_sorted(const Chart *c, FILE *out)
{
    write_label(out, 'x', c->x_label, (Unit){1, ""});
    fprintf(out,
            "set key off\n"
            "unset grid\n"
            "set grid xtics linetype 1 linecolor rgb '#dddddd'\n"
            "set border 1\n"
            "set ytics scale 0\n"
            "set style fill solid 1 noborder\n"
            "set yrange [%zu.6:-0.6]\n"
            "set offsets graph 0.12, graph 0.12, 0, 0\n"
            "set arrow from first 0, graph 0 to first 0, graph 1 nohead front "
            "linewidth 1 linecolor rgb '#000000'\n"
            "low(v) = v < 0 ? v : 0\n"
            "high(v) = v < 0 ? 0 : v\n"
            "plot '%s.dat' using 2:0:(low($2)):(high($2)):($0-0.35):"
            "($0+0.35):($2 < 0 ? 0x0072b2 : 0xd55e00):ytic(1) "
            "with boxxyerror linecolor rgb variable, \\\n"
            "    '' using (high($2)):0:($2 < 0 ? '' : strcol(3)) "
            "with labels left offset 0.6,0, \\\n"
            "    '' using (low($2)):0:($2 < 0 ? strcol(3) : '') "
            "with labels right offset -0.6,0",
            c->row_count - 1, c->name);
}

static void write_tics(const Chart *c, FILE *out)
{
    if (!c->tics)
        return;
    fputs("set xtics (", out);
    for (size_t i = 0; i < c->tic_count; i++) {
        fputs(i ? ", " : "", out);
        write_text(out, c->tics[i].text, '\'');
        fprintf(out, " %.10g", c->tics[i].at);
    }
    fputs(")\n", out);
}

static void write_curve(const Chart *c, size_t k, Unit x, Unit y, FILE *out)
{
    static const int points[] = {7, 5, 9, 13, 11, 15, 6, 4};
    const ChartSeries *s = &c->series[k];
    int point = points[k % ARRAY_LEN(points)];
    fprintf(out, "'%s.dat' index %zu using ($1/%g):($2/%g) with %s", c->name, k,
            x.by, y.by,
            s->has_fit  ? "points"
            : c->points ? "linespoints"
                        : "lines");
    fprintf(out, " linewidth 2 linecolor rgb '%s'", colour_of(c, k));
    if (!s->has_fit)
        fprintf(out, " dashtype %zu", k / CHART_COLOURS + 1);
    if (c->points)
        fprintf(out, " pointtype %d pointsize 0.9", point);
    if (!s->has_fit) {
        fputs(" title ", out);
        write_text(out, s->name, '\'');
        return;
    }
    fprintf(out,
            " notitle, \\\n    (%.10g + %.10g * x*%g)/%g with lines "
            "linewidth 1.5 linecolor rgb '%s' title ",
            s->fit_s, s->fit_t, x.by, y.by, colour_of(c, k));
    write_whole(out, s->name);
}

/* From the least to the most, with some room around. */
static void write_range(char axis, double least, double most, bool is_log,
                        bool from_zero, FILE *out)
{
    double room = 0.06 * (most - least);
    if (room == 0)
        room = 0.06 * fabs(most) + (most == 0);
    if (is_log) {
        double factor = pow(most / least, 0.06) * 1.05;
        least /= factor;
        most *= factor;
    } else {
        least = from_zero ? 0 : least - room;
        most += room;
    }
    fprintf(out, "set %crange [%.6g:%.6g]\n", axis, least, most);
}

static void write_ranges(const Chart *c, Unit x, Unit y, FILE *out)
{
    double x0 = INFINITY, x1 = -INFINITY, y0 = INFINITY, y1 = -INFINITY;
    for (size_t k = 0; k < c->series_count; k++) {
        const ChartSeries *s = &c->series[k];
        for (size_t i = 0; i < s->count; i++) {
            if ((c->log_x && s->x[i] <= 0) || (c->log_y && s->y[i] <= 0))
                continue;
            x0 = fmin(x0, s->x[i]);
            x1 = fmax(x1, s->x[i]);
            y0 = fmin(y0, s->y[i]);
            y1 = fmax(y1, s->y[i]);
        }
    }
    if (x0 > x1)
        return; /* there are no points */
    write_range('x', x0 / x.by, x1 / x.by, c->log_x, c->from_zero, out);
    write_range('y', y0 / y.by, y1 / y.by, c->log_y, c->from_zero, out);
}

static void write_lines(const Chart *c, FILE *out)
{
    Unit x = x_unit(c), y = y_unit(c, 0);
    write_label(out, 'x', c->x_label, x);
    write_label(out, 'y', c->y_labels[0], y);
    write_key(c, out, "");
    write_ranges(c, x, y, out);
    if (c->log_x)
        fprintf(out, "set logscale x\n%s",
                c->tics ? "" : "set format x '%.0s%c'\n");
    if (c->log_y)
        fputs("set logscale y\nset format y '%.0s%c'\n", out);
    write_tics(c, out);
    for (size_t k = 0; k < c->series_count; k++) {
        write_plot_begin(out, k);
        write_curve(c, k, x, y, out);
    }
    if (!c->mark_count)
        return;
    fprintf(out,
            ", \\\n    '%s.dat' index %zu using ($1/%g):($2/%g) with points "
            "pointtype 7 pointsize 1.8 linecolor rgb '#000000' notitle, \\\n"
            "    '' index %zu using ($1/%g):($2/%g):3 with labels "
            "textcolor rgb '#ffffff' font ',9' notitle",
            c->name, c->series_count, x.by, y.by, c->series_count, x.by, y.by);
    for (size_t i = 0; i < c->mark_count; i++) {
        fprintf(out,
                ", \\\n    NaN with points pointtype 7 linecolor rgb "
                "'#000000' title '%zu: ",
                i + 1);
        write_bytes(out, c->marks[i].text, strlen(c->marks[i].text), '\'');
        fputc('\'', out);
    }
}

/* The sum of what is drawn from series `k` of the stack on: "$4+$5". */
static void write_sum(const Chart *c, size_t k, FILE *out)
{
    const char *plus = "";
    for (size_t i = 0; i <= k; i++) {
        if (c->series[i].panel == 0) {
            fprintf(out, "%s$%zu", plus, i + 2);
            plus = "+";
        }
    }
}

/* Between tics from 0 to `most`, of which there are two to four: 1, 2 or 5
 * times a power of ten. */
static double tic_step(double most)
{
    double step = pow(10, floor(log10(most > 0 ? most : 1)));
    double count = most / step; /* 1 to 10 */
    return count < 2    ? step / 2
           : count <= 4 ? step
           : count <= 8 ? 2 * step
                        : 5 * step;
}

/* One of the panels; what is stacked is drawn from the top down, each level
 * over the one above. */
static void write_panel(const Chart *c, unsigned panel, Unit x, FILE *out)
{
    Unit y = y_unit(c, panel);
    size_t items = 0;
    double most = 0;
    write_label(out, 'y', c->y_labels[panel], y);
    for (size_t k = 0; k < c->series_count; k++)
        if (c->series[k].panel == panel)
            most = fmax(most, most_of(c->series[k].y, c->row_count) / y.by);
    if (panel == 0 && c->most > 0)
        fprintf(out, "set yrange [0:%g]\n", c->most);
    else
        fputs("set yrange [0:*]\n", out);
    if (panel > 0)
        fprintf(out, "set ytics %g\n", tic_step(most));
    for (size_t i = c->series_count; i-- > 0;) {
        size_t k = panel == 0 ? i : c->series_count - 1 - i;
        if (c->series[k].panel != panel)
            continue;
        write_plot_begin(out, items++);
        fprintf(out, "'%s.dat' using ($1/%g):((", c->name, x.by);
        if (panel == 0)
            write_sum(c, k, out);
        else
            fprintf(out, "$%zu", k + 2);
        fprintf(out, ")/%g) with %s linecolor rgb '%s' title ", y.by,
                panel == 0 ? "fillsteps" : "steps linewidth 1.5",
                colour_of(c, k));
        write_text(out, c->series[k].name, '\'');
    }
    fputc('\n', out);
}

static void write_steps(const Chart *c, FILE *out)
{
    /* Edges of the panels as parts of the picture's height. */
    static const double tops[CHART_PANELS] = {0.92, 0.48, 0.28};
    static const double bottoms[CHART_PANELS] = {0.54, 0.34, 0.13};
    Unit x = x_unit(c);
    fprintf(out,
            "set multiplot\n"
            "set lmargin at screen 0.1\n"
            "set rmargin at screen 0.76\n"
            "set key at screen 0.78, graph 1 left top vertical Left reverse\n"
            "set style fill solid 1 noborder\n"
            "set xrange [0:%.10g]\n"
            "set ytics autofreq\n",
            c->x[c->row_count - 1] / x.by);
    for (unsigned panel = 0; panel < CHART_PANELS; panel++) {
        fprintf(out, "set tmargin at screen %g\nset bmargin at screen %g\n",
                tops[panel], bottoms[panel]);
        if (panel == 1)
            fputs("unset title\n", out);
        if (panel + 1 < CHART_PANELS)
            fputs("set format x ''\n", out);
        else
            fputs("set format x '%g'\n", out);
        if (panel + 1 == CHART_PANELS)
            write_label(out, 'x', c->x_label, x);
        write_panel(c, panel, x, out);
    }
    fputs("unset multiplot", out);
}

void gnuplot_script_write(const Chart *c, FILE *out)
{
    write_head(c, out);
    write_title(c, out);
    switch (c->form) {
    case CHART_STACKED: write_stacked(c, out); break;
    case CHART_CLUSTERED: write_clustered(c, out); break;
    case CHART_SORTED: write_sorted(c, out); break;
    case CHART_LINES: write_lines(c, out); break;
    case CHART_STEPS: write_steps(c, out); break;
    }
    fputs("\nset output\n", out);
}
