/* Which of a cell's training samples were corrupted: their label was changed or their
 * inputs were replaced. */
#ifndef STRATA_PROBE_CORRUPTED_H
#define STRATA_PROBE_CORRUPTED_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "probe/share.h"

struct corrupted {
    /* This member's, class by class: class c's stand from start[c] to start[c + 1]. */
    uint32_t *own;   /* [start[n_classes]]: where they stand among own samples */
    uint32_t *start; /* [n_classes + 1] */
    uint32_t *count; /* [n_classes]: of all members */
    uint32_t total;  /* of all members and classes */
};

enum status corrupted_init(struct corrupted *corrupted, const struct probe_share *share,
                           struct error *err);
void corrupted_fini(struct corrupted *corrupted);

#endif
