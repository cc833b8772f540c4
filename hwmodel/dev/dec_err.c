/* Error address and ECC check/syndrome registers of the KN02 memory system.
 * After asm/dec/ecc.h of Linux: "error data valid, bus IRQ", that is, VALID
 * drives the interrupt for reads too, whose bus error exception comes first and
 * whose handler clears the register before it enables interrupts again. */
#include "hwmodel/dev/dec_err.h"

#include "base/alloc.h"
#include "base/bits.h"

#include <assert.h>
#include <stdlib.h>

enum {
    CHKSYN_BASE = 0,
    ERRADDR_BASE = 0x80000,
    REGION = 0x100000,
};

#define EAR_VALID   (1u << 31)
#define EAR_CPU     (1u << 30)
#define EAR_WRITE   (1u << 29)
#define EAR_ADDRESS 0x07ffffffu /* of a word */

typedef struct DecErr {
    Device device;
    Line irq;
    uint32_t address; /* ERRADDR */
} DecErr;

static void set_address(DecErr *err, uint32_t address)
{
    err->address = address;
    line_set(&err->irq, address & EAR_VALID);
}

void dec_err_latch(Device *device, uint32_t pa, bool write)
{
    assert(device->cls == &dec_err_class);
    DecErr *err = (DecErr *)device;
    if (!(err->address & EAR_VALID))
        set_address(err, EAR_VALID | EAR_CPU | (write ? EAR_WRITE : 0) |
                             (pa >> 2 & EAR_ADDRESS));
}

static uint32_t err_read(Device *device, uint32_t offset, unsigned size)
{
    (void)size;
    DecErr *err = (DecErr *)device;
    return offset >= ERRADDR_BASE ? err->address >> 8 * (offset & 3) : 0;
}

static void err_write(Device *device, uint32_t offset, unsigned size,
                      uint32_t value)
{
    (void)size, (void)value;
    if (offset >= ERRADDR_BASE)
        set_address((DecErr *)device, 0);
}

static void err_reset(Device *device)
{
    set_address((DecErr *)device, 0);
}

static void err_destroy(Device *device)
{
    free(device);
}

static const DeviceReg regs[] = {
    {CHKSYN_BASE, ERRADDR_BASE, "CHKSYN",
     "check bits and syndrome of the last memory error: reads 0, the model's "
     "memory has none"},
    {ERRADDR_BASE, REGION - ERRADDR_BASE, "ERRADDR",
     "31 VALID, 30 CPU (else DMA; always set), 29 WRITE, 28 ECCERR (always 0: a "
     "timeout), 27 reads 0, 26:0 word address; any write clears it and the "
     "interrupt"},
};

static const CkptField state[] = {
    CKPT_FIELD(DecErr, address),
};

const DeviceClass dec_err_class = {
    .name = "err",
    .text = "KN02 bus error registers",
    .regs = regs,
    .reg_count = ARRAY_LEN(regs),
    .span = REGION,
    .read = err_read,
    .write = err_write,
    .reset = err_reset,
    .destroy = err_destroy,
    .state = state,
    .state_count = ARRAY_LEN(state),
};

Device *dec_err_create(Line irq)
{
    DecErr *err = alloc_zeroed(1, sizeof *err);
    err->device.cls = &dec_err_class;
    err->irq = irq;
    return &err->device;
}
