#include "sweep/cost.h"

#include <math.h>

#include "sweep/cell_group.h"
#include "sweep/cell_nodes.h"
#include "sweep/cell_probe.h"
#include "sweep/cell_updates.h"
#include "sweep/kept_network.h"

static const struct {
    const char *name;
    enum cost_part part;
} units[COST_COUNT] = {
#define X(id, part, name, ...) [COST_##id] = {name, COST_##part},
    COST_LIST(X)
#undef X
};

const struct cost_rates cost_nominal_rates = {{
#define X(id, part, name, nominal, ...) [COST_##id] = nominal,
    COST_LIST(X)
#undef X
}};

const char *cost_unit_name(enum cost_unit unit)
{
    return units[unit].name;
}

enum cost_part cost_unit_part(enum cost_unit unit)
{
    return units[unit].part;
}

/* Bytes that a cell allocates and initialises; what it keeps comes later. */
static double work_bytes(const struct cell_context *context, const struct spec *spec)
{
    struct net_shape shape = cell_net_shape(spec, context->dataset);
    struct train_options options = cell_train_options(spec);
    int team_size = context->team ? context->team->probe.size : 1;
    double updates = cell_updates_taken(context->study, spec)
                         ? cell_updates_bytes(&shape, &context->sizes)
                         : 0;
    return cell_samples_bytes(&context->sizes) +
           trainer_bytes(&shape, &options, context->sizes.train) +
           cell_probe_bytes(&shape, &context->sizes, context->study->measures,
                            team_size) +
           updates;
}

/* What a cell keeps, in memory, and one at a time on its way into the journal: packed,
 * and in a record, each with room to grow. */
static double kept_bytes(int planned, double bytes)
{
    return planned > 0 ? (planned + 3.0) * bytes : 0.0;
}

double cost_bytes(const struct cell_context *context, const struct spec *spec)
{
    const struct study *study = context->study;
    struct net_shape shape = cell_net_shape(spec, context->dataset);
    struct node_shape nodes = cell_node_shape(&shape, study->histograms);
    int together = cell_group_joins(context, spec) ? CELL_GROUP_MAX : 1;
    double kept = kept_bytes(kept_planned(study, JOURNAL_NETWORK),
                             4.0 * net_count_parameters(&shape)) +
                  kept_bytes(kept_planned(study, JOURNAL_NODES), node_set_size(nodes));
    return COST_PROCESS_BYTES + dataset_bytes(context->dataset) +
           together * (work_bytes(context, spec) + kept);
}

/* Snapshots that are taken within that many epochs. */
static double count_snapshots(const struct study *study, double epochs,
                              double steps_per_epoch)
{
    int n = 0;
    for (int i = 0; i < study->n_snapshots; i++) {
        const struct snapshot *snapshot = &study->snapshots[i];
        double at = (double)snapshot->at;
        n += snapshot->kind == SNAPSHOT_EPOCH  ? at <= epochs
             : snapshot->kind == SNAPSHOT_STEP ? at <= epochs * steps_per_epoch
                                               : 1;
    }
    return n;
}

/* Parameters that products are with: scales and statistics of normalised layers take part
 * in none. */
static double count_multiplied(struct net_shape shape)
{
    shape.batch_norm = false;
    return net_count_parameters(&shape);
}

/* Normal numbers a training sample takes each time it is loaded. */
static double count_normals(const struct spec *spec, int n_inputs)
{
    const double *value = spec->value;
    double replaced = value[FIELD_INPUT_CORRUPTION] == INPUT_CORRUPTION_GAUSSIAN
                          ? value[FIELD_INPUT_CORRUPTION_FRACTION]
                          : 0;
    return n_inputs * (replaced + (value[FIELD_INPUT_NOISE] > 0));
}

static void count_training(const struct cell_context *context, const struct spec *spec,
                           double epochs, double units_out[COST_COUNT])
{
    struct net_shape shape = cell_net_shape(spec, context->dataset);
    struct train_options options = cell_train_options(spec);
    double parameters = count_multiplied(shape);
    double first = (double)shape.n_inputs * (shape.depth ? shape.width : shape.n_outputs);
    double hidden = (double)shape.depth * shape.width, layers = shape.depth + 1;
    double steps = epochs * ceil((double)context->sizes.train / options.batch_size);
    double trained = epochs * context->sizes.train;
    /* The initial network is validated too; a rule to stop looks at all training samples.
     */
    double evaluated = (epochs + 1) * context->sizes.validation +
                       (train_has_rule(&options) ? trained : 0);
    /* Forward, gradient of weights, and gradient of inputs but for the first layer's. */
    units_out[COST_TRAIN_FLOP] = (6 * parameters - 2 * first) * trained +
                                 2 * parameters * evaluated;
    /* Those three products read or write the parameters or their gradient; the optimizer
     * reads the gradient, and reads and writes parameters and its state. */
    units_out[COST_TRAIN_FLOAT] = parameters * steps *
                                  (6 + 2 * optim_n_states(options.optim.kind));
    units_out[COST_TRAIN_NODE] = (hidden + shape.n_outputs) * (2 * trained + evaluated);
    /* Forward: mean, variance, values; backward: two sums, and their part taken out. Sums
     * of products count twice: they are in double. */
    if (shape.batch_norm)
        units_out[COST_TRAIN_NODE] += hidden * 8 * trained;
    if (shape.activation != NET_RELU)
        units_out[COST_TRAIN_CURVE] = hidden * (trained + evaluated);
    units_out[COST_TRAIN_INPUT] = shape.n_inputs * (trained + evaluated);
    units_out[COST_TRAIN_NORMAL] = trained * count_normals(spec, shape.n_inputs);
    units_out[COST_TRAIN_PRODUCT] = (3 * layers - 1) * steps;
    units_out[COST_START_BYTE] = work_bytes(context, spec);
}

/* A plain step, then forward products of two networks and of one's weights with the
 * other's inputs, and the loss's way back but for the inputs: where they are the first
 * layer's the last two are not made. */
static void count_updates(const struct net_shape *shape, const struct spec *spec,
                          double snapshots, double n_train, double units_out[COST_COUNT])
{
    double parameters = net_count_parameters(shape), samples = snapshots * n_train;
    double first = (double)shape->n_inputs *
                   (shape->depth ? shape->width : shape->n_outputs);
    double hidden = (double)shape->depth * shape->width;
    double batch = snapshots * fmin(spec->value[FIELD_BATCH_SIZE], n_train);
    units_out[COST_PROBE_FLOP] += (8 * parameters - 4 * first) * samples +
                                  (6 * parameters - 2 * first) * batch;
    /* Before the step, after it, and the condition's. */
    units_out[COST_PROBE_NODE] += 3 * (hidden + shape->n_outputs) * samples;
    if (shape->activation != NET_RELU)
        units_out[COST_PROBE_CURVE] += 2 * hidden * samples;
    units_out[COST_PROBE_INPUT] += shape->n_inputs * (samples + batch);
}

static void count_probes(const struct cell_context *context, const struct spec *spec,
                         double epochs, double units_out[COST_COUNT])
{
    const struct study *study = context->study;
    const struct split_sizes *sizes = &context->sizes;
    struct net_shape shape = cell_net_shape(spec, context->dataset);
    double hidden = (double)shape.depth * shape.width, nodes = hidden + shape.n_outputs;
    double steps = ceil(sizes->train / spec->value[FIELD_BATCH_SIZE]);
    double snapshots = count_snapshots(study, epochs, steps);
    double samples = snapshots * ((double)sizes->train + sizes->validation + sizes->test);
    double layers = shape.depth + 1, classes = context->dataset->n_classes;
    units_out[COST_PROBE_FLOP] = 2 * count_multiplied(shape) * samples;
    /* Corruption reads training samples' activations, and those of corrupted samples
     * again, each on its own, which costs about as much as three passes. */
    double read = 0, again = 0;
    if (study->measures & MEASURE_CORRUPTION) {
        read = snapshots * sizes->train;
        again = read * fmin(spec->value[FIELD_LABEL_CORRUPTION] +
                                spec->value[FIELD_INPUT_CORRUPTION_FRACTION],
                            1);
    }
    units_out[COST_PROBE_NODE] = nodes * (samples + read + 3 * again);
    if (shape.activation != NET_RELU)
        units_out[COST_PROBE_CURVE] = hidden * (samples + read + again);
    units_out[COST_PROBE_INPUT] = shape.n_inputs * samples;
    units_out[COST_PROBE_BIT] = nodes * samples;
    if (study->measures & MEASURE_CLASSIFIERS) {
        /* A layer's prior and decision cost about as much as one more node. */
        units_out[COST_PROBE_SCORE] = (nodes + layers) * samples * ceil(classes / 16.0);
        units_out[COST_PROBE_TABLE] = nodes * classes * snapshots;
    }
    if (study->measures & MEASURE_PATTERNS)
        units_out[COST_PROBE_KEY] = layers * samples;
    if (cell_updates_taken(study, spec))
        count_updates(&shape, spec, snapshots, sizes->train, units_out);
}

struct cost_counts cost_count_cell(const struct cell_context *context,
                                   const struct spec *spec, double epochs)
{
    struct cost_counts counts = {{0}};
    count_training(context, spec, epochs, counts.units);
    count_probes(context, spec, epochs, counts.units);
    return counts;
}

double cost_part_seconds(const struct cost_counts *counts, const struct cost_rates *rates,
                         enum cost_part part)
{
    double seconds = 0.0;
    for (int u = 0; u < COST_COUNT; u++)
        if (units[u].part == part)
            seconds += counts->units[u] * rates->seconds[u];
    return seconds;
}

double cost_seconds(const struct cost_counts *counts, const struct cost_rates *rates)
{
    return cost_part_seconds(counts, rates, COST_TRAIN) +
           cost_part_seconds(counts, rates, COST_PROBE);
}
