/* The bare board, or a PC; see platform.h.  On the board memory is an array
 * from which pieces are taken and never come back: the translator keeps its own
 * in arenas, so that only the reading of the input leaves any. */
#include "bench/calibration/platform.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

extern const char calibrate_regions[], calibrate_words[]; /* input.S */
extern const uint32_t calibrate_passes;

const char *platform_regions(void)
{
    return calibrate_regions;
}

const char *platform_words(void)
{
    return calibrate_words;
}

uint32_t platform_passes(void)
{
    return calibrate_passes;
}

#ifdef CALIBRATE_NATIVE

void platform_print(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
}

void platform_mark(bool begins)
{
    (void)begins;
}

void platform_exit(int status)
{
    exit(status);
}

#else

/* docs/boards.md */
enum { CONSOLE = 0xb0000000, EXIT = 0xb0000010, MARK = 0xb0000110 };

static void write_device(uintptr_t address, uint32_t value)
{
    *(volatile uint32_t *)address = value;
}

void platform_print(const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (const char *p = text; *p; p++)
        write_device(CONSOLE, (uint8_t)*p);
}

void platform_mark(bool begins)
{
    write_device(MARK, begins);
}

void platform_exit(int status)
{
    write_device(EXIT, (uint32_t)status);
    for (;;)
        ;
}

/* --- Of the C library, what would ask a system ---------------------------- */

/* Before each piece of memory that is given out stands its size. */
enum { HEAP = 96 << 20, ALIGN = 16 };

static struct {
    _Alignas(ALIGN) unsigned char bytes[HEAP];
    size_t used;
} heap;

void *malloc(size_t size)
{
    if (size > HEAP || heap.used + size + 2 * ALIGN > HEAP)
        platform_exit(3);
    unsigned char *p = heap.bytes + heap.used + ALIGN;
    memcpy(p - sizeof size, &size, sizeof size);
    heap.used += (ALIGN + size + ALIGN - 1) / ALIGN * ALIGN;
    return p;
}

/* The array is fresh: all zero. */
void *calloc(size_t count, size_t size)
{
    return malloc(count * size);
}

void *realloc(void *old, size_t size)
{
    void *p = malloc(size);
    size_t had = 0;
    if (old) {
        memcpy(&had, (unsigned char *)old - sizeof had, sizeof had);
        memcpy(p, old, had < size ? had : size);
    }
    return p;
}

void *reallocarray(void *old, size_t count, size_t size)
{
    return realloc(old, count * size);
}

void free(void *memory)
{
    (void)memory;
}

void *aligned_alloc(size_t align, size_t size)
{
    uintptr_t at = (uintptr_t)malloc(size + align);
    return (void *)((at + align - 1) & ~(uintptr_t)(align - 1));
}

/* Nothing comes of advice here. */
int madvise(void *memory, size_t size, int advice)
{
    (void)memory, (void)size, (void)advice;
    return 0;
}

/* musl's is in its thread's memory, and here is no thread; its own functions
 * know it by the other name. */
int *__errno_location(void);
int *___errno_location(void);

int *__errno_location(void)
{
    static int number;

    return &number;
}

int *___errno_location(void)
{
    return __errno_location();
}

void abort(void)
{
    platform_exit(4);
}

#endif
