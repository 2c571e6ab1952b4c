#!/usr/bin/env python3
"""How much of their time ranks work, on 60 very uneven cells: a Markdown table.

    tests/bench/efficiency.py [--ranks 1,2,4] [--rounds N] [--strata FILE] [--against FILE]

Sizes differ by a factor of a thousand; every second cell has a learning rate with which
it diverges at once, which nobody can predict, and the rest stops early. Efficiency is busy
time over ranks times wall time, as the sweep itself reports it. --against measures a second
program beside the first, in turn.
"""
import argparse
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
STUDY = """
study: uneven
data: {name: glyphs, train: 4000, validation: 800, test: 1200}
grid:
  seed: 1..3
  depth: [2, 5, 9]
  width: [20, 80, 240]
  learning_rate: [0.05, 50]
  optimizer: sgd
blocks:
  - {seed: 4..9, depth: 1, width: 10, learning_rate: 0.05, optimizer: sgd}
train: {epochs: 30, patience: 3}
probe: {at: [init, best]}
"""
CELLS = 60
BUSY = re.compile(r"ranks were busy ([0-9.]+) % of ([0-9.]+) s")


def measure(strata, ranks, folder):
    """Efficiency, wall seconds of the work."""
    done = subprocess.run(
        ["mpirun", "-n", str(ranks), strata, "sweep", folder / "study.yaml", "-o",
         tempfile.mkdtemp(dir=folder), "-q"],
        env=dict(os.environ, OMPI_MCA_rmaps_base_oversubscribe="1"), text=True,
        stdin=subprocess.DEVNULL, capture_output=True, check=False)
    found = BUSY.search(done.stderr)
    if not found and ranks > 1 or f"{CELLS} of {CELLS} cells" not in done.stderr:
        sys.exit(f"{strata}, {ranks} ranks: exit code {done.returncode}\n{done.stderr}")
    seconds = re.search(rf"{CELLS} of {CELLS} cells,.* ([0-9.]+) s", done.stderr)
    return (float(found[1]), float(found[2])) if found else (100.0, float(seconds[1]))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ranks", default="1,2,4")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--strata", default=SOURCE / "build/release/strata")
    parser.add_argument("--against")
    args = parser.parse_args()
    programs = [p for p in (args.strata, args.against) if p]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "study.yaml").write_text(STUDY, encoding="utf-8")
        print("| program | ranks | efficiency, % | wall, s |\n|---|---:|---:|---:|")
        for ranks in map(int, args.ranks.split(",")):
            found = {p: [] for p in programs}
            for _ in range(args.rounds):
                for program in programs:
                    found[program].append(measure(program, ranks, folder))
            for program in programs:
                busy, wall = zip(*found[program])
                print(f"| {'against' if program == args.against else 'strata'} | {ranks} "
                      f"| {statistics.median(busy):.1f} ({min(busy):.1f} to {max(busy):.1f}) "
                      f"| {statistics.median(wall):.1f} |", flush=True)


if __name__ == "__main__":
    main()
