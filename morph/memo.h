/* The translator's memory: translations that earlier runs made, or this one,
 * kept in the folder of the key engine.saved.
 *
 * From a plan, which is guest code as it was read and the way through it, to
 * molecules everything is a pure function of the plan, of what the keys say of
 * passes and limits, of the machine description, and of this program; what that
 * took in work, and is charged, too.  So whoever finds it here spares the host
 * the work, and no simulated result can tell. */
#ifndef SELKIRK_MORPH_MEMO_H
#define SELKIRK_MORPH_MEMO_H

#include "base/config.h"
#include "base/diag.h"
#include "frontend/lift.h"
#include "optimizer/optimizer.h"

typedef struct Memo Memo;

/* All that a translation is a function of, with the machine description. */
typedef struct MemoInput {
    const LiftPlan *plan;
    const LiftLimits *limits;
    const OptConfig *opt;
} MemoInput;

/* *memo is NULL if the keys ask for none, or the program has no name that
 * others of its kind could be told from it by.  False: a Diag. */
bool memo_open(Memo **memo, const Config *config, const VliwDesc *desc,
               Diag *diag);
/* Writes what is new; NULL is none. */
void memo_close(Memo *memo);

/* The molecules, in `arena`, and the work that they took; NULL: they are to be
 * made, and memo_add() is to be told. */
VliwCode *memo_find(Memo *memo, const MemoInput *input, Arena *arena,
                    OptWork *work);
/* What was made of the input of the last memo_find().  With engine.memo=check
 * it must be what was found, or the program ends. */
void memo_add(Memo *memo, const VliwCode *code, const OptWork *work);

/* A hash of all that the molecules and exits are. */
uint64_t memo_hash_code(const VliwCode *code);

/* Translations that were found so far, those of this run included, and with
 * engine.memo=check, too; and records that are damaged. */
uint64_t memo_found(const Memo *memo);
uint64_t memo_damaged(const Memo *memo);

#endif
