#!/usr/bin/env python3
"""What the death of a rank costs: a Markdown line.

    tests/bench/death_cost.py [--ranks N] [--deaths N] [--strata FILE]

The sweep of efficiency.py runs undisturbed, and then with one of its ranks killed at a
random time; the same command completes it. Lost is the wall time of both runs beyond that
of the undisturbed one: the cells in progress on all ranks, which the launcher ends with
the one that was killed, and a start.
"""
import argparse
import os
import pathlib
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import efficiency

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import processes  # noqa: E402


def sweep(strata, ranks, folder, run, kill_after=None):
    """Seconds until the end, or until it was killed."""
    started = time.monotonic()
    child = subprocess.Popen(
        ["mpirun", "-n", str(ranks), strata, "sweep", "study.yaml", "-o", run, "-q"],
        cwd=folder, env=dict(os.environ, OMPI_MCA_rmaps_base_oversubscribe="1"),
        stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(random.choice(processes.ranks(strata, run)), signal.SIGKILL)
    child.wait()
    return time.monotonic() - started


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--deaths", type=int, default=5)
    parser.add_argument("--strata", default=str(efficiency.SOURCE / "build/release/strata"))
    args = parser.parse_args()
    random.seed(1)
    lost = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "study.yaml").write_text(efficiency.STUDY, encoding="utf-8")
        whole = [sweep(args.strata, args.ranks, folder, "whole-1")]
        for i in range(args.deaths):
            at = random.uniform(0.1, 0.9) * whole[0]
            seconds = sweep(args.strata, args.ranks, folder, f"killed-{i}", at)
            seconds += sweep(args.strata, args.ranks, folder, f"killed-{i}")
            lost.append(seconds)
        whole.append(sweep(args.strata, args.ranks, folder, "whole-2"))
    undisturbed = statistics.mean(whole)
    lost = [seconds - undisturbed for seconds in lost]
    print(f"| {args.ranks} ranks | {undisturbed:.1f} s undisturbed | lost a death: "
          f"{statistics.median(lost):.1f} s ({min(lost):.1f} to {max(lost):.1f}, "
          f"{len(lost)} deaths) |")


main()
