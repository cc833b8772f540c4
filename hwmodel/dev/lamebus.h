/* LAMEbus, the backplane of System/161 machines: 32 slots of 64 KB, and what
 * the cards in them have in common.  Source here and in the cards: System/161's
 * documents "LAMEbus" and "LAMEbus devices" (os161.org); docs/os161.md says
 * what was chosen where they are silent. */
#ifndef SELKIRK_HWMODEL_DEV_LAMEBUS_H
#define SELKIRK_HWMODEL_DEV_LAMEBUS_H

#include "hwmodel/dev/device.h"

#include <stdbool.h>

enum {
    LAMEBUS_BASE = 0x1fe00000, /* physical address of slot 0 */
    LAMEBUS_SLOTS = 32,
    LAMEBUS_SLOT_SIZE = 0x10000,
    LAMEBUS_CONTROLLER = 31, /* slot of the mainboard */
    LAMEBUS_BUFFER = 0x8000, /* where a card's transfer buffer begins */
    LAMEBUS_VENDOR = 1,      /* System/161's own cards */
};

/* A slot as its card sees it. */
typedef struct LameSlot {
    unsigned number;
    bool powered;
    Line irq;
    /* Tells the user that the guest misuses a card: one line, no newline. */
    void (*warn)(void *ctx, const char *text);
    void *ctx;
    uint64_t warnings; /* told, or no longer told */
} LameSlot;

/* What every card begins with. */
typedef struct LameCard {
    Device device;
    LameSlot *slot;
} LameCard;

/* A card's kind, as the mainboard reports it for its slot. */
typedef struct LameId {
    uint32_t device, revision;
} LameId;

/* DeviceClass.answers of all cards: a slot without power, and what the register
 * table does not have, is a bus error and a warning. */
bool lamebus_answers(Device *device, uint32_t offset, unsigned size,
                     bool write);

/* A warning about `slot`, with its number and the card's name in front.  After
 * some it falls silent: a guest must not fill the user's terminal. */
void lamebus_warn(LameCard *card, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Registers are 32 bits wide, big-endian.  What a narrow read finds in `word`,
 * and the word that a narrow write puts on the bus, zeros beside it. */
uint32_t lamebus_get_lanes(uint32_t word, uint32_t offset, unsigned size);
uint32_t lamebus_put_lanes(uint32_t value, uint32_t offset, unsigned size);

/* An access to a transfer buffer, `offset` within it. */
uint32_t lamebus_buffer_read(const uint8_t *buffer, uint32_t offset,
                             unsigned size);
void lamebus_buffer_write(uint8_t *buffer, uint32_t offset, unsigned size,
                          uint32_t value);

#endif
