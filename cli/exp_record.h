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

/* Whether it is the guest whose exit status that is, and not the run's own: its
 * results are there, and say so. */
bool exp_record_is_guest(const char *folder, int status);

/* Hash of all that decides whether the point would come out the same, by a
 * program whose hash is `build`.  Not 0. */
uint64_t exp_record_key(const ExpPoint *point, uint64_t build);

/* The key of the point whose results `folder` has, and what it took; 0 if it
 * has none.  `outcome` may be NULL. */
uint64_t exp_record_read(const char *folder, ExpOutcome *outcome);
/* Notes a point that did not fail; to be taken away before it runs again. */
bool exp_record_write(const char *folder, uint64_t key,
                      const ExpOutcome *outcome, Diag *diag);
bool exp_record_remove(const char *folder, Diag *diag);

#endif
