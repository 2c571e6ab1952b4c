/* Two settings compared (contrast.h): cells that are equal in all else, seed included,
 * are pairs, and each setting of the other options has its difference over seeds. */
#ifndef STRATA_ANALYSIS_PAIRED_H
#define STRATA_ANALYSIS_PAIRED_H

#include "analysis/tables/summary.h"

/* What summary_render does where the request has `compare`. STATUS_USAGE for a comparison
 * that is none, STATUS_MISSING where there is no pair. */
enum status paired_render(struct archive *archive, const struct summary_request *request,
                          struct text *out, struct error *err);

#endif
