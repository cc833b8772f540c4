/* Estimates of a whole from a sample of it, with their confidence intervals.
 *
 * A sample has units, each with a size (instructions) and a value (of
 * something that was counted in it).  The whole has a known size, and what is
 * counted in it is estimated by the ratio of the sample's sums: W. G. Cochran,
 * Sampling Techniques (3rd ed., 1977), chapter 6.  A systematic sample is taken
 * for a random one, as R. E. Wunderlich et al. do (SMARTS, ISCA 2003). */
#ifndef SELKIRK_BASE_ESTIMATE_H
#define SELKIRK_BASE_ESTIMATE_H

#include <stddef.h>
#include <stdint.h>

/* From so many units on the normal distribution stands for Student's. */
enum { ESTIMATE_NORMAL = 30 };

typedef struct Estimate {
    double total; /* of the whole */
    double half;  /* of the interval that holds it with 95 % confidence */
} Estimate;

/* How many standard errors that is, with `count` units, two at least:
 * Student's t with count - 1 degrees of freedom, or the normal quantile. */
double estimate_quantile(size_t count);

/* Of `count` units, two at least, whose sizes are part of `whole`.  A sample
 * that is all of the whole has no error left. */
Estimate estimate_ratio(const uint64_t *values, const uint64_t *sizes,
                        size_t count, uint64_t whole);

/* Of units that stand for parts of the whole by `weights`, which need not add
 * up to 1.  Nothing is known of the error: `half` is 0. */
Estimate estimate_weighted(const uint64_t *values, const uint64_t *sizes,
                           const double *weights, size_t count, uint64_t whole);

#endif
