#include "nn/batch.h"

#include <stdlib.h>

#include "base/memory.h"
#include "nn/net.h"

double batch_bytes(int n_inputs, int max_columns)
{
    return 4.0 * ((double)n_inputs * (double)net_stride(max_columns) +
                  (double)max_columns * (double)net_stride(n_inputs));
}

enum status batch_init(struct batch *batch, int n_inputs, int max_columns,
                       struct error *err)
{
    *batch = (struct batch){.inputs = {.n_inputs = n_inputs}, .max_columns = max_columns};
    batch->features = memory_alloc((size_t)n_inputs * net_stride(max_columns),
                                   sizeof(float), err);
    batch->samples = memory_alloc((size_t)max_columns * net_stride(n_inputs),
                                  sizeof(float), err);
    return err->status;
}

void batch_fini(struct batch *batch)
{
    free(batch->features);
    free(batch->samples);
    *batch = (struct batch){.features = NULL};
}

void batch_set(struct batch *batch, const struct inputs *inputs)
{
    batch->inputs = *inputs;
    batch->has_features = batch->has_samples = false;
}

struct matrix batch_samples(struct batch *batch)
{
    struct matrix x = {.data = batch->samples,
                       .rows = batch->inputs.n,
                       .columns = batch->inputs.n_inputs,
                       .stride = net_stride(batch->inputs.n_inputs)};
    if (!batch->has_samples)
        inputs_load_samples(&batch->inputs, x);
    batch->has_samples = true;
    return x;
}

struct matrix batch_features(struct batch *batch)
{
    struct matrix x = {.data = batch->features,
                       .rows = batch->inputs.n_inputs,
                       .columns = batch->inputs.n,
                       .stride = net_stride(batch->max_columns)};
    if (!batch->has_features && inputs_disturbed(&batch->inputs))
        linalg_transpose(batch_samples(batch), x); /* disturbing costs more */
    else if (!batch->has_features)
        inputs_load_features(&batch->inputs, x);
    batch->has_features = true;
    return x;
}
