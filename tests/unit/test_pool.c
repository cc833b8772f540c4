/* Unit tests of base/pool. */
#include "base/pool.h"

#include "base/alloc.h"
#include "base/bits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static bool is_filled(const unsigned char *p, size_t size, unsigned char value)
{
    for (size_t i = 0; i < size; i++)
        if (p[i] != value)
            return false;
    return true;
}

/* Of all sizes, given back and taken again: aligned, zeroed if that was asked
 * for, and nobody else's. */
static void test_take(void **state)
{
    (void)state;
    enum { COUNT = 3000, ROUNDS = 4 };
    static unsigned char *p[COUNT];
    static size_t size[COUNT];
    Pool *pool = pool_create();
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = round ? 1 : 0; i < COUNT; i += round ? 3 : 1) {
            size[i] = (size_t)(i * 37 + round * 64) % 3001 * (i % 40 ? 1 : 9);
            bool zeroed = i % 2;
            p[i] = zeroed ? pool_take_zeroed(pool, size[i])
                          : pool_take(pool, size[i]);
            assert_int_equal((uintptr_t)p[i] % POOL_ALIGN, 0);
            if (zeroed)
                assert_true(is_filled(p[i], size[i], 0));
            memset(p[i], (int)(i % 255) + 1, size[i]);
        }
        for (unsigned i = 0; i < COUNT; i++)
            assert_true(is_filled(p[i], size[i], (unsigned char)(i % 255 + 1)));
        for (unsigned i = 1; i < COUNT && round + 1 < ROUNDS; i += 3)
            pool_give(pool, p[i], size[i]);
    }
    for (unsigned i = 0; i < COUNT; i++)
        pool_give(pool, p[i], size[i]);
    pool_give(pool, NULL, 8);
    pool_destroy(pool);
    pool_destroy(NULL);
}

/* What was given back is used for what has as many lines. */
static void test_again(void **state)
{
    (void)state;
    Pool *pool = pool_create();
    void *first = pool_take(pool, 100), *other = pool_take(pool, 130);
    pool_give(pool, first, 100);
    void *larger = pool_take(pool, 129), *equal = pool_take(pool, 65);
    if (!alloc_is_guarded()) {
        assert_ptr_equal(equal, first);
        assert_ptr_not_equal(larger, first);
    }
    pool_give(pool, other, 130);
    pool_give(pool, larger, 129);
    pool_give(pool, equal, 65);
    pool_destroy(pool);
}

/* The longest of those that share chunks, in a chunk of its own. */
static void test_long(void **state)
{
    (void)state;
    enum { LONG = 16 << 10 };
    for (size_t size = LONG - POOL_ALIGN; size <= LONG + 1; size++) {
        Pool *pool = pool_create();
        unsigned char *p = pool_take_zeroed(pool, size);
        unsigned char *other = pool_take_zeroed(pool, size);
        memset(p, 1, size);
        assert_true(is_filled(other, size, 0));
        pool_give(pool, p, size);
        pool_give(pool, other, size);
        pool_destroy(pool);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_take),
        cmocka_unit_test(test_again),
        cmocka_unit_test(test_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
