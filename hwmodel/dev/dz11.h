/* The DC7085 serial line controller: four lines in the manner of the DZ11. */
#ifndef SELKIRK_HWMODEL_DEV_DZ11_H
#define SELKIRK_HWMODEL_DEV_DZ11_H

#include "hwmodel/dev/device.h"

extern const DeviceClass dz11_class;

enum { DZ11_CONSOLE_LINE = 3 };

/* What hangs on the console line. */
typedef struct Dz11Terminal {
    void *ctx;
    void (*put)(void *ctx, uint8_t byte);
    /* The next byte typed, or -1: then dz11_wake() follows when there is one.
     * Bytes are taken only when the receiver has room: none is lost. */
    int (*get)(void *ctx);
} Dz11Terminal;

/* `baud` is the speed of every line, at 10 bits a character, or 0: characters
 * pass at once. */
Device *dz11_create(EventQueue *events, unsigned baud,
                    const Dz11Terminal *console, Line irq);

void dz11_wake(Device *device);

/* Delivers at once what the transmitters still hold: time ends here. */
void dz11_drain(Device *device);

/* Cuts the output drivers off: the characters are lost. */
void dz11_disable_output(Device *device, bool disable);

#endif
