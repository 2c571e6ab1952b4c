/* study_resolve: schedules of probe.at become the snapshots that they stand for. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/memory.h"
#include "sweep/grid.h"
#include "sweep/study_internal.h"

/* Steps or epochs after which a schedule makes no more. */
static int64_t end_of(const struct snapshot *entry, const struct grid_extent *extent)
{
    int64_t end = entry->kind == SNAPSHOT_STEP ? extent->epoch_steps : extent->epochs;
    return entry->last ? entry->last : end;
}

/* After how many steps or epochs an entry's snapshot number i, from 0, is. */
static int64_t moment(const struct snapshot *entry, int64_t i)
{
    switch (entry->rule) {
    case SNAPSHOT_LOG2:
        return INT64_C(1) << i;
    case SNAPSHOT_EVERY:
        return (i + 1) * entry->at;
    case SNAPSHOT_ONCE:
        break;
    }
    return entry->at;
}

/* How many snapshots an entry makes. */
static int64_t count(const struct snapshot *entry, const struct grid_extent *extent)
{
    int64_t n = 0, end = end_of(entry, extent);
    if (entry->rule == SNAPSHOT_ONCE)
        return 1;
    if (entry->rule == SNAPSHOT_EVERY)
        return end / entry->at;
    while (moment(entry, n) <= end)
        n++;
    return n;
}

static enum status fail_empty(const struct snapshot *entry,
                              const struct grid_extent *extent, struct error *err)
{
    bool steps = entry->kind == SNAPSHOT_STEP;
    return error_set(
        err, STATUS_STUDY,
        "probe.at: no snapshot is left: %s makes none, as the longest %s has %" PRId64
        " %s",
        entry->label, steps ? "epoch" : "training", end_of(entry, extent),
        steps ? "steps" : "epochs");
}

/* The same of all entries, snapshots that occur twice counted twice. */
static enum status count_all(const struct study *study, const struct grid_extent *extent,
                             int64_t *n, struct error *err)
{
    *n = 0;
    for (int i = 0; i < study->n_snapshots; i++)
        *n += count(&study->snapshots[i], extent);
    if (*n == 0)
        return fail_empty(&study->snapshots[0], extent, err);
    if (*n > STUDY_SNAPSHOTS_MAX)
        return error_set(err, STATUS_STUDY,
                         "probe.at: %" PRId64 " snapshots, more than %d", *n,
                         STUDY_SNAPSHOTS_MAX);
    return STATUS_OK;
}

/* Adds a snapshot, or what is to be kept of it where it is there. */
static void add(struct snapshot *snapshots, int *n, const struct snapshot *snapshot)
{
    int i = snapshot_find(snapshots, *n, snapshot);
    if (i < 0) {
        snapshots[(*n)++] = *snapshot;
    } else {
        snapshots[i].keep = snapshots[i].keep || snapshot->keep;
        snapshots[i].keep_nodes = snapshots[i].keep_nodes || snapshot->keep_nodes;
    }
}

static int add_all(struct snapshot *snapshots, const struct study *study,
                   const struct grid_extent *extent)
{
    int n = 0;
    for (int i = 0; i < study->n_snapshots; i++) {
        const struct snapshot *entry = &study->snapshots[i];
        struct snapshot snapshot = *entry;
        int64_t made = count(entry, extent);
        snapshot.rule = SNAPSHOT_ONCE;
        snapshot.last = 0;
        for (int64_t k = 0; k < made; k++) {
            snapshot.at = moment(entry, k);
            snapshot_set_label(&snapshot);
            add(snapshots, &n, &snapshot);
        }
    }
    return n;
}

enum status study_resolve(struct study *study, uint32_t n_train, struct error *err)
{
    struct grid_extent extent;
    int64_t most;
    if (!study_find_schedule(study))
        return STATUS_OK;
    if (grid_measure(&extent, study, n_train, err) != STATUS_OK ||
        count_all(study, &extent, &most, err) != STATUS_OK)
        return err->status;
    struct snapshot *snapshots = memory_alloc((size_t)most, sizeof *snapshots, err);
    if (!snapshots)
        return err->status;
    int n = add_all(snapshots, study, &extent);
    free(study->snapshots);
    study->snapshots = snapshots;
    study->n_snapshots = n;
    return study_check_text(study, err);
}
