/* System/161's random number card; see lame_random.h. */
#include "hwmodel/dev/lame_random.h"

#include "base/alloc.h"
#include "base/bits.h"

#include <stdlib.h>

enum { VALUE = 0 };

const LameId lame_random_id = {9, 1};

typedef struct Random {
    LameCard card;
    LameRandomSource *source;
    uint64_t reads;
} Random;

/* SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number
 * generators, 2014): a counter, mixed; any seed is as good as another. */
static uint32_t next(LameRandomSource *source)
{
    uint64_t z = source->state += 0x9e3779b97f4a7c15ull;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return (uint32_t)((z ^ z >> 31) >> 32);
}

static uint32_t random_read(Device *device, uint32_t offset, unsigned size)
{
    Random *r = (Random *)device;
    r->reads++;
    return lamebus_get_lanes(next(r->source), offset, size);
}

static void random_write(Device *device, uint32_t offset, unsigned size,
                         uint32_t value)
{
    (void)size, (void)value;
    lamebus_warn((LameCard *)device,
                 "offset 0x%x is written, which is read-only", offset);
}

static void random_reset(Device *device)
{
    Random *r = (Random *)device;
    r->source->state = r->source->seed;
}

static void random_destroy(Device *device)
{
    free(device);
}

static const DeviceReg regs[] = {
    {VALUE, 4, "VALUE",
     "another number at each read of any such card, by the seed alone; "
     "read-only"},
};

static const StatRow stat_rows[] = {
    {"reads", "numbers", "read", offsetof(Random, reads)},
};

const DeviceClass lame_random_class = {
    .name = "random",
    .text = "System/161's random number generator",
    .regs = regs,
    .reg_count = ARRAY_LEN(regs),
    .span = LAMEBUS_SLOT_SIZE,
    .answers = lamebus_answers,
    .read = random_read,
    .write = random_write,
    .reset = random_reset,
    .destroy = random_destroy,
    .stats = stat_rows,
    .stat_count = ARRAY_LEN(stat_rows),
};

Device *lame_random_create(LameSlot *slot, LameRandomSource *source)
{
    Random *r = alloc_zeroed(1, sizeof *r);
    r->card.device.cls = &lame_random_class;
    r->card.slot = slot;
    r->source = source;
    return &r->card.device;
}
