/* Allocation that does not fail; see alloc.h. */
#define _GNU_SOURCE /* vasprintf() */
#include "base/alloc.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Of x86-64 and most others; elsewhere it is an alignment. */
enum { LARGE_PAGE = 2 << 20 };

/* A sanitizer guards what malloc() gives, and nothing else. */
#if defined __SANITIZE_ADDRESS__
enum { SANITIZED = true };
#elif defined __has_feature
enum { SANITIZED = __has_feature(address_sanitizer) };
#else
enum { SANITIZED = false };
#endif

static void *check(void *p)
{
    if (!p) {
        fputs("selkirk: out of memory\n", stderr);
        abort();
    }
    return p;
}

void *alloc_zeroed(size_t count, size_t size)
{
    return check(calloc(count ? count : 1, size ? size : 1));
}

/* What is smaller has no large page. */
bool alloc_large_is_mapped(size_t size)
{
    return size >= LARGE_PAGE && !SANITIZED;
}

static size_t whole_pages(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (size + page - 1) / page * page;
}

void *alloc_pages(size_t size)
{
    size_t whole = whole_pages(size);
    char *at = mmap(NULL, whole + LARGE_PAGE, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
        return NULL;
    /* From the next multiple on; what is before and behind goes. */
    size_t before = -(uintptr_t)at % LARGE_PAGE;
    if (before)
        munmap(at, before);
    munmap(at + before + whole, LARGE_PAGE - before);
    madvise(at + before, whole, MADV_HUGEPAGE);
    return at + before;
}

void alloc_free_pages(void *memory, size_t size)
{
    munmap(memory, whole_pages(size));
}

void *alloc_large(size_t size)
{
    return alloc_large_is_mapped(size) ? check(alloc_pages(size))
                                       : alloc_zeroed(size, 1);
}

void alloc_free_large(void *memory, size_t size)
{
    if (alloc_large_is_mapped(size))
        alloc_free_pages(memory, size);
    else
        free(memory);
}

void alloc_populate(void *memory, size_t size)
{
#ifdef MADV_POPULATE_WRITE /* Linux 5.14; before that nothing is lost */
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t from = ((uintptr_t)memory + page - 1) / page * page;
    uintptr_t to = ((uintptr_t)memory + size) / page * page;
    if (from < to)
        madvise((void *)from, to - from, MADV_POPULATE_WRITE);
#else
    (void)memory, (void)size;
#endif
}

void *alloc_aligned(size_t align, size_t size)
{
    return check(aligned_alloc(align, size));
}

bool alloc_is_guarded(void)
{
    return SANITIZED;
}

void *alloc_resize(void *array, size_t count, size_t size)
{
    return check(reallocarray(array, count ? count : 1, size ? size : 1));
}

char *alloc_string(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(alloc_zeroed(size, 1), text, size);
}

char *alloc_format_list(const char *format, va_list args)
{
    char *text;
    return check(vasprintf(&text, format, args) < 0 ? NULL : text);
}

char *alloc_format(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = alloc_format_list(format, args);
    va_end(args);
    return text;
}
