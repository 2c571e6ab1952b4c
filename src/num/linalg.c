#include "num/linalg.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#include "num/kernel.h"
#include "num/product.h"

const struct product *const products[] = {
#if defined(__x86_64__)
    &product_avx512, &product_avx2,
#endif
    &product_openblas, &product_plain, NULL};

/* Set once, by linalg_setup. */
static const struct product *chosen = &product_plain;

static enum status choose(struct error *err)
{
    const char *name = getenv("STRATA_PRODUCTS");
    for (int i = 0; products[i]; i++) {
        if (name && strcmp(products[i]->name, name) != 0)
            continue;
        if (products[i]->supported()) {
            chosen = products[i];
            return STATUS_OK;
        }
        if (name)
            return error_set(err, STATUS_USAGE,
                             "STRATA_PRODUCTS=%s: this CPU does not have it", name);
    }
    return error_set(err, STATUS_USAGE,
                     "STRATA_PRODUCTS=%s: known are avx512, avx2, openblas, plain", name);
}

enum status linalg_setup(struct error *err)
{
#if defined(__x86_64__)
    _mm_setcsr(_mm_getcsr() | 0x8040); /* FTZ and DAZ */
#endif
    openblas_set_num_threads(1);
    float a[4] = {1, 2, 3, 4}, c[4];
    struct matrix view = {.data = a, .rows = 2, .columns = 2, .stride = 2};
    struct matrix out = {.data = c, .rows = 2, .columns = 2, .stride = 2};
    product_openblas.multiply(LINALG_NN, view, view, &(struct linalg_finish){0}, out);
    return choose(err);
}

void linalg_multiply(enum linalg_op op, struct matrix a, struct matrix b,
                     const struct linalg_finish *finish, struct matrix c)
{
    chosen->multiply(op, a, b, finish, c);
}

const char *linalg_products(void)
{
    return chosen->name;
}

const char *linalg_kernel(void)
{
    return openblas_get_corename();
}

const char *linalg_library(void)
{
    return openblas_get_config();
}

int linalg_threads(void)
{
    return openblas_get_num_threads();
}
