/* Processes of this program that an experiment starts. */
#ifndef SELKIRK_CLI_EXP_PROCESS_H
#define SELKIRK_CLI_EXP_PROCESS_H

#include <sys/types.h>

/* Starts this program with the command line `command`, which ends with a NULL:
 * it reads nothing, says everything to `log`, and is killed when the present
 * process ends, however that does.  -1: errno. */
pid_t exp_process_start(char *const *command, int log);

#endif
