"""A 6x100 network on real Fashion-MNIST: the paper's qualitative claims, and every number
recomputed in numpy from networks.nc and the data alone.

usage: fashion_test.py STRATA MPIRUN
"""

import gzip
import os
import shutil
import subprocess
import sys

try:
    import netCDF4
    import numpy as np
except ImportError as missing:
    print(f"skipped: {missing} (Debian: python3-netcdf4, python3-numpy)")
    sys.exit(77)

DATA = "/usr/share/datasets/fashion-mnist"
DEPTH, WIDTH, TRAIN, VALIDATION = 6, 100, 55000, 5000

STUDY = f"""\
study: fashion
data: {{name: fashion-mnist, validation: {VALIDATION}}}
grid: {{seed: [1, 2], depth: {DEPTH}, width: {WIDTH}, label_corruption: [0, 0.2]}}
train: {{epochs: 6, batch_size: 64}}
probe: {{at: [init, best]}}
keep: {{networks: [init, best]}}
"""

failures = 0


def check(condition, text):
    global failures
    failures += not condition
    print("ok    " if condition else "FAILED", text)


def read_idx(name, header):
    with gzip.open(f"{DATA}/{name}.gz") as file:
        return np.frombuffer(file.read(), np.uint8, offset=header)


def load():
    return (read_idx("train-images-idx3-ubyte", 16).reshape(-1, 784),
            read_idx("train-labels-idx1-ubyte", 8),
            read_idx("t10k-images-idx3-ubyte", 16).reshape(-1, 784),
            read_idx("t10k-labels-idx1-ubyte", 8))


def layers_of(vector):
    """Weights [out, in] and the first layer's biases, in the order that the file states."""
    at, weights, bias = 0, [], None
    sizes = [784] + [WIDTH] * DEPTH + [10]
    for l, (n_in, n_out) in enumerate(zip(sizes, sizes[1:])):
        weights.append(vector[at:at + n_in * n_out].reshape(n_out, n_in))
        at += n_in * n_out
        if l == 0:
            bias = vector[at:at + n_out]
            at += n_out
    assert at == vector.size
    return weights, bias


def pre_activations(vector, images):
    weights, bias = layers_of(vector)
    a, out = images.astype(np.float32) / np.float32(255), []
    for l, w in enumerate(weights):
        z = a @ w.T + (bias if l == 0 else 0)
        out.append(z)
        a = np.maximum(z, 0)
    return out


def perplexity(on):
    _, counts = np.unique(np.packbits(on, axis=1), axis=0, return_counts=True)
    p = counts / counts.sum()
    return len(counts), np.exp(-(p * np.log(p)).sum())


def entropy(p):
    p = p[p > 0]
    return -(p * np.log(p)).sum()


def sample_set_measures(on, labels):
    """Mean over nodes of activation fraction, predictability, informativeness."""
    n_on = np.stack([on[labels == c].sum(0) for c in range(10)]).astype(float)
    n = np.bincount(labels, minlength=10)[:, None].astype(float)
    n_off, total = n - n_on, n.sum()
    predictability, informativeness = [], []
    for j in range(on.shape[1]):
        h = sum(n[c, 0] * entropy(np.array([n_on[c, j], n_off[c, j]]) / n[c, 0])
                for c in range(10)) / total
        predictability.append(1 - h / np.log(2))
        h = sum(side.sum() * entropy(side / side.sum())
                for side in (n_on[:, j], n_off[:, j]) if side.sum() > 0) / total
        informativeness.append(1 - h / np.log(10))
    return on.mean(), np.mean(predictability), np.mean(informativeness)


def discrete_correct(on_train, train_labels, on, labels):
    n = np.bincount(train_labels, minlength=10)[:, None]
    r = np.stack([on_train[train_labels == c].sum(0) for c in range(10)])
    r = (r + 0.5) / (n + 1)
    scores = on @ np.log(r).T + (1.0 - on) @ np.log(1 - r).T
    scores = scores + on.shape[1] * np.log(n[:, 0] / n.sum())
    return (scores.argmax(1) == labels).sum()


def close(found, expected, tolerance, text):
    check(abs(found - expected) <= tolerance, f"{text}: {found} against {expected}")


def recompute(archive, networks, cell, snapshot, data):
    """Float rounding differs between BLAS kernels: a few samples in 10,000 may lie on a
    threshold, so counts are compared within a few units and means within 1e-4."""
    train_images, train_labels, test_images, test_labels = data
    label, cell_id = archive["snapshot_label"][:][snapshot], archive["cell_id"][:][cell]
    entry = int(np.flatnonzero((networks["network_cell_id"][:] == cell_id)
                               & (networks["network_snapshot"][:] == label))[0])
    at, n = (int(networks[f"parameter_{k}"][entry]) for k in ("offset", "count"))
    vector = np.asarray(networks["parameter"][at:at + n])
    row = int(np.flatnonzero(networks["cell_id"][:] == cell_id)[0])
    trained_with = np.asarray(networks["train_label"][row])
    z_test = pre_activations(vector, test_images)
    z_train = pre_activations(vector, train_images[:TRAIN])
    where = f"cell {cell} {label}"
    corrupt = (trained_with != train_labels[:TRAIN]).sum()
    close(int(archive["corrupt_count"][cell]), corrupt, 0, f"{where} corrupted labels")
    close(int(archive["network_correct"][cell, snapshot, 2]),
          (z_test[-1].argmax(1) == test_labels).sum(), 2, f"{where} test correct")
    close(int(archive["network_correct"][cell, snapshot, 0]),
          (z_train[-1].argmax(1) == trained_with).sum(), 8, f"{where} train correct")
    onehot = np.eye(10)[test_labels]
    close(float(archive["network_loss"][cell, snapshot, 2]),
          0.5 * ((z_test[-1].astype(float) - onehot) ** 2).sum(1).mean(), 1e-5,
          f"{where} test loss")
    for l in (0, 2, DEPTH - 1, DEPTH):
        on, on_train = z_test[l] > 0, z_train[l] > 0
        for c in (0, 6):
            count, value = perplexity(on[test_labels == c])
            close(int(archive["pattern_count"][cell, snapshot, 2, l, c]), count, 3,
                  f"{where} layer {l + 1} class {c} patterns")
            close(float(archive["perplexity"][cell, snapshot, 2, l, c]) / value, 1, 5e-3,
                  f"{where} layer {l + 1} class {c} perplexity ratio")
        close(int(archive["system_correct"][cell, snapshot, 0, 2, l]),
              discrete_correct(on_train, trained_with, on, test_labels), 8,
              f"{where} layer {l + 1} discrete system")
        names = ("activation_fraction", "predictability", "informativeness")
        for name, value in zip(names, sample_set_measures(on, test_labels)):
            close(float(archive[name][cell, snapshot, 2, l]), value, 1e-4,
                  f"{where} layer {l + 1} {name}")


def claims(archive):
    clean = np.flatnonzero(archive["label_corruption"][:] == 0)
    best = 1
    accuracy = archive["network_accuracy"][clean, best, 2]
    check((accuracy > 0.85).all(), f"test accuracy {accuracy} over 0.85")
    perplexities = archive["mean_perplexity"][clean, best, 2, :DEPTH].mean(0)
    check(perplexities[0] > 850, f"first layer's perplexity {perplexities[0]:.0f} near 1000")
    check(perplexities[-1] < 0.35 * perplexities[0], f"perplexity falls: {perplexities}")
    check((np.diff(perplexities[1:]) < 0).all(), "perplexity falls from layer to layer")
    systems = archive["system_accuracy"][clean, best, :, 2, :DEPTH].mean(0)
    check(systems[2, 0] >= max(systems[0, 0], systems[1, 0]),
          f"combined is best in layer 1: {systems[:, 0]}")
    spread = systems.max(0) - systems.min(0)
    check(spread[-1] < 0.02 and spread[0] > 3 * spread[-1],
          f"the systems meet in the last layer: {spread}")
    network = accuracy.mean()
    check(systems[:, -1].min() > network - 0.02, "late layers reach the network's accuracy")
    initial = archive["network_accuracy"][clean, 0, 2]
    check((initial < 0.3).all(), f"untrained networks guess: {initial}")
    corrupt = np.flatnonzero(archive["label_corruption"][:] == 0.2)
    share = archive["corrupt_count"][corrupt] / (0.2 * 0.9 * TRAIN)
    check((abs(share - 1) < 0.03).all(), f"corrupted labels {share} of 0.2 (1 - 1/C)")
    check((archive["train_accuracy_clean"][corrupt, best]
           > archive["train_accuracy_corrupt"][corrupt, best]).all(),
          "clean samples are fitted first")


def main():
    strata, mpirun = sys.argv[1:]
    if not os.path.isdir(DATA):
        print(f"skipped: no {DATA} (Debian: dataset-fashion-mnist)")
        sys.exit(77)
    shutil.rmtree("run", ignore_errors=True)
    with open("study.yaml", "w", encoding="utf-8") as file:
        file.write(STUDY)
    subprocess.run([mpirun, "-n", "2", strata, "sweep", "study.yaml", "-o", "run"], check=True,
                   stdin=subprocess.DEVNULL)
    with netCDF4.Dataset("run/archive.nc") as archive, \
            netCDF4.Dataset("run/networks.nc") as networks:
        networks.set_auto_mask(False)
        claims(archive)
        peak = archive["peak_rss_bytes"][:].max() / 1e6
        check(50 < peak < 600, f"a rank took {peak:.0f} MB at most, the data with it")
        data = load()
        for cell in (0, 1):
            for snapshot in (0, 1):
                recompute(archive, networks, cell, snapshot, data)
    sys.exit(failures > 0)


main()
