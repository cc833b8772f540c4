/* Checkpoints of whole machines: where they are taken, and saving and restoring
 * one.  docs/checkpoints.md says what is in them and what may differ between
 * the machine that was saved and the one that is restored. */
#ifndef SELKIRK_MORPH_CHECKPOINT_H
#define SELKIRK_MORPH_CHECKPOINT_H

#include "base/ckpt.h"
#include "morph/machine.h"

/* machine_run() returns MACHINE_STOP_CHECKPOINT at each of these points (as
 * morph/point.h has them, or cycle:N), which are waited for one after the
 * other; looking for them changes nothing of the run.  Like the ends of what is
 * measured, they are between two instructions where the executor looks.
 * Copied; once, before the first machine_run(). */
bool machine_set_checkpoints(Machine *machine, const char *const *points,
                             size_t count, Diag *diag);
/* How many of them have been reached. */
size_t machine_checkpoints(const Machine *machine);

/* Saves the machine as it is between two calls of machine_run(); `ckpt` is
 * written before the machine runs on.  That changes nothing of the machine. */
void machine_save(Machine *machine, Ckpt *ckpt);
/* Makes the machine, on which everything has been set and which has not run
 * yet, the one that was saved.  False and a Diag if it cannot be: then the
 * machine is good for nothing. */
bool machine_restore(Machine *machine, Ckpt *ckpt, Diag *diag);

/* Whether a machine without a model of time is a function of the key. */
bool checkpoint_depends_on(ConfigKey key);

/* --- For machine.c and phases.c --------------------------------------------
 */

typedef struct Checkpoints Checkpoints;

/* What a checkpoint belongs to, as a number that is not 0; and another one of
 * that, which has the pages that are the same there.  NULL: it has its own. */
typedef struct CheckpointCommon {
    Ckpt *ckpt;
    uint64_t id;
} CheckpointCommon;

/* As machine_save(); `common` may be NULL: it stands alone. */
void checkpoint_save(Machine *m, const CheckpointCommon *common, Ckpt *ckpt);
/* The machine, which may have run and is fast-forwarded, is another time's: the
 * model of time knows what it knew, and what is measured is not touched.  False
 * and a Diag: it is good for nothing. */
bool checkpoint_jump(Machine *m, const CheckpointCommon *common, Ckpt *ckpt,
                     Diag *diag);

void checkpoint_destroy(Checkpoints *checkpoints);
/* Wherever the machine looks: whether the next point is reached, and passed
 * then. */
bool checkpoint_look(Machine *m);
/* Whether the next checkpoint is at a mark. */
bool checkpoint_wants_mark(const Machine *m);
/* Where the executor has to look next at the latest, as measure_next_*(). */
uint64_t checkpoint_next_insns(const Machine *m);
uint64_t checkpoint_next_cycles(const Machine *m);

#endif
