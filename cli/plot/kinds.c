/* The table of kinds; see kinds.h. */
#include "cli/plot/kinds.h"

#include "cli/plot/kinds_make.h"

#include <string.h>

static const struct {
    const char *name, *text, *needs, *reading;
} kinds[KIND_TOTAL] = {
#define KIND(id, name, text, needs, reading) {name, text, needs, reading},
#include "cli/plot/kinds.def"
#undef KIND
};

static KindMaker *const makers[KIND_TOTAL] = {
    [KIND_RESIDENCY] = residency_make,
    [KIND_STARTUP] = startup_make,
    [KIND_EN] = en_make,
    [KIND_STACK] = stack_make,
    [KIND_SPEEDUP] = speedup_make,
    [KIND_ABLATION] = ablation_make,
    [KIND_SWEEP] = sweep_make,
    [KIND_PACKING] = packing_make,
    [KIND_ENGINE] = engine_make,
    [KIND_HISTOGRAM] = histogram_make,
};

const char *kind_name(PlotKind kind)
{
    return kinds[kind].name;
}

const char *kind_text(PlotKind kind)
{
    return kinds[kind].text;
}

const char *kind_needs(PlotKind kind)
{
    return kinds[kind].needs;
}

const char *kind_reading(PlotKind kind)
{
    return kinds[kind].reading;
}

bool kind_find(const char *name, PlotKind *kind, Diag *diag)
{
    char all[160] = "";
    for (size_t i = 0, n = 0; i < KIND_TOTAL; i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            *kind = (PlotKind)i;
            return true;
        }
        if (n < sizeof all)
            n += (size_t)snprintf(all + n, sizeof all - n, "%s%s",
                                  i ? ", " : "", kinds[i].name);
    }
    return diag_error(diag, "--kind: there is no \"%s\"; choose from %s", name,
                      all);
}

KindResult kind_make(PlotKind kind, const Source *source, const PlotAsk *ask,
                     ChartList *charts, Diag *diag)
{
    KindResult result = makers[kind](source, ask, charts, diag);
    for (Chart *c = charts->first; c; c = c->next)
        if (!c->reading)
            c->reading = kinds[kind].reading;
    return result;
}
