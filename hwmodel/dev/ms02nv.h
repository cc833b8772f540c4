/* The MS02-NV memory module: battery-backed RAM in a memory slot, its content
 * a file.  Linux offers it as /dev/mtdblockN. */
#ifndef SELKIRK_HWMODEL_DEV_MS02NV_H
#define SELKIRK_HWMODEL_DEV_MS02NV_H

#include "base/diag.h"
#include "hwmodel/dev/device.h"
#include "hwmodel/mem/bus.h"

extern const DeviceClass ms02nv_class; /* of its control register */

enum { MS02NV_SPACE = 0x800000 }; /* bytes of address space a module */

/* A module whose data, what follows its first 4 KB, are the file's bytes: the
 * file must have 1, 2, 3 or 4 MB less 4 KB.  With `overlay` writes stay in
 * memory and the file may be read-only; else they are the file's at once, and
 * nobody else may have it as a disk.  NULL and `diag` if that cannot be. */
Device *ms02nv_create(const char *path, bool overlay, Diag *diag);

/* Puts the module's memory and register on the bus, which must go first. */
void ms02nv_place(Device *device, Bus *bus, uint32_t pa);

/* Waits until the host has the data on its disk. */
bool ms02nv_sync(Device *device, Diag *diag);

#endif
