#!/usr/bin/env python3
"""How well `strata plan` predicts the wall time of sweeps: a Markdown table.

    tests/bench/plan_accuracy.py [--ranks N] [--cpus LIST] [--strata FILE] [study ...]

For each study: `plan --calibrate` measures this machine and predicts the whole sweep
(short cells). Where cells may stop early, which only finished cells can tell, the first
seed runs and `plan` predicts the other seeds (finished cells). Then the sweep runs, and its
wall time is compared.

A row whose programs did not have their CPUs for themselves (CPU time below 90 % of wall
time, start-up and waiting included) says nothing and is marked. Exit code 1 where a row is
off by more than 20 %, else 2 where one is marked.
"""
import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
LIMIT = 0.20
QUIET = 0.90
SHAPES = """
study: shapes
data: {name: glyphs, train: 12000, validation: 2000, test: 4000}
grid:
  seed: 1..2
  depth: [1, 3, 9]
  width: [20, 80, 320]
  batch_size: [32, 256]
train: {epochs: 5, patience: 0}
probe: {at: [init, "epoch:1", "epoch:3", final]}
"""


def studies(folder):
    shapes = folder / "shapes.yaml"
    shapes.write_text(SHAPES)
    jobs = SOURCE / "jobs" / "studies"
    return {"quick": jobs / "quick.yaml", "quick-fashion": jobs / "quick-fashion.yaml",
            "shapes": shapes}


class Bench:
    def __init__(self, args):
        self.strata = str(pathlib.Path(args.strata).resolve())
        self.ranks = args.ranks
        self.prefix = ["taskset", "-c", args.cpus] if args.cpus else []

    def run(self, launcher, ranks, *arguments):
        """Output, wall seconds, and CPU time of a rank as a share of them."""
        command = [*self.prefix, *launcher, self.strata, *arguments]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        started = time.monotonic()
        done = subprocess.run([str(word) for word in command], check=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL)
        wall = time.monotonic() - started
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return done.stdout, wall, cpu / ranks / wall

    def plan(self, study, directory, *options):
        output, _, share = self.run([], 1, "plan", study, "-o", directory, "--json",
                                    "--ranks", self.ranks, *options)
        return json.loads(output), share

    def sweep(self, study, directory, *options):
        launcher = ["mpirun", "-n", self.ranks] if self.ranks > 1 else []
        if launcher and self.prefix:
            launcher += ["--bind-to", "none"]
        _, wall, share = self.run(launcher, self.ranks, "sweep", study, "-o", directory,
                                  "-q", *options)
        return wall, share

    def compare(self, name, study, directory):
        """A row of the table."""
        plan, share = self.plan(study, directory, "--calibrate")
        basis = "short cells"
        if plan["longest"]["patience"] > 0:
            _, share = self.sweep(study, directory, "--set", "seed=1")
            plan, _ = self.plan(study, directory)
            basis = f"{plan['done']} finished cells"
        predicted = plan["schedules"][0]["wall_seconds"]
        wall, sweep_share = self.sweep(study, directory)
        return [name, plan["left"], basis, predicted, wall, predicted / wall - 1,
                min(share, sweep_share)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--ranks", type=int, default=1)
    parser.add_argument("--cpus", help="CPUs to run on, as taskset wants them")
    parser.add_argument("--strata", default=SOURCE / "build/release/strata")
    parser.add_argument("study", nargs="*", help="quick, quick-fashion, shapes (all)")
    args = parser.parse_args()
    bench, wrong, marked = Bench(args), False, False
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        known = studies(scratch)
        print("| study | cells | predicted from | predicted s | wall s | off | CPU |\n"
              "|---|---|---|---|---|---|---|")
        for name in args.study or known:
            if name not in known:
                sys.exit(f"{name}: not one of {', '.join(known)}")
            row = bench.compare(name, known[name], scratch / ("run-" + name))
            off, share = row[-2:]
            disturbed = share < QUIET
            marked = marked or disturbed
            wrong = wrong or (not disturbed and abs(off) > LIMIT)
            print("| {} | {} | {} | {:.1f} | {:.1f} | {:+.0%} | {:.0%}{} |".format(
                *row, " (disturbed)" if disturbed else ""), flush=True)
    print(f"\n{args.ranks} rank{'s' if args.ranks > 1 else ''}, load "
          f"{os.getloadavg()[0]:.2f}")
    sys.exit(1 if wrong else 2 if marked else 0)


if __name__ == "__main__":
    main()
