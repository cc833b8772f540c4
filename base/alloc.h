/* Allocation that does not fail: running out of host memory ends the program
 * with one line, so that no caller carries an error path it cannot test.  Sizes
 * that come from input are checked against their limits before they get here.
 */
#ifndef SELKIRK_BASE_ALLOC_H
#define SELKIRK_BASE_ALLOC_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* Zeroed memory for `count` objects of `size` bytes; free() releases it. */
void *alloc_zeroed(size_t count, size_t size) __attribute__((malloc));

/* Zeroed memory of `size` bytes that is used at random places, as a guest's RAM
 * is: by large pages of the host where it has them and likes to give them
 * (madvise(2)), so that its own TLB misses less.  alloc_free_large() releases
 * it, which has to be told the size. */
void *alloc_large(size_t size);
void alloc_free_large(void *memory, size_t size);
/* Whether memory of that size is pages of its own, over which a file may be
 * mapped. */
bool alloc_large_is_mapped(size_t size);

/* Whole pages for `size` bytes, zeroed, which nothing else shares and
 * mprotect() may be told of; by large ones, too.  NULL, and errno: there is no
 * room. */
void *alloc_pages(size_t size);
void alloc_free_pages(void *memory, size_t size);

/* Has the host's kernel give all pages that lie within now, at once, which
 * takes it less time than one by one as they are met.  They are written soon.
 */
void alloc_populate(void *memory, size_t size);

/* `size` bytes, a multiple of `align`, which is a power of two, at a multiple
 * of it; free() releases them. */
void *alloc_aligned(size_t align, size_t size) __attribute__((malloc));

/* Whether a sanitizer looks after what malloc() gives, object by object. */
bool alloc_is_guarded(void);

/* realloc() of an array to `count` objects of `size` bytes. */
void *alloc_resize(void *array, size_t count, size_t size);

/* A copy of `text`; free() releases it. */
char *alloc_string(const char *text) __attribute__((malloc));

/* What printf() would write, as a text; free() releases it. */
char *alloc_format(const char *format, ...)
    __attribute__((malloc, format(printf, 1, 2)));
char *alloc_format_list(const char *format, va_list args)
    __attribute__((malloc, format(printf, 1, 0)));

#endif
