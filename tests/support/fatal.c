/* See fatal.h. */
#include "tests/support/fatal.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

bool is_fatal(void (*action)(void))
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        if (!freopen("/dev/null", "w", stderr))
            _exit(0);
        action();
        _exit(0);
    }
    int status;
    if (child < 0 || waitpid(child, &status, 0) != child) {
        perror("is_fatal");
        abort();
    }
    return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}
