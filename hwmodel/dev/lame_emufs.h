/* System/161's emulator file system card: files of a folder of the host. */
#ifndef SELKIRK_HWMODEL_DEV_LAME_EMUFS_H
#define SELKIRK_HWMODEL_DEV_LAME_EMUFS_H

#include "base/diag.h"
#include "hwmodel/dev/lamebus.h"

extern const DeviceClass lame_emufs_class;
extern const LameId lame_emufs_id;

/* `path` names the folder.  NULL and a Diag if it is none. */
Device *lame_emufs_create(LameSlot *slot, EventQueue *events, const char *path,
                          Diag *diag);

#endif
