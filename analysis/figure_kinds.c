/* The figures that there are. */
#include <math.h>

#include "analysis/figure_internal.h"

#define ACCURACY                                                    \
    {                                                               \
        FIELD_NETWORK_ACCURACY, "accuracy", "accuracy", false, 0, 1 \
    }

const struct figure_kind figure_kinds[] = {
    {.name = "error",
     .title = "Error of networks",
     .summary = "error over an option, a curve a setting of the others",
     .x = X_OPTION,
     .splits = "test",
     .n_quantities = 1,
     .quantities = {{FIELD_NETWORK_ACCURACY, "error", "error", false, 0, 1}}},
    {.name = "perplexity",
     .title = "Perplexity of each layer",
     .summary = "mean perplexity by layer, a curve a setting",
     .x = X_LAYER,
     .splits = "test",
     .n_quantities = 1,
     .quantities = {{FIELD_MEAN_PERPLEXITY, "mean perplexity", "perplexity", true, 1,
                     HUGE_VAL}},
     .needs = "patterns"},
    {.name = "systems",
     .title = "Nodes as classifiers",
     .summary = "discrete, continuous and combined accuracy by layer, and the network's",
     .x = X_LAYER,
     .curves = CURVES_SYSTEMS,
     .rows = ROWS_SPLITS,
     .splits = "train,test",
     .n_quantities = 1,
     .quantities = {{FIELD_SYSTEM_ACCURACY, "accuracy", "accuracy", false, 0, 1}},
     .needs = "classifiers"},
    {.name = "dynamics",
     .title = "Training",
     .summary = "the network's accuracy and loss through training, a curve a setting",
     .x = X_EPOCH,
     .rows = ROWS_QUANTITIES,
     .splits = "train,test",
     .n_quantities = 2,
     .quantities = {ACCURACY, {FIELD_NETWORK_LOSS, "loss", "loss", false, 0, HUGE_VAL}}},
    {.name = "sample-sets",
     .title = "Sample sets",
     .summary =
         "activation, predictability and informativeness through training by layer",
     .x = X_EPOCH,
     .curves = CURVES_LAYERS,
     .rows = ROWS_QUANTITIES,
     .splits = "train",
     .n_quantities = 3,
     .quantities = {{FIELD_ACTIVATION_FRACTION, "activation fraction",
                     "activation fraction", false, 0, 1},
                    {FIELD_PREDICTABILITY, "predictability", "predictability", false,
                     -HUGE_VAL, 1},
                    {FIELD_INFORMATIVENESS, "informativeness", "informativeness", false,
                     -HUGE_VAL, 1}},
     .needs = "sample-sets"},
    {.name = "heatmap",
     .title = "Heat map",
     .summary = "a measure over two options, a tile a setting",
     .x = X_OPTION,
     .n_quantities = 1},
    {.name = "gap",
     .title = "Measure and gap",
     .summary = "a measure against the generalization gap, a point a setting",
     .x = X_MEASURE,
     .n_quantities = 1},
};
const int figure_n_kinds = sizeof figure_kinds / sizeof *figure_kinds;

const struct figure_alias figure_aliases[] = {
    {"figure-1", .instead = "it needs activation counts of single nodes, which the "
                            "archive does not have"},
    {"figure-2", "error", "test", NULL, WHEN_ONE, 0, FIELD_COUNT, NULL},
    {"figure-3", "perplexity", "test", NULL, WHEN_ONE, 0, FIELD_COUNT, NULL},
    {"figure-4", "systems", "train,test", NULL, WHEN_EPOCHS, 0, FIELD_COUNT, NULL},
    {"figure-5", "systems", "test", NULL, WHEN_FIRST_EPOCH, 0, FIELD_COUNT, NULL},
    {"figure-6", "systems", "test", NULL, WHEN_ONE, 0, FIELD_DEPTH, NULL},
    {"figure-7", "systems", "train,test", "activation == sigmoid", WHEN_ONE,
     1u << SYSTEM_DISCRETE | 1u << SYSTEM_CONTINUOUS, FIELD_COUNT, NULL},
    {"figure-8", .instead = "it is a diagram of equations and shows no data"},
    {"figure-9", "systems", "train,test", NULL, WHEN_ONE, 0, FIELD_WIDTH, NULL},
    {"figure-10", "systems", "train,test", NULL, WHEN_ONE, 0, FIELD_WIDTH, NULL},
    {"figure-11", .instead = "it needs the pre-activations of a node, which the "
                             "archive does not have"},
};
const int figure_n_aliases = sizeof figure_aliases / sizeof *figure_aliases;
