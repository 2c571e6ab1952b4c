/* Compiled with -ffast-math, so that the compiler takes the C library's vector exp and
 * sums in several lanes: errors stay near 1e-14, and 3e11 terms take minutes and not
 * hours. */
#include "density.h"

#include <float.h>
#include <math.h>

#include "num/kernel.h"

STRATA_KERNEL
static double nearest(const double *values, size_t n, double x)
{
    double least = DBL_MAX;
    for (size_t i = 0; i < n; i++) {
        double distance = fabs(x - values[i]);
        least = distance < least ? distance : least;
    }
    return least;
}

STRATA_KERNEL
static double sum_terms(const double *values, size_t n, double x, double scale,
                        double top)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += exp(scale * ((x - values[i]) * (x - values[i])) - top);
    return sum;
}

double density_log(const double *values, size_t n, double bandwidth, double x)
{
    static const double sqrt_2pi = 2.50662827463100050242;
    double scale = -0.5 / (bandwidth * bandwidth), least = nearest(values, n, x);
    double top = scale * (least * least); /* of the largest term: the sum is at least 1 */
    double sum = sum_terms(values, n, x, scale, top);
    return top + log(sum / ((double)n * bandwidth * sqrt_2pi));
}
