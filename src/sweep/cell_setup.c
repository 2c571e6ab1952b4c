/* What a cell's specification means to the modules that carry it out. */
#include "sweep/cell.h"

_Static_assert((int)INPUT_KEPT == (int)INPUT_CORRUPTION_NONE &&
                   (int)INPUT_GAUSSIAN == (int)INPUT_CORRUPTION_GAUSSIAN &&
                   (int)INPUT_STRUCTURED == (int)INPUT_CORRUPTION_STRUCTURED,
               "replacements are in the order of the option's names");

struct net_shape cell_net_shape(const struct spec *spec, const struct dataset *dataset)
{
    return (struct net_shape){
        .n_inputs = dataset->n_inputs,
        .n_outputs = dataset->n_classes,
        .depth = (int)spec->value[FIELD_DEPTH],
        .width = (int)spec->value[FIELD_WIDTH],
        .activation = (enum net_activation)(int)spec->value[FIELD_ACTIVATION],
        .bias = (enum net_bias)(int)spec->value[FIELD_BIAS],
        .batch_norm = spec->value[FIELD_BATCH_NORM] != 0,
        .batch_norm_epsilon = spec->value[FIELD_BATCH_NORM_EPSILON]};
}

struct record_shape cell_record_shape(const struct spec *spec, const struct study *study,
                                      int n_classes)
{
    return (struct record_shape){.n_snapshots = study->n_snapshots,
                                 .n_layers = (int)spec->value[FIELD_DEPTH] + 1,
                                 .n_classes = n_classes};
}

struct train_options cell_train_options(const struct spec *spec)
{
    return (struct train_options){
        .loss = (enum loss_kind)(int)spec->value[FIELD_LOSS],
        .optim = {.kind = (enum optim_kind)(int)spec->value[FIELD_OPTIMIZER],
                  .learning_rate = spec->value[FIELD_LEARNING_RATE],
                  .momentum = spec->value[FIELD_MOMENTUM],
                  .beta1 = spec->value[FIELD_ADAM_BETA1],
                  .beta2 = spec->value[FIELD_ADAM_BETA2],
                  .epsilon = spec->value[FIELD_ADAM_EPSILON]},
        .init = (enum net_init_rule)(int)spec->value[FIELD_INIT],
        .batch_norm_momentum = spec->value[FIELD_BATCH_NORM_MOMENTUM],
        .batch_size = (int)spec->value[FIELD_BATCH_SIZE],
        .epochs = (int)spec->value[FIELD_EPOCHS],
        .patience = (int)spec->value[FIELD_PATIENCE],
        .stop_loss = spec->value[FIELD_STOP_LOSS],
        .stop_accuracy = spec->value[FIELD_STOP_ACCURACY],
        .seed = (uint32_t)spec->value[FIELD_SEED]};
}

bool cell_may_stop_early(const struct spec *spec)
{
    struct train_options options = cell_train_options(spec);
    return options.patience > 0 || train_has_rule(&options);
}

_Static_assert((int)TRAIN_END_EPOCHS == STOP_REASON_EPOCHS &&
                   (int)TRAIN_END_PATIENCE == STOP_REASON_PATIENCE &&
                   (int)TRAIN_END_LOSS == STOP_REASON_LOSS &&
                   (int)TRAIN_END_ACCURACY == STOP_REASON_ACCURACY,
               "stop_reason is enum train_end");

int32_t cell_stop_reason(const struct spec *spec, const struct train_progress *progress)
{
    struct train_options options = cell_train_options(spec);
    bool exists = train_has_rule(&options) && progress->state == TRAIN_FINISHED;
    return exists ? (int32_t)progress->end : RECORD_FILL_INT;
}

struct train_data cell_train_data(const struct cell_context *context,
                                  const struct spec *spec, const uint8_t *labels)
{
    const struct samples *file = &context->dataset->train;
    size_t held_out = (size_t)context->sizes.train * (size_t)context->dataset->n_inputs;
    return (struct train_data){
        .images = file->images,
        .labels = labels,
        .n = context->sizes.train,
        .validation_images = file->images + held_out,
        .validation_labels = file->labels + context->sizes.train,
        .n_validation = context->sizes.validation,
        .corruption = cell_input_corruption(spec, context->dataset, context->normals),
        .noise = {.deviation = spec->value[FIELD_INPUT_NOISE],
                  .seed = (uint32_t)spec->value[FIELD_SEED],
                  .normals = context->normals}};
}
