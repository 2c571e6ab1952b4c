#!/usr/bin/env python3
"""How well `strata plan` predicts the wall time of sweeps: a Markdown table.

    tests/bench/plan_accuracy.py [--ranks N] [--cpus LIST] [--strata FILE] [study ...]

For each study: `plan --calibrate` measures this machine and predicts the whole sweep
(short cells). Where cells may stop early, which only finished cells can tell, the first
seed runs and `plan` predicts the other seeds (finished cells). Then the sweep runs, and its
wall time is compared. Exit code 1 where a prediction is off by more than 20 %.

CPU seconds a rank stand beside the wall time: where they are much lower, other programs
took part of the machine, and the comparison says little.
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

    def plan(self, study, directory, *options):
        command = [*self.prefix, self.strata, "plan", study, "-o", directory, "--json",
                   "--ranks", self.ranks, *options]
        done = subprocess.run([str(word) for word in command], check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return json.loads(done.stdout)

    def sweep(self, study, directory, *options):
        """Wall seconds, and CPU seconds a rank."""
        launcher = ["mpirun", "-n", self.ranks] if self.ranks > 1 else []
        if launcher and self.prefix:
            launcher += ["--bind-to", "none"]
        command = [*self.prefix, *launcher, self.strata, "sweep", study, "-o", directory,
                   "-q", *options]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        started = time.monotonic()
        subprocess.run([str(word) for word in command], check=True,
                       stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wall = time.monotonic() - started
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return wall, cpu / self.ranks

    def compare(self, name, study, directory):
        """Rows of the table."""
        basis = "short cells"
        plan = self.plan(study, directory, "--calibrate")
        patient = plan["longest"]["patience"] > 0
        if patient:
            self.sweep(study, directory, "--set", "seed=1")
            plan = self.plan(study, directory)
            basis = f"{plan['done']} finished cells"
        predicted = plan["schedules"][0]["wall_seconds"]
        wall, cpu = self.sweep(study, directory)
        return [name, plan["left"], basis, predicted, wall, cpu, predicted / wall - 1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--ranks", type=int, default=1)
    parser.add_argument("--cpus", help="CPUs to run on, as taskset wants them")
    parser.add_argument("--strata", default=SOURCE / "build/release/strata")
    parser.add_argument("study", nargs="*", help="quick, quick-fashion, shapes (all)")
    args = parser.parse_args()
    bench, worst = Bench(args), 0
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        known = studies(scratch)
        print("| study | cells | predicted from | predicted s | wall s | CPU s a rank "
              "| off |\n|---|---|---|---|---|---|---|")
        for name in args.study or known:
            if name not in known:
                sys.exit(f"{name}: not one of {', '.join(known)}")
            row = bench.compare(name, known[name], scratch / ("run-" + name))
            worst = max(worst, abs(row[-1]))
            print("| {} | {} | {} | {:.1f} | {:.1f} | {:.1f} | {:+.0%} |".format(*row),
                  flush=True)
    print(f"\n{args.ranks} rank{'s' if args.ranks > 1 else ''}, load "
          f"{os.getloadavg()[0]:.2f}")
    sys.exit(worst > LIMIT)


if __name__ == "__main__":
    main()
