/* System/161's network card.  What goes on beyond its socket is the host's:
 * here, a cable may be plugged in, frames leave, and frames arrive. */
#ifndef SELKIRK_HWMODEL_DEV_LAME_NIC_H
#define SELKIRK_HWMODEL_DEV_LAME_NIC_H

#include "hwmodel/dev/lamebus.h"

extern const DeviceClass lame_nic_class;
extern const LameId lame_nic_id;

typedef struct LameNicHost {
    void *ctx;
    /* A frame leaves the card in `slot`, which has a carrier; net161.h says
     * what it looks like. */
    void (*send)(void *ctx, unsigned slot, const uint8_t *frame, size_t size);
} LameNicHost;

/* `address` is the card's own, from 1 to 0xfffe.  There is no carrier yet. */
Device *lame_nic_create(LameSlot *slot, EventQueue *events,
                        const LameNicHost *host, uint16_t address);

/* Whether there is a carrier, from now on. */
void lame_nic_set_carrier(Device *nic, bool carrier);
/* Bytes arrive, at the present cycle, which may be no frame at all. */
void lame_nic_receive(Device *nic, const void *bytes, size_t size);

#endif
