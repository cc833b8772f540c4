/* Running an image under QEMU's user-mode emulator. */
#ifndef SELKIRK_TESTS_RANDOM_QEMU_H
#define SELKIRK_TESTS_RANDOM_QEMU_H

#include "base/diag.h"
#include "tests/random/image.h"

/* How it ended. */
typedef struct QemuRun {
    size_t blocks;  /* that were written, each whole */
    bool timed_out; /* wrote nothing for QEMU_SECONDS, and was killed */
    int status;     /* of waitpid() */
} QemuRun;

enum { QEMU_SECONDS = 30 };

/* Runs the image with the program `qemu` (looked for in PATH) and collects up
 * to `capacity` blocks of guest words, one for each program in turn.  False
 * and a Diag if it cannot be started. */
bool qemu_run(const char *qemu, const Image *image,
              uint32_t (*blocks)[BLOCK_WORDS], size_t capacity, QemuRun *run,
              Diag *diag);

#endif
