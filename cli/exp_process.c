/* Starting this program again; see exp_process.h. */
#include "cli/exp_process.h"

#include "cli/options.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* In the new process, which becomes the other one. */
__attribute__((noreturn)) static void become(char *const *command, int log,
                                             pid_t parent)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    int input = open("/dev/null", O_RDONLY);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent ||
        input < 0 || dup2(input, STDIN_FILENO) < 0 ||
        dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0)
        _exit(STATUS_HOST);
    execv("/proc/self/exe", command);
    fprintf(stderr, "selkirk: cannot start itself: %s\n", strerror(errno));
    fflush(stderr);
    _exit(STATUS_HOST);
}

pid_t exp_process_start(char *const *command, int log)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        become(command, log, parent);
    return pid;
}
