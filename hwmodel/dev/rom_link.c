/* The registers between boot ROM and Selkirk; see rom_link.h. */
#include "hwmodel/dev/rom_link.h"

#include "base/alloc.h"
#include "base/bits.h"

#include <stdlib.h>

enum { STARTED = 0, RETURNED = 4, FAILED = 8, REGION = 16 };

typedef struct RomLink {
    Device device;
    RomLinkHost host;
    uint32_t started;
} RomLink;

static uint32_t link_read(Device *device, uint32_t offset, unsigned size)
{
    (void)size;
    RomLink *link = (RomLink *)device;
    return offset == STARTED ? link->started : 0;
}

static void link_write(Device *device, uint32_t offset, unsigned size,
                       uint32_t value)
{
    (void)size;
    RomLink *link = (RomLink *)device;
    switch (offset) {
    case STARTED: link->started = value; break;
    case RETURNED: link->host.returned(link->host.ctx); break;
    case FAILED: link->host.failed(link->host.ctx); break;
    }
}

static void link_reset(Device *device)
{
    RomLink *link = (RomLink *)device;
    link->started = 0;
}

static void link_destroy(Device *device)
{
    free(device);
}

static const DeviceReg regs[] = {
    {STARTED, 4, "STARTED",
     "0 after a reset; the ROM writes 1 before it starts the program, so that "
     "it knows when it is entered again"},
    {RETURNED, 4, "RETURNED",
     "a write says that the program came back to the ROM; reads 0"},
    {FAILED, 4, "FAILED",
     "a write says that an exception came to the ROM; reads 0"},
};

static const CkptField state[] = {
    CKPT_FIELD(RomLink, started),
};

const DeviceClass rom_link_class = {
    .name = "rom-link",
    .text = "Selkirk's own registers, for its boot ROM",
    .regs = regs,
    .reg_count = ARRAY_LEN(regs),
    .span = REGION,
    .read = link_read,
    .write = link_write,
    .reset = link_reset,
    .destroy = link_destroy,
    .state = state,
    .state_count = ARRAY_LEN(state),
};

Device *rom_link_create(const RomLinkHost *host)
{
    RomLink *link = alloc_zeroed(1, sizeof *link);
    link->device.cls = &rom_link_class;
    link->host = *host;
    return &link->device;
}
