/* The update condition against its explicit sum, and node-supported costs against the sum
 * over active paths and finite differences, in an independent network in double; the
 * plain step against training. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "num/rng.h"
#include "sweep/cell_updates.h"
#include "unit.h"

static struct normals *normals;

static int setup(void **state)
{
    struct error err = {0};
    (void)state;
    normals_create(&normals, &err);
    return err.status != STATUS_OK;
}

static int teardown(void **state)
{
    (void)state;
    free(normals);
    return 0;
}

/* ---- a network of 3-3-3-2 nodes; half of the samples are replaced by noise ---- */

enum { INPUTS = 3, WIDTH = 3, DEPTH = 2, CLASSES = 2, SAMPLES = 12, MOST = 64 };

struct tiny {
    uint8_t images[SAMPLES * INPUTS], labels[SAMPLES];
    float inputs[SAMPLES * INPUTS];
    struct net net;
    struct train_options options;
    struct train_data data;
    struct trainer *trainer;
    struct cell_updates *updates;
    struct record record;
    float stepped[MOST];
};

static void tiny_init(struct tiny *t, struct net_shape shape, enum loss_kind loss,
                      uint32_t seed)
{
    struct error err = {0};
    struct rng rng = {seed, RNG_TEST, 0};
    memset(t, 0, sizeof *t);
    for (int i = 0; i < SAMPLES * INPUTS; i++)
        t->images[i] = (uint8_t)rng_below(&rng, (uint64_t)i, 256);
    for (int i = 0; i < SAMPLES; i++)
        t->labels[i] = (uint8_t)(i % CLASSES);
    net_create(&t->net, &shape, &err);
    assert_ok(err);
    assert_true(t->net.n_parameters <= MOST);
    t->options = (struct train_options){.loss = loss,
                                        .optim = {.kind = OPTIM_SGD, .learning_rate = 2},
                                        .init = NET_HE_UNIFORM,
                                        .batch_size = 5, /* 12 = 5 + 5 + 2 */
                                        .epochs = 10,
                                        .seed = seed};
    t->data = (struct train_data){.images = t->images,
                                  .labels = t->labels,
                                  .n = SAMPLES,
                                  .corruption = {INPUT_GAUSSIAN, 0.5, seed, 0, normals}};
    struct inputs inputs = {.images = t->images,
                            .n_inputs = INPUTS,
                            .n = SAMPLES,
                            .corruption = &t->data.corruption};
    inputs_load_samples(&inputs, (struct matrix){t->inputs, SAMPLES, INPUTS, INPUTS});
    trainer_create(&t->trainer, &t->net, &t->options, &t->data, &err);
    assert_ok(err);
    struct cell_updates_setup setup = {&t->net, loss, t->data, NULL};
    cell_updates_create(&t->updates, &setup, &err);
    record_init(&t->record, (struct record_shape){1, shape.depth + 1, CLASSES}, &err);
    assert_ok(err);
}

static void tiny_fini(struct tiny *t)
{
    record_fini(&t->record);
    cell_updates_destroy(t->updates);
    trainer_destroy(t->trainer);
    net_fini(&t->net);
}

/* The step that training would take as number `step`; its samples go to `batch`. */
static int plain_step(struct tiny *t, int64_t step, uint32_t *batch)
{
    uint32_t order[SAMPLES];
    struct minibatch_options options = trainer_minibatches(&t->options, &t->data, INPUTS);
    struct inputs inputs = minibatch_of_step(&options, step, order);
    memcpy(batch, inputs.rows, (size_t)inputs.n * sizeof *batch);
    trainer_step_plainly(t->trainer, trainer_parameters(t->trainer), step, order,
                         t->stepped);
    return inputs.n;
}

/* From `parameters` only one layer of it. */
static void step_of_layer(const struct net *net, int layer, const float *parameters,
                          const float *stepped, float *out)
{
    size_t first = net->layers[layer].weights;
    size_t end = layer + 1 < net->n_layers ? net->layers[layer + 1].weights
                                           : net->n_parameters;
    memcpy(out, parameters, net->n_parameters * sizeof *out);
    memcpy(out + first, stepped + first, (end - first) * sizeof *out);
}

static double found(const struct record *record, enum field_id id, int layer)
{
    return record_real(record, id)[layer];
}

/* ---- the same in double, without matrices ---- */

struct pass {
    const struct net *net;
    const float *w;
    double a[DEPTH + 2][WIDTH]; /* a layer's inputs; of the first, pixels */
    double z[DEPTH + 1][WIDTH];
    double lambda[CLASSES]; /* dE/dz of the outputs */
    double loss;
};

static double weight(const struct pass *p, int layer, int to, int from)
{
    const struct net_layer *l = &p->net->layers[layer];
    return (double)p->w[l->weights + (size_t)(to * l->n_in + from)];
}

static double bias(const struct pass *p, int layer, int node)
{
    const struct net_layer *l = &p->net->layers[layer];
    return l->has_bias ? (double)p->w[l->biases + (size_t)node] : 0;
}

static double activate(enum net_activation kind, double z)
{
    return kind == NET_RELU      ? fmax(z, 0)
           : kind == NET_SIGMOID ? 1 / (1 + exp(-z))
                                 : tanh(z);
}

/* With `shift` added to the activation of a node of a layer. */
static struct pass pass_of(const struct tiny *t, const float *w, uint32_t sample,
                           int layer, int node, double shift)
{
    struct pass p = {.net = &t->net, .w = w};
    int last = t->net.n_layers - 1;
    double sum = 0;
    for (int k = 0; k < INPUTS; k++)
        p.a[0][k] = (double)t->inputs[sample * INPUTS + (uint32_t)k];
    for (int l = 0; l <= last; l++)
        for (int j = 0; j < t->net.layers[l].n_out; j++) {
            p.z[l][j] = bias(&p, l, j);
            for (int k = 0; k < t->net.layers[l].n_in; k++)
                p.z[l][j] += weight(&p, l, j, k) * p.a[l][k];
            p.a[l + 1][j] = (l < last ? activate(t->net.shape.activation, p.z[l][j])
                                      : p.z[l][j]) +
                            (l == layer && j == node ? shift : 0);
        }
    const double *out = p.a[last + 1];
    for (int k = 0; k < CLASSES; k++)
        sum += exp(out[k]);
    bool mse = t->options.loss == LOSS_KIND_MSE;
    p.loss = mse ? 0 : log(sum) - out[t->labels[sample]];
    for (int k = 0; k < CLASSES; k++) {
        p.lambda[k] = (mse ? out[k] : exp(out[k]) / sum) - (t->labels[sample] == k);
        p.loss += mse ? 0.5 * p.lambda[k] * p.lambda[k] : 0;
    }
    return p;
}

static struct pass pass_through(const struct tiny *t, uint32_t sample)
{
    return pass_of(t, trainer_parameters(t->trainer), sample, -1, 0, 0);
}

/* phi: the sum over every path from node j of `layer` to the outputs, one by one, of
 * lambda at its end times its weights and the switches T(z) of the nodes on its way. */
static double sum_paths(const struct pass *p, int layer, int j)
{
    int last = p->net->n_layers - 1;
    long n_paths = 1;
    double sum = 0;
    for (int l = layer + 1; l <= last; l++)
        n_paths *= p->net->layers[l].n_out;
    for (long path = 0; path < n_paths; path++) {
        long rest = path;
        int node = j;
        double product = 1;
        for (int l = layer + 1; l <= last; l++) {
            int next = (int)(rest % p->net->layers[l].n_out);
            rest /= p->net->layers[l].n_out;
            product *= weight(p, l, next, node) * (l == last || p->z[l][next] > 0);
            node = next;
        }
        sum += product * p->lambda[node];
    }
    return sum;
}

/* dE/da by central differences. */
static double slope(const struct tiny *t, uint32_t sample, int layer, int node)
{
    const double h = 1e-5;
    const float *w = trainer_parameters(t->trainer);
    struct pass above = pass_of(t, w, sample, layer, node, h);
    struct pass below = pass_of(t, w, sample, layer, node, -h);
    return (above.loss - below.loss) / (2 * h);
}

/* ---- node-supported cost ---- */

static void check_cost(enum net_activation activation, enum loss_kind loss,
                       enum net_bias biases)
{
    struct tiny t;
    uint32_t batch[SAMPLES];
    bool relu = activation == NET_RELU;
    tiny_init(&t,
              (struct net_shape){.n_inputs = INPUTS,
                                 .n_outputs = CLASSES,
                                 .depth = DEPTH,
                                 .width = WIDTH,
                                 .activation = activation,
                                 .bias = biases},
              loss, 7);
    plain_step(&t, 2, batch);
    cell_updates_compare(t.updates, trainer_parameters(t.trainer), t.stepped, 0,
                         &t.record);
    for (int l = 0; l <= DEPTH; l++) {
        double sum = 0;
        int driving = 0;
        for (uint32_t s = 0; s < SAMPLES; s++)
            for (int j = 0; j < t.net.layers[l].n_out; j++) {
                struct pass p = pass_through(&t, s);
                double phi = slope(&t, s, l, j);
                if (relu && fabs(phi - sum_paths(&p, l, j)) > 1e-8)
                    fail_msg("layer %d node %d: %g is not %g", l, j, sum_paths(&p, l, j),
                             phi);
                if (!relu || l == DEPTH || p.z[l][j] > 0) {
                    sum += fabs(phi);
                    driving++;
                }
            }
        assert_true(driving > 0 && sum > 0.1);
        double cost = found(&t.record, FIELD_SUPPORTED_COST, l);
        if (fabs(cost - sum / driving) > 1e-6)
            fail_msg("activation %d loss %d layer %d: cost %.9g is not %.9g", activation,
                     loss, l, cost, sum / driving);
    }
    tiny_fini(&t);
}

static void test_supported_cost(void **state)
{
    (void)state;
    for (int activation = NET_RELU; activation <= NET_TANH; activation++)
        for (int loss = LOSS_KIND_MSE; loss <= LOSS_KIND_CROSS_ENTROPY; loss++)
            for (int biases = NET_BIAS_FIRST; biases <= NET_BIAS_NONE; biases++)
                check_cost((enum net_activation)activation, (enum loss_kind)loss,
                           (enum net_bias)biases);
}

/* ---- the condition as it is written ---- */

/* eta times the sum over the minibatch's samples s in the node's sample set of
 * (z^t . z^s) phi^s, with the 1/B of the mean loss. */
static double right_side(const struct tiny *t, const uint32_t *batch, int n, int layer,
                         int node, uint32_t sample)
{
    struct pass at = pass_through(t, sample);
    double sum = 0;
    for (int i = 0; i < n; i++) {
        struct pass p = pass_through(t, batch[i]);
        double product = t->net.layers[layer].has_bias;
        for (int k = 0; k < t->net.layers[layer].n_in; k++)
            product += at.a[layer][k] * p.a[layer][k];
        if (layer == DEPTH || p.z[layer][node] > 0)
            sum += product * sum_paths(&p, layer, node) / n;
    }
    return t->options.optim.learning_rate * sum;
}

/* Only this layer moves: its inputs are those of before. Returns changed memberships. */
static int check_layer(struct tiny *t, int layer, int64_t step)
{
    const float *parameters = trainer_parameters(t->trainer);
    uint32_t batch[SAMPLES];
    float moved[MOST];
    int n = plain_step(t, step, batch), changed = 0, added = 0;
    int nodes = t->net.layers[layer].n_out;
    step_of_layer(&t->net, layer, parameters, t->stepped, moved);
    for (uint32_t s = 0; s < SAMPLES; s++)
        for (int j = 0; j < nodes; j++) {
            struct pass p = pass_through(t, s);
            double margin = p.z[layer][j] - right_side(t, batch, n, layer, j, s);
            struct pass after = pass_of(t, moved, s, -1, 0, 0);
            if (fabs(margin - after.z[layer][j]) > 1e-5)
                fail_msg("layer %d node %d sample %u: %g is not %g", layer, j, s, margin,
                         after.z[layer][j]);
            /* No sign that rounding decides; 0 is that of inputs that are all 0. */
            assert_true(fabs(margin) > 1e-5 || margin == 0);
            changed += (p.z[layer][j] > 0) != (margin > 0);
            added += p.z[layer][j] <= 0 && margin > 0;
        }
    cell_updates_compare(t->updates, parameters, moved, 0, &t->record);
    assert_true(found(&t->record, FIELD_UPDATE_CHANGED, layer) ==
                (double)changed / (SAMPLES * nodes));
    if (changed > 0)
        assert_true(found(&t->record, FIELD_UPDATE_ADDED, layer) ==
                    (double)added / changed);
    return changed;
}

static void test_explicit_condition(void **state)
{
    (void)state;
    for (int loss = LOSS_KIND_MSE; loss <= LOSS_KIND_CROSS_ENTROPY; loss++)
        for (int biases = NET_BIAS_FIRST; biases <= NET_BIAS_ALL; biases++)
            for (int layer = 0; layer <= DEPTH; layer++) {
                int changed = 0;
                for (uint32_t seed = 1; seed <= 12; seed++) {
                    struct tiny t;
                    tiny_init(&t,
                              (struct net_shape){.n_inputs = INPUTS,
                                                 .n_outputs = CLASSES,
                                                 .depth = DEPTH,
                                                 .width = WIDTH,
                                                 .activation = NET_RELU,
                                                 .bias = (enum net_bias)biases},
                              (enum loss_kind)loss, seed);
                    changed += check_layer(&t, layer, seed % 4); /* batches of 5 and 2 */
                    tiny_fini(&t);
                }
                assert_true(changed >= 5);
            }
}

/* ---- the step ---- */

/* Training to its end, with looks at plain steps in between and without. They are what
 * sgd without momentum does next, and training does not notice them. */
static void check_plain_steps(const struct tiny *t, const struct train_options *options,
                              const struct train_data *data)
{
    struct error err = {0};
    struct trainer *a, *b;
    uint32_t order[SAMPLES];
    float stepped[MOST];
    size_t size = t->net.n_parameters * sizeof *stepped;
    bool plain = options->optim.kind == OPTIM_SGD && options->optim.momentum == 0;
    trainer_create(&a, &t->net, options, data, &err);
    trainer_create(&b, &t->net, options, data, &err);
    assert_ok(err);
    while (trainer_progress(a)->state == TRAIN_RUNNING) {
        int64_t step = trainer_progress(a)->step;
        trainer_step_plainly(a, trainer_parameters(a), step + 5, order, stepped);
        trainer_step_plainly(a, trainer_parameters(a), step, order, stepped);
        trainer_step(a);
        trainer_step(b);
        if (plain)
            assert_memory_equal(stepped, trainer_parameters(a), size);
        else if (step > 0) /* of momentum none is left from before the first */
            assert_memory_not_equal(stepped, trainer_parameters(a), size);
        assert_memory_equal(trainer_parameters(a), trainer_parameters(b), size);
    }
    assert_int_equal(trainer_progress(a)->step, 30);
    trainer_destroy(a);
    trainer_destroy(b);
}

static void test_plain_step(void **state)
{
    (void)state;
    struct tiny t;
    tiny_init(&t,
              (struct net_shape){.n_inputs = INPUTS,
                                 .n_outputs = CLASSES,
                                 .depth = DEPTH,
                                 .width = WIDTH,
                                 .activation = NET_TANH,
                                 .bias = NET_BIAS_ALL},
              LOSS_KIND_CROSS_ENTROPY, 5);
    for (int kind = OPTIM_ADAM; kind <= OPTIM_SGD; kind++)
        for (int momentum = 0; momentum < 2; momentum++)
            for (int noise = 0; noise < 2; noise++) {
                struct train_options options = t.options;
                struct train_data data = t.data;
                options.optim = (struct optim){.kind = (enum optim_kind)kind,
                                               .learning_rate = 0.01,
                                               .momentum = momentum * 0.9,
                                               .beta1 = 0.9,
                                               .beta2 = 0.999,
                                               .epsilon = 1e-8};
                data.noise = (struct input_noise){
                    .deviation = noise * 0.1, .seed = 5, .normals = normals};
                check_plain_steps(&t, &options, &data);
            }
    tiny_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_supported_cost),
        cmocka_unit_test(test_explicit_condition),
        cmocka_unit_test(test_plain_step),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
