/* What SimPoint writes: which intervals of a run stand for all of it, and by
 * which weights (G. Hamerly et al., SimPoint 3.0, JILP 2005).  Lines of the
 * file .simpoints are "INTERVAL CLUSTER", of .weights "WEIGHT CLUSTER". */
#ifndef SELKIRK_MORPH_SIMPOINTS_H
#define SELKIRK_MORPH_SIMPOINTS_H

#include "morph/sample.h"

/* Reads both files.  *points, which free() releases, are in the order of their
 * intervals. */
bool simpoints_read(SamplePoint **points, size_t *count,
                    const char *points_path, const char *weights_path,
                    Diag *diag);

#endif
