/* A region and a schedule of it, by hand, and what opt_check() says of them and
 * of others. */
#ifndef SELKIRK_TESTS_UNIT_SCHEDULE_JUDGE_H
#define SELKIRK_TESTS_UNIT_SCHEDULE_JUDGE_H

#include "optimizer/optimizer.h"
#include "tests/support/settings.h"
#include "tests/support/text.h"

/* A region with a piece of everything that one may have. */
extern const char judge_region[];
/* What its schedules have between their first line and their molecules. */
#define JUDGE_HEAD                                                             \
    ".0 0x80001000 0x8c820004\n"                                               \
    ".1 0x80001004 0x10450003\n"                                               \
    ".2 0x80001008 0xac820008\n"                                               \
    ".3 0x8000100c 0xac820008\n"                                               \
    ".4 0x80001010 0x46020800\n"                                               \
    ".5 0x80001014 0x46020800\n"                                               \
    ".6 0x80001018 0x46020800\n"                                               \
    ".7 0x8000101c 0x46020800\n"                                               \
    "x0 direct 0x80002000 insns=2 pending=none\n"                              \
    "x1 commit 0x80001010 insns=4 pending=none\n"                              \
    "x2 direct 0x80002020 insns=7 pending=none\n"                              \
    "x3 indirect insns=8 pending=none return\n"

/* A schedule of it for tm5400.  The second load passes the first store; the sum
 * of x0's path is computed in time for all; the division starts above x0. */
extern const char judge_schedule[];

/* Settings of machines. */
extern const char *const judge_tm5400[];       /* the defaults */
extern const char *const judge_bare[];         /* without interlock */
extern const char *const judge_free_formats[]; /* any atoms side by side */
extern const char *const judge_wide[];         /* with units for that */

/* What opt_check() says on the machine of `words` of a text that was written
 * for another one; "" if it is legal, and good until the next call.  Unless
 * `exact`, sizes and length are corrected first; `edit`, unless NULL, may then
 * change the code. */
const char *judge_code(const char *const *words, const char *const *written,
                       const char *region, const char *text, bool exact,
                       void (*edit)(VliwCode *code));

/* It is legal on tm5400 as it is. */
void judge_accept(const char *region, const char *text);

/* `got` has `message` in it; if that is "", it is "", too. */
void judge_expect(const char *got, const char *message);

/* judge_schedule with one change is refused, and that is why. */
void judge_refuse(const char *from, const char *to, const char *message);

#endif
