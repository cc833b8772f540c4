/* The monitor: looks at the machine between two instructions, and steps it. */
#ifndef SELKIRK_CLI_MONITOR_H
#define SELKIRK_CLI_MONITOR_H

#include "cli/hostconsole.h"
#include "morph/machine.h"

typedef struct Monitor Monitor;

typedef enum MonitorResult {
    MONITOR_CONTINUE,
    MONITOR_QUIT,    /* the user, or a signal, ends the run */
    MONITOR_STOPPED, /* a step ended the run: see `stop` */
} MonitorResult;

/* Commands come from the standard input, answers go to the standard output.
 * All arguments are borrowed; `limits` are those of the run. */
Monitor *monitor_create(Machine *machine, HostConsole *console,
                        const MachineLimits *limits);
void monitor_destroy(Monitor *monitor);

/* Reads and does commands until one leaves the monitor.  Leaves raw mode. */
MonitorResult monitor_enter(Monitor *monitor, MachineStop *stop);

#endif
