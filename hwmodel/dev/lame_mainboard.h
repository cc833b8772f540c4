/* The mainboards of System/161: bus controller, interrupts, power. */
#ifndef SELKIRK_HWMODEL_DEV_LAME_MAINBOARD_H
#define SELKIRK_HWMODEL_DEV_LAME_MAINBOARD_H

#include "hwmodel/dev/lamebus.h"

extern const DeviceClass lame_mainboard_class;    /* System/161 2.x */
extern const DeviceClass lame_oldmainboard_class; /* 1.x */

enum { LAME_CPUS_MAX = 32 };

/* What a processor begins with, by its CRAM. */
typedef struct LameCpuStart {
    uint32_t pc;
    uint32_t stack; /* physical address of CRAM's end */
    uint32_t argument;
} LameCpuStart;

typedef struct LameMainboardConfig {
    bool old;
    uint32_t ram;  /* bytes, as RAMSZ tells */
    unsigned cpus; /* 1 of an old one */
} LameMainboardConfig;

/* The last three are the new mainboard's alone. */
typedef struct LameMainboardHost {
    void *ctx;
    Line bus_irq[LAME_CPUS_MAX]; /* by processor: some slot interrupts it */
    Line ipi[LAME_CPUS_MAX]; /* it was sent an interrupt; not on the old one */
    void (*power_off)(void *ctx);
    /* The card in `slot` loses or gets power: to be reset. */
    void (*power)(void *ctx, unsigned slot, bool on);
    void (*warn)(void *ctx, const char *text);
    /* The processor whose access it is. */
    unsigned (*processor)(void *ctx);
    /* Processor `cpu` is on from now on, or off. */
    void (*begin)(void *ctx, unsigned cpu, const LameCpuStart *start);
    void (*end)(void *ctx, unsigned cpu);
} LameMainboardHost;

Device *lame_mainboard_create(const LameMainboardConfig *config,
                              EventQueue *events,
                              const LameMainboardHost *host);

/* Slot `number`, for the card that will be in it; the mainboard's to keep. */
LameSlot *lame_mainboard_slot(Device *mainboard, unsigned number);
/* There is a card now. */
void lame_mainboard_fill(Device *mainboard, unsigned number, LameId id);
bool lame_mainboard_is_filled(const Device *mainboard, unsigned number);

#endif
