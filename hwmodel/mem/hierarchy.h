/* The modelled caches: first-level instruction and data caches, a common second
 * level, memory.  They hold tags, not data: only time passes here.  A hit
 * changes no state under FIFO replacement (and in a direct-mapped cache), so
 * that a fast engine can prove hits with one compare; LRU and random
 * replacement are there for experiments. */
#ifndef SELKIRK_HWMODEL_MEM_HIERARCHY_H
#define SELKIRK_HWMODEL_MEM_HIERARCHY_H

#include "base/config.h"
#include "base/diag.h"
#include "base/stats.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct Hierarchy Hierarchy;

/* Sizes and latencies from the keys l1i.*, l1d.*, l2.*, memory.*. */
Hierarchy *hierarchy_create(const Config *config, Diag *diag);
void hierarchy_destroy(Hierarchy *hierarchy);
/* All lines invalid. */
void hierarchy_reset(Hierarchy *hierarchy);

/* One access, which lies within a line.  Physical addresses, 64 bits: the
 * layer's own memory lies above the guest's 4 GB.  Returns the cycles that the
 * processor waits beyond those of a hit. */
unsigned hierarchy_fetch(Hierarchy *hierarchy, uint64_t pa);
unsigned hierarchy_load(Hierarchy *hierarchy, uint64_t pa);
unsigned hierarchy_store(Hierarchy *hierarchy, uint64_t pa);
unsigned hierarchy_uncached(Hierarchy *hierarchy, bool store);

unsigned hierarchy_line_i(const Hierarchy *hierarchy); /* bytes */
unsigned hierarchy_line_d(const Hierarchy *hierarchy);

/* Row groups "l1i", "l1d", "l2", "memory": accesses, misses, write-backs. */
void hierarchy_add_stats(const Hierarchy *hierarchy, Stats *stats);

#endif
