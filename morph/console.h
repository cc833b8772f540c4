/* The machine's end of the console: what the guest prints is passed on and
 * watched for texts; what is typed waits here until the board takes it; input
 * scripts are played. */
#ifndef SELKIRK_MORPH_CONSOLE_H
#define SELKIRK_MORPH_CONSOLE_H

#include "base/ckpt.h"
#include "hwmodel/mem/events.h"
#include "morph/input.h"

typedef struct Console Console;

typedef struct ConsoleHooks {
    void *ctx;
    void (*put)(void *ctx, uint8_t byte); /* the guest printed */
    void (*wake)(void *ctx);              /* there is input now */
    void (*found)(void *ctx);             /* the text of console_until() */
    void (*reached)(void *ctx);           /* that of console_forward() */
    void (*region)(void *ctx);            /* that of console_region() */
    void (*marked)(void *ctx);            /* that of console_mark() */
    void (*checkpoint)(void *ctx); /* that of console_checkpoint_text() */
    /* Steps of a script that are not the console's: its network. */
    void (*network)(void *ctx, const InputStep *step);
} ConsoleHooks;

Console *console_create(EventQueue *events, const ConsoleHooks *hooks);
void console_destroy(Console *console);

/* Calls `found` when the guest has printed `text` (copied); NULL: never.  The
 * same text again changes nothing: what was printed of it still counts. */
void console_until(Console *console, const char *text);
/* Calls `reached` when the guest has printed `text` (copied), once. */
void console_forward(Console *console, const char *text);
/* Calls `region` when the guest has printed `text` (copied) from now on, once;
 * NULL: never. */
void console_region(Console *console, const char *text);
/* Calls `marked` when the guest has printed `text` (copied), once; `marked` may
 * name the next. */
void console_mark(Console *console, const char *text);
/* Calls `checkpoint` when the guest has printed `text` (copied) from now on,
 * once; NULL: never. */
void console_checkpoint_text(Console *console, const char *text);
/* Plays `script` (borrowed) from the present on. */
void console_play(Console *console, const InputScript *script);

void console_put(Console *console, uint8_t byte);
void console_type(Console *console, const void *bytes, size_t size);
/* The next byte typed, or -1. */
int console_get(Console *console);
/* Bytes typed that console_get() has not given yet. */
size_t console_typed(const Console *console);
/* Bytes that the guest has printed. */
uint64_t console_printed(const Console *console);

/* Saves or loads what is typed, how far the texts that are watched for have
 * come, and the script, in the present section.  Loading, texts and script are
 * those that were set: one that was not saved has not come at all, and another
 * script begins at the present. */
void console_checkpoint(Console *console, Ckpt *ckpt);

#endif
