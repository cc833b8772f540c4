/* System/161's text screen card: memory that is shown, and a keyboard. */
#ifndef SELKIRK_HWMODEL_DEV_LAME_SCREEN_H
#define SELKIRK_HWMODEL_DEV_LAME_SCREEN_H

#include "hwmodel/dev/lame_keyboard.h"

extern const DeviceClass lame_screen_class;
extern const LameId lame_screen_id;

enum { LAME_SCREEN_COLUMNS = 80, LAME_SCREEN_ROWS = 25 };

Device *lame_screen_create(LameSlot *slot, EventQueue *events,
                           const LameTerminal *terminal);

/* The terminal has something after it had nothing. */
void lame_screen_wake(Device *screen);

/* What it shows: row by row, a byte each; a cursor beyond them is not shown.
 * `changes` grows with every change. */
typedef struct LameScreenView {
    const uint8_t *text;
    unsigned x, y;
    uint64_t changes;
} LameScreenView;
LameScreenView lame_screen_view(const Device *screen);

#endif
