/* What `plan` and `sweep` have in common: a study, its data and its grid. */
#ifndef STRATA_CLI_SESSION_H
#define STRATA_CLI_SESSION_H

#include "base/error.h"
#include "base/text.h"
#include "cli/options.h"
#include "data/dataset.h"
#include "sweep/calibration.h"
#include "sweep/cell_samples.h"
#include "sweep/grid.h"
#include "sweep/study.h"

struct cell_team;
struct dist;

/* jobs/studies/quick.yaml, embedded. */
extern const char quick_study_text[];

struct session {
    struct study study; /* prepared, it has the data's hash and no schedules any more */
    struct dataset dataset;
    struct split_sizes sizes;
    struct grid grid;
    struct normals *normals;
    struct calibration calibration;
    double *seconds;       /* [grid.n_cells]: predicted cost, after session_predict */
    double *probe_seconds; /* [grid.n_cells]: the part of it that ranks can share */
    double largest_bytes;  /* of a rank, at its largest cell */
    int most_layers;
};

/* Reads a study file (NULL: the quick study), applies --set options. */
enum status session_read_study(struct study *study, const char *path,
                               const struct args *args, struct error *err);

/* Loads a data set: with ranks (dist may be NULL), once a host. The host's first rank
 * loads it and the others map the same memory; whoever cannot, as in a namespace of its
 * own, loads a copy: same numbers, more memory, and `refusal` tells why. Collective. */
enum status session_load_data(struct dataset *dataset, struct dataset_request request,
                              struct dist *dist, struct error *refusal,
                              struct error *err);

/* Loads the data of session->study, resolves its schedules, expands the grid and checks
 * that every cell is possible: samples, classes, parameters within 2^31 - 1. Collective
 * where there are ranks (dist may be NULL). */
enum status session_prepare(struct session *session, struct dist *dist,
                            struct error *err);

/* What cells of the session share. */
struct cell_context session_context(const struct session *session);

/* Reads DIR/calibration.json where there is one. */
enum status session_read_calibration(struct session *session, const char *dir,
                                     struct error *err);

/* Predicts the cost of every cell, after learning from those that the journals hold. */
enum status session_predict(struct session *session, const struct journal_index *index,
                            struct error *err);

/* Predicted wall time of a cell that a team of ranks probes together. */
double session_seconds(const struct session *session, size_t cell, int ranks_per_cell);

/* STATUS_MEMORY where n_ranks on one host need more than the host (or its cgroup) has.
 * Each is counted as the leader of a team (NULL: alone) at the largest cell. */
enum status session_check_memory(const struct session *session,
                                 const struct cell_team *team, int n_ranks,
                                 struct error *err);

void session_fini(struct session *session);

#endif
