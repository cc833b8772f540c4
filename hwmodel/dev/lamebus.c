/* What the cards on the LAMEbus have in common; see lamebus.h. */
#include "hwmodel/dev/lamebus.h"

#include "base/bits.h"

#include <stdarg.h>
#include <stdio.h>

enum { WARNINGS_MAX = 16, WARNING_SIZE = 200 };

void lamebus_warn(LameCard *card, const char *format, ...)
{
    LameSlot *slot = card->slot;
    slot->warnings++;
    if (!slot->warn || slot->warnings > WARNINGS_MAX)
        return;
    char text[WARNING_SIZE];
    int n = snprintf(text, sizeof text,
                     "%s in slot %u: ", card->device.cls->name, slot->number);
    va_list args;
    va_start(args, format);
    vsnprintf(text + n, sizeof text - (size_t)n, format, args);
    va_end(args);
    slot->warn(slot->ctx, text);
    if (slot->warnings < WARNINGS_MAX)
        return;
    snprintf(text, sizeof text,
             "%s in slot %u: more of its warnings are not shown",
             card->device.cls->name, slot->number);
    slot->warn(slot->ctx, text);
}

bool lamebus_answers(Device *device, uint32_t offset, unsigned size, bool write)
{
    (void)size;
    LameCard *card = (LameCard *)device;
    const char *verb = write ? "written" : "read";
    if (!card->slot->powered)
        lamebus_warn(card, "offset 0x%x is %s, but the slot has no power",
                     offset, verb);
    else if (!device_reg(device->cls, offset))
        lamebus_warn(card, "offset 0x%x is %s, where no register is", offset,
                     verb);
    else
        return true;
    return false;
}

/* Bits below the part of a word that an access reaches. */
static unsigned lane_shift(uint32_t offset, unsigned size)
{
    return 8 * (4 - size - (offset & 3));
}

uint32_t lamebus_get_lanes(uint32_t word, uint32_t offset, unsigned size)
{
    return word >> lane_shift(offset, size);
}

uint32_t lamebus_put_lanes(uint32_t value, uint32_t offset, unsigned size)
{
    return value << lane_shift(offset, size);
}

uint32_t lamebus_buffer_read(const uint8_t *buffer, uint32_t offset,
                             unsigned size)
{
    const uint8_t *p = buffer + offset;
    return size == 1   ? *p
           : size == 2 ? bits_load16(p, true)
                       : bits_load32(p, true);
}

void lamebus_buffer_write(uint8_t *buffer, uint32_t offset, unsigned size,
                          uint32_t value)
{
    uint8_t *p = buffer + offset;
    if (size == 1)
        *p = (uint8_t)value;
    else if (size == 2)
        bits_store16(p, value, true);
    else
        bits_store32(p, value, true);
}
