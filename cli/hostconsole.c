/* The guest's console on the host; see hostconsole.h.
 *
 * Output is collected while the machine runs and written between its slices;
 * input is read there, too.  How long a slice takes is the caller's care. */
#define _GNU_SOURCE /* posix_openpt() */
#include "cli/hostconsole.h"

#include "base/alloc.h"
#include "cli/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

enum {
    CTRL_A = 1,
    CHUNK = 4096,
    /* Bytes that may wait in the machine before a pipe is read again. */
    TYPED_MAX = CHUNK,
    /* What a pseudo-terminal keeps for whoever connects later. */
    BACKLOG_MAX = 1 << 16,
    INPUT_FILE_MAX = 16 << 20,
};

typedef enum Source {
    SOURCE_NONE,
    SOURCE_TERMINAL, /* the standard input, raw, with Ctrl-A commands */
    SOURCE_STREAM,   /* the standard input, a pipe or the like */
    SOURCE_FILE,     /* the standard input, a file: typed at once */
    SOURCE_PTY,
} Source;

struct HostConsole {
    Source source;
    bool typing;
    bool hint; /* to be shown when the terminal becomes ours */
    int in, out;
    bool owns_out;
    int error; /* errno of the write that failed, 0 while none did */
    FILE *copy;
    FILE *record;
    const char *record_path;

    uint8_t *pending; /* printed, not written yet */
    size_t pending_size, pending_capacity;
    uint8_t last; /* byte printed */

    bool escape;          /* Ctrl-A came */
    uint8_t typed[CHUNK]; /* bytes `first` to `size` are to be looked at */
    size_t first, size;
};

HostConsole *hostconsole_create(void)
{
    HostConsole *c = alloc_zeroed(1, sizeof *c);
    c->in = c->out = -1;
    c->last = '\n';
    return c;
}

/* --- Opening -------------------------------------------------------------- */

/* What the standard input is. */
static bool open_stdin(HostConsole *c, Diag *diag)
{
    struct stat st;
    c->in = STDIN_FILENO;
    if (isatty(STDIN_FILENO)) {
        c->source = SOURCE_TERMINAL;
    } else if (fstat(STDIN_FILENO, &st) < 0) {
        c->source = SOURCE_NONE; /* closed */
    } else if (S_ISREG(st.st_mode)) {
        if (st.st_size > INPUT_FILE_MAX)
            return diag_error(diag,
                              "the standard input is a file of more than %d "
                              "MB; give the guest a disk",
                              INPUT_FILE_MAX >> 20);
        c->source = SOURCE_FILE;
    } else {
        c->source = SOURCE_STREAM;
    }
    return true;
}

static bool open_pty(HostConsole *c, Diag *diag)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    c->in = c->out = master;
    c->owns_out = master >= 0;
    const char *name = NULL;
    if (master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0)
        name = ptsname(master);
    /* Opening and closing the other side shows from now on whether somebody is
     * there; its modes stay. */
    int slave = name ? open(name, O_RDWR | O_NOCTTY | O_CLOEXEC) : -1;
    struct termios modes;
    if (slave < 0 || tcgetattr(slave, &modes) < 0)
        return diag_error(diag,
                          "--console pty: cannot make a "
                          "pseudo-terminal: %s",
                          strerror(errno));
    cfmakeraw(&modes);
    tcsetattr(slave, TCSANOW, &modes);
    close(slave);
    c->source = SOURCE_PTY;
    fprintf(stderr, "selkirk: the console is %s\n", name);
    return true;
}

bool hostconsole_open(HostConsole *c, const HostConsoleConfig *config,
                      Diag *diag)
{
    c->typing = config->typing;
    c->hint = !config->quiet;
    if (strcmp(config->where, "pty") == 0) {
        if (!open_pty(c, diag))
            return false;
    } else if (strcmp(config->where, "stdio") == 0) {
        c->out = STDOUT_FILENO;
        if (!config->stdin_taken && !open_stdin(c, diag))
            return false;
    } else {
        int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
        c->out = open(config->where, flags, 0666);
        if (c->out < 0)
            return diag_error(diag, "--console %s: cannot write there: %s",
                              config->where, strerror(errno));
        c->owns_out = true;
    }
    if (!config->record)
        return true;
    c->record_path = config->record;
    c->record = fopen(config->record, "we");
    if (!c->record)
        return diag_error(diag, "--record %s: cannot write there: %s",
                          config->record, strerror(errno));
    fputs("# What came from outside, for --input.\n", c->record);
    return true;
}

/* Whether somebody has the other side of the pseudo-terminal open. */
static bool pty_is_connected(const HostConsole *c)
{
    struct pollfd p = {.fd = c->out, .events = POLLOUT};
    return poll(&p, 1, 0) >= 0 && !(p.revents & POLLHUP);
}

/* Closing our side throws away what the other has not read: gives it a second
 * to do so. */
static void drain_pty(const HostConsole *c)
{
    enum { TRIES = 100, TRY_MILLISECONDS = 10 };
    int unread = 1;
    int slave = open(ptsname(c->out), O_RDWR | O_NOCTTY | O_CLOEXEC);
    for (int i = 0; slave >= 0 && i < TRIES && unread > 0; i++) {
        poll(NULL, 0, TRY_MILLISECONDS);
        if (terminal_signal() || ioctl(slave, FIONREAD, &unread) < 0)
            break;
    }
    if (slave >= 0)
        close(slave);
}

bool hostconsole_close(HostConsole *c, Diag *diag)
{
    hostconsole_flush(c);
    if (c->source == SOURCE_PTY && pty_is_connected(c))
        drain_pty(c);
    if (c->owns_out && close(c->out) < 0 && !c->error)
        c->error = errno;
    c->owns_out = false;
    c->out = -1;
    bool record_ok = true;
    if (c->record) {
        record_ok = !ferror(c->record);
        record_ok = fclose(c->record) == 0 && record_ok;
        c->record = NULL;
    }
    if (c->error)
        return diag_error(diag, "cannot write the console's output: %s",
                          strerror(c->error));
    return record_ok ||
           diag_error(diag, "--record %s: cannot write it", c->record_path);
}

void hostconsole_destroy(HostConsole *c)
{
    if (!c)
        return;
    if (c->owns_out)
        close(c->out);
    if (c->record)
        fclose(c->record);
    free(c->pending);
    free(c);
}

/* --- Output --------------------------------------------------------------- */

static void append(HostConsole *c, uint8_t byte)
{
    if (c->pending_size == c->pending_capacity) {
        c->pending_capacity =
            c->pending_capacity ? 2 * c->pending_capacity : CHUNK;
        c->pending = alloc_resize(c->pending, c->pending_capacity, 1);
    }
    c->pending[c->pending_size++] = byte;
}

void hostconsole_put(void *console, uint8_t byte)
{
    HostConsole *c = console;
    c->last = byte;
    if (c->copy)
        putc_unlocked(byte, c->copy);
    append(c, byte);
}

void hostconsole_draw(HostConsole *c, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        append(c, (uint8_t)bytes[i]);
}

void hostconsole_copy(HostConsole *c, FILE *copy)
{
    c->copy = copy;
}

FILE *hostconsole_record(const HostConsole *c)
{
    return c->record;
}

bool hostconsole_pending(const HostConsole *c)
{
    return c->pending_size > 0;
}

bool hostconsole_failed(const HostConsole *c)
{
    return c->error != 0;
}

static void drop_pending(HostConsole *c, size_t count)
{
    c->pending_size -= count;
    if (c->pending_size > 0) /* else there may be no buffer at all */
        memmove(c->pending, c->pending + count, c->pending_size);
}

/* Waits until the output takes more.  False when the wait is not worth it. */
static bool wait_for_output(HostConsole *c)
{
    struct pollfd p = {.fd = c->out, .events = POLLOUT};
    for (;;) {
        int n = poll(&p, 1, 100);
        terminal_poll();
        if (terminal_signal())
            return false;
        if (n > 0)
            return !(p.revents & POLLHUP);
    }
}

void hostconsole_flush(HostConsole *c)
{
    size_t done = 0;
    if (c->source == SOURCE_PTY && !pty_is_connected(c)) {
        if (c->pending_size > BACKLOG_MAX)
            drop_pending(c, c->pending_size - BACKLOG_MAX);
        return;
    }
    while (done < c->pending_size && c->out >= 0 && !c->error) {
        ssize_t n = write(c->out, c->pending + done, c->pending_size - done);
        if (n > 0)
            done += (size_t)n;
        else if (n < 0 && errno == EAGAIN && wait_for_output(c))
            continue;
        else if (n < 0 && errno == EINTR && !terminal_signal())
            terminal_poll();
        else if (n < 0 && (errno == EAGAIN || errno == EINTR))
            break; /* the program is to end, or the pty was left */
        else
            c->error = n < 0 ? errno : EIO;
    }
    drop_pending(c, c->error ? c->pending_size : done);
}

bool hostconsole_is_typed(const HostConsole *c)
{
    return c->typing &&
           (c->source == SOURCE_TERMINAL || c->source == SOURCE_PTY);
}

bool hostconsole_shares(const HostConsole *c, int fd)
{
    struct stat a, b;
    return c->out == STDOUT_FILENO && isatty(fd) && isatty(c->out) &&
           fstat(fd, &a) == 0 && fstat(c->out, &b) == 0 &&
           a.st_rdev == b.st_rdev;
}

bool hostconsole_in_line(const HostConsole *c)
{
    return c->last != '\n';
}

void hostconsole_end_line(HostConsole *c)
{
    if (hostconsole_in_line(c) && c->out == STDOUT_FILENO && isatty(c->out)) {
        hostconsole_flush(c);
        if (!c->error && write(c->out, "\n", 1) < 0)
            c->error = errno;
        c->last = '\n';
    }
}

/* --- Input ---------------------------------------------------------------- */

static void type_bytes(HostConsole *c, Machine *m, const uint8_t *bytes,
                       size_t size)
{
    if (!c->typing || size == 0)
        return;
    if (c->record) {
        input_record(c->record, machine_cycles(m), bytes, size);
        fflush(c->record);
    }
    machine_type(m, bytes, size);
}

static void write_key_help(void)
{
    fputs("\nCtrl-A x   quit\n"
          "Ctrl-A c   open the monitor\n"
          "Ctrl-A a   send Ctrl-A to the guest (Ctrl-A Ctrl-A does, too)\n"
          "Ctrl-A h   show this help\n",
          stderr);
}

/* Looks at the bytes that came from the terminal, up to a command that the
 * caller has to see. */
static HostConsoleWish take_keys(HostConsole *c, Machine *m)
{
    while (c->first < c->size) {
        const uint8_t *at = c->typed + c->first;
        if (!c->escape) {
            const uint8_t *key = memchr(at, CTRL_A, c->size - c->first);
            size_t plain = key ? (size_t)(key - at) : c->size - c->first;
            type_bytes(c, m, at, plain);
            c->first += plain + (key != NULL);
            c->escape = key != NULL;
            continue;
        }
        c->escape = false;
        c->first++;
        switch (*at) {
        case 'x': return HOSTCONSOLE_QUIT;
        case 'c': return HOSTCONSOLE_MONITOR;
        case 'a':
        case CTRL_A: type_bytes(c, m, (const uint8_t[]){CTRL_A}, 1); break;
        default: write_key_help(); break;
        }
    }
    return HOSTCONSOLE_NONE;
}

/* Reads once if there is something.  The size is 0 if there is nothing. */
static void read_input(HostConsole *c)
{
    struct pollfd p = {.fd = c->in, .events = POLLIN};
    c->first = c->size = 0;
    if (poll(&p, 1, 0) <= 0)
        return;
    ssize_t n = read(c->in, c->typed, sizeof c->typed);
    if (n > 0)
        c->size = (size_t)n;
    else if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    else if (c->source != SOURCE_PTY) /* there, nobody is connected */
        c->source = SOURCE_NONE;      /* the end of the input */
}

HostConsoleWish hostconsole_poll(HostConsole *c, Machine *m)
{
    switch (c->source) {
    case SOURCE_NONE: return HOSTCONSOLE_NONE;
    case SOURCE_TERMINAL:
        if (!terminal_enter_raw())
            return HOSTCONSOLE_NONE;
        if (c->hint)
            fputs("selkirk: Ctrl-A x quits, Ctrl-A h helps\n", stderr);
        c->hint = false;
        if (c->first == c->size)
            read_input(c);
        return take_keys(c, m);
    case SOURCE_FILE:
        /* All of it at the first cycle, so that such a run repeats. */
        do {
            read_input(c);
            type_bytes(c, m, c->typed, c->size);
        } while (c->size);
        c->source = SOURCE_NONE;
        return HOSTCONSOLE_NONE;
    case SOURCE_STREAM:
    case SOURCE_PTY:
        if (machine_typed(m) >= TYPED_MAX)
            return HOSTCONSOLE_NONE;
        read_input(c);
        type_bytes(c, m, c->typed, c->size);
        return HOSTCONSOLE_NONE;
    }
    return HOSTCONSOLE_NONE;
}
