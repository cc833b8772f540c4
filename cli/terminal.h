/* The terminal that selkirk was started on, and signals.  Whatever ends the
 * program, the terminal gets the modes back that it had. */
#ifndef SELKIRK_CLI_TERMINAL_H
#define SELKIRK_CLI_TERMINAL_H

#include <stdbool.h>

/* Starts to catch signals.  SIGINT, SIGTERM and SIGHUP are only noted, for
 * terminal_signal(); the second one ends the program at once.  A stop
 * (SIGTSTP) is noted too and done by terminal_poll(). */
void terminal_init(void);
/* Gives the terminal its modes back and drops the signal handlers. */
void terminal_end(void);

/* The signal that asks the program to end, or 0. */
int terminal_signal(void);
/* Forgets a SIGINT, for those who take it as "back to the prompt".  False if
 * there was none or a stronger signal came. */
bool terminal_forget_interrupt(void);

/* To be called often: stops the program when it was asked to, and lets raw
 * mode be entered again after it was continued. */
void terminal_poll(void);

/* Puts the terminal of the standard input in raw mode, where each byte comes
 * as it is typed and no key is a signal.  False while the standard input is no
 * terminal, or one that another job has now. */
bool terminal_enter_raw(void);
void terminal_leave_raw(void);

/* Waits until the standard input can be read or has ended.  False if a signal
 * came instead, however early: one that terminal_signal() tells, or a stop. */
bool terminal_wait_input(void);

/* Ends the program by `signal`, as if it had never been caught. */
void terminal_die(int signal) __attribute__((noreturn));

#endif
