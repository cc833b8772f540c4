/* Unit tests of base/estimate: against numbers worked out by hand. */
#include "base/estimate.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_near(double value, double wanted)
{
    if (fabs(value - wanted) > 1e-6 * fabs(wanted))
        fail_msg("%.9g, not %.9g", value, wanted);
}

/* Tables of Student's t, two-sided, 95 %. */
static void test_quantile(void **state)
{
    (void)state;
    assert_near(estimate_quantile(2), 12.7062);
    assert_near(estimate_quantile(3), 4.3027);
    assert_near(estimate_quantile(11), 2.2281);
    assert_near(estimate_quantile(29), 2.0484);
    assert_near(estimate_quantile(30), 1.96);
    assert_near(estimate_quantile(1000), 1.96);
}

/* The ratio is 1.3, the residuals -3, -1, 1, 3: their variance is 20 / 3, a
 * tenth of the whole is known, and t with 3 degrees of freedom 3.1824. */
static void test_ratio(void **state)
{
    (void)state;
    const uint64_t values[] = {10, 12, 14, 16}, sizes[] = {10, 10, 10, 10};
    Estimate e = estimate_ratio(values, sizes, 4, 400);
    assert_near(e.total, 520);
    assert_near(e.half, 3.1824 * sqrt(0.9 * 20 / 3 / 4) * 40);
}

/* Units differ in size; those here are the whole. */
static void test_whole(void **state)
{
    (void)state;
    const uint64_t values[] = {10, 60}, sizes[] = {10, 30};
    Estimate e = estimate_ratio(values, sizes, 2, 40);
    assert_near(e.total, 70);
    assert_true(e.half == 0);
    e = estimate_ratio(values, sizes, 2, 400);
    assert_near(e.total, 700);
    /* Residuals are 10 - 17.5 and 60 - 52.5. */
    assert_near(e.half, 12.7062 * sqrt(0.9 * 112.5 / 2) * 20);
}

/* The same in all units leaves no doubt, nothing to count none either. */
static void test_constant(void **state)
{
    (void)state;
    const uint64_t values[] = {20, 40, 60}, sizes[] = {10, 20, 30};
    const uint64_t nothing[] = {0, 0, 0};
    Estimate e = estimate_ratio(values, sizes, 3, 1000);
    assert_near(e.total, 2000);
    assert_true(e.half == 0);
    e = estimate_ratio(nothing, sizes, 3, 1000);
    assert_true(e.total == 0 && e.half == 0);
}

static void test_weighted(void **state)
{
    (void)state;
    const uint64_t values[] = {10, 30}, sizes[] = {10, 10};
    const double weights[] = {0.2, 0.6};
    Estimate e = estimate_weighted(values, sizes, weights, 2, 100);
    assert_near(e.total, 250);
    assert_true(e.half == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quantile), cmocka_unit_test(test_ratio),
        cmocka_unit_test(test_whole),    cmocka_unit_test(test_constant),
        cmocka_unit_test(test_weighted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
