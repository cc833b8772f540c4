/* What of a run is measured: the region between two points (keys [roi]), in
 * intervals (stats.interval).  The statistics begin anew at the region's begin
 * and stay as they are at its end.
 *
 * Both points, and the ends of intervals, lie between two instructions where
 * the executor looks: any, but with the code-morphing layer only commit points
 * where it looks at its deadline.  Looking costs no cycle and changes nothing:
 * a run that is measured is the same run. */
#ifndef SELKIRK_MORPH_MEASURE_H
#define SELKIRK_MORPH_MEASURE_H

#include "base/ckpt.h"
#include "base/config.h"
#include "morph/point.h"

typedef struct Machine Machine;

typedef enum MeasureState {
    MEASURE_BEFORE, /* the region has not begun */
    MEASURE_INSIDE,
    MEASURE_AFTER,
} MeasureState;

typedef struct Measure {
    Point from, to;
    bool relative; /* roi.to counts from the region's begin */
    bool stop;     /* the run ends with the region */
    MeasureState state;
    bool reached; /* text, symbol or mark that is waited for has come by */

    uint64_t interval; /* 0: none */
    bool by_insns;     /* else by cycles */
    uint64_t next;     /* end of the present interval, since power-on */
    uint64_t start_insns, start_cycles; /* of the region, since power-on */
    uint64_t line_insns, line_cycles;   /* of the last interval's end */

    uint64_t insns, cycles; /* since power-on, as of measure_update() */

    /* A sample's library says where it begins and ends, which it does by
     * measure_begin() and measure_end() alone. */
    bool jumps;
} Measure;

/* False and a Diag if the keys make no sense. */
bool measure_read(Measure *measure, const Config *config, const ElfImage *image,
                  Diag *diag);
/* All statistics have been added: the run is about to begin. */
void measure_start(Machine *m);

/* Wherever the machine looks, before anything else happens there: begins and
 * ends the region, and intervals.  True: the run stops there. */
bool measure_look(Machine *m);
/* Where the executor has to look next at the latest: the first point at or
 * after this count of instructions, or cycle. */
uint64_t measure_next_insns(const Machine *m);
uint64_t measure_next_cycles(const Machine *m);

/* Saves or loads how far what is measured is, in the present section: the keys
 * are the same. */
void measure_save(Machine *m, Ckpt *ckpt);
/* The machine was restored, with other keys: what is measured begins anew. */
void measure_restart(Machine *m);
/* Sampling begins: of a region that has begun before, only what is from here on
 * is measured.  Its end stays where it is. */
void measure_cut(Machine *m);

/* The region begins, and ends, where the machine is. */
void measure_begin(Machine *m);
void measure_end(Machine *m);

/* Brings the counters of all parts up to date. */
void measure_update(const Machine *m);

#endif
