/* Every archived quantity, declared once. The netCDF schema, table headings, the glossary
 * and the schema test are made from this list.
 *
 * X(id, name, type, dims, role, units, values, long name)
 *
 * id      FIELD_<id> names the row in C.
 * type    INT and FLAG are 32-bit integers in memory (int and byte in the archive),
 *         REAL is double, TEXT is a fixed number of characters.
 * dims    Behind `cell`, in archive order: a DIMS_ macro of field.c.
 * values  The names of a FLAG's values 0, 1, ... separated by blanks.
 * role    OPTION      part of a cell's identity: an axis or a constant of the study
 *         IDENTITY    always present, no fill value
 *         RESULT      fill where it does not exist
 *         GROUPED     a result whose statistics over seeds the collector also writes
 *         PROVENANCE  differs between runs; outside the content hash
 *         SELECTION   only where the study selects; outside the hashes of cells, as it
 *                     changes while other cells come in
 *
 * Options come first, and only they are OPTION: record/field.h counts on it. New rows go
 * at the end of their block; a row is never renamed or removed within a schema major.
 */
#define FIELD_OPTION_LIST(X)                                                             \
    X(SEED, "seed", INT, CELL, OPTION, "1", NULL, "seed of all random numbers")          \
    X(DEPTH, "depth", INT, CELL, OPTION, "1", NULL, "number of hidden layers")           \
    X(WIDTH, "width", INT, CELL, OPTION, "1", NULL, "nodes in each hidden layer")        \
    X(ACTIVATION, "activation", FLAG, CELL, OPTION, "1", "relu sigmoid tanh",            \
      "activation function of hidden nodes")                                             \
    X(LOSS, "loss", FLAG, CELL, OPTION, "1", "mse cross-entropy", "loss function")       \
    X(OPTIMIZER, "optimizer", FLAG, CELL, OPTION, "1", "adam sgd", "optimizer")          \
    X(LEARNING_RATE, "learning_rate", REAL, CELL, OPTION, "1", NULL, "learning rate")    \
    X(MOMENTUM, "momentum", REAL, CELL, OPTION, "1", NULL, "momentum of sgd")            \
    X(ADAM_BETA1, "adam_beta1", REAL, CELL, OPTION, "1", NULL,                           \
      "decay of Adam's first moment")                                                    \
    X(ADAM_BETA2, "adam_beta2", REAL, CELL, OPTION, "1", NULL,                           \
      "decay of Adam's second moment")                                                   \
    X(ADAM_EPSILON, "adam_epsilon", REAL, CELL, OPTION, "1", NULL,                       \
      "constant in Adam's denominator")                                                  \
    X(BATCH_SIZE, "batch_size", INT, CELL, OPTION, "1", NULL, "samples in a minibatch")  \
    X(EPOCHS, "epochs", INT, CELL, OPTION, "1", NULL, "most epochs to train")            \
    X(PATIENCE, "patience", INT, CELL, OPTION, "1", NULL,                                \
      "epochs without a lower validation error before training stops, 0 for never")      \
    X(BIAS, "bias", FLAG, CELL, OPTION, "1", "first all none",                           \
      "layers that have a bias")                                                         \
    X(INIT, "init", FLAG, CELL, OPTION, "1", "glorot-uniform lecun-uniform he-uniform",  \
      "distribution of initial weights")                                                 \
    X(LABEL_CORRUPTION, "label_corruption", REAL, CELL, OPTION, "1", NULL,               \
      "probability that a training label is replaced")                                   \
    X(CORRUPTION_MODE, "corruption_mode", FLAG, CELL, OPTION, "1", "any other",          \
      "classes that a replaced label is drawn from")                                     \
    X(BANDWIDTH, "bandwidth", FLAG, CELL, OPTION, "1", "scott silverman fixed",          \
      "bandwidth rule of the kernel density estimates")                                  \
    X(BANDWIDTH_FIXED, "bandwidth_fixed", REAL, CELL, OPTION, "1", NULL,                 \
      "bandwidth where the rule is fixed, else 0")                                       \
    X(PRIOR, "prior", FLAG, CELL, OPTION, "1", "per-node once none",                     \
      "how class priors enter the node classifiers")                                     \
    X(DENSITY_GRID, "density_grid", FLAG, CELL, OPTION, "1",                             \
      "adaptive 256 512 1024 2048", "intervals of the grid of kernel density estimates") \
    X(BATCH_NORM, "batch_norm", FLAG, CELL, OPTION, "1", "false true",                   \
      "whether pre-activations of hidden nodes are normalised over a minibatch")         \
    X(BATCH_NORM_MOMENTUM, "batch_norm_momentum", REAL, CELL, OPTION, "1", NULL,         \
      "weight of a minibatch in the running mean and variance")                          \
    X(BATCH_NORM_EPSILON, "batch_norm_epsilon", REAL, CELL, OPTION, "1", NULL,           \
      "constant added to the variance that batch normalisation divides by")              \
    X(INPUT_NOISE, "input_noise", REAL, CELL, OPTION, "1", NULL,                         \
      "standard deviation of Gaussian noise on training inputs")                         \
    X(INPUT_CORRUPTION, "input_corruption", FLAG, CELL, OPTION, "1",                     \
      "none gaussian structured", "what replaces the inputs of a training sample")       \
    X(INPUT_CORRUPTION_FRACTION, "input_corruption_fraction", REAL, CELL, OPTION, "1",   \
      NULL, "probability that a training sample's inputs are replaced")                  \
    X(STOP_LOSS, "stop_loss", REAL, CELL, OPTION, "1", NULL,                             \
      "training loss at which training stops, 0 for none")                               \
    X(STOP_ACCURACY, "stop_accuracy", REAL, CELL, OPTION, "1", NULL,                     \
      "training accuracy at which training stops, 0 for none")                           \
    X(QUARANTINE_LEAST, "quarantine_least", INT, CELL, OPTION, "1", NULL,                \
      "samples that a quarantine node's sample set has at least")                        \
    X(QUARANTINE_PURITY, "quarantine_purity", REAL, CELL, OPTION, "1", NULL,             \
      "share of corrupted samples that a quarantine node's sample set has at least")     \
    X(SPECIFIC_SHARE, "specific_share", REAL, CELL, OPTION, "1", NULL,                   \
      "share of one class that a specific node's sample set has at least")

/* X(id, value): options that were added after the first version, and the value that all
 * cells had before them. A cell with that value has the identity and the hash that it had
 * then, and a file that lacks the option means it. Never changed: a new default is the
 * business of sweep/option.c. */
#define FIELD_IMPLIED_LIST(X)       \
    X(BATCH_NORM, 0)                \
    X(BATCH_NORM_MOMENTUM, 0.1)     \
    X(BATCH_NORM_EPSILON, 1e-5)     \
    X(INPUT_NOISE, 0)               \
    X(INPUT_CORRUPTION, 0)          \
    X(INPUT_CORRUPTION_FRACTION, 0) \
    X(STOP_LOSS, 0)                 \
    X(STOP_ACCURACY, 0)             \
    X(QUARANTINE_LEAST, 5)          \
    X(QUARANTINE_PURITY, 0.95)      \
    X(SPECIFIC_SHARE, 0.95)

/* X(id, measure): results of a measure that a study does not take unless it names it. An
 * archive has their variables where its study takes the measure, and a packed record
 * holds them where they have values. */
#define FIELD_MEASURED_LIST(X)                  \
    X(CLEAN_CORRUPT_COSINE, "corruption")       \
    X(CLEAN_CLASS_COSINE, "corruption")         \
    X(CORRUPT_CLASS_COSINE, "corruption")       \
    X(SAMPLE_COSINE, "corruption")              \
    X(ZERO_VECTORS, "corruption")               \
    X(CORRUPTION_PURITY, "corruption")          \
    X(CORRUPTION_PURITY_QUANTILE, "corruption") \
    X(QUARANTINE_FRACTION, "corruption")        \
    X(QUARANTINE_LINKS, "corruption")           \
    X(QUARANTINE_PATH_LENGTH, "corruption")     \
    X(SPECIFIC_FRACTION_CLEAN, "corruption")    \
    X(SPECIFIC_FRACTION_CORRUPT, "corruption")  \
    X(SUPPORTED_COST, "updates")                \
    X(UPDATE_CHANGED, "updates")                \
    X(UPDATE_ADDED, "updates")                  \
    X(UPDATE_AGREEMENT, "updates")              \
    X(UPDATE_PREDICTED, "updates")

#define FIELD_OUTCOME_LIST(X)                                                     \
    X(CELL_ID, "cell_id", TEXT, ID, IDENTITY, "1", NULL,                          \
      "identity of the cell: XXH3-128 of its canonical specification")            \
    X(STATUS, "status", FLAG, CELL, IDENTITY, "1",                                \
      "complete failed diverged timeout quarantined", "outcome of the cell")      \
    X(MESSAGE, "message", TEXT, MESSAGE, IDENTITY, "1", NULL,                     \
      "why the cell is not complete")                                             \
    X(N_LAYERS, "n_layers", INT, CELL, IDENTITY, "1", NULL,                       \
      "layers with weights: hidden layers and the output layer")                  \
    X(N_PARAMETERS, "n_parameters", INT, CELL, IDENTITY, "1", NULL,               \
      "trained parameters of the network")                                        \
    X(EPOCHS_RUN, "epochs_run", INT, CELL, IDENTITY, "1", NULL, "epochs trained") \
    X(BEST_EPOCH, "best_epoch", INT, CELL, IDENTITY, "1", NULL,                   \
      "epoch with the lowest validation error, 0 for the initial network")        \
    X(SNAPSHOT_STEP, "snapshot_step", INT, SNAPSHOT, RESULT, "1", NULL,           \
      "optimizer steps taken before the snapshot")                                \
    X(SNAPSHOT_EPOCH, "snapshot_epoch", REAL, SNAPSHOT, RESULT, "1", NULL,        \
      "epochs trained before the snapshot, with fraction")                        \
    X(CORRUPT_COUNT, "corrupt_count", INT, CELL, RESULT, "1", NULL,               \
      "training samples whose label differs from the original")                   \
    X(SAMPLE_COUNT, "sample_count", INT, SPLIT_CLASS, RESULT, "1", NULL,          \
      "samples; training samples by the label trained with")                      \
    X(INPUT_CORRUPT_COUNT, "input_corrupt_count", INT, CELL, RESULT, "1", NULL,   \
      "training samples whose inputs are replaced")                               \
    X(STOP_REASON, "stop_reason", FLAG, CELL, RESULT, "1",                        \
      "epochs patience loss accuracy",                                            \
      "what ended the training of a cell with a stop rule")

#define FIELD_RESULT_LIST(X)                                                             \
    X(NETWORK_LOSS, "network_loss", REAL, SNAPSHOT_SPLIT, GROUPED, "1", NULL,            \
      "mean loss of the network")                                                        \
    X(NETWORK_ACCURACY, "network_accuracy", REAL, SNAPSHOT_SPLIT, GROUPED, "1", NULL,    \
      "fraction of samples that the network classifies correctly")                       \
    X(NETWORK_CORRECT, "network_correct", INT, SNAPSHOT_SPLIT, RESULT, "1", NULL,        \
      "samples that the network classifies correctly")                                   \
    X(TRAIN_ACCURACY_CLEAN, "train_accuracy_clean", REAL, SNAPSHOT, GROUPED, "1", NULL,  \
      "accuracy on clean training samples: label and inputs are the original ones")      \
    X(TRAIN_ACCURACY_CORRUPT, "train_accuracy_corrupt", REAL, SNAPSHOT, GROUPED, "1",    \
      NULL, "accuracy on corrupted training samples against the label trained with")     \
    X(TRAIN_ACCURACY_ORIGINAL, "train_accuracy_original", REAL, SNAPSHOT, GROUPED, "1",  \
      NULL, "accuracy on corrupted training samples against the original label")         \
    X(PATTERN_COUNT, "pattern_count", INT, SNAPSHOT_SPLIT_LAYER_CLASS, RESULT, "1",      \
      NULL, "distinct activation patterns of the class's samples")                       \
    X(PATTERN_ENTROPY, "pattern_entropy", REAL, SNAPSHOT_SPLIT_LAYER_CLASS, RESULT,      \
      "nat", NULL, "entropy of the class's activation patterns")                         \
    X(PERPLEXITY, "perplexity", REAL, SNAPSHOT_SPLIT_LAYER_CLASS, RESULT, "1", NULL,     \
      "perplexity of the class's activation patterns")                                   \
    X(MEAN_PERPLEXITY, "mean_perplexity", REAL, SNAPSHOT_SPLIT_LAYER, GROUPED, "1",      \
      NULL, "perplexity, mean over classes")                                             \
    X(SYSTEM_CORRECT, "system_correct", INT, SNAPSHOT_SYSTEM_SPLIT_LAYER, RESULT, "1",   \
      NULL, "samples that the layer's node classifiers classify correctly")              \
    X(SYSTEM_ACCURACY, "system_accuracy", REAL, SNAPSHOT_SYSTEM_SPLIT_LAYER, GROUPED,    \
      "1", NULL, "fraction of samples that the layer's node classifiers get right")      \
    X(ACTIVATION_FRACTION, "activation_fraction", REAL, SNAPSHOT_SPLIT_LAYER, GROUPED,   \
      "1", NULL, "fraction of samples that activate a node, mean over nodes")            \
    X(ACTIVATION_FRACTION_QUANTILE, "activation_fraction_quantile", REAL,                \
      SNAPSHOT_SPLIT_LAYER_QUANTILE, RESULT, "1", NULL,                                  \
      "fraction of samples that activate a node, quantiles over nodes")                  \
    X(PREDICTABILITY, "predictability", REAL, SNAPSHOT_SPLIT_LAYER, GROUPED, "1", NULL,  \
      "1 - H(on|class)/ln 2, mean over nodes")                                           \
    X(PREDICTABILITY_QUANTILE, "predictability_quantile", REAL,                          \
      SNAPSHOT_SPLIT_LAYER_QUANTILE, RESULT, "1", NULL,                                  \
      "1 - H(on|class)/ln 2, quantiles over nodes")                                      \
    X(PREDICTABILITY_LIVE, "predictability_live", REAL, SNAPSHOT_SPLIT_LAYER, GROUPED,   \
      "1", NULL, "predictability, mean over nodes neither dead nor saturated")           \
    X(INFORMATIVENESS, "informativeness", REAL, SNAPSHOT_SPLIT_LAYER, GROUPED, "1",      \
      NULL, "1 - H(class|on)/ln C, mean over nodes")                                     \
    X(INFORMATIVENESS_QUANTILE, "informativeness_quantile", REAL,                        \
      SNAPSHOT_SPLIT_LAYER_QUANTILE, RESULT, "1", NULL,                                  \
      "1 - H(class|on)/ln C, quantiles over nodes")                                      \
    X(INFORMATIVENESS_LIVE, "informativeness_live", REAL, SNAPSHOT_SPLIT_LAYER, GROUPED, \
      "1", NULL, "informativeness, mean over nodes neither dead nor saturated")          \
    X(DEAD_NODES, "dead_nodes", INT, SNAPSHOT_SPLIT_LAYER, RESULT, "1", NULL,            \
      "nodes that no sample activates")                                                  \
    X(SATURATED_NODES, "saturated_nodes", INT, SNAPSHOT_SPLIT_LAYER, RESULT, "1", NULL,  \
      "nodes that every sample activates")                                               \
    X(CONSTANT_NODES, "constant_nodes", INT, SNAPSHOT_LAYER, RESULT, "1", NULL,          \
      "nodes with one pre-activation value for all samples: no density is fitted")       \
    X(NEAR_ZERO_COUNT, "near_zero_count", INT, SNAPSHOT_SPLIT_LAYER, RESULT, "1", NULL,  \
      "pre-activations within 1e-6 of the threshold, whose on/off state another "        \
      "machine's rounding may flip")                                                     \
    X(CLEAN_CORRUPT_COSINE, "clean_corrupt_cosine", REAL, SNAPSHOT_LAYER, GROUPED, "1",  \
      NULL,                                                                              \
      "cosine of the mean activations of a class's clean and corrupted training "        \
      "samples, mean over classes")                                                      \
    X(CLEAN_CLASS_COSINE, "clean_class_cosine", REAL, SNAPSHOT_LAYER, GROUPED, "1",      \
      NULL,                                                                              \
      "cosine of the mean activations of two classes' clean training samples, "          \
      "mean over pairs")                                                                 \
    X(CORRUPT_CLASS_COSINE, "corrupt_class_cosine", REAL, SNAPSHOT_LAYER, GROUPED, "1",  \
      NULL,                                                                              \
      "cosine of the mean activations of two classes' corrupted training "               \
      "samples, mean over pairs")                                                        \
    X(SAMPLE_COSINE, "sample_cosine", REAL, SNAPSHOT_LAYER, GROUPED, "1", NULL,          \
      "cosine of a corrupted training sample's activations and its class's mean clean "  \
      "ones, mean over samples")                                                         \
    X(ZERO_VECTORS, "zero_vectors", INT, SNAPSHOT_LAYER, RESULT, "1", NULL,              \
      "class means and corrupted samples without activation: their cosines are 0")       \
    X(CORRUPTION_PURITY, "corruption_purity", REAL, SNAPSHOT_LAYER, GROUPED, "1", NULL,  \
      "share of corrupted samples in a node's training sample set, mean over nodes")     \
    X(CORRUPTION_PURITY_QUANTILE, "corruption_purity_quantile", REAL,                    \
      SNAPSHOT_LAYER_QUANTILE, RESULT, "1", NULL,                                        \
      "share of corrupted samples in a node's training sample set, quantiles over "      \
      "nodes")                                                                           \
    X(QUARANTINE_FRACTION, "quarantine_fraction", REAL, SNAPSHOT_LAYER, GROUPED, "1",    \
      NULL, "fraction of nodes that are quarantine nodes")                               \
    X(QUARANTINE_LINKS, "quarantine_links", INT, SNAPSHOT_LAYER, RESULT, "1", NULL,      \
      "pairs of quarantine nodes of the layer before and this one that share a "         \
      "corrupted sample")                                                                \
    X(QUARANTINE_PATH_LENGTH, "quarantine_path_length", INT, SNAPSHOT_LAYER, RESULT,     \
      "1", NULL, "nodes of the longest quarantine path that ends in the layer")          \
    X(SPECIFIC_FRACTION_CLEAN, "specific_fraction_clean", REAL, SNAPSHOT_LAYER, GROUPED, \
      "1", NULL, "fraction of nodes specific to one class among clean samples")          \
    X(SPECIFIC_FRACTION_CORRUPT, "specific_fraction_corrupt", REAL, SNAPSHOT_LAYER,      \
      GROUPED, "1", NULL,                                                                \
      "fraction of nodes specific to one class among corrupted samples")                 \
    X(SUPPORTED_COST, "supported_cost", REAL, SNAPSHOT_LAYER, GROUPED, "1", NULL,        \
      "size of the node-supported cost, mean over nodes and the training samples that "  \
      "move their weights")                                                              \
    X(UPDATE_CHANGED, "update_changed", REAL, SNAPSHOT_LAYER, GROUPED, "1", NULL,        \
      "fraction of pairs of node and training sample whose membership an SGD step "      \
      "changes")                                                                         \
    X(UPDATE_ADDED, "update_added", REAL, SNAPSHOT_LAYER, GROUPED, "1", NULL,            \
      "fraction of changed memberships where the sample enters the node's sample set")   \
    X(UPDATE_AGREEMENT, "update_agreement", REAL, SNAPSHOT_LAYER, GROUPED, "1", NULL,    \
      "fraction of pairs of node and training sample whose membership after an SGD "     \
      "step is that of the update condition")                                            \
    X(UPDATE_PREDICTED, "update_predicted", REAL, SNAPSHOT_LAYER, GROUPED, "1", NULL,    \
      "fraction of changed memberships that the update condition tells")

#define FIELD_PROVENANCE_LIST(X)                                              \
    X(TRAIN_SECONDS, "train_seconds", REAL, CELL, PROVENANCE, "s", NULL,      \
      "wall time of training")                                                \
    X(PROBE_SECONDS, "probe_seconds", REAL, CELL, PROVENANCE, "s", NULL,      \
      "wall time of probing, summed over the ranks of the cell")              \
    X(PEAK_RSS_BYTES, "peak_rss_bytes", REAL, CELL, PROVENANCE, "byte", NULL, \
      "peak resident memory of the process when the cell ended")              \
    X(CELL_RUN, "cell_run", INT, CELL, PROVENANCE, "1", NULL,                 \
      "index on the run dimension of the run that computed the cell")         \
    X(CELL_RANK, "cell_rank", INT, CELL, PROVENANCE, "1", NULL,               \
      "rank that computed the cell")                                          \
    X(ATTEMPT, "attempt", INT, CELL, PROVENANCE, "1", NULL,                   \
      "attempt that computed the cell, from 1")

/* What an archive says of a cell and the cell does not know: in no journal. */
#define FIELD_SELECTION_LIST(X)                                   \
    X(SELECTED, "selected", FLAG, CELL, SELECTION, "1", "no yes", \
      "whether the cell is of the setting that the study selects")

#define FIELD_LIST(X)        \
    FIELD_OPTION_LIST(X)     \
    FIELD_OUTCOME_LIST(X)    \
    FIELD_RESULT_LIST(X)     \
    FIELD_PROVENANCE_LIST(X) \
    FIELD_SELECTION_LIST(X)
