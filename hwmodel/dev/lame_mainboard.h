/* The mainboards of System/161: bus controller, interrupts, power. */
#ifndef SELKIRK_HWMODEL_DEV_LAME_MAINBOARD_H
#define SELKIRK_HWMODEL_DEV_LAME_MAINBOARD_H

#include "hwmodel/dev/lamebus.h"

extern const DeviceClass lame_mainboard_class;    /* System/161 2.x */
extern const DeviceClass lame_oldmainboard_class; /* 1.x */

typedef struct LameMainboardHost {
    void *ctx;
    Line bus_irq; /* of the processor: some slot interrupts */
    Line ipi;     /* the processor was sent an interrupt; not on the old one */
    void (*power_off)(void *ctx);
    /* The card in `slot` loses or gets power: to be reset. */
    void (*power)(void *ctx, unsigned slot, bool on);
    void (*warn)(void *ctx, const char *text);
} LameMainboardHost;

/* `ram` bytes, as RAMSZ tells. */
Device *lame_mainboard_create(bool old, uint32_t ram, EventQueue *events,
                              const LameMainboardHost *host);

/* Slot `number`, for the card that will be in it; the mainboard's to keep. */
LameSlot *lame_mainboard_slot(Device *mainboard, unsigned number);
/* There is a card now. */
void lame_mainboard_fill(Device *mainboard, unsigned number, LameId id);
bool lame_mainboard_is_filled(const Device *mainboard, unsigned number);

#endif
