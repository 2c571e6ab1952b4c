/* The 95 % intervals of means over seeds that tables show. */
#ifndef STRATA_ANALYSIS_INTERVAL_H
#define STRATA_ANALYSIS_INTERVAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

enum interval_kind { INTERVAL_T, INTERVAL_BOOTSTRAP };

enum { INTERVAL_FEWEST = 3 };

/* What intervals are made with. Zero-initialise; release with interval_maker_fini(). */
struct interval_maker {
    enum interval_kind kind;
    double *means;           /* of resamples, made when it is first needed */
    size_t n_t, n_bootstrap; /* intervals of each kind so far */
};

/* Both NaN where there are fewer than INTERVAL_FEWEST values. */
struct interval {
    double low, high;
};

/* Of the mean of n values, which are sorted afterwards. A bootstrap interval where it was
 * asked for and there are BOOTSTRAP_FEWEST values, else Student's t. */
struct interval interval_make(struct interval_maker *maker, double *values, size_t n,
                              struct error *err);
void interval_maker_fini(struct interval_maker *maker);

/* Whether some are Student's t though bootstrap intervals were asked for; the line that
 * says so. */
bool interval_is_mixed(const struct interval_maker *maker);
void interval_put_note(const struct interval_maker *maker, struct text *out);

#endif
