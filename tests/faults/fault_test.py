"""Every call on the files of a run, for memory, and of MPI is made to fail, one after the
other, until a run passes untouched; what is left must be sound, and the same command must
complete it.

usage: fault_test.py STRATA MPIRUN SHIM MODE RANKS VICTIM POINT...

MODE is sweep, or merge, where a directory without products gets them from its journals.
VICTIM is the rank whose calls fail. POINT is FILE.CALL[+]=KIND (see shim.c), or with
CALL:N for one N alone.

After a fault: the exit code is one of the product's (or the launcher's, where a rank was
killed); there was an end in time; no process is left; every result whose sync went well is
still there, and no more than the cells in progress are to be run again; `verify` finds
nothing. After the same command without fault: exit code 0, no temporary file, `verify` finds
nothing, `diff` with a run that nothing disturbed is empty, and every variable but provenance
equals its bytes.
"""
import concurrent.futures
import json
import os
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
for place in ("..", "../mpi", "../cli"):
    sys.path.insert(0, os.path.join(HERE, place))
import journal  # noqa: E402
import processes  # noqa: E402
import sweep_test  # noqa: E402  (ends with 77 where netCDF4 is missing)

STUDY = """\
study: faults
data: {name: glyphs, train: 120, validation: 30, test: 40}
grid: {seed: 1..2, depth: 1, width: [6, 8]}
train: {epochs: 1, batch_size: 32}
probe: {at: [init, best]}
keep: {networks: [best], nodes: [best]}
"""
CELLS = 4
SETTLED = ("result", "failed", "release")  # what follows a claim
SIDE_BY_SIDE = 4  # small cells that one rank trains together
CODES = {0, 65, 66, 70, 71, 73, 74, 75}
FAILED_CELLS = 79  # a cell that had no memory
CRASHES = {-11, -7, -6, 139, 135, 134}
SECONDS = 60
CELL_TIMEOUT = 2
GRACE = 60  # beyond a cell's timeout, until a rank that hangs is ended
DENSE = int(os.environ.get("STRATA_FAULTS_DENSE", "2"))  # the first so many calls are all tried


class Round:
    """One fault: a run with it, and what came of it."""

    def __init__(self, place, n, sign, kind):
        self.kind, self.what = kind, f"{place}:{n}{sign}={kind}"
        self.folder = f"run-{self.what}"
        self.hit = os.path.abspath(f"{self.folder}.hit")
        self.synced = os.path.abspath(f"{self.folder}.synced")
        self.clear()

    def clear(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        for path in (self.hit, self.synced):
            if os.path.exists(path):
                os.remove(path)

    def fail(self, text):
        sys.exit(f"{MODE}, {RANKS} rank(s), {self.what}: {text}")

    def tell(self, command):
        done = subprocess.run([STRATA, *command], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=SECONDS, check=False)
        return done.returncode, done.stdout + done.stderr

    def run(self, faulty):
        """Exit code and messages."""
        environment = dict(os.environ, OMPI_MCA_mpi_yield_when_idle="1")
        words = [STRATA, MODE, self.folder]
        if MODE == "sweep":
            words = [STRATA, "sweep", "study.yaml", "-o", self.folder, "-q"]
            if self.kind == "hang":
                words += ["--cell-timeout", f"{CELL_TIMEOUT}s"]
            # That a cell had no memory is its outcome, until it is asked for again.
            if not faulty and self.kind == "oom":
                words += ["--retry", "failed"]
        if faulty:
            environment.update(STRATA_FAULT=self.what, STRATA_FAULT_DIR=f"{self.folder}/",
                               STRATA_FAULT_HIT=self.hit, STRATA_FAULT_SYNCED=self.synced,
                               STRATA_FAULT_RANK=str(VICTIM))
            words = ["env", f"LD_PRELOAD={SHIM}", *words]  # not the launcher
        if MODE == "sweep" and RANKS > 1:
            words = [MPIRUN, "-n", str(RANKS), *words]
        limit = CELL_TIMEOUT + GRACE + SECONDS / 2 if self.kind == "hang" else SECONDS
        started = time.monotonic()
        try:
            done = subprocess.run(words, env=environment, stdin=subprocess.DEVNULL, text=True,
                                  capture_output=True, timeout=limit, check=False)
        except subprocess.TimeoutExpired:
            self.fail(f"no end within {limit} s")
        self.seconds = time.monotonic() - started
        return done.returncode, done.stderr

    def check_end(self, code, text):
        if "Sanitizer" in text or code in CRASHES:
            self.fail(f"exit code {code}\n{text}")
        ended = self.kind in ("kill", "hang") and code not in (0, 70)
        failed = self.kind == "oom" and code == FAILED_CELLS
        if not ended and not failed and code not in CODES:
            self.fail(f"exit code {code}\n{text}")
        deadline = time.monotonic() + 10
        while processes.ranks(STRATA, self.folder):
            if time.monotonic() > deadline:
                self.fail("processes are left")
            time.sleep(0.01)

    def check_left(self):
        """What was synced is there; returns how many cells are to be run once more."""
        synced, again = 0, 0
        lengths = {}
        if os.path.exists(self.synced):
            for line in open(self.synced, encoding="ascii"):
                inode, length, _ = line.split()
                lengths[int(inode)] = int(length)
        folder = f"{self.folder}/journal"
        for name in os.listdir(folder) if os.path.isdir(folder) else []:
            path = f"{folder}/{name}"
            length = lengths.get(os.stat(path).st_ino, 0)
            with open(path, "rb") as file:
                data = file.read()
            if len(data) < length:
                self.fail(f"{name} has {len(data)} bytes, and {length} had been synced")
            synced += [r[0] for r in journal.records(data[:length])].count("result")
            types = [r[0] for r in journal.records(data, torn=True)]
            again += types.count("claim") - sum(map(types.count, SETTLED))
        if os.path.exists(f"{self.folder}/study.yaml"):
            code, text = self.tell(["status", "--json", self.folder])
            complete = json.loads(text)["complete"] if code == 0 else -1
            if complete < synced:
                self.fail(f"{synced} results were synced, and status says\n{text}")
            code, text = self.tell(["verify", self.folder])
            if code != 0:
                self.fail(f"verify ends with {code}\n{text}")
        if again > min(CELLS, RANKS * SIDE_BY_SIDE):
            self.fail(f"{again} cells are to be run again")
        return max(again, 0)

    def check_resumed(self):
        code, text = self.run(faulty=False)
        if code != 0:
            self.fail(f"the same command ends with {code}\n{text}")
        left = [n for n in os.listdir(self.folder) if n not in
                ("archive.nc", "networks.nc", "nodes.nc", "study.yaml", "journal", "RUN.lock")]
        if left:
            self.fail(f"{left} are left")
        for name, skip in (("archive.nc", sweep_test.PROVENANCE), ("networks.nc", ()),
                           ("nodes.nc", ())):
            sweep_test.compare_file(f"{self.folder}/{name}", f"{REFERENCE}/{name}", skip)
        for command in (["verify", self.folder], ["diff", self.folder, REFERENCE]):
            code, text = self.tell(command)
            if code != 0:
                self.fail(f"{command[0]} ends with {code}\n{text}")

    def try_it(self):
        """Cells that had to be run again, or None where no call was the N-th."""
        if MODE == "merge":
            shutil.copytree(REFERENCE, self.folder)
            for name in "archive", "networks", "nodes":
                os.remove(f"{self.folder}/{name}.nc")
        code, text = self.run(faulty=True)
        self.check_end(code, text)
        again, self.took = None, self.seconds
        if os.path.exists(self.hit):
            again = self.check_left()
            self.check_resumed()
        elif code != 0:
            self.fail(f"untouched, and exit code {code}\n{text}")
        self.clear()
        return again


def rounds(point):
    """All N of one point; HDF5 writes and memory is asked for often, so beyond the first
    not every N is tried."""
    place, kind = point.split("=")
    sign = "+" if place.endswith("+") else ""
    place, _, only = place.rstrip("+").partition(":")
    if only:
        yield Round(place, int(only), sign, kind)
        return
    n = step = 1
    while True:
        yield Round(place, n, sign, kind)
        n += step
        step *= 2 if n > DENSE else 1


def try_point(point):
    """Number of faults, the most cells run again after one, the longest run with one."""
    faults, most, longest = 0, 0, 0.0
    for one in rounds(point):
        again = one.try_it()
        if again is None:
            break
        faults, most = faults + 1, max(most, again)
        longest = max(longest, one.took)
    if faults == 0:
        sys.exit(f"{point}: no such call")
    return faults, most, longest


def main():
    global STRATA, MPIRUN, SHIM, MODE, RANKS, VICTIM, REFERENCE
    STRATA, MPIRUN, SHIM, MODE, ranks, victim, *points = sys.argv[1:]
    sweep_test.STRATA, sweep_test.MPIRUN = STRATA, MPIRUN
    RANKS, VICTIM, REFERENCE = int(ranks), int(victim), "reference"
    shutil.rmtree(REFERENCE, ignore_errors=True)
    sweep_test.write_study("study.yaml", STUDY)
    subprocess.run([STRATA, "sweep", "study.yaml", "-o", REFERENCE, "-q"], check=True,
                   stdin=subprocess.DEVNULL)
    total = 0
    # What hangs takes its time without work: all such points at once.
    workers = len(points) if all(p.endswith("=hang") for p in points) else 1
    with concurrent.futures.ProcessPoolExecutor(workers) as pool:
        for point, (faults, most, longest) in zip(points, pool.map(try_point, points)):
            print(f"{point}: {faults} faults, nothing lost, at most {most} cells to run "
                  f"again, at most {longest:.1f} s", flush=True)
            total += faults
    print(f"{MODE}, {RANKS} rank(s): {total} faults, nothing lost")


main()
