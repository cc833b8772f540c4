/* System/161's timer card: the time of day, a countdown, a speaker. */
#ifndef SELKIRK_HWMODEL_DEV_LAME_TIMER_H
#define SELKIRK_HWMODEL_DEV_LAME_TIMER_H

#include "hwmodel/dev/lamebus.h"

extern const DeviceClass lame_timer_class;
extern const LameId lame_timer_id;

/* The clock starts at `date`, in seconds since 1970-01-01 00:00:00 UTC, and
 * runs on the queue's cycles: it never sees the host's time. */
Device *lame_timer_create(LameSlot *slot, EventQueue *events, int64_t date);

#endif
