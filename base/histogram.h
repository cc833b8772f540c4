/* Histograms: how often values came, in buckets, and their sum.
 * stats_add_histogram() prints them.  A zeroed one is empty. */
#ifndef SELKIRK_BASE_HISTOGRAM_H
#define SELKIRK_BASE_HISTOGRAM_H

#include <stdint.h>

/* Bucket 0 counts zeros, bucket i values from 2^(i-1) to 2^i - 1; or each one
 * as many values as the others, with histogram_add_linear().  The last one of
 * those that its owner uses counts all that are above, too. */
enum { HISTOGRAM_BUCKETS = 24 };

typedef struct Histogram {
    uint64_t count, sum;
    uint64_t buckets[HISTOGRAM_BUCKETS];
} Histogram;

static inline void histogram_count(Histogram *h, unsigned buckets,
                                   uint64_t bucket, uint64_t value,
                                   uint64_t times)
{
    h->count += times;
    h->sum += value * times;
    h->buckets[bucket < buckets ? bucket : buckets - 1] += times;
}

/* `value` came `times` times; `buckets` are used. */
static inline void histogram_add(Histogram *h, unsigned buckets, uint64_t value,
                                 uint64_t times)
{
    unsigned bucket = value ? 64 - (unsigned)__builtin_clzll(value) : 0;
    histogram_count(h, buckets, bucket, value, times);
}

static inline void histogram_add_linear(Histogram *h, unsigned buckets,
                                        unsigned step, uint64_t value,
                                        uint64_t times)
{
    histogram_count(h, buckets, value / step, value, times);
}

/* All of `from`, `times` times. */
static inline void histogram_add_all(Histogram *h, unsigned buckets,
                                     const Histogram *from, uint64_t times)
{
    h->count += from->count * times;
    h->sum += from->sum * times;
    for (unsigned i = 0; i < buckets; i++)
        h->buckets[i] += from->buckets[i] * times;
}

#endif
