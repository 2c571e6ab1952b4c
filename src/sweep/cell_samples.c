#include "sweep/cell_samples.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/corrupt.h"

enum { SMALLEST_CLASS = 2 };

enum status split_sizes_get(struct split_sizes *sizes, const struct study *study,
                            const struct dataset *dataset, struct error *err)
{
    uint32_t total = dataset->train.count, validation = study->data.validation;
    if (validation >= total)
        return error_set(
            err, STATUS_STUDY,
            "data: validation: %u of %u training samples leave none to train on",
            validation, total);
    *sizes = (struct split_sizes){.train = total - validation,
                                  .validation = validation,
                                  .test = dataset->test.count};
    uint32_t counts[DATASET_CLASSES_MAX] = {0};
    for (uint32_t i = 0; i < sizes->train; i++)
        counts[dataset->train.labels[i]]++;
    for (int c = 0; c < dataset->n_classes; c++)
        if (counts[c] < SMALLEST_CLASS)
            return error_set(err, STATUS_STUDY,
                             "data: class %d has %u of the %u training samples, and at "
                             "least %d are needed: raise train",
                             c, counts[c], sizes->train, SMALLEST_CLASS);
    return STATUS_OK;
}

double cell_samples_bytes(const struct split_sizes *sizes)
{
    double total = (double)sizes->train + sizes->validation + sizes->test;
    return total * 6 + 2.0 * sizes->train;
}

/* Stable counting sort of one split by class. */
static void order_split(struct cell_samples *s, int split, const uint8_t *labels,
                        uint32_t first_row, uint32_t n)
{
    uint32_t next[DATASET_CLASSES_MAX + 1] = {0};
    int n_classes = s->groups.n_classes;
    uint32_t *start = s->start + split * n_classes;
    for (uint32_t i = 0; i < n; i++)
        next[labels[i] + 1]++;
    for (int c = 0; c < n_classes; c++) {
        next[c + 1] += next[c];
        start[c + 1] = start[0] + next[c + 1];
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = start[0] + next[labels[i]]++;
        s->row[at] = first_row + i;
        s->label[at] = labels[i];
    }
}

struct input_corruption cell_input_corruption(const struct spec *spec,
                                              const struct dataset *dataset,
                                              const struct normals *normals)
{
    return (struct input_corruption){
        .kind = (enum input_replacement)(int)spec->value[FIELD_INPUT_CORRUPTION],
        .fraction = spec->value[FIELD_INPUT_CORRUPTION_FRACTION],
        .seed = (uint32_t)spec->value[FIELD_SEED],
        .side = dataset->n_rows,
        .normals = normals};
}

/* Labels to train with, and what is corrupted. */
static void corrupt_samples(struct cell_samples *s, const struct spec *spec,
                            const struct dataset *dataset)
{
    struct corruption labels = {.fraction = spec->value[FIELD_LABEL_CORRUPTION],
                                .other = spec->value[FIELD_CORRUPTION_MODE] ==
                                         CORRUPTION_OTHER,
                                .n_classes = dataset->n_classes,
                                .seed = (uint32_t)spec->value[FIELD_SEED]};
    struct input_corruption inputs = cell_input_corruption(spec, dataset, NULL);
    s->corrupt_count = corrupt_labels(&labels, dataset->train.labels, s->sizes.train,
                                      s->train_labels);
    for (uint32_t i = 0; i < s->sizes.train; i++) {
        bool label = s->train_labels[i] != dataset->train.labels[i];
        bool input = input_is_replaced(&inputs, i);
        s->train_corrupt[i] = (uint8_t)((label ? SAMPLE_LABEL : 0) |
                                        (input ? SAMPLE_INPUT : 0));
        s->input_corrupt_count += input;
    }
}

enum status cell_samples_init(struct cell_samples *s, const struct spec *spec,
                              const struct split_sizes *sizes,
                              const struct dataset *dataset, struct error *err)
{
    memset(s, 0, sizeof *s);
    s->sizes = *sizes;
    size_t total = (size_t)sizes->train + sizes->validation + sizes->test;
    size_t n_groups = PROBE_SPLITS * (size_t)dataset->n_classes;
    s->train_labels = memory_alloc(sizes->train, 1, err);
    s->train_corrupt = memory_alloc(sizes->train, 1, err);
    s->row = memory_alloc(total, sizeof *s->row, err);
    s->label = memory_alloc(total, 1, err);
    s->corrupt = memory_alloc(total, 1, err);
    s->start = memory_alloc(n_groups + 1, sizeof *s->start, err);
    if (err->status != STATUS_OK) {
        cell_samples_fini(s);
        return err->status;
    }
    corrupt_samples(s, spec, dataset);
    s->groups = (struct sample_groups){.n_classes = dataset->n_classes,
                                       .start = s->start};
    order_split(s, SPLIT_TRAIN, s->train_labels, 0, sizes->train);
    for (uint32_t i = 0; i < sizes->train; i++)
        s->corrupt[i] = s->train_corrupt[s->row[i]] != 0;
    order_split(s, SPLIT_VALIDATION, dataset->train.labels + sizes->train, sizes->train,
                sizes->validation);
    order_split(s, SPLIT_TEST, dataset->test.labels, 0, sizes->test);
    return STATUS_OK;
}

void cell_samples_fini(struct cell_samples *s)
{
    free(s->train_labels);
    free(s->train_corrupt);
    free(s->row);
    free(s->label);
    free(s->corrupt);
    free(s->start);
    memset(s, 0, sizeof *s);
}
