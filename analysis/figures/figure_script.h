/* A figure as gnuplot's data and script. Private to figure*.c. */
#ifndef STRATA_ANALYSIS_FIGURE_SCRIPT_H
#define STRATA_ANALYSIS_FIGURE_SCRIPT_H

#include "analysis/figures/figure_draw.h"
#include "analysis/figures/figure_layout.h"

/* Appends the data file: a block a curve, two empty lines between blocks. */
void figure_put_data(const struct figure *figure, const struct figure_layout *layout,
                     struct text *out);

/* Appends the script, which reads NAME.dat and writes `output`. Text that came with the
 * archive cannot become commands in it. */
void figure_put_script(const struct figure *figure, const struct figure_layout *layout,
                       enum figure_format format, const char *output, struct text *out);

/* The study's name and the figure's title, without what a terminal obeys. */
void figure_put_heading(const struct figure *figure, struct text *out);

/* Finishes what gnuplot's svg terminal wrote. */
void figure_put_svg(const struct figure *figure, const char *svg, bool inlined,
                    struct text *out);

#endif
