/* Charts; see chart.h. */
#include "cli/plot/chart.h"

#include <math.h>
#include <string.h>

const char *const chart_grey = "#999999";

const char *chart_colour(size_t place)
{
    /* Neighbours in the list differ in lightness, too. */
    static const char *const colours[CHART_COLOURS] = {
        "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00",
        "#f0e442", "#882255", "#999933", "#332288", "#000000",
    };
    return colours[place % CHART_COLOURS];
}

/* A name for files: names come from results, which may have any. */
static const char *file_name(Arena *arena, const char *name)
{
    size_t length = strlen(name);
    char *safe = arena_alloc(arena, length + 1, 1);
    for (size_t i = 0; i < length; i++) {
        char c = name[i];
        bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                    (c >= '0' && c <= '9') || c == '-' || (c == '.' && i > 0);
        safe[i] = fits ? c : '_';
    }
    return safe;
}

Chart *chart_add(ChartList *list, ChartForm form, const char *name, size_t rows,
                 size_t series)
{
    Chart *c = arena_alloc(list->arena, 1, sizeof *c);
    c->form = form;
    c->name = file_name(list->arena, name);
    c->row_count = rows;
    c->labels = arena_alloc(list->arena, rows + 1, sizeof *c->labels);
    c->x = arena_alloc(list->arena, rows + 1, sizeof *c->x);
    c->series = arena_alloc(list->arena, series + 1, sizeof *c->series);
    *(list->end ? list->end : &list->first) = c;
    list->end = &c->next;
    return c;
}

ChartSeries *chart_add_series(ChartList *list, Chart *c, const char *name,
                              size_t points)
{
    ChartSeries *s = &c->series[c->series_count++];
    bool lines = c->form == CHART_LINES;
    size_t room = lines ? points : c->row_count;
    s->name = name;
    s->y = arena_alloc(list->arena, room + 1, sizeof *s->y);
    if (lines)
        s->x = arena_alloc(list->arena, room + 1, sizeof *s->x);
    for (size_t i = 0; i < room; i++)
        s->y[i] = NAN;
    return s;
}

void chart_add_point(ChartSeries *s, double x, double y)
{
    s->x[s->count] = x;
    s->y[s->count++] = y;
}
