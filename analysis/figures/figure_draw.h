/* Figures as files: through gnuplot, by the templates in figures/. */
#ifndef STRATA_ANALYSIS_FIGURE_DRAW_H
#define STRATA_ANALYSIS_FIGURE_DRAW_H

#include "analysis/figures/figure.h"

enum figure_format {
    FIGURE_SVG,
    FIGURE_PDF,
    FIGURE_PNG,
    FIGURE_TEX,
    FIGURE_SVG_INLINE /* for HTML: ink is currentColor, white ground the page's --ground;
                       * ids are the figure's own, role="img" with the alternative text,
                       * no style attribute and no script, so that a strict
                       * Content-Security-Policy lets it stand */
};

/* The format of that suffix (svg, pdf, png, tex); false where there is none. */
bool figure_format_find(const char *name, enum figure_format *format);

/* Appends the finished file. STATUS_MISSING where gnuplot is not installed. `keep` (may
 * be NULL): a folder to make, which gets the data and the script that draws them. */
enum status figure_draw(const struct figure *figure, enum figure_format format,
                        const char *keep, struct text *out, struct error *err);

#endif
