/* The implementations behind linalg_multiply: private to num, and to the test that
 * compares them. */
#ifndef STRATA_NUM_PRODUCT_H
#define STRATA_NUM_PRODUCT_H

#include <stdbool.h>

#include "num/linalg.h"

struct product {
    const char *name;
    bool exact; /* in the order that linalg.h states */
    bool (*supported)(void);
    void (*multiply)(enum linalg_op op, struct matrix a, struct matrix b,
                     const struct linalg_finish *finish, struct matrix c);
};

/* In the order of preference, up to a NULL. */
extern const struct product *const products[];
extern const struct product product_avx512, product_avx2, product_openblas, product_plain;

#endif
