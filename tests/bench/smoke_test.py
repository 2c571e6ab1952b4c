"""The whole benchmark with few samples: every row of the goals is in both reports, with
numbers in order; only what needs a peer, or two cores, may be skipped.

usage: smoke_test.py STRATA_BENCH
"""

import json
import math
import os
import pathlib
import shutil
import subprocess
import sys

DATA = "/usr/share/datasets/fashion-mnist"
COLUMNS = 8
# Table lines of each goal.
LINES = {1: 2, 2: 4, 3: 3, 4: 1, 5: 3, 6: 6, 7: 3, 8: 1, 9: 1, 10: 4, 11: 2}
PEERS = ("PyTorch", "scipy", "scikit-learn", "np.", "two ranks", "xarray")


def require(condition, text):
    if not condition:
        sys.exit(f"FAILED {text}")


def check_row(entry):
    what = entry["what"]
    if entry["verdict"].startswith("skipped: "):
        require(any(peer in what for peer in PEERS), f"{what}: {entry['verdict']}")
        require(entry["median"] is None, f"{what}: skipped, with a number")
        return
    numbers = [entry[key] for key in ("min", "median", "max")]
    require(all(math.isfinite(x) for x in numbers), f"{what}: {numbers}")
    require(numbers == sorted(numbers), f"{what}: {numbers} in that order")
    require(entry["verdict"] == "not judged", f"{what}: judged by a quick run")
    if entry["row"] == 6:
        require(numbers[0] > 90, f"{what}: {numbers[0]}: densities are not what they were")


def check_markdown(text, report):
    lines = [line for line in text.splitlines() if line.startswith("|")]
    require(len(lines) == 2 + len(report["rows"]), f"{len(lines)} lines in bench.md")
    for line in lines:
        require(line.count("|") == COLUMNS + 1, f"a line of another width: {line}")
    for line, entry in zip(lines[2:], report["rows"]):
        require(line.startswith(f"| {entry['row']} | {entry['what']} |"), f"{line} of {entry}")


def main():
    bench, = sys.argv[1:]
    if not os.path.isdir(DATA):
        print(f"skipped: no {DATA} (Debian: dataset-fashion-mnist)")
        sys.exit(77)
    folder = pathlib.Path("smoke")
    shutil.rmtree(folder, ignore_errors=True)
    run = pathlib.Path(__file__).parent / "run.py"
    subprocess.run([sys.executable, "-B", run, "--quick", "--rounds", "1", "--bench", bench,
                    "--out", folder], check=True, stdin=subprocess.DEVNULL)
    report = json.loads((folder / "bench.json").read_text(encoding="utf-8"))
    found = [entry["row"] for entry in report["rows"]]
    require({row: found.count(row) for row in found} == LINES, f"rows {found}")
    for entry in report["rows"]:
        check_row(entry)
    check_markdown((folder / "bench.md").read_text(encoding="utf-8"), report)
    print(f"{len(found)} lines, {sum(e['median'] is None for e in report['rows'])} skipped")


main()
