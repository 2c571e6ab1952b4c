/* What a cell costs: work counted from its structure, and seconds a unit of work.
 *
 * Time is a sum over kinds of work of (units) x (seconds a unit). Units follow from the
 * cell alone. Rates are the machine's: nominal ones here, better ones from measurements
 * (sweep/calibration.h). They decide who computes what and when, never what is computed.
 */
#ifndef STRATA_SWEEP_COST_H
#define STRATA_SWEEP_COST_H

#include "sweep/cell.h"

/* unit, part of the cell whose wall time it adds to, name, nominal seconds a unit, what a
 * unit is
 *
 * A product of m x k and k x n takes 2mkn operations and touches the three matrices, so
 * beside operations there are parameters, nodes and inputs; small products also pay for
 * the call. */
#define COST_LIST(X)                                                                    \
    X(START_BYTE, TRAIN, "start_byte", 0.3e-9, "byte of memory made ready")             \
    X(TRAIN_FLOP, TRAIN, "train_flop", 1 / 112e9, "operation within matrix products")   \
    X(TRAIN_FLOAT, TRAIN, "train_float", 0.07e-9,                                       \
      "pass over a parameter, its gradient or optimizer state")                         \
    X(TRAIN_NODE, TRAIN, "train_node", 0.2e-9, "pass over a node's value for a sample") \
    X(TRAIN_CURVE, TRAIN, "train_curve", 2e-9, "sigmoid or tanh")                       \
    X(TRAIN_INPUT, TRAIN, "train_input", 0.3e-9, "value of a sample loaded")            \
    X(TRAIN_NORMAL, TRAIN, "train_normal", 2e-9, "normal number drawn for an input")    \
    X(TRAIN_PRODUCT, TRAIN, "train_product", 0.4e-6, "call of a matrix product")        \
    X(PROBE_FLOP, PROBE, "probe_flop", 1 / 108e9, "operation within matrix products")   \
    X(PROBE_NODE, PROBE, "probe_node", 0.8e-9,                                          \
      "pre-activation stored, read and counted")                                        \
    X(PROBE_CURVE, PROBE, "probe_curve", 2e-9, "sigmoid or tanh")                       \
    X(PROBE_INPUT, PROBE, "probe_input", 0.2e-9, "value of a sample loaded")            \
    X(PROBE_SCORE, PROBE, "probe_score", 3e-9,                                          \
      "node, sample and 16 classes: a node's vote")                                     \
    X(PROBE_TABLE, PROBE, "probe_table", 6e-6, "node and class: a density")             \
    X(PROBE_BIT, PROBE, "probe_bit", 0.1e-9, "node and sample: a bit of a pattern")     \
    X(PROBE_KEY, PROBE, "probe_key", 12e-9, "layer and sample: a pattern found or added")

enum cost_unit {
#define X(id, ...) COST_##id,
    COST_LIST(X)
#undef X
        COST_COUNT
};

enum cost_part { COST_TRAIN, COST_PROBE };

struct cost_rates {
    double seconds[COST_COUNT]; /* a unit */
};

struct cost_counts {
    double units[COST_COUNT];
};

extern const struct cost_rates cost_nominal_rates;

const char *cost_unit_name(enum cost_unit unit);
enum cost_part cost_unit_part(enum cost_unit unit);

/* Counts a cell that trains for that many epochs (not necessarily whole) and takes the
 * study's snapshots that fall within them. */
struct cost_counts cost_count_cell(const struct cell_context *context,
                                   const struct spec *spec, double epochs);

/* Predicted wall time of one part, and of the whole cell. */
double cost_part_seconds(const struct cost_counts *counts, const struct cost_rates *rates,
                         enum cost_part part);
double cost_seconds(const struct cost_counts *counts, const struct cost_rates *rates);

/* The process: what a rank takes before its first cell, for the program, libraries and
 * MPI. 21 to 32 MiB were measured with one rank and two. */
#define COST_PROCESS_BYTES (40.0 * (1 << 20))

/* Peak bytes of a rank that runs the cell, with others beside it where it joins any, or
 * leads a team at it; data set and process included. */
double cost_bytes(const struct cell_context *context, const struct spec *spec);

#endif
