/* The machine's text screen on the host; see screen.h.
 *
 * On the terminal it takes the upper lines.  Below them is a region of its own
 * that scrolls (DECSTBM), for a serial console and what else is printed there.
 * The terminal's cursor stays in that region; the screen's is a place in
 * reverse.  A terminal that is too small shows no screen. */
#include "cli/screen.h"

#include "base/alloc.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    BELOW_MIN = 3, /* lines: a rule, and two to scroll */
    TEXT_MAX = 64,
};

struct Screen {
    const Machine *machine;
    HostConsole *console;
    bool live;        /* there is a terminal, which may be too small */
    bool drawn;       /* it had the screen to the end */
    bool dirty;       /* not all of `shown` is on the terminal */
    unsigned lines;   /* of the terminal; 0: the screen is not on it */
    unsigned columns; /* likewise */
    uint8_t *shown;   /* as BoardScreen.text */
    unsigned x, y;    /* the cursor that is shown */
    uint64_t changes;
};

Screen *screen_create(const Machine *machine, HostConsole *console,
                      bool terminal)
{
    Screen *s = alloc_zeroed(1, sizeof *s);
    BoardScreen view;
    s->machine = machine;
    s->console = console;
    if (machine_screen(machine, &view)) {
        const char *term = getenv("TERM");
        s->shown = alloc_zeroed((size_t)view.rows * view.columns, 1);
        s->live = terminal && isatty(STDOUT_FILENO) && term && *term &&
                  strcmp(term, "dumb") != 0;
    }
    return s;
}

void screen_destroy(Screen *s)
{
    if (!s)
        return;
    free(s->shown);
    free(s);
}

/* What a byte looks like.  A guest must not command the terminal. */
static char glyph(uint8_t byte)
{
    return byte == 0 ? ' ' : byte < 0x20 || byte > 0x7e ? '?' : (char)byte;
}

/* --- On the terminal ------------------------------------------------------ */

static void draw(Screen *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void draw(Screen *s, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list args;
    va_start(args, format);
    int size = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    hostconsole_draw(s->console, text, (size_t)size);
}

/* Gives the terminal the region that scrolls, if it is large enough, and again
 * when its size has changed. */
static void divide(Screen *s, const BoardScreen *view)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 ||
        size.ws_row < view->rows + BELOW_MIN || size.ws_col < view->columns)
        size = (struct winsize){.ws_row = 0};
    if (size.ws_row == s->lines && size.ws_col == s->columns)
        return;
    s->lines = size.ws_row;
    s->columns = size.ws_col;
    s->dirty = true;
    if (!s->lines) {
        draw(s, "\033[r");
        return;
    }
    draw(s, "\033[r\033[2J\033[%u;1H", view->rows + 1);
    for (unsigned i = 0; i < view->columns; i++)
        draw(s, "-");
    draw(s, "\033[%u;%ur\033[%u;1H", view->rows + 2, s->lines, view->rows + 2);
}

static void draw_row(Screen *s, const BoardScreen *view, unsigned row)
{
    draw(s, "\033[%u;1H", row + 1);
    for (unsigned i = 0; i < view->columns; i++) {
        char c = glyph(view->text[row * view->columns + i]);
        if (row == view->y && i == view->x)
            draw(s, "\033[7m%c\033[27m", c);
        else
            draw(s, "%c", c);
    }
}

void screen_show(Screen *s)
{
    BoardScreen view;
    if (!s->live || !machine_screen(s->machine, &view))
        return;
    divide(s, &view);
    if (!s->lines || (!s->dirty && view.changes == s->changes))
        return;
    draw(s, "\0337\033[?25l");
    for (unsigned row = 0; row < view.rows; row++) {
        size_t at = (size_t)row * view.columns;
        bool cursor = (row == view.y || row == s->y) &&
                      (view.x != s->x || view.y != s->y);
        if (s->dirty || cursor ||
            memcmp(s->shown + at, view.text + at, view.columns) != 0)
            draw_row(s, &view, row);
    }
    draw(s, "\0338\033[?25h");
    memcpy(s->shown, view.text, (size_t)view.rows * view.columns);
    s->x = view.x;
    s->y = view.y;
    s->changes = view.changes;
    s->dirty = false;
    hostconsole_flush(s->console);
}

/* --- The picture ---------------------------------------------------------- */

static void put_text(Screen *s, FILE *copy, const char *text)
{
    for (; *text; text++)
        if (!s->drawn)
            hostconsole_put(s->console, (uint8_t)*text);
        else if (copy)
            putc(*text, copy);
}

static void put_border(Screen *s, FILE *copy, const BoardScreen *view)
{
    put_text(s, copy, "+");
    for (unsigned i = 0; i < view->columns; i++)
        put_text(s, copy, "-");
    put_text(s, copy, "+\n");
}

static void put_picture(Screen *s, FILE *copy, const BoardScreen *view)
{
    char text[TEXT_MAX] = "cursor not shown\n";
    put_border(s, copy, view);
    for (unsigned row = 0; row < view->rows; row++) {
        put_text(s, copy, "|");
        for (unsigned i = 0; i < view->columns; i++)
            put_text(s, copy,
                     (char[]){glyph(view->text[row * view->columns + i]), 0});
        put_text(s, copy, "|\n");
    }
    put_border(s, copy, view);
    if (view->x < view->columns && view->y < view->rows)
        snprintf(text, sizeof text, "cursor at column %u, row %u\n", view->x,
                 view->y);
    put_text(s, copy, text);
}

void screen_end(Screen *s, FILE *copy)
{
    BoardScreen view;
    if (!machine_screen(s->machine, &view))
        return;
    screen_show(s);
    s->drawn = s->lines > 0;
    if (s->drawn)
        draw(s, "\033[r\033[%u;1H\n", s->lines);
    if (hostconsole_in_line(s->console))
        put_text(s, copy, "\n");
    put_picture(s, copy, &view);
}
