/* Kernels of OpenBLAS and their instruction sets. */
#include "num/blas_kernel.h"
#include "num/linalg.h"
#include "unit.h"

static void test_levels(void **state)
{
    (void)state;
    assert_int_equal(blas_kernel_level("Prescott"), BLAS_LEVEL_SSE);
    assert_int_equal(blas_kernel_level("Sandybridge"), BLAS_LEVEL_AVX);
    assert_int_equal(blas_kernel_level("Haswell"), BLAS_LEVEL_AVX2);
    assert_int_equal(blas_kernel_level("skylakex"), BLAS_LEVEL_AVX512);
    assert_int_equal(blas_kernel_level("NEOVERSEN1"), BLAS_LEVEL_UNKNOWN);
    assert_int_equal(blas_kernel_level(""), BLAS_LEVEL_UNKNOWN);
}

/* OpenBLAS runs no kernel that the CPU cannot, so the two must agree. */
static void test_running_kernel(void **state)
{
    (void)state;
#if defined(__x86_64__)
    enum blas_level level = blas_kernel_level(linalg_kernel());
    assert_int_not_equal(level, BLAS_LEVEL_UNKNOWN);
    assert_true(level <= blas_cpu_level());
#endif
}

static void test_suggestion(void **state)
{
    (void)state;
    assert_string_equal(blas_kernel_suggest("SkylakX").text,
                        " (did you mean 'SkylakeX'?)");
    assert_string_equal(blas_kernel_suggest("xyzzy").text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_running_kernel),
        cmocka_unit_test(test_suggestion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
