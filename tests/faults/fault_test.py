"""Every call on the files of a run is made to fail, one after the other, until a run passes
untouched; what is left must be sound, and the same command must complete it.

usage: fault_test.py STRATA MPIRUN SHIM DIR RANKS POINT...     POINT: FILE.CALL[+]=KIND,...

After a fault: the exit code is one of the product's (or the launcher's, where a rank was
killed); there was an end in time; no process is left. After the same command without
fault: exit code 0, no temporary file, and every variable of the archive but provenance
equal by bytes to that of a run that nothing disturbed.
"""
import os
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "mpi"))
import sweep_test  # noqa: E402  (ends with 77 where netCDF4 is missing)

STUDY = """\
study: faults
data: {name: glyphs, train: 120, validation: 30, test: 40}
grid: {seed: 1..2, depth: 1, width: [6, 8]}
train: {epochs: 1, batch_size: 32}
probe: {at: [init, best]}
keep: {networks: [best]}
"""
CODES = {0, 65, 66, 70, 71, 73, 74, 75}
SECONDS = 60
DENSE = int(os.environ.get("STRATA_FAULTS_DENSE", "6"))  # the first so many calls are all tried
HIT = "hit"


def command(ranks, folder, more=()):
    words = [STRATA, "sweep", "study.yaml", "-o", folder, "-q", *more]
    return words if ranks == 1 else [MPIRUN, "-n", str(ranks), *words]


def run(ranks, folder, fault=None, more=()):
    """Exit code and messages; the fault is the last rank's."""
    environment = dict(os.environ)
    words = command(ranks, folder, more)
    if fault:
        environment.update(STRATA_FAULT=fault, STRATA_FAULT_DIR=f"{folder}/",
                           STRATA_FAULT_HIT=os.path.abspath(HIT),
                           STRATA_FAULT_RANK=str(ranks - 1))
        # Not the launcher: it has files of its own.
        at = words.index(STRATA)
        words = words[:at] + ["env", f"LD_PRELOAD={SHIM}"] + words[at:]
    done = subprocess.run(words, env=environment, stdin=subprocess.DEVNULL, text=True,
                          capture_output=True, timeout=SECONDS, check=False)
    return done.returncode, done.stderr


def check_end(code, kind, ranks, text, what):
    killed = kind == "kill" and code not in (0, 70)
    if not killed and code not in CODES:
        if not (ranks > 1 and code not in (139, 134)):
            sys.exit(f"{what}: exit code {code}\n{text}")
    if "Sanitizer" in text or code in (-11, -6, 139, 134):
        sys.exit(f"{what}: exit code {code}\n{text}")
    deadline = time.monotonic() + 10
    while sweep_test.sweep_processes(FOLDER):
        if time.monotonic() > deadline:
            sys.exit(f"{what}: processes are left")
        time.sleep(0.01)


def check_resumed(ranks, what):
    # That a cell had no memory is its outcome, until it is asked for again.
    more = ("--retry", "failed") if "alloc" in what else ()
    code, text = run(ranks, FOLDER, more=more)
    if code != 0:
        sys.exit(f"{what}: the same command ends with {code}\n{text}")
    left = [n for n in os.listdir(FOLDER)
            if n not in ("archive.nc", "networks.nc", "study.yaml", "journal", "RUN.lock")]
    if left:
        sys.exit(f"{what}: {left} are left")
    for name, skip in (("archive.nc", sweep_test.PROVENANCE), ("networks.nc", ())):
        sweep_test.compare_file(f"{FOLDER}/{name}", f"{REFERENCE}/{name}", skip)


def sweep_point(ranks, point):
    """All n of one point; returns how many faults there were."""
    place, kind = point.split("=")
    sign = "+" if place.endswith("+") else ""
    place = place.rstrip("+")
    n = step = 1
    faults = 0
    while True:
        what = f"{ranks} rank{'s' * (ranks > 1)}, {place}:{n}{sign}={kind}"
        shutil.rmtree(FOLDER, ignore_errors=True)
        if os.path.exists(HIT):
            os.remove(HIT)
        try:
            code, text = run(ranks, FOLDER, f"{place}:{n}{sign}={kind}")
        except subprocess.TimeoutExpired:
            sys.exit(f"{what}: no end within {SECONDS} s")
        check_end(code, kind, ranks, text, what)
        if not os.path.exists(HIT):
            if code != 0:
                sys.exit(f"{what}: untouched, and exit code {code}\n{text}")
            return faults
        faults += 1
        check_resumed(ranks, what)
        # HDF5 writes and memory is asked for often: beyond the first not every time is
        # tried.
        n += step
        step += step // 2 + 1 if n > DENSE else 0


def main():
    global STRATA, MPIRUN, SHIM, FOLDER, REFERENCE
    STRATA, MPIRUN, SHIM, FOLDER, ranks, *points = sys.argv[1:]
    sweep_test.STRATA, sweep_test.MPIRUN = STRATA, MPIRUN
    REFERENCE = f"{FOLDER}-reference"
    shutil.rmtree(REFERENCE, ignore_errors=True)
    sweep_test.write_study("study.yaml", STUDY)
    code, text = run(1, REFERENCE)
    if code != 0:
        sys.exit(f"the reference: exit code {code}\n{text}")
    total = 0
    for point in points:
        found = sweep_point(int(ranks), point)
        print(f"{point}: {found} faults")
        if found == 0:
            sys.exit(f"{point}: no such call")
        total += found
    print(f"{total} faults with {ranks} rank(s), nothing lost")


main()
