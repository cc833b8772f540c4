/* The one device of the bare board: console, end of the run, counters,
 * interrupts. */
#ifndef SELKIRK_HWMODEL_DEV_BARE_IO_H
#define SELKIRK_HWMODEL_DEV_BARE_IO_H

#include "hwmodel/dev/device.h"

extern const DeviceClass bare_io_class;

enum { BARE_IO_INPUTS = 6 };

typedef struct BareIoHost {
    void *ctx;
    void (*put)(void *ctx, uint8_t byte);
    int (*get)(void *ctx); /* -1: no input now */
    uint64_t (*insns)(void *ctx);
    void (*mark)(void *ctx, uint32_t value);
    void (*exit)(void *ctx, uint32_t status);
    /* An exception that the program does not handle. */
    void (*fault)(void *ctx, uint32_t cause, uint32_t epc);
    Line irq[BARE_IO_INPUTS]; /* of the processor */
} BareIoHost;

/* Offsets of what the board's handler of exceptions writes. */
enum { BARE_IO_FAULT = 0x20, BARE_IO_FAULT_PC = 0x24 };

Device *bare_io_create(EventQueue *events, const BareIoHost *host);

#endif
