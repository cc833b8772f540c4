/* The machine's text screen, if it has one: on the terminal while it runs, or,
 * where the console's output is no terminal, as a picture of its end. */
#ifndef SELKIRK_CLI_SCREEN_H
#define SELKIRK_CLI_SCREEN_H

#include "cli/hostconsole.h"

typedef struct Screen Screen;

/* What is shown goes to the console's output; `terminal` says that this is the
 * standard output, which may be one.  Both must outlive the screen. */
Screen *screen_create(const Machine *machine, HostConsole *console,
                      bool terminal);
void screen_destroy(Screen *screen);

/* Shows what has changed.  Between slices. */
void screen_show(Screen *screen);
/* The run is over: gives the terminal back, or prints the picture.  `copy` gets
 * the picture in either case; NULL: there is none. */
void screen_end(Screen *screen, FILE *copy);

#endif
