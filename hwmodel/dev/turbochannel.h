/* TURBOchannel options: the identification ROM that every one carries. */
#ifndef SELKIRK_HWMODEL_DEV_TURBOCHANNEL_H
#define SELKIRK_HWMODEL_DEV_TURBOCHANNEL_H

#include "hwmodel/dev/device.h"

enum {
    TURBOCHANNEL_SLOT = 0x400000, /* bytes of address space a slot */
    TURBOCHANNEL_ROM = 0x200,     /* bytes of ROM that the model keeps */
};

/* Fills `rom` with the ROM of the option `module` ("PMAD-AA"), whose firmware
 * revision is `firmware`: at most 8 characters each.  Byte i of it shows at
 * offset 4 i of the option's ROM. */
void turbochannel_fill_rom(uint8_t rom[TURBOCHANNEL_ROM], const char *module,
                           const char *firmware);

/* The SCSI option of the DECstation 5000/200, identified and no more. */
extern const DeviceClass pmaz_class;
Device *pmaz_create(void);

#endif
