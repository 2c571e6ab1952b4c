/* Products: every implementation against a sum in double, and the exact ones against each
 * other in every bit. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "num/product.h"
#include "num/rng.h"
#include "unit.h"

enum { GAP = 3 }; /* strides longer than rows, and no multiple of a vector */

static float *random_array(size_t n, uint64_t stream)
{
    struct rng rng = {5, RNG_TEST, stream};
    float *v = malloc(n * sizeof *v);
    for (size_t i = 0; i < n; i++)
        v[i] = (float)(rng_uniform(&rng, i) - 0.5);
    return v;
}

static struct matrix random_matrix(int rows, int columns, uint64_t stream)
{
    size_t stride = (size_t)columns + GAP;
    return (struct matrix){random_array((size_t)rows * stride, stream), rows, columns,
                           stride};
}

static float at(struct matrix m, int i, int j)
{
    return m.data[(size_t)i * m.stride + (size_t)j];
}

static double element(enum linalg_op op, struct matrix a, struct matrix b,
                      const struct linalg_finish *finish, int i, int j)
{
    double sum = finish->start ? (double)finish->start[i] : 0.0;
    for (int p = 0; p < b.rows; p++)
        sum += (double)(op == LINALG_TN ? at(a, p, i) : at(a, i, p)) *
               (double)at(b, p, j);
    if (finish->kind == LINALG_RELU)
        return sum <= 0 ? 0 : sum;
    if (finish->kind == LINALG_GATE)
        return at(finish->gate, i, j) > 0.0f ? sum : 0;
    return sum;
}

/* Runs one implementation on a copy of `c`; the gaps between rows must stay. */
static struct matrix run(const struct product *product, enum linalg_op op,
                         struct matrix a, struct matrix b,
                         const struct linalg_finish *finish, struct matrix c)
{
    struct matrix out = c;
    size_t bytes = (size_t)c.rows * c.stride * sizeof(float);
    out.data = malloc(bytes);
    memcpy(out.data, c.data, bytes);
    product->multiply(op, a, b, finish, out);
    for (int i = 0; i < c.rows; i++)
        for (int j = c.columns; j < c.columns + GAP; j++)
            assert_true(at(out, i, j) == at(c, i, j));
    return out;
}

static void check(enum linalg_op op, int m, int n, int k,
                  const struct linalg_finish *finish)
{
    struct matrix a = op == LINALG_TN ? random_matrix(k, m, 1) : random_matrix(m, k, 1);
    struct matrix b = random_matrix(k, n, 2), c = random_matrix(m, n, 3);
    struct matrix plain = run(&product_plain, op, a, b, finish, c);
    size_t bytes = (size_t)m * c.stride * sizeof(float);
    for (int p = 0; products[p]; p++) {
        if (!products[p]->supported())
            continue;
        struct matrix out = run(products[p], op, a, b, finish, c);
        for (int i = 0; i < m; i++)
            for (int j = 0; j < n; j++) {
                double expected = element(op, a, b, finish, i, j);
                if (fabs((double)at(out, i, j) - expected) > 1e-6 * sqrt(k) + 1e-6)
                    fail_msg("%s, op %d, finish %d, %dx%dx%d at %d,%d: %g is not %g",
                             products[p]->name, op, finish->kind, m, n, k, i, j,
                             (double)at(out, i, j), expected);
            }
        if (products[p]->exact && memcmp(out.data, plain.data, bytes) != 0)
            fail_msg("%s, op %d, finish %d, %dx%dx%d: other bits than plain",
                     products[p]->name, op, finish->kind, m, n, k);
        free(out.data);
    }
    free(plain.data);
    free(a.data);
    free(b.data);
    free(c.data);
}

static void check_finishes(enum linalg_op op, int m, int n, int k)
{
    float *start = random_array((size_t)m, 4);
    struct linalg_finish finish = {.gate = random_matrix(m, n, 5)};
    check(op, m, n, k, &finish);
    finish.start = start;
    check(op, m, n, k, &finish);
    finish.kind = LINALG_RELU;
    check(op, m, n, k, &finish);
    finish.start = NULL;
    finish.kind = LINALG_GATE;
    check(op, m, n, k, &finish);
    free(start);
    free(finish.gate.data);
}

static void test_products(void **state)
{
    (void)state;
    static const int shapes[][3] = {{1, 1, 1},      {3, 5, 7},       {100, 64, 100},
                                    {100, 64, 784}, {200, 128, 200}, {10, 256, 100},
                                    {300, 70, 333}, {17, 1, 33}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (int op = LINALG_NN; op <= LINALG_TN; op++)
            check_finishes((enum linalg_op)op, shapes[s][0], shapes[s][1], shapes[s][2]);
}

/* Every tile there is: 1 to 6 rows and 1 to 65 columns. */
static void test_tiles(void **state)
{
    (void)state;
    for (int m = 1; m <= 13; m++)
        for (int n = 1; n <= 81; n += n < 20 ? 1 : 5)
            for (int op = LINALG_NN; op <= LINALG_TN; op++)
                check_finishes((enum linalg_op)op, m, n, 19);
}

/* A diverged network must not look like a silent one. */
static void test_nan_passes_relu(void **state)
{
    (void)state;
    float a[1] = {NAN}, b[20], c[20];
    for (int i = 0; i < 20; i++)
        b[i] = (float)i - 10;
    struct matrix left = {a, 1, 1, 1}, right = {b, 1, 20, 20}, out = {c, 1, 20, 20};
    const struct linalg_finish relu = {.kind = LINALG_RELU};
    for (int p = 0; products[p]; p++) {
        if (!products[p]->supported())
            continue;
        memset(c, 0, sizeof c);
        products[p]->multiply(LINALG_NN, left, right, &relu, out);
        for (int i = 0; i < 20; i++)
            assert_true(isnan(c[i]));
    }
}

static void test_transpose(void **state)
{
    (void)state;
    for (int m = 1; m <= 13; m++)
        for (int n = 1; n <= 13; n++) {
            struct matrix a = random_matrix(m, n, 6), t = random_matrix(n, m, 7);
            struct matrix before = random_matrix(n, m, 7);
            linalg_transpose(a, t);
            for (int j = 0; j < n; j++)
                for (int i = 0; i < m + GAP; i++)
                    assert_true(at(t, j, i) == (i < m ? at(a, i, j) : at(before, j, i)));
            free(a.data);
            free(t.data);
            free(before.data);
        }
}

static void test_setup(void **state)
{
    (void)state;
    struct error err = {0};
    linalg_setup(&err);
    assert_ok(err);
    assert_int_equal(linalg_threads(), 1);
    assert_true(linalg_kernel()[0] != '\0');
    setenv("STRATA_PRODUCTS", "plain", 1);
    assert_int_equal(linalg_setup(&err), STATUS_OK);
    assert_string_equal(linalg_products(), "plain");
    setenv("STRATA_PRODUCTS", "abacus", 1);
    assert_int_equal(linalg_setup(&err), STATUS_USAGE);
    assert_non_null(strstr(err.text, "STRATA_PRODUCTS=abacus"));
    unsetenv("STRATA_PRODUCTS");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_products),        cmocka_unit_test(test_tiles),
        cmocka_unit_test(test_nan_passes_relu), cmocka_unit_test(test_transpose),
        cmocka_unit_test(test_setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
