/* The identification ROM of TURBOchannel options, after the TURBOchannel
 * Firmware Specification (EK-TCAAD-FS-004), and the PMAZ-AA, which has nothing
 * else here.  An empty slot needs no model: nothing answers there. */
#include "hwmodel/dev/turbochannel.h"

#include "base/alloc.h"
#include "base/bits.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* The header; offsets count bytes of the ROM, one a word. */
enum {
    ROM_WIDTH = 0x3e0 / 4,  /* bytes that the ROM gives at a time */
    ROM_STRIDE = 0x3e4 / 4, /* bytes of address space they take */
    ROM_SIZE = 0x3e8 / 4,   /* in units of 8 KB */
    SLOT_SIZE = 0x3ec / 4,  /* in units of 4 MB */
    PATTERN = 0x3f0 / 4,
    FIRMWARE = 0x400 / 4,
    VENDOR = 0x420 / 4,
    MODULE = 0x440 / 4,
    FIRMWARE_TYPE = 0x460 / 4,
    TEXT_SIZE = 8,
};

static void fill_text(uint8_t *to, const char *text)
{
    size_t length = strlen(text);
    assert(length <= TEXT_SIZE);
    memset(to, ' ', TEXT_SIZE);
    memcpy(to, text, length);
}

void turbochannel_fill_rom(uint8_t rom[TURBOCHANNEL_ROM], const char *module,
                           const char *firmware)
{
    memset(rom, 0, TURBOCHANNEL_ROM);
    rom[ROM_WIDTH] = 1;
    rom[ROM_STRIDE] = 4;
    rom[ROM_SIZE] = 1;
    rom[SLOT_SIZE] = 1;
    memcpy(rom + PATTERN, (const uint8_t[]){0x55, 0x00, 0xaa, 0xff}, 4);
    fill_text(rom + FIRMWARE, firmware);
    fill_text(rom + VENDOR, "DEC");
    fill_text(rom + MODULE, module);
    memcpy(rom + FIRMWARE_TYPE, "TCF0", 4);
}

/* PMAZ-AA.  Its decoder leaves out address bits 20 and 21, so that the ROM
 * shows at 0x3c0000 too, where it is looked for first. */

enum { PMAZ_ROM = 0xc0000, PMAZ_REGION = 0x100000 };

typedef struct Pmaz {
    Device device;
    uint8_t rom[TURBOCHANNEL_ROM];
} Pmaz;

static uint32_t pmaz_read(Device *device, uint32_t offset, unsigned size)
{
    (void)size;
    Pmaz *pmaz = (Pmaz *)device;
    if (offset < PMAZ_ROM || offset & 3)
        return 0;
    uint32_t index = (offset - PMAZ_ROM) / 4;
    return index < TURBOCHANNEL_ROM ? pmaz->rom[index] : 0;
}

static void pmaz_write(Device *device, uint32_t offset, unsigned size,
                       uint32_t value)
{
    (void)device, (void)offset, (void)size, (void)value;
}

static void pmaz_reset(Device *device)
{
    (void)device;
}

static void pmaz_destroy(Device *device)
{
    free(device);
}

static const DeviceReg pmaz_regs[] = {
    {0x00000, 0x40000, "NCR53C94",
     "SCSI controller: not modelled, reads 0, ignores writes"},
    {0x40000, 0x40000, "DMAR", "DMA address: not modelled, reads 0"},
    {0x80000, 0x40000, "buffer", "128 KB of RAM: not modelled, reads 0"},
    {PMAZ_ROM, PMAZ_REGION - PMAZ_ROM, "ROM",
     "identification, one byte a word"},
};

const DeviceClass pmaz_class = {
    .name = "pmaz",
    .text = "PMAZ-AA SCSI option: identified only",
    .regs = pmaz_regs,
    .reg_count = ARRAY_LEN(pmaz_regs),
    .span = PMAZ_REGION,
    .read = pmaz_read,
    .write = pmaz_write,
    .reset = pmaz_reset,
    .destroy = pmaz_destroy,
};

Device *pmaz_create(void)
{
    Pmaz *pmaz = alloc_zeroed(1, sizeof *pmaz);
    pmaz->device.cls = &pmaz_class;
    turbochannel_fill_rom(pmaz->rom, "PMAZ-AA", "V5.3a");
    return &pmaz->device;
}
