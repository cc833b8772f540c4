/* The DS1287 real-time clock, as DECstations wire it. */
#ifndef SELKIRK_HWMODEL_DEV_DS1287_H
#define SELKIRK_HWMODEL_DEV_DS1287_H

#include "hwmodel/dev/device.h"

extern const DeviceClass ds1287_class;

/* 2156-01-01 00:00:00 UTC: the byte in which DECstations keep the years ends
 * before. */
#define DS1287_DATE_END INT64_C(5869584000)

/* The clock starts at `date`, in seconds since 1970-01-01 00:00:00 UTC and
 * below DS1287_DATE_END, and runs on the queue's cycles from there: it never
 * sees the host's time. */
Device *ds1287_create(EventQueue *events, int64_t date, Line irq);

#endif
