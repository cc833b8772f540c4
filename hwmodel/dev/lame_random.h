/* System/161's random number card. */
#ifndef SELKIRK_HWMODEL_DEV_LAME_RANDOM_H
#define SELKIRK_HWMODEL_DEV_LAME_RANDOM_H

#include "hwmodel/dev/lamebus.h"

extern const DeviceClass lame_random_class;
extern const LameId lame_random_id;

/* Where the numbers come from.  All random cards of a machine have one, as in
 * System/161: the numbers are a function of `seed` and of how many were read
 * of any card. */
typedef struct LameRandomSource {
    uint64_t seed, state;
} LameRandomSource;

/* `source` is borrowed; its seed is set before the reset.  A
 * checkpoint has it from whoever owns it. */
Device *lame_random_create(LameSlot *slot, LameRandomSource *source);

#endif
