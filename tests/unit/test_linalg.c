/* Products against a plain loop, over shapes that are split and shapes that are not. */
#include <math.h>
#include <stdlib.h>

#include "num/linalg.h"
#include "num/rng.h"
#include "unit.h"

static float *random_array(size_t n, uint64_t stream)
{
    struct rng rng = {5, RNG_TEST, stream};
    float *v = malloc(n * sizeof *v);
    for (size_t i = 0; i < n; i++)
        v[i] = (float)(rng_uniform(&rng, i) - 0.5);
    return v;
}

static double element(enum linalg_op op, struct matrix a, struct matrix b, int i, int j)
{
    int k = op == LINALG_TN ? a.rows : a.columns;
    double sum = 0;
    for (int p = 0; p < k; p++) {
        float x = op == LINALG_TN ? a.data[(size_t)p * a.stride + (size_t)i]
                                  : a.data[(size_t)i * a.stride + (size_t)p];
        float y = op == LINALG_NT ? b.data[(size_t)j * b.stride + (size_t)p]
                                  : b.data[(size_t)p * b.stride + (size_t)j];
        sum += (double)x * (double)y;
    }
    return sum;
}

static void check(enum linalg_op op, int m, int n, int k, float beta)
{
    enum { GAP = 3 }; /* strides longer than rows */
    int a_rows = op == LINALG_TN ? k : m, a_columns = op == LINALG_TN ? m : k;
    int b_rows = op == LINALG_NT ? n : k, b_columns = op == LINALG_NT ? k : n;
    struct matrix a = {NULL, a_rows, a_columns, (size_t)a_columns + GAP};
    struct matrix b = {NULL, b_rows, b_columns, (size_t)b_columns + GAP};
    struct matrix c = {NULL, m, n, (size_t)n + GAP};
    a.data = random_array((size_t)a_rows * a.stride, 1);
    b.data = random_array((size_t)b_rows * b.stride, 2);
    c.data = random_array((size_t)m * c.stride, 3);
    float *before = random_array((size_t)m * c.stride, 3);
    linalg_multiply(op, a, b, beta, c);
    for (int i = 0; i < m; i++) {
        for (int j = 0; j < n; j++) {
            size_t at = (size_t)i * c.stride + (size_t)j;
            double expected = element(op, a, b, i, j) + (double)(beta * before[at]);
            if (fabs((double)c.data[at] - expected) > 1e-5 * sqrt(k) + 1e-6)
                fail_msg("op %d %dx%dx%d at %d,%d: %g is not %g", op, m, n, k, i, j,
                         (double)c.data[at], expected);
        }
        for (int gap = 0; gap < GAP && i + 1 < m; gap++) {
            size_t at = (size_t)i * c.stride + (size_t)(n + gap);
            assert_true(c.data[at] == before[at]); /* nothing beyond the row is touched */
        }
    }
    free(a.data);
    free(b.data);
    free(c.data);
    free(before);
}

static void test_products(void **state)
{
    (void)state;
    static const int shapes[][3] = {{1, 1, 1},      {3, 5, 7},       {100, 64, 100},
                                    {100, 64, 784}, {200, 128, 200}, {10, 256, 100},
                                    {300, 70, 333}, {17, 1, 33}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (int op = LINALG_NN; op <= LINALG_NT; op++) {
            check((enum linalg_op)op, shapes[s][0], shapes[s][1], shapes[s][2], 0.0f);
            check((enum linalg_op)op, shapes[s][0], shapes[s][1], shapes[s][2], 1.0f);
        }
}

static void test_one_thread(void **state)
{
    (void)state;
    assert_int_equal(linalg_threads(), 1);
    assert_true(linalg_kernel()[0] != '\0');
}

int main(void)
{
    linalg_setup();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_products),
        cmocka_unit_test(test_one_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
