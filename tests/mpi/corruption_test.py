"""The measure `corruption` against numpy, which forward-passes what networks.nc keeps; and
the same archive from any number of ranks and from teams of them.

usage: corruption_test.py STRATA MPIRUN
"""

import os
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True  # beside the sources
import nodes_test
from nodes_test import ACTIVATIONS, CLASSES, FILL, NEAR, flag, netCDF4, np, require
from sweep_test import PROVENANCE, compare_file

# Networks that learn corrupted labels by heart; thresholds that some nodes reach.
STUDY = """\
study: corruption
data: {name: mnist, validation: 60}
grid: {seed: [1, 2], depth: [1, 4], width: [6, 70], label_corruption: [0, 0.4]}
blocks:
  - {seed: 1, depth: 3, width: 30, activation: [tanh, sigmoid], label_corruption: 0.4}
  - {seed: 1, depth: 2, width: 9, label_corruption: 1, corruption_mode: other}
  - {seed: 1, depth: 2, width: 2, label_corruption: 0.4}
train: {epochs: 60, patience: 0, batch_size: 16, learning_rate: 0.003}
probe:
  at: [init, final]
  measures: [corruption]
  quarantine_least: 3
  quarantine_purity: 0.7
  specific_share: 0.6
keep: {networks: [init, final]}
"""
COUNTS = {"zero_vectors", "quarantine_links", "quarantine_path_length"}
# Floats in another order than numpy's, and cosines of vectors that are nearly 0.
TOLERANCE = 1e-4


def cosine(a, b):
    """Along the last axis; 0 where a vector is."""
    square = (a * a).sum(-1) * (b * b).sum(-1)
    return np.where(square > 0, (a * b).sum(-1) / np.sqrt(np.where(square > 0, square, 1)), 0)


def mean_or_fill(values):
    return np.mean(values) if len(values) else FILL


def directions(a, labels, corrupt):
    """a: [node, sample]."""
    means = {(k, part): a[:, (labels == k) & (corrupt == part)].mean(1)
             for k in range(CLASSES) for part in (False, True)
             if ((labels == k) & (corrupt == part)).any()}
    both = [k for k in range(CLASSES) if (k, False) in means and (k, True) in means]
    pairs = [(k, m) for k in range(CLASSES) for m in range(k + 1, CLASSES)]
    found = {"clean_corrupt_cosine": [cosine(means[k, False], means[k, True]) for k in both]}
    for part, name in ((False, "clean_class_cosine"), (True, "corrupt_class_cosine")):
        found[name] = [cosine(means[k, part], means[m, part]) for k, m in pairs
                       if (k, part) in means and (m, part) in means]
    found["sample_cosine"] = [cosine(a[:, t], means[labels[t], False])
                              for t in np.flatnonzero(corrupt) if (labels[t], False) in means]
    zeros = sum(not m.any() for m in means.values()) + (~a[:, corrupt].any(0)).sum()
    return {name: mean_or_fill(values) for name, values in found.items()} | {
        "zero_vectors": zeros}


def specific(active, labels):
    """Fraction of nodes; active: [node, sample] of one part."""
    if active.shape[1] == 0:
        return FILL
    counts = np.stack([active[:, labels == k].sum(1) for k in range(CLASSES)], 1)
    size = counts.sum(1)
    return ((size >= 3) & (counts.max(1) / np.maximum(size, 1) >= 0.6)).mean()


def purities(active, corrupt):
    """Of sets that are not empty; and the quarantine nodes."""
    size, n_corrupt = active.sum(1), active[:, corrupt].sum(1)
    share = n_corrupt / np.maximum(size, 1)
    return share[size > 0], (size >= 3) & (share >= 0.7)


class Paths:
    """Quarantine nodes of the layer before: their corrupted samples, their paths' lengths."""

    def __init__(self):
        self.active, self.length = np.zeros((0, 0)), np.zeros(0, int)

    def follow(self, active):
        shared = np.zeros((len(active), 0), bool) if len(self.length) == 0 else (
            active.astype(int) @ self.active.T.astype(int) > 0)
        self.length = np.array([1 + self.length[row].max(initial=0) for row in shared], int)
        self.active = active
        return {"quarantine_links": shared.sum(),
                "quarantine_path_length": self.length.max(initial=0)}


def nodes(active, labels, corrupt, paths):
    """active: [node, sample]."""
    found = {"specific_fraction_clean": specific(active[:, ~corrupt], labels[~corrupt]),
             "specific_fraction_corrupt": specific(active[:, corrupt], labels[corrupt])}
    if not corrupt.any():
        return found | {"corruption_purity": FILL, "quarantine_fraction": FILL,
                        "quarantine_links": -1, "quarantine_path_length": -1}
    purity, chosen = purities(active, corrupt)
    return found | {"corruption_purity": purity.mean(), "quarantine_fraction": chosen.mean(),
                    "corruption_purity_quantile": np.quantile(purity, [0, .25, .5, .75, 1]),
                    } | paths.follow(active[chosen][:, corrupt])


def check(archive, at, expected, where):
    for name, value in expected.items():
        found = archive[name][at]
        same = (found == value if name in COUNTS else
                np.allclose(found, value, rtol=0, atol=TOLERANCE))
        require(same, f"{where}: {name} is {found}, not {value}")


def check_network(archive, nets, network, data, tally):
    cell_id = str(nets["network_cell_id"][network])
    cell = list(archive["cell_id"][:]).index(cell_id)
    row = list(nets["cell_id"][:]).index(cell_id)
    snapshot = list(archive["snapshot_label"][:]).index(str(nets["network_snapshot"][network]))
    (inputs, labels), _, _ = nodes_test.split_samples(nets, cell_id, data)
    corrupt = labels != data[0][1][nets["train_sample"][row]]
    require(corrupt.sum() == archive["corrupt_count"][cell], "corrupt_count")
    activate = ACTIVATIONS[flag(archive["activation"], cell)]
    paths, n_layers = Paths(), int(archive["n_layers"][cell])
    layers = nodes_test.pre_activations(archive, nets, cell, network, inputs)
    for layer, z in enumerate(layers):
        where, at = f"cell {cell}, snapshot {snapshot}, layer {layer + 1}", (cell, snapshot, layer)
        a = activate(z) if layer + 1 < n_layers else z
        expected = directions(a, labels, corrupt) | nodes(z > 0, labels, corrupt, paths)
        if (abs(z) <= NEAR).any():  # which side of 0 is not known, here and in what follows
            return
        check(archive, at, expected, where)
        tally["layers"] += 1
        tally["links"] += max(expected["quarantine_links"], 0)
        tally["longest"] = max(tally["longest"], expected["quarantine_path_length"])
        tally["zeros"] += expected["zero_vectors"]
        tally["specific"] += 0 < expected["specific_fraction_corrupt"] < 1


def sweep(strata, mpirun, n, size, folder):
    run = subprocess.run([mpirun, "--mca", "mpi_yield_when_idle", "1", "-n", str(n), strata,
                          "sweep", "study.yaml", "-o", folder, "-q",
                          "--ranks-per-cell", str(size)],
                         env={**os.environ, "STRATA_DATA": os.path.abspath("store")},
                         stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    require(run.returncode == 0, run.stderr)


def main():
    strata, mpirun = sys.argv[1:]
    data = nodes_test.write_data("store")
    with open("study.yaml", "w", encoding="utf-8") as file:
        file.write(STUDY)
    divisions = [(1, 1), (2, 1), (3, 1), (4, 1), (2, 2), (3, 3), (4, 4), (4, 2)]
    for n, size in divisions:
        shutil.rmtree(f"run{n}by{size}", ignore_errors=True)
        sweep(strata, mpirun, n, size, f"run{n}by{size}")
        compare_file(f"run{n}by{size}/archive.nc", "run1by1/archive.nc", PROVENANCE)
    archive, nets = (netCDF4.Dataset(f"run1by1/{name}.nc") for name in ("archive", "networks"))
    archive.set_auto_mask(False)
    nets.set_auto_mask(False)
    tally = {"layers": 0, "links": 0, "longest": 0, "zeros": 0, "specific": 0}
    n = nets.dimensions["network"].size
    require(n == 2 * (16 + 2 + 2), f"{n} networks")
    for network in range(n):
        check_network(archive, nets, network, data, tally)
    total = 2 * (8 * 2 + 8 * 5 + 2 * 4 + 2 * 3)
    require(tally["layers"] > 0.6 * total, f"of {total} layers too few were compared: {tally}")
    require(tally["links"] > 50 and tally["longest"] > 2 and tally["specific"] > 10 and
            tally["zeros"] > 0, f"too little was there to be found: {tally}")
    print(f"{n} networks, {total} layers: {tally}")


if __name__ == "__main__":
    main()
