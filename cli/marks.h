/* Moments of a run, by what the guest prints (--mark): how far it was then, and
 * what the host had done for it. */
#ifndef SELKIRK_CLI_MARKS_H
#define SELKIRK_CLI_MARKS_H

#include "morph/machine.h"

#include <stdio.h>

typedef struct Mark {
    const char *text; /* borrowed */
    uint64_t insns, cycles;
    /* Of the host: wall time that the machine had run, and processor time of
     * the thread that runs it and of the whole process, since they began. */
    double seconds, thread_seconds, process_seconds;
} Mark;

typedef struct Marks {
    Mark *list; /* in the order in which they are waited for */
    size_t count, reached;
} Marks;

void marks_add(Marks *marks, const char *text);
/* The text that is waited for was printed, after `seconds`: notes it and has
 * the machine wait for the next. */
void marks_reach(Marks *marks, Machine *machine, double seconds);
void marks_free(Marks *marks);

/* A line for each mark: what lies between the one before and it. */
void marks_write_text(const Marks *marks, FILE *out);
/* Members of the summary's JSON, totals since power-on; nothing if no marks are
 * asked for.  The host's part follows another member. */
void marks_write_json(const Marks *marks, FILE *out);
void marks_write_json_host(const Marks *marks, FILE *out);

#endif
