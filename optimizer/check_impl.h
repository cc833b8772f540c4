/* Between the parts of opt_check(). */
#ifndef SELKIRK_OPTIMIZER_CHECK_IMPL_H
#define SELKIRK_OPTIMIZER_CHECK_IMPL_H

#include "optimizer/optimizer.h"

/* "code 0x80001000, molecule 3: ..."; always false. */
bool check_fail(const VliwCode *code, unsigned molecule, Diag *diag,
                const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Whether the code is well formed on its own: everything that a molecule may
 * not be, wherever it stands (check_form.c). */
bool check_form(const VliwCode *code, const IrRegion *region,
                const VliwDesc *desc, Diag *diag);

#endif
