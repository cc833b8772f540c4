/* Control and status register of the KN02 system module: interrupt cascade,
 * mode bits and LEDs.  After the KN02 System Module Functional Specification,
 * as asm/dec/kn02.h of Linux and kn02.h of NetBSD record it. */
#include "hwmodel/dev/dec_csr.h"

#include "base/alloc.h"
#include "base/bits.h"

#include <assert.h>
#include <stdlib.h>

enum {
    PENDING = 0xffu << 0, /* read: interrupt inputs; write: LEDs */
    BNK32M = 1u << 10,
    TXDIS = 1u << 11,
    IOINTEN_SHIFT = 16,
    NRMOD = 1u << 24,
    NVRAM = 1u << 26,
    /* IOINTEN, DIAGCHK, DIAGGEN, CORRECT, LEDIAG, TXDIS, BAUD38. */
    CONTROL = 0x00fff900,
};

typedef struct DecCsr {
    Device device;
    Line irq;
    Line txdis;
    uint32_t strapped; /* bits that always read 1 */
    uint32_t control;  /* bits that read as written */
    uint32_t pending;
    uint8_t leds;
} DecCsr;

static void update(DecCsr *csr)
{
    line_set(&csr->irq, csr->pending & (csr->control >> IOINTEN_SHIFT));
    line_set(&csr->txdis, csr->control & TXDIS);
}

void dec_csr_set_input(void *ctx, unsigned id, bool level)
{
    DecCsr *csr = ctx;
    assert(csr->device.cls == &dec_csr_class && id < 8);
    csr->pending &= ~(1u << id);
    csr->pending |= (uint32_t)level << id;
    update(csr);
}

static uint32_t csr_read(Device *device, uint32_t offset, unsigned size)
{
    DecCsr *csr = (DecCsr *)device;
    uint32_t word = csr->strapped | csr->control | csr->pending;
    (void)size;
    return word >> 8 * offset;
}

static void csr_write(Device *device, uint32_t offset, unsigned size,
                      uint32_t value)
{
    DecCsr *csr = (DecCsr *)device;
    uint32_t word = csr->control | csr->leds;
    word = device_set_lanes(word, offset, size, value);
    csr->control = word & CONTROL;
    csr->leds = word & PENDING;
    update(csr);
}

static void csr_reset(Device *device)
{
    DecCsr *csr = (DecCsr *)device;
    csr->control = 0;
    csr->leds = 0xff;
    update(csr);
}

static void csr_destroy(Device *device)
{
    free(device);
}

static const DeviceReg regs[] = {
    {0, 4, "CSR",
     "read 7:0 pending interrupts: 7 DZ, 6 LANCE, 5 SCSI, 2:0 TURBOchannel "
     "slots (4:3 read 0); write 7:0 LEDs, 0 lights one. Read and written: "
     "23:16 interrupt enables, 15 DIAGCHK, 14 DIAGGEN, 13 CORRECT, 12 LEDIAG "
     "(no effect: the model's memory has no errors to show), 11 TXDIS cuts "
     "serial output off, 8 BAUD38 (no effect: dz.baud sets the speed). Fixed: "
     "31:27 read 0 (27 PSU: supply is well), 26 NVRAM and 24 NRMOD read 1 (no "
     "jumpers), 25 REFEVEN reads 0, 10 BNK32M reads how the board has placed "
     "its memory, 9 DIAGDN reads 0"},
};

static const CkptField state[] = {
    CKPT_UP_TO(DecCsr, control, CONTROL),
    CKPT_UP_TO(DecCsr, pending, PENDING),
    CKPT_FIELD(DecCsr, leds),
};

const DeviceClass dec_csr_class = {
    .name = "csr",
    .text = "KN02 control and status register",
    .regs = regs,
    .reg_count = ARRAY_LEN(regs),
    .span = 4,
    .read = csr_read,
    .write = csr_write,
    .reset = csr_reset,
    .destroy = csr_destroy,
    .state = state,
    .state_count = ARRAY_LEN(state),
};

Device *dec_csr_create(bool bank32m, Line irq, Line txdis)
{
    DecCsr *csr = alloc_zeroed(1, sizeof *csr);
    csr->device.cls = &dec_csr_class;
    csr->irq = irq;
    csr->txdis = txdis;
    csr->strapped = NVRAM | NRMOD | (bank32m ? (uint32_t)BNK32M : 0);
    return &csr->device;
}
