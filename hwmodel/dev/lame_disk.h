/* System/161's fixed disk card. */
#ifndef SELKIRK_HWMODEL_DEV_LAME_DISK_H
#define SELKIRK_HWMODEL_DEV_LAME_DISK_H

#include "base/diag.h"
#include "hwmodel/dev/lamebus.h"

extern const DeviceClass lame_disk_class;
extern const LameId lame_disk_id;

enum { LAME_DISK_RPM = 3600 };

typedef struct LameDiskConfig {
    const char *path; /* disk161.h */
    bool overlay;
    bool paranoid; /* a write is done when the host's disk has it */
    uint32_t rpm;  /* a multiple of 60, not 0 */
} LameDiskConfig;

/* NULL and a Diag if the image cannot be used. */
Device *lame_disk_create(LameSlot *slot, EventQueue *events,
                         const LameDiskConfig *config, Diag *diag);
/* Waits until the host has what the guest wrote. */
bool lame_disk_sync(Device *disk, Diag *diag);

#endif
