/* The PMAD-AA Ethernet option: an Am7990 (LANCE) with 128 KB of buffer RAM. */
#ifndef SELKIRK_HWMODEL_DEV_LANCE_H
#define SELKIRK_HWMODEL_DEV_LANCE_H

#include "hwmodel/dev/device.h"

extern const DeviceClass lance_class;

/* `station` is the station's six-byte address, in the order of the wire. */
Device *lance_create(EventQueue *events, const uint8_t station[6], Line irq);

#endif
