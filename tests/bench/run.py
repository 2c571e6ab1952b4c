#!/usr/bin/env python3
"""Measures Strata beside its peers and prints the goals table of docs/performance.md.

Ours and peers take turns in rounds, one thread each; a ratio is taken within a round, and
its median, least and largest over rounds are printed. OpenBLAS chooses its kernel itself,
for everybody: variables that pin it are removed. Everything runs on the first core that this
process may use, but row 10, which needs the first two. Keep the machine otherwise idle.

Writes bench.json and bench.md into the output folder.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys

from rows import KINDS, ROWS, derive, verdict

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
DOCUMENT = SOURCE / "docs/performance.md"
BEGIN, END = "<!-- bench.md begins -->", "<!-- bench.md ends -->"
SKIPPED = 77

# Debian's python3 holds the peers; another one first on PATH may not.
PYTHON = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable


class Skip(Exception):
    """Why a step cannot run here."""


def environment():
    kept = {name: value for name, value in os.environ.items()
            if name not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")}
    return kept | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
                   "PYTHONDONTWRITEBYTECODE": "1"}


def on_core(core, command):
    return ["taskset", "-c", str(core), *map(str, command)]


class Bench:
    """One run: its settings, and what has been found."""

    def __init__(self, options):
        self.options = options
        self.folder = pathlib.Path(options.out).resolve()
        self.cores = sorted(os.sched_getaffinity(0))
        self.rows = [row for row in ROWS if row.number in options.rows]
        self.found = {}    # in this round: quantity -> values
        self.skipped = {}  # step: reason
        self.versions = set()
        # In the order of the table: networks to train in step "train".
        self.shapes = list(dict.fromkeys(row.shape for row in self.rows
                                         if "train" in row.steps))

    # ---- processes ----

    def parse(self, output):
        """Quantities that a process has printed: name -> values."""
        found = {}
        for line in filter(None, output.splitlines()):
            result = json.loads(line)
            if "version" in result:
                self.versions.add(result["version"])
            else:
                found[result["name"]] = result["values"]
        return found

    def run(self, command):
        done = subprocess.run(on_core(self.cores[0], command), env=environment(), text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
        if done.returncode == SKIPPED:
            raise Skip(done.stdout.strip().removeprefix("skipped: "))
        if done.returncode != 0:
            sys.exit(f"{' '.join(map(str, command))}: exit code {done.returncode}")
        return self.parse(done.stdout)

    def ours(self, *measurements):
        return [self.options.bench, *(["--quick"] if self.options.quick else []),
                *measurements]

    def run_ours(self, *measurements):
        return self.run(self.ours(self.folder, *measurements))

    def run_peer(self, script, *arguments):
        return self.run([PYTHON, HERE / "peers" / script, *arguments])

    # ---- steps: each returns name -> values ----

    def train(self):
        return self.run_ours(*self.shapes)

    def torch(self):
        samples, = self.found["samples trained"]
        return self.run_peer("torch_train.py", int(samples), 1 if self.options.quick else 3,
                             *(shape for shape in self.shapes if "*" not in shape))

    def probe(self):
        return self.run_ours("probe")

    def densities(self, library):
        points = 20 if self.options.quick else 700
        return self.run_peer("densities.py", library, self.folder, points, 600)

    def scipy(self):
        return self.densities("scipy")

    def sklearn(self):
        return self.densities("sklearn")

    def numpy(self):
        return self.run_peer("patterns.py", self.folder)

    def exact(self):
        return self.run_ours("exact")

    def archive(self):
        return self.run_ours("archive")

    def xarray(self):
        return self.run_peer("open_archive.py", self.folder / "archive.nc")

    def pairs(self):
        """Every core alone, then both at once: mean over the two of each."""
        cores = self.cores[:2]
        if len(cores) < 2:
            raise Skip("two cores are needed, and this process may use one")
        found = {}
        for shape in (row.shape for row in self.rows if "pairs" in row.steps):
            alone = [self.train_on([core], shape)[0] for core in cores]
            together = self.train_on(cores, shape)
            found[f"alone {shape}"] = [statistics.mean(alone)]
            found[f"together {shape}"] = [statistics.mean(together)]
        return found

    def train_on(self, cores, shape):
        """Seconds of an epoch on each core, at the same time. A process that has its data
        says so and waits for a line."""
        command = self.ours("--wait", self.folder, shape)
        processes = [subprocess.Popen(on_core(core, command), env=environment(), text=True,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE)
                     for core in cores]
        for process in processes:
            while process.stdout.readline() != "ready\n":
                if process.poll() is not None:
                    sys.exit(f"training {shape} for row 10 does not start")
        for process in processes:
            process.stdin.write("\n")
            process.stdin.flush()
        outputs = [process.communicate()[0] for process in processes]
        if any(process.returncode for process in processes):
            sys.exit(f"training {shape} for row 10 failed")
        return [statistics.median(self.parse(output)[f"train {shape}"]) for output in outputs]

    # ---- rounds ----

    def steps(self):
        """Steps that the chosen rows need, in an order in which files exist when they are
        read."""
        order = ("exact", "train", "torch", "probe", "scipy", "sklearn", "numpy", "archive",
                 "xarray", "pairs")
        needed = {step for row in self.rows for step in row.steps}
        return [step for step in order if step in needed]

    def round(self, index):
        self.found = {}
        for step in self.steps():
            # Decisions do not depend on the hour: once is enough.
            if step in self.skipped or (step == "exact" and index > 0):
                continue
            print(f"round {index + 1} of {self.options.rounds}: {step}", file=sys.stderr)
            try:
                self.found |= getattr(self, step)()
            except Skip as reason:
                self.skipped[step] = str(reason)
        return self.found


def ratios(row, rounds):
    """(ours, other, value) of a row in every round that has it."""
    out = []
    for values in rounds:
        found = {name: statistics.median(v) for name, v in values.items()}
        derive(found)
        if row.ours in found and (not row.other or row.other in found):
            ours, other = found[row.ours], found.get(row.other)
            out.append((ours, other, KINDS[row.kind][0](ours, other)))
    return out


def judge(bench, rounds):
    """The table: one dictionary a row."""
    quick = bench.options.quick
    table = []
    for row in bench.rows:
        entry = {"row": row.number, "what": row.what, "ours": None, "other": None,
                 "median": None, "min": None, "max": None, "required": row.required,
                 "aim": row.aim, "kind": row.kind}
        reasons = [bench.skipped[step] for step in row.steps if step in bench.skipped]
        if reasons:
            entry["verdict"] = f"skipped: {reasons[0]}"
        else:
            values = ratios(row, rounds)
            ours, other, ratio = zip(*values)
            entry["ours"] = statistics.median(ours)
            entry["other"] = statistics.median(other) if row.other else None
            entry |= {"median": statistics.median(ratio), "min": min(ratio), "max": max(ratio)}
            entry["verdict"] = "not judged" if quick else verdict(row, entry["median"])
        table.append(entry)
    return table


# ---- output ----

def plain(value):
    return "-" if value is None else f"{value:.4g}"


def spread(entry):
    if entry["median"] is None:
        return "-"
    form = KINDS[entry["kind"]][1]
    text = form.format(entry["median"])
    if entry["min"] < entry["max"]:
        text += f" ({form.format(entry['min'])} - {form.format(entry['max'])})"
    return text


def goal(entry, key):
    return f"{entry[key][0]} {entry[key][1]:g}" if entry[key] else "-"


def markdown(report):
    machine = report["machine"]
    lines = ["| row | what | ours | other | median (least - largest) | required | aim | verdict |",
             "|---|---|---|---|---|---|---|---|"]
    for entry in report["rows"]:
        cells = (entry["row"], entry["what"], plain(entry["ours"]), plain(entry["other"]),
                 spread(entry), goal(entry, "required"), goal(entry, "aim"), entry["verdict"])
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    lines += ["", f"{machine['date']}, {machine['commit']}: rounds: {report['n_rounds']}; CPU: "
              f"{machine['cpu']}; cores: {', '.join(map(str, machine['cores']))}; load at the "
              f"start: {machine['load']:.2f}. {', '.join(machine['versions'])}."]
    if report["quick"]:
        lines += ["", "Quick: sizes are too small for these numbers to mean anything."]
    return "\n".join(lines) + "\n"


def cpu_name():
    fields = {}
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            key, _, value = line.partition(":")
            fields.setdefault(key.strip(), value.strip())
    name = fields.get("model name", platform.machine())
    return f"{name} (family {fields.get('cpu family', '?')}, model {fields.get('model', '?')})"


def describe_machine(bench, load):
    commit = subprocess.run(["git", "-C", str(SOURCE), "describe", "--always", "--dirty"],
                            capture_output=True, text=True, check=False).stdout.strip()
    return {"date": datetime.date.today().isoformat(), "commit": commit or "no commit",
            "cpu": cpu_name(), "cores": bench.cores, "load": load,
            "versions": sorted(bench.versions)}


def update_document(text):
    document = DOCUMENT.read_text(encoding="utf-8")
    before, _, rest = document.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        sys.exit(f"{DOCUMENT}: no lines {BEGIN} and {END}")
    DOCUMENT.write_text(f"{before}{BEGIN}\n{text}{END}{after}", encoding="utf-8")


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    numbers = sorted({row.number for row in ROWS})
    parser.add_argument("--rows", default=",".join(map(str, numbers)),
                        help="rows of the table, as 1,5 (default: all)")
    parser.add_argument("--rounds", type=int, default=5, help="(default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="few samples: does it all work?")
    parser.add_argument("--bench", default=str(SOURCE / "build/release/strata-bench"),
                        help="our side (default: %(default)s)")
    parser.add_argument("--out", default="strata-bench", help="folder (default: %(default)s)")
    parser.add_argument("--update-docs", action="store_true",
                        help="put the table into docs/performance.md")
    options = parser.parse_args()
    try:
        options.rows = [int(row) for row in options.rows.split(",")]
    except ValueError:
        parser.error("--rows: numbers with commas between them")
    if not set(options.rows) <= set(numbers):
        parser.error(f"--rows: there are {numbers[0]} to {numbers[-1]}")
    if options.rounds < 1:
        parser.error("--rounds: at least one")
    if not os.path.exists(options.bench):
        parser.error(f"--bench: {options.bench} is not built")
    if options.update_docs and (options.quick or set(options.rows) != set(numbers)):
        parser.error("--update-docs: with all rows, and not --quick")
    return options


def main():
    options = parse_options()
    load = os.getloadavg()[0]
    bench = Bench(options)
    bench.folder.mkdir(parents=True, exist_ok=True)
    rounds = [bench.round(i) for i in range(options.rounds)]
    report = {"quick": options.quick, "n_rounds": options.rounds, "rows": judge(bench, rounds),
              "machine": describe_machine(bench, load), "rounds": rounds}
    text = markdown(report)
    with open(bench.folder / "bench.json", "w", encoding="utf-8") as file:
        json.dump(report, file, indent=1)
    (bench.folder / "bench.md").write_text(text, encoding="utf-8")
    print(text, end="")
    if load > 0.5:
        print(f"The load was {load:.2f} at the start: others were at work.", file=sys.stderr)
    if options.update_docs:
        update_document(text)


if __name__ == "__main__":
    main()
