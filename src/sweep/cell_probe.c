#include "sweep/cell_probe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "nn/activation.h"
#include "nn/inputs.h"
#include "sweep/cell_layer.h"
#include "sweep/cell_nodes.h"

enum { BLOCK = 256 }; /* samples that go through a layer together */

struct cell_probe {
    struct cell_probe_setup setup;
    struct probe_share share;
    uint32_t *start; /* of share.own */
    uint32_t *row;   /* [total]: own samples, their indices in their files */
    struct prober *prober;
    uint32_t total; /* own samples */
    size_t stride;  /* of z, in floats */
    /* [widest, stride]: pre-activations of the layer at hand. A block of samples is read
     * as the last layer's and written back as this layer's, so one matrix serves all. */
    float *z;
    size_t block_stride;
    float *input; /* [max(n_inputs, widest), block_stride] */
    struct probe_layer layer;
    struct probe_nodes nodes; /* of the layer at hand, where a node set is filled */
    /* Only in a team: the output layer, from own samples to that of all. */
    float *sent;                      /* [n_classes, total] */
    float *received;                  /* one such block a member; the leader's */
    struct matrix output;             /* [n_classes, all samples]; the leader's */
    size_t *out_lengths, *in_lengths; /* [team size] */
};

static int largest_input(const struct net_shape *shape)
{
    return shape->n_inputs > shape->width ? shape->n_inputs : shape->width;
}

double cell_probe_bytes(const struct net_shape *shape, const struct split_sizes *sizes,
                        unsigned measures, int team_size)
{
    double all = (double)sizes->train + sizes->validation + sizes->test;
    double own = ceil(all / team_size), outputs = shape->n_outputs;
    double block = (double)net_stride(BLOCK) * largest_input(shape);
    struct probe_size size = {.n_samples = all,
                              .n_classes = shape->n_outputs,
                              .max_nodes = net_widest(shape),
                              .team_size = team_size};
    double output = team_size > 1 ? outputs * (own + all + (double)net_stride((int)all))
                                  : 0;
    return 4.0 * ((double)net_stride((int)own) * size.max_nodes + own + block + output) +
           prober_bytes(measures, &size);
}

/* Rows of own samples. */
static void choose_rows(struct cell_probe *p)
{
    const struct sample_groups *all = &p->share.all, *own = &p->share.own;
    const struct probe_team *team = p->share.team;
    for (int g = 0; g < PROBE_SPLITS * all->n_classes; g++) {
        size_t n = all->start[g + 1] - all->start[g];
        size_t skip = team ? team_part(n, team->rank, team->size) : 0;
        memcpy(p->row + own->start[g], p->setup.samples->row + all->start[g] + skip,
               (own->start[g + 1] - own->start[g]) * sizeof *p->row);
    }
}

static void allocate_output(struct cell_probe *p, struct error *err)
{
    const struct probe_team *team = p->share.team;
    size_t n_classes = (size_t)p->share.all.n_classes, all = groups_total(&p->share.all);
    p->sent = memory_alloc(n_classes * p->total, sizeof *p->sent, err);
    p->out_lengths = memory_alloc((size_t)team->size, sizeof *p->out_lengths, err);
    p->in_lengths = memory_alloc((size_t)team->size, sizeof *p->in_lengths, err);
    if (team->rank != 0)
        return;
    p->received = memory_alloc(n_classes * all, sizeof *p->received, err);
    p->output = (struct matrix){
        .rows = (int)n_classes, .columns = (int)all, .stride = net_stride((int)all)};
    p->output.data = memory_alloc(n_classes * p->output.stride, sizeof *p->output.data,
                                  err);
}

static void allocate(struct cell_probe *p, struct error *err)
{
    const struct net *net = p->setup.net;
    size_t n_groups = PROBE_SPLITS * (size_t)p->share.all.n_classes;
    p->total = groups_total(&p->share.own);
    p->stride = net_stride((int)p->total);
    p->block_stride = net_stride(BLOCK);
    p->row = memory_alloc(p->total, sizeof *p->row, err);
    p->z = memory_alloc((size_t)net->widest * p->stride, sizeof *p->z, err);
    p->input = memory_alloc((size_t)largest_input(&net->shape) * p->block_stride,
                            sizeof *p->input, err);
    p->layer.pattern_count = memory_alloc(n_groups, sizeof(int32_t), err);
    p->layer.pattern_entropy = memory_alloc(n_groups, sizeof(double), err);
    if (p->share.team)
        allocate_output(p, err);
}

enum status cell_probe_create(struct cell_probe **out,
                              const struct cell_probe_setup *setup, struct error *err)
{
    *out = NULL;
    const struct sample_groups *all = &setup->samples->groups;
    struct cell_probe *p = memory_alloc(1, sizeof *p, err);
    if (!p)
        return err->status;
    p->setup = *setup;
    p->start = memory_alloc(PROBE_SPLITS * (size_t)all->n_classes + 1, sizeof *p->start,
                            err);
    if (p->start) {
        p->share = probe_share_of(all, setup->team, p->start);
        p->share.corrupt = setup->samples->corrupt;
        allocate(p, err);
    }
    if (err->status == STATUS_OK)
        prober_create(&p->prober, &p->share, setup->net->widest, &setup->options, err);
    if (err->status != STATUS_OK) {
        cell_probe_destroy(p);
        return err->status;
    }
    choose_rows(p);
    *out = p;
    return STATUS_OK;
}

void cell_probe_destroy(struct cell_probe *p)
{
    if (!p)
        return;
    prober_destroy(p->prober);
    free(p->start);
    free(p->row);
    free(p->sent);
    free(p->received);
    free(p->output.data);
    free(p->out_lengths);
    free(p->in_lengths);
    free(p->z);
    free(p->input);
    free(p->layer.pattern_count);
    free(p->layer.pattern_entropy);
    free(p);
}

/* Loads the inputs of layer `layer` for samples [start, start + n), all of one split. */
static struct matrix load_block(struct cell_probe *p, int layer, int split,
                                uint32_t start, int n)
{
    const struct net *net = p->setup.net;
    struct matrix a = {.data = p->input,
                       .rows = net->layers[layer].n_in,
                       .columns = n,
                       .stride = p->block_stride};
    if (layer == 0) {
        const struct samples *file = split == SPLIT_TEST ? &p->setup.dataset->test
                                                         : &p->setup.dataset->train;
        struct inputs inputs = {
            .images = file->images, .n_inputs = a.rows, .rows = p->row + start, .n = n};
        if (split == SPLIT_TRAIN)
            inputs.corruption = input_corruption_used(&p->setup.corruption);
        inputs_load_features(&inputs, a);
        return a;
    }
    for (int i = 0; i < a.rows; i++)
        activation_forward(net->shape.activation, p->z + (size_t)i * p->stride + start,
                           a.data + (size_t)i * a.stride, (size_t)n);
    return a;
}

static void forward_layer(struct cell_probe *p, int layer, const float *parameters)
{
    const struct sample_groups *own = &p->share.own;
    for (int split = 0; split < PROBE_SPLITS; split++) {
        uint32_t end = own->start[(split + 1) * own->n_classes];
        for (uint32_t at = own->start[split * own->n_classes]; at < end; at += BLOCK) {
            int n = end - at < BLOCK ? (int)(end - at) : BLOCK;
            struct matrix a = load_block(p, layer, split, at, n);
            struct matrix z = {.data = p->z + at,
                               .rows = p->setup.net->layers[layer].n_out,
                               .columns = n,
                               .stride = p->stride};
            bool more = layer > 0 && at + 2 * BLOCK <= p->total;
            net_forward_layer(p->setup.net, layer, parameters, a,
                              more ? z.data + BLOCK : NULL, z);
        }
    }
}

static void store_layer(const struct cell_probe *p, int snapshot, int layer,
                        struct record *record)
{
    struct cell_layer to = {.record = record,
                            .groups = &p->setup.samples->groups,
                            .snapshot = snapshot,
                            .layer = layer};
    cell_layer_store(&to, p->setup.options.measures, &p->layer);
}

/* Training samples apart: clean or corrupted, and against which label they are right. */
struct train_tally {
    uint32_t clean, clean_correct;
    uint32_t corrupt, corrupt_correct, corrupt_original;
};

static void tally_train(struct train_tally *tally, bool corrupt, int predicted,
                        uint8_t label, uint8_t original)
{
    if (!corrupt) {
        tally->clean++;
        tally->clean_correct += predicted == label;
        return;
    }
    tally->corrupt++;
    tally->corrupt_correct += predicted == label;
    tally->corrupt_original += predicted == original;
}

static void store_train_tally(const struct train_tally *tally, int s,
                              struct record *record)
{
    if (tally->clean > 0)
        *record_real_at(record, FIELD_TRAIN_ACCURACY_CLEAN, s, 0, 0,
                        0) = (double)tally->clean_correct / tally->clean;
    if (tally->corrupt == 0)
        return;
    *record_real_at(record, FIELD_TRAIN_ACCURACY_CORRUPT, s, 0, 0,
                    0) = (double)tally->corrupt_correct / tally->corrupt;
    *record_real_at(record, FIELD_TRAIN_ACCURACY_ORIGINAL, s, 0, 0,
                    0) = (double)tally->corrupt_original / tally->corrupt;
}

/* The network itself, from the output layer of all samples. */
static void store_network(const struct cell_probe *p, struct matrix output, int s,
                          struct record *record)
{
    const struct cell_samples *samples = p->setup.samples;
    int n_classes = samples->groups.n_classes;
    struct train_tally tally = {0};
    for (int split = 0; split < N_SPLITS; split++) {
        uint32_t first = samples->start[split * n_classes];
        uint32_t n = groups_split_count(&samples->groups, split);
        struct matrix z = {.data = output.data + first,
                           .rows = n_classes,
                           .columns = (int)n,
                           .stride = output.stride};
        if (n == 0)
            continue;
        double loss = loss_evaluate(p->setup.loss, z, samples->label + first,
                                    (struct matrix){0});
        int32_t correct = 0;
        for (uint32_t i = 0; i < n; i++) {
            int predicted = loss_predict(z, (int)i);
            uint8_t label = samples->label[first + i];
            correct += predicted == label;
            if (split == SPLIT_TRAIN)
                tally_train(&tally, samples->corrupt[first + i], predicted, label,
                            p->setup.dataset->train.labels[samples->row[first + i]]);
        }
        *record_real_at(record, FIELD_NETWORK_LOSS, s, split, 0, 0) = loss / n;
        *record_int_at(record, FIELD_NETWORK_CORRECT, s, split, 0, 0) = correct;
        *record_real_at(record, FIELD_NETWORK_ACCURACY, s, split, 0,
                        0) = (double)correct / n;
    }
    store_train_tally(&tally, s, record);
}

/* Outputs that are no numbers predict nothing: the loss is NaN, the rest stays fill. */
static void store_divergence(const struct cell_probe *p, int s, struct record *record)
{
    for (int split = 0; split < N_SPLITS; split++)
        if (groups_split_count(&p->setup.samples->groups, split) > 0)
            *record_real_at(record, FIELD_NETWORK_LOSS, s, split, 0, 0) = NAN;
}

/* Member r's block of the output layer to where its samples stand among all. */
static void place_block(struct cell_probe *p, int rank, const float *block)
{
    const struct sample_groups *all = &p->share.all;
    for (int k = 0; k < p->output.rows; k++) {
        float *row = p->output.data + (size_t)k * p->output.stride;
        for (int g = 0; g < PROBE_SPLITS * all->n_classes; g++) {
            size_t n = all->start[g + 1] - all->start[g];
            size_t first = team_part(n, rank, p->share.team->size);
            size_t part = team_part(n, rank + 1, p->share.team->size) - first;
            memcpy(row + all->start[g] + first, block, part * sizeof *block);
            block += part;
        }
    }
}

/* The output layer of all samples, at the leader: sums over samples in their order are
 * not to depend on the team. */
static struct matrix gather_output(struct cell_probe *p)
{
    const struct probe_team *team = p->share.team;
    int n_classes = p->share.all.n_classes;
    if (!team)
        return (struct matrix){.data = p->z,
                               .rows = n_classes,
                               .columns = (int)p->total,
                               .stride = p->stride};
    for (int k = 0; k < n_classes; k++)
        memcpy(p->sent + (size_t)k * p->total, p->z + (size_t)k * p->stride,
               p->total * sizeof *p->sent);
    memset(p->out_lengths, 0, (size_t)team->size * sizeof *p->out_lengths);
    p->out_lengths[0] = (size_t)n_classes * p->total * sizeof *p->sent;
    team->exchange(team->state, p->sent, p->out_lengths, p->received, p->in_lengths);
    const float *block = p->received;
    for (int r = 0; team->rank == 0 && r < team->size; r++) {
        place_block(p, r, block);
        block += p->in_lengths[r] / sizeof *block;
    }
    return p->output;
}

/* The output layer is linear. */
static struct probe_values layer_values(const struct cell_probe *p, int layer)
{
    const struct net *net = p->setup.net;
    bool hidden = layer + 1 < net->n_layers;
    return (struct probe_values){
        .z = p->z,
        .stride = p->stride,
        .n_nodes = net->layers[layer].n_out,
        .layer = layer,
        .activate = hidden ? activation_function(net->shape.activation) : NULL};
}

bool cell_probe_run(struct cell_probe *p, const float *parameters, int snapshot,
                    struct record *record, struct node_set *nodes)
{
    size_t first = 0; /* of the layer's nodes */
    p->layer.nodes = nodes ? &p->nodes : NULL;
    if (nodes)
        cell_nodes_name(nodes, p->setup.net, &p->share.all);
    for (int layer = 0; layer < p->setup.net->n_layers; layer++) {
        forward_layer(p, layer, parameters);
        if (nodes)
            p->nodes = cell_nodes_at(nodes, first);
        first += (size_t)p->setup.net->layers[layer].n_out;
        struct probe_values values = layer_values(p, layer);
        prober_run(p->prober, &values, &p->layer);
        if (!p->layer.finite) {
            if (record)
                store_divergence(p, snapshot, record);
            return false;
        }
        if (record)
            store_layer(p, snapshot, layer, record);
    }
    struct matrix output = gather_output(p);
    if (record)
        store_network(p, output, snapshot, record);
    return true;
}
