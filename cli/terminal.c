/* The terminal and signals; see terminal.h.
 *
 * The state is static, against the rule of the house: a signal handler gets no
 * context, and there is one terminal and one set of handlers a process.
 * Handlers call nothing but what POSIX lists as async-signal-safe. */
#include "cli/terminal.h"

#include "base/bits.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/select.h>
#include <termios.h>
#include <unistd.h>

static struct {
    struct termios saved, raw; /* valid once `known` */
    bool known;
    volatile sig_atomic_t is_raw;
    volatile sig_atomic_t end;     /* the signal that asks to end */
    volatile sig_atomic_t stop;    /* SIGTSTP came */
    volatile sig_atomic_t resumed; /* SIGCONT came */
} terminal;

static void set_action(int sig, void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    sigemptyset(&action.sa_mask);
    sigaction(sig, &action, NULL);
}

/* Other jobs' terminals are not touched.  A terminal that does not control
 * this session has no jobs. */
static bool in_foreground(void)
{
    pid_t group = tcgetpgrp(STDIN_FILENO);
    return group < 0 || group == getpgrp();
}

void terminal_leave_raw(void)
{
    if (!terminal.is_raw)
        return;
    if (in_foreground())
        tcsetattr(STDIN_FILENO, TCSANOW, &terminal.saved);
    terminal.is_raw = 0;
}

bool terminal_enter_raw(void)
{
    if (terminal.is_raw)
        return true;
    if (!isatty(STDIN_FILENO) || !in_foreground())
        return false;
    if (!terminal.known) {
        if (tcgetattr(STDIN_FILENO, &terminal.saved) < 0)
            return false;
        terminal.known = true;
        terminal.raw = terminal.saved;
        cfmakeraw(&terminal.raw);
        /* Guests without a terminal driver print bare line feeds. */
        terminal.raw.c_oflag |= OPOST;
        terminal.raw.c_cc[VMIN] = 1;
        terminal.raw.c_cc[VTIME] = 0;
    }
    terminal.is_raw = 1;
    tcsetattr(STDIN_FILENO, TCSANOW, &terminal.raw);
    return true;
}

static void on_end(int sig)
{
    if (terminal.end && sig == terminal.end) {
        terminal_leave_raw();
        set_action(sig, SIG_DFL, 0);
        raise(sig); /* delivered when this handler returns */
        return;
    }
    if (!terminal.end || terminal.end == SIGINT)
        terminal.end = sig;
}

static void on_stop(int sig)
{
    (void)sig;
    terminal.stop = 1;
}

static void on_resume(int sig)
{
    (void)sig;
    terminal.resumed = 1;
}

/* A bug of ours, such as an assertion that fails.  The default action comes
 * after the handler (SA_RESETHAND). */
static void on_crash(int sig)
{
    terminal_leave_raw();
    raise(sig);
}

static const int end_signals[] = {SIGINT, SIGTERM, SIGHUP};
static const int crash_signals[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV};

void terminal_init(void)
{
    /* Without SA_RESTART: a wait for input or output ends when one comes. */
    for (size_t i = 0; i < ARRAY_LEN(end_signals); i++) {
        struct sigaction old;
        sigaction(end_signals[i], NULL, &old);
        /* nohup and background jobs of scripts ignore some of them. */
        if (old.sa_handler != SIG_IGN)
            set_action(end_signals[i], on_end, 0);
    }
    for (size_t i = 0; i < ARRAY_LEN(crash_signals); i++) {
        struct sigaction old;
        sigaction(crash_signals[i], NULL, &old);
        /* A sanitizer's own handler says more. */
        if (old.sa_handler == SIG_DFL)
            set_action(crash_signals[i], on_crash, SA_RESETHAND);
    }
    set_action(SIGTSTP, on_stop, 0);
    set_action(SIGCONT, on_resume, 0);
    /* Failing writes are reported, and a background job may restore modes. */
    set_action(SIGPIPE, SIG_IGN, 0);
    set_action(SIGTTOU, SIG_IGN, 0);
    atexit(terminal_leave_raw);
}

void terminal_end(void)
{
    terminal_leave_raw();
    for (size_t i = 0; i < ARRAY_LEN(end_signals); i++)
        set_action(end_signals[i], SIG_DFL, 0);
    set_action(SIGTSTP, SIG_DFL, 0);
    set_action(SIGCONT, SIG_DFL, 0);
}

int terminal_signal(void)
{
    return terminal.end;
}

bool terminal_forget_interrupt(void)
{
    if (terminal.end != SIGINT)
        return false;
    terminal.end = 0;
    return true;
}

void terminal_poll(void)
{
    if (terminal.stop) {
        terminal.stop = 0;
        terminal_leave_raw();
        raise(SIGSTOP);
    }
    if (terminal.resumed) {
        /* The shell has set its own modes since: set ours again. */
        terminal.resumed = 0;
        terminal.is_raw = 0;
    }
}

bool terminal_wait_input(void)
{
    /* Signals come only while pselect() waits, so that none is missed between
     * the look at what was noted and the wait. */
    sigset_t caught, before;
    sigemptyset(&caught);
    for (size_t i = 0; i < ARRAY_LEN(end_signals); i++)
        sigaddset(&caught, end_signals[i]);
    sigaddset(&caught, SIGTSTP);
    sigaddset(&caught, SIGCONT);
    sigprocmask(SIG_BLOCK, &caught, &before);
    bool ready = false;
    if (!terminal.end && !terminal.stop && !terminal.resumed) {
        fd_set input;
        FD_ZERO(&input);
        FD_SET(STDIN_FILENO, &input);
        ready =
            pselect(STDIN_FILENO + 1, &input, NULL, NULL, NULL, &before) > 0;
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return ready;
}

void terminal_die(int sig)
{
    terminal_end();
    set_action(sig, SIG_DFL, 0);
    raise(sig);
    _exit(128 + sig); /* the signal is blocked */
}
