/* A stream buffer: the lines that follow the one that missed, on their way or
 * there (N. Jouppi, Improving Direct-Mapped Cache Performance by the Addition
 * of a Small Fully-Associative Cache and Prefetch Buffers, ISCA 1990).  Its
 * owner reads the lines; this keeps which ones, and when they are there. */
#ifndef SELKIRK_HWMODEL_MEM_STREAM_H
#define SELKIRK_HWMODEL_MEM_STREAM_H

#include "base/ckpt.h"

#include <stdbool.h>
#include <stdint.h>

enum { STREAM_MAX = 8 };

typedef struct Stream {
    unsigned depth; /* lines; 0: there is no buffer */
    uint8_t count;  /* that it has: `first` and those that follow */
    uint32_t first;
    uint64_t ready[STREAM_MAX]; /* when they are there */
    uint64_t busy;              /* until then what was asked for last is read */
} Stream;

void stream_init(Stream *stream, unsigned depth);
/* Empty. */
void stream_reset(Stream *stream);
/* Saves or loads what it has, in the present section. */
void stream_checkpoint(Stream *stream, Ckpt *ckpt);

/* A miss of `line`.  True: it has that, which leaves it as all before do;
 * *ready says when it is there.  False: it is empty then, with nothing under
 * way, and the next line wanted is the one behind `line`. */
bool stream_take(Stream *stream, uint32_t line, uint64_t *ready);
/* The line that it wants next, if it has room for one. */
bool stream_wants(const Stream *stream, uint32_t *line);
/* That is there at `ready`. */
void stream_put(Stream *stream, uint64_t ready);

#endif
