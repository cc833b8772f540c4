/* The bus error registers of the DECstation 5000/200 (KN02). */
#ifndef SELKIRK_HWMODEL_DEV_DEC_ERR_H
#define SELKIRK_HWMODEL_DEV_DEC_ERR_H

#include "hwmodel/dev/device.h"

extern const DeviceClass dec_err_class;

/* `irq` is the interrupt to the processor: high while an error is latched. */
Device *dec_err_create(Line irq);

/* The processor accessed `pa` and nothing answered.  The first error stays
 * until the guest clears it; later ones are lost, as on the hardware. */
void dec_err_latch(Device *device, uint32_t pa, bool write);

#endif
