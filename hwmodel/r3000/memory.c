/* Memory as the R3000 sees it: two caches of one-word lines, refilled by
 * blocks; a write buffer; one memory behind both.
 *
 * The caches write through: every store goes to the write buffer, and a word
 * store puts its word and tag into the data cache, whatever was there.  A store
 * of less than a word has to read the cache first, and changes it on a hit
 * alone.
 *
 * Memory does one thing at a time.  It takes the buffered writes in order, each
 * from when it is free and the write is there; a write in the row of the one
 * before is faster (page mode).  A read goes before all writes that are not
 * under way (R3220: the buffer itself answers for words that it holds), or
 * after all of them (r3000.overtake=no).  What was written when is worked out
 * when the next read or store comes: the buffer has no clock of its own. */
#include "hwmodel/r3000/r3000_impl.h"

/* --- Memory and the write buffer -------------------------------------------
 */

/* The first write begins as early as it can. */
static void start_write(R3000 *r)
{
    WriteBuffer *b = &r->writes;
    uint32_t row = b->row[b->first];
    bool same = row == r->memory_row;
    r->counters.writes_row += same;
    b->started = true;
    b->done = r3000_later(r->memory_free, b->since[b->first]) +
              (same ? r->desc.write_page : r->desc.write);
    r->memory_free = b->done;
    r->memory_row = row;
}

static void end_write(WriteBuffer *b)
{
    b->first = (b->first + 1) % WRITES_MAX;
    b->count--;
    b->started = false;
}

/* All writes that began before `now` have. */
static void write_until(R3000 *r, uint64_t now)
{
    WriteBuffer *b = &r->writes;
    while (b->count) {
        if (b->started) {
            if (b->done > now)
                return;
            end_write(b);
        } else {
            if (r3000_later(r->memory_free, b->since[b->first]) >= now)
                return;
            start_write(r);
        }
    }
}

/* When the first write is done, which leaves the buffer. */
static uint64_t finish_first(R3000 *r)
{
    WriteBuffer *b = &r->writes;
    if (!b->started)
        start_write(r);
    end_write(b);
    return b->done;
}

static uint64_t finish_all(R3000 *r, uint64_t now)
{
    while (r->writes.count)
        now = r3000_later(now, finish_first(r));
    return now;
}

/* A read of `cycles` from memory, which is part of a stall because of `cause`.
 */
static uint64_t read_memory(R3000 *r, uint64_t now, R3000Cause cause,
                            unsigned cycles)
{
    write_until(r, now);
    uint64_t start = r->desc.overtake ? now : finish_all(r, now);
    start = r3000_later(start, r->memory_free);
    r->counters.reads_delayed += start > now;
    r->memory_free = start + cycles;
    r->memory_row = NO_ROW;
    return r3000_wait(r, R3000_CAUSE_WRITE_BUFFER, start - now) +
           r3000_wait(r, cause, cycles);
}

/* Puts a write in the buffer. */
static uint64_t buffer_write(R3000 *r, uint64_t now, uint32_t key)
{
    WriteBuffer *b = &r->writes;
    uint64_t at = now;
    write_until(r, now);
    if (b->count == r->desc.write_buffer) {
        r->counters.writes_full++;
        at = finish_first(r);
    }
    unsigned last = (b->first + b->count++) % WRITES_MAX;
    b->row[last] = key / r->desc.row;
    b->since[last] = at;
    return r3000_wait(r, R3000_CAUSE_WRITE_BUFFER, at - now);
}

uint64_t r3000_wait_writes(R3000 *r, uint64_t now)
{
    write_until(r, now);
    uint64_t end = finish_all(r, now);
    r->counters.write_waits += end > now;
    return r3000_wait(r, R3000_CAUSE_WRITE_BUFFER, end - now);
}

/* --- Caches ----------------------------------------------------------------
 */

static uint32_t *line_of(uint32_t *tags, uint32_t size, uint32_t key)
{
    return &tags[(key >> 2) & (size / 4 - 1)];
}

/* Reads the block of `words` that `key` is in. */
static uint64_t refill(R3000 *r, uint64_t now, R3000Cause cause, uint32_t *tags,
                       uint32_t size, uint32_t words, uint32_t key)
{
    uint32_t first = key & ~(4 * words - 1);
    for (uint32_t i = 0; i < words; i++)
        *line_of(tags, size, first + 4 * i) = first + 4 * i;
    return read_memory(r, now, cause,
                       r->desc.read + (words - 1) * r->desc.read_word);
}

uint64_t r3000_fetch(R3000 *r, uint64_t now, uint32_t key)
{
    if (key & R3000_UNCACHED) {
        r->counters.uncached_fetches++;
        return read_memory(r, now, R3000_CAUSE_UNCACHED, r->desc.uncached);
    }
    r->counters.icache_misses++;
    return refill(r, now, R3000_CAUSE_ICACHE, r->itags, r->desc.icache,
                  r->desc.irefill, key);
}

uint64_t r3000_load(R3000 *r, uint64_t now, uint32_t key)
{
    if (key & R3000_UNCACHED) {
        r->counters.uncached_loads++;
        return read_memory(r, now, R3000_CAUSE_UNCACHED, r->desc.uncached);
    }
    r->counters.dcache_misses++;
    return refill(r, now, R3000_CAUSE_DCACHE, r->dtags, r->desc.dcache,
                  r->desc.drefill, key);
}

uint64_t r3000_store(R3000 *r, uint64_t now, uint32_t key, bool part)
{
    uint64_t wait = 0;
    r->counters.stores++;
    if (key & R3000_UNCACHED) {
        r->counters.uncached_stores++;
    } else if (part) {
        r->counters.partial_stores++;
        wait = r3000_wait(r, R3000_CAUSE_PARTIAL, r->desc.partial_store);
    } else {
        *line_of(r->dtags, r->desc.dcache, key) = key;
    }
    return wait + buffer_write(r, now + wait, key);
}

void r3000_isolated_store(R3000 *r, uint32_t pa, bool icache, bool part)
{
    uint32_t *line = icache ? line_of(r->itags, r->desc.icache, pa)
                            : line_of(r->dtags, r->desc.dcache, pa);
    *line = part ? TAG_EMPTY : pa;
}
