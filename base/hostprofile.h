/* Where the host's time goes, by part of Selkirk: a clock that is read wherever
 * one part calls another.  Nothing that is simulated depends on it.
 *
 * Whoever begins a part keeps what hostprofile_enter() returns, and hands that
 * to it again at the end.  A profile is one thread's. */
#ifndef SELKIRK_BASE_HOSTPROFILE_H
#define SELKIRK_BASE_HOSTPROFILE_H

#include "base/bits.h"

#include <stdio.h>
#include <time.h>

typedef enum HostPart {
#define PART(id, name, text) HOST_##id,
#include "base/hostprofile.def"
#undef PART
    HOST_PARTS
} HostPart;

typedef struct HostProfile {
    HostPart part;  /* now */
    uint64_t since; /* ticks */
    uint64_t ticks[HOST_PARTS];
    uint64_t entries[HOST_PARTS];
} HostProfile;

/* Of a clock that is read quickly. */
static inline uint64_t hostprofile_now(void)
{
#ifdef __x86_64__
    return __builtin_ia32_rdtsc();
#else
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
#endif
}

/* `part` begins; returns the one before.  A profile of NULL costs a test. */
static inline HostPart hostprofile_enter(HostProfile *p, HostPart part)
{
    if (likely(!p))
        return part;
    uint64_t now = hostprofile_now();
    HostPart before = p->part;
    p->ticks[before] += now - p->since;
    p->since = now;
    p->part = part;
    p->entries[part]++;
    return before;
}

/* Starts in HOST_OTHER. */
void hostprofile_start(HostProfile *p);
/* A table; `seconds` is how long all of it took. */
void hostprofile_write(HostProfile *p, double seconds, FILE *out);

#endif
