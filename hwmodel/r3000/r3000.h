/* The time of an R3000 with its R3010, caches and write buffer: the baseline.
 *
 * The model holds no guest state and no data.  It is told what the processor
 * does, in order, and answers with the cycles that the pipeline stands still.
 * `now` is the present instruction's cycle: it counts that cycle and all that
 * went before, and never goes back.  docs/r3000.md says what is modelled, by
 * which source, and what is not.
 *
 * An access has a key: the physical address of its word, or that and
 * R3000_UNCACHED. */
#ifndef SELKIRK_HWMODEL_R3000_R3000_H
#define SELKIRK_HWMODEL_R3000_R3000_H

#include "base/ckpt.h"
#include "base/stats.h"
#include "hwmodel/r3000/desc.h"

typedef struct R3000 R3000;

enum { R3000_UNCACHED = 1 };

R3000 *r3000_create(const R3000Desc *desc);
void r3000_destroy(R3000 *r3000);
/* Caches and micro-TLB empty, nothing under way.  Counters go on. */
void r3000_reset(R3000 *r3000);
/* Nothing is on its way any more, whatever the time is from now on; caches stay
 * as they are. */
void r3000_settle(R3000 *r3000);

/* A cache of one-word lines, direct-mapped: line (key >> 2) & mask holds the
 * word of `key` if its tag is `key`.  The tags stay where they are. */
typedef struct R3000Cache {
    const uint32_t *tags;
    uint32_t mask;
} R3000Cache;
R3000Cache r3000_icache(const R3000 *r3000);
R3000Cache r3000_dcache(const R3000 *r3000);

/* --- memory.c --------------------------------------------------------------
 */

/* A fetch or load whose word is not in its cache; the block is, then. */
uint64_t r3000_fetch(R3000 *r3000, uint64_t now, uint32_t key);
uint64_t r3000_load(R3000 *r3000, uint64_t now, uint32_t key);
/* Any store; `part`: of less than a word. */
uint64_t r3000_store(R3000 *r3000, uint64_t now, uint32_t key, bool part);
/* A branch on CpCond0: until all writes are in memory. */
uint64_t r3000_wait_writes(R3000 *r3000, uint64_t now);
/* A store to a cache that is isolated: no time, and no memory. */
void r3000_isolated_store(R3000 *r3000, uint32_t pa, bool icache, bool part);
/* Counts loads, for who finds out by himself that they hit. */
uint64_t *r3000_loads(R3000 *r3000);

/* --- units.c ---------------------------------------------------------------
 */

/* MULT or DIV; and what reads or writes HI or LO beside them. */
uint64_t r3000_muldiv(R3000 *r3000, uint64_t now, R3000Latency latency);
uint64_t r3000_hilo(R3000 *r3000, uint64_t now);

/* Registers of the R3010 as a set: bit n is the pair from register 2n on. */
#define R3000_FP_CONDITION 0x10000u /* what compares set */
#define R3000_FP_ALL       0x1ffffu
/* An operation that makes a result; and a transfer, which takes a cycle. */
uint64_t r3000_fp(R3000 *r3000, uint64_t now, R3000Latency latency,
                  uint32_t reads, uint32_t writes);
uint64_t r3000_fp_transfer(R3000 *r3000, uint64_t now, uint32_t reads,
                           uint32_t writes);

/* --- r3000.c ---------------------------------------------------------------
 */

uint64_t r3000_exception(R3000 *r3000);
/* Fetches go on in the mapped page of `va`: the micro-TLB looks it up. */
uint64_t r3000_page(R3000 *r3000, uint32_t va);
/* The TLB or the ASID changed: the micro-TLB is empty. */
void r3000_remapped(R3000 *r3000);

/* Brings the counts of instructions and of all cycles up to date; `insns` were
 * executed in all. */
void r3000_count(R3000 *r3000, uint64_t insns);
/* All cycles, as of the last r3000_count(). */
uint64_t r3000_cycles(const R3000 *r3000);

/* Saves or loads all of it, of the same description, in the present section. */
void r3000_checkpoint(R3000 *r3000, Ckpt *ckpt);

/* Row groups "cycles" and "r3000". */
void r3000_add_stats(const R3000 *r3000, Stats *stats);

#endif
