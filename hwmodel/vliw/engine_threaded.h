/* The threaded form of a translation: its paths as a row of ops, which one
 * function goes through (engine_threaded.c).  engine_threaded_make.c makes it.
 * It does what compiled code does, by the same contract (engine_impl.h). */
#ifndef SELKIRK_HWMODEL_VLIW_ENGINE_THREADED_H
#define SELKIRK_HWMODEL_VLIW_ENGINE_THREADED_H

#include "hwmodel/vliw/engine_host.h"

/* An op; most of the host's time is to get them into its caches.  An access has
 * the number of stores since the commit in b if it loads a general register, in
 * d if it stores. */
struct EngineOp {
    uint8_t op; /* an AtomOp, or of those below */
    uint8_t d, a, b;
    uint32_t imm;
};

/* Of an op that calls a helper: ENGINE_SITE(), and the clock then, since the
 * entry.  They lie below the ops, the first op's uppermost. */
typedef struct ThreadedCall {
    uint32_t site, clock;
} ThreadedCall;

static inline const ThreadedCall *threaded_call(const EngineOp *ops,
                                                const EngineOp *op)
{
    return (const ThreadedCall *)ops - 1 - (op - ops);
}

enum { THREADED_SAVES = 7 };

/* Kinds of ops beside the atoms, which take b from a register, or the address
 * of memory from register a. */
enum {
    /* Of atoms: `imm` is b, or is added to the address. */
    THREADED_IMM = ATOM_COUNT,
    /* Fetches the I-line in a and b if it is not present; `imm` is the clock
     * then, since the entry. */
    THREADED_FETCH = 2 * ATOM_COUNT,
    THREADED_FETCH_STUB, /* of the exits' molecules */
    /* Keeps committed registers that are written before something may fail: n +
     * 1 of them, in the bytes of imm, then a, b and d; d; FCR31. */
    THREADED_SAVE,
    THREADED_SAVE_FPR = THREADED_SAVE + THREADED_SAVES,
    THREADED_SAVE_FCR,
    /* Reads register a for the molecule's branch: another atom writes it. */
    THREADED_KEEP,
    /* The branches, BREQ first, by what was kept. */
    THREADED_KEPT,
    /* Branches if registers a and b are equal, or are not. */
    THREADED_EQUAL = THREADED_KEPT + ATOM_BRGT - ATOM_BREQ + 1,
    THREADED_UNEQUAL,
    /* Commits; the record is in a and b, `imm` is the clock since the entry. */
    THREADED_COMMIT,
    /* Exits, direct or not, likewise. */
    THREADED_DIRECT,
    THREADED_OTHER,
    THREADED_OPS
};
_Static_assert(THREADED_OPS <= 256, "an op is a byte");

#endif
