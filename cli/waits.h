/* What a molecule waits for: which earlier one makes the value, or keeps the
 * unit, that comes last.  The rules are those of molecule_issue(), and time is
 * counted as there: without misses, in which all stands still.  Translations
 * have nothing in a molecule that commits that is not there in the next cycle.
 */
#ifndef SELKIRK_CLI_WAITS_H
#define SELKIRK_CLI_WAITS_H

#include "hwmodel/vliw/molecule.h"

/* Something that a row of molecules has made, and when it is there. */
typedef struct WaitsMade {
    uint64_t row, ready;
} WaitsMade;

/* All zero before the first molecule, and after a rollback. */
typedef struct Waits {
    WaitsMade gpr[VLIW_GPRS], fpr[VLIW_FPRS], fcr, unit[VLIW_UNITS];
    WaitsMade last; /* of them */
} Waits;

/* Whether `molecule`, which would issue at `cycle`, waits, and for which row.
 */
bool waits_find(const Waits *waits, const Molecule *molecule, uint64_t cycle,
                uint64_t *row);
/* It issues at `cycle`, as `row`. */
void waits_issue(Waits *waits, const Molecule *molecule, const VliwDesc *desc,
                 uint64_t cycle, uint64_t row);

#endif
