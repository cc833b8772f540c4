/* Estimates from samples; see estimate.h. */
#include "base/estimate.h"

#include <assert.h>
#include <math.h>

double estimate_quantile(size_t count)
{
    /* P(|T| < t) = 0.95, by degrees of freedom from 1 on. */
    static const double t[ESTIMATE_NORMAL - 2] = {
        12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646,
        2.3060,  2.2622, 2.2281, 2.2010, 2.1788, 2.1604, 2.1448,
        2.1314,  2.1199, 2.1098, 2.1009, 2.0930, 2.0860, 2.0796,
        2.0739,  2.0687, 2.0639, 2.0595, 2.0555, 2.0518, 2.0484};
    assert(count >= 2);
    return count < ESTIMATE_NORMAL ? t[count - 2] : 1.9600;
}

Estimate estimate_ratio(const uint64_t *values, const uint64_t *sizes,
                        size_t count, uint64_t whole)
{
    double value = 0, size = 0, squares = 0;
    for (size_t i = 0; i < count; i++) {
        value += (double)values[i];
        size += (double)sizes[i];
    }
    if (size <= 0)
        return (Estimate){0};
    double ratio = value / size;
    for (size_t i = 0; i < count; i++) {
        double rest = (double)values[i] - ratio * (double)sizes[i];
        squares += rest * rest;
    }
    double n = (double)count, all = (double)whole;
    double left = size < all ? 1 - size / all : 0;
    /* The standard error of the ratio, times the size of the whole. */
    double error = sqrt(left * squares / (n - 1) / n) / (size / n) * all;
    return (Estimate){ratio * all, estimate_quantile(count) * error};
}

Estimate estimate_weighted(const uint64_t *values, const uint64_t *sizes,
                           const double *weights, size_t count, uint64_t whole)
{
    double ratio = 0, sum = 0;
    for (size_t i = 0; i < count; i++) {
        if (sizes[i] == 0)
            continue;
        ratio += weights[i] * (double)values[i] / (double)sizes[i];
        sum += weights[i];
    }
    return (Estimate){sum > 0 ? ratio / sum * (double)whole : 0, 0};
}
