/* Check mode: the reference CPU runs beside the layer, on a memory of its own,
 * and wherever the layer commits, all of the guest's state is compared.
 *
 * The two meet at instruction counts.  At a commit the reference executes as
 * many instructions as the layer has, interrupts included; what the layer's
 * instructions did with devices was noted and is replayed, so that no device
 * sees the reference.  Every store of the reference is compared with the
 * layer's memory at once, and all memory in turn, so that a store that the
 * reference did not make is found soon, and in the end for certain.  Here is
 * nothing of the layer but what it committed: docs/check.md. */
#ifndef SELKIRK_MORPH_CHECK_H
#define SELKIRK_MORPH_CHECK_H

#include "frontend/cpu.h"
#include "hwmodel/mem/bus.h"
#include "hwmodel/vliw/core.h"

typedef struct Check Check;

enum { CHECK_DIFFERENCES = 8, CHECK_NAME_MAX = 32 };

/* Something that the two do not agree on. */
typedef struct CheckDifference {
    char name[CHECK_NAME_MAX]; /* "a0", "tlb[3].lo", "memory 0x00012344" */
    uint64_t layer, reference;
} CheckDifference;

typedef struct CheckReport {
    unsigned count; /* of the differences, the first ones of all */
    CheckDifference differences[CHECK_DIFFERENCES];
    uint64_t insns;  /* of the layer */
    uint32_t pc;     /* where the layer went on */
    unsigned gear;   /* that committed */
    uint32_t entry;  /* of the translation, unless it was gear 0 */
    unsigned exit;   /* likewise: the exit record that committed */
    uint64_t agreed; /* instructions after which all was well */
    uint32_t agreed_pc;
    /* Memory may differ since the page was looked at, which was earlier. */
    uint64_t memory_agreed;
} CheckReport;

/* What was compared. */
typedef struct CheckCounts {
    uint64_t commits, stores, accesses, interrupts, pages;
} CheckCounts;

/* `state` is the layer's processor's, which is read during the calls below;
 * it and `bus` outlive the check.  check_reset() must come before a commit.
 * Where there are several processors, each has a check, and all have the memory
 * of the `first` one, which goes last; its own is NULL. */
Check *check_create(const CpuConfig *config, Bus *bus, const GuestState *state,
                    Check *first);
void check_destroy(Check *check);

/* The machine was reset, and its memory loaded: begins anew from there; the
 * first one first.  Or the processor alone was begun, not the first one. */
void check_reset(Check *check);
/* It is the processor's turn: others may have ended its link. */
void check_take_turn(Check *check);

/* The layer's processor made an access through the bus; `ok` if it was not a
 * bus error.  Those of plain memory need not be told. */
void check_access(Check *check, uint32_t pa, unsigned size, bool write,
                  uint32_t value, bool ok);
/* An interrupt input of the layer's processor was set. */
void check_irq(Check *check, unsigned input, bool level);
/* A device or a debugger wrote memory. */
void check_memory_changed(Check *check, uint32_t pa, uint32_t size);

/* The layer committed, by `exit` of `code`, or in gear 0 if that is NULL.
 * False: they differ, now or before; nothing is compared any more. */
bool check_commit(Check *check, const CoreCode *code, unsigned exit);
/* The run has ended: compares all memory. */
bool check_finish(Check *check);

/* NULL while they agree. */
const CheckReport *check_report(const Check *check);
CheckCounts check_counts(const Check *check);

#endif
