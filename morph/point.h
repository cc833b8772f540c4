/* A point of a run, as keys and options name it: N (instructions since
 * power-on), text:TEXT (until:TEXT is the same), symbol:NAME, or mark (roi is
 * the same).  What happens there is others' business. */
#ifndef SELKIRK_MORPH_POINT_H
#define SELKIRK_MORPH_POINT_H

#include "base/diag.h"
#include "frontend/elf.h"

#include <stdint.h>

typedef enum PointKind {
    POINT_NONE,
    POINT_INSNS,  /* an instruction count */
    POINT_TEXT,   /* behind the instruction that completed a text */
    POINT_SYMBOL, /* before the instruction at an address */
    POINT_MARK,   /* behind a store to the bare board's mark device */
} PointKind;

typedef struct Point {
    PointKind kind;
    uint64_t insns;
    const char *text; /* the configuration's */
    uint32_t va;
} Point;

/* From the value of `key`, where 0 is none; the symbol is one of `image`. */
bool point_read(Point *point, const char *key, const char *value,
                const ElfImage *image, Diag *diag);

#endif
