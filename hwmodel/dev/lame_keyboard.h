/* What System/161's serial and screen cards read characters with: one at a
 * time, from the terminal, into two registers of the card.  None is lost: a
 * character waits in the terminal for the time of a character, and until the
 * guest has acknowledged the one before. */
#ifndef SELKIRK_HWMODEL_DEV_LAME_KEYBOARD_H
#define SELKIRK_HWMODEL_DEV_LAME_KEYBOARD_H

#include "hwmodel/dev/lamebus.h"

enum {
    /* Bits of READ_IRQ, and of the serial card's WRITE_IRQ. */
    LAME_IRQ_ENABLE = 1,
    LAME_IRQ_COMPLETE = 2,
    LAME_IRQ_FORCE = 4,
    LAME_IRQ_BITS = 7,

    /* Characters: System/161's 19200 bit/s, made faster. */
    LAME_CHARACTERS_PER_SECOND = 48000,
};

typedef struct LameTerminal {
    void *ctx;
    /* The next byte typed, or -1; then lame_keyboard_wake() tells of the next.
     */
    int (*get)(void *ctx);
} LameTerminal;

/* A part of its card. */
typedef struct LameKeyboard {
    LameCard *card;
    EventQueue *events;
    LameTerminal terminal; /* without `get`, nothing is ever typed */
    void (*update_irq)(LameCard *card);
    uint8_t character; /* the last one typed */
    uint32_t irq;      /* READ_IRQ */
    bool idle;         /* the terminal had nothing, and will tell */
    Event arrived;
    uint64_t received;
} LameKeyboard;

/* `update_irq` is called whenever lame_irq_asserts(irq) may have changed. */
void lame_keyboard_init(LameKeyboard *keyboard, LameCard *card,
                        EventQueue *events, const LameTerminal *terminal,
                        void (*update_irq)(LameCard *card));
/* Of the card: without power, what is typed waits in the terminal. */
void lame_keyboard_reset(LameKeyboard *keyboard);
/* Before the card goes. */
void lame_keyboard_end(LameKeyboard *keyboard);

/* The terminal has something after it had nothing. */
void lame_keyboard_wake(LameKeyboard *keyboard);
/* A write to READ_IRQ. */
void lame_keyboard_write_irq(LameKeyboard *keyboard, uint32_t value);

/* Whether an IRQ register with these bits interrupts. */
static inline bool lame_irq_asserts(uint32_t irq)
{
    return irq & LAME_IRQ_ENABLE && irq & (LAME_IRQ_COMPLETE | LAME_IRQ_FORCE);
}

#endif
