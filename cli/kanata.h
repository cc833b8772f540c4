/* The log format of the viewer Konata (shioyadan/Konata,
 * docs/kanata-log-format.md, version 4): rows of stages in time.
 *
 * Rows are told of by writers, each of which goes forward in its own time.  The
 * file has one time for all, so what a writer tells stands back until the
 * others have got there, and they may tell of as much as memory holds while one
 * of them is silent.  A row is named by its writer and by its number there; its
 * thread in the file is the writer. */
#ifndef SELKIRK_CLI_KANATA_H
#define SELKIRK_CLI_KANATA_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct Kanata Kanata;

/* Stages of a row may be in several lanes, which the viewer draws over each
 * other or, if asked, side by side. */
typedef enum KanataLane { KANATA_NORMAL, KANATA_STALL } KanataLane;
typedef enum KanataLabel { KANATA_BESIDE, KANATA_HOVER } KanataLabel;

/* Writes to `file`, which stays the caller's. */
Kanata *kanata_create(FILE *file, unsigned writers);
void kanata_destroy(Kanata *kanata);

/* A new row, the writer's next number from 0 on. */
uint64_t kanata_begin(Kanata *k, unsigned writer, uint64_t cycle);
/* What is printed to the stream of the one is the row's text of the other: no
 * newline and no tab; "\\n" is where the viewer begins a line. */
FILE *kanata_begin_label(Kanata *k);
void kanata_end_label(Kanata *k, unsigned writer, uint64_t row,
                      KanataLabel label);
/* A stage; `name` must live as long as the log. */
void kanata_enter(Kanata *k, unsigned writer, uint64_t row, KanataLane lane,
                  const char *name, uint64_t cycle);
void kanata_leave(Kanata *k, unsigned writer, uint64_t row, KanataLane lane,
                  const char *name, uint64_t cycle);
/* `row` waited for what `producer`, an earlier row of the same writer, made. */
void kanata_depend(Kanata *k, unsigned writer, uint64_t row, uint64_t producer);
/* The row is over: retired or flushed. */
void kanata_end(Kanata *k, unsigned writer, uint64_t row, uint64_t cycle,
                bool flushed);
/* Nothing else comes: writes all that stands back.  A log without rows begins
 * at cycle 0. */
void kanata_finish(Kanata *k);

#endif
