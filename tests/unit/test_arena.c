/* Unit tests of base/arena. */
#include "base/arena.h"
#include "base/bits.h"
#include "tests/support/fatal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static bool is_filled(const unsigned char *p, size_t size, unsigned char value)
{
    for (size_t i = 0; i < size; i++)
        if (p[i] != value)
            return false;
    return true;
}

/* Of all sizes: zeroed, aligned, and nobody else's, also after a reset. */
static void test_alloc(void **state)
{
    (void)state;
    enum { COUNT = 600, ROUNDS = 3 };
    static unsigned char *p[COUNT];
    static size_t size[COUNT];
    Arena *arena = arena_create();
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < COUNT; i++) {
            size[i] = (size_t)(i * 37 + round * 11) % 701 * (i % 50 ? 1 : 1000);
            p[i] = arena_alloc(arena, size[i], 1);
            assert_int_equal((uintptr_t)p[i] % _Alignof(max_align_t), 0);
            assert_true(is_filled(p[i], size[i], 0));
            memset(p[i], (int)(i % 255) + 1, size[i]);
        }
        for (unsigned i = 0; i < COUNT; i++)
            assert_true(is_filled(p[i], size[i], (unsigned char)(i % 255 + 1)));
        arena_reset(arena);
    }
    arena_destroy(arena);
    arena_destroy(NULL);
}

/* What a reset keeps is used again: the same allocations, the same places. */
static void test_reset_keeps(void **state)
{
    (void)state;
    Arena *arena = arena_create();
    arena_reset(arena);
    void *first[40];
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < ARRAY_LEN(first); i++) {
            void *p = arena_alloc(arena, 1000 + i, 4);
            if (round == 0)
                first[i] = p;
            assert_ptr_equal(p, first[i]);
        }
        arena_reset(arena);
    }
    arena_destroy(arena);
}

static void test_grow(void **state)
{
    (void)state;
    Arena *arena = arena_create();
    size_t count = 0;
    uint32_t *a = NULL, *b = NULL;
    /* Two that grow in turn must not meet; one that is alone stays. */
    for (size_t more = 1; more < 100000; more = more * 3 / 2 + 1) {
        a = arena_grow(arena, a, count, more, sizeof *a);
        b = arena_grow(arena, b, count, more, sizeof *b);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(a[i], i);
            assert_int_equal(b[i], ~(uint32_t)i);
        }
        for (size_t i = count; i < more; i++) {
            assert_int_equal(a[i], 0);
            assert_int_equal(b[i], 0);
            a[i] = (uint32_t)i;
            b[i] = ~(uint32_t)i;
        }
        count = more;
    }
    assert_ptr_equal(arena_grow(arena, a, count, count, sizeof *a), a);
    assert_ptr_equal(arena_grow(arena, a, count, count - 1, sizeof *a), a);
    arena_reset(arena);
    unsigned char *alone = arena_alloc(arena, 3, 1);
    memset(alone, 1, 3);
    assert_ptr_equal(arena_grow(arena, alone, 3, 1000, 1), alone);
    assert_true(is_filled(alone, 3, 1));
    assert_true(is_filled(alone + 3, 997, 0));
    unsigned char *next = arena_alloc(arena, 1, 1);
    assert_true(next >= alone + 1000);
    arena_destroy(arena);
}

/* What is not cleared lies between what is, and meets none of it. */
static void test_raw(void **state)
{
    (void)state;
    Arena *arena = arena_create();
    for (unsigned round = 0; round < 2; round++) {
        unsigned char *before = arena_alloc(arena, 100, 1);
        unsigned char *raw = arena_alloc_raw(arena, 1000, 3);
        unsigned char *after = arena_alloc(arena, 100, 1);
        assert_int_equal((uintptr_t)raw % 16, 0);
        memset(raw, 0xff, 3000);
        assert_true(is_filled(before, 100, 0));
        assert_true(is_filled(after, 100, 0));
        unsigned char *grown = arena_grow(arena, raw, 3000, 5000, 1);
        assert_true(is_filled(grown, 3000, 0xff));
        assert_true(is_filled(grown + 3000, 2000, 0));
        memset(after, 0xff, 100);
        arena_reset(arena);
    }
    arena_destroy(arena);
}

static void allocate_wrapped(void)
{
    arena_alloc(arena_create(), SIZE_MAX / 2 + 2, 2);
}

static void allocate_rounded(void)
{
    arena_alloc(arena_create(), SIZE_MAX - 3, 1);
}

static void allocate_too_much(void)
{
    arena_alloc(arena_create(), 1, (size_t)PTRDIFF_MAX + 1);
}

static void allocate_much(void)
{
    arena_alloc(arena_create(), 1000, 1000);
}

/* Sizes that do not fit are refused; they do not wrap to small ones. */
static void test_overflow(void **state)
{
    (void)state;
    assert_true(is_fatal(allocate_wrapped));
    assert_true(is_fatal(allocate_rounded));
    assert_true(is_fatal(allocate_too_much));
    assert_false(is_fatal(allocate_much));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alloc),    cmocka_unit_test(test_reset_keeps),
        cmocka_unit_test(test_grow),     cmocka_unit_test(test_raw),
        cmocka_unit_test(test_overflow),
    };
    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
