/* The control and status register of the DECstation 5000/200 (KN02). */
#ifndef SELKIRK_HWMODEL_DEV_DEC_CSR_H
#define SELKIRK_HWMODEL_DEV_DEC_CSR_H

#include "hwmodel/dev/device.h"

extern const DeviceClass dec_csr_class;

/* Interrupt inputs: bits of the pending and mask fields. */
enum {
    DEC_CSR_TC0 = 0,
    DEC_CSR_TC1 = 1,
    DEC_CSR_TC2 = 2,
    DEC_CSR_SCSI = 5,
    DEC_CSR_LANCE = 6,
    DEC_CSR_DZ = 7,
};

/* `bank32m` is how memory is strapped: banks of 32 MB rather than 8.  `irq` is
 * the interrupt to the processor, `txdis` cuts the serial lines' output off. */
Device *dec_csr_create(bool bank32m, Line irq, Line txdis);

/* An interrupt input changes; fits Line, with the device as `ctx`. */
void dec_csr_set_input(void *ctx, unsigned id, bool level);

#endif
