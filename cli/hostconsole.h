/* The guest's console on the host: where its output goes, and what is typed at
 * it, on the terminal, from a pipe, or through a pseudo-terminal. */
#ifndef SELKIRK_CLI_HOSTCONSOLE_H
#define SELKIRK_CLI_HOSTCONSOLE_H

#include "morph/machine.h"

#include <stdio.h>

typedef struct HostConsole HostConsole;

typedef struct HostConsoleConfig {
    const char *where;  /* "stdio", "pty", or a file for the output */
    const char *record; /* file that takes what is typed, or NULL */
    bool typing;        /* what comes in is typed; else only Ctrl-A acts */
    bool stdin_taken;   /* the standard input is somebody else's */
    bool quiet;         /* no hint how to leave */
} HostConsoleConfig;

typedef enum HostConsoleWish {
    HOSTCONSOLE_NONE,
    HOSTCONSOLE_QUIT,    /* Ctrl-A x */
    HOSTCONSOLE_MONITOR, /* Ctrl-A c */
} HostConsoleWish;

/* A console that keeps what the guest prints until hostconsole_open(). */
HostConsole *hostconsole_create(void);
bool hostconsole_open(HostConsole *console, const HostConsoleConfig *config,
                      Diag *diag);
/* Writes what is left.  False with a Diag if some output, or the record, could
 * not be written. */
bool hostconsole_close(HostConsole *console, Diag *diag);
void hostconsole_destroy(HostConsole *console);

/* Takes a byte from the guest; `console` is the HostConsole. */
void hostconsole_put(void *console, uint8_t byte);
/* Bytes for the output that are not the guest's: they are not copied. */
void hostconsole_draw(HostConsole *console, const char *bytes, size_t size);
/* All bytes are given to `copy` too from now on; NULL ends that. */
void hostconsole_copy(HostConsole *console, FILE *copy);

/* The record that was asked for, for what else comes from outside; or NULL. */
FILE *hostconsole_record(const HostConsole *console);

/* Whether bytes wait to be written; writes them.  Never fails at once:
 * hostconsole_failed() tells. */
bool hostconsole_pending(const HostConsole *console);
void hostconsole_flush(HostConsole *console);
bool hostconsole_failed(const HostConsole *console);

/* Types what has come in since, at the machine's present cycle. */
HostConsoleWish hostconsole_poll(HostConsole *console, Machine *machine);

/* Whether a person may type: there is a terminal. */
bool hostconsole_is_typed(const HostConsole *console);

/* Whether the console's output goes to the terminal that `fd` is. */
bool hostconsole_shares(const HostConsole *console, int fd);
/* Whether the guest has left a line open there, such as a prompt. */
bool hostconsole_in_line(const HostConsole *console);
/* Ends the line that the guest left open on the standard output. */
void hostconsole_end_line(HostConsole *console);

#endif
