/* System/161's text screen card; see lame_screen.h. */
#include "hwmodel/dev/lame_screen.h"

#include "base/alloc.h"
#include "base/bits.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    CURSOR = 0x0,
    SIZE = 0x4,
    CHARACTER = 0x8,
    READ_IRQ = 0xc,
    MEMORY_SIZE = 0x8000,
    SIZE_VALUE = LAME_SCREEN_COLUMNS << 16 | LAME_SCREEN_ROWS,
};

const LameId lame_screen_id = {5, 1};

typedef struct Screen {
    LameCard card;
    LameKeyboard keyboard;
    uint32_t cursor; /* column in the high half, row in the low */
    uint8_t memory[MEMORY_SIZE];
    uint64_t writes, changes;
} Screen;

static void update_irq(LameCard *card)
{
    Screen *s = (Screen *)card;
    line_set(&card->slot->irq, lame_irq_asserts(s->keyboard.irq));
}

void lame_screen_wake(Device *device)
{
    assert(device->cls == &lame_screen_class);
    lame_keyboard_wake(&((Screen *)device)->keyboard);
}

LameScreenView lame_screen_view(const Device *device)
{
    assert(device->cls == &lame_screen_class);
    const Screen *s = (const Screen *)device;
    return (LameScreenView){.text = s->memory,
                            .x = s->cursor >> 16,
                            .y = s->cursor & 0xffff,
                            .changes = s->changes};
}

static uint32_t screen_read(Device *device, uint32_t offset, unsigned size)
{
    Screen *s = (Screen *)device;
    if (offset >= LAMEBUS_BUFFER)
        return lamebus_buffer_read(s->memory, offset - LAMEBUS_BUFFER, size);
    uint32_t word = 0;
    switch (offset & ~3u) {
    case CURSOR: word = s->cursor; break;
    case SIZE: word = SIZE_VALUE; break;
    case CHARACTER: word = s->keyboard.character; break;
    case READ_IRQ: word = s->keyboard.irq; break;
    }
    return lamebus_get_lanes(word, offset, size);
}

static void screen_write(Device *device, uint32_t offset, unsigned size,
                         uint32_t value)
{
    Screen *s = (Screen *)device;
    if (offset >= LAMEBUS_BUFFER) {
        s->writes++;
        s->changes++;
        lamebus_buffer_write(s->memory, offset - LAMEBUS_BUFFER, size, value);
        return;
    }
    value = lamebus_put_lanes(value, offset, size);
    switch (offset & ~3u) {
    case CURSOR:
        s->changes++;
        s->cursor = value;
        break;
    case READ_IRQ: lame_keyboard_write_irq(&s->keyboard, value); break;
    default:
        lamebus_warn(&s->card, "offset 0x%x is written, which is read-only",
                     offset);
        break;
    }
}

static void screen_reset(Device *device)
{
    Screen *s = (Screen *)device;
    s->cursor = 0;
    s->changes++;
    memset(s->memory, 0, sizeof s->memory);
    lame_keyboard_reset(&s->keyboard);
}

static void screen_destroy(Device *device)
{
    lame_keyboard_end(&((Screen *)device)->keyboard);
    free(device);
}

static const DeviceReg regs[] = {
    {CURSOR, 4, "CURSOR",
     "column in the high half, row in the low, from 0; beyond the screen, it "
     "is not shown"},
    {SIZE, 4, "SIZE", "columns and rows likewise: 80 and 25; read-only"},
    {CHARACTER, 4, "CHARACTER", "the last one typed; read-only"},
    {READ_IRQ, 4, "READ_IRQ",
     "bit 0: interrupt enable; bit 1: set when a character is there, and while "
     "it is, what is typed waits; bit 2: interrupt all the same"},
    {LAMEBUS_BUFFER, MEMORY_SIZE, "MEMORY",
     "a byte each place, row by row; what is beyond the last is not shown"},
};

static const StatRow stat_rows[] = {
    {"writes", "accesses", "to its memory that wrote",
     offsetof(Screen, writes)},
    {"received", "characters", "typed", offsetof(Screen, keyboard.received)},
};

/* It is another picture. */
static void screen_checkpoint(Device *device, Ckpt *ckpt)
{
    if (ckpt_loads(ckpt))
        ((Screen *)device)->changes++;
}

static const CkptField state[] = {
    CKPT_FIELD(Screen, cursor),
    CKPT_ARRAY(Screen, memory),
    CKPT_FIELD(Screen, keyboard.character),
    CKPT_FIELD(Screen, keyboard.irq),
    CKPT_BOOL(Screen, keyboard.idle),
};

static const DeviceEvent saved_events[] = {
    DEVICE_EVENT(Screen, keyboard.arrived),
};

const DeviceClass lame_screen_class = {
    .name = "screen",
    .text = "System/161's text screen",
    .regs = regs,
    .reg_count = ARRAY_LEN(regs),
    .span = LAMEBUS_SLOT_SIZE,
    .answers = lamebus_answers,
    .read = screen_read,
    .write = screen_write,
    .reset = screen_reset,
    .destroy = screen_destroy,
    .stats = stat_rows,
    .stat_count = ARRAY_LEN(stat_rows),
    .state = state,
    .state_count = ARRAY_LEN(state),
    .events = saved_events,
    .event_count = ARRAY_LEN(saved_events),
    .checkpoint = screen_checkpoint,
};

Device *lame_screen_create(LameSlot *slot, EventQueue *events,
                           const LameTerminal *terminal)
{
    Screen *s = alloc_zeroed(1, sizeof *s);
    s->card.device.cls = &lame_screen_class;
    s->card.slot = slot;
    lame_keyboard_init(&s->keyboard, &s->card, events, terminal, update_irq);
    return &s->card.device;
}
