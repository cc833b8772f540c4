/* Which lines a stream buffer has; see stream.h. */
#include "hwmodel/mem/stream.h"

#include "base/bits.h"

#include <assert.h>
#include <string.h>

void stream_init(Stream *s, unsigned depth)
{
    assert(depth <= STREAM_MAX);
    *s = (Stream){.depth = depth};
}

void stream_reset(Stream *s)
{
    s->count = 0;
    s->first = 0;
    s->busy = 0;
}

void stream_checkpoint(Stream *s, Ckpt *ckpt)
{
    const CkptField fields[] = {
        {"stream.count", offsetof(Stream, count), sizeof s->count, 1, s->depth},
        {"stream.first", offsetof(Stream, first), sizeof s->first, 1,
         UINT32_MAX},
        {"stream.ready", offsetof(Stream, ready), sizeof s->ready[0],
         STREAM_MAX, UINT64_MAX},
        {"stream.busy", offsetof(Stream, busy), sizeof s->busy, 1, UINT64_MAX},
    };
    ckpt_fields(ckpt, fields, ARRAY_LEN(fields), s);
}

bool stream_take(Stream *s, uint32_t line, uint64_t *ready)
{
    uint32_t at = line - s->first;
    bool found = at < s->count;
    unsigned gone = found ? at + 1 : s->count;
    if (found)
        *ready = s->ready[at];
    s->count -= (uint8_t)gone;
    memmove(s->ready, s->ready + gone, s->count * sizeof *s->ready);
    s->first = line + 1;
    if (!found)
        s->busy = 0;
    return found;
}

bool stream_wants(const Stream *s, uint32_t *line)
{
    *line = s->first + s->count;
    return s->count < s->depth;
}

void stream_put(Stream *s, uint64_t ready)
{
    s->ready[s->count++] = ready;
    s->busy = ready;
}
