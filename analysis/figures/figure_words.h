/* Words of figures. Private to figure*.c. */
#ifndef STRATA_ANALYSIS_FIGURE_WORDS_H
#define STRATA_ANALYSIS_FIGURE_WORDS_H

#include "analysis/figures/figure_internal.h"

/* Labels of the axes, and what tells columns of panels apart ("" for one column). */
void figure_put_x(const struct figure_data *f, struct text *out);
void figure_put_y(const struct figure_data *f, int row, struct text *out);
void figure_put_column(const struct figure_data *f, int column, struct text *out);

/* A point's x as people write it. */
void figure_set_x(const struct figure_data *f, const struct figure_point *p,
                  struct table_cell *cell);

const char *figure_gap_words(const struct figure_data *f);

/* Labels of all curves; the series are made. */
enum status figure_name_curves(struct figure_data *f, struct error *err);

/* Title, caption, alternative text, command and table of a figure that is drawn. */
enum status figure_describe(struct figure *figure, struct error *err);

/* --- figure_caption.c --- */
void figure_put_caption(const struct figure *figure, struct text *out);
void figure_put_alt(const struct figure *figure, struct text *out);

#endif
