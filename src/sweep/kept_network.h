/* Parameters that a cell keeps at a snapshot, and the journal's form of them. */
#ifndef STRATA_SWEEP_KEPT_NETWORK_H
#define STRATA_SWEEP_KEPT_NETWORK_H

#include "base/bytes.h"
#include "base/error.h"
#include "record/record.h"
#include "sweep/study.h"

/* A snapshot whose parameters are kept. */
struct kept_network {
    int snapshot;
    int32_t step;
    float *parameters; /* [n_parameters] */
};

/* The journal's form of a kept network: label, step, count, parameters. */
void kept_network_pack(const struct kept_network *network, const char *label,
                       size_t n_parameters, struct bytes *out);

/* How many networks the cell of that record kept: the snapshots to keep that it reached.
 */
int kept_network_count(const struct study *study, const struct record *record);

struct kept_view {
    char label[SNAPSHOT_LABEL_MAX];
    int32_t step;
    size_t n_parameters;
    const float *parameters; /* into the payload */
};
enum status kept_network_view(struct kept_view *view, const void *payload, size_t length,
                              struct error *err);

#endif
