/* What became of a point, and how the next experiment in the same folder knows
 * of it. */
#ifndef SELKIRK_CLI_EXP_RECORD_H
#define SELKIRK_CLI_EXP_RECORD_H

#include "cli/exp_points.h"

typedef struct ExpOutcome {
    bool ended;     /* ok, or failed */
    bool reused;    /* it had run before */
    char *failure;  /* why it failed, a line; NULL: it did not */
    double seconds; /* of the host, from begin to end of the process */
    double cpu;     /* and its processors' */
} ExpOutcome;

/* Of a process that ended with `status` (of waitpid()) in `folder`, a point's:
 * why it failed, a line; free() it.  NULL if it did not. */
char *exp_record_judge(const ExpPoint *point, const char *folder, int status);

/* Whether `folder` has what the point would bring again, by a program whose
 * hash is `build`; then *outcome is how it was. */
bool exp_record_read(const ExpPoint *point, const char *folder, uint64_t build,
                     ExpOutcome *outcome);
/* Notes a point that did not fail; to be taken away before it runs again. */
bool exp_record_write(const ExpPoint *point, const char *folder, uint64_t build,
                      const ExpOutcome *outcome, Diag *diag);
bool exp_record_remove(const char *folder, Diag *diag);

#endif
