/* System/161's serial console card. */
#ifndef SELKIRK_HWMODEL_DEV_LAME_SERIAL_H
#define SELKIRK_HWMODEL_DEV_LAME_SERIAL_H

#include "hwmodel/dev/lame_keyboard.h"

extern const DeviceClass lame_serial_class;
extern const LameId lame_serial_id;

typedef struct LameSerialTerminal {
    LameTerminal keyboard;
    void (*put)(void *ctx, uint8_t byte); /* `ctx` is the keyboard's */
} LameSerialTerminal;

Device *lame_serial_create(LameSlot *slot, EventQueue *events,
                           const LameSerialTerminal *terminal);

/* The terminal has something after it had nothing. */
void lame_serial_wake(Device *serial);
/* Prints the character that is under way now: the machine goes off. */
void lame_serial_drain(Device *serial);

#endif
