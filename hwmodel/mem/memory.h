/* The memory behind the modelled caches: when the bytes of a line arrive over
 * its bus, and how long that is taken.  It does one thing at a time, as the
 * baseline's does (hwmodel/r3000/memory.c).  Times are cycles since the reset.
 */
#ifndef SELKIRK_HWMODEL_MEM_MEMORY_H
#define SELKIRK_HWMODEL_MEM_MEMORY_H

#include "base/bits.h"
#include "base/ckpt.h"
#include "base/config.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct Memory {
    unsigned latency, transfer; /* cycles: the first transfer, each other one */
    unsigned write;             /* the first one of a write */
    unsigned uncached;          /* an access that no cache may answer */
    unsigned width_shift;       /* bytes of a transfer */
    bool early;    /* whoever waits goes on when what it asked for is there */
    uint64_t free; /* when it can begin what comes next */
    /* The block that was read last: where, its size, the byte that came first
     * and when.  `size` is 0 if there was none. */
    uint64_t block, first, begun;
    unsigned size;
    uint64_t waits; /* cycles that reads waited for what was under way */
} Memory;

/* From the keys memory.*, idle. */
void memory_init(Memory *memory, const Config *config);
void memory_reset(Memory *memory);

/* Saves or loads what it does, in the present section. */
void memory_checkpoint(Memory *memory, Ckpt *ckpt);

/* Reads the aligned block of `size` bytes that `pa` lies in, from its aligned
 * part of `part` bytes on, which was asked for at `now`, and round.  The two
 * are powers of two.  Returns when whoever asked may go on. */
uint64_t memory_read(Memory *memory, uint64_t now, uint64_t pa, unsigned part,
                     unsigned size);
/* When the aligned `part` of the block that was read last has arrived that `pa`
 * lies in; 0 if it lies in another block. */
uint64_t memory_arrival_here(const Memory *memory, uint64_t pa, unsigned part);
static inline uint64_t memory_arrival(const Memory *memory, uint64_t pa,
                                      unsigned part)
{
    if (likely(pa - memory->block >= memory->size))
        return 0;
    return memory_arrival_here(memory, pa, part);
}
/* Writes a block, after all that was asked for before. */
void memory_write(Memory *memory, uint64_t now, unsigned size);
/* One access of a word or less. */
uint64_t memory_access(Memory *memory, uint64_t now);

#endif
