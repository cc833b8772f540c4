/* QEMU as a child process.  The executable is a file in memory that the child
 * inherits, the blocks come back through a pipe. */
#define _GNU_SOURCE /* memfd_create, pipe2 */
#include "tests/random/qemu.h"

#include "base/bits.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static bool fail(Diag *diag, const char *what)
{
    return diag_error(diag, "%s: %s", what, strerror(errno));
}

/* A file with the executable, open for the child too; -1: errno tells. */
static int open_elf(const Image *image)
{
    int fd = memfd_create("random_programs", 0);
    if (fd < 0)
        return -1;
    if (!image_write_elf(image, fd)) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Starts QEMU on the open executable, its output going to `out`. */
static bool start(const char *qemu, int elf, int out, pid_t *pid, Diag *diag)
{
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", elf);
    char *args[] = {(char *)qemu, (char *)"-cpu", (char *)"24Kf", path, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    int error = posix_spawnp(pid, qemu, &actions, NULL, args, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error == 0 ||
           diag_error(diag,
                      "cannot run '%s': %s; install qemu-user, or name the "
                      "program with --qemu",
                      qemu, strerror(error));
}

/* Reads until the end, or until nothing has come for QEMU_SECONDS. */
static size_t collect(int in, uint8_t *bytes, size_t capacity, bool *timed_out)
{
    size_t size = 0;
    for (;;) {
        struct pollfd poll_in = {.fd = in, .events = POLLIN};
        int ready = poll(&poll_in, 1, 1000 * QEMU_SECONDS);
        if (ready < 0 && errno == EINTR)
            continue;
        *timed_out = ready == 0;
        if (ready <= 0)
            return size;
        uint8_t surplus;
        bool full = size == capacity;
        ssize_t done = full ? read(in, &surplus, 1)
                            : read(in, bytes + size, capacity - size);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return size;
        if (!full)
            size += (size_t)done;
    }
}

bool qemu_run(const char *qemu, const Image *image,
              uint32_t (*blocks)[BLOCK_WORDS], size_t capacity, QemuRun *run,
              Diag *diag)
{
    *run = (QemuRun){.blocks = 0};
    int elf = open_elf(image);
    if (elf < 0)
        return fail(diag, "cannot make the executable");
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) {
        close(elf);
        return fail(diag, "cannot make a pipe");
    }
    pid_t pid;
    bool started = start(qemu, elf, ends[1], &pid, diag);
    close(elf);
    close(ends[1]);
    if (started) {
        size_t bytes = collect(ends[0], (uint8_t *)blocks,
                               capacity * IMAGE_BLOCK_BYTES, &run->timed_out);
        if (run->timed_out)
            kill(pid, SIGKILL);
        while (waitpid(pid, &run->status, 0) < 0 && errno == EINTR)
            ;
        run->blocks = bytes / IMAGE_BLOCK_BYTES;
    }
    close(ends[0]);
    for (size_t i = 0; i < run->blocks; i++)
        for (size_t j = 0; j < BLOCK_WORDS; j++)
            blocks[i][j] = bits_load32(&blocks[i][j], image->big);
    return started;
}
