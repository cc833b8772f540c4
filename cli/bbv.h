/* Basic-block vectors of a run, for SimPoint (--bbv): the frequency vector file
 * of its release, a line for each whole interval,
 *
 *     T:ID:COUNT   :ID:COUNT ...
 *
 * where COUNT is how many instructions the block ID executed in the interval.
 * Blocks are numbered from 1 on as they come. */
#ifndef SELKIRK_CLI_BBV_H
#define SELKIRK_CLI_BBV_H

#include "cli/options.h"
#include "morph/machine.h"

typedef struct Bbv Bbv;

/* By --bbv and --bbv-interval: NULL if they are not there, or with a Diag.  It
 * looks at each instruction of `machine` that is measured. */
Bbv *bbv_open(const Options *options, Machine *machine, Diag *diag);
/* Completes the file and releases all; NULL is none. */
bool bbv_close(Bbv *bbv, Diag *diag);
/* After an error: the file goes. */
void bbv_drop(Bbv *bbv);

#endif
