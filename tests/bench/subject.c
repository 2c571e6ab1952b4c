#include "subject.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cblas.h>

#include "base/io.h"
#include "base/memory.h"
#include "sweep/cell.h"

enum { EPOCHS = 20, EPOCHS_QUICK = 5, BLOCK = 512 };

static enum status train(struct subject *s, int epochs, struct error *err)
{
    struct trainer *trainer;
    s->spec.value[FIELD_EPOCHS] = epochs;
    struct train_options options = cell_train_options(&s->spec);
    struct train_data data = bench_train_data(s->bench);
    if (trainer_create(&trainer, &s->net, &options, &data, err) != STATUS_OK)
        return err->status;
    while (trainer_progress(trainer)->state == TRAIN_RUNNING)
        bench_train_epoch(&trainer, 1, err);
    memcpy(s->parameters, trainer_parameters(trainer),
           s->net.n_parameters * sizeof *s->parameters);
    trainer_destroy(trainer);
    return err->status;
}

static enum status train_or_read(struct subject *s, struct error *err)
{
    int epochs = s->bench->quick ? EPOCHS_QUICK : EPOCHS;
    size_t size = s->net.n_parameters * sizeof *s->parameters, length;
    char file[64], path[BENCH_PATH_MAX], *stored;
    snprintf(file, sizeof file, "parameters-%u-samples-%d-epochs.f32",
             s->bench->sizes.train, epochs);
    if (bench_path(s->bench, file, path, err) != STATUS_OK)
        return err->status;
    if (!io_exists(path)) {
        if (train(s, epochs, err) == STATUS_OK)
            io_replace_file(path, s->parameters, size, err);
        return err->status;
    }
    if (io_read_file(path, size, &stored, &length, err) != STATUS_OK)
        return err->status;
    if (length == size)
        memcpy(s->parameters, stored, size);
    else
        error_set(err, STATUS_DATA, "%s: %zu bytes, not %zu: remove it", path, length,
                  size);
    free(stored);
    return err->status;
}

enum status subject_init(struct subject *s, const struct bench *bench, struct error *err)
{
    *s = (struct subject){.bench = bench};
    bench_spec(&s->spec, SUBJECT_DEPTH, SUBJECT_WIDTH);
    struct net_shape shape = cell_net_shape(&s->spec, &bench->dataset);
    if (net_create(&s->net, &shape, err) != STATUS_OK ||
        cell_samples_init(&s->samples, &s->spec, &bench->sizes, &bench->dataset, err) !=
            STATUS_OK)
        return err->status;
    s->total = groups_total(&s->samples.groups);
    s->stride = net_stride((int)s->total);
    s->parameters = memory_alloc(s->net.n_parameters, sizeof(float), err);
    s->z = memory_alloc((size_t)s->net.widest * s->stride, sizeof(float), err);
    s->below = memory_alloc((size_t)s->net.widest * s->stride, sizeof(float), err);
    if (err->status != STATUS_OK)
        return err->status;
    return train_or_read(s, err);
}

void subject_fini(struct subject *s)
{
    cell_samples_fini(&s->samples);
    net_fini(&s->net);
    free(s->parameters);
    free(s->z);
    free(s->below);
}

struct probe_options subject_options(const struct subject *s, unsigned measures)
{
    return (struct probe_options){
        .measures = measures,
        .bandwidth = (enum kde_rule)(int)s->spec.value[FIELD_BANDWIDTH],
        .bandwidth_fixed = s->spec.value[FIELD_BANDWIDTH_FIXED],
        .prior = (enum probe_prior)(int)s->spec.value[FIELD_PRIOR]};
}

/* out[n, n_inputs] = images of samples [start, start + n) in [0, 1]. */
static void load_images(const struct subject *s, uint32_t start, int n, float *out)
{
    const struct dataset *dataset = &s->bench->dataset;
    size_t size = (size_t)dataset->n_inputs;
    uint32_t first_test = s->samples.start[SPLIT_TEST * dataset->n_classes];
    for (uint32_t i = start; i < start + (uint32_t)n; i++) {
        const struct samples *file = i < first_test ? &dataset->train : &dataset->test;
        const uint8_t *image = file->images + s->samples.row[i] * size;
        for (size_t k = 0; k < size; k++)
            *out++ = (float)image[k] / 255.0f;
    }
}

static enum status forward_images(struct subject *s, struct error *err)
{
    const struct net_layer *layer = &s->net.layers[0];
    float *images = memory_alloc((size_t)BLOCK * (size_t)layer->n_in, sizeof *images,
                                 err);
    for (uint32_t at = 0; images && at < s->total; at += BLOCK) {
        int n = s->total - at < BLOCK ? (int)(s->total - at) : BLOCK;
        load_images(s, at, n, images);
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, layer->n_out, n, layer->n_in,
                    1.0f, s->parameters + layer->weights, layer->n_in, images,
                    layer->n_in, 0.0f, s->z + at, (int)s->stride);
    }
    free(images);
    return err->status;
}

enum status subject_forward(struct subject *s, int index, struct error *err)
{
    const struct net_layer *layer = &s->net.layers[index];
    if (index == 0 && forward_images(s, err) != STATUS_OK)
        return err->status;
    if (index > 0) {
        for (size_t i = 0; i < (size_t)layer->n_in * s->stride; i++)
            s->below[i] = s->z[i] > 0.0f ? s->z[i] : 0.0f;
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, layer->n_out,
                    (int)s->total, layer->n_in, 1.0f, s->parameters + layer->weights,
                    layer->n_in, s->below, (int)s->stride, 0.0f, s->z, (int)s->stride);
    }
    for (int i = 0; layer->has_bias && i < layer->n_out; i++)
        for (uint32_t j = 0; j < s->total; j++)
            s->z[(size_t)i * s->stride + j] += s->parameters[layer->biases + (size_t)i];
    return STATUS_OK;
}
