/* How curves look: colours, dashes, markers. */
#include <math.h>

#include "analysis/figures/figure_layout.h"

/* Whether curves are values of one number, so that their order means something. */
static bool is_ordered(const struct figure_data *f)
{
    int n = 0, numbers = 0;
    for (int i = 0; i < OPTION_COUNT; i++)
        if (f->settings.apart[i]) {
            n++;
            numbers += field_get((enum field_id)i)->type != FIELD_TYPE_FLAG;
        }
    return f->curves_by == CURVES_LAYERS || f->curves_by == CURVES_SNAPSHOTS ||
           (n == 1 && numbers == 1);
}

/* Viridis without its ends, which are lost on dark and on white ground. */
static unsigned ramp(double share)
{
    static const double anchors[][3] = {{72, 33, 115},  {64, 67, 135},  {52, 94, 141},
                                        {41, 120, 142}, {32, 144, 140}, {34, 167, 132},
                                        {68, 190, 112}, {121, 209, 81}};
    enum { N_STEPS = sizeof anchors / sizeof *anchors - 1 };
    double at = share * N_STEPS;
    int i = at < N_STEPS - 1 ? (int)at : N_STEPS - 1;
    unsigned colour = 0;
    for (int c = 0; c < 3; c++)
        colour = colour << 8 |
                 (unsigned)lround(anchors[i][c] +
                                  (at - i) * (anchors[i + 1][c] - anchors[i][c]));
    return colour;
}

unsigned figure_curve_colour(const struct figure_data *f, int curve)
{
    /* Okabe & Ito; without black, which is the network's, and yellow, lost on white */
    static const unsigned colours[] = {0x0072b2, 0xd55e00, 0x009e73,
                                       0xcc79a7, 0xe69f00, 0x56b4e9};
    if (f->curves_by == CURVES_SYSTEMS && curve == N_SYSTEMS)
        return 0x000000;
    if (is_ordered(f))
        return ramp(f->n_curves > 1 ? (double)curve / (f->n_curves - 1) : 0);
    return colours[(size_t)curve % (sizeof colours / sizeof *colours)];
}

int figure_curve_dash(const struct figure_data *f, int curve)
{
    if (f->curves_by == CURVES_SYSTEMS)
        return curve == N_SYSTEMS ? 2 : 1;
    return is_ordered(f) ? 1 : 1 + curve / 6;
}

int figure_curve_marker(const struct figure_data *f, int curve)
{
    static const int markers[] = {7, 5, 9, 13, 11, 6, 4, 8, 12, 10, 3, 2};
    if (f->curves_by == CURVES_SYSTEMS && curve == N_SYSTEMS)
        return 1; /* a cross, for networks of one layer */
    return markers[(size_t)curve % (sizeof markers / sizeof *markers)];
}
