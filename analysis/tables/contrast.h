/* Two settings that are compared: "depth=2,6", or options that differ together,
 * "depth=2,6 width=100,20", which is depth 2 and width 100 against depth 6 and width 20.
 */
#ifndef STRATA_ANALYSIS_CONTRAST_H
#define STRATA_ANALYSIS_CONTRAST_H

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"
#include "record/field.h"

struct contrast {
    bool has[OPTION_COUNT]; /* options that differ */
    int n_options;
    double values[2][OPTION_COUNT];
    struct text names[2]; /* "depth 2, width 100" */
};

/* STATUS_USAGE names what is wrong and its column, and shows the place. */
enum status contrast_parse(struct contrast *contrast, const char *text,
                           struct error *err);
void contrast_fini(struct contrast *contrast);

/* Which of the two settings a cell has: 0 or 1, -1 for neither. */
int contrast_side(const struct contrast *contrast, const double options[OPTION_COUNT]);

#endif
