/* Disk images in System/161's format: a sector of header, which says what it
 * is, and then the disk's sectors. */
#ifndef SELKIRK_HWMODEL_DEV_DISK161_H
#define SELKIRK_HWMODEL_DEV_DISK161_H

#include "base/ckpt.h"
#include "base/diag.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct Disk161 Disk161;

enum {
    DISK161_SECTOR = 512,
    DISK161_SECTORS_MIN = 128, /* System/161's tools make none below */
};

/* As many as a file of 2^41 bytes, header included, has room for. */
#define DISK161_SECTORS_MAX UINT32_MAX

/* Opens an image.  It is locked, unless `overlay`: then it is copied, and
 * writes are kept in memory.  NULL and a Diag if it cannot be used. */
Disk161 *disk161_open(const char *path, bool overlay, Diag *diag);
void disk161_close(Disk161 *disk);

uint32_t disk161_sectors(const Disk161 *disk);

/* One sector, below disk161_sectors().  False: the host could not. */
bool disk161_read(Disk161 *disk, uint32_t sector, void *bytes);
bool disk161_write(Disk161 *disk, uint32_t sector, const void *bytes);
/* Waits until the host has all of it on its disk. */
bool disk161_sync(Disk161 *disk);

/* Saves or loads an overlay; the file of a disk that has none stays where it is
 * and has to be as it was. */
void disk161_checkpoint(Disk161 *disk, Ckpt *ckpt);

/* "5M", "512K", "1G", "640s" (sectors), "8192b" or "8192": bytes.  False if it
 * is no such number. */
bool disk161_parse_size(const char *text, uint64_t *size);

/* Writes an empty image.  `replace` lets it take a file's place. */
bool disk161_create(const char *path, uint32_t sectors, bool replace,
                    Diag *diag);

#endif
