#include "cli/companion.h"

#include <stdio.h>

const struct companion *const companions[COMPANIONS] = {
    [COMPANION_NETWORKS] = &companion_networks,
    [COMPANION_NODES] = &companion_nodes,
};

enum status companion_origin_init(struct companion_origin *origin,
                                  const struct companion *companion,
                                  const struct publication *what, struct error *err)
{
    origin->study = (struct text){0};
    snprintf(origin->source, sizeof origin->source, "strata %s", strata_version);
    study_format(what->study, &origin->study);
    if (origin->study.failed)
        return error_set(err, STATUS_MEMORY, "no memory for the study's text");
    return io_join(origin->path, what->dir, companion->file, err);
}
