/* System/161's random number card. */
#ifndef SELKIRK_HWMODEL_DEV_LAME_RANDOM_H
#define SELKIRK_HWMODEL_DEV_LAME_RANDOM_H

#include "hwmodel/dev/lamebus.h"

extern const DeviceClass lame_random_class;
extern const LameId lame_random_id;

/* The numbers are a function of `seed` and of how many were read. */
Device *lame_random_create(LameSlot *slot, uint64_t seed);

#endif
