#!/usr/bin/env python3
"""Measures probes by teams of ranks and prints two Markdown tables for docs/performance.md:
wall time of a snapshot's probe on one rank and on two, and the bytes that teams of 1 to 64
ranks send for one, beside those of the pre-activations.

The network is 6x100 on all samples of Fashion-MNIST; snapshots are of the initial network
and of the one after an epoch. Times need two idle cores; bytes do not depend on them.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
STUDY = """\
study: team
data: {data}
grid: {{seed: 1, depth: 6, width: 100}}
train: {{epochs: 1}}
probe: {{at: [init, epoch:1]}}
"""
SIZES = (1, 2, 4, 8, 16, 32, 64)


def measure(options, n, polite):
    """One job; polite ranks leave a core to each other while they wait."""
    mca = ["--mca", "mpi_yield_when_idle", "1"] if polite else []
    environment = {name: value for name, value in os.environ.items()
                   if name != "OPENBLAS_CORETYPE"} | {"OPENBLAS_NUM_THREADS": "1"}
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(STUDY.format(data="{name: fashion-mnist, train: 2400, test: 500}"
                                if options.quick else "fashion-mnist"))
        file.flush()
        run = subprocess.run([options.mpirun, *mca, "--oversubscribe", "-n", str(n),
                              options.bench, file.name], env=environment, text=True,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
    if run.returncode != 0:
        sys.exit(f"{n} ranks: exit code {run.returncode}")
    return json.loads(run.stdout)


def print_times(options):
    load = os.getloadavg()[0]
    times = {n: [] for n in (1, 2)}
    for _ in range(options.rounds):
        for n, seconds in times.items():
            seconds.append(measure(options, n, False)["seconds"])
    print(f"Load before: {load:.2f}. Rounds: {options.rounds}.\n")
    print("| ranks | seconds a probe, median | least | largest | times faster |")
    print("|---:|---:|---:|---:|---:|")
    for n, seconds in times.items():
        faster = statistics.median(a / b for a, b in zip(times[1], seconds))
        print(f"| {n} | {statistics.median(seconds):.3f} | {min(seconds):.3f} | "
              f"{max(seconds):.3f} | {faster:.2f} |")


def print_bytes(options):
    print("\n| ranks | sent, MB a probe | a rank | pre-activations, MB | sent / those |")
    print("|---:|---:|---:|---:|---:|")
    for n in SIZES:
        found = measure(options, n, True)
        sent, samples = found["sent_bytes"], found["pre_activation_bytes"]
        print(f"| {n} | {sent / 1e6:.1f} | {sent / n / 1e6:.2f} | {samples / 1e6:.1f} | "
              f"{sent / samples:.3f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", default=HERE.parent.parent / "build/release/strata-bench-team")
    parser.add_argument("--mpirun", default="mpirun")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="few samples: whether it works")
    parser.add_argument("--only", choices=("times", "bytes"))
    options = parser.parse_args()
    if options.only != "bytes":
        print_times(options)
    if options.only != "times":
        print_bytes(options)


main()
