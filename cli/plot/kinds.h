/* Kinds of plots: what of the results makes which charts. */
#ifndef SELKIRK_CLI_PLOT_KINDS_H
#define SELKIRK_CLI_PLOT_KINDS_H

#include "cli/plot/chart.h"
#include "cli/plot/source.h"

#include <stdio.h>

typedef enum PlotKind {
#define KIND(id, name, text, needs, reading) KIND_##id,
#include "cli/plot/kinds.def"
#undef KIND
    KIND_TOTAL
} PlotKind;

/* What the user chose; NULL where nothing was. */
typedef struct PlotAsk {
    const char *x, *y;     /* axis; statistic, or a word that the kind knows */
    const char *base;      /* what is compared with: a value, or a label */
    const char *const *by; /* axes that tell series apart */
    size_t by_count;
} PlotAsk;

typedef enum KindResult {
    KIND_MADE,
    KIND_UNFIT,  /* the results do not have what it needs: the Diag says what */
    KIND_FAILED, /* something is damaged: the Diag says what */
} KindResult;

const char *kind_name(PlotKind kind);
/* What it shows; what it needs; how it is read. */
const char *kind_text(PlotKind kind);
const char *kind_needs(PlotKind kind);
const char *kind_reading(PlotKind kind);
/* False with a list of them if there is none of that name. */
bool kind_find(const char *name, PlotKind *kind, Diag *diag);

/* Adds the charts of a kind to the list. */
KindResult kind_make(PlotKind kind, const Source *source, const PlotAsk *ask,
                     ChartList *charts, Diag *diag);

#endif
