/* What the programs of this folder stand on: the bare board with parts of a C
 * library that make no system call, or a PC. */
#ifndef SELKIRK_BENCH_CALIBRATION_PLATFORM_H
#define SELKIRK_BENCH_CALIBRATION_PLATFORM_H

#include <stdbool.h>
#include <stdint.h>

/* What is in the program (input.S): the regions, a warm file; settings of keys,
 * a word a line; how often the regions are translated. */
const char *platform_regions(void);
const char *platform_words(void);
uint32_t platform_passes(void);

/* As printf(); at most 1023 bytes at a time. */
void platform_print(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* The region of interest begins, or ends. */
void platform_mark(bool begins);

void platform_exit(int status) __attribute__((noreturn));

#endif
