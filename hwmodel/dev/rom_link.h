/* Registers by which the boot ROM and Selkirk speak to each other.  They are
 * Selkirk's own: no real board has them, and no operating system looks. */
#ifndef SELKIRK_HWMODEL_DEV_ROM_LINK_H
#define SELKIRK_HWMODEL_DEV_ROM_LINK_H

#include "hwmodel/dev/device.h"

extern const DeviceClass rom_link_class;

typedef struct RomLinkHost {
    void *ctx;
    /* The program that the ROM had started came back to it. */
    void (*returned)(void *ctx);
    /* An exception came to the ROM; it has told the console which. */
    void (*failed)(void *ctx);
} RomLinkHost;

Device *rom_link_create(const RomLinkHost *host);

#endif
