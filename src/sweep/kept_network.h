/* What a cell keeps at snapshots beside its record: parameters, whose journal form is
 * here, and what each node does, whose form is record/node_set.h's. */
#ifndef STRATA_SWEEP_KEPT_NETWORK_H
#define STRATA_SWEEP_KEPT_NETWORK_H

#include "base/bytes.h"
#include "base/error.h"
#include "record/record.h"
#include "sweep/journal.h"
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

/* At how many snapshots a study keeps what goes into records of that type,
 * JOURNAL_NETWORK or JOURNAL_NODES. */
int kept_planned(const struct study *study, enum journal_type type);

/* Whether it keeps it at the snapshot of that label. */
bool kept_at(const struct study *study, const char *label, enum journal_type type);

/* At how many the cell of that record kept it: those that it reached. */
int kept_count(const struct study *study, const struct record *record,
               enum journal_type type);

struct kept_view {
    char label[SNAPSHOT_LABEL_MAX];
    int32_t step;
    size_t n_parameters;
    const float *parameters; /* into the payload */
};
enum status kept_network_view(struct kept_view *view, const void *payload, size_t length,
                              struct error *err);

#endif
