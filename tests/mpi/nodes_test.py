"""nodes.nc against a forward pass in numpy: networks.nc, the data and formulae are enough
to say what every node does.

usage: nodes_test.py STRATA MPIRUN
"""

import os
import shutil
import struct
import subprocess
import sys

try:
    import netCDF4
    import numpy as np
    import xarray
except ImportError as missing:
    print(f"skipped: {missing} (Debian: python3-netcdf4, python3-numpy, python3-xarray)")
    sys.exit(77)

SIDE, CLASSES, TRAIN, VALIDATION, TEST = 7, 4, 360, 60, 90
STUDY = f"""\
study: nodes
data: {{name: mnist, validation: {VALIDATION}}}
grid: {{seed: [1, 2], depth: [1, 3], width: [6, 70], label_corruption: [0, 0.4]}}
blocks:
  - {{seed: 1, depth: 2, width: 9, activation: [tanh, sigmoid], bias: all, label_corruption: 0}}
  - {{seed: 1, depth: 2, width: 9, bias: none, label_corruption: 1, bandwidth: silverman}}
  - {{seed: 2, depth: 2, width: 9, batch_norm: true, batch_norm_epsilon: 0.01, activation: [relu, tanh],
     bias: [first, all], label_corruption: 0.4}}
train: {{epochs: 3, batch_size: 32}}
probe: {{at: [init, "step:3", best]}}
keep: {{networks: [init, best], nodes: [init, best], histograms: true}}
"""
# Pre-activations are sums of floats in an order that is not numpy's: so near an edge they
# may be on its other side.
NEAR = 2e-5
FILL = netCDF4.default_fillvals["f8"]
ACTIVATIONS = {"relu": lambda z: np.maximum(z, 0), "tanh": np.tanh,
               "sigmoid": lambda z: 1 / (1 + np.exp(-z))}


def require(condition, message):
    if not condition:
        sys.exit(message)


def write_data(folder):
    """Images whose means tell their classes, more or less."""
    os.makedirs(f"{folder}/mnist", exist_ok=True)
    random = np.random.default_rng(1)
    means = random.integers(60, 200, (CLASSES, SIDE * SIDE))
    data = []
    for part, n in (("train", TRAIN), ("t10k", TEST)):
        labels = random.integers(0, CLASSES, n).astype(np.uint8)
        images = np.clip(means[labels] + random.normal(0, 50, (n, SIDE * SIDE)), 0, 255)
        images = images.astype(np.uint8)
        with open(f"{folder}/mnist/{part}-images-idx3-ubyte", "wb") as file:
            file.write(struct.pack(">4i", 2051, n, SIDE, SIDE) + images.tobytes())
        with open(f"{folder}/mnist/{part}-labels-idx1-ubyte", "wb") as file:
            file.write(struct.pack(">2i", 2049, n) + labels.tobytes())
        data.append((images / np.float32(255), labels))
    return data


def flag(variable, cell):
    return variable.flag_meanings.split()[int(variable[cell])]


def split_samples(nets, cell_id, data):
    """Inputs and labels of each split, as networks.nc says them."""
    (images, labels), test = data
    row = list(nets["cell_id"][:]).index(cell_id)
    train, validation = nets["train_sample"][row], nets["validation_sample"][row]
    return [(images[train], nets["train_label"][row]),
            (images[validation], labels[validation]), test]


def layers_of(archive, nets, cell, network):
    """Weights and biases of each layer; a normalised layer's with its running statistics
    worked in, as docs/archive.md has it."""
    vector = nets["parameter"][int(nets["parameter_offset"][network]):][
        :int(nets["parameter_count"][network])].astype(np.float64)
    n_layers, bias = int(archive["n_layers"][cell]), flag(archive["bias"], cell)
    n_in, width = SIDE * SIDE, int(archive["width"][cell])
    normalised = flag(archive["batch_norm"], cell) == "true"
    epsilon = archive["batch_norm_epsilon"][cell]
    if normalised:
        vector, statistics = np.split(vector, [-2 * width * (n_layers - 1)])
        statistics = iter(statistics.reshape(n_layers - 1, 2, width))
    for layer in range(1, n_layers + 1):
        n_out = CLASSES if layer == n_layers else width
        weights, vector = np.split(vector, [n_in * n_out])
        weights, n_in = weights.reshape(n_out, n_in), n_out
        if normalised and layer < n_layers:
            shift, scale, vector = np.split(vector, [n_out, 2 * n_out])
            mean, variance = next(statistics)
            factor = scale / np.sqrt(variance + epsilon)
            yield weights * factor[:, None], shift - factor * mean
            continue
        has_bias = bias == "all" or bias == "first" and layer == 1
        biases, vector = np.split(vector, [n_out if has_bias else 0])
        yield weights, biases if has_bias else 0
    require(vector.size == 0, "the parameters are not those of the layers")


def pre_activations(archive, nets, cell, network, inputs):
    """[node, sample] of each layer."""
    activate = ACTIVATIONS[flag(archive["activation"], cell)]
    a = inputs.astype(np.float64)
    for weights, biases in layers_of(archive, nets, cell, network):
        z = a @ weights.T + biases
        yield z.T
        a = activate(z)


def entropy(counts, axis):
    share = counts / np.maximum(counts.sum(axis, keepdims=True), 1)
    return -(share * np.log(np.where(share > 0, share, 1))).sum(axis)


def check_counts(nodes, records, split, z, labels, tally):
    for k in range(CLASSES):
        values = z[:, labels == k]
        sure, near = (values > NEAR).sum(1), (abs(values) <= NEAR).sum(1)
        found = nodes["active_count"][records, split, k]
        require(((sure <= found) & (found <= sure + near)).all(),
                f"split {split}, class {k}: {found} active samples, not {sure}")
        tally["values"] += values.size
        tally["near"] += near.sum()
        check_histogram(nodes, records, split, k, values, tally)


def check_histogram(nodes, records, split, k, values, tally):
    """Samples below each edge of the bins are those in the bins before it."""
    low, high = nodes["low"][records][:, None], nodes["high"][records][:, None]
    found = nodes["histogram"][records, split, k]
    require((found.sum(1) == values.shape[1]).all(), "a histogram lacks samples")
    n_bins = found.shape[1]
    for b in range(1, n_bins):
        edge = low + (high - low) * b / n_bins
        below = (values < edge).sum(1)
        near = (abs(values - edge) <= NEAR * np.maximum(1, abs(edge))).sum(1)
        require((abs(found[:, :b].sum(1) - below) <= near).all(), f"bin {b} of class {k}")
        tally["edges"] += near.sum()


def check_formulae(nodes, records, samples, split):
    """What follows from the counts."""
    on = nodes["active_count"][records, split].astype(float)
    off = samples[split] - on
    total = samples[split].sum()
    given_class = (entropy(np.stack([on, off], 2), 2) * samples[split]).sum(1) / total
    given_node = (entropy(on, 1) * on.sum(1) + entropy(off, 1) * off.sum(1)) / total
    for name, expected in (("predictability", 1 - given_class / np.log(2)),
                           ("informativeness", 1 - given_node / np.log(CLASSES))):
        require(np.allclose(nodes[name][records, split], expected, rtol=0, atol=1e-12), name)


def check_layer(archive, nodes, cell, snapshot, split, layer, records, samples):
    """Means and counts over nodes are the archive's."""
    at = (cell, snapshot, split, layer - 1)
    share = nodes["active_count"][records, split].sum(1) / samples[split].sum()
    for name, values in (("activation_fraction", share),
                         ("predictability", nodes["predictability"][records, split]),
                         ("informativeness", nodes["informativeness"][records, split])):
        require(abs(archive[name][at] - values.mean()) < 1e-12,
                f"{name}: {archive[name][at]}, its nodes' mean {values.mean()}")
    require(archive["dead_nodes"][at] == (share == 0).sum(), "dead_nodes")
    require(archive["saturated_nodes"][at] == (share == 1).sum(), "saturated_nodes")


def check_bandwidths(archive, nodes, cell, records, z, labels):
    rule, everything = flag(archive["bandwidth"], cell), z.std(1, ddof=1)
    found = nodes["bandwidth"][records]
    for k in range(CLASSES):
        values = z[:, labels == k]
        n = values.shape[1]
        factor = (3 * n / 4) ** -0.2 if rule == "silverman" else n ** -0.2
        expected = np.maximum(values.std(1, ddof=1) * factor,
                              np.maximum(1e-3 * everything, 1e-8))
        constant = nodes["low"][records] == nodes["high"][records]
        require(((found[:, k] == FILL) == constant).all(), "constant nodes")
        require(np.allclose(found[~constant, k], expected[~constant], rtol=1e-4),
                f"bandwidths of class {k}")


def check_accuracy(archive, cell, snapshot, split, z, labels):
    """The network's own decisions."""
    order = np.sort(z, 0)
    near = (order[-1] - order[-2] <= NEAR).sum()
    correct = (z.argmax(0) == labels).sum()
    found = int(archive["network_correct"][cell, snapshot, split])
    require(abs(found - correct) <= near, f"split {split}: {found} correct, not {correct}")


def check_network(folder, files, network, data, tally):
    archive, nets, nodes = files
    cell_id = str(nets["network_cell_id"][network])
    label = str(nets["network_snapshot"][network])
    for name in ("network_cell_id", "network_snapshot", "network_step"):
        require((nodes[name][network] == nets[name][network]).all(), f"{name} of {network}")
    cell = list(archive["cell_id"][:]).index(cell_id)
    snapshot = list(archive["snapshot_label"][:]).index(label)
    samples = nodes["sample_count"][network]
    require((samples == archive["sample_count"][cell]).all(), "sample_count")
    first = int(nodes["record_offset"][network])
    splits = split_samples(nets, cell_id, data)
    passes = [list(pre_activations(archive, nets, cell, network, x)) for x, _ in splits]
    for layer in range(1, int(archive["n_layers"][cell]) + 1):
        n = passes[0][layer - 1].shape[0]
        records = slice(first, first + n)
        first += n
        require((nodes["record_network"][records] == network).all() and
                (nodes["layer"][records] == layer).all() and
                (nodes["node"][records] == np.arange(n)).all(), f"{folder}: whose nodes")
        everything = np.concatenate([p[layer - 1] for p in passes], 1)
        for name, ends in (("low", everything.min(1)), ("high", everything.max(1))):
            require(np.allclose(nodes[name][records], ends, rtol=NEAR, atol=NEAR), name)
        for split, (_, labels) in enumerate(splits):
            check_counts(nodes, records, split, passes[split][layer - 1], labels, tally)
            check_formulae(nodes, records, samples, split)
            check_layer(archive, nodes, cell, snapshot, split, layer, records, samples)
        check_bandwidths(archive, nodes, cell, records, passes[0][layer - 1], splits[0][1])
    for split, (_, labels) in enumerate(splits):
        check_accuracy(archive, cell, snapshot, split, passes[split][-1], labels)
    require(first == nodes["record_offset"][network] + nodes["record_count"][network],
            "record_count")


def check_xarray(folder):
    """As docs/archive.md reads it."""
    nodes = xarray.open_dataset(f"{folder}/nodes.nc")
    best = nodes.network_snapshot.values == "best"
    here = nodes.isel(record=best[nodes.record_network.values])
    share = here.active_count / nodes.sample_count.isel(network=here.record_network)
    require(float(share.max()) == 1 and float(share.min()) == 0, "shares of samples")
    frame = here[["low", "high"]].to_dataframe()
    require({"layer", "node"} <= set(frame.columns), "layer and node are no coordinates")


def main():
    strata, mpirun = sys.argv[1:]
    shutil.rmtree("run", ignore_errors=True)
    data = write_data("store")
    with open("study.yaml", "w", encoding="utf-8") as file:
        file.write(STUDY)
    run = subprocess.run([mpirun, "-n", "2", strata, "sweep", "study.yaml", "-o", "run", "-q"],
                         env={**os.environ, "STRATA_DATA": os.path.abspath("store")},
                         stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    require(run.returncode == 0, run.stderr)
    tally = {"values": 0, "near": 0, "edges": 0}
    files = [netCDF4.Dataset(f"run/{name}.nc") for name in ("archive", "networks", "nodes")]
    for file in files:
        file.set_auto_mask(False)
    n = files[1].dimensions["network"].size
    require(n == files[2].dimensions["network"].size == 2 * (16 + 2 + 1 + 4), f"{n} networks")
    for network in range(n):
        check_network("run", files, network, data, tally)
    check_xarray("run")
    # What may be either is so little that wrong counts would show.
    require(tally["near"] < 1e-3 * tally["values"], f"{tally}")
    require(tally["edges"] < 0.01 * tally["values"], f"{tally}")
    print(f"{n} networks: {tally}")


if __name__ == "__main__":
    main()
