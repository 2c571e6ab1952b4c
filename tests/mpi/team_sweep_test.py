"""Cells that teams of ranks share: the archive of one rank, bit for bit.

usage: team_sweep_test.py STRATA MPIRUN equal N SIZE DIR REF   N ranks, SIZE a cell
       team_sweep_test.py STRATA MPIRUN small                  fewer samples than ranks
       team_sweep_test.py STRATA MPIRUN automatic              who gets a team, who may not
       team_sweep_test.py STRATA MPIRUN stop                   signals, a dead member
"""

import os
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True  # beside the sources
import sweep_test
from sweep_test import FAILED_CELLS, PROVENANCE, compare, compare_file, netCDF4, write_study

# Groups of none, one or few samples; a class that corruption has emptied; every option of
# the probes; layers beyond one word of bits and one batch of nodes.
SMALL = """\
study: small
data: {name: glyphs, train: 48, validation: 28, test: 9}
grid:
  seed: 1..2
  depth: 2
  width: [3, 70]
  label_corruption: [0, 1]
  bandwidth: [silverman, "fixed:0.01"]
  prior: [once, none]
train: {epochs: 2, batch_size: 8, activation: tanh, loss: cross-entropy}
probe:
  at: [init, final]
  measures: [patterns, classifiers, sample-sets, corruption, updates]
keep: {nodes: true, histograms: true}
"""
SINGLE = """\
study: single
data: {name: glyphs, train: 200, validation: 20, test: 30}
grid: {seed: [1, 2], depth: 2, width: 20}
train: {epochs: 2}
"""
# No end before the test makes one; snapshots often, so that signals meet them too.
LONG = """\
study: long
data: {name: glyphs, train: 300, validation: 30, test: 30}
grid: {seed: 1..3000, depth: 2, width: 20}
train: {epochs: 10}
probe: {at: [init, epoch:1, epoch:2, epoch:5, best, final]}
"""

# Ranks of a team wait for each other: where there are fewer cores than ranks, they must
# not do so busily.
POLITE = ["--mca", "mpi_yield_when_idle", "1"]


def command(n, size, study, folder, *more):
    chosen = ["--ranks-per-cell", str(size)] if size else []
    return [MPIRUN, *POLITE, "-n", str(n), STRATA, "sweep", f"{study}.yaml", "-o", folder, "-q",
            *chosen, *more]


def sweep(n, size, study, folder, expected=0, more=()):
    run = subprocess.run(command(n, size, study, folder, *more), capture_output=True, text=True,
                         stdin=subprocess.DEVNULL)
    if run.returncode != expected:
        sys.exit(f"exit code {run.returncode}, not {expected}:\n{run.stdout}{run.stderr}")
    return run.stderr


def expect(text, what, present=True):
    if (what in text) != present:
        sys.exit(f"'{what}' is {'not ' if present else ''}in:\n{text}")


def equal(n, size, folder, reference):
    shutil.rmtree(folder, ignore_errors=True)
    write_study("study.yaml", sweep_test.STUDY)
    expect(sweep(int(n), int(size), "study", folder, FAILED_CELLS), f"strata: {size} ranks a cell")
    compare(folder, reference)


def small():
    write_study("small.yaml", SMALL)
    sweep(1, 1, "small", "alone")
    with netCDF4.Dataset("alone/archive.nc") as archive:
        count = archive["sample_count"][:]
        if not ((count[:, 0] == 0).any() and (count == 1).any() and (count[:, 1:] == 0).any()):
            sys.exit("no group is empty or of one sample: the test shows nothing")
    for size in (2, 3, 4):
        sweep(size, size, "small", f"team{size}")
        compare_file(f"team{size}/archive.nc", "alone/archive.nc", PROVENANCE)


def ranks_of_cells(folder):
    with netCDF4.Dataset(f"{folder}/archive.nc") as archive:
        return sorted(archive["cell_rank"][:].tolist())


def automatic():
    write_study("single.yaml", SINGLE)
    expect(sweep(1, None, "single", "one"), "ranks a cell", False)
    for n, size, leaders in ((4, 2, [0, 2]), (5, 2, [0, 2]), (3, 1, [0, 1])):
        folder = f"of{n}"
        expect(sweep(n, None, "single", folder), f"strata: {size} ranks a cell", size > 1)
        compare_file(f"{folder}/archive.nc", "one/archive.nc", PROVENANCE)
        if ranks_of_cells(folder) != leaders:
            sys.exit(f"{n} ranks: cells of ranks {ranks_of_cells(folder)}, not {leaders}")
    expect(sweep(4, 1, "single", "refused"), "ranks a cell", False)
    # Cells that are done count no more: of two, one is left.
    sweep(1, None, "single", "grown", more=["--set", "seed=2"])
    expect(sweep(3, None, "single", "grown"), "strata: 3 ranks a cell")
    compare_file("grown/archive.nc", "one/archive.nc", PROVENANCE)
    for size in ("0", "-1", "two", "5"):
        expect(sweep(4, size, "single", "wrong", 64), f"--ranks-per-cell {size}: ")


def start(folder):
    shutil.rmtree(folder, ignore_errors=True)
    run = subprocess.Popen(command(4, 2, "long", folder), stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    before = 0
    while run.poll() is None and before < 50000:
        before = sweep_test.journal_bytes(folder)
        time.sleep(0.05)
    if run.poll() is not None:
        sys.exit(f"the run ended by itself: {run.stderr.read()}")
    return run


def end_within(run, seconds, what):
    try:
        run.wait(seconds)
    except subprocess.TimeoutExpired:
        run.kill()
        sys.exit(f"{what}: no end within {seconds} s")
    return run.stderr.read()


def is_member(pid):
    """Of teams of two: ranks 1 and 3."""
    variables = open(f"/proc/{pid}/environ", "rb").read().split(b"\0")
    rank = next(v for v in variables if v.startswith(b"OMPI_COMM_WORLD_RANK="))
    return int(rank.split(b"=")[1]) % 2 == 1


def stop():
    write_study("long.yaml", LONG)
    run = start("long")
    members = [pid for pid in sweep_test.sweep_processes("long") if is_member(pid)]
    if len(members) != 2:
        sys.exit(f"{len(members)} members")
    # The leader's word counts: a member that is asked alone goes on.
    os.kill(members[0], signal.SIGUSR1)
    at = sweep_test.journal_bytes("long")
    deadline = time.monotonic() + 30
    while run.poll() is None and sweep_test.journal_bytes("long") == at:
        if time.monotonic() > deadline:
            break
        time.sleep(0.05)
    time.sleep(1)
    if run.poll() is not None or sweep_test.journal_bytes("long") == at:
        sys.exit("a signal to a member stops the run")
    run.send_signal(signal.SIGUSR1)
    text = end_within(run, 10, "all were asked to stop")
    if run.returncode != 75:
        sys.exit(f"exit code {run.returncode}, not 75:\n{text}")
    expect(text, "stopped early")
    # What it left is continued, here by single ranks, and equals one rank's.
    few = ["--set", "seed=1..12"]
    expect(sweep(2, 1, "long", "long", more=few), " done before")
    sweep(1, 1, "long", "whole", more=few)
    compare_file("long/archive.nc", "whole/archive.nc", PROVENANCE)
    # A dead member takes its job with it, as a dead rank does.
    run = start("dead")
    os.kill(next(filter(is_member, sweep_test.sweep_processes("dead"))), signal.SIGKILL)
    end_within(run, 20, "a member was killed")
    if run.returncode == 0:
        sys.exit("a killed member goes unnoticed")
    while sweep_test.sweep_processes("dead"):
        time.sleep(0.05)
    expect(sweep(4, 2, "long", "dead", more=few), " done before")
    compare_file("dead/archive.nc", "whole/archive.nc", PROVENANCE)


def main():
    global STRATA, MPIRUN
    STRATA, MPIRUN, mode, *rest = sys.argv[1:]
    sweep_test.STRATA = STRATA
    if mode == "equal":
        equal(*rest)
        return
    for name in os.listdir("."):
        shutil.rmtree(name, ignore_errors=True)
    {"small": small, "automatic": automatic, "stop": stop}[mode]()


main()
