/* The modelled caches: first-level instruction and data caches, a common second
 * level, memory.  They hold tags, not data: only time passes here.  A hit
 * changes no state under FIFO replacement (and in a direct-mapped cache), so
 * that a fast engine can prove hits with one compare; LRU and random
 * replacement are there for experiments. */
#ifndef SELKIRK_HWMODEL_MEM_HIERARCHY_H
#define SELKIRK_HWMODEL_MEM_HIERARCHY_H

#include "base/ckpt.h"
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

/* One access, which lies within a line, at `now`, the processor's cycles so
 * far, which never go back but at a reset.  Physical addresses, 64 bits: the
 * layer's own memory lies above the guest's 4 GB.  Returns the cycles that the
 * processor waits beyond those of a hit. */
unsigned hierarchy_fetch(Hierarchy *hierarchy, uint64_t now, uint64_t pa);
unsigned hierarchy_load(Hierarchy *hierarchy, uint64_t now, uint64_t pa);
unsigned hierarchy_store(Hierarchy *hierarchy, uint64_t now, uint64_t pa);
unsigned hierarchy_uncached(Hierarchy *hierarchy, uint64_t now, bool store);

unsigned hierarchy_line_i(const Hierarchy *hierarchy); /* bytes */
unsigned hierarchy_line_d(const Hierarchy *hierarchy);

/* --- For compiled code, which proves hits rather than looks them up --- */

/* Whether a hit in the first-level caches changes nothing but the dirty bit, so
 * that it need not be modelled. */
bool hierarchy_hits_are_silent_i(const Hierarchy *hierarchy);
bool hierarchy_hits_are_silent_d(const Hierarchy *hierarchy);
/* Keeps a byte for each of `count` instruction lines from address `pa` on, not
 * 0 while the line is in the first level: for the life of the hierarchy.  If
 * hits are not silent they stay 0. */
const uint8_t *hierarchy_watch_fetches(Hierarchy *hierarchy, uint64_t pa,
                                       uint64_t count);
/* Calls `left` with the place of a line of data that leaves the first level;
 * all of them do when the hierarchy is reset. */
typedef void HierarchyLeft(void *ctx, uint32_t place);
void hierarchy_watch_data(Hierarchy *hierarchy, HierarchyLeft *left, void *ctx);
/* Places of lines in the first-level data cache: 0 to this, less 1. */
uint32_t hierarchy_places_d(const Hierarchy *hierarchy);
/* Where the line of `pa` is there, and whether it is dirty; false: it is not.
 */
bool hierarchy_find_data(Hierarchy *hierarchy, uint64_t pa, uint32_t *place,
                         bool *dirty);
/* Counts accesses that hit, or (negative numbers) were counted but should not
 * be. */
void hierarchy_add_hits(Hierarchy *hierarchy, uint64_t fetches, uint64_t loads,
                        uint64_t stores);

/* Saves or loads what the caches hold, what memory does and what was counted,
 * in the present section: sizes and policies are the same. */
void hierarchy_checkpoint(Hierarchy *hierarchy, Ckpt *ckpt);

/* Row groups "l1i", "l1d", "l2", "memory": accesses, misses, write-backs,
 * waits. */
void hierarchy_add_stats(const Hierarchy *hierarchy, Stats *stats);

#endif
