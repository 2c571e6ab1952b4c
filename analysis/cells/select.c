#include "analysis/cells/select.h"

#include <math.h>
#include <stdlib.h>

#include "analysis/cells/grouping.h"
#include "base/memory.h"
#include "num/stats.h"

#define LEAST_DIFFERENCE 1e-12 /* of means: less is rounding */

static bool is_better(const struct stats_running *a, const struct stats_running *b)
{
    return a->n != b->n ? a->n > b->n : a->n > 0 && a->mean < b->mean - LEAST_DIFFERENCE;
}

double select_error(const struct record *record, int snapshot)
{
    size_t at = record_index(FIELD_NETWORK_ACCURACY, record->shape, snapshot,
                             SPLIT_VALIDATION, 0, 0);
    double accuracy = record_real(record, FIELD_NETWORK_ACCURACY)[at];
    bool counts = *record_int(record, FIELD_STATUS) == CELL_COMPLETE &&
                  accuracy != RECORD_FILL_REAL;
    return counts ? 1 - accuracy : (double)NAN;
}

enum status select_best(const double *options, const double *error, size_t n_cells,
                        const bool among[OPTION_COUNT], bool *kept, struct error *err)
{
    bool apart[OPTION_COUNT], others[OPTION_COUNT];
    for (int i = 0; i < OPTION_COUNT; i++) {
        apart[i] = i != FIELD_SEED;
        others[i] = apart[i] && !among[i];
    }
    int n_settings = 0, n_choices = 0;
    int *setting = memory_alloc(n_cells, sizeof *setting, err);
    int *choice = memory_alloc(n_cells, sizeof *choice, err); /* made once for each */
    int *best = memory_alloc(n_cells, sizeof *best, err);     /* its setting, + 1 */
    struct stats_running *errors = memory_alloc(n_cells, sizeof *errors, err);
    if (err->status == STATUS_OK)
        grouping_assign(options, n_cells, apart, setting, &n_settings, err);
    if (err->status == STATUS_OK)
        grouping_assign(options, n_cells, others, choice, &n_choices, err);
    if (err->status == STATUS_OK) {
        for (size_t i = 0; i < n_cells; i++)
            if (kept[i] && !isnan(error[i]))
                stats_add(&errors[setting[i]], error[i]);
        for (size_t i = 0; i < n_cells; i++) {
            int *found = &best[choice[i]];
            if (!kept[i])
                continue;
            if (*found == 0 || is_better(&errors[setting[i]], &errors[*found - 1]))
                *found = setting[i] + 1;
        }
        for (size_t i = 0; i < n_cells; i++)
            kept[i] = kept[i] && best[choice[i]] == setting[i] + 1;
    }
    free(setting);
    free(choice);
    free(best);
    free(errors);
    return err->status;
}
