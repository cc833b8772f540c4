/* The DS1287 real-time clock, as DECstations wire it. */
#ifndef SELKIRK_HWMODEL_DEV_DS1287_H
#define SELKIRK_HWMODEL_DEV_DS1287_H

#include "hwmodel/dev/device.h"

extern const DeviceClass ds1287_class;

/* The clock starts at `date`, in seconds since 1970-01-01 00:00:00 UTC, and
 * runs on the queue's cycles from there: it never sees the host's time. */
Device *ds1287_create(EventQueue *events, int64_t date, Line irq);

#endif
