/* What this machine makes of the cost model: rates fitted to measured cells.
 *
 * Measurements come in two kinds, and each refines what was known before it: nominal
 * rates
 * <- short cells run for the purpose (calibration_measure, kept in DIR/calibration.json)
 * <- cells that sweeps have finished (calibration_learn). Finished cells come last
 * because they were timed under the conditions that the rest will meet. They also show
 * how soon early stopping ends a cell.
 */
#ifndef STRATA_SWEEP_CALIBRATION_H
#define STRATA_SWEEP_CALIBRATION_H

#include <stddef.h>

#include "base/error.h"
#include "base/hash.h"
#include "sweep/cost.h"
#include "sweep/grid.h"
#include "sweep/journal.h"

/* ---- the fit ---- */

struct cost_measurement {
    struct cost_counts counts;
    double seconds[2]; /* by enum cost_part; a part of 0 seconds was not measured */
};

/* Fits rates to n measurements, starting from *rates: first a common factor for each part
 * (the median of measured over predicted), then each rate by least squares of relative
 * errors, held near the scaled start as measurements of 5 % error hold a guess of 50 %.
 * So one measurement scales, and many decide. Returns by how much (rms, as a share) a
 * cell's time misses what the other cells predict; `spread`, what was thought before,
 * counts as one more cell. */
enum status calibration_fit(struct cost_rates *rates, double *spread,
                            const struct cost_measurement *measurements, size_t n,
                            struct error *err);

/* ---- a calibration ---- */

enum { PIECES_MAX = 6, CALIBRATION_TEXT_MAX = 256 };

/* A short cell: a structure of the study with few epochs, and fewer samples where one
 * epoch would take too long. */
struct piece {
    struct spec spec;
    struct split_sizes sizes;
    double seconds[2]; /* measured, by enum cost_part */
    double predicted;  /* by the fitted rates: both parts */
};

/* Epochs of one finished cell that could have stopped early. */
struct epochs_seen {
    struct hash128 like; /* the same for cells that differ in the seed alone */
    double run, asked;
};

/* Zero-initialised it is not usable: calibration_init. */
struct calibration {
    struct cost_rates rates;
    double spread; /* how far a cell misses its prediction: rms, as a share */

    int n_pieces; /* 0: rates do not stem from calibration.json */
    struct piece pieces[PIECES_MAX];
    char host[CALIBRATION_TEXT_MAX]; /* that measured them, its CPU, and when (UTC) */
    char cpu[CALIBRATION_TEXT_MAX];
    char date[32];

    size_t n_cells; /* finished cells that were learnt from */
    struct epochs_seen *epochs;
    size_t n_epochs;      /* by `like` */
    double epochs_share;  /* run / asked, over all of them */
    double epochs_spread; /* as spread, of the epochs that a cell is expected to run */
};

/* Nominal rates. */
void calibration_init(struct calibration *calibration);
void calibration_fini(struct calibration *calibration);

/* Epochs that a cell is expected to run: those of finished cells that differ in the seed
 * alone, else of all finished cells, else all that it may run. */
double calibration_epochs(const struct calibration *calibration, const struct spec *spec);

/* Expected wall time of a cell. */
double calibration_seconds(const struct calibration *calibration,
                           const struct cell_context *context, const struct spec *spec);
/* The part of it that probes take. */
double calibration_probe_seconds(const struct calibration *calibration,
                                 const struct cell_context *context,
                                 const struct spec *spec);

/* Learns from the complete cells of a grid that are in the journals; of more than
 * 4,096, from so many spread evenly. */
enum status calibration_learn(struct calibration *calibration,
                              const struct cell_context *context, const struct grid *grid,
                              const struct journal_index *index, struct error *err);

/* Runs up to PIECES_MAX cells, from the cheapest structure of the grid to the dearest,
 * each two or three seconds long, and fits nominal rates to them. The caller sets host,
 * cpu and date. STATUS_STOPPED where context->poll asked to stop. */
enum status calibration_measure(struct calibration *calibration,
                                const struct cell_context *context,
                                const struct grid *grid, struct error *err);

/* Reads host, cpu, date, spread, rates and the number of pieces (not the pieces) of a
 * calibration.json. STATUS_DATA names the file and the place. */
enum status calibration_read(struct calibration *calibration, const char *path,
                             struct error *err);
enum status calibration_write(const struct calibration *calibration, const char *path,
                              struct error *err);

#endif
