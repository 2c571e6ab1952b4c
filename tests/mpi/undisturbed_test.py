"""Probing is looking: a cell that is probed at every turn trains to the same network, bit
for bit, as one that is left alone, whoever else probes and trains beside it.

usage: undisturbed_test.py STRATA MPIRUN
"""

import shutil
import subprocess
import sys

try:
    import netCDF4
    import numpy as np
except ImportError as missing:
    print(f"skipped: {missing} (Debian: python3-netcdf4, python3-numpy)")
    sys.exit(77)

EPOCHS = 6
CELLS = f"""\
study: undisturbed
data: {{name: glyphs, train: 330, validation: 50, test: 70}}
grid:
  optimizer: [adam, sgd]
  loss: [mse, cross-entropy]
  depth: [1, 3]
  width: 12
  label_corruption: [0, 0.25]
  seed: 1
blocks:
  - {{optimizer: [adam, sgd], loss: cross-entropy, depth: 2, width: 20, label_corruption: 0.5,
     seed: 1, activation: [tanh, sigmoid], batch_size: [1, 50], bias: all}}
  - {{optimizer: [adam, sgd], loss: mse, depth: 2, width: 66, label_corruption: 0.1, seed: 1,
     stop_accuracy: [0.2, 0.4], patience: 0}}
train: {{epochs: {EPOCHS}, patience: 3, batch_size: 32, learning_rate: 0.01}}
"""
ALONE = """\
probe: {at: [final], measures: []}
keep: {networks: [final]}
"""
# The first epoch has up to 280 steps, those of batch size 1.
WATCHED = """\
probe:
  at: [init, "step:log2", "step:every:3:30", "epoch:every", best, final]
  measures: [patterns, classifiers, sample-sets, corruption, updates]
keep: {networks: ["epoch:every", final], nodes: true, histograms: true}
"""
N_CELLS, N_SNAPSHOTS = 2**4 + 8 + 4, 1 + 9 + 10 + EPOCHS + 2


def require(condition, message):
    if not condition:
        sys.exit(message)


def sweep(name, probe, ranks=1, more=()):
    """Runs the study with those probes into the folder `name`."""
    with open(f"{name}.yaml", "w", encoding="utf-8") as file:
        file.write(CELLS + probe)
    shutil.rmtree(name, ignore_errors=True)
    launcher = [MPIRUN, "--mca", "mpi_yield_when_idle", "1", "-n", str(ranks)]
    run = subprocess.run([*launcher, STRATA, "sweep", f"{name}.yaml", "-o", name, "-q", *more],
                         stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    require(run.returncode == 0, f"{name}: exit code {run.returncode}\n{run.stderr}")


def networks(name, snapshot):
    """The bytes of each cell's network at a snapshot, in the order of the grid. Identities
    hold what is probed, so cells are matched by their place."""
    with netCDF4.Dataset(f"{name}/archive.nc") as archive, \
            netCDF4.Dataset(f"{name}/networks.nc") as file:
        cells = archive["cell_id"][:].tolist()
        owners = file["network_cell_id"][:].tolist()
        labels = file["network_snapshot"][:].tolist()
        found = [None] * len(cells)
        for k, (owner, label) in enumerate(zip(owners, labels)):
            if label == snapshot:
                first, n = int(file["parameter_offset"][k]), int(file["parameter_count"][k])
                found[cells.index(owner)] = np.asarray(file["parameter"][first:first + n]).tobytes()
        return found


def course(name):
    """What training came to, and how the final network does."""
    with netCDF4.Dataset(f"{name}/archive.nc") as archive:
        archive.set_auto_mask(False)
        final = archive["snapshot_label"][:].tolist().index("final")
        values = [archive[v][:] for v in ("status", "epochs_run", "best_epoch", "stop_reason")]
        values += [archive[v][:, final] for v in ("snapshot_step", "network_loss",
                                                  "network_accuracy")]
        return [value.tobytes() for value in values], values[1], values[3]


def compare(name, reference):
    left, right = networks(name, "final"), networks(reference, "final")
    require(len(left) == len(right) == N_CELLS, f"{name}: {len(left)} cells, not {N_CELLS}")
    require(None not in left and None not in right, f"{name}: a final network is missing")
    different = sum(a != b for a, b in zip(left, right))
    require(different == 0, f"{name}: {different} of {N_CELLS} networks differ")
    require(course(name)[0] == course(reference)[0], f"{name}: training went otherwise")
    print(f"{name}: {N_CELLS} final networks equal those of {reference}")


def check_watched(name):
    """It has been probed as it was asked to be, and in the midst of training."""
    with netCDF4.Dataset(f"{name}/archive.nc") as archive, \
            netCDF4.Dataset(f"{name}/nodes.nc") as nodes:
        require(archive.dimensions["snapshot"].size == N_SNAPSHOTS, "snapshots")
        taken = ~np.ma.getmaskarray(archive["snapshot_step"][:])
        first_layer = ~np.ma.getmaskarray(archive["mean_perplexity"][:, :, 2, 0])
        require((taken == first_layer).all() and np.median(taken.sum(axis=1)) > 15, "probes")
        require(nodes.dimensions["network"].size == taken.sum(), "node sets")
        require("histogram" in nodes.variables, "histograms")
    _, epochs, reasons = course(name)
    require(len(set(networks(name, "final"))) == N_CELLS, "two cells have one network")
    require((epochs == EPOCHS).any() and (epochs < EPOCHS).any(), "all ends are alike")
    require((reasons == 3).any() and (reasons == -127).any(), "no cell has reached its rule")


def main():
    global STRATA, MPIRUN
    STRATA, MPIRUN = sys.argv[1:]
    sweep("alone", ALONE)
    sweep("watched", WATCHED, 2)
    check_watched("watched")
    compare("watched", "alone")
    sweep("teams", WATCHED, 2, ("--ranks-per-cell", "2"))
    compare("teams", "alone")
    # What is kept on the way is where a shorter training ends.
    sweep("shorter", ALONE, more=("--set", "epochs=2"))
    on_the_way, ends = networks("watched", "epoch:2"), networks("shorter", "final")
    both = [a == b for a, b in zip(on_the_way, ends) if a is not None]
    require(len(both) > N_CELLS // 2 and all(both), f"{both.count(False)} networks after 2 epochs")


if __name__ == "__main__":
    main()
