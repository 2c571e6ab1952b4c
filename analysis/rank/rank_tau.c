/* Kendall (1945): tau-b; granulated: Jiang et al. 2020. */
#include <math.h>

#include "analysis/rank/rank.h"
#include "analysis/rank/rank_internal.h"

double rank_tau_b(const double *x, const double *y, size_t n)
{
    double sum = 0, untied_x = 0, untied_y = 0; /* whole numbers: exact */
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++) {
            int a = rank_compare(x[i], x[j]), b = rank_compare(y[i], y[j]);
            sum += a * b;
            untied_x += a != 0;
            untied_y += b != 0;
        }
    return untied_x > 0 && untied_y > 0 ? sum / sqrt(untied_x * untied_y) : NAN;
}

/* tau-a of n >= 2 settings; tells whether either side is constant. */
static double tau_a(const uint32_t *members, size_t n, const double *x, const double *y,
                    bool *constant)
{
    double sum = 0;
    bool varies_x = false, varies_y = false;
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++) {
            int a = rank_compare(x[members[i]], x[members[j]]);
            int b = rank_compare(y[members[i]], y[members[j]]);
            sum += a * b;
            varies_x |= a != 0;
            varies_y |= b != 0;
        }
    *constant = !varies_x || !varies_y;
    return sum / (0.5 * (double)n * (double)(n - 1));
}

double rank_granulated(const struct rank_design *design, const double *measure,
                       const double *gap, double *psi, size_t *constant)
{
    double sum = 0;
    size_t axes = 0, n_constant = 0;
    for (int axis = 0; axis < design->n_axes; axis++) {
        const struct rank_partition *p = &design->apart[axis];
        double taus = 0;
        size_t groups = 0;
        for (size_t g = 0; g < p->n_groups; g++) {
            size_t n = p->start[g + 1] - p->start[g];
            bool is_constant;
            if (n < 2)
                continue;
            taus += tau_a(p->members + p->start[g], n, measure, gap, &is_constant);
            n_constant += is_constant;
            groups++;
        }
        psi[axis] = groups > 0 ? taus / (double)groups : NAN;
        sum += groups > 0 ? psi[axis] : 0;
        axes += groups > 0;
    }
    if (constant)
        *constant = n_constant;
    return axes > 0 ? sum / (double)axes : NAN;
}
